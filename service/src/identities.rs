//! The inventory: lists, one identity with everything it is made of, and entering or correcting the record
//! by hand (the manual plane; only a change request writes the baseline).

use crate::overview::ORGANISATION;
use crate::{Error, Principal, Result, Services, command, payload};
use domain::access::{self, Held as HeldRule, Judged, Memory, Totals};
use domain::asof::{AsOf, OPEN, Wanted};
use domain::identity::{Autonomy, Environment, Kind};
use domain::permission::{Action, Place};
use domain::surface;
use domain::time::DAY;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use store::db::Tx;
use store::external_keys::Key;
use store::grants::Held;
use store::identities::{After, Facts, Filter, Record, Sort};
use store::rows::Close;
use store::surfaces::{Credential, NewSurface, Surface, Tool};
use store::writer::{Command, Written};
use store::{blobs, counts, grants, identities, people, surfaces, tables};
use uuid::Uuid;

mod facts;
mod hand_over;
mod record;
mod settle;
mod timeline;

pub(crate) use facts::{Deltas, facts_from, replace_facts};
pub(crate) use hand_over::hand_over;
pub use record::{MAX_SURFACES, NewText, Registration, edit, register};
pub use settle::settle_ended;
pub(crate) use settle::{Holdings, replaced_facts};
pub use timeline::{Step, Timeline};

/// A page of the list.
#[derive(Clone, Debug)]
pub struct Page {
    pub as_of: AsOf,
    pub rows: Vec<Facts>,
    pub total: i64,
    pub counts: HashMap<String, i64>,
    pub next: Option<After>,
}

/// What the filters of the page offer: sources by name, people and teams.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    pub sources: Vec<String>,
    pub people: Vec<(Uuid, String)>,
    pub teams: Vec<(Uuid, String)>,
}

pub const PAGE: i64 = 50;

pub async fn list(
    services: &Services,
    who: &Principal,
    wanted: Wanted,
    filter: &Filter,
    sort: Sort,
    after: &After,
    limit: i64,
) -> Result<Page> {
    who.authorise(Action::ReadInventory)?;
    let limit = limit.clamp(1, 1000);
    let mut reader = crate::asof::open(services, wanted).await?;
    let (seq, now) = (reader.as_of.seq, reader.as_of.seq == reader.head);
    let mut rows = identities::list(&mut reader.tx, seq, now, filter, sort, after, limit + 1).await?;
    let counts: HashMap<String, i64> = counts::all_at(&mut reader.tx, ORGANISATION, seq).await?.into_iter().collect();
    let next = (rows.len() as i64 > limit).then(|| {
        rows.truncate(limit as usize);
        rows.last().map(|f| match sort {
            Sort::Name => After::Name(f.name_sort.clone(), f.identity_id),
            Sort::Privilege => After::Number(f.privilege, f.identity_id),
            Sort::Grants => After::Number(f.grants, f.identity_id),
        })
    });
    let as_of = reader.as_of;
    reader.close().await?;
    let total = ["identities", "identities.human", "identities.unclear"].iter().filter_map(|m| counts.get(*m)).sum();
    Ok(Page { as_of, rows, total, counts, next: next.flatten() })
}

/// What the list may be narrowed to, as of the page that offers it.
pub async fn choices(services: &Services, who: &Principal, as_of: AsOf) -> Result<Choices> {
    who.authorise(Action::ReadInventory)?;
    let mut reader = crate::asof::open(services, Wanted::Pair(as_of)).await?;
    let tx = &mut reader.tx;
    let choices = Choices {
        sources: store::sources::all_at(tx, as_of.seq).await?.into_iter().map(|s| s.name).collect(),
        people: people::all_at(tx, as_of.seq).await?.into_iter().map(|p| (p.id, p.shown())).collect(),
        teams: store::teams::all_at(tx, as_of.seq).await?.into_iter().map(|t| (t.id, t.name)).collect(),
    };
    reader.close().await?;
    Ok(choices)
}

/// A surface with the text of its versions, newest first.
#[derive(Clone, Debug)]
pub struct ShownSurface {
    pub surface: Surface,
    pub versions: Vec<(Surface, Text)>,
}

/// The text of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    Content(String),
    Redacted,
    /// Only locator and digest are kept.
    NotKept,
}

/// A grant with the judgement on it in the company of the others.
#[derive(Clone, Debug)]
pub struct ShownGrant {
    pub held: Held,
    pub judged: Judged,
}

/// One identity as of a position.
#[derive(Clone, Debug)]
pub struct Detail {
    pub as_of: AsOf,
    pub facts: Facts,
    pub observed: Option<Record>,
    pub manual: Option<Record>,
    pub purpose: Option<Text>,
    pub keys: Vec<Key>,
    pub grants: Vec<ShownGrant>,
    pub totals: Totals,
    /// True where there are more grants than the page takes.
    pub cut: bool,
    /// The digest of the derived surface `permissions`; none without a grant.
    pub permissions: Option<String>,
    pub surfaces: Vec<ShownSurface>,
    pub tools: Vec<Tool>,
    pub credentials: Vec<Credential>,
    /// What came and went, newest first.
    pub timeline: Timeline,
    pub versions: Vec<Record>,
    pub people: HashMap<Uuid, String>,
    pub teams: HashMap<Uuid, String>,
    /// The texts that versions of the record name as purpose.
    pub purposes: HashMap<Uuid, Text>,
    pub may_redact: bool,
    /// Whether people may still be shown by name (today's rights).
    pub may_edit: bool,
}

