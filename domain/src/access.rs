//! Access of one identity as its grants give it together: explicit deny over boundary over allow. A
//! conditional deny takes nothing away, because the condition may not hold; a conditional allow is shown as
//! conditional. What a file cannot show is said by `NOT_SEEN`.

use crate::privilege::{self, Class, Classes, Judgement, aws};
use crate::rule::{Dialect, Effect, Rule, Via};
use std::collections::HashMap;

/// What identity policies do not tell, printed wherever AWS access is shown.
pub const NOT_SEEN: &str = "identity-policy access; not seen: SCP, RCP, resource and session policies";

/// A grant as held.
#[derive(Clone, Copy, Debug)]
pub struct HeldRule<'a> {
    pub rule: &'a Rule,
    pub via: Via,
    /// True where the grant has an end.
    pub timed: bool,
}

/// The judgement on a grant in the company of the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// Classes that remain after denies and the boundary; for a deny, what it denies.
    pub classes: Classes,
    pub reasons: Vec<(Class, String)>,
    /// Actions taken away by a deny or the boundary, of all the rule names.
    pub cut: Option<(usize, usize)>,
}

/// Remembers which actions a rule names, because rules are shared by many identities.
#[derive(Default)]
pub struct Memory {
    actions: HashMap<Rule, Vec<u32>>,
    alone: HashMap<Rule, Judgement>,
}

impl Memory {
    fn actions(&mut self, rule: &Rule) -> Vec<u32> {
        if let Some(known) = self.actions.get(rule) {
            return known.clone();
        }
        let found = aws::actions_of(rule);
        self.actions.insert(rule.clone(), found.clone());
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

/// True where a deny's resources surely cover the allow's.
fn covers(deny: &Rule, allow: &Rule) -> bool {
    if !deny.resources_negated.is_empty() {
        return false;
    }
    // Case counts in ARNs. The allow is a pattern itself: a `?` of the deny must not stand for its `*`.
    let covered = |pattern: &String| deny.resources.iter().any(|d| surely_matches(d, pattern));
    allow.resources_negated.is_empty() && !allow.resources.is_empty() && allow.resources.iter().all(covered)
        || deny.resources.iter().any(|d| d == "*")
}

/// Judges every grant of one identity together, in the order given.
pub fn judge(grants: &[HeldRule<'_>], memory: &mut Memory) -> Vec<Judged> {
    let denies: Vec<&HeldRule<'_>> = grants.iter().filter(|h| h.rule.effect == Effect::Deny && !h.rule.is_conditional()).collect();
    let boundary = boundary_actions(grants, memory);
    grants
        .iter()
        .map(|held| {
            let rule = held.rule;
            let free = rule.effect == Effect::Deny || held.via == Via::Boundary;
            let denies: Vec<&&HeldRule<'_>> = denies.iter().filter(|d| !free && d.rule.dialect == rule.dialect).collect();
            let capped = boundary.is_some() && rule.dialect == Dialect::Aws;
            if free || (denies.is_empty() && !capped) {
                let alone = memory.alone(rule);
                return Judged { classes: alone.classes, reasons: alone.reasons, cut: None };
            }
            if rule.dialect != Dialect::Aws {
                return plain(rule, &denies);
            }
            let named = memory.actions(rule);
            let mut left = named.clone();
            for deny in denies.iter().filter(|d| covers(d.rule, rule)) {
                let gone = memory.actions(deny.rule);
                left.retain(|a| gone.binary_search(a).is_err());
            }
            if let Some(boundary) = &boundary {
                left.retain(|a| boundary.binary_search(a).is_ok());
            }
            let judged = aws::classes_of_actions(rule, &left);
            let cut = (left.len() < named.len()).then(|| (named.len() - left.len(), named.len()));
            Judged { classes: judged.classes, reasons: judged.reasons, cut }
        })
        .collect()
}

/// A rule whose actions are words, without a table behind them: a deny takes away the actions it surely names.
fn plain(rule: &Rule, denies: &[&&HeldRule<'_>]) -> Judged {
    let denied = |action: &String| {
        denies.iter().any(|d| {
            let names = |p: &String| surely_matches(&p.to_lowercase(), &action.to_lowercase());
            let named = if d.rule.actions_negated.is_empty() {
                d.rule.actions.iter().any(names)
            } else {
                !d.rule.actions_negated.iter().any(names)
            };
            // What the allow's own pattern spans beyond the deny's stays; a negated list may leave part of it.
            named && (d.rule.actions_negated.is_empty() || !action.contains(['*', '?'])) && covers(d.rule, rule)
        })
    };
    let mut left = rule.clone();
    left.actions.retain(|a| !denied(a));
    let judged =
        if left.actions.is_empty() && rule.actions_negated.is_empty() { privilege::Judgement::default() } else { privilege::judge(&left) };
    let cut = (left.actions.len() < rule.actions.len()).then(|| (rule.actions.len() - left.actions.len(), rule.actions.len()));
    Judged { classes: judged.classes, reasons: judged.reasons, cut }
}

/// True where a pattern matches whatever another pattern may stand for.
fn surely_matches(deny: &str, allow: &str) -> bool {
    deny == "*" || deny == allow || (!(deny.contains('?') && allow.contains('*')) && privilege::glob(deny.as_bytes(), allow.as_bytes()))
}

/// The actions a permissions boundary leaves, where there is one; conditions widen it to be safe.
fn boundary_actions(grants: &[HeldRule<'_>], memory: &mut Memory) -> Option<Vec<u32>> {
    let rules: Vec<&Rule> = grants.iter().filter(|h| h.via == Via::Boundary).map(|h| h.rule).collect();
    if rules.is_empty() {
        return None;
    }
    let mut allowed: Vec<u32> = Vec::new();
    for rule in rules.iter().filter(|r| r.effect == Effect::Allow) {
        allowed.extend(memory.actions(rule));
    }
    allowed.sort_unstable();
    allowed.dedup();
    for rule in rules.iter().filter(|r| r.effect == Effect::Deny && !r.is_conditional() && r.resources.iter().any(|x| x == "*")) {
        let gone = memory.actions(rule);
        allowed.retain(|a| gone.binary_search(a).is_err());
    }
    Some(allowed)
}

/// Sums over an identity's grants, as lists and counts show them. A boundary grants nothing and is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub grants: i64,
    pub standing: i64,
    pub timed: i64,
    pub denied: i64,
    pub conditional: i64,
    /// Grants per class, in the order of `Class::ALL`.
    pub by_class: [i64; 6],
    pub privilege: i64,
}

pub fn totals(grants: &[HeldRule<'_>], judged: &[Judged]) -> Totals {
    let mut out = Totals::default();
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
        for class in judged.classes.iter() {
            out.by_class[class as usize] += 1;
        }
        out.privilege += judged.classes.weight();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(effect: Effect, actions: &[&str], resources: &[&str]) -> Rule {
        let mut r = Rule::new(Dialect::Aws, effect);
        r.actions = actions.iter().map(|a| (*a).to_owned()).collect();
        r.resources = resources.iter().map(|a| (*a).to_owned()).collect();
        r.normal()
    }

    fn held(rule: &Rule, via: Via) -> HeldRule<'_> {
        HeldRule { rule, via, timed: false }
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
            (&["tickets.delete"], &["crm/us"], &[Class::Read, Class::Destructive]),
            (&["invoices.*"], &["*"], &[Class::Read, Class::Destructive]),
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
}
