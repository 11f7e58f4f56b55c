//! Which resources a rule reaches, decided on its resource patterns alone. A rule of AWS reaches ARNs, one
//! of Kubernetes what its API server serves; the other dialects name places of any kind. Whatever is not
//! known counts as reached. It must not look at actions, conditions, or other rules of the same holder.

use super::pattern::Left;
use super::said::{Said, said};
use super::{LocatorKind, Pattern, Work, kubernetes};
use crate::rule::{Dialect, Effect, Rule};

/// Patterns of one rule that are compared. One with more counts as reaching everything.
pub const PATTERNS_MOST: usize = 2_000;

/// A rule's resources, taken apart once and asked often.
#[derive(Clone, Debug)]
pub struct Reach {
    /// The only kind it can reach.
    only: Option<LocatorKind>,
    stated: bool,
    too_many: bool,
    everywhere: bool,
    within: Vec<Pattern>,
    except: Vec<Pattern>,
}

/// The only kind of place that rules of a dialect can name; none where they name places of any kind.
pub fn only_kind(dialect: Dialect) -> Option<LocatorKind> {
    match dialect {
        Dialect::Aws => Some(LocatorKind::Arn),
        Dialect::Kubernetes => Some(LocatorKind::Kubernetes),
        Dialect::Mcp | Dialect::A2a | Dialect::Csv | Dialect::Countersign => None,
    }
}

/// What stands beside a rule of the same holder, as far as places go.
#[derive(Clone, Debug, Default)]
pub struct Others<'a> {
    /// These take away what they surely speak of.
    pub taken: Vec<&'a Reach>,
    /// Of each of these lists one must reach as well.
    pub limits: Vec<Vec<&'a Reach>>,
}

impl Reach {
    /// A deny reaches nothing: what it takes away is for the caller to ask of the allows. A rule that is not read,
    /// because it has too many patterns or no work is left, counts as reaching everything.
    pub fn of(rule: &Rule, work: &mut Work) -> Self {
        if rule.effect == Effect::Allow { Self::widely(rule, work) } else { Self::nothing(rule.dialect) }
    }

    /// What a rule may speak of, whatever it does there.
    pub fn widely(rule: &Rule, work: &mut Work) -> Self {
        let mut reach = Self::nothing(rule.dialect);
        match Self::readable(rule, work) {
            Readable::Yes => reach.read(rule, false),
            unread => (reach.everywhere, reach.stated, reach.too_many) = (true, false, unread == Readable::TooMany),
        }
        reach
    }

    /// What a rule speaks of beyond doubt, because it takes away. One that is not read speaks of nothing.
    pub fn surely(rule: &Rule, work: &mut Work) -> Self {
        let mut reach = Self::nothing(rule.dialect);
        if Self::readable(rule, work) == Readable::Yes {
            reach.read(rule, true);
        }
        if !reach.stated {
            (reach.everywhere, reach.within) = (false, Vec::new());
        }
        reach
    }

    fn nothing(dialect: Dialect) -> Self {
        Self { only: only_kind(dialect), stated: true, too_many: false, everywhere: false, within: Vec::new(), except: Vec::new() }
    }

    fn readable(rule: &Rule, work: &mut Work) -> Readable {
        if rule.resources.len() + rule.resources_negated.len() > PATTERNS_MOST {
            return Readable::TooMany;
        }
        let patterns = rule.resources.iter().chain(&rule.resources_negated);
        if work.take(patterns.map(String::len).sum()) { Readable::Yes } else { Readable::NoWork }
    }

    /// With `sure` what is in doubt counts as not spoken of, and otherwise as spoken of.
    fn read(&mut self, rule: &Rule, sure: bool) {
        if rule.resources.is_empty() {
            self.everywhere = true;
            self.stated = !rule.resources_negated.is_empty();
        }
        for text in &rule.resources {
            match said(rule.dialect, text, sure) {
                Said::Places(places) => self.within.extend(places.into_iter().filter(|place| !(sure && place.varies()))),
                Said::Everything => self.everywhere = true,
                Said::Unknown if sure => {}
                Said::Unknown => (self.everywhere, self.stated) = (true, false),
            }
        }
        for text in &rule.resources_negated {
            match said(rule.dialect, text, !sure) {
                Said::Places(places) => self.except.extend(places.into_iter().filter(|place| sure || !place.varies())),
                Said::Unknown if !sure => {}
                Said::Everything | Said::Unknown => {
                    (self.everywhere, self.within) = (false, Vec::new());
                    return;
                }
            }
        }
        if self.everywhere {
            self.within = Vec::new();
        }
    }

