//! How many changes there are, by where they stand.

use crate::{Read, Result};
use domain::change::{Direction, State};
use domain::permission::Action;
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
