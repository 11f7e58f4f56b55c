//! Asking for a redaction and confirming one.

use crate::pages::{done, refused};
use axum::Form;
use axum::extract::{Extension, Path, State};
use axum::response::{IntoResponse, Response};
use service::{Principal, Services, redactions};
use std::collections::BTreeMap;
use tower_sessions::Session;

pub async fn ask(
    State(services): State<Services>,
    session: Session,
    Extension(who): Extension<Principal>,
    Form(values): Form<BTreeMap<String, String>>,
) -> Response {
    let get = |name: &str| values.get(name).cloned().unwrap_or_default();
    match redactions::ask(&services, &who, &get("subject"), &get("reason")).await {
        Ok(written) => {
            let text = format!("Asked for with entry {}. Somebody else has to confirm it.", written.seq);
            done(&session, "/redactions", &text).await.into_response()
        }
        Err(error) => refused(&session, "/redactions", &error, values).await,
    }
}

pub async fn confirm(
    State(services): State<Services>,
    session: Session,
    Extension(who): Extension<Principal>,
    Path(seq): Path<i64>,
) -> Response {
    match redactions::confirm(&services, &who, seq).await {
        Ok(written) => done(&session, "/redactions", &format!("Erased with entry {}.", written.seq)).await.into_response(),
        Err(error) => refused(&session, "/redactions", &error, BTreeMap::new()).await,
    }
}
