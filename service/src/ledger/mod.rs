//! Reading, verifying and exporting the ledger.

mod act;
mod list;
mod named;
mod offline;
mod read;
mod verify;

pub(crate) use act::export_entry;
pub use act::{clock_jumped, export_page, exported};
pub use list::{List, Row, newest_checkpoint};
pub(crate) use list::{numbered, told};
pub use offline::{Exported, verify_export};
pub(crate) use read::names;
pub use read::{Page, Proof, page, proof};
pub use store::ledger::{Stored, StoredCheckpoint};
pub use verify::{Finding, Placed, Verified, start as start_verification, verify};
pub(crate) use verify::{carry_out, is_of_a_command};
