//! Records of imports, and the batches of large ones.

use crate::Result;
use crate::engine::db::Tx;
use crate::engine::search::Page;
use crate::engine::table::{Table, TableKind, index};
use crate::ledger::start;
use domain::ids::{BatchId, BlobId, IdentityId, ImportId, ObservationId, SourceId};
use domain::query::imports::Filter;
use domain::query::ledger::Order;
use domain::seq::Seq;
use domain::snapshot::Format;
use domain::source::{Completeness, Outcome, Vantage};
use domain::time::Timestamp;

row! { $
    /// What was imported and what it changed.
    ImportRow in IMPORTS, import_columns {
        id: ImportId,
        seq: Seq,
        source_id: SourceId [-> "sources"],
        format: Format,
        /// From where it was seen: the lower of what the source and the way it came were then.
        vantage: Vantage,
        file_name: String,
        file_digest: String,
        observed_at: Timestamp,
        completeness: Completeness,
        /// JSON of the outcome.
        result: String,
    }
}

pub static IMPORTS: Table = Table {
    name: "imports",
    about: "What was imported and what it changed.",
    kind: TableKind::Recorded,
    columns: ImportRow::COLUMNS,
    indexes: &[index("by_seq", &["seq"]), index("by_source_id_seq", &["source_id", "seq"])],
    ..Table::PLAIN
};

row! { $
    /// What a source saw, when it was true and when it was learned.
    Observation in OBSERVATIONS, observation_columns {
        id: ObservationId,
        seq: Seq,
        source_id: SourceId [-> "sources"],
        batch: Option<BatchId>,
        observed_at: Timestamp,
        learned_at: Timestamp,
        completeness: Completeness,
        identity_id: Option<IdentityId>,
        subject: String,
        content_id: Option<BlobId>,
    }
}

pub static OBSERVATIONS: Table = Table {
    name: "observations",
    about: "What a source saw, when it was true and when we learned it.",
    kind: TableKind::Recorded,
    columns: Observation::COLUMNS,
    indexes: &[index("by_identity_id_seq", &["identity_id", "seq"]), index("by_source_id_seq", &["source_id", "seq"])],
    ..Table::PLAIN
};

row! { $
    /// That a large import begins: its rows live only once an end says so.
    Batch in BATCHES, batch_columns {
        id: BatchId,
        seq: Seq,
        source_id: Option<SourceId>,
    }
}

pub static BATCHES: Table = Table {
    name: "batches",
    about: "A large import writes several entries; its rows live only once `batch_ends` says so.",
    kind: TableKind::Recorded,
    columns: Batch::COLUMNS,
    indexes: &[index("by_source_id", &["source_id"])],
    ..Table::PLAIN
};

row! { $
    /// How a batch ended.
    BatchEnd in BATCH_ENDS, batch_end_columns {
        batch: BatchId,
        seq: Seq,
        outcome: Outcome,
    }
}

pub static BATCH_ENDS: Table = Table {
    name: "batch_ends",
    about: "From which entry on a batch lives, or that it never does.",
    kind: TableKind::Recorded,
    key: &["batch"],
    columns: BatchEnd::COLUMNS,
    // Every read of batched rows asks which batches live at its position.
    indexes: &[index("by_outcome_seq_batch", &["outcome", "seq", "batch"])],
    ..Table::PLAIN
};

macro_rules! page {
    ($cursor:literal, $order:literal) => {
        concat!(
            "SELECT ",
            import_columns!("i"),
            ", s.name AS source
        FROM imports i JOIN source_versions s ON s.id = i.source_id AND s.since <= $1 AND $1 < s.until
        WHERE i.seq <= $1 AND ",
            $cursor,
            " AND (CAST($4 AS TEXT) IS NULL OR s.name = $4)
          AND (CAST($5 AS TEXT) IS NULL OR i.format = $5)
        ORDER BY ",
            $order,
            " LIMIT $3"
        )
    };
}

statements! {
    PAGE = page!("i.seq < $2", "i.seq DESC");
    PAGE_OLDEST = page!("i.seq > $2", "i.seq");
    BY_ID = concat!("SELECT ", import_columns!("i"), ", s.name AS source
        FROM imports i JOIN source_versions s ON s.id = i.source_id AND s.since <= $2 AND $2 < s.until
        WHERE i.id = $1 AND i.seq <= $2 LIMIT 1");
    DEAD_BATCHES = "SELECT b.id AS batch, b.seq AS begun, e.batch IS NOT NULL AS marked FROM batches b LEFT JOIN batch_ends e ON e.batch = b.id
        WHERE b.source_id = $1 AND (e.outcome = 'abandoned' OR (e.batch IS NULL AND NOT EXISTS (SELECT 1 FROM applications a WHERE a.batch = b.id))) ORDER BY b.seq DESC LIMIT 50";
    LIVE_BATCHES = "SELECT batch, seq FROM batch_ends WHERE outcome = 'live' ORDER BY seq DESC LIMIT 100000";
    /// When each source was imported first, the newest of them ahead.
    BEGUN = "SELECT s.name, l.at FROM (SELECT i.source_id, MIN(i.seq) AS seq FROM imports i WHERE i.seq <= $1 GROUP BY i.source_id) x
        JOIN ledger l ON l.seq = x.seq JOIN source_versions s ON s.id = x.source_id AND s.since <= $1 AND $1 < s.until
        ORDER BY l.at DESC, s.name LIMIT $2";
    LAST = "SELECT seq FROM imports WHERE seq <= $1 ORDER BY seq DESC LIMIT 1";
    NEWEST_OF_FILE = concat!("SELECT ", import_columns!("i"), ", s.name AS source FROM imports i
        JOIN source_versions s ON s.id = i.source_id AND s.until = 9223372036854775807 WHERE i.file_digest = $1 ORDER BY i.seq DESC LIMIT 1");
    OPENED_SINCE = "SELECT COUNT(*) FROM (SELECT 1 FROM identity_facts f WHERE f.since <> 0 AND f.since > $2 AND f.source_id = $1 LIMIT 1) x";
    CLOSED_SINCE = "SELECT COUNT(*) FROM (SELECT 1 FROM identity_facts f
        WHERE f.until <> 9223372036854775807 AND f.until > $2 AND f.source_id = $1 LIMIT 1) x";
    LAST_OF_SOURCE = "SELECT COALESCE(MAX(seq), 0) FROM imports WHERE source_id = $1";
}

/// An import with the name of its source.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Import {
    #[sqlx(flatten)]
    pub row: ImportRow,
    pub source: String,
}

