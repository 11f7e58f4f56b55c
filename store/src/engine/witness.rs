//! What of a store shows whose key files are beside it: its newest checkpoint, which one key signed, and addresses, of
//! which digests stand that the other one keys. From the store or from an archive of it. And the roots that checkpoints
//! kept elsewhere are compared with. It knows no key and reads no sink.

use super::archive::installation_of;
use super::db::{Db, Tx};
use super::head;
use crate::tables;
use crate::{Error, Result, ledger, people};
use domain::ids::InstallationId;
use domain::merkle::{Frontier, Hash};
use domain::note::Checkpoint;
use domain::seq::Seq;
use serde_json::Value as Json;
use std::collections::{BTreeSet, HashMap};

/// People whose address is compared.
pub const PEOPLE: usize = 10;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    pub installation: InstallationId,
    /// The newest checkpoint; none where there is no entry.
    pub checkpoint: Option<String>,
    /// Addresses as they were typed, each with its keyed digest: ten at most.
    pub addresses: Vec<(String, String)>,
}

/// Of a store.
pub async fn of_store(db: &Db) -> Result<Witness> {
    let mut tx = db.snapshot().await?;
    let found = found(&mut tx).await;
    tx.rollback().await?;
    found
}

/// Leaf hashes or checkpoints of a page.
const STEP: i64 = 10_000;

/// The roots over so many entries each, as the stored checkpoints say them; of others nothing.
pub async fn noted_roots(tx: &mut Tx, sizes: &BTreeSet<Seq>) -> Result<HashMap<Seq, Hash>> {
    let mut out = HashMap::new();
    let (Some(first), Some(last)) = (sizes.first(), sizes.last()) else { return Ok(out) };
    let mut after = first.plus(-1);
    loop {
        let page = ledger::checkpoints_between(tx, after, *last, STEP).await?;
        let Some(newest) = page.last() else { return Ok(out) };
        after = newest.seq;
        for stored in page.iter().filter(|c| sizes.contains(&c.seq)) {
            let body = stored.note.split("\n\n").next().unwrap_or_default();
            out.extend(Checkpoint::parse(body).ok().map(|c| (stored.seq, c.root)));
        }
    }
}

/// The same as the entries' own hashes lead to them.
pub async fn tree_roots(tx: &mut Tx, sizes: &BTreeSet<Seq>) -> Result<HashMap<Seq, Hash>> {
    let mut out = HashMap::new();
    let Some(last) = sizes.last() else { return Ok(out) };
    let mut tree = Frontier::default();
    loop {
        let size = Seq(tree.size() as i64);
        let page = if size < *last { ledger::leaves_after(tx, size, STEP).await? } else { vec![] };
        if page.is_empty() {
            return Ok(out);
        }
        for leaf in page {
            tree.push(leaf);
            let size = Seq(tree.size() as i64);
            if sizes.contains(&size) {
                out.insert(size, tree.root());
            }
        }
    }
}

async fn found(tx: &mut Tx) -> Result<Witness> {
    let head = head::read(tx).await?.ok_or_else(|| Error::Corrupt("the store has no head row".to_owned()))?;
    let checkpoint = ledger::checkpoint_at(tx, Seq::OPEN).await?.map(|c| c.note);
    Ok(Witness { installation: head.installation, checkpoint, addresses: people::addresses(tx).await? })
}

/// Of an archive, without loading it. Whether it is whole the loading finds out.
pub fn of_archive(mut lines: impl Iterator<Item = std::io::Result<String>>) -> Result<Witness> {
    let none = || Error::Archive("line 1: this is no archive of this program".to_owned());
    let first: Json = serde_json::from_str(&lines.next().ok_or_else(none)?.map_err(|_| none())?).map_err(|_| none())?;
    let installation = installation_of(&first).ok_or_else(none)?;
    let mut witness = Witness { installation, checkpoint: None, addresses: vec![] };
    for (number, line) in lines.enumerate() {
        let line = line.map_err(|e| Error::Archive(format!("line {}: {e}", number + 2)))?;
        // An archive may have millions of lines: only these are read further.
        if line.starts_with("{\"checkpoint\":") {
            let value: Json = serde_json::from_str(&line).unwrap_or_default();
            witness.checkpoint = value["checkpoint"][2].as_str().map(str::to_owned).or(witness.checkpoint);
        } else if line.contains("\"table\":\"person_versions\"") && witness.addresses.len() < PEOPLE {
            witness.addresses.extend(address_of(&line));
        }
    }
    Ok(witness)
}

fn address_of(line: &str) -> Option<(String, String)> {
    let value: Json = serde_json::from_str(line).ok()?;
    let table = tables::named("person_versions")?;
    let cell = |name: &str| table.position(name).and_then(|at| value["row"][at].as_str()).map(str::to_owned);
    Some((cell("email")?, cell("email_key")?))
}
