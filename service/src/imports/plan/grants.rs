//! The difference in grants, by key. Grants of one identity stand together on both sides, so that one
//! identity's keys are in memory at a time.

use super::super::Tally;
use super::{Making, Plan};
use crate::Services;
use crate::identities::TIMED_AT_MOST;
use domain::access::{self, Held, Totals};
use domain::json;
use domain::rule::Via;
use domain::snapshot::{SeenGrant, Snapshot};
use std::collections::HashMap;
use std::ops::Range;
use store::grants::{Known, NewGrant, observed_row};
use store::rows::{Close, Row};
use store::tables;
use uuid::Uuid;

/// Where the comparison stands.
#[derive(Default)]
pub struct Comparing {
    /// Which grants of the snapshot the store holds already.
    known: Vec<bool>,
    /// The keys of the identity whose grants are being looked at.
    current: Option<(Uuid, HashMap<String, usize>)>,
    before: u64,
    pub(super) removed: u64,
}

impl Comparing {
    pub(super) fn of(grants: usize) -> Self {
        Self { known: vec![false; grants], ..Self::default() }
    }
}

impl Making<'_> {
    /// A page of the grants that are open in the source, in the order of their keys.
    pub fn held_grants(&mut self, page: &[Known]) {
        self.grants.before += page.len() as u64;
        if self.seen.sets_only {
            return;
        }
        for known in page {
            if self.grants.current.as_ref().is_none_or(|(id, _)| *id != known.identity_id) {
                self.grants.current = Some((known.identity_id, self.keys_of(known.identity_id)));
            }
            let at = self.grants.current.as_ref().and_then(|(_, keys)| keys.get(&known.content_key)).copied();
            if let Some(at) = at {
                self.grants.known[at] = true;
            } else {
                self.plan.closes.push(Close { table: &tables::GRANTS, key: vec![known.id.into()] });
                self.grants.removed += 1;
            }
        }
    }

    fn keys_of(&self, identity: Uuid) -> HashMap<String, usize> {
        let Some(at) = self.identities.by_id.get(&identity) else { return HashMap::new() };
        let of_one = range(&self.seen.grants, *at);
        of_one.map(|i| (key_of(self.seen, &self.seen.grants[i], identity, &self.set_ids), i)).collect()
    }

    pub(super) fn compared_grants(&mut self) {
        let before = self.grants.before;
        if self.seen.sets_only {
            let (added, removed) = (self.plan.outcome.grants.added, self.grants.removed);
            self.ask("grants", removed, before as usize);
            self.plan.outcome.grants = Tally { total: before + added - removed, added, removed, changed: 0 };
            return;
        }
        let known = std::mem::take(&mut self.grants.known);
        self.plan.new_grants = known.iter().enumerate().filter(|(_, known)| !**known).map(|(i, _)| i as u32).collect();
        let removed = self.grants.removed;
        self.plan.outcome.grants =
            Tally { total: self.seen.grants.len() as u64, added: self.plan.new_grants.len() as u64, removed, changed: 0 };
        self.ask("grants", removed, before as usize);
    }

    /// What an identity's grants come to, in the figures of the lists.
    pub(super) fn totals(&mut self, identity: u32) -> Totals {
        let held: Vec<Held<'_>> = self.seen.grants[range(&self.seen.grants, identity)]
            .iter()
            .filter(|g| g.ends_at().is_none_or(|e| e > self.now))
            .map(|g| Held {
                rule: self.seen.rules.get(g.rule),
                via: self.seen.paths.get(g.path).0,
                timed: g.ends_at().is_some_and(|e| e - self.now <= TIMED_AT_MOST),
            })
            .collect();
        let judged = access::judge(&held, &mut self.memory);
        access::totals(&held, &judged)
    }

    pub(super) fn surfaces_by_identity(&self) -> HashMap<u32, i64> {
        let mut surfaces: HashMap<u32, i64> = HashMap::new();
        for s in &self.seen.surfaces {
            *surfaces.entry(s.identity).or_default() += 1;
        }
        surfaces
    }
}

impl Plan {
    pub(super) fn grant_row(&self, services: &Services, seen: &Snapshot, at: u32) -> Row {
        let grant = &seen.grants[at as usize];
        let identity = self.resolved.identities[grant.identity as usize];
        let (via, via_name) = seen.paths.get(grant.path);
        let new = NewGrant {
            id: services.ids.next(),
            identity,
            set: grant.set().map(|s| self.resolved.sets[s as usize]),
            rule: self.resolved.rules[grant.rule as usize],
            via,
            via_name,
            content_key: &key_of(seen, grant, identity, &self.resolved.sets),
            source: self.source,
            ends_at: grant.ends_at(),
        };
        observed_row(&new, self.batch)
    }
}

/// The grants of one identity, which stand together.
fn range(grants: &[SeenGrant], identity: u32) -> Range<usize> {
    let from = grants.partition_point(|g| g.identity < identity);
    from..from + grants[from..].partition_point(|g| g.identity == identity)
}

fn key_of(seen: &Snapshot, grant: &SeenGrant, identity: Uuid, sets: &[Uuid]) -> String {
    let (via, via_name) = seen.paths.get(grant.path);
    let set = grant.set().map(|s| sets[s as usize]);
    content_key(identity, via, via_name, set, seen.rules.key(grant.rule), grant.ends_at())
}

/// A grant matches on identity, path, permission set, rule and end. The key begins with its holder: the
/// keys of one identity stand together, and a first import writes them in order.
pub(super) fn content_key(identity: Uuid, via: Via, via_name: &str, set: Option<Uuid>, rule: &str, ends_at: Option<i64>) -> String {
    let mut text = String::with_capacity(200);
    text.push_str(via.as_str());
    text.push('\n');
    text.push_str(via_name);
    text.push('\n');
    if let Some(set) = set {
        text.push_str(&set.simple().to_string());
    }
    text.push('\n');
    text.push_str(rule);
    if let Some(end) = ends_at {
        text.push('\n');
        text.push_str(&end.to_string());
    }
    format!("{}{}", identity.simple(), json::sha256_hex(text.as_bytes()))
}
