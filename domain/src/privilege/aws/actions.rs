//! Sets of actions of the table, and what of it a rule names. Denies, boundaries and classes are sets too, so that what one
//! leaves of another costs a few hundred steps, whatever they name. It must not know who holds a rule.

use super::{Table, glob, is_pattern, table};
use crate::rule::Rule;

/// Some actions of the table: 64 to a word, words without any left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actions(Vec<(u32, u64)>);

impl Actions {
    /// From places in the table, in any order.
    pub fn of(places: impl IntoIterator<Item = u32>) -> Self {
        Self::among(table().actions.len(), places)
    }

    /// From places in a table of so many actions.
    pub(super) fn among(all: usize, places: impl IntoIterator<Item = u32>) -> Self {
        let mut words = vec![0; all.div_ceil(64)];
        for at in places {
            words[at as usize / 64] |= 1 << (at % 64);
        }
        Self::of_words(&words)
    }

    fn of_words(words: &[u64]) -> Self {
        Self(words.iter().enumerate().filter(|(_, bits)| **bits != 0).map(|(at, bits)| (at as u32, *bits)).collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.iter().map(|(_, bits)| bits.count_ones() as usize).sum()
    }

    /// True where no action of the table is missing, however the patterns put it.
    pub fn is_every(&self) -> bool {
        self.len() == table().actions.len()
    }

    /// Places in the table, in order.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.0.iter().flat_map(|(at, bits)| (0..64).filter(move |bit| bits >> bit & 1 == 1).map(move |bit| at * 64 + bit))
    }

    /// Whether an action is among them, by its place.
    pub fn has(&self, place: u32) -> bool {
        let word = self.0.binary_search_by_key(&(place / 64), |(at, _)| *at).map_or(0, |found| self.0[found].1);
        word >> (place % 64) & 1 == 1
    }

    pub fn first(&self) -> Option<u32> {
        self.0.first().map(|(at, bits)| at * 64 + bits.trailing_zeros())
    }

    pub fn last(&self) -> Option<u32> {
        self.0.last().map(|(at, bits)| at * 64 + 63 - bits.leading_zeros())
    }

    /// The first action that is in both.
    pub fn first_in(&self, other: &Self) -> Option<u32> {
        let mut rest = other.0.as_slice();
        self.0.iter().find_map(|(at, bits)| {
            let both = bits & word(&mut rest, *at);
            (both != 0).then(|| at * 64 + both.trailing_zeros())
        })
    }

    #[must_use]
    pub fn without(&self, gone: &Self) -> Self {
        self.each(gone, |mine, theirs| mine & !theirs)
    }

    #[must_use]
    pub fn within(&self, limit: &Self) -> Self {
        self.each(limit, |mine, theirs| mine & theirs)
    }

    pub fn add(&mut self, other: &Self) {
        if other.0.is_empty() {
            return;
        }
        let mut words = vec![0; table().actions.len().div_ceil(64)];
        for (at, bits) in self.0.iter().chain(&other.0) {
            words[*at as usize] |= bits;
        }
        *self = Self::of_words(&words);
    }

    /// Of each word what is left beside the other's.
    fn each(&self, other: &Self, left: fn(u64, u64) -> u64) -> Self {
        let mut rest = other.0.as_slice();
        let words = self.0.iter().map(|(at, bits)| (*at, left(*bits, word(&mut rest, *at))));
        Self(words.filter(|(_, bits)| *bits != 0).collect())
    }
}

/// The word of a place, asked for in rising order.
fn word(rest: &mut &[(u32, u64)], at: u32) -> u64 {
    while let Some(((here, bits), behind)) = rest.split_first() {
        match here.cmp(&at) {
            std::cmp::Ordering::Less => *rest = behind,
            std::cmp::Ordering::Equal => return *bits,
            std::cmp::Ordering::Greater => return 0,
        }
    }
    0
}

/// True of a pattern that is every action in the range it is looked for in: `*` and `s3:*`.
fn is_whole(pattern: &str) -> bool {
    pattern.split_once(':').map_or(pattern, |(service, action)| if is_pattern(service) { pattern } else { action }) == "*"
}

/// What a statement's Action or NotAction names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    pub known: Actions,
    /// Patterns of Action that match nothing in the table.
    pub unknown: Vec<String>,
}

