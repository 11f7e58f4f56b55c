//! The context of a page, and the message that survives one redirect.

use app::context::{Flash, PageContext};
use axum::http::Uri;
use axum::response::{IntoResponse, Redirect, Response};
use service::{Error, Principal, Services};
use std::collections::BTreeMap;
use tower_sessions::Session;

const FLASH: &str = "flash";
const MAX_TYPED: usize = 64 * 1024;

/// Everything a page knows of its request. A message is shown once.
pub async fn context(services: &Services, session: &Session, principal: Option<Principal>, uri: &Uri) -> PageContext {
    let manifest = crate::assets::manifest();
    let flash = session.remove::<Flash>(FLASH).await.ok().flatten().unwrap_or_default();
    PageContext {
        services: services.clone(),
        principal,
        flash,
        session: session.id().map(|id| id.to_string()).unwrap_or_default(),
        path: uri.path().to_owned(),
        query: pairs(uri.query().unwrap_or_default()),
        css: manifest.css.as_str().into(),
        api: crate::api::document(),
    }
}

/// The pairs of a query string.
pub fn pairs(query: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// Back to the form with the reason and what was typed.
pub async fn refused(session: &Session, to: &str, error: &Error, values: BTreeMap<String, String>) -> Response {
    if matches!(error, Error::Forbidden(_)) {
        return crate::api::problem::error(error);
    }
    let field = match error {
        Error::Invalid { field, .. } => (*field).to_owned(),
        _ => String::new(),
    };
    // What was typed is kept for the next page only, and never where it holds a secret.
    let values = values.into_iter().filter(|(_, v)| connect::secrets::position(v).is_none() && v.len() <= MAX_TYPED).collect();
    let reason = match error {
        Error::Invalid { reason, .. } => reason.clone(),
        Error::Store(_) | Error::Internal(_) => {
            tracing::error!(?error, "a form could not be carried out");
            error.to_string()
        }
        _ => error.to_string(),
    };
    keep(session, &Flash { ok: None, error: Some((field, reason)), values }).await;
    Redirect::to(to).into_response()
}

/// On to the next page with a message.
pub async fn done(session: &Session, to: &str, text: &str) -> Redirect {
    keep(session, &Flash { ok: Some(text.to_owned()), ..Flash::default() }).await;
    Redirect::to(to)
}

async fn keep(session: &Session, flash: &Flash) {
    if let Err(error) = session.insert(FLASH, flash).await {
        tracing::warn!(%error, "a message could not be kept");
    }
}
