//! What lists of differences are asked.

use super::Term;
use crate::difference::{How, Thing};
use crate::ids::ImportId;

crate::filters! {
    /// What a list of differences is narrowed to.
    Filter {
        /// Those of this import; of the newest one where none is named.
        import: Option<ImportId> = "import";
        /// Only things of this kind.
        thing: Option<Thing> = "thing";
        /// Only what was added, removed or changed.
        how: Option<How> = "how";
        /// A part of the name, or of the name of the identity it belongs to.
        search: Option<Term> = "q";
    } apart {}
}
