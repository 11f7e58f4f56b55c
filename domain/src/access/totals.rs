//! Sums over one identity's grants, as lists and counts show them, and its rank. Nothing is judged here: each grant counts
//! as it was judged.

use super::{HeldRule, Judged};
use crate::privilege::{Breadth, Class, rank};
use crate::rule::{Effect, Via};

/// Sums over an identity's grants, as lists and counts show them. A boundary grants nothing and is left out; so is a deny,
/// apart from its own count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Grants that allow. One of which denies and the boundary leave nothing counts here and in no class, so what `grants` is
    /// above the sum of `by_class` is the grants with nothing left.
    pub grants: i64,
    pub standing: i64,
    pub timed: i64,
    pub denied: i64,
    pub conditional: i64,
    /// Grants by highest class, in the order of `Class::ALL`: each counts once.
    pub by_class: [i64; Class::ALL.len()],
    /// Grants with the wildcard mark, each of which counts under its class too.
    pub wildcard: i64,
    /// The rank of `privilege::rank`; 0 where no grant has anything left.
    pub privilege: i64,
}

pub fn totals(grants: &[HeldRule<'_>], judged: &[Judged]) -> Totals {
    let mut out = Totals::default();
    let mut broadest = [Breadth::OneResource; Class::ALL.len()];
    for (held, judged) in grants.iter().zip(judged).filter(|(h, _)| h.via != Via::Boundary) {
        if held.rule.effect == Effect::Deny {
            out.denied += 1;
            continue;
        }
        out.grants += 1;
        if held.timed {
            out.timed += 1;
        } else {
            out.standing += 1;
        }
        out.conditional += i64::from(held.rule.is_conditional());
        out.wildcard += i64::from(judged.classes.wildcard());
        if let Some(class) = judged.classes.highest() {
            let at = class as usize;
            out.by_class[at] += 1;
            broadest[at] = judged.breadth.map_or(broadest[at], |b| b.max(broadest[at]));
        }
    }
    let worst = Class::ALL.iter().copied().find(|c| out.by_class[*c as usize] > 0);
    out.privilege = worst.map_or(0, |c| rank(c, broadest[c as usize], out.by_class[c as usize] as u64));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Memory, judge};
    use crate::privilege::tests::rule as worded;
    use crate::rule::{Dialect, Rule};
    use proptest::prelude::*;

    fn held(rule: &Rule, via: Via) -> HeldRule<'_> {
        HeldRule { rule, via, via_name: "", timed: false }
    }

    #[test]
    fn an_identity_ranks_by_its_worst_class_then_breadth_then_count() {
        let of = |texts: &[(&str, &str)]| {
            let rules: Vec<Rule> = texts.iter().map(|(actions, on)| worded(Dialect::Csv, Effect::Allow, actions, on)).collect();
            let grants: Vec<HeldRule<'_>> = rules.iter().map(|r| held(r, Via::Direct)).collect();
            totals(&grants, &judge(&grants, &mut Memory::default()))
        };
        let rising: [&[(&str, &str)]; 9] = [
            &[],
            &[("read", "crm")],
            &[("read", "crm"), ("read", "mail")],
            &[("read", "*")],
            &[("write", "crm")],
            &[("secrets.read", "vault"), ("write", "*"), ("read", "*")],
            &[("grant", "a"), ("grant", "b"), ("grant", "c"), ("grant", "d"), ("grant", "e")],
            &[("grant", "a"), ("grant", "b/*")],
            &[("*", "*")],
        ];
        let ranks: Vec<i64> = rising.iter().map(|r| of(r).privilege).collect();
        assert!(ranks[0] == 0 && ranks.is_sorted_by(|a, b| a < b), "{ranks:?}");
        let mixed = of(rising[5]);
        assert_eq!((mixed.grants, mixed.by_class, mixed.wildcard), (3, [0, 0, 1, 0, 1, 1], 2), "each counts once, under its highest");
        assert_eq!(mixed.privilege, rank(Class::Secrets, Breadth::OneResource, 1), "the breadth is that of the worst class's grants");
    }

    const ACTIONS: [&str; 8] = ["*", "s3:*", "s3:GetObject", "!iam:*", "tickets.read", "tickets.delete", "get", "nosuchservice:*"];
    const RESOURCES: [&str; 6] = ["*", "arn:aws:s3:::b", "arn:aws:s3:::*", "*/*", "/pods", "crm"];
    const DIALECTS: [Dialect; 3] = [Dialect::Aws, Dialect::Kubernetes, Dialect::Csv];
    const VIAS: [Via; 3] = [Via::Direct, Via::Binding, Via::Boundary];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn each_grant_with_something_left_counts_once(
            rows in prop::collection::vec((0usize..3, 0usize..8, 0usize..6, 0usize..3), 0..6),
            flags in prop::collection::vec((any::<bool>(), any::<bool>()), 6),
        ) {
            let rules: Vec<(Rule, Via)> = rows.iter().zip(&flags).map(|((dialect, actions, resources, via), (denies, conditional))| {
                let effect = if *denies { Effect::Deny } else { Effect::Allow };
                let mut rule = worded(DIALECTS[*dialect], effect, ACTIONS[*actions], RESOURCES[*resources]);
                if *conditional {
                    rule.conditions = vec!["if".to_owned()];
                }
                (rule, VIAS[*via])
            }).collect();
            let grants: Vec<HeldRule<'_>> = rules.iter().map(|(rule, via)| held(rule, *via)).collect();
            let judged = judge(&grants, &mut Memory::default());
            let sums = totals(&grants, &judged);
            let allows = |h: &HeldRule<'_>| h.rule.effect == Effect::Allow && h.via != Via::Boundary;
            let counted: Vec<&Judged> = grants.iter().zip(&judged).filter(|(h, _)| allows(h)).map(|(_, j)| j).collect();
            let left = counted.iter().filter(|j| !j.reasons.is_empty()).count() as i64;
            prop_assert_eq!(sums.by_class.iter().sum::<i64>(), left);
            prop_assert_eq!(sums.grants, counted.len() as i64);
            prop_assert_eq!(sums.standing + sums.timed, sums.grants);
            prop_assert_eq!(sums.wildcard, counted.iter().filter(|j| j.wildcard.is_some()).count() as i64);
            prop_assert_eq!(sums.privilege == 0, left == 0);
            for j in &judged {
                prop_assert_eq!(j.breadth.is_some(), !j.reasons.is_empty());
            }
        }
    }
}
