//! What held an agent back and does so no longer: prohibitions, conditions and steps that ask a person, gone, changed, moved
//! aside or moved to where they stand for something else; and new words that allow, except or lead round. A statement is kept
//! where the same words stand under the same headings, plainly said. Two wordings of one meaning are two: it must not guess.

use super::reading::{Aside, Statement};
use super::words::{Says, families, is_bare_prohibition, loosens};
use super::{Findings, Pair, Reason, Side, Which};
use crate::text;
use std::collections::{BTreeSet, HashMap, HashSet};

/// What became of a statement that held something back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    Kept,
    /// It stands elsewhere, under the same heading.
    Moved {
        line: usize,
    },
    /// The same words stand where they may not hold: aside, under another heading, in another order of steps.
    Displaced {
        line: usize,
    },
    /// Something like it stands there.
    Changed {
        line: usize,
        to: String,
    },
    Gone,
}

/// A statement of the old text that forbids something, depends on something or asks somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub line: usize,
    /// Hostile text, shown plain and capped.
    pub text: String,
    pub forbids: bool,
    pub depends: bool,
    pub asks: bool,
    pub fate: Fate,
}

/// "What this text used to forbid": every such statement of the old text, with what became of it.
pub fn rules_of(before: Side<'_>, after: Side<'_>) -> Vec<Rule> {
    let pair = Pair::of(super::readable(before.text()), super::readable(after.text()));
    let kept = Kept::of(&pair);
    let rule = |s: &Statement| Rule {
        line: s.line,
        text: text::capped(&s.text, 400),
        forbids: s.says.forbids,
        depends: s.says.depends,
        asks: s.says.asks,
        fate: kept.fate(s),
    };
    // A model reads examples and comments like anything else: what stood in one may have held it back.
    pair.old.statements.iter().filter(|s| s.says.any()).map(rule).collect()
}

/// The new text, to look statements up in.
struct Kept<'a> {
    by_words: HashMap<&'a [String], Vec<&'a Statement>>,
    /// Statements that the old text did not make, with their words; none where there are too many to look through.
    fresh: Vec<(HashSet<&'a str>, &'a Statement)>,
    /// Steps that come in another order than they did.
    turned: HashSet<&'a [String]>,
}

/// Above this many steps their order is not compared, and counts as another.
const STEPS_MOST: usize = 400;
/// Above this many new statements none is looked for in place of an old one: nobody reads so many at once.
const FRESH_MOST: usize = 400;

impl<'a> Kept<'a> {
    fn of(pair: &'a Pair<'_>) -> Self {
        let mut by_words: HashMap<&[String], Vec<&Statement>> = HashMap::new();
        for statement in &pair.new.statements {
            by_words.entry(&statement.words).or_default().push(statement);
        }
        let fresh: Vec<&Statement> = pair.added().take(FRESH_MOST + 1).collect();
        let fresh = if fresh.len() > FRESH_MOST { Vec::new() } else { fresh };
        let fresh = fresh.into_iter().map(|s| (word_set(s), s)).collect();
        Self { by_words, fresh, turned: turned(&pair.old.statements, &pair.new.statements) }
    }

    fn fate(&self, old: &Statement) -> Fate {
        let same = self.by_words.get(old.words.as_slice()).map_or(&[][..], Vec::as_slice);
        let holds = |new: &&&Statement| new.under == old.under && (new.aside == Aside::Said || new.aside == old.aside);
        if let Some(new) = same.iter().find(holds) {
            let turned = (old.step || new.step) && self.turned.contains(old.words.as_slice());
            return if turned || (old.step && !new.step) {
                Fate::Displaced { line: new.line }
            } else if new.line == old.line {
                Fate::Kept
            } else {
                Fate::Moved { line: new.line }
            };
        }
        if let Some(new) = same.first() {
            return Fate::Displaced { line: new.line };
        }
        self.nearest(old).map_or(Fate::Gone, |new| Fate::Changed { line: new.line, to: text::capped(&new.text, 400) })
    }

    /// The new statement that shares most words with an old one: at least half of either's.
    fn nearest(&self, old: &Statement) -> Option<&Statement> {
        let own = word_set(old);
        let shared = |new: &HashSet<&str>| {
            let both = own.intersection(new).count();
            (both, own.len() + new.len() - both)
        };
        let near = self.fresh.iter().map(|(words, s)| (shared(words), *s)).filter(|((both, all), _)| both * 5 >= all * 2 && *both > 1);
        near.max_by_key(|((both, all), _)| both * 1000 / all).map(|(_, s)| s)
    }
}

fn word_set(of: &Statement) -> HashSet<&str> {
    of.words.iter().map(String::as_str).collect()
}

