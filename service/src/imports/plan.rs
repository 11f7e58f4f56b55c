//! The difference between what a source holds and what an input says, as rows to open and close. It reads
//! no database and writes nothing.

mod sets;
mod surfaces;

use super::existing::{Existing, short_key};
use super::{BATCH_FROM, Outcome, Request, Tally};
use crate::identities::{Deltas, TIMED_AT_MOST, facts_from, store_since};
use crate::{Error, Result, Services};
use domain::access::{self, Held, Memory};
use domain::json;
use domain::rule::Via;
use domain::snapshot::{SeenIdentity, Snapshot};
use std::collections::{HashMap, HashSet};
use store::grants::NewGrant;
use store::identities::{Facts, Record};
use store::rows::{Close, Row};
use store::writer::CountDelta;
use store::{grants, identities, sources, tables};
use uuid::Uuid;

/// What will be written.
pub struct Plan {
    pub source: Uuid,
    pub sets_only: bool,
    pub batch: Option<Uuid>,
    /// Ids that get an anchor.
    pub first: HashSet<Uuid>,
    /// New rows, in an order that satisfies the foreign keys. The many are made only when they are written.
    pub opens: Vec<Pending>,
    /// Rows that take the place of closed ones; they stand in the last entry.
    pub replaced: Vec<Row>,
    pub closes: Vec<Close>,
    pub counts: Vec<CountDelta>,
    pub outcome: Outcome,
    pub needs_confirmation: Option<String>,
    resolved: Resolved,
}

/// A row to be made when it is written: two million rows at once would take gigabytes.
pub enum Pending {
    Row(Row),
    /// Record and external key of an identity, by its index in the snapshot.
    Identity(u32),
    /// A grant, by its index in the snapshot.
    Grant(u32),
    Facts(Box<Facts>),
}

/// Ids of what the snapshot names, by index.
#[derive(Default)]
struct Resolved {
    identities: Vec<Uuid>,
    sets: Vec<Uuid>,
    rules: Vec<Uuid>,
}

struct Making<'a> {
    services: &'a Services,
    existing: Existing,
    seen: &'a Snapshot,
    now: i64,
    plan: Plan,
    /// Identity ids by index of the snapshot.
    identity_ids: Vec<Uuid>,
    set_ids: Vec<Uuid>,
    rule_ids: Vec<Uuid>,
    surface_ids: Vec<Uuid>,
}

/// Above this share of what is there, a removal asks first.
const REMOVAL_ASKS: f64 = 0.2;

impl Plan {
    pub fn make(services: &Services, existing: Existing, seen: &Snapshot, request: &Request, name: &str) -> Result<Self> {
        let source = existing.source.unwrap_or_else(|| services.ids.next());
        let plan = Self {
            source,
            sets_only: seen.sets_only,
            batch: None,
            first: HashSet::new(),
            opens: vec![],
            replaced: vec![],
            closes: vec![],
            counts: vec![],
            outcome: Outcome {
                source: name.to_owned(),
                format: request.format.as_str().to_owned(),
                notes: seen.notes.clone(),
                skipped: seen.skipped.clone(),
                ..Outcome::default()
            },
            needs_confirmation: None,
            resolved: Resolved::default(),
        };
        let now = services.clock.now().micros();
        let mut making =
            Making { services, existing, seen, now, plan, identity_ids: vec![], set_ids: vec![], rule_ids: vec![], surface_ids: vec![] };
        making.batch();
        making.source(request, name);
        making.identities()?;
        making.sets()?;
        making.rules();
        making.set_rules();
        making.surfaces();
        making.tools();
        making.credentials();
        making.grants();
        making.facts(request);
        making.finish();
        let Making { mut plan, identity_ids, set_ids, rule_ids, .. } = making;
        plan.resolved = Resolved { identities: identity_ids, sets: set_ids, rules: rule_ids };
        Ok(plan)
    }

    /// Makes the rows that were put off.
    pub fn rows(&self, services: &Services, seen: &Snapshot, pending: Pending) -> Result<Vec<Row>> {
        Ok(match pending {
            Pending::Row(row) => vec![row],
            Pending::Facts(facts) => vec![identities::facts_row(&facts, self.batch)],
            Pending::Identity(at) => {
                let (id, one) = (self.resolved.identities[at as usize], &seen.identities[at as usize]);
                let key = identities::key_row(services.ids.next(), self.batch, id, self.source, one.key_kind, &one.key);
                vec![record(id, self.source, one)?.row(self.batch), key]
            }
            Pending::Grant(at) => {
                let grant = &seen.grants[at as usize];
                let identity = self.resolved.identities[grant.identity as usize];
                let set = grant.set.map(|s| self.resolved.sets[s as usize]);
                let key = content_key(identity, grant.via, &grant.via_name, set, seen.rules.key(grant.rule), grant.ends_at);
                let new = NewGrant {
                    id: services.ids.next(),
                    identity,
                    set,
                    rule: self.resolved.rules[grant.rule as usize],
                    via: grant.via,
                    via_name: &grant.via_name,
                    content_key: &key,
                    source: self.source,
                    ends_at: grant.ends_at,
                };
                vec![grants::observed_row(&new, self.batch)]
            }
        })
    }
}

