//! The integration tests of the crate, in one binary: linked once, run side by side.
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::format_push_string)]

mod a2a;
mod aws;
mod bad_input;
mod bounds;
mod csv;
mod dear;
mod folder;
mod foreign;
mod formats;
mod kubernetes;
mod mcp;
mod mcp_places;
mod small;
mod support;
mod trials_aws;
mod trials_kubernetes;
mod trials_mcp;
mod trust;
mod work;
