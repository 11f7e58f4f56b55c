//! Verifying the store, as a job: so that it is seen, can be stopped, and runs once at a time over all processes.

use crate::jobs::{self, Caller, Job, JobKind, Running};
use crate::overview::Checked;
use crate::{Act, Error, Principal, Result, Services};
use domain::ids::JobId;
use domain::permission::Action;
use domain::seq::Seq;
use serde::{Deserialize, Serialize};
use store::engine::verify::{self as engine, Report};

pub use store::engine::verify::Placed;

/// What a verification came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    pub intact: bool,
    pub entries: Seq,
    pub rows: u64,
    pub root: String,
    pub findings: Vec<Finding>,
    /// What could not be looked at, and why.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// Something that does not agree with the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub table: String,
    /// The row's key as text; empty where a whole table is meant.
    pub id: String,
    pub seq: Seq,
    pub what: String,
}

impl From<Report> for Verified {
    fn from(report: Report) -> Self {
        let finding = |f: engine::Finding| Finding { table: f.table, id: f.id, seq: f.seq, what: f.what };
        Self {
            intact: report.findings.is_empty(),
            entries: report.entries,
            rows: report.rows,
            root: report.root,
            findings: report.findings.into_iter().map(finding).collect(),
            notes: report.notes,
        }
    }
}

/// A verification as its job keeps it.
#[derive(Serialize, Deserialize)]
struct Kept {
    caller: Caller,
    /// True where a command carries it out itself and waits for it.
    by_command: bool,
}

impl Kept {
    fn parse(text: &str) -> Result<Self> {
        serde_json::from_str(text).map_err(|e| Error::Internal(format!("the payload of a verification: {e}")))
    }
}

/// Recomputes everything and waits for it; `against` are checkpoints that somebody brings, beside those that stand in the
/// sinks and in the data directory; `progress` is told how far
/// it is, in words.
pub async fn verify(act: &Act, against: &[Placed], progress: impl Fn(&str) + Send + Sync + 'static) -> Result<Verified> {
    act.authorise(Action::VerifyLedger)?;
    if !act.services().db.takes_writes().await? {
        return of_a_copy(act, against, progress).await;
    }
    let kept = Kept { caller: Caller::of(act.who()), by_command: true };
    let id = jobs::begin(act, JobKind::Verify, &kept).await?;
    let (outcome, _) = jobs::carry(act.services(), id, progress, |job| recompute(act, against, job)).await;
    outcome
}

/// A copy that nobody may write keeps no job either: whoever asks for it waits for it.
async fn of_a_copy(act: &Act, against: &[Placed], progress: impl Fn(&str) + Send + Sync + 'static) -> Result<Verified> {
    act.authorise(Action::VerifyLedger)?;
    let services = act.services();
    let verifiers: Vec<_> = services.keys.verifier.iter().cloned().collect();
    let told = move |text: &str| {
        if !text.is_empty() {
            progress(text);
        }
        true
    };
    let outside = crate::restored::outside(services, against).await?;
    let report = engine::verify_told(&services.db, &verifiers, &outside, Box::new(told)).await?;
    with_losses(services, act.who(), report).await
}

/// Queues a verification; the page of the job shows how far it is and what it found. Asked again while it waits or runs,
/// it is that one.
pub async fn start(act: &Act) -> Result<JobId> {
    act.authorise(Action::VerifyLedger)?;
    if let Some(id) = jobs::under_way(act, JobKind::Verify, |job| !is_of_a_command(job)).await? {
        return Ok(id);
    }
    let id: JobId = act.id();
    jobs::enqueue(act, id, JobKind::Verify, &Kept { caller: Caller::of(act.who()), by_command: false }).await?;
    Ok(id)
}

/// True of a job whose answer only the command that began it waits for.
pub(crate) fn is_of_a_command(job: &Job) -> bool {
    Kept::parse(&job.payload).is_ok_and(|k| k.by_command)
}

/// Carries a job from the queue out.
pub(crate) async fn carry_out(services: &Services, job: Job) {
    let _ = jobs::carry(services, job.id, |_| {}, |running| from_queue(services, &job, running)).await;
}

async fn from_queue(services: &Services, job: &Job, running: Running) -> Result<Verified> {
    let who = Kept::parse(&job.payload)?.caller.today(services).await?;
    recompute(&Act::new(services, &who), &[], running).await
}

async fn recompute(act: &Act, against: &[Placed], job: Running) -> Result<Verified> {
    act.authorise(Action::VerifyLedger)?;
    // It may take much of the machine: one at a time.
    job.in_turn_at("the verification of the store").await?;
    // Its turn may have come late. What happened to a restored store a command on the machine finds out.
    if !matches!(act.who(), Principal::Host { .. }) {
        jobs::renewed(act).await?.authorise(Action::VerifyLedger)?;
    }
    let services = act.services();
    let verifiers: Vec<_> = services.keys.verifier.iter().cloned().collect();
    let heard = job.clone();
    let told = move |text: &str| {
        if !text.is_empty() {
            heard.tell(text.to_owned());
        }
        heard.goes_on().is_ok()
    };
    let outside = crate::restored::outside(services, against).await?;
    let report = engine::verify_told(&services.db, &verifiers, &outside, Box::new(told)).await;
    // Where it was stopped, why says more than that it was.
    job.goes_on()?;
    let found = with_losses(services, act.who(), report?).await?;
    if let Ok(mut kept) = services.verified.lock() {
        *kept = Some(Checked { at: services.now(), intact: found.intact, entries: found.entries });
    }
    Ok(found)
}

/// What people accepted as lost is no finding, and it is said all the same.
async fn with_losses(services: &Services, who: &Principal, report: Report) -> Result<Verified> {
    let losses = crate::restored::losses(services, who).await?;
    let mut verified = Verified::from(report);
    verified.notes.extend(losses.iter().map(|l| format!("this store was restored from an older copy once: {}", l.says())));
    Ok(verified)
}

impl Services {
    /// What the last verification in this process came to.
    pub fn verified(&self) -> Option<Checked> {
        self.verified.lock().ok().and_then(|kept| *kept)
    }
}
