//! Which actions of AWS name ARNs of a service: those of its own prefix, and those that `data/aws_arns.txt` lists (its
//! head names source and licence). What the table does not know is told apart from what it knows not to name. It must not
//! look at a rule's resources, nor say whether a rule allows or denies.

use super::{Table, glob, is_pattern, table};
use crate::rule::Rule;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

static DATA: &str = include_str!("../../../data/aws_arns.txt");

/// What a rule speaks of that names ARNs of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acts {
    /// Actions of the table, sorted.
    pub known: Vec<u32>,
    /// Patterns as the rule writes them that surely name its ARNs though the table has no action for them.
    pub words: Vec<String>,
    /// Patterns that may name them, and of which the table knows nothing.
    pub perhaps: Vec<String>,
    /// All of the rule's patterns of these kinds; none where it says what it leaves out.
    pub patterns: Vec<String>,
    /// Names compared on the way.
    pub compared: usize,
}

impl Acts {
    pub fn is_empty(&self) -> bool {
        self.known.is_empty() && self.words.is_empty() && self.perhaps.is_empty()
    }
}

/// The table the other way round.
struct Arns {
    all: Vec<u32>,
    /// By service in the ARN the actions that name one, sorted.
    by_service: HashMap<&'static str, Vec<u32>>,
    /// Prefixes of which some actions name ARNs of another service.
    related: HashSet<(&'static str, &'static str)>,
}

fn arns() -> &'static Arns {
    static ARNS: OnceLock<Arns> = OnceLock::new();
    ARNS.get_or_init(|| parse(table()))
}

fn parse(table: &'static Table) -> Arns {
    let own = table.services.iter().map(|(prefix, (from, to))| (*prefix, (*from as u32..*to as u32).collect()));
    let all = (0..table.actions.len() as u32).collect();
    let mut out = Arns { all, by_service: own.collect(), related: HashSet::new() };
    for line in DATA.lines().filter(|l| !l.starts_with('#')) {
        let mut words = line.split(' ');
        let (Some(prefix), Some(service), Some(names)) = (words.next(), words.next(), words.next()) else { continue };
        let (from, to) = table.services.get(prefix).copied().unwrap_or_default();
        let names: HashSet<String> = names.split(',').map(|name| format!("{prefix}:{}", name.to_lowercase())).collect();
        let every = names.contains(&format!("{prefix}:*"));
        let named = (from..to).filter(|at| every || names.contains(&table.actions[*at].name)).map(|at| at as u32);
        out.by_service.entry(service).or_default().extend(named);
        out.related.insert((prefix, service));
    }
    for list in out.by_service.values_mut() {
        list.sort_unstable();
    }
    out
}

/// The actions that name ARNs of a service; of several where a pattern matches them.
fn naming(service: &str) -> Cow<'static, [u32]> {
    let arns = arns();
    if service == "*" {
        return Cow::Borrowed(&arns.all);
    }
    if !is_pattern(service) {
        return arns.by_service.get(service).map_or(Cow::Borrowed(&[]), |list| Cow::Borrowed(list));
    }
    let matched = arns.by_service.iter().filter(|(name, _)| glob(service.as_bytes(), name.as_bytes()));
    let mut all: Vec<u32> = matched.flat_map(|(_, list)| list.iter().copied()).collect();
    all.sort_unstable();
    all.dedup();
    Cow::Owned(all)
}

/// Those of some actions that a pattern in lower case may match, by their prefix.
fn among<'a>(pattern: &str, of: &'a [u32]) -> &'a [u32] {
    match pattern.split_once(':') {
        Some((prefix, _)) if !is_pattern(prefix) => {
            let (from, to) = table().services.get(prefix).copied().unwrap_or_default();
            let before = |end: usize| of.partition_point(|at| (*at as usize) < end);
            &of[before(from)..before(to)]
        }
        _ => of,
    }
}

fn matches(pattern: &str, at: u32) -> bool {
    glob(pattern.as_bytes(), table().actions[at as usize].name.as_bytes())
}

/// What a rule's Action or NotAction names of what can be done to ARNs of a service: a literal, or a pattern in lower case.
pub fn acts_on(rule: &Rule, service: &str) -> Acts {
    let of = naming(service);
    if rule.actions_negated.is_empty() { listed(rule, service, &of) } else { all_but(rule, service, &of) }
}

