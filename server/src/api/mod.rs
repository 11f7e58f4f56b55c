//! The REST API. Each handler is one call of a service; errors are RFC 9457 problems.

pub mod problem;
pub mod v1;

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use service::Services;
use utoipa::OpenApi;

/// The OpenAPI document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Countersign API",
        version = "1",
        description = "Sign in with a session. Reads take `as_of`: a ledger position, an instant, or position@instant."
    ),
    paths(
        v1::identities::list,
        v1::identities::show,
        v1::identities::register,
        v1::identities::edit,
        v1::identities::grants,
        v1::imports::create,
        v1::imports::list,
        v1::imports::show,
        v1::ledger::list,
        v1::ledger::verify,
        v1::ledger::proof,
        v1::ledger::checkpoint,
        crate::forms::export::ledger_jsonl,
    ),
    components(schemas(problem::Problem))
)]
pub struct Document;

pub fn router() -> Router<Services> {
    Router::new()
        .route("/api/openapi.json", get(async || axum::Json(Document::openapi())))
        .route("/api/schemas/import.json", get(schema))
        .route("/api/v1/identities", get(v1::identities::list).post(v1::identities::register))
        .route("/api/v1/identities/{id}", get(v1::identities::show).put(v1::identities::edit))
        .route("/api/v1/identities/{id}/grants", get(v1::identities::grants))
        .route("/api/v1/imports", get(v1::imports::list).post(v1::imports::create).layer(v1::imports::limit()))
        .route("/api/v1/imports/{id}", get(v1::imports::show))
        .route("/api/v1/ledger", get(v1::ledger::list))
        .route("/api/v1/ledger/export", get(crate::forms::export::ledger_jsonl))
        .route("/api/v1/ledger/checkpoint", get(v1::ledger::checkpoint))
        .route("/api/v1/ledger/verify", post(v1::ledger::verify))
        .route("/api/v1/ledger/{seq}/proof", get(v1::ledger::proof))
}

async fn schema() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/schema+json")], connect::COUNTERSIGN_SCHEMA)
}
