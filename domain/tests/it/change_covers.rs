//! `covers` against everything there is in a small world: four actions and four resources that are named, one of each
//! kind that no text names alone, two conditions. Whatever it claims must hold there; how often it does not know is printed.

use domain::change::content::{MatchKey, Terms};
use domain::change::covers::{Answer, Statement, covers, weakened};
use domain::ids::SourceId;
use domain::locator::Work;
use domain::privilege::glob;
use domain::rule::{Dialect, Effect, Rule, Via};

/// Four that are named, and one of each kind that no text names alone.
const ACTIONS: [&str; 9] = ["t:read", "t:write", "u:read", "u:write", "t:else", "u:else", "v:read", "v:write", "v:else"];
const RESOURCES: [&str; 8] = ["a/one", "a/two", "b/one", "b/two", "a/else", "b/else", "c/one", "c/else"];
const CONDITIONS: [&str; 2] = ["Bool mfa true", "StringEquals region eu"];

/// Texts of rules; resources stand behind `arn:aws:s3:::`, but for `*`.
const ACTION_TEXTS: [&str; 9] = ["t:read", "t:write", "u:read", "u:write", "t:*", "u:*", "*:read", "*:write", "*"];
const RESOURCE_TEXTS: [&str; 8] = ["a/one", "a/two", "b/one", "b/two", "a/*", "b/*", "*/one", "*"];

/// What of some things a text names, as bits.
fn bits(text: &str, of: &[&str]) -> u16 {
    let named = |(_, thing): &(usize, &&str)| glob(text.as_bytes(), thing.as_bytes());
    of.iter().enumerate().filter(named).fold(0, |bits, (i, _)| bits | 1 << i)
}

fn words(texts: &[&str], at: &[usize], before: &str) -> Vec<String> {
    at.iter().map(|i| if texts[*i] == "*" { "*".to_owned() } else { format!("{before}{}", texts[*i]) }).collect()
}

/// A statement and what it says in the small world.
#[derive(Clone)]
struct Known {
    rule: Rule,
    via: Via,
    actions: u16,
    resources: u16,
    conditions: u8,
}

impl Known {
    fn new(kind: usize, actions: (&[usize], bool), resources: (&[usize], bool), conditions: u8) -> Self {
        let mut rule = Rule::new(Dialect::Aws, if kind == 1 { Effect::Deny } else { Effect::Allow });
        let named = |texts: &[&str], of: &[&str], (at, negated): (&[usize], bool)| {
            let all = at.iter().fold(0, |all, i| all | bits(texts[*i], of));
            if negated { !all } else { all }
        };
        let (mut act, mut place) = (words(&ACTION_TEXTS, actions.0, ""), words(&RESOURCE_TEXTS, resources.0, "arn:aws:s3:::"));
        if actions.1 {
            std::mem::swap(&mut act, &mut rule.actions_negated);
        }
        if resources.1 {
            std::mem::swap(&mut place, &mut rule.resources_negated);
        }
        (rule.actions, rule.resources) = (act, place);
        let (act, place) = (named(&ACTION_TEXTS, &ACTIONS, actions), named(&RESOURCE_TEXTS, &RESOURCES, resources));
        rule.conditions = CONDITIONS.iter().enumerate().filter(|(i, _)| conditions >> i & 1 == 1).map(|(_, c)| (*c).to_owned()).collect();
        let via = if kind == 2 { Via::Boundary } else { Via::Direct };
        Self { rule: rule.normal(), via, actions: act, resources: place, conditions }
    }

    fn matches(&self, action: usize, resource: usize, given: u8) -> bool {
        self.actions >> action & 1 == 1 && self.resources >> resource & 1 == 1 && self.conditions & !given == 0
    }
}

fn statements<'a>(policy: &'a [Known], line: &'a MatchKey, terms: &'a Terms) -> Vec<Statement<'a>> {
    policy.iter().map(|s| Statement { rule: &s.rule, via: s.via, via_name: "", source: SourceId::nil(), terms, line }).collect()
}

fn gives(policy: &[Known], action: usize, resource: usize, given: u8) -> bool {
    let found = |which: fn(&Known) -> bool| policy.iter().any(|s| which(s) && s.matches(action, resource, given));
    let allow = |s: &Known| s.rule.effect == Effect::Allow;
    let capped = policy.iter().any(|s| allow(s) && s.via == Via::Boundary);
    found(|s| s.rule.effect == Effect::Allow && s.via != Via::Boundary)
        && !found(|s| s.rule.effect == Effect::Deny)
        && (!capped || found(|s| s.rule.effect == Effect::Allow && s.via == Via::Boundary))
}

/// All that a policy gives.
fn given(policy: &[Known]) -> Vec<bool> {
    let points = (0..ACTIONS.len()).flat_map(|a| (0..RESOURCES.len()).flat_map(move |r| (0..4).map(move |c| (a, r, c))));
    points.map(|(a, r, c)| gives(policy, a, r, c)).collect()
}

/// Whether the inner lies within the outer, by asking everything.
fn lies_within(outer: &[bool], inner: &[bool]) -> bool {
    inner.iter().zip(outer).all(|(inner, outer)| !inner || *outer)
}

#[derive(Default)]
struct Tally {
    asked: usize,
    contained: usize,
    not: usize,
    unknown: usize,
    /// Unknown although it does lie within: what a better proof would find.
    missed: usize,
}