fn listed(rule: &Rule, service: &str, of: &[u32]) -> Acts {
    let mut out = Acts::default();
    for pattern in &rule.actions {
        let lower = pattern.to_lowercase();
        let (among, before) = (among(&lower, of), out.known.len());
        out.compared += 1 + among.len();
        out.known.extend(among.iter().copied().filter(|at| matches(&lower, *at)));
        if out.known.len() == before {
            match unlisted(&lower, service, of.is_empty()) {
                Some(true) => out.words.push(pattern.clone()),
                Some(false) => out.perhaps.push(pattern.clone()),
                None => continue,
            }
        }
        out.patterns.push(pattern.clone());
    }
    out.known.sort_unstable();
    out.known.dedup();
    out
}

/// Whether a pattern that matches none of the actions known to name ARNs of a service names some nevertheless: surely,
/// perhaps, or not at all. `new` says that the table knows no action for the service.
fn unlisted(pattern: &str, service: &str, new: bool) -> Option<bool> {
    let table = table();
    let unheard = || !table.matches(pattern);
    let Some((prefix, _)) = pattern.split_once(':') else {
        let head = pattern.split(['*', '?']).next().unwrap_or_default();
        let may = is_pattern(pattern) && format!("{service}:").starts_with(head);
        return if new && may { Some(true) } else { unheard().then_some(false) };
    };
    if is_pattern(prefix) {
        let may = is_pattern(service) || glob(prefix.as_bytes(), service.as_bytes());
        return may.then_some(new).filter(|sure| *sure || unheard());
    }
    if glob(service.as_bytes(), prefix.as_bytes()) {
        return Some(true);
    }
    let known = table.services.contains_key(prefix);
    let related = || arns().related.iter().any(|(of, to)| *of == prefix && glob(service.as_bytes(), to.as_bytes()));
    (!known || (related() && unheard())).then_some(false)
}

