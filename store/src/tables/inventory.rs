//! Tables of identities and what they hold.

use super::{Kind, Table, c};
use domain::facts::ColumnKind::{Id, Int, Text};

pub static SOURCE_VERSIONS: Table = Table {
    name: "source_versions",
    anchor: Some("sources"),
    kind: Kind::Governed,
    key: &["id", "since"],
    columns: &[
        c("id", Id),
        c("name", Text),
        c("kind", Text),
        c("owner_id", Id),
        c("environment", Text),
        c("vantage", Text),
        c("interval_seconds", Int),
        c("allowed_tokens", Text),
        c("scope", Text),
        c("settings", Text),
    ],
};

pub static RESOURCE_VERSIONS: Table = Table {
    name: "resource_versions",
    anchor: Some("resources"),
    kind: Kind::Governed,
    key: &["id", "since"],
    columns: &[c("id", Id), c("kind", Text), c("pattern", Text), c("owner_id", Id), c("criticality", Text), c("data_class", Text)],
};

pub static IDENTITY_VERSIONS: Table = Table {
    name: "identity_versions",
    anchor: Some("identities"),
    kind: Kind::Governed,
    key: &["id", "plane", "since"],
    columns: &[
        c("id", Id),
        c("plane", Text),
        c("batch", Id),
        c("kind", Text),
        c("name", Text),
        c("lifecycle", Text),
        c("environment", Text),
        c("owner_id", Id),
        c("backup_id", Id),
        c("team_id", Id),
        c("autonomy", Text),
        c("purpose_id", Id),
        c("human", Text),
        c("human_reason", Text),
        c("platform_managed", Int),
        c("unknown_access", Text),
        c("source_id", Id),
        c("parent_id", Id),
        c("hints", Text),
        c("origin", Text),
        c("author_kind", Text),
        c("author_id", Id),
        c("approver_kind", Text),
        c("approver_id", Id),
        c("applier_kind", Text),
        c("applier_id", Id),
        c("change_id", Id),
        c("self_evidence", Text),
    ],
};

pub static EXTERNAL_KEYS: Table = Table {
    name: "external_keys",
    anchor: None,
    kind: Kind::Governed,
    key: &["id"],
    columns: &[c("id", Id), c("batch", Id), c("identity_id", Id), c("source_id", Id), c("kind", Text), c("key", Text)],
};

pub static PERMISSION_SET_VERSIONS: Table = Table {
    name: "permission_set_versions",
    anchor: Some("permission_sets"),
    kind: Kind::Governed,
    key: &["id", "since"],
    columns: &[
        c("id", Id),
        c("batch", Id),
        c("source_id", Id),
        c("kind", Text),
        c("key", Text),
        c("name", Text),
        c("version", Text),
        c("document_digest", Text),
        c("state", Text),
    ],
};

pub static RULES: Table = Table {
    name: "rules",
    anchor: None,
    kind: Kind::Governed,
    key: &["id"],
    columns: &[
        c("id", Id),
        c("batch", Id),
        c("content_key", Text),
        c("dialect", Text),
        c("effect", Text),
        c("actions", Text),
        c("actions_negated", Text),
        c("resources", Text),
        c("resources_negated", Text),
        c("conditions", Text),
    ],
};

pub static SET_RULES: Table = Table {
    name: "set_rules",
    anchor: None,
    kind: Kind::Governed,
    key: &["id"],
    columns: &[c("id", Id), c("batch", Id), c("permission_set_id", Id), c("rule_id", Id), c("label", Text)],
};

pub static GRANTS: Table = Table {
    name: "grants",
    anchor: None,
    kind: Kind::Governed,
    key: &["id"],
    columns: &[
        c("id", Id),
        c("batch", Id),
        c("plane", Text),
        c("identity_id", Id),
        c("permission_set_id", Id),
        c("rule_id", Id),
        c("via", Text),
        c("via_name", Text),
        c("content_key", Text),
        c("source_id", Id),
        c("ends_at", Int),
        c("max_uses", Int),
        c("enforced", Text),
        c("origin", Text),
        c("author_kind", Text),
        c("author_id", Id),
        c("approver_kind", Text),
        c("approver_id", Id),
        c("applier_kind", Text),
        c("applier_id", Id),
        c("change_id", Id),
        c("self_evidence", Text),
    ],
};

