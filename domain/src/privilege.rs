//! Privilege classes: which of `read write destructive admin secrets wildcard` a rule reaches, from rules
//! that are data with reasons. A pattern gets every class it reaches. `RULESET` names the version that a
//! page states beside a judgement; it changes with any change of these tables.

use crate::rule::{Dialect, Effect, Rule};

pub mod aws;
mod kubernetes;

/// The version of the running privilege rules.
pub const RULESET: i64 = 1;

crate::words! {
    /// A privilege class.
    Class {
        Read = "read", "read";
        Write = "write", "write";
        Destructive = "destructive", "destructive";
        Admin = "admin", "admin";
        Secrets = "secrets", "secrets";
        Wildcard = "wildcard", "wildcard";
    }
}

/// A set of classes, as bits in the order of `Class::ALL`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Classes(pub u8);

impl Classes {
    pub const NONE: Self = Self(0);

    pub fn of(class: Class) -> Self {
        Self(1 << class as u8)
    }

    pub fn has(self, class: Class) -> bool {
        self.0 & (1 << class as u8) != 0
    }

    #[must_use]
    pub fn with(self, class: Class) -> Self {
        Self(self.0 | (1 << class as u8))
    }

    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub fn iter(self) -> impl Iterator<Item = Class> {
        Class::ALL.iter().copied().filter(move |c| self.has(*c))
    }

    /// Beyond read and write: what the overview calls privileged.
    pub fn is_privileged(self) -> bool {
        self.0 & !(0b11) != 0
    }

    /// For sorting: each grant weighs as its worst class.
    pub fn weight(self) -> i64 {
        const WEIGHTS: [(Class, i64); 6] = [
            (Class::Admin, 1000),
            (Class::Wildcard, 400),
            (Class::Secrets, 300),
            (Class::Destructive, 100),
            (Class::Write, 10),
            (Class::Read, 1),
        ];
        WEIGHTS.iter().find(|(c, _)| self.has(*c)).map_or(0, |(_, w)| *w)
    }
}

/// A judgement on one rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    pub classes: Classes,
    /// One reason per class that needs one, for example `admin: iam:PassRole`.
    pub reasons: Vec<(Class, String)>,
}

impl Judgement {
    pub fn add(&mut self, class: Class, reason: &str) {
        if !self.classes.has(class) {
            self.classes = self.classes.with(class);
            self.reasons.push((class, reason.to_owned()));
        }
    }
}

/// What a rule reaches on its own, before denies and boundaries of its holder.
pub fn judge(rule: &Rule) -> Judgement {
    match rule.dialect {
        Dialect::Aws => aws::judge(rule),
        Dialect::Kubernetes => kubernetes::judge(rule),
        Dialect::Mcp | Dialect::A2a | Dialect::Csv | Dialect::Countersign => plain(rule),
    }
}

/// Words of plain actions, in the order they are asked.
const PLAIN: [(&str, Class); 27] = [
    ("secret", Class::Secrets),
    ("credential", Class::Secrets),
    ("password", Class::Secrets),
    ("admin", Class::Admin),
    ("grant", Class::Admin),
    ("impersonate", Class::Admin),
    ("assume", Class::Admin),
    ("approve", Class::Admin),
    ("permission", Class::Admin),
    ("role", Class::Admin),
    ("delete", Class::Destructive),
    ("destroy", Class::Destructive),
    ("drop", Class::Destructive),
    ("purge", Class::Destructive),
    ("terminate", Class::Destructive),
    ("refund", Class::Destructive),
    ("write", Class::Write),
    ("create", Class::Write),
    ("update", Class::Write),
    ("put", Class::Write),
    ("post", Class::Write),
    ("invoke", Class::Write),
    ("push", Class::Write),
    ("merge", Class::Write),
    ("read", Class::Read),
    ("get", Class::Read),
    ("list", Class::Read),
];

fn plain(rule: &Rule) -> Judgement {
    let mut out = Judgement::default();
    for action in &rule.actions {
        let lower = action.to_lowercase();
        if lower == "*" || lower.ends_with(":*") || lower.ends_with(".*") {
            for class in Class::ALL {
                out.add(*class, action);
            }
            continue;
        }
        let mut known = false;
        for (word, class) in PLAIN {
            if lower.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| part == word || part.strip_suffix('s') == Some(word)) {
                out.add(class, action);
                known = true;
            }
        }
        if !known {
            // What is not understood counts as the worse of the harmless two.
            out.add(Class::Write, action);
        }
    }
    if rule.effect == Effect::Allow && rule.resources.iter().any(|r| r == "*") {
        out.add(Class::Wildcard, "resource *");
    }
    out
}

