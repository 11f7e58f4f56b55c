//! The difference in identities: their records, and what lists show of them. What is there comes in pages.

use super::super::Tally;
use super::super::act::PLANE;
use super::super::existing::fingerprint;
use super::{Making, Plan};
use crate::identities::{Said, facts_from};
use crate::{Error, Result, Services};
use domain::access::Totals;
use domain::difference::{How, Thing};
use domain::ids::{IdentityId, SourceId};
use domain::json;
use domain::seq::Seq;
use domain::snapshot::{SeenIdentity, Snapshot};
use std::collections::{BTreeMap, HashMap, HashSet};
use store::engine::rows::Row;
use store::engine::table::Declared;
use store::external_keys::ExternalKey;
use store::identities::{IdentityFacts, Record, Reviewed};

/// Where the comparison stands.
#[derive(Default)]
pub struct Comparing {
    /// Identities whose key the source knows already, by id.
    pub(super) by_id: HashMap<IdentityId, u32>,
    /// Which of them have an open record, and an open row in the lists.
    recorded: Vec<bool>,
    listed: Vec<bool>,
    before: u64,
    tally: Tally,
    /// Of which anything moves, though what lists show may stay the same.
    pub(super) moved: HashSet<IdentityId>,
}

impl Making<'_> {
    pub(super) fn identities(&mut self) {
        let n = self.seen.identities.len();
        self.identities = Comparing { recorded: vec![false; n], listed: vec![false; n], ..Comparing::default() };
        self.identities.tally.total = n as u64;
        for (at, seen) in self.seen.identities.iter().enumerate() {
            let known = self.existing.keys.remove(&fingerprint(seen.key_kind, &seen.key));
            let id = known.unwrap_or_else(|| self.services.ids.make());
            self.identity_ids.push(id);
            if known.is_some() {
                self.identities.by_id.insert(id, at as u32);
            }
        }
        self.existing.keys = HashMap::new();
    }

    /// A page of the records that are open in the source.
    pub fn held_records(&mut self, page: &[Record]) -> Result<()> {
        for old in page {
            self.identities.before += 1;
            if self.seen.sets_only {
                continue;
            }
            let Some(at) = self.identities.by_id.get(&old.id).copied() else {
                self.plan.closes.push(old.clone().close());
                self.identities.tally.removed += 1;
                self.differs(Thing::Identity, How::Removed, old.name.as_deref().unwrap_or_default());
                continue;
            };
            self.identities.recorded[at as usize] = true;
            let new = record(old.id, self.plan.source, &self.seen.identities[at as usize])?;
            if !old.same(&new) {
                self.differs(Thing::Identity, How::Changed, new.name.as_deref().unwrap_or_default());
                self.replace(old.clone(), new);
                self.identities.moved.insert(old.id);
                self.identities.tally.changed += 1;
            }
        }
        Ok(())
    }

    pub(super) fn compared_identities(&mut self) -> Result<()> {
        for at in 0..self.identity_ids.len() {
            if self.identities.recorded[at] {
                continue;
            }
            let id = self.identity_ids[at];
            if self.identities.by_id.contains_key(&id) {
                // Gone for a while and back under the same key.
                self.plan.replaced.push(record(id, self.plan.source, &self.seen.identities[at])?.open());
            } else {
                self.plan.first.insert(id.uuid());
                self.plan.new_identities.push(at as u32);
            }
            self.identities.tally.added += 1;
            let name = self.seen.identities[at].name.clone();
            self.differs(Thing::Identity, How::Added, &name);
        }
        let (mut tally, before) = (self.identities.tally, self.identities.before);
        if self.seen.sets_only {
            tally.total = before;
        }
        self.ask("identities", tally.removed, before as usize);
        self.plan.outcome.identities = tally;
        Ok(())
    }

    /// A page of what lists show of the source's identities.
    pub fn held_facts(&mut self, page: &[Reviewed]) -> Result<()> {
        if self.seen.sets_only {
            return Ok(());
        }
        for before in page {
            let Some(at) = self.identities.by_id.get(&before.identity_id).copied() else {
                self.deltas.moved(Some(before), None);
                self.plan.closes.push(before.facts.clone().close());
                continue;
            };
            self.identities.listed[at as usize] = true;
            let Some((after, _)) = self.facts(at)? else { continue };
            let after = before.with(after);
            self.deltas.moved(Some(before), Some(&after));
            // Whatever moves anything of an identity gives it a new row here, by which two moments are compared.
            let moved = self.identities.moved.contains(&before.identity_id) || self.gains(at);
            if moved || !before.facts.same(&after.facts) {
                self.replace(before.facts.clone(), after.facts);
            }
        }
        Ok(())
    }

    pub(super) fn compared_facts(&mut self) -> Result<()> {
        if !self.seen.sets_only {
            for at in 0..self.identity_ids.len() {
                if self.identities.listed[at] {
                    continue;
                }
                let Some((facts, totals)) = self.facts(at as u32)? else { continue };
                let mut shown = Reviewed::new(facts);
                if let Some(review) = self.existing.reviews.get(&shown.identity_id) {
                    shown.review = *review;
                }
                self.deltas.moved(None, Some(&shown));
                self.plan.new_facts.push((at as u32, totals));
            }
        }
        self.plan.counts = std::mem::take(&mut self.deltas).into_counts();
        Ok(())
    }

    fn facts(&mut self, at: u32) -> Result<Option<(IdentityFacts, Totals)>> {
        let totals = self.totals(at);
        let id = self.identity_ids[at as usize];
        let record = record(id, self.plan.source, &self.seen.identities[at as usize])?;
        let said = Said { observed: Some(&record), manual: self.existing.manual.get(&id), baseline: self.existing.baseline.get(&id) };
        let Some(mut facts) = facts_from(&said, self.existing.environment) else { return Ok(None) };
        facts.set_totals(&totals);
        facts.surfaces = self.surfaces_of.get(&at).copied().unwrap_or(0);
        Ok(Some((facts, totals)))
    }
}

