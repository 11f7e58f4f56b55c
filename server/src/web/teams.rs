//! Adding a team.

use super::reply::written;
use super::request::{Acting, Values, value};
use axum::Form;
use axum::response::Response;
use service::teams;

pub async fn add(Acting(act): Acting, Form(values): Form<Values>) -> Response {
    let result = teams::add(&act, &value(&values, "name"), &value(&values, "parent")).await.map(|(_, written)| written);
    written("/settings/teams", result, "Team added", values)
}
