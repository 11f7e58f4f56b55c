//! Proving that what one statement gives, others give. Whatever is not proven is missing. It must not look for examples.

use super::sides::{Piece, actions, names_all, names_some, reaches_all, reaches_some, resources, speaks_of_all};
use super::{Sides, Statement, Why};
use crate::locator::Work;
use crate::rule::{Dialect, Via};

/// Pieces of one statement that are compared; one with more is not proven.
const PIECES_MOST: usize = 4_000;

/// Both are asked about the same: a trust policy is asked when somebody wants to become its role, and never else.
fn same_question(one: &Statement<'_>, two: &Statement<'_>) -> bool {
    one.rule.dialect == two.rule.dialect && (one.via == Via::Trust) == (two.via == Via::Trust)
}

/// Asked about the same in the same source, and bound at least as widely.
pub(super) fn asked_alike(outer: &Statement<'_>, inner: &Statement<'_>) -> bool {
    let bound = outer.namespace();
    same_question(outer, inner) && outer.source == inner.source && (bound.is_none() || bound == inner.namespace())
}

/// True where every condition of one stands among the conditions that hold.
fn holds_under(statement: &Statement<'_>, given: &[&[String]]) -> bool {
    statement.rule.conditions.iter().all(|condition| given.iter().any(|list| list.contains(condition)))
}

/// Two statements of one rule: the outer is held at least as widely.
pub(super) fn is_held_alike(outer: &Statement<'_>, inner: &Statement<'_>) -> bool {
    asked_alike(outer, inner) && inner.is_within(outer)
}

/// What keeps a statement of the inner from being proven; none where all of it is.
pub(super) fn missing(sides: &Sides<'_>, inner: &Statement<'_>, work: &mut Work) -> Option<Why> {
    let places: Vec<Piece<'_>> = resources(inner.rule).collect();
    let acts: Vec<Piece<'_>> = actions(inner.rule).collect();
    if acts.len().saturating_mul(places.len()) > PIECES_MOST {
        return Some(Why::TooMuch);
    }
    for act in acts {
        for place in &places {
            if !work.take(1 + sides.outer.allows.len()) {
                return Some(Why::TooMuch);
            }
            let of = Part { statement: inner, act, place: *place };
            if let Some(why) = of.missing(sides, work) {
                return Some(why);
            }
        }
    }
    None
}

/// One action and one resource of a statement.
struct Part<'a> {
    statement: &'a Statement<'a>,
    act: Piece<'a>,
    place: Piece<'a>,
}

