-- Written by `cargo xtask schema` from the declarations in store/src. Twin of migrations/sqlite/0003_inventory.sql.

-- governed: sources. A registered feed of facts.
CREATE TABLE sources (
    id UUID NOT NULL PRIMARY KEY,
    created_seq BIGINT NOT NULL
);
CREATE TABLE source_versions (
    id UUID NOT NULL REFERENCES sources (id),
    since BIGINT NOT NULL,
    until BIGINT NOT NULL DEFAULT 9223372036854775807,
    name TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('aws', 'kubernetes', 'mcp', 'a2a', 'csv', 'countersign', 'manual')),
    owner_id UUID,
    environment TEXT COLLATE "C" CHECK (environment IN ('production', 'test', 'development', 'unknown')),
    vantage TEXT COLLATE "C" NOT NULL CHECK (vantage IN ('enforcement_point', 'control_plane', 'artefact', 'self_report')),
    interval_seconds BIGINT,
    allowed_tokens TEXT COLLATE "C" NOT NULL,
    scope TEXT COLLATE "C" NOT NULL,
    settings TEXT COLLATE "C" NOT NULL,
    row_digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id, since)
);
CREATE UNIQUE INDEX source_versions_one_open ON source_versions (name) WHERE until = 9223372036854775807;
CREATE TRIGGER sources_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON sources FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();
CREATE TRIGGER source_versions_insert BEFORE INSERT ON source_versions FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_since();
CREATE TRIGGER source_versions_update BEFORE UPDATE ON source_versions FOR EACH ROW EXECUTE FUNCTION countersign_governed_update();
CREATE TRIGGER source_versions_no_change BEFORE DELETE OR TRUNCATE ON source_versions FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();

-- governed: resources. Something grants reach. None registered is unknown, and the source's owner answers.
CREATE TABLE resources (
    id UUID NOT NULL PRIMARY KEY,
    created_seq BIGINT NOT NULL
);
CREATE TABLE resource_versions (
    id UUID NOT NULL REFERENCES resources (id),
    since BIGINT NOT NULL,
    until BIGINT NOT NULL DEFAULT 9223372036854775807,
    name TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('arn', 'kubernetes', 'uri', 'repository', 'mcp', 'name')),
    pattern TEXT COLLATE "C" NOT NULL,
    normal TEXT COLLATE "C" NOT NULL,
    owner_id UUID,
    criticality TEXT COLLATE "C" NOT NULL CHECK (criticality IN ('low', 'medium', 'high', 'critical', 'unknown')),
    data_class TEXT COLLATE "C" NOT NULL CHECK (data_class IN ('public', 'internal', 'confidential', 'personal', 'secret', 'unknown')),
    environment TEXT COLLATE "C" NOT NULL CHECK (environment IN ('production', 'test', 'development', 'unknown')),
    row_digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id, since)
);
CREATE UNIQUE INDEX resource_versions_one_open ON resource_versions (kind, normal) WHERE until = 9223372036854775807;
CREATE INDEX resource_versions_by_name_id_since ON resource_versions (name, id, since);
CREATE INDEX resource_versions_by_owner_id_open ON resource_versions (owner_id) WHERE until = 9223372036854775807;
CREATE TRIGGER resources_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON resources FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();
CREATE TRIGGER resource_versions_insert BEFORE INSERT ON resource_versions FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_since();
CREATE TRIGGER resource_versions_update BEFORE UPDATE ON resource_versions FOR EACH ROW EXECUTE FUNCTION countersign_governed_update();
CREATE TRIGGER resource_versions_no_change BEFORE DELETE OR TRUNCATE ON resource_versions FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();

