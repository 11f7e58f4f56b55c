//! What can be asked for of an identity, for the form of a proposal: what people countersigned of it, what a source only
//! saw, and which suspensions are open.

use super::load::load;
use crate::{Error, Read, Result};
use domain::change::content::{Grant, MatchKey, Record, SetRef, Terms};
use domain::change::operation::{LifecycleSet, Operation, RoleHeld, SourceSaid, Subject};
use domain::identity::{Kind, Lifecycle, Plane};
use domain::ids::{GrantId, GroupId, IdentityId, PersonId, SourceId, TeamId};
use domain::permission::Action;
use domain::person::State;
use domain::rule::Dialect;
use domain::seq::Seq;
use store::engine::db::Tx;
use store::{grants, groups, identities, people, permission_sets, settings, sources, teams};

/// Observed grants that are offered, those with the highest privilege.
const OBSERVED: i64 = 200;

/// A grant with the name of its source.
#[derive(Clone, Debug)]
pub struct Held {
    pub key: MatchKey,
    pub grant: Grant,
    pub source: String,
}

/// Of one identity.
#[derive(Clone, Debug)]
pub struct Subjected {
    pub id: IdentityId,
    pub name: String,
    pub kind: Kind,
    /// What people countersigned; none before its first review.
    pub record: Option<Record>,
    pub lifecycle: Option<Lifecycle>,
    pub granted: Vec<Held>,
    /// What a source saw and nobody has countersigned.
    pub observed: Vec<Held>,
    pub suspended: Vec<(Subject, String)>,
}

/// Somebody, as far as changes of the gate are about them.
#[derive(Clone, Debug)]
pub struct Member {
    pub id: PersonId,
    pub name: String,
    pub state: State,
    pub roles: Vec<RoleHeld>,
}

/// What of the installation can be changed.
#[derive(Clone, Debug)]
pub struct GateChoices {
    pub sealed: bool,
    pub people: Vec<Member>,
    pub groups: Vec<(GroupId, String)>,
    pub sources: Vec<(SourceId, String, SourceSaid)>,
    /// What a role may reach over, beyond the organisation.
    pub reaches: Vec<(String, String)>,
}

/// What a form offers.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    pub identity: Option<Subjected>,
    pub people: Vec<(PersonId, String)>,
    pub teams: Vec<(TeamId, String)>,
    /// Where a grant can stand, with the language of its rules.
    pub sources: Vec<(SourceId, String, Dialect)>,
    /// Where it is about no identity, for whoever may see people and roles.
    pub gate: Option<GateChoices>,
}

/// Everything that a proposal may name, about an identity or about none.
pub async fn choices(read: &mut Read, identity: Option<IdentityId>) -> Result<Choices> {
    read.authorise(Action::ProposeChange)?;
    let gate = if identity.is_none() && read.who().may(Action::ReadPeople) { Some(gate(read).await?) } else { None };
    let tx = read.tx();
    let sources = sources::all_at(tx, Seq::NOW).await?;
    let names: Vec<(SourceId, String)> = sources.iter().map(|s| (s.id, s.name.clone())).collect();
    let people = people::all_at(tx, Seq::NOW).await?.into_iter().filter(people::Person::is_active).map(|p| (p.id, p.shown())).collect();
    let teams = teams::all_at(tx, Seq::NOW).await?.into_iter().map(|t| (t.id, t.name)).collect();
    let identity = match identity {
        Some(id) => Some(subject(tx, id, &names).await?),
        None => None,
    };
    let sources = sources.into_iter().map(|s| (s.id, s.name, s.kind.dialect())).collect();
    Ok(Choices { identity, people, teams, sources, gate })
}

async fn gate(read: &mut Read) -> Result<GateChoices> {
    let reaches = crate::people::reaches(read).await?;
    let tx = read.tx();
    let held = people::assignments_at(tx, Seq::NOW).await?;
    let roles = |id: PersonId| held.iter().filter(|a| a.person_id == id).filter_map(people::Assignment::held).map(RoleHeld::of).collect();
    let all = people::all_at(tx, Seq::NOW).await?.into_iter().filter(|p| !p.is_redacted());
    let members = all.map(|p| Member { id: p.id, name: p.shown(), state: p.state, roles: roles(p.id) }).collect();
    let groups = groups::all_at(tx, Seq::NOW).await?.into_iter().map(|g| (g.id, g.name)).collect();
    let sources = sources::all_at(tx, Seq::NOW).await?;
    let sources = sources.into_iter().map(|s| (s.id, s.name.clone(), super::gate::said(&s))).collect();
    Ok(GateChoices { sealed: settings::sealed(tx, Seq::NOW).await?, people: members, groups, sources, reaches })
}

async fn subject(tx: &mut Tx, id: IdentityId, sources: &[(SourceId, String)]) -> Result<Subjected> {
    let facts = identities::facts_of(tx, id, Seq::NOW).await?.ok_or(Error::NotFound("identity"))?.facts;
    // Whatever an operation on it would be compared with.
    let loaded = load(tx, &[Operation::Lifecycle(LifecycleSet { identity: id, to: Lifecycle::Active })], Seq::NOW).await?;
    let own = |subject: &Subject| match subject {
        Subject::Grant(key) => key.holder() == Some(id),
        Subject::Identity(of) => *of == id,
        Subject::Source(_) => false,
    };
    let mut granted = Vec::new();
    for (key, grant) in loaded.baseline.grants.iter().filter(|(_, g)| g.identity == id) {
        granted.push(held(key.clone(), grant.clone(), sources));
    }
    let mut observed = Vec::new();
    for seen in grants::some_of_identity(tx, id, Plane::Observed, Seq::NOW, GrantId::nil(), OBSERVED).await? {
        let set = match seen.permission_set_id {
            Some(set) => permission_sets::called(tx, set, Seq::NOW).await?.map(|(kind, key, _)| SetRef { id: set, kind, key }),
            None => None,
        };
        let terms = Terms { ends_at: seen.ends_at, ..Terms::default() };
        let grant = Grant { identity: id, source: seen.source_id, set, via: seen.via, via_name: seen.via_name, rule: seen.rule, terms };
        let key = grant.key();
        if !loaded.baseline.grants.contains_key(&key) {
            observed.push(held(key, grant, sources));
        }
    }
    Ok(Subjected {
        id,
        name: facts.name,
        kind: facts.kind,
        record: loaded.baseline.records.get(&id).cloned(),
        lifecycle: loaded.baseline.lifecycles.get(&id).copied(),
        granted,
        observed,
        suspended: loaded.baseline.suspensions.keys().filter(|(s, _)| own(s)).cloned().collect(),
    })
}

fn held(key: MatchKey, grant: Grant, sources: &[(SourceId, String)]) -> Held {
    let source = sources.iter().find(|(id, _)| *id == grant.source).map(|(_, name)| name.clone()).unwrap_or_default();
    Held { key, grant, source }
}
