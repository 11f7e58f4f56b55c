//! A store that came back from the past: finding that it did, saying what is missing, and accepting it. The state is one
//! text in the head row: none, or what is missing (`domain::restored`). From the first on nothing is read and nothing
//! written but by this module and by signing in; the last acceptance takes the text away.

mod act;
mod found;
mod read;

pub use act::accept;
pub use found::{Found, Outside, Witness, examine, mark};
pub use read::{Accepted, Loss, Offer, Page, losses, page, state};
/// What a sink has confirmed: the largest checkpoint, and how many it holds.
pub use store::engine::sinks::Confirmed;

pub(crate) use found::outside;
pub(crate) use read::read;

/// What is stored of a restored store.
pub use domain::restored::Statement;

use crate::sessions::{mac, same};
use crate::{Result, Services};
use domain::ids::PersonId;
use domain::json;
use domain::ledger::Actor;
use domain::restored::Step;
use domain::seq::Seq;
use domain::time::Timestamp;
use serde::Deserialize;
use store::engine::db::Tx;
use store::engine::head;
use store::ledger::{self, Which};

/// The verb of an acceptance; `Require::Restored` counts it.
const VERB: &str = "restored.accepted";
/// More acceptances than any store has.
const MOST: i64 = 1_000;

/// An acceptance as its entry holds it.
#[derive(Deserialize)]
struct Payload {
    statement: Statement,
    step: Step,
    tag: String,
}

/// An acceptance that this installation wrote.
struct Acceptance {
    seq: Seq,
    at: Timestamp,
    by: Option<PersonId>,
    statement: Statement,
    step: Step,
}

/// Keyed outside the database: who writes entries behind our back accepts nothing.
fn tag(key: &[u8; 32], who: Actor, statement: &Statement, step: Step) -> String {
    let who = who.id.map(|id| id.to_string()).unwrap_or_default();
    let step = serde_json::to_string(&step).unwrap_or_default();
    mac(key, &[VERB, &who, &json::sha256_hex(statement.to_text().as_bytes()), &step])
}

/// Every genuine acceptance, newest first.
async fn acceptances(tx: &mut Tx, key: &[u8; 32]) -> Result<Vec<Acceptance>> {
    let newest = (domain::query::ledger::Order::Newest, Seq::OPEN);
    let entries = ledger::page(tx, newest, Seq::NOW, MOST, &Which::verb(VERB)).await?;
    Ok(entries.iter().filter_map(|stored| genuine(stored, key)).collect())
}

fn genuine(stored: &ledger::Stored, key: &[u8; 32]) -> Option<Acceptance> {
    let entry = &stored.entry;
    let Payload { statement, step, tag: found } = serde_json::from_str(&entry.payload).ok()?;
    let by = entry.actor.id.map(PersonId::new);
    same(&found, &tag(key, entry.actor, &statement, step)).then_some(Acceptance { seq: entry.seq, at: entry.at, by, statement, step })
}

/// True where people, or whoever was there, accepted what is missing: the epoch of that, or a later one.
pub(crate) async fn is_ended(tx: &mut Tx, key: &[u8; 32], epoch: i64) -> Result<bool> {
    Ok(acceptances(tx, key).await?.iter().any(|a| a.step.ends() && a.statement.epoch >= epoch))
}

/// True where an acceptance was written after a row: every token of before is void with it.
pub(crate) async fn any_after(tx: &mut Tx, seq: Seq) -> Result<bool> {
    let newest = (domain::query::ledger::Order::Newest, Seq::OPEN);
    let last = ledger::page(tx, newest, Seq::NOW, 1, &Which::verb(VERB)).await?;
    Ok(last.first().is_some_and(|stored| stored.entry.seq > seq))
}

/// The newest checkpoint, which may leave the machine. None of a restored store: until people accept what is missing, the
/// newer copy may still come back, and nothing outside may contradict that one.
pub async fn leaving(services: &Services) -> Result<Option<String>> {
    let mut tx = services.db.snapshot().await?;
    let head = head::known(&mut tx).await?;
    let note = match head.restored {
        None => ledger::checkpoint_at(&mut tx, head.seq).await?.map(|c| c.note),
        Some(_) => None,
    };
    tx.rollback().await?;
    Ok(note)
}

/// Puts on record what a sink has confirmed.
pub async fn confirm(services: &Services, confirmed: &Confirmed) -> Result<()> {
    let mac = confirmed_mac(&services.keys.mac, confirmed);
    Ok(store::engine::sinks::confirm(&services.db, &Confirmed { mac, ..confirmed.clone() }).await?)
}

fn confirmed_mac(key: &[u8; 32], c: &Confirmed) -> String {
    mac(key, &["sink", &c.place, &c.epoch.to_string(), &c.seq.to_string(), &c.note, &c.notes.to_string()])
}

/// Fails where the store is restored: whoever asked for something long asked another store.
pub(crate) async fn refuse(services: &Services) -> Result<()> {
    let mut tx = services.db.snapshot().await?;
    let moment = services.moment(&mut tx).await?;
    tx.rollback().await?;
    moment.whole()
}
