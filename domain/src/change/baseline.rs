//! What people countersigned, as far as a change touches it, and what operations make of it. Those of one change may be
//! carried out in any order and come to the same (`check`). It knows no time but what terms say, and judges nothing:
//! `effect` does.

use super::content::{ExternalKey, Grant, MatchKey, Record, Resource, Terms};
use super::covers::{Answer, Statement, covers};
use super::operation::{
    Attribute, GrantExtend, GrantTighten, Installation, LifecycleSet, Op, Operation, RecordSet, Register, SetRules, Subject, Target,
};
use super::own::{Credential, Envelope, Surface, Tool};
use crate::identity::Lifecycle;
use crate::ids::{CredentialId, IdentityId, PermissionSetId, ResourceId, SourceId, SurfaceId, ToolId};
use crate::json::{self, NotCanonical};
use crate::locator::Work;
use crate::rule::{Effect, Rule, Via};
use crate::time::Timestamp;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

pub mod gate;
mod own;

/// What a change may touch, of the baseline. Whoever loads it brings every holder of a set, the identities named, and their
/// lineage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    pub grants: BTreeMap<MatchKey, Grant>,
    /// Shared permission sets, with their rules in the order of their content.
    pub sets: BTreeMap<PermissionSetId, Vec<Rule>>,
    pub records: BTreeMap<IdentityId, Record>,
    pub lifecycles: BTreeMap<IdentityId, Lifecycle>,
    pub keys: BTreeMap<ExternalKey, IdentityId>,
    /// Open suspensions by subject and cause, with the instant at which each lifts by itself.
    pub suspensions: BTreeMap<(Subject, String), Option<Timestamp>>,
    pub resources: BTreeMap<ResourceId, Resource>,
    pub surfaces: BTreeMap<SurfaceId, Surface>,
    pub tools: BTreeMap<ToolId, Tool>,
    pub credentials: BTreeMap<CredentialId, Credential>,
    pub envelopes: BTreeMap<SurfaceId, Envelope>,
    /// Digests of the states in which people last reviewed identities as a whole.
    pub anchors: BTreeMap<IdentityId, String>,
    /// What of the installation itself a change touches.
    pub gate: gate::Gate,
}

/// Why an operation cannot be carried out. Fit for a person; `operation` says which, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotApply {
    #[error("cannot {}: it is there already.", .0.label())]
    There(Op),
    #[error("cannot {}: what it changes is not there. Load the page again.", .0.label())]
    Absent(Op),
    #[error("cannot {}: the grant comes from a permission set. Change the rules of the set, or remove the grant.", .0.label())]
    FromSet(Op),
    #[error("cannot tighten the grant: it is not proven to be narrower. Remove the grant and add another, which is judged as a gain.")]
    NotNarrower,
    #[error("cannot extend the grant: the new terms are no wider than those there are.")]
    NotWider,
    #[error("cannot change the rules: a set keeps at least one rule, and names none twice. Remove its grants instead.")]
    EmptySet,
    #[error("it cannot become {} from {}.", .to.label(), .from.label())]
    Lifecycle { from: Lifecycle, to: Lifecycle },
    #[error("cannot say that two are the same: the key belongs to another identity. Load the page again.")]
    OtherHolder,
    #[error("it names no attribute, or one twice.")]
    Attributes,
    #[error("{}: it belongs to another identity, or is of another kind. Load the page again.", .0.as_str())]
    OtherOwner(Op),
    #[error("surface_put: the content of permissions and tools is derived. Change the grants or the tools instead.")]
    Derived,
    #[error("surface_remove: tools still stand in it. Remove them first.")]
    InUse,
    #[error("anchor: what was reviewed is not what stands. Load the page again.")]
    OtherState,
    #[error("envelope_set: it names no value, a range that is none, or a surface that may have no envelope.")]
    Envelope,
    #[error("the person is deactivated. Reactivate them first, by a change of its own.")]
    Deactivated,
    #[error("these roles cannot be combined.")]
    Excluded,
    #[error("this is the last admin. Add the role to someone else first.")]
    LastAdmin,
    #[error("the installation cannot be sealed yet. Still open: {}. Overview lists what to do.", .0.label())]
    NotSealable(crate::sealing::Line),
}

/// Why operations are no change. Fit for a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadChange {
    #[error("A change needs at least one operation.")]
    Empty,
    #[error("Operations {} and {} touch the same thing. Put them into one operation, or into two changes.", .0 + 1, .1 + 1)]
    SameTarget(usize, usize),
    #[error("An adoption stands in a change of its own.")]
    AdoptApart,
    #[error("The review of a whole state stands in a change of its own.")]
    AnchorApart,
    #[error("What changes this installation stands in a change of its own.")]
    InstallationApart,
    #[error("Operation {}: {why}", .at + 1)]
    Operation { at: usize, why: CannotApply },
}

