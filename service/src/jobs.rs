//! Long work: jobs are claimed under a lease, tell how far they are, can be stopped, and end once or say why not.
//! Whoever asked and the files they sent are named in the job, so that another process can carry it out after this one
//! is gone. What a job does stands with its noun.

use crate::{Act, Error, Holder, Principal, Result, Services, imports};
use domain::ids::{IdentityId, JobId, PersonId, TokenId};
use domain::seq::Seq;
use domain::time::{DAY, SECOND, Timestamp};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;
use store::engine::jobs as queue;
use store::engine::require::Require;
use tokio::sync::watch;

pub(crate) use store::engine::jobs::NewJob;
pub use store::engine::jobs::{Job, JobKind, JobState};

/// How long a process may say nothing before its job is another one's.
const LEASE: i64 = 15 * SECOND;
/// How often it says something.
const BEAT: Duration = Duration::from_secs(5);
/// How often a job is begun before it is given up.
const ATTEMPTS: i64 = 3;
/// How long ended jobs are kept.
const KEPT: i64 = 30 * DAY;

/// Who asked for a job, so that it runs with the rights of the day it runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Caller {
    Person(PersonId),
    PersonsToken { token: TokenId, name: String, person: PersonId, scopes: Vec<domain::token::Scope> },
    IdentitysToken { token: TokenId, name: String, identity: IdentityId, scopes: Vec<domain::token::Scope> },
    Host(String),
}

impl Caller {
    pub(crate) fn of(who: &Principal) -> Self {
        match who {
            Principal::Person { id, .. } => Self::Person(*id),
            Principal::Token { id, name, holder: Holder::Person(person, _), scopes } => {
                Self::PersonsToken { token: *id, name: name.clone(), person: *person, scopes: scopes.clone() }
            }
            Principal::Token { id, name, holder: Holder::Identity(identity), scopes } => {
                Self::IdentitysToken { token: *id, name: name.clone(), identity: *identity, scopes: scopes.clone() }
            }
            Principal::Host { user } => Self::Host(user.clone()),
        }
    }

