//! What lists of identities are asked.

use super::{OrNone, Term};
use crate::identity::{Criticality, Environment, Human, Kind, Lifecycle, Review};
use crate::ids::{PersonId, TeamId};
use crate::privilege::Class;

crate::words! {
    /// In which order.
    Sort {
        Name = "name", "by name";
        Privilege = "privilege", "most privileged first";
        Grants = "grants", "most grants first";
    }
}

crate::words! {
    /// Whether accounts of people are among them.
    People {
        No = "no", "without people";
    }
}

crate::words! {
    /// Whether what the platform manages is among them.
    Platform {
        With = "1", "with platform-managed identities";
        Only = "only", "platform-managed identities only";
    }
}

crate::filters! {
    /// What a list of identities is narrowed to.
    Filter {
        /// By name, by highest privilege or by number of grants.
        sort: Option<Sort> = "sort";
        /// Of this kind.
        kind: Option<Kind> = "kind";
        /// In this environment.
        environment: Option<Environment> = "environment";
        /// Of this criticality.
        criticality: Option<Criticality> = "criticality";
        /// A part of the name or ARN.
        search: Option<Term> = "q";
        /// Without an owner.
        no_owner: bool = "no_owner";
        /// With an owner and no backup owner.
        no_backup: bool = "no_backup";
        /// With an owner and a backup owner.
        owned: bool = "owned";
        /// With an owner who has left.
        orphaned: bool = "orphaned";
        /// A tag suggests an owner.
        hinted: bool = "hinted";
        /// Owned by this person.
        owner: Option<PersonId> = "owner";
        /// Owned by this team.
        team: Option<TeamId> = "team";
        /// The owner a tag suggests.
        hint: Option<String> = "hint";
        /// Holds full control, admin, secrets or destructive access.
        privileged: bool = "privileged";
        /// Holds a grant whose highest class is this.
        class: Option<Class> = "class";
        /// Holds a grant with the wildcard mark.
        wildcard: bool = "wildcard";
        /// Holds a grant that never expires, or not within a day.
        standing: bool = "standing";
        /// Holds a grant that expires within a day.
        timed: bool = "timed";
        /// Holds a grant under a condition.
        conditional: bool = "conditional";
        /// Holds a grant that denies access.
        denied: bool = "denied";
        /// From this source, by its name: - is entered manually.
        source: Option<OrNone> = "source";
        /// In this account or namespace, as the field `place` says it: - is none.
        place: Option<OrNone> = "place";
        /// Of this state of review.
        review: Option<Review> = "review";
        /// In this state.
        lifecycle: Option<Lifecycle> = "lifecycle";
        /// Accounts of people, of machines, or unclassified ones.
        human: Option<Human> = "human";
        /// Machines only.
        people: Option<People> = "people";
        /// 1: with platform-managed identities, only: nothing else.
        platform: Option<Platform> = "platform";
    } apart {
        ["no_owner", "no_backup", "owned"];
        ["no_owner", "owner"];
        ["orphaned", "owner", "owned", "no_backup"];
        ["people=no", "human=human"];
    }
}

impl Filter {
    /// The term, where nothing else narrows the list or changes its order.
    pub fn only_search(&self) -> Option<&Term> {
        let by_name = self.sort.is_none_or(|s| s == Sort::Name);
        let others = Self { search: None, sort: None, platform: None, ..self.clone() };
        let plain = by_name && self.platform != Some(Platform::Only) && others == Self::default();
        if plain { self.search.as_ref() } else { None }
    }

    /// True where the list is narrowed, whatever its order.
    pub fn is_narrowed(&self) -> bool {
        Self { sort: None, ..self.clone() } != Self::default()
    }
}
