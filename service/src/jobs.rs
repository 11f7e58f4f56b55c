//! Long work: jobs are claimed under a lease, tell how far they are, can be stopped, and end once or say why not.
//! Whoever asked and the files they sent are named in the job, so that another process can carry it out after this one
//! is gone. What a job does stands with its noun.

mod caller;
mod look;

use crate::{Act, Error, Result, Services, exports, imports, ledger};
use domain::ids::JobId;
use domain::time::{DAY, SECOND, Timestamp};
use serde::Serialize;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;
use store::engine::jobs as queue;
use store::engine::jobs::NewJob;
use store::engine::require::Require;
use tokio::sync::watch;

pub(crate) use caller::{Caller, renewed};
pub use look::{Failure, cancel, failure, show, wait};
pub use store::engine::jobs::{Job, JobKind, JobState};

/// How long a process may say nothing before its job is another one's.
const LEASE: i64 = 15 * SECOND;
/// How often it says something.
const BEAT: Duration = Duration::from_secs(5);
/// How often a job is begun before it is given up.
const ATTEMPTS: i64 = 3;
/// How long ended jobs are kept.
const KEPT: i64 = 30 * DAY;
/// How long files stay that no unfinished job owns: a preview until it is applied, an export until it is fetched.
const FILES_KEPT: Duration = Duration::from_hours(1);
/// How often whoever waits for another job looks again.
const POLL: Duration = Duration::from_millis(250);
/// What a process works at side by side, so that a long verification holds up no import.
const LANES: [JobKind; 5] = [JobKind::Import, JobKind::Import, JobKind::Verify, JobKind::Export, JobKind::Export];

const CANCELLED: u8 = 1;
const LOST: u8 = 2;

/// A job that this process carries out.
#[derive(Clone)]
pub(crate) struct Running {
    services: Services,
    pub id: JobId,
    stop: Arc<AtomicU8>,
    told: watch::Sender<String>,
}

impl Running {
    /// Says how far it is, in words; the same words again are not written again.
    pub fn tell(&self, text: String) {
        self.told.send_if_modified(|told| {
            let other = *told != text;
            *told = text;
            other
        });
    }

    /// Fails where somebody asked that it stop, or another process took over: asked between two steps.
    pub fn goes_on(&self) -> Result<()> {
        match self.stop.load(Ordering::Relaxed) {
            CANCELLED => Err(Error::Cancelled("somebody asked that it stop".to_owned())),
            LOST => Err(Error::Cancelled("another process has taken it over".to_owned())),
            _ => Ok(()),
        }
    }

    /// Fails where the store says that another process has taken over: asked before what cannot be taken back.
    pub async fn still_ours(&self) -> Result<()> {
        let services = &self.services;
        let until = services.now().plus(LEASE);
        if queue::renew(&services.db, self.id, &services.holder, until).await? {
            return Ok(());
        }
        self.stop.store(LOST, Ordering::Relaxed);
        self.goes_on()
    }

    /// Makes this the only job at a subject. Where another one is at it, its process may be gone: then this one waits
    /// until the lease has run out, and gives up as soon as the lease is renewed. The clock decides, not how often it looked.
    pub async fn alone_at(&self, subject: &str) -> Result<()> {
        let busy = || Error::Conflict(format!("{subject} is being worked at by another job; try again when it has ended"));
        let services = &self.services;
        let give_up = services.now().plus(LEASE + SECOND);
        let mut first: Option<Timestamp> = None;
        while services.now() <= give_up {
            bring_back(services).await?;
            if queue::take(&services.db, self.id, &services.holder, subject).await? {
                return Ok(());
            }
            if let Some((holder, until)) = queue::at(&services.db, subject).await? {
                if *holder == *services.holder || first.is_some_and(|f| until > f) {
                    return Err(busy());
                }
                first = first.or(Some(until));
            }
            self.goes_on()?;
            self.tell(format!("waiting: another process was at {subject} and may be gone"));
            tokio::time::sleep(POLL).await;
        }
        Err(busy())
    }

    /// Makes this the only job at a subject, however long the one before it takes.
    pub async fn in_turn_at(&self, subject: &str) -> Result<()> {
        let services = &self.services;
        loop {
            bring_back(services).await?;
            if queue::take(&services.db, self.id, &services.holder, subject).await? {
                return Ok(());
            }
            self.goes_on()?;
            self.tell(format!("waiting: another job is at {subject}"));
            tokio::time::sleep(POLL).await;
        }
    }

