//! Groups: the reviewers who answer to one line of command. A person is in one.

use crate::Result;
use crate::engine::db::Tx;
use crate::engine::table::Table;
use domain::ids::{GroupId, GroupMemberId, PersonId};
use domain::seq::Seq;

row! { $
    /// A version of a group.
    Group in GROUP_VERSIONS, group_columns {
        since,
        id: GroupId,
        name: String,
    }
}

pub static GROUP_VERSIONS: Table = Table {
    name: "group_versions",
    about: "The reviewers who answer to one line of command; a person is in one.",
    anchor: Some("groups"),
    key: &["id", "since"],
    columns: Group::COLUMNS,
    one_open: &["name"],
    ..Table::PLAIN
};

row! { $
    /// That somebody is in a group.
    Member in GROUP_MEMBERS, member_columns {
        since,
        id: GroupMemberId,
        group_id: GroupId [-> "groups"],
        person_id: PersonId [-> "people"],
    }
}

pub static GROUP_MEMBERS: Table =
    Table { name: "group_members", about: "Who is in which group.", columns: Member::COLUMNS, one_open: &["person_id"], ..Table::PLAIN };

statements! {
    ALL_AT = concat!("SELECT ", group_columns!("g"), " FROM group_versions g WHERE g.since <= $1 AND $1 < g.until ORDER BY g.name, g.id LIMIT 2000");
    MEMBERS_AT = concat!("SELECT ", member_columns!("m"), " FROM group_members m WHERE m.since <= $1 AND $1 < m.until ORDER BY m.group_id, m.person_id LIMIT 10000");
    MEMBERSHIP_OF = concat!("SELECT ", member_columns!("m"), " FROM group_members m WHERE m.person_id = $1 AND m.until = 9223372036854775807 LIMIT 1");
}

/// All groups as of a position, by name.
pub async fn all_at(tx: &mut Tx, seq: Seq) -> Result<Vec<Group>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Group>(ALL_AT).bind(seq).fetch_all(c).await?))
}

/// Who is in which group as of a position.
pub async fn members_at(tx: &mut Tx, seq: Seq) -> Result<Vec<Member>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Member>(MEMBERS_AT).bind(seq).fetch_all(c).await?))
}

/// Where a person is today.
pub async fn membership_of(tx: &mut Tx, person: PersonId) -> Result<Option<Member>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Member>(MEMBERSHIP_OF).bind(person).fetch_optional(c).await?))
}
