//! Version 1.

pub mod identities;
pub mod imports;
pub mod ledger;
pub mod sources;

use crate::api::problem;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::Response;
use domain::asof::Wanted;
use serde::Deserialize;
use utoipa::IntoParams;

/// The as-of every read takes.
#[derive(Deserialize, IntoParams, Default)]
#[into_params(parameter_in = Query)]
pub struct AsOf {
    /// A ledger position, an instant, or position@instant; nothing is now.
    pub as_of: Option<String>,
}

/// `AsOf` as a handler takes it: read, or refused with the reason.
pub struct At(pub Wanted);

impl<S: Send + Sync> FromRequestParts<S> for At {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let pairs = crate::pages::pairs(parts.uri.query().unwrap_or_default());
        let text = pairs.iter().find(|(name, _)| name == "as_of").map(|(_, value)| value.as_str());
        service::asof::parse(text).map(Self).map_err(|e| problem::error(&e))
    }
}
