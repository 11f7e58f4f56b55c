//! What an identity has of its own, as it stands in the baseline and as operations put it: surfaces, tools, credentials,
//! envelopes and the reviews of its whole state. Texts stand apart and are named by their digest. It must not judge them.

use super::content::{Text, instant};
use crate::identity::Issuer;
use crate::ids::{IdentityId, SurfaceId};
use crate::surface::SurfaceKind;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A surface. The content of `permissions` and `tools` is derived: they have none here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Surface {
    pub identity: IdentityId,
    pub kind: SurfaceKind,
    /// In normal form.
    pub locator: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Text>,
}

/// A tool of a tools surface. The definition is the JSON that its server gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    pub identity: IdentityId,
    pub surface: SurfaceId,
    pub name: String,
    pub drift_key: String,
    pub definition: Text,
}

/// How an identity authenticates. Never the secret, nor a hash of a guessable one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    pub identity: IdentityId,
    pub method: String,
    pub key_id: String,
    pub issuer: Issuer,
    #[serde(default, with = "instant", skip_serializing_if = "Option::is_none")]
    pub issued_at: Option<Timestamp>,
    #[serde(default, with = "instant", skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Where it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<String>,
}

/// What a value may be. Numbers are decimal text, so that nothing is rounded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Range {
    Between { least: String, most: String },
    OneOf(BTreeSet<String>),
}

/// A range that people approved once: a text of one surface in which some values may move, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    pub identity: IdentityId,
    /// What may move, by its name in the text.
    pub values: BTreeMap<String, Range>,
    /// Digest of the rest of the text (`envelope::frame`): an envelope holds no longer than the text around its values.
    pub frame: String,
    #[serde(default, with = "instant", skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
}
