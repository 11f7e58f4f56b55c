//! The inbox: what waits for me and why me, whose turn everything else is. Every page asks how much waits for its reader, so
//! what is open is read once for everybody at a position and kept until an entry moves it.

use super::list::{Row, row};
use super::people::Everybody;
use super::rows::{Kept, is_genuine};
use super::weigh::{is_sealed, read_candidate};
use crate::{Error, Read, Result, Services};
use domain::change::independence::{Against, Decider, Ties, against, can_complete};
use domain::change::route::{Auth, Cell, Column};
use domain::change::{ConsentAs, Direction, State};
use domain::ids::{CandidateId, ChangeId, PersonId};
use domain::ledger::ActorKind;
use domain::permission::Action;
use domain::seq::Seq;
use domain::time::Timestamp;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex};
use store::changes::inbox::Page;
use store::changes::{self, Candidate, Change};
use store::engine::db::Tx;

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

/// What a look at the inbox gives.
#[derive(Clone, Debug, Default)]
pub struct Inbox {
    /// Which way and where each of all that waits for the reader goes, narrowed or not.
    pub waiting: Vec<(Direction, Column)>,
    /// The first of what waits for the reader and of what waits for others, as narrowed.
    pub mine: Vec<Item>,
    pub others: Vec<Item>,
    /// How many there are of each, as narrowed.
    pub mine_all: usize,
    pub others_all: usize,
}

/// What an inbox is narrowed to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Narrowed {
    pub direction: Option<Direction>,
    pub column: Option<Column>,
}

/// Items of a kind that one look at the inbox shows.
pub const INBOX_MOST: usize = 200;

/// Open changes that are read at once.
const AT_ONCE: i64 = 200;

/// What is open, the severest first, then the oldest, and everybody who might decide on it.
pub(crate) struct Open {
    everybody: Everybody,
    waits: Vec<Wait>,
}

/// What is open as of a position: kept in memory, and only ever asked at that position.
pub(crate) type Remembered = Arc<Mutex<Option<(Seq, Arc<Open>)>>>;

/// One open change, as far as whose turn it is goes.
struct Wait {
    change: Change,
    ties: Ties,
    cell: Cell,
    column: Column,
    /// Consents that are due.
    due: Vec<(ConsentAs, PersonId)>,
}

impl Wait {
    fn of(change: Change, candidate: &Candidate, sealed: bool, consented: &HashSet<(CandidateId, ConsentAs, PersonId)>) -> Result<Self> {
        let (ties, asked) = Kept::read(candidate, sealed)?;
        let route = read_candidate(candidate)?.route;
        let open = |(kind, person): &(ConsentAs, PersonId)| {
            change.state == State::InReview && !consented.contains(&(candidate.id, *kind, *person))
        };
        let due = asked.into_iter().filter(open).collect();
        Ok(Self { change, ties, cell: route.cell, column: route.column, due })
    }

    /// True while another decision is asked for: those who decided, and still may, are not enough together.
    fn reviews(&self, deciders: &[Decider], at: Timestamp) -> bool {
        if self.change.state != State::InReview || self.ties.decided.is_empty() {
            return self.change.state == State::InReview && self.cell.people > 0;
        }
        let (before, bare) = (Ties { decided: BTreeSet::new(), ..self.ties.clone() }, Cell { auth: Auth::None, ..self.cell });
        let counts = |d: &&Decider| self.ties.decided.contains(&d.person) && against(d, &before, &bare, at).is_empty();
        let decided: Vec<PersonId> = deciders.iter().filter(counts).map(|d| d.person).collect();
        !can_complete(deciders, &decided, &before, &bare)
    }

    /// What somebody has to do about it.
    fn asks(&self, me: PersonId, deciders: &[Decider], at: Timestamp) -> Vec<Why> {
        let change = &self.change;
        let decider = deciders.iter().find(|d| d.person == me);
        let may = self.reviews(deciders, at) && decider.is_some_and(|d| against(d, &self.ties, &self.cell, at).is_empty());
        let mut out: Vec<Why> = may.then_some(Why::Decide).into_iter().collect();
        out.extend(self.due.iter().filter(|(_, person)| *person == me).map(|(kind, _)| Why::Consent(*kind)));
        let asked = change.asked_by_kind == ActorKind::Person && change.asked_by_id == Some(me.uuid());
        out.extend((change.state == State::NeedsInformation && asked).then_some(Why::Answer));
        out
    }

    fn fits(&self, to: Narrowed) -> bool {
        to.direction.is_none_or(|d| d == self.change.direction) && to.column.is_none_or(|c| c == self.column)
    }
}

impl Open {
    async fn load(services: &Services, tx: &mut Tx) -> Result<Self> {
        let sealed = is_sealed(tx).await?;
        let (mut waits, mut after) = (Vec::new(), (i64::MIN, Timestamp(0), ChangeId::nil()));
        while let Some(page) = changes::inbox::page(tx, after, AT_ONCE).await? {
            after = page.changes.last().map_or(after, Change::place);
            waits.extend(waits_of(services, page, sealed)?);
        }
        Ok(Self { everybody: Everybody::load(tx).await?, waits })
    }

