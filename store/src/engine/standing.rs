//! Whether an open row is what its entry wrote and nothing has ended it since, for doors: they trust no `until`, which is
//! the one column that no digest covers. It asks the lists of rows beside the entries, a probe for each; whether those
//! agree with the tree is `verify`'s to say.

use super::db::Tx;
use super::manifest::{self, Line};
use super::rows::{digest_of, key_of};
use super::table::{Declared, Table};
use crate::{Result, ledger};
use domain::facts::{Value, key_bytes};
use domain::merkle::Hash;
use domain::seq::Seq;
use std::collections::HashMap;
use uuid::Uuid;

/// A row as somebody read it, to be compared with what its entry lists.
#[derive(Clone, Debug)]
pub struct Claim {
    table: &'static Table,
    since: Seq,
    key: Vec<u8>,
    digest: Hash,
    /// What the keys of its versions begin with; none where a row has no versions.
    versions: Option<Vec<u8>>,
}

impl Claim {
    pub fn of<R: Declared>(row: R) -> Self {
        let (table, since) = (R::TABLE, row.since());
        let values = row.values();
        let key = key_bytes(&key_of(table, &values, since));
        let (last, shared) = table.key.split_last().unwrap_or((&"", &[]));
        let shared: Vec<Value> = shared.iter().filter_map(|name| table.position(name)).map(|at| values[at].clone()).collect();
        let versions = (*last == "since").then(|| key_bytes(&shared));
        Self { table, since, key, digest: digest_of(table, &values, since), versions }
    }

    /// True where this very row is among those; it is taken out. One that was altered stays in, as missing.
    pub fn is_among(&self, open: &mut HashMap<Vec<u8>, Hash>) -> bool {
        let written = open.get(&self.key) == Some(&self.digest);
        if written {
            open.remove(&self.key);
        }
        written
    }

    /// Which row it is of, for a log.
    pub fn named(&self) -> (&'static str, Seq) {
        (self.table.name, self.since)
    }

    fn is_written(&self, line: &Line) -> bool {
        line.table == self.table.name && line.key == self.key && line.opened == Some(self.digest)
    }

    fn is_ended(&self, line: &Line) -> bool {
        let follows = || self.versions.as_ref().is_some_and(|v| line.key.starts_with(v) && line.key != self.key);
        line.table == self.table.name && if line.opened.is_none() { line.key == self.key } else { follows() }
    }
}

/// True where the entry that opened the row lists it with its digest, and no later entry about one of the subjects lists
/// it as closed or opens another version of it.
pub async fn stands(tx: &mut Tx, claim: &Claim, about: &[Uuid]) -> Result<bool> {
    if !lines(&ledger::manifest_of(tx, claim.since).await?).iter().any(|l| claim.is_written(l)) {
        return Ok(false);
    }
    for subject in about {
        if lines(&ledger::manifests_about(tx, *subject, claim.since).await?).iter().any(|l| claim.is_ended(l)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The rows of a table that entries about a subject opened and none of them closed: key and digest. What should be there,
/// whatever was done to the rows since: one that was taken away behind the ledger's back is missed by it.
pub async fn open_rows(tx: &mut Tx, table: &Table, about: Uuid) -> Result<HashMap<Vec<u8>, Hash>> {
    let mut open = HashMap::new();
    for line in lines(&ledger::manifests_about(tx, about, Seq::ZERO).await?).into_iter().filter(|l| l.table == table.name) {
        match line.opened {
            Some(digest) => open.insert(line.key, digest),
            None => open.remove(&line.key),
        };
    }
    Ok(open)
}

/// True where an entry about a subject ever opened a version of a row: the key as far as its versions share it.
pub async fn was_opened(tx: &mut Tx, table: &Table, key: &[Value], about: Uuid) -> Result<bool> {
    let key = key_bytes(key);
    let all = lines(&ledger::manifests_about(tx, about, Seq::ZERO).await?);
    Ok(all.iter().any(|l| l.table == table.name && l.opened.is_some() && l.key.starts_with(&key)))
}

/// A chunk that nobody can read lists nothing: then the row does not stand.
fn lines(chunks: &[Vec<u8>]) -> Vec<Line> {
    chunks.iter().flat_map(|c| manifest::decode(c).unwrap_or_default()).collect()
}
