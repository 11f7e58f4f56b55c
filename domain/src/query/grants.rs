//! What lists of grants are asked.

use super::{OrNone, Term};
use crate::identity::{Environment, Human};
use crate::ids::{IdentityId, PermissionSetId, PersonId};
use crate::privilege::Class;

crate::words! {
    /// Whether grants of people are among them.
    People {
        With = "1", "with people's accounts";
    }
}

crate::filters! {
    /// What a list of grants is narrowed to. It holds what the counts count: grants in force that allow, each under its
    /// highest class; accounts known to be people's and denies only where they are asked for.
    Filter {
        /// With this highest class.
        class: Option<Class> = "class";
        /// Full control, admin, secrets or destructive.
        privileged: bool = "privileged";
        /// With the wildcard mark.
        wildcard: bool = "wildcard";
        /// Without an end, or with one more than a day away.
        standing: bool = "standing";
        /// Ends within a day.
        timed: bool = "timed";
        /// Under a condition.
        conditional: bool = "conditional";
        /// Grants that deny, and no others.
        denied: bool = "denied";
        /// In this environment.
        environment: Option<Environment> = "environment";
        /// Of identities without an owner.
        no_owner: bool = "no_owner";
        /// Of identities of this owner.
        owner: Option<PersonId> = "owner";
        /// Of identities that this source reports, by its name; - is entered manually.
        source: Option<OrNone> = "source";
        /// Granted by this policy, role or group.
        set: Option<PermissionSetId> = "set";
        /// Of this identity, a person's account or not.
        identity: Option<IdentityId> = "identity";
        /// A part of the identity's name or ARN.
        search: Option<Term> = "q";
        /// Of accounts of people, of others, or of those of which it is unclear.
        human: Option<Human> = "human";
        /// 1: grants of people's accounts among them.
        people: Option<People> = "people";
    } apart {
        ["no_owner", "owner"];
        ["standing", "timed"];
        ["people", "human"];
        ["denied", "class"];
        ["identity", "environment"];
        ["identity", "no_owner"];
        ["identity", "owner"];
        ["identity", "source"];
        ["identity", "q"];
        ["identity", "human"];
        ["identity", "people"];
    }
}

impl Filter {
    /// What the identities are narrowed to that may hold such grants.
    pub fn holders(&self) -> super::identities::Filter {
        use super::identities::{Filter, People, Platform, Sort};
        Filter {
            sort: Some(Sort::Privilege),
            environment: self.environment,
            search: self.search.clone(),
            no_owner: self.no_owner,
            owner: self.owner,
            privileged: self.privileged,
            class: self.class,
            wildcard: self.wildcard,
            standing: self.standing,
            timed: self.timed,
            conditional: self.conditional && !self.denied,
            denied: self.denied,
            source: self.source.clone(),
            human: self.human,
            people: (self.people.is_none() && self.human.is_none()).then_some(People::No),
            platform: Some(Platform::With),
            ..Filter::default()
        }
    }
}
