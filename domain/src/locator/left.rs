//! What is left of two patterns when others are taken away: whether some text matches both and none of the
//! others, and of each list of limits one at least. The others are followed all at once as sets of positions, so
//! the answer is exact; the work has a fixed bound, beyond which there is no answer. It must not guess: the caller
//! says what no answer counts as.

use super::Work;
use super::glob::{Table, Tok, joint};
use std::collections::{HashSet, VecDeque};

/// Steps of the search that one question may cost: some tens of milliseconds.
const WORK: usize = 1 << 20;

/// The patterns that are followed, laid end to end: those taken away, then one list of limits after the other.
#[derive(Default)]
struct Laid {
    /// None where a pattern ends.
    steps: Vec<Option<Tok>>,
    /// Which list a step is of: 0 is taken away.
    lists: Vec<usize>,
    starts: Vec<usize>,
    limits: usize,
}

impl Laid {
    /// Adds those of a list that meet both others; false where there are none.
    fn add(&mut self, list: usize, patterns: &[Vec<Tok>], (one, two): (&[Tok], &[Tok]), answer: &mut Work) -> Option<bool> {
        let before = self.starts.len();
        for other in patterns {
            if joint(other, one, answer)?.at(0, 0) && joint(other, two, answer)?.at(0, 0) {
                self.starts.push(self.steps.len());
                self.steps.extend(other.iter().copied().map(Some));
                self.steps.push(None);
            }
        }
        self.lists.resize(self.steps.len(), list);
        Some(self.starts.len() > before)
    }

    fn first(&self) -> Positions {
        let mut first = Positions::none(&self.steps);
        for at in &self.starts {
            first.add(*at, &self.steps);
        }
        first
    }
}

/// A set of positions in the patterns that are followed.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Positions(Box<[u64]>);

impl Positions {
    fn none(steps: &[Option<Tok>]) -> Self {
        Self(vec![0; steps.len().div_ceil(64)].into_boxed_slice())
    }

    /// Adds a position, and those behind it that a `*` standing for nothing leads to.
    fn add(&mut self, mut at: usize, steps: &[Option<Tok>]) {
        loop {
            self.0[at / 64] |= 1 << (at % 64);
            if !steps[at].is_some_and(Tok::is_many) {
                return;
            }
            at += 1;
        }
    }

    fn iter(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().flat_map(|(word, bits)| {
            let mut bits = *bits;
            std::iter::from_fn(move || {
                let at = bits.trailing_zeros() as usize;
                bits &= bits.wrapping_sub(1);
                (at < 64).then_some(word * 64 + at)
            })
        })
    }

    /// What it takes to go through them.
    fn size(&self) -> usize {
        1 + self.0.len() + self.iter().count()
    }

    fn any(&self, of: &Laid, list: usize, is: impl Fn(usize) -> bool) -> bool {
        self.iter().any(|at| of.lists[at] == list && is(at))
    }

    /// Whether the text read so far stays: nothing takes it away as it stands, and each list of limits has it.
    fn stays(&self, of: &Laid) -> bool {
        let ends = |at: usize| of.steps[at].is_none();
        !self.any(of, 0, ends) && (1..=of.limits).all(|list| self.any(of, list, ends))
    }

    /// Whether every text that begins so stays.
    fn all_stay(&self, of: &Laid) -> bool {
        !self.any(of, 0, |_| true) && (1..=of.limits).all(|list| self.any(of, list, |at| is_last_many(at, &of.steps)))
    }

    /// Whether no text that begins so stays: all are taken away, or have left a list of limits.
    fn none_stays(&self, of: &Laid) -> bool {
        self.any(of, 0, |at| is_last_many(at, &of.steps)) || (1..=of.limits).any(|list| !self.any(of, list, |_| true))
    }

    fn after(&self, letter: Option<char>, steps: &[Option<Tok>]) -> Self {
        let mut out = Self::none(steps);
        for at in self.iter() {
            if let Some(step) = steps[at].filter(|s| s.takes(letter)) {
                out.add(if step.is_many() { at } else { at + 1 }, steps);
            }
        }
        out
    }
}

/// Whether a pattern stands at its last `*`.
fn is_last_many(at: usize, steps: &[Option<Tok>]) -> bool {
    steps[at] == Some(Tok::Many(None)) && steps[at + 1].is_none()
}

/// Patterns beside two others.
#[derive(Clone, Copy)]
pub(super) struct Beside<'a> {
    /// Whatever one of these matches is taken away.
    pub outside: &'a [Vec<Tok>],
    /// Of each of these lists one must match as well.
    pub limits: &'a [Vec<Vec<Tok>>],
}

/// Whether a text matches `one` and `two`, none of what is outside, and of each list of limits one; a shortest such text
/// is what ends the search. None where the answer costs more than the bound, or than the steps that are left for the whole
/// answer.
pub(super) fn remains(one: &[Tok], two: &[Tok], beside: Beside<'_>, answer: &mut Work) -> Option<bool> {
    let inside = joint(one, two, answer)?;
    if !inside.at(0, 0) {
        return Some(false);
    }
    let mut laid = Laid { limits: beside.limits.len(), ..Laid::default() };
    laid.add(0, beside.outside, (one, two), answer)?;
    for (at, list) in beside.limits.iter().enumerate() {
        if !laid.add(at + 1, list, (one, two), answer)? {
            return Some(false);
        }
    }
    search(one, two, &inside, &laid, answer)
}

