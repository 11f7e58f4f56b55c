//! What reading an account may cost, counted ahead of doing it: lists within a statement multiply, groups hand their statements
//! to everybody in them, denies are compared with allows, patterns with the table of actions. Each bound is far beyond what
//! IAM's quotas let an account hold, and the larger the input the more of it there may be.

use crate::kubernetes::thousands;
use crate::work::{Left, Work};
use domain::privilege::aws;
use domain::rule::{Effect, Rule};

/// The longest pattern or name: ARNs are not longer.
const LONGEST: usize = 2_048;
/// Pairs of an action and a resource in all statements together, and so many more for a number of bytes.
const PAIRS: u64 = 1_000_000;
const BYTES_OF_PAIR: u64 = 50;
/// Grants of all identities together.
const GRANTS: u64 = 1_000_000;
const BYTES_OF_GRANT: u64 = 100;
/// What two rules cost beside their patterns.
const PAIR_OF_RULES: u64 = 1_000;

pub(super) struct Budget<'w> {
    work: &'w Work,
    bytes: u64,
    pairs: u64,
    grants: u64,
}

impl<'w> Budget<'w> {
    /// Of an input of so many bytes.
    pub(super) fn of(bytes: u64, work: &'w Work) -> Self {
        Self { work, bytes, pairs: 0, grants: 0 }
    }

    /// A statement of a permission set.
    pub(super) fn rule(&mut self, rule: &Rule) -> Left {
        let lists =
            [&rule.actions, &rule.actions_negated, &rule.resources, &rule.resources_negated, &rule.principals, &rule.principals_negated];
        if let Some(long) = lists.into_iter().flatten().find(|text| text.len() > LONGEST) {
            let shown = domain::text::capped(long, 40);
            return Err(format!(
                "the pattern that begins with {shown:?} has {} bytes: at most {LONGEST} are read",
                thousands(long.len() as u64)
            ));
        }
        if let Some(why) = crate::too_wide(rule) {
            return Err(why);
        }
        let (actions, resources) = (rule.actions.len() as u64, rule.resources.len() as u64);
        let most = PAIRS + self.bytes / BYTES_OF_PAIR;
        spend(&mut self.pairs, actions * resources, most, "pairs of an action and a resource in the policies together")?;
        // Each pair is written out once.
        let written = actions.saturating_mul(length(&rule.resources)).saturating_add(resources.saturating_mul(length(&rule.actions)));
        self.work.steps(written, "writing out the pairs of an action and a resource")
    }

    /// A rule that is new is compared with the table of actions.
    pub(super) fn compared(&mut self, rule: &Rule) -> Left {
        self.work.steps(aws::steps(rule), "comparing the patterns of actions")
    }

    pub(super) fn grants(&mut self, more: u64) -> Left {
        let most = GRANTS + self.bytes / BYTES_OF_GRANT;
        spend(&mut self.grants, more, most, "grants")
    }

    /// What somebody holds is judged together.
    pub(super) fn judged(&mut self, held: &Weight) -> Left {
        self.work.steps(held.steps(), "comparing the denies and allows")
    }

    /// Principals of denies are compared with those that a trust policy lets in.
    pub(super) fn trusting(&mut self, let_in: u64, named: u64) -> Left {
        self.work.steps(let_in.saturating_mul(named).saturating_mul(100), "comparing the principals of a trust policy")
    }
}

fn spend(spent: &mut u64, more: u64, most: u64, what: &str) -> Left {
    *spent = spent.saturating_add(more);
    if *spent > most { Err(format!("more than {} {what}", thousands(most))) } else { Ok(()) }
}

fn length(texts: &[String]) -> u64 {
    texts.iter().map(|t| t.len() as u64).sum()
}

/// What some rules weigh where they are held together: denies of some resources are compared with every allow.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Weight {
    pub(super) rules: u64,
    allows: u64,
    allowed: u64,
    allowed_bytes: u64,
    denies: u64,
    denied_bytes: u64,
    /// The longest texts between two stars of each pattern: they are looked for at every letter.
    denied_between: u64,
}

impl Weight {
    /// Of a set that the input does not hold: it is looked at.
    pub(super) const ABSENT: Self =
        Self { rules: 1, allows: 0, allowed: 0, allowed_bytes: 0, denies: 0, denied_bytes: 0, denied_between: 0 };

    pub(super) fn of(rule: &Rule) -> Self {
        let one = Self { rules: 1, ..Self::default() };
        if rule.effect == Effect::Allow {
            let allowed = rule.resources.len() as u64;
            return Self { allows: 1, allowed, allowed_bytes: length(&rule.resources), ..one };
        }
        if rule.is_conditional() || rule.resources.iter().any(|r| r == "*") {
            return one;
        }
        let between = |pattern: &String| pattern.split('*').skip(1).map(|part| part.len() as u64).max().unwrap_or_default();
        Self { denies: 1, denied_bytes: length(&rule.resources), denied_between: rule.resources.iter().map(between).sum(), ..one }
    }

    pub(super) fn add(&mut self, other: &Self) {
        let fields = |w: &Self| [w.rules, w.allows, w.allowed, w.allowed_bytes, w.denies, w.denied_bytes, w.denied_between];
        let both: Vec<u64> = fields(self).iter().zip(fields(other)).map(|(a, b)| a.saturating_add(b)).collect();
        if let [rules, allows, allowed, allowed_bytes, denies, denied_bytes, denied_between] = both[..] {
            *self = Self { rules, allows, allowed, allowed_bytes, denies, denied_bytes, denied_between };
        }
    }

    fn steps(&self) -> u64 {
        let rules = self.denies.saturating_mul(self.allows).saturating_mul(PAIR_OF_RULES);
        let read = self.allowed.saturating_mul(self.denied_bytes);
        let looked = self.allowed_bytes.saturating_mul(self.denied_between);
        rules.saturating_add(read).saturating_add(looked)
    }
}
