//! One search over what has a name: the first few of each list that finds something, and the entry that a number names.
//! It finds nothing by itself: every part is the list of its noun, narrowed by the same words.

use crate::ledger::{self, Row as EntryRow};
use crate::listing::Listing;
use crate::people::{self, Row as PersonRow};
use crate::sources::{self, Listed as Source};
use crate::teams::{self, Row as Team};
use crate::{Error, Read, Result};
use crate::{identities, permission_sets, resources};
use domain::asof::AsOf;
use domain::ids::{Noun, parse_any};
use domain::permission::Action;
use domain::query::{Choice, Term};
use uuid::Uuid;

/// Rows of one list that are named.
pub const FIRST: usize = 6;

/// The first of a list, and whether there are more.
#[derive(Clone, Debug)]
pub struct Part<R> {
    pub rows: Vec<R>,
    pub more: bool,
}

/// What a term finds. What the viewer may not list is none.
#[derive(Clone, Debug)]
pub struct Found {
    pub as_of: AsOf,
    /// The entry of that number, as it is written.
    pub entry: Option<EntryRow>,
    /// What an ID names, whether it is there or not: its page says so.
    pub named: Option<(Noun, Uuid)>,
    pub identities: Part<identities::Listed>,
    pub sets: Part<permission_sets::Listed>,
    pub resources: Part<resources::Listed>,
    pub sources: Part<Source>,
    pub teams: Part<Team>,
    pub people: Option<Part<PersonRow>>,
}

impl Found {
    pub fn is_nothing(&self) -> bool {
        let lists = [
            self.identities.rows.len(),
            self.sets.rows.len(),
            self.resources.rows.len(),
            self.sources.rows.len(),
            self.teams.rows.len(),
            self.people.as_ref().map_or(0, |p| p.rows.len()),
        ];
        self.entry.is_none() && self.named.is_none() && lists.iter().all(|n| *n == 0)
    }
}

/// Looks for a part of a name, an ID or the number of an entry.
pub async fn search(read: &mut Read, text: &str) -> Result<Found> {
    read.authorise(Action::ReadInventory)?;
    let too_long = || Error::invalid("q", "Search for 200 characters at most.");
    let term = Term::read(text).ok_or_else(too_long)?;
    let entry = match ledger::numbered(&term).filter(|_| read.who().may(Action::ReadLedger)) {
        Some(seq) => ledger::page(read, seq).await.map(|p| Some(p.row)).or_else(absent)?,
        None => None,
    };
    let all = |sheet: crate::listing::Sheet<identities::Listed>| Part { more: sheet.next.is_some(), rows: sheet.rows };
    let filter = domain::query::identities::Filter {
        search: Some(term.clone()),
        platform: Some(domain::query::identities::Platform::With),
        ..Default::default()
    };
    let identities = all(identities::List::sheet(read, &filter, None, FIRST as i64).await?);
    let filter = domain::query::permission_sets::Filter { search: Some(term.clone()), ..Default::default() };
    let sets = permission_sets::List::sheet(read, &filter, None, FIRST as i64).await?;
    let filter = domain::query::resources::Filter { search: Some(term.clone()), ..Default::default() };
    let resources = resources::List::sheet(read, &filter, None, FIRST as i64).await?;
    let people = if read.who().may(Action::ReadPeople) {
        let filter = domain::query::people::Filter { search: Some(term.clone()), ..Default::default() };
        let sheet = people::List::sheet(read, &filter, None, FIRST as i64).await?;
        Some(Part { more: sheet.next.is_some(), rows: sheet.rows })
    } else {
        None
    };
    Ok(Found {
        as_of: read.as_of(),
        entry,
        named: parse_any(text.trim()),
        identities,
        sets: Part { more: sets.next.is_some(), rows: sets.rows },
        resources: Part { more: resources.next.is_some(), rows: resources.rows },
        sources: few(sources::List::sheet(read, &Default::default(), None, ALL).await?.rows, |s| term.is_in(&s.source.name)),
        teams: few(teams::List::sheet(read, &Default::default(), None, ALL).await?.rows, |t| term.is_in(&t.team.name)),
        people,
    })
}

/// Sources and teams are few, and are read whole.
const ALL: i64 = 2_000;

fn few<R>(rows: Vec<R>, finds: impl Fn(&R) -> bool) -> Part<R> {
    let mut rows: Vec<R> = rows.into_iter().filter(finds).collect();
    let more = rows.len() > FIRST;
    rows.truncate(FIRST);
    Part { rows, more }
}

/// No entry of that number is no error of a search.
fn absent<T>(error: Error) -> Result<Option<T>> {
    if matches!(error, Error::NotFound(_)) { Ok(None) } else { Err(error) }
}
