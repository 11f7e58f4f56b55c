//! Sources: who answers for a feed, from where it looks, and how often it is expected. What a feed says comes in
//! by imports; this only says what it is.

mod act;
mod read;

pub use act::{Wish, edit, register};
pub use read::{List, Listed, States, named, states};
pub use store::sources::Source;
