//! A bare policy file for a source that knows the policy from an account file: whoever holds the policy holds
//! its rules, so their grants move with it.

use super::Making;
use super::grants::match_key;
use crate::Result;
use crate::comparison::words::grant_name;
use crate::identities::{Holdings, replaced_facts};
use domain::difference::{Difference, How, Thing};
use domain::ids::{IdentityId, PermissionSetId};
use domain::rule::Via;
use domain::time::Timestamp;
use std::collections::{BTreeMap, HashMap, HashSet};
use store::engine::db::Tx;
use store::engine::table::Declared;
use store::grants::{self, Grant, OfSet, Seen};

/// A path by which an identity holds a policy.
type Path = (IdentityId, Via, String, Option<Timestamp>);

impl Making<'_> {
    /// The policies whose holders `held_policy` and then `moved_holder` want to hear of.
    pub fn policies(&self) -> Vec<(PermissionSetId, u32)> {
        self.policies.clone()
    }

    /// The grants that are open under a policy. Gives the identities whose access moves.
    pub fn held_policy(&mut self, set: PermissionSetId, at: u32, held: &[OfSet], holdings: &mut BTreeMap<IdentityId, Holdings>) {
        let rules: HashMap<&str, u32> =
            self.seen.set_rules.iter().filter(|(s, _, _)| *s == at).map(|(_, r, _)| (self.seen.rules.key(*r), *r)).collect();
        let mut paths: HashMap<Path, HashSet<&str>> = HashMap::new();
        for grant in held {
            let path = (grant.identity_id, grant.via, grant.via_name.clone(), grant.ends_at);
            paths.entry(path).or_default().insert(&grant.rule_key);
            if !rules.contains_key(grant.rule_key.as_str()) {
                self.plan.closes.push(grants::close(grant.id));
                self.grants.removed += 1;
                self.grant_moves(grant.id, How::Removed);
                holdings.entry(grant.identity_id).or_default().gone.insert(grant.id);
            }
        }
        let named = self.existing.sets.iter().find(|s| s.id == set).map(|s| (s.kind.clone(), s.key.clone())).unwrap_or_default();
        for ((identity, via, via_name, ends_at), has) in paths {
            for (key, rule) in rules.iter().filter(|(k, _)| !has.contains(**k)) {
                let id = self.services.ids.make();
                let path = (via, via_name.as_str());
                let new = Seen {
                    id,
                    line: id,
                    identity,
                    set: Some(set),
                    rule: self.rule_ids[*rule as usize],
                    via,
                    via_name: &via_name,
                    match_key: &match_key(identity, self.plan.source, path, Some((&named.0, &named.1)), key),
                    source: self.plan.source,
                    ends_at,
                };
                self.plan.replaced.push(Grant::observed(&new, None).open());
                self.plan.outcome.grants.added += 1;
                holdings.entry(identity).or_default().new.push((self.seen.rules.get(*rule).clone(), via, via_name.clone(), ends_at));
            }
        }
    }

    /// One identity whose grants moved, as they stood and as they now stand.
    pub async fn moved_holder(&mut self, tx: &mut Tx, identity: IdentityId, holdings: &Holdings) -> Result<()> {
        if let Some((before, after)) = replaced_facts(tx, identity, holdings, self.now).await? {
            self.deltas.moved(Some(&before), Some(&after));
            for (rule, via, via_name, _) in &holdings.new {
                let name = grant_name(None, rule, *via, via_name);
                let one = Difference::new(Thing::of_rule(rule, *via), How::Added, &name).of_known(identity, &before.name);
                self.plan.naming.push(one);
            }
            // Whatever moves anything of an identity gives it a new row here, by which two moments are compared.
            self.replace(before.facts, after.facts);
        }
        Ok(())
    }
}
