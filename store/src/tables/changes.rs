//! Tables of change requests.

use super::{Kind, Table, c};
use domain::facts::ColumnKind::{Id, Int, Text};

pub static CHANGE_VERSIONS: Table = Table {
    name: "change_versions",
    anchor: Some("changes"),
    kind: Kind::Governed,
    key: &["id", "since"],
    columns: &[
        c("id", Id),
        c("state", Text),
        c("kind", Text),
        c("title_id", Id),
        c("asked_by_kind", Text),
        c("asked_by_id", Id),
        c("drafted_by_kind", Text),
        c("drafted_by_id", Id),
        c("candidate_id", Id),
        c("review_ends_at", Int),
        c("outcome_unknown_since", Int),
    ],
};

pub static CANDIDATES: Table = Table {
    name: "candidates",
    anchor: None,
    kind: Kind::Governed,
    key: &["id"],
    columns: &[
        c("id", Id),
        c("change_id", Id),
        c("base", Text),
        c("operations", Text),
        c("effect", Text),
        c("direction", Text),
        c("policy_version", Text),
        c("digest", Text),
        c("required_people", Int),
        c("required_groups", Int),
        c("required_security", Int),
    ],
};

pub static DECISIONS: Table = Table {
    name: "decisions",
    anchor: None,
    kind: Kind::Recorded,
    key: &["id"],
    columns: &[
        c("id", Id),
        c("seq", Int),
        c("candidate_id", Id),
        c("person_id", Id),
        c("verdict", Text),
        c("group_id", Id),
        c("security", Int),
        c("independent", Int),
        c("reasons", Text),
        c("assertion", Text),
        c("model_id", Id),
        c("comment_id", Id),
    ],
};

pub static CONSENTS: Table = Table {
    name: "consents",
    anchor: None,
    kind: Kind::Recorded,
    key: &["id"],
    columns: &[
        c("id", Id),
        c("seq", Int),
        c("candidate_id", Id),
        c("person_id", Id),
        c("as_kind", Text),
        c("verdict", Text),
        c("comment_id", Id),
    ],
};

pub static COMMENTS: Table = Table {
    name: "comments",
    anchor: None,
    kind: Kind::Recorded,
    key: &["id"],
    columns: &[c("id", Id), c("seq", Int), c("change_id", Id), c("author_kind", Text), c("author_id", Id), c("content_id", Id)],
};

pub static APPLICATIONS: Table = Table {
    name: "applications",
    anchor: None,
    kind: Kind::Recorded,
    key: &["id"],
    columns: &[
        c("id", Id),
        c("seq", Int),
        c("change_id", Id),
        c("candidate_id", Id),
        c("direction", Text),
        c("policy_version", Text),
        c("author_kind", Text),
        c("author_id", Id),
        c("approver_kind", Text),
        c("approver_id", Id),
        c("applier_kind", Text),
        c("applier_id", Id),
    ],
};
