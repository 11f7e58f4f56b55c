//! Reading teams.

use crate::{Read, Result};
use domain::asof::AsOf;
use domain::ids::TeamId;
use domain::permission::Action;
use store::teams::{self, Team};

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Page {
    pub as_of: AsOf,
    pub teams: Vec<Team>,
}

/// Every team as of a position, by name.
pub async fn page(read: &mut Read) -> Result<Page> {
    read.authorise(Action::ReadInventory)?;
    let seq = read.seq();
    Ok(Page { as_of: read.as_of(), teams: teams::all_at(read.tx(), seq).await? })
}

/// A team and the teams above it.
pub(crate) fn with_ancestors(all: &[Team], team: Option<TeamId>) -> Vec<TeamId> {
    let mut out: Vec<TeamId> = Vec::new();
    let mut next = team;
    while let Some(id) = next.filter(|id| !out.contains(id)) {
        out.push(id);
        next = all.iter().find(|t| t.id == id).and_then(|t| t.parent_id);
    }
    out
}

/// A team by its id or its name.
pub(crate) fn known<'a>(all: &'a [Team], text: &str) -> Option<&'a Team> {
    let id = TeamId::parse(text).ok();
    all.iter().find(|t| Some(t.id) == id || t.name == text)
}
