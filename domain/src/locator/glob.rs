//! Patterns of characters and whether two of them have a text in common, decided by one table over both:
//! the cost is at most the product of their lengths, whatever they are. It must not know what the text means.

use super::Work;
use super::mark::{ANY, MANY, ONE, PART, UNKNOWN};

/// Which characters a wildcard does not stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// A wildcard stands for every character.
    Free,
    /// A wildcard stays inside its part of the place.
    Parts,
    /// A wildcard stays between two colons, except a `*` that ends its segment.
    Segments,
}

/// One step of a pattern; wildcards with the character they do not stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tok {
    Is(char),
    One(Option<char>),
    Many(Option<char>),
}

impl Tok {
    /// Whether the step takes a letter; none is a letter that no pattern names.
    pub(super) fn takes(self, letter: Option<char>) -> bool {
        match self {
            Self::Is(c) => letter == Some(c),
            Self::One(not) | Self::Many(not) => not.is_none() || letter != not,
        }
    }

    pub(super) fn is_many(self) -> bool {
        matches!(self, Self::Many(_))
    }
}

/// The steps of a whole pattern. `*` alone is every place, however many parts it has.
pub(super) fn tokens(machine: &str, reading: Reading) -> Vec<Tok> {
    if machine == ANY { vec![Tok::Many(None)] } else { steps(machine, reading) }
}

fn steps(text: &str, reading: Reading) -> Vec<Tok> {
    let mut out: Vec<Tok> = Vec::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let not = match reading {
            Reading::Free => None,
            Reading::Parts => Some(PART),
            Reading::Segments => Some(':'),
        };
        match c {
            MANY | UNKNOWN => {
                let runs_over = reading == Reading::Segments && (c == UNKNOWN || matches!(chars.peek(), None | Some(':')));
                let not = if runs_over { None } else { not };
                // Two in a row are one: the wider of both.
                if let Some(Tok::Many(before)) = out.last_mut() {
                    *before = if *before == not { not } else { None };
                } else {
                    out.push(Tok::Many(not));
                }
            }
            ONE => out.push(Tok::One(not)),
            c => out.push(Tok::Is(c)),
        }
    }
    out
}

/// For every pair of positions: whether what is left of both patterns there has a text in common.
pub(super) struct Table {
    width: usize,
    cells: Vec<bool>,
}

impl Table {
    pub(super) fn at(&self, i: usize, j: usize) -> bool {
        self.cells[i * self.width + j]
    }
}

/// Fills the table from the ends of both patterns; none where there are fewer steps left than it has cells.
pub(super) fn joint(one: &[Tok], two: &[Tok], work: &mut Work) -> Option<Table> {
    let width = two.len() + 1;
    if !work.take((one.len() + 1) * width) {
        return None;
    }
    let mut table = Table { width, cells: vec![false; (one.len() + 1) * width] };
    for i in (0..=one.len()).rev() {
        for j in (0..=two.len()).rev() {
            let (x, y) = (one.get(i).copied(), two.get(j).copied());
            let less_one = x.is_some() && table.at(i + 1, j);
            let less_two = y.is_some() && table.at(i, j + 1);
            let less_both = x.is_some() && y.is_some() && table.at(i + 1, j + 1);
            table.cells[i * width + j] = joins(x, y, less_one, less_two, less_both);
        }
    }
    Some(table)
}

/// One cell, from those with a step less of the first, of the second and of both.
fn joins(one: Option<Tok>, two: Option<Tok>, less_one: bool, less_two: bool, less_both: bool) -> bool {
    match (one, two) {
        (None, None) => true,
        (Some(Tok::Many(_)), _) if less_one => true,
        (_, Some(Tok::Many(_))) if less_two => true,
        (Some(x), Some(y)) if share(x, y) => match (x.is_many(), y.is_many()) {
            // Both would take the letter and stand where they stood.
            (true, true) => false,
            (true, false) => less_two,
            (false, true) => less_one,
            (false, false) => less_both,
        },
        _ => false,
    }
}

/// Whether two steps take a letter in common. Two wildcards always do: each leaves out one character at most.
fn share(one: Tok, two: Tok) -> bool {
    match (one, two) {
        (Tok::Is(c), other) | (other, Tok::Is(c)) => other.takes(Some(c)),
        _ => true,
    }
}

