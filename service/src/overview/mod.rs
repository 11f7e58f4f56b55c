//! The overview: what is there, by kind, environment, review state and privilege class, from recorded counts.

mod read;

pub use read::{Chrome, Overview, chrome, page};
