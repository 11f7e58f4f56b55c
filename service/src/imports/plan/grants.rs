//! The difference in grants, by key. Grants of one identity stand together on both sides, so that one
//! identity's keys are in memory at a time.

use super::super::Tally;
use super::{Making, Plan};
use crate::Services;
use crate::identities::{GRANTS_JUDGED, TIMED_AT_MOST};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::access::{self, HeldRule, Judged, Totals};
use domain::difference::How;
use domain::ids::{GrantId, IdentityId, SourceId};
use domain::rule::Via;
use domain::snapshot::{SeenGrant, Snapshot};
use domain::time::Timestamp;
use sha2::{Digest, Sha256};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::ops::Range;
use store::compared::KnownGrant;
use store::engine::rows::Row;
use store::engine::table::Declared;
use store::grants::{self, Grant, Seen};
use uuid::Uuid;

/// Where the comparison stands.
#[derive(Default)]
pub struct Comparing {
    /// Which grants of the snapshot the store holds already.
    known: Vec<bool>,
    /// Grants whose key stands and whose end moved, with the line they go on with.
    moved: Vec<(u32, GrantId)>,
    /// The keys of the identity whose grants are being looked at.
    current: Option<(IdentityId, HashMap<String, usize>)>,
    /// Of whoever has more grants than a page judges: how much each weighs, in the order of the snapshot.
    weights: HashMap<u32, Vec<u8>>,
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
    pub fn held_grants(&mut self, page: &[KnownGrant]) {
        self.grants.before += page.len() as u64;
        if self.seen.sets_only {
            return;
        }
        for known in page {
            if self.grants.current.as_ref().is_none_or(|(id, _)| *id != known.identity_id) {
                self.grants.current = Some((known.identity_id, self.keys_of(known.identity_id)));
            }
            let at = self.grants.current.as_ref().and_then(|(_, keys)| keys.get(&known.match_key)).copied();
            match at {
                Some(at) if ends_at(&self.seen.grants[at]) == known.ends_at => self.grants.known[at] = true,
                Some(at) => {
                    // The same access with other terms: a new version along the same line.
                    self.grants.known[at] = true;
                    self.grants.moved.push((at as u32, known.line_id));
                    self.identities.moved.insert(known.identity_id);
                    self.grant_moves(known.id, How::Changed);
                    self.plan.closes.push(grants::close(known.id));
                }
                None => {
                    self.plan.closes.push(grants::close(known.id));
                    self.identities.moved.insert(known.identity_id);
                    self.grants.removed += 1;
                    if self.identities.by_id.contains_key(&known.identity_id) {
                        self.grant_moves(known.id, How::Removed);
                    }
                }
            }
        }
    }

    fn keys_of(&self, identity: IdentityId) -> HashMap<String, usize> {
        let Some(at) = self.identities.by_id.get(&identity) else { return HashMap::new() };
        let of_one = range(&self.seen.grants, *at);
        of_one.map(|i| (key_of(self.seen, &self.seen.grants[i], identity, self.plan.source), i)).collect()
    }

    /// True where an identity is to get a grant that it does not hold: once all that it holds was seen.
    pub(super) fn gains(&self, identity: u32) -> bool {
        range(&self.seen.grants, identity).any(|at| !self.grants.known[at])
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
        for at in 0..self.plan.new_grants.len() {
            self.grant_is_new(self.plan.new_grants[at] as usize);
        }
        let (added, removed) = (self.plan.new_grants.len() as u64, self.grants.removed);
        self.plan.moved_grants = std::mem::take(&mut self.grants.moved);
        let changed = self.plan.moved_grants.len() as u64;
        self.plan.outcome.grants = Tally { total: self.seen.grants.len() as u64, added, removed, changed };
        self.ask("grants", removed, before as usize);
    }

