//! A bare policy file for a source that knows the policy from an account file: whoever holds the policy holds
//! its rules, so their grants move with it.

use super::Making;
use super::grants::content_key;
use crate::Result;
use crate::identities::{Holdings, replaced_facts};
use domain::rule::Via;
use std::collections::{BTreeMap, HashMap, HashSet};
use store::grants::{NewGrant, OfSet, observed_row};
use store::rows::Close;
use store::tables;
use uuid::Uuid;

/// A path by which an identity holds a policy.
type Path = (Uuid, String, String, Option<i64>);

impl Making<'_> {
    /// The policies whose holders `held_policy` and then `moved_holder` want to hear of.
    pub fn policies(&self) -> Vec<(Uuid, u32)> {
        self.policies.clone()
    }

    /// The grants that are open under a policy. Gives the identities whose access moves.
    pub fn held_policy(&mut self, set: Uuid, at: u32, held: &[OfSet], holdings: &mut BTreeMap<Uuid, Holdings>) {
        let rules: HashMap<&str, u32> =
            self.seen.set_rules.iter().filter(|(s, _, _)| *s == at).map(|(_, r, _)| (self.seen.rules.key(*r), *r)).collect();
        let mut paths: HashMap<Path, HashSet<&str>> = HashMap::new();
        for grant in held {
            let path = (grant.identity_id, grant.via.clone(), grant.via_name.clone(), grant.ends_at);
            paths.entry(path).or_default().insert(&grant.rule_key);
            if !rules.contains_key(grant.rule_key.as_str()) {
                self.plan.closes.push(Close { table: &tables::GRANTS, key: vec![grant.id.into()] });
                self.grants.removed += 1;
                holdings.entry(grant.identity_id).or_default().gone.insert(grant.id);
            }
        }
        for ((identity, via, via_name, ends_at), has) in paths {
            let Some(via) = Via::parse(&via) else { continue };
            for (key, rule) in rules.iter().filter(|(k, _)| !has.contains(**k)) {
                let new = NewGrant {
                    id: self.services.ids.next(),
                    identity,
                    set: Some(set),
                    rule: self.rule_ids[*rule as usize],
                    via,
                    via_name: &via_name,
                    content_key: &content_key(identity, via, &via_name, Some(set), key, ends_at),
                    source: self.plan.source,
                    ends_at,
                };
                self.plan.replaced.push(observed_row(&new, None));
                self.plan.outcome.grants.added += 1;
                holdings.entry(identity).or_default().new.push((self.seen.rules.get(*rule).clone(), via, ends_at));
            }
        }
    }

    /// One identity whose grants moved, as they stood and as they now stand.
    pub async fn moved_holder(&mut self, tx: &mut store::db::Tx, identity: Uuid, holdings: &Holdings) -> Result<()> {
        let now = domain::time::Timestamp(self.now);
        if let Some((before, after)) = replaced_facts(tx, identity, holdings, now).await? {
            self.deltas.moved(Some(&before), Some(&after));
            if !before.same(&after) {
                self.plan.closes.push(super::identities::close_facts(&before));
                self.plan.replaced.push(store::identities::facts_row(&after, None));
            }
        }
        Ok(())
    }
}
