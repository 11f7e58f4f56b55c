//! Teams: a tree of those who own identities.

mod act;
mod read;

pub use act::add;
pub use read::{List, Page, Row, choices, show};
pub(crate) use read::{known, with_ancestors};
pub use store::teams::Team;