-- governed: identities. One stream of versions per plane: a source's, a person's, the countersigned one. Shown: baseline, else manual, else a hint; hints never route.
CREATE TABLE identities (
    id UUID NOT NULL PRIMARY KEY,
    created_seq BIGINT NOT NULL
);
CREATE TABLE identity_versions (
    id UUID NOT NULL REFERENCES identities (id),
    since BIGINT NOT NULL,
    until BIGINT NOT NULL DEFAULT 9223372036854775807,
    plane TEXT COLLATE "C" NOT NULL CHECK (plane IN ('observed', 'manual', 'baseline')),
    batch UUID,
    kind TEXT COLLATE "C" CHECK (kind IN ('ai_agent', 'service_account', 'workload', 'ci_identity', 'cloud_user', 'cloud_role', 'bot', 'integration')),
    name TEXT COLLATE "C",
    lifecycle TEXT COLLATE "C" CHECK (lifecycle IN ('proposed', 'active', 'suspended', 'quarantined', 'retired')),
    environment TEXT COLLATE "C" CHECK (environment IN ('production', 'test', 'development', 'unknown')),
    criticality TEXT COLLATE "C" CHECK (criticality IN ('low', 'medium', 'high', 'critical', 'unknown')),
    owner_id UUID,
    backup_id UUID,
    team_id UUID,
    autonomy TEXT COLLATE "C" CHECK (autonomy IN ('none', 'advisory', 'supervised', 'bounded', 'autonomous')),
    purpose_id UUID,
    human TEXT COLLATE "C" CHECK (human IN ('human', 'non_human', 'unclear')),
    human_reason TEXT COLLATE "C",
    platform_managed BIGINT,
    unknown_access TEXT COLLATE "C",
    source_id UUID,
    parent_id UUID,
    hints TEXT COLLATE "C",
    origin TEXT COLLATE "C" CHECK (origin IN ('adopted', 'registered', 'change', 'rollback', 'inherited')),
    author_kind TEXT COLLATE "C" CHECK (author_kind IN ('person', 'agent', 'rule', 'import', 'system', 'host', 'unknown')),
    author_id UUID,
    approver_kind TEXT COLLATE "C" CHECK (approver_kind IN ('person', 'agent', 'rule', 'import', 'system', 'host', 'unknown')),
    approver_id UUID,
    applier_kind TEXT COLLATE "C" CHECK (applier_kind IN ('person', 'agent', 'rule', 'import', 'system', 'host', 'unknown')),
    applier_id UUID,
    change_id UUID,
    self_evidence TEXT COLLATE "C" CHECK (self_evidence IN ('yes', 'no', 'unknown')),
    row_digest TEXT COLLATE "C" NOT NULL,
    CHECK (author_kind <> 'person' OR author_id IS NOT NULL),
    CHECK (approver_kind <> 'person' OR approver_id IS NOT NULL),
    CHECK (applier_kind <> 'person' OR applier_id IS NOT NULL),
    CHECK (plane <> 'baseline' OR (origin IS NOT NULL AND author_kind IS NOT NULL AND approver_kind IS NOT NULL AND applier_kind IS NOT NULL)),
    CHECK (approver_kind IS NULL OR approver_kind IN ('person', 'rule')),
    CHECK (author_kind <> 'person' OR approver_kind <> 'person' OR author_id <> approver_id),
    CHECK (applier_kind <> 'person' OR approver_kind <> 'person' OR applier_id <> approver_id),
    CHECK (author_kind <> 'person' OR applier_kind <> 'person' OR author_id <> applier_id),
    PRIMARY KEY (id, plane, since)
);
CREATE UNIQUE INDEX identity_versions_one_open ON identity_versions (id, plane) WHERE until = 9223372036854775807 AND batch IS NULL;
CREATE UNIQUE INDEX identity_versions_one_open_in_batch ON identity_versions (id, plane, batch) WHERE until = 9223372036854775807 AND batch IS NOT NULL;
CREATE INDEX identity_versions_by_source_id_id_open ON identity_versions (source_id, id) WHERE until = 9223372036854775807;
CREATE INDEX identity_versions_by_parent_id ON identity_versions (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX identity_versions_without_owner ON identity_versions (id, since) WHERE plane = 'manual' AND owner_id IS NULL;
CREATE TRIGGER identities_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON identities FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();
CREATE TRIGGER identity_versions_insert BEFORE INSERT ON identity_versions FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_since();
CREATE TRIGGER identity_versions_update BEFORE UPDATE ON identity_versions FOR EACH ROW EXECUTE FUNCTION countersign_governed_update();
CREATE TRIGGER identity_versions_no_change BEFORE DELETE OR TRUNCATE ON identity_versions FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();
CREATE FUNCTION countersign_identity_versions_countersigned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM applications a WHERE a.change_id = NEW.change_id AND (a.seq = NEW.since
        OR (a.batch = NEW.batch AND NOT EXISTS (SELECT 1 FROM batch_ends e WHERE e.batch = NEW.batch)))) THEN
        RAISE EXCEPTION 'identity_versions: the baseline is written by applying a change, and by nothing else';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER identity_versions_countersigned BEFORE INSERT ON identity_versions FOR EACH ROW WHEN (NEW.plane = 'baseline') EXECUTE FUNCTION countersign_identity_versions_countersigned();

-- governed: external_keys. How a source names an identity. A key belongs to one identity, an identity has many.
CREATE TABLE external_keys (
    id UUID NOT NULL,
    since BIGINT NOT NULL,
    until BIGINT NOT NULL DEFAULT 9223372036854775807,
    batch UUID,
    identity_id UUID NOT NULL REFERENCES identities (id),
    source_id UUID NOT NULL REFERENCES sources (id),
    kind TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    row_digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id)
);
CREATE UNIQUE INDEX external_keys_one_open ON external_keys (source_id, kind, key) WHERE until = 9223372036854775807 AND batch IS NULL;
CREATE UNIQUE INDEX external_keys_one_open_in_batch ON external_keys (source_id, kind, key, batch) WHERE until = 9223372036854775807 AND batch IS NOT NULL;
CREATE INDEX external_keys_by_identity_id ON external_keys (identity_id);
CREATE INDEX external_keys_by_source_id_kind_key_open ON external_keys (source_id, kind, key) WHERE until = 9223372036854775807;
CREATE TRIGGER external_keys_insert BEFORE INSERT ON external_keys FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_since();
CREATE TRIGGER external_keys_update BEFORE UPDATE ON external_keys FOR EACH ROW EXECUTE FUNCTION countersign_governed_update();
CREATE TRIGGER external_keys_no_change BEFORE DELETE OR TRUNCATE ON external_keys FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();

