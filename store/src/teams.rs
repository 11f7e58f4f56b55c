//! Teams: they own identities and form a tree.

use crate::Result;
use crate::engine::db::Tx;
use crate::engine::table::Table;
use crate::identities::live;
use domain::ids::{PersonId, TeamId};
use domain::seq::Seq;

row! { $
    /// A version of a team.
    Team in TEAM_VERSIONS, team_columns {
        since,
        id: TeamId,
        name: String,
        parent_id: Option<TeamId> [-> "teams"],
    }
}

pub static TEAM_VERSIONS: Table = Table {
    name: "team_versions",
    about: "Teams own identities and form a tree.",
    anchor: Some("teams"),
    key: &["id", "since"],
    columns: Team::COLUMNS,
    one_open: &["name"],
    ..Table::PLAIN
};

statements! {
    ALL_AT = concat!("SELECT ", team_columns!("t"), " FROM team_versions t WHERE t.since <= $1 AND $1 < t.until ORDER BY t.name, t.id LIMIT 2000");
    OWNED = concat!("SELECT f.team_id, COUNT(*) FROM identity_facts f
        WHERE f.team_id IS NOT NULL AND f.since <= $1 AND $1 < f.until AND ", live!("f", "$1"), " GROUP BY f.team_id ORDER BY f.team_id LIMIT 2000");
    /// Who owns what the team has, most first; without an owner as one of them.
    OWNERS = concat!("SELECT f.owner_id, COUNT(*) AS n FROM identity_facts f
        WHERE f.team_id = $1 AND f.since <= $2 AND $2 < f.until AND ", live!("f", "$2"), " GROUP BY f.owner_id ORDER BY n DESC, f.owner_id LIMIT 200");
}

/// All teams as of a position, by name.
pub async fn all_at(tx: &mut Tx, seq: Seq) -> Result<Vec<Team>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Team>(ALL_AT).bind(seq).fetch_all(c).await?))
}

/// How many identities each team owns itself.
pub async fn owned(tx: &mut Tx, seq: Seq) -> Result<Vec<(TeamId, i64)>> {
    Ok(on!(tx, c => sqlx::query_as::<_, (TeamId, i64)>(OWNED).bind(seq).fetch_all(c).await?))
}

/// Who owns how many of a team's identities, most first.
pub async fn owners(tx: &mut Tx, id: TeamId, seq: Seq) -> Result<Vec<(Option<PersonId>, i64)>> {
    Ok(on!(tx, c => sqlx::query_as::<_, (Option<PersonId>, i64)>(OWNERS).bind(id).bind(seq).fetch_all(c).await?))
}
