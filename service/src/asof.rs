//! Opening a read at what the reader asked for.

use crate::{Error, Result, Services};
use domain::asof::Wanted;
use store::db::Reader;

/// A reader at `now`, a position, an instant or a pair; today's rights apply whatever it says.
pub async fn open(services: &Services, wanted: Wanted) -> Result<Reader> {
    Ok(store::head::reader(&services.db, wanted, services.clock.now()).await?)
}

/// Reads the text of `as_of=`.
pub fn parse(text: Option<&str>) -> Result<Wanted> {
    Wanted::parse(text.unwrap_or_default()).map_err(|e| Error::invalid("as_of", e.to_string()))
}

/// Changes are made now, never on a page of the past.
pub fn only_now(wanted: Wanted) -> Result<()> {
    if wanted == Wanted::Now { Ok(()) } else { Err(Error::NotNow) }
}
