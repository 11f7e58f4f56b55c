//! Adding a team.

use crate::pages::{done, refused};
use axum::Form;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Response};
use service::{Principal, Services, teams};
use std::collections::BTreeMap;
use tower_sessions::Session;

pub async fn add(
    State(services): State<Services>,
    session: Session,
    Extension(who): Extension<Principal>,
    Form(values): Form<BTreeMap<String, String>>,
) -> Response {
    let get = |name: &str| values.get(name).cloned().unwrap_or_default();
    match teams::add(&services, &who, &get("name"), &get("parent")).await {
        Ok((_, written)) => done(&session, "/settings/teams", &format!("Added with entry {}.", written.seq)).await.into_response(),
        Err(error) => refused(&session, "/settings/teams", &error, values).await,
    }
}
