//! As-of: the pair (ledger position, instant) every read takes. Facts come from the position;
//! expiry, age and freshness from the instant. It must not look anything up.

use crate::seq::Seq;
use crate::time::{BadInstant, DAY, MINUTE, SECOND, Timestamp};
use std::fmt;

/// A resolved pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsOf {
    pub seq: Seq,
    pub at: Timestamp,
}

impl fmt::Display for AsOf {
    /// `48211@2026-11-23T06:00:00.25Z`, to be read back as this very pair.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.seq, self.at.exact())
    }
}

const HOUR: i64 = 60 * MINUTE;

/// How far the clocks of two processes on one store may lie apart: the one may read on what the other began.
const APART: i64 = 60 * SECOND;

/// Why a position and an instant are no pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPair {
    #[error("entry {0} was written after that instant")]
    Early(Seq),
    #[error("that instant is still to come")]
    ToCome,
}

impl AsOf {
    /// Refuses an instant at which the position was not there yet, and one that nobody has seen: then access that has ended
    /// would seem to go on, or what goes on to have ended. `written` is the instant of the entry; position 0 has none.
    pub fn check(self, written: Option<Timestamp>, now: Timestamp) -> Result<Self, BadPair> {
        if written.is_some_and(|written| self.at < written) {
            return Err(BadPair::Early(self.seq));
        }
        if self.at.since(now) > APART { Err(BadPair::ToCome) } else { Ok(self) }
    }
}

/// What a reader may write; a store resolves it to a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Head and clock.
    Now,
    /// A position; its instant is the entry's own.
    Position(Seq),
    /// The last position at or before an instant.
    Instant(Timestamp),
    Pair(AsOf),
}

/// What a page says of the state that no entry has touched.
pub const EMPTY: &str = "before the first entry";

/// Why a text names no as-of.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("We can't read that date. Try 2026-11-23, 2026-11-23 06:00, yesterday, or a ledger entry such as 48211.")]
pub struct BadAsOf;

impl From<BadInstant> for BadAsOf {
    fn from(_: BadInstant) -> Self {
        Self
    }
}

impl Wanted {
    /// Reads the text of the as-of panel, of `--at` and of `as_of=`, in every form that a page, the API or a command shows.
    /// Empty and `now` are now; a day, a minute and a second mean their last instant; `yesterday` and `3 months ago` are
    /// judged by `now`.
    pub fn parse(text: &str, now: Timestamp) -> Result<Self, BadAsOf> {
        let text = text.trim();
        if ["", "now", "today", "just now"].iter().any(|w| text.eq_ignore_ascii_case(w)) {
            return Ok(Self::Now);
        }
        if text == EMPTY {
            return Ok(Self::Position(Seq::ZERO));
        }
        // `28 Jul 2026, 01:23 UTC (ledger entry 22)`, as the banner of the past says it.
        if let Some((at, seq)) = text.strip_suffix(')').and_then(|t| t.split_once(" (ledger entry ")) {
            return Ok(Self::Pair(AsOf { seq: position(seq)?, at: instant(at, now)? }));
        }
        let text = text.strip_prefix("ledger ").unwrap_or(text);
        let named = text.strip_prefix("entry ").or_else(|| text.strip_prefix("Entry ")).or_else(|| text.strip_prefix('#'));
        let text = named.unwrap_or(text);
        if let Some((seq, at)) = text.split_once('@').or_else(|| text.split_once(" at ")) {
            return Ok(Self::Pair(AsOf { seq: position(seq)?, at: Timestamp::last_of(at)? }));
        }
        if named.is_some() || text.bytes().all(|b| b.is_ascii_digit() || b == b',') {
            return Ok(Self::Position(position(text)?));
        }
        Ok(Self::Instant(instant(text, now)?))
    }
}

/// A day, a minute, an instant, or how long ago.
fn instant(text: &str, now: Timestamp) -> Result<Timestamp, BadAsOf> {
    let written = Timestamp::last_of(text).or_else(|_| Timestamp::last_written_out(text));
    written.or_else(|_| ago(&text.to_lowercase(), now).ok_or(BadAsOf))
}

/// `yesterday`, `3 months ago`, and the short units of tables (`2 d ago`).
fn ago(text: &str, now: Timestamp) -> Option<Timestamp> {
    if text == "yesterday" {
        return Timestamp::last_of(&now.plus(-DAY).date()).ok();
    }
    let (n, unit) = text.strip_suffix(" ago")?.trim().split_once(' ')?;
    let n: i64 = match n {
        "a" | "an" => 1,
        digits if digits.len() <= 4 && digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok()?,
        _ => return None,
    };
    let span = match unit.strip_suffix('s').filter(|u| u.len() > 1).unwrap_or(unit) {
        "second" => SECOND,
        "minute" | "min" => MINUTE,
        "hour" | "h" => HOUR,
        "day" | "d" => DAY,
        "week" => 7 * DAY,
        "month" | "mo" => return Some(now.months_before(n)),
        "year" => return Some(now.months_before(12 * n)),
        _ => return None,
    };
    Some(now.plus(-n * span))
}

