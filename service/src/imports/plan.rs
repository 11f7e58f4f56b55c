//! The difference between what a source holds and what an input says, as rows to open and close. It reads
//! no database and writes nothing; what is there comes to it in pages, because it does not fit in memory.

mod grants;
mod identities;
mod named;
mod policies;
mod sets;
mod surfaces;

use super::act::{BATCH_FROM, rests_on};
use super::existing::Existing;
use super::{Outcome, Request};
use crate::{Result, Services};
use domain::access::{Memory, Totals};
use domain::identity::Environment;
use domain::ids::{BatchId, GrantId, IdentityId, PermissionSetId, RuleId, SourceId, SurfaceId};
use domain::snapshot::Snapshot;
use domain::source::{self, Vantage};
use domain::time::Timestamp;
use std::collections::{HashMap, HashSet};
use store::engine::require::Require;
use store::engine::rows::{Close, Row};
use store::engine::table::Declared;
use store::engine::writer::CountDelta;
use store::identities::Record;
use store::imports::{Batch, BatchEnd};
use store::measures::Deltas;
use store::sources::Source;
use uuid::Uuid;

/// What will be written.
pub struct Plan {
    pub source: SourceId,
    /// From where what arrives was seen.
    pub vantage: Vantage,
    pub sets_only: bool,
    pub batch: Option<BatchId>,
    /// Ids that get an anchor.
    pub first: HashSet<Uuid>,
    new_source: Option<Row>,
    /// New rows of permission sets, rules, surfaces, tools and credentials, in an order that satisfies the
    /// foreign keys.
    opens: Vec<Pending>,
    /// New identities, by index in the snapshot.
    new_identities: Vec<u32>,
    /// New grants, by index in the snapshot: millions.
    new_grants: Vec<u32>,
    /// Grants that go on with other terms, each with its line.
    moved_grants: Vec<(u32, GrantId)>,
    new_facts: Vec<(u32, Totals)>,
    /// Rows that take the place of closed ones; they stand in the last entry.
    pub replaced: Vec<Row>,
    pub closes: Vec<Close>,
    pub counts: Vec<CountDelta>,
    requires: Vec<Require>,
    pub outcome: Outcome,
    /// All that moves, by name, where it is more than the outcome holds.
    pub differences: Option<String>,
    naming: named::Naming,
    pub needs_confirmation: Option<String>,
    resolved: Resolved,
}

/// A row to be made when it is written: two million rows at once would take gigabytes.
pub enum Pending {
    Row(Row),
    /// A permission set, by its index in the snapshot, and the digest of its rules.
    Set(u32, String),
    /// A rule, by its index in the snapshot.
    Rule(u32),
    /// That a set holds a rule, by its index in the snapshot.
    SetRule(u32),
    /// Record and external key of an identity, by its index in the snapshot.
    Identity(u32),
    /// A grant, by its index in the snapshot, and the line it goes on with.
    Grant(u32, Option<GrantId>),
    /// What lists show of an identity, by its index in the snapshot; boxed, for it is the largest by far and the fewest.
    Facts(u32, Box<Totals>),
}

/// Ids of what the snapshot names, by index.
#[derive(Default)]
struct Resolved {
    identities: Vec<IdentityId>,
    sets: Vec<PermissionSetId>,
    rules: Vec<RuleId>,
    /// Surfaces of an identity, by index.
    surfaces: HashMap<u32, i64>,
    /// The environment stated for the whole source.
    environment: Option<Environment>,
    /// What people entered by hand about identities that were gone and came back.
    manual: HashMap<IdentityId, Record>,
    baseline: HashMap<IdentityId, Record>,
}

/// A plan being made: `begin`, then `held_already` for every page of grants that are there, then `finish`.
pub struct Making<'a> {
    services: &'a Services,
    existing: Existing,
    seen: &'a Snapshot,
    now: Timestamp,
    plan: Plan,
    memory: Memory,
    deltas: Deltas,
    identities: identities::Comparing,
    grants: grants::Comparing,
    surfaces_of: HashMap<u32, i64>,
    /// Identity ids by index of the snapshot.
    identity_ids: Vec<IdentityId>,
    set_ids: Vec<PermissionSetId>,
    rule_ids: Vec<RuleId>,
    surface_ids: Vec<SurfaceId>,
    /// Policies of a bare file that identities of the source hold: (permission set, index in the snapshot).
    policies: Vec<(PermissionSetId, u32)>,
}

/// Above this share of what is there, a removal asks first.
const REMOVAL_ASKS: f64 = 0.2;

impl Plan {
    /// The new rows, in an order that satisfies the foreign keys.
    pub fn take_opens(&mut self) -> (usize, impl Iterator<Item = Pending> + use<>) {
        let (identities, opens) = (std::mem::take(&mut self.new_identities), std::mem::take(&mut self.opens));
        let (grants, moved) = (std::mem::take(&mut self.new_grants), std::mem::take(&mut self.moved_grants));
        let facts = std::mem::take(&mut self.new_facts);
        let n = identities.len() + opens.len() + grants.len() + moved.len() + facts.len();
        let source = self.new_source.take().map(Pending::Row);
        let all = source.into_iter().chain(identities.into_iter().map(Pending::Identity)).chain(opens);
        (
            n,
            all.chain(grants.into_iter().map(|at| Pending::Grant(at, None)))
                .chain(moved.into_iter().map(|(at, line)| Pending::Grant(at, Some(line))))
                .chain(facts.into_iter().map(|(at, t)| Pending::Facts(at, Box::new(t)))),
        )
    }

