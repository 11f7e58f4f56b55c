//! Pieces that wake in the browser. Each must be useful without: the page around it works with JavaScript
//! switched off.

mod progress;

pub use progress::ImportProgress;
