//! Redactions: one person asks, another confirms, and content and salt are gone while every proof holds.
//! The request is a ledger entry; there is no other place where it could be changed.

mod act;
mod read;

pub use act::{ask, confirm};
pub use read::{Open, Page, page};
pub use store::redactions::Redaction;

const ASKED: &str = "redaction.asked";