fn search(one: &[Tok], two: &[Tok], inside: &Table, laid: &Laid, answer: &mut Work) -> Option<bool> {
    let mut seen = HashSet::new();
    let mut todo = VecDeque::from([(0, 0, laid.first())]);
    let mut work = WORK;
    while let Some((i, j, set)) = todo.pop_front() {
        spend(&mut work, answer, set.size())?;
        if !inside.at(i, j) || set.none_stays(laid) || !seen.insert((i, j, set.clone())) {
            continue;
        }
        if set.all_stay(laid) || (i == one.len() && j == two.len() && set.stays(laid)) {
            return Some(true);
        }
        let (x, y) = (one.get(i).copied(), two.get(j).copied());
        // A `*` may stand for nothing more.
        if x.is_some_and(Tok::is_many) {
            todo.push_back((i + 1, j, set.clone()));
        }
        if y.is_some_and(Tok::is_many) {
            todo.push_back((i, j + 1, set.clone()));
        }
        let (Some(x), Some(y)) = (x, y) else { continue };
        for letter in letters(x, y, &set, &laid.steps) {
            spend(&mut work, answer, set.size())?;
            let on = |step: Tok| usize::from(!step.is_many());
            todo.push_back((i + on(x), j + on(y), set.after(letter, &laid.steps)));
        }
    }
    Some(false)
}

/// Takes steps of the search and of the whole answer.
fn spend(search: &mut usize, answer: &mut Work, steps: usize) -> Option<()> {
    *search = search.checked_sub(steps)?;
    answer.take(steps).then_some(())
}

/// The letters that can make a difference here: those the patterns name, and one that none names.
fn letters(x: Tok, y: Tok, set: &Positions, steps: &[Option<Tok>]) -> Vec<Option<char>> {
    let mut out = match (x, y) {
        (Tok::Is(c), _) | (_, Tok::Is(c)) => vec![Some(c)],
        _ => {
            let named = |step: Tok| match step {
                Tok::Is(c) => Some(c),
                Tok::One(not) | Tok::Many(not) => not,
            };
            let mut all = vec![None];
            all.extend(set.iter().filter_map(|at| steps[at]).filter_map(named).map(Some));
            all.sort_unstable();
            all.dedup();
            all
        }
    };
    out.retain(|letter| x.takes(*letter) && y.takes(*letter));
    out
}

#[cfg(test)]
mod tests {
    use super::super::glob::{Reading, tokens};
    use super::super::mark::marked;
    use super::*;

    fn left(one: &str, two: &str, outside: &[&str]) -> Option<bool> {
        let of = |text: &str| tokens(&marked(text, true), Reading::Free);
        let outside: Vec<Vec<Tok>> = outside.iter().map(|text| of(text)).collect();
        remains(&of(one), &of(two), Beside { outside: &outside, limits: &[] }, &mut Work::default())
    }

    #[test]
    fn what_is_left_within_limits() {
        let of = |text: &str| tokens(&marked(text, true), Reading::Free);
        for (one, outside, limits, expected) in [
            ("*", &[] as &[&str], &[&["a*"] as &[&str]] as &[&[&str]], true),
            ("b*", &[], &[&["a*", "c"]], false),
            ("b*", &[], &[&["a*", "*c"]], true),
            ("*", &["a*"], &[&["a?"]], false),
            ("*", &["a?"], &[&["a*"]], true),
            ("*", &[], &[&["a*"], &["*b"]], true),
            ("*", &["a*b"], &[&["a*"], &["*b"]], false),
            ("?", &[], &[&["a*"], &["*b"]], false),
            ("b/*", &[], &[&["b/ok", "b/ok/*"]], true),
            ("b/*", &["b/ok/*"], &[&["b/ok", "b/ok/*"]], true),
            ("b/*", &["b/ok", "b/ok/*"], &[&["b/ok", "b/ok/*"]], false),
            ("b/*", &[], &[&[]], false),
        ] {
            let lists = |texts: &[&str]| texts.iter().map(|text| of(text)).collect::<Vec<_>>();
            let (outside, limits) = (lists(outside), limits.iter().map(|list| lists(list)).collect::<Vec<_>>());
            let found = remains(&of(one), &of("*"), Beside { outside: &outside, limits: &limits }, &mut Work::default());
            assert_eq!(found, Some(expected), "{one} {outside:?} {limits:?}");
        }
    }

    #[test]
    fn what_is_left() {
        for (one, two, outside, expected) in [
            ("*", "a", &[] as &[&str], true),
            ("a", "b", &[], false),
            ("*", "*", &["*"], false),
            ("a*", "*b", &["a*b"], false),
            ("*", "?", &["a", "b"], true),
            ("ab", "*", &["a", "b"], true),
            ("*?", "*", &["?*"], false),
            ("*a", "*", &["?*"], false),
            ("b/*", "*", &["b/x/*", "b/?"], true),
            ("*", "*", &["?*"], true),
            ("*", "*", &["?*", "x"], true),
            ("?", "*", &["?"], false),
            ("*a*", "*", &["a*", "?*a*"], false),
            ("*a*", "*", &["a*", "?a*"], true),
        ] {
            assert_eq!(left(one, two, outside), Some(expected), "{one} {two} {outside:?}");
        }
    }

    #[test]
    fn beyond_the_bound_there_is_no_answer() {
        // To see that nothing is left, every word of 25 letters would have to be followed.
        let hard = format!("*a{}", "?".repeat(24));
        assert_eq!(left(&hard, "*", &[&hard]), None);
        assert_eq!(left("*", "*", &[&hard]), Some(true), "a short text is found at once");
    }

    #[test]
    fn tables_count_for_the_whole_answer() {
        let of = |text: &str| tokens(&marked(text, true), Reading::Free);
        let (long, outside) = (of(&"?a*".repeat(600)), vec![of(&"?b*".repeat(600)); 50]);
        let mut work = Work::of(4_000_000);
        assert_eq!(remains(&long, &of("*"), Beside { outside: &outside, limits: &[] }, &mut work), None);
        assert!(work.is_spent());
    }
}
