//! Imports into the observed plane: read, compare in memory holding no lock, write only the difference.
//! Large ones live only once their last entry is written. A removal of more than a fifth asks first.

mod act;
mod again;
mod dead;
pub mod differences;
mod existing;
mod format;
mod input;
mod list;
mod plan;
mod queue;
mod read;
mod request;
mod tally;

pub use act::run;
pub use connect::{COUNTERSIGN_SCHEMA, Input, InputFile};
pub use format::format;
pub use list::{List, Row, sources};
pub(crate) use queue::{carry_out, is_of_a_command};
pub use queue::{preview_applied, room, start, wanted};
pub use read::{compared, show};
pub use request::{Request, Wish};
pub use store::imports::Import;
pub use tally::{Outcome, Tally};
