//! The difference in permission sets and the rules they hold, counted in units and actions.

use super::super::Tally;
use super::super::act::PLANE;
use super::Making;
use crate::{Error, Result};
use domain::ids::PermissionSetId;
use domain::json;
use domain::rule::{Rule, SetState};
use domain::seq::Seq;
use std::collections::{HashMap, HashSet};
use store::engine::table::Declared;
use store::permission_sets::{self, PermissionSet, SetRule, StoredRule};

impl Making<'_> {
    pub(super) fn sets(&mut self) -> Result<()> {
        let known: HashMap<(String, String), PermissionSet> =
            self.existing.sets.iter().map(|s| ((s.kind.clone(), s.key.clone()), s.clone())).collect();
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
            // A bare policy file names a policy the account file brought: it is that one, by its name.
            let held = self
                .seen
                .sets_only
                .then(|| self.existing.sets.iter().find(|s| s.kind == "managed_policy" && s.name == seen.name))
                .flatten();
            if self.seen.sets_only && self.existing.sets.iter().filter(|s| s.kind == "managed_policy" && s.name == seen.name).count() > 1 {
                let reason = format!("two policies of this source are called {:?}; import the account file again", seen.name);
                return Err(Error::invalid("source", reason));
            }
            let old = held.or_else(|| known.get(&(seen.kind.to_owned(), seen.key.clone())));
            let (kind, key) = held.map_or((seen.kind, seen.key.as_str()), |s| (s.kind.as_str(), s.key.as_str()));
            self.policies.extend(held.map(|s| (s.id, i as u32)));
            let id = old.map_or_else(|| self.services.ids.make(), |s| s.id);
            self.set_ids.push(id);
            here.insert(id);
            let mut keys = rules_of.remove(&(i as u32)).unwrap_or_default();
            keys.sort_unstable();
            let digest = json::digest(&keys).map_err(|e| Error::Internal(e.to_string()))?;
            let new = PermissionSet {
                since: Seq::ZERO,
                id,
                batch: None,
                plane: PLANE,
                source_id: self.plan.source,
                kind: kind.to_owned(),
                key: key.to_owned(),
                name: seen.name.clone(),
                version: seen.version.clone(),
                document_digest: Some(digest),
                state: if seen.present { SetState::Seen } else { SetState::Absent },
            };
            match old {
                None => {
                    self.plan.first.insert(id.uuid());
                    let new = PermissionSet { batch: self.plan.batch, ..new };
                    self.open(new.open());
                    tally.added += 1;
                }
                Some(old) => {
                    let same_rules = held_before.get(&id).map_or(keys.is_empty(), |before| *before == keys.iter().copied().collect());
                    let same = old.name == seen.name && old.version == seen.version && old.state == new.state;
                    if !(same_rules && same) {
                        let old = old.clone();
                        self.replace(old, new);
                        tally.changed += 1;
                    }
                }
            }
        }
        drop(held_before);
        self.existing.set_rules = set_rules;
        let gone: Vec<PermissionSet> = self.existing.sets.iter().filter(|s| !here.contains(&s.id)).cloned().collect();
        let left = gone.len();
        if !self.seen.sets_only {
            self.plan.closes.extend(gone.into_iter().map(Declared::close));
            tally.removed = left as u64;
        }
        tally.total = (here.len() + if self.seen.sets_only { left } else { 0 }) as u64;
        self.plan.outcome.permission_sets = tally;
        Ok(())
    }

    pub(super) fn rules(&mut self) {
        for (rule, key) in self.seen.rules.iter() {
            let known = self.existing.rule_ids.get(key).copied();
            let id = known.unwrap_or_else(|| self.services.ids.make());
            if known.is_none() {
                self.open(StoredRule::new(id, self.plan.batch, key, rule).open());
            }
            self.rule_ids.push(id);
        }
    }

    pub(super) fn set_rules(&mut self) {
        let mut here = HashSet::new();
        for (set, rule, label) in &self.seen.set_rules {
            let key = (self.set_ids[*set as usize], self.seen.rules.key(*rule).to_owned());
            if !self.existing.set_rules.contains_key(&key) {
                let row = SetRule {
                    since: Seq::ZERO,
                    id: self.services.ids.make(),
                    batch: self.plan.batch,
                    plane: PLANE,
                    permission_set_id: key.0,
                    rule_id: self.rule_ids[*rule as usize],
                    label: label.clone(),
                };
                self.open(row.open());
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
            let (Some(name), Some(rule)) = (names.get(set), self.existing.rules.get(key)) else { continue };
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
