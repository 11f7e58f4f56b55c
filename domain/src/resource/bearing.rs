//! What a rule that allows does to one resource, whoever holds it: which of its actions can reach the resource, by the
//! service of the action and by the patterns of its places, and the classes of those. It must not know who holds the rule,
//! nor what denies and boundaries take away again (`company`).

use crate::locator::{LocatorKind, Pattern, Reach, Work, narrowed};
use crate::privilege::aws::{self, Actions, Acts};
use crate::privilege::{self, Class, Classes};
use crate::rule::{Dialect, Effect, Rule};
use std::collections::HashMap;
use std::sync::Arc;

/// A resource as it is compared.
#[derive(Clone, Debug)]
pub struct Target {
    pub pattern: Pattern,
    /// The service that its ARN names; empty for other kinds.
    service: String,
}

impl Target {
    pub fn of(pattern: Pattern) -> Self {
        Self { service: pattern.service().unwrap_or_default(), pattern }
    }
}

/// What a rule speaks of on a service, found once for each.
#[derive(Clone, Debug, Default)]
pub(super) struct Spoken(HashMap<String, Arc<Acts>>);

impl Spoken {
    pub(super) fn on(&mut self, rule: &Rule, target: &Target, work: &mut Work) -> Arc<Acts> {
        if let Some(known) = self.0.get(&target.service) {
            return known.clone();
        }
        let acts = if rule.dialect == Dialect::Aws && target.pattern.kind() == LocatorKind::Arn {
            aws::acts_on(rule, &target.service)
        } else {
            words(rule)
        };
        // Most names differ in their first letters; where no work is left, the answer is still the right one.
        work.take(acts.compared * 4);
        let acts = Arc::new(acts);
        self.0.insert(target.service.clone(), acts.clone());
        acts
    }
}

/// The actions of a rule that are words without a table behind them.
fn words(rule: &Rule) -> Acts {
    let mut words = rule.actions.clone();
    // Everything but what it names, unless that is everything.
    if words.is_empty() && !rule.actions_negated.is_empty() && !rule.actions_negated.iter().any(|p| p == "*") {
        words.push("*".to_owned());
    }
    Acts { words, patterns: rule.actions.clone(), compared: rule.actions.len(), ..Acts::default() }
}

/// One thing that a rule lets somebody do: an action of the table, or a word where there is none.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act<'a> {
    Known(u32),
    Word(&'a str),
}

/// Those that are sure, then those that may be of the service.
pub(super) fn acts(of: &Acts) -> (impl Iterator<Item = Act<'_>>, impl Iterator<Item = Act<'_>>) {
    let words = of.words.iter().map(|word| Act::Word(word));
    (of.known.iter().map(|at| Act::Known(*at)).chain(words), of.perhaps.iter().map(|word| Act::Word(word)))
}

/// A rule, taken apart once and asked of many resources.
#[derive(Clone, Debug)]
pub struct Allow {
    pub rule: Rule,
    pub(super) reach: Reach,
    spoken: Spoken,
}

/// What is left of a rule on one resource. Full control is of everything, so it is never among the classes of one.
#[derive(Clone, Debug)]
pub struct Bearing {
    /// The rule with what bears on the resource alone: actions of its service, patterns that meet it.
    pub rule: Rule,
    pub classes: Classes,
    pub(super) acts: Arc<Acts>,
}

impl Allow {
    pub fn of(rule: Rule, work: &mut Work) -> Self {
        Self { reach: Reach::of(&rule, work), rule, spoken: Spoken::default() }
    }

    /// None where the rule does not reach the resource.
    pub fn on(&mut self, target: &Target, work: &mut Work) -> Option<Bearing> {
        if self.rule.effect != Effect::Allow || !self.reach.touches(&target.pattern, work) {
            return None;
        }
        let found = self.spoken.on(&self.rule, target, work);
        if found.is_empty() {
            return None;
        }
        let mut rule = self.rule.clone();
        rule.actions.clone_from(&found.patterns);
        if !is_whole_cluster(&rule) {
            rule.resources = narrowed(&rule, &target.pattern, work);
        }
        work.take(found.known.len());
        let (sure, perhaps) = acts(&found);
        let classes = classes(&rule, sure.chain(perhaps));
        Some(Bearing { rule, classes, acts: found })
    }

    /// Whether the rule amounts to full control by itself, as if bound everywhere.
    pub fn is_full_control(&self) -> bool {
        let everywhere = self.rule.dialect != Dialect::Aws || aws::is_on_everything(&self.rule);
        everywhere && privilege::judge(&self.rule).classes.has(Class::FullControl)
    }
}

/// Every verb on every resource is judged as what it is, not by the one resource that is asked about: whoever holds it holds
/// what the others hold as well.
fn is_whole_cluster(rule: &Rule) -> bool {
    let has = |list: &[String], what: &str| list.iter().any(|text| text == what);
    rule.dialect == Dialect::Kubernetes && has(&rule.actions, "*") && has(&rule.resources, "*/*")
}

/// The classes of some of the acts of a rule that was narrowed.
pub(super) fn classes<'a>(rule: &Rule, acts: impl Iterator<Item = Act<'a>>) -> Classes {
    let (mut known, mut words): (Vec<u32>, Vec<&str>) = (Vec::new(), Vec::new());
    for act in acts {
        match act {
            Act::Known(at) => known.push(at),
            Act::Word(word) => words.push(word),
        }
    }
    let judged = if rule.dialect == Dialect::Aws {
        aws::classes_left(rule, &Actions::of(known), &words)
    } else {
        let kept = |action: &&String| words.contains(&action.as_str());
        privilege::judge(&Rule { actions: rule.actions.iter().filter(kept).cloned().collect(), ..rule.clone() })
    };
    judged.classes.without(Class::FullControl)
}