    /// False where the rule does not say what it reaches, or says it in a way that cannot be read: it counts
    /// as reaching everything.
    pub fn is_stated(&self) -> bool {
        self.stated
    }

    /// True where the rule has more patterns than are compared: it counts as reaching everything.
    pub fn has_too_many(&self) -> bool {
        self.too_many
    }

    /// Whether a place of the resource is reached: one that a pattern of the rule matches and no negated one
    /// does. Exact; where negations are too entangled for a fixed amount of work, or no work is left, it counts
    /// as reached.
    pub fn touches(&self, resource: &Pattern, work: &mut Work) -> bool {
        self.left(resource, &Others::default(), work) != Left::Nothing
    }

    /// What is left of the places of the resource that are reached, beside others. A limit that reaches everywhere but for
    /// some places counts as reaching everywhere.
    pub fn left(&self, resource: &Pattern, others: &Others<'_>, work: &mut Work) -> Left {
        if self.only.is_some_and(|kind| kind != resource.kind()) {
            return Left::Nothing;
        }
        let mut except = meeting(&self.except, resource, work);
        let (mut limits, mut unsure): (Vec<Vec<&Pattern>>, bool) = (Vec::new(), false);
        for taken in &others.taken {
            if taken.everywhere {
                // What it passes by is all that is left.
                limits.push(meeting(&taken.except, resource, work));
            } else if taken.except.is_empty() {
                except.extend(meeting(&taken.within, resource, work));
            } else {
                unsure |= taken.touches(resource, work);
            }
        }
        for list in others.limits.iter().filter(|list| !list.iter().any(|reach| reach.everywhere)) {
            limits.push(list.iter().flat_map(|reach| meeting(&reach.within, resource, work)).collect());
        }
        if limits.iter().any(Vec::is_empty) {
            return Left::Nothing;
        }
        match self.left_of(resource, &except, &limits, work) {
            Left::Something if unsure => Left::Undecided,
            answer => answer,
        }
    }

    fn left_of(&self, resource: &Pattern, except: &[&Pattern], limits: &[Vec<&Pattern>], work: &mut Work) -> Left {
        if self.everywhere {
            return resource.left(None, except, limits, work);
        }
        let mut answer = Left::Nothing;
        for place in &self.within {
            if place.overlaps(resource, work) {
                match resource.left(Some(place), except, limits, work) {
                    Left::Something => return Left::Something,
                    Left::Undecided => answer = Left::Undecided,
                    Left::Nothing => {}
                }
            }
        }
        answer
    }

    /// True where it speaks of everything but what it names.
    pub fn leaves_out(&self) -> bool {
        !self.except.is_empty()
    }

    /// Whether this, read widely, says the same as when read surely.
    pub fn is_as_sure_as(&self, surely: &Self) -> bool {
        let same = |a: &Self, b: &Self| a.everywhere == b.everywhere && a.within == b.within && a.except == b.except;
        self.stated && same(self, surely)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Readable {
    Yes,
    TooMany,
    NoWork,
}

fn meeting<'a>(patterns: &'a [Pattern], resource: &Pattern, work: &mut Work) -> Vec<&'a Pattern> {
    patterns.iter().filter(|place| place.overlaps(resource, work)).collect()
}

/// The resources of a rule that meet a resource, each as far as it does so where its language can say that; those that
/// cannot be read stay.
pub fn narrowed(rule: &Rule, resource: &Pattern, work: &mut Work) -> Vec<String> {
    if !work.take(rule.resources.iter().map(String::len).sum()) {
        return rule.resources.clone();
    }
    let mut meets = |text: &String| match said(rule.dialect, text, false) {
        Said::Places(places) => places.iter().any(|place| place.overlaps(resource, work)),
        Said::Everything | Said::Unknown => true,
    };
    let kept = rule.resources.iter().filter(|text| meets(text));
    match rule.dialect {
        Dialect::Kubernetes => kept.map(|text| kubernetes::narrowed(text, resource.machine())).collect(),
        _ => kept.cloned().collect(),
    }
}

