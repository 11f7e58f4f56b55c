//! The list of changes, and the inbox: what waits for me and why me, whose turn everything else is.

use super::people::Everybody;
use super::rows::{Kept, is_genuine};
use super::said;
use super::shown::{self, Who};
use super::weigh::read_candidate;
use crate::listing::{Listing, Sheet, cursor, parse_cursor};
use crate::{Read, Result};
use domain::change::independence::{Against, Ties, against};
use domain::change::route::{Column, Line};
use domain::change::state::Event;
use domain::change::{ConsentAs, Direction, State};
use domain::ids::{ChangeId, PersonId};
use domain::ledger::ActorKind;
use domain::listing::{Datum, Field};
use domain::permission::Action;
use domain::query::changes::Filter;
use domain::seq::Seq;
use domain::time::Timestamp;
use store::changes::verdicts;
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

async fn row(tx: &mut Tx, change: &Change) -> Result<Row> {
    let kept = changes::candidate(tx, change.candidate_id).await?;
    let kept = kept.ok_or_else(|| crate::Error::Internal(format!("{} has no candidate", change.id)))?;
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

/// Why somebody is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// They may decide on it.
    Decide,
    Consent(ConsentAs),
    /// They asked for it, and somebody has a question.
    Answer,
}

/// An item of the inbox.
#[derive(Clone, Debug)]
pub struct Item {
    pub row: Row,
    /// Why it waits for the reader; nothing where it is somebody else's turn.
    pub mine: Vec<Why>,
    /// Whose turn it is, by name; empty where nobody can.
    pub turn: Vec<String>,
    /// Why the reader may not decide.
    pub against: Vec<Against>,
}

/// Open changes that one look at the inbox takes.
pub const INBOX_MOST: i64 = 200;

/// The inbox of the reader: what is open, the severest first, then the oldest; what waits for the reader apart from the rest.
pub async fn inbox(read: &mut Read) -> Result<Vec<Item>> {
    read.authorise(Action::ReadChanges)?;
    let Some(me) = read.who().person_id() else { return Ok(vec![]) };
    let (services, at) = (read.services().clone(), read.as_of().at);
    let tx = read.tx();
    let everybody = Everybody::load(tx).await?;
    let mut out = Vec::new();
    for change in changes::open(tx, (i64::MIN, Timestamp(0), ChangeId::nil()), INBOX_MOST).await? {
        out.push(item(&services, tx, &everybody, &change, (me, at)).await?);
    }
    out.sort_by_key(|item| item.mine.is_empty());
    Ok(out)
}

async fn item(
    services: &crate::Services,
    tx: &mut Tx,
    everybody: &Everybody,
    change: &Change,
    (me, at): (PersonId, Timestamp),
) -> Result<Item> {
    let row = row(tx, change).await?;
    let kept = changes::candidate(tx, change.candidate_id).await?;
    let kept = kept.ok_or_else(|| crate::Error::Internal(format!("{} has no candidate", change.id)))?;
    let (mut ties, asked) = Kept::read(&kept)?;
    let cell = read_candidate(&kept)?.route.cell;
    said_so_far(services, tx, change, &mut ties).await?;
    let consents = verdicts::consents_of(tx, change.id, Seq::NOW).await?;
    let answered = |(kind, person): &(ConsentAs, PersonId)| {
        consents.iter().any(|c| c.candidate_id == kept.id && (c.as_kind, c.person_id) == (*kind, *person))
    };
    let due: Vec<(ConsentAs, PersonId)> = asked.into_iter().filter(|a| change.state == State::InReview && !answered(a)).collect();
    let reviews = change.state == State::InReview && (ties.decided.len() as u8) < cell.people;
    let may: Vec<PersonId> =
        everybody.deciders.iter().filter(|d| reviews && against(d, &ties, &cell, at).is_empty()).map(|d| d.person).collect();
    let mine_to_answer =
        change.state == State::NeedsInformation && change.asked_by_kind == ActorKind::Person && change.asked_by_id == Some(me.uuid());
    let mut mine: Vec<Why> = may.contains(&me).then_some(Why::Decide).into_iter().collect();
    mine.extend(due.iter().filter(|(_, p)| *p == me).map(|(kind, _)| Why::Consent(*kind)));
    mine.extend(mine_to_answer.then_some(Why::Answer));
    let mut turn: Vec<String> = may.iter().chain(due.iter().map(|(_, p)| p)).map(|p| everybody.name(*p)).collect();
    if change.state == State::NeedsInformation {
        turn.push(row.asked_by.name.clone());
    }
    let own = everybody.deciders.iter().find(|d| d.person == me);
    let against = own.map_or_else(|| vec![Against::NoRole], |d| against(d, &ties, &cell, at));
    Ok(Item { row, mine, turn, against })
}

/// Who has decided on the candidate of today, and who stepped aside.
async fn said_so_far(services: &crate::Services, tx: &mut Tx, change: &Change, ties: &mut Ties) -> Result<()> {
    for decision in verdicts::decisions_of(tx, change.id, Seq::NOW).await? {
        if decision.candidate_id == change.candidate_id && is_genuine(services, &decision) {
            ties.decided.insert(decision.person_id);
        }
    }
    for event in verdicts::events_of(tx, change.id, Seq::NOW).await? {
        if event.event == Event::Recuse {
            ties.recused.extend(event.actor_id.map(PersonId::new));
        }
    }
    Ok(())
}
