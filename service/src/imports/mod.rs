//! Imports into the observed plane: read, compare in memory holding no lock, write only the difference.
//! Large ones live only once their last entry is written. A removal of more than a fifth asks first.

mod act;
mod dead;
mod existing;
mod list;
mod plan;
mod read;
mod request;
mod tally;

pub(crate) use act::{carry_out, is_of_a_command};
pub use act::{preview_applied, room, run, start};
pub use connect::{COUNTERSIGN_SCHEMA, Input, InputFile};
pub use list::{List, Row, sources};
pub use read::show;
pub use request::{Request, Wish};
pub use store::imports::Import;
pub use tally::{Outcome, Tally};
