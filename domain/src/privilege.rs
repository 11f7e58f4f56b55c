//! Privilege classes: what a rule reaches, from rules that are data with reasons. Of what it reaches a rule has one
//! **highest class**, under which it counts once, everywhere; the classes below it and `wildcard` stay as marks. `RULESET`
//! names the version that a page states beside a judgement; it changes with any change of these tables. Who holds a rule is
//! not asked here: denies, boundaries and bindings are `access`'s.

use crate::rule::{Dialect, Rule};

pub mod aws;
mod breadth;
mod kubernetes;
mod plain;

pub use breadth::{Breadth, rank};

/// The version of the running privilege rules.
pub const RULESET: i64 = 5;

crate::words! {
    /// A privilege class: a rung of one ladder. Declared worst first, so that `Class::ALL` and every list of counts by class
    /// begin with the worst. The derived order is that of the list, where the worst comes *first* and so is the least: which
    /// of two is worse is asked of `severity`.
    Class {
        /// Everything on everything: `*` on `*`, cluster-admin, AdministratorAccess.
        FullControl = "full_control", "full control";
        Admin = "admin", "admin";
        Secrets = "secrets", "secrets";
        Destructive = "destructive", "destructive";
        Write = "write", "write";
        Read = "read", "read";
    }
}

impl Class {
    /// How bad it is, 6 for full control down to 1 for read: the worse is the greater.
    pub fn severity(self) -> u8 {
        Self::ALL.len() as u8 - self as u8
    }

    /// True of what goes beyond reading and writing.
    pub fn is_privileged(self) -> bool {
        !matches!(self, Self::Read | Self::Write)
    }
}

/// A set of classes and the wildcard mark: the classes as bits in the order of `Class::ALL`, then the mark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Classes(u8);

const WILDCARD: u8 = 1 << Class::ALL.len();

impl Classes {
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
    pub fn without(self, class: Class) -> Self {
        Self(self.0 & !(1 << class as u8))
    }

    #[must_use]
    pub fn with_wildcard(self) -> Self {
        Self(self.0 | WILDCARD)
    }

    /// The mark of what is said by a pattern: it reaches what nobody has named. No class of its own.
    pub fn wildcard(self) -> bool {
        self.0 & WILDCARD != 0
    }

    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// True where every class and the mark of the other are in this one too.
    pub fn contains(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// The classes, worst first.
    pub fn iter(self) -> impl Iterator<Item = Class> {
        Class::ALL.iter().copied().filter(move |c| self.has(*c))
    }

    /// The worst class, under which a grant counts; none where it reaches nothing.
    pub fn highest(self) -> Option<Class> {
        self.iter().next()
    }

    /// The classes below the highest, worst first: marks.
    pub fn others(self) -> impl Iterator<Item = Class> {
        self.iter().skip(1)
    }

    /// The severity of the highest class; 0 where there is none.
    pub fn severity(self) -> u8 {
        self.highest().map_or(0, Class::severity)
    }

    /// Beyond read and write: what the overview calls privileged. The wildcard mark alone does not make it so.
    pub fn is_privileged(self) -> bool {
        self.severity() > Class::Write.severity()
    }
}

/// A judgement on one rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    pub classes: Classes,
    /// One reason per class, worst first, for example `admin: iam:PassRole`.
    pub reasons: Vec<(Class, String)>,
    /// The reason of the wildcard mark, where it stands.
    pub wildcard: Option<String>,
    /// How far the rule reaches; none where it reaches nothing.
    pub breadth: Option<Breadth>,
}

impl Judgement {
    pub fn add(&mut self, class: Class, reason: &str) {
        if !self.classes.has(class) {
            self.classes = self.classes.with(class);
            self.reasons.push((class, reason.to_owned()));
        }
    }

    pub fn mark_wildcard(&mut self, reason: &str) {
        if !self.classes.wildcard() {
            self.classes = self.classes.with_wildcard();
            self.wildcard = Some(reason.to_owned());
        }
    }

    /// What remains where something stands in the way of everything on everything: it counts by its next class.
    #[must_use]
    pub fn short_of_everything(mut self) -> Self {
        self.classes = self.classes.without(Class::FullControl);
        self.reasons.retain(|(c, _)| *c != Class::FullControl);
        self.breadth = self.breadth.map(|b| b.min(Breadth::Account));
        self
    }