impl Making<'_> {
    fn open(&mut self, row: Row) {
        self.plan.opens.push(Pending::Row(row));
    }

    /// A generous guess before anything is compared: only what is surely large becomes a batch.
    fn batch(&mut self) {
        let new = self.seen.grants.len().saturating_sub(self.existing.grants.len()) + self.seen.identities.len();
        if new > BATCH_FROM {
            self.plan.batch = Some(self.services.ids.next());
        }
    }

    fn source(&mut self, request: &Request, name: &str) {
        if self.existing.source.is_some() {
            return;
        }
        let vantage = match request.format {
            domain::snapshot::Format::Aws => "control_plane",
            domain::snapshot::Format::A2a => "self_report",
            _ => "artefact",
        };
        let environment = request.environment.map(domain::identity::Environment::as_str);
        self.existing.environment = environment.map(str::to_owned);
        self.plan.first.insert(self.plan.source);
        self.open(sources::row(self.plan.source, name, request.format.as_str(), environment, vantage));
    }

    fn identities(&mut self) -> Result<()> {
        let mut tally = Tally { total: self.seen.identities.len() as u64, ..Tally::default() };
        let mut here = HashSet::new();
        for (at, seen) in self.seen.identities.iter().enumerate() {
            let key = (seen.key_kind.to_owned(), seen.key.clone());
            let known = self.existing.keys.get(&key).copied();
            let id = known.unwrap_or_else(|| self.services.ids.next());
            self.identity_ids.push(id);
            here.insert(id);
            let record = record(id, self.plan.source, seen)?;
            if known.is_none() {
                self.plan.first.insert(id);
                self.plan.opens.push(Pending::Identity(at as u32));
            }
            match self.existing.records.get(&id) {
                Some(old) if old.same(&record) => {}
                Some(old) => {
                    self.plan.closes.push(close_identity(id, old.since));
                    self.plan.replaced.push(record.row(None));
                    tally.changed += 1;
                }
                None => {
                    if known.is_some() {
                        self.plan.replaced.push(record.row(None));
                    }
                    tally.added += 1;
                }
            }
        }
        if self.seen.sets_only {
            tally.total = self.existing.records.len() as u64;
        } else {
            for (id, old) in &self.existing.records {
                if !here.contains(id) {
                    self.plan.closes.push(close_identity(*id, old.since));
                    tally.removed += 1;
                }
            }
        }
        self.ask("identities", tally.removed, self.existing.records.len());
        self.plan.outcome.identities = tally;
        Ok(())
    }

    fn ask(&mut self, what: &str, removed: u64, before: usize) {
        if before > 0 && removed as f64 / before as f64 > REMOVAL_ASKS && self.plan.needs_confirmation.is_none() {
            self.plan.needs_confirmation = Some(format!(
                "this would remove {removed} of {before} {what} of the source, more than a fifth; confirm it if the input is complete"
            ));
        }
    }

    fn grants(&mut self) {
        let before = self.existing.grants.len();
        let mut tally = Tally { total: self.seen.grants.len() as u64, ..Tally::default() };
        if self.seen.sets_only {
            tally.total = before as u64;
            self.plan.outcome.grants = tally;
            return;
        }
        for (at, seen) in self.seen.grants.iter().enumerate() {
            let identity = self.identity_ids[seen.identity as usize];
            let set = seen.set.map(|s| self.set_ids[s as usize]);
            let rule_key = self.seen.rules.key(seen.rule);
            let key = content_key(identity, seen.via, &seen.via_name, set, rule_key, seen.ends_at);
            if self.existing.grants.remove(&short_key(&key)).is_some() {
                continue;
            }
            self.plan.opens.push(Pending::Grant(at as u32));
            tally.added += 1;
        }
        // What is left was not seen any more.
        for (id, _) in self.existing.grants.values() {
            self.plan.closes.push(Close { table: &tables::GRANTS, key: vec![(*id).into()] });
            tally.removed += 1;
        }
        self.ask("grants", tally.removed, before);
        self.plan.outcome.grants = tally;
    }

    /// What lists show of every identity, and how the counts move.
    fn facts(&mut self, request: &Request) {
        if self.seen.sets_only {
            return;
        }
        let mut held: Vec<Vec<(u32, Via, bool)>> = vec![vec![]; self.seen.identities.len()];
        for g in &self.seen.grants {
            let timed = g.ends_at.is_some_and(|e| e - self.now <= TIMED_AT_MOST);
            held[g.identity as usize].push((g.rule, g.via, timed));
        }
        let mut surfaces: HashMap<u32, i64> = HashMap::new();
        for s in &self.seen.surfaces {
            *surfaces.entry(s.identity).or_default() += 1;
        }
        let environment = request.environment.map(|e| e.as_str().to_owned()).or_else(|| self.existing.environment.clone());
        let mut memory = Memory::default();
        let mut deltas = Deltas::default();
        let mut here = HashSet::new();
        for (i, seen) in self.seen.identities.iter().enumerate() {
            let id = self.identity_ids[i];
            here.insert(id);
            let Ok(record) = record(id, self.plan.source, seen) else { continue };
            let Some(mut facts) = facts_from(Some(&record), self.existing.manual.get(&id), environment.as_deref()) else { continue };
            let grants: Vec<Held<'_>> =
                held[i].iter().map(|(r, via, timed)| Held { rule: self.seen.rules.get(*r), via: *via, timed: *timed }).collect();
            let judged = access::judge(&grants, &mut memory);
            facts.set_totals(&access::totals(&grants, &judged));
            facts.surfaces = surfaces.get(&(i as u32)).copied().unwrap_or(0);
            let before = self.existing.facts.remove(&id);
            deltas.moved(before.as_ref(), Some(&facts));
            self.replace(before.as_ref(), &facts);
        }
        for gone in self.existing.facts.values() {
            deltas.moved(Some(gone), None);
            self.plan.closes.push(close_facts(gone));
        }
        self.plan.counts = deltas.into_counts();
    }

    fn replace(&mut self, before: Option<&Facts>, after: &Facts) {
        match before {
            Some(b) if b.same(after) => {}
            Some(b) => {
                self.plan.closes.push(close_facts(b));
                self.plan.replaced.push(identities::facts_row(after, None));
            }
            None => self.plan.opens.push(Pending::Facts(Box::new(after.clone()))),
        }
    }

    fn finish(&mut self) {
        let moved = self.plan.outcome.tallies().iter().any(|(_, t)| t.moved());
        self.plan.outcome.unchanged = !moved && self.existing.source.is_some();
        if self.plan.opens.len() <= BATCH_FROM && self.plan.batch.is_some() {
            // The guess was too high: rows that name a batch must not wait for an end that never comes.
            self.open(store::imports::batch_row(self.plan.batch.unwrap_or_default(), self.plan.source));
            self.open(store::imports::batch_end_row(self.plan.batch.unwrap_or_default(), true));
            self.plan.batch = None;
        }
    }
}