-- governed: permission_sets. A named container in a source: policy, group, role. `absent`: referred to and not in the input, so access through it is unknown, never empty.
CREATE TABLE permission_sets (
    id UUID NOT NULL PRIMARY KEY,
    created_seq BIGINT NOT NULL
);
CREATE TABLE permission_set_versions (
    id UUID NOT NULL REFERENCES permission_sets (id),
    since BIGINT NOT NULL,
    until BIGINT NOT NULL DEFAULT 9223372036854775807,
    batch UUID,
    plane TEXT COLLATE "C" NOT NULL CHECK (plane IN ('observed', 'manual', 'baseline')),
    source_id UUID NOT NULL REFERENCES sources (id),
    kind TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    version TEXT COLLATE "C",
    document_digest TEXT COLLATE "C",
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('seen', 'absent')),
    row_digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id, plane, since)
);
CREATE UNIQUE INDEX permission_set_versions_one_open ON permission_set_versions (plane, source_id, kind, key) WHERE until = 9223372036854775807 AND batch IS NULL;
CREATE UNIQUE INDEX permission_set_versions_one_open_in_batch ON permission_set_versions (plane, source_id, kind, key, batch) WHERE until = 9223372036854775807 AND batch IS NOT NULL;
CREATE INDEX permission_set_versions_by_source_id_open ON permission_set_versions (source_id, id) WHERE until = 9223372036854775807;
CREATE INDEX permission_set_versions_by_name_id_since ON permission_set_versions (name, id, since);
CREATE TRIGGER permission_sets_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON permission_sets FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();
CREATE TRIGGER permission_set_versions_insert BEFORE INSERT ON permission_set_versions FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_since();
CREATE TRIGGER permission_set_versions_update BEFORE UPDATE ON permission_set_versions FOR EACH ROW EXECUTE FUNCTION countersign_governed_update();
CREATE TRIGGER permission_set_versions_no_change BEFORE DELETE OR TRUNCATE ON permission_set_versions FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();
CREATE FUNCTION countersign_permission_set_versions_countersigned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM applications a WHERE a.seq = NEW.since) THEN
        RAISE EXCEPTION 'permission_set_versions: the baseline is written by applying a change, and by nothing else';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER permission_set_versions_countersigned BEFORE INSERT ON permission_set_versions FOR EACH ROW WHEN (NEW.plane = 'baseline') EXECUTE FUNCTION countersign_permission_set_versions_countersigned();

-- governed: rules. One statement, content-addressed: sorted sets as JSON arrays. Never closed; many grants share one.
CREATE TABLE rules (
    id UUID NOT NULL,
    since BIGINT NOT NULL,
    until BIGINT NOT NULL DEFAULT 9223372036854775807,
    batch UUID,
    content_key TEXT COLLATE "C" NOT NULL,
    dialect TEXT COLLATE "C" NOT NULL CHECK (dialect IN ('aws', 'kubernetes', 'mcp', 'a2a', 'csv', 'countersign')),
    effect TEXT COLLATE "C" NOT NULL CHECK (effect IN ('allow', 'deny')),
    actions TEXT COLLATE "C" NOT NULL,
    actions_negated TEXT COLLATE "C" NOT NULL,
    resources TEXT COLLATE "C" NOT NULL,
    resources_negated TEXT COLLATE "C" NOT NULL,
    principals TEXT COLLATE "C" NOT NULL,
    principals_negated TEXT COLLATE "C" NOT NULL,
    conditions TEXT COLLATE "C" NOT NULL,
    row_digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id)
);
CREATE UNIQUE INDEX rules_one_open ON rules (content_key) WHERE until = 9223372036854775807;
CREATE TRIGGER rules_insert BEFORE INSERT ON rules FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_since();
CREATE TRIGGER rules_update BEFORE UPDATE ON rules FOR EACH ROW EXECUTE FUNCTION countersign_governed_update();
CREATE TRIGGER rules_no_change BEFORE DELETE OR TRUNCATE ON rules FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();

