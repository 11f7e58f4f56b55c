//! Redactions: one person asks, another confirms, and content and salt are gone while every proof holds.
//! The request is a ledger entry; there is no other place where it could be changed.

use crate::{Error, Principal, Result, Services, command, payload};
use domain::asof::{AsOf, OPEN, Wanted};
use domain::permission::Action;
use domain::redaction::{Reason, Subject};
use domain::time::DAY;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use store::ledger::Stored;
use store::redactions::{self, Redaction};
use store::writer::Written;
use store::{ledger, people};
use uuid::Uuid;

pub const ASKED: &str = "redaction.asked";
/// How long a request may be confirmed.
const LIFE: i64 = 30 * DAY;

/// A request nobody has confirmed yet.
#[derive(Clone, Debug)]
pub struct Open {
    pub seq: i64,
    pub at: i64,
    pub subject: Subject,
    pub reason: Option<Reason>,
    pub by: Uuid,
    /// Whether the reader is the second person.
    pub may_confirm: bool,
}

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Page {
    pub as_of: AsOf,
    pub open: Vec<Open>,
    pub done: Vec<Redaction>,
    pub people: HashMap<Uuid, String>,
    pub may_ask: bool,
}

pub async fn page(services: &Services, who: &Principal, wanted: Wanted) -> Result<Page> {
    who.authorise(Action::ReadLedger)?;
    let mut reader = crate::asof::open(services, wanted).await?;
    let (seq, at) = (reader.as_of.seq, reader.as_of.at.micros());
    let may_ask = who.may(Action::Redact) && reader.is_now();
    let done = redactions::all_at(&mut reader.tx, seq).await?;
    let gone: HashSet<Uuid> = done.iter().map(|d| d.subject_id).collect();
    let open = redactions::asked(&mut reader.tx, seq, ASKED).await?;
    let open = open
        .iter()
        .filter_map(|s| asked(s, at))
        .filter(|o| !gone.contains(&o.subject.id()))
        .map(|o| Open { may_confirm: may_ask && who.person_id().is_some_and(|p| p != o.by), ..o })
        .collect();
    let people = crate::ledger::names(&mut reader.tx, seq).await?;
    let as_of = reader.as_of;
    reader.close().await?;
    Ok(Page { as_of, open, done, people, may_ask })
}

/// The request an entry holds, where it can still be confirmed.
fn asked(stored: &Stored, now: i64) -> Option<Open> {
    let e = &stored.entry;
    let subject = Subject::of(&e.subject_kind, e.subject_id?)?;
    let reason = serde_json::from_str::<Value>(&e.payload).ok()?.get("reason").and_then(|r| Reason::parse(r.as_str()?));
    let fresh = e.verb == ASKED && now - e.at.micros() <= LIFE;
    fresh.then_some(Open { seq: e.seq, at: e.at.micros(), subject, reason, by: e.actor.id?, may_confirm: false })
}

pub async fn ask(services: &Services, who: &Principal, subject: &str, reason: &str) -> Result<Written> {
    who.authorise(Action::Redact)?;
    if who.person_id().is_none() {
        return Err(Error::Forbidden(Action::Redact));
    }
    let subject = Subject::parse(subject)
        .ok_or_else(|| Error::invalid("subject", "write the id of a text (blb_…) or of a person (per_…), as pages show it"))?;
    let reason = Reason::parse(reason).ok_or_else(|| Error::invalid("reason", "choose why it is erased"))?;
    may_go(services, subject).await?;
    let mut c = command(who, ASKED, subject.kind(), Some(subject.id()));
    c.payload = payload(who, json!({ "reason": reason.as_str() }))?;
    services.write(c).await
}

/// Carries a request out. The second person is another one than the first; the database insists as well.
pub async fn confirm(services: &Services, who: &Principal, seq: i64) -> Result<Written> {
    who.authorise(Action::Redact)?;
    let second = who.person_id().ok_or(Error::Forbidden(Action::Redact))?;
    let mut tx = services.db.snapshot().await?;
    let entry = ledger::range(&mut tx, seq - 1, seq, 1).await?.pop();
    tx.rollback().await?;
    let open = entry.and_then(|e| asked(&e, services.clock.now().micros())).ok_or(Error::NotFound("request for a redaction"))?;
    let reason = open.reason.ok_or(Error::NotFound("request for a redaction"))?;
    if open.by == second {
        return Err(Error::Conflict("you asked for it; somebody else has to confirm".to_owned()));
    }
    may_go(services, open.subject).await?;
    let mut c = command(who, "redaction.carried_out", open.subject.kind(), Some(open.subject.id()));
    c.opens.push(redactions::row(services.ids.next(), open.subject, reason.as_str(), open.by, second));
    c.erases.push(open.subject);
    c.payload = payload(who, json!({ "asked": open.seq, "reason": reason.as_str() }))?;
    services.write(c).await
}

async fn may_go(services: &Services, subject: Subject) -> Result<()> {
    let mut tx = services.db.snapshot().await?;
    let stands = redactions::stands(&mut tx, subject).await?;
    let active = match subject {
        Subject::Person(id) => people::by_id(&mut tx, id, OPEN - 1).await?.is_some_and(|p| p.state != "deactivated"),
        Subject::Blob(_) => false,
    };
    tx.rollback().await?;
    if active {
        return Err(Error::invalid("subject", "this person can still sign in or join; lock the account first"));
    }
    if stands { Ok(()) } else { Err(Error::invalid("subject", "nothing stands there, or it is erased already")) }
}
