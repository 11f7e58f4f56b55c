//! Tables of people, roles, tokens and settings.

use super::{Kind, Table, c, erasable};
use domain::facts::ColumnKind::{Bytes, Id, Int, Text};

pub static PERSON_VERSIONS: Table = Table {
    name: "person_versions",
    anchor: Some("people"),
    kind: Kind::Governed,
    key: &["id", "since"],
    columns: &[
        c("id", Id),
        erasable("name", Text),
        erasable("email", Text),
        erasable("pii_salt", Bytes),
        c("name_digest", Text),
        c("email_digest", Text),
        c("email_key", Text),
        c("human", Text),
        c("state", Text),
    ],
};

pub static TEAM_VERSIONS: Table = Table {
    name: "team_versions",
    anchor: Some("teams"),
    kind: Kind::Governed,
    key: &["id", "since"],
    columns: &[c("id", Id), c("name", Text), c("parent_id", Id)],
};

pub static GROUP_VERSIONS: Table = Table {
    name: "group_versions",
    anchor: Some("groups"),
    kind: Kind::Governed,
    key: &["id", "since"],
    columns: &[c("id", Id), c("name", Text)],
};

pub static GROUP_MEMBERS: Table = Table {
    name: "group_members",
    anchor: None,
    kind: Kind::Governed,
    key: &["id"],
    columns: &[c("id", Id), c("group_id", Id), c("person_id", Id)],
};

pub static ROLE_ASSIGNMENTS: Table = Table {
    name: "role_assignments",
    anchor: None,
    kind: Kind::Governed,
    key: &["id"],
    columns: &[c("id", Id), c("person_id", Id), c("role", Text), c("scope_kind", Text), c("scope", Text)],
};

pub static AUTHENTICATORS: Table = Table {
    name: "authenticators",
    anchor: None,
    kind: Kind::Governed,
    key: &["id"],
    columns: &[
        c("id", Id),
        c("person_id", Id),
        c("kind", Text),
        c("secret", Text),
        c("label", Text),
        c("enrolled_by_kind", Text),
        c("enrolled_by_id", Id),
        c("mac", Text),
    ],
};

pub static TOKENS: Table = Table {
    name: "tokens",
    anchor: None,
    kind: Kind::Governed,
    key: &["id"],
    columns: &[
        c("id", Id),
        c("name", Text),
        c("holder_kind", Text),
        c("holder_id", Id),
        c("scopes", Text),
        c("source_id", Id),
        c("hash", Text),
        c("minted_by_id", Id),
        c("expires_at", Int),
        c("mac", Text),
    ],
};

pub static SETTING_VERSIONS: Table = Table {
    name: "setting_versions",
    anchor: Some("settings"),
    kind: Kind::Governed,
    key: &["id", "since"],
    columns: &[c("id", Id), c("key", Text), c("value", Text)],
};

pub static POLICY_VERSIONS: Table = Table {
    name: "policy_versions",
    anchor: Some("policies"),
    kind: Kind::Governed,
    key: &["id", "since"],
    columns: &[c("id", Id), c("kind", Text), c("version", Text), c("document", Text)],
};
