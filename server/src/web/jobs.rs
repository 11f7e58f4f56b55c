//! Jobs of every kind: how far one is, calling it off, its file; and requests that wait for theirs.

use super::list::attachment;
use super::operation::{Body as Gives, Operation, Shape};
use super::reply::{Answer, failed};
use super::request::Acting;
use super::shown;
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::ids::{JobId, Noun};
use futures_util::{StreamExt, stream};
use serde::Serialize;
use serde_json::Value;
use service::jobs::{self, Job, JobState as State};
use service::{Act, Error, Result, exports};
use tokio::io::AsyncReadExt;
use utoipa::ToSchema;

/// Bytes of a file that are read at a time.
const STEP: usize = 64 * 1024;

fn id(text: &str) -> Result<JobId> {
    JobId::parse(text).map_err(|_| Error::NotFound("job"))
}

/// The page of a job.
pub fn page(id: JobId) -> String {
    format!("/jobs/{id}")
}

/// Where a job stands.
#[derive(Serialize, ToSchema)]
pub struct JobState {
    id: shown::JobId,
    kind: shown::JobKind,
    state: shown::JobWord,
    /// How far it is, in words.
    progress: String,
    /// What came out, once it is done: what the request that asked for it would have been answered.
    #[schema(value_type = Option<Object>)]
    result: Option<Value>,
    /// Why nothing came out.
    problem: Option<JobProblem>,
    /// Where to look again.
    href: String,
    /// Where the file of an export stands, or all differences of a preview, for an hour.
    file: Option<String>,
}

/// Why a job has no result.
#[derive(Serialize, ToSchema)]
pub struct JobProblem {
    status: u16,
    title: String,
    detail: String,
    field: Option<String>,
    place: Option<String>,
}

impl From<jobs::Failure> for JobProblem {
    fn from(f: jobs::Failure) -> Self {
        Self { status: f.status, title: f.title, detail: f.detail, field: f.field, place: f.place }
    }
}

impl From<&Job> for JobState {
    fn from(job: &Job) -> Self {
        let href = format!("/api/v1/jobs/{}", job.id);
        let done = job.state == State::Done;
        Self {
            id: job.id.into(),
            kind: job.kind.into(),
            state: job.state.into(),
            progress: job.progress.clone(),
            result: job.result.as_deref().filter(|_| done).and_then(|r| serde_json::from_str(r).ok()),
            problem: (job.state.has_ended() && !done).then(|| jobs::failure(job).into()),
            file: (done && exports::has_file(job)).then(|| format!("{href}/file")),
            href,
        }
    }
}

/// What the progress island asks: the words to show, or `ended`.
pub async fn state(Acting(act): Acting, Path(wanted): Path<String>) -> Answer {
    let job = jobs::progress(&act, id(&wanted)?).await?;
    Ok(match job.state {
        State::Queued => "waiting for its turn".into_response(),
        State::Running if job.cancel != 0 => "stopping…".into_response(),
        State::Running => job.progress.into_response(),
        State::Done | State::Failed | State::Cancelled => "ended".into_response(),
    })
}

/// Asks that a job stop.
pub async fn cancel(Acting(act): Acting, Path(wanted): Path<String>) -> Answer {
    let id = id(&wanted)?;
    jobs::cancel(&act, id).await?;
    Ok(Redirect::to(&page(id)).into_response())
}

pub static SHOW: Operation =
    Operation::new("show_job", "A job of the caller: where it stands, and what came out", Gives::Json(Shape::of::<JobState>()))
        .of(Noun::Job)
        .for_who_still_may();

pub async fn show(Acting(act): Acting, Path(wanted): Path<String>) -> Answer<Json<JobState>> {
    Ok(Json((&jobs::show(&act, id(&wanted)?).await?).into()))
}

pub static FILE: Operation = Operation::new(
    "fetch_file",
    "The file of an export that is done, or all differences of a preview, for an hour",
    Gives::Other(&["text/csv", "application/jsonl"]),
)
.of(Noun::Job)
.for_who_still_may();

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
        State::Done => {
            let result = job.result.unwrap_or_else(|| "null".to_owned());
            ([(header::CONTENT_TYPE, "application/json")], result).into_response()
        }
        State::Failed | State::Cancelled => failed(&jobs::failure(&job)),
        State::Queued | State::Running => pending(&job),
    })
}

/// The answer to a request whose job is not waited for.
pub async fn accepted(act: &Act, id: JobId) -> Answer {
    Ok(pending(&jobs::show(act, id).await?))
}

fn pending(job: &Job) -> Response {
    let place = [(header::LOCATION, format!("/api/v1/jobs/{}", job.id))];
    (StatusCode::ACCEPTED, place, Json(JobState::from(job))).into_response()
}
