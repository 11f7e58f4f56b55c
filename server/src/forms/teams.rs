//! Adding a team.

use super::settings::{Values, answer, value};
use axum::Form;
use axum::extract::{Extension, State};
use axum::response::Response;
use service::{Principal, Services, teams};
use tower_sessions::Session;

pub async fn add(
    State(services): State<Services>,
    session: Session,
    Extension(who): Extension<Principal>,
    Form(values): Form<Values>,
) -> Response {
    let result = teams::add(&services, &who, &value(&values, "name"), &value(&values, "parent")).await.map(|(_, written)| written);
    answer(&session, "/settings/teams", result, "Added", values).await
}
