//! What the API answers of identities and their grants, and what it takes. It reads no request and calls no use case.

use crate::web::shown::{self, Shown};
use domain::privilege::Class;
use domain::seq::Seq;
use serde::{Deserialize, Serialize};
use service::Written;
use service::identities::{Detail, IdentityFacts, Listed, NewText, Registration, ShownGrant, ShownSurface};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// How many grants an identity holds, counted in several ways.
#[derive(Serialize, ToSchema)]
pub struct GrantCounts {
    total: i64,
    standing: i64,
    timed: i64,
    denied: i64,
    conditional: i64,
    /// Each grant once, under its highest class.
    by_class: BTreeMap<String, i64>,
    wildcard: i64,
}

/// An identity as lists show it.
#[derive(Serialize, ToSchema)]
pub struct Identity {
    id: shown::IdentityId,
    name: String,
    kind: shown::Kind,
    lifecycle: shown::Lifecycle,
    environment: shown::Environment,
    environment_from: shown::StatedBy,
    review: shown::Review,
    human: Option<shown::Human>,
    owner: Option<shown::PersonId>,
    owner_name: Option<String>,
    /// Whom a tag names as owner.
    owner_hint: Option<String>,
    backup: Option<shown::PersonId>,
    /// The account or the namespace it stands in.
    place: Option<String>,
    platform_managed: bool,
    grants: GrantCounts,
    surfaces: i64,
}

impl Identity {
    pub fn of(f: &IdentityFacts, owner_name: Option<&str>) -> Self {
        Self {
            id: f.identity_id.into(),
            name: f.name.clone(),
            kind: f.kind.into(),
            lifecycle: f.lifecycle.into(),
            environment: f.environment.into(),
            environment_from: f.environment_from.into(),
            review: f.review.into(),
            human: f.human.map(Shown),
            owner: f.owner_id.map(Shown),
            owner_name: owner_name.map(str::to_owned),
            owner_hint: f.owner_hint.clone(),
            backup: f.backup_id.map(Shown),
            place: f.place.clone(),
            platform_managed: f.platform_managed == 1,
            grants: GrantCounts {
                total: f.grants,
                standing: f.standing,
                timed: f.timed,
                denied: f.denied,
                conditional: f.conditional,
                by_class: Class::ALL.iter().zip(f.by_class()).map(|(c, n)| (c.as_str().to_owned(), n)).collect(),
                wildcard: f.n_wildcard,
            },
            surfaces: f.surfaces,
        }
    }
}

impl From<&Listed> for Identity {
    fn from(l: &Listed) -> Self {
        Self::of(&l.facts, l.owner_name.as_deref())
    }
}

/// Why a grant is of a class.
#[derive(Serialize, ToSchema)]
pub struct Reason {
    class: shown::Class,
    because: String,
}

/// A grant with the judgement on it in the company of the others.
#[derive(Serialize, ToSchema)]
pub struct Grant {
    id: shown::GrantId,
    plane: shown::Plane,
    source: String,
    effect: shown::Effect,
    via: shown::Via,
    via_name: String,
    permission_set: Option<String>,
    principals: Vec<String>,
    principals_negated: Vec<String>,
    actions: Vec<String>,
    actions_negated: Vec<String>,
    resources: Vec<String>,
    resources_negated: Vec<String>,
    conditions: Vec<String>,
    conditional: bool,
    ends_at: Option<shown::Instant>,
    enforced: shown::Enforced,
    /// The highest class.
    class: Option<shown::Class>,
    wildcard: bool,
    wildcard_because: Option<String>,
    /// Every class, the worst first.
    classes: Vec<shown::Class>,
    reasons: Vec<Reason>,
}

impl From<&ShownGrant> for Grant {
    fn from(g: &ShownGrant) -> Self {
        let (held, rule, judged) = (&g.held, &g.held.rule, &g.judged);
        Self {
            id: held.id.into(),
            plane: held.plane.into(),
            source: held.source.clone(),
            effect: rule.effect.into(),
            via: held.via.into(),
            via_name: held.via_name.clone(),
            permission_set: held.set_name.clone(),
            principals: rule.principals.clone(),
            principals_negated: rule.principals_negated.clone(),
            actions: rule.actions.clone(),
            actions_negated: rule.actions_negated.clone(),
            resources: rule.resources.clone(),
            resources_negated: rule.resources_negated.clone(),
            conditions: rule.conditions.clone(),
            conditional: rule.is_conditional(),
            ends_at: held.ends_at.map(Shown),
            enforced: held.enforced.into(),
            class: judged.classes.highest().map(Shown),
            wildcard: judged.classes.wildcard(),
            wildcard_because: judged.wildcard.clone(),
            classes: judged.classes.iter().map(Shown).collect(),
            reasons: judged.reasons.iter().map(|(class, because)| Reason { class: (*class).into(), because: because.clone() }).collect(),
        }
    }
}

/// The grants of one identity.
#[derive(Serialize, ToSchema)]
pub struct Grants {
    as_of: shown::AsOf,
    /// False where there are more than are shown, the weightiest.
    complete: bool,
    /// What the inputs do not tell.
    not_seen: &'static str,
    grants: Vec<Grant>,
}