    /// The caller with the rights of now; whoever is gone asks for nothing any more.
    pub(crate) async fn today(self, services: &Services) -> Result<Principal> {
        let gone = || Error::Cancelled("whoever asked for it may no longer".to_owned());
        let open = async |token: TokenId| -> Result<()> {
            let mut tx = services.db.snapshot().await?;
            let found = store::tokens::by_id(&mut tx, token).await?;
            tx.rollback().await?;
            found.map(|_| ()).ok_or_else(gone)
        };
        match self {
            Self::Person(id) => crate::people::current(services, id).await?.ok_or_else(gone),
            Self::PersonsToken { token, name, person, scopes } => {
                open(token).await?;
                let mut tx = services.db.snapshot().await?;
                let roles = store::people::roles_of(&mut tx, person, Seq::NOW).await?;
                tx.rollback().await?;
                Ok(Principal::Token { id: token, name, holder: Holder::Person(person, roles), scopes })
            }
            Self::IdentitysToken { token, name, identity, scopes } => {
                open(token).await?;
                Ok(Principal::Token { id: token, name, holder: Holder::Identity(identity), scopes })
            }
            Self::Host(user) => Ok(Principal::Host { user }),
        }
    }
}

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
    /// Says how far it is, in words.
    pub fn tell(&self, text: String) {
        self.told.send_replace(text);
    }

    /// Fails where somebody asked that it stop, or another process took over: asked between two steps.
    pub fn goes_on(&self) -> Result<()> {
        match self.stop.load(Ordering::Relaxed) {
            CANCELLED => Err(Error::Cancelled("somebody asked that it stop".to_owned())),
            LOST => Err(Error::Cancelled("another process has taken it over".to_owned())),
            _ => Ok(()),
        }
    }

    /// Makes this the only job at a subject. Where another one is at it, its process may be gone: then this one waits
    /// until the lease has run out, and gives up as soon as the lease is renewed.
    pub async fn alone_at(&self, subject: &str) -> Result<()> {
        let busy = || Error::Conflict(format!("{subject} is being worked at by another job; try again when it has ended"));
        let services = &self.services;
        let mut first: Option<Timestamp> = None;
        for _ in 0..=LEASE / SECOND {
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
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        Err(busy())
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

/// Begins a job that this very call carries out and waits for: a command, or a request that wants the answer.
pub(crate) async fn begin(act: &Act, kind: JobKind, payload: String) -> Result<JobId> {
    let job = NewJob { id: act.id(), kind, payload, run_at: act.services().now(), created_by: act.who().person_id() };
    let until = act.services().now().plus(LEASE);
    queue::start(&act.services().db, &job, &act.services().holder, until).await?;
    Ok(job.id)
}

/// Queues a job for whichever process is free.
pub(crate) async fn enqueue(act: &Act, id: JobId, kind: JobKind, payload: String) -> Result<()> {
    let job = NewJob { id, kind, payload, run_at: act.services().now(), created_by: act.who().person_id() };
    queue::queue(&act.services().db, &job).await?;
    act.services().bell.notify_one();
    Ok(())
}

/// Notes how a job ended. A result that nobody could note is lost with the job's lease: it is done again.
pub(crate) async fn ended<T: Serialize>(services: &Services, id: JobId, outcome: &Result<T>) {
    let (state, words, result) = match outcome {
        Ok(value) => (JobState::Done, "done".to_owned(), serde_json::to_string(value).ok()),
        Err(error @ Error::Cancelled(_)) => (JobState::Cancelled, error.to_string(), None),
        Err(error) => {
            if error.kind().ours {
                tracing::error!(?error, job = %id, "a job failed");
            }
            (JobState::Failed, error.to_string(), None)
        }
    };
    if let Err(error) = queue::finish(&services.db, id, &services.holder, state, &words, result.as_deref()).await {
        tracing::error!(%error, "the end of a job could not be noted");
    }
}

/// Works until the process ends: one job after the other, and those whose process is gone.
pub async fn work(services: Services) {
    loop {
        match next(&services).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(?error, "the queue of jobs could not be read"),
        }
        // A job that another process queued rings no bell here.
        let _ = tokio::time::timeout(Duration::from_secs(1), services.bell.notified()).await;
    }
}

/// Takes one job, if one waits, and carries it out; false where none waits.
pub async fn next(services: &Services) -> Result<bool> {
    bring_back(services).await?;
    let now = services.now();
    let Some(job) = queue::claim(&services.db, &services.holder, now, now.plus(LEASE)).await? else { return Ok(false) };
    match job.kind {
        JobKind::Import => imports::carry_out(services, job).await,
        JobKind::Verify | JobKind::Export => {
            let unknown: Result<()> = Err(Error::Internal(format!("no worker for a job of kind {}", job.kind)));
            ended(services, job.id, &unknown).await;
        }
    }
    Ok(true)
}

/// Jobs whose process is gone wait again; one that was carried out by a command, or too often begun, has failed.
async fn bring_back(services: &Services) -> Result<()> {
    for job in queue::lapsed(&services.db, services.now()).await? {
        let alone = imports::is_of_a_command(&job);
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

/// Removes the files of a job that has ended.
pub(crate) async fn clear(services: &Services, job: JobId) {
    match tokio::fs::remove_dir_all(folder(services, job)).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => tracing::warn!(%error, %job, "files of a job could not be removed"),
        _ => {}
    }
}

/// At start, and now and then: forgets what ended long ago, and files no waiting job owns.
pub async fn sweep(services: &Services) -> Result<()> {
    queue::purge(&services.db, services.now().plus(-KEPT)).await?;
    let owned: Vec<String> = queue::unfinished(&services.db).await?.iter().map(ToString::to_string).collect();
    let Ok(folders) = std::fs::read_dir(&services.spool) else { return Ok(()) };
    for entry in folders.filter_map(std::result::Result::ok) {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Ok(job) = JobId::parse(&name) else { continue };
        // A preview that was done keeps its files until somebody applies it, for an hour.
        let old = entry.metadata().and_then(|m| m.modified()).is_ok_and(|m| m.elapsed().is_ok_and(|e| e > Duration::from_hours(1)));
        if !owned.contains(&name) && old {
            clear(services, job).await;
        }
    }
    Ok(())
}

/// A job, for who asked for it.
pub async fn show(act: &Act, id: JobId) -> Result<Job> {
    let job = queue::read(&act.services().db, id).await?.ok_or(Error::NotFound("job"))?;
    if job.created_by_id == act.who().person_id() { Ok(job) } else { Err(Error::NotFound("job")) }
}

/// Asks that a job stop, for who asked for it.
pub async fn cancel(act: &Act, id: JobId) -> Result<()> {
    let job = show(act, id).await?;
    Ok(queue::cancel(&act.services().db, job.id).await?)
}
