-- Written by `cargo xtask schema` from the declarations in store/src. Twin of migrations/sqlite/0002_people.sql.

-- governed: people. One human, whatever accounts they hold. Name and e-mail stay plain for search; the canonical row holds SHA-256(salt || value).
CREATE TABLE people (
    id UUID NOT NULL PRIMARY KEY,
    created_seq BIGINT NOT NULL
);
CREATE TABLE person_versions (
    id UUID NOT NULL REFERENCES people (id),
    since BIGINT NOT NULL,
    until BIGINT NOT NULL DEFAULT 9223372036854775807,
    name TEXT COLLATE "C",
    email TEXT COLLATE "C",
    pii_salt BYTEA,
    name_digest TEXT COLLATE "C" NOT NULL,
    email_digest TEXT COLLATE "C" NOT NULL,
    email_key TEXT COLLATE "C" NOT NULL,
    human TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('invited', 'active', 'deactivated')),
    row_digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id, since)
);
CREATE UNIQUE INDEX person_versions_one_open ON person_versions (email_key) WHERE until = 9223372036854775807;
CREATE TRIGGER people_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON people FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();
CREATE TRIGGER person_versions_insert BEFORE INSERT ON person_versions FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_since();
CREATE TRIGGER person_versions_update BEFORE UPDATE ON person_versions FOR EACH ROW EXECUTE FUNCTION countersign_governed_update('name', 'email', 'pii_salt');
CREATE TRIGGER person_versions_no_change BEFORE DELETE OR TRUNCATE ON person_versions FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();

-- governed: teams. Teams own identities and form a tree.
CREATE TABLE teams (
    id UUID NOT NULL PRIMARY KEY,
    created_seq BIGINT NOT NULL
);
CREATE TABLE team_versions (
    id UUID NOT NULL REFERENCES teams (id),
    since BIGINT NOT NULL,
    until BIGINT NOT NULL DEFAULT 9223372036854775807,
    name TEXT COLLATE "C" NOT NULL,
    parent_id UUID REFERENCES teams (id),
    row_digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id, since)
);
CREATE UNIQUE INDEX team_versions_one_open ON team_versions (name) WHERE until = 9223372036854775807;
CREATE TRIGGER teams_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON teams FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();
CREATE TRIGGER team_versions_insert BEFORE INSERT ON team_versions FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_since();
CREATE TRIGGER team_versions_update BEFORE UPDATE ON team_versions FOR EACH ROW EXECUTE FUNCTION countersign_governed_update();
CREATE TRIGGER team_versions_no_change BEFORE DELETE OR TRUNCATE ON team_versions FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();

-- governed: groups. The reviewers who answer to one line of command; a person is in one.
CREATE TABLE groups (
    id UUID NOT NULL PRIMARY KEY,
    created_seq BIGINT NOT NULL
);
CREATE TABLE group_versions (
    id UUID NOT NULL REFERENCES groups (id),
    since BIGINT NOT NULL,
    until BIGINT NOT NULL DEFAULT 9223372036854775807,
    name TEXT COLLATE "C" NOT NULL,
    row_digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id, since)
);
CREATE UNIQUE INDEX group_versions_one_open ON group_versions (name) WHERE until = 9223372036854775807;
CREATE TRIGGER groups_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON groups FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();
CREATE TRIGGER group_versions_insert BEFORE INSERT ON group_versions FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_since();
CREATE TRIGGER group_versions_update BEFORE UPDATE ON group_versions FOR EACH ROW EXECUTE FUNCTION countersign_governed_update();
CREATE TRIGGER group_versions_no_change BEFORE DELETE OR TRUNCATE ON group_versions FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();

-- governed: group_members. Who is in which group.
CREATE TABLE group_members (
    id UUID NOT NULL,
    since BIGINT NOT NULL,
    until BIGINT NOT NULL DEFAULT 9223372036854775807,
    group_id UUID NOT NULL REFERENCES groups (id),
    person_id UUID NOT NULL REFERENCES people (id),
    row_digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id)
);
CREATE UNIQUE INDEX group_members_one_open ON group_members (person_id) WHERE until = 9223372036854775807;
CREATE TRIGGER group_members_insert BEFORE INSERT ON group_members FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_since();
CREATE TRIGGER group_members_update BEFORE UPDATE ON group_members FOR EACH ROW EXECUTE FUNCTION countersign_governed_update();
CREATE TRIGGER group_members_no_change BEFORE DELETE OR TRUNCATE ON group_members FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();

-- governed: role_assignments. Admin excludes every deciding role, auditor excludes all others: the database refuses it too.
CREATE TABLE role_assignments (
    id UUID NOT NULL,
    since BIGINT NOT NULL,
    until BIGINT NOT NULL DEFAULT 9223372036854775807,
    person_id UUID NOT NULL REFERENCES people (id),
    role TEXT COLLATE "C" NOT NULL CHECK (role IN ('executive', 'analyst', 'reviewer', 'security_reviewer', 'auditor', 'admin')),
    scope_kind TEXT COLLATE "C" NOT NULL CHECK (scope_kind IN ('organisation', 'team', 'environment', 'source')),
    scope TEXT COLLATE "C" NOT NULL,
    row_digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id)
);
CREATE UNIQUE INDEX role_assignments_one_open ON role_assignments (person_id, role, scope_kind, scope) WHERE until = 9223372036854775807;
CREATE INDEX role_assignments_by_person_id ON role_assignments (person_id);
CREATE TRIGGER role_assignments_insert BEFORE INSERT ON role_assignments FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_since();
CREATE TRIGGER role_assignments_update BEFORE UPDATE ON role_assignments FOR EACH ROW EXECUTE FUNCTION countersign_governed_update();
CREATE TRIGGER role_assignments_no_change BEFORE DELETE OR TRUNCATE ON role_assignments FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();
CREATE FUNCTION countersign_role_assignments_exclusive() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM role_assignments r WHERE r.person_id = NEW.person_id AND r.until = 9223372036854775807
    AND ((NEW.role = 'auditor' AND r.role <> 'auditor') OR (NEW.role <> 'auditor' AND r.role = 'auditor')
      OR (NEW.role = 'admin' AND r.role IN ('reviewer', 'security_reviewer'))
      OR (NEW.role IN ('reviewer', 'security_reviewer') AND r.role = 'admin'))) THEN
        RAISE EXCEPTION 'role_assignments: these roles exclude each other';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER role_assignments_exclusive BEFORE INSERT ON role_assignments FOR EACH ROW EXECUTE FUNCTION countersign_role_assignments_exclusive();

