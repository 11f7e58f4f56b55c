//! The inventory: lists, one identity with everything it is made of, and entering or correcting the record
//! by hand (the manual plane; only a change request writes the baseline).

mod act;
mod assign;
mod check;
mod countersigned;
mod facts;
mod hand_over;
mod list;
mod read;
mod settle;
mod texts;
mod timeline;
mod tools;

pub use act::{MAX_SURFACES, NewText, Registration, edit, register};
pub use assign::{Assigned, MOST as ASSIGNED_MOST, assign, assign_all};
pub use countersigned::as_operations;
pub(crate) use facts::{Projection, Said, facts_from, with_totals};
pub(crate) use hand_over::hand_over;
pub use list::{Choices, List, choices, counted, counts};
pub(crate) use read::judged;
pub use read::{Detail, ShownGrant, ShownSurface, Text, show};
pub use settle::settle_ended;
pub(crate) use settle::{Holdings, replaced_facts};
pub use store::credentials::Credential;
pub use store::external_keys::NamedKey;
pub use store::grants::{HeldGrant, Moved};
pub use store::identities::{COUNTED_MOST, Counted, IdentityFacts, Listed, Record};
pub use store::surfaces::{Surface, Tool};
pub use texts::{Change, Line, version_text};
pub use timeline::{Step, Timeline, quote_changes};
pub use tools::{ToolChanges, tool_changes};

use domain::time::DAY;

/// The longest a grant may be timed for without counting as standing.
pub(crate) const TIMED_AT_MOST: i64 = DAY;
/// All grants of an identity are judged together while its page waits, up to so many.
pub const GRANTS_JUDGED: i64 = 2_000;
