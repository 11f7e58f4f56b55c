//! The overview: what is there, by kind, environment, review state and privilege class, from recorded counts.

mod chrome;
mod read;

pub use chrome::{Checked, Chrome, chrome};
pub use read::{Overview, page};