    /// What every entry of the job rests on.
    pub fn holds(&self) -> Require {
        Require::Holds { job: self.id, holder: self.services.holder.to_string() }
    }
}

/// Carries a job of this process out, keeping its lease alive meanwhile; `progress` hears what is told.
pub(crate) async fn carry<T, F, Fut>(services: &Services, id: JobId, progress: impl Fn(&str) + Send + 'static, work: F) -> Result<T>
where
    F: FnOnce(Running) -> Fut,
    Fut: Future<Output = Result<T>>,
{
    let (told, hears) = watch::channel(String::new());
    let running = Running { services: services.clone(), id, stop: Arc::default(), told };
    let beats = tokio::spawn(beat(services.clone(), id, running.stop.clone(), hears, progress));
    let outcome = work(running).await;
    // The sender is gone with the work: the beats end after the last word.
    let _ = beats.await;
    outcome
}

/// Keeps the lease, hands on what is told, and hears that somebody asked it to stop.
async fn beat(
    services: Services,
    id: JobId,
    stop: Arc<AtomicU8>,
    mut hears: watch::Receiver<String>,
    progress: impl Fn(&str) + Send + 'static,
) {
    let mut timer = tokio::time::interval(BEAT);
    loop {
        tokio::select! {
            changed = hears.changed() => {
                let text = hears.borrow_and_update().clone();
                if !text.is_empty() {
                    progress(&text);
                    if let Err(error) = queue::tell(&services.db, id, &services.holder, &text).await {
                        tracing::warn!(%error, "a job could not say how far it is");
                    }
                }
                if changed.is_err() {
                    return;
                }
            }
            _ = timer.tick() => {
                let until = services.now().plus(LEASE);
                match queue::renew(&services.db, id, &services.holder, until).await {
                    Ok(true) => {}
                    Ok(false) => stop.store(LOST, Ordering::Relaxed),
                    Err(error) => tracing::warn!(%error, "a lease could not be renewed"),
                }
                if queue::read(&services.db, id).await.is_ok_and(|j| j.is_some_and(|j| j.cancel != 0)) {
                    stop.store(CANCELLED, Ordering::Relaxed);
                }
            }
        }
    }
}

/// A job of the caller, due now.
pub(crate) fn asked(act: &Act, id: JobId, kind: JobKind, payload: &impl Serialize) -> Result<NewJob> {
    let payload = serde_json::to_string(payload).map_err(|e| Error::Internal(e.to_string()))?;
    Ok(NewJob { id, kind, payload, run_at: act.services().now(), created_by: act.who().person_id() })
}

/// Begins a job that this very call carries out and waits for: a command that wants the answer.
pub(crate) async fn begin(act: &Act, kind: JobKind, payload: &impl Serialize) -> Result<JobId> {
    let job = asked(act, act.id(), kind, payload)?;
    let until = act.services().now().plus(LEASE);
    queue::start(&act.services().db, &job, &act.services().holder, until).await?;
    Ok(job.id)
}

/// Queues a job for whichever process is free.
pub(crate) async fn enqueue(act: &Act, id: JobId, kind: JobKind, payload: &impl Serialize) -> Result<()> {
    let job = asked(act, id, kind, payload)?;
    queue::queue(&act.services().db, &job).await?;
    act.services().bell.send_replace(());
    Ok(())
}

/// Notes how a job ended; true where this process was the one to note it. A result that nobody could note is lost with
/// the job's lease: it is done again, and needs its files for that.
pub(crate) async fn ended<T: Serialize>(services: &Services, id: JobId, outcome: &Result<T>) -> bool {
    let failed = |error: &Error| serde_json::to_string(&Failure::of(error)).ok();
    let (state, words, result) = match outcome {
        Ok(value) => (JobState::Done, "done".to_owned(), serde_json::to_string(value).ok()),
        Err(error @ Error::Cancelled(_)) => (JobState::Cancelled, error.to_string(), failed(error)),
        Err(error) => {
            if error.kind().ours {
                tracing::error!(?error, job = %id, "a job failed");
            }
            (JobState::Failed, error.to_string(), failed(error))
        }
    };
    queue::finish(&services.db, id, &services.holder, state, &words, result.as_deref()).await.unwrap_or_else(|error| {
        tracing::error!(%error, "the end of a job could not be noted");
        false
    })
}

/// Works until the process ends, in every lane one job after the other, and at those whose process is gone.
pub async fn work(services: Services) {
    let mut lanes = tokio::task::JoinSet::new();
    for kind in LANES {
        lanes.spawn(lane(services.clone(), kind));
    }
    while let Some(ended) = lanes.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a lane of jobs has stopped");
        }
    }
}

