//! Resources: what grants reach. People say what one is, whose it is and how much depends on it; which identities reach
//! it is computed from the patterns of the rules they hold, and never stored.

mod act;
mod list;
mod reach;
mod read;

pub(crate) use act::leave;
pub use act::{Wish, edit, register, retire};
pub use list::{List, totals};
pub(crate) use reach::touched;
pub use reach::{Holder, Reached, Touched, TouchedResource, reach};
pub use read::{Detail, Version, show};
pub use store::grants::Path;
pub use store::resources::{Listed, Resource};
