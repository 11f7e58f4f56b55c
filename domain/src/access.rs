//! Access of one identity as its grants give it together: explicit deny over boundary over allow. A
//! conditional deny takes nothing away, because the condition may not hold; a conditional allow is shown as
//! conditional. Full control is what is left of everything on everything: an action cut, a boundary around some
//! resources or a binding in one namespace takes it away. What a file cannot show is said by `NOT_SEEN`.

use crate::privilege::aws::{self, Named};
use crate::privilege::{self, Breadth, Class, Classes, Judgement};
use crate::rule::{Dialect, Effect, Rule, Via};
use std::collections::HashMap;
use std::sync::Arc;

mod limits;
mod totals;

use limits::{Boundary, Denies, covers};
pub(crate) use limits::{may_name, speaks_of, surely_matches, surely_names};
pub use totals::{Totals, totals};

/// What identity policies do not tell, printed wherever AWS access is shown.
pub const NOT_SEEN: &str = "identity-policy access; not seen: SCP, RCP, resource and session policies";

/// How `via_name` begins where a Kubernetes role is bound in one namespace only. The importer writes it; the name of a
/// binding in the whole cluster begins otherwise.
pub const IN_ONE_NAMESPACE: &str = "RoleBinding ";

/// A grant as held.
#[derive(Clone, Copy, Debug)]
pub struct HeldRule<'a> {
    pub rule: &'a Rule,
    pub via: Via,
    /// What the path is called: a binding, a group, empty where it has no name.
    pub via_name: &'a str,
    /// True where the grant has an end.
    pub timed: bool,
}

impl HeldRule<'_> {
    fn is_in_one_namespace(&self) -> bool {
        self.rule.dialect == Dialect::Kubernetes && self.via_name.starts_with(IN_ONE_NAMESPACE)
    }
}

/// The judgement on a grant in the company of the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// Classes that remain after denies and the boundary; for a deny, what it denies.
    pub classes: Classes,
    /// One reason per class, worst first.
    pub reasons: Vec<(Class, String)>,
    /// The reason of the wildcard mark, where it stands.
    pub wildcard: Option<String>,
    /// How far it reaches; none where nothing is left.
    pub breadth: Option<Breadth>,
    /// Actions taken away by a deny or the boundary, of all the rule names.
    pub cut: Option<(usize, usize)>,
}

impl Judged {
    fn of(judgement: Judgement, cut: Option<(usize, usize)>) -> Self {
        let Judgement { classes, reasons, wildcard, breadth } = judgement;
        Self { classes, reasons, wildcard, breadth, cut }
    }

    /// For lists of grants, the worse the greater: highest class, breadth, the wildcard mark.
    pub fn order_key(&self) -> (u8, Option<Breadth>, bool) {
        (self.classes.severity(), self.breadth, self.classes.wildcard())
    }

    /// The same in one number, where there are millions of them.
    pub fn weight(&self) -> u8 {
        let breadth = self.breadth.map_or(0, |b| 1 + b as u8);
        self.classes.severity() * 16 + breadth * 2 + u8::from(self.classes.wildcard())
    }
}

/// Remembers what a rule names and what it comes to alone, because rules are shared by many identities.
#[derive(Default)]
pub struct Memory {
    named: HashMap<Rule, Arc<Named>>,
    alone: HashMap<Rule, Judgement>,
}

impl Memory {
    fn named(&mut self, rule: &Rule) -> Arc<Named> {
        if let Some(known) = self.named.get(rule) {
            return known.clone();
        }
        let found = Arc::new(Named::of(rule));
        self.named.insert(rule.clone(), found.clone());
        found
    }

    fn alone(&mut self, rule: &Rule) -> Judgement {
        if let Some(known) = self.alone.get(rule) {
            return known.clone();
        }
        let judged = privilege::judge(rule);
        self.alone.insert(rule.clone(), judged.clone());
        judged
    }
}