async fn lane(services: Services, kind: JobKind) {
    let mut bell = services.bell.subscribe();
    loop {
        match next_of(&services, kind).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(?error, "the queue of jobs could not be read"),
        }
        // A job that another process queued rings no bell here.
        let _ = tokio::time::timeout(Duration::from_secs(1), bell.changed()).await;
    }
}

/// Takes one job, if one waits, and carries it out; false where none waits.
pub async fn next(services: &Services) -> Result<bool> {
    for kind in JobKind::ALL {
        if next_of(services, *kind).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn next_of(services: &Services, kind: JobKind) -> Result<bool> {
    bring_back(services).await?;
    let now = services.now();
    let Some(job) = queue::claim(&services.db, kind, &services.holder, now, now.plus(LEASE)).await? else { return Ok(false) };
    match kind {
        JobKind::Import => imports::carry_out(services, job).await,
        JobKind::Verify => ledger::carry_out(services, job).await,
        JobKind::Export => exports::carry_out(services, job).await,
    }
    Ok(true)
}

/// Jobs whose process is gone wait again; one that was carried out by a command, or too often begun, has failed.
async fn bring_back(services: &Services) -> Result<()> {
    for job in queue::lapsed(&services.db, services.now()).await? {
        // This process is there: its clock has jumped, or its next beat is late. Whoever else there is may take it over.
        if job.holder.as_deref() == Some(&*services.holder) {
            continue;
        }
        let alone = match job.kind {
            JobKind::Import => imports::is_of_a_command(&job),
            JobKind::Verify => ledger::is_of_a_command(&job),
            JobKind::Export => false,
        };
        if job.attempts >= ATTEMPTS || alone {
            let holder = job.holder.clone().unwrap_or_default();
            let why = if alone {
                "the process that ran it has stopped; nothing of it is shown, run it again"
            } else {
                "three processes that ran it have stopped; nothing of it is shown"
            };
            queue::finish(&services.db, job.id, &holder, JobState::Failed, why, None).await?;
        } else {
            queue::queue_again(&services.db, &job).await?;
        }
    }
    Ok(())
}

/// The folder of a job's files.
pub(crate) fn folder(services: &Services, job: JobId) -> PathBuf {
    services.spool.join(job.to_string())
}

/// Makes the folder of a job's files; nobody else on the machine reads it.
pub(crate) fn make_folder(services: &Services, job: JobId) -> Result<PathBuf> {
    let folder = folder(services, job);
    std::os::unix::fs::DirBuilderExt::mode(std::fs::DirBuilder::new().recursive(true), 0o700)
        .create(&folder)
        .map_err(|e| Error::Internal(e.to_string()))?;
    Ok(folder)
}

/// Removes the files of a job that has ended.
pub(crate) async fn clear(services: &Services, job: JobId) {
    match tokio::fs::remove_dir_all(folder(services, job)).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => tracing::warn!(%error, %job, "files of a job could not be removed"),
        _ => {}
    }
}

/// At start, and now and then: forgets what ended long ago, and files that no unfinished job owns and nobody fetched.
pub async fn sweep(services: &Services) -> Result<()> {
    queue::purge(&services.db, services.now().plus(-KEPT)).await?;
    let Ok(folders) = std::fs::read_dir(&services.spool) else { return Ok(()) };
    let old = |entry: &std::fs::DirEntry| {
        entry.metadata().and_then(|m| m.modified()).is_ok_and(|made| made.elapsed().is_ok_and(|ago| ago > FILES_KEPT))
    };
    let names = folders.filter_map(std::result::Result::ok).filter(old).map(|entry| entry.file_name());
    let folders: Vec<JobId> = names.filter_map(|name| JobId::parse(&name.to_string_lossy()).ok()).collect();
    // Asked after the folders were listed: one that is old and whose job is queued this very moment stays.
    let owned = queue::unfinished(&services.db).await?;
    for job in folders.into_iter().filter(|job| !owned.contains(job)) {
        clear(services, job).await;
    }
    Ok(())
}
