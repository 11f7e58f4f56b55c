//! Groups: the reviewers who answer to one line of command. Two approvers of one change are of two groups, so
//! nobody chooses their own.

mod act;
mod read;

pub use act::{add, join, leave};
pub use read::{Listed, Page, page};
pub use store::groups::Group;