/// Grants shown on one page, the weightiest; all of them are judged, up to a bound nobody should reach.
const GRANTS: usize = 1000;
const GRANTS_JUDGED: i64 = 1_000_000;

pub async fn show(services: &Services, who: &Principal, wanted: Wanted, id: Uuid) -> Result<Detail> {
    who.authorise(Action::ReadInventory)?;
    let mut reader = crate::asof::open(services, wanted).await?;
    let seq = reader.as_of.seq;
    let tx = &mut reader.tx;
    let facts = identities::facts_of(tx, id, seq).await?.ok_or(Error::NotFound("identity as of this position"))?;
    let records = identities::records_of(tx, id, seq).await?;
    let plane = |p: &str| records.iter().find(|r| r.plane == p).cloned();
    let (observed, manual) = (plane("observed"), plane("manual"));
    let purpose = match manual.as_ref().and_then(|m| m.purpose_id) {
        Some(blob) => Some(text(tx, Some(blob)).await?),
        None => None,
    };
    let held = grants::of_identity(tx, id, seq, GRANTS_JUDGED).await?;
    let permissions = surface::permissions_digest(held.iter().map(|h| {
        let set = h.set_name.as_deref().unwrap_or_default();
        (h.rule.content_key(), h.via.as_str(), h.via_name.as_str(), set)
    }));
    let (mut grants, totals) = judged(held, reader.as_of);
    let all = grants.len();
    if all > GRANTS {
        grants.sort_by(|a, b| a.held.source.cmp(&b.held.source).then(b.judged.classes.weight().cmp(&a.judged.classes.weight())));
        grants.truncate(GRANTS);
    }
    let mut shown = Vec::new();
    for surface in surfaces::of_identity(tx, id, seq).await? {
        let mut versions = Vec::new();
        for version in surfaces::versions(tx, surface.id, seq).await? {
            let text = text(tx, version.content_id).await?;
            versions.push((version, text));
        }
        shown.push(ShownSurface { surface, versions });
    }
    let versions = identities::versions_of(tx, id, seq).await?;
    let timeline = timeline::load(tx, who, id, seq, &shown, &versions).await?;
    let mut purposes = HashMap::new();
    for blob in versions.iter().filter_map(|v| v.purpose_id) {
        if let std::collections::hash_map::Entry::Vacant(slot) = purposes.entry(blob) {
            slot.insert(text(tx, Some(blob)).await?);
        }
    }
    let detail = Detail {
        as_of: reader.as_of,
        keys: store::external_keys::of_identity(tx, id, seq).await?,
        tools: surfaces::tools_of(tx, id, seq).await?,
        credentials: surfaces::credentials_of(tx, id, seq).await?,
        versions,
        purposes,
        teams: store::teams::all_at(tx, seq).await?.into_iter().map(|t| (t.id, t.name)).collect(),
        may_redact: who.may(Action::Redact),
        people: crate::ledger::names(tx, seq).await?,
        may_edit: who.may(Action::WriteInventory),
        facts,
        observed,
        manual,
        purpose,
        cut: all > grants.len(),
        grants,
        totals,
        permissions,
        surfaces: shown,
        timeline,
    };
    reader.close().await?;
    Ok(detail)
}

/// A grant whose end has passed is no access any more: judged at the instant, not at the position.
fn judged(held: Vec<Held>, as_of: AsOf) -> (Vec<ShownGrant>, Totals) {
    let live = |h: &Held| h.ends_at.is_none_or(|e| e > as_of.at.micros());
    let in_force: Vec<HeldRule<'_>> = held
        .iter()
        .filter(|h| live(h))
        .map(|h| HeldRule { rule: &h.rule, via: h.via, timed: h.ends_at.is_some_and(|e| e - as_of.at.micros() <= TIMED_AT_MOST) })
        .collect();
    let mut judgements = access::judge(&in_force, &mut Memory::default());
    let totals = access::totals(&in_force, &judgements);
    judgements.reverse();
    let alive: Vec<bool> = held.iter().map(live).collect();
    let shown = held
        .into_iter()
        .zip(alive)
        .map(|(held, alive)| ShownGrant { judged: if alive { judgements.pop().unwrap_or_default() } else { Judged::default() }, held })
        .collect();
    (shown, totals)
}

async fn text(tx: &mut Tx, blob: Option<Uuid>) -> Result<Text> {
    let Some(id) = blob else { return Ok(Text::NotKept) };
    Ok(match blobs::read(tx, id).await? {
        Some(Some(bytes)) => Text::Content(String::from_utf8_lossy(&bytes).into_owned()),
        Some(None) => Text::Redacted,
        None => Text::NotKept,
    })
}

pub(crate) fn store_since(since: i64) -> domain::facts::Value {
    domain::facts::Value::Int(since)
}

/// A day in microseconds, the longest a grant may be timed for without counting as standing.
pub(crate) const TIMED_AT_MOST: i64 = DAY;
