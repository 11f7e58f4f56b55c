//! How many changes there are, how many wait for somebody, and which comes next.

use super::list::inbox;
use crate::{Read, Result};
use domain::change::{Direction, State};
use domain::ids::{ChangeId, PersonId};
use domain::permission::Action;
use domain::seq::Seq;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use store::changes::counted;

/// How many changes stand where.
#[derive(Clone, Debug, Default)]
pub struct Counted(Vec<(State, Direction, i64)>);

impl Counted {
    pub fn all(&self) -> i64 {
        self.0.iter().map(|(_, _, n)| n).sum()
    }

    /// Narrowed as the list is.
    pub fn of(&self, state: Option<State>, direction: Option<Direction>) -> i64 {
        let here = |(s, d, _): &&(State, Direction, i64)| state.is_none_or(|state| state == *s) && direction.is_none_or(|to| to == *d);
        self.0.iter().filter(here).map(|(_, _, n)| n).sum()
    }
}

/// As of the reader's position.
pub async fn counts(read: &mut Read) -> Result<Counted> {
    read.authorise(Action::ReadChanges)?;
    let seq = read.seq();
    let counted = if read.at_head() { counted::by_state_now(read.tx()).await? } else { counted::by_state(read.tx(), seq).await? };
    Ok(Counted(counted))
}

/// Persons with how many changes waited for each at a position: a page asks it every time, and only an entry moves it.
pub(crate) type Waiting = Arc<Mutex<HashMap<PersonId, (Seq, i64)>>>;

/// More persons than this are not kept.
const KEPT: usize = 10_000;

/// How many changes wait for the reader: what their inbox holds ahead of the rest.
pub async fn waiting(read: &mut Read) -> Result<i64> {
    read.authorise(Action::ReadChanges)?;
    let (head, Some(me)) = (read.head(), read.who().person_id()) else { return Ok(0) };
    let kept = read.services().waiting.clone();
    if let Some((at, n)) = kept.lock().ok().and_then(|known| known.get(&me).copied())
        && at == head
    {
        return Ok(n);
    }
    let n = inbox(read).await?.iter().filter(|item| !item.mine.is_empty()).count() as i64;
    if let Ok(mut known) = kept.lock() {
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(me, (head, n));
    }
    Ok(n)
}

/// What waits for the reader after a change that they have just dealt with: the first of their inbox.
pub async fn next_of(read: &mut Read, done: ChangeId) -> Result<Option<ChangeId>> {
    Ok(inbox(read).await?.into_iter().find(|item| !item.mine.is_empty() && item.row.id != done).map(|item| item.row.id))
}