impl std::ops::Deref for Import {
    type Target = ImportRow;
    fn deref(&self) -> &ImportRow {
        &self.row
    }
}

impl Batch {
    pub fn new(id: BatchId, source: SourceId) -> Self {
        Self { id, seq: Seq::ZERO, source_id: Some(source) }
    }
}

impl BatchEnd {
    pub fn new(batch: BatchId, outcome: Outcome) -> Self {
        Self { batch, seq: Seq::ZERO, outcome }
    }
}

/// Imports beyond a cursor in the order asked for, as of `seq`.
pub async fn page(tx: &mut Tx, seq: Seq, cursor: Option<Seq>, limit: i64, filter: &Filter) -> Result<Vec<Import>> {
    let order = filter.sort.unwrap_or(Order::Newest);
    let mut cursor = cursor.unwrap_or(start(order));
    let mut page = Page::new(filter.search.as_ref(), limit);
    let text = match order {
        Order::Newest => PAGE,
        Order::Oldest => PAGE_OLDEST,
    };
    loop {
        let rows = on!(tx, c => sqlx::query_as::<_, Import>(text).bind(seq).bind(cursor).bind(page.step())
            .bind(filter.source.clone()).bind(filter.format).fetch_all(c).await?);
        cursor = rows.last().map_or(cursor, |i| i.seq);
        if !page.take(rows, |term, i| term.is_in(&i.file_name) || term.is_in(&i.source)) {
            return Ok(page.rows);
        }
    }
}

pub async fn by_id(tx: &mut Tx, id: ImportId, seq: Seq) -> Result<Option<Import>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Import>(BY_ID).bind(id).bind(seq).fetch_optional(c).await?))
}

/// The position of the newest import; none where there was none.
pub async fn last(tx: &mut Tx, seq: Seq) -> Result<Option<Seq>> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, Seq>(LAST).bind(seq).fetch_optional(c).await?))
}

/// The newest import of these bytes, whatever its source.
pub async fn newest_of_file(tx: &mut Tx, digest: &str) -> Result<Option<Import>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Import>(NEWEST_OF_FILE).bind(digest).fetch_optional(c).await?))
}

/// True where anything that lists show of a source's identities came, went or changed after an entry.
pub async fn moved_since(tx: &mut Tx, source: SourceId, seq: Seq) -> Result<bool> {
    for text in [OPENED_SINCE, CLOSED_SINCE] {
        if on!(tx, c => sqlx::query_scalar::<_, i64>(text).bind(source).bind(seq).fetch_one(c).await?) > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The position of the newest import of a source; 0 where there was none.
pub async fn last_of_source(tx: &mut Tx, source: SourceId) -> Result<Seq> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, Seq>(LAST_OF_SOURCE).bind(source).fetch_one(c).await?))
}

/// A batch that never came to live.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct DeadBatch {
    pub batch: BatchId,
    /// Its first entry.
    pub begun: Seq,
    /// True where an entry says already that it never will.
    pub marked: bool,
}

/// Batches of a source that never came to live, but for an adoption that another process goes on with: as many as `ledger::entries` gives entries.
pub async fn dead_batches(tx: &mut Tx, source: SourceId) -> Result<Vec<DeadBatch>> {
    Ok(on!(tx, c => sqlx::query_as::<_, DeadBatch>(DEAD_BATCHES).bind(source).fetch_all(c).await?))
}

/// Batches that live, with the entry from which on they do.
pub async fn live_batches(tx: &mut Tx) -> Result<Vec<(BatchId, Seq)>> {
    Ok(on!(tx, c => sqlx::query_as::<_, (BatchId, Seq)>(LIVE_BATCHES).fetch_all(c).await?))
}

/// Sources by name with the instant of their first import up to a position, the newest ahead.
pub async fn begun(tx: &mut Tx, seq: Seq, limit: i64) -> Result<Vec<(String, Timestamp)>> {
    Ok(on!(tx, c => sqlx::query_as::<_, (String, Timestamp)>(BEGUN).bind(seq).bind(limit).fetch_all(c).await?))
}
