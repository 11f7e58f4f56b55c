//! Grants: what identities may do, one rule through one path each, judged in the company of the others its identity holds.

mod list;

pub(crate) use list::worst;
pub use list::{List, Row};
