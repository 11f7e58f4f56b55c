//! How far a process knows the store it writes to, and that a store which went back under it is marked as restored.
//! It compares with what this process has seen; what others kept elsewhere is compared where a store is opened.

use super::db::Tx;
use super::head::{self, Head};
use crate::{Result, ledger};
use domain::merkle::Hash;
use domain::note::Checkpoint;
use domain::restored::{Gap, Statement};
use domain::seq::Seq;
use domain::time::Timestamp;

/// How far a process knows the store: what it writes to never goes back beneath that, nor leads there another way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    pub epoch: i64,
    pub seq: Seq,
    /// The root over these entries, where a checkpoint covers them.
    pub root: Option<Hash>,
}

impl Known {
    /// What a head stands for; none of it is signed where nobody signs.
    pub fn of(head: &Head, signed: bool) -> Self {
        let root = (signed && head.seq > Seq::ZERO).then(|| head.frontier.root());
        Self { epoch: head.epoch, seq: head.seq, root }
    }

    /// True where the store is another one than this process knew: it is shorter, or its entries are others. A store that
    /// was restored and accepted meanwhile is of a later epoch, and whole.
    pub async fn is_lost(self, tx: &mut Tx, head: &Head) -> Result<bool> {
        if head.epoch != self.epoch {
            return Ok(head.epoch < self.epoch);
        }
        let Some(root) = self.root.filter(|_| head.seq >= self.seq) else { return Ok(head.seq < self.seq) };
        if head.seq == self.seq {
            return Ok(head.frontier.root() != root);
        }
        let stored = ledger::checkpoint_at(tx, self.seq).await?.filter(|c| c.seq == self.seq);
        let there = stored.and_then(|c| Checkpoint::parse(c.note.split("\n\n").next()?).ok()).map(|c| c.root);
        Ok(there != Some(root))
    }

    /// What is missing from the store that took the place of the one this process knew.
    pub fn statement(self, head: &Head, now: Timestamp) -> Statement {
        let kept = head.seq.min(self.seq.plus(-1));
        let place = "the memory of a process that had it open".to_owned();
        let gap = Gap { epoch: self.epoch, kept, upto: self.seq, contradicting: 1, of: 1, place };
        let epoch = head.epoch.max(self.epoch) + 1;
        Statement { head: head.seq, head_at: head.at, found_at: now, epoch, gaps: vec![gap], silent: vec![] }
    }
}

/// Marks a store that went back under this process, for every other one; says what is missing.
pub(super) async fn lost(tx: &mut Tx, known: Option<Known>, head: &Head, now: Timestamp) -> Result<Option<String>> {
    let Some(known) = known.filter(|_| head.restored.is_none()) else { return Ok(None) };
    if !known.is_lost(tx, head).await? {
        return Ok(None);
    }
    let statement = known.statement(head, now);
    head::mark(tx, head, &statement.to_text(), statement.epoch).await?;
    Ok(Some(statement.says()))
}
