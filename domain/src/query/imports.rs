//! What lists of imports are asked.

use super::Term;
use super::ledger::Order;
use crate::snapshot::Format;

crate::filters! {
    /// What a list of imports is narrowed to.
    Filter {
        /// Newest or oldest first.
        sort: Option<Order> = "sort";
        /// Only imports of this source, by its name.
        source: Option<String> = "source";
        /// Only imports of this format.
        format: Option<Format> = "format";
        /// A part of the name of the file or the source.
        search: Option<Term> = "q";
    } apart {}
}
