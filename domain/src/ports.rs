//! What the outside brings in: the clock and the generator of ids. Production and test each have one;
//! nothing else in the workspace may read time or randomness (clippy bans it). What is judged by time asks `Steady`.

use crate::ids::Id;
use crate::time::{Pace, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> Timestamp;
}

/// The one now of a process: its clock, but never before the newest entry it has seen.
pub struct Steady {
    clock: Arc<dyn Clock>,
    pace: Mutex<Pace>,
}

impl Steady {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, pace: Mutex::default() }
    }

    /// What the clock itself shows: for how it moves, never for what has ended.
    pub fn clock(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn now(&self) -> Timestamp {
        let clock = self.clock.now();
        self.pace.lock().unwrap_or_else(PoisonError::into_inner).at(clock)
    }

    /// Now, after an entry that was written at an instant.
    pub fn after(&self, entry: Timestamp) -> Timestamp {
        let clock = self.clock.now();
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        pace.reached(entry, clock);
        pace.at(clock)
    }
}

/// Makes ids (UUIDv7: they sort by time). What it makes is typed by `make`.
pub trait Ids: Send + Sync + 'static {
    fn next(&self) -> Uuid;

    /// Fills a buffer with unguessable bytes.
    fn secret(&self, out: &mut [u8]);
}

impl dyn Ids {
    /// A new id of whatever noun is wanted.
    pub fn make<N>(&self) -> Id<N> {
        Id::new(self.next())
    }
}
