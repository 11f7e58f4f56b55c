//! The difference in permission sets and the rules they hold, counted in units and actions.

use super::super::Tally;
use super::super::act::PLANE;
use super::super::existing::fingerprint;
use super::{Making, Pending, Plan};
use crate::{Error, Result, Services};
use domain::difference::{How, Thing};
use domain::ids::{PermissionSetId, SourceId};
use domain::json;
use domain::rule::{Rule, SetState};
use domain::seq::Seq;
use domain::snapshot::{SeenSet, Snapshot};
use std::collections::{HashMap, HashSet};
use store::engine::rows::Row;
use store::engine::table::Declared;
use store::permission_sets::{self, PermissionSet, SetRule, StoredRule};

impl Making<'_> {
    pub(super) fn sets(&mut self) -> Result<()> {
        let sets = std::mem::take(&mut self.existing.sets);
        let known: HashMap<(&str, &str), &PermissionSet> = sets.iter().map(|s| ((s.kind.as_str(), s.key.as_str()), s)).collect();
        let mut rules_of: HashMap<u32, Vec<&str>> = HashMap::new();
        for (set, rule, _) in &self.seen.set_rules {
            rules_of.entry(*set).or_default().push(self.seen.rules.key(*rule));
        }
        // Every role has a trust policy: there are as many sets as roles, so what each held is looked up, not searched for.
        let set_rules = std::mem::take(&mut self.existing.set_rules);
        let mut held_before: HashMap<PermissionSetId, HashSet<&str>> = HashMap::new();
        for (set, key) in set_rules.keys() {
            held_before.entry(*set).or_default().insert(key);
        }
        let mut tally = Tally::default();
        let mut here = HashSet::new();
        for (i, seen) in self.seen.sets.iter().enumerate() {
            let held = if self.seen.sets_only { brought(&sets, seen)? } else { None };
            let old = held.or_else(|| known.get(&(seen.kind, seen.key.as_str())).copied());
            self.policies.extend(held.map(|s| (s.id, i as u32)));
            let id = old.map_or_else(|| self.services.ids.make(), |s| s.id);
            self.set_ids.push(id);
            here.insert(id);
            let mut keys = rules_of.remove(&(i as u32)).unwrap_or_default();
            keys.sort_unstable();
            let digest = json::digest(&keys).map_err(|e| Error::Internal(e.to_string()))?;
            let Some(old) = old else {
                self.plan.first.insert(id.uuid());
                self.plan.opens.push(Pending::Set(i as u32, digest));
                tally.added += 1;
                self.differs(Thing::PermissionSet, How::Added, &seen.name);
                continue;
            };
            let same_rules = held_before.get(&id).map_or(keys.is_empty(), |before| *before == keys.iter().copied().collect());
            if same_rules && old.name == seen.name && old.version == seen.version && old.state == state(seen) {
                continue;
            }
            // A policy that a bare file names keeps the kind and the key the account file gave it.
            let (kind, key) = held.map_or((seen.kind, seen.key.as_str()), |s| (s.kind.as_str(), s.key.as_str()));
            let new = PermissionSet { kind: kind.to_owned(), key: key.to_owned(), ..row(self.plan.source, id, seen, digest) };
            self.replace(old.clone(), new);
            self.differs(Thing::PermissionSet, How::Changed, &seen.name);
            tally.changed += 1;
        }
        drop((held_before, known));
        self.existing.set_rules = set_rules;
        let left = self.sets_gone(sets, &here);
        tally.removed = if self.seen.sets_only { 0 } else { left as u64 };
        tally.total = (here.len() + if self.seen.sets_only { left } else { 0 }) as u64;
        self.plan.outcome.permission_sets = tally;
        Ok(())
    }

    /// How many sets the input does not name; they go, unless it speaks of some alone.
    fn sets_gone(&mut self, sets: Vec<PermissionSet>, here: &HashSet<PermissionSetId>) -> usize {
        let gone: Vec<PermissionSet> = sets.iter().filter(|s| !here.contains(&s.id)).cloned().collect();
        self.existing.sets = sets;
        let left = gone.len();
        if !self.seen.sets_only {
            for set in &gone {
                self.differs(Thing::PermissionSet, How::Removed, &set.name);
            }
            self.plan.closes.extend(gone.into_iter().map(Declared::close));
        }
        left
    }

    pub(super) fn rules(&mut self) {
        for (i, (_, key)) in self.seen.rules.iter().enumerate() {
            let known = self.existing.rule_ids.get(key).copied();
            if known.is_none() {
                self.plan.opens.push(Pending::Rule(i as u32));
            }
            self.rule_ids.push(known.unwrap_or_else(|| self.services.ids.make()));
        }
    }

    pub(super) fn set_rules(&mut self) {
        let mut here = HashSet::new();
        for (i, (set, rule, _)) in self.seen.set_rules.iter().enumerate() {
            let key = (self.set_ids[*set as usize], self.seen.rules.key(*rule).to_owned());
            if !self.existing.set_rules.contains_key(&key) {
                self.plan.opens.push(Pending::SetRule(i as u32));
            }
            here.insert(key);
        }
        let touched: HashSet<PermissionSetId> = self.set_ids.iter().copied().collect();
        for (key, id) in &self.existing.set_rules {
            if !here.contains(key) && (!self.seen.sets_only || touched.contains(&key.0)) {
                self.plan.closes.push(permission_sets::close_set_rule(*id));
            }
        }
        self.units(&touched);
    }

    /// Units and distinct actions of the permission sets of the source, bound to anybody or not.
    fn units(&mut self, touched: &HashSet<PermissionSetId>) {
        let names: HashMap<PermissionSetId, String> = self.existing.sets.iter().map(|s| (s.id, format!("{}\0{}", s.kind, s.key))).collect();
        let mut before = Units::default();
        let mut after = Units::default();
        for (set, key) in self.existing.set_rules.keys() {
            // What the input names too was not loaded: its key says that it is the same.
            let rule = self.seen.rules.of_key(key).or_else(|| self.existing.rules.get(key));
            let (Some(name), Some(rule)) = (names.get(set), rule) else { continue };
            before.add(name, rule);
            if self.seen.sets_only && !touched.contains(set) {
                after.add(name, rule);
            }
        }
        for (set, rule, _) in &self.seen.set_rules {
            let seen = &self.seen.sets[*set as usize];
            let name = names.get(&self.set_ids[*set as usize]).cloned().unwrap_or_else(|| format!("{}\0{}", seen.kind, seen.key));
            after.add(&name, self.seen.rules.get(*rule));
        }
        self.plan.outcome.units = Tally::between(&before.units, &after.units);
        self.plan.outcome.actions = Tally::between(&before.actions, &after.actions);
    }
}

