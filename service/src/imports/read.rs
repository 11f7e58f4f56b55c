//! One import as it was.

use super::list::Row;
use crate::comparison::{self, Page};
use crate::{Error, Read, Result};
use domain::ids::ImportId;
use domain::permission::Action;
use store::imports;

pub async fn show(read: &mut Read, id: ImportId) -> Result<Row> {
    read.authorise(Action::ReadInventory)?;
    let seq = read.seq();
    imports::by_id(read.tx(), id, seq).await?.map(Row::from).ok_or(Error::NotFound("import"))
}

/// What an import made other than it was, from the moment ahead of it to its last entry.
pub async fn compared(read: &mut Read, import: &imports::Import) -> Result<Page> {
    read.authorise(Action::ReadInventory)?;
    comparison::of_source(read, import.source_id, import.seq).await
}
