//! From who holds which set to grants, once every policy and group of the input is known; what is missing makes access unknown.
//! It must not judge what a grant comes to.

use super::accounts::UNSAID;
use super::budget::Weight;
use super::{Holds, Reading};
use crate::{Error, Result};
use domain::rule::Via;
use domain::snapshot::SeenSurface;
use domain::surface;
use std::collections::{HashMap, HashSet};

const BOUNDARY: &str = "permissions boundary";
/// Reasons for which access is unknown that are said of one identity.
const REASONS: usize = 50;

impl Reading<'_> {
    pub(super) fn grants(&mut self) -> Result<()> {
        self.memberships();
        let mut holds = std::mem::take(&mut self.holds);
        holds.sort_by_key(|h| h.identity);
        let group_holds = std::mem::take(&mut self.group_holds);
        self.referred(&holds, &group_holds);
        let weights = self.weights(&group_holds);
        for of_one in holds.chunk_by(|a, b| a.identity == b.identity) {
            let identity = of_one[0].identity;
            self.afford(of_one, &weights).map_err(|why| self.refused(identity, &why))?;
            let mut seen = HashSet::new();
            let mut missing = Missing::default();
            for hold in of_one {
                if hold.via == Via::Boundary {
                    self.boundary(*hold);
                }
                if hold.via != Via::Group {
                    let name = if hold.via == Via::Boundary { BOUNDARY } else { "" };
                    self.grant(&mut seen, &mut missing, *hold, hold.set, name);
                    continue;
                }
                let name = self.out.sets[hold.set as usize].name.clone();
                for set in group_holds.get(&hold.set).into_iter().flatten() {
                    self.grant(&mut seen, &mut missing, *hold, *set, &name);
                }
            }
            let unknown = &mut self.out.identities[identity as usize].unknown_access;
            unknown.append(&mut missing.reasons);
            if missing.more > 0 {
                unknown.push(format!("and {} more policies are not in the file", missing.more));
            }
        }
        Ok(())
    }

    /// Users and the groups they name, which may stand behind them.
    fn memberships(&mut self) {
        // In the order of the users, as they were read.
        for of_one in std::mem::take(&mut self.members).chunk_by(|a, b| a.0 == b.0) {
            let identity = of_one[0].0;
            let account = self.accounts.of_identities[identity as usize];
            let mut missing = Missing::default();
            for (_, name) in of_one {
                // The entry of a group may leave its ARN out.
                match [account, UNSAID].iter().find_map(|of| self.groups.get(&(*of, name.clone()))) {
                    Some(set) => self.holds.push(Holds { identity, set: *set, via: Via::Group }),
                    None => missing.add("group", name),
                }
            }
            let unknown = &mut self.out.identities[identity as usize].unknown_access;
            unknown.append(&mut missing.reasons);
            if missing.more > 0 {
                unknown.push(format!("and {} more groups are not in the file", missing.more));
            }
        }
    }

    /// Which accounts refer to policies that are of none.
    fn referred(&mut self, holds: &[Holds], group_holds: &HashMap<u32, Vec<u32>>) {
        let mut groups: HashSet<(u16, u32)> = HashSet::new();
        for hold in holds {
            let account = self.accounts.of_identities[hold.identity as usize];
            self.accounts.refer(account, hold.set);
            // A group of the same account refers by itself, below.
            let of_none = hold.via == Via::Group && self.accounts.of_sets[hold.set as usize] != account;
            if of_none && groups.insert((account, hold.set)) {
                group_holds.get(&hold.set).into_iter().flatten().for_each(|set| self.accounts.refer(account, *set));
            }
        }
        for (group, sets) in group_holds {
            let account = self.accounts.of_sets[*group as usize];
            for set in sets {
                self.accounts.refer(account, *set);
            }
        }
    }

    /// What each set weighs; a group what its sets do.
    fn weights(&self, group_holds: &HashMap<u32, Vec<u32>>) -> HashMap<u32, Weight> {
        let sum = |all: &mut dyn Iterator<Item = Weight>| {
            all.fold(Weight::default(), |mut sum, one| {
                sum.add(&one);
                sum
            })
        };
        let of_rules = |rules: &Vec<u32>| sum(&mut rules.iter().map(|rule| Weight::of(self.out.rules.get(*rule))));
        let mut out: HashMap<u32, Weight> = self.rules.iter().map(|(set, rules)| (*set, of_rules(rules))).collect();
        let groups: Vec<(u32, Weight)> = group_holds
            .iter()
            .map(|(group, sets)| (*group, sum(&mut sets.iter().map(|set| out.get(set).copied().unwrap_or(Weight::ABSENT)))))
            .collect();
        out.extend(groups);
        out
    }

    /// Fails where what one identity holds is too much to be written out or judged.
    fn afford(&mut self, held: &[Holds], weights: &HashMap<u32, Weight>) -> std::result::Result<(), String> {
        let mut all = Weight::default();
        for hold in held {
            all.add(weights.get(&hold.set).unwrap_or(&Weight::ABSENT));
        }
        self.budget.grants(all.rules)?;
        self.budget.judged(&all)
    }

    pub(super) fn refused(&self, identity: u32, why: &str) -> Error {
        let (at, seen) = (self.places[identity as usize], &self.out.identities[identity as usize]);
        let word = if seen.key_kind == "user_id" { "user" } else { "role" };
        Error::at(at.file(self.input), format!("{}, {word} {}", at.path(), domain::text::capped(&seen.name, 80)), why)
    }

    /// The boundary is a surface of its own: changing it changes what its holder can do.
    fn boundary(&mut self, hold: Holds) {
        let set = &self.out.sets[hold.set as usize];
        let mut keys: Vec<&str> = self.rules.get(&hold.set).into_iter().flatten().map(|r| self.out.rules.key(*r)).collect();
        keys.sort_unstable();
        let digest = if set.present { domain::json::digest(&keys).ok() } else { None };
        let locator = set.key.clone();
        self.out.surfaces.push(SeenSurface {
            identity: hold.identity,
            kind: surface::SurfaceKind::Boundary,
            locator,
            digest,
            content: None,
        });
    }

    /// Two groups of one identity may hold the same rule: two paths, two grants.
    fn grant(&mut self, seen: &mut HashSet<(u32, u32, Via, u32)>, missing: &mut Missing, hold: Holds, set: u32, via_name: &str) {
        let of = &self.out.sets[set as usize];
        if of.kind == "managed_policy" && !of.present && missing.sets.insert((set, hold.via == Via::Boundary)) {
            missing.add(if hold.via == Via::Boundary { "boundary" } else { "policy" }, &of.key);
        }
        let Some(rules) = self.rules.get(&set) else { return };
        for rule in rules {
            if seen.insert((set, *rule, hold.via, hold.set)) {
                self.out.grant(hold.identity, Some(set), *rule, hold.via, via_name, None);
            }
        }
    }
}

/// Policies that one identity holds and the input does not; beyond so many reasons they are counted.
#[derive(Default)]
struct Missing {
    sets: HashSet<(u32, bool)>,
    reasons: Vec<String>,
    more: u64,
}

impl Missing {
    fn add(&mut self, what: &str, name: &str) {
        if self.reasons.len() < REASONS {
            self.reasons.push(format!("{what} {name} is not in the file"));
        } else {
            self.more += 1;
        }
    }
}
