//! What the routing policy is asked.

use crate::change::route::{Column, Line};

crate::filters! {
    /// Which cells of the matrix are shown.
    Filter {
        /// One row of the matrix
        line: Option<Line> = "line";
        /// One column of the matrix
        column: Option<Column> = "column";
        /// Only what the people of today cannot complete
        missing: bool = "missing";
    } apart {}
}