    /// What must still hold when the last entry is written.
    pub fn take_requires(&mut self) -> Vec<Require> {
        std::mem::take(&mut self.requires)
    }

    fn new_rows(&self) -> usize {
        self.new_identities.len() + self.opens.len() + self.new_grants.len() + self.moved_grants.len() + self.new_facts.len()
    }

    /// Makes the rows that were put off.
    pub fn rows(&self, services: &Services, seen: &Snapshot, pending: Pending) -> Result<Vec<Row>> {
        Ok(match pending {
            Pending::Row(row) => vec![row],
            Pending::Set(at, digest) => vec![self.set_row(seen, at, digest)],
            Pending::Rule(at) => vec![self.rule_row(seen, at)],
            Pending::SetRule(at) => vec![self.set_rule_row(services, seen, at)],
            Pending::Facts(at, totals) => vec![self.facts_row(seen, at, &totals)?],
            Pending::Identity(at) => self.identity_rows(services, seen, at)?,
            Pending::Grant(at, line) => vec![self.grant_row(services, seen, at, line)],
        })
    }
}

/// What is said of an import ahead of what it moves.
fn outcome(request: &Request, seen: &Snapshot, name: &str) -> Outcome {
    Outcome {
        source: name.to_owned(),
        format: request.format.as_str().to_owned(),
        dry_run: request.how.dry_run,
        notes: seen.notes.clone(),
        skipped: seen.skipped.clone(),
        ..Outcome::default()
    }
}

impl<'a> Making<'a> {
    pub fn begin(services: &'a Services, existing: Existing, seen: &'a Snapshot, request: &Request, name: &str) -> Result<Self> {
        let source = existing.source.unwrap_or_else(|| services.ids.make());
        let of_source = existing.record.as_ref().map_or_else(|| Vantage::of(request.format.source()), |s| s.vantage);
        let plan = Plan {
            source,
            vantage: of_source.lower(Vantage::FILE),
            sets_only: seen.sets_only,
            batch: None,
            first: HashSet::new(),
            new_source: None,
            new_identities: vec![],
            opens: vec![],
            new_grants: vec![],
            moved_grants: vec![],
            new_facts: vec![],
            replaced: vec![],
            closes: vec![],
            counts: vec![],
            requires: rests_on(&existing),
            outcome: outcome(request, seen, name),
            differences: None,
            naming: named::Naming::default(),
            needs_confirmation: None,
            resolved: Resolved::default(),
        };
        let mut making = Self {
            services,
            existing,
            seen,
            now: services.now(),
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
        self.weightiest_first();
        self.settle();
        let Self { mut plan, identity_ids, set_ids, rule_ids, surfaces_of, existing, .. } = self;
        let (environment, manual, baseline) = (existing.environment, existing.manual, existing.baseline);
        plan.resolved =
            Resolved { identities: identity_ids, sets: set_ids, rules: rule_ids, surfaces: surfaces_of, environment, manual, baseline };
        Ok(plan)
    }

    fn open(&mut self, row: Row) {
        self.plan.opens.push(Pending::Row(row));
    }

    /// A generous guess before anything is compared: only what is surely large becomes a batch.
    fn batch(&mut self) {
        let sets = self.seen.sets.len() + self.seen.set_rules.len() + self.seen.rules.len();
        if self.seen.grants.len() + self.seen.identities.len() + sets > BATCH_FROM {
            self.plan.batch = Some(self.services.ids.make());
        }
    }

    fn source(&mut self, request: &Request, name: &str) {
        let stated = request.how.environment;
        if stated.is_some() {
            self.existing.environment = stated;
        }
        if let Some(old) = &self.existing.record {
            if stated.is_some() && stated != old.environment {
                // Stated once, it holds until somebody states another.
                let new = Source { environment: stated, ..old.clone() };
                self.replace(old.clone(), new);
            }
            return;
        }
        self.plan.first.insert(self.plan.source.uuid());
        let kind: source::SourceKind = request.format.source();
        self.plan.new_source = Some(Source::new(self.plan.source, name, kind, stated).open());
    }

    /// A new version takes the place of the old one, in the last entry.
    fn replace<R: Declared>(&mut self, old: R, new: R) {
        self.plan.closes.push(old.close());
        self.plan.replaced.push(new.open());
    }

    fn ask(&mut self, what: &str, removed: u64, before: usize) {
        if before > 0 && removed as f64 / before as f64 > REMOVAL_ASKS && self.plan.needs_confirmation.is_none() {
            self.plan.needs_confirmation = Some(format!("This import removes {removed} of {before} {what} of the source."));
        }
    }

    fn settle(&mut self) {
        let moved = self.plan.outcome.tallies().iter().any(|(_, t)| t.moved());
        let replaced = !self.plan.replaced.is_empty() || !self.plan.closes.is_empty();
        self.plan.outcome.unchanged = !moved && !replaced && self.existing.source.is_some();
        let Some(batch) = self.plan.batch.filter(|_| self.plan.new_rows() <= BATCH_FROM) else { return };
        if self.plan.opens.iter().any(|p| matches!(p, Pending::Row(_))) {
            // The guess was too high: rows that name a batch must not wait for an end that never comes.
            self.open(Batch::new(batch, self.plan.source).open());
            self.open(BatchEnd::new(batch, source::Outcome::Live).open());
        }
        self.plan.batch = None;
    }
}
