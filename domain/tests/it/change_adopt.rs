//! What of a source stands apart, what a root is of, and which groups are named.

use domain::change::adopt::{GROUPS_MOST, Group, Root, judged, named};
use domain::privilege::Class;
use domain::rule::{Dialect, Effect, Rule, Via};
use std::collections::BTreeSet;

fn rule(effect: Effect, actions: &[&str], resources: &[&str]) -> Rule {
    let mut rule = Rule::new(Dialect::Countersign, effect);
    rule.actions = actions.iter().map(|a| (*a).to_owned()).collect();
    rule.resources = resources.iter().map(|r| (*r).to_owned()).collect();
    rule.normal()
}

#[test]
fn what_is_privileged_or_said_by_a_pattern_stands_apart_and_what_gives_nothing_does_not() {
    for (rule, via, apart) in [
        (rule(Effect::Allow, &["tickets.read"], &["tickets"]), Via::Direct, false),
        (rule(Effect::Allow, &["tickets.write"], &["tickets"]), Via::Direct, false),
        (rule(Effect::Allow, &["secrets.read"], &["vault"]), Via::Direct, true),
        (rule(Effect::Allow, &["*"], &["*"]), Via::Group, true),
        (rule(Effect::Deny, &["*"], &["*"]), Via::Direct, false),
        (rule(Effect::Allow, &["*"], &["*"]), Via::Boundary, false),
    ] {
        assert_eq!(judged(&rule, via).is_apart(), apart, "{rule:?} {via:?}");
    }
}

#[test]
fn a_root_is_of_every_row_and_of_the_table_it_stands_in() {
    let of = |rows: &[(&str, &str, u8)]| {
        let mut root = Root::default();
        for (table, key, n) in rows {
            root.push(table, key, &[*n; 32]);
        }
        root.hex()
    };
    let all =
        [of(&[]), of(&[("grants", "a", 1)]), of(&[("grants", "a", 2)]), of(&[("grants", "b", 1)]), of(&[("identity_versions", "a", 1)])];
    let distinct: BTreeSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), all.len(), "{all:?}");
    assert_eq!(of(&[("grants", "a", 1), ("surface_versions", "x", 3)]), of(&[("surface_versions", "x", 3), ("grants", "a", 1)]));
}

#[test]
fn what_is_not_named_is_counted() {
    let all = (0..GROUPS_MOST + 3).map(|n| ((Some(Class::Read), None, Some(format!("set {n:04}"))), 2)).collect();
    let groups = named(all);
    assert_eq!(groups.len(), GROUPS_MOST + 1);
    assert_eq!(groups.last(), Some(&Group { class: Some(Class::Read), place: None, set: None, grants: 6 }));
}