/// True where operations of the same change may not both stand: they write the same, or one writes what the other rests on.
fn collide(one: &(Vec<Target>, Vec<Target>), two: &(Vec<Target>, Vec<Target>)) -> bool {
    let meets = |a: &[Target], b: &[Target]| a.iter().any(|target| b.contains(target));
    meets(&one.0, &two.0) || meets(&one.0, &two.1) || meets(&one.1, &two.0)
}

impl Baseline {
    /// Whether these operations are one change: there are some, no two touch the same, each can be carried out. Gives what
    /// they make of this.
    pub fn check(&self, operations: &[Operation]) -> Result<Self, BadChange> {
        if operations.is_empty() {
            return Err(BadChange::Empty);
        }
        if operations.len() > 1 && operations.iter().any(|o| o.op() == Op::Adopt) {
            return Err(BadChange::AdoptApart);
        }
        if operations.len() > 1 && operations.iter().any(|o| o.op() == Op::Anchor) {
            return Err(BadChange::AnchorApart);
        }
        let of_the_gate = operations.iter().filter(|o| o.op() == Op::Installation).count();
        if of_the_gate > 0 && of_the_gate < operations.len() {
            return Err(BadChange::InstallationApart);
        }
        let touched: Vec<_> = operations.iter().map(|o| self.touched(o)).collect();
        for (at, one) in touched.iter().enumerate() {
            if let Some(other) = touched[..at].iter().position(|two| collide(one, two)) {
                return Err(BadChange::SameTarget(other, at));
            }
        }
        let mut after = self.clone();
        for (at, operation) in operations.iter().enumerate() {
            after.apply(operation).map_err(|why| BadChange::Operation { at, why })?;
        }
        Ok(after)
    }

    /// What an operation writes, and what it rests on: a grant rests on the set it goes through.
    fn touched(&self, operation: &Operation) -> (Vec<Target>, Vec<Target>) {
        let mut writes = operation.writes();
        if let Operation::GrantTighten(o) = operation
            && let Some(grant) = self.grants.get(&o.grant)
        {
            let tightened = Grant { rule: o.rule.clone(), ..grant.clone() };
            writes.extend(Some(Target::Grant(tightened.key())).filter(|target| !writes.contains(target)));
        }
        let of_set = |grant: &Grant| grant.set.as_ref().map(|set| Target::Set(set.id));
        let rests = match operation {
            Operation::GrantAdd(grant) => of_set(grant),
            Operation::ToolAdd(o) | Operation::ToolUpdate(o) => Some(Target::Surface(o.to.surface)),
            Operation::ToolRemove(o) => self.tools.get(&o.tool).map(|tool| Target::Surface(tool.surface)),
            Operation::EnvelopeSet(o) => Some(Target::Surface(o.surface)),
            // Who decides rests on the account, and whoever is put into a group on the group.
            Operation::Installation(Installation::Group(o)) => {
                return (writes, [Some(Target::Account(o.person)), o.group.map(Target::Group)].into_iter().flatten().collect());
            }
            Operation::Installation(Installation::Roles(o)) => Some(Target::Account(o.person)),
            _ => writes.iter().find_map(|target| if let Target::Grant(key) = target { of_set(self.grants.get(key)?) } else { None }),
        };
        (writes, rests.into_iter().collect())
    }

    /// Carries one operation out. On an error nothing has changed.
    pub fn apply(&mut self, operation: &Operation) -> Result<(), CannotApply> {
        let op = operation.op();
        match operation {
            // Its rows come under their root, by a job; what they are is not known here.
            Operation::Adopt(_) => Ok(()),
            Operation::GrantAdd(grant) => put(&mut self.grants, grant.key(), grant.clone(), op),
            Operation::GrantRemove(o) => self.grants.remove(&o.grant).map(drop).ok_or(CannotApply::Absent(op)),
            Operation::GrantTighten(o) => self.tighten(o),
            Operation::GrantExtend(o) => self.extend(o),
            Operation::SetRules(o) => self.set_rules(o),
            Operation::Register(o) => self.register(o),
            Operation::RecordSet(o) => self.record_set(o),
            Operation::Lifecycle(o) => self.lifecycle(o),
            Operation::SameAs(o) => {
                let holder = self.keys.get_mut(&o.key).ok_or(CannotApply::Absent(op))?;
                if *holder != o.from || o.from == o.to {
                    return Err(CannotApply::OtherHolder);
                }
                *holder = o.to;
                Ok(())
            }
            Operation::Suspend(o) => put(&mut self.suspensions, (o.subject.clone(), o.cause.clone()), o.lifts_at, op),
            Operation::Lift(o) => {
                let open = (o.subject.clone(), o.cause.clone());
                self.suspensions.remove(&open).map(drop).ok_or(CannotApply::Absent(op))
            }
            Operation::ResourceSet(o) => {
                self.resources.insert(o.resource, o.to.clone());
                Ok(())
            }
            Operation::Installation(o) => self.apply_gate(o),
            own => self.apply_own(own),
        }
    }

