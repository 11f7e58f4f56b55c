//! Reading, verifying and exporting the ledger.

mod act;
mod list;
mod offline;
mod read;

pub use act::{Export, clock_jumped, export, export_lines, exported, verify};
pub use list::{List, Row, surroundings};
pub use offline::{Exported, verify_export};
pub(crate) use read::names;
pub use read::{entry, proof};
pub use store::engine::verify::{Finding, Report};
pub use store::ledger::{Stored, StoredCheckpoint};
