//! Composition: configuration, the web (pages, forms, API), the command line. It wires and translates; it decides
//! nothing, and it reaches the store through `service` alone.

pub mod cli;
pub mod compose;
pub mod config;
pub mod private;
pub mod sinks;
pub mod web;

/// Imports and pages make many small strings on several threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
