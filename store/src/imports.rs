//! Records of imports, the batches of large ones, and the jobs that carry them out.

use crate::db::{Db, Tx};
use crate::ledger::Order;
use crate::rows::Row;
use crate::{Result, tables};
use domain::facts::Value;
use uuid::Uuid;

statements! {
    PAGE = "SELECT i.id, i.seq, i.source_id, i.format, i.file_name, i.file_digest, i.observed_at, i.completeness, i.result, s.name AS source
        FROM imports i JOIN source_versions s ON s.id = i.source_id AND s.since <= $1 AND $1 < s.until
        WHERE i.seq <= $1 AND i.seq < $2 AND (CAST($4 AS TEXT) IS NULL OR s.name = $4)
          AND (CAST($5 AS TEXT) IS NULL OR LOWER(i.file_name) LIKE $5 ESCAPE '\\' OR LOWER(s.name) LIKE $5 ESCAPE '\\') AND (CAST($6 AS TEXT) IS NULL OR i.format = $6)
        ORDER BY i.seq DESC LIMIT $3";
    PAGE_OLDEST = "SELECT i.id, i.seq, i.source_id, i.format, i.file_name, i.file_digest, i.observed_at, i.completeness, i.result, s.name AS source
        FROM imports i JOIN source_versions s ON s.id = i.source_id AND s.since <= $1 AND $1 < s.until
        WHERE i.seq <= $1 AND i.seq > $2 AND (CAST($4 AS TEXT) IS NULL OR s.name = $4)
          AND (CAST($5 AS TEXT) IS NULL OR LOWER(i.file_name) LIKE $5 ESCAPE '\\' OR LOWER(s.name) LIKE $5 ESCAPE '\\') AND (CAST($6 AS TEXT) IS NULL OR i.format = $6)
        ORDER BY i.seq LIMIT $3";
    BY_ID = "SELECT i.id, i.seq, i.source_id, i.format, i.file_name, i.file_digest, i.observed_at, i.completeness, i.result, s.name AS source
        FROM imports i JOIN source_versions s ON s.id = i.source_id AND s.since <= $2 AND $2 < s.until
        WHERE i.id = $1 AND i.seq <= $2 LIMIT 1";
    DEAD_BATCHES = "SELECT b.id, e.batch IS NOT NULL FROM batches b LEFT JOIN batch_ends e ON e.batch = b.id
        WHERE b.source_id = $1 AND (e.batch IS NULL OR e.outcome = 'abandoned') ORDER BY b.seq LIMIT 100";
    LIVE_BATCHES = "SELECT batch, seq FROM batch_ends WHERE outcome = 'live' ORDER BY seq DESC LIMIT 100000";
    JOBS_ORPHANED = "UPDATE jobs SET state = 'failed', progress = 'the server stopped while it ran; nothing of it is shown, import again' WHERE state = 'running'";
    JOB_SAVE = "INSERT INTO jobs (id, kind, state, payload, progress, result, run_at, locked_until, attempts, created_by_id)
        VALUES ($1, $2, $3, $4, $5, NULL, $6, NULL, 0, $7)";
    JOB_UPDATE = "UPDATE jobs SET state = $2, progress = $3, result = $4 WHERE id = $1";
    JOB_READ = "SELECT id, kind, state, progress, result, created_by_id FROM jobs WHERE id = $1 LIMIT 1";
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Import {
    pub id: Uuid,
    pub seq: i64,
    pub source_id: Uuid,
    pub format: String,
    pub file_name: String,
    pub file_digest: String,
    pub observed_at: i64,
    pub completeness: String,
    pub result: String,
    pub source: String,
}

/// What the record of an import says.
#[derive(Clone, Copy, Debug)]
pub struct NewImport<'a> {
    pub id: Uuid,
    pub source: Uuid,
    pub format: &'a str,
    pub file_name: &'a str,
    pub file_digest: &'a str,
    pub observed_at: i64,
    pub complete: bool,
    pub result: &'a str,
}

pub fn row(n: &NewImport<'_>) -> Row {
    Row::new(
        &tables::IMPORTS,
        vec![
            n.id.into(),
            Value::Int(0),
            n.source.into(),
            n.format.into(),
            n.file_name.into(),
            n.file_digest.into(),
            Value::Int(n.observed_at),
            if n.complete { "complete" } else { "partial" }.into(),
            n.result.into(),
        ],
    )
}

