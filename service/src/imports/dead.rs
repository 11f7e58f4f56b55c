//! Batches that never came to live: a process ended between two of their entries. Their rows are shown nowhere; the
//! next import of the source closes them, set by set. It opens nothing.

use crate::jobs::Running;
use crate::{Act, Result};
use domain::ids::BatchId;
use domain::seq::Seq;
use domain::source;
use domain::verb::Verb;
use serde_json::{Value, json};
use store::engine::rows;
use store::engine::table::{Declared, Table};
use store::imports::{BatchEnd, DeadBatch};
use store::{imports, ledger, sources, tables};

/// Rows closed by one entry.
const AT_ONCE: i64 = 10_000;

/// Called by the one job that works at the source: no batch of it is anybody's who still runs.
pub async fn close(act: &Act, job: &Running, source: &str) -> Result<()> {
    let mut tx = act.snapshot().await?;
    let known = sources::by_name(&mut tx, source, Seq::NOW).await?;
    let dead = match known {
        Some(source) => imports::dead_batches(&mut tx, source.id).await?,
        None => vec![],
    };
    let begun: Vec<Seq> = dead.iter().map(|d| d.begun).collect();
    let parts = ledger::entries(&mut tx, &begun).await?;
    tx.rollback().await?;
    let batched: Vec<&'static Table> = tables::all().into_iter().filter(|t| t.is_batched()).collect();
    for DeadBatch { batch, begun, marked } in dead {
        let first = parts.iter().find(|p| p.entry.seq == begun).map(|p| p.entry.payload.as_str());
        let of = said_of(source, first.unwrap_or_default());
        if !marked {
            abandon(act, batch, of.clone()).await;
        }
        for table in &batched {
            while open(act, table, batch).await? {
                job.goes_on()?;
                let mut c = act.command(Verb::ImportAbandoned, "batch", Some(batch.uuid()));
                c.payload = act.payload(of.clone())?;
                c.requires.push(job.holds());
                c.closes_of_batch.push((table, batch, AT_ONCE));
                act.write(c).await?;
            }
        }
    }
    Ok(())
}

/// Of which source and file it is: its first part alone names the file.
fn said_of(source: &str, first: &str) -> Value {
    let part: Value = serde_json::from_str(first).unwrap_or_default();
    json!({ "source": source, "file": part["file"] })
}

async fn open(act: &Act, table: &'static Table, batch: BatchId) -> Result<bool> {
    let mut tx = act.snapshot().await?;
    let open = rows::is_open_of_batch(&mut tx, table, batch).await?;
    tx.rollback().await?;
    Ok(open)
}

/// Marks a batch that will never live; `of` says of which source and file it is.
pub(super) async fn abandon(act: &Act, batch: BatchId, of: Value) {
    let mut c = act.command(Verb::ImportAbandoned, "batch", Some(batch.uuid()));
    c.opens.push(BatchEnd::new(batch, source::Outcome::Abandoned).open());
    let marked = async {
        c.payload = act.payload(of)?;
        act.write(c).await
    };
    if let Err(error) = marked.await {
        // The batch never lives without its end, so nothing wrong is shown; it is only not tidy.
        tracing::warn!(?error, %batch, "an abandoned import could not be marked");
    }
}