fn close_identity(id: Uuid, since: i64) -> Close {
    Close { table: &tables::IDENTITY_VERSIONS, key: vec![id.into(), "observed".into(), store_since(since)] }
}

fn close_facts(f: &Facts) -> Close {
    Close { table: &tables::IDENTITY_FACTS, key: vec![f.identity_id.into(), store_since(f.since)] }
}

fn record(id: Uuid, source: Uuid, seen: &SeenIdentity) -> Result<Record> {
    let mut record = Record::new(id, "observed");
    record.kind = Some(seen.kind.as_str().to_owned());
    record.name = Some(seen.name.clone());
    record.human = seen.human.as_ref().map(|(h, _)| h.as_str().to_owned());
    record.human_reason = seen.human.as_ref().map(|(_, r)| r.clone());
    record.platform_managed = Some(i64::from(seen.platform_managed));
    record.unknown_access = (!seen.unknown_access.is_empty()).then(|| seen.unknown_access.join("; "));
    record.source_id = Some(source);
    let mut hints = seen.hints.clone();
    hints.entry("key".to_owned()).or_insert_with(|| seen.key.clone());
    record.hints = Some(json::canonical(&hints).map_err(|e| Error::Internal(e.to_string()))?);
    Ok(record)
}

/// A grant matches on identity, path, permission set, rule and end.
fn content_key(identity: Uuid, via: Via, via_name: &str, set: Option<Uuid>, rule: &str, ends_at: Option<i64>) -> String {
    let mut text = String::with_capacity(200);
    text.push_str(&identity.simple().to_string());
    text.push('\n');
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
    json::sha256_hex(text.as_bytes())
}
