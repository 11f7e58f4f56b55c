//! The list of identities: its fields and its rows.

use crate::exports::Bound;
use crate::listing::{Listing, Sheet, cursor, parse_cursor};
use crate::{Read, Result};
use domain::identity::{Criticality, Environment, Human, Kind, Lifecycle, Review, StatedBy};
use domain::ids::{PersonId, TeamId};
use domain::listing::{Datum, Field, Sorted};
use domain::permission::Action;
use domain::privilege::Class;
use domain::query::identities::{Filter, Sort};
use std::collections::HashMap;
use store::identities::{self, After, Listed};
use store::{measures, people};

/// Identities.
pub struct List;

type F = Field<Listed>;

impl Listing for List {
    type Row = Listed;
    type Filter = Filter;
    const NAME: &'static str = "identities";
    const NEEDS: Action = Action::ReadInventory;
    const BOUND: Option<Bound> = Some(Bound::Identities);
    const FIELDS: &'static [F] = &[
        F::text("id", "idn_…", |l| Datum::text(l.identity_id)).brief(),
        F::text("name", "as entered manually, else as its source says", |l| Datum::text(&l.name))
            .shown("Identity")
            .sorted("name", Sorted::Up)
            .brief(),
        F::words("kind", "its kind", Kind::WORDS, |l| Datum::text(l.kind)).brief(),
        F::words("human", "whether it is a person's account", Human::WORDS, |l| Datum::perhaps(l.human)).optional(),
        F::words("lifecycle", "its state", Lifecycle::WORDS, |l| Datum::text(l.lifecycle)),
        F::text("owner", "the ID of its owner, per_…", |l| Datum::perhaps(l.owner_id)).optional(),
        F::text("owner_name", "its owner, by name", |l| Datum::perhaps(l.owner_name.as_deref())).optional().shown("Owner").brief(),
        F::text("owner_hint", "the owner a tag suggests; it counts once confirmed", |l| Datum::perhaps(l.owner_hint.as_deref())).optional(),
        F::text("backup", "the ID of its backup owner, per_…", |l| Datum::perhaps(l.backup_id)).optional(),
        F::text("team", "the ID of the team that owns it, tea_…", |l| Datum::perhaps(l.team_id)).optional(),
        F::words("environment", "where it runs", Environment::WORDS, |l| Datum::text(l.environment)).shown("Environment").brief(),
        F::words("environment_from", "who says so", StatedBy::WORDS, |l| Datum::text(l.environment_from)),
        F::words("criticality", "how much depends on it; unknown counts as high", Criticality::WORDS, |l| Datum::text(l.criticality)),
        F::words("criticality_from", "who says so", StatedBy::WORDS, |l| Datum::text(l.criticality_from)),
        F::text("place", "account or namespace within its source", |l| Datum::perhaps(l.place.as_deref())).optional(),
        F::flag("platform_managed", "true where nobody here can change it", |l| Datum::Flag(l.platform_managed == 1)),
        F::words("review", "whether people have reviewed it", Review::WORDS, |l| Datum::text(l.review)).shown("Review"),
        F::number("surfaces", "surfaces known", |l| Datum::number(l.surfaces)),
        F::number("grants", "grants it holds, those that deny left out", |l| Datum::number(l.grants))
            .shown("Grants")
            .sorted("grants", Sorted::Down)
            .brief(),
        F::number("standing", "grants that never expire, or not within a day", |l| Datum::number(l.standing)).shown("Standing"),
        F::number("timed", "grants that expire within a day", |l| Datum::number(l.timed)),
        F::number("denied", "grants that deny", |l| Datum::number(l.denied)),
        F::number("conditional", "grants under a condition", |l| Datum::number(l.conditional)),
        F::text("unknown_access", "why its access is only partly known; the figures count the known part", |l| {
            Datum::perhaps(l.unknown_access.as_deref())
        })
        .optional()
        .brief(),
        F::words("highest_class", "the worst it can do", Class::WORDS, |l| Datum::perhaps(l.highest_class()))
            .optional()
            .shown("Privilege")
            .sorted("privilege", Sorted::Down)
            .brief(),
        F::number("full_control", "grants of this highest class", |l| Datum::number(l.n_full_control)),
        F::number("admin", "grants of this highest class", |l| Datum::number(l.n_admin)),
        F::number("secrets", "grants of this highest class", |l| Datum::number(l.n_secrets)),
        F::number("destructive", "grants of this highest class", |l| Datum::number(l.n_destructive)),
        F::number("write", "grants of this highest class", |l| Datum::number(l.n_write)),
        F::number("read", "grants of this highest class", |l| Datum::number(l.n_read)),
        F::number("wildcard", "grants with the wildcard mark, of whatever class", |l| Datum::number(l.n_wildcard)),
    ];

    async fn sheet<'a>(read: &'a mut Read, filter: &'a Filter, after: Option<&'a str>, limit: i64) -> Result<Sheet<Listed>> {
        read.authorise(Self::NEEDS)?;
        let sort = filter.sort.unwrap_or(Sort::Name);
        let after = after.map_or(Ok(After::Start), |text| place(text, sort))?;
        let (as_of, seq, now) = (read.as_of(), read.seq(), read.at_head());
        let rows = identities::list(read.tx(), seq, now, filter, &after, limit + 1).await?;
        Ok(Sheet::cut(as_of, rows, limit, |l| place_text(l, sort)))
    }
}

