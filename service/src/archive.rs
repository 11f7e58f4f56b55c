//! Backup and move: the whole store as one archive, written and read by commands on the machine only.

use crate::{Error, Principal, Result, Services};
use domain::permission::Action;
use store::archive::{self, Summary};

/// Both hold password hashes and personal data: nobody reaches them through a door.
fn on_the_machine(who: &Principal, action: Action) -> Result<()> {
    who.authorise(action)?;
    if matches!(who, Principal::Host { .. }) { Ok(()) } else { Err(Error::Forbidden(action)) }
}

/// Writes the store line by line, as one read transaction sees it. That it was written is an entry ahead of it.
pub async fn dump(services: &Services, who: &Principal, line: impl FnMut(&str) -> std::io::Result<()>) -> Result<Summary> {
    on_the_machine(who, Action::VerifyLedger)?;
    crate::ledger::exported(services, who, "archive").await?;
    dump_as_it_stands(services, line).await
}

/// The same without an entry: for comparing two stores.
pub async fn dump_as_it_stands(services: &Services, line: impl FnMut(&str) -> std::io::Result<()>) -> Result<Summary> {
    let mut tx = services.db.snapshot().await?;
    let summary = archive::dump(&mut tx, line).await?;
    tx.rollback().await?;
    Ok(summary)
}

/// Reads an archive into an empty store, all of it or nothing.
pub async fn load(services: &Services, who: &Principal, lines: impl Iterator<Item = std::io::Result<String>>) -> Result<Summary> {
    on_the_machine(who, Action::VerifyLedger)?;
    let mut tx = services.db.begin().await?;
    match archive::load(&mut tx, lines).await {
        Ok(summary) => {
            tx.commit().await?;
            Ok(summary)
        }
        Err(error) => {
            tx.rollback().await?;
            Err(match error {
                store::Error::Refused(reason) => Error::invalid("archive", reason),
                other => other.into(),
            })
        }
    }
}
