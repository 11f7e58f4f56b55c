//! The tables whose rows stand in a receipt, with the columns that a row digest covers, in its order. An offline verifier has
//! no store to ask; a test of the store compares them with its own declarations.

use crate::facts::ColumnKind;
use ColumnKind::{Id, Int, Text};

/// A table as far as a row digest goes.
#[derive(Debug)]
pub struct Known {
    pub table: &'static str,
    /// True of rows that are opened and closed; the others are recorded once.
    pub governed: bool,
    pub key: &'static [&'static str],
    pub columns: &'static [(&'static str, ColumnKind)],
}

pub const APPLICATIONS: &str = "applications";
pub const AUTHENTICATORS: &str = "authenticators";
pub const CANDIDATES: &str = "candidates";
pub const CHANGES: &str = "change_versions";
pub const CONSENTS: &str = "consents";
pub const DECISIONS: &str = "decisions";

pub static TABLES: [Known; 6] = [
    Known {
        table: APPLICATIONS,
        governed: false,
        key: &["id"],
        columns: &[
            ("id", Id),
            ("change_id", Id),
            ("candidate_id", Id),
            ("direction", Text),
            ("policy_version", Int),
            ("author_kind", Text),
            ("author_id", Id),
            ("approver_kind", Text),
            ("approver_id", Id),
            ("applier_kind", Text),
            ("applier_id", Id),
            ("before", Text),
            ("after", Text),
            ("batch", Id),
        ],
    },
    Known {
        table: AUTHENTICATORS,
        governed: true,
        key: &["id"],
        columns: &[
            ("id", Id),
            ("person_id", Id),
            ("kind", Text),
            ("secret", Text),
            ("label", Text),
            ("enrolled_by_kind", Text),
            ("enrolled_by_id", Id),
            ("mac", Text),
        ],
    },
    Known {
        table: CANDIDATES,
        governed: true,
        key: &["id"],
        columns: &[
            ("id", Id),
            ("change_id", Id),
            ("text", Text),
            ("digest", Text),
            ("ties", Text),
            ("direction", Text),
            ("line", Text),
            ("policy_version", Int),
            ("auth", Text),
            ("required_people", Int),
            ("required_groups", Int),
            ("required_security", Int),
            ("required_owners", Int),
            ("required_resource_owners", Int),
        ],
    },
    Known {
        table: CHANGES,
        governed: true,
        key: &["id", "since"],
        columns: &[
            ("id", Id),
            ("state", Text),
            ("candidate_id", Id),
            ("asked_by_kind", Text),
            ("asked_by_id", Id),
            ("drafted_by_kind", Text),
            ("drafted_by_id", Id),
            ("minted_by_id", Id),
            ("direction", Text),
            ("rank", Int),
            ("justification_id", Id),
            ("ticket", Text),
            ("rollback_id", Id),
            ("undoes_id", Id),
            ("asked_at", Int),
            ("review_ends_at", Int),
            ("waits_until", Int),
            ("lapses_at", Int),
            ("due_at", Int),
            ("outcome_unknown_since", Int),
        ],
    },
    Known {
        table: CONSENTS,
        governed: false,
        key: &["id"],
        columns: &[
            ("id", Id),
            ("candidate_id", Id),
            ("person_id", Id),
            ("human", Text),
            ("as_kind", Text),
            ("verdict", Text),
            ("shown", Text),
            ("shown_id", Id),
            ("guidance_id", Id),
            ("mac", Text),
        ],
    },
    Known {
        table: DECISIONS,
        governed: false,
        key: &["id"],
        columns: &[
            ("id", Id),
            ("candidate_id", Id),
            ("person_id", Id),
            ("human", Text),
            ("verdict", Text),
            ("group_id", Id),
            ("security", Int),
            ("independent", Int),
            ("shown", Text),
            ("shown_id", Id),
            ("nonce", Text),
            ("assertion", Text),
            ("guidance_id", Id),
            ("mac", Text),
        ],
    },
];

/// A table by its name; none where rows of it stand in no receipt.
pub fn known(table: &str) -> Option<&'static Known> {
    TABLES.iter().find(|known| known.table == table)
}
