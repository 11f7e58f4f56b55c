//! Permission sets: the policies, roles and groups of sources, with the rules they hold and who holds them.

mod list;
mod read;

pub use list::{COUNTED_MOST, List, counted};
pub use read::{Detail, Holder, SHOWN, Step, Way, show};
pub use store::permission_sets::PermissionSet;
pub use store::permission_sets::read::Listed;
