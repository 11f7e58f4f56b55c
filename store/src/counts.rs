//! Recorded counts: the value from an entry on, so that the count at a position is one index probe and a
//! trend is a range.

use crate::Result;
use crate::db::Tx;

statements! {
    AT = "SELECT n FROM counts WHERE scope = $1 AND measure = $2 AND seq <= $3 ORDER BY seq DESC LIMIT 1";
    ALL_AT = "SELECT c.measure, c.n FROM counts c
              JOIN (SELECT measure, MAX(seq) AS seq FROM counts WHERE scope = $1 AND seq <= $2 GROUP BY measure) newest
                ON newest.measure = c.measure AND newest.seq = c.seq
              WHERE c.scope = $1 ORDER BY c.measure LIMIT 500";
}

/// The value of one count at a position; none where it was never recorded.
pub async fn at(tx: &mut Tx, scope: &str, measure: &str, seq: i64) -> Result<Option<i64>> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, i64>(AT).bind(scope).bind(measure).bind(seq).fetch_optional(c).await?))
}

/// Every count of a scope at a position, by measure.
pub async fn all_at(tx: &mut Tx, scope: &str, seq: i64) -> Result<Vec<(String, i64)>> {
    Ok(on!(tx, c => sqlx::query_as::<_, (String, i64)>(ALL_AT).bind(scope).bind(seq).fetch_all(c).await?))
}
