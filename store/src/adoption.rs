//! What nobody answers for and nobody has reviewed, by source and place: grouped over what lists show.

use crate::Result;
use crate::engine::db::Tx;
use crate::identities::live;
use crate::identities::reviews::reviews;
use domain::ids::SourceId;
use domain::seq::Seq;

macro_rules! places {
    ($open:literal) => {
        concat!(
            "SELECT f.source_id, f.place,
                CAST(SUM(CASE WHEN f.platform_managed = 0 THEN 1 ELSE 0 END) AS BIGINT) AS identities,
                CAST(SUM(CASE WHEN f.platform_managed = 0 AND COALESCE(r.review, 'unreviewed') = 'unreviewed' THEN 1 ELSE 0 END) AS BIGINT) AS unreviewed,
                CAST(SUM(CASE WHEN f.platform_managed = 0 AND f.owner_id IS NULL THEN 1 ELSE 0 END) AS BIGINT) AS unowned,
                CAST(SUM(CASE WHEN f.platform_managed = 0 AND f.owner_id IS NULL AND f.owner_hint IS NOT NULL THEN 1 ELSE 0 END) AS BIGINT) AS hinted,
                CAST(SUM(CASE WHEN f.platform_managed <> 0 THEN 1 ELSE 0 END) AS BIGINT) AS platform
             FROM identity_facts f", reviews!("$1"), "
             WHERE ", $open, " AND ", live!("f", "$1"), " AND COALESCE(f.human, 'non_human') = 'non_human'
             GROUP BY f.source_id, f.place ORDER BY unowned DESC, unreviewed DESC, f.source_id, f.place LIMIT 100000"
        )
    };
}

/// `owner_id` is hidden from the planner, so that SQLite walks the index that holds all this asks for instead of
/// looking every unowned row up.
macro_rules! hints {
    ($open:literal) => {
        concat!(
            "SELECT f.owner_hint AS hint, COUNT(*) AS identities FROM identity_facts f
             WHERE ",
            $open,
            " AND ",
            live!("f", "$1"),
            " AND COALESCE(f.human, 'non_human') = 'non_human'
               AND f.platform_managed = 0 AND (CASE WHEN f.owner_id IS NULL THEN 1 ELSE 0 END) = 1 AND f.owner_hint IS NOT NULL
             GROUP BY f.owner_hint ORDER BY identities DESC, f.owner_hint LIMIT 20"
        )
    };
}

statements! {
    PLACES_NOW = places!("f.until = 9223372036854775807 AND $1 >= 0");
    PLACES_AT = places!("f.since <= $1 AND $1 < f.until");
    HINTS_NOW = hints!("f.until = 9223372036854775807 AND $1 >= 0");
    HINTS_AT = hints!("f.since <= $1 AND $1 < f.until");
    /// Identities whose record named an owner once and names nobody now.
    ORPHANS = concat!("SELECT COUNT(*) FROM identity_versions w JOIN identity_facts f ON f.identity_id = w.id AND f.since <= $1 AND $1 < f.until AND ", live!("f", "$1"), "
             WHERE w.plane = 'manual' AND w.owner_id IS NULL AND w.since <= $1 AND $1 < w.until AND COALESCE(f.human, 'non_human') = 'non_human'
               AND EXISTS (SELECT 1 FROM identity_versions b WHERE b.id = w.id AND b.plane = 'manual' AND b.since < w.since AND b.owner_id IS NOT NULL)");
}

/// One account, namespace or source as a whole. Platform-managed identities are counted apart, people not at all.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Place {
    /// None where identities were entered by hand only.
    pub source_id: Option<SourceId>,
    pub place: Option<String>,
    pub identities: i64,
    pub unreviewed: i64,
    pub unowned: i64,
    /// Of the unowned, those for whom a tag names somebody.
    pub hinted: i64,
    pub platform: i64,
}

/// Most unowned first; `now` picks the statement that uses the index on open rows.
pub async fn places(tx: &mut Tx, seq: Seq, now: bool) -> Result<Vec<Place>> {
    let text = if now { PLACES_NOW } else { PLACES_AT };
    Ok(on!(tx, c => sqlx::query_as::<_, Place>(text).bind(seq).fetch_all(c).await?))
}

/// Whom tags name as owners of what nobody owns, with how many, most first.
pub async fn hints(tx: &mut Tx, seq: Seq, now: bool) -> Result<Vec<(String, i64)>> {
    let text = if now { HINTS_NOW } else { HINTS_AT };
    Ok(on!(tx, c => sqlx::query_as::<_, (String, i64)>(text).bind(seq).fetch_all(c).await?))
}

/// How many had an owner who left, and have none now.
pub async fn orphans(tx: &mut Tx, seq: Seq) -> Result<i64> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, i64>(ORPHANS).bind(seq).fetch_one(c).await?))
}
