//! The screens: `pages` call services directly while they render on the server and are never compiled for the browser;
//! what they are made of is in `ui`. Nothing here decides or authorises: that is the services' first line.

// Views are nested types; a page of many sections is a deep one.
#![recursion_limit = "256"]

mod comparison;
pub mod context;
mod frame;
mod list;
mod moment;
mod nav;
pub mod pages;
pub mod proposal;
mod reach;
mod said;

pub use pages::{App, shell};