-- governed: set_rules. Which rules a permission set holds, bound to anybody or not.
CREATE TABLE set_rules (
    id UUID NOT NULL,
    since BIGINT NOT NULL,
    until BIGINT NOT NULL DEFAULT 9223372036854775807,
    batch UUID,
    plane TEXT COLLATE "C" NOT NULL CHECK (plane IN ('observed', 'manual', 'baseline')),
    permission_set_id UUID NOT NULL REFERENCES permission_sets (id),
    rule_id UUID NOT NULL REFERENCES rules (id),
    label TEXT COLLATE "C",
    row_digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id)
);
CREATE UNIQUE INDEX set_rules_one_open ON set_rules (plane, permission_set_id, rule_id) WHERE until = 9223372036854775807 AND batch IS NULL;
CREATE UNIQUE INDEX set_rules_one_open_in_batch ON set_rules (plane, permission_set_id, rule_id, batch) WHERE until = 9223372036854775807 AND batch IS NOT NULL;
CREATE INDEX set_rules_by_rule_id ON set_rules (rule_id);
CREATE INDEX set_rules_by_permission_set_id ON set_rules (permission_set_id);
CREATE TRIGGER set_rules_insert BEFORE INSERT ON set_rules FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_since();
CREATE TRIGGER set_rules_update BEFORE UPDATE ON set_rules FOR EACH ROW EXECUTE FUNCTION countersign_governed_update();
CREATE TRIGGER set_rules_no_change BEFORE DELETE OR TRUNCATE ON set_rules FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();
CREATE FUNCTION countersign_set_rules_countersigned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM applications a WHERE a.seq = NEW.since) THEN
        RAISE EXCEPTION 'set_rules: the baseline is written by applying a change, and by nothing else';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER set_rules_countersigned BEFORE INSERT ON set_rules FOR EACH ROW WHEN (NEW.plane = 'baseline') EXECUTE FUNCTION countersign_set_rules_countersigned();

-- governed: grants. One rule held by one identity through one path.
CREATE TABLE grants (
    id UUID NOT NULL,
    since BIGINT NOT NULL,
    until BIGINT NOT NULL DEFAULT 9223372036854775807,
    batch UUID,
    plane TEXT COLLATE "C" NOT NULL CHECK (plane IN ('observed', 'manual', 'baseline')),
    identity_id UUID NOT NULL REFERENCES identities (id),
    permission_set_id UUID,
    rule_id UUID NOT NULL REFERENCES rules (id),
    via TEXT COLLATE "C" NOT NULL CHECK (via IN ('direct', 'group', 'binding', 'boundary', 'trust')),
    via_name TEXT COLLATE "C" NOT NULL,
    match_key TEXT COLLATE "C" NOT NULL,
    line_id UUID NOT NULL,
    source_id UUID NOT NULL REFERENCES sources (id),
    ends_at BIGINT,
    max_uses BIGINT,
    enforced TEXT COLLATE "C" NOT NULL CHECK (enforced IN ('decided_here', 'provisioned_elsewhere')),
    origin TEXT COLLATE "C" CHECK (origin IN ('adopted', 'registered', 'change', 'rollback', 'inherited')),
    author_kind TEXT COLLATE "C" CHECK (author_kind IN ('person', 'agent', 'rule', 'import', 'system', 'host', 'unknown')),
    author_id UUID,
    approver_kind TEXT COLLATE "C" CHECK (approver_kind IN ('person', 'agent', 'rule', 'import', 'system', 'host', 'unknown')),
    approver_id UUID,
    applier_kind TEXT COLLATE "C" CHECK (applier_kind IN ('person', 'agent', 'rule', 'import', 'system', 'host', 'unknown')),
    applier_id UUID,
    change_id UUID,
    self_evidence TEXT COLLATE "C" CHECK (self_evidence IN ('yes', 'no', 'unknown')),
    row_digest TEXT COLLATE "C" NOT NULL,
    CHECK (author_kind <> 'person' OR author_id IS NOT NULL),
    CHECK (approver_kind <> 'person' OR approver_id IS NOT NULL),
    CHECK (applier_kind <> 'person' OR applier_id IS NOT NULL),
    CHECK (plane <> 'baseline' OR (origin IS NOT NULL AND author_kind IS NOT NULL AND approver_kind IS NOT NULL AND applier_kind IS NOT NULL)),
    CHECK (approver_kind IS NULL OR approver_kind IN ('person', 'rule')),
    CHECK (author_kind <> 'person' OR approver_kind <> 'person' OR author_id <> approver_id),
    CHECK (applier_kind <> 'person' OR approver_kind <> 'person' OR applier_id <> approver_id),
    CHECK (author_kind <> 'person' OR applier_kind <> 'person' OR author_id <> applier_id),
    PRIMARY KEY (id)
);
CREATE UNIQUE INDEX grants_one_open ON grants (plane, match_key) WHERE until = 9223372036854775807 AND batch IS NULL;
CREATE UNIQUE INDEX grants_one_open_in_batch ON grants (plane, match_key, batch) WHERE until = 9223372036854775807 AND batch IS NOT NULL;
CREATE INDEX grants_by_identity_id_plane ON grants (identity_id, plane);
CREATE INDEX grants_by_rule_id_identity_id ON grants (rule_id, identity_id);
CREATE INDEX grants_by_ends_at_open ON grants (ends_at) WHERE until = 9223372036854775807 AND ends_at IS NOT NULL;
CREATE TRIGGER grants_insert AFTER INSERT ON grants REFERENCING NEW TABLE AS opened FOR EACH STATEMENT EXECUTE FUNCTION countersign_inserted();
CREATE TRIGGER grants_update BEFORE UPDATE ON grants FOR EACH ROW EXECUTE FUNCTION countersign_governed_update();
CREATE TRIGGER grants_no_change BEFORE DELETE OR TRUNCATE ON grants FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();
CREATE FUNCTION countersign_grants_countersigned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM applications a WHERE a.change_id = NEW.change_id AND (a.seq = NEW.since
        OR (a.batch = NEW.batch AND NOT EXISTS (SELECT 1 FROM batch_ends e WHERE e.batch = NEW.batch)))) THEN
        RAISE EXCEPTION 'grants: the baseline is written by applying a change, and by nothing else';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER grants_countersigned BEFORE INSERT ON grants FOR EACH ROW WHEN (NEW.plane = 'baseline') EXECUTE FUNCTION countersign_grants_countersigned();

