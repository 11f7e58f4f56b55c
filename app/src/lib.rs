//! The screens. `pages` call services directly while rendering on the server and are never compiled for
//! the browser; `islands` are the few pieces that wake there; `ui` are the components both are made of.
//! Nothing here decides or authorises: that is the services' first line.

// Views are nested types; a page of many sections is a deep one.
#![recursion_limit = "256"]

pub mod islands;

#[cfg(feature = "ssr")]
pub mod context;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod ui;

#[cfg(feature = "ssr")]
pub use pages::{App, shell};
