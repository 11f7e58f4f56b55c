//! Two moments compared: which identities differ between them and in what, of everything, of a source or of one identity. The
//! same differences are shown on the page of a comparison, on the record of an import and on Overview, and leave as a list.

mod between;
mod fields;
mod list;
mod page;
mod steps;
mod texts;
mod walk;
pub mod words;

pub(crate) use between::tools;
pub use domain::query::comparison::{About, Filter};
pub use list::{List, Row};
pub(crate) use page::of_source;
pub use page::{Page, Subject, page, subject};
pub use steps::Step;
pub(crate) use steps::steps;
pub use store::comparison::Counted;

use crate::{Error, Read, Result};
use domain::asof::{AsOf, Wanted};
use store::comparison::Between;

/// The two moments of a comparison, the older one first whichever was asked for first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sides {
    pub from: AsOf,
    pub to: AsOf,
    /// True where they were given the other way round.
    pub swapped: bool,
}

impl Sides {
    fn between(self) -> Between {
        Between { from: self.from, to: self.to }
    }

    /// From the moment ahead of an entry to that entry.
    fn of_entry(before: AsOf, at: AsOf) -> Self {
        Self { from: before, to: at, swapped: false }
    }
}

/// Reads the second moment beside the as-of of the snapshot, and puts the two in order.
pub async fn sides(read: &mut Read, against: Option<&str>) -> Result<Sides> {
    let missing = "Choose a moment to compare with: a date, yesterday, or a ledger entry such as 48211.";
    let text = against.map(str::trim).filter(|t| !t.is_empty()).ok_or_else(|| Error::invalid("against", missing))?;
    let wanted = Wanted::parse(text, read.services().now()).map_err(|e| Error::invalid("against", e.to_string()))?;
    let other = read.beside(wanted).await.map_err(|e| match e.field() {
        Some("as_of") => Error::invalid("against", e.to_string()),
        _ => e,
    })?;
    Ok(ordered(read.as_of(), other))
}

fn ordered(as_of: AsOf, other: AsOf) -> Sides {
    let key = |at: AsOf| (at.seq, at.at);
    // The as-of is the newer one where somebody looks back from it; asked for as the older one it is put in order.
    if key(other) <= key(as_of) {
        Sides { from: other, to: as_of, swapped: false }
    } else {
        Sides { from: as_of, to: other, swapped: true }
    }
}

/// Looks for the second moment of an entry: the state ahead of it. Position 0 is the empty world.
pub(crate) async fn of_entry(read: &mut Read, seq: domain::seq::Seq) -> Result<Sides> {
    let before = read.beside(Wanted::Position(seq.plus(-1))).await?;
    let at = read.beside(Wanted::Position(seq)).await?;
    Ok(Sides::of_entry(before, at))
}
