//! The queue of long work: a job is written with the command that asks for it, claimed under a lease, and ends once,
//! or says why not. Several processes may take from it. It knows no kind of job and runs nothing.

use super::db::{Db, Engine, Tx};
use super::table::{Rows, Table, TableKind, index, index_where};
use crate::{Error, Result};
use domain::ids::{JobId, PersonId};
use domain::time::Timestamp;
use sqlx::Executor;

pub use domain::job::{JobKind, JobState};

log! { $
    /// A job.
    Job in JOBS, job_columns {
        id: JobId,
        kind: JobKind,
        state: JobState,
        /// What only one running job may work at, for example `source aws:123456789012`.
        subject: Option<String>,
        payload: String,
        progress: String,
        /// JSON of what came out.
        result: Option<String>,
        run_at: Timestamp,
        /// Which process works at it, and until when it need not be asked.
        holder: Option<String>,
        locked_until: Option<Timestamp>,
        attempts: i64,
        /// 1 where somebody asked that it stop.
        cancel: i64,
        created_by_id: Option<PersonId>,
        /// Who answers for it, as a text: whoever asks for too much is told so.
        caller: String,
        /// Keyed outside the database: a row that was written behind our back is void.
        mac: String,
    }
}

pub static JOBS: Table = Table {
    name: "jobs",
    about: "Work that outlives a request.",
    kind: TableKind::Operational,
    columns: Job::COLUMNS,
    indexes: &[
        index("by_state_run_at", &["state", "run_at"]),
        super::table::Index {
            name: "one_running",
            columns: &["subject"],
            unique: true,
            rows: Rows::Where("state = 'running' AND subject IS NOT NULL"),
        },
        index_where("by_locked_until", &["locked_until"], Rows::Where("state = 'running'")),
    ],
    ..Table::PLAIN
};

