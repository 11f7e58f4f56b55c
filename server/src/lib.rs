//! Composition: configuration, router, layers, API, command line. It wires and translates; it decides nothing.

pub mod api;
pub mod assets;
pub mod cli;
pub mod compose;
pub mod config;
pub mod forms;
pub mod layers;
pub mod metrics;
pub mod pages;
pub mod router;
pub mod session_store;
pub mod sinks;
