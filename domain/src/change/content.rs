//! What operations are about, as it stands in the baseline: a grant with its terms, a record, a resource, a key. One shape
//! for what is asked for and for what is there, so that both are compared. No row ids, no positions.

use crate::identity::{Autonomy, Criticality, Environment, Human, Kind};
use crate::ids::{BlobId, IdentityId, PermissionSetId, PersonId, SourceId, SurfaceId, TeamId};
use crate::locator::LocatorKind;
use crate::resource::DataClass;
use crate::rule::{Rule, Via};
use crate::time::Timestamp;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// What names a grant in every plane: holder, source, path, permission set and rule; never its terms. 32 characters of the
/// holder's id, then the digest of the rest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MatchKey(pub String);

/// What a grant is bound to. Uses are counted along the line of a match key.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    #[serde(default, with = "instant", skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<Timestamp>,
    #[serde(default, with = "instant", skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_uses: Option<u32>,
    /// Surfaces whose change suspends it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub bound_to: BTreeSet<SurfaceId>,
}

impl MatchKey {
    /// Whose grant it names; none where it is no match key.
    pub fn holder(&self) -> Option<IdentityId> {
        let id = self.0.get(..32)?;
        uuid::Uuid::try_parse(id).ok().map(IdentityId::new)
    }
}

impl Terms {
    /// True where whoever has these has no more than whoever has `outer`, in time, uses and bindings. Limited uses hold only
    /// what is counted with them: the same line.
    pub fn within(&self, outer: &Self, same_line: bool) -> bool {
        let starts = outer.starts_at.is_none_or(|from| self.starts_at.is_some_and(|own| own >= from));
        let ends = outer.ends_at.is_none_or(|end| self.ends_at.is_some_and(|own| own <= end));
        let uses = outer.max_uses.is_none_or(|most| same_line && self.max_uses.is_some_and(|own| own <= most));
        starts && ends && uses && outer.bound_to.is_subset(&self.bound_to)
    }

    /// How long access by these lasts, in microseconds; none where it has no end.
    pub fn lasts(&self, now: Timestamp) -> Option<i64> {
        self.ends_at.map(|end| end.since(self.starts_at.map_or(now, |start| start.max(now))).max(0))
    }
}

/// The permission set a grant goes through: its id, and kind and key, which name it in every plane.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetRef {
    pub id: PermissionSetId,
    pub kind: String,
    pub key: String,
}

/// One rule held by one identity through one path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    pub identity: IdentityId,
    pub source: SourceId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<SetRef>,
    pub via: Via,
    pub via_name: String,
    pub rule: Rule,
    #[serde(default)]
    pub terms: Terms,
}

impl Grant {
    /// Its match key, as the importer writes it.
    pub fn key(&self) -> MatchKey {
        let (kind, key) = self.set.as_ref().map(|set| (set.kind.as_str(), set.key.as_str())).unwrap_or_default();
        let source = self.source.uuid().simple().to_string();
        let mut text = String::with_capacity(240);
        for part in [source.as_str(), self.via.as_str(), &self.via_name, kind, key, &self.rule.content_key()] {
            // Lengths keep two parts from reading as one.
            text.push_str(&part.len().to_string());
            text.push(':');
            text.push_str(part);
        }
        MatchKey(format!("{}{}", self.identity.uuid().simple(), URL_SAFE_NO_PAD.encode(Sha256::digest(text.as_bytes()))))
    }
}

/// How a source names an identity; it belongs to one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExternalKey {
    pub source: SourceId,
    pub kind: String,
    pub key: String,
}

/// A text that stands apart, so that it can be erased: its blob, hex SHA-256 and length in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    pub blob: BlobId,
    pub sha256: String,
    pub bytes: u64,
}

/// The record of an identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    pub name: String,
    pub kind: Kind,
    pub environment: Environment,
    pub criticality: Criticality,
    pub owner: Option<PersonId>,
    pub backup: Option<PersonId>,
    pub team: Option<TeamId>,
    pub autonomy: Option<Autonomy>,
    pub purpose: Option<Text>,
    pub human: Option<Human>,
    pub parent: Option<IdentityId>,
}

/// The record of a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    pub name: String,
    pub kind: LocatorKind,
    /// In normal form.
    pub pattern: String,
    pub owner: Option<PersonId>,
    pub criticality: Criticality,
    pub data_class: DataClass,
    pub environment: Environment,
}

/// The same of an instant that is always there.
pub mod moment {
    use crate::time::Timestamp;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    pub fn serialize<S: Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        at.rfc3339().serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        Timestamp::parse(&String::deserialize(from)?).map_err(de::Error::custom)
    }
}

/// Instants as RFC 3339 text: a change is read by people, and microseconds pass what a double holds.
pub mod instant {
    use crate::time::Timestamp;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    #[allow(clippy::ref_option, reason = "serde asks for this signature")]
    pub fn serialize<S: Serializer>(at: &Option<Timestamp>, to: S) -> Result<S::Ok, S::Error> {
        at.map(Timestamp::rfc3339).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| Timestamp::parse(&text).map_err(de::Error::custom)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_lie_within_others_in_time_uses_and_bindings() {
        let at = |n: i64| Some(Timestamp(n));
        let of = |starts_at, ends_at, max_uses, bound: &[u128]| Terms {
            starts_at,
            ends_at,
            max_uses,
            bound_to: bound.iter().map(|n| SurfaceId::new(uuid::Uuid::from_u128(*n))).collect(),
        };
        let free = Terms::default();
        for (inner, outer, same_line, expected) in [
            (free.clone(), free.clone(), false, true),
            (of(None, at(5), None, &[]), free.clone(), false, true),
            (free.clone(), of(None, at(5), None, &[]), false, false),
            (of(None, at(6), None, &[]), of(None, at(5), None, &[]), true, false),
            (of(at(2), at(5), None, &[]), of(at(1), at(5), None, &[]), false, true),
            (of(None, at(5), None, &[]), of(at(1), at(5), None, &[]), false, false),
            (of(None, None, Some(3), &[]), of(None, None, Some(3), &[]), true, true),
            (of(None, None, Some(3), &[]), of(None, None, Some(3), &[]), false, false),
            (of(None, None, Some(3), &[]), free.clone(), false, true),
            (free.clone(), of(None, None, None, &[1]), true, false),
            (of(None, None, None, &[1, 2]), of(None, None, None, &[1]), true, true),
        ] {
            assert_eq!(inner.within(&outer, same_line), expected, "{inner:?} in {outer:?}, one line: {same_line}");
        }
        assert_eq!((free.lasts(Timestamp(1)), of(at(4), at(9), None, &[]).lasts(Timestamp(1))), (None, Some(5)));
    }
}
