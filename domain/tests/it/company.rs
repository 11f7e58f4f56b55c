//! What a holder's other rules leave of a rule on a resource: cases by hand, and small worlds against asking for every
//! action on every place.

use domain::access::Memory;
use domain::locator::{LocatorKind, Work};
use domain::privilege::{self, Class, Classes, aws, glob};
use domain::resource::{self, Allow, Company, Extent, Rest, Target};
use domain::rule::{Dialect, Effect, Rule, Via};
use proptest::prelude::*;

const BUCKET: &str = "arn:aws:s3:::mybucket/*";

/// A rule from words; `!` before a word negates it.
fn worded(dialect: Dialect, effect: Effect, actions: &str, resources: &str) -> Rule {
    let words = |text: &str, negated: bool| -> Vec<String> {
        let of = text.split_whitespace().filter(|w| w.starts_with('!') == negated);
        of.map(|w| w.trim_start_matches('!').to_owned()).collect()
    };
    let mut r = Rule::new(dialect, effect);
    (r.actions, r.actions_negated) = (words(actions, false), words(actions, true));
    (r.resources, r.resources_negated) = (words(resources, false), words(resources, true));
    r.normal()
}

struct World {
    target: Target,
    company: Company,
    work: Work,
}

impl World {
    fn of(kind: LocatorKind, place: &str, company: &[(Rule, Via)]) -> Self {
        let mut work = Work::default();
        let company = Company::of(company.iter().map(|(rule, via)| (rule, *via)), &mut work);
        Self { target: Target::of(resource::pattern(kind, place).expect(place)), company, work }
    }

    fn leaves(&mut self, rule: &Rule, via_name: &str) -> Option<Rest> {
        let mut allow = Allow::of(rule.clone(), &mut self.work);
        let bearing = allow.on(&self.target, &mut self.work)?;
        let namespace = resource::namespace(rule.dialect, via_name);
        let full = namespace.is_none()
            && allow.is_full_control()
            && self.company.leaves_full_control(rule, &mut Memory::default(), &mut self.work);
        self.company.on(&self.target, &mut self.work).leaves((&allow, &bearing), namespace, full, &self.target, &mut self.work)
    }
}

const DIRECT: &str = "";

fn of_aws(effect: Effect, actions: &str, resources: &str, condition: &str) -> Rule {
    let mut rule = worded(Dialect::Aws, effect, actions, resources);
    rule.conditions.extend(Some(condition.to_owned()).filter(|c| !c.is_empty()));
    rule
}

/// Highest class, extent, actions.
fn shown(rest: Option<&Rest>) -> Option<(&'static str, Extent, String)> {
    let rest = rest?;
    assert_eq!(rest.why.is_empty(), rest.extent == Extent::Known, "{rest:?}");
    Some((rest.classes.highest().map_or("", Class::as_str), rest.extent, rest.rule.actions.join(" ")))
}

type Company3 = &'static [(Via, Effect, &'static str, &'static str, &'static str)];

