//! One import as it was.

use super::list::Row;
use crate::{Error, Read, Result};
use domain::ids::ImportId;
use domain::permission::Action;
use store::imports;

pub async fn show(read: &mut Read, id: ImportId) -> Result<Row> {
    read.authorise(Action::ReadInventory)?;
    let seq = read.seq();
    imports::by_id(read.tx(), id, seq).await?.map(Row::from).ok_or(Error::NotFound("import"))
}
