//! One entry, and the proof that it stands in the tree.

use super::Row;
use crate::{Error, Read, Result};
use domain::ids::PersonId;
use domain::merkle;
use domain::permission::Action;
use domain::sentence::Line;
use domain::seq::Seq;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use store::engine::db::Tx;
use store::ledger::StoredCheckpoint;
use store::{ledger, people};

/// Names of people as of a position, for "who".
pub(crate) async fn names(tx: &mut Tx, seq: Seq) -> Result<HashMap<PersonId, String>> {
    Ok(people::all_at(tx, seq).await?.into_iter().map(|p| (p.id, p.shown())).collect())
}

/// One entry with everything it commits to.
#[derive(Clone, Debug)]
pub struct Page {
    pub row: Row,
    pub facts: Vec<Line>,
    /// How many records of each table it added and ended.
    pub records: BTreeMap<String, (u64, u64)>,
    /// The hash of the entry before it.
    pub before: Option<String>,
    pub checkpoint: Option<StoredCheckpoint>,
    /// True where it is the newest at the as-of.
    pub newest: bool,
}

/// One entry at or below the as-of.
pub async fn page(read: &mut Read, at: Seq) -> Result<Page> {
    read.authorise(Action::ReadLedger)?;
    let seq = read.seq();
    let mut found = if at <= seq { ledger::entries(read.tx(), &[at.plus(-1), at]).await? } else { vec![] };
    let stored = found.pop().filter(|s| s.entry.seq == at).ok_or(Error::NotFound("ledger entry"))?;
    let records = ledger::rows_of(read.tx(), at).await?;
    let checkpoint = ledger::first_checkpoint_with(read.tx(), at).await?;
    let row = super::told(read.tx(), vec![stored]).await?.pop().ok_or(Error::NotFound("ledger entry"))?;
    let facts = domain::sentence::facts(&row.stored.entry, &row.names);
    Ok(Page { row, facts, records, before: found.pop().map(|b| b.leaf_hash), checkpoint, newest: at == seq })
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
    let stored = ledger::range(read.tx(), at.plus(-1), at, 1).await?.pop().ok_or(Error::NotFound("ledger entry"))?;
    let index = usize::try_from(at.get() - 1).map_err(|_| Error::NotFound("ledger entry"))?;
    let path = merkle::inclusion_proof(&leaves, index).ok_or(Error::NotFound("ledger entry"))?;
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
