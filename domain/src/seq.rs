//! Positions of the ledger. A position and an instant are both 64-bit integers; here they are two types, so that
//! one is never taken for the other.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The number of an entry: gapless from 1; 0 is the empty world.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Seq(pub i64);

impl Seq {
    /// Before the first entry.
    pub const ZERO: Self = Self(0);
    /// The end of a row that no entry has closed.
    pub const OPEN: Self = Self(i64::MAX);
    /// A position at which everything open stands, whatever the head: for the rights and records of now.
    pub const NOW: Self = Self(i64::MAX - 1);
    /// The largest position that anybody may name: JSON holds it exactly.
    pub const LARGEST: Self = Self((1 << 53) - 1);

    /// The plain integer, for arithmetic and columns.
    pub fn get(self) -> i64 {
        self.0
    }

    /// The position `n` entries on.
    #[must_use]
    pub fn plus(self, n: i64) -> Self {
        Self(self.0.saturating_add(n))
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl From<Seq> for i64 {
    fn from(seq: Seq) -> Self {
        seq.0
    }
}

crate::column!(value Seq, i64, |s: &Self| s.0, Self);
