//! An entry as a receipt carries it: the text that was hashed, and the way from its leaf to the root of the checkpoint.

use super::row::hash;
use crate::ids::ChangeId;
use crate::json;
use crate::ledger::{Actor, ActorKind, Entry};
use crate::merkle::{self, Hash};
use crate::note::Checkpoint;
use crate::seq::Seq;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// An entry and the audit path of its leaf, each hash as hex.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaf {
    pub leaf: String,
    pub path: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    id: Option<String>,
    kind: String,
}

/// The members of a leaf of version 1.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    actor: Named,
    at: String,
    change: Option<String>,
    facts: String,
    payload: Value,
    seq: String,
    subject: Named,
    v: u8,
    verb: String,
}

/// An id that may be absent; an error where it is no id.
fn id(text: Option<String>) -> Result<Option<Uuid>, uuid::Error> {
    text.map(|text| Uuid::try_parse(&text)).transpose()
}

impl Leaf {
    /// The entry whose leaf this is; none where it is none of version 1.
    fn entry(&self) -> Option<Entry> {
        let read: Members = serde_json::from_str(&self.leaf).ok()?;
        let kind = ActorKind::parse(&read.actor.kind)?;
        let entry = Entry {
            seq: Seq(read.seq.parse().ok()?),
            at: Timestamp(read.at.parse().ok()?),
            actor: Actor { kind, id: id(read.actor.id).ok()? },
            verb: read.verb,
            subject_kind: read.subject.kind,
            subject_id: id(read.subject.id).ok()?,
            change_id: id(read.change).ok()?.map(ChangeId::new),
            payload: json::canonical(&read.payload).ok()?,
            facts: read.facts,
        };
        (read.v == 1 && entry.leaf_text() == self.leaf).then_some(entry)
    }

    /// The entry, once it is known to stand under the checkpoint.
    pub(super) fn under(&self, checkpoint: &Checkpoint) -> Option<Entry> {
        let entry = self.entry()?;
        let index = u64::try_from(entry.seq.get().checked_sub(1)?).ok()?;
        let path: Vec<Hash> = self.path.iter().map(|h| hash(h)).collect::<Option<_>>()?;
        let leaf = merkle::leaf_hash(self.leaf.as_bytes());
        merkle::verify_inclusion(&leaf, index, checkpoint.size, &path, &checkpoint.root).ok()?;
        Some(entry)
    }
}
