//! A candidate: what a decision binds to (decisions C2). Its digest is the SHA-256 of the canonical JSON of everything that
//! people were shown as computed: whatever of it differs is another candidate, and approvals of the old one are void. What it
//! was read from is its base; how far a later state still fits is asked here and decided by `state`.

use super::baseline::{BadChange, Baseline, CannotApply};
use super::content::Grant;
use super::effect::Effect;
use super::operation::{
    EnvelopeSet, GrantExtend, GrantRemove, GrantTighten, GroupSet, Installation, Lift, Operation, RecordSet, ResourceSet, RolesSet, SameAs,
    SetRules, SourceSet, Subject, SurfacePut, SurfaceRemove, Suspend, ToolPut, ToolRemove,
};
use super::route::Route;
use super::state::Event;
use crate::ids::{ChangeId, IdentityId, InstallationId, PolicyId};
use crate::json::{self, NotCanonical};
use crate::seq::Seq;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A row that a candidate rests on: its table, its key as text, and since when it stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pinned {
    pub table: String,
    pub key: String,
    pub since: Seq,
}

/// What was read. A change outside it leaves the candidate as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Base {
    pub position: Seq,
    /// The instant that terms were measured from.
    #[serde(with = "super::content::moment")]
    pub at: Timestamp,
    /// Rows the operations themselves are about; sorted. Operations that pin nothing (`Operation::pins_nothing`) name none.
    pub pinned: Vec<Pinned>,
    /// Baseline digests of the identities the effect was computed over.
    pub state: BTreeMap<IdentityId, String>,
    pub policy: PolicyId,
    /// Versions of the rules that judged: privilege and the like.
    pub rulesets: BTreeMap<String, i64>,
}

/// What is decided on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    pub v: u8,
    pub installation: InstallationId,
    pub epoch: i64,
    pub change: ChangeId,
    pub base: Base,
    pub operations: Vec<Operation>,
    pub effect: Effect,
    pub route: Route,
    pub policy_version: i64,
}

impl Candidate {
    /// The text that is hashed and kept: RFC 8785.
    pub fn text(&self) -> Result<String, NotCanonical> {
        json::canonical(self)
    }

    /// Hex SHA-256 of the text: what decisions, consents and challenges name.
    pub fn digest(&self) -> Result<String, NotCanonical> {
        json::digest(self)
    }
}

crate::words! {
    /// How a later state stands to a base.
    Standing {
        /// Nothing that was read is other than it was.
        Same = "same", "as it was";
        /// Something around it moved: effect and route are computed again, and only if they differ is it void.
        Recompute = "recompute", "to be computed again";
        /// Something it is about was changed: back to review.
        Stale = "stale", "changed underneath";
        PolicyChanged = "policy_changed", "under another policy";
    }
}

impl Base {
    /// How `now`, read of the same rows and identities, stands to this.
    pub fn standing(&self, now: &Self) -> Standing {
        if self.pinned != now.pinned {
            Standing::Stale
        } else if self.policy != now.policy {
            Standing::PolicyChanged
        } else if self.state != now.state || self.rulesets != now.rulesets {
            Standing::Recompute
        } else {
            Standing::Same
        }
    }
}

/// What a later state makes of an approved or open candidate, once effect and route were computed on it: the event, or none
/// where the candidate stands.
pub fn recheck(candidate: &Candidate, now: &Base, effect: &Effect, route: &Route) -> Option<Event> {
    let same = (&candidate.effect, &candidate.route) == (effect, route);
    let harsher = route.line > candidate.route.line || route.column > candidate.route.column;
    match candidate.base.standing(now) {
        // Where it stands may move without anything that it rests on: then a stricter cell asks for it anew.
        Standing::Same => harsher.then_some(Event::Stale),
        Standing::Recompute => (!same).then_some(Event::Stale),
        Standing::Stale => Some(Event::Stale),
        Standing::PolicyChanged => Some(Event::PolicyChanged),
    }
}

/// Why there is no undo. Fit for a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoUndo {
    #[error("{0} cannot be undone by a change: propose what should stand instead.")]
    None(&'static str),
    #[error("undo: it would not lead back to exactly what stood before. Propose what should stand instead.")]
    NotExact,
    #[error("undo: {0}")]
    Apply(BadChange),
}

/// The operations that lead back from what these made of `before`, as long as nothing else moved. They are a change like any
/// other: routed by their effect against the state they meet, and nothing that a quarantine, a taint or an expiry took away
/// comes back by them (threats.md 12). Exact or refused: carried out at once, the digest is that of `before`.
pub fn undo(before: &Baseline, operations: &[Operation]) -> Result<Vec<Operation>, NoUndo> {
    let after = before.check(operations).map_err(NoUndo::Apply)?;
    let mut back = Vec::new();
    for operation in operations {
        back.extend(undo_one(before, operation)?);
    }
    let again = after.check(&back).map_err(NoUndo::Apply)?;
    if again == *before { Ok(back) } else { Err(NoUndo::NotExact) }
}

