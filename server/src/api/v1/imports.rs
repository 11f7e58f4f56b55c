//! Imports by API: the body is the file.

use super::{AsOf, At};
use crate::api::problem;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Extension, FromRequest, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use connect::{Input, InputFile};
use domain::identity::Environment;
use domain::ids::{Noun, show as show_id};
use domain::snapshot::Format;
use serde::Deserialize;
use serde_json::{Value, json};
use service::imports::{self, Request};
use service::store::imports::{Filter, Import};
use service::store::ledger::Order;
use service::{Error, Principal, Services};
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// aws, kubernetes, mcp, a2a, csv or countersign
    format: String,
    /// The source's name, where the input does not say it.
    source: Option<String>,
    /// production, test, development or unknown: of all that the input names.
    environment: Option<String>,
    /// Kubernetes: where an object names no namespace.
    namespace: Option<String>,
    /// MCP: whose tools the files are.
    server: Option<String>,
    /// Look at what would change, write nothing.
    #[serde(default)]
    dry_run: bool,
    /// The input is complete: remove what it does not name, even more than a fifth.
    #[serde(default)]
    confirm_removals: bool,
    /// What the file is called, for error messages.
    file_name: Option<String>,
}

fn request(p: Parameters, body: Bytes) -> service::Result<Request> {
    let format = Format::parse(&p.format).ok_or_else(|| Error::invalid("format", "one of aws, kubernetes, mcp, a2a, csv, countersign"))?;
    let environment = match p.environment.as_deref() {
        None | Some("") => None,
        Some(word) => {
            Some(Environment::parse(word).ok_or_else(|| Error::invalid("environment", "one of production, test, development, unknown"))?)
        }
    };
    let name = p.file_name.unwrap_or_else(|| "request body".to_owned());
    Ok(Request {
        format,
        input: Input::single(InputFile::from_bytes(name, body.to_vec())),
        source: p.source,
        environment,
        namespace: p.namespace,
        server: p.server,
        confirm_removals: p.confirm_removals,
        dry_run: p.dry_run,
    })
}

/// Imports a file into the observed plane.
#[utoipa::path(post, path = "/api/v1/imports", security(("token" = ["inventory:write"]), ("session" = [])), params(Parameters, ("Idempotency-Key" = Option<String>, Header, description = "the same request sent again within a day is answered as the first time")), request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses((status = 200, description = "what it found and changed"), (status = 422, description = "the input cannot be read", body = problem::Problem), (status = 409, description = "more than a fifth would be removed", body = problem::Problem)))]
pub async fn create(
    State(services): State<Services>,
    Extension(who): Extension<Principal>,
    Query(p): Query<Parameters>,
    sent: axum::extract::Request,
) -> Response {
    // Whoever may not import does not get to fill the memory first.
    if let Err(e) = who.authorise(domain::permission::Action::Import) {
        return problem::error(&e);
    }
    let body = match Bytes::from_request(sent, &()).await {
        Ok(body) => body,
        Err(rejection) => return rejection.into_response(),
    };
    let request = match request(p, body) {
        Ok(r) => r,
        Err(e) => return problem::error(&e),
    };
    match imports::run(&services, &who, request, |_| {}).await {
        Ok(outcome) => (StatusCode::OK, Json(outcome)).into_response(),
        Err(e) => problem::error(&e),
    }
}

/// The body may be as large as an upload in the browser.
pub fn limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(256 * 1024 * 1024)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Newest first: imports before this position.
    before: Option<i64>,
    /// With `sort=oldest`: imports after this position.
    after: Option<i64>,
    /// newest (the default) or oldest
    sort: Option<String>,
    /// Only imports of this source.
    source: Option<String>,
}

fn import_json(i: &Import) -> Value {
    json!({
        "id": show_id(Noun::Import, i.id), "seq": i.seq, "source": i.source, "format": i.format, "file_name": i.file_name,
        "file_digest": i.file_digest, "observed_at": domain::time::Timestamp(i.observed_at).rfc3339(),
        "completeness": i.completeness, "result": serde_json::from_str::<Value>(&i.result).unwrap_or_default(),
    })
}

/// Imports, 50 a page.
#[utoipa::path(get, path = "/api/v1/imports", security(("token" = ["inventory:read"]), ("session" = [])), params(AsOf, Asked), responses((status = 200, description = "imports"), (status = "default", body = problem::Problem)))]
pub async fn list(
    State(services): State<Services>,
    Extension(who): Extension<Principal>,
    At(wanted): At,
    Query(q): Query<Asked>,
) -> Response {
    let order = if q.sort.as_deref() == Some("oldest") { Order::OldestFirst } else { Order::NewestFirst };
    match imports::page(&services, &who, wanted, (order, q.before.or(q.after)), &Filter { source: q.source, ..Filter::default() }, 50).await
    {
        Ok(page) => {
            let rows: Vec<Value> = page.imports.iter().map(import_json).collect();
            Json(json!({ "as_of": page.as_of.to_string(), "imports": rows, "next": page.next })).into_response()
        }
        Err(e) => problem::error(&e),
    }
}

/// One import with its result.
#[utoipa::path(get, path = "/api/v1/imports/{id}", security(("token" = ["inventory:read"]), ("session" = [])), params(AsOf, ("id" = String, Path, description = "imp_…")), responses((status = 200, description = "the import"), (status = "default", body = problem::Problem)))]
pub async fn show(
    State(services): State<Services>,
    Extension(who): Extension<Principal>,
    Path(id): Path<String>,
    At(wanted): At,
) -> Response {
    let found = async {
        let id = domain::ids::parse(Noun::Import, &id).map_err(|_| Error::NotFound("import"))?;
        imports::show(&services, &who, wanted, id).await
    };
    match found.await {
        Ok(import) => Json(import_json(&import)).into_response(),
        Err(e) => problem::error(&e),
    }
}
