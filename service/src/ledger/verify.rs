//! Verifying the store, as a job: so that it is seen, can be stopped, and runs once at a time over all processes.

use crate::jobs::{self, Caller, Job, JobKind, Running};
use crate::overview::Checked;
use crate::{Act, Error, Principal, Result, Services};
use domain::ids::JobId;
use domain::note;
use domain::permission::Action;
use domain::restored::{self, Noted};
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
    /// The text of checkpoints that somebody brought along.
    #[serde(default)]
    against: Option<String>,
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
    let kept = Kept { caller: Caller::of(act.who()), by_command: true, against: None };
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

/// Queues a verification, beside what stands in the sinks also against the text of checkpoints that somebody kept; the page
/// of the job shows how far it is and what it found. Asked again while it waits or runs, it is that one.
pub async fn start(act: &Act, against: Option<&str>) -> Result<JobId> {
    act.authorise(Action::VerifyLedger)?;
    let kept = Kept { caller: Caller::of(act.who()), by_command: false, against: against.map(str::to_owned) };
    brought(act.services(), against)?;
    let same = |job: &Job| Kept::parse(&job.payload).is_ok_and(|k| !k.by_command && k.against == kept.against);
    if let Some(id) = jobs::under_way(act, JobKind::Verify, same).await? {
        return Ok(id);
    }
    let id: JobId = act.id();
    jobs::enqueue(act, id, JobKind::Verify, &kept).await?;
    Ok(id)
}

/// The most text of checkpoints that is taken along.
const BROUGHT_MOST: usize = 256 * 1024;

/// The checkpoints of a text, as a verification compares them.
fn brought(services: &Services, text: Option<&str>) -> Result<Vec<Placed>> {
    let Some(text) = text else { return Ok(vec![]) };
    let refused = |why: &str| Error::invalid("checkpoint", format!("This file can't be compared: {why}."));
    if text.len() > BROUGHT_MOST {
        return Err(refused("it is larger than 256 KB"));
    }
    let all = note::checkpoints(text, services.verifier()).map_err(refused)?;
    let noted = |(c, note): (note::Checkpoint, String)| Noted::read(note, restored::log_of(&c.origin));
    Ok(all.into_iter().filter_map(noted).map(|n| ("the uploaded checkpoint".to_owned(), n)).collect())
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
    let kept = Kept::parse(&job.payload)?;
    let who = kept.caller.today(services).await?;
    let brought = brought(services, kept.against.as_deref())?;
    recompute(&Act::new(services, &who), &brought, running).await
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
        *kept = Some(Checked { at: services.now(), intact: found.intact, entries: found.entries, by: by(act.who()) });
    }
    Ok(found)
}

/// Who had it verified, as a page says it.
fn by(who: &Principal) -> String {
    match who {
        Principal::Host { .. } => "the server command line".to_owned(),
        Principal::Person { .. } | Principal::Token { .. } => who.name(),
    }
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
        self.verified.lock().ok().and_then(|kept| kept.clone())
    }
}
