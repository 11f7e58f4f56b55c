//! What lists of people are asked.

use super::Term;
use crate::permission::Role;
use crate::person::State;

crate::filters! {
    /// What a list of people is narrowed to.
    Filter {
        /// A part of name or address.
        search: Option<Term> = "q";
        /// In this state.
        state: Option<State> = "state";
        /// Who holds this role, over whatever it reaches.
        role: Option<Role> = "role";
    } apart {}
}
