//! Batches that never came to live: a process ended between two of their entries. Their rows are shown
//! nowhere, but they stand in the way of the next import, so they are closed first. It opens nothing.

use super::abandon;
use crate::{Principal, Result, Services, command};
use domain::asof::OPEN;
use store::tables::{self, Table};
use store::{imports, rows, sources};
use uuid::Uuid;

/// Tables whose rows may belong to a batch. Rules stay: they are content, and any import may use them.
const TABLES: [&Table; 9] = [
    &tables::IDENTITY_FACTS,
    &tables::GRANTS,
    &tables::SET_RULES,
    &tables::TOOLS,
    &tables::SURFACE_VERSIONS,
    &tables::CREDENTIAL_VERSIONS,
    &tables::PERMISSION_SET_VERSIONS,
    &tables::EXTERNAL_KEYS,
    &tables::IDENTITY_VERSIONS,
];
const AT_ONCE: i64 = 10_000;

pub async fn close(services: &Services, who: &Principal, source: &str) -> Result<()> {
    let mut tx = services.db.snapshot().await?;
    let known = sources::by_name(&mut tx, source, OPEN - 1).await?;
    let dead = match known {
        Some(source) => imports::dead_batches(&mut tx, source.id).await?,
        None => vec![],
    };
    tx.rollback().await?;
    for (batch, marked) in dead {
        if !marked {
            abandon(services, who, batch).await;
        }
        for table in TABLES {
            close_rows(services, who, batch, table).await?;
        }
    }
    Ok(())
}

async fn close_rows(services: &Services, who: &Principal, batch: Uuid, table: &'static Table) -> Result<()> {
    loop {
        let mut tx = services.db.snapshot().await?;
        let rows = rows::open_of_batch(&mut tx, table, batch, AT_ONCE).await?;
        tx.rollback().await?;
        if rows.is_empty() {
            return Ok(());
        }
        let mut c = command(who, "import.abandoned", "batch", Some(batch));
        c.closes = rows;
        services.write(c).await?;
    }
}
