//! The OpenAPI document, made from what stands at the handlers.

use super::{identities, imports, jobs, ledger, reply, resources};
use axum::http::header;
use axum::response::IntoResponse;
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
        identities::show,
        identities::register,
        identities::edit,
        identities::grants,
        imports::create,
        imports::show,
        jobs::show,
        jobs::file,
        ledger::verify,
        ledger::proof,
        ledger::checkpoint,
        resources::register,
        resources::show,
        resources::edit,
        resources::reach,
        ledger::jsonl,
    ),
    components(schemas(reply::Problem, identities::Registered, resources::RegisteredResource))
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

pub async fn show() -> impl IntoResponse {
    axum::Json(Document::openapi())
}

/// The shape of our own import format.
pub async fn import_schema() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/schema+json")], service::imports::COUNTERSIGN_SCHEMA)
}
