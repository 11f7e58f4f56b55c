//! The context of a page.

use super::{assets, openapi, reply, request};
use app::context::PageContext;
use axum::http::Uri;
use service::{Principal, Services};
use tower_sessions::Session;

/// Everything a page knows of its request. A message is shown once.
pub async fn context(services: &Services, session: &Session, principal: Option<Principal>, uri: &Uri) -> PageContext {
    let manifest = assets::manifest();
    PageContext {
        services: services.clone(),
        principal,
        flash: reply::flash(session).await,
        session: session.id().map(|id| id.to_string()).unwrap_or_default(),
        path: uri.path().to_owned(),
        query: request::pairs(uri.query().unwrap_or_default()),
        css: manifest.css.as_str().into(),
        api: openapi::document(),
    }
}
