//! The inventory: lists, one identity with everything it is made of, and entering or correcting the record
//! by hand (the manual plane; only a change request writes the baseline).

use crate::overview::ORGANISATION;
use crate::{Error, Principal, Result, Services, command, payload};
use domain::access::{self, Held as HeldRule, Judged, Memory, Totals};
use domain::asof::{AsOf, OPEN, Wanted};
use domain::identity::{Autonomy, Environment, Kind};
use domain::permission::{Action, Place};
use domain::surface;
use domain::text::{cut, folded};
use domain::time::DAY;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use store::db::Tx;
use store::external_keys::Key;
use store::grants::Held;
use store::identities::{After, Facts, Filter, Record, Sort};
use store::rows::Close;
use store::surfaces::{Credential, NewSurface, Surface, Tool};
use store::writer::{Command, CountDelta, Written};
use store::{blobs, counts, grants, identities, people, surfaces, tables};
use uuid::Uuid;

mod hand_over;
mod record;
mod settle;
mod timeline;

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

/// Shown: baseline, else entered by hand, else as a hint.
pub(crate) fn facts_from(observed: Option<&Record>, manual: Option<&Record>, source_environment: Option<&str>) -> Option<Facts> {
    let any = observed.or(manual)?;
    let hints: Map<String, Value> =
        observed.and_then(|o| o.hints.as_deref()).and_then(|h| serde_json::from_str(h).ok()).unwrap_or_default();
    let hint = |names: &[&str]| names.iter().find_map(|n| hints.get(*n)).and_then(Value::as_str).map(str::to_owned);
    let tagged = hint(&["environment", "env", "stage"]).and_then(|t| environment_word(&t));
    let by_hand = manual.and_then(|m| m.environment.clone()).or_else(|| source_environment.map(str::to_owned));
    let (environment, environment_from) = match (by_hand, tagged) {
        (Some(e), _) => (e, "manual"),
        (None, Some(e)) => (e.as_str().to_owned(), "hint"),
        (None, None) => ("unknown".to_owned(), "none"),
    };
    let name = manual.and_then(|m| m.name.clone()).or_else(|| observed.and_then(|o| o.name.clone())).unwrap_or_default();
    let kind = manual.and_then(|m| m.kind.clone()).or_else(|| observed.and_then(|o| o.kind.clone())).unwrap_or_default();
    let arn = hint(&["arn", "url"]).unwrap_or_default();
    Some(Facts {
        identity_id: any.id,
        since: 0,
        // Bounded, because both stand in an index: PostgreSQL takes at most 2,700 bytes of a row there.
        name_sort: cut(folded(&name), 400),
        search: cut(folded(&format!("{name} {arn}")), 1200),
        name,
        kind,
        environment,
        environment_from: environment_from.to_owned(),
        owner_id: manual.and_then(|m| m.owner_id),
        owner_hint: hint(&["owner", "team", "contact"]),
        lifecycle: manual.and_then(|m| m.lifecycle.clone()).unwrap_or_else(|| "active".to_owned()),
        review: "unreviewed".to_owned(),
        human: observed.and_then(|o| o.human.clone()),
        platform_managed: observed.and_then(|o| o.platform_managed).unwrap_or(0),
        source_id: observed.and_then(|o| o.source_id),
        grants: 0,
        standing: 0,
        timed: 0,
        denied: 0,
        conditional: 0,
        n_read: 0,
        n_write: 0,
        n_destructive: 0,
        n_admin: 0,
        n_secrets: 0,
        n_wildcard: 0,
        privilege: 0,
        surfaces: 0,
        team_id: manual.and_then(|m| m.team_id),
        backup_id: manual.and_then(|m| m.backup_id),
        place: place(hint(&["arn"]), hint(&["namespace"]), hint(&["account"])),
        owner_name: None,
    })
}