/// `Reach::of` for one question; prepare a `Reach` where there are more.
pub fn touches(rule: &Rule, resource: &Pattern, work: &mut Work) -> bool {
    Reach::of(rule, work).touches(resource, work)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(dialect: Dialect, resources: &[&str], negated: &[&str]) -> Rule {
        let mut rule = Rule::new(dialect, Effect::Allow);
        rule.resources = resources.iter().map(|text| (*text).to_owned()).collect();
        rule.resources_negated = negated.iter().map(|text| (*text).to_owned()).collect();
        rule.normal()
    }

    fn resource(text: &str) -> Pattern {
        Pattern::parse(None, text).expect(text)
    }

    #[test]
    fn a_rule_reaches_what_its_dialect_can_name() {
        for (dialect, text, place, expected) in [
            (Dialect::Aws, "*", "arn:aws:s3:::b", true),
            (Dialect::Aws, "*", "https://example.org/", false),
            (Dialect::Aws, "arn:aws:s3:::b/*", "s3://b/k", true),
            (Dialect::Aws, "arn:aws:s3:::b/*", "s3://b", false),
            (Dialect::Aws, "arn:aws:iam::1:user/${aws:username}", "arn:aws:iam::1:user/ann", true),
            (Dialect::Aws, "self", "arn:aws:iam::1:role/r", false),
            (Dialect::Kubernetes, "*/*", "arn:aws:s3:::b", false),
            (Dialect::Kubernetes, "*/*", "k8s:apps/deployments", true),
            (Dialect::Kubernetes, "*/*", "k8s:url:/healthz", false),
            (Dialect::Kubernetes, "url:/health*", "k8s:url:/healthz", true),
            (Dialect::Kubernetes, "/secrets#db", "k8s:/secrets@shop#db-*", false),
            (Dialect::Kubernetes, "/secrets#db-1", "k8s://prod//secrets@shop#db-*", true),
            (Dialect::Mcp, "mcp:weather", "mcp:weather/forecast", true),
            (Dialect::Mcp, "mcp:weather", "mcp:weathers", false),
            (Dialect::Csv, "*", "arn:aws:s3:::b", true),
            (Dialect::Csv, "**", "k8s:/pods", true),
            (Dialect::Csv, "crm", "crm", true),
            (Dialect::Csv, "crm", "CRM", false),
            (Dialect::Csv, "vault/*", "vault/crm/readonly", true),
            (Dialect::Csv, "?*", "arn:aws:s3:::b", true),
            (Dialect::Csv, "*.md", "github.com/acme/docs", true),
            (Dialect::Csv, "*.md", "https://example.org/x", false),
            (Dialect::Csv, "unstated", "crm", true),
            (Dialect::Csv, "a\u{200B}b", "crm", true),
            (Dialect::Countersign, "unstated", "crm", false),
            (Dialect::Countersign, "acme/docs", "github.com/acme/docs/x.md@main", true),
            (Dialect::Countersign, "acme/docs", "acme/docs", true),
            (Dialect::Countersign, "https://github.com/acme/docs/blob/main/x.md", "github.com/acme/docs", true),
            (Dialect::Countersign, "https://github.com/*", "github.com/acme/docs", true),
            (Dialect::Countersign, "https://*", "git@git.example.com:team/docs.git", true),
            (Dialect::Countersign, "https://git.example.com/team/*", "git@git.example.com:team/docs.git", true),
            (Dialect::Countersign, "https://git.example.com/team/*", "git@git.example.com:other/docs.git", false),
            (Dialect::Countersign, "https://", "https://example.org/", true),
            (Dialect::Countersign, "arn:aws:s3:::b*", "s3://bucket", true),
            (Dialect::A2a, "k8s:apps/deployments", "k8s:apps/deployments#web", true),
        ] {
            let found = touches(&rule(dialect, &[text], &[]), &resource(place), &mut Work::default());
            assert_eq!(found, expected, "{dialect:?} {text} {place}");
        }
    }

    #[test]
    fn what_is_negated_is_taken_away_exactly() {
        for (within, negated, place, expected) in [
            (&[] as &[&str], &["arn:aws:s3:::keep", "arn:aws:s3:::keep/*"] as &[&str], "s3://keep/k", false),
            (&[], &["arn:aws:s3:::keep", "arn:aws:s3:::keep/*"], "s3://keeper", true),
            (&[], &["arn:aws:s3:::keep/*"], "arn:aws:s3:::keep*", true),
            (&[], &["arn:aws:s3:::keep*"], "arn:aws:s3:::keep/*", false),
            (&[], &["*"], "s3://b", false),
            (&[], &["arn:aws:s3:::b/?", "arn:aws:s3:::b/??*"], "arn:aws:s3:::b/*", true),
            (&[], &["arn:aws:s3:::b/", "arn:aws:s3:::b/?", "arn:aws:s3:::b/??*"], "arn:aws:s3:::b/*", true),
            (&[], &["arn:aws:s3:::b/", "arn:aws:s3:::b/?*"], "arn:aws:s3:::b/*", true),
            (&[], &["arn:aws:iam::1:user/${aws:username}"], "arn:aws:iam::1:user/ann", true),
            (&["arn:aws:s3:::*"], &["arn:aws:s3:::b", "arn:aws:s3:::b/*"], "s3://b/k", false),
            (&["arn:aws:s3:::c*"], &["arn:aws:s3:::b*"], "arn:aws:s3:::*", true),
            (&["arn:aws:s3:::b*"], &["arn:aws:s3:::b*"], "arn:aws:s3:::*", false),
        ] {
            let found = touches(&rule(Dialect::Aws, within, negated), &resource(place), &mut Work::default());
            assert_eq!(found, expected, "{within:?} {negated:?} {place}");
        }
    }

    #[test]
    fn a_deny_reaches_nothing_and_a_rule_without_a_place_everything() {
        let mut deny = rule(Dialect::Aws, &["*"], &[]);
        deny.effect = Effect::Deny;
        let work = &mut Work::default();
        assert!(!touches(&deny, &resource("s3://b"), work));
        let silent = Reach::of(&rule(Dialect::Aws, &[], &[]), work);
        assert!(silent.touches(&resource("s3://b"), work) && !silent.is_stated());
        assert!(!Reach::of(&rule(Dialect::Csv, &["unstated"], &[]), work).is_stated());
        assert!(Reach::of(&rule(Dialect::Csv, &["crm"], &[]), work).is_stated());
        assert!(Reach::of(&rule(Dialect::Aws, &[], &["arn:aws:s3:::b"]), work).is_stated());
    }

    #[test]
    fn a_rule_of_too_many_patterns_counts_as_reaching_everything() {
        let work = &mut Work::default();
        let of = |n: usize| (0..n).map(|i| format!("arn:aws:s3:::bucket-{i}")).collect::<Vec<_>>();
        let mut rule = Rule::new(Dialect::Aws, Effect::Allow);
        rule.resources = of(PATTERNS_MOST);
        let whole = Reach::of(&rule, work);
        assert!(!whole.has_too_many() && !whole.touches(&resource("s3://other"), work));
        rule.resources_negated = of(1);
        let cut = Reach::of(&rule, work);
        assert!(cut.has_too_many() && cut.touches(&resource("s3://other"), work) && !cut.is_stated());
        assert!(!cut.touches(&resource("https://example.org/"), work), "its dialect still names no addresses");
    }

    #[test]
    fn entangled_patterns_cost_no_more_than_one_answer() {
        let long = |letter: &str| format!("arn:aws:s3:::*{}", format!("?{letter}*").repeat(600));
        let mut rule = Rule::new(Dialect::Aws, Effect::Allow);
        rule.resources_negated = (0..PATTERNS_MOST).map(|i| format!("{}{i}", long("a"))).collect();
        let mut work = Work::default();
        assert!(touches(&rule, &resource(&long("b")), &mut work), "what is not decided counts as reached");
        assert!(work.is_spent());
    }

    #[test]
    fn ordinary_rules_come_nowhere_near_the_bound() {
        let resources = (0..10).map(|i| format!("arn:aws:secretsmanager:*:11112222333{i}:secret:prod/*/crm-{i}-*")).collect::<Vec<_>>();
        let mut rule = Rule::new(Dialect::Aws, Effect::Allow);
        rule.resources = resources;
        let mut work = Work::default();
        for place in ["arn:aws:secretsmanager:eu-west-1:111122223339:secret:prod/eu/crm-*", "arn:aws:s3:::reports/*", "arn:aws:sqs:*:*:*"] {
            let before = work.left();
            touches(&rule, &resource(place), &mut work);
            let cost = before - work.left();
            assert!(cost * 5_000 < Work::ONE_ANSWER, "{place}: {cost} steps a rule");
        }
    }
}