    /// The end of a judgement: reasons worst first, and how far the rule reaches, if it reaches anything.
    fn reaching(mut self, breadth: Breadth) -> Self {
        self.reasons.sort_by_key(|(c, _)| *c);
        self.breadth = self.classes.highest().map(|_| breadth);
        self
    }
}

/// What a rule reaches on its own, before the denies and boundaries of its holder and as if bound everywhere.
pub fn judge(rule: &Rule) -> Judgement {
    match rule.dialect {
        Dialect::Aws => aws::judge(rule),
        Dialect::Kubernetes => kubernetes::judge(rule),
        Dialect::Mcp | Dialect::A2a | Dialect::Csv | Dialect::Countersign => plain::judge(rule),
    }
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
pub(crate) mod tests {
    use super::*;
    use crate::rule::Effect;
    use proptest::prelude::*;

    /// A rule from words; `!` before a word negates it.
    pub(crate) fn rule(dialect: Dialect, effect: Effect, actions: &str, resources: &str) -> Rule {
        let words = |text: &str, negated: bool| -> Vec<String> {
            let of = text.split_whitespace().filter(|w| w.starts_with('!') == negated);
            of.map(|w| w.trim_start_matches('!').to_owned()).collect()
        };
        let mut r = Rule::new(dialect, effect);
        (r.actions, r.actions_negated) = (words(actions, false), words(actions, true));
        (r.resources, r.resources_negated) = (words(resources, false), words(resources, true));
        r.normal()
    }

    pub(crate) fn judged(dialect: Dialect, actions: &str, resources: &str) -> Judgement {
        judge(&rule(dialect, Effect::Allow, actions, resources))
    }

    /// The classes, worst first, and then the mark.
    pub(crate) fn words(j: &Judgement) -> String {
        let mark = j.classes.wildcard().then_some("wildcard");
        j.classes.iter().map(Class::as_str).chain(mark).collect::<Vec<_>>().join(" ")
    }

    pub(crate) const ALL_BUT_FULL: &str = "admin secrets destructive write read wildcard";
    pub(crate) const ALL: &str = "full_control admin secrets destructive write read wildcard";

    #[test]
    fn the_ladder_stands_worst_first() {
        let words: Vec<&str> = Class::ALL.iter().map(|c| c.as_str()).collect();
        assert_eq!(words, ["full_control", "admin", "secrets", "destructive", "write", "read"]);
        let severities: Vec<u8> = Class::ALL.iter().map(|c| c.severity()).collect();
        assert_eq!(severities, [6, 5, 4, 3, 2, 1]);
    }

    #[test]
    fn a_set_has_one_highest_class_and_keeps_the_others() {
        type Case = (&'static [Class], bool, Option<Class>, &'static [Class], bool);
        let cases: [Case; 8] = [
            (&[], false, None, &[], false),
            (&[], true, None, &[], false),
            (&[Class::Read], false, Some(Class::Read), &[], false),
            (&[Class::Read], true, Some(Class::Read), &[], false),
            (&[Class::Read, Class::Write], true, Some(Class::Write), &[Class::Read], false),
            (&[Class::Read, Class::Destructive, Class::Write], false, Some(Class::Destructive), &[Class::Write, Class::Read], true),
            (&[Class::Secrets, Class::Read], false, Some(Class::Secrets), &[Class::Read], true),
            (&[Class::Admin, Class::FullControl, Class::Secrets], true, Some(Class::FullControl), &[Class::Admin, Class::Secrets], true),
        ];
        for (of, wildcard, highest, others, privileged) in cases {
            let set = of.iter().fold(Classes::default(), |set, c| set.with(*c));
            let set = if wildcard { set.with_wildcard() } else { set };
            assert_eq!((set.highest(), set.wildcard(), set.is_privileged()), (highest, wildcard, privileged), "{of:?}");
            assert_eq!(set.others().collect::<Vec<_>>(), others, "{of:?}");
            assert_eq!(set.severity(), highest.map_or(0, Class::severity), "{of:?}");
            for class in Class::ALL {
                assert_eq!(set.has(*class), of.contains(class), "{of:?} {class:?}");
                assert!(!set.with(*class).without(*class).has(*class) && set.with(*class).wildcard() == wildcard, "{of:?} {class:?}");
            }
        }
    }

    #[test]
    fn what_falls_short_of_everything_counts_by_its_next_class() {
        let whole = judged(Dialect::Aws, "*", "*");
        assert_eq!((words(&whole).as_str(), whole.breadth), (ALL, Some(Breadth::Everything)));
        let short = whole.short_of_everything();
        assert_eq!((words(&short).as_str(), short.breadth), (ALL_BUT_FULL, Some(Breadth::Account)));
        assert!(short.reasons.iter().all(|(c, _)| *c != Class::FullControl) && short.reasons.len() == 5, "{short:?}");
    }

    #[test]
    fn every_class_and_the_mark_have_their_reasons_worst_first() {
        let cases = [
            (Dialect::Aws, "* nosuchservice:*", "*"),
            (Dialect::Aws, "s3:Get* sts:AssumeRole sts:AssumeRoot", "*"),
            (Dialect::Kubernetes, "*", "*/*"),
            (Dialect::Kubernetes, "get create", "/pods/exec /secrets"),
            (Dialect::Csv, "*", "*"),
            (Dialect::Mcp, "invoke", "mcp:tickets"),
            (Dialect::A2a, "secrets.read role.assume", "agent"),
        ];
        for (dialect, actions, resources) in cases {
            let j = judged(dialect, actions, resources);
            assert_eq!(j.reasons.iter().map(|(c, _)| *c).collect::<Vec<_>>(), j.classes.iter().collect::<Vec<_>>(), "{j:?}");
            assert_eq!((j.wildcard.is_some(), j.breadth.is_some()), (j.classes.wildcard(), true), "{j:?}");
        }
    }

    const DIALECTS: [Dialect; 3] = [Dialect::Aws, Dialect::Kubernetes, Dialect::Csv];
    /// Actions and resources of each dialect above, in its order.
    const ACTIONS: [[&str; 6]; 3] = [
        ["s3:GetObject", "s3:*", "iam:Delete*", "kms:Decrypt", "nosuchservice:*", "*"],
        ["get", "create", "delete", "bind", "impersonate", "*"],
        ["tickets.read", "tickets.delete", "secrets.read", "role.assume", "crm.*", "*"],
    ];
    const RESOURCES: [[&str; 6]; 3] = [
        ["arn:aws:s3:::b", "arn:aws:s3:::*", "arn:aws:sqs:*:*:*", "arn:aws:*:*:111122223333:*", "self", "*"],
        ["/pods#one", "/secrets", "apps/deployments", "/pods/exec", "url:/metrics", "*/*"],
        ["crm", "crm/*", "vault", "mail", "unstated", "*"],
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Whoever may do more is never judged better: a rule that says what two rules say reaches what both reach, as far.
        #[test]
        fn judging_is_monotone(
            dialect in 0usize..3,
            one in (prop::collection::vec(0usize..6, 1..4), prop::collection::vec(0usize..6, 1..4)),
            two in (prop::collection::vec(0usize..6, 1..4), prop::collection::vec(0usize..6, 1..4)),
        ) {
            let text = |of: &[[&str; 6]; 3], at: &[usize]| at.iter().map(|i| of[dialect][*i]).collect::<Vec<_>>().join(" ");
            let (a, b) = (text(&ACTIONS, &one.0), text(&ACTIONS, &two.0));
            let (r, s) = (text(&RESOURCES, &one.1), text(&RESOURCES, &two.1));
            let (x, y) = (judged(DIALECTS[dialect], &a, &r), judged(DIALECTS[dialect], &b, &s));
            let both = judged(DIALECTS[dialect], &format!("{a} {b}"), &format!("{r} {s}"));
            prop_assert!(both.classes.contains(x.classes.union(y.classes)), "{:?} {:?} {:?}", x, y, both);
            prop_assert!(both.breadth >= x.breadth.max(y.breadth), "{:?} {:?} {:?}", x, y, both);
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