/// Where a page starts in the order asked for.
fn place(after: &str, sort: Sort) -> Result<After> {
    Ok(match sort {
        Sort::Name => parse_cursor(after).map(|(name, id)| After::Name(name, id))?,
        Sort::Privilege | Sort::Grants => parse_cursor(after).map(|(number, id)| After::Number(number, id))?,
    })
}

fn place_text(l: &Listed, sort: Sort) -> String {
    match sort {
        Sort::Name => cursor(l.identity_id, &l.name_sort),
        Sort::Privilege => cursor(l.identity_id, l.privilege),
        Sort::Grants => cursor(l.identity_id, l.grants),
    }
}

/// The recorded counts over everything, by measure.
pub async fn counts(read: &mut Read) -> Result<HashMap<String, i64>> {
    read.authorise(Action::ReadInventory)?;
    let seq = read.seq();
    Ok(measures::all_at(read.tx(), seq).await?)
}

/// What the filters of the page offer: sources by name, people and teams.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    pub sources: Vec<String>,
    pub people: Vec<(PersonId, String)>,
    /// Those of them who may become an owner.
    pub active: Vec<(PersonId, String)>,
    pub teams: Vec<(TeamId, String)>,
}

/// What the list may be narrowed to.
pub async fn choices(read: &mut Read) -> Result<Choices> {
    read.authorise(Action::ReadInventory)?;
    let seq = read.seq();
    let people = people::all_at(read.tx(), seq).await?;
    let of = |p: &people::Person| (p.id, p.shown());
    Ok(Choices {
        sources: store::sources::all_at(read.tx(), seq).await?.into_iter().map(|s| s.name).collect(),
        active: people.iter().filter(|p| p.is_active()).map(of).collect(),
        people: people.iter().map(of).collect(),
        teams: store::teams::all_at(read.tx(), seq).await?.into_iter().map(|t| (t.id, t.name)).collect(),
    })
}

/// What a filter leaves, in numbers; none where that is more than is counted. `whole` are its rows where one sheet shows all of
/// them, and at least so many are known to be left: what is whole is counted as it is, and what is too much is not counted at
/// all. Neither walks the rows once more.
pub async fn counted(read: &mut Read, filter: &Filter, whole: Option<&[Listed]>, at_least: i64) -> Result<Option<identities::Counted>> {
    read.authorise(Action::ReadInventory)?;
    if let Some(rows) = whole {
        return Ok(Some(identities::Counted::of(rows)));
    }
    if at_least > identities::COUNTED_MOST {
        return Ok(None);
    }
    let (seq, now) = (read.seq(), read.at_head());
    let counted = identities::counted(read.tx(), seq, now, filter).await?;
    Ok((counted.all <= identities::COUNTED_MOST).then_some(counted))
}
