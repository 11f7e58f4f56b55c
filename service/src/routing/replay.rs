//! A policy over the changes so far, before anybody asks for it.

use super::list::List;
use crate::changes::Everybody;
use crate::listing::Listing;
use crate::{Error, Read, Result};
use domain::change::independence::today;
use domain::change::replay::{Replay, replay as replayed};
use domain::change::route::{Policy, Route};
use domain::ids::ChangeId;
use domain::query::changes::Filter;
use domain::time::Timestamp;
use serde::Deserialize;
use store::changes;

/// How many changes are replayed: the newest.
pub const REPLAYED: i64 = 1000;

/// The one part of a candidate that is asked.
#[derive(Deserialize)]
struct Routed {
    route: Route,
}

/// What a policy would have made of the newest changes, with the people of today.
pub async fn replay(read: &mut Read, policy: &Policy) -> Result<Replay> {
    read.authorise(List::NEEDS)?;
    let (seq, at) = (read.seq(), read.as_of().at);
    let newest = (Timestamp(i64::MAX), ChangeId::max());
    let mut past = Vec::new();
    for change in changes::page(read.tx(), seq, &Filter::default(), newest, REPLAYED).await? {
        let Some(row) = changes::candidate(read.tx(), change.candidate_id).await? else { continue };
        let routed: Routed = serde_json::from_str(&row.text).map_err(|e| Error::Internal(format!("candidate {}: {e}", row.id)))?;
        past.push(routed.route);
    }
    let people = Everybody::load(read.tx()).await?.deciders;
    let sealed = store::settings::sealed(read.tx(), seq).await?;
    Ok(replayed(&past, policy, &today(policy, &people, sealed, at)))
}
