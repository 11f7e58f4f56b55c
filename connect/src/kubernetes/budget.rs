//! What reading may cost, counted ahead of doing it: lists within a rule multiply, aliases repeat what was written once, and
//! groups hand the rules of a role to everybody in them. Each bound is far beyond what clusters hold.

use super::objects::PolicyRule;

/// Texts of all objects together.
const TEXTS: u64 = 2_000_000;
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

#[derive(Default)]
pub(super) struct Budget {
    texts: u64,
    patterns: u64,
    units: u64,
    held: u64,
    comparisons: u64,
    grants: u64,
    objects: u64,
}

type Left = Result<(), String>;

fn spend(spent: &mut u64, more: u64, most: u64, what: &str) -> Left {
    *spent = spent.saturating_add(more);
    if *spent > most { Err(format!("more than {} {what}", thousands(most))) } else { Ok(()) }
}

impl Budget {
    pub(super) fn texts(&mut self, more: u64) -> Left {
        spend(&mut self.texts, more, TEXTS, "texts in the objects of the input together")
    }

    pub(super) fn object(&mut self) -> Left {
        spend(&mut self.objects, 1, OBJECTS, "objects")
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
        spend(&mut self.patterns, patterns, PATTERNS, "combinations of group, resource and name in the rules of the input together")
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
