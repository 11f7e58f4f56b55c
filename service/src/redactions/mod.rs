//! Redactions: one person asks, another confirms, and content and salt are gone while every proof holds.
//! The request is a ledger entry; there is no other place where it could be changed.

mod act;
mod read;

pub use act::{ask, confirm};
pub use read::{Chosen, Open, Page, Target, chosen, page, waiting};
pub use store::redactions::Redaction;

use domain::verb::Verb;

const ASKED: &str = Verb::RedactionAsked.as_str();
