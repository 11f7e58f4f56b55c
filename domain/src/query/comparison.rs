//! What a comparison of two moments is asked.

use super::Choice;
use crate::difference::{How, Thing};
use crate::ids::{IdentityId, SourceId};

/// What is compared, where it is not everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    Identity(IdentityId),
    Source(SourceId),
}

impl Choice for About {
    const REFUSED: &'static str = "is no ID of an identity or a source";

    fn read(text: &str) -> Option<Self> {
        let identity = IdentityId::parse(text).map(Self::Identity);
        identity.or_else(|_| SourceId::parse(text).map(Self::Source)).ok()
    }
}

crate::filters! {
    /// What a comparison is of, and what it is narrowed to.
    Filter {
        /// The moment to compare with, in any form that `as_of` takes.
        against: Option<String> = "against";
        /// Only this identity, or the identities of this source, by its ID.
        of: Option<About> = "of";
        /// Only things of this kind.
        thing: Option<Thing> = "thing";
        /// Only what was added, removed or changed.
        how: Option<How> = "how";
    } apart {}
}
