//! Patterns against brute force: every text over a small alphabet, up to a length that no shortest witness
//! of these patterns exceeds. The patterns name `a` and `b`; `:` stands for all letters that none names.

use domain::locator::{Locator, LocatorKind, Pattern, Work, touches};
use domain::privilege::glob;
use domain::rule::{Dialect, Effect, Rule};
use proptest::prelude::*;
use std::sync::LazyLock;

/// A text that two patterns share needs no letter that a `*` of both takes: two patterns of five characters
/// share one of eight letters if any.
static TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut all = vec![String::new()];
    let mut longest = all.clone();
    for _ in 0..8 {
        longest = longest.iter().flat_map(|text| ['a', 'b', ':'].map(|c| format!("{text}{c}"))).collect();
        all.extend(longest.iter().cloned());
    }
    all
});

fn matches(pattern: &str, text: &str) -> bool {
    glob(pattern.as_bytes(), text.as_bytes())
}

fn name(text: &str) -> Pattern {
    Pattern::parse(Some(LocatorKind::Name), text).expect("a pattern")
}

proptest! {
    #[test]
    fn overlaps_is_what_enumeration_finds(one in "[ab*?]{1,5}", other in "[ab*?]{1,5}") {
        let found = TEXTS.iter().any(|text| matches(&one, text) && matches(&other, text));
        prop_assert_eq!(name(&one).overlaps(&name(&other), &mut Work::default()), found);
    }

    #[test]
    fn contains_claims_nothing_that_enumeration_refutes(one in "[ab*?]{1,5}", other in "[ab*?]{1,5}") {
        let refuted = TEXTS.iter().any(|text| matches(&other, text) && !matches(&one, text));
        prop_assert!(!(name(&one).contains(&name(&other), &mut Work::default()) && refuted), "{} {}", one, other);
        // Patterns this short are decided, and a witness against them is short as well.
        prop_assert!(name(&one).contains(&name(&other), &mut Work::default()) || refuted, "{} {}", one, other);
    }

    #[test]
    fn touches_is_what_enumeration_leaves(
        within in "[ab*?]{1,4}",
        resource in "[ab*?]{1,4}",
        negated in prop::collection::vec("[ab*?]{1,4}", 0..=2),
    ) {
        let mut rule = Rule::new(Dialect::Csv, Effect::Allow);
        rule.resources = vec![within.clone()];
        rule.resources_negated = negated.clone();
        let left = |text: &String| matches(&within, text) && matches(&resource, text) && !negated.iter().any(|n| matches(n, text));
        prop_assert_eq!(touches(&rule, &name(&resource), &mut Work::default()), TEXTS.iter().any(left), "{:?} {}", rule, resource);
    }

    #[test]
    fn the_kinds_that_end_below_agree_on_plain_words(one in "[ab*]{1,4}", other in "[ab*]{1,4}") {
        // A server stands for its tools, so two of them meet where one is the other or above it.
        let server = |text: &str| Pattern::parse(Some(LocatorKind::Mcp), text).expect("a pattern");
        let plain = name(&one).overlaps(&name(&other), &mut Work::default());
        prop_assert!(!plain || server(&one).overlaps(&server(&other), &mut Work::default()), "{} {}", one, other);
    }

    #[test]
    fn no_text_panics_and_a_normal_form_is_its_own(text in "(arn:|s3://|https?://|k8s:|mcp:|git@|acme/)?[a-z:/@#?*%.${}\\[\\]A-Z0-9é-]{0,24}", kind in 0..7usize) {
        let kind = LocatorKind::ALL.get(kind).copied();
        if let Ok(locator) = Locator::parse(kind, &text) {
            prop_assert_eq!(Locator::parse(Some(locator.kind), &locator.normal), Ok(locator.clone()));
            let place = Pattern::exactly(kind, &text).expect("what is a locator is a place");
            let work = &mut Work::default();
            prop_assert!(place.overlaps(&place, work) && place.contains(&place, work));
        }
        if let Ok(pattern) = Pattern::parse(kind, &text) {
            let work = &mut Work::default();
            prop_assert!(pattern.overlaps(&pattern, work) && pattern.contains(&pattern, work), "{}", text);
        }
        for dialect in Dialect::ALL {
            let mut rule = Rule::new(*dialect, Effect::Allow);
            rule.resources = vec![text.clone()];
            let _ = touches(&rule, &name("a"), &mut Work::default());
        }
    }
}
