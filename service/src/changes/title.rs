//! What a change is called in the sentences of the ledger: what it does, with the names of then.

use super::said;
use super::shown;
use super::weigh::read_candidate;
use crate::Result;
use domain::ids::ChangeId;
use domain::seq::Seq;
use store::changes;
use store::engine::db::Tx;

/// What a change did as of a position, in quotes; none of what is no change.
pub(crate) async fn title(tx: &mut Tx, change: ChangeId, seq: Seq) -> Result<Option<String>> {
    let Some(row) = changes::candidate_at(tx, change, seq).await? else { return Ok(None) };
    let operations = read_candidate(&row)?.operations;
    let names = shown::named_in(tx, &row.text, &["operations"], seq).await?;
    Ok(Some(format!("\u{201c}{}\u{201d}", said::title(&operations, &names))))
}
