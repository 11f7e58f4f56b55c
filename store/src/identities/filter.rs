//! What a list of identities is narrowed to, how it is sorted and where its page starts.

use domain::identity::{Environment, Human, Kind, Lifecycle, Review};
use domain::ids::{IdentityId, PersonId, TeamId};
use domain::privilege::Class;

/// How a list is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    #[default]
    Name,
    /// Most privileged first.
    Privilege,
    /// Most grants first.
    Grants,
}

impl Sort {
    /// The word of an address.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "name" => Some(Self::Name),
            "privilege" => Some(Self::Privilege),
            "grants" => Some(Self::Grants),
            _ => None,
        }
    }
}

/// What a list is narrowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub kind: Option<Kind>,
    pub environment: Option<Environment>,
    /// A lower-cased term, taken literally.
    pub search: Option<String>,
    pub no_owner: bool,
    pub privileged: bool,
    pub with_platform: bool,
    pub only_platform: bool,
    /// Only what counts as an identity: neither people nor accounts that may be people's.
    pub without_people: bool,
    /// A source by its name; empty is no source, entered by hand.
    pub source: Option<String>,
    pub owner: Option<PersonId>,
    pub team: Option<TeamId>,
    pub review: Option<Review>,
    pub lifecycle: Option<Lifecycle>,
    /// Only identities with a grant of this class.
    pub class: Option<Class>,
    /// An account or namespace; empty is where the source says none.
    pub place: Option<String>,
    /// What a tag says of the owner.
    pub hint: Option<String>,
    /// Only those whose owner has left and nobody has taken over.
    pub orphaned: bool,
    /// Only those with an owner and without a backup.
    pub no_backup: bool,
    /// Only those with an owner and a backup.
    pub owned: bool,
    /// Only those that hold a grant of the kind.
    pub standing: bool,
    pub timed: bool,
    pub conditional: bool,
    pub denied: bool,
    /// Only those for whom a tag names an owner.
    pub hinted: bool,
    /// Only those that hold a grant with the wildcard mark.
    pub wildcard: bool,
    /// Accounts of people, or those that may be.
    pub human: Option<Human>,
}

impl Filter {
    /// The term, where nothing else narrows the list.
    pub(super) fn only_search(&self) -> Option<&str> {
        let others = Self { search: None, with_platform: false, ..self.clone() };
        if others == Self::default() { self.search.as_deref() } else { None }
    }
}

/// Where a page starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum After {
    Start,
    Name(String, IdentityId),
    Number(i64, IdentityId),
}
