//! Backup and move: the whole store as one archive, written and read by commands on the machine only.

use crate::principal::Denied;
use crate::{Act, Error, Principal, Result, Services};
use domain::permission::Action;
use store::engine::archive;

pub use store::engine::archive::Summary;

/// Both hold password hashes and personal data: nobody reaches them through a door.
fn on_the_machine(act: &Act, action: Action) -> Result<()> {
    act.authorise(action)?;
    if matches!(act.who(), Principal::Host { .. }) { Ok(()) } else { Err(Error::Forbidden(Denied::elsewhere(action))) }
}

/// Writes the store line by line, as one read transaction sees it. That it was written is an entry ahead of it.
pub async fn dump(act: &Act, line: impl FnMut(&str) -> std::io::Result<()>) -> Result<Summary> {
    on_the_machine(act, Action::VerifyLedger)?;
    crate::ledger::exported(act, "archive", None).await?;
    dump_as_it_stands(act.services(), line).await
}

/// The same without an entry: for comparing two stores.
pub async fn dump_as_it_stands(services: &Services, line: impl FnMut(&str) -> std::io::Result<()>) -> Result<Summary> {
    let mut tx = services.db.snapshot().await?;
    let summary = archive::dump(&mut tx, line).await?;
    tx.rollback().await?;
    Ok(summary)
}

/// Reads an archive into an empty store, all of it or nothing.
pub async fn load(act: &Act, lines: impl Iterator<Item = std::io::Result<String>>) -> Result<Summary> {
    on_the_machine(act, Action::VerifyLedger)?;
    let mut tx = act.services().db.begin().await?;
    match archive::load(&mut tx, lines).await {
        Ok(summary) => {
            tx.commit().await?;
            Ok(summary)
        }
        Err(error) => {
            tx.rollback().await?;
            Err(error.into())
        }
    }
}