impl Named {
    pub fn of(rule: &Rule) -> Self {
        let table = table();
        let negated = !rule.actions_negated.is_empty();
        let mut hit = vec![false; table.actions.len()];
        let mut out = Self::default();
        for pattern in if negated { &rule.actions_negated } else { &rule.actions } {
            if !table.mark(pattern, &mut hit) && !negated {
                out.unknown.push(pattern.clone());
            }
        }
        // Beside NotAction a rule has no Action; were there one, it would name what the table does not know.
        if negated {
            out.unknown.extend(rule.actions.iter().filter(|p| !table.matches(p)).cloned());
        }
        out.known = Actions::of(hit.iter().enumerate().filter(|(_, hit)| **hit != negated).map(|(at, _)| at as u32));
        out
    }
}

/// How many steps it may cost to compare a rule with the table: most names differ in their first letters, and what follows
/// a `*` is looked for at every letter.
pub fn steps(rule: &Rule) -> u64 {
    let of = |pattern: &String| {
        let lower = pattern.to_lowercase();
        let after = lower.split_once('*').map_or("", |(_, after)| after.trim_start_matches('*').trim_end_matches('*'));
        let one = 8 + 30 * after.len().min(60) as u64;
        let among = table().range(&lower).len() as u64;
        let all = if is_pattern(&lower) && !is_whole(&lower) { among.saturating_mul(one) } else { among / 8 };
        all.saturating_add(1 + lower.len() as u64)
    };
    rule.actions.iter().chain(&rule.actions_negated).map(of).fold(0, u64::saturating_add)
}

impl Table {
    /// Where the actions stand that a pattern in lower case may match.
    fn range(&self, pattern: &str) -> std::ops::Range<usize> {
        let Some((service, _)) = pattern.split_once(':').filter(|(service, _)| !is_pattern(service)) else { return 0..self.actions.len() };
        let own = self.services.get(service).map_or(0..0, |(from, to)| *from..*to);
        if is_pattern(pattern) {
            return own;
        }
        self.by_name.get(pattern).map_or(0..0, |at| *at as usize..*at as usize + 1)
    }

    fn each(&self, pattern: &str) -> impl Iterator<Item = usize> {
        let pattern = pattern.to_lowercase();
        let whole = is_whole(&pattern);
        self.range(&pattern).filter(move |at| whole || glob(pattern.as_bytes(), self.actions[*at].name.as_bytes()))
    }

    /// Marks the actions that a pattern matches; false where there are none: AWS lists no such action.
    fn mark(&self, pattern: &str, hit: &mut [bool]) -> bool {
        let mut any = false;
        for at in self.each(pattern) {
            (hit[at], any) = (true, true);
        }
        any
    }

    /// True where AWS lists an action that a pattern matches.
    pub fn matches(&self, pattern: &str) -> bool {
        self.each(pattern).next().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::rule;
    use super::*;
    use crate::rule::{Dialect, Effect};
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_rule_names_actions_in_any_case_and_what_nobody_lists() {
        for (actions, known, unknown) in [
            ("s3:GetObject", 1, ""),
            ("S3:GETOBJECT nosuch:Do s3:NoSuch", 1, "nosuch:Do s3:NoSuch"),
            ("*", table().actions.len(), ""),
            ("!s3:GetObject", table().actions.len() - 1, ""),
            ("!nosuch:Do", table().actions.len(), ""),
            ("nosuch:*", 0, "nosuch:*"),
            ("", 0, ""),
        ] {
            let named = Named::of(&rule(Dialect::Aws, Effect::Allow, actions, "*"));
            assert_eq!((named.known.len(), named.unknown.join(" ").as_str()), (known, unknown), "{actions}");
            assert_eq!(named.known.is_every(), known == table().actions.len());
        }
    }

    #[test]
    fn what_a_rule_costs_is_counted_ahead() {
        let of = |actions: &str| steps(&rule(Dialect::Aws, Effect::Allow, actions, "*"));
        assert!(of("s3:GetObject") < 50 && of("s3:Get*") < of("s3:*Get*") && of("s3:*Get*") < of("*:*Get*"));
        assert!(of("*:*Get*") > 1_000_000);
    }

    proptest! {
        #[test]
        fn sets_are_sets(one in prop::collection::btree_set(0u32..2_000, 0..40), two in prop::collection::btree_set(0u32..2_000, 0..40)) {
            let (a, b) = (Actions::of(one.iter().copied()), Actions::of(two.iter().copied()));
            let of = |set: &Actions| set.iter().collect::<BTreeSet<u32>>();
            let mut all = a.clone();
            all.add(&b);
            prop_assert_eq!(of(&all), &one | &two);
            prop_assert_eq!(of(&a.without(&b)), &one - &two);
            prop_assert_eq!(of(&a.within(&b)), &one & &two);
            prop_assert_eq!((a.first(), a.last(), a.len()), (one.first().copied(), one.last().copied(), one.len()));
            prop_assert_eq!(a.first_in(&b), (&one & &two).first().copied());
        }
    }
}