/// That a source was seen, when, and whether as a whole.
pub fn observation_row(id: Uuid, n: &NewImport<'_>, batch: Option<Uuid>) -> Row {
    Row::new(
        &tables::OBSERVATIONS,
        vec![
            id.into(),
            Value::Int(0),
            n.source.into(),
            batch.into(),
            Value::Int(n.observed_at),
            Value::Int(n.observed_at),
            if n.complete { "complete" } else { "partial" }.into(),
            None::<Uuid>.into(),
            n.format.into(),
            None::<Uuid>.into(),
        ],
    )
}

pub fn batch_row(id: Uuid, source: Uuid) -> Row {
    Row::new(&tables::BATCHES, vec![id.into(), Value::Int(0), Some(source).into()])
}

pub fn batch_end_row(id: Uuid, live: bool) -> Row {
    Row::new(&tables::BATCH_ENDS, vec![id.into(), Value::Int(0), if live { "live" } else { "abandoned" }.into()])
}

/// What a list of imports is narrowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// A source by its name.
    pub source: Option<String>,
    /// A lower-cased part of the file's or the source's name, taken literally.
    pub search: Option<String>,
    pub format: Option<String>,
}

/// Imports before a position, newest first, as of `seq`.
pub async fn page(tx: &mut Tx, seq: i64, (order, cursor): (Order, i64), limit: i64, filter: &Filter) -> Result<Vec<Import>> {
    let search = filter.search.as_ref().map(|t| format!("%{}%", domain::text::like_literal(t)));
    let text = match order {
        Order::NewestFirst => PAGE,
        Order::OldestFirst => PAGE_OLDEST,
    };
    Ok(on!(tx, c => sqlx::query_as::<_, Import>(text).bind(seq).bind(cursor).bind(limit)
        .bind(filter.source.clone()).bind(search).bind(filter.format.clone()).fetch_all(c).await?))
}

pub async fn by_id(tx: &mut Tx, id: Uuid, seq: i64) -> Result<Option<Import>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Import>(BY_ID).bind(id).bind(seq).fetch_optional(c).await?))
}

/// Batches of a source that never came to live, and whether they are marked so already.
pub async fn dead_batches(tx: &mut Tx, source: Uuid) -> Result<Vec<(Uuid, bool)>> {
    Ok(on!(tx, c => sqlx::query_as::<_, (Uuid, bool)>(DEAD_BATCHES).bind(source).fetch_all(c).await?))
}

/// Batches that live, with the entry from which on they do.
pub async fn live_batches(tx: &mut Tx) -> Result<Vec<(Uuid, i64)>> {
    Ok(on!(tx, c => sqlx::query_as::<_, (Uuid, i64)>(LIVE_BATCHES).fetch_all(c).await?))
}

/// Jobs that were running when the last process ended.
pub async fn jobs_orphaned(db: &Db) -> Result<()> {
    let mut tx = db.begin().await?;
    tx.execute(JOBS_ORPHANED).await?;
    tx.commit().await
}

/// A job as its page shows it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Job {
    pub id: Uuid,
    pub kind: String,
    pub state: String,
    pub progress: String,
    pub result: Option<String>,
    pub created_by_id: Option<Uuid>,
}

pub async fn job_start(db: &Db, id: Uuid, kind: &str, payload: &str, now: i64, by: Option<Uuid>) -> Result<()> {
    let mut tx = db.begin().await?;
    on!(&mut tx, c => {
        sqlx::query(JOB_SAVE).bind(id).bind(kind).bind("running").bind(payload).bind("reading").bind(now).bind(by).execute(c).await?;
    });
    tx.commit().await
}

pub async fn job_update(db: &Db, id: Uuid, state: &str, progress: &str, result: Option<&str>) -> Result<()> {
    let mut tx = db.begin().await?;
    on!(&mut tx, c => { sqlx::query(JOB_UPDATE).bind(id).bind(state).bind(progress).bind(result).execute(c).await?; });
    tx.commit().await
}

pub async fn job_read(db: &Db, id: Uuid) -> Result<Option<Job>> {
    let mut tx = db.snapshot().await?;
    let job = on!(&mut tx, c => sqlx::query_as::<_, Job>(JOB_READ).bind(id).fetch_optional(c).await?);
    tx.rollback().await?;
    Ok(job)
}