fn all_but(rule: &Rule, service: &str, of: &[u32]) -> Acts {
    let (mut out, mut named) = (Acts::default(), HashSet::new());
    let (mut whole, every) = (of.is_empty() && !is_pattern(service), format!("{service}:*"));
    for pattern in &rule.actions_negated {
        let lower = pattern.to_lowercase();
        let among = among(&lower, of);
        out.compared += 1 + among.len();
        named.extend(among.iter().copied().filter(|at| matches(&lower, *at)));
        // A `?` does not stand for the `*`.
        whole &= lower.contains('?') || !glob(lower.as_bytes(), every.as_bytes());
    }
    out.known = of.iter().copied().filter(|at| !named.contains(at)).collect();
    out.words.extend(whole.then_some(every));
    out
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::rule as worded;
    use super::*;
    use crate::rule::{Dialect, Effect};
    use proptest::prelude::*;

    fn on(actions: &str, service: &str) -> (Vec<String>, Vec<String>) {
        let acts = acts_on(&worded(Dialect::Aws, Effect::Allow, actions, "*"), service);
        let quoted = |word: String| format!("“{word}”");
        let sure = acts.known.iter().map(|at| table().actions[*at as usize].name.clone()).chain(acts.words.into_iter().map(quoted));
        (sure.collect(), acts.perhaps.into_iter().map(quoted).collect())
    }

    #[test]
    fn an_action_of_another_service_names_no_arn_of_this_one() {
        let (read, word) = (&["s3:getobject"][..], |text: &str| vec![format!("“{text}”")]);
        for (actions, service, sure) in [
            ("iam:* ec2:* secretsmanager:GetSecretValue", "s3", &[][..]),
            ("secretsmanager:GetSecretValue S3:GetObject iam:CreateAccessKey", "s3", read),
            ("*:GetObject", "s3", read),
            ("s3*:GetObject", "s3", read),
            ("ssm:*", "s3", &[]),
            ("ssm:StartSession ssm:GetParameter", "ec2", &["ssm:startsession"]),
            ("backup:DeleteRecoveryPoint", "rds", &["backup:deleterecoverypoint"]),
            ("sts:AssumeRole", "iam", &["sts:assumerole"]),
            ("ec2:DescribeInstances", "iam", &[]),
            ("rds-data:ExecuteSql", "rds", &["rds-data:executesql"]),
            ("ebs:GetSnapshotBlock", "ec2", &["ebs:getsnapshotblock"]),
            ("elasticloadbalancing:DeleteLoadBalancer", "elasticloadbalancing", &["elasticloadbalancing:deleteloadbalancer"]),
            ("execute-api:Invoke", "apigateway", &[]),
            ("execute-api:Invoke", "execute-api", &["execute-api:invoke"]),
            ("logs:PutLogEvents", "logs", &["logs:putlogevents"]),
            ("events:PutRule", "logs", &[]),
            ("!*", "s3", &[]),
            ("!s3:*", "s3", &[]),
            ("", "s3", &[]),
        ] {
            assert_eq!(on(actions, service).0, sure, "{actions} {service}");
        }
        assert_eq!(on("!iam:*", "s3"), on("s3:*", "s3"));
        assert_eq!(on("!iam:*", "iam"), on("sts:* ec2:* codestar:* ssm:*", "iam"), "others that name its ARNs");
        assert_eq!(on("s3:InventedThing", "s3"), (word("s3:InventedThing"), vec![]), "its service is known");
    }

    #[test]
    fn what_the_table_does_not_know_is_not_dropped() {
        let word = |text: &str| vec![format!("“{text}”")];
        for (actions, service, sure, perhaps) in [
            ("nosuchservice:Do", "s3", vec![], word("nosuchservice:Do")),
            ("nosuchservice:*", "nosuchservice", word("nosuchservice:*"), vec![]),
            ("ec2:InventedThing", "iam", vec![], word("ec2:InventedThing")),
            ("ec2:InventedThing", "s3", vec![], vec![]),
            ("*:InventedThing", "s3", vec![], word("*:InventedThing")),
            ("invented", "s3", vec![], word("invented")),
            ("s3:GetObject", "nosuchservice", vec![], vec![]),
            ("no*:Get*", "nosuchservice", word("no*:Get*"), vec![]),
            ("s3*:Get*", "nosuchservice", vec![], vec![]),
            ("!nosuchservice:*", "nosuchservice", vec![], vec![]),
            ("!nosuch?ervice:*", "nosuchservice", word("nosuchservice:*"), vec![]),
        ] {
            assert_eq!(on(actions, service), (sure, perhaps), "{actions} {service}");
        }
        assert_eq!(on("*", "nosuchservice").0, word("*"));
        assert_eq!(on("*", "*").0.len(), table().actions.len());
        assert_eq!(on("!nosuchservice:Do", "nosuchservice").0, word("nosuchservice:*"), "all but one thing of it");
    }

    #[test]
    fn every_line_names_actions_that_the_table_has() {
        for line in DATA.lines().filter(|l| !l.starts_with('#')) {
            let words: Vec<&str> = line.split(' ').collect();
            let [prefix, service, names] = words[..] else { panic!("{line}") };
            for name in names.split(',') {
                assert!(table().matches(&format!("{prefix}:{name}")), "{line}: {name}");
            }
            let listed = naming(service).iter().any(|at| table().actions[*at as usize].name.starts_with(&format!("{prefix}:")));
            assert!(listed, "{line}");
        }
    }

    const PATTERNS: [&str; 12] = [
        "*",
        "s3:*",
        "s3:Get*",
        "s3*:*",
        "*:Get?bject",
        "ssm:*",
        "sts:Assume*",
        "iam:*",
        "ec2:RunInstances",
        "s?:*",
        "kms:Decrypt",
        "*object*",
    ];
    const SERVICES: [&str; 8] = ["s3", "iam", "ec2", "kms", "s3-object-lambda", "sts", "s3*", "*"];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        /// Every action of the table is asked by itself, by the letter of both tables.
        #[test]
        fn what_is_named_is_what_enumeration_finds(
            patterns in prop::collection::vec(0usize..PATTERNS.len(), 1..4), negated in any::<bool>(), service in 0usize..SERVICES.len(),
        ) {
            let (patterns, service): (Vec<&str>, &str) = (patterns.iter().map(|at| PATTERNS[*at]).collect(), SERVICES[service]);
            let sign = if negated { "!" } else { "" };
            let rule = worded(Dialect::Aws, Effect::Allow, &patterns.iter().map(|p| format!("{sign}{p}")).collect::<Vec<_>>().join(" "), "*");
            let lines: Vec<Vec<&str>> = DATA.lines().filter(|l| !l.starts_with('#')).map(|l| l.split(' ').collect()).collect();
            let names_arn = |name: &str| {
                let (prefix, action) = name.split_once(':').expect("an action");
                let is = |arn: &str| glob(service.as_bytes(), arn.as_bytes());
                let has = |names: &str| names.split(',').any(|n| n == "*" || n.eq_ignore_ascii_case(action));
                is(prefix) || lines.iter().any(|l| l[0] == prefix && is(l[1]) && has(l[2]))
            };
            let allowed = |name: &str| patterns.iter().any(|p| glob(p.to_lowercase().as_bytes(), name.as_bytes())) != negated;
            let expected: Vec<&str> = table().actions.iter().map(|k| k.name.as_str()).filter(|n| allowed(n) && names_arn(n)).collect();
            let found: Vec<&str> = acts_on(&rule, service).known.iter().map(|at| table().actions[*at as usize].name.as_str()).collect();
            prop_assert_eq!(found, expected, "{:?} {}", rule, service);
        }
    }
}
