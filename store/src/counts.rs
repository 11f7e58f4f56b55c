//! Recorded counts: the value from an entry on, so that the count at a position is one index probe and a
//! trend is a range.

use crate::Result;
use crate::db::Tx;

/// The last entry up to an instant; `at` never runs backwards.
macro_rules! point {
    ($n:literal, $at:literal) => {
        concat!(
            "SELECT CAST(",
            $n,
            " AS BIGINT) AS n, (SELECT l.seq FROM ledger l WHERE l.at <= ",
            $at,
            " AND l.seq <= $2 ORDER BY l.at DESC, l.seq DESC LIMIT 1) AS seq"
        )
    };
}

statements! {
    /// Grants by class at thirteen instants: one probe of an index for each instant, and one for each count.
    TREND = concat!("SELECT t.n, m.class, COALESCE((SELECT c.n FROM counts c WHERE c.scope = $1 AND c.measure = m.measure AND c.seq <= t.seq ORDER BY c.seq DESC LIMIT 1), 0) AS held
        FROM (", point!("0", "$3"), " UNION ALL ", point!("1", "$4"), " UNION ALL ", point!("2", "$5"), " UNION ALL ", point!("3", "$6"),
        " UNION ALL ", point!("4", "$7"), " UNION ALL ", point!("5", "$8"), " UNION ALL ", point!("6", "$9"), " UNION ALL ", point!("7", "$10"),
        " UNION ALL ", point!("8", "$11"), " UNION ALL ", point!("9", "$12"), " UNION ALL ", point!("10", "$13"), " UNION ALL ", point!("11", "$14"),
        " UNION ALL ", point!("12", "$15"), ") t
        CROSS JOIN (SELECT CAST(0 AS BIGINT) AS class, 'grants.class.read' AS measure
        UNION ALL SELECT 1, 'grants.class.write'
        UNION ALL SELECT 2, 'grants.class.destructive'
        UNION ALL SELECT 3, 'grants.class.admin'
        UNION ALL SELECT 4, 'grants.class.secrets'
        UNION ALL SELECT 5, 'grants.class.wildcard') m LIMIT 100");
    /// What the counts of owners should be, from what lists show now.
    OWNERS = concat!("SELECT CAST(COALESCE(SUM(CASE WHEN f.owner_id IS NOT NULL AND f.backup_id IS NULL THEN 1 ELSE 0 END), 0) AS BIGINT),
            CAST(COALESCE(SUM(CASE WHEN f.owner_id IS NULL AND f.owner_hint IS NOT NULL THEN 1 ELSE 0 END), 0) AS BIGINT)
        FROM identity_facts f WHERE f.until = 9223372036854775807 AND COALESCE(f.human, 'non_human') = 'non_human' AND ", crate::identities::live!("f", "$1"));
    AT = "SELECT n FROM counts WHERE scope = $1 AND measure = $2 AND seq <= $3 ORDER BY seq DESC LIMIT 1";
    /// One index probe per measure; grouping the history would read every entry there ever was.
    ALL_AT = "SELECT m.measure, COALESCE((SELECT c.n FROM counts c WHERE c.scope = $1 AND c.measure = m.measure AND c.seq <= $2 ORDER BY c.seq DESC LIMIT 1), 0) AS n
        FROM (SELECT 'identities' AS measure
        UNION ALL SELECT 'identities.human'
        UNION ALL SELECT 'identities.unclear'
        UNION ALL SELECT 'identities.no_owner'
        UNION ALL SELECT 'identities.no_backup'
        UNION ALL SELECT 'identities.hinted'
        UNION ALL SELECT 'identities.privileged'
        UNION ALL SELECT 'identities.platform'
        UNION ALL SELECT 'identities.kind.ai_agent'
        UNION ALL SELECT 'identities.kind.service_account'
        UNION ALL SELECT 'identities.kind.workload'
        UNION ALL SELECT 'identities.kind.ci_identity'
        UNION ALL SELECT 'identities.kind.cloud_user'
        UNION ALL SELECT 'identities.kind.cloud_role'
        UNION ALL SELECT 'identities.kind.bot'
        UNION ALL SELECT 'identities.kind.integration'
        UNION ALL SELECT 'identities.environment.production'
        UNION ALL SELECT 'identities.environment.test'
        UNION ALL SELECT 'identities.environment.development'
        UNION ALL SELECT 'identities.environment.unknown'
        UNION ALL SELECT 'identities.review.unreviewed'
        UNION ALL SELECT 'identities.review.adopted'
        UNION ALL SELECT 'grants'
        UNION ALL SELECT 'grants.standing'
        UNION ALL SELECT 'grants.timed'
        UNION ALL SELECT 'grants.denied'
        UNION ALL SELECT 'grants.conditional'
        UNION ALL SELECT 'grants.class.read'
        UNION ALL SELECT 'grants.class.write'
        UNION ALL SELECT 'grants.class.destructive'
        UNION ALL SELECT 'grants.class.admin'
        UNION ALL SELECT 'grants.class.secrets'
        UNION ALL SELECT 'grants.class.wildcard') m LIMIT 100";
}

/// The value of one count at a position; none where it was never recorded.
pub async fn at(tx: &mut Tx, scope: &str, measure: &str, seq: i64) -> Result<Option<i64>> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, i64>(AT).bind(scope).bind(measure).bind(seq).fetch_optional(c).await?))
}

/// Every count of a scope at a position, by measure.
pub async fn all_at(tx: &mut Tx, scope: &str, seq: i64) -> Result<Vec<(String, i64)>> {
    Ok(on!(tx, c => sqlx::query_as::<_, (String, i64)>(ALL_AT).bind(scope).bind(seq).fetch_all(c).await?))
}

/// How many have an owner and no backup, and how many nobody owns and a tag names somebody, counted anew.
pub async fn owners(tx: &mut Tx, seq: i64) -> Result<(i64, i64)> {
    Ok(on!(tx, c => sqlx::query_as::<_, (i64, i64)>(OWNERS).bind(seq).fetch_one(c).await?))
}

/// Points of a trend.
pub const POINTS: usize = 13;

/// Grants by class, in the order of `privilege::Class::ALL`, as recorded at each instant up to a position.
pub async fn trend(tx: &mut Tx, scope: &str, seq: i64, instants: &[i64; POINTS]) -> Result<[[i64; 6]; POINTS]> {
    let rows = on!(tx, c => {
        let mut query = sqlx::query_as::<_, (i64, i64, i64)>(TREND).bind(scope).bind(seq);
        for at in instants {
            query = query.bind(*at);
        }
        query.fetch_all(c).await?
    });
    let mut out = [[0; 6]; POINTS];
    for (point, class, held) in rows {
        if let Some(slot) = out.get_mut(point as usize).and_then(|p| p.get_mut(class as usize)) {
            *slot = held;
        }
    }
    Ok(out)
}