impl From<&Detail> for Grants {
    fn from(d: &Detail) -> Self {
        Self {
            as_of: d.as_of.into(),
            complete: !d.cut,
            not_seen: domain::access::NOT_SEEN,
            grants: d.grants.iter().map(Grant::from).collect(),
        }
    }
}

/// How a source names an identity.
#[derive(Serialize, ToSchema)]
pub struct Key {
    source: String,
    kind: String,
    key: String,
}

/// A surface without its text.
#[derive(Serialize, ToSchema)]
pub struct Surface {
    id: shown::SurfaceId,
    kind: shown::SurfaceKind,
    locator: String,
    plane: shown::Plane,
    digest: Option<String>,
    versions: usize,
}

impl From<&ShownSurface> for Surface {
    fn from(s: &ShownSurface) -> Self {
        Self {
            id: s.surface.id.into(),
            kind: s.surface.kind.into(),
            locator: s.surface.locator.clone(),
            plane: s.surface.plane.into(),
            digest: s.surface.content_digest.clone(),
            versions: s.versions.len(),
        }
    }
}

/// A tool; its key changes with its definition.
#[derive(Serialize, ToSchema)]
pub struct Tool {
    name: String,
    drift_key: String,
}

/// How an identity authenticates; never the secret.
#[derive(Serialize, ToSchema)]
pub struct Credential {
    method: String,
    key_id: String,
}

/// One identity with what it is made of.
#[derive(Serialize, ToSchema)]
pub struct WholeIdentity {
    as_of: shown::AsOf,
    identity: Identity,
    keys: Vec<Key>,
    surfaces: Vec<Surface>,
    permissions_digest: Option<String>,
    tools: Vec<Tool>,
    credentials: Vec<Credential>,
    /// Why its access is not known, where it is not.
    unknown_access: Option<String>,
    /// What an edit says it has read.
    version: shown::Position,
}

impl From<&Detail> for WholeIdentity {
    fn from(d: &Detail) -> Self {
        let key = |k: &service::identities::NamedKey| Key { source: k.source.clone(), kind: k.kind.clone(), key: k.key.clone() };
        let tool = |t: &service::identities::Tool| Tool { name: t.name.clone(), drift_key: t.drift_key.clone() };
        let credential = |c: &service::identities::Credential| Credential { method: c.method.clone(), key_id: c.key_id.clone() };
        Self {
            as_of: d.as_of.into(),
            identity: Identity::of(&d.facts, d.owner_name.as_deref()),
            keys: d.keys.iter().map(key).collect(),
            surfaces: d.surfaces.iter().map(Surface::from).collect(),
            permissions_digest: d.permissions.clone(),
            tools: d.tools.iter().map(tool).collect(),
            credentials: d.credentials.iter().map(credential).collect(),
            unknown_access: d.observed.as_ref().and_then(|o| o.unknown_access.clone()),
            version: d.manual.as_ref().map_or(Seq::ZERO, |m| m.since).into(),
        }
    }
}

/// What a register or an edit takes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Registered {
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    kind: shown::Kind,
    /// `active` where it is not said.
    lifecycle: Option<shown::Lifecycle>,
    environment: Option<shown::Environment>,
    autonomy: Option<shown::Autonomy>,
    /// An active person.
    owner: Option<shown::PersonId>,
    /// Somebody else than the owner.
    backup: Option<shown::PersonId>,
    /// A team by id or name.
    team: Option<String>,
    /// At most 200,000 bytes.
    purpose: Option<String>,
    #[schema(max_items = 20)]
    surfaces: Option<Vec<RegisteredSurface>>,
}

/// A surface to add, or to give a new version of its text.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisteredSurface {
    kind: shown::SurfaceKind,
    /// A URI, an ARN or a repository path.
    #[schema(min_length = 1, max_length = 500)]
    locator: String,
    /// At most 200,000 bytes; none for `permissions` and `tools`, whose content is derived.
    text: Option<String>,
}

impl From<RegisteredSurface> for NewText {
    fn from(s: RegisteredSurface) -> Self {
        Self { kind: s.kind.0.to_string(), locator: s.locator, text: s.text.unwrap_or_default() }
    }
}

impl From<Registered> for Registration {
    fn from(r: Registered) -> Self {
        fn word<T: std::fmt::Display>(word: Option<Shown<T>>) -> String {
            word.map(|w| w.0.to_string()).unwrap_or_default()
        }
        Self {
            name: r.name,
            kind: r.kind.0.to_string(),
            lifecycle: word(r.lifecycle),
            environment: word(r.environment),
            autonomy: word(r.autonomy),
            owner: word(r.owner),
            backup: word(r.backup),
            team: r.team.unwrap_or_default(),
            purpose: r.purpose.unwrap_or_default(),
            surfaces: r.surfaces.unwrap_or_default().into_iter().map(NewText::from).collect(),
        }
    }
}

/// What was made, and the entry that says so.
#[derive(Serialize, ToSchema)]
pub struct Made {
    pub id: shown::IdentityId,
    pub seq: shown::Position,
}

/// The entry that says what was done.
#[derive(Serialize, ToSchema)]
pub struct Done {
    seq: shown::Position,
}

impl From<Written> for Done {
    fn from(written: Written) -> Self {
        Self { seq: written.seq.into() }
    }
}
