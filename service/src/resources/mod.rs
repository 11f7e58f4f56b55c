//! Resources: what grants reach. People say what one is, whose it is and how much depends on it; which identities reach
//! it is computed from the patterns of the rules they hold, and never stored.

mod act;
mod judging;
mod list;
mod reach;
mod read;
mod touched;

pub(crate) use act::leave;
pub use act::{Wish, edit, register, retire};
pub use list::{List, totals};
pub use reach::{Holder, Reached, reach};
pub use read::{Detail, Version, show};
pub use store::grants::Path;
pub use store::resources::{Listed, Resource};
pub(crate) use touched::touched;
pub use touched::{Touched, TouchedResource};
