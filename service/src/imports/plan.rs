//! The difference between what a source holds and what an input says, as rows to open and close. It reads
//! no database and writes nothing; what is there comes to it in pages, because it does not fit in memory.

mod grants;
mod identities;
mod policies;
mod sets;
mod surfaces;

use super::existing::Existing;
use super::{BATCH_FROM, Outcome, Request};
use crate::identities::Deltas;
use crate::{Result, Services};
use domain::access::{Memory, Totals};
use domain::snapshot::Snapshot;
use std::collections::{HashMap, HashSet};
use store::identities::Record;
use store::rows::{Close, Row};
use store::sources::Source;
use store::tables;
use store::writer::CountDelta;
use uuid::Uuid;

/// What will be written.
pub struct Plan {
    pub source: Uuid,
    pub sets_only: bool,
    pub batch: Option<Uuid>,
    /// Ids that get an anchor.
    pub first: HashSet<Uuid>,
    new_source: Option<Row>,
    /// New rows of permission sets, rules, surfaces, tools and credentials, in an order that satisfies the
    /// foreign keys.
    opens: Vec<Pending>,
    /// New identities and grants, by index in the snapshot.
    new_identities: Vec<u32>,
    new_grants: Vec<u32>,
    new_facts: Vec<(u32, Totals)>,
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
    /// What lists show of an identity, by its index in the snapshot.
    Facts(u32, Totals),
}

/// Ids of what the snapshot names, by index.
#[derive(Default)]
struct Resolved {
    identities: Vec<Uuid>,
    sets: Vec<Uuid>,
    rules: Vec<Uuid>,
    /// Surfaces of an identity, by index.
    surfaces: HashMap<u32, i64>,
    /// The environment stated for the whole source.
    environment: Option<String>,
    /// What people entered by hand about identities that were gone and came back.
    manual: HashMap<Uuid, Record>,
}

/// A plan being made: `begin`, then `held_already` for every page of grants that are there, then `finish`.
pub struct Making<'a> {
    services: &'a Services,
    existing: Existing,
    seen: &'a Snapshot,
    now: i64,
    plan: Plan,
    memory: Memory,
    deltas: Deltas,
    identities: identities::Comparing,
    grants: grants::Comparing,
    surfaces_of: HashMap<u32, i64>,
    /// Identity ids by index of the snapshot.
    identity_ids: Vec<Uuid>,
    set_ids: Vec<Uuid>,
    rule_ids: Vec<Uuid>,
    surface_ids: Vec<Uuid>,
    /// Policies of a bare file that identities of the source hold: (permission set, index in the snapshot).
    policies: Vec<(Uuid, u32)>,
}

/// Above this share of what is there, a removal asks first.
const REMOVAL_ASKS: f64 = 0.2;

impl Plan {
    /// The new rows, in an order that satisfies the foreign keys.
    pub fn take_opens(&mut self) -> (usize, impl Iterator<Item = Pending> + use<>) {
        let (identities, opens) = (std::mem::take(&mut self.new_identities), std::mem::take(&mut self.opens));
        let (grants, facts) = (std::mem::take(&mut self.new_grants), std::mem::take(&mut self.new_facts));
        let n = identities.len() + opens.len() + grants.len() + facts.len();
        let source = self.new_source.take().map(Pending::Row);
        let all = source.into_iter().chain(identities.into_iter().map(Pending::Identity)).chain(opens);
        (n, all.chain(grants.into_iter().map(Pending::Grant)).chain(facts.into_iter().map(|(at, t)| Pending::Facts(at, t))))
    }

    fn new_rows(&self) -> usize {
        self.new_identities.len() + self.opens.len() + self.new_grants.len() + self.new_facts.len()
    }

    /// Makes the rows that were put off.
    pub fn rows(&self, services: &Services, seen: &Snapshot, pending: Pending) -> Result<Vec<Row>> {
        Ok(match pending {
            Pending::Row(row) => vec![row],
            Pending::Facts(at, totals) => vec![self.facts_row(seen, at, &totals)?],
            Pending::Identity(at) => self.identity_rows(services, seen, at)?,
            Pending::Grant(at) => vec![self.grant_row(services, seen, at)],
        })
    }
}