    fn register(&mut self, o: &Register) -> Result<(), CannotApply> {
        let there = self.lifecycles.contains_key(&o.identity) || o.keys.iter().any(|key| self.keys.contains_key(key));
        if there {
            return Err(CannotApply::There(Op::Register));
        }
        put(&mut self.records, o.identity, o.record.clone(), Op::Register)?;
        self.lifecycles.insert(o.identity, Lifecycle::Proposed);
        self.keys.extend(o.keys.iter().map(|key| (key.clone(), o.identity)));
        Ok(())
    }

    fn lifecycle(&mut self, o: &LifecycleSet) -> Result<(), CannotApply> {
        let lifecycle = self.lifecycles.get_mut(&o.identity).ok_or(CannotApply::Absent(Op::Lifecycle))?;
        if *lifecycle == o.to || !lifecycle.may_become(o.to) {
            return Err(CannotApply::Lifecycle { from: *lifecycle, to: o.to });
        }
        *lifecycle = o.to;
        Ok(())
    }

    fn own_grant(&self, key: &MatchKey, op: Op) -> Result<Grant, CannotApply> {
        let grant = self.grants.get(key).ok_or(CannotApply::Absent(op))?;
        if grant.set.as_ref().is_some_and(|set| self.sets.contains_key(&set.id)) {
            return Err(CannotApply::FromSet(op));
        }
        Ok(grant.clone())
    }

    /// Narrower is proven by containment: of an allow or a boundary the new lies in the old, of a deny the old in the new.
    fn tighten(&mut self, o: &GrantTighten) -> Result<(), CannotApply> {
        let old = self.own_grant(&o.grant, Op::GrantTighten)?;
        let new = Grant { rule: o.rule.clone(), terms: o.terms.clone(), ..old.clone() };
        if new == old || !is_narrower(&old, &new) {
            return Err(CannotApply::NotNarrower);
        }
        let key = new.key();
        if key != o.grant && self.grants.contains_key(&key) {
            return Err(CannotApply::There(Op::GrantTighten));
        }
        self.grants.remove(&o.grant);
        self.grants.insert(key, new);
        Ok(())
    }

    fn extend(&mut self, o: &GrantExtend) -> Result<(), CannotApply> {
        let old = self.own_grant(&o.grant, Op::GrantExtend)?;
        if old.terms == o.terms || !old.terms.within(&o.terms, true) {
            return Err(CannotApply::NotWider);
        }
        self.grants.insert(o.grant.clone(), Grant { terms: o.terms.clone(), ..old });
        Ok(())
    }

    /// Every holder's path through the set holds each of its rules: what is new comes on the terms of the path, or without
    /// any where its grants differ in them.
    fn set_rules(&mut self, o: &SetRules) -> Result<(), CannotApply> {
        let mut rules: Vec<Rule> = o.rules.iter().cloned().map(Rule::normal).collect();
        rules.sort_by_cached_key(Rule::content_key);
        let before = rules.len();
        rules.dedup();
        if rules.is_empty() || rules.len() != before {
            return Err(CannotApply::EmptySet);
        }
        if !self.sets.contains_key(&o.set) {
            return Err(CannotApply::Absent(Op::SetRules));
        }
        let mut paths: BTreeMap<(IdentityId, SourceId, Via, String), Vec<Grant>> = BTreeMap::new();
        for grant in self.grants.values().filter(|grant| grant.set.as_ref().is_some_and(|set| set.id == o.set)) {
            paths.entry((grant.identity, grant.source, grant.via, grant.via_name.clone())).or_default().push(grant.clone());
        }
        for held in paths.values() {
            let uniform = held.iter().all(|grant| grant.terms == held[0].terms);
            let terms = if uniform { held[0].terms.clone() } else { Terms::default() };
            for gone in held.iter().filter(|grant| !rules.contains(&grant.rule)) {
                self.grants.remove(&gone.key());
            }
            for rule in rules.iter().filter(|rule| !held.iter().any(|grant| grant.rule == **rule)) {
                let grant = Grant { rule: rule.clone(), terms: terms.clone(), ..held[0].clone() };
                self.grants.insert(grant.key(), grant);
            }
        }
        self.sets.insert(o.set, rules);
        Ok(())
    }

