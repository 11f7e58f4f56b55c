//! Erasing a text while every proof still holds: what may be erased, and why.

use crate::ids::{BlobId, PersonId};
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

impl Reason {
    /// The reason as a noun, for the end of a sentence.
    pub fn noun(self) -> &'static str {
        match self {
            Self::PersonalData => "personal data",
            Self::Secret => "a secret",
            Self::Legal => "a legal request",
            Self::Mistake => "entered by mistake",
        }
    }
}

/// What is erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Content and salt of a text.
    Blob(BlobId),
    /// Name and address of a person, in every version.
    Person(PersonId),
}

impl Subject {
    /// From the id as pages show it.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        BlobId::parse(text).map(Self::Blob).or_else(|_| PersonId::parse(text).map(Self::Person)).ok()
    }

    pub fn id(self) -> Uuid {
        match self {
            Self::Blob(id) => id.uuid(),
            Self::Person(id) => id.uuid(),
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
            "blob" => Some(Self::Blob(BlobId::new(id))),
            "person" => Some(Self::Person(PersonId::new(id))),
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
            Self::Blob(id) => id.to_string(),
            Self::Person(id) => id.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_says_what_is_erased() {
        let id = Uuid::from_u128(7);
        for subject in [Subject::Blob(BlobId::new(id)), Subject::Person(PersonId::new(id))] {
            assert_eq!(Subject::parse(&subject.shown()), Some(subject));
        }
        assert_eq!(Subject::parse(&id.to_string()), None);
        assert_eq!(Subject::parse(&crate::ids::IdentityId::new(id).to_string()), None);
    }
}
