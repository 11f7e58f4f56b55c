//! What lists of resources are asked.

use super::Term;
use crate::identity::{Criticality, Environment};
use crate::ids::PersonId;
use crate::locator::LocatorKind;
use crate::resource::DataClass;

crate::filters! {
    /// What a list of resources is narrowed to.
    Filter {
        /// Of this kind.
        kind: Option<LocatorKind> = "kind";
        /// Owned by this person.
        owner: Option<PersonId> = "owner";
        /// Without an owner.
        no_owner: bool = "no_owner";
        /// Of this criticality.
        criticality: Option<Criticality> = "criticality";
        /// With data of this class.
        data_class: Option<DataClass> = "data_class";
        /// In this environment.
        environment: Option<Environment> = "environment";
        /// A part of the name or the location.
        search: Option<Term> = "q";
    } apart {
        ["no_owner", "owner"];
    }
}
