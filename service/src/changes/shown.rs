//! What a reviewer is shown, as canonical JSON: everything a decision binds to. Its digest travels in the form, is signed
//! with the decision and kept beside it; the page can be rendered again from it. It holds nothing that differs between two
//! people or two minutes.

use super::load::digest_of;
use crate::{Error, Result};
use domain::change::candidate::Candidate;
use domain::change::effect::Effect;
use domain::change::operation::{Attribute, Operation};
use domain::change::route::Route;
use domain::change::state::Event;
use domain::ids::{BlobId, ChangeId, Noun, show};
use domain::ledger::ActorKind;
use domain::seq::Seq;
use serde::Serialize;
use std::collections::BTreeMap;
use store::changes::verdicts::ReviewEvent;
use store::changes::{self, Change};
use store::engine::db::Tx;
use store::{blobs, names};
use uuid::Uuid;

/// A text that somebody wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Written {
    Text(String),
    Erased,
}

/// Whoever acts, by id and by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Who {
    pub kind: ActorKind,
    /// `per_…` or `idn_…`; none of the server.
    pub id: Option<String>,
    pub name: String,
}

/// A question, an answer or an objection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Talk {
    pub event: Event,
    pub who: Who,
    pub text: Option<Written>,
}

/// Everything of a change that a decision binds to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shown {
    pub v: u8,
    pub change: ChangeId,
    /// Hex digest of the candidate.
    pub candidate: String,
    pub operations: Vec<Operation>,
    pub effect: Effect,
    /// What the lineage gained in 30 days, with this.
    pub sum: Option<Effect>,
    pub route: Route,
    pub asked_by: Who,
    pub drafted_by: Who,
    pub justification: Option<Written>,
    pub ticket: Option<String>,
    pub rollback: Option<Written>,
    pub undoes: Option<ChangeId>,
    pub talk: Vec<Talk>,
    /// Names of what operations and effect name by id.
    pub names: BTreeMap<String, String>,
    /// Texts that operations name by the id of their blob.
    pub texts: BTreeMap<String, Written>,
}

impl Shown {
    pub fn text(&self) -> Result<String> {
        domain::json::canonical(self).map_err(|e| Error::Internal(e.to_string()))
    }

    /// Hex SHA-256 of the text.
    pub fn digest(&self) -> Result<String> {
        digest_of(self)
    }
}

pub(super) async fn of(
    tx: &mut Tx,
    change: &Change,
    row: &changes::Candidate,
    candidate: &Candidate,
    sum: Option<Effect>,
    events: &[ReviewEvent],
) -> Result<Shown> {
    let mut talk = Vec::new();
    let said = |e: &&ReviewEvent| matches!(e.event, Event::Ask | Event::Answer | Event::Object);
    for event in events.iter().filter(said) {
        let who = who(tx, event.actor_kind, event.actor_id).await?;
        talk.push(Talk { event: event.event, who, text: written(tx, event.content_id).await? });
    }
    Ok(Shown {
        v: 1,
        change: change.id,
        candidate: row.digest.clone(),
        operations: candidate.operations.clone(),
        effect: candidate.effect.clone(),
        sum,
        route: candidate.route.clone(),
        asked_by: who(tx, change.asked_by_kind, change.asked_by_id).await?,
        drafted_by: who(tx, change.drafted_by_kind, change.drafted_by_id).await?,
        justification: written(tx, change.justification_id).await?,
        ticket: change.ticket.clone(),
        rollback: written(tx, change.rollback_id).await?,
        undoes: change.undoes_id,
        talk,
        names: named(tx, &row.text).await?,
        texts: texts(tx, &candidate.operations).await?,
    })
}

/// The purposes that operations state, in words: nobody agrees to a digest.
async fn texts(tx: &mut Tx, operations: &[Operation]) -> Result<BTreeMap<String, Written>> {
    let mut out = BTreeMap::new();
    for operation in operations {
        let named: Vec<BlobId> = match operation {
            Operation::Register(o) => o.record.purpose.iter().map(|text| text.blob).collect(),
            Operation::RecordSet(o) => o.attributes.iter().filter_map(purpose).collect(),
            _ => vec![],
        };
        for blob in named {
            out.extend(written(tx, Some(blob)).await?.map(|text| (blob.to_string(), text)));
        }
    }
    Ok(out)
}

fn purpose(attribute: &Attribute) -> Option<BlobId> {
    if let Attribute::Purpose(to) = attribute { to.as_ref().map(|text| text.blob) } else { None }
}

/// Whoever acted, by the name of today.
pub(super) async fn who(tx: &mut Tx, kind: ActorKind, id: Option<Uuid>) -> Result<Who> {
    let noun = if kind == ActorKind::Agent { Noun::Identity } else { Noun::Person };
    let known = match id {
        Some(id) => names::of(tx, noun, id, Seq::NOW).await?.and_then(|known| known.name),
        None => Some(kind.label().to_owned()),
    };
    let name = known.unwrap_or_else(|| if noun == Noun::Identity { "an identity".to_owned() } else { "an erased person".to_owned() });
    Ok(Who { kind, id: id.map(|id| show(noun, id)), name })
}

/// A text, or that it was erased; none where there never was one.
pub(super) async fn written(tx: &mut Tx, blob: Option<BlobId>) -> Result<Option<Written>> {
    let Some(blob) = blob else { return Ok(None) };
    Ok(blobs::read(tx, blob).await?.map(|content| match content {
        Some(bytes) => Written::Text(String::from_utf8_lossy(&bytes).into_owned()),
        None => Written::Erased,
    }))
}

/// The names of today of every id that a candidate's operations and effect hold.
pub(super) async fn named(tx: &mut Tx, text: &str) -> Result<BTreeMap<String, String>> {
    named_in(tx, text, &["operations", "effect"], Seq::NOW).await
}

/// The names of every id that members of a candidate's text hold, as of a position.
pub(super) async fn named_in(tx: &mut Tx, text: &str, members: &[&str], seq: Seq) -> Result<BTreeMap<String, String>> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(|e| Error::Internal(e.to_string()))?;
    let mut ids = Vec::new();
    for member in members {
        walk(value.get(member), &mut ids);
    }
    let mut out = BTreeMap::new();
    for (noun, id) in ids {
        if let Some(name) = names::of(tx, noun, id, seq).await?.and_then(|known| known.name) {
            out.insert(show(noun, id), name);
        }
    }
    Ok(out)
}

fn walk(value: Option<&serde_json::Value>, out: &mut Vec<(Noun, Uuid)>) {
    match value {
        Some(serde_json::Value::String(text)) => {
            let found = domain::ids::parse_any(text).or_else(|| holder(text));
            out.extend(found.filter(|f| !out.contains(f)));
        }
        Some(serde_json::Value::Array(list)) => list.iter().for_each(|v| walk(Some(v), out)),
        Some(serde_json::Value::Object(map)) => map.values().for_each(|v| walk(Some(v), out)),
        _ => {}
    }
}

/// Whose grant a match key names.
fn holder(text: &str) -> Option<(Noun, Uuid)> {
    let key = (text.len() == 75).then(|| domain::change::content::MatchKey(text.to_owned()))?;
    key.holder().map(|id| (Noun::Identity, id.uuid()))
}
