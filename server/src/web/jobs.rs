//! Jobs of every kind: how far one is, calling it off, its file; and requests that wait for theirs.

use super::list::attachment;
use super::reply::{Answer, Problem, failed};
use super::request::Acting;
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::ids::JobId;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use service::jobs::{self, Job, JobKind, JobState};
use service::{Act, Error, Result, exports};
use tokio::io::AsyncReadExt;

/// Bytes of a file that are read at a time.
const STEP: usize = 64 * 1024;

fn id(text: &str) -> Result<JobId> {
    JobId::parse(text).map_err(|_| Error::NotFound("job"))
}

/// The page of a job.
pub fn page(id: JobId) -> String {
    format!("/jobs/{id}")
}

fn job_json(job: &Job) -> Value {
    let href = format!("/api/v1/jobs/{}", job.id);
    let done = job.state == JobState::Done;
    let result = job.result.as_deref().filter(|_| done).and_then(|r| serde_json::from_str::<Value>(r).ok());
    let problem = (job.state.has_ended() && !done).then(|| jobs::failure(job));
    let file = (done && job.kind == JobKind::Export).then(|| format!("{href}/file"));
    json!({
        "id": job.id, "kind": job.kind, "state": job.state, "progress": job.progress,
        "result": result, "problem": problem, "href": href, "file": file,
    })
}

/// What the progress island asks: the words to show, or `ended`.
pub async fn state(Acting(act): Acting, Path(wanted): Path<String>) -> Answer {
    let job = jobs::show(&act, id(&wanted)?).await?;
    Ok(match job.state {
        JobState::Queued => "waiting for its turn".into_response(),
        JobState::Running => job.progress.into_response(),
        JobState::Done | JobState::Failed | JobState::Cancelled => "ended".into_response(),
    })
}

/// Asks that a job stop.
pub async fn cancel(Acting(act): Acting, Path(wanted): Path<String>) -> Answer {
    let id = id(&wanted)?;
    jobs::cancel(&act, id).await?;
    Ok(Redirect::to(&page(id)).into_response())
}

/// A job of the caller: where it stands, and what came out.
#[utoipa::path(get, path = "/api/v1/jobs/{id}", security(("token" = []), ("session" = [])), params(("id" = String, Path, description = "job_…")), responses((status = 200, description = "the job"), (status = "default", body = Problem)))]
pub async fn show(Acting(act): Acting, Path(wanted): Path<String>) -> Answer<Json<Value>> {
    Ok(Json(job_json(&jobs::show(&act, id(&wanted)?).await?)))
}

/// The file of an export that is done, for an hour.
#[utoipa::path(get, path = "/api/v1/jobs/{id}/file", security(("token" = []), ("session" = [])), params(("id" = String, Path, description = "job_…")), responses((status = 200, description = "the file", body = Vec<u8>, content_type = "application/octet-stream"), (status = "default", body = Problem)))]
pub async fn file(Acting(act): Acting, Path(wanted): Path<String>) -> Answer {
    let (exported, path) = exports::file(&act, id(&wanted)?).await?;
    let file = tokio::fs::File::open(path).await.map_err(|e| Error::Internal(e.to_string()))?;
    let mut response = attachment("application/octet-stream", &exported.file, streamed(file));
    if let Ok(kind) = exported.content_type.parse::<HeaderValue>() {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    Ok(response)
}

fn streamed(file: tokio::fs::File) -> Body {
    let pieces = stream::unfold(Some(file), |at| async move {
        let mut file = at?;
        let mut piece = vec![0u8; STEP];
        match file.read(&mut piece).await {
            Ok(0) => None,
            Ok(n) => {
                piece.truncate(n);
                Some((Ok(Bytes::from(piece)), Some(file)))
            }
            Err(error) => Some((Err(error), None)),
        }
    });
    // Fused: compression asks once more after the end.
    Body::from_stream(pieces.fuse())
}

/// The answer to a request that wants what its job gives: that, or why there is none, or, where it takes longer, where
/// to look. Whoever goes away meanwhile stops nothing.
pub async fn awaited(act: &Act, id: JobId) -> Answer {
    let job = jobs::wait(act, id).await?;
    Ok(match job.state {
        JobState::Done => {
            let result = job.result.unwrap_or_else(|| "null".to_owned());
            ([(header::CONTENT_TYPE, "application/json")], result).into_response()
        }
        JobState::Failed | JobState::Cancelled => failed(&jobs::failure(&job)),
        JobState::Queued | JobState::Running => pending(&job),
    })
}

/// The answer to a request whose job is not waited for.
pub async fn accepted(act: &Act, id: JobId) -> Answer {
    Ok(pending(&jobs::show(act, id).await?))
}

fn pending(job: &Job) -> Response {
    let place = [(header::LOCATION, format!("/api/v1/jobs/{}", job.id))];
    (StatusCode::ACCEPTED, place, Json(job_json(job))).into_response()
}
