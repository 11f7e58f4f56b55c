//! The difference in identities: their records, and what lists show of them. What is there comes in pages.

use super::super::Tally;
use super::super::existing::fingerprint;
use super::{Making, Plan};
use crate::identities::{facts_from, store_since};
use crate::{Error, Result, Services};
use domain::access::Totals;
use domain::json;
use domain::snapshot::{SeenIdentity, Snapshot};
use std::collections::{BTreeMap, HashMap};
use store::identities::{self, Facts, Record};
use store::rows::{Close, Row};
use store::tables;
use uuid::Uuid;

/// Where the comparison stands.
#[derive(Default)]
pub struct Comparing {
    /// Identities whose key the source knows already, by id.
    pub(super) by_id: HashMap<Uuid, u32>,
    /// Which of them have an open record, and an open row in the lists.
    recorded: Vec<bool>,
    listed: Vec<bool>,
    before: u64,
    tally: Tally,
}

impl Making<'_> {
    pub(super) fn identities(&mut self) {
        let n = self.seen.identities.len();
        self.identities = Comparing { recorded: vec![false; n], listed: vec![false; n], ..Comparing::default() };
        self.identities.tally.total = n as u64;
        for (at, seen) in self.seen.identities.iter().enumerate() {
            let known = self.existing.keys.remove(&fingerprint(seen.key_kind, &seen.key));
            let id = known.unwrap_or_else(|| self.services.ids.next());
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
                self.plan.closes.push(close_record(old));
                self.identities.tally.removed += 1;
                continue;
            };
            self.identities.recorded[at as usize] = true;
            let new = record(old.id, self.plan.source, &self.seen.identities[at as usize])?;
            if !old.same(&new) {
                self.plan.closes.push(close_record(old));
                self.plan.replaced.push(new.row(None));
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
                self.plan.replaced.push(record(id, self.plan.source, &self.seen.identities[at])?.row(None));
            } else {
                self.plan.first.insert(id);
                self.plan.new_identities.push(at as u32);
            }
            self.identities.tally.added += 1;
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
    pub fn held_facts(&mut self, page: &[Facts]) -> Result<()> {
        if self.seen.sets_only {
            return Ok(());
        }
        for before in page {
            let Some(at) = self.identities.by_id.get(&before.identity_id).copied() else {
                self.deltas.moved(Some(before), None);
                self.plan.closes.push(close_facts(before));
                continue;
            };
            self.identities.listed[at as usize] = true;
            let Some((after, _)) = self.facts(at)? else { continue };
            self.deltas.moved(Some(before), Some(&after));
            if !before.same(&after) {
                self.plan.closes.push(close_facts(before));
                self.plan.replaced.push(identities::facts_row(&after, None));
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
                self.deltas.moved(None, Some(&facts));
                self.plan.new_facts.push((at as u32, totals));
            }
        }
        self.plan.counts = std::mem::take(&mut self.deltas).into_counts();
        Ok(())
    }

    fn facts(&mut self, at: u32) -> Result<Option<(Facts, Totals)>> {
        let totals = self.totals(at);
        let id = self.identity_ids[at as usize];
        let record = record(id, self.plan.source, &self.seen.identities[at as usize])?;
        let Some(mut facts) = facts_from(Some(&record), self.existing.manual.get(&id), self.existing.environment.as_deref()) else {
            return Ok(None);
        };
        facts.set_totals(&totals);
        facts.surfaces = self.surfaces_of.get(&at).copied().unwrap_or(0);
        Ok(Some((facts, totals)))
    }
}

impl Plan {
    /// Record and external key of a new identity.
    pub(super) fn identity_rows(&self, services: &Services, seen: &Snapshot, at: u32) -> Result<Vec<Row>> {
        let (id, one) = (self.resolved.identities[at as usize], &seen.identities[at as usize]);
        let key = store::external_keys::row(services.ids.next(), self.batch, id, self.source, one.key_kind, &one.key);
        Ok(vec![record(id, self.source, one)?.row(self.batch), key])
    }

    pub(super) fn facts_row(&self, seen: &Snapshot, at: u32, totals: &Totals) -> Result<Row> {
        let id = self.resolved.identities[at as usize];
        let record = record(id, self.source, &seen.identities[at as usize])?;
        let facts = facts_from(Some(&record), self.resolved.manual.get(&id), self.resolved.environment.as_deref());
        let mut facts = facts.ok_or_else(|| Error::Internal("no facts of a record".to_owned()))?;
        facts.set_totals(totals);
        facts.surfaces = self.resolved.surfaces.get(&at).copied().unwrap_or(0);
        Ok(identities::facts_row(&facts, self.batch))
    }
}

fn close_record(old: &Record) -> Close {
    Close { table: &tables::IDENTITY_VERSIONS, key: vec![old.id.into(), "observed".into(), store_since(old.since)] }
}

pub(super) fn close_facts(f: &Facts) -> Close {
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
    let mut hints: BTreeMap<&str, &str> = seen.hints.iter().collect();
    hints.entry("key").or_insert(&seen.key);
    record.hints = Some(json::canonical(&hints).map_err(|e| Error::Internal(e.to_string()))?);
    Ok(record)
}
