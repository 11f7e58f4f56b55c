//! Teams: they own identities and form a tree.

use crate::db::Tx;
use crate::rows::Row;
use crate::{Result, tables};
use uuid::Uuid;

statements! {
    ALL_AT = "SELECT id, since, name, parent_id FROM team_versions WHERE since <= $1 AND $1 < until ORDER BY name, id LIMIT 2000";
}

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Team {
    pub id: Uuid,
    pub since: i64,
    pub name: String,
    pub parent_id: Option<Uuid>,
}

pub fn row(id: Uuid, name: &str, parent: Option<Uuid>) -> Row {
    Row::new(&tables::TEAM_VERSIONS, vec![id.into(), name.into(), parent.into()])
}

/// All teams as of a position, by name.
pub async fn all_at(tx: &mut Tx, seq: i64) -> Result<Vec<Team>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Team>(ALL_AT).bind(seq).fetch_all(c).await?))
}
