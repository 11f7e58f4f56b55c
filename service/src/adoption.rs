//! What awaits adoption: identities nobody has reviewed and nobody answers for, by source and place. Deciding
//! comes with the change requests; here is what there would be to decide.

use crate::{Principal, Result, Services};
use domain::asof::{AsOf, Wanted};
use domain::permission::Action;
use std::collections::HashMap;
use store::adoption::{self, Place};
use store::sources::{self, Source};
use uuid::Uuid;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Page {
    pub as_of: AsOf,
    /// Most unowned first.
    pub places: Vec<Place>,
    /// Whom tags name, with how many identities each.
    pub hints: Vec<(String, i64)>,
    pub orphans: i64,
    pub sources: HashMap<Uuid, Source>,
    pub people: HashMap<Uuid, String>,
}

impl Page {
    pub fn sum(&self, of: impl Fn(&Place) -> i64) -> i64 {
        self.places.iter().map(of).sum()
    }
}

pub async fn page(services: &Services, who: &Principal, wanted: Wanted) -> Result<Page> {
    who.authorise(Action::ReadInventory)?;
    let mut reader = crate::asof::open(services, wanted).await?;
    let (seq, now) = (reader.as_of.seq, reader.as_of.seq == reader.head);
    let tx = &mut reader.tx;
    let page = Page {
        as_of: reader.as_of,
        places: adoption::places(tx, seq, now).await?,
        hints: adoption::hints(tx, seq, now).await?,
        orphans: adoption::orphans(tx, seq).await?,
        sources: sources::all_at(tx, seq).await?.into_iter().map(|s| (s.id, s)).collect(),
        people: crate::ledger::names(tx, seq).await?,
    };
    reader.close().await?;
    Ok(page)
}
