//! The REST API. Each handler is one call of a service; errors are RFC 9457 problems.

mod idempotency;
pub mod problem;
pub mod v1;

use axum::Router;
use axum::http::header;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::{any, get, post};
use service::Services;
use std::sync::{Arc, OnceLock};
use utoipa::OpenApi;

/// The OpenAPI document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Countersign API",
        version = "1",
        description = "Send a token as `Authorization: Bearer`, or sign in. Reads take `as_of`: a ledger position, an instant, or position@instant. Creates take `Idempotency-Key`."
    ),
    modifiers(&Doors),
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
        v1::sources::list,
        crate::forms::export::ledger_jsonl,
    ),
    components(schemas(problem::Problem, v1::identities::Registered))
)]
pub struct Document;

/// The ways to say who calls.
struct Doors;

impl utoipa::Modify for Doors {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
        let token = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A token, cst_…, with the scopes an operation names."))
            .build();
        let session = ApiKey::Cookie(ApiKeyValue::with_description("countersign", "The session of a person who signed in."));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(token));
        components.add_security_scheme("session", SecurityScheme::ApiKey(session));
    }
}

/// The document as JSON, for the page that shows it.
pub fn document() -> Arc<serde_json::Value> {
    static MADE: OnceLock<Arc<serde_json::Value>> = OnceLock::new();
    MADE.get_or_init(|| Arc::new(serde_json::to_value(Document::openapi()).unwrap_or_default())).clone()
}

pub fn router(services: &Services) -> Router<Services> {
    let creates = Router::new()
        .route("/api/v1/identities", get(v1::identities::list).post(v1::identities::register))
        .route("/api/v1/imports", get(v1::imports::list).post(v1::imports::create).layer(v1::imports::limit()))
        .layer(from_fn_with_state(services.clone(), idempotency::layer));
    Router::new()
        .merge(creates)
        .route("/api/openapi.json", get(async || axum::Json(Document::openapi())))
        .route("/api/schemas/import.json", get(schema))
        .route("/api/v1/identities/{id}", get(v1::identities::show).put(v1::identities::edit))
        .route("/api/v1/identities/{id}/grants", get(v1::identities::grants))
        .route("/api/v1/sources", get(v1::sources::list))
        .route("/api/v1/imports/{id}", get(v1::imports::show))
        .route("/api/v1/ledger", get(v1::ledger::list))
        .route("/api/v1/ledger/export", get(crate::forms::export::ledger_jsonl))
        .route("/api/v1/ledger/checkpoint", get(v1::ledger::checkpoint))
        .route("/api/v1/ledger/verify", post(v1::ledger::verify))
        .route("/api/v1/ledger/{seq}/proof", get(v1::ledger::proof))
        .route("/api/{*rest}", any(problem::nowhere))
        .layer(from_fn(problem::layer))
}

async fn schema() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/schema+json")], connect::COUNTERSIGN_SCHEMA)
}