/// A narrowed rule with the patterns alone of which some act is left.
pub(super) fn keeping(mut rule: Rule, acts: &[Act<'_>]) -> Rule {
    rule.actions.retain(|pattern| {
        let lower = pattern.to_lowercase();
        acts.iter().any(|act| match act {
            Act::Word(word) => word == pattern,
            Act::Known(at) => privilege::glob(lower.as_bytes(), aws::table().actions[*at as usize].name.as_bytes()),
        })
    });
    rule
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::privilege::tests::{ALL_BUT_FULL, rule as worded};
    use crate::resource;

    fn on(rule: Rule, kind: LocatorKind, text: &str) -> Option<(String, String)> {
        let work = &mut Work::default();
        let target = Target::of(resource::pattern(kind, text).expect(text));
        let bearing = Allow::of(rule, work).on(&target, work)?;
        let mark = bearing.classes.wildcard().then_some("wildcard");
        let classes: Vec<&str> = bearing.classes.iter().map(Class::as_str).chain(mark).collect();
        Some((bearing.rule.actions.join(" "), classes.join(" ")))
    }

    #[test]
    fn a_rule_is_judged_by_what_reaches_the_resource() {
        use Dialect::{Aws, Csv, Kubernetes};
        const BUCKET: &str = "arn:aws:s3:::mybucket/*";
        for (dialect, actions, resources, place, expected) in [
            (Aws, "iam:CreateAccessKey s3:GetObject secretsmanager:GetSecretValue", "*", BUCKET, Some(("s3:GetObject", "read wildcard"))),
            (Aws, "iam:PassRole ec2:*", "*", BUCKET, None),
            (Aws, "s3:*", "arn:aws:s3:::other/*", BUCKET, None),
            (Aws, "iam:* s3:Get*", "*", BUCKET, Some(("s3:Get*", "read wildcard"))),
            (Aws, "*", "*", BUCKET, Some(("*", "admin destructive write read wildcard"))),
            (Aws, "s3*:PutObject", "*", BUCKET, Some(("s3*:PutObject", "write wildcard"))),
            (Aws, "!*", "*", BUCKET, None),
            (Aws, "!s3:*", "*", BUCKET, None),
            (Aws, "!iam:* !s3:Put* !s3:Delete*", "*", BUCKET, Some(("", "admin write read wildcard"))),
            (Aws, "", "*", BUCKET, None),
            (Kubernetes, "get", "/configmaps /secrets", "/configmaps@shop", Some(("get", "read"))),
            (Kubernetes, "get", "*/*", "/configmaps@shop", Some(("get", "read"))),
            (Kubernetes, "get", "*/*", "/secrets@shop", Some(("get", "secrets read"))),
            (Kubernetes, "create", "/*", "/pods/exec@shop#web", Some(("create", "admin write"))),
            (Kubernetes, "create", "/*/exec", "/pods/exec", Some(("create", "admin write"))),
            (Kubernetes, "*", "*/*", "/configmaps@shop", Some(("*", ALL_BUT_FULL))),
            (Kubernetes, "", "*/*", "/configmaps@shop", None),
            (Csv, "*", "crm", "crm", Some(("*", ALL_BUT_FULL))),
            (Csv, "secrets.read", "crm *", "crm", Some(("secrets.read", "secrets read wildcard"))),
        ] {
            let kind = match dialect {
                Aws => LocatorKind::Arn,
                Kubernetes => LocatorKind::Kubernetes,
                _ => LocatorKind::Name,
            };
            let found = on(worded(dialect, Effect::Allow, actions, resources), kind, place);
            let found = found.as_ref().map(|(actions, classes)| (actions.as_str(), classes.as_str()));
            assert_eq!(found, expected, "{dialect:?} {actions} on {resources}: {place}");
        }
    }

    #[test]
    fn a_service_without_a_table_is_reached_by_what_may_mean_it() {
        let place = "arn:aws:nosuchservice:eu-west-1:111122223333:thing/x";
        for (actions, expected) in [
            ("nosuchservice:Do", Some("write")),
            ("*", Some("admin secrets destructive write wildcard")),
            ("s3:*", None),
            ("!s3:*", Some("admin secrets destructive write wildcard")),
            ("!nosuch*:*", None),
        ] {
            let found = on(worded(Dialect::Aws, Effect::Allow, actions, "arn:*"), LocatorKind::Arn, place);
            let found = found.map(|(_, classes)| classes);
            // That it is on all resources is a mark of its own.
            let expected =
                expected.map(|classes| if classes.ends_with("wildcard") { classes.to_owned() } else { format!("{classes} wildcard") });
            assert_eq!(found, expected, "{actions}");
        }
    }

    #[test]
    fn ordinary_rules_come_nowhere_near_the_bound() {
        let services = ["s3", "ec2", "iam", "logs", "sqs", "sns", "lambda", "kms", "dynamodb", "events"];
        let actions = services.iter().flat_map(|s| ["Get*", "List*", "Describe*", "Put*"].map(|a| format!("{s}:{a}")));
        let rule = worded(Dialect::Aws, Effect::Allow, &actions.collect::<Vec<_>>().join(" "), "*");
        let mut work = Work::default();
        for place in ["arn:aws:s3:::mybucket/*", "arn:aws:ec2:*:*:instance/*", "arn:aws:sqs:*:*:*"] {
            let target = Target::of(resource::pattern(LocatorKind::Arn, place).expect(place));
            let before = work.left();
            assert!(Allow::of(rule.clone(), &mut work).on(&target, &mut work).is_some());
            let cost = before - work.left();
            assert!(cost * 5_000 < Work::ONE_ANSWER, "{place}: {cost} steps a rule");
        }
    }
}
