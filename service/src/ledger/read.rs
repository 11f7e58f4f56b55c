//! Pages of entries, one entry, and the proof that it stands in the tree.

use crate::{Error, Read, Result};
use domain::asof::AsOf;
use domain::ids::PersonId;
use domain::merkle;
use domain::permission::Action;
use domain::seq::Seq;
use serde::Serialize;
use std::collections::HashMap;
use store::engine::db::Tx;
use store::ledger::{Filter, Order, Stored, StoredCheckpoint};
use store::{ledger, people};

/// A page of entries.
#[derive(Clone, Debug)]
pub struct Page {
    pub as_of: AsOf,
    pub entries: Vec<Stored>,
    pub verbs: Vec<String>,
    pub people: HashMap<PersonId, String>,
    pub checkpoint: Option<StoredCheckpoint>,
    /// Where the next page starts.
    pub next: Option<Seq>,
}

impl Page {
    /// The name of whoever did an entry, where it was a person.
    pub fn actor_name(&self, stored: &Stored) -> Option<&str> {
        stored.entry.actor.id.and_then(|id| self.people.get(&PersonId::new(id))).map(String::as_str)
    }
}

/// Entries on a page.
pub const PAGE: i64 = 50;

pub async fn page(read: &mut Read, (order, cursor): (Order, Option<Seq>), filter: &Filter, limit: i64) -> Result<Page> {
    read.authorise(Action::ReadLedger)?;
    let seq = read.seq();
    let from = cursor.unwrap_or(order.start());
    let mut entries = ledger::page(read.tx(), (order, from), seq, limit + 1, filter).await?;
    let next = (entries.len() as i64 > limit).then(|| {
        entries.truncate(limit as usize);
        entries.last().map(|e| e.entry.seq)
    });
    Ok(Page {
        as_of: read.as_of(),
        entries,
        verbs: ledger::verbs(read.tx(), seq).await?,
        people: names(read.tx(), seq).await?,
        checkpoint: ledger::checkpoint_at(read.tx(), seq).await?,
        next: next.flatten(),
    })
}

/// Names of people as of a position, for "who".
pub(crate) async fn names(tx: &mut Tx, seq: Seq) -> Result<HashMap<PersonId, String>> {
    Ok(people::all_at(tx, seq).await?.into_iter().map(|p| (p.id, p.shown())).collect())
}

/// One entry at or below the as-of.
pub async fn entry(read: &mut Read, at: Seq) -> Result<Stored> {
    read.authorise(Action::ReadLedger)?;
    let found = if at <= read.seq() { ledger::range(read.tx(), at.plus(-1), at, 1).await?.pop() } else { None };
    found.ok_or(Error::NotFound("entry"))
}

/// That one entry stands in the tree of a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proof {
    pub seq: Seq,
    /// The text that was hashed.
    pub leaf: String,
    pub leaf_hash: String,
    pub index: usize,
    pub tree_size: Seq,
    pub path: Vec<String>,
    pub checkpoint: String,
}

/// A proof by the newest checkpoint at or below the as-of.
pub async fn proof(read: &mut Read, at: Seq) -> Result<Proof> {
    read.authorise(Action::VerifyLedger)?;
    let as_of = read.seq();
    let checkpoint = ledger::checkpoint_at(read.tx(), as_of).await?.ok_or(Error::NotFound("checkpoint"))?;
    let leaves = ledger::leaves(read.tx(), checkpoint.seq).await?;
    let stored = ledger::range(read.tx(), at.plus(-1), at, 1).await?.pop().ok_or(Error::NotFound("entry"))?;
    let index = usize::try_from(at.get() - 1).map_err(|_| Error::NotFound("entry"))?;
    let path = merkle::inclusion_proof(&leaves, index).ok_or(Error::NotFound("entry"))?;
    Ok(Proof {
        seq: at,
        leaf: stored.entry.leaf_text(),
        leaf_hash: stored.leaf_hash,
        index,
        tree_size: checkpoint.seq,
        path: path.iter().map(hex::encode).collect(),
        checkpoint: checkpoint.note,
    })
}