#[test]
fn denies_take_away_exactly_what_they_surely_speak_of() {
    use Effect::{Allow, Deny};
    use Extent::{Bounded, Known};
    use Via::{Boundary, Direct, Group, Trust};
    const MFA: &str = "Bool aws:MultiFactorAuthPresent false";
    #[expect(clippy::type_complexity, reason = "a table reads best flat")]
    let cases: [(&str, &str, Company3, Option<(&str, Extent)>); 27] = [
        ("*", "*", &[], Some(("full_control", Known))),
        ("*", "*", &[(Direct, Deny, "*", "*", "")], None),
        ("*", "*", &[(Group, Deny, "s3:*", "*", "")], None),
        ("*", "*", &[(Direct, Deny, "iam:*", "*", "")], Some(("admin", Known))),
        ("*", "*", &[(Direct, Deny, "s3:*", "!arn:aws:s3:::ok !arn:aws:s3:::ok/*", "")], None),
        ("*", "*", &[(Direct, Deny, "s3:*", "!arn:aws:s3:::mybucket/public/*", "")], Some(("full_control", Known))),
        ("*", "*", &[(Direct, Deny, "!iam:*", "*", "")], None),
        ("*", "*", &[(Direct, Deny, "!s3:Get* !iam:*", "*", "")], Some(("read", Known))),
        ("s3:*", "*", &[(Direct, Deny, "s3:*", "arn:aws:s3:::mybucket/secret/*", "")], Some(("admin", Known))),
        ("s3:*", "*", &[(Direct, Deny, "s3:*", "arn:aws:s3:::mybucket*", "")], None),
        ("s3:*", "arn:aws:s3:::mybucket/a/*", &[(Direct, Deny, "s3:*", "arn:aws:s3:::mybucket/?/*", "")], None),
        ("s3:*", "*", &[(Direct, Deny, "s3:*", "arn:aws:s3:::m*", ""), (Direct, Deny, "s3:*", "arn:aws:s3:::*", "")], None),
        ("s3:GetObject s3:PutObject", "*", &[(Direct, Deny, "s3:Put*", "*", "")], Some(("read", Known))),
        ("s3:GetObject s3:PutObject", "*", &[(Direct, Deny, "s3:Put*", "*", MFA)], Some(("write", Bounded))),
        ("s3:GetObject s3:ListBucket", "*", &[(Direct, Deny, "s3:List*", "*", MFA)], Some(("read", Known))),
        ("s3:*", "*", &[(Direct, Deny, "*", "*", MFA)], Some(("admin", Bounded))),
        ("s3:*", "*", &[(Direct, Deny, "*", "arn:aws:s3:::mybucket/${aws:username}/*", "")], Some(("admin", Known))),
        ("s3:*", "*", &[(Direct, Deny, "*", "arn:aws:s3:::${aws:username}*", "")], Some(("admin", Bounded))),
        ("s3:*", "*", &[(Direct, Deny, "*", "arn:aws:s3:::other/*", MFA)], Some(("admin", Known))),
        ("s3:*", "*", &[(Trust, Deny, "*", "*", "")], Some(("admin", Known))),
        ("*", "*", &[(Boundary, Allow, "s3:Get*", "*", "")], Some(("read", Known))),
        ("*", "*", &[(Boundary, Allow, "iam:*", "*", "")], None),
        ("*", "*", &[(Boundary, Allow, "s3:*", "arn:aws:s3:::other/*", "")], None),
        ("*", "*", &[(Boundary, Allow, "*", "*", ""), (Boundary, Deny, "s3:Put*", "*", "")], Some(("admin", Known))),
        ("*", "*", &[(Boundary, Allow, "s3:Get*", "*", MFA)], Some(("read", Bounded))),
        ("*", "*", &[(Boundary, Allow, "s3:Get*", "!arn:aws:s3:::other/*", "")], Some(("read", Bounded))),
        ("nosuchservice:Do s3:GetObject", "*", &[(Direct, Deny, "s3:*", "*", "")], Some(("write", Extent::Unknown))),
    ];
    for (actions, resources, company, expected) in cases {
        let company: Vec<(Rule, Via)> = company.iter().map(|(via, effect, a, r, c)| (of_aws(*effect, a, r, c), *via)).collect();
        let found = World::of(LocatorKind::Arn, BUCKET, &company).leaves(&of_aws(Allow, actions, resources, ""), DIRECT);
        let found = shown(found.as_ref()).map(|(class, extent, _)| (class, extent));
        assert_eq!(found, expected, "{actions} on {resources} beside {company:?}");
    }
}

