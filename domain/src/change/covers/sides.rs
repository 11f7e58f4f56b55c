//! What one rule says of one piece of another: surely all of it, or perhaps some of it. A piece is one text of a rule, or
//! everything but some texts. It must not know conditions, terms or other rules.

use crate::access::{may_name, surely_matches};
use crate::locator::{Work, holds, meets};
use crate::rule::{Dialect, Rule};

/// A piece of what a rule names.
#[derive(Clone, Copy, Debug)]
pub(super) enum Piece<'a> {
    Text(&'a str),
    AllBut(&'a [String]),
}

/// The pieces of a list of texts and a list of exceptions. Where a rule has both, either may be meant.
fn pieces<'a>(texts: &'a [String], but: &'a [String]) -> impl Iterator<Item = Piece<'a>> {
    let rest = (!but.is_empty()).then_some(Piece::AllBut(but));
    texts.iter().map(|text| Piece::Text(text)).chain(rest)
}

pub(super) fn actions(rule: &Rule) -> impl Iterator<Item = Piece<'_>> {
    pieces(&rule.actions, &rule.actions_negated)
}

/// A rule that names no resource does not say what it reaches: it counts as reaching everything.
pub(super) fn resources(rule: &Rule) -> impl Iterator<Item = Piece<'_>> {
    let unsaid = (rule.resources.is_empty() && rule.resources_negated.is_empty()).then_some(Piece::AllBut(&[]));
    pieces(&rule.resources, &rule.resources_negated).chain(unsaid)
}

/// True where a rule surely names every action of a piece.
pub(super) fn names_all(rule: &Rule, piece: Piece<'_>) -> bool {
    let held = |outer: &String, inner: &str| surely_matches(&outer.to_lowercase(), &inner.to_lowercase());
    let (named, but) = (&rule.actions, &rule.actions_negated);
    match piece {
        Piece::Text(text) => {
            let named = if named.is_empty() { !but.is_empty() } else { named.iter().any(|outer| held(outer, text)) };
            named && !but.iter().any(|gone| words_meet(gone, text))
        }
        Piece::AllBut(_) if but.is_empty() => named.iter().any(|outer| held(outer, "*")),
        Piece::AllBut(gone) => named.is_empty() && but.iter().all(|own| gone.iter().any(|other| held(other, own))),
    }
}

/// True where a rule may name an action of a piece.
pub(super) fn names_some(rule: &Rule, piece: Piece<'_>) -> bool {
    let held = |outer: &String, inner: &String| surely_matches(&outer.to_lowercase(), &inner.to_lowercase());
    match piece {
        // Where a rule has both lists, either may be meant.
        Piece::Text(text) => may_name(rule, text) || rule.actions.iter().any(|own| words_meet(own, text)),
        Piece::AllBut(_) if !rule.actions_negated.is_empty() => true,
        Piece::AllBut(gone) => rule.actions.iter().any(|own| !gone.iter().any(|other| held(other, own))),
    }
}

/// Whether two patterns of actions may share a word.
fn words_meet(one: &str, two: &str) -> bool {
    let mut rule = Rule::new(Dialect::Countersign, crate::rule::Effect::Allow);
    rule.actions = vec![one.to_owned()];
    may_name(&rule, two)
}

/// True where a rule surely speaks of every place of a piece, in its own language.
pub(super) fn reaches_all(rule: &Rule, piece: Piece<'_>, work: &mut Work) -> bool {
    let (said, but, language) = (&rule.resources, &rule.resources_negated, rule.dialect);
    match piece {
        Piece::Text(text) => {
            let within = if said.is_empty() { !but.is_empty() } else { said.iter().any(|outer| holds(language, outer, text, work)) };
            within && !but.iter().any(|gone| meets(language, gone, text, work))
        }
        Piece::AllBut(_) if but.is_empty() => said.iter().any(|outer| holds(language, outer, "*", work)),
        Piece::AllBut(gone) => said.is_empty() && but.iter().all(|own| gone.iter().any(|other| holds(language, other, own, work))),
    }
}

/// True where a rule may speak of a place of a piece.
pub(super) fn reaches_some(rule: &Rule, piece: Piece<'_>, work: &mut Work) -> bool {
    let (said, but, language) = (&rule.resources, &rule.resources_negated, rule.dialect);
    match piece {
        Piece::Text(text) => {
            let within = said.is_empty() || !but.is_empty() || said.iter().any(|own| meets(language, own, text, work));
            within && !but.iter().any(|gone| holds(language, gone, text, work))
        }
        Piece::AllBut(_) if said.is_empty() || !but.is_empty() => true,
        Piece::AllBut(gone) => said.iter().any(|own| !gone.iter().any(|other| holds(language, other, own, work))),
    }
}

/// True where whoever the inner speaks of, the outer speaks of too. Rules that name nobody stand with their holder.
pub(super) fn speaks_of_all(outer: &Rule, inner: &Rule) -> bool {
    if (&outer.principals, &outer.principals_negated) == (&inner.principals, &inner.principals_negated) {
        return true;
    }
    let everybody = outer.principals.iter().any(|p| p == "*");
    let named = !inner.principals.is_empty() && inner.principals.iter().all(|p| outer.principals.contains(p));
    outer.principals_negated.is_empty() && (everybody || named)
}
