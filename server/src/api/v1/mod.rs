//! Version 1.

pub mod identities;
pub mod imports;
pub mod ledger;

use serde::Deserialize;
use utoipa::IntoParams;

/// The as-of every read takes.
#[derive(Deserialize, IntoParams, Default)]
pub struct AsOf {
    /// A ledger position, an instant, or position@instant; nothing is now.
    pub as_of: Option<String>,
}
