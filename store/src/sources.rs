//! Sources: registered feeds of facts.

use crate::Result;
use crate::engine::db::Tx;
use crate::engine::table::Table;
use domain::identity::Environment;
use domain::ids::{PersonId, SourceId};
use domain::seq::Seq;
use domain::source::{SourceKind, Vantage};
use domain::time::Timestamp;

row! { $
    /// A version of what is said of a source.
    Source in SOURCE_VERSIONS, source_columns {
        since,
        id: SourceId,
        name: String,
        kind: SourceKind,
        owner_id: Option<PersonId>,
        environment: Option<Environment>,
        vantage: Vantage,
        /// How often it is expected.
        interval_seconds: Option<i64>,
        /// JSON: which tokens may feed it, where that is narrowed.
        allowed_tokens: String,
        scope: String,
        settings: String,
    }
}

pub static SOURCE_VERSIONS: Table = Table {
    name: "source_versions",
    about: "A registered feed of facts.",
    anchor: Some("sources"),
    key: &["id", "since"],
    columns: Source::COLUMNS,
    one_open: &["name"],
    ..Table::PLAIN
};

/// True of a source that somebody registered or said something of, or that an import speaks for. One that only the parts
/// of an import name that never came to live is nobody's: its next import goes on with it.
macro_rules! known {
    ($seq:literal) => {
        concat!(
            "(NOT EXISTS (SELECT 1 FROM batches b WHERE b.source_id = s.id AND b.seq = s.since)
             OR EXISTS (SELECT 1 FROM imports i WHERE i.source_id = s.id AND i.seq <= ",
            $seq,
            "))"
        )
    };
}

statements! {
    BY_NAME = concat!("SELECT ", source_columns!("s"), " FROM source_versions s WHERE s.name = $1 AND s.since <= $2 AND $2 < s.until LIMIT 1");
    BY_ID = concat!("SELECT ", source_columns!("s"), " FROM source_versions s WHERE s.id = $1 AND s.since <= $2 AND $2 < s.until LIMIT 1");
    ALL_AT = concat!("SELECT ", source_columns!("s"), " FROM source_versions s WHERE s.since <= $1 AND $1 < s.until AND ", known!("$1"),
        " ORDER BY s.name LIMIT 1000");
    IS_KNOWN = concat!("SELECT COUNT(*) FROM source_versions s WHERE s.id = $1 AND s.since <= $2 AND $2 < s.until AND ", known!("$2"));
    HEARD = "SELECT source_id, MAX(observed_at) AS last, COUNT(*) AS imports FROM imports WHERE seq <= $1 GROUP BY source_id LIMIT 1000";
}

impl Source {
    pub fn new(id: SourceId, name: &str, kind: SourceKind, environment: Option<Environment>) -> Self {
        Self {
            id,
            since: Seq::ZERO,
            name: name.to_owned(),
            kind,
            owner_id: None,
            environment,
            vantage: Vantage::of(kind),
            interval_seconds: None,
            allowed_tokens: "[]".to_owned(),
            scope: "organisation".to_owned(),
            settings: "{}".to_owned(),
        }
    }

    #[must_use]
    pub fn without_owner(&self) -> Self {
        Self { owner_id: None, ..self.clone() }
    }
}

pub async fn by_name(tx: &mut Tx, name: &str, seq: Seq) -> Result<Option<Source>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Source>(BY_NAME).bind(name).bind(seq).fetch_optional(c).await?))
}

pub async fn by_id(tx: &mut Tx, id: SourceId, seq: Seq) -> Result<Option<Source>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Source>(BY_ID).bind(id).bind(seq).fetch_optional(c).await?))
}

pub async fn all_at(tx: &mut Tx, seq: Seq) -> Result<Vec<Source>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Source>(ALL_AT).bind(seq).fetch_all(c).await?))
}

/// False where nothing but an import that never came to live names the source.
pub async fn is_known(tx: &mut Tx, id: SourceId, seq: Seq) -> Result<bool> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, i64>(IS_KNOWN).bind(id).bind(seq).fetch_one(c).await?) > 0)
}

/// When each source was last heard, and how often in all.
pub async fn heard(tx: &mut Tx, seq: Seq) -> Result<Vec<(SourceId, Timestamp, i64)>> {
    Ok(on!(tx, c => sqlx::query_as::<_, (SourceId, Timestamp, i64)>(HEARD).bind(seq).fetch_all(c).await?))
}