-- governed: surfaces. One of the eight things behaviour is made of; a version is content-addressed. Content of `permissions` and `tools` is derived: locator and digest only.
CREATE TABLE surfaces (
    id UUID NOT NULL PRIMARY KEY,
    created_seq BIGINT NOT NULL
);
CREATE TABLE surface_versions (
    id UUID NOT NULL REFERENCES surfaces (id),
    since BIGINT NOT NULL,
    until BIGINT NOT NULL DEFAULT 9223372036854775807,
    plane TEXT COLLATE "C" NOT NULL CHECK (plane IN ('observed', 'manual', 'baseline')),
    batch UUID,
    identity_id UUID NOT NULL REFERENCES identities (id),
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('instructions', 'tools', 'memory', 'permissions', 'boundary', 'evaluator', 'approval_rule', 'model')),
    locator TEXT COLLATE "C" NOT NULL,
    content_digest TEXT COLLATE "C",
    content_id UUID,
    source_id UUID,
    origin TEXT COLLATE "C" CHECK (origin IN ('adopted', 'registered', 'change', 'rollback', 'inherited')),
    author_kind TEXT COLLATE "C" CHECK (author_kind IN ('person', 'agent', 'rule', 'import', 'system', 'host', 'unknown')),
    author_id UUID,
    approver_kind TEXT COLLATE "C" CHECK (approver_kind IN ('person', 'agent', 'rule', 'import', 'system', 'host', 'unknown')),
    approver_id UUID,
    applier_kind TEXT COLLATE "C" CHECK (applier_kind IN ('person', 'agent', 'rule', 'import', 'system', 'host', 'unknown')),
    applier_id UUID,
    change_id UUID,
    self_evidence TEXT COLLATE "C" CHECK (self_evidence IN ('yes', 'no', 'unknown')),
    row_digest TEXT COLLATE "C" NOT NULL,
    CHECK (author_kind <> 'person' OR author_id IS NOT NULL),
    CHECK (approver_kind <> 'person' OR approver_id IS NOT NULL),
    CHECK (applier_kind <> 'person' OR applier_id IS NOT NULL),
    CHECK (plane <> 'baseline' OR (origin IS NOT NULL AND author_kind IS NOT NULL AND approver_kind IS NOT NULL AND applier_kind IS NOT NULL)),
    CHECK (approver_kind IS NULL OR approver_kind IN ('person', 'rule')),
    CHECK (author_kind <> 'person' OR approver_kind <> 'person' OR author_id <> approver_id),
    CHECK (applier_kind <> 'person' OR approver_kind <> 'person' OR applier_id <> approver_id),
    CHECK (author_kind <> 'person' OR applier_kind <> 'person' OR author_id <> applier_id),
    PRIMARY KEY (id, since)
);
CREATE UNIQUE INDEX surface_versions_one_open ON surface_versions (identity_id, kind, locator, plane) WHERE until = 9223372036854775807 AND batch IS NULL;
CREATE UNIQUE INDEX surface_versions_one_open_in_batch ON surface_versions (identity_id, kind, locator, plane, batch) WHERE until = 9223372036854775807 AND batch IS NOT NULL;
CREATE INDEX surface_versions_by_source_id_id_open ON surface_versions (source_id, id) WHERE until = 9223372036854775807;
CREATE INDEX surface_versions_by_identity_id ON surface_versions (identity_id);
CREATE TRIGGER surfaces_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON surfaces FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();
CREATE TRIGGER surface_versions_insert BEFORE INSERT ON surface_versions FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_since();
CREATE TRIGGER surface_versions_update BEFORE UPDATE ON surface_versions FOR EACH ROW EXECUTE FUNCTION countersign_governed_update();
CREATE TRIGGER surface_versions_no_change BEFORE DELETE OR TRUNCATE ON surface_versions FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();
CREATE FUNCTION countersign_surface_versions_countersigned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM applications a WHERE a.change_id = NEW.change_id AND (a.seq = NEW.since
        OR (a.batch = NEW.batch AND NOT EXISTS (SELECT 1 FROM batch_ends e WHERE e.batch = NEW.batch)))) THEN
        RAISE EXCEPTION 'surface_versions: the baseline is written by applying a change, and by nothing else';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER surface_versions_countersigned BEFORE INSERT ON surface_versions FOR EACH ROW WHEN (NEW.plane = 'baseline') EXECUTE FUNCTION countersign_surface_versions_countersigned();

