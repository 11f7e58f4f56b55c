//! What reading may cost, counted ahead of doing it: lists within a rule multiply, aliases repeat what was written once, and
//! groups hand the rules of a role to everybody in them. Each bound is far beyond what clusters hold.

use super::objects::PolicyRule;
use crate::work::{Left, Work};

/// Texts of all objects together.
const TEXTS: u64 = 2_000_000;
/// What is looked at may weigh so many times what the input weighs as it is written, and so much more: an object in a list is
/// looked at three times, and what an alias names as often as it stands there.
const TIMES: u64 = 4;
const UNFOLDED: u64 = 16_000_000;
/// Steps for each byte of that: an object is looked through some ten times.
const STEPS_OF_WEIGHT: u64 = 5;
/// What is kept of an object, a rule, and a text beside its letters.
const OBJECT: u64 = 400;
const RULE: u64 = 200;
const TEXT: u64 = 56;
/// How often a pattern is kept: among the rules of roles, and in the snapshot.
const PATTERN_KEPT: u64 = 2;
/// Patterns (group, resource, name) of one rule, and of all.
const PATTERNS_OF_RULE: u64 = 100_000;
const PATTERNS: u64 = 1_000_000;
/// Units (verb, pattern) of one rule.
const UNITS_OF_RULE: u64 = 1_000_000;
/// Units of all roles together, what they take over from others included, and how often a role holds a rule.
const UNITS: u64 = 3_000_000;
const HELD: u64 = 1_000_000;
/// Labels that may be compared for aggregation.
const COMPARISONS: u64 = 5_000_000;
/// Grants of all identities together.
const GRANTS: u64 = 2_000_000;
/// Objects of any kind.
const OBJECTS: u64 = 1_000_000;

pub(super) struct Budget<'w> {
    work: &'w Work,
    written: u64,
    unfolded: u64,
    texts: u64,
    patterns: u64,
    units: u64,
    held: u64,
    comparisons: u64,
    grants: u64,
    objects: u64,
}

fn spend(spent: &mut u64, more: u64, most: u64, what: &str) -> Left {
    *spent = spent.saturating_add(more);
    if *spent > most { Err(format!("more than {} {what}", thousands(most))) } else { Ok(()) }
}

impl<'w> Budget<'w> {
    pub(super) fn of(work: &'w Work) -> Self {
        let none = 0;
        Self {
            work,
            written: none,
            unfolded: none,
            texts: none,
            patterns: none,
            units: none,
            held: none,
            comparisons: none,
            grants: none,
            objects: none,
        }
    }

    /// A file was read that weighs so much as it is written.
    pub(super) fn written(&mut self, weight: u64) {
        self.written = self.written.saturating_add(weight);
    }

    /// Something of so much weight is about to be looked at, aliases in it written out.
    pub(super) fn unfolds(&mut self, weight: u64) -> Left {
        let most = UNFOLDED.saturating_add(self.written.saturating_mul(TIMES));
        self.unfolded = self.unfolded.saturating_add(weight);
        if self.unfolded > most {
            return Err("aliases (*) that repeat several times of what the input holds: write it without them".to_owned());
        }
        self.work.steps(weight.saturating_mul(STEPS_OF_WEIGHT), "reading the objects")
    }

    /// So many texts more are kept, of so many bytes together.
    pub(super) fn texts(&mut self, more: u64, bytes: u64) -> Left {
        spend(&mut self.texts, more, TEXTS, "texts in the objects of the input together")?;
        self.work.keeps(more.saturating_mul(TEXT).saturating_add(bytes))
    }

    /// An object that is looked at.
    pub(super) fn object(&mut self) -> Left {
        spend(&mut self.objects, 1, OBJECTS, "objects")
    }

    /// An object that is kept.
    pub(super) fn keeps_object(&mut self) -> Left {
        self.work.keeps(OBJECT)
    }

    pub(super) fn rule(&mut self, rule: &PolicyRule) -> Left {
        let (patterns, units) = size(rule);
        if patterns > PATTERNS_OF_RULE || units > UNITS_OF_RULE {
            let counts = [(&rule.groups, "API groups"), (&rule.resources, "resources"), (&rule.names, "names"), (&rule.verbs, "verbs")];
            let counts =
                counts.iter().filter(|(list, _)| !list.is_empty()).map(|(list, what)| format!("{} {what}", thousands(list.len() as u64)));
            let (counts, most) = (counts.collect::<Vec<_>>().join(" × "), thousands(PATTERNS_OF_RULE));
            return Err(format!("one rule of {counts}: at most {most} combinations of group, resource and name are read"));
        }
        spend(&mut self.patterns, patterns, PATTERNS, "combinations of group, resource and name in the rules of the input together")?;
        let bytes = patterns.saturating_mul(TEXT).saturating_add(length(rule));
        self.work.keeps(RULE.saturating_add(bytes.saturating_mul(PATTERN_KEPT)))
    }

    /// A role comes to hold a rule of so many units.
    pub(super) fn held(&mut self, units: u64) -> Left {
        spend(&mut self.held, 1, HELD, "rules in the roles together, with those they take over from others")?;
        spend(&mut self.units, units, UNITS, "pairs of verb and resource in the roles together, with those they take over from others")
    }

    pub(super) fn comparisons(&mut self, more: u64) -> Left {
        spend(&mut self.comparisons, more, COMPARISONS, "comparisons of labels for aggregated roles")
    }

    pub(super) fn grants(&mut self, more: u64) -> Left {
        spend(&mut self.grants, more, GRANTS, "grants")
    }
}

/// Patterns and units of a rule.
fn size(rule: &PolicyRule) -> (u64, u64) {
    let of = |list: &[String]| list.len() as u64;
    let named = of(&rule.groups).saturating_mul(of(&rule.resources)).saturating_mul(of(&rule.names).max(1));
    let patterns = named.saturating_add(of(&rule.urls));
    (patterns, patterns.saturating_mul(of(&rule.verbs)))
}

/// Bytes of the patterns of a rule, each written out as `group/resource#name`.
fn length(rule: &PolicyRule) -> u64 {
    let of = |list: &[String]| (list.len() as u64, list.iter().map(|text| text.len() as u64 + 1).sum::<u64>());
    let ((groups, in_groups), (resources, in_resources), (names, in_names)) = (of(&rule.groups), of(&rule.resources), of(&rule.names));
    let named = names.max(1);
    let each = |bytes: u64, a: u64, b: u64| bytes.saturating_mul(a).saturating_mul(b);
    each(in_groups, resources, named)
        .saturating_add(each(in_resources, groups, named))
        .saturating_add(each(in_names, groups, resources))
        .saturating_add(of(&rule.urls).1)
}

/// A number as people write it.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