/// Where an identity stands within its source: the account of its ARN, or its namespace.
fn place(arn: Option<String>, namespace: Option<String>, account: Option<String>) -> Option<String> {
    let of_arn = arn.and_then(|a| a.split(':').nth(4).filter(|n| !n.is_empty()).map(str::to_owned));
    let account = of_arn.or(account).map(|a| format!("account {a}"));
    account.or_else(|| namespace.filter(|n| !n.is_empty()).map(|n| format!("namespace {n}"))).map(|p| cut(p, 200))
}

fn environment_word(text: &str) -> Option<Environment> {
    match text.to_lowercase().as_str() {
        "prod" | "production" | "live" => Some(Environment::Production),
        "test" | "staging" | "stage" | "qa" => Some(Environment::Test),
        "dev" | "development" | "sandbox" => Some(Environment::Development),
        _ => None,
    }
}

/// How the recorded counts move when an identity goes from one state to another.
#[derive(Default)]
pub(crate) struct Deltas(HashMap<String, i64>);

impl Deltas {
    pub(crate) fn moved(&mut self, before: Option<&Facts>, after: Option<&Facts>) {
        if let Some(f) = before {
            self.add(f, -1);
        }
        if let Some(f) = after {
            self.add(f, 1);
        }
    }

    fn add(&mut self, f: &Facts, sign: i64) {
        let mut one = |measure: String, n: i64| *self.0.entry(measure).or_default() += sign * n;
        match f.human.as_deref() {
            // People and those who may be people are shown apart; they are not counted as identities.
            Some("human") => one("identities.human".to_owned(), 1),
            Some("unclear") => one("identities.unclear".to_owned(), 1),
            _ => {
                one("identities".to_owned(), 1);
                one(format!("identities.kind.{}", f.kind), 1);
                one(format!("identities.environment.{}", f.environment), 1);
                one(format!("identities.review.{}", f.review), 1);
                match (f.owner_id, f.backup_id, &f.owner_hint) {
                    (Some(_), Some(_), _) => {}
                    (Some(_), None, _) => one("identities.no_backup".to_owned(), 1),
                    (None, _, hint) => {
                        one("identities.no_owner".to_owned(), 1);
                        one("identities.hinted".to_owned(), i64::from(hint.is_some()));
                    }
                }
                if f.n_admin + f.n_secrets + f.n_destructive + f.n_wildcard > 0 {
                    one("identities.privileged".to_owned(), 1);
                }
                if f.platform_managed == 1 {
                    one("identities.platform".to_owned(), 1);
                }
                one("grants".to_owned(), f.grants);
                one("grants.standing".to_owned(), f.standing);
                one("grants.timed".to_owned(), f.timed);
                one("grants.denied".to_owned(), f.denied);
                one("grants.conditional".to_owned(), f.conditional);
                for (class, n) in domain::privilege::Class::ALL.iter().zip(f.by_class()) {
                    one(format!("grants.class.{}", class.as_str()), n);
                }
            }
        }
    }

    pub(crate) fn into_counts(self) -> Vec<CountDelta> {
        let mut out: Vec<CountDelta> = self
            .0
            .into_iter()
            .filter(|(_, n)| *n != 0)
            .map(|(measure, delta)| CountDelta { scope: ORGANISATION.to_owned(), measure, delta })
            .collect();
        out.sort_by(|a, b| a.measure.cmp(&b.measure));
        out
    }
}

/// Closes the open facts row and opens the new one, where they differ.
pub(crate) fn replace_facts(c: &mut Command, before: Option<&Facts>, after: Option<&Facts>, batch: Option<Uuid>) {
    if let (Some(b), Some(a)) = (before, after)
        && b.same(a)
    {
        return;
    }
    if let Some(b) = before {
        let key = vec![b.identity_id.into(), store_since(b.since)];
        c.closes.push(Close { table: &tables::IDENTITY_FACTS, key });
    }
    if let Some(a) = after {
        c.opens.push(identities::facts_row(a, batch));
    }
}

pub(crate) fn store_since(since: i64) -> domain::facts::Value {
    domain::facts::Value::Int(since)
}

/// A day in microseconds, the longest a grant may be timed for without counting as standing.
pub(crate) const TIMED_AT_MOST: i64 = DAY;
