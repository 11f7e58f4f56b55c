//! Looking at a job, waiting for it, calling it off: for who asked for it, and for nobody else.

use super::caller::Caller;
use super::{Job, JobState};
use crate::{Act, Error, Result};
use domain::ids::JobId;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use store::engine::jobs as queue;

/// How long a request waits for its job before it says where to look.
const PATIENCE: Duration = Duration::from_secs(20);
/// The longest a request that waits goes without looking.
const LOOK: Duration = Duration::from_millis(250);

/// Why a job has no result, as whoever waited for it is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The status of an HTTP answer.
    pub status: u16,
    pub title: String,
    pub detail: String,
    /// The member of the request that is meant.
    pub field: Option<String>,
    /// Where in an input.
    pub place: Option<String>,
}

impl Failure {
    pub(super) fn of(error: &Error) -> Self {
        let kind = error.kind();
        Self {
            status: kind.status,
            title: kind.title.to_owned(),
            detail: error.to_string(),
            field: error.field().map(str::to_owned),
            place: error.place().map(str::to_owned),
        }
    }
}

/// Why a job that ended has no result: as whoever carried it out noted it, or as its last words say.
pub fn failure(job: &Job) -> Failure {
    let noted = job.result.as_deref().and_then(|text| serde_json::from_str(text).ok());
    noted.unwrap_or_else(|| {
        let status = if job.state == JobState::Cancelled { 409 } else { 503 };
        Failure { status, title: "Stopped".to_owned(), detail: job.progress.clone(), field: None, place: None }
    })
}

/// A job, for who asked for it.
pub async fn show(act: &Act, id: JobId) -> Result<Job> {
    let job = queue::read(&act.services().db, id).await?.ok_or(Error::NotFound("job"))?;
    if Caller::of_job(&job) == Some(Caller::of(act.who())) { Ok(job) } else { Err(Error::NotFound("job")) }
}

/// Waits until a job has ended, but not for ever: what it gives may still run. The job goes on without anybody waiting.
pub async fn wait(act: &Act, id: JobId) -> Result<Job> {
    let ended = async {
        let mut pause = Duration::from_millis(10);
        loop {
            let job = show(act, id).await?;
            if job.state.has_ended() {
                return Ok::<Job, Error>(job);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LOOK);
        }
    };
    match tokio::time::timeout(PATIENCE, ended).await {
        Ok(job) => job,
        Err(_) => show(act, id).await,
    }
}

/// Asks that a job stop, for who asked for it.
pub async fn cancel(act: &Act, id: JobId) -> Result<()> {
    let job = show(act, id).await?;
    Ok(queue::cancel(&act.services().db, job.id).await?)
}
