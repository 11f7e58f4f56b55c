//! The integration tests of the crate, in one binary: linked once, run side by side.
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::format_push_string)]

mod change_adopt;
mod change_covers;
mod change_effect;
mod change_gate;
mod change_independence;
mod change_narrow;
mod change_operation;
mod change_own;
mod change_route;
mod change_state;
mod change_world;
mod company;
mod coupling;
mod locator;
mod locator_oracle;
mod oracles;
mod passkey;
mod receipt;
mod tool;
