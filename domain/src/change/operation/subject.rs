//! What a suspension is about, as operations and columns name it.

use crate::change::content::MatchKey;
use crate::ids::{IdentityId, SourceId};
use serde::{Deserialize, Serialize};

crate::words! {
    /// Of which kind is what a suspension takes out of the live plane.
    SubjectKind {
        Grant = "grant", "a grant";
        Identity = "identity", "an identity";
        Source = "source", "a source";
    }
}

/// What a suspension takes out of the live plane.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case", deny_unknown_fields)]
pub enum Subject {
    Grant(MatchKey),
    Identity(IdentityId),
    Source(SourceId),
}

impl Subject {
    pub fn kind(&self) -> SubjectKind {
        match self {
            Self::Grant(_) => SubjectKind::Grant,
            Self::Identity(_) => SubjectKind::Identity,
            Self::Source(_) => SubjectKind::Source,
        }
    }

    /// Which of its kind: a match key or an id.
    pub fn of(&self) -> String {
        match self {
            Self::Grant(key) => key.0.clone(),
            Self::Identity(id) => id.to_string(),
            Self::Source(id) => id.to_string(),
        }
    }

    /// Reads the two columns of a suspension; none where they name nothing that could be.
    pub fn parse(kind: SubjectKind, of: &str) -> Option<Self> {
        match kind {
            SubjectKind::Grant => Some(Self::Grant(MatchKey(of.to_owned()))),
            SubjectKind::Identity => IdentityId::parse(of).ok().map(Self::Identity),
            SubjectKind::Source => SourceId::parse(of).ok().map(Self::Source),
        }
    }
}