-- governed: tools. The items of a tools surface. The drift key is SHA-256 over JCS(name, description, inputSchema, outputSchema, annotations).
CREATE TABLE tools (
    id UUID NOT NULL,
    since BIGINT NOT NULL,
    until BIGINT NOT NULL DEFAULT 9223372036854775807,
    batch UUID,
    plane TEXT COLLATE "C" NOT NULL CHECK (plane IN ('observed', 'manual', 'baseline')),
    identity_id UUID NOT NULL REFERENCES identities (id),
    surface_id UUID NOT NULL REFERENCES surfaces (id),
    source_id UUID NOT NULL REFERENCES sources (id),
    name TEXT COLLATE "C" NOT NULL,
    drift_key TEXT COLLATE "C" NOT NULL,
    annotations TEXT COLLATE "C" NOT NULL,
    definition TEXT COLLATE "C" NOT NULL,
    row_digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id)
);
CREATE UNIQUE INDEX tools_one_open ON tools (surface_id, plane, name) WHERE until = 9223372036854775807 AND batch IS NULL;
CREATE UNIQUE INDEX tools_one_open_in_batch ON tools (surface_id, plane, name, batch) WHERE until = 9223372036854775807 AND batch IS NOT NULL;
CREATE INDEX tools_by_identity_id ON tools (identity_id);
CREATE INDEX tools_by_source_id_id_open ON tools (source_id, id) WHERE until = 9223372036854775807;
CREATE TRIGGER tools_insert BEFORE INSERT ON tools FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_since();
CREATE TRIGGER tools_update BEFORE UPDATE ON tools FOR EACH ROW EXECUTE FUNCTION countersign_governed_update();
CREATE TRIGGER tools_no_change BEFORE DELETE OR TRUNCATE ON tools FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();
CREATE FUNCTION countersign_tools_countersigned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM applications a WHERE a.seq = NEW.since) THEN
        RAISE EXCEPTION 'tools: the baseline is written by applying a change, and by nothing else';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER tools_countersigned BEFORE INSERT ON tools FOR EACH ROW WHEN (NEW.plane = 'baseline') EXECUTE FUNCTION countersign_tools_countersigned();

-- governed: credentials. How an identity authenticates. Never the secret, nor a hash of a guessable one.
CREATE TABLE credentials (
    id UUID NOT NULL PRIMARY KEY,
    created_seq BIGINT NOT NULL
);
CREATE TABLE credential_versions (
    id UUID NOT NULL REFERENCES credentials (id),
    since BIGINT NOT NULL,
    until BIGINT NOT NULL DEFAULT 9223372036854775807,
    batch UUID,
    plane TEXT COLLATE "C" NOT NULL CHECK (plane IN ('observed', 'manual', 'baseline')),
    identity_id UUID NOT NULL REFERENCES identities (id),
    source_id UUID,
    method TEXT COLLATE "C" NOT NULL,
    key_id TEXT COLLATE "C" NOT NULL,
    issuer TEXT COLLATE "C" NOT NULL CHECK (issuer IN ('self_signed', 'ca', 'platform', 'unknown')),
    issued_at BIGINT,
    expires_at BIGINT,
    rotated_at BIGINT,
    storage TEXT COLLATE "C",
    state TEXT COLLATE "C",
    row_digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id, since)
);
CREATE UNIQUE INDEX credential_versions_one_open ON credential_versions (identity_id, plane, method, key_id) WHERE until = 9223372036854775807 AND batch IS NULL;
CREATE UNIQUE INDEX credential_versions_one_open_in_batch ON credential_versions (identity_id, plane, method, key_id, batch) WHERE until = 9223372036854775807 AND batch IS NOT NULL;
CREATE INDEX credential_versions_by_source_id_id_open ON credential_versions (source_id, id) WHERE until = 9223372036854775807;
CREATE INDEX credential_versions_by_expires_at_open ON credential_versions (expires_at) WHERE until = 9223372036854775807 AND expires_at IS NOT NULL;
CREATE INDEX credential_versions_by_identity_id ON credential_versions (identity_id);
CREATE TRIGGER credentials_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON credentials FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();
CREATE TRIGGER credential_versions_insert BEFORE INSERT ON credential_versions FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_since();
CREATE TRIGGER credential_versions_update BEFORE UPDATE ON credential_versions FOR EACH ROW EXECUTE FUNCTION countersign_governed_update();
CREATE TRIGGER credential_versions_no_change BEFORE DELETE OR TRUNCATE ON credential_versions FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();
CREATE FUNCTION countersign_credential_versions_countersigned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM applications a WHERE a.seq = NEW.since) THEN
        RAISE EXCEPTION 'credential_versions: the baseline is written by applying a change, and by nothing else';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER credential_versions_countersigned BEFORE INSERT ON credential_versions FOR EACH ROW WHEN (NEW.plane = 'baseline') EXECUTE FUNCTION countersign_credential_versions_countersigned();

