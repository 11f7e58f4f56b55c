//! Recorded counts: the value from an entry on, so that the count at a position is one index probe and a
//! trend is a range.

use crate::Result;
use crate::db::Tx;

statements! {
    AT = "SELECT n FROM counts WHERE scope = $1 AND measure = $2 AND seq <= $3 ORDER BY seq DESC LIMIT 1";
    /// One index probe per measure; grouping the history would read every entry there ever was.
    ALL_AT = "SELECT m.measure, COALESCE((SELECT c.n FROM counts c WHERE c.scope = $1 AND c.measure = m.measure AND c.seq <= $2 ORDER BY c.seq DESC LIMIT 1), 0) AS n
        FROM (SELECT 'identities' AS measure
        UNION ALL SELECT 'identities.human'
        UNION ALL SELECT 'identities.unclear'
        UNION ALL SELECT 'identities.no_owner'
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
