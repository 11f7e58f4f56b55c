//! What happened to an identity, step by step: each step is a position of the ledger at which something of it came,
//! changed or went. Rows tell what, entries tell when and by whom.

use super::{Detail, ShownSurface};
use crate::comparison::words;
use crate::ledger::Row as Told;
use crate::{Read, Result};
use domain::difference::{Difference, How, Thing};
use domain::identity::Plane;
use domain::ids::{BatchId, BlobId, IdentityId};
use domain::permission::Action;
use domain::query::ledger::Order;
use domain::seq::Seq;
use domain::time::Timestamp;
use domain::verb::Verb;
use std::collections::{BTreeMap, HashMap};
use store::blobs::{self, Within};
use store::engine::db::Tx;
use store::grants::{self, Moved};
use store::identities::Record;
use store::ledger::{self, Which};
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
    /// The entry with its sentence, for whoever may read the ledger.
    pub entry: Option<Told>,
    pub grants: Vec<Moved>,
    /// True where more grants came or went than were read.
    pub more_grants: bool,
    /// Surfaces that came (first version) or changed.
    pub surfaces: Vec<Surface>,
    /// The same in words, where the page quotes what changed.
    pub words: Vec<Difference>,
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
    let stored = ledger::entries(tx, &positions).await?;
    let times: HashMap<Seq, Timestamp> = stored.iter().map(|s| (s.entry.seq, s.entry.at)).collect();
    let told = if may_read { crate::ledger::told(tx, stored).await? } else { vec![] };
    let mut entries: HashMap<Seq, Told> = told.into_iter().map(|row| (row.stored.entry.seq, row)).collect();
    let steps = newest
        .into_iter()
        .rev()
        .map(|(at, step)| {
            let when = times.get(&at).copied().unwrap_or_default();
            Step { seq: at, at: when, entry: entries.remove(&at), more_grants: at < grants_from, ..step }
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

/// Bytes of all texts that one history quotes from.
const QUOTED: i64 = 2 * 1024 * 1024;

/// Puts what each version of a surface changed into words, the newest steps first, as far as a page can wait for it.
pub async fn quote_changes(read: &mut Read, detail: &mut Detail) -> Result<()> {
    read.authorise(Action::ReadInventory)?;
    let mut left = QUOTED;
    let mut texts: HashMap<BlobId, Option<String>> = HashMap::new();
    let versions: HashMap<_, Vec<Surface>> = detail.surfaces.iter().map(|s| (s.surface.id, s.versions.clone())).collect();
    for step in &mut detail.timeline.steps {
        for new in &step.surfaces {
            let older = versions.get(&new.id).and_then(|all| all.iter().find(|v| v.since < new.since));
            let how = if older.is_some() { How::Changed } else { How::Added };
            let one = Difference::new(Thing::Surface, how, &format!("{} {}", new.kind.label(), new.locator));
            let both = older.and_then(|old| Some((old.content_id?, new.content_id?)));
            step.words.push(match both {
                None => one,
                Some((old, new)) => {
                    for blob in [old, new] {
                        if !texts.contains_key(&blob) && left > 0 {
                            texts.insert(blob, text(read.tx(), blob, &mut left).await?);
                        }
                    }
                    let of = |blob: BlobId| texts.get(&blob).and_then(Option::as_deref);
                    of(old).zip(of(new)).map_or(one.clone(), |(old, new)| words::with_texts(one, old, new))
                }
            });
        }
    }
    Ok(())
}

async fn text(tx: &mut Tx, blob: BlobId, left: &mut i64) -> Result<Option<String>> {
    Ok(match blobs::read_within(tx, blob, (words::LONGEST as i64).min(*left)).await? {
        Some(Within::Text(bytes)) => {
            *left -= bytes.len() as i64;
            Some(String::from_utf8_lossy(&bytes).into_owned())
        }
        Some(Within::Erased | Within::Larger) | None => None,
    })
}