-- governed: identity_facts. What lists show and sort by: computed from the other rows, and committed to as they are, so that a page of the past cannot be changed either.
CREATE TABLE identity_facts (
    identity_id UUID NOT NULL,
    since BIGINT NOT NULL,
    until BIGINT NOT NULL DEFAULT 9223372036854775807,
    batch UUID,
    name TEXT COLLATE "C" NOT NULL,
    name_sort TEXT COLLATE "C" NOT NULL,
    search TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('ai_agent', 'service_account', 'workload', 'ci_identity', 'cloud_user', 'cloud_role', 'bot', 'integration')),
    environment TEXT COLLATE "C" NOT NULL CHECK (environment IN ('production', 'test', 'development', 'unknown')),
    environment_from TEXT COLLATE "C" NOT NULL CHECK (environment_from IN ('baseline', 'manual', 'hint', 'none')),
    criticality TEXT COLLATE "C" NOT NULL CHECK (criticality IN ('low', 'medium', 'high', 'critical', 'unknown')),
    criticality_from TEXT COLLATE "C" NOT NULL CHECK (criticality_from IN ('baseline', 'manual', 'hint', 'none')),
    owner_id UUID,
    team_id UUID,
    owner_hint TEXT COLLATE "C",
    lifecycle TEXT COLLATE "C" NOT NULL CHECK (lifecycle IN ('proposed', 'active', 'suspended', 'quarantined', 'retired')),
    human TEXT COLLATE "C" CHECK (human IN ('human', 'non_human', 'unclear')),
    platform_managed BIGINT NOT NULL,
    source_id UUID,
    grants BIGINT NOT NULL,
    standing BIGINT NOT NULL,
    timed BIGINT NOT NULL,
    denied BIGINT NOT NULL,
    conditional BIGINT NOT NULL,
    n_full_control BIGINT NOT NULL,
    n_admin BIGINT NOT NULL,
    n_secrets BIGINT NOT NULL,
    n_destructive BIGINT NOT NULL,
    n_write BIGINT NOT NULL,
    n_read BIGINT NOT NULL,
    n_wildcard BIGINT NOT NULL,
    privilege BIGINT NOT NULL,
    surfaces BIGINT NOT NULL,
    backup_id UUID,
    place TEXT COLLATE "C",
    row_digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (identity_id, since)
);
CREATE INDEX identity_facts_by_name_sort_identity_id_since ON identity_facts (name_sort, identity_id, since);
CREATE INDEX identity_facts_by_privilege_identity_id_open ON identity_facts (privilege, identity_id) WHERE until = 9223372036854775807;
CREATE INDEX identity_facts_by_grants_identity_id_open ON identity_facts (grants, identity_id) WHERE until = 9223372036854775807;
CREATE INDEX identity_facts_by_kind_privilege_identity_id_open ON identity_facts (kind, privilege, identity_id) WHERE until = 9223372036854775807;
CREATE INDEX identity_facts_by_owner_id_privilege_identity_id_open ON identity_facts (owner_id, privilege, identity_id) WHERE until = 9223372036854775807;
CREATE INDEX identity_facts_searched ON identity_facts (name_sort, identity_id, until, batch, platform_managed, search) WHERE until = 9223372036854775807;
CREATE INDEX identity_facts_by_place ON identity_facts (source_id, place, until, batch, platform_managed, human, owner_id, owner_hint, privilege, identity_id) WHERE until = 9223372036854775807;
CREATE INDEX identity_facts_opened ON identity_facts (since, identity_id) WHERE since <> 0;
CREATE INDEX identity_facts_closed ON identity_facts (until, identity_id) WHERE until <> 9223372036854775807;
CREATE TRIGGER identity_facts_insert AFTER INSERT ON identity_facts REFERENCING NEW TABLE AS opened FOR EACH STATEMENT EXECUTE FUNCTION countersign_inserted();
CREATE TRIGGER identity_facts_update BEFORE UPDATE ON identity_facts FOR EACH ROW EXECUTE FUNCTION countersign_governed_update();
CREATE TRIGGER identity_facts_no_change BEFORE DELETE OR TRUNCATE ON identity_facts FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();

