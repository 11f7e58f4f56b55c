//! What stands in the way of an allow: the denies and the boundary of whoever holds it. A deny takes away what it surely
//! speaks of, a boundary what it surely does not allow. It judges no class.

use super::{HeldRule, Memory};
use crate::privilege::aws::{self, Actions};
use crate::privilege::glob;
use crate::rule::{Dialect, Effect, Rule, Via};
use std::borrow::Cow;

/// True where a deny's resources surely cover the allow's.
pub(super) fn covers(deny: &Rule, allow: &Rule) -> bool {
    if !deny.resources_negated.is_empty() {
        return false;
    }
    // Case counts in ARNs. The allow is a pattern itself: a `?` of the deny must not stand for its `*`.
    let covered = |pattern: &String| deny.resources.iter().any(|d| surely_matches(d, pattern));
    is_everywhere(deny) || (allow.resources_negated.is_empty() && !allow.resources.is_empty() && allow.resources.iter().all(covered))
}

/// True where a rule surely speaks of every resource, however its patterns are spelled.
fn is_everywhere(rule: &Rule) -> bool {
    rule.resources_negated.is_empty() && rule.resources.iter().any(|pattern| plain(pattern) == "*")
}

/// True where a deny that is held by a path is asked about an action at all. A trust policy is asked when somebody wants to
/// become its role and never else: a `*` in it takes nothing away from what may be done *to* the role, for example passing
/// it on.
pub(crate) fn speaks_of(via: Via, action: &str) -> bool {
    via != Via::Trust || action.starts_with("sts:")
}

/// True where a deny surely names an action that is a word or a pattern.
pub(crate) fn surely_names(deny: &Rule, action: &str) -> bool {
    let named = |p: &String| surely_matches(&p.to_lowercase(), &action.to_lowercase());
    if deny.actions_negated.is_empty() {
        return deny.actions.iter().any(named);
    }
    // Of a pattern, a negated list may leave a part.
    !action.contains(['*', '?']) && !deny.actions_negated.iter().any(named)
}

/// True where a rule may name an action that is a word or a pattern: two patterns may meet unless they begin otherwise.
pub(crate) fn may_name(rule: &Rule, action: &str) -> bool {
    let wild = |text: &str| text.contains(['*', '?']);
    let action = action.to_lowercase();
    if !rule.actions_negated.is_empty() {
        let named = |p: &String| surely_matches(&p.to_lowercase(), &action);
        return !rule.actions_negated.iter().any(named);
    }
    rule.actions.iter().any(|pattern| {
        let pattern = pattern.to_lowercase();
        if wild(&pattern) && wild(&action) {
            let (one, two) = (head(&pattern), head(&action));
            return one.starts_with(two) || two.starts_with(one);
        }
        glob(pattern.as_bytes(), action.as_bytes()) || glob(action.as_bytes(), pattern.as_bytes())
    })
}

/// A pattern up to its first wildcard.
fn head(pattern: &str) -> &str {
    pattern.split(['*', '?']).next().unwrap_or_default()
}

/// True where a pattern matches whatever another pattern may stand for.
pub(crate) fn surely_matches(deny: &str, allow: &str) -> bool {
    let (deny, allow) = (plain(deny), plain(allow));
    deny == "*" || deny == allow || (!(deny.contains('?') && allow.contains('*')) && glob(deny.as_bytes(), allow.as_bytes()))
}

/// A pattern with its last part as `*` where that is another spelling of it: no name is empty, so `?*` says no more.
fn plain(pattern: &str) -> Cow<'_, str> {
    let last = pattern.rfind(':').map_or(0, |at| at + 1);
    let (before, part) = pattern.split_at(last);
    let wild = part.len() > 1 && part.contains('*') && part.bytes().all(|b| matches!(b, b'*' | b'?'));
    if wild && part.matches('?').count() < 2 { Cow::Owned(format!("{before}*")) } else { Cow::Borrowed(pattern) }
}

/// The denies of one identity that no condition stands in the way of.
pub(super) struct Denies<'a> {
    pub(super) all: Vec<&'a HeldRule<'a>>,
    /// What those of AWS take away on every resource, and those that speak of some, with what they name.
    everywhere: Actions,
    somewhere: Vec<(&'a HeldRule<'a>, Actions)>,
}

impl<'a> Denies<'a> {
    pub(super) fn of(grants: &'a [HeldRule<'a>], memory: &mut Memory) -> Self {
        let all: Vec<&HeldRule<'_>> = grants.iter().filter(|h| h.rule.effect == Effect::Deny && !h.rule.is_conditional()).collect();
        let mut out = Self { all, everywhere: Actions::default(), somewhere: vec![] };
        for deny in out.all.iter().filter(|d| d.rule.dialect == Dialect::Aws) {
            let mut gone = memory.named(deny.rule).known.clone();
            if deny.via == Via::Trust {
                gone = Actions::of(gone.iter().filter(|at| speaks_of(deny.via, &aws::table().actions[*at as usize].name)));
            }
            if is_everywhere(deny.rule) {
                out.everywhere.add(&gone);
            } else {
                out.somewhere.push((deny, gone));
            }
        }
        out
    }

    /// What they leave of the actions a rule names.
    pub(super) fn leave(&self, rule: &Rule, known: &Actions) -> Actions {
        let mut left = known.without(&self.everywhere);
        for (deny, gone) in &self.somewhere {
            if !left.is_empty() && covers(deny.rule, rule) {
                left = left.without(gone);
            }
        }
        left
    }

    /// True where one of them surely takes an action away that no table knows.
    pub(super) fn take(&self, rule: &Rule, unknown: &str) -> bool {
        let taken = |d: &&HeldRule<'_>| surely_names(d.rule, unknown) && speaks_of(d.via, &unknown.to_lowercase()) && covers(d.rule, rule);
        self.all.iter().filter(|d| d.rule.dialect == Dialect::Aws).any(taken)
    }
}

