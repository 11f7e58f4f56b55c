//! Reading what awaits adoption.

use super::figures;
use crate::{Figure, Read, Result};
use domain::asof::AsOf;
use domain::ids::{PersonId, SourceId};
use domain::permission::Action;
use std::collections::HashMap;
use store::adoption::{self, Place};
use store::sources::{self, Source};

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Page {
    pub as_of: AsOf,
    /// Most privileged ones without an owner first.
    pub places: Vec<Place>,
    /// Whom tags name, with how many identities each.
    pub hints: Vec<(String, Figure)>,
    pub orphans: Figure,
    pub sources: HashMap<SourceId, Source>,
    pub people: HashMap<PersonId, String>,
    /// Those of them who may become an owner.
    pub active: Vec<(PersonId, String)>,
}

impl Page {
    pub fn sum(&self, of: impl Fn(&Place) -> Figure) -> Figure {
        self.places.iter().map(of).sum()
    }
}

pub async fn page(read: &mut Read) -> Result<Page> {
    read.authorise(Action::ReadInventory)?;
    let (as_of, seq) = (read.as_of(), read.seq());
    let counted = figures(read).await?;
    Ok(Page {
        as_of,
        places: counted.places.clone(),
        hints: counted.hints.clone(),
        orphans: adoption::orphans(read.tx(), seq).await?,
        sources: sources::all_at(read.tx(), seq).await?.into_iter().map(|s| (s.id, s)).collect(),
        people: crate::ledger::names(read.tx(), seq).await?,
        active: crate::people::active(read).await?,
    })
}