#[test]
fn what_is_left_of_the_actions_is_named_and_what_narrows_the_rule_is_said() {
    let mut world = World::of(LocatorKind::Arn, BUCKET, &[(of_aws(Effect::Deny, "s3:Put* nosuch:*", "*", ""), Via::Direct)]);
    let rest = world.leaves(&of_aws(Effect::Allow, "s3:GetObject s3:PutObject iam:PassRole nosuch:Do other:Do", "*", ""), DIRECT);
    assert_eq!(shown(rest.as_ref()), Some(("write", Extent::Unknown, "other:Do s3:GetObject".to_owned())));
    let conditional = world.leaves(&of_aws(Effect::Allow, "s3:GetObject", "*", "Bool aws:SecureTransport true"), DIRECT);
    assert_eq!(conditional.map(|r| (r.extent, r.why)), Some((Extent::Bounded, "only where its conditions hold")));
    let unstated = World::of(LocatorKind::Name, "crm", &[]).leaves(&worded(Dialect::Csv, Effect::Allow, "read", "unstated"), DIRECT);
    assert_eq!(unstated.map(|r| (r.extent, r.why)), Some((Extent::Unknown, "the rule does not say what it reaches")));
}

#[test]
fn words_are_denied_by_what_surely_names_them() {
    let of = |effect, actions: &str, resources: &str| worded(Dialect::Csv, effect, actions, resources);
    for (actions, deny, on, expected) in [
        ("tickets.read tickets.delete", "tickets.delete", "crm", Some(("read", Extent::Known))),
        ("tickets.delete", "Tickets.*", "*", None),
        ("tickets.delete", "!tickets.delete", "*", Some(("destructive", Extent::Known))),
        ("tickets.delete", "*", "crm/eu", Some(("destructive", Extent::Known))),
        ("tickets.delete", "*", "!erp", None),
        // Nobody has listed what else the pattern stands for.
        ("*", "delete", "*", Some(("admin", Extent::Bounded))),
    ] {
        let mut world = World::of(LocatorKind::Name, "crm", &[(of(Effect::Deny, deny, on), Via::Direct)]);
        let rest = world.leaves(&of(Effect::Allow, actions, "*"), DIRECT);
        assert_eq!(shown(rest.as_ref()).map(|(class, extent, _)| (class, extent)), expected, "{actions} less {deny} on {on}");
    }
    // Two languages do not speak to each other.
    let mut world = World::of(LocatorKind::Arn, BUCKET, &[(of(Effect::Deny, "*", "*"), Via::Direct)]);
    assert!(world.leaves(&of_aws(Effect::Allow, "s3:*", "*", ""), DIRECT).is_some());
}

#[test]
fn a_binding_in_one_namespace_gives_what_is_in_there() {
    let rule = |verbs: &str, on: &str| worded(Dialect::Kubernetes, Effect::Allow, verbs, on);
    let one = "bound in one namespace only";
    for (verbs, on, binding, place, expected) in [
        ("*", "*/*", "ClusterRoleBinding root", "/secrets@argocd", Some(("full_control", Extent::Known, ""))),
        ("*", "*/*", "RoleBinding argocd/root", "/secrets@argocd", Some(("admin", Extent::Known, ""))),
        ("*", "*/*", "RoleBinding argocd/root", "/secrets@shop", None),
        ("*", "*/*", "RoleBinding argocd/root", "/secrets", Some(("admin", Extent::Bounded, one))),
        ("get", "/secrets", "RoleBinding argocd/read", "/secrets@argo*", Some(("secrets", Extent::Known, ""))),
        ("get", "/secrets", "RoleBinding argocd/read", "/secrets@argocd#db", Some(("secrets", Extent::Known, ""))),
        ("get", "/secrets", "RoleBinding argocd-2/read", "/secrets@argocd", None),
        ("get", "url:/metrics", "ClusterRoleBinding read", "url:/metrics", Some(("read", Extent::Known, ""))),
        ("get", "url:/metrics", "RoleBinding shop/read", "url:/metrics", None),
    ] {
        let rest = World::of(LocatorKind::Kubernetes, place, &[]).leaves(&rule(verbs, on), binding);
        let found = rest.as_ref().map(|r| (r.classes.highest().map_or("", Class::as_str), r.extent, r.why));
        assert_eq!(found, expected, "{verbs} on {on} by {binding}: {place}");
    }
}

/// Ten places, and for each whether a pattern of the test matches it, by the letter.
fn places() -> Vec<String> {
    let words = ["ok", "ok/1", "mybucket/a", "mybucket/b/1", "mybucket/", "other/a"];
    words.iter().map(|w| format!("arn:aws:s3:::{w}")).chain(["arn:aws:sqs:eu-west-1:1:a".to_owned()]).collect()
}