impl Plan {
    /// Record and external key of a new identity.
    pub(super) fn identity_rows(&self, services: &Services, seen: &Snapshot, at: u32) -> Result<Vec<Row>> {
        let (id, one) = (self.resolved.identities[at as usize], &seen.identities[at as usize]);
        let key = ExternalKey {
            since: Seq::ZERO,
            id: services.ids.make(),
            batch: self.batch,
            identity_id: id,
            source_id: self.source,
            kind: one.key_kind.to_owned(),
            key: one.key.clone(),
        };
        let record = Record { batch: self.batch, ..record(id, self.source, one)? };
        Ok(vec![record.open(), key.open()])
    }

    pub(super) fn facts_row(&self, seen: &Snapshot, at: u32, totals: &Totals) -> Result<Row> {
        let id = self.resolved.identities[at as usize];
        let record = record(id, self.source, &seen.identities[at as usize])?;
        let said = Said { observed: Some(&record), manual: self.resolved.manual.get(&id), baseline: self.resolved.baseline.get(&id) };
        let facts = facts_from(&said, self.resolved.environment);
        let mut facts = facts.ok_or_else(|| Error::Internal("no facts of a record".to_owned()))?;
        facts.set_totals(totals);
        facts.surfaces = self.resolved.surfaces.get(&at).copied().unwrap_or(0);
        facts.batch = self.batch;
        Ok(facts.open())
    }
}

fn record(id: IdentityId, source: SourceId, seen: &SeenIdentity) -> Result<Record> {
    let mut record = Record::new(id, PLANE);
    record.kind = Some(seen.kind);
    record.name = Some(seen.name.clone());
    record.human = seen.human.as_ref().map(|(h, _)| *h);
    record.human_reason = seen.human.as_ref().map(|(_, r)| r.clone());
    record.platform_managed = Some(i64::from(seen.platform_managed));
    record.unknown_access = (!seen.unknown_access.is_empty()).then(|| seen.unknown_access.join("; "));
    record.source_id = Some(source);
    let mut hints: BTreeMap<&str, &str> = seen.hints.iter().collect();
    hints.entry("key").or_insert(&seen.key);
    record.hints = Some(json::canonical(&hints).map_err(|e| Error::Internal(e.to_string()))?);
    Ok(record)
}
