//! What of a store shows whose key files are beside it: its newest checkpoint, which one key signed, and addresses, of
//! which digests stand that the other one keys. From the store or from an archive of it. It knows no key.

use super::archive::installation_of;
use super::db::{Db, Tx};
use super::head;
use crate::tables;
use crate::{Error, Result, ledger, people};
use domain::ids::InstallationId;
use domain::seq::Seq;
use serde_json::Value as Json;

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