/// Statements of numbered lists that stand on the other side of another one than they did.
fn turned<'a>(old: &'a [Statement], new: &[Statement]) -> HashSet<&'a [String]> {
    let place: HashMap<&[String], usize> = new.iter().enumerate().rev().map(|(at, s)| (s.words.as_slice(), at)).collect();
    let steps = old.iter().filter(|s| s.step).filter_map(|s| Some((s.words.as_slice(), *place.get(s.words.as_slice())?)));
    let steps: Vec<(&[String], usize)> = steps.collect();
    if steps.len() > STEPS_MOST {
        return steps.into_iter().map(|(words, _)| words).collect();
    }
    let crosses = |at: usize| steps.iter().enumerate().any(|(other, (_, place))| other != at && (other < at) != (*place < steps[at].1));
    (0..steps.len()).filter(|at| crosses(*at)).map(|at| steps[at].0).collect()
}

/// The reasons of what a statement says; the mildest where it is not known.
fn reasons(says: Says) -> Vec<Reason> {
    let all = [(says.forbids, Reason::DropsProhibition), (says.asks, Reason::DropsEscalation), (says.depends, Reason::DropsCondition)];
    all.into_iter().filter(|(said, _)| *said).map(|(_, reason)| reason).collect()
}

pub(super) fn find(pair: &Pair<'_>, out: &mut Findings) {
    let kept = Kept::of(pair);
    for old in &pair.old.statements {
        let fate = kept.fate(old);
        let now = match &fate {
            Fate::Kept | Fate::Moved { .. } => continue,
            Fate::Displaced { line } => format!("now stands in line {line}, where it may hold for something else"),
            Fate::Changed { to, .. } => to.clone(),
            Fate::Gone => String::new(),
        };
        if old.says.any() {
            for reason in reasons(old.says) {
                out.push(reason, Which::Before, old.line, &old.text, &now);
            }
        } else if !matches!(fate, Fate::Displaced { .. }) && (!families(&old.words).is_empty() || is_strange(old)) {
            out.push(Reason::Unclear, Which::Before, old.line, &old.text, &now);
        }
    }
    loosened(pair, out);
}

/// A statement whose words are not understood may have said anything.
fn is_strange(old: &Statement) -> bool {
    super::plain::other_language(&old.words, &HashSet::new()).is_some()
}

/// New statements that allow something, or speak of what a rule of the old text speaks of.
fn loosened(pair: &Pair<'_>, out: &mut Findings) {
    let ruled: BTreeSet<usize> = pair.old.statements.iter().filter(|s| s.says.any()).flat_map(|s| families(&s.words)).collect();
    for new in pair.added() {
        if let Some(by) = loosens(&new.words) {
            out.push(Reason::Weakens, Which::After, new.line, &by, &new.text);
        } else if !is_bare_prohibition(&new.words) && families(&new.words).iter().any(|family| ruled.contains(family)) {
            out.push(Reason::Weakens, Which::After, new.line, "speaks of what a rule speaks of", &new.text);
        }
    }
}

/// How many statements of a text hold something back.
#[cfg(test)]
fn holding(text: &str) -> usize {
    super::reading::read(text).statements.iter().filter(|s| s.says.any()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fates(before: &str, after: &str) -> Vec<Fate> {
        rules_of(Side::Text(before), Side::Text(after)).into_iter().map(|rule| rule.fate).collect()
    }

    #[test]
    fn what_became_of_every_rule_is_said() {
        let before = "Be kind.\nNever refund.\n\n## Escalation\n\n1. Ask a supervisor.\n2. Wait for the answer.\n";
        assert_eq!(holding(before), 4);
        let now = |after: &str| fates(before, after)[..2].to_vec();
        assert_eq!(now(before), [Fate::Kept, Fate::Kept]);
        assert_eq!(now(&format!("\n{before}"))[0], Fate::Moved { line: 3 });
        assert_eq!(now(&before.replace("Never refund.", "> Never refund."))[0], Fate::Displaced { line: 2 });
        let changed = Fate::Changed { line: 2, to: "Never refund gifts.".to_owned() };
        assert_eq!(now(&before.replace("Never refund.", "Never refund gifts."))[0], changed);
        assert_eq!(now("Be kind.")[0], Fate::Gone);
        let turned = "Be kind.\nNever refund.\n\n## Escalation\n\n1. Wait for the answer.\n2. Ask a supervisor.\n";
        assert_eq!(fates(before, turned)[2..], [Fate::Displaced { line: 7 }, Fate::Displaced { line: 6 }]);
        let longer = before.replace("1. Ask", "1. Say hello.\n2. Ask");
        assert!(fates(before, &longer).iter().all(|fate| matches!(fate, Fate::Kept | Fate::Moved { .. })), "a step more moves no other");
    }
}