impl Part<'_> {
    fn missing(&self, sides: &Sides<'_>, work: &mut Work) -> Option<Why> {
        if self.is_cut(sides, work) {
            return None;
        }
        let given = sides.outer.allows.iter().any(|outer| is_held_alike(outer, self.statement) && self.lies_in(outer, work));
        if !given {
            return Some(Why::NoAllow);
        }
        let denied = sides.outer.denies.iter().any(|deny| self.may_be_of(deny, work) && !self.is_denied_alike(deny, sides, work));
        if denied {
            return Some(Why::Denied);
        }
        (!sides.outer.caps.is_empty() && !self.is_capped_alike(sides, work)).then_some(Why::Capped)
    }

    /// All of this lies in what another statement speaks of, whenever this counts.
    fn lies_in(&self, other: &Statement<'_>, work: &mut Work) -> bool {
        holds_under(other, &[&self.statement.rule.conditions])
            && speaks_of_all(other.rule, self.statement.rule)
            && names_all(other.rule, self.act)
            && reaches_all(other.rule, self.place, work)
    }

    /// Whether another statement, of whatever path, may speak of some of this.
    fn may_be_of(&self, other: &Statement<'_>, work: &mut Work) -> bool {
        other.rule.dialect == self.statement.rule.dialect && names_some(other.rule, self.act) && reaches_some(other.rule, self.place, work)
    }

    /// Nothing of it is given: a deny of its own side surely takes it all away, or the boundary surely allows none of it.
    fn is_cut(&self, sides: &Sides<'_>, work: &mut Work) -> bool {
        let denied = |deny: &&&Statement<'_>| asked_alike(deny, self.statement) && self.statement.terms.within(deny.terms, false);
        if sides.inner.denies.iter().filter(denied).any(|deny| self.lies_in(deny, work)) {
            return true;
        }
        let caps = own_caps(sides, self.statement);
        !caps.is_empty() && !caps.iter().any(|cap| self.may_be_of(cap, work))
    }

    /// What the outer's deny could cut of this, a deny of the inner surely cuts as well.
    fn is_denied_alike(&self, deny: &Statement<'_>, sides: &Sides<'_>, work: &mut Work) -> bool {
        sides.inner.denies.iter().any(|own| self.replaces(own, deny, work))
    }

    /// Whether `own` says of this whatever `other` says of it.
    fn replaces(&self, own: &Statement<'_>, other: &Statement<'_>, work: &mut Work) -> bool {
        asked_alike(own, other)
            && other.terms.within(own.terms, false)
            && holds_under(own, &[&other.rule.conditions, &self.statement.rule.conditions])
            && speaks_of_all(own.rule, other.rule)
            && (names_all(own.rule, self.act) || actions(other.rule).all(|act| names_all(own.rule, act)))
            && (reaches_all(own.rule, self.place, work) || resources(other.rule).all(|place| reaches_all(own.rule, place, work)))
    }

    /// The outer's boundary leaves all that the inner's leaves of this.
    fn is_capped_alike(&self, sides: &Sides<'_>, work: &mut Work) -> bool {
        let within = |cap: &&&Statement<'_>| self.statement.terms.within(cap.terms, false);
        if sides.outer.caps.iter().filter(within).any(|cap| self.lies_in(cap, work)) {
            return true;
        }
        let own = own_caps(sides, self.statement);
        // Here the wider stands outside: what the inner's cap allows, one of the outer's must allow.
        !own.is_empty()
            && own.iter().all(|cap| !self.may_be_of(cap, work) || sides.outer.caps.iter().any(|wide| self.replaces(wide, cap, work)))
    }
}

/// The inner's boundary, where it surely caps a statement: AWS asks it for what a policy gives and not of a trust policy.
fn own_caps<'a>(sides: &Sides<'a>, of: &Statement<'_>) -> Vec<&'a Statement<'a>> {
    let asked = of.rule.dialect == Dialect::Aws && of.via != Via::Trust;
    sides.inner.caps.iter().copied().filter(|cap| asked && cap.rule.dialect == of.rule.dialect).collect()
}

/// True where a deny or a cap of the outer surely stands in the inner: a deny by one that takes away at least as much, a cap
/// by caps that all allow at most as much.
pub(super) fn is_kept(limit: &Statement<'_>, outer: &[Statement<'_>], inner: &[Statement<'_>], work: &mut Work) -> bool {
    if limit.denies() {
        return inner.iter().filter(|s| s.denies()).any(|own| is_all_of(limit, own, work));
    }
    let mut caps = inner.iter().filter(|s| s.caps() && s.rule.dialect == limit.rule.dialect).peekable();
    caps.peek().is_some()
        && caps.all(|own| outer.iter().filter(|s| s.caps() && s.rule.dialect == limit.rule.dialect).any(|wide| is_all_of(own, wide, work)))
}

/// Whether whatever `inner` says, `outer` says.
fn is_all_of(inner: &Statement<'_>, outer: &Statement<'_>, work: &mut Work) -> bool {
    if inner.rule == outer.rule {
        return asked_alike(outer, inner) && inner.terms.within(outer.terms, false);
    }
    work.take(1)
        && asked_alike(outer, inner)
        && inner.terms.within(outer.terms, false)
        && holds_under(outer, &[&inner.rule.conditions])
        && speaks_of_all(outer.rule, inner.rule)
        && actions(inner.rule).all(|act| names_all(outer.rule, act))
        && resources(inner.rule).all(|place| reaches_all(outer.rule, place, work))
}
