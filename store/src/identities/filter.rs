//! What a list of identities is narrowed to, how it is sorted and where its page starts.

use domain::privilege::Class;
use uuid::Uuid;

/// How a list is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    Name,
    /// Most privileged first.
    Privilege,
    /// Most grants first.
    Grants,
}

/// What a list is narrowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub kind: Option<String>,
    pub environment: Option<String>,
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
    pub owner: Option<Uuid>,
    pub team: Option<Uuid>,
    pub review: Option<String>,
    pub lifecycle: Option<String>,
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
    /// Accounts of people, or those that may be.
    pub human: Option<String>,
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
    Name(String, Uuid),
    Number(i64, Uuid),
}
