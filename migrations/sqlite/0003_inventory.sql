-- Written by `cargo xtask schema` from the declarations in store/src. Twin of migrations/postgres/0003_inventory.sql.

-- governed: sources. A registered feed of facts.
CREATE TABLE sources (
    id BLOB NOT NULL PRIMARY KEY,
    created_seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE source_versions (
    id BLOB NOT NULL REFERENCES sources (id),
    since INTEGER NOT NULL,
    until INTEGER NOT NULL DEFAULT 9223372036854775807,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind = 'aws' OR kind = 'kubernetes' OR kind = 'mcp' OR kind = 'a2a' OR kind = 'csv' OR kind = 'countersign' OR kind = 'manual'),
    owner_id BLOB,
    environment TEXT CHECK (environment = 'production' OR environment = 'test' OR environment = 'development' OR environment = 'unknown'),
    vantage TEXT NOT NULL CHECK (vantage = 'enforcement_point' OR vantage = 'control_plane' OR vantage = 'artefact' OR vantage = 'self_report'),
    interval_seconds INTEGER,
    allowed_tokens TEXT NOT NULL,
    scope TEXT NOT NULL,
    settings TEXT NOT NULL,
    row_digest TEXT NOT NULL,
    PRIMARY KEY (id, since)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX source_versions_one_open ON source_versions (name) WHERE until = 9223372036854775807;
CREATE TRIGGER sources_no_replace BEFORE INSERT ON sources
WHEN EXISTS (SELECT 1 FROM sources WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'sources: id exists'); END;
CREATE TRIGGER sources_no_update BEFORE UPDATE ON sources BEGIN SELECT RAISE(ABORT, 'sources is never changed'); END;
CREATE TRIGGER sources_no_delete BEFORE DELETE ON sources BEGIN SELECT RAISE(ABORT, 'sources is never deleted'); END;
CREATE TRIGGER source_versions_insert BEFORE INSERT ON source_versions
WHEN EXISTS (SELECT 1 FROM source_versions WHERE id = NEW.id AND since = NEW.since)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.since > seq AND NEW.since <= open_to)
BEGIN SELECT RAISE(ABORT, 'source_versions: id exists or seq outside the open batch'); END;
CREATE TRIGGER source_versions_update BEFORE UPDATE ON source_versions
WHEN NOT ((OLD.until = 9223372036854775807 AND EXISTS (SELECT 1 FROM ledger_head WHERE NEW.until > seq AND NEW.until <= open_to)
        AND NEW.since IS OLD.since AND NEW.id IS OLD.id AND NEW.name IS OLD.name AND NEW.kind IS OLD.kind AND NEW.owner_id IS OLD.owner_id AND NEW.environment IS OLD.environment AND NEW.vantage IS OLD.vantage AND NEW.interval_seconds IS OLD.interval_seconds AND NEW.allowed_tokens IS OLD.allowed_tokens AND NEW.scope IS OLD.scope AND NEW.settings IS OLD.settings AND NEW.row_digest IS OLD.row_digest))
BEGIN SELECT RAISE(ABORT, 'source_versions: only until may change, once'); END;
CREATE TRIGGER source_versions_no_delete BEFORE DELETE ON source_versions BEGIN SELECT RAISE(ABORT, 'source_versions is never deleted'); END;

-- governed: resources. Something grants reach. None registered is unknown, and the source's owner answers.
CREATE TABLE resources (
    id BLOB NOT NULL PRIMARY KEY,
    created_seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE resource_versions (
    id BLOB NOT NULL REFERENCES resources (id),
    since INTEGER NOT NULL,
    until INTEGER NOT NULL DEFAULT 9223372036854775807,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind = 'arn' OR kind = 'kubernetes' OR kind = 'uri' OR kind = 'repository' OR kind = 'mcp' OR kind = 'name'),
    pattern TEXT NOT NULL,
    normal TEXT NOT NULL,
    owner_id BLOB,
    criticality TEXT NOT NULL CHECK (criticality = 'low' OR criticality = 'medium' OR criticality = 'high' OR criticality = 'critical' OR criticality = 'unknown'),
    data_class TEXT NOT NULL CHECK (data_class = 'public' OR data_class = 'internal' OR data_class = 'confidential' OR data_class = 'personal' OR data_class = 'secret' OR data_class = 'unknown'),
    environment TEXT NOT NULL CHECK (environment = 'production' OR environment = 'test' OR environment = 'development' OR environment = 'unknown'),
    row_digest TEXT NOT NULL,
    PRIMARY KEY (id, since)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX resource_versions_one_open ON resource_versions (kind, normal) WHERE until = 9223372036854775807;
CREATE INDEX resource_versions_by_name_id_since ON resource_versions (name, id, since);
CREATE INDEX resource_versions_by_owner_id_open ON resource_versions (owner_id) WHERE until = 9223372036854775807;
CREATE TRIGGER resources_no_replace BEFORE INSERT ON resources
WHEN EXISTS (SELECT 1 FROM resources WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'resources: id exists'); END;
CREATE TRIGGER resources_no_update BEFORE UPDATE ON resources BEGIN SELECT RAISE(ABORT, 'resources is never changed'); END;
CREATE TRIGGER resources_no_delete BEFORE DELETE ON resources BEGIN SELECT RAISE(ABORT, 'resources is never deleted'); END;
CREATE TRIGGER resource_versions_insert BEFORE INSERT ON resource_versions
WHEN EXISTS (SELECT 1 FROM resource_versions WHERE id = NEW.id AND since = NEW.since)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.since > seq AND NEW.since <= open_to)
BEGIN SELECT RAISE(ABORT, 'resource_versions: id exists or seq outside the open batch'); END;
CREATE TRIGGER resource_versions_update BEFORE UPDATE ON resource_versions
WHEN NOT ((OLD.until = 9223372036854775807 AND EXISTS (SELECT 1 FROM ledger_head WHERE NEW.until > seq AND NEW.until <= open_to)
        AND NEW.since IS OLD.since AND NEW.id IS OLD.id AND NEW.name IS OLD.name AND NEW.kind IS OLD.kind AND NEW.pattern IS OLD.pattern AND NEW.normal IS OLD.normal AND NEW.owner_id IS OLD.owner_id AND NEW.criticality IS OLD.criticality AND NEW.data_class IS OLD.data_class AND NEW.environment IS OLD.environment AND NEW.row_digest IS OLD.row_digest))
BEGIN SELECT RAISE(ABORT, 'resource_versions: only until may change, once'); END;
CREATE TRIGGER resource_versions_no_delete BEFORE DELETE ON resource_versions BEGIN SELECT RAISE(ABORT, 'resource_versions is never deleted'); END;