pub static SURFACE_VERSIONS: Table = Table {
    name: "surface_versions",
    anchor: Some("surfaces"),
    kind: Kind::Governed,
    key: &["id", "since"],
    columns: &[
        c("id", Id),
        c("plane", Text),
        c("batch", Id),
        c("identity_id", Id),
        c("kind", Text),
        c("locator", Text),
        c("content_digest", Text),
        c("content_id", Id),
        c("source_id", Id),
        c("origin", Text),
        c("author_kind", Text),
        c("author_id", Id),
        c("approver_kind", Text),
        c("approver_id", Id),
        c("applier_kind", Text),
        c("applier_id", Id),
        c("change_id", Id),
        c("self_evidence", Text),
    ],
};

pub static TOOLS: Table = Table {
    name: "tools",
    anchor: None,
    kind: Kind::Governed,
    key: &["id"],
    columns: &[
        c("id", Id),
        c("batch", Id),
        c("plane", Text),
        c("identity_id", Id),
        c("surface_id", Id),
        c("source_id", Id),
        c("name", Text),
        c("drift_key", Text),
        c("annotations", Text),
        c("definition", Text),
    ],
};

pub static CREDENTIAL_VERSIONS: Table = Table {
    name: "credential_versions",
    anchor: Some("credentials"),
    kind: Kind::Governed,
    key: &["id", "since"],
    columns: &[
        c("id", Id),
        c("batch", Id),
        c("plane", Text),
        c("identity_id", Id),
        c("source_id", Id),
        c("method", Text),
        c("key_id", Text),
        c("issuer", Text),
        c("issued_at", Int),
        c("expires_at", Int),
        c("rotated_at", Int),
        c("storage", Text),
        c("state", Text),
    ],
};

pub static IDENTITY_FACTS: Table = Table {
    name: "identity_facts",
    anchor: None,
    kind: Kind::Side,
    key: &["identity_id", "since"],
    columns: &[
        c("identity_id", Id),
        c("batch", Id),
        c("name", Text),
        c("name_sort", Text),
        c("search", Text),
        c("kind", Text),
        c("environment", Text),
        c("environment_from", Text),
        c("owner_id", Id),
        c("team_id", Id),
        c("owner_hint", Text),
        c("lifecycle", Text),
        c("review", Text),
        c("human", Text),
        c("platform_managed", Int),
        c("source_id", Id),
        c("grants", Int),
        c("standing", Int),
        c("timed", Int),
        c("denied", Int),
        c("conditional", Int),
        c("n_read", Int),
        c("n_write", Int),
        c("n_destructive", Int),
        c("n_admin", Int),
        c("n_secrets", Int),
        c("n_wildcard", Int),
        c("privilege", Int),
        c("surfaces", Int),
        c("backup_id", Id),
        c("place", Text),
    ],
};

pub static RULE_CLASSES: Table = Table {
    name: "rule_classes",
    anchor: None,
    kind: Kind::Side,
    key: &["rule_id", "since"],
    columns: &[c("rule_id", Id), c("ruleset", Int), c("classes", Int), c("units", Int), c("reasons", Text)],
};

pub static IMPORTS: Table = Table {
    name: "imports",
    anchor: None,
    kind: Kind::Recorded,
    key: &["id"],
    columns: &[
        c("id", Id),
        c("seq", Int),
        c("source_id", Id),
        c("format", Text),
        c("file_name", Text),
        c("file_digest", Text),
        c("observed_at", Int),
        c("completeness", Text),
        c("result", Text),
    ],
};

pub static OBSERVATIONS: Table = Table {
    name: "observations",
    anchor: None,
    kind: Kind::Recorded,
    key: &["id"],
    columns: &[
        c("id", Id),
        c("seq", Int),
        c("source_id", Id),
        c("batch", Id),
        c("observed_at", Int),
        c("learned_at", Int),
        c("completeness", Text),
        c("identity_id", Id),
        c("subject", Text),
        c("content_id", Id),
    ],
};

pub static SIGNALS: Table = Table {
    name: "signals",
    anchor: None,
    kind: Kind::Recorded,
    key: &["id"],
    columns: &[
        c("id", Id),
        c("seq", Int),
        c("emitter_kind", Text),
        c("emitter_id", Id),
        c("identity_id", Id),
        c("kind", Text),
        c("occurred_at", Int),
        c("digest", Text),
        c("content_id", Id),
        c("influence", Text),
    ],
};

pub static LOOP_VERDICTS: Table = Table {
    name: "loop_verdicts",
    anchor: None,
    kind: Kind::Recorded,
    key: &["id"],
    columns: &[
        c("id", Id),
        c("seq", Int),
        c("identity_id", Id),
        c("surface_kind", Text),
        c("basis", Text),
        c("verdict", Text),
        c("witness", Text),
        c("ruleset", Int),
    ],
};