const ACTIONS: [&str; 7] = ["*", "s3:*", "s3:Get*", "sqs:*", "s3:GetObject", "*:Put*", "sqs:SendMessage"];
const ON: [&str; 7] = [
    "*",
    "arn:aws:s3:::*",
    "arn:aws:s3:::mybucket/*",
    "arn:aws:s3:::mybucket/a",
    "arn:aws:s3:::ok*",
    "arn:aws:s3:::mybucket/?/*",
    "arn:aws:sqs:*:1:*",
];

type Words = (Vec<usize>, bool, Vec<usize>, bool);

fn rule_of(effect: Effect, (actions, not_action, on, not_resource): &Words) -> Rule {
    let text = |of: &[&str], at: &[usize], negated: bool| {
        at.iter().map(|i| format!("{}{}", if negated { "!" } else { "" }, of[*i])).collect::<Vec<_>>().join(" ")
    };
    of_aws(effect, &text(&ACTIONS, actions, *not_action), &text(&ON, on, *not_resource), "")
}

/// Whether a rule speaks of an action on a place, as AWS says it.
fn speaks(rule: &Rule, action: &str, place: &str) -> bool {
    let any = |patterns: &[String], text: &str| patterns.iter().any(|p| glob(p.as_bytes(), text.as_bytes()));
    let lower = |patterns: &[String]| patterns.iter().map(|p| p.to_lowercase()).collect::<Vec<_>>();
    let acts =
        if rule.actions_negated.is_empty() { any(&lower(&rule.actions), action) } else { !any(&lower(&rule.actions_negated), action) };
    acts && if rule.resources_negated.is_empty() { any(&rule.resources, place) } else { !any(&rule.resources_negated, place) }
}

fn words() -> impl Strategy<Value = Words> {
    let some = |most: usize| prop::collection::vec(0..most, 1..3);
    (some(ACTIONS.len()), any::<bool>(), some(ON.len()), any::<bool>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    /// A small world: each of its places is a resource, and each action of the table is asked for by itself.
    #[test]
    fn what_is_left_on_a_place_is_what_asking_for_every_action_finds(
        allow in words(), denies in prop::collection::vec(words(), 0..3), boundary in prop::collection::vec(words(), 0..2),
    ) {
        let allow = rule_of(Effect::Allow, &allow);
        let mut company: Vec<(Rule, Via)> = denies.iter().map(|d| (rule_of(Effect::Deny, d), Via::Direct)).collect();
        company.extend(boundary.iter().map(|b| (rule_of(Effect::Allow, b), Via::Boundary)));
        for place in places() {
            let service = place.split(':').nth(2).expect("a service");
            let may = |action: &str| {
                let of_service = action.split(':').next() == Some(service);
                let denied = company.iter().any(|(r, _)| r.effect == Effect::Deny && speaks(r, action, &place));
                let capped = boundary.is_empty() || company.iter().any(|(r, via)| *via == Via::Boundary && speaks(r, action, &place));
                of_service && speaks(&allow, action, &place) && !denied && capped
            };
            let expected = aws::table().actions.iter().filter(|k| may(&k.name)).fold(Classes::default(), |c, k| c.union(k.classes));
            let found = World::of(LocatorKind::Arn, &place, &company).leaves(&allow, DIRECT);
            prop_assert_eq!(found.is_some(), expected.highest().is_some(), "{:?} on {} beside {:?}", allow, place, company);
            let Some(rest) = found else { continue };
            let alike = |class: &Class| rest.classes.has(*class) == expected.has(*class) || *class == Class::FullControl;
            prop_assert!(Class::ALL.iter().all(alike), "{:?} on {} beside {:?}: {:?}", allow, place, company, rest);
            prop_assert!(rest.extent == Extent::Known || !boundary.is_empty(), "{:?} beside {:?}", rest, company);
            prop_assert!(privilege::judge(&allow).classes.contains(rest.classes), "no rule reaches more than it says");
        }
    }
}
