//! Adding teams.

use super::known;
use crate::{Act, Error, Result, Written};
use domain::ids::TeamId;
use domain::permission::Action;
use domain::seq::Seq;
use domain::verb::Verb;
use serde_json::json;
use store::engine::table::Declared;
use store::teams::{self, Team};

/// Adds a team, under another one where that is given.
pub async fn add(act: &Act, name: &str, parent: &str) -> Result<(TeamId, Written)> {
    act.authorise(Action::ManagePeople)?;
    let name = crate::name("name", name)?;
    let mut tx = act.snapshot().await?;
    let all = teams::all_at(&mut tx, Seq::NOW).await?;
    tx.rollback().await?;
    let parent = match parent.trim() {
        "" => None,
        text => Some(known(&all, text).ok_or_else(|| Error::invalid("parent", "Choose a team from the list."))?.clone()),
    };
    let id: TeamId = act.id();
    let parent_id = parent.as_ref().map(|p| p.id);
    let mut c = act.command(Verb::TeamAdded, "team", Some(id.uuid()));
    c.requires.extend(parent.map(Team::still));
    c.add(id.uuid(), Team { since: Seq::ZERO, id, name: name.to_owned(), parent_id });
    c.payload = act.payload(json!({ "name": name, "parent": parent_id }))?;
    let taken = || Error::invalid("name", "A team with this name already exists.");
    Ok((id, act.write(c).await.map_err(|e| e.refused_by("team_versions_one_open", taken))?))
}
