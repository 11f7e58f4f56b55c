//! What is left of two patterns when others are taken away: whether some text matches both and none of the
//! others. The others are followed all at once as sets of positions, so the answer is exact; the work has a
//! fixed bound, beyond which there is no answer. It must not guess: the caller says what no answer counts as.

use super::Work;
use super::glob::{Tok, joint};
use std::collections::{HashSet, VecDeque};

/// Steps of the search that one question may cost: some tens of milliseconds.
const WORK: usize = 1 << 20;

/// A set of positions in the patterns taken away, laid end to end; a position without a step is the end of one.
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

    fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// Whether the text read so far is taken away as it stands.
    fn ends(&self, steps: &[Option<Tok>]) -> bool {
        self.iter().any(|at| steps[at].is_none())
    }

    /// Whether all that may follow is taken away too: a pattern stands at its last `*`.
    fn takes_all(&self, steps: &[Option<Tok>]) -> bool {
        self.iter().any(|at| steps[at] == Some(Tok::Many(None)) && steps[at + 1].is_none())
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

/// Whether a text matches `one` and `two` and none of `outside`; a shortest such text is what ends the search.
/// None where the answer costs more than the bound, or than the steps that are left for the whole answer.
pub(super) fn remains(one: &[Tok], two: &[Tok], outside: &[Vec<Tok>], answer: &mut Work) -> Option<bool> {
    let inside = joint(one, two, answer)?;
    if !inside.at(0, 0) {
        return Some(false);
    }
    let (steps, starts) = laid_out(one, two, outside, answer)?;
    let mut first = Positions::none(&steps);
    for at in starts {
        first.add(at, &steps);
    }
    let mut seen = HashSet::new();
    let mut todo = VecDeque::from([(0, 0, first)]);
    let mut work = WORK;
    while let Some((i, j, set)) = todo.pop_front() {
        spend(&mut work, answer, set.size())?;
        if !inside.at(i, j) || set.takes_all(&steps) || !seen.insert((i, j, set.clone())) {
            continue;
        }
        if set.is_empty() || (i == one.len() && j == two.len() && !set.ends(&steps)) {
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
        for letter in letters(x, y, &set, &steps) {
            spend(&mut work, answer, set.size())?;
            let on = |step: Tok| usize::from(!step.is_many());
            todo.push_back((i + on(x), j + on(y), set.after(letter, &steps)));
        }
    }
    Some(false)
}

/// Those of the patterns taken away that meet both others, laid end to end, and where each starts.
fn laid_out(one: &[Tok], two: &[Tok], outside: &[Vec<Tok>], answer: &mut Work) -> Option<(Vec<Option<Tok>>, Vec<usize>)> {
    let (mut steps, mut starts) = (Vec::new(), Vec::new());
    for other in outside {
        if joint(other, one, answer)?.at(0, 0) && joint(other, two, answer)?.at(0, 0) {
            starts.push(steps.len());
            steps.extend(other.iter().copied().map(Some));
            steps.push(None);
        }
    }
    Some((steps, starts))
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
        remains(&of(one), &of(two), &outside.iter().map(|text| of(text)).collect::<Vec<_>>(), &mut Work::default())
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
        assert_eq!(remains(&long, &of("*"), &outside, &mut work), None);
        assert!(work.is_spent());
    }
}
