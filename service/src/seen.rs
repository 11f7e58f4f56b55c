//! What this process has seen of the store, asked at every look at it: a store that goes back under a running server, or
//! that somebody marks as whole again by hand, is restored for it and marked for every other process. It compares with
//! memory alone; what stands outside is compared where a store is opened and verified.

use crate::context::Moment;
use crate::restored::{self, Statement};
use crate::{Result, Services};
use std::sync::Mutex;
use store::engine::db::Tx;
use store::engine::head::{self, Head};
use store::engine::known::Known;

/// The newest head that was seen, and that it was restored, where it was.
#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<Memory>);

#[derive(Clone, Debug, Default)]
struct Memory {
    known: Option<Known>,
    restored: Option<Statement>,
}

impl Seen {
    fn memory(&self) -> Memory {
        self.0.lock().map(|m| m.clone()).unwrap_or_default()
    }

    fn restored(&self, statement: Option<Statement>) {
        if let Ok(mut m) = self.0.lock() {
            m.restored = statement;
        }
    }

    fn head(&self, new: Known) {
        if let Ok(mut m) = self.0.lock()
            && m.known.is_none_or(|k| (k.epoch, k.seq) < (new.epoch, new.seq))
        {
            m.known = Some(new);
        }
    }
}

impl Services {
    /// Says that the store was found restored where this process opened it.
    pub fn found_restored(&self, statement: Option<Statement>) {
        self.seen.restored(statement);
    }

    /// The present as a transaction sees it.
    pub(crate) async fn moment(&self, tx: &mut Tx) -> Result<Moment> {
        let head = head::known(tx).await?;
        let restored = match &head.restored {
            Some(text) => {
                self.seen.restored(Some(restored::read(text)));
                Some(text.clone())
            }
            None => self.doubt(tx, &head).await?,
        };
        Ok(Moment { now: self.writer.clock().after(head.at), epoch: head.epoch, restored })
    }

    /// What is missing from a store that says of itself that it is whole; none where it may be believed.
    async fn doubt(&self, tx: &mut Tx, head: &Head) -> Result<Option<String>> {
        let Memory { known, restored } = self.seen.memory();
        if let Some(statement) = restored {
            if !restored::is_ended(tx, &self.keys.mac, statement.epoch).await? {
                return self.marked(&statement).await.map(Some);
            }
            self.seen.restored(None);
        }
        if let Some(known) = known
            && self.is_lost(tx, known, head).await?
            && let Some(lost) = self.surely_lost().await?
        {
            return self.marked(&lost).await.map(Some);
        }
        self.seen.head(Known::of(head, self.keys.verifier.is_some()));
        Ok(None)
    }

    /// A later epoch begins with an acceptance, and with nothing else.
    async fn is_lost(&self, tx: &mut Tx, known: Known, head: &Head) -> Result<bool> {
        if head.epoch > known.epoch {
            return Ok(!restored::is_ended(tx, &self.keys.mac, head.epoch).await?);
        }
        Ok(known.is_lost(tx, head).await?)
    }

    /// The same by a snapshot of its own: one that was opened before somebody else's is older, and no store that went back.
    async fn surely_lost(&self) -> Result<Option<Statement>> {
        let Some(known) = self.seen.memory().known else { return Ok(None) };
        let mut tx = self.db.snapshot().await?;
        let head = head::known(&mut tx).await?;
        let lost = head.restored.is_some() || self.is_lost(&mut tx, known, &head).await?;
        tx.rollback().await?;
        let stored = head.restored.as_deref().map(restored::read);
        Ok(lost.then(|| stored.unwrap_or_else(|| known.statement(&head, self.now()))))
    }

    /// Marks the store for every other process, where it can be written; gives what is stored of it.
    async fn marked(&self, statement: &Statement) -> Result<String> {
        self.seen.restored(Some(statement.clone()));
        let text = statement.to_text();
        tracing::error!(missing = statement.says(), "the store went back, or was marked as whole by hand: it is restored");
        if let Err(error) = head::mark_restored(&self.db, None, &text, statement.epoch).await {
            tracing::error!(%error, "that the store is restored could not be stored");
        }
        Ok(text)
    }
}
