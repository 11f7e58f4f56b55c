//! Sources: who owns one, what evidence it gives, and how often it is expected. What it holds comes in by imports; this
//! only says what it is.

mod act;
mod read;

pub use act::{Wish, edit, register};
pub use read::{List, Listed, States, named, show, states};
pub use store::sources::Source;