/// How many bytes two patterns have alike at their beginnings and then at their ends, up to a mark. Most pairs differ ahead
/// of one: then `Err` with how many were read. A mark is one byte, and equal bytes up to a mark or an end are whole
/// characters.
fn alike(left: &[u8], right: &[u8]) -> Result<(usize, usize), usize> {
    let plain = |byte: u8| !matches!(char::from(byte), MANY | ONE | UNKNOWN);
    let mut head = 0;
    while let (Some(x), Some(y)) = (left.get(head), right.get(head)) {
        if !plain(*x) || !plain(*y) {
            break;
        }
        if x != y {
            return Err(head);
        }
        head += 1;
    }
    let from_end = |bytes: &[u8], tail: usize| (bytes.len() > head + tail).then(|| bytes[bytes.len() - 1 - tail]);
    let mut tail = 0;
    while let (Some(x), Some(y)) = (from_end(left, tail), from_end(right, tail)) {
        if !plain(x) || !plain(y) {
            break;
        }
        if x != y {
            return Err(head + tail);
        }
        tail += 1;
    }
    Ok((head, tail))
}

/// Whether two patterns have a text in common, under the readings `Free` and `Parts`. (Under `Segments` a
/// star is read by what follows it, so nothing may be cut off; `joint` decides there.) True as well where no
/// steps are left to tell.
pub(super) fn overlaps(one: &str, two: &str, reading: Reading, work: &mut Work) -> bool {
    if one == ANY || two == ANY {
        return true;
    }
    let alike = alike(one.as_bytes(), two.as_bytes());
    let (Ok(read) | Err(read)) = alike.map(|(head, tail)| head + tail);
    if !work.take(read + 1) {
        return true;
    }
    let Ok((head, tail)) = alike else { return false };
    let (one, two) = (&one[head..one.len() - tail], &two[head..two.len() - tail]);
    if one == two || (reading == Reading::Free && (one == ANY || two == ANY)) {
        return true;
    }
    joint(&steps(one, reading), &steps(two, reading), work).is_none_or(|table| table.at(0, 0))
}

#[cfg(test)]
mod tests {
    use super::super::mark::marked;
    use super::*;

    fn meet(one: &[Tok], two: &[Tok]) -> bool {
        joint(one, two, &mut Work::default()).expect("enough steps").at(0, 0)
    }

    #[test]
    fn cutting_off_equal_ends_changes_no_answer() {
        let texts = ["", "a", "é", "©", "aé", "é*", "*é", "a*©", "*", "?", "a?é", "é?", "**", "a*b*é", "?é", "aéa", "é*a", "*é*"];
        for a in texts.map(|t| marked(t, true)) {
            for b in texts.map(|t| marked(t, true)) {
                let whole = meet(&steps(&a, Reading::Free), &steps(&b, Reading::Free));
                assert_eq!(overlaps(&a, &b, Reading::Free, &mut Work::default()), whole, "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn a_star_runs_over_a_colon_where_it_ends_a_segment() {
        for (a, b, free, segments) in [
            ("a*", "a:b", true, true),
            ("a*:c", "a:b:c", true, true),
            ("a*c", "a:b:c", true, false),
            ("a?c", "a:c", true, false),
            ("a*c", "abc", true, true),
            ("**c", "a:c", true, false),
        ] {
            let (a, b) = (marked(a, true), marked(b, true));
            for (reading, expected) in [(Reading::Free, free), (Reading::Segments, segments)] {
                assert_eq!(meet(&tokens(&a, reading), &tokens(&b, reading)), expected, "{a:?} {b:?} {reading:?}");
            }
        }
    }

    #[test]
    fn the_longest_patterns_meet_in_one_table() {
        for (one, two, expected) in [
            ("a*".repeat(1_024), "*b".repeat(1_024), true),
            (format!("*{}x*", "?a*".repeat(600)), format!("*{}y", "?b*".repeat(600)), true),
            (format!("*{}x", "?a*".repeat(600)), format!("*{}y?", "?b*".repeat(600)), true),
            (format!("*{}y?x", "?a*".repeat(600)), format!("*{}xx?", "?b*".repeat(600)), false),
        ] {
            assert_eq!(overlaps(&marked(&one, true), &marked(&two, true), Reading::Free, &mut Work::default()), expected);
        }
    }

    #[test]
    fn a_pair_costs_no_more_than_is_left() {
        let (one, two) = (marked(&format!("*{}y?x", "?a*".repeat(600)), true), marked(&format!("*{}xx?", "?b*".repeat(600)), true));
        let mut work = Work::of(100_000);
        assert!(overlaps(&one, &two, Reading::Free, &mut work) && work.is_spent(), "what is not decided counts as overlapping");
        let mut enough = Work::default();
        assert!(!overlaps(&one, &two, Reading::Free, &mut enough) && !enough.is_spent());
        assert!(Work::ONE_ANSWER - enough.left() > 3_000_000);
    }
}
