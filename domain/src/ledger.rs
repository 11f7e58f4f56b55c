//! The ledger entry: who did what to what, its canonical leaf, and the kinds of actors.
//! Old leaf versions stay readable for ever; a new shape is a new `v`.

use crate::ids::{self, ChangeId, IdentityId, Noun, PersonId};
use crate::json;
use crate::merkle::{self, Hash};
use crate::seq::Seq;
use crate::time::Timestamp;
use uuid::Uuid;

crate::words! {
    /// Who acts. `Host` is a command on the machine; the facts name its user.
    ActorKind {
        Person = "person", "person";
        Agent = "agent", "agent";
        Rule = "rule", "rule";
        Import = "import", "import";
        System = "system", "the server";
        Host = "host", "server command line";
        Unknown = "unknown", "unknown";
    }
}

/// Whom entries name as the user of the machine where the one-time setup link was used.
pub const SETUP_LINK: &str = "set-up link";

/// An actor: its kind, and an id where the kind has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    pub kind: ActorKind,
    pub id: Option<Uuid>,
}

impl Actor {
    pub const SYSTEM: Self = Self { kind: ActorKind::System, id: None };
    pub const HOST: Self = Self { kind: ActorKind::Host, id: None };

    /// The id as text; none of the system and of the machine.
    pub fn shown(self) -> Option<String> {
        let noun = if self.kind == ActorKind::Agent { Noun::Identity } else { Noun::Person };
        self.id.map(|id| ids::show(noun, id))
    }

    pub fn person(id: PersonId) -> Self {
        Self { kind: ActorKind::Person, id: Some(id.uuid()) }
    }

    /// An identity that acts for itself.
    pub fn agent(id: IdentityId) -> Self {
        Self { kind: ActorKind::Agent, id: Some(id.uuid()) }
    }
}

/// One entry, as stored. `payload` is canonical JSON text of an object, exactly as hashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub seq: Seq,
    pub at: Timestamp,
    pub actor: Actor,
    pub verb: String,
    pub subject_kind: String,
    pub subject_id: Option<Uuid>,
    pub change_id: Option<ChangeId>,
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
            id(self.change_id.map(ChangeId::uuid)),
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
        let noun = Noun::called(&self.subject_kind).unwrap_or(Noun::Other);
        self.subject_id.map_or_else(|| self.subject_kind.clone(), |id| ids::show(noun, id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Entry {
        Entry {
            seq: Seq(7),
            at: Timestamp(1_790_000_000_000_001),
            actor: Actor::person(PersonId::new(Uuid::from_u128(5))),
            verb: "identity.registered".to_owned(),
            subject_kind: "identity".to_owned(),
            subject_id: Some(Uuid::from_u128(9)),
            change_id: None,
            payload: "{\"name\":\"tool-scout\"}".to_owned(),
            facts: "00".repeat(32),
        }
    }

    #[test]
    fn a_subject_is_shown_with_the_prefix_of_its_noun() {
        let shown = |kind: &str| Entry { subject_kind: kind.to_owned(), ..sample() }.subject()[..4].to_owned();
        assert_eq!(["identity", "resource", "batch", "external_key", "weather"].map(shown), ["idn_", "res_", "bat_", "key_", "row_"]);
    }

    #[test]
    fn the_leaf_is_canonical_json_and_for_ever() {
        let entry = sample();
        let value: serde_json::Value = serde_json::from_str(&entry.leaf_text()).expect("json");
        assert_eq!(json::canonical(&value).expect("canonical"), entry.leaf_text());
        assert_eq!(hex::encode(entry.leaf_hash()), "e8589ec312a74f6a9c8d9f8c82471c331376386a5212bef8e4045b719e3afda5");
    }
}
