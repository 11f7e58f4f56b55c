//! The list of changes.

use super::said;
use super::shown::{self, Who};
use super::weigh::read_candidate;
use crate::listing::{Listing, Sheet, cursor, parse_cursor};
use crate::{Error, Read, Result};
use domain::change::route::{Column, Line};
use domain::change::{Direction, State};
use domain::ids::ChangeId;
use domain::listing::{Datum, Field};
use domain::permission::Action;
use domain::query::changes::Filter;
use domain::time::Timestamp;
use store::changes::{self, Change};
use store::engine::db::Tx;

/// A change in a list.
#[derive(Clone, Debug)]
pub struct Row {
    pub id: ChangeId,
    pub state: State,
    pub direction: Direction,
    pub line: Line,
    pub column: Column,
    /// What it is, in one computed line.
    pub sentence: String,
    pub operations: usize,
    pub asked_by: Who,
    pub asked_at: Timestamp,
    pub review_ends_at: Timestamp,
    /// Hex digest of its effect: what has the same may be grouped.
    pub effect_digest: String,
}

/// Changes, newest first.
pub struct List;

type F = Field<Row>;

impl Listing for List {
    type Row = Row;
    type Filter = Filter;
    const NAME: &'static str = "changes";
    const NEEDS: Action = Action::ReadChanges;
    const FIELDS: &'static [F] = &[
        F::text("id", "chg_…", |r| Datum::text(r.id)).brief(),
        F::words("state", "where it stands", State::WORDS, |r| Datum::text(r.state)).shown("State").brief(),
        F::words("direction", "which way it moves authority", Direction::WORDS, |r| Datum::text(r.direction)).shown("Effect").brief(),
        F::text("sentence", "what it is, computed", |r| Datum::text(&r.sentence)).shown("Change").brief(),
        F::words("line", "its row in the routing matrix", Line::WORDS, |r| Datum::text(r.line)),
        F::words("column", "its column in the routing matrix", Column::WORDS, |r| Datum::text(r.column)),
        F::text("asked_by", "who asked for it, by name", |r| Datum::text(&r.asked_by.name)).shown("Asked by").brief(),
        F::time("asked_at", "when it was asked for", |r| Datum::Time(r.asked_at)).shown("Asked"),
        F::time("review_ends_at", "when its review ends", |r| Datum::Time(r.review_ends_at)).shown("Review ends"),
    ];

    async fn sheet<'a>(read: &'a mut Read, filter: &'a Filter, after: Option<&'a str>, limit: i64) -> Result<Sheet<Row>> {
        read.authorise(Self::NEEDS)?;
        if !read.who().reads_every_change() {
            let why = "This token reads only the changes it asked for, each by its ID. A list needs the scope change:read.";
            return Err(Error::MayNot(why.to_owned()));
        }
        let (as_of, seq) = (read.as_of(), read.seq());
        let (at, id) = after.map_or(Ok((i64::MAX, ChangeId::max())), parse_cursor)?;
        let found = changes::page(read.tx(), seq, filter, (Timestamp(at), id), limit + 1).await?;
        let mut rows = Vec::with_capacity(found.len());
        for change in &found {
            rows.push(row(read.tx(), change).await?);
        }
        Ok(Sheet::cut(as_of, rows, limit, |r| cursor(r.id, r.asked_at.micros())))
    }
}

pub(super) async fn row(tx: &mut Tx, change: &Change) -> Result<Row> {
    let kept = changes::candidate(tx, change.candidate_id).await?;
    let kept = kept.ok_or_else(|| Error::Internal(format!("{} has no candidate", change.id)))?;
    let candidate = read_candidate(&kept)?;
    let names = shown::named(tx, &kept.text).await?;
    Ok(Row {
        id: change.id,
        state: change.state,
        direction: change.direction,
        line: candidate.route.line,
        column: candidate.route.column,
        sentence: said::sentence(&candidate.operations, &candidate.effect, &names),
        operations: candidate.operations.len(),
        asked_by: shown::who(tx, change.asked_by_kind, change.asked_by_id).await?,
        asked_at: change.asked_at,
        review_ends_at: change.review_ends_at,
        effect_digest: super::load::digest_of(&candidate.effect)?,
    })
}
