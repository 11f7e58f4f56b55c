//! Requests that wait for a second person, and what was erased.

use super::ASKED;
use crate::{Error, Read, Result};
use domain::asof::AsOf;
use domain::ids::{IdentityId, Noun, PersonId};
use domain::permission::Action;
use domain::redaction::{Reason, Subject};
use domain::seq::Seq;
use domain::surface::SurfaceKind;
use domain::time::{DAY, Timestamp};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use store::ledger::Stored;
use store::names;
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
    /// What each of them is, by the id of its subject.
    pub targets: HashMap<Uuid, Target>,
    pub may_ask: bool,
}

/// What is to be erased, as a reader knows it.
#[derive(Clone, Debug)]
pub enum Target {
    /// The text of a surface of an identity, or, without a kind, its purpose.
    OfIdentity { id: IdentityId, name: String, kind: Option<SurfaceKind> },
    /// Name and email of somebody; none where they are gone already.
    Person(Option<String>),
    /// A text that no identity holds any more.
    Text,
}

async fn target(read: &mut Read, subject: Subject) -> Result<Target> {
    let seq = read.seq();
    let tx = read.tx();
    Ok(match subject {
        Subject::Person(id) => Target::Person(names::of(tx, Noun::Person, id.uuid(), seq).await?.and_then(|k| k.name)),
        Subject::Blob(id) => match redactions::whose(tx, id).await? {
            None => Target::Text,
            Some((id, kind)) => {
                let name = names::of(tx, Noun::Identity, id.uuid(), seq).await?.and_then(|k| k.name).unwrap_or_default();
                Target::OfIdentity { id, name, kind }
            }
        },
    })
}

/// Something that may be erased, for the form that asks for it: what it is, and the beginning of its text.
#[derive(Clone, Debug)]
pub struct Chosen {
    pub subject: Subject,
    pub target: Target,
    pub text: Option<String>,
}

/// Characters that the form shows of a text.
const SHOWN: usize = 600;

pub async fn chosen(read: &mut Read, subject: &str) -> Result<Chosen> {
    read.authorise(Action::Redact)?;
    let subject = Subject::parse(subject).ok_or(Error::NotFound("text"))?;
    let kept = match subject {
        Subject::Blob(id) => Some(store::blobs::read(read.tx(), id).await?.flatten().ok_or(Error::NotFound("text"))?),
        Subject::Person(_) => None,
    };
    let text = kept.map(|bytes| domain::text::capped(&String::from_utf8_lossy(&bytes), SHOWN));
    Ok(Chosen { subject, target: target(read, subject).await?, text })
}

/// One request that waits, for the page that confirms it.
pub async fn waiting(read: &mut Read, seq: Seq) -> Result<(Open, Chosen)> {
    read.authorise(Action::Redact)?;
    let open = page(read).await?.open.into_iter().find(|o| o.seq == seq).ok_or(Error::NotFound("erasure request"))?;
    let chosen = chosen(read, &open.subject.shown()).await?;
    Ok((open, chosen))
}

pub async fn page(read: &mut Read) -> Result<Page> {
    read.authorise(Action::ReadLedger)?;
    let (seq, as_of) = (read.seq(), read.as_of());
    let may_ask = read.who().may(Action::Redact) && read.is_now();
    let reader = read.who().person_id();
    let done = redactions::all_at(read.tx(), seq).await?;
    let gone: HashSet<Uuid> = done.iter().map(|d| d.subject_id).collect();
    let asked_for = redactions::asked(read.tx(), seq, ASKED).await?;
    let open: Vec<Open> = asked_for
        .iter()
        .filter_map(|s| asked(s, as_of.at))
        .filter(|o| !gone.contains(&o.subject.id()))
        .map(|o| Open { may_confirm: may_ask && reader.is_some_and(|p| p != o.by), ..o })
        .collect();
    let people = crate::ledger::names(read.tx(), seq).await?;
    let gone = done.iter().filter_map(|d| Subject::of(if d.subject_table == "blobs" { "blob" } else { "person" }, d.subject_id));
    let mut targets = HashMap::new();
    for subject in open.iter().map(|o| o.subject).chain(gone) {
        targets.insert(subject.id(), target(read, subject).await?);
    }
    Ok(Page { as_of, open, done, people, targets, may_ask })
}

/// The request an entry holds, where it can still be confirmed.
pub(super) fn asked(stored: &Stored, now: Timestamp) -> Option<Open> {
    let e = &stored.entry;
    let subject = Subject::of(&e.subject_kind, e.subject_id?)?;
    let reason = serde_json::from_str::<Value>(&e.payload).ok()?.get("reason").and_then(|r| Reason::parse(r.as_str()?));
    let fresh = e.verb == ASKED && now.since(e.at) <= LIFE;
    fresh.then_some(Open { seq: e.seq, at: e.at, subject, reason, by: PersonId::new(e.actor.id?), may_confirm: false })
}