/// Judges every grant of one identity together, in the order given.
pub fn judge(grants: &[HeldRule<'_>], memory: &mut Memory) -> Vec<Judged> {
    let denies = Denies::of(grants, memory);
    let boundary = Boundary::of(grants, memory);
    grants.iter().map(|held| judge_one(held, &denies, boundary.as_ref(), memory)).collect()
}

fn judge_one(held: &HeldRule<'_>, denies: &Denies<'_>, boundary: Option<&Boundary<'_>>, memory: &mut Memory) -> Judged {
    let rule = held.rule;
    let free = rule.effect == Effect::Deny || held.via == Via::Boundary;
    let denied = !free && denies.all.iter().any(|d| d.rule.dialect == rule.dialect);
    let boundary = boundary.filter(|_| !free && rule.dialect == Dialect::Aws);
    if !denied && boundary.is_none() {
        let alone = memory.alone(rule);
        return Judged::of(if held.is_in_one_namespace() { alone.short_of_everything() } else { alone }, None);
    }
    if rule.dialect != Dialect::Aws {
        let denies: Vec<&HeldRule<'_>> = denies.all.iter().copied().filter(|d| d.rule.dialect == rule.dialect).collect();
        return by_words(held, &denies);
    }
    let named = memory.named(rule);
    let mut left = denies.leave(rule, &named.known);
    let mut unknown: Vec<&str> = named.unknown.iter().map(String::as_str).filter(|action| !denies.take(rule, action)).collect();
    if let Some(boundary) = boundary {
        left = left.within(&boundary.actions);
        unknown.retain(|action| boundary.may_leave(action));
    }
    let judged = aws::classes_left(rule, &left, &unknown);
    let judged = if boundary.is_none_or(|b| b.everything) { judged } else { judged.short_of_everything() };
    let (all, left) = (named.known.len() + named.unknown.len(), left.len() + unknown.len());
    Judged::of(judged, (left < all).then(|| (all - left, all)))
}

/// A rule whose actions are words, without a table behind them: a deny takes away the actions it surely names.
fn by_words(held: &HeldRule<'_>, denies: &[&HeldRule<'_>]) -> Judged {
    let rule = held.rule;
    let denied = |action: &String| denies.iter().any(|d| surely_names(d.rule, action) && covers(d.rule, rule));
    let mut left = rule.clone();
    left.actions.retain(|a| !denied(a));
    let judged = if left.actions.is_empty() && rule.actions_negated.is_empty() { Judgement::default() } else { privilege::judge(&left) };
    // Of `*` a deny leaves words nobody has listed: all classes may stand among them, but it is not everything any more.
    let part = denies.iter().any(|d| covers(d.rule, rule) && !(d.rule.actions.is_empty() && d.rule.actions_negated.is_empty()));
    let judged = if part || held.is_in_one_namespace() { judged.short_of_everything() } else { judged };
    Judged::of(judged, (left.actions.len() < rule.actions.len()).then(|| (rule.actions.len() - left.actions.len(), rule.actions.len())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::privilege::tests::{ALL, ALL_BUT_FULL, rule as worded};

    fn rule(effect: Effect, actions: &[&str], resources: &[&str]) -> Rule {
        let mut r = Rule::new(Dialect::Aws, effect);
        r.actions = actions.iter().map(|a| (*a).to_owned()).collect();
        r.resources = resources.iter().map(|a| (*a).to_owned()).collect();
        r.normal()
    }

    fn held(rule: &Rule, via: Via) -> HeldRule<'_> {
        HeldRule { rule, via, via_name: "", timed: false }
    }

    #[test]
    fn an_explicit_deny_takes_the_class_away() {
        let (allow, deny) = (rule(Effect::Allow, &["s3:*"], &["*"]), rule(Effect::Deny, &["s3:Delete*"], &["*"]));
        let grants = [held(&allow, Via::Direct), held(&deny, Via::Group)];
        let judged = judge(&grants, &mut Memory::default());
        let alone = judge(&grants[..1], &mut Memory::default());
        assert!(alone[0].classes.has(Class::Destructive));
        assert!(judged[0].cut.is_some());
        assert!(judged[0].classes.has(Class::Write));
        let totals = totals(&grants, &judged);
        assert_eq!((totals.grants, totals.denied, totals.standing), (1, 1, 1));
    }

    #[test]
    fn a_deny_counts_in_every_language_that_has_one() {
        let of = |effect, actions: &[&str], resources: &[&str]| {
            let mut r = rule(effect, actions, resources);
            r.dialect = Dialect::Csv;
            r
        };
        let allow = of(Effect::Allow, &["tickets.delete", "tickets.read"], &["crm/eu"]);
        for (actions, resources, left) in [
            (&["tickets.delete"][..], &["crm/eu"][..], &[Class::Read][..]),
            (&["Tickets.*"], &["*"], &[]),
            (&["tickets.delete"], &["crm/us"], &[Class::Destructive, Class::Read]),
            (&["invoices.*"], &["*"], &[Class::Destructive, Class::Read]),
        ] {
            let deny = of(Effect::Deny, actions, resources);
            let judged = judge(&[held(&allow, Via::Direct), held(&deny, Via::Direct)], &mut Memory::default());
            assert_eq!(judged[0].classes.iter().collect::<Vec<_>>(), left, "{actions:?} {resources:?}");
        }
        let aws_deny = rule(Effect::Deny, &["*"], &["*"]);
        let judged = judge(&[held(&allow, Via::Direct), held(&aws_deny, Via::Direct)], &mut Memory::default());
        assert_eq!(judged[0].cut, None, "a deny speaks of its own source's language");
    }

    #[test]
    fn a_conditional_or_narrower_deny_takes_nothing_away() {
        let allow = rule(Effect::Allow, &["s3:*"], &["*"]);
        let mut deny = rule(Effect::Deny, &["s3:*"], &["*"]);
        deny.conditions = vec!["Bool aws:MultiFactorAuthPresent false".to_owned()];
        let judged = judge(&[held(&allow, Via::Direct), held(&deny, Via::Direct)], &mut Memory::default());
        assert_eq!(judged[0].cut, None);
        let narrow = rule(Effect::Deny, &["s3:*"], &["arn:aws:s3:::vault/*"]);
        let judged = judge(&[held(&allow, Via::Direct), held(&narrow, Via::Direct)], &mut Memory::default());
        assert_eq!(judged[0].cut, None);
    }

    #[test]
    fn a_deny_that_only_seems_to_cover_takes_nothing_away() {
        for (allow, deny) in [("arn:aws:s3:::b/*", "arn:aws:s3:::b/?"), ("arn:aws:s3:::b/vault/*", "arn:aws:s3:::b/Vault/*")] {
            let (a, d) = (rule(Effect::Allow, &["s3:*"], &[allow]), rule(Effect::Deny, &["s3:*"], &[deny]));
            let judged = judge(&[held(&a, Via::Direct), held(&d, Via::Direct)], &mut Memory::default());
            assert_eq!(judged[0].cut, None, "{allow} {deny}");
        }
    }

    #[test]
    fn a_boundary_caps_and_grants_nothing() {
        let (admin, boundary) = (rule(Effect::Allow, &["*"], &["*"]), rule(Effect::Allow, &["s3:Get*"], &["*"]));
        let grants = [held(&admin, Via::Direct), held(&boundary, Via::Boundary)];
        let judged = judge(&grants, &mut Memory::default());
        assert!(judged[0].classes.has(Class::Read) && !judged[0].classes.has(Class::Admin), "{judged:?}");
        assert_eq!(totals(&grants, &judged).grants, 1);
    }

    /// The classes of the first of some grants that are held together, and then the mark.
    fn words(judged: &Judged) -> String {
        let mark = judged.classes.wildcard().then_some("wildcard");
        judged.classes.iter().map(Class::as_str).chain(mark).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn full_control_is_what_company_leaves_of_everything() {
        use Effect::{Allow, Deny};
        type Company = &'static [(Via, Effect, &'static str, &'static str)];
        let aws: [(Company, &str, Breadth); 13] = [
            (&[], ALL, Breadth::Everything),
            (&[(Via::Direct, Allow, "s3:Get*", "*")], ALL, Breadth::Everything),
            (&[(Via::Direct, Deny, "iam:DeleteUser", "*")], ALL_BUT_FULL, Breadth::Account),
            (&[(Via::Group, Deny, "!s3:*", "*")], "admin destructive write read wildcard", Breadth::Service),
            (&[(Via::Direct, Deny, "iam:*", "arn:aws:iam::111122223333:role/one")], ALL, Breadth::Everything),
            (&[(Via::Direct, Deny, "nosuchservice:*", "*")], ALL, Breadth::Everything),
            (&[(Via::Boundary, Allow, "s3:Get*", "*")], "read wildcard", Breadth::Service),
            (&[(Via::Boundary, Allow, "s3:Get* sqs:ListQueues", "*")], "read wildcard", Breadth::Account),
            (&[(Via::Boundary, Allow, "*", "*")], ALL, Breadth::Everything),
            (&[(Via::Boundary, Allow, "*", "arn:aws:s3:::b/*")], ALL_BUT_FULL, Breadth::Account),
            (&[(Via::Boundary, Allow, "s3:*", "*"), (Via::Boundary, Allow, "!s3:*", "*")], ALL, Breadth::Everything),
            (&[(Via::Boundary, Allow, "s3:*", "*"), (Via::Boundary, Allow, "!s3:*", "arn:aws:x*")], ALL_BUT_FULL, Breadth::Account),
            (&[(Via::Boundary, Allow, "*", "*"), (Via::Boundary, Deny, "iam:DeleteUser", "*")], ALL_BUT_FULL, Breadth::Account),
        ];
        let csv: [(Company, &str, Breadth); 4] = [
            (&[(Via::Direct, Deny, "tickets.delete", "*")], ALL_BUT_FULL, Breadth::Account),
            (&[(Via::Direct, Deny, "!tickets.read", "*")], ALL_BUT_FULL, Breadth::Account),
            (&[(Via::Direct, Deny, "tickets.delete", "crm")], ALL, Breadth::Everything),
            (&[(Via::Direct, Allow, "tickets.delete", "*")], ALL, Breadth::Everything),
        ];
        let rows = aws.iter().map(|r| (Dialect::Aws, r)).chain(csv.iter().map(|r| (Dialect::Csv, r)));
        for (dialect, (company, expected, breadth)) in rows {
            let mut rules = vec![(Via::Direct, worded(dialect, Allow, "*", "*"))];
            rules.extend(company.iter().map(|(via, effect, actions, on)| (*via, worded(dialect, *effect, actions, on))));
            let grants: Vec<HeldRule<'_>> = rules.iter().map(|(via, rule)| held(rule, *via)).collect();
            let judged = judge(&grants, &mut Memory::default());
            assert_eq!((words(&judged[0]).as_str(), judged[0].breadth), (*expected, Some(*breadth)), "{dialect:?} {company:?}");
        }
    }

    #[test]
    fn a_role_bound_in_one_namespace_is_not_everything() {
        let (admin, viewer) =
            (worded(Dialect::Kubernetes, Effect::Allow, "*", "*/*"), worded(Dialect::Kubernetes, Effect::Allow, "list", "*/*"));
        for (via_name, classes, breadth) in [
            ("ClusterRoleBinding cluster-admins", ALL, Breadth::Everything),
            ("ClusterRoleBinding RoleBinding ", ALL, Breadth::Everything),
            ("RoleBinding shop/admins", ALL_BUT_FULL, Breadth::Account),
            ("RoleBinding shop/admins, group system:serviceaccounts", ALL_BUT_FULL, Breadth::Account),
        ] {
            let grants = [&admin, &viewer].map(|rule| HeldRule { rule, via: Via::Binding, via_name, timed: false });
            let judged = judge(&grants, &mut Memory::default());
            assert_eq!((words(&judged[0]).as_str(), judged[0].breadth), (classes, Some(breadth)), "{via_name}");
            assert_eq!((words(&judged[1]).as_str(), judged[1].breadth), ("admin secrets read wildcard", Some(breadth)), "{via_name}");
        }
        let csv = worded(Dialect::Csv, Effect::Allow, "*", "*");
        let named = HeldRule { rule: &csv, via: Via::Direct, via_name: "RoleBinding shop/admins", timed: false };
        assert_eq!(words(&judge(&[named], &mut Memory::default())[0]), ALL, "a name of another source's path binds nothing");
    }

    #[test]
    fn lists_of_grants_begin_with_the_worst() {
        let rules = ["*", "secrets.read", "list", "read"]
            .map(|actions| worded(Dialect::Csv, Effect::Allow, actions, if actions == "read" { "crm" } else { "*" }));
        let grants: Vec<HeldRule<'_>> = rules.iter().map(|r| held(r, Via::Direct)).collect();
        let judged = judge(&grants, &mut Memory::default());
        assert!(judged.is_sorted_by(|a, b| a.order_key() > b.order_key()), "{judged:?}");
        assert_eq!(Judged::default().order_key(), (0, None, false));
    }

    #[test]
    fn the_deny_of_a_trust_policy_is_about_becoming_the_role() {
        let role = "arn:aws:iam::111122223333:role/target";
        let (trust, deny) = (rule(Effect::Allow, &["sts:AssumeRole"], &[role]), rule(Effect::Deny, &["sts:AssumeRole"], &[role]));
        let judged = judge(&[held(&trust, Via::Trust), held(&deny, Via::Trust)], &mut Memory::default());
        assert_eq!((judged[0].classes, judged[0].cut), (Classes::default(), Some((1, 1))));
        // Whatever grants it: what the role refuses, a policy of the one who asks does not give.
        let judged = judge(&[held(&trust, Via::Direct), held(&deny, Via::Trust)], &mut Memory::default());
        assert_eq!(judged[0].cut, Some((1, 1)));
        let (pass, all) = (rule(Effect::Allow, &["iam:PassRole"], &[role]), rule(Effect::Deny, &["*"], &[role]));
        let judged = judge(&[held(&pass, Via::Direct), held(&all, Via::Trust)], &mut Memory::default());
        assert!(judged[0].classes.has(Class::Admin) && judged[0].cut.is_none(), "{judged:?}");
        let judged = judge(&[held(&pass, Via::Direct), held(&all, Via::Direct)], &mut Memory::default());
        assert_eq!(judged[0].cut, Some((1, 1)));
    }
}
