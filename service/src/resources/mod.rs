//! Resources: what grants reach. People say what one is, whose it is and how much depends on it; which identities reach
//! it is computed from the patterns of the rules they hold, and never stored.

mod act;
mod reach;
mod read;

pub(crate) use act::leave;
pub use act::{Wish, edit, register, retire};
pub(crate) use reach::touched;
pub use reach::{Holder, Reached, Touched, TouchedResource, reach};
pub use read::{Detail, PAGE, Page, Version, page, show};
pub use store::grants::Path;
pub use store::resources::{Filter, Listed, Resource};