impl Tally {
    fn ask(&mut self, outer: &[Known], inner: &[Known]) {
        let (line, terms) = (MatchKey("one".to_owned()), Terms::default());
        let (o, i) = (statements(outer, &line, &terms), statements(inner, &line, &terms));
        let found = covers(&o, &i, &mut Work::default());
        let truth = lies_within(&given(outer), &given(inner));
        self.asked += 1;
        match found.answer {
            Answer::Contained => {
                assert!(truth, "contained? {i:#?}\nin {o:#?}");
                self.contained += 1;
            }
            Answer::NotContained => {
                let witnesses: Vec<_> = found.gains.iter().filter_map(|g| g.witness.as_ref()).collect();
                assert!(!truth, "{witnesses:?}? {i:#?}\nin {o:#?}");
                self.not += 1;
            }
            Answer::Unknown => {
                self.unknown += 1;
                self.missed += usize::from(truth);
            }
        }
    }

    fn print(&self, what: &str) {
        let share = 100.0 * self.unknown as f64 / self.asked as f64;
        let Self { asked, contained, not, unknown, missed } = self;
        println!(
            "covers, {what}: {asked} asked, {contained} contained, {not} not, {unknown} unknown ({share:.2} %, {missed} of them contained)"
        );
    }
}

/// Every pair of policies of at most two statements out of a list of 21 that has each effect, negations, patterns and conditions.
#[test]
fn every_claim_holds_for_all_policies_of_two_statements() {
    let mut all = Vec::new();
    for kind in 0..3 {
        for (actions, resources) in [
            ((&[0][..], false), (&[0][..], false)),
            ((&[4], false), (&[4], false)),
            ((&[8], false), (&[7], false)),
            ((&[0], true), (&[4], false)),
            ((&[6], false), (&[0], true)),
        ] {
            all.push(Known::new(kind, actions, resources, 0));
        }
        all.push(Known::new(kind, (&[4], false), (&[7], false), 1));
        all.push(Known::new(kind, (&[8], false), (&[4], false), 2));
    }
    let mut policies: Vec<Vec<Known>> = all.iter().map(|s| vec![s.clone()]).collect();
    policies.push(vec![]);
    for (n, one) in all.iter().enumerate() {
        policies.extend(all[..n].iter().map(|two| vec![one.clone(), two.clone()]));
    }
    let mut tally = Tally::default();
    for outer in &policies {
        for inner in &policies {
            tally.ask(outer, inner);
        }
    }
    tally.print("all policies of at most two of 21 statements");
    assert_eq!(tally.asked, policies.len() * policies.len());
    assert!(tally.contained > 10_000 && tally.not > 10_000, "it claims something");
}

/// A number that depends on nothing but the one before.
fn draw(seed: &mut u64, below: usize) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) as usize % below
}

fn drawn(seed: &mut u64) -> Known {
    let some = |seed: &mut u64, of: usize| -> Vec<usize> { (0..=draw(seed, 2)).map(|_| draw(seed, of)).collect() };
    let kind = [0, 0, 0, 1, 1, 2][draw(seed, 6)];
    let (actions, resources) = (some(seed, ACTION_TEXTS.len()), some(seed, RESOURCE_TEXTS.len()));
    let (not_actions, not_resources) = (draw(seed, 5) == 0, draw(seed, 5) == 0);
    let conditions = [0, 0, 1, 2, 3][draw(seed, 5)];
    Known::new(kind, (&actions, not_actions), (&resources, not_resources), conditions)
}

/// 60,000 pairs of policies of up to three statements, drawn from all statements of the world; every other pair is a policy
/// and what one step makes of it, as changes are.
#[test]
fn every_claim_holds_for_drawn_policies_of_three_statements() {
    let (mut seed, mut apart, mut steps) = (7, Tally::default(), Tally::default());
    for n in 0..60_000 {
        let outer: Vec<Known> = (0..=draw(&mut seed, 3)).map(|_| drawn(&mut seed)).collect();
        if n % 2 == 0 {
            let inner: Vec<Known> = (0..=draw(&mut seed, 3)).map(|_| drawn(&mut seed)).collect();
            apart.ask(&outer, &inner);
            continue;
        }
        let mut inner = outer.clone();
        let at = draw(&mut seed, inner.len());
        match draw(&mut seed, 3) {
            0 => drop(inner.remove(at)),
            1 => inner[at] = drawn(&mut seed),
            _ => inner.push(drawn(&mut seed)),
        }
        steps.ask(&outer, &inner);
    }
    apart.print("drawn pairs of up to three statements");
    steps.print("drawn policies of up to three statements and one step");
    assert!(steps.unknown * 10 < steps.asked, "it decides nine of ten steps");
}

#[test]
fn limits_that_are_replaced_by_wider_ones_are_kept() {
    let (line, terms) = (MatchKey("one".to_owned()), Terms::default());
    let deny = |resource| Known::new(1, (&[4], false), (&[resource], false), 0);
    let cap = |resource| Known::new(2, (&[8], false), (&[resource], false), 0);
    for (before, after, gone) in [
        (vec![deny(0)], vec![deny(4)], 0),
        (vec![deny(4)], vec![deny(0)], 1),
        (vec![deny(4)], vec![], 1),
        (vec![cap(4)], vec![cap(0)], 0),
        (vec![cap(0)], vec![cap(4)], 1),
        (vec![cap(0)], vec![], 1),
        (vec![], vec![cap(0)], 0),
    ] {
        let (outer, inner) = (statements(&before, &line, &terms), statements(&after, &line, &terms));
        assert_eq!(weakened(&outer, &inner, &mut Work::default()).len(), gone, "{outer:?} {inner:?}");
    }
}
