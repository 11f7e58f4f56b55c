//! One entry, and the proof that it stands in the tree.

use crate::{Error, Read, Result};
use domain::ids::PersonId;
use domain::merkle;
use domain::permission::Action;
use domain::seq::Seq;
use serde::Serialize;
use std::collections::HashMap;
use store::engine::db::Tx;
use store::ledger::Stored;
use store::{ledger, people};

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
