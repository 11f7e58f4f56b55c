//! What the API answers of identities and their grants, and what it takes. It reads no request and calls no use case.

use crate::web::list;
use crate::web::shown::{self, Shown};
use domain::seq::Seq;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::Written;
use service::identities::{Detail, List, Listed, NewText, Registration, ShownGrant, ShownSurface};
use service::listing::Listing;
use utoipa::ToSchema;

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
    /// False where there are more than are shown: of up to 2,000 those with the highest privilege, of more some, each judged by itself.
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

/// A registered resource that its grants touch.
#[derive(Serialize, ToSchema)]
pub struct TouchedResource {
    id: shown::ResourceId,
    name: String,
    /// The highest class of a grant that touches it.
    class: Option<shown::Class>,
    extent: shown::Extent,
    /// Why it is not known exactly.
    because: &'static str,
}

impl From<&service::resources::TouchedResource> for TouchedResource {
    fn from(t: &service::resources::TouchedResource) -> Self {
        Self { id: t.resource.id.into(), name: t.resource.name.clone(), class: t.class.map(Shown), extent: t.extent.into(), because: t.why }
    }
}

/// The registered resources that its grants touch.
#[derive(Serialize, ToSchema)]
pub struct TouchedResources {
    /// False where no resource is registered: then nothing is known.
    registered: bool,
    /// False where not every resource was compared with every grant.
    complete: bool,
    touched: Vec<TouchedResource>,
}

/// One identity with what it is made of.
#[derive(Serialize, ToSchema)]
pub struct WholeIdentity {
    as_of: shown::AsOf,
    /// As the list shows it.
    #[schema(schema_with = list::row_schema::<List>)]
    identity: Value,
    keys: Vec<Key>,
    surfaces: Vec<Surface>,
    permissions_digest: Option<String>,
    resources: TouchedResources,
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
        let unknown = d.observed.as_ref().and_then(|o| o.unknown_access.clone());
        let listed = Listed {
            facts: d.facts.clone(),
            review: d.review,
            owner_name: d.owner_name.clone(),
            unknown_access: unknown.as_ref().map(|why| why.chars().take(Listed::UNKNOWN).collect()),
        };
        let credential = |c: &service::identities::Credential| Credential { method: c.method.clone(), key_id: c.key_id.clone() };
        Self {
            as_of: d.as_of.into(),
            identity: domain::listing::json(List::FIELDS, &listed),
            keys: d.keys.iter().map(key).collect(),
            surfaces: d.surfaces.iter().map(Surface::from).collect(),
            permissions_digest: d.permissions.clone(),
            resources: TouchedResources {
                registered: d.resources.registered,
                complete: d.resources.complete,
                touched: d.resources.resources.iter().map(TouchedResource::from).collect(),
            },
            tools: d.tools.iter().map(tool).collect(),
            credentials: d.credentials.iter().map(credential).collect(),
            unknown_access: unknown,
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
    criticality: Option<shown::Criticality>,
    autonomy: Option<shown::Autonomy>,
    /// An active person.
    owner: Option<shown::PersonId>,
    /// Someone other than the owner.
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
            criticality: word(r.criticality),
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
    /// Its id, which begins with the three letters of its noun.
    pub id: String,
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
