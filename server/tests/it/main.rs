//! The integration tests of the crate, in one binary: linked once, run side by side.
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::format_push_string)]

mod alive;
mod asof;
mod beside;
mod budget;
mod change_pages;
mod cli;
mod compare;
mod consequences;
mod document;
mod factors;
mod first_day;
mod frame;
mod idempotency;
mod jobs;
mod kill;
mod kill_jobs;
mod listen;
mod matrix;
mod numbers;
mod pages;
mod private;
mod restored;
mod rollback;
mod screens;
mod sealing;
mod strangers;
mod support;
mod walk;
mod went_back;
mod words;
