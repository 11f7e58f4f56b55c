//! Rows of tables that no entry commits to and that still may not hold just anything: a second head, and logs that nothing
//! writes before the decision point does.

use super::{Scan, key_text};
use crate::Result;
use crate::engine::db::Tx;
use crate::engine::head::LEDGER_HEAD;
use crate::engine::rows::key_of;
use crate::engine::table::{Table, TableKind};
use crate::{decode_values, tables};
use domain::seq::Seq;

/// Logs that the walk over the entries compares.
const WALKED: [&str; 3] = ["ledger", "ledger_rows", "checkpoints"];

pub(super) async fn rows(tx: &mut Tx, scan: &mut Scan) -> Result<()> {
    for table in tables::every().filter(|t| t.kind == TableKind::Log && !WALKED.contains(&t.name)) {
        name(tx, scan, table, "", "no anchor commits to it: nothing of this version writes such a row").await?;
    }
    name(tx, scan, &LEDGER_HEAD, "WHERE one <> 1", "there is one head").await
}

async fn name(tx: &mut Tx, scan: &mut Scan, table: &'static Table, which: &str, what: &str) -> Result<()> {
    let columns: Vec<&str> = table.columns.iter().map(|c| c.name).collect();
    let text = format!("SELECT {} FROM {} {which} ORDER BY {} LIMIT 100", columns.join(", "), table.name, table.key.join(", "));
    on!(tx, c => {
        for row in sqlx::query(sqlx::AssertSqlSafe(text)).fetch_all(c).await? {
            let values = decode_values!(row, table, 0);
            scan.find(table.name, key_text(&key_of(table, &values, Seq::ZERO)), scan.head, what);
        }
    });
    Ok(())
}
