//! Imports: uploads are received into the folder of their job and read there; by API the body is the file.

use super::jobs;
use super::reply::{Answer, Problem, answer, refused};
use super::request::{Acting, AsOf, Reading, Values};
use super::routes::FILE;
use axum::Json;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{Multipart, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::identity::Environment;
use domain::ids::{ImportId, JobId};
use domain::permission::Action;
use domain::snapshot::Format;
use futures_util::StreamExt;
use serde::Deserialize;
use serde_json::{Value, json};
use service::imports::{self, Input, InputFile, Request, Row, Wish};
use service::{Error, Result};
use std::path::{Path as Folder, PathBuf};
use tokio::io::AsyncWriteExt;
use tower_sessions::Session;
use utoipa::IntoParams;

fn to_job(id: JobId) -> Response {
    Redirect::to(&jobs::page(id)).into_response()
}

pub async fn upload(Acting(act): Acting, session: Session, form: Multipart) -> Answer {
    let (id, folder) = imports::room(&act)?;
    let mut values = Values::new();
    let begun = async {
        let (request, files) = receive(&folder, form, &mut values).await?;
        imports::start(&act, id, &request, files).await
    };
    Ok(match begun.await {
        Ok(()) => to_job(id),
        Err(error) => {
            let _ = tokio::fs::remove_dir_all(&folder).await;
            refused(&session, "/imports/new", &error, values).await
        }
    })
}

type Files = Vec<(String, PathBuf)>;

async fn receive(folder: &Folder, mut form: Multipart, values: &mut Values) -> Result<(Request, Files)> {
    let broken = |e: MultipartError| Error::invalid("files", e.body_text());
    let mut files = Files::new();
    while let Some(field) = form.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "files" {
            files.extend(spooled(folder, files.len(), field).await?);
        } else {
            values.insert(name, field.text().await.map_err(broken)?);
        }
    }
    if files.is_empty() {
        return Err(Error::invalid("files", "choose at least one file"));
    }
    let get = |n: &str| values.get(n).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
    let name = if files.len() == 1 { files[0].0.clone() } else { format!("{} files", files.len()) };
    let input = Input { name, files: files.iter().map(|(name, path)| InputFile::from_path(name.clone(), path.clone())).collect() };
    let how = Wish {
        source: get("source"),
        environment: environment(get("environment"))?,
        namespace: get("namespace"),
        server: get("server"),
        confirm_removals: false,
        dry_run: get("dry_run").is_some(),
    };
    Ok((Request { format: format(&get("format").unwrap_or_default())?, input, how }, files))
}

fn format(text: &str) -> Result<Format> {
    Format::parse(text).ok_or_else(|| Error::invalid("format", format!("one of {}", Format::WORDS.join(", "))))
}

fn environment(text: Option<String>) -> Result<Option<Environment>> {
    let Some(text) = text.filter(|t| !t.is_empty()) else { return Ok(None) };
    let unknown = || Error::invalid("environment", format!("one of {}", Environment::WORDS.join(", ")));
    Environment::parse(&text).ok_or_else(unknown).map(Some)
}

async fn spooled(folder: &Folder, number: usize, mut field: Field<'_>) -> Result<Option<(String, PathBuf)>> {
    let name = field.file_name().unwrap_or_default().to_owned();
    if name.is_empty() {
        return Ok(None);
    }
    let io = |e: std::io::Error| Error::Internal(e.to_string());
    let path = folder.join(number.to_string());
    let mut file = tokio::fs::File::create(&path).await.map_err(io)?;
    while let Some(chunk) = field.chunk().await.map_err(|e| Error::invalid("files", e.body_text()))? {
        file.write_all(&chunk).await.map_err(io)?;
    }
    // Another process may carry the job out after this one is gone.
    file.sync_all().await.map_err(io)?;
    Ok(Some((domain::text::capped(&name, 200), path)))
}