impl Plan {
    pub(super) fn set_row(&self, seen: &Snapshot, at: u32, digest: String) -> Row {
        let set = row(self.source, self.resolved.sets[at as usize], &seen.sets[at as usize], digest);
        PermissionSet { batch: self.batch, ..set }.open()
    }

    pub(super) fn rule_row(&self, seen: &Snapshot, at: u32) -> Row {
        StoredRule::new(self.resolved.rules[at as usize], self.batch, seen.rules.key(at), seen.rules.get(at)).open()
    }

    pub(super) fn set_rule_row(&self, services: &Services, seen: &Snapshot, at: u32) -> Row {
        let (set, rule, label) = &seen.set_rules[at as usize];
        let row = SetRule {
            since: Seq::ZERO,
            id: services.ids.make(),
            batch: self.batch,
            plane: PLANE,
            permission_set_id: self.resolved.sets[*set as usize],
            rule_id: self.resolved.rules[*rule as usize],
            label: label.clone(),
        };
        row.open()
    }
}

/// The policy of an account file that a bare policy file speaks of: one by its name, or an inline one, which is named with its
/// holder.
fn brought<'a>(sets: &'a [PermissionSet], seen: &SeenSet) -> Result<Option<&'a PermissionSet>> {
    let is_it = |s: &&PermissionSet| match seen.kind {
        "inline_policy" => s.kind == seen.kind && s.key == seen.key,
        _ => s.kind == "managed_policy" && s.name == seen.name,
    };
    let mut found = sets.iter().filter(is_it);
    let first = found.next();
    if found.next().is_some() {
        let reason = format!("two policies of this source are called {:?}; import the account file again", seen.name);
        return Err(Error::invalid("source", reason));
    }
    Ok(first)
}

fn state(seen: &SeenSet) -> SetState {
    if seen.present { SetState::Seen } else { SetState::Absent }
}

fn row(source: SourceId, id: PermissionSetId, seen: &SeenSet, digest: String) -> PermissionSet {
    PermissionSet {
        since: Seq::ZERO,
        id,
        batch: None,
        plane: PLANE,
        source_id: source,
        kind: seen.kind.to_owned(),
        key: seen.key.clone(),
        name: seen.name.clone(),
        version: seen.version.clone(),
        document_digest: Some(digest),
        state: state(seen),
    }
}

/// Units by their fingerprint: as texts those of a hundred thousand sets would be most of the memory.
#[derive(Default)]
struct Units {
    units: HashSet<[u8; 32]>,
    actions: HashSet<String>,
}

impl Units {
    fn add(&mut self, set: &str, rule: &Rule) {
        for (action, resource) in rule.units() {
            self.units.insert(fingerprint(set, &format!("{action}\n{resource}")));
        }
        self.actions.extend(rule.actions.iter().filter(|a| !self.actions.contains(*a)).cloned().collect::<Vec<_>>());
    }
}
