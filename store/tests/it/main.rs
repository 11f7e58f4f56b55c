//! The integration tests of the crate, in one binary: linked once, run side by side.
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::format_push_string)]

mod alterations;
mod archives;
mod bulk;
mod golden;
mod plans;
mod portability;
mod receipts;
mod refusals;
mod schema;
mod support;
mod tamper;
mod trouble;
