//! Reading, verifying and exporting the ledger.

mod act;
mod offline;
mod read;

pub use act::{Export, clock_jumped, export, export_lines, exported, verify};
pub use offline::{Exported, verify_export};
pub(crate) use read::names;
pub use read::{PAGE, Page, Proof, entry, page, proof};
pub use store::engine::verify::{Finding, Report};
pub use store::ledger::{Filter, Order, Stored, StoredCheckpoint};
