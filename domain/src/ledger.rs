//! The ledger entry: who did what to what, its canonical leaf, and the kinds of actors.
//! Old leaf versions stay readable for ever; a new shape is a new `v`.

use crate::ids::{self, Noun};
use crate::json;
use crate::merkle::{self, Hash};
use crate::time::Timestamp;
use uuid::Uuid;

/// Who acts. `Host` is a command on the machine, recorded as `host:<os user>` in the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActorKind {
    Person,
    Agent,
    Rule,
    Import,
    System,
    Host,
    Unknown,
}

impl ActorKind {
    pub const ALL: [Self; 7] = [Self::Person, Self::Agent, Self::Rule, Self::Import, Self::System, Self::Host, Self::Unknown];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Agent => "agent",
            Self::Rule => "rule",
            Self::Import => "import",
            Self::System => "system",
            Self::Host => "host",
            Self::Unknown => "unknown",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.as_str() == text)
    }
}

/// An actor: its kind, and an id where the kind has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    pub kind: ActorKind,
    pub id: Option<Uuid>,
}

impl Actor {
    pub const SYSTEM: Self = Self { kind: ActorKind::System, id: None };
    pub const HOST: Self = Self { kind: ActorKind::Host, id: None };

    pub fn person(id: Uuid) -> Self {
        Self { kind: ActorKind::Person, id: Some(id) }
    }

    /// An identity that acts for itself.
    pub fn agent(id: Uuid) -> Self {
        Self { kind: ActorKind::Agent, id: Some(id) }
    }
}

/// One entry, as stored. `payload` is canonical JSON text of an object, exactly as hashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub seq: i64,
    pub at: Timestamp,
    pub actor: Actor,
    pub verb: String,
    pub subject_kind: String,
    pub subject_id: Option<Uuid>,
    pub change_id: Option<Uuid>,
    pub payload: String,
    /// Hex of the facts digest.
    pub facts: String,
}

impl Entry {
    /// The RFC 8785 text of version 1. Members stand in their sorted order; `payload` is canonical
    /// already, so it is spliced in as it is. Times are strings: microseconds pass 2^53 in 2255.
    pub fn leaf_text(&self) -> String {
        let id = |id: Option<Uuid>| id.map_or_else(|| "null".to_owned(), |i| format!("\"{i}\""));
        format!(
            "{{\"actor\":{{\"id\":{},\"kind\":\"{}\"}},\"at\":\"{}\",\"change\":{},\"facts\":\"{}\",\"payload\":{},\"seq\":\"{}\",\"subject\":{{\"id\":{},\"kind\":{}}},\"v\":1,\"verb\":{}}}",
            id(self.actor.id),
            self.actor.kind.as_str(),
            self.at.micros(),
            id(self.change_id),
            self.facts,
            self.payload,
            self.seq,
            id(self.subject_id),
            json::canonical(&self.subject_kind).unwrap_or_default(),
            json::canonical(&self.verb).unwrap_or_default(),
        )
    }

    pub fn leaf_hash(&self) -> Hash {
        merkle::leaf_hash(self.leaf_text().as_bytes())
    }

    /// The subject as text: `identity idn_…`.
    pub fn subject(&self) -> String {
        let noun = match self.subject_kind.as_str() {
            "identity" => Noun::Identity,
            "person" => Noun::Person,
            "team" => Noun::Team,
            "group" => Noun::Group,
            "source" => Noun::Source,
            "import" => Noun::Import,
            "installation" => Noun::Installation,
            "token" => Noun::Token,
            "blob" => Noun::Blob,
            _ => Noun::Other,
        };
        self.subject_id.map_or_else(|| self.subject_kind.clone(), |id| ids::show(noun, id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Entry {
        Entry {
            seq: 7,
            at: Timestamp(1_790_000_000_000_001),
            actor: Actor::person(Uuid::from_u128(5)),
            verb: "identity.registered".to_owned(),
            subject_kind: "identity".to_owned(),
            subject_id: Some(Uuid::from_u128(9)),
            change_id: None,
            payload: "{\"name\":\"tool-scout\"}".to_owned(),
            facts: "00".repeat(32),
        }
    }

    #[test]
    fn the_leaf_is_canonical_json_and_for_ever() {
        let entry = sample();
        let value: serde_json::Value = serde_json::from_str(&entry.leaf_text()).expect("json");
        assert_eq!(json::canonical(&value).expect("canonical"), entry.leaf_text());
        assert_eq!(hex::encode(entry.leaf_hash()), "e8589ec312a74f6a9c8d9f8c82471c331376386a5212bef8e4045b719e3afda5");
    }
}
