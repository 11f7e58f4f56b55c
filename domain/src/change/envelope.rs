//! Envelopes (DESIGN section 5, threats.md 4): values of a text that may move within a range people approved, while the rest
//! of the text stays letter for letter. Asked again at every computation of an effect, so that an approved range outlives
//! neither its end nor the text it was approved for. A value is a bare number or word in a line of its own, `name: value`;
//! what is anything else is in no envelope. It must not widen anything: what couples is `coupling`'s to find.

use super::own::{Envelope, Range};
use crate::json::sha256_hex;
use crate::surface::SurfaceKind;
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// The most values of one envelope, words of one range, and characters of one word.
pub const VALUES_MOST: usize = 64;
const WORD_MOST: usize = 64;

/// Whether a kind of surface may have an envelope: never what governs an identity, nor what is derived.
pub fn may_have_one(kind: SurfaceKind) -> bool {
    matches!(kind, SurfaceKind::Instructions | SurfaceKind::Memory | SurfaceKind::Model)
}

/// The line `name: value`, `"name": value,` or `name = value`, as its name and where the value stands in it.
fn value_of(line: &str) -> Option<(&str, std::ops::Range<usize>)> {
    let at = line.find([':', '='])?;
    let name = line[..at].trim().trim_matches('"');
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let rest = &line[at + 1..];
    let begins = at + 1 + (rest.len() - rest.trim_start().len());
    let body = line[begins..].trim_end().trim_end_matches(',').trim_end();
    let bare = body.strip_prefix('"').and_then(|inner| inner.strip_suffix('"'));
    let (begins, body) = bare.map_or((begins, body), |inner| (begins + 1, inner));
    let word = !body.is_empty() && body.len() <= WORD_MOST && body.chars().all(|c| plain(c) || c == '+');
    (!name.is_empty() && name.chars().all(plain) && word).then(|| (name, begins..begins + body.len()))
}

/// The named values of a text, and the text without them. None where one is missing, stands twice or is no bare value.
fn taken_apart(text: &str, names: &BTreeMap<String, Range>) -> Option<(BTreeMap<String, String>, String)> {
    let (mut values, mut rest) = (BTreeMap::new(), String::with_capacity(text.len()));
    for line in text.split_inclusive('\n') {
        match value_of(line).filter(|(name, _)| names.contains_key(*name)) {
            Some((name, place)) => {
                if values.insert(name.to_owned(), line[place.clone()].to_owned()).is_some() {
                    return None;
                }
                rest.push_str(&line[..place.start]);
                rest.push('\u{1}');
                rest.push_str(&line[place.end..]);
            }
            None => rest.push_str(line),
        }
    }
    // A name that stands once as a line of its own may stand a second time in another form.
    let once = names.keys().all(|name| values.contains_key(name) && occurrences(text, name) == 1);
    once.then_some((values, rest))
}

fn occurrences(text: &str, name: &str) -> usize {
    let inner = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let whole = |at: &(usize, &str)| !inner(text[..at.0].chars().next_back()) && !inner(text[at.0 + name.len()..].chars().next());
    text.match_indices(name).filter(whole).count()
}

/// Hex SHA-256 of a text without the values of these names; none where they do not stand in it once each.
pub fn frame(text: &str, names: &BTreeMap<String, Range>) -> Option<String> {
    taken_apart(text, names).map(|(_, rest)| sha256_hex(rest.as_bytes()))
}

/// A decimal in units of 10⁻⁹; none where it is none, or has more digits.
fn decimal(text: &str) -> Option<i128> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 18 || part.len() > 9 || !plain(whole) || !plain(part) || digits.ends_with('.') {
        return None;
    }
    let part = format!("{part:0<9}");
    Some(sign * (whole.parse::<i128>().ok()? * 1_000_000_000 + part.parse::<i128>().ok()?))
}

impl Range {
    /// True where the range is one: a least that is not above the most, or some bare words.
    pub fn is_one(&self) -> bool {
        match self {
            Self::Between { least, most } => matches!((decimal(least), decimal(most)), (Some(least), Some(most)) if least <= most),
            Self::OneOf(words) => {
                let bare = |word: &String| value_of(&format!("x: {word}")).is_some_and(|(_, place)| place.len() == word.len());
                !words.is_empty() && words.len() <= VALUES_MOST && words.iter().all(bare)
            }
        }
    }

    fn holds(&self, value: &str) -> bool {
        match self {
            Self::Between { least, most } => match (decimal(least), decimal(value), decimal(most)) {
                (Some(least), Some(value), Some(most)) => least <= value && value <= most,
                _ => false,
            },
            Self::OneOf(words) => words.contains(value),
        }
    }

