//! Imports as they were.

use crate::{Error, Read, Result};
use domain::asof::AsOf;
use domain::ids::ImportId;
use domain::permission::Action;
use domain::seq::Seq;
use domain::source::Kind;
use store::imports::{self, Filter, Import};
use store::ledger::Order;

/// A page of imports.
#[derive(Clone, Debug)]
pub struct Page {
    pub as_of: AsOf,
    pub imports: Vec<Import>,
    /// Sources that have been imported, for the filter.
    pub sources: Vec<String>,
    /// Where the next page starts.
    pub next: Option<Seq>,
}

/// Imports as of a position.
pub async fn page(read: &mut Read, (order, cursor): (Order, Option<Seq>), filter: &Filter, limit: i64) -> Result<Page> {
    read.authorise(Action::ReadInventory)?;
    let seq = read.seq();
    let mut list = imports::page(read.tx(), seq, (order, cursor.unwrap_or(order.start())), limit + 1, filter).await?;
    let next = (list.len() as i64 > limit).then(|| {
        list.truncate(limit as usize);
        list.last().map(|i| i.seq)
    });
    let sources = store::sources::all_at(read.tx(), seq).await?;
    let sources = sources.into_iter().filter(|s| s.kind != Kind::Manual).map(|s| s.name).collect();
    Ok(Page { as_of: read.as_of(), imports: list, sources, next: next.flatten() })
}

pub async fn show(read: &mut Read, id: ImportId) -> Result<Import> {
    read.authorise(Action::ReadInventory)?;
    let seq = read.seq();
    imports::by_id(read.tx(), id, seq).await?.ok_or(Error::NotFound("import as of this position"))
}
