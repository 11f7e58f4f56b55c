//! The inventory pages.

mod access;
mod detail;
mod form;
mod history;
mod list;

pub use detail::Detail;
pub use form::{Edit, New};
pub use list::{List, cursor_text, query as list_query};
