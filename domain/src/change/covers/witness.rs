//! Looking for an example of what one side surely gives and the other surely does not. Finding none proves nothing.

use super::proof::asked_alike;
use super::sides::{Piece, actions, names_all, names_some, reaches_all, reaches_some, resources};
use super::{Sides, Statement};
use crate::locator::Work;
use crate::rule::{Dialect, Via};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// An action on a resource where these conditions hold and no others do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Witness {
    pub action: String,
    pub resource: String,
    pub conditions: Vec<String>,
}

/// Texts that are tried for each of action and resource, and sets of conditions.
const TRIED: usize = 12;

pub(super) fn find(sides: &Sides<'_>, inner: &Statement<'_>, work: &mut Work) -> Option<Witness> {
    let acts = samples(actions(inner.rule), others(sides, |s| &s.rule.actions), |text| names_all(inner.rule, Piece::Text(text)));
    let places =
        samples(resources(inner.rule), others(sides, |s| &s.rule.resources), |text| reaches_all(inner.rule, Piece::Text(text), work));
    let given = conditions(sides, inner);
    for action in &acts {
        for resource in &places {
            for conditions in &given {
                let point = Point { action, resource, conditions, inner };
                if point.is_gained(sides, work) {
                    let conditions = conditions.iter().map(|c| (*c).to_owned()).collect();
                    return Some(Witness { action: action.clone(), resource: resource.clone(), conditions });
                }
            }
        }
    }
    None
}

/// What the other statements say: what is between two patterns is often written out in one of them.
fn others<'a>(sides: &Sides<'a>, list: fn(&Statement<'a>) -> &'a [String]) -> Vec<&'a str> {
    let limits = [&sides.outer.denies, &sides.outer.caps, &sides.inner.caps];
    limits.into_iter().flatten().flat_map(|s| list(s)).map(String::as_str).take(TRIED).collect()
}

/// Texts without wildcards that a statement surely speaks of.
fn samples<'a>(pieces: impl Iterator<Item = Piece<'a>>, others: Vec<&'a str>, mut is_own: impl FnMut(&str) -> bool) -> Vec<String> {
    let own = pieces.map(|piece| if let Piece::Text(text) = piece { text } else { "*" }).take(TRIED);
    let mut out = Vec::new();
    for text in own.chain(others).map(|text| text.replace('*', "zz").replace('?', "z")) {
        if out.len() < TRIED && !out.contains(&text) && is_own(&text) {
            out.push(text);
        }
    }
    out
}

/// Sets of conditions worth trying: the statement's own, and those with what makes a deny or a cap count.
fn conditions<'a>(sides: &Sides<'a>, inner: &Statement<'a>) -> Vec<BTreeSet<&'a str>> {
    let own: BTreeSet<&str> = inner.rule.conditions.iter().map(String::as_str).collect();
    let mut out = vec![own.clone()];
    let limits = [&sides.outer.denies, &sides.inner.caps];
    for limit in limits.into_iter().flatten() {
        let with: BTreeSet<&str> = limit.rule.conditions.iter().map(String::as_str).chain(own.iter().copied()).collect();
        if out.len() < TRIED && !out.contains(&with) {
            out.push(with);
        }
    }
    out
}

struct Point<'a> {
    action: &'a str,
    resource: &'a str,
    conditions: &'a BTreeSet<&'a str>,
    inner: &'a Statement<'a>,
}

impl Point<'_> {
    fn counts(&self, other: &Statement<'_>) -> bool {
        other.rule.dialect == self.inner.rule.dialect && other.rule.conditions.iter().all(|c| self.conditions.contains(c.as_str()))
    }

    fn surely(&self, other: &Statement<'_>, work: &mut Work) -> bool {
        self.counts(other)
            && asked_alike(other, self.inner)
            && other.rule.principals == self.inner.rule.principals
            && other.rule.principals_negated == self.inner.rule.principals_negated
            && self.inner.terms.within(other.terms, false)
            && names_all(other.rule, Piece::Text(self.action))
            && reaches_all(other.rule, Piece::Text(self.resource), work)
    }

    fn perhaps(&self, other: &Statement<'_>, work: &mut Work) -> bool {
        self.counts(other) && names_some(other.rule, Piece::Text(self.action)) && reaches_some(other.rule, Piece::Text(self.resource), work)
    }

    fn is_gained(&self, sides: &Sides<'_>, work: &mut Work) -> bool {
        let of_language = |cap: &&Statement<'_>| cap.rule.dialect == self.inner.rule.dialect;
        if !work.take(1 + sides.outer.allows.len()) || sides.inner.denies.iter().any(|deny| self.perhaps(deny, work)) {
            return false;
        }
        if sides.inner.caps.iter().copied().any(|cap| of_language(&cap)) && !sides.inner.caps.iter().any(|cap| self.surely(cap, work)) {
            return false;
        }
        let capped = self.inner.rule.dialect == Dialect::Aws
            && self.inner.via != Via::Trust
            && sides.outer.caps.iter().copied().any(|cap| of_language(&cap))
            && !sides.outer.caps.iter().any(|cap| self.perhaps(cap, work));
        capped
            || sides.outer.denies.iter().any(|deny| self.surely(deny, work))
            || !sides.outer.allows.iter().any(|outer| self.perhaps(outer, work))
    }
}