-- governed: authenticators. How a person signs in. The MAC is keyed outside the database: a row forged here is void.
CREATE TABLE authenticators (
    id UUID NOT NULL,
    since BIGINT NOT NULL,
    until BIGINT NOT NULL DEFAULT 9223372036854775807,
    person_id UUID NOT NULL REFERENCES people (id),
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('password', 'passkey', 'decision_passkey', 'totp', 'recovery_code')),
    secret TEXT COLLATE "C" NOT NULL,
    label TEXT COLLATE "C" NOT NULL,
    enrolled_by_kind TEXT COLLATE "C" NOT NULL CHECK (enrolled_by_kind IN ('person', 'agent', 'rule', 'import', 'system', 'host', 'unknown')),
    enrolled_by_id UUID,
    mac TEXT COLLATE "C" NOT NULL,
    row_digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX authenticators_by_person_id_open ON authenticators (person_id) WHERE until = 9223372036854775807;
CREATE TRIGGER authenticators_insert BEFORE INSERT ON authenticators FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_since();
CREATE TRIGGER authenticators_update BEFORE UPDATE ON authenticators FOR EACH ROW EXECUTE FUNCTION countersign_governed_update();
CREATE TRIGGER authenticators_no_change BEFORE DELETE OR TRUNCATE ON authenticators FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();

-- governed: tokens. API tokens: a digest, never the token.
CREATE TABLE tokens (
    id UUID NOT NULL,
    since BIGINT NOT NULL,
    until BIGINT NOT NULL DEFAULT 9223372036854775807,
    name TEXT COLLATE "C" NOT NULL,
    holder_kind TEXT COLLATE "C" NOT NULL CHECK (holder_kind IN ('person', 'identity')),
    holder_id UUID NOT NULL,
    scopes TEXT COLLATE "C" NOT NULL,
    source_id UUID,
    hash TEXT COLLATE "C" NOT NULL,
    minted_by_id UUID NOT NULL REFERENCES people (id),
    expires_at BIGINT NOT NULL,
    mac TEXT COLLATE "C" NOT NULL,
    row_digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id)
);
CREATE UNIQUE INDEX tokens_one_open ON tokens (hash) WHERE until = 9223372036854775807;
CREATE INDEX tokens_by_source_id ON tokens (source_id);
CREATE TRIGGER tokens_insert BEFORE INSERT ON tokens FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_since();
CREATE TRIGGER tokens_update BEFORE UPDATE ON tokens FOR EACH ROW EXECUTE FUNCTION countersign_governed_update();
CREATE TRIGGER tokens_no_change BEFORE DELETE OR TRUNCATE ON tokens FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();

-- governed: settings. What an installation is set to.
CREATE TABLE settings (
    id UUID NOT NULL PRIMARY KEY,
    created_seq BIGINT NOT NULL
);
CREATE TABLE setting_versions (
    id UUID NOT NULL REFERENCES settings (id),
    since BIGINT NOT NULL,
    until BIGINT NOT NULL DEFAULT 9223372036854775807,
    key TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    row_digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id, since)
);
CREATE UNIQUE INDEX setting_versions_one_open ON setting_versions (key) WHERE until = 9223372036854775807;
CREATE TRIGGER settings_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON settings FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();
CREATE TRIGGER setting_versions_insert BEFORE INSERT ON setting_versions FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_since();
CREATE TRIGGER setting_versions_update BEFORE UPDATE ON setting_versions FOR EACH ROW EXECUTE FUNCTION countersign_governed_update();
CREATE TRIGGER setting_versions_no_change BEFORE DELETE OR TRUNCATE ON setting_versions FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();

-- governed: policies. Policies that decide, by kind.
CREATE TABLE policies (
    id UUID NOT NULL PRIMARY KEY,
    created_seq BIGINT NOT NULL
);
CREATE TABLE policy_versions (
    id UUID NOT NULL REFERENCES policies (id),
    since BIGINT NOT NULL,
    until BIGINT NOT NULL DEFAULT 9223372036854775807,
    kind TEXT COLLATE "C" NOT NULL,
    version TEXT COLLATE "C" NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    row_digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id, since)
);
CREATE UNIQUE INDEX policy_versions_one_open ON policy_versions (kind) WHERE until = 9223372036854775807;
CREATE TRIGGER policies_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON policies FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();
CREATE TRIGGER policy_versions_insert BEFORE INSERT ON policy_versions FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_since();
CREATE TRIGGER policy_versions_update BEFORE UPDATE ON policy_versions FOR EACH ROW EXECUTE FUNCTION countersign_governed_update();
CREATE TRIGGER policy_versions_no_change BEFORE DELETE OR TRUNCATE ON policy_versions FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();
