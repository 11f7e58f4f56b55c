//! The integration tests of the crate, in one binary: linked once, run side by side.
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::format_push_string)]

mod access;
mod accounts;
mod adopt;
mod adoption;
mod again;
mod archive;
mod assign;
mod called_off;
mod change_limits;
mod changes;
mod comparison;
mod deciding;
mod demo;
mod differences;
mod doors;
mod ended;
mod factors;
mod governing;
mod imports;
mod jobs;
mod leavers;
mod lists;
mod oracles;
mod people;
mod permission_sets;
mod record;
mod resets;
mod resources;
mod resources_reach;
mod sealing;
mod sentences;
mod setup;
mod support;
mod time;
mod two_processes;