-- governed: identity_reviews. Where the review of an identity stands; without a row it is unreviewed. Computed from the baseline.
CREATE TABLE identity_reviews (
    identity_id UUID NOT NULL,
    since BIGINT NOT NULL,
    until BIGINT NOT NULL DEFAULT 9223372036854775807,
    batch UUID,
    review TEXT COLLATE "C" NOT NULL CHECK (review IN ('unreviewed', 'adopted')),
    row_digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (identity_id, since)
);
CREATE UNIQUE INDEX identity_reviews_one_open ON identity_reviews (identity_id) WHERE until = 9223372036854775807 AND batch IS NULL;
CREATE UNIQUE INDEX identity_reviews_one_open_in_batch ON identity_reviews (identity_id, batch) WHERE until = 9223372036854775807 AND batch IS NOT NULL;
CREATE TRIGGER identity_reviews_insert BEFORE INSERT ON identity_reviews FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_since();
CREATE TRIGGER identity_reviews_update BEFORE UPDATE ON identity_reviews FOR EACH ROW EXECUTE FUNCTION countersign_governed_update();
CREATE TRIGGER identity_reviews_no_change BEFORE DELETE OR TRUNCATE ON identity_reviews FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();

-- recorded: imports. What was imported and what it changed.
CREATE TABLE imports (
    id UUID NOT NULL,
    seq BIGINT NOT NULL,
    source_id UUID NOT NULL REFERENCES sources (id),
    format TEXT COLLATE "C" NOT NULL CHECK (format IN ('aws', 'kubernetes', 'mcp', 'a2a', 'csv', 'countersign')),
    vantage TEXT COLLATE "C" NOT NULL CHECK (vantage IN ('enforcement_point', 'control_plane', 'artefact', 'self_report')),
    file_name TEXT COLLATE "C" NOT NULL,
    file_digest TEXT COLLATE "C" NOT NULL,
    observed_at BIGINT NOT NULL,
    completeness TEXT COLLATE "C" NOT NULL CHECK (completeness IN ('complete', 'partial')),
    result TEXT COLLATE "C" NOT NULL,
    row_digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX imports_by_seq ON imports (seq);
CREATE INDEX imports_by_source_id_seq ON imports (source_id, seq);
CREATE TRIGGER imports_insert BEFORE INSERT ON imports FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_seq();
CREATE TRIGGER imports_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON imports FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();

-- recorded: observations. What a source saw, when it was true and when we learned it.
CREATE TABLE observations (
    id UUID NOT NULL,
    seq BIGINT NOT NULL,
    source_id UUID NOT NULL REFERENCES sources (id),
    batch UUID,
    observed_at BIGINT NOT NULL,
    learned_at BIGINT NOT NULL,
    completeness TEXT COLLATE "C" NOT NULL CHECK (completeness IN ('complete', 'partial')),
    identity_id UUID,
    subject TEXT COLLATE "C" NOT NULL,
    content_id UUID,
    row_digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX observations_by_identity_id_seq ON observations (identity_id, seq);
CREATE INDEX observations_by_source_id_seq ON observations (source_id, seq);
CREATE TRIGGER observations_insert BEFORE INSERT ON observations FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_seq();
CREATE TRIGGER observations_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON observations FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();

-- recorded: signals. Learning signals: cited by digest, they carry no authority. No column here leads to a grant, a surface or a setting.
CREATE TABLE signals (
    id UUID NOT NULL,
    seq BIGINT NOT NULL,
    emitter_kind TEXT COLLATE "C" NOT NULL CHECK (emitter_kind IN ('person', 'agent', 'rule', 'import', 'system', 'host', 'unknown')),
    emitter_id UUID,
    identity_id UUID NOT NULL REFERENCES identities (id),
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('feedback', 'telemetry', 'assessment', 'incident')),
    occurred_at BIGINT NOT NULL,
    digest TEXT COLLATE "C" NOT NULL,
    content_id UUID,
    influence TEXT COLLATE "C" NOT NULL,
    row_digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX signals_by_identity_id_seq ON signals (identity_id, seq);
CREATE TRIGGER signals_insert BEFORE INSERT ON signals FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_seq();
CREATE TRIGGER signals_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON signals FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();

-- recorded: loop_verdicts. Three verdicts side by side: declared by the owner, structural (could), observed (did). Computed from what was observed.
CREATE TABLE loop_verdicts (
    id UUID NOT NULL,
    seq BIGINT NOT NULL,
    identity_id UUID NOT NULL REFERENCES identities (id),
    surface_kind TEXT COLLATE "C" CHECK (surface_kind IN ('instructions', 'tools', 'memory', 'permissions', 'boundary', 'evaluator', 'approval_rule', 'model')),
    basis TEXT COLLATE "C" NOT NULL CHECK (basis IN ('declared', 'structural', 'observed')),
    verdict TEXT COLLATE "C" NOT NULL CHECK (verdict IN ('closed_over_own_access', 'closed', 'undetermined', 'bounded', 'assisted', 'analytical')),
    witness TEXT COLLATE "C" NOT NULL,
    ruleset BIGINT NOT NULL,
    row_digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX loop_verdicts_by_identity_id_seq ON loop_verdicts (identity_id, seq);
CREATE TRIGGER loop_verdicts_insert BEFORE INSERT ON loop_verdicts FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_seq();
CREATE TRIGGER loop_verdicts_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON loop_verdicts FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();
