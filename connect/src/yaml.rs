//! YAML and JSON text into typed documents, with limits on aliases, nodes and depth, and errors that name
//! the line.

use crate::{Error, Result};
use serde::de::DeserializeOwned;

/// Every document of a text. Aliases may not multiply what was written: that is how YAML bombs work.
pub fn documents<T: DeserializeOwned>(file: &str, text: &str) -> Result<Vec<T>> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_events: 8_000_000,
            max_nodes: 4_000_000,
            max_depth: 128,
            max_aliases: 10_000,
            max_anchors: 10_000,
            max_recorded_anchor_events: 200_000,
            max_documents: 100_000,
        },
    };
    serde_saphyr::from_multiple_with_options(text, options).map_err(|e| {
        let full = e.to_string();
        let reason: String = full.lines().next().unwrap_or("not YAML").chars().take(300).collect();
        match e.location() {
            Some(at) => Error::at(file, format!("line {}, column {}", at.line(), at.column()), reason),
            None => Error::new(file, reason),
        }
    })
}