    /// What an identity's grants come to, in the figures of the lists.
    pub(super) fn totals(&mut self, identity: u32) -> Totals {
        let held: Vec<HeldRule<'_>> = self.seen.grants[range(&self.seen.grants, identity)]
            .iter()
            .filter(|g| ends_at(g).is_none_or(|e| e > self.now))
            .map(|g| HeldRule {
                rule: self.seen.rules.get(g.rule),
                via: self.seen.paths.get(g.path).0,
                via_name: self.seen.paths.get(g.path).1,
                timed: ends_at(g).is_some_and(|e| e.since(self.now) <= TIMED_AT_MOST),
            })
            .collect();
        let judged = access::judge(&held, &mut self.memory);
        let totals = access::totals(&held, &judged);
        // An end that has passed is no access: then what is left stands at other places, and nothing is sorted.
        let all = range(&self.seen.grants, identity).len();
        if held.len() as i64 > GRANTS_JUDGED && held.len() == all {
            self.grants.weights.insert(identity, judged.iter().map(Judged::weight).collect());
        }
        totals
    }

    /// What is new of whoever has very many grants is written the weightiest first: ids rise, and a page that shows some of them
    /// takes those that stand first.
    pub(super) fn weightiest_first(&mut self) {
        let weights = std::mem::take(&mut self.grants.weights);
        if weights.is_empty() {
            return;
        }
        let grants = &self.seen.grants;
        let key = |at: &u32| {
            let identity = grants[*at as usize].identity;
            let place = *at as usize - grants.partition_point(|g| g.identity < identity);
            (identity, Reverse(weights.get(&identity).map_or(0, |all| all[place])))
        };
        self.plan.new_grants.sort_by_cached_key(key);
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
    pub(super) fn grant_row(&self, services: &Services, seen: &Snapshot, at: u32, line: Option<GrantId>) -> Row {
        let grant = &seen.grants[at as usize];
        let identity = self.resolved.identities[grant.identity as usize];
        let (via, via_name) = seen.paths.get(grant.path);
        let id = services.ids.make();
        let new = Seen {
            id,
            line: line.unwrap_or(id),
            identity,
            set: grant.set().map(|s| self.resolved.sets[s as usize]),
            rule: self.resolved.rules[grant.rule as usize],
            via,
            via_name,
            match_key: &key_of(seen, grant, identity, self.source),
            source: self.source,
            ends_at: ends_at(grant),
        };
        // What takes the place of a closed row lives with the last entry, as the close does.
        let batch = if line.is_some() { None } else { self.batch };
        Grant::observed(&new, batch).open()
    }
}

fn ends_at(grant: &SeenGrant) -> Option<Timestamp> {
    grant.ends_at().map(Timestamp)
}

/// The grants of one identity, which stand together.
pub(super) fn range(grants: &[SeenGrant], identity: u32) -> Range<usize> {
    let from = grants.partition_point(|g| g.identity < identity);
    from..from + grants[from..].partition_point(|g| g.identity == identity)
}

fn key_of(seen: &Snapshot, grant: &SeenGrant, identity: IdentityId, source: SourceId) -> String {
    let set = grant.set().map(|s| &seen.sets[s as usize]);
    let set = set.map(|s| (s.kind, s.key.as_str()));
    match_key(identity, source, seen.paths.get(grant.path), set, seen.rules.key(grant.rule))
}

/// A grant matches on identity, source, path, permission set by its kind and key, and rule; not on its terms. The key
/// begins with its holder: the keys of one identity stand together, and a first import writes them in order.
pub(super) fn match_key(
    identity: IdentityId,
    source: SourceId,
    (via, via_name): (Via, &str),
    set: Option<(&str, &str)>,
    rule: &str,
) -> String {
    let (kind, key) = set.unwrap_or_default();
    let (mut source_digits, mut digits) = (Uuid::encode_buffer(), Uuid::encode_buffer());
    let source = source.uuid().simple().encode_lower(&mut source_digits);
    let mut text = String::with_capacity(240);
    for part in [&*source, via.as_str(), via_name, kind, key, rule] {
        // Lengths keep two parts from reading as one.
        let _ = write!(text, "{}:{part}", part.len());
    }
    let mut out = String::with_capacity(75);
    out.push_str(identity.uuid().simple().encode_lower(&mut digits));
    URL_SAFE_NO_PAD.encode_string(Sha256::digest(text.as_bytes()), &mut out);
    out
}