-- governed: identities. One stream of versions per plane: a source's, a person's, the countersigned one. Shown: baseline, else manual, else a hint; hints never route.
CREATE TABLE identities (
    id BLOB NOT NULL PRIMARY KEY,
    created_seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE identity_versions (
    id BLOB NOT NULL REFERENCES identities (id),
    since INTEGER NOT NULL,
    until INTEGER NOT NULL DEFAULT 9223372036854775807,
    plane TEXT NOT NULL CHECK (plane = 'observed' OR plane = 'manual' OR plane = 'baseline'),
    batch BLOB,
    kind TEXT CHECK (kind = 'ai_agent' OR kind = 'service_account' OR kind = 'workload' OR kind = 'ci_identity' OR kind = 'cloud_user' OR kind = 'cloud_role' OR kind = 'bot' OR kind = 'integration'),
    name TEXT,
    lifecycle TEXT CHECK (lifecycle = 'proposed' OR lifecycle = 'active' OR lifecycle = 'suspended' OR lifecycle = 'quarantined' OR lifecycle = 'retired'),
    environment TEXT CHECK (environment = 'production' OR environment = 'test' OR environment = 'development' OR environment = 'unknown'),
    criticality TEXT CHECK (criticality = 'low' OR criticality = 'medium' OR criticality = 'high' OR criticality = 'critical' OR criticality = 'unknown'),
    owner_id BLOB,
    backup_id BLOB,
    team_id BLOB,
    autonomy TEXT CHECK (autonomy = 'none' OR autonomy = 'advisory' OR autonomy = 'supervised' OR autonomy = 'bounded' OR autonomy = 'autonomous'),
    purpose_id BLOB,
    human TEXT CHECK (human = 'human' OR human = 'non_human' OR human = 'unclear'),
    human_reason TEXT,
    platform_managed INTEGER,
    unknown_access TEXT,
    source_id BLOB,
    parent_id BLOB,
    hints TEXT,
    origin TEXT CHECK (origin = 'adopted' OR origin = 'registered' OR origin = 'change' OR origin = 'rollback' OR origin = 'inherited'),
    author_kind TEXT CHECK (author_kind = 'person' OR author_kind = 'agent' OR author_kind = 'rule' OR author_kind = 'import' OR author_kind = 'system' OR author_kind = 'host' OR author_kind = 'unknown'),
    author_id BLOB,
    approver_kind TEXT CHECK (approver_kind = 'person' OR approver_kind = 'agent' OR approver_kind = 'rule' OR approver_kind = 'import' OR approver_kind = 'system' OR approver_kind = 'host' OR approver_kind = 'unknown'),
    approver_id BLOB,
    applier_kind TEXT CHECK (applier_kind = 'person' OR applier_kind = 'agent' OR applier_kind = 'rule' OR applier_kind = 'import' OR applier_kind = 'system' OR applier_kind = 'host' OR applier_kind = 'unknown'),
    applier_id BLOB,
    change_id BLOB,
    self_evidence TEXT CHECK (self_evidence = 'yes' OR self_evidence = 'no' OR self_evidence = 'unknown'),
    row_digest TEXT NOT NULL,
    CHECK (author_kind <> 'person' OR author_id IS NOT NULL),
    CHECK (approver_kind <> 'person' OR approver_id IS NOT NULL),
    CHECK (applier_kind <> 'person' OR applier_id IS NOT NULL),
    CHECK (plane <> 'baseline' OR (origin IS NOT NULL AND author_kind IS NOT NULL AND approver_kind IS NOT NULL AND applier_kind IS NOT NULL)),
    CHECK (approver_kind IS NULL OR approver_kind IN ('person', 'rule')),
    CHECK (author_kind <> 'person' OR approver_kind <> 'person' OR author_id <> approver_id),
    CHECK (applier_kind <> 'person' OR approver_kind <> 'person' OR applier_id <> approver_id),
    CHECK (author_kind <> 'person' OR applier_kind <> 'person' OR author_id <> applier_id),
    PRIMARY KEY (id, plane, since)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX identity_versions_one_open ON identity_versions (id, plane) WHERE until = 9223372036854775807 AND batch IS NULL;
CREATE UNIQUE INDEX identity_versions_one_open_in_batch ON identity_versions (id, plane, batch) WHERE until = 9223372036854775807 AND batch IS NOT NULL;
CREATE INDEX identity_versions_by_source_id_id_open ON identity_versions (source_id, id) WHERE until = 9223372036854775807;
CREATE INDEX identity_versions_by_parent_id ON identity_versions (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX identity_versions_without_owner ON identity_versions (id, since) WHERE plane = 'manual' AND owner_id IS NULL;
CREATE TRIGGER identities_no_replace BEFORE INSERT ON identities
WHEN EXISTS (SELECT 1 FROM identities WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'identities: id exists'); END;
CREATE TRIGGER identities_no_update BEFORE UPDATE ON identities BEGIN SELECT RAISE(ABORT, 'identities is never changed'); END;
CREATE TRIGGER identities_no_delete BEFORE DELETE ON identities BEGIN SELECT RAISE(ABORT, 'identities is never deleted'); END;
CREATE TRIGGER identity_versions_insert BEFORE INSERT ON identity_versions
WHEN EXISTS (SELECT 1 FROM identity_versions WHERE id = NEW.id AND plane = NEW.plane AND since = NEW.since)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.since > seq AND NEW.since <= open_to)
BEGIN SELECT RAISE(ABORT, 'identity_versions: id exists or seq outside the open batch'); END;
CREATE TRIGGER identity_versions_update BEFORE UPDATE ON identity_versions
WHEN NOT ((OLD.until = 9223372036854775807 AND EXISTS (SELECT 1 FROM ledger_head WHERE NEW.until > seq AND NEW.until <= open_to)
        AND NEW.since IS OLD.since AND NEW.id IS OLD.id AND NEW.plane IS OLD.plane AND NEW.batch IS OLD.batch AND NEW.kind IS OLD.kind AND NEW.name IS OLD.name AND NEW.lifecycle IS OLD.lifecycle AND NEW.environment IS OLD.environment AND NEW.criticality IS OLD.criticality AND NEW.owner_id IS OLD.owner_id AND NEW.backup_id IS OLD.backup_id AND NEW.team_id IS OLD.team_id AND NEW.autonomy IS OLD.autonomy AND NEW.purpose_id IS OLD.purpose_id AND NEW.human IS OLD.human AND NEW.human_reason IS OLD.human_reason AND NEW.platform_managed IS OLD.platform_managed AND NEW.unknown_access IS OLD.unknown_access AND NEW.source_id IS OLD.source_id AND NEW.parent_id IS OLD.parent_id AND NEW.hints IS OLD.hints AND NEW.origin IS OLD.origin AND NEW.author_kind IS OLD.author_kind AND NEW.author_id IS OLD.author_id AND NEW.approver_kind IS OLD.approver_kind AND NEW.approver_id IS OLD.approver_id AND NEW.applier_kind IS OLD.applier_kind AND NEW.applier_id IS OLD.applier_id AND NEW.change_id IS OLD.change_id AND NEW.self_evidence IS OLD.self_evidence AND NEW.row_digest IS OLD.row_digest))
BEGIN SELECT RAISE(ABORT, 'identity_versions: only until may change, once'); END;
CREATE TRIGGER identity_versions_no_delete BEFORE DELETE ON identity_versions BEGIN SELECT RAISE(ABORT, 'identity_versions is never deleted'); END;
CREATE TRIGGER identity_versions_countersigned BEFORE INSERT ON identity_versions
WHEN NEW.plane = 'baseline' AND (NOT EXISTS (SELECT 1 FROM applications a WHERE a.change_id = NEW.change_id AND (a.seq = NEW.since
        OR (a.batch = NEW.batch AND NOT EXISTS (SELECT 1 FROM batch_ends e WHERE e.batch = NEW.batch)))))
BEGIN SELECT RAISE(ABORT, 'identity_versions: the baseline is written by applying a change, and by nothing else'); END;

-- governed: external_keys. How a source names an identity. A key belongs to one identity, an identity has many.
CREATE TABLE external_keys (
    id BLOB NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL DEFAULT 9223372036854775807,
    batch BLOB,
    identity_id BLOB NOT NULL REFERENCES identities (id),
    source_id BLOB NOT NULL REFERENCES sources (id),
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    row_digest TEXT NOT NULL,
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX external_keys_one_open ON external_keys (source_id, kind, key) WHERE until = 9223372036854775807 AND batch IS NULL;
CREATE UNIQUE INDEX external_keys_one_open_in_batch ON external_keys (source_id, kind, key, batch) WHERE until = 9223372036854775807 AND batch IS NOT NULL;
CREATE INDEX external_keys_by_identity_id ON external_keys (identity_id);
CREATE INDEX external_keys_by_source_id_kind_key_open ON external_keys (source_id, kind, key) WHERE until = 9223372036854775807;
CREATE TRIGGER external_keys_insert BEFORE INSERT ON external_keys
WHEN EXISTS (SELECT 1 FROM external_keys WHERE id = NEW.id)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.since > seq AND NEW.since <= open_to)
BEGIN SELECT RAISE(ABORT, 'external_keys: id exists or seq outside the open batch'); END;
CREATE TRIGGER external_keys_update BEFORE UPDATE ON external_keys
WHEN NOT ((OLD.until = 9223372036854775807 AND EXISTS (SELECT 1 FROM ledger_head WHERE NEW.until > seq AND NEW.until <= open_to)
        AND NEW.since IS OLD.since AND NEW.id IS OLD.id AND NEW.batch IS OLD.batch AND NEW.identity_id IS OLD.identity_id AND NEW.source_id IS OLD.source_id AND NEW.kind IS OLD.kind AND NEW.key IS OLD.key AND NEW.row_digest IS OLD.row_digest))
BEGIN SELECT RAISE(ABORT, 'external_keys: only until may change, once'); END;
CREATE TRIGGER external_keys_no_delete BEFORE DELETE ON external_keys BEGIN SELECT RAISE(ABORT, 'external_keys is never deleted'); END;

-- governed: permission_sets. A named container in a source: policy, group, role. `absent`: referred to and not in the input, so access through it is unknown, never empty.
CREATE TABLE permission_sets (
    id BLOB NOT NULL PRIMARY KEY,
    created_seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE permission_set_versions (
    id BLOB NOT NULL REFERENCES permission_sets (id),
    since INTEGER NOT NULL,
    until INTEGER NOT NULL DEFAULT 9223372036854775807,
    batch BLOB,
    plane TEXT NOT NULL CHECK (plane = 'observed' OR plane = 'manual' OR plane = 'baseline'),
    source_id BLOB NOT NULL REFERENCES sources (id),
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT,
    document_digest TEXT,
    state TEXT NOT NULL CHECK (state = 'seen' OR state = 'absent'),
    row_digest TEXT NOT NULL,
    PRIMARY KEY (id, plane, since)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX permission_set_versions_one_open ON permission_set_versions (plane, source_id, kind, key) WHERE until = 9223372036854775807 AND batch IS NULL;
CREATE UNIQUE INDEX permission_set_versions_one_open_in_batch ON permission_set_versions (plane, source_id, kind, key, batch) WHERE until = 9223372036854775807 AND batch IS NOT NULL;
CREATE INDEX permission_set_versions_by_source_id_open ON permission_set_versions (source_id, id) WHERE until = 9223372036854775807;
CREATE INDEX permission_set_versions_by_name_id_since ON permission_set_versions (name, id, since);
CREATE TRIGGER permission_sets_no_replace BEFORE INSERT ON permission_sets
WHEN EXISTS (SELECT 1 FROM permission_sets WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'permission_sets: id exists'); END;
CREATE TRIGGER permission_sets_no_update BEFORE UPDATE ON permission_sets BEGIN SELECT RAISE(ABORT, 'permission_sets is never changed'); END;
CREATE TRIGGER permission_sets_no_delete BEFORE DELETE ON permission_sets BEGIN SELECT RAISE(ABORT, 'permission_sets is never deleted'); END;
CREATE TRIGGER permission_set_versions_insert BEFORE INSERT ON permission_set_versions
WHEN EXISTS (SELECT 1 FROM permission_set_versions WHERE id = NEW.id AND plane = NEW.plane AND since = NEW.since)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.since > seq AND NEW.since <= open_to)
BEGIN SELECT RAISE(ABORT, 'permission_set_versions: id exists or seq outside the open batch'); END;
CREATE TRIGGER permission_set_versions_update BEFORE UPDATE ON permission_set_versions
WHEN NOT ((OLD.until = 9223372036854775807 AND EXISTS (SELECT 1 FROM ledger_head WHERE NEW.until > seq AND NEW.until <= open_to)
        AND NEW.since IS OLD.since AND NEW.id IS OLD.id AND NEW.batch IS OLD.batch AND NEW.plane IS OLD.plane AND NEW.source_id IS OLD.source_id AND NEW.kind IS OLD.kind AND NEW.key IS OLD.key AND NEW.name IS OLD.name AND NEW.version IS OLD.version AND NEW.document_digest IS OLD.document_digest AND NEW.state IS OLD.state AND NEW.row_digest IS OLD.row_digest))
BEGIN SELECT RAISE(ABORT, 'permission_set_versions: only until may change, once'); END;
CREATE TRIGGER permission_set_versions_no_delete BEFORE DELETE ON permission_set_versions BEGIN SELECT RAISE(ABORT, 'permission_set_versions is never deleted'); END;
CREATE TRIGGER permission_set_versions_countersigned BEFORE INSERT ON permission_set_versions
WHEN NEW.plane = 'baseline' AND (NOT EXISTS (SELECT 1 FROM applications a WHERE a.seq = NEW.since))
BEGIN SELECT RAISE(ABORT, 'permission_set_versions: the baseline is written by applying a change, and by nothing else'); END;

-- governed: rules. One statement, content-addressed: sorted sets as JSON arrays. Never closed; many grants share one.
CREATE TABLE rules (
    id BLOB NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL DEFAULT 9223372036854775807,
    batch BLOB,
    content_key TEXT NOT NULL,
    dialect TEXT NOT NULL CHECK (dialect = 'aws' OR dialect = 'kubernetes' OR dialect = 'mcp' OR dialect = 'a2a' OR dialect = 'csv' OR dialect = 'countersign'),
    effect TEXT NOT NULL CHECK (effect = 'allow' OR effect = 'deny'),
    actions TEXT NOT NULL,
    actions_negated TEXT NOT NULL,
    resources TEXT NOT NULL,
    resources_negated TEXT NOT NULL,
    principals TEXT NOT NULL,
    principals_negated TEXT NOT NULL,
    conditions TEXT NOT NULL,
    row_digest TEXT NOT NULL,
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX rules_one_open ON rules (content_key) WHERE until = 9223372036854775807;
CREATE TRIGGER rules_insert BEFORE INSERT ON rules
WHEN EXISTS (SELECT 1 FROM rules WHERE id = NEW.id)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.since > seq AND NEW.since <= open_to)
BEGIN SELECT RAISE(ABORT, 'rules: id exists or seq outside the open batch'); END;
CREATE TRIGGER rules_update BEFORE UPDATE ON rules
WHEN NOT ((OLD.until = 9223372036854775807 AND EXISTS (SELECT 1 FROM ledger_head WHERE NEW.until > seq AND NEW.until <= open_to)
        AND NEW.since IS OLD.since AND NEW.id IS OLD.id AND NEW.batch IS OLD.batch AND NEW.content_key IS OLD.content_key AND NEW.dialect IS OLD.dialect AND NEW.effect IS OLD.effect AND NEW.actions IS OLD.actions AND NEW.actions_negated IS OLD.actions_negated AND NEW.resources IS OLD.resources AND NEW.resources_negated IS OLD.resources_negated AND NEW.principals IS OLD.principals AND NEW.principals_negated IS OLD.principals_negated AND NEW.conditions IS OLD.conditions AND NEW.row_digest IS OLD.row_digest))
BEGIN SELECT RAISE(ABORT, 'rules: only until may change, once'); END;
CREATE TRIGGER rules_no_delete BEFORE DELETE ON rules BEGIN SELECT RAISE(ABORT, 'rules is never deleted'); END;

-- governed: set_rules. Which rules a permission set holds, bound to anybody or not.
CREATE TABLE set_rules (
    id BLOB NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL DEFAULT 9223372036854775807,
    batch BLOB,
    plane TEXT NOT NULL CHECK (plane = 'observed' OR plane = 'manual' OR plane = 'baseline'),
    permission_set_id BLOB NOT NULL REFERENCES permission_sets (id),
    rule_id BLOB NOT NULL REFERENCES rules (id),
    label TEXT,
    row_digest TEXT NOT NULL,
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX set_rules_one_open ON set_rules (plane, permission_set_id, rule_id) WHERE until = 9223372036854775807 AND batch IS NULL;
CREATE UNIQUE INDEX set_rules_one_open_in_batch ON set_rules (plane, permission_set_id, rule_id, batch) WHERE until = 9223372036854775807 AND batch IS NOT NULL;
CREATE INDEX set_rules_by_rule_id ON set_rules (rule_id);
CREATE INDEX set_rules_by_permission_set_id ON set_rules (permission_set_id);
CREATE TRIGGER set_rules_insert BEFORE INSERT ON set_rules
WHEN EXISTS (SELECT 1 FROM set_rules WHERE id = NEW.id)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.since > seq AND NEW.since <= open_to)
BEGIN SELECT RAISE(ABORT, 'set_rules: id exists or seq outside the open batch'); END;
CREATE TRIGGER set_rules_update BEFORE UPDATE ON set_rules
WHEN NOT ((OLD.until = 9223372036854775807 AND EXISTS (SELECT 1 FROM ledger_head WHERE NEW.until > seq AND NEW.until <= open_to)
        AND NEW.since IS OLD.since AND NEW.id IS OLD.id AND NEW.batch IS OLD.batch AND NEW.plane IS OLD.plane AND NEW.permission_set_id IS OLD.permission_set_id AND NEW.rule_id IS OLD.rule_id AND NEW.label IS OLD.label AND NEW.row_digest IS OLD.row_digest))
BEGIN SELECT RAISE(ABORT, 'set_rules: only until may change, once'); END;
CREATE TRIGGER set_rules_no_delete BEFORE DELETE ON set_rules BEGIN SELECT RAISE(ABORT, 'set_rules is never deleted'); END;
CREATE TRIGGER set_rules_countersigned BEFORE INSERT ON set_rules
WHEN NEW.plane = 'baseline' AND (NOT EXISTS (SELECT 1 FROM applications a WHERE a.seq = NEW.since))
BEGIN SELECT RAISE(ABORT, 'set_rules: the baseline is written by applying a change, and by nothing else'); END;

-- governed: grants. One rule held by one identity through one path.
CREATE TABLE grants (
    id BLOB NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL DEFAULT 9223372036854775807,
    batch BLOB,
    plane TEXT NOT NULL CHECK (plane = 'observed' OR plane = 'manual' OR plane = 'baseline'),
    identity_id BLOB NOT NULL REFERENCES identities (id) DEFERRABLE INITIALLY DEFERRED,
    permission_set_id BLOB,
    rule_id BLOB NOT NULL REFERENCES rules (id) DEFERRABLE INITIALLY DEFERRED,
    via TEXT NOT NULL CHECK (via = 'direct' OR via = 'group' OR via = 'binding' OR via = 'boundary' OR via = 'trust'),
    via_name TEXT NOT NULL,
    match_key TEXT NOT NULL,
    line_id BLOB NOT NULL,
    source_id BLOB NOT NULL REFERENCES sources (id) DEFERRABLE INITIALLY DEFERRED,
    ends_at INTEGER,
    max_uses INTEGER,
    enforced TEXT NOT NULL CHECK (enforced = 'decided_here' OR enforced = 'provisioned_elsewhere'),
    origin TEXT CHECK (origin = 'adopted' OR origin = 'registered' OR origin = 'change' OR origin = 'rollback' OR origin = 'inherited'),
    author_kind TEXT CHECK (author_kind = 'person' OR author_kind = 'agent' OR author_kind = 'rule' OR author_kind = 'import' OR author_kind = 'system' OR author_kind = 'host' OR author_kind = 'unknown'),
    author_id BLOB,
    approver_kind TEXT CHECK (approver_kind = 'person' OR approver_kind = 'agent' OR approver_kind = 'rule' OR approver_kind = 'import' OR approver_kind = 'system' OR approver_kind = 'host' OR approver_kind = 'unknown'),
    approver_id BLOB,
    applier_kind TEXT CHECK (applier_kind = 'person' OR applier_kind = 'agent' OR applier_kind = 'rule' OR applier_kind = 'import' OR applier_kind = 'system' OR applier_kind = 'host' OR applier_kind = 'unknown'),
    applier_id BLOB,
    change_id BLOB,
    self_evidence TEXT CHECK (self_evidence = 'yes' OR self_evidence = 'no' OR self_evidence = 'unknown'),
    row_digest TEXT NOT NULL,
    CHECK (author_kind <> 'person' OR author_id IS NOT NULL),
    CHECK (approver_kind <> 'person' OR approver_id IS NOT NULL),
    CHECK (applier_kind <> 'person' OR applier_id IS NOT NULL),
    CHECK (plane <> 'baseline' OR (origin IS NOT NULL AND author_kind IS NOT NULL AND approver_kind IS NOT NULL AND applier_kind IS NOT NULL)),
    CHECK (approver_kind IS NULL OR approver_kind IN ('person', 'rule')),
    CHECK (author_kind <> 'person' OR approver_kind <> 'person' OR author_id <> approver_id),
    CHECK (applier_kind <> 'person' OR approver_kind <> 'person' OR applier_id <> approver_id),
    CHECK (author_kind <> 'person' OR applier_kind <> 'person' OR author_id <> applier_id),
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX grants_one_open ON grants (plane, match_key) WHERE until = 9223372036854775807 AND batch IS NULL;
CREATE UNIQUE INDEX grants_one_open_in_batch ON grants (plane, match_key, batch) WHERE until = 9223372036854775807 AND batch IS NOT NULL;
CREATE INDEX grants_by_identity_id_plane ON grants (identity_id, plane);
CREATE INDEX grants_by_rule_id_identity_id ON grants (rule_id, identity_id);
CREATE INDEX grants_by_ends_at_open ON grants (ends_at) WHERE until = 9223372036854775807 AND ends_at IS NOT NULL;
CREATE TRIGGER grants_insert BEFORE INSERT ON grants
WHEN EXISTS (SELECT 1 FROM grants WHERE id = NEW.id)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.since > seq AND NEW.since <= open_to)
BEGIN SELECT RAISE(FAIL, 'grants: id exists or seq outside the open batch'); END;
CREATE TRIGGER grants_update BEFORE UPDATE ON grants
WHEN NOT ((OLD.until = 9223372036854775807 AND EXISTS (SELECT 1 FROM ledger_head WHERE NEW.until > seq AND NEW.until <= open_to)
        AND NEW.since IS OLD.since AND NEW.id IS OLD.id AND NEW.batch IS OLD.batch AND NEW.plane IS OLD.plane AND NEW.identity_id IS OLD.identity_id AND NEW.permission_set_id IS OLD.permission_set_id AND NEW.rule_id IS OLD.rule_id AND NEW.via IS OLD.via AND NEW.via_name IS OLD.via_name AND NEW.match_key IS OLD.match_key AND NEW.line_id IS OLD.line_id AND NEW.source_id IS OLD.source_id AND NEW.ends_at IS OLD.ends_at AND NEW.max_uses IS OLD.max_uses AND NEW.enforced IS OLD.enforced AND NEW.origin IS OLD.origin AND NEW.author_kind IS OLD.author_kind AND NEW.author_id IS OLD.author_id AND NEW.approver_kind IS OLD.approver_kind AND NEW.approver_id IS OLD.approver_id AND NEW.applier_kind IS OLD.applier_kind AND NEW.applier_id IS OLD.applier_id AND NEW.change_id IS OLD.change_id AND NEW.self_evidence IS OLD.self_evidence AND NEW.row_digest IS OLD.row_digest))
BEGIN SELECT RAISE(ABORT, 'grants: only until may change, once'); END;
CREATE TRIGGER grants_no_delete BEFORE DELETE ON grants BEGIN SELECT RAISE(ABORT, 'grants is never deleted'); END;
CREATE TRIGGER grants_countersigned BEFORE INSERT ON grants
WHEN NEW.plane = 'baseline' AND (NOT EXISTS (SELECT 1 FROM applications a WHERE a.change_id = NEW.change_id AND (a.seq = NEW.since
        OR (a.batch = NEW.batch AND NOT EXISTS (SELECT 1 FROM batch_ends e WHERE e.batch = NEW.batch)))))
BEGIN SELECT RAISE(FAIL, 'grants: the baseline is written by applying a change, and by nothing else'); END;

-- governed: surfaces. One of the eight things behaviour is made of; a version is content-addressed. Content of `permissions` and `tools` is derived: locator and digest only.
CREATE TABLE surfaces (
    id BLOB NOT NULL PRIMARY KEY,
    created_seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE surface_versions (
    id BLOB NOT NULL REFERENCES surfaces (id),
    since INTEGER NOT NULL,
    until INTEGER NOT NULL DEFAULT 9223372036854775807,
    plane TEXT NOT NULL CHECK (plane = 'observed' OR plane = 'manual' OR plane = 'baseline'),
    batch BLOB,
    identity_id BLOB NOT NULL REFERENCES identities (id),
    kind TEXT NOT NULL CHECK (kind = 'instructions' OR kind = 'tools' OR kind = 'memory' OR kind = 'permissions' OR kind = 'boundary' OR kind = 'evaluator' OR kind = 'approval_rule' OR kind = 'model'),
    locator TEXT NOT NULL,
    content_digest TEXT,
    content_id BLOB,
    source_id BLOB,
    origin TEXT CHECK (origin = 'adopted' OR origin = 'registered' OR origin = 'change' OR origin = 'rollback' OR origin = 'inherited'),
    author_kind TEXT CHECK (author_kind = 'person' OR author_kind = 'agent' OR author_kind = 'rule' OR author_kind = 'import' OR author_kind = 'system' OR author_kind = 'host' OR author_kind = 'unknown'),
    author_id BLOB,
    approver_kind TEXT CHECK (approver_kind = 'person' OR approver_kind = 'agent' OR approver_kind = 'rule' OR approver_kind = 'import' OR approver_kind = 'system' OR approver_kind = 'host' OR approver_kind = 'unknown'),
    approver_id BLOB,
    applier_kind TEXT CHECK (applier_kind = 'person' OR applier_kind = 'agent' OR applier_kind = 'rule' OR applier_kind = 'import' OR applier_kind = 'system' OR applier_kind = 'host' OR applier_kind = 'unknown'),
    applier_id BLOB,
    change_id BLOB,
    self_evidence TEXT CHECK (self_evidence = 'yes' OR self_evidence = 'no' OR self_evidence = 'unknown'),
    row_digest TEXT NOT NULL,
    CHECK (author_kind <> 'person' OR author_id IS NOT NULL),
    CHECK (approver_kind <> 'person' OR approver_id IS NOT NULL),
    CHECK (applier_kind <> 'person' OR applier_id IS NOT NULL),
    CHECK (plane <> 'baseline' OR (origin IS NOT NULL AND author_kind IS NOT NULL AND approver_kind IS NOT NULL AND applier_kind IS NOT NULL)),
    CHECK (approver_kind IS NULL OR approver_kind IN ('person', 'rule')),
    CHECK (author_kind <> 'person' OR approver_kind <> 'person' OR author_id <> approver_id),
    CHECK (applier_kind <> 'person' OR approver_kind <> 'person' OR applier_id <> approver_id),
    CHECK (author_kind <> 'person' OR applier_kind <> 'person' OR author_id <> applier_id),
    PRIMARY KEY (id, since)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX surface_versions_one_open ON surface_versions (identity_id, kind, locator, plane) WHERE until = 9223372036854775807 AND batch IS NULL;
CREATE UNIQUE INDEX surface_versions_one_open_in_batch ON surface_versions (identity_id, kind, locator, plane, batch) WHERE until = 9223372036854775807 AND batch IS NOT NULL;
CREATE INDEX surface_versions_by_source_id_id_open ON surface_versions (source_id, id) WHERE until = 9223372036854775807;
CREATE INDEX surface_versions_by_identity_id ON surface_versions (identity_id);
CREATE TRIGGER surfaces_no_replace BEFORE INSERT ON surfaces
WHEN EXISTS (SELECT 1 FROM surfaces WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'surfaces: id exists'); END;
CREATE TRIGGER surfaces_no_update BEFORE UPDATE ON surfaces BEGIN SELECT RAISE(ABORT, 'surfaces is never changed'); END;
CREATE TRIGGER surfaces_no_delete BEFORE DELETE ON surfaces BEGIN SELECT RAISE(ABORT, 'surfaces is never deleted'); END;
CREATE TRIGGER surface_versions_insert BEFORE INSERT ON surface_versions
WHEN EXISTS (SELECT 1 FROM surface_versions WHERE id = NEW.id AND since = NEW.since)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.since > seq AND NEW.since <= open_to)
BEGIN SELECT RAISE(ABORT, 'surface_versions: id exists or seq outside the open batch'); END;
CREATE TRIGGER surface_versions_update BEFORE UPDATE ON surface_versions
WHEN NOT ((OLD.until = 9223372036854775807 AND EXISTS (SELECT 1 FROM ledger_head WHERE NEW.until > seq AND NEW.until <= open_to)
        AND NEW.since IS OLD.since AND NEW.id IS OLD.id AND NEW.plane IS OLD.plane AND NEW.batch IS OLD.batch AND NEW.identity_id IS OLD.identity_id AND NEW.kind IS OLD.kind AND NEW.locator IS OLD.locator AND NEW.content_digest IS OLD.content_digest AND NEW.content_id IS OLD.content_id AND NEW.source_id IS OLD.source_id AND NEW.origin IS OLD.origin AND NEW.author_kind IS OLD.author_kind AND NEW.author_id IS OLD.author_id AND NEW.approver_kind IS OLD.approver_kind AND NEW.approver_id IS OLD.approver_id AND NEW.applier_kind IS OLD.applier_kind AND NEW.applier_id IS OLD.applier_id AND NEW.change_id IS OLD.change_id AND NEW.self_evidence IS OLD.self_evidence AND NEW.row_digest IS OLD.row_digest))
BEGIN SELECT RAISE(ABORT, 'surface_versions: only until may change, once'); END;
CREATE TRIGGER surface_versions_no_delete BEFORE DELETE ON surface_versions BEGIN SELECT RAISE(ABORT, 'surface_versions is never deleted'); END;
CREATE TRIGGER surface_versions_countersigned BEFORE INSERT ON surface_versions
WHEN NEW.plane = 'baseline' AND (NOT EXISTS (SELECT 1 FROM applications a WHERE a.change_id = NEW.change_id AND (a.seq = NEW.since
        OR (a.batch = NEW.batch AND NOT EXISTS (SELECT 1 FROM batch_ends e WHERE e.batch = NEW.batch)))))
BEGIN SELECT RAISE(ABORT, 'surface_versions: the baseline is written by applying a change, and by nothing else'); END;

-- governed: tools. The items of a tools surface. The drift key is SHA-256 over JCS(name, description, inputSchema, outputSchema, annotations).
CREATE TABLE tools (
    id BLOB NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL DEFAULT 9223372036854775807,
    batch BLOB,
    plane TEXT NOT NULL CHECK (plane = 'observed' OR plane = 'manual' OR plane = 'baseline'),
    identity_id BLOB NOT NULL REFERENCES identities (id),
    surface_id BLOB NOT NULL REFERENCES surfaces (id),
    source_id BLOB NOT NULL REFERENCES sources (id),
    name TEXT NOT NULL,
    drift_key TEXT NOT NULL,
    annotations TEXT NOT NULL,
    definition TEXT NOT NULL,
    row_digest TEXT NOT NULL,
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX tools_one_open ON tools (surface_id, plane, name) WHERE until = 9223372036854775807 AND batch IS NULL;
CREATE UNIQUE INDEX tools_one_open_in_batch ON tools (surface_id, plane, name, batch) WHERE until = 9223372036854775807 AND batch IS NOT NULL;
CREATE INDEX tools_by_identity_id ON tools (identity_id);
CREATE INDEX tools_by_source_id_id_open ON tools (source_id, id) WHERE until = 9223372036854775807;
CREATE TRIGGER tools_insert BEFORE INSERT ON tools
WHEN EXISTS (SELECT 1 FROM tools WHERE id = NEW.id)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.since > seq AND NEW.since <= open_to)
BEGIN SELECT RAISE(ABORT, 'tools: id exists or seq outside the open batch'); END;
CREATE TRIGGER tools_update BEFORE UPDATE ON tools
WHEN NOT ((OLD.until = 9223372036854775807 AND EXISTS (SELECT 1 FROM ledger_head WHERE NEW.until > seq AND NEW.until <= open_to)
        AND NEW.since IS OLD.since AND NEW.id IS OLD.id AND NEW.batch IS OLD.batch AND NEW.plane IS OLD.plane AND NEW.identity_id IS OLD.identity_id AND NEW.surface_id IS OLD.surface_id AND NEW.source_id IS OLD.source_id AND NEW.name IS OLD.name AND NEW.drift_key IS OLD.drift_key AND NEW.annotations IS OLD.annotations AND NEW.definition IS OLD.definition AND NEW.row_digest IS OLD.row_digest))
BEGIN SELECT RAISE(ABORT, 'tools: only until may change, once'); END;
CREATE TRIGGER tools_no_delete BEFORE DELETE ON tools BEGIN SELECT RAISE(ABORT, 'tools is never deleted'); END;
CREATE TRIGGER tools_countersigned BEFORE INSERT ON tools
WHEN NEW.plane = 'baseline' AND (NOT EXISTS (SELECT 1 FROM applications a WHERE a.seq = NEW.since))
BEGIN SELECT RAISE(ABORT, 'tools: the baseline is written by applying a change, and by nothing else'); END;

-- governed: credentials. How an identity authenticates. Never the secret, nor a hash of a guessable one.
CREATE TABLE credentials (
    id BLOB NOT NULL PRIMARY KEY,
    created_seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE credential_versions (
    id BLOB NOT NULL REFERENCES credentials (id),
    since INTEGER NOT NULL,
    until INTEGER NOT NULL DEFAULT 9223372036854775807,
    batch BLOB,
    plane TEXT NOT NULL CHECK (plane = 'observed' OR plane = 'manual' OR plane = 'baseline'),
    identity_id BLOB NOT NULL REFERENCES identities (id),
    source_id BLOB,
    method TEXT NOT NULL,
    key_id TEXT NOT NULL,
    issuer TEXT NOT NULL CHECK (issuer = 'self_signed' OR issuer = 'ca' OR issuer = 'platform' OR issuer = 'unknown'),
    issued_at INTEGER,
    expires_at INTEGER,
    rotated_at INTEGER,
    storage TEXT,
    state TEXT,
    row_digest TEXT NOT NULL,
    PRIMARY KEY (id, since)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX credential_versions_one_open ON credential_versions (identity_id, plane, method, key_id) WHERE until = 9223372036854775807 AND batch IS NULL;
CREATE UNIQUE INDEX credential_versions_one_open_in_batch ON credential_versions (identity_id, plane, method, key_id, batch) WHERE until = 9223372036854775807 AND batch IS NOT NULL;
CREATE INDEX credential_versions_by_source_id_id_open ON credential_versions (source_id, id) WHERE until = 9223372036854775807;
CREATE INDEX credential_versions_by_expires_at_open ON credential_versions (expires_at) WHERE until = 9223372036854775807 AND expires_at IS NOT NULL;
CREATE INDEX credential_versions_by_identity_id ON credential_versions (identity_id);
CREATE TRIGGER credentials_no_replace BEFORE INSERT ON credentials
WHEN EXISTS (SELECT 1 FROM credentials WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'credentials: id exists'); END;
CREATE TRIGGER credentials_no_update BEFORE UPDATE ON credentials BEGIN SELECT RAISE(ABORT, 'credentials is never changed'); END;
CREATE TRIGGER credentials_no_delete BEFORE DELETE ON credentials BEGIN SELECT RAISE(ABORT, 'credentials is never deleted'); END;
CREATE TRIGGER credential_versions_insert BEFORE INSERT ON credential_versions
WHEN EXISTS (SELECT 1 FROM credential_versions WHERE id = NEW.id AND since = NEW.since)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.since > seq AND NEW.since <= open_to)
BEGIN SELECT RAISE(ABORT, 'credential_versions: id exists or seq outside the open batch'); END;
CREATE TRIGGER credential_versions_update BEFORE UPDATE ON credential_versions
WHEN NOT ((OLD.until = 9223372036854775807 AND EXISTS (SELECT 1 FROM ledger_head WHERE NEW.until > seq AND NEW.until <= open_to)
        AND NEW.since IS OLD.since AND NEW.id IS OLD.id AND NEW.batch IS OLD.batch AND NEW.plane IS OLD.plane AND NEW.identity_id IS OLD.identity_id AND NEW.source_id IS OLD.source_id AND NEW.method IS OLD.method AND NEW.key_id IS OLD.key_id AND NEW.issuer IS OLD.issuer AND NEW.issued_at IS OLD.issued_at AND NEW.expires_at IS OLD.expires_at AND NEW.rotated_at IS OLD.rotated_at AND NEW.storage IS OLD.storage AND NEW.state IS OLD.state AND NEW.row_digest IS OLD.row_digest))
BEGIN SELECT RAISE(ABORT, 'credential_versions: only until may change, once'); END;
CREATE TRIGGER credential_versions_no_delete BEFORE DELETE ON credential_versions BEGIN SELECT RAISE(ABORT, 'credential_versions is never deleted'); END;
CREATE TRIGGER credential_versions_countersigned BEFORE INSERT ON credential_versions
WHEN NEW.plane = 'baseline' AND (NOT EXISTS (SELECT 1 FROM applications a WHERE a.seq = NEW.since))
BEGIN SELECT RAISE(ABORT, 'credential_versions: the baseline is written by applying a change, and by nothing else'); END;

-- governed: identity_facts. What lists show and sort by: computed from the other rows, and committed to as they are, so that a page of the past cannot be changed either.
CREATE TABLE identity_facts (
    identity_id BLOB NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL DEFAULT 9223372036854775807,
    batch BLOB,
    name TEXT NOT NULL,
    name_sort TEXT NOT NULL,
    search TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind = 'ai_agent' OR kind = 'service_account' OR kind = 'workload' OR kind = 'ci_identity' OR kind = 'cloud_user' OR kind = 'cloud_role' OR kind = 'bot' OR kind = 'integration'),
    environment TEXT NOT NULL CHECK (environment = 'production' OR environment = 'test' OR environment = 'development' OR environment = 'unknown'),
    environment_from TEXT NOT NULL CHECK (environment_from = 'baseline' OR environment_from = 'manual' OR environment_from = 'hint' OR environment_from = 'none'),
    criticality TEXT NOT NULL CHECK (criticality = 'low' OR criticality = 'medium' OR criticality = 'high' OR criticality = 'critical' OR criticality = 'unknown'),
    criticality_from TEXT NOT NULL CHECK (criticality_from = 'baseline' OR criticality_from = 'manual' OR criticality_from = 'hint' OR criticality_from = 'none'),
    owner_id BLOB,
    team_id BLOB,
    owner_hint TEXT,
    lifecycle TEXT NOT NULL CHECK (lifecycle = 'proposed' OR lifecycle = 'active' OR lifecycle = 'suspended' OR lifecycle = 'quarantined' OR lifecycle = 'retired'),
    human TEXT CHECK (human = 'human' OR human = 'non_human' OR human = 'unclear'),
    platform_managed INTEGER NOT NULL,
    source_id BLOB,
    grants INTEGER NOT NULL,
    standing INTEGER NOT NULL,
    timed INTEGER NOT NULL,
    denied INTEGER NOT NULL,
    conditional INTEGER NOT NULL,
    n_full_control INTEGER NOT NULL,
    n_admin INTEGER NOT NULL,
    n_secrets INTEGER NOT NULL,
    n_destructive INTEGER NOT NULL,
    n_write INTEGER NOT NULL,
    n_read INTEGER NOT NULL,
    n_wildcard INTEGER NOT NULL,
    privilege INTEGER NOT NULL,
    surfaces INTEGER NOT NULL,
    backup_id BLOB,
    place TEXT,
    row_digest TEXT NOT NULL,
    PRIMARY KEY (identity_id, since)
) STRICT, WITHOUT ROWID;
CREATE INDEX identity_facts_by_name_sort_identity_id_since ON identity_facts (name_sort, identity_id, since);
CREATE INDEX identity_facts_by_privilege_identity_id_open ON identity_facts (privilege, identity_id) WHERE until = 9223372036854775807;
CREATE INDEX identity_facts_by_grants_identity_id_open ON identity_facts (grants, identity_id) WHERE until = 9223372036854775807;
CREATE INDEX identity_facts_by_kind_privilege_identity_id_open ON identity_facts (kind, privilege, identity_id) WHERE until = 9223372036854775807;
CREATE INDEX identity_facts_by_owner_id_privilege_identity_id_open ON identity_facts (owner_id, privilege, identity_id) WHERE until = 9223372036854775807;
CREATE INDEX identity_facts_searched ON identity_facts (name_sort, identity_id, until, batch, platform_managed, search) WHERE until = 9223372036854775807;
CREATE INDEX identity_facts_by_place ON identity_facts (source_id, place, until, batch, platform_managed, human, owner_id, owner_hint, privilege, identity_id) WHERE until = 9223372036854775807;
CREATE INDEX identity_facts_opened ON identity_facts (since, identity_id) WHERE since <> 0;
CREATE INDEX identity_facts_closed ON identity_facts (until, identity_id) WHERE until <> 9223372036854775807;
CREATE TRIGGER identity_facts_insert BEFORE INSERT ON identity_facts
WHEN EXISTS (SELECT 1 FROM identity_facts WHERE identity_id = NEW.identity_id AND since = NEW.since)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.since > seq AND NEW.since <= open_to)
BEGIN SELECT RAISE(FAIL, 'identity_facts: id exists or seq outside the open batch'); END;
CREATE TRIGGER identity_facts_update BEFORE UPDATE ON identity_facts
WHEN NOT ((OLD.until = 9223372036854775807 AND EXISTS (SELECT 1 FROM ledger_head WHERE NEW.until > seq AND NEW.until <= open_to)
        AND NEW.since IS OLD.since AND NEW.identity_id IS OLD.identity_id AND NEW.batch IS OLD.batch AND NEW.name IS OLD.name AND NEW.name_sort IS OLD.name_sort AND NEW.search IS OLD.search AND NEW.kind IS OLD.kind AND NEW.environment IS OLD.environment AND NEW.environment_from IS OLD.environment_from AND NEW.criticality IS OLD.criticality AND NEW.criticality_from IS OLD.criticality_from AND NEW.owner_id IS OLD.owner_id AND NEW.team_id IS OLD.team_id AND NEW.owner_hint IS OLD.owner_hint AND NEW.lifecycle IS OLD.lifecycle AND NEW.human IS OLD.human AND NEW.platform_managed IS OLD.platform_managed AND NEW.source_id IS OLD.source_id AND NEW.grants IS OLD.grants AND NEW.standing IS OLD.standing AND NEW.timed IS OLD.timed AND NEW.denied IS OLD.denied AND NEW.conditional IS OLD.conditional AND NEW.n_full_control IS OLD.n_full_control AND NEW.n_admin IS OLD.n_admin AND NEW.n_secrets IS OLD.n_secrets AND NEW.n_destructive IS OLD.n_destructive AND NEW.n_write IS OLD.n_write AND NEW.n_read IS OLD.n_read AND NEW.n_wildcard IS OLD.n_wildcard AND NEW.privilege IS OLD.privilege AND NEW.surfaces IS OLD.surfaces AND NEW.backup_id IS OLD.backup_id AND NEW.place IS OLD.place AND NEW.row_digest IS OLD.row_digest))
BEGIN SELECT RAISE(ABORT, 'identity_facts: only until may change, once'); END;
CREATE TRIGGER identity_facts_no_delete BEFORE DELETE ON identity_facts BEGIN SELECT RAISE(ABORT, 'identity_facts is never deleted'); END;

-- governed: identity_reviews. Where the review of an identity stands; without a row it is unreviewed. Computed from the baseline.
CREATE TABLE identity_reviews (
    identity_id BLOB NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL DEFAULT 9223372036854775807,
    batch BLOB,
    review TEXT NOT NULL CHECK (review = 'unreviewed' OR review = 'adopted'),
    row_digest TEXT NOT NULL,
    PRIMARY KEY (identity_id, since)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX identity_reviews_one_open ON identity_reviews (identity_id) WHERE until = 9223372036854775807 AND batch IS NULL;
CREATE UNIQUE INDEX identity_reviews_one_open_in_batch ON identity_reviews (identity_id, batch) WHERE until = 9223372036854775807 AND batch IS NOT NULL;
CREATE TRIGGER identity_reviews_insert BEFORE INSERT ON identity_reviews
WHEN EXISTS (SELECT 1 FROM identity_reviews WHERE identity_id = NEW.identity_id AND since = NEW.since)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.since > seq AND NEW.since <= open_to)
BEGIN SELECT RAISE(ABORT, 'identity_reviews: id exists or seq outside the open batch'); END;
CREATE TRIGGER identity_reviews_update BEFORE UPDATE ON identity_reviews
WHEN NOT ((OLD.until = 9223372036854775807 AND EXISTS (SELECT 1 FROM ledger_head WHERE NEW.until > seq AND NEW.until <= open_to)
        AND NEW.since IS OLD.since AND NEW.identity_id IS OLD.identity_id AND NEW.batch IS OLD.batch AND NEW.review IS OLD.review AND NEW.row_digest IS OLD.row_digest))
BEGIN SELECT RAISE(ABORT, 'identity_reviews: only until may change, once'); END;
CREATE TRIGGER identity_reviews_no_delete BEFORE DELETE ON identity_reviews BEGIN SELECT RAISE(ABORT, 'identity_reviews is never deleted'); END;

-- recorded: imports. What was imported and what it changed.
CREATE TABLE imports (
    id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    source_id BLOB NOT NULL REFERENCES sources (id),
    format TEXT NOT NULL CHECK (format = 'aws' OR format = 'kubernetes' OR format = 'mcp' OR format = 'a2a' OR format = 'csv' OR format = 'countersign'),
    vantage TEXT NOT NULL CHECK (vantage = 'enforcement_point' OR vantage = 'control_plane' OR vantage = 'artefact' OR vantage = 'self_report'),
    file_name TEXT NOT NULL,
    file_digest TEXT NOT NULL,
    observed_at INTEGER NOT NULL,
    completeness TEXT NOT NULL CHECK (completeness = 'complete' OR completeness = 'partial'),
    result TEXT NOT NULL,
    row_digest TEXT NOT NULL,
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX imports_by_seq ON imports (seq);
CREATE INDEX imports_by_source_id_seq ON imports (source_id, seq);
CREATE TRIGGER imports_insert BEFORE INSERT ON imports
WHEN EXISTS (SELECT 1 FROM imports WHERE id = NEW.id)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.seq > seq AND NEW.seq <= open_to)
BEGIN SELECT RAISE(ABORT, 'imports: id exists or seq outside the open batch'); END;
CREATE TRIGGER imports_update BEFORE UPDATE ON imports BEGIN SELECT RAISE(ABORT, 'imports is append-only'); END;
CREATE TRIGGER imports_no_delete BEFORE DELETE ON imports BEGIN SELECT RAISE(ABORT, 'imports is never deleted'); END;

-- recorded: observations. What a source saw, when it was true and when we learned it.
CREATE TABLE observations (
    id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    source_id BLOB NOT NULL REFERENCES sources (id),
    batch BLOB,
    observed_at INTEGER NOT NULL,
    learned_at INTEGER NOT NULL,
    completeness TEXT NOT NULL CHECK (completeness = 'complete' OR completeness = 'partial'),
    identity_id BLOB,
    subject TEXT NOT NULL,
    content_id BLOB,
    row_digest TEXT NOT NULL,
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX observations_by_identity_id_seq ON observations (identity_id, seq);
CREATE INDEX observations_by_source_id_seq ON observations (source_id, seq);
CREATE TRIGGER observations_insert BEFORE INSERT ON observations
WHEN EXISTS (SELECT 1 FROM observations WHERE id = NEW.id)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.seq > seq AND NEW.seq <= open_to)
BEGIN SELECT RAISE(ABORT, 'observations: id exists or seq outside the open batch'); END;
CREATE TRIGGER observations_update BEFORE UPDATE ON observations BEGIN SELECT RAISE(ABORT, 'observations is append-only'); END;
CREATE TRIGGER observations_no_delete BEFORE DELETE ON observations BEGIN SELECT RAISE(ABORT, 'observations is never deleted'); END;

-- recorded: signals. Learning signals: cited by digest, they carry no authority. No column here leads to a grant, a surface or a setting.
CREATE TABLE signals (
    id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    emitter_kind TEXT NOT NULL CHECK (emitter_kind = 'person' OR emitter_kind = 'agent' OR emitter_kind = 'rule' OR emitter_kind = 'import' OR emitter_kind = 'system' OR emitter_kind = 'host' OR emitter_kind = 'unknown'),
    emitter_id BLOB,
    identity_id BLOB NOT NULL REFERENCES identities (id),
    kind TEXT NOT NULL CHECK (kind = 'feedback' OR kind = 'telemetry' OR kind = 'assessment' OR kind = 'incident'),
    occurred_at INTEGER NOT NULL,
    digest TEXT NOT NULL,
    content_id BLOB,
    influence TEXT NOT NULL,
    row_digest TEXT NOT NULL,
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX signals_by_identity_id_seq ON signals (identity_id, seq);
CREATE TRIGGER signals_insert BEFORE INSERT ON signals
WHEN EXISTS (SELECT 1 FROM signals WHERE id = NEW.id)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.seq > seq AND NEW.seq <= open_to)
BEGIN SELECT RAISE(ABORT, 'signals: id exists or seq outside the open batch'); END;
CREATE TRIGGER signals_update BEFORE UPDATE ON signals BEGIN SELECT RAISE(ABORT, 'signals is append-only'); END;
CREATE TRIGGER signals_no_delete BEFORE DELETE ON signals BEGIN SELECT RAISE(ABORT, 'signals is never deleted'); END;

-- recorded: loop_verdicts. Three verdicts side by side: declared by the owner, structural (could), observed (did). Computed from what was observed.
CREATE TABLE loop_verdicts (
    id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    identity_id BLOB NOT NULL REFERENCES identities (id),
    surface_kind TEXT CHECK (surface_kind = 'instructions' OR surface_kind = 'tools' OR surface_kind = 'memory' OR surface_kind = 'permissions' OR surface_kind = 'boundary' OR surface_kind = 'evaluator' OR surface_kind = 'approval_rule' OR surface_kind = 'model'),
    basis TEXT NOT NULL CHECK (basis = 'declared' OR basis = 'structural' OR basis = 'observed'),
    verdict TEXT NOT NULL CHECK (verdict = 'closed_over_own_access' OR verdict = 'closed' OR verdict = 'undetermined' OR verdict = 'bounded' OR verdict = 'assisted' OR verdict = 'analytical'),
    witness TEXT NOT NULL,
    ruleset INTEGER NOT NULL,
    row_digest TEXT NOT NULL,
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX loop_verdicts_by_identity_id_seq ON loop_verdicts (identity_id, seq);
CREATE TRIGGER loop_verdicts_insert BEFORE INSERT ON loop_verdicts
WHEN EXISTS (SELECT 1 FROM loop_verdicts WHERE id = NEW.id)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.seq > seq AND NEW.seq <= open_to)
BEGIN SELECT RAISE(ABORT, 'loop_verdicts: id exists or seq outside the open batch'); END;
CREATE TRIGGER loop_verdicts_update BEFORE UPDATE ON loop_verdicts BEGIN SELECT RAISE(ABORT, 'loop_verdicts is append-only'); END;
CREATE TRIGGER loop_verdicts_no_delete BEFORE DELETE ON loop_verdicts BEGIN SELECT RAISE(ABORT, 'loop_verdicts is never deleted'); END;
