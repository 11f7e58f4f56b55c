//! How many changes there are, by state and by the way they move authority: for the filters of their list.

use crate::Result;
use crate::engine::db::Tx;
use domain::change::{Direction, State};
use domain::seq::Seq;

statements! {
    BY_STATE = "SELECT v.state, v.direction, COUNT(*) FROM change_versions v WHERE v.since <= $1 AND $1 < v.until GROUP BY v.state, v.direction LIMIT 100";
    BY_STATE_NOW = "SELECT v.state, v.direction, COUNT(*) FROM change_versions v WHERE v.until = 9223372036854775807 GROUP BY v.state, v.direction LIMIT 100";
}

/// Every state and direction that there are changes of at a position, with how many.
pub async fn by_state(tx: &mut Tx, seq: Seq) -> Result<Vec<(State, Direction, i64)>> {
    Ok(on!(tx, c => sqlx::query_as::<_, (State, Direction, i64)>(BY_STATE).bind(seq).fetch_all(c).await?))
}

/// The same of now.
pub async fn by_state_now(tx: &mut Tx) -> Result<Vec<(State, Direction, i64)>> {
    Ok(on!(tx, c => sqlx::query_as::<_, (State, Direction, i64)>(BY_STATE_NOW).fetch_all(c).await?))
}