/// Reads a position as it is written or shown: `48211` or `48,211`.
fn position(text: &str) -> Result<Seq, BadAsOf> {
    let mut groups = text.split(',');
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    let grouped = rest.is_empty() || (first.len() <= 3 && rest.iter().all(|g| g.len() == 3));
    let digits = first.to_owned() + &rest.concat();
    if !grouped || first.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(BadAsOf);
    }
    let seq = Seq(digits.parse().map_err(|_| BadAsOf)?);
    if (Seq::ZERO..=Seq::LARGEST).contains(&seq) { Ok(seq) } else { Err(BadAsOf) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_that_is_shown_is_read() {
        let at = |text: &str| Timestamp::parse(text).expect("literal");
        let pair = |seq, text| Ok(Wanted::Pair(AsOf { seq: Seq(seq), at: at(text) }));
        let end = "2026-11-23T06:00:59.999999Z";
        let now = at("2026-11-26T09:12:00Z");
        for (text, wanted) in [
            ("", Ok(Wanted::Now)),
            ("48211", Ok(Wanted::Position(Seq(48211)))),
            ("entry 48,211", Ok(Wanted::Position(Seq(48211)))),
            (EMPTY, Ok(Wanted::Position(Seq::ZERO))),
            ("48211@2026-11-23T06:00:16Z", pair(48211, "2026-11-23T06:00:16.999999Z")),
            ("48211@2026-11-23T06:00:16.81Z", pair(48211, "2026-11-23T06:00:16.81Z")),
            ("entry 48,211 at 2026-11-23 06:00 UTC", pair(48211, end)),
            ("48211 at 2026-11-23 06:00", pair(48211, end)),
            ("2026-11-23 06:00", Ok(Wanted::Instant(at(end)))),
            ("2026-11-23", Ok(Wanted::Instant(at("2026-11-23T23:59:59.999999Z")))),
            ("2026-11-23 06:00 UTC", Ok(Wanted::Instant(at(end)))),
            ("23 Nov 2026", Ok(Wanted::Instant(at("2026-11-23T23:59:59.999999Z")))),
            ("23 Nov 2026, 06:00 UTC", Ok(Wanted::Instant(at(end)))),
            ("Monday, 23 November 2026", Ok(Wanted::Instant(at("2026-11-23T23:59:59.999999Z")))),
            ("23 Nov 2026, 06:00 UTC (ledger entry 48,211)", pair(48211, end)),
            ("Nov 2026", Ok(Wanted::Instant(at("2026-11-01T00:00:00Z")))),
            ("#22", Ok(Wanted::Position(Seq(22)))),
            ("ledger entry 22", Ok(Wanted::Position(Seq(22)))),
            ("Entry 22", Ok(Wanted::Position(Seq(22)))),
            ("just now", Ok(Wanted::Now)),
            ("Yesterday", Ok(Wanted::Instant(at("2026-11-25T23:59:59.999999Z")))),
            ("3 months ago", Ok(Wanted::Instant(at("2026-08-26T09:12:00Z")))),
            ("1 year ago", Ok(Wanted::Instant(at("2025-11-26T09:12:00Z")))),
            ("2 weeks ago", Ok(Wanted::Instant(at("2026-11-12T09:12:00Z")))),
            ("9 days ago", Ok(Wanted::Instant(at("2026-11-17T09:12:00Z")))),
            ("an hour ago", Ok(Wanted::Instant(at("2026-11-26T08:12:00Z")))),
        ] {
            assert_eq!(Wanted::parse(text, now), wanted, "{text}");
        }
        for gap in [0, 100, 7_200, 86_400 * 3, 86_400 * 80] {
            let shown = crate::time::relative(now.plus(-gap * SECOND), now);
            assert!(Wanted::parse(&shown, now).is_ok(), "{shown}");
        }
        for micros in [0, 1, 500_000, SECOND] {
            let shown = AsOf { seq: Seq(5), at: Timestamp(micros) };
            assert_eq!(Wanted::parse(&shown.to_string(), now), Ok(Wanted::Pair(shown)), "what is shown is read back as it is");
        }
        assert_eq!(AsOf { seq: Seq(48211), at: at("2026-11-23T06:00:00Z") }.to_string(), "48211@2026-11-23T06:00:00.0Z");
    }

    #[test]
    fn a_pair_lies_between_its_entry_and_now() {
        let pair = |at: i64| AsOf { seq: Seq(7), at: Timestamp(at * SECOND) };
        let check = |at: i64, written: Option<i64>| pair(at).check(written.map(|w| Timestamp(w * SECOND)), Timestamp(1_000 * SECOND));
        assert_eq!(check(499, Some(500)), Err(BadPair::Early(Seq(7))));
        for at in [500, 1_000, 1_060] {
            assert_eq!(check(at, Some(500)), Ok(pair(at)));
        }
        assert_eq!(check(1_061, Some(500)), Err(BadPair::ToCome));
        assert_eq!(check(-1, None), Ok(pair(-1)), "the empty world was always there");
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "-3",
            "+3",
            "9223372036854775807",
            "1@",
            "@2026-11-23",
            "soon",
            "1.5",
            "1,23",
            ",123",
            "entry",
            "entry 2026-11-23",
            "1 at",
            "#",
            "# 3x",
            "3 moons ago",
            "99999 days ago",
            "-1 days ago",
            "ago",
            "3 months",
            "in 3 days",
            "31 Feb 2026",
            "28 Jul 2026 (ledger entry x)",
        ] {
            assert_eq!(Wanted::parse(text, Timestamp::default()), Err(BadAsOf), "{text}");
        }
    }
}
