//! Whether what some statements give together lies within what others give (decisions C3): `covers(outer, inner)`.
//!
//! What statements give: an allow gives its actions on its resources under its conditions and terms, unless a deny takes them
//! away or no rule of a boundary, where there is one, allows them too. Conditions are opaque texts, each true or not by
//! itself; a statement counts where all of its are true.
//!
//! `contained` is proven, one piece (an action, a resource) of an allow at a time, by patterns, set inclusion of conditions
//! and a superset of every deny and boundary that could cut it. `not_contained` has a witness: an action on a resource under
//! conditions that the inner surely gives and the outer surely does not. All else is `unknown`, and whoever asks takes it
//! for the worse. It judges no class and does not look beyond the statements: whose they are, `effect` knows.

use super::content::{Grant, MatchKey, Terms};
use crate::ids::SourceId;
use crate::locator::Work;
use crate::resource::namespace;
use crate::rule::{Effect, Rule, Via};
use std::collections::HashMap;

mod proof;
mod sides;
mod witness;

pub use witness::Witness;

crate::words! {
    /// Whether one access lies within another.
    Answer {
        Contained = "contained", "contained";
        Unknown = "unknown", "not proven to be contained";
        NotContained = "not_contained", "not contained";
    }
}

/// A grant as one of several that are held together.
#[derive(Clone, Copy, Debug)]
pub struct Statement<'a> {
    pub rule: &'a Rule,
    pub via: Via,
    pub via_name: &'a str,
    /// Where it is enforced: what one source gives says nothing of another.
    pub source: SourceId,
    pub terms: &'a Terms,
    /// Along which uses are counted.
    pub line: &'a MatchKey,
}

impl<'a> Statement<'a> {
    pub fn of(line: &'a MatchKey, grant: &'a Grant) -> Self {
        Self { rule: &grant.rule, via: grant.via, via_name: &grant.via_name, source: grant.source, terms: &grant.terms, line }
    }

    /// True where it gives something: a deny and a boundary give nothing.
    pub fn gives(&self) -> bool {
        self.rule.effect == Effect::Allow && self.via != Via::Boundary
    }

    pub fn denies(&self) -> bool {
        self.rule.effect == Effect::Deny
    }

    /// True of a rule that caps what others give.
    pub fn caps(&self) -> bool {
        self.rule.effect == Effect::Allow && self.via == Via::Boundary
    }

    /// The one namespace it is bound in; none where it is bound everywhere.
    fn namespace(&self) -> Option<&'a str> {
        namespace(self.rule.dialect, self.via_name)
    }

    fn is_within(&self, outer: &Self) -> bool {
        self.terms.within(outer.terms, self.line == outer.line)
    }
}

crate::words! {
    /// Why a statement is not proven to lie within others.
    Why {
        NoAllow = "no_allow", "nothing gave it before";
        Denied = "denied", "a deny that took it away is gone or was changed";
        Capped = "capped", "a boundary that kept it out is gone or was changed";
        TooMuch = "too_much", "there is too much to compare";
    }
}

/// One statement of the inner that is not contained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gain {
    /// Its place among the inner statements.
    pub at: usize,
    pub answer: Answer,
    pub why: Why,
    /// Where it is surely a gain: what is gained, for example.
    pub witness: Option<Witness>,
}

/// The answer for all statements together, the worst of them, and those that are not contained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    pub answer: Answer,
    pub gains: Vec<Gain>,
}

/// Whether whatever `inner` gives, `outer` gives too. Adding an allow to the inner never changes the answer on another of
/// its statements.
pub fn covers(outer: &[Statement<'_>], inner: &[Statement<'_>], work: &mut Work) -> Coverage {
    let sides = Sides::of(outer, inner, work);
    let mut gains = Vec::new();
    for (at, statement) in inner.iter().enumerate().filter(|(_, s)| s.gives()) {
        if let Some(gain) = sides.gain(at, statement, work) {
            gains.push(gain);
        }
    }
    let answer = gains.iter().map(|gain| gain.answer).max().unwrap_or(Answer::Contained);
    Coverage { answer, gains }
}

/// The denies and caps of `outer` that nothing of `inner` surely takes the place of: what they could cut is gained.
pub fn weakened(outer: &[Statement<'_>], inner: &[Statement<'_>], work: &mut Work) -> Vec<usize> {
    let limits = outer.iter().enumerate().filter(|(_, s)| s.denies() || s.caps());
    limits.filter(|(_, limit)| !proof::is_kept(limit, outer, inner, work)).map(|(at, _)| at).collect()
}

/// Both sides, sorted once.
struct Sides<'a> {
    outer: Held<'a>,
    inner: Held<'a>,
    /// The outer's allows by their rule: most statements stand on both sides as they are.
    same: HashMap<&'a Rule, Vec<&'a Statement<'a>>>,
    /// Every deny and cap of the outer has its superset in the inner.
    kept: bool,
}

struct Held<'a> {
    allows: Vec<&'a Statement<'a>>,
    denies: Vec<&'a Statement<'a>>,
    caps: Vec<&'a Statement<'a>>,
}

impl<'a> Held<'a> {
    fn of(all: &'a [Statement<'a>]) -> Self {
        let those = |which: fn(&Statement<'a>) -> bool| all.iter().filter(|s| which(s)).collect();
        Self { allows: those(Statement::gives), denies: those(Statement::denies), caps: those(Statement::caps) }
    }
}

impl<'a> Sides<'a> {
    fn of(outer: &'a [Statement<'a>], inner: &'a [Statement<'a>], work: &mut Work) -> Self {
        let kept = weakened(outer, inner, work).is_empty();
        let (outer, inner) = (Held::of(outer), Held::of(inner));
        let mut same: HashMap<&Rule, Vec<&Statement<'_>>> = HashMap::new();
        for statement in &outer.allows {
            same.entry(statement.rule).or_default().push(statement);
        }
        Self { outer, inner, same, kept }
    }

    fn gain(&self, at: usize, inner: &Statement<'_>, work: &mut Work) -> Option<Gain> {
        let stood = self.same.get(inner.rule).is_some_and(|all| all.iter().any(|outer| proof::is_held_alike(outer, inner)));
        if self.kept && stood {
            return None;
        }
        let why = proof::missing(self, inner, work)?;
        let witness = witness::find(self, inner, work);
        let answer = if witness.is_some() { Answer::NotContained } else { Answer::Unknown };
        Some(Gain { at, answer, why, witness })
    }
}
