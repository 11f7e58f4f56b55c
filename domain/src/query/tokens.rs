//! What lists of tokens are asked.

use super::Term;
use crate::token::HolderKind;

crate::words! {
    /// Whether a token still works.
    State {
        Working = "working", "working";
        Ended = "ended", "expired";
    }
}

crate::filters! {
    /// What a list of tokens is narrowed to.
    Filter {
        /// A part of name or scopes.
        search: Option<Term> = "q";
        /// Held by people or by identities.
        holder: Option<HolderKind> = "holder";
        /// Working, or expired.
        state: Option<State> = "state";
    } apart {}
}
