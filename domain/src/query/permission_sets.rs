//! What lists of permission sets are asked.

use super::Term;
use crate::rule::SetState;

crate::filters! {
    /// What a list of permission sets is narrowed to.
    Filter {
        /// From this source, by its name.
        source: Option<String> = "source";
        /// Of this kind, as the source calls it: managed_policy, ClusterRole.
        kind: Option<String> = "kind";
        /// Whether a source reports its rules: absent is only referred to, and what it gives is unknown.
        state: Option<SetState> = "state";
        /// A part of the name.
        search: Option<Term> = "q";
    } apart {}
}
