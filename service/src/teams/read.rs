//! Reading teams.

use crate::listing::{Listing, Sheet};
use crate::{Error, Read, Result};
use domain::asof::AsOf;
use domain::ids::{PersonId, TeamId};
use domain::listing::{Datum, Field};
use domain::permission::{Action, Role, ScopeKind};
use domain::query::teams::Filter;
use std::collections::HashMap;
use store::teams::{self, Team};

/// Teams, by name.
pub struct List;

/// A team with the one it is part of.
#[derive(Clone, Debug)]
pub struct Row {
    pub team: Team,
    pub parent: Option<String>,
    /// Identities the team owns itself.
    pub identities: i64,
}

type F = Field<Row>;

impl Listing for List {
    type Row = Row;
    type Filter = Filter;
    const NAME: &'static str = "teams";
    const NEEDS: Action = Action::ReadInventory;
    const FIELDS: &'static [F] = &[
        F::text("name", "its name", |r| Datum::text(&r.team.name)).shown("Team").brief(),
        F::text("part_of", "the team it is part of", |r| Datum::perhaps(r.parent.as_deref())).optional().shown("Parent team").brief(),
        F::number("identities", "identities it owns itself", |r| Datum::Number(r.identities)).shown("Identities").brief(),
        F::text("id", "the ID, tea_…", |r| Datum::text(r.team.id)).brief(),
    ];

    async fn sheet<'a>(read: &'a mut Read, _: &'a Filter, after: Option<&'a str>, limit: i64) -> Result<Sheet<Row>> {
        read.authorise(Self::NEEDS)?;
        let (as_of, seq) = (read.as_of(), read.seq());
        let all = teams::all_at(read.tx(), seq).await?;
        let names: HashMap<TeamId, String> = all.iter().map(|t| (t.id, t.name.clone())).collect();
        let owned: HashMap<TeamId, i64> = teams::owned(read.tx(), seq).await?.into_iter().collect();
        let row = |team: Team| Row {
            identities: owned.get(&team.id).copied().unwrap_or(0),
            parent: team.parent_id.and_then(|p| names.get(&p).cloned()),
            team,
        };
        Sheet::of_all(as_of, all.into_iter().map(row).collect(), after, limit, |r| r.team.id.to_string())
    }
}

/// One team with who works in it.
#[derive(Clone, Debug)]
pub struct Page {
    pub as_of: AsOf,
    pub row: Row,
    /// Teams that are part of it.
    pub below: Vec<Team>,
    /// Who owns how many of its identities, most first; none is nobody.
    pub owners: Vec<(Option<PersonId>, String, i64)>,
    /// Roles that reach over this team and no further, for whoever may see who may do what.
    pub roles: Option<Vec<(PersonId, String, Role)>>,
}

pub async fn show(read: &mut Read, id: TeamId) -> Result<Page> {
    read.authorise(Action::ReadInventory)?;
    let (as_of, seq) = (read.as_of(), read.seq());
    let may_see = read.who().may(Action::ReadPeople);
    let sheet = List::sheet(read, &Filter::default(), None, EVERY).await?;
    let row = sheet.rows.iter().find(|r| r.team.id == id).cloned().ok_or(Error::NotFound("team"))?;
    let below = sheet.rows.into_iter().map(|r| r.team).filter(|t| t.parent_id == Some(id)).collect();
    let names = crate::ledger::names(read.tx(), seq).await?;
    let named = |person: PersonId| names.get(&person).cloned().unwrap_or_default();
    let owners = teams::owners(read.tx(), id, seq).await?;
    let owners = owners.into_iter().map(|(owner, n)| (owner, owner.map(named).unwrap_or_default(), n)).collect();
    let roles = if may_see {
        let all = store::people::assignments_at(read.tx(), seq).await?;
        let here = |a: &store::people::Assignment| a.scope_kind == ScopeKind::Team && a.scope == id.to_string();
        Some(all.into_iter().filter(here).map(|a| (a.person_id, named(a.person_id), a.role)).collect())
    } else {
        None
    };
    Ok(Page { as_of, row, below, owners, roles })
}

/// As many teams as there can be.
const EVERY: i64 = 2_000;

/// Every team, for a choice.
pub async fn choices(read: &mut Read) -> Result<Vec<(TeamId, String)>> {
    read.authorise(Action::ReadInventory)?;
    let seq = read.seq();
    Ok(teams::all_at(read.tx(), seq).await?.into_iter().map(|t| (t.id, t.name)).collect())
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
