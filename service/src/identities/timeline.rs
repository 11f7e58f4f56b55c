//! What happened to an identity, step by step: each step is a position of the ledger at which something of it came,
//! changed or went. Rows tell what, entries tell when and by whom.

use super::ShownSurface;
use crate::{Read, Result};
use domain::identity::Plane;
use domain::ids::{BatchId, IdentityId};
use domain::permission::Action;
use domain::query::ledger::Order;
use domain::seq::Seq;
use domain::time::Timestamp;
use domain::verb::Verb;
use std::collections::{BTreeMap, HashMap};
use store::engine::db::Tx;
use store::grants::{self, Moved};
use store::identities::Record;
use store::ledger::{self, Stored, Which};
use store::surfaces::Surface;

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
    pub seq: Seq,
    pub at: Timestamp,
    /// The entry, for whoever may read the ledger.
    pub entry: Option<Stored>,
    pub grants: Vec<Moved>,
    /// True where more grants came or went than were read.
    pub more_grants: bool,
    /// Surfaces that came (first version) or changed.
    pub surfaces: Vec<Surface>,
    /// Versions of the record, by their plane.
    pub records: Vec<Record>,
}

pub(super) async fn load(
    read: &mut Read,
    id: IdentityId,
    surfaces: &[ShownSurface],
    records: &[Record],
    with_grants: bool,
) -> Result<Timeline> {
    let seq = read.seq();
    let may_read = read.who().may(Action::ReadLedger);
    let tx = read.tx();
    let mut steps: BTreeMap<Seq, Step> = BTreeMap::new();
    // Of a hundred thousand grants even the newest are not found in a moment.
    let moved = if with_grants { grants::moved(tx, id, Plane::Observed, seq, GRANTS).await? } else { vec![] };
    // The last position read may be there in part only, and of older ones no grant was read.
    let grants_from = if !with_grants {
        Seq::OPEN
    } else if moved.len() as i64 == GRANTS {
        moved.last().map_or(Seq::ZERO, |m| m.seq.plus(1))
    } else {
        Seq::ZERO
    };
    for m in moved {
        steps.entry(m.seq).or_default().grants.push(m);
    }
    for version in surfaces.iter().flat_map(|s| &s.versions) {
        steps.entry(version.since).or_default().surfaces.push(version.clone());
    }
    for record in records {
        steps.entry(record.since).or_default().records.push(record.clone());
    }
    if may_read {
        for stored in ledger::page(tx, (Order::Newest, Seq::OPEN), seq, STEPS as i64, &Which::subject(id.uuid())).await? {
            steps.entry(stored.entry.seq).or_default();
        }
    }
    let all = steps.len();
    let newest: BTreeMap<Seq, Step> = steps.into_iter().rev().take(STEPS).collect();
    let cut = newest.len() < all;
    let newest = lived(tx, newest).await?;
    let positions: Vec<Seq> = newest.keys().copied().collect();
    let mut entries: HashMap<Seq, Stored> = ledger::entries(tx, &positions).await?.into_iter().map(|s| (s.entry.seq, s)).collect();
    let steps = newest
        .into_iter()
        .rev()
        .map(|(at, step)| {
            let entry = entries.remove(&at);
            let when = entry.as_ref().map_or(Timestamp(0), |e| e.entry.at);
            Step { seq: at, at: when, entry: entry.filter(|_| may_read), more_grants: at < grants_from, ..step }
        })
        .collect();
    Ok(Timeline { steps, cut })
}

/// Rows of a large import are written in parts and live from its last entry on: that is their step.
async fn lived(tx: &mut Tx, steps: BTreeMap<Seq, Step>) -> Result<BTreeMap<Seq, Step>> {
    let positions: Vec<Seq> = steps.keys().copied().collect();
    let ends: HashMap<BatchId, Seq> = store::imports::live_batches(tx).await?.into_iter().collect();
    let mut out: BTreeMap<Seq, Step> = BTreeMap::new();
    let parts: HashMap<Seq, Seq> = ledger::entries(tx, &positions)
        .await?
        .into_iter()
        .filter(|s| s.entry.verb == Verb::ImportPart.as_str())
        .filter_map(|s| Some((s.entry.seq, *ends.get(&BatchId::new(s.entry.subject_id?))?)))
        .collect();
    for (at, step) in steps {
        let into = out.entry(parts.get(&at).copied().unwrap_or(at)).or_default();
        into.grants.extend(step.grants);
        into.surfaces.extend(step.surfaces);
        into.records.extend(step.records);
    }
    Ok(out)
}