    fn record_set(&mut self, o: &RecordSet) -> Result<(), CannotApply> {
        let kinds: BTreeSet<_> = o.attributes.iter().map(Attribute::place).collect();
        if o.attributes.is_empty() || kinds.len() != o.attributes.len() {
            return Err(CannotApply::Attributes);
        }
        let record = self.records.get_mut(&o.identity).ok_or(CannotApply::Absent(Op::RecordSet))?;
        o.attributes.iter().for_each(|attribute| attribute.put(record));
        Ok(())
    }

    /// Hex SHA-256 over what stands here, each thing by its key and the digest of its content, in fixed order.
    pub fn digest(&self) -> Result<String, NotCanonical> {
        let mut lines: Vec<(&str, String, String)> = Vec::new();
        each(&mut lines, "grant", self.grants.iter())?;
        each(&mut lines, "set", self.sets.iter())?;
        each(&mut lines, "record", self.records.iter())?;
        each(&mut lines, "lifecycle", self.lifecycles.iter())?;
        each(&mut lines, "key", self.keys.iter())?;
        each(&mut lines, "suspension", self.suspensions.iter())?;
        each(&mut lines, "resource", self.resources.iter())?;
        each(&mut lines, "surface", self.surfaces.iter())?;
        each(&mut lines, "tool", self.tools.iter())?;
        each(&mut lines, "credential", self.credentials.iter())?;
        each(&mut lines, "envelope", self.envelopes.iter())?;
        each(&mut lines, "anchor", self.anchors.iter())?;
        each(&mut lines, "account", self.gate.accounts.iter())?;
        each(&mut lines, "roles", self.gate.roles.iter())?;
        each(&mut lines, "member", self.gate.members.iter())?;
        each(&mut lines, "group", self.gate.groups.iter())?;
        each(&mut lines, "source", self.gate.sources.iter())?;
        each(&mut lines, "sealed", Some((&(), &self.gate.sealed)).into_iter().filter(|((), sealed)| **sealed))?;
        json::digest(&lines)
    }

    /// The grants that count, by holder: one whose own suspension is open, or its source's, does not.
    pub fn held(&self) -> BTreeMap<IdentityId, Vec<(&MatchKey, &Grant)>> {
        let open: BTreeSet<&Subject> = self.suspensions.keys().map(|(subject, _)| subject).collect();
        let mut out: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (key, grant) in &self.grants {
            if !open.contains(&Subject::Grant(key.clone())) && !open.contains(&Subject::Source(grant.source)) {
                out.entry(grant.identity).or_default().push((key, grant));
            }
        }
        out
    }

    /// An identity with those it descends from and those that descend from it, as far as the records here say.
    pub fn lineage(&self, identity: IdentityId) -> BTreeSet<IdentityId> {
        let parent = |of: &IdentityId| self.records.get(of).and_then(|record| record.parent);
        let mut out = BTreeSet::from([identity]);
        let mut above = parent(&identity);
        while let Some(next) = above.filter(|next| out.insert(*next)) {
            above = parent(&next);
        }
        loop {
            let born: Vec<_> = self.records.iter().filter(|(_, r)| r.parent.is_some_and(|p| out.contains(&p))).map(|(id, _)| *id).collect();
            let before = out.len();
            out.extend(born);
            if out.len() == before {
                return out;
            }
        }
    }
}

fn put<K: Ord, V>(into: &mut BTreeMap<K, V>, key: K, value: V, op: Op) -> Result<(), CannotApply> {
    if into.contains_key(&key) {
        return Err(CannotApply::There(op));
    }
    into.insert(key, value);
    Ok(())
}

fn each<'a, K: Serialize + 'a, V: Serialize + 'a>(
    lines: &mut Vec<(&'static str, String, String)>,
    what: &'static str,
    rows: impl Iterator<Item = (&'a K, &'a V)>,
) -> Result<(), NotCanonical> {
    for (key, content) in rows {
        lines.push((what, json::canonical(key)?, json::digest(content)?));
    }
    Ok(())
}

/// True where a grant is proven to give no more, or to take away no less, than the one it takes the place of.
pub(super) fn is_narrower(old: &Grant, new: &Grant) -> bool {
    let (inner, outer) = if old.rule.effect == Effect::Deny { (old, new) } else { (new, old) };
    if old.rule.effect != new.rule.effect || old.rule.dialect != new.rule.dialect {
        return false;
    }
    // Asked as if both allowed by themselves: so is a deny or a boundary compared with another.
    let bare = |grant: &Grant| Grant { via: Via::Direct, rule: Rule { effect: Effect::Allow, ..grant.rule.clone() }, ..grant.clone() };
    let (inner, outer) = (bare(inner), bare(outer));
    let line = old.key();
    let one = |grant| [Statement::of(&line, grant)];
    covers(&one(&outer), &one(&inner), &mut Work::default()).answer == Answer::Contained
}