/// Applies what a preview showed, from the same files.
pub async fn apply(Acting(act): Acting, session: Session, Path(id): Path<String>, body: String) -> Answer {
    let preview = JobId::parse(&id).map_err(|_| Error::NotFound("job"))?;
    Ok(match imports::preview_applied(&act, preview, body.contains("confirm_removals=1")).await {
        Ok(job) => to_job(job),
        Err(error @ Error::Invalid { .. }) => refused(&session, "/imports/new", &error, Values::new()).await,
        Err(error) => return Err(error.into()),
    })
}

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

/// Receives the body into the folder of its job.
async fn received(folder: &Folder, sent: axum::extract::Request) -> std::result::Result<PathBuf, Response> {
    let broken = |e: std::io::Error| super::reply::error(&Error::Internal(e.to_string()));
    let path = folder.join("0");
    let mut file = tokio::fs::File::create(&path).await.map_err(broken)?;
    let (mut body, mut left) = (sent.into_body().into_data_stream(), FILE);
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|e| answer(StatusCode::BAD_REQUEST, "Not received", &e.to_string()))?;
        let Some(less) = left.checked_sub(piece.len()) else {
            return Err(answer(StatusCode::PAYLOAD_TOO_LARGE, "Too large", "the body is larger than it may be here"));
        };
        left = less;
        file.write_all(&piece).await.map_err(broken)?;
    }
    // Another process may carry the job out after this one is gone.
    file.sync_all().await.map_err(broken)?;
    Ok(path)
}

/// Imports a file into the observed plane.
#[utoipa::path(post, path = "/api/v1/imports", security(("token" = ["inventory:write"]), ("session" = [])), params(Parameters, ("Idempotency-Key" = Option<String>, Header, description = "the same request sent again within a day is answered as the first time")), request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses((status = 200, description = "what it found and changed"), (status = 202, description = "it takes longer: `Location` says where to look"), (status = 422, description = "the input cannot be read", body = Problem), (status = 409, description = "more than a fifth would be removed", body = Problem)))]
pub async fn create(Acting(act): Acting, Query(p): Query<Parameters>, sent: axum::extract::Request) -> Answer {
    // Whoever may not import does not get to fill the disk first.
    act.who().authorise(Action::Import)?;
    let (format, environment) = (format(&p.format)?, environment(p.environment)?);
    let (id, folder) = imports::room(&act)?;
    let path = match received(&folder, sent).await {
        Ok(path) => path,
        Err(refused) => {
            let _ = tokio::fs::remove_dir_all(&folder).await;
            return Ok(refused);
        }
    };
    let name = domain::text::capped(&p.file_name.unwrap_or_else(|| "request body".to_owned()), 200);
    let request = Request {
        format,
        input: Input::single(InputFile::from_path(name.clone(), path.clone())),
        how: Wish {
            source: p.source,
            environment,
            namespace: p.namespace,
            server: p.server,
            confirm_removals: p.confirm_removals,
            dry_run: p.dry_run,
        },
    };
    imports::start(&act, id, &request, vec![(name, path)]).await?;
    jobs::awaited(&act, id).await
}

fn import_json(row: &Row) -> Value {
    let i = &row.import;
    json!({
        "id": i.id, "seq": i.seq, "source": i.source, "format": i.format, "vantage": i.vantage, "file_name": i.file_name,
        "file_digest": i.file_digest, "observed_at": i.observed_at.rfc3339(),
        "completeness": i.completeness, "result": row.outcome,
    })
}

/// One import with its result.
#[utoipa::path(get, path = "/api/v1/imports/{id}", security(("token" = ["inventory:read"]), ("session" = [])), params(AsOf, ("id" = String, Path, description = "imp_…")), responses((status = 200, description = "the import"), (status = "default", body = Problem)))]
pub async fn show(Reading(mut read, _): Reading, Path(id): Path<String>) -> Answer<Json<Value>> {
    let id = ImportId::parse(&id).map_err(|_| Error::NotFound("import"))?;
    Ok(Json(import_json(&imports::show(&mut read, id).await?)))
}