statements! {
    ADD = "INSERT INTO jobs (id, kind, state, subject, payload, progress, result, run_at, holder, locked_until, attempts, cancel, created_by_id, caller, mac)
        VALUES ($1, $2, 'queued', NULL, $3, 'waiting', NULL, $4, NULL, NULL, 0, 0, $5, $6, $7)";
    START = "INSERT INTO jobs (id, kind, state, subject, payload, progress, result, run_at, holder, locked_until, attempts, cancel, created_by_id, caller, mac)
        VALUES ($1, $2, 'running', NULL, $3, 'beginning', NULL, $4, $8, $9, 1, 0, $5, $6, $7)";
    READ = concat!("SELECT ", job_columns!("j"), " FROM jobs j WHERE j.id = $1 LIMIT 1");
    NEXT = "SELECT id FROM jobs WHERE state = 'queued' AND kind = $2 AND run_at <= $1 ORDER BY run_at, id LIMIT 1";
    CLAIM = "UPDATE jobs SET state = 'running', holder = $2, locked_until = $3, attempts = attempts + 1 WHERE id = $1 AND state = 'queued'";
    LAPSED = concat!("SELECT ", job_columns!("j"), " FROM jobs j WHERE j.state = 'running' AND j.locked_until < $1 ORDER BY j.id LIMIT 100");
    QUEUE_AGAIN = "UPDATE jobs SET state = 'queued', holder = NULL, locked_until = NULL, subject = NULL, progress = 'waiting: the process that ran it is gone'
        WHERE id = $1 AND state = 'running' AND attempts = $2";
    TAKE = "UPDATE jobs SET subject = $3 WHERE id = $1 AND state = 'running' AND holder = $2";
    AT = "SELECT holder, locked_until FROM jobs WHERE subject = $1 AND state = 'running' LIMIT 1";
    RENEW = "UPDATE jobs SET locked_until = $3 WHERE id = $1 AND state = 'running' AND holder = $2";
    TELL = "UPDATE jobs SET progress = $3 WHERE id = $1 AND state = 'running' AND holder = $2";
    FINISH = "UPDATE jobs SET state = $3, progress = $4, result = $5, subject = NULL, holder = NULL, locked_until = NULL WHERE id = $1 AND state = 'running' AND holder = $2";
    CANCEL_RUNNING = "UPDATE jobs SET cancel = 1 WHERE id = $1 AND state = 'running'";
    CANCEL_QUEUED = "UPDATE jobs SET state = 'cancelled', progress = 'cancelled before it began' WHERE id = $1 AND state = 'queued'";
    CANCEL_ALL = "UPDATE jobs SET state = 'cancelled', progress = 'the store was restored', subject = NULL, holder = NULL, locked_until = NULL
        WHERE state IN ('queued', 'running')";
    PURGE = "DELETE FROM jobs WHERE state IN ('done', 'failed', 'cancelled') AND run_at < $1";
    /// How many have not ended: of a caller, and in all.
    /// What the server asks of itself takes nobody's room.
    UNFINISHED = "SELECT COUNT(CASE WHEN caller = $1 THEN 1 END), COUNT(*) FROM jobs WHERE state IN ('queued', 'running') AND caller <> 'server'";
    UNFINISHED_OF = concat!("SELECT ", job_columns!("j"), " FROM jobs j WHERE j.state IN ('queued', 'running') AND j.caller = $1 AND j.kind = $2
        ORDER BY j.id LIMIT 100");
}
const NEXT_POSTGRES: &str =
    "SELECT id FROM jobs WHERE state = 'queued' AND kind = $2 AND run_at <= $1 ORDER BY run_at, id LIMIT 1 FOR UPDATE SKIP LOCKED";

/// A job to be done.
#[derive(Clone, Debug)]
pub struct NewJob {
    pub id: JobId,
    pub kind: JobKind,
    /// Canonical JSON of what is to be done.
    pub payload: String,
    pub run_at: Timestamp,
    pub created_by: Option<PersonId>,
    /// Who answers for it.
    pub caller: String,
    pub mac: String,
    /// What is too much.
    pub most: Most,
}

/// How many jobs may be unfinished at a time.
#[derive(Clone, Copy, Debug)]
pub struct Most {
    pub of_caller: i64,
    pub of_all: i64,
}

/// Fails where one job more would be too much.
async fn leave_room(tx: &mut Tx, caller: &str, most: Most) -> Result<()> {
    let (own, all) = on!(tx, c => sqlx::query_as::<_, (i64, i64)>(UNFINISHED).bind(caller).fetch_one(c).await?);
    if own >= most.of_caller {
        return Err(Error::TooMany { own: true });
    }
    if all >= most.of_all { Err(Error::TooMany { own: false }) } else { Ok(()) }
}

/// Fails where one job more would be too much, before anything is made for it.
pub async fn room(db: &Db, caller: &str, most: Most) -> Result<()> {
    let mut tx = db.snapshot().await?;
    let room = leave_room(&mut tx, caller, most).await;
    tx.rollback().await?;
    room
}

/// Writes a job within a transaction of somebody else's: with the command that asks for it. Asks for room once more.
pub(crate) async fn add(tx: &mut Tx, job: &NewJob) -> Result<()> {
    leave_room(tx, &job.caller, job.most).await?;
    on!(tx, c => {
        sqlx::query(ADD).bind(job.id).bind(job.kind).bind(job.payload.as_str()).bind(job.run_at).bind(job.created_by)
            .bind(job.caller.as_str()).bind(job.mac.as_str())
            .execute(c).await.map_err(Error::from_statement)?;
    });
    Ok(())
}

/// Queues a job that no command asks for.
pub async fn queue(db: &Db, job: &NewJob) -> Result<()> {
    let mut tx = db.begin().await?;
    add(&mut tx, job).await?;
    tx.commit().await
}

/// Begins a job that this very process carries out: a command of the machine, which nobody floods.
pub async fn start(db: &Db, job: &NewJob, holder: &str, until: Timestamp) -> Result<()> {
    let mut tx = db.begin().await?;
    on!(&mut tx, c => {
        sqlx::query(START).bind(job.id).bind(job.kind).bind(job.payload.as_str()).bind(job.run_at).bind(job.created_by)
            .bind(job.caller.as_str()).bind(job.mac.as_str()).bind(holder).bind(until).execute(c).await.map_err(Error::from_statement)?;
    });
    tx.commit().await
}

pub async fn read(db: &Db, id: JobId) -> Result<Option<Job>> {
    let mut tx = db.snapshot().await?;
    let job = on!(&mut tx, c => sqlx::query_as::<_, Job>(READ).bind(id).fetch_optional(c).await?);
    tx.rollback().await?;
    Ok(job)
}

/// Takes the next job of a kind that is due, under a lease.
pub async fn claim(db: &Db, kind: JobKind, holder: &str, now: Timestamp, until: Timestamp) -> Result<Option<Job>> {
    let mut tx = db.begin().await?;
    let text = if tx.engine() == Engine::Postgres { NEXT_POSTGRES } else { NEXT };
    let next = on!(&mut tx, c => sqlx::query_scalar::<_, JobId>(text).bind(now).bind(kind).fetch_optional(c).await?);
    let Some(id) = next else {
        tx.rollback().await?;
        return Ok(None);
    };
    let job = claim_in(&mut tx, id, holder, until).await?;
    tx.commit().await?;
    Ok(job)
}

async fn claim_in(tx: &mut Tx, id: JobId, holder: &str, until: Timestamp) -> Result<Option<Job>> {
    let taken = on!(tx, c => sqlx::query(CLAIM).bind(id).bind(holder).bind(until).execute(c).await?.rows_affected());
    if taken == 0 {
        return Ok(None);
    }
    Ok(on!(tx, c => sqlx::query_as::<_, Job>(READ).bind(id).fetch_optional(c).await?))
}

/// Jobs whose process has not said anything for the length of a lease.
pub async fn lapsed(db: &Db, now: Timestamp) -> Result<Vec<Job>> {
    let mut tx = db.snapshot().await?;
    let jobs = on!(&mut tx, c => sqlx::query_as::<_, Job>(LAPSED).bind(now).fetch_all(c).await?);
    tx.rollback().await?;
    Ok(jobs)
}

/// Puts a lapsed job back, unless somebody else did.
pub async fn queue_again(db: &Db, job: &Job) -> Result<()> {
    let mut tx = db.begin().await?;
    on!(&mut tx, c => { sqlx::query(QUEUE_AGAIN).bind(job.id).bind(job.attempts).execute(c).await?; });
    tx.commit().await
}

/// Makes the job the only running one at a subject; false where another one is at it.
pub async fn take(db: &Db, id: JobId, holder: &str, subject: &str) -> Result<bool> {
    let mut tx = db.begin().await?;
    let taken = on!(&mut tx, c => {
        c.execute(sqlx::query(TAKE).bind(id).bind(holder).bind(subject)).await.map(|done| done.rows_affected())
    });
    match taken.map_err(Error::from_statement) {
        Ok(1) => tx.commit().await.map(|()| true),
        Ok(_) => Err(Error::Conflict { what: "this job".to_owned() }),
        Err(Error::Refused { constraint, .. }) if constraint == "jobs_one_running" => tx.rollback().await.map(|()| false),
        Err(error) => Err(error),
    }
}

/// Who works at a subject, and until when the lease runs.
pub async fn at(db: &Db, subject: &str) -> Result<Option<(String, Timestamp)>> {
    let mut tx = db.snapshot().await?;
    let found = on!(&mut tx, c => sqlx::query_as::<_, (String, Timestamp)>(AT).bind(subject).fetch_optional(c).await?);
    tx.rollback().await?;
    Ok(found)
}

/// Prolongs a lease; false where the job is not this process's any more.
pub async fn renew(db: &Db, id: JobId, holder: &str, until: Timestamp) -> Result<bool> {
    let mut tx = db.begin().await?;
    let renewed = on!(&mut tx, c => sqlx::query(RENEW).bind(id).bind(holder).bind(until).execute(c).await?.rows_affected());
    tx.commit().await?;
    Ok(renewed == 1)
}

/// Says how far a job is.
pub async fn tell(db: &Db, id: JobId, holder: &str, progress: &str) -> Result<()> {
    let mut tx = db.begin().await?;
    on!(&mut tx, c => { sqlx::query(TELL).bind(id).bind(holder).bind(progress).execute(c).await?; });
    tx.commit().await
}

/// Ends a job; false where it is not this process's any more.
pub async fn finish(db: &Db, id: JobId, holder: &str, state: JobState, progress: &str, result: Option<&str>) -> Result<bool> {
    let mut tx = db.begin().await?;
    let ended = on!(&mut tx, c => {
        sqlx::query(FINISH).bind(id).bind(holder).bind(state).bind(progress).bind(result).execute(c).await?.rows_affected()
    });
    tx.commit().await?;
    Ok(ended == 1)
}

/// Asks that a job stop: one that waits never begins, one that runs is told.
pub async fn cancel(db: &Db, id: JobId) -> Result<()> {
    let mut tx = db.begin().await?;
    on!(&mut tx, c => { sqlx::query(CANCEL_QUEUED).bind(id).execute(c).await?; });
    on!(&mut tx, c => { sqlx::query(CANCEL_RUNNING).bind(id).execute(c).await?; });
    tx.commit().await
}

/// Ends every job: what was asked for before a restore was asked of another store.
pub(crate) async fn cancel_all(tx: &mut Tx) -> Result<()> {
    tx.execute(CANCEL_ALL).await
}

/// Jobs of a kind that have not ended and that a caller answers for.
pub async fn unfinished_of(db: &Db, caller: &str, kind: JobKind) -> Result<Vec<Job>> {
    let mut tx = db.snapshot().await?;
    let jobs = on!(&mut tx, c => sqlx::query_as::<_, Job>(UNFINISHED_OF).bind(caller).bind(kind).fetch_all(c).await?);
    tx.rollback().await?;
    Ok(jobs)
}

/// Forgets what ended before an instant.
pub async fn purge(db: &Db, before: Timestamp) -> Result<()> {
    let mut tx = db.begin().await?;
    on!(&mut tx, c => { sqlx::query(PURGE).bind(before).execute(c).await?; });
    tx.commit().await
}
