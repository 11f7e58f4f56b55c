//! Erasing a text while every proof still holds: what may be erased, and why.

use crate::ids::{self, Noun};
use uuid::Uuid;

crate::words! {
    /// Why a text is erased: a word and no free text, which would have to be erased in its turn.
    Reason {
        PersonalData = "personal_data", "it holds personal data";
        Secret = "secret", "it holds a secret";
        Legal = "legal", "an authority or a contract asks for it";
        Mistake = "mistake", "it was entered by mistake";
    }
}

/// What is erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Content and salt of a text.
    Blob(Uuid),
    /// Name and address of a person, in every version.
    Person(Uuid),
}

impl Subject {
    /// From the id as pages show it.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        // A plain UUID would fit either: the prefix has to say which.
        match text.split_once('_')?.0 {
            "blb" => ids::parse(Noun::Blob, text).ok().map(Self::Blob),
            "per" => ids::parse(Noun::Person, text).ok().map(Self::Person),
            _ => None,
        }
    }

    pub fn id(self) -> Uuid {
        match self {
            Self::Blob(id) | Self::Person(id) => id,
        }
    }

    /// The word in the ledger.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Blob(_) => "blob",
            Self::Person(_) => "person",
        }
    }

    pub fn of(kind: &str, id: Uuid) -> Option<Self> {
        match kind {
            "blob" => Some(Self::Blob(id)),
            "person" => Some(Self::Person(id)),
            _ => None,
        }
    }

    pub fn table(self) -> &'static str {
        match self {
            Self::Blob(_) => "blobs",
            Self::Person(_) => "person_versions",
        }
    }

    pub fn shown(self) -> String {
        match self {
            Self::Blob(id) => ids::show(Noun::Blob, id),
            Self::Person(id) => ids::show(Noun::Person, id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_says_what_is_erased() {
        let id = Uuid::from_u128(7);
        for subject in [Subject::Blob(id), Subject::Person(id)] {
            assert_eq!(Subject::parse(&subject.shown()), Some(subject));
        }
        assert_eq!(Subject::parse(&id.to_string()), None);
        assert_eq!(Subject::parse(&ids::show(Noun::Identity, id)), None);
    }
}