    /// Whether everything of this lies in another.
    fn within(&self, outer: &Self) -> bool {
        match self {
            Self::Between { least, most } => matches!(outer, Self::Between { .. }) && outer.holds(least) && outer.holds(most),
            Self::OneOf(words) => words.iter().all(|word| outer.holds(word)),
        }
    }
}

impl Envelope {
    /// True where it can hold: some values, each a range.
    pub fn is_one(&self) -> bool {
        !self.values.is_empty() && self.values.len() <= VALUES_MOST && self.values.values().all(Range::is_one)
    }

    /// Whether nothing of a text moved but values, to where they may be, at an instant.
    pub fn holds(&self, before: &str, after: &str, at: Timestamp) -> bool {
        let (Some((_, was)), Some((values, is))) = (taken_apart(before, &self.values), taken_apart(after, &self.values)) else {
            return false;
        };
        let ended = self.ends_at.is_some_and(|end| at >= end);
        let inside = values.iter().all(|(name, value)| self.values.get(name).is_some_and(|range| range.holds(value)));
        !ended && inside && was == is && sha256_hex(is.as_bytes()) == self.frame
    }

    /// Whether it lets nothing move that another would not.
    pub fn within(&self, outer: &Self) -> bool {
        let ends = outer.ends_at.is_none_or(|end| self.ends_at.is_some_and(|own| own <= end));
        let ranges = self.values.iter().all(|(name, range)| outer.values.get(name).is_some_and(|wide| range.within(wide)));
        // Of other values the rest is another text.
        ends && ranges && self.values.len() == outer.values.len() && self.frame == outer.frame && self.identity == outer.identity
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::IdentityId;

    fn envelope(text: &str, values: &[(&str, Range)]) -> Envelope {
        let values: BTreeMap<String, Range> = values.iter().map(|(name, range)| ((*name).to_owned(), range.clone())).collect();
        let frame = frame(text, &values).expect("its values stand in it");
        Envelope { identity: IdentityId::new(uuid::Uuid::from_u128(1)), values, frame, ends_at: Some(Timestamp(100)) }
    }

    fn between(least: &str, most: &str) -> Range {
        Range::Between { least: least.to_owned(), most: most.to_owned() }
    }

    #[test]
    fn a_value_may_move_within_its_range_and_nothing_else_may() {
        let text = "rank:\n  weight: 0.50\n  \"mode\": \"fast\",\nNever refund.\n";
        let modes = Range::OneOf(["fast".to_owned(), "slow".to_owned()].into());
        let one = envelope(text, &[("weight", between("0.1", "0.9")), ("mode", modes)]);
        assert!(one.is_one());
        let holds = |after: &str| one.holds(text, after, Timestamp(1));
        for after in [text.to_owned(), text.replace("0.50", "0.9"), text.replace("0.50", "0.10"), text.replace("fast", "slow")] {
            assert!(holds(&after), "{after}");
        }
        for after in [
            text.replace("0.50", "0.91"),
            text.replace("0.50", "-0.5"),
            text.replace("0.50", "5e-1"),
            text.replace("0.50", "0.5 and refund"),
            text.replace("fast", "free"),
            text.replace("Never refund.", "Refund."),
            text.replace("  weight: 0.50\n", ""),
            format!("{text}weight: 0.5\n"),
            format!("{text}the weight is 3\n"),
            text.replace("0.50", "0.5 "),
        ] {
            assert!(!holds(&after), "{after}");
        }
        assert!(!one.holds(text, text, Timestamp(100)), "it has ended");
        assert!(!one.holds(&text.replace("Never", "Always"), &text.replace("Never", "Always"), Timestamp(1)), "another text");
    }

    #[test]
    fn an_envelope_lies_in_another_by_its_ranges_and_its_end() {
        let text = "a: 1\n";
        let wide = envelope(text, &[("a", between("0", "10"))]);
        for (least, most, ends_at, expected) in [
            ("0", "10", Some(100), true),
            ("2", "3", Some(50), true),
            ("-1", "3", Some(50), false),
            ("0", "11", Some(50), false),
            ("0", "10", None, false),
            ("0", "10", Some(101), false),
        ] {
            let inner = Envelope { ends_at: ends_at.map(Timestamp), ..envelope(text, &[("a", between(least, most))]) };
            assert_eq!(inner.within(&wide), expected, "{least} {most} {ends_at:?}");
        }
        assert!(!between("2", "1").is_one() && !between("a", "1").is_one() && !Range::OneOf(["a b".to_owned()].into()).is_one());
        assert!(!may_have_one(SurfaceKind::Evaluator) && !may_have_one(SurfaceKind::Boundary) && may_have_one(SurfaceKind::Memory));
    }
}
