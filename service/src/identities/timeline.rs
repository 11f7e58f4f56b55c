//! What happened to an identity, step by step: each step is a position of the ledger at which something of it came,
//! changed or went. Rows tell what, entries tell when and by whom.

use super::ShownSurface;
use crate::{Principal, Result};
use domain::asof::OPEN;
use domain::permission::Action;
use domain::time::Timestamp;
use std::collections::{BTreeMap, HashMap};
use store::db::Tx;
use store::grants::{self, Moved};
use store::identities::Record;
use store::ledger::{self, Filter, Order, Stored};
use store::surfaces::Surface;
use uuid::Uuid;

/// Steps on a page.
const STEPS: usize = 50;
/// Grants that came or went, read for them.
const GRANTS: i64 = 1000;

#[derive(Clone, Debug, Default)]
pub struct Timeline {
    /// Newest first.
    pub steps: Vec<Step>,
    /// True where older steps are left out.
    pub cut: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Step {
    pub seq: i64,
    pub at: Timestamp,
    /// The entry, for whoever may read the ledger.
    pub entry: Option<Stored>,
    pub grants: Vec<Moved>,
    /// Surfaces that came (first version) or changed.
    pub surfaces: Vec<Surface>,
    /// Versions of the record, by their plane.
    pub records: Vec<Record>,
}

pub(super) async fn load(
    tx: &mut Tx,
    who: &Principal,
    id: Uuid,
    seq: i64,
    surfaces: &[ShownSurface],
    records: &[Record],
) -> Result<Timeline> {
    let mut steps: BTreeMap<i64, Step> = BTreeMap::new();
    let moved = grants::moved(tx, id, seq, GRANTS).await?;
    // The last position read may be there in part only.
    let known_from = if moved.len() as i64 == GRANTS { moved.last().map_or(0, |m| m.seq + 1) } else { 0 };
    for m in moved {
        steps.entry(m.seq).or_default().grants.push(m);
    }
    for (version, _) in surfaces.iter().flat_map(|s| &s.versions) {
        steps.entry(version.since).or_default().surfaces.push(version.clone());
    }
    for record in records {
        steps.entry(record.since).or_default().records.push(record.clone());
    }
    let may_read = who.may(Action::ReadLedger);
    if may_read {
        for stored in ledger::page(tx, (Order::NewestFirst, OPEN), seq, STEPS as i64, &Filter::Subject(id)).await? {
            steps.entry(stored.entry.seq).or_default();
        }
    }
    let all = steps.len();
    let newest: Vec<(i64, Step)> = steps.into_iter().rev().take_while(|(at, _)| *at >= known_from).take(STEPS).collect();
    let positions: Vec<i64> = newest.iter().map(|(at, _)| *at).collect();
    let mut entries: HashMap<i64, Stored> = ledger::entries(tx, &positions).await?.into_iter().map(|s| (s.entry.seq, s)).collect();
    let cut = newest.len() < all;
    let steps = newest
        .into_iter()
        .map(|(at, step)| {
            let entry = entries.remove(&at);
            Step { seq: at, at: entry.as_ref().map_or(Timestamp(0), |e| e.entry.at), entry: entry.filter(|_| may_read), ..step }
        })
        .collect();
    Ok(Timeline { steps, cut })
}
