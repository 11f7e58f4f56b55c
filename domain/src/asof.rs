//! As-of: the pair (ledger position, instant) every read takes. Facts come from the position;
//! expiry, age and freshness from the instant. It must not look anything up.

use crate::seq::Seq;
use crate::time::{BadInstant, SECOND, Timestamp};
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
#[error("we cannot read that moment: try a ledger entry such as 48211, a day such as 2026-11-23 or a minute such as 2026-11-23 06:00")]
pub struct BadAsOf;

impl From<BadInstant> for BadAsOf {
    fn from(_: BadInstant) -> Self {
        Self
    }
}

impl Wanted {
    /// Reads the text of the as-of picker, of `--at` and of `as_of=`, in every form that a page, the API or a command shows.
    /// Empty and `now` are now; a day, a minute and a second mean their last instant.
    pub fn parse(text: &str) -> Result<Self, BadAsOf> {
        let text = text.trim();
        if text.is_empty() || text.eq_ignore_ascii_case("now") {
            return Ok(Self::Now);
        }
        if text == EMPTY {
            return Ok(Self::Position(Seq::ZERO));
        }
        let named = text.strip_prefix("entry ");
        let text = named.unwrap_or(text);
        if let Some((seq, at)) = text.split_once('@').or_else(|| text.split_once(" at ")) {
            return Ok(Self::Pair(AsOf { seq: position(seq)?, at: Timestamp::last_of(at)? }));
        }
        if named.is_some() || text.bytes().all(|b| b.is_ascii_digit() || b == b',') {
            return Ok(Self::Position(position(text)?));
        }
        Ok(Self::Instant(Timestamp::last_of(text)?))
    }
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
        ] {
            assert_eq!(Wanted::parse(text), wanted, "{text}");
        }
        for micros in [0, 1, 500_000, SECOND] {
            let shown = AsOf { seq: Seq(5), at: Timestamp(micros) };
            assert_eq!(Wanted::parse(&shown.to_string()), Ok(Wanted::Pair(shown)), "what is shown is read back as it is");
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
        for text in
            ["-3", "+3", "9223372036854775807", "1@", "@2026-11-23", "soon", "1.5", "1,23", ",123", "entry", "entry 2026-11-23", "1 at"]
        {
            assert_eq!(Wanted::parse(text), Err(BadAsOf), "{text}");
        }
    }
}
