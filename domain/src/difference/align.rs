//! Which parts of two sequences stand in both, in order: first what is unique to both sides, then the longest run of what is
//! left. Its cost is bounded by the sizes: where too much is left, it counts as replaced. It must not know what the parts are.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Range;

/// The most pairs of one stretch that are compared with each other.
const PAIRS_MOST: usize = 400_000;
/// How deep stretches are parted.
const DEEP: usize = 60;

/// Pairs of places at which both have the same, rising on both sides.
pub(super) fn align<T: Eq + Hash>(old: &[T], new: &[T]) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    stretch((old, new), (0..old.len(), 0..new.len()), DEEP, &mut out);
    out.sort_unstable();
    out
}

fn stretch<T: Eq + Hash>(of: (&[T], &[T]), at: (Range<usize>, Range<usize>), deep: usize, out: &mut Vec<(usize, usize)>) {
    let (old, new) = of;
    let (mut a, mut b) = at;
    while !a.is_empty() && !b.is_empty() && old[a.start] == new[b.start] {
        out.push((a.start, b.start));
        (a.start, b.start) = (a.start + 1, b.start + 1);
    }
    while !a.is_empty() && !b.is_empty() && old[a.end - 1] == new[b.end - 1] {
        (a.end, b.end) = (a.end - 1, b.end - 1);
        out.push((a.end, b.end));
    }
    if a.is_empty() || b.is_empty() {
        return;
    }
    let anchors = if deep == 0 { Vec::new() } else { rising(unique(of, &a, &b)) };
    if anchors.is_empty() {
        if a.len().saturating_mul(b.len()) <= PAIRS_MOST {
            longest(of, &a, &b, out);
        }
        return;
    }
    let (mut from_a, mut from_b) = (a.start, b.start);
    for (x, y) in anchors.into_iter().chain([(a.end, b.end)]) {
        stretch(of, (from_a..x, from_b..y), deep - 1, out);
        if x < a.end {
            out.push((x, y));
        }
        (from_a, from_b) = (x + 1, y + 1);
    }
}

/// Parts that stand once on each side of a stretch, in the order of the old.
fn unique<T: Eq + Hash>((old, new): (&[T], &[T]), a: &Range<usize>, b: &Range<usize>) -> Vec<(usize, usize)> {
    let mut seen: HashMap<&T, (usize, usize, usize, usize)> = HashMap::new();
    for at in a.clone() {
        let one = seen.entry(&old[at]).or_default();
        (one.0, one.1) = (one.0 + 1, at);
    }
    for at in b.clone() {
        if let Some(one) = seen.get_mut(&new[at]) {
            (one.2, one.3) = (one.2 + 1, at);
        }
    }
    let mut out: Vec<(usize, usize)> = seen.into_values().filter(|one| one.0 == 1 && one.2 == 1).map(|one| (one.1, one.3)).collect();
    out.sort_unstable();
    out
}

/// The longest choice of pairs that rises on the new side too.
fn rising(pairs: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    let mut tops: Vec<usize> = Vec::new();
    let mut ahead: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (at, pair) in pairs.iter().enumerate() {
        let place = tops.partition_point(|top| pairs[*top].1 < pair.1);
        ahead.push(place.checked_sub(1).map(|p| tops[p]));
        if place == tops.len() { tops.push(at) } else { tops[place] = at }
    }
    let mut out = Vec::new();
    let mut next = tops.last().copied();
    while let Some(at) = next {
        out.push(pairs[at]);
        next = ahead[at];
    }
    out.reverse();
    out
}

fn longest<T: Eq>((old, new): (&[T], &[T]), a: &Range<usize>, b: &Range<usize>, out: &mut Vec<(usize, usize)>) {
    let width = b.len() + 1;
    let mut best = vec![0_u32; (a.len() + 1) * width];
    for x in (0..a.len()).rev() {
        for y in (0..b.len()).rev() {
            best[x * width + y] = if old[a.start + x] == new[b.start + y] {
                best[(x + 1) * width + y + 1] + 1
            } else {
                best[(x + 1) * width + y].max(best[x * width + y + 1])
            };
        }
    }
    let (mut x, mut y) = (0, 0);
    while x < a.len() && y < b.len() {
        if old[a.start + x] == new[b.start + y] {
            out.push((a.start + x, b.start + y));
            (x, y) = (x + 1, y + 1);
        } else if best[(x + 1) * width + y] >= best[x * width + y + 1] {
            x += 1;
        } else {
            y += 1;
        }
    }
}
