//! Groups: the reviewers who answer to one line of command. A person is in one.

use crate::db::Tx;
use crate::rows::Row;
use crate::{Result, tables};
use uuid::Uuid;

statements! {
    ALL_AT = "SELECT id, since, name FROM group_versions WHERE since <= $1 AND $1 < until ORDER BY name, id LIMIT 2000";
    MEMBERS_AT = "SELECT id, group_id, person_id FROM group_members WHERE since <= $1 AND $1 < until ORDER BY group_id, person_id LIMIT 10000";
    MEMBERSHIP_OF = "SELECT id, group_id, person_id FROM group_members WHERE person_id = $1 AND until = 9223372036854775807 LIMIT 1";
}

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Group {
    pub id: Uuid,
    pub since: i64,
    pub name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Member {
    /// The membership's own id.
    pub id: Uuid,
    pub group_id: Uuid,
    pub person_id: Uuid,
}

pub fn row(id: Uuid, name: &str) -> Row {
    Row::new(&tables::GROUP_VERSIONS, vec![id.into(), name.into()])
}

pub fn member_row(id: Uuid, group: Uuid, person: Uuid) -> Row {
    Row::new(&tables::GROUP_MEMBERS, vec![id.into(), group.into(), person.into()])
}

/// All groups as of a position, by name.
pub async fn all_at(tx: &mut Tx, seq: i64) -> Result<Vec<Group>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Group>(ALL_AT).bind(seq).fetch_all(c).await?))
}

/// Who is in which group as of a position.
pub async fn members_at(tx: &mut Tx, seq: i64) -> Result<Vec<Member>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Member>(MEMBERS_AT).bind(seq).fetch_all(c).await?))
}

/// Where a person is today.
pub async fn membership_of(tx: &mut Tx, person: Uuid) -> Result<Option<Member>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Member>(MEMBERSHIP_OF).bind(person).fetch_optional(c).await?))
}
