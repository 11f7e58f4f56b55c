//! Requests that wait for a second person, and what was erased.

use super::ASKED;
use crate::{Read, Result};
use domain::asof::AsOf;
use domain::ids::PersonId;
use domain::permission::Action;
use domain::redaction::{Reason, Subject};
use domain::seq::Seq;
use domain::time::{DAY, Timestamp};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use store::ledger::Stored;
use store::redactions::{self, Redaction};
use uuid::Uuid;

/// How long a request may be confirmed.
const LIFE: i64 = 30 * DAY;

/// A request nobody has confirmed yet.
#[derive(Clone, Debug)]
pub struct Open {
    pub seq: Seq,
    pub at: Timestamp,
    pub subject: Subject,
    pub reason: Option<Reason>,
    pub by: PersonId,
    /// Whether the reader is the second person.
    pub may_confirm: bool,
}

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Page {
    pub as_of: AsOf,
    pub open: Vec<Open>,
    pub done: Vec<Redaction>,
    pub people: HashMap<PersonId, String>,
    pub may_ask: bool,
}

pub async fn page(read: &mut Read) -> Result<Page> {
    read.authorise(Action::ReadLedger)?;
    let (seq, as_of) = (read.seq(), read.as_of());
    let may_ask = read.who().may(Action::Redact) && read.is_now();
    let reader = read.who().person_id();
    let done = redactions::all_at(read.tx(), seq).await?;
    let gone: HashSet<Uuid> = done.iter().map(|d| d.subject_id).collect();
    let asked_for = redactions::asked(read.tx(), seq, ASKED).await?;
    let open = asked_for
        .iter()
        .filter_map(|s| asked(s, as_of.at))
        .filter(|o| !gone.contains(&o.subject.id()))
        .map(|o| Open { may_confirm: may_ask && reader.is_some_and(|p| p != o.by), ..o })
        .collect();
    let people = crate::ledger::names(read.tx(), seq).await?;
    Ok(Page { as_of, open, done, people, may_ask })
}

/// The request an entry holds, where it can still be confirmed.
pub(super) fn asked(stored: &Stored, now: Timestamp) -> Option<Open> {
    let e = &stored.entry;
    let subject = Subject::of(&e.subject_kind, e.subject_id?)?;
    let reason = serde_json::from_str::<Value>(&e.payload).ok()?.get("reason").and_then(|r| Reason::parse(r.as_str()?));
    let fresh = e.verb == ASKED && now.since(e.at) <= LIFE;
    fresh.then_some(Open { seq: e.seq, at: e.at, subject, reason, by: PersonId::new(e.actor.id?), may_confirm: false })
}
