//! Components and islands: badges, tables, form fields, charts, and the few pieces that wake in the browser. They show
//! values and know no use case and no request.

// Views are nested types.
#![recursion_limit = "256"]

pub mod islands;

#[cfg(feature = "ssr")]
pub mod chart;
#[cfg(feature = "ssr")]
mod components;
#[cfg(feature = "ssr")]
mod field;
#[cfg(feature = "ssr")]
mod table;

#[cfg(feature = "ssr")]
pub use components::*;
#[cfg(feature = "ssr")]
pub use field::{ErrorSummary, Field, Flash, Select, TextArea, field_error};
#[cfg(feature = "ssr")]
pub use table::{Cell, Direction, Head, cell, numeric, table};
