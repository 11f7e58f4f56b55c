//! Sources: what feeds the inventory.

use super::{AsOf, At};
use crate::api::problem;
use axum::Json;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Response};
use domain::ids::{Noun, show};
use domain::time::Timestamp;
use serde_json::{Value, json};
use service::sources::{self, Listed};
use service::{Principal, Services};

pub fn source_json(l: &Listed) -> Value {
    let s = &l.source;
    json!({
        "id": show(Noun::Source, s.id), "name": s.name, "kind": s.kind, "vantage": s.vantage, "environment": s.environment,
        "owner": s.owner_id.map(|o| show(Noun::Person, o)), "owner_name": l.owner, "interval_seconds": s.interval_seconds,
        "identities": l.identities, "imports": l.imports, "last_heard": l.last_heard.map(|at| Timestamp(at).rfc3339()), "late": l.late,
    })
}

/// Every source with who answers for it and when it was last heard.
#[utoipa::path(get, path = "/api/v1/sources", security(("token" = ["inventory:read"]), ("session" = [])), params(AsOf), responses((status = 200, description = "sources"), (status = "default", body = problem::Problem)))]
pub async fn list(State(services): State<Services>, Extension(who): Extension<Principal>, At(wanted): At) -> Response {
    match sources::page(&services, &who, wanted).await {
        Ok(p) => {
            Json(json!({ "as_of": p.as_of.to_string(), "sources": p.sources.iter().map(source_json).collect::<Vec<_>>() })).into_response()
        }
        Err(e) => problem::error(&e),
    }
}
