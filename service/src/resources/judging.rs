//! What each of some holders has left of the rules that bear on a resource, each judged beside the others that it holds. It
//! reads nothing: what is held was read before.

use super::reach::{Compared, Holding};
use domain::access::Memory;
use domain::ids::{IdentityId, RuleId};
use domain::locator::Work;
use domain::privilege::Class;
use domain::resource::{self, Allow, Bearing, Beside, Company, Extent, Rest, Target};
use domain::rule::{Effect, Rule, Via};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

/// A rule that bears on the resource.
pub(super) struct Candidate {
    pub id: RuleId,
    pub allow: Allow,
    pub bearing: Bearing,
    /// Whether it is full control by itself.
    pub full: bool,
}

impl Candidate {
    pub fn severity(&self) -> u8 {
        if self.full { Class::FullControl.severity() } else { self.bearing.classes.severity() }
    }
}

/// A holder with something left.
pub(super) struct Judged {
    pub id: IdentityId,
    /// Rules of which something is left.
    pub rules: usize,
    /// The worst of them, and what is left of that.
    pub worst: RuleId,
    pub rest: Rest,
}

/// How bad it is and how sure, the worse and the surer the greater.
fn weight(rest: &Rest) -> (u8, Reverse<Extent>) {
    (rest.classes.severity(), Reverse(rest.extent))
}

/// The holders of whose rules something is left, the worst first; false where the work did not suffice.
pub(super) fn judged(found: Compared, holders: Vec<Holding>, narrowing: &HashMap<RuleId, Rule>) -> (Vec<Judged>, bool) {
    let places = found.rules.iter().enumerate().map(|(place, rule)| (rule.id, place)).collect();
    let mut judging = Judging {
        rules: &found.rules,
        places,
        target: &found.target,
        narrowing,
        companies: HashMap::new(),
        rests: HashMap::new(),
        memory: Memory::default(),
        work: found.work,
    };
    let mut out: Vec<Judged> = holders.into_iter().filter_map(|holder| judging.holder(&holder)).collect();
    out.sort_by_key(|one| (Reverse(weight(&one.rest)), Reverse(one.rules), one.id));
    (out, !judging.work.is_spent())
}

/// The rules that narrow what somebody holds, by id.
type Key = Vec<(RuleId, Via)>;

struct Judging<'a> {
    rules: &'a [Candidate],
    places: HashMap<RuleId, usize>,
    target: &'a Target,
    narrowing: &'a HashMap<RuleId, Rule>,
    /// What is beside a rule is the same for many holders, and so is what it leaves.
    companies: HashMap<Key, (Company, Beside)>,
    rests: HashMap<(usize, Option<String>, Key), Option<Rest>>,
    memory: Memory,
    work: Work,
}

impl Judging<'_> {
    fn holder(&mut self, of: &Holding) -> Option<Judged> {
        let held = of.held.as_deref().unwrap_or_default();
        let mut key: Key = held.iter().filter(|g| g.effect == Effect::Deny || g.via == Via::Boundary).map(|g| (g.rule_id, g.via)).collect();
        key.sort_unstable_by_key(|(id, via)| (*id, *via as u8));
        key.dedup();
        let known = of.held.is_some() && key.iter().all(|(id, _)| self.narrowing.contains_key(id));
        if !known {
            // A part of a boundary would shut out what the rest of it allows.
            key.clear();
        }
        let mut paths: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        for grant in held.iter().filter(|g| g.effect == Effect::Allow && g.via != Via::Boundary) {
            if let Some(place) = self.places.get(&grant.rule_id) {
                paths.entry(*place).or_default().push(&grant.via_name);
            }
        }
        if of.held.is_none() {
            paths.extend(of.found.iter().map(|place| (*place, vec![""])));
        }
        let (mut rules, mut best): (usize, Option<(usize, Rest)>) = (0, None);
        for (place, paths) in paths {
            let rests = paths.into_iter().filter_map(|via_name| self.rest(place, via_name, &key));
            let Some(mut rest) = rests.max_by_key(weight) else { continue };
            if !known && rest.extent == Extent::Known {
                (rest.extent, rest.why) = (Extent::Bounded, "its denies and its boundary were not compared");
            }
            rules += 1;
            if best.as_ref().is_none_or(|(_, worst)| weight(worst) < weight(&rest)) {
                best = Some((place, rest));
            }
        }
        best.map(|(place, rest)| Judged { id: of.id, rules, worst: self.rules[place].id, rest })
    }

    fn rest(&mut self, place: usize, via_name: &str, key: &Key) -> Option<Rest> {
        let rule = self.rules.get(place)?;
        let namespace = resource::namespace(rule.allow.rule.dialect, via_name);
        let of = (place, namespace.map(str::to_owned), key.clone());
        if let Some(known) = self.rests.get(&of) {
            return known.clone();
        }
        if !self.companies.contains_key(key) {
            let others = key.iter().filter_map(|(id, via)| Some((self.narrowing.get(id)?, *via)));
            let mut company = Company::of(others, &mut self.work);
            let beside = company.on(self.target, &mut self.work);
            self.companies.insert(key.clone(), (company, beside));
        }
        let (company, beside) = self.companies.get(key)?;
        let full = rule.full && namespace.is_none() && company.leaves_full_control(&rule.allow.rule, &mut self.memory, &mut self.work);
        let rest = beside.leaves((&rule.allow, &rule.bearing), namespace, full, self.target, &mut self.work);
        self.rests.insert(of, rest.clone());
        rest
    }
}
