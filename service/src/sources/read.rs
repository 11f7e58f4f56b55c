//! Reading sources with what came from them.

use crate::{Read, Result};
use domain::asof::AsOf;
use domain::ids::{PersonId, SourceId};
use domain::permission::Action;
use domain::source::is_late;
use domain::time::Timestamp;
use std::collections::HashMap;
use store::people::{self, Person};
use store::sources::{self, Source};
use store::tokens::Token;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Page {
    pub as_of: AsOf,
    pub sources: Vec<Listed>,
    /// Active people, for the choice of an owner.
    pub people: Vec<(PersonId, String)>,
}

/// A source with what came from it.
#[derive(Clone, Debug)]
pub struct Listed {
    pub source: Source,
    pub owner: Option<String>,
    pub identities: i64,
    pub imports: i64,
    /// None where nothing was imported.
    pub last_heard: Option<Timestamp>,
    pub late: bool,
    /// Names of the tokens that may feed it.
    pub tokens: Vec<String>,
}

/// Every source as of a position, by name.
pub async fn page(read: &mut Read) -> Result<Page> {
    read.authorise(Action::ReadInventory)?;
    let (as_of, seq, now) = (read.as_of(), read.seq(), read.at_head());
    let all = sources::all_at(read.tx(), seq).await?;
    let heard = sources::heard(read.tx(), seq).await?;
    let heard: HashMap<SourceId, (Timestamp, i64)> = heard.into_iter().map(|(id, at, n)| (id, (at, n))).collect();
    let mut held: HashMap<SourceId, i64> = HashMap::new();
    for place in store::adoption::places(read.tx(), seq, now).await? {
        if let Some(source) = place.source_id {
            *held.entry(source).or_default() += place.identities.n + place.platform.n;
        }
    }
    let everybody = people::all_at(read.tx(), seq).await?;
    let tokens = store::tokens::all_at(read.tx(), seq).await?;
    let listed = |source: Source| {
        let known = heard.get(&source.id);
        let bound = |t: &&Token| t.source_id == Some(source.id) && t.expires_at > as_of.at;
        Listed {
            owner: source.owner_id.and_then(|o| everybody.iter().find(|p| p.id == o)).map(Person::shown),
            identities: held.get(&source.id).copied().unwrap_or(0),
            imports: known.map_or(0, |k| k.1),
            last_heard: known.map(|k| k.0),
            late: is_late(known.map(|k| k.0), source.interval_seconds, as_of.at),
            tokens: tokens.iter().filter(bound).map(|t| t.name.clone()).collect(),
            source,
        }
    };
    let sources = all.into_iter().map(listed).collect();
    let people = everybody.iter().filter(|p| p.is_active()).map(|p| (p.id, p.shown())).collect();
    Ok(Page { as_of, sources, people })
}