/// `*` and `?` as AWS and shells read them; both sides lower case.
pub fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t, mut star, mut mark) = (0, 0, None, 0);
    while t < text.len() {
        if p < pattern.len() && (pattern[p] == b'?' || pattern[p] == text[t]) && pattern[p] != b'*' {
            p += 1;
            t += 1;
        } else if p < pattern.len() && pattern[p] == b'*' {
            star = Some(p);
            mark = t;
            p += 1;
        } else if let Some(s) = star {
            p = s + 1;
            mark += 1;
            t = mark;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(dialect: Dialect, actions: &[&str], resources: &[&str]) -> Rule {
        let mut r = Rule::new(dialect, Effect::Allow);
        r.actions = actions.iter().map(|a| (*a).to_owned()).collect();
        r.resources = resources.iter().map(|a| (*a).to_owned()).collect();
        r.normal()
    }

    fn words(j: &Judgement) -> Vec<&'static str> {
        j.classes.iter().map(Class::as_str).collect()
    }

    #[test]
    fn aws_actions_get_every_class_they_reach() {
        let cases: [(&[&str], &[&str]); 11] = [
            (&["s3:GetObject"], &["read"]),
            (&["s3:Get*"], &["read"]),
            (&["s3:PutObject"], &["write"]),
            (&["s3:DeleteBucket"], &["write", "destructive"]),
            (&["iam:PassRole"], &["write", "admin"]),
            (&["secretsmanager:GetSecretValue"], &["read", "secrets"]),
            (&["iam:*"], &["read", "write", "destructive", "admin", "secrets", "wildcard"]),
            (&["*"], &["read", "write", "destructive", "admin", "secrets", "wildcard"]),
            (&["nosuchservice:DoThing"], &["write"]),
            (&["nosuchservice:Delete*"], &["write"]),
            (&["nosuchservice:*"], &["write", "destructive", "admin", "secrets", "wildcard"]),
        ];
        for (actions, expected) in cases {
            let judged = judge(&rule(Dialect::Aws, actions, &["arn:aws:x"]));
            assert_eq!(words(&judged), expected, "{actions:?} {judged:?}");
        }
    }

    #[test]
    fn not_action_reaches_everything_else() {
        let mut r = Rule::new(Dialect::Aws, Effect::Allow);
        r.actions_negated = vec!["iam:*".to_owned(), "sts:*".to_owned()];
        r.resources = vec!["*".to_owned()];
        let judged = judge(&r.normal());
        assert!(judged.classes.has(Class::Destructive) && judged.classes.has(Class::Wildcard), "{judged:?}");
    }

    #[test]
    fn kubernetes_verbs_and_resources() {
        let cases: [(&[&str], &[&str], &[&str]); 9] = [
            (&["get", "list"], &["/pods"], &["read"]),
            (&["get"], &["/secrets"], &["read", "secrets"]),
            (&["create", "patch"], &["apps/deployments"], &["write"]),
            (&["delete"], &["/pods"], &["write", "destructive"]),
            (&["create"], &["/pods/exec"], &["write", "admin"]),
            (&["get"], &["/pods/exec"], &["read", "admin"]),
            (&["create"], &["/*/token"], &["write", "admin"]),
            (&["bind"], &["rbac.authorization.k8s.io/clusterroles"], &["write", "admin"]),
            (&["*"], &["*/*"], &["read", "write", "destructive", "admin", "secrets", "wildcard"]),
        ];
        for (verbs, resources, expected) in cases {
            let judged = judge(&rule(Dialect::Kubernetes, verbs, resources));
            assert_eq!(words(&judged), expected, "{verbs:?} {resources:?}");
        }
    }

    #[test]
    fn plain_words() {
        assert_eq!(words(&judge(&rule(Dialect::Csv, &["tickets.read"], &["crm"]))), ["read"]);
        assert_eq!(words(&judge(&rule(Dialect::Csv, &["refunds:delete"], &["pay"]))), ["destructive"]);
        assert_eq!(words(&judge(&rule(Dialect::Csv, &["frobnicate"], &["x"]))), ["write"]);
    }

    #[test]
    fn every_format_has_its_classes() {
        type Words = &'static [&'static str];
        let cases: [(Dialect, Words, Words, Words); 6] = [
            (Dialect::Mcp, &["invoke"], &["mcp:tickets"], &["write"]),
            (Dialect::Mcp, &["*"], &["mcp:tickets"], &["read", "write", "destructive", "admin", "secrets", "wildcard"]),
            (Dialect::A2a, &["tasks.get"], &["agent"], &["read"]),
            (Dialect::Countersign, &["secrets.read"], &["vault"], &["read", "secrets"]),
            (Dialect::Countersign, &["role.assume", "refunds.create"], &["x"], &["write", "destructive", "admin"]),
            (Dialect::Csv, &["list"], &["*"], &["read", "wildcard"]),
        ];
        for (dialect, actions, resources, expected) in cases {
            let judged = judge(&rule(dialect, actions, resources));
            assert_eq!(words(&judged), expected, "{dialect:?} {actions:?}");
            assert!(judged.classes.iter().all(|c| judged.reasons.iter().any(|(r, _)| *r == c)), "a class without its reason: {judged:?}");
        }
    }

    #[test]
    fn globs() {
        for (pattern, text, expected) in [
            ("s3:*", "s3:getobject", true),
            ("s3:get*", "s3:putobject", false),
            ("*", "", true),
            ("a?c", "abc", true),
            ("a*c*", "abcd", true),
            ("a*d", "abc", false),
        ] {
            assert_eq!(glob(pattern.as_bytes(), text.as_bytes()), expected, "{pattern} {text}");
        }
    }
}
