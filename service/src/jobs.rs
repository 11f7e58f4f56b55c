//! Long work: jobs are claimed under a lease, tell how far they are, can be stopped, and end once or say why not.
//! Whoever asked and the files they sent are named in the job, so that another process can carry it out after this one
//! is gone. What a job does stands with its noun.

mod caller;
mod carried;
mod lanes;
mod look;
mod spool;

use crate::sessions::{mac, same};
use crate::{Act, Error, Result, Services};
use carried::Carried;
use domain::ids::JobId;
use domain::time::{DAY, SECOND, Timestamp};
use lanes::bring_back;
use serde::Serialize;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;
use store::engine::jobs as queue;
use store::engine::jobs::{Most, NewJob};
use store::engine::require::Require;
use tokio::sync::watch;

pub(crate) use caller::{Caller, renewed};
pub use lanes::{next, work};
pub use look::{Failure, cancel, failure, progress, show, wait};
pub use spool::Room;
pub(crate) use spool::{clear, folder, make_folder, measure, takes};
pub use store::engine::jobs::{Job, JobKind, JobState};

/// How long a process may say nothing before its job is another one's.
const LEASE: i64 = 15 * SECOND;
/// How often it says something.
const BEAT: Duration = Duration::from_secs(5);
/// How long ended jobs are kept.
const KEPT: i64 = 30 * DAY;
/// How often whoever waits for another job looks again.
const POLL: Duration = Duration::from_millis(250);
/// How many may wait or run at a time: of one caller more than anybody has use for, of all what the lanes get through
/// while somebody waits.
const MOST: Most = Most { of_caller: 20, of_all: 200 };
/// How often it is tried to note how a job ended.
const TRIES: usize = 4;

/// Nobody asked that it stop; somebody did; another process has it.
const GOES_ON: u8 = 0;
const CANCELLED: u8 = 1;
const LOST: u8 = 2;

/// A job that this process carries out.
#[derive(Clone)]
pub(crate) struct Running {
    services: Services,
    pub id: JobId,
    stop: Arc<AtomicU8>,
    told: watch::Sender<String>,
    /// Whoever waits for it hears every word; the row of the job has the last one.
    heard: Arc<dyn Fn(&str) + Send + Sync>,
}

impl Running {
    pub fn services(&self) -> Services {
        self.services.clone()
    }

    /// Says how far it is, in words; the same words again are not written again.
    pub fn tell(&self, text: String) {
        let other = *self.told.borrow() != text;
        if other {
            (self.heard)(&text);
            self.told.send_replace(text);
        }
    }

    /// Fails where somebody asked that it stop, or another process took over: asked between two steps.
    pub fn goes_on(&self) -> Result<()> {
        match self.stop.load(Ordering::Relaxed) {
            CANCELLED => Err(Error::Cancelled("someone asked to stop it".to_owned())),
            LOST => Err(Error::Cancelled("another process has taken it over".to_owned())),
            _ => Ok(()),
        }
    }