fn undo_one(before: &Baseline, operation: &Operation) -> Result<Vec<Operation>, NoUndo> {
    let gone = |why: CannotApply| NoUndo::Apply(BadChange::Operation { at: 0, why });
    let absent = || gone(CannotApply::Absent(operation.op()));
    let grant = |key| before.grants.get(key).cloned().ok_or_else(absent);
    Ok(match operation {
        Operation::Adopt(_) | Operation::Register(_) => return Err(NoUndo::None(operation.op().as_str())),
        Operation::GrantAdd(added) => vec![Operation::GrantRemove(GrantRemove { grant: added.key() })],
        Operation::GrantRemove(o) => vec![Operation::GrantAdd(grant(&o.grant)?)],
        Operation::GrantTighten(o) => untighten(grant(&o.grant)?, o),
        Operation::GrantExtend(o) => {
            let Grant { rule, terms, .. } = grant(&o.grant)?;
            vec![Operation::GrantTighten(GrantTighten { grant: o.grant.clone(), rule, terms })]
        }
        Operation::SetRules(o) => {
            let rules = before.sets.get(&o.set).cloned().ok_or_else(absent)?;
            vec![Operation::SetRules(SetRules { set: o.set, rules })]
        }
        Operation::RecordSet(o) => {
            let record = before.records.get(&o.identity).ok_or_else(absent)?;
            let attributes = o.attributes.iter().map(|attribute| attribute.of(record)).collect();
            vec![Operation::RecordSet(RecordSet { identity: o.identity, attributes })]
        }
        // A life goes forward; the way back is another step, where there is one.
        Operation::Lifecycle(o) => {
            let to = before.lifecycles.get(&o.identity).copied().ok_or_else(absent)?;
            vec![Operation::Lifecycle(super::operation::LifecycleSet { identity: o.identity, to })]
        }
        Operation::SameAs(o) => vec![Operation::SameAs(SameAs { key: o.key.clone(), from: o.to, to: o.from })],
        Operation::Suspend(o) => vec![Operation::Lift(Lift { subject: o.subject.clone(), cause: o.cause.clone() })],
        Operation::Lift(o) => vec![Operation::Suspend(suspended(before, &o.subject, &o.cause).ok_or_else(absent)?)],
        Operation::ResourceSet(o) => {
            let to = before.resources.get(&o.resource).cloned().ok_or(NoUndo::None("the first registration of a resource"))?;
            vec![Operation::ResourceSet(ResourceSet { resource: o.resource, to })]
        }
        Operation::Installation(o) => return undo_gate(before, o).map(|back| vec![Operation::Installation(back)]),
        own => return undo_own(before, own),
    })
}

/// Roles, groups and what is said of sources go back; a seal does not, nor what was added or who was let in again.
fn undo_gate(before: &Baseline, o: &Installation) -> Result<Installation, NoUndo> {
    let gate = &before.gate;
    match o {
        Installation::Roles(o) => {
            let roles = gate.roles.get(&o.person).cloned().unwrap_or_default();
            Ok(Installation::Roles(RolesSet { person: o.person, roles }))
        }
        Installation::Group(o) => Ok(Installation::Group(GroupSet { person: o.person, group: gate.members.get(&o.person).copied() })),
        Installation::Source(o) => {
            let source = gate.sources.get(&o.source).ok_or(NoUndo::None("a source that was not there"))?;
            Ok(Installation::Source(SourceSet { source: o.source, to: source.said.clone() }))
        }
        Installation::Seal {} => Err(NoUndo::None("sealing")),
        Installation::GroupAdd(_) | Installation::SourceAdd(_) => Err(NoUndo::None("adding a group or a source")),
        Installation::Restore(_) => Err(NoUndo::None("reactivating a person")),
    }
}

/// What an identity has of its own comes back as it was. A credential that was issued, rotated or revoked does not, nor does a
/// review unhappen.
fn undo_own(before: &Baseline, operation: &Operation) -> Result<Vec<Operation>, NoUndo> {
    let absent = || NoUndo::Apply(BadChange::Operation { at: 0, why: CannotApply::Absent(operation.op()) });
    let tool = |id| before.tools.get(id).cloned().ok_or_else(absent);
    Ok(vec![match operation {
        Operation::SurfacePut(o) => match before.surfaces.get(&o.surface) {
            Some(old) => Operation::SurfacePut(SurfacePut { surface: o.surface, to: old.clone() }),
            None => Operation::SurfaceRemove(SurfaceRemove { surface: o.surface }),
        },
        Operation::SurfaceRemove(o) => {
            let to = before.surfaces.get(&o.surface).cloned().ok_or_else(absent)?;
            Operation::SurfacePut(SurfacePut { surface: o.surface, to })
        }
        Operation::ToolAdd(o) => Operation::ToolRemove(ToolRemove { tool: o.tool }),
        Operation::ToolUpdate(o) => Operation::ToolUpdate(ToolPut { tool: o.tool, to: tool(&o.tool)? }),
        Operation::ToolRemove(o) => Operation::ToolAdd(ToolPut { tool: o.tool, to: tool(&o.tool)? }),
        Operation::EnvelopeSet(o) => {
            Operation::EnvelopeSet(EnvelopeSet { surface: o.surface, to: before.envelopes.get(&o.surface).cloned() })
        }
        other => return Err(NoUndo::None(other.op().as_str())),
    }])
}

/// A narrower rule has another key: it goes and the old one comes. The same rule on narrower terms is extended again.
fn untighten(old: Grant, o: &GrantTighten) -> Vec<Operation> {
    let key = Grant { rule: o.rule.clone(), ..old.clone() }.key();
    if key == o.grant {
        return vec![Operation::GrantExtend(GrantExtend { grant: key, terms: old.terms })];
    }
    vec![Operation::GrantRemove(GrantRemove { grant: key }), Operation::GrantAdd(old)]
}

fn suspended(before: &Baseline, subject: &Subject, cause: &str) -> Option<Suspend> {
    let lifts_at = before.suspensions.get(&(subject.clone(), cause.to_owned()))?;
    Some(Suspend { subject: subject.clone(), cause: cause.to_owned(), lifts_at: *lifts_at })
}
