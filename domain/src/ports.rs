//! What the outside brings in: the clock and the generator of ids. Production and test each have one;
//! nothing else in the workspace may read time or randomness (clippy bans it).

use crate::ids::Id;
use crate::time::Timestamp;
use uuid::Uuid;

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> Timestamp;
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