impl<'a> Making<'a> {
    pub fn begin(services: &'a Services, existing: Existing, seen: &'a Snapshot, request: &Request, name: &str) -> Result<Self> {
        let source = existing.source.unwrap_or_else(|| services.ids.next());
        let plan = Plan {
            source,
            sets_only: seen.sets_only,
            batch: None,
            first: HashSet::new(),
            new_source: None,
            new_identities: vec![],
            opens: vec![],
            new_grants: vec![],
            new_facts: vec![],
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
        let mut making = Self {
            services,
            existing,
            seen,
            now: services.clock.now().micros(),
            plan,
            memory: Memory::default(),
            deltas: Deltas::default(),
            identities: identities::Comparing::default(),
            grants: grants::Comparing::of(seen.grants.len()),
            surfaces_of: HashMap::new(),
            identity_ids: vec![],
            set_ids: vec![],
            rule_ids: vec![],
            surface_ids: vec![],
            policies: vec![],
        };
        making.batch();
        making.source(request, name);
        making.identities();
        making.sets()?;
        making.rules();
        making.set_rules();
        making.surfaces();
        making.tools();
        making.credentials();
        making.surfaces_of = making.surfaces_by_identity();
        Ok(making)
    }

    pub fn finish(mut self) -> Result<Plan> {
        self.compared_identities()?;
        self.compared_grants();
        self.compared_facts()?;
        self.settle();
        let Self { mut plan, identity_ids, set_ids, rule_ids, surfaces_of, existing, .. } = self;
        let (environment, manual) = (existing.environment, existing.manual);
        plan.resolved = Resolved { identities: identity_ids, sets: set_ids, rules: rule_ids, surfaces: surfaces_of, environment, manual };
        Ok(plan)
    }

    fn open(&mut self, row: Row) {
        self.plan.opens.push(Pending::Row(row));
    }

    /// A generous guess before anything is compared: only what is surely large becomes a batch.
    fn batch(&mut self) {
        if self.seen.grants.len() + self.seen.identities.len() > BATCH_FROM {
            self.plan.batch = Some(self.services.ids.next());
        }
    }

    fn source(&mut self, request: &Request, name: &str) {
        if let Some(stated) = request.environment {
            self.existing.environment = Some(stated.as_str().to_owned());
        }
        if let Some(old) = &self.existing.record {
            let stated = request.environment.map(|e| e.as_str().to_owned());
            if stated.is_some() && stated != old.environment {
                // Stated once, it holds until somebody states another.
                let key = vec![old.id.into(), crate::identities::store_since(old.since)];
                self.plan.closes.push(Close { table: &tables::SOURCE_VERSIONS, key });
                let mut new = old.clone();
                new.environment = stated;
                self.plan.replaced.push(new.row());
            }
            return;
        }
        let environment = request.environment.map(domain::identity::Environment::as_str);
        self.plan.first.insert(self.plan.source);
        self.plan.new_source = Some(Source::new(self.plan.source, name, request.format.source(), environment).row());
    }

    fn ask(&mut self, what: &str, removed: u64, before: usize) {
        if before > 0 && removed as f64 / before as f64 > REMOVAL_ASKS && self.plan.needs_confirmation.is_none() {
            self.plan.needs_confirmation = Some(format!(
                "this would remove {removed} of {before} {what} of the source, more than a fifth; confirm it if the input is complete"
            ));
        }
    }

    fn settle(&mut self) {
        let moved = self.plan.outcome.tallies().iter().any(|(_, t)| t.moved());
        let replaced = !self.plan.replaced.is_empty() || !self.plan.closes.is_empty();
        self.plan.outcome.unchanged = !moved && !replaced && self.existing.source.is_some();
        let Some(batch) = self.plan.batch.filter(|_| self.plan.new_rows() <= BATCH_FROM) else { return };
        if !self.plan.opens.is_empty() {
            // The guess was too high: rows that name a batch must not wait for an end that never comes.
            self.open(store::imports::batch_row(batch, self.plan.source));
            self.open(store::imports::batch_end_row(batch, true));
        }
        self.plan.batch = None;
    }
}
