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
    /// `48211@2026-11-23T06:00:00Z`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.seq, self.at)
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

/// Why a text names no as-of.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("as of what? write a ledger position (48211), a date (2026-11-23), an instant, or position@instant")]
pub struct BadAsOf;

impl From<BadInstant> for BadAsOf {
    fn from(_: BadInstant) -> Self {
        Self
    }
}

impl Wanted {
    /// Reads the text of the as-of picker, of `--at` and of `as_of=`. Empty and `now` are now; a bare
    /// date means its last instant, because a reader who writes a day wants to see that day done.
    pub fn parse(text: &str) -> Result<Self, BadAsOf> {
        let text = text.trim();
        if text.is_empty() || text.eq_ignore_ascii_case("now") {
            return Ok(Self::Now);
        }
        if let Some((seq, at)) = text.split_once('@') {
            return Ok(Self::Pair(AsOf { seq: position(seq)?, at: Timestamp::parse(at)? }));
        }
        if text.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(Self::Position(position(text)?));
        }
        let at = Timestamp::parse(text)?;
        let whole_day = text.len() == 10;
        Ok(Self::Instant(if whole_day { Timestamp(at.0 + crate::time::DAY - 1) } else { at }))
    }
}

fn position(text: &str) -> Result<Seq, BadAsOf> {
    let seq = Seq(text.parse().map_err(|_| BadAsOf)?);
    if (Seq::ZERO..=Seq::LARGEST).contains(&seq) { Ok(seq) } else { Err(BadAsOf) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read() {
        let at = Timestamp::parse("2026-11-23T06:00:00Z").expect("literal");
        assert_eq!(Wanted::parse(""), Ok(Wanted::Now));
        assert_eq!(Wanted::parse("48211"), Ok(Wanted::Position(Seq(48211))));
        assert_eq!(Wanted::parse("48211@2026-11-23T06:00:00Z"), Ok(Wanted::Pair(AsOf { seq: Seq(48211), at })));
        assert_eq!(AsOf { seq: Seq(48211), at }.to_string(), "48211@2026-11-23T06:00:00Z");
        assert!(matches!(Wanted::parse("2026-11-23"), Ok(Wanted::Instant(t)) if t.rfc3339().starts_with("2026-11-23T23:59:59")));
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
        for text in ["-3", "9223372036854775807", "1@", "@2026-11-23", "soon", "1.5"] {
            assert_eq!(Wanted::parse(text), Err(BadAsOf), "{text}");
        }
    }
}
