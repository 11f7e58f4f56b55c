//! What lists of changes are asked.

use crate::change::{Direction, State};
use crate::ids::{IdentityId, PersonId};

crate::filters! {
    /// What a list of changes is narrowed to.
    Filter {
        /// In this state.
        state: Option<State> = "state";
        /// Moving authority this way.
        direction: Option<Direction> = "direction";
        /// Touching this identity.
        identity: Option<IdentityId> = "identity";
        /// Asked for by this person.
        asked_by: Option<PersonId> = "asked_by";
    } apart {}
}
