//! Looking at a job, waiting for it, calling it off: for who asked for it, and for nobody else.

use super::caller::Caller;
use super::carried::Carried;
use super::{Job, JobKind, JobState, genuine};
use crate::{Act, Error, Result, exports};
use domain::ids::JobId;
use domain::permission::Action;
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
            detail: error.reason(),
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

/// A job of the caller; nobody else's, and none that somebody else wrote.
async fn own(act: &Act, id: JobId) -> Result<Job> {
    let job = queue::read(&act.services().db, id).await?.ok_or(Error::NotFound("job"))?;
    let own = Caller::of_job(&job) == Some(Caller::of(act.who())) && genuine(act.services(), &job);
    if own { Ok(job) } else { Err(Error::NotFound("job")) }
}

/// How far a job is, for who asked for it, whatever they may by now: what comes out of it is not in it.
pub async fn progress(act: &Act, id: JobId) -> Result<Job> {
    Ok(Job { result: None, ..own(act, id).await? })
}

/// A job with what came out of it, for who asked for it and may still see that.
pub async fn show(act: &Act, id: JobId) -> Result<Job> {
    let job = own(act, id).await?;
    if job.result.is_none() {
        return Ok(job);
    }
    match may_see(act, &job) {
        Ok(()) => Ok(job),
        Err(refused) if job.state == JobState::Done => Err(refused),
        // That it came to nothing may be known; where in its input that lay goes with the right to see that.
        Err(_) => Ok(Job { result: None, ..job }),
    }
}

/// What a job gives is what a page of its noun shows, and needs the same right.
fn may_see(act: &Act, job: &Job) -> Result<()> {
    match job.kind {
        // Whoever may only import hears what became of it.
        JobKind::Import => act.authorise(Action::Import).or_else(|_| act.authorise(Action::ReadInventory)),
        JobKind::Verify => act.authorise(Action::VerifyLedger),
        JobKind::Change | JobKind::Adopt => act.authorise(Action::ReadChanges),
        JobKind::Export => act.authorise(exports::needs(act.services(), job)?),
    }
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
    let job = own(act, id).await?;
    queue::cancel(&act.services().db, job.id).await?;
    Carried::call_off(act.services(), job.id);
    Ok(())
}