    /// Waits for work that cannot be broken off as long as the job goes on: whoever calls it off does not wait for it, nor does
    /// the next job of the lane.
    pub async fn as_long<T>(&self, work: impl Future<Output = T>) -> Result<T> {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return self.goes_on().map(|()| done),
                () = tokio::time::sleep(POLL) => self.goes_on()?,
            }
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

/// Carries a job of this process out, keeping its lease alive meanwhile, and notes how it ended; `progress` hears what is
/// told. True where this process was the one to note it.
pub(crate) async fn carry<T, F, Fut>(
    services: &Services,
    id: JobId,
    progress: impl Fn(&str) + Send + Sync + 'static,
    work: F,
) -> (Result<T>, bool)
where
    T: Serialize,
    F: FnOnce(Running) -> Fut,
    Fut: Future<Output = Result<T>>,
{
    let stop = Arc::new(AtomicU8::new(GOES_ON));
    let _carried = Carried::by(services, id, &stop);
    let (told, hears) = watch::channel(String::new());
    let running = Running { services: services.clone(), id, stop, told, heard: Arc::new(progress) };
    let beats = tokio::spawn(beat(services.clone(), id, running.stop.clone(), hears));
    let outcome = work(running).await;
    // The sender is gone with the work: the beats end after the last word.
    let _ = beats.await;
    let noted = ended(services, id, &outcome).await;
    (outcome, noted)
}

/// Keeps the lease, writes down what is told, and hears that somebody asked it to stop.
async fn beat(services: Services, id: JobId, stop: Arc<AtomicU8>, mut hears: watch::Receiver<String>) {
    let mut timer = tokio::time::interval(BEAT);
    loop {
        tokio::select! {
            changed = hears.changed() => {
                // Nobody tells more, and what was told is written.
                if changed.is_err() {
                    return;
                }
                let text = hears.borrow_and_update().clone();
                if let Err(error) = queue::tell(&services.db, id, &services.holder, &text).await {
                    tracing::warn!(%error, "a job could not say how far it is");
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

/// What a row is told by that somebody else wrote: all that decides what is done. A host's job is one only under the kind
/// that its command queued.
fn tag(services: &Services, id: JobId, kind: JobKind, payload: &str) -> String {
    mac(&services.keys.mac, &["job", &id.uuid().to_string(), kind.as_str(), payload])
}

/// True of a job that this installation queued, and loud where it is not.
fn genuine(services: &Services, job: &Job) -> bool {
    let genuine = same(&job.mac, &tag(services, job.id, job.kind, &job.payload));
    if !genuine {
        tracing::error!(job = %job.id, "a row of a job does not verify: it was not written by this installation");
    }
    genuine
}

/// Fails where the caller, or everybody together, has enough under way.
async fn may_ask(act: &Act) -> Result<()> {
    Ok(queue::room(&act.services().db, &act.who().accountable(), MOST).await?)
}

/// A job of the caller, due now.
pub(crate) fn asked(act: &Act, id: JobId, kind: JobKind, payload: &impl Serialize) -> Result<NewJob> {
    let payload = serde_json::to_string(payload).map_err(|e| Error::Internal(e.to_string()))?;
    let mac = tag(act.services(), id, kind, &payload);
    let (created_by, caller) = (act.who().person_id(), act.who().accountable());
    Ok(NewJob { id, kind, payload, run_at: act.services().now(), created_by, caller, mac, most: MOST })
}

/// A job that the server asks of itself, due at an instant. It takes nobody's room, so that nobody keeps it from coming.
pub(crate) fn of_the_server(services: &Services, kind: JobKind, payload: &impl Serialize, run_at: Timestamp) -> Result<NewJob> {
    let payload = serde_json::to_string(payload).map_err(|e| Error::Internal(e.to_string()))?;
    let id = services.ids.make();
    let mac = tag(services, id, kind, &payload);
    let most = Most { of_caller: i64::MAX, of_all: i64::MAX };
    Ok(NewJob { id, kind, payload, run_at, created_by: None, caller: "server".to_owned(), mac, most })
}

/// The job of the caller that waits or runs and of which something holds: who asks for the same again is given that one.
pub(crate) async fn under_way(act: &Act, kind: JobKind, is_it: impl Fn(&Job) -> bool) -> Result<Option<JobId>> {
    let services = act.services();
    let caller = Some(Caller::of(act.who()));
    let all = queue::unfinished_of(&services.db, &act.who().accountable(), kind).await?;
    let mut own = all.iter().filter(|job| job.cancel == 0 && genuine(services, job) && Caller::of_job(job) == caller);
    Ok(own.find(|job| is_it(job)).map(|job| job.id))
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
async fn ended<T: Serialize>(services: &Services, id: JobId, outcome: &Result<T>) -> bool {
    let failed = |error: &Error| serde_json::to_string(&Failure::of(error)).ok();
    let (state, words, result) = match outcome {
        Ok(value) => (JobState::Done, "done".to_owned(), serde_json::to_string(value).ok()),
        Err(error @ Error::Cancelled(_)) => (JobState::Cancelled, error.to_string(), failed(error)),
        Err(error) => {
            if error.kind().ours {
                tracing::error!(?error, job = %id, "a job failed");
            }
            (JobState::Failed, error.reason(), failed(error))
        }
    };
    for left in (0..TRIES).rev() {
        match queue::finish(&services.db, id, &services.holder, state, &words, result.as_deref()).await {
            Ok(noted) => return noted,
            Err(error) => tracing::error!(%error, job = %id, left, "the end of a job could not be noted"),
        }
        if left > 0 {
            tokio::time::sleep(POLL).await;
        }
    }
    false
}

/// At start, and now and then: forgets what ended long ago, and files that no unfinished job owns and nobody fetched.
pub async fn sweep(services: &Services) -> Result<()> {
    queue::purge(&services.db, services.now().plus(-KEPT)).await?;
    spool::sweep(services).await
}
