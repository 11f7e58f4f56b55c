//! What the outside brings in: the clock and the generator of ids. Production and test each have one;
//! nothing else in the workspace may read time or randomness (clippy bans it).

use crate::time::Timestamp;
use uuid::Uuid;

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> Timestamp;
}

/// Makes ids (UUIDv7: they sort by time).
pub trait Ids: Send + Sync + 'static {
    fn next(&self) -> Uuid;

    /// Fills a buffer with unguessable bytes.
    fn secret(&self, out: &mut [u8]);
}
