//! The difference between what a source holds and what an input says, as rows to open and close. It reads
//! no database and writes nothing.

use super::existing::{Existing, short_key};
use super::{BATCH_FROM, Outcome, Request, Tally};
use crate::identities::{Deltas, TIMED_AT_MOST, facts_from, store_since};
use crate::{Error, Result, Services};
use domain::access::{self, Held, Memory};
use domain::json;
use domain::rule::{Rule, Via};
use domain::snapshot::{SeenIdentity, Snapshot};
use std::collections::{HashMap, HashSet};
use store::grants::{NewGrant, NewSet};
use store::identities::{Facts, Record};
use store::rows::{Close, Row};
use store::surfaces::{NewCredential, NewSurface, NewTool};
use store::writer::CountDelta;
use store::{blobs, grants, identities, sources, surfaces, tables};
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

    fn sets(&mut self) -> Result<()> {
        let known: HashMap<(String, String), store::grants::Set> =
            self.existing.sets.iter().map(|s| ((s.kind.clone(), s.key.clone()), s.clone())).collect();
        let mut rules_of: HashMap<u32, Vec<&str>> = HashMap::new();
        for (set, rule, _) in &self.seen.set_rules {
            rules_of.entry(*set).or_default().push(self.seen.rules.key(*rule));
        }
        let mut tally = Tally::default();
        let mut here = HashSet::new();
        for (i, seen) in self.seen.sets.iter().enumerate() {
            let old = known.get(&(seen.kind.to_owned(), seen.key.clone()));
            let held = self.seen.sets_only && self.existing.sets.iter().any(|s| s.kind == "managed_policy" && s.name == seen.name);
            if held {
                return Err(Error::invalid(
                    "source",
                    format!(
                        "this source knows {:?} from an account file, with who holds it; import the account file again, or name another source",
                        seen.name
                    ),
                ));
            }
            let id = old.map_or_else(|| self.services.ids.next(), |s| s.id);
            self.set_ids.push(id);
            here.insert(id);
            let mut keys = rules_of.remove(&(i as u32)).unwrap_or_default();
            keys.sort_unstable();
            let digest = json::digest(&keys).map_err(|e| Error::Internal(e.to_string()))?;
            let new = NewSet {
                id,
                source: self.plan.source,
                kind: seen.kind,
                key: &seen.key,
                name: &seen.name,
                version: seen.version.as_deref(),
                digest: &digest,
                present: seen.present,
            };
            match old {
                None => {
                    self.plan.first.insert(id);
                    self.open(grants::set_row(&new, self.plan.batch));
                    tally.added += 1;
                }
                Some(old) => {
                    let before: HashSet<&str> = self.existing.set_rules.keys().filter(|(s, _)| *s == id).map(|(_, k)| k.as_str()).collect();
                    let same_rules = before == keys.iter().copied().collect();
                    let same = old.name == seen.name && old.version == seen.version && (old.state == "seen") == seen.present;
                    if !(same_rules && same) {
                        self.plan
                            .closes
                            .push(Close { table: &tables::PERMISSION_SET_VERSIONS, key: vec![id.into(), store_since(old.since)] });
                        self.plan.replaced.push(grants::set_row(&new, None));
                        tally.changed += 1;
                    }
                }
            }
        }
        let gone: Vec<(Uuid, i64)> = self.existing.sets.iter().filter(|s| !here.contains(&s.id)).map(|s| (s.id, s.since)).collect();
        if !self.seen.sets_only {
            for (id, since) in &gone {
                self.plan.closes.push(Close { table: &tables::PERMISSION_SET_VERSIONS, key: vec![(*id).into(), store_since(*since)] });
            }
            tally.removed = gone.len() as u64;
        }
        tally.total = (here.len() + if self.seen.sets_only { gone.len() } else { 0 }) as u64;
        self.plan.outcome.permission_sets = tally;
        Ok(())
    }

    fn rules(&mut self) {
        for (rule, key) in self.seen.rules.iter() {
            let known = self.existing.rule_ids.get(key).copied();
            let id = known.unwrap_or_else(|| self.services.ids.next());
            if known.is_none() {
                self.open(grants::rule_row(id, self.plan.batch, key, rule));
            }
            self.rule_ids.push(id);
        }
    }

    fn set_rules(&mut self) {
        let mut here = HashSet::new();
        for (set, rule, label) in &self.seen.set_rules {
            let key = (self.set_ids[*set as usize], self.seen.rules.key(*rule).to_owned());
            if !self.existing.set_rules.contains_key(&key) {
                let row =
                    grants::set_rule_row(self.services.ids.next(), self.plan.batch, key.0, self.rule_ids[*rule as usize], label.as_deref());
                self.open(row);
            }
            here.insert(key);
        }
        let touched: HashSet<Uuid> = self.set_ids.iter().copied().collect();
        for (key, id) in &self.existing.set_rules {
            if !here.contains(key) && (!self.seen.sets_only || touched.contains(&key.0)) {
                self.plan.closes.push(Close { table: &tables::SET_RULES, key: vec![(*id).into()] });
            }
        }
        self.units(&touched);
    }

    /// Units and distinct actions of the permission sets of the source, bound to anybody or not.
    fn units(&mut self, touched: &HashSet<Uuid>) {
        let names: HashMap<Uuid, String> = self.existing.sets.iter().map(|s| (s.id, format!("{}\0{}", s.kind, s.key))).collect();
        let mut before = Units::default();
        let mut after = Units::default();
        for (set, key) in self.existing.set_rules.keys() {
            let (Some(name), Some(rule)) = (names.get(set), self.existing.rules.get(key)) else { continue };
            before.add(name, rule);
            if self.seen.sets_only && !touched.contains(set) {
                after.add(name, rule);
            }
        }
        for (set, rule, _) in &self.seen.set_rules {
            let set = &self.seen.sets[*set as usize];
            after.add(&format!("{}\0{}", set.kind, set.key), self.seen.rules.get(*rule));
        }
        self.plan.outcome.units = Tally::between(&before.units, &after.units);
        self.plan.outcome.actions = Tally::between(&before.actions, &after.actions);
    }

    fn surfaces(&mut self) {
        let mut tally = Tally { total: self.seen.surfaces.len() as u64, ..Tally::default() };
        let mut here = HashSet::new();
        for seen in &self.seen.surfaces {
            let identity = self.identity_ids[seen.identity as usize];
            let old = self
                .existing
                .surfaces
                .iter()
                .find(|s| s.identity_id == identity && s.kind == seen.kind.as_str() && s.locator == seen.locator)
                .cloned();
            let id = old.as_ref().map_or_else(|| self.services.ids.next(), |o| o.id);
            self.surface_ids.push(id);
            here.insert(id);
            if old.as_ref().is_some_and(|o| o.content_digest == seen.digest) {
                continue;
            }
            let content = seen.content.as_ref().map(|text| {
                let blob = self.services.ids.next();
                self.open(blobs::row(blob, "text/plain", &self.services.salt(), text.as_bytes()));
                blob
            });
            let new = NewSurface {
                id,
                plane: "observed",
                identity,
                kind: seen.kind.as_str(),
                locator: &seen.locator,
                digest: seen.digest.as_deref(),
                content,
                source: Some(self.plan.source),
            };
            match old {
                None => {
                    self.plan.first.insert(id);
                    self.open(surfaces::row(&new, self.plan.batch));
                    tally.added += 1;
                }
                Some(old) => {
                    self.plan.closes.push(Close { table: &tables::SURFACE_VERSIONS, key: vec![id.into(), store_since(old.since)] });
                    self.plan.replaced.push(surfaces::row(&new, None));
                    tally.changed += 1;
                }
            }
        }
        if !self.seen.sets_only {
            for old in self.existing.surfaces.iter().filter(|s| !here.contains(&s.id)) {
                self.plan.closes.push(Close { table: &tables::SURFACE_VERSIONS, key: vec![old.id.into(), store_since(old.since)] });
                tally.removed += 1;
            }
        }
        self.plan.outcome.surfaces = tally;
    }

    fn tools(&mut self) {
        let known: HashMap<(Uuid, &str), (Uuid, &str)> =
            self.existing.tools.iter().map(|t| ((t.surface_id, t.name.as_str()), (t.id, t.drift_key.as_str()))).collect();
        let mut tally = Tally { total: self.seen.tools.len() as u64, ..Tally::default() };
        let mut here = HashSet::new();
        for seen in &self.seen.tools {
            let surface = self.surface_ids[seen.surface as usize];
            let old = known.get(&(surface, seen.name.as_str())).copied();
            if let Some((id, key)) = old {
                here.insert(id);
                if key == seen.drift_key {
                    continue;
                }
                self.plan.closes.push(Close { table: &tables::TOOLS, key: vec![id.into()] });
            }
            let new = NewTool {
                id: self.services.ids.next(),
                identity: self.identity_ids[self.seen.surfaces[seen.surface as usize].identity as usize],
                surface,
                source: self.plan.source,
                name: &seen.name,
                drift_key: &seen.drift_key,
                annotations: &seen.annotations,
                definition: &seen.definition,
            };
            if old.is_some() {
                self.plan.replaced.push(surfaces::tool_row(&new, None));
                tally.changed += 1;
            } else {
                self.plan.opens.push(Pending::Row(surfaces::tool_row(&new, self.plan.batch)));
                tally.added += 1;
            }
        }
        if !self.seen.sets_only {
            for old in self.existing.tools.iter().filter(|t| !here.contains(&t.id)) {
                self.plan.closes.push(Close { table: &tables::TOOLS, key: vec![old.id.into()] });
                tally.removed += 1;
            }
        }
        self.ask("tools", tally.removed, self.existing.tools.len());
        self.plan.outcome.tools = tally;
    }

    fn credentials(&mut self) {
        let mut tally = Tally { total: self.seen.credentials.len() as u64, ..Tally::default() };
        let mut here = HashSet::new();
        for seen in &self.seen.credentials {
            let identity = self.identity_ids[seen.identity as usize];
            let old = self
                .existing
                .credentials
                .iter()
                .find(|c| c.identity_id == identity && c.method == seen.method && c.key_id == seen.key_id)
                .cloned();
            let id = old.as_ref().map_or_else(|| self.services.ids.next(), |o| o.id);
            if !here.insert(id) {
                continue;
            }
            let new = NewCredential {
                id,
                identity,
                source: self.plan.source,
                method: &seen.method,
                key_id: &seen.key_id,
                issued_at: seen.issued_at,
                expires_at: seen.expires_at,
                state: seen.state.as_deref(),
            };
            match old {
                None => {
                    self.plan.first.insert(id);
                    self.open(surfaces::credential_row(&new, self.plan.batch));
                    tally.added += 1;
                }
                Some(o) if o.issued_at == seen.issued_at && o.expires_at == seen.expires_at && o.state == seen.state => {}
                Some(o) => {
                    self.plan.closes.push(Close { table: &tables::CREDENTIAL_VERSIONS, key: vec![id.into(), store_since(o.since)] });
                    self.plan.replaced.push(surfaces::credential_row(&new, None));
                    tally.changed += 1;
                }
            }
        }
        if !self.seen.sets_only {
            for old in self.existing.credentials.iter().filter(|c| !here.contains(&c.id)) {
                self.plan.closes.push(Close { table: &tables::CREDENTIAL_VERSIONS, key: vec![old.id.into(), store_since(old.since)] });
                tally.removed += 1;
            }
        }
        self.plan.outcome.credentials = tally;
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

#[derive(Default)]
struct Units {
    units: HashSet<(String, String, String)>,
    actions: HashSet<String>,
}

impl Units {
    fn add(&mut self, set: &str, rule: &Rule) {
        for (action, resource) in rule.units() {
            self.units.insert((set.to_owned(), action.to_owned(), resource.to_owned()));
        }
        self.actions.extend(rule.actions.iter().cloned());
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
