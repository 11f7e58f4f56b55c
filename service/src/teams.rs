//! Teams: a tree of those who own identities.

use crate::{Error, Principal, Result, Services, command, payload};
use domain::asof::{AsOf, OPEN, Wanted};
use domain::ids::{Noun, parse, show};
use domain::permission::Action;
use serde_json::json;
use store::tables;
use store::teams::{self, Team};
use store::writer::Written;
use uuid::Uuid;

/// Every team as of a position, by name.
pub async fn all(services: &Services, who: &Principal, wanted: Wanted) -> Result<Vec<Team>> {
    Ok(page(services, who, wanted).await?.1)
}

/// The same, with what it is as of.
pub async fn page(services: &Services, who: &Principal, wanted: Wanted) -> Result<(AsOf, Vec<Team>)> {
    who.authorise(Action::ReadInventory)?;
    let mut reader = crate::asof::open(services, wanted).await?;
    let seq = reader.as_of.seq;
    let all = teams::all_at(&mut reader.tx, seq).await?;
    let as_of = reader.as_of;
    reader.close().await?;
    Ok((as_of, all))
}

/// Adds a team, under another one where that is given.
pub async fn add(services: &Services, who: &Principal, name: &str, parent: &str) -> Result<(Uuid, Written)> {
    who.authorise(Action::ManagePeople)?;
    let name = crate::name("name", name)?;
    let mut tx = services.db.snapshot().await?;
    let all = teams::all_at(&mut tx, OPEN - 1).await?;
    tx.rollback().await?;
    if all.iter().any(|t| t.name == name) {
        return Err(Error::invalid("name", "a team of this name is there already"));
    }
    let parent = match parent.trim() {
        "" => None,
        text => Some(known(&all, text).ok_or_else(|| Error::invalid("parent", "no such team"))?),
    };
    let id = services.ids.next();
    let mut c = command(who, "team.added", "team", Some(id));
    c.anchors.push((&tables::TEAM_VERSIONS, id));
    c.opens.push(teams::row(id, name, parent));
    c.payload = payload(who, json!({ "name": name, "parent": parent.map(|p| show(Noun::Team, p)) }))?;
    Ok((id, services.write(c).await?))
}

/// A team and the teams above it.
pub(crate) fn with_ancestors(all: &[Team], team: Option<Uuid>) -> Vec<Uuid> {
    let mut out: Vec<Uuid> = Vec::new();
    let mut next = team;
    while let Some(id) = next.filter(|id| !out.contains(id)) {
        out.push(id);
        next = all.iter().find(|t| t.id == id).and_then(|t| t.parent_id);
    }
    out
}

/// A team by its id or its name.
pub(crate) fn known(all: &[Team], text: &str) -> Option<Uuid> {
    let id = parse(Noun::Team, text).ok();
    all.iter().find(|t| Some(t.id) == id || t.name == text).map(|t| t.id)
}
