//! Verifying the store, exporting the ledger, and what the server itself puts on record.

use crate::{Act, Error, Result, Services, Written};
use domain::asof::AsOf;
use domain::ledger::Actor;
use domain::note::Checkpoint;
use domain::permission::Action;
use domain::seq::Seq;
use domain::time::SECOND;
use serde_json::json;
use store::engine::verify::{self as engine, Report};
use store::engine::writer::Command;
use store::ledger;

/// Recomputes everything; `against` are checkpoints that left the machine.
pub async fn verify(act: &Act, against: &[Checkpoint]) -> Result<Report> {
    act.authorise(Action::VerifyLedger)?;
    let services = act.services();
    let _one = services.verifying.try_acquire().map_err(|_| Error::Busy)?;
    let verifiers: Vec<_> = services.keys.verifier.iter().cloned().collect();
    Ok(engine::verify(&services.db, &verifiers, against).await?)
}

/// An export under way.
pub struct Export {
    head: Seq,
    after: Seq,
    ended: bool,
}

/// Begins an export of everything up to the as-of; that it was made is an entry itself. Line by line, for a
/// stranger: one line per entry (its leaf text and hash), then the newest checkpoint.
pub async fn export(act: &Act, as_of: AsOf) -> Result<Export> {
    act.authorise(Action::VerifyLedger)?;
    exported(act, "ledger").await?;
    // An export ends at the checkpoint that covers it, or it could not be verified.
    let mut tx = act.snapshot().await?;
    let checkpoint = ledger::checkpoint_at(&mut tx, as_of.seq).await?;
    tx.rollback().await?;
    Ok(Export { head: checkpoint.map_or(as_of.seq, |c| c.seq), after: Seq::ZERO, ended: false })
}

/// The next lines of an export; none when it is over. Entries never change, so that each call may look anew.
pub async fn export_lines(services: &Services, export: &mut Export) -> Result<Option<Vec<String>>> {
    if export.ended {
        return Ok(None);
    }
    let mut tx = services.db.snapshot().await?;
    let page = ledger::range(&mut tx, export.after, export.head, 1000).await?;
    let mut lines: Vec<String> =
        page.iter().map(|s| json!({ "leaf": s.entry.leaf_text(), "leaf_hash": s.leaf_hash }).to_string()).collect();
    if let Some(last) = page.last() {
        export.after = last.entry.seq;
    } else {
        export.ended = true;
        let key = services.keys.verifier.as_ref().map(domain::note::Verifier::to_text);
        let checkpoint = ledger::checkpoint_at(&mut tx, export.head).await?;
        lines.extend(checkpoint.map(|c| json!({ "checkpoint": c.note, "key": key }).to_string()));
    }
    tx.rollback().await?;
    Ok(Some(lines))
}

/// Every export leaves an entry: what was taken out, and by whom.
pub async fn exported(act: &Act, what: &str) -> Result<Written> {
    let mut c = act.command("export.made", "installation", None);
    c.payload = act.payload(json!({ "what": what }))?;
    Ok(act.services().writer.write(c).await?)
}

/// The longest the clock may run apart from the time that passed, in microseconds.
const JUMP: i64 = 5 * SECOND;

/// Records that the clock moved by so many microseconds more than time passed; small steps are no jump.
pub async fn clock_jumped(services: &Services, by: i64) -> Result<Option<Written>> {
    if by.abs() <= JUMP {
        return Ok(None);
    }
    let mut c = Command::new(Actor::SYSTEM, "clock.jumped", "installation", None);
    c.payload = json!({ "seconds": by / SECOND }).to_string();
    tracing::error!(seconds = by / SECOND, "the clock jumped");
    Ok(Some(services.writer.write(c).await?))
}