    fn decider(&self, person: PersonId) -> Option<&Decider> {
        self.everybody.deciders.iter().find(|d| d.person == person)
    }

    async fn item(&self, tx: &mut Tx, wait: &Wait, me: PersonId, at: Timestamp) -> Result<Item> {
        let row = row(tx, &wait.change).await?;
        let deciders = &self.everybody.deciders;
        let reviews = wait.reviews(deciders, at);
        let fits = |d: &&Decider| reviews && against(d, &wait.ties, &wait.cell, at).is_empty();
        let may = deciders.iter().filter(fits).map(|d| d.person);
        let mut turn: Vec<String> = may.chain(wait.due.iter().map(|(_, p)| *p)).map(|p| self.everybody.name(p)).collect();
        if wait.change.state == State::NeedsInformation {
            turn.push(row.asked_by.name.clone());
        }
        let own = self.decider(me);
        let against = own.map_or_else(|| vec![Against::NoRole], |d| against(d, &wait.ties, &wait.cell, at));
        Ok(Item { row, mine: wait.asks(me, deciders, at), turn, against })
    }
}

/// The open changes of a page, each with what was said of the candidate it has today.
fn waits_of(services: &Services, page: Page, sealed: bool) -> Result<Vec<Wait>> {
    let candidates: HashMap<CandidateId, Candidate> = page.candidates.into_iter().map(|c| (c.id, c)).collect();
    let consented: HashSet<_> = page.consents.iter().map(|c| (c.candidate_id, c.as_kind, c.person_id)).collect();
    let mut out = Vec::with_capacity(page.changes.len());
    for change in page.changes {
        let candidate = candidates.get(&change.candidate_id);
        let candidate = candidate.ok_or_else(|| Error::Internal(format!("{} has no candidate", change.id)))?;
        let mut wait = Wait::of(change, candidate, sealed, &consented)?;
        let decided = page.decisions.iter().filter(|d| d.candidate_id == candidate.id && is_genuine(services, d));
        wait.ties.decided.extend(decided.map(|d| d.person_id));
        let recused = page.recusals.iter().filter(|e| e.change_id == wait.change.id);
        wait.ties.recused.extend(recused.filter_map(|e| e.actor_id.map(PersonId::new)));
        out.push(wait);
    }
    Ok(out)
}

/// What is open at the reader's position, read once for everybody.
async fn open(read: &mut Read) -> Result<Arc<Open>> {
    let (head, services) = (read.head(), read.services().clone());
    let kept = services.waiting.lock().ok().and_then(|kept| kept.clone());
    if let Some((_, open)) = kept.filter(|(at, _)| *at == head) {
        return Ok(open);
    }
    let open = Arc::new(Open::load(&services, read.tx()).await?);
    if let Ok(mut kept) = services.waiting.lock() {
        *kept = Some((head, open.clone()));
    }
    Ok(open)
}

/// The inbox of the reader: what waits for them apart from the rest.
pub async fn inbox(read: &mut Read, to: Narrowed) -> Result<Inbox> {
    read.authorise(Action::ReadChanges)?;
    let Some(me) = read.who().person_id() else { return Ok(Inbox::default()) };
    let (at, open) = (read.as_of().at, open(read).await?);
    let (mut out, deciders) = (Inbox::default(), &open.everybody.deciders);
    for wait in &open.waits {
        let mine = !wait.asks(me, deciders, at).is_empty();
        out.waiting.extend(mine.then_some((wait.change.direction, wait.column)));
        if !wait.fits(to) {
            continue;
        }
        let (items, all) = if mine { (&mut out.mine, &mut out.mine_all) } else { (&mut out.others, &mut out.others_all) };
        *all += 1;
        if items.len() < INBOX_MOST {
            items.push(open.item(read.tx(), wait, me, at).await?);
        }
    }
    Ok(out)
}

/// How many changes wait for the reader: what their inbox holds ahead of the rest.
pub async fn waiting(read: &mut Read) -> Result<i64> {
    read.authorise(Action::ReadChanges)?;
    let Some(me) = read.who().person_id() else { return Ok(0) };
    let (at, open) = (read.as_of().at, open(read).await?);
    let deciders = &open.everybody.deciders;
    Ok(open.waits.iter().filter(|wait| !wait.asks(me, deciders, at).is_empty()).count() as i64)
}

/// What waits for the reader after a change that they have just dealt with: the first of their inbox.
pub async fn next_of(read: &mut Read, done: ChangeId) -> Result<Option<ChangeId>> {
    read.authorise(Action::ReadChanges)?;
    let Some(me) = read.who().person_id() else { return Ok(None) };
    let (at, open) = (read.as_of().at, open(read).await?);
    let deciders = &open.everybody.deciders;
    let waits = |wait: &&Wait| wait.change.id != done && !wait.asks(me, deciders, at).is_empty();
    Ok(open.waits.iter().find(waits).map(|wait| wait.change.id))
}