/// What a permissions boundary leaves.
pub(super) struct Boundary<'a> {
    /// The actions it allows somewhere.
    pub(super) actions: Actions,
    /// True where it allows every action on every resource.
    pub(super) everything: bool,
    /// Its rules: those that allow, and those that deny on every resource without a condition.
    allows: Vec<&'a Rule>,
    denies: Vec<&'a Rule>,
}

impl<'a> Boundary<'a> {
    /// The boundary of whoever holds one; conditions widen it to be safe.
    pub(super) fn of(grants: &[HeldRule<'a>], memory: &mut Memory) -> Option<Self> {
        let rules: Vec<&Rule> = grants.iter().filter(|h| h.via == Via::Boundary).map(|h| h.rule).collect();
        if rules.is_empty() {
            return None;
        }
        let (allows, denies): (Vec<&Rule>, Vec<&Rule>) = rules.into_iter().partition(|r| r.effect == Effect::Allow);
        let denies: Vec<&Rule> = denies.into_iter().filter(|r| !r.is_conditional() && is_everywhere(r)).collect();
        let (mut somewhere, mut everywhere, mut gone) = (Actions::default(), Actions::default(), Actions::default());
        for rule in &allows {
            let named = memory.named(rule);
            if aws::is_on_everything(rule) {
                everywhere.add(&named.known);
            }
            somewhere.add(&named.known);
        }
        for rule in &denies {
            gone.add(&memory.named(rule).known);
        }
        Some(Self { everything: everywhere.without(&gone).is_every(), actions: somewhere.without(&gone), allows, denies })
    }

    /// Whether it leaves an action that no table knows.
    pub(super) fn may_leave(&self, action: &str) -> bool {
        self.allows.iter().any(|rule| may_name(rule, action)) && !self.denies.iter().any(|rule| surely_names(rule, action))
    }
}

#[cfg(test)]
mod tests {
    use crate::access::{HeldRule, Memory, judge};
    use crate::privilege::Class;
    use crate::privilege::tests::rule as worded;
    use crate::rule::{Dialect, Effect, Via};

    #[test]
    fn what_no_table_knows_goes_with_the_deny_or_the_boundary_that_surely_speaks_of_it() {
        type Company = &'static [(Via, Effect, &'static str, &'static str)];
        const DENY: Effect = Effect::Deny;
        const CAP: Effect = Effect::Allow;
        let cases: [(&str, Company, &str); 18] = [
            ("new:Start", &[(Via::Direct, DENY, "*", "*")], ""),
            ("new:Start", &[(Via::Group, DENY, "**", "**")], ""),
            ("new:Start", &[(Via::Direct, DENY, "?*", "?*")], ""),
            ("new:Start", &[(Via::Direct, DENY, "NEW:st*", "*")], ""),
            ("new:Start", &[(Via::Direct, DENY, "new:Stop", "*")], "write wildcard"),
            ("new:Start", &[(Via::Direct, DENY, "!s3:*", "*")], ""),
            ("new:Start", &[(Via::Direct, DENY, "!new:*", "*")], "write wildcard"),
            ("new:Start", &[(Via::Direct, DENY, "*", "arn:aws:new:::one")], "write wildcard"),
            ("new:Start", &[(Via::Trust, DENY, "*", "*")], "write wildcard"),
            ("new:*", &[(Via::Direct, DENY, "new:?*", "*")], ""),
            ("new:*", &[(Via::Direct, DENY, "new:Start", "*")], "admin secrets destructive write wildcard"),
            ("new:Start s3:GetObject", &[(Via::Direct, DENY, "new:*", "*")], "read wildcard"),
            ("new:Start", &[(Via::Boundary, CAP, "s3:*", "*")], ""),
            ("new:Start", &[(Via::Boundary, CAP, "new:St?rt", "*")], "write wildcard"),
            ("new:*", &[(Via::Boundary, CAP, "s3:*", "*")], ""),
            ("new:*", &[(Via::Boundary, CAP, "new:Get*", "*")], "admin secrets destructive write wildcard"),
            ("new:Start", &[(Via::Boundary, CAP, "!new:*", "*")], ""),
            ("new:Start", &[(Via::Boundary, CAP, "*", "*"), (Via::Boundary, DENY, "new:*", "*")], ""),
        ];
        for (actions, company, expected) in cases {
            let mut rules = vec![(Via::Direct, worded(Dialect::Aws, Effect::Allow, actions, "*"))];
            rules.extend(company.iter().map(|(via, effect, actions, on)| (*via, worded(Dialect::Aws, *effect, actions, on))));
            let grants: Vec<HeldRule<'_>> =
                rules.iter().map(|(via, rule)| HeldRule { rule, via: *via, via_name: "", timed: false }).collect();
            let judged = judge(&grants, &mut Memory::default());
            let mark = judged[0].classes.wildcard().then_some("wildcard");
            let left = judged[0].classes.iter().map(Class::as_str).chain(mark).collect::<Vec<_>>().join(" ");
            assert_eq!(left, expected, "{actions} {company:?}");
            assert_eq!(judged[0].cut.is_some(), expected != "write wildcard" && !expected.starts_with("admin"), "{actions} {company:?}");
        }
    }
}
