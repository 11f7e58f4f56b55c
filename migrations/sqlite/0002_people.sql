-- Written by `cargo xtask schema` from the declarations in store/src. Twin of migrations/postgres/0002_people.sql.

-- governed: people. One human, whatever accounts they hold. Name and e-mail stay plain for search; the canonical row holds SHA-256(salt || value).
CREATE TABLE people (
    id BLOB NOT NULL PRIMARY KEY,
    created_seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE person_versions (
    id BLOB NOT NULL REFERENCES people (id),
    since INTEGER NOT NULL,
    until INTEGER NOT NULL DEFAULT 9223372036854775807,
    name TEXT,
    email TEXT,
    pii_salt BLOB,
    name_digest TEXT NOT NULL,
    email_digest TEXT NOT NULL,
    email_key TEXT NOT NULL,
    human TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state = 'invited' OR state = 'active' OR state = 'deactivated'),
    row_digest TEXT NOT NULL,
    PRIMARY KEY (id, since)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX person_versions_one_open ON person_versions (email_key) WHERE until = 9223372036854775807;
CREATE TRIGGER people_no_replace BEFORE INSERT ON people
WHEN EXISTS (SELECT 1 FROM people WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'people: id exists'); END;
CREATE TRIGGER people_no_update BEFORE UPDATE ON people BEGIN SELECT RAISE(ABORT, 'people is never changed'); END;
CREATE TRIGGER people_no_delete BEFORE DELETE ON people BEGIN SELECT RAISE(ABORT, 'people is never deleted'); END;
CREATE TRIGGER person_versions_insert BEFORE INSERT ON person_versions
WHEN EXISTS (SELECT 1 FROM person_versions WHERE id = NEW.id AND since = NEW.since)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.since > seq AND NEW.since <= open_to)
BEGIN SELECT RAISE(ABORT, 'person_versions: id exists or seq outside the open batch'); END;
CREATE TRIGGER person_versions_update BEFORE UPDATE ON person_versions
WHEN NOT ((OLD.until = 9223372036854775807 AND EXISTS (SELECT 1 FROM ledger_head WHERE NEW.until > seq AND NEW.until <= open_to)
        AND NEW.since IS OLD.since AND NEW.id IS OLD.id AND NEW.name IS OLD.name AND NEW.email IS OLD.email AND NEW.pii_salt IS OLD.pii_salt AND NEW.name_digest IS OLD.name_digest AND NEW.email_digest IS OLD.email_digest AND NEW.email_key IS OLD.email_key AND NEW.human IS OLD.human AND NEW.state IS OLD.state AND NEW.row_digest IS OLD.row_digest)
    OR (NEW.since IS OLD.since AND NEW.id IS OLD.id AND NEW.name_digest IS OLD.name_digest AND NEW.email_digest IS OLD.email_digest AND NEW.email_key IS OLD.email_key AND NEW.human IS OLD.human AND NEW.state IS OLD.state AND NEW.row_digest IS OLD.row_digest AND NEW.until IS OLD.until AND NEW.name IS NULL AND NEW.email IS NULL AND NEW.pii_salt IS NULL))
BEGIN SELECT RAISE(ABORT, 'person_versions: only until may change, once'); END;
CREATE TRIGGER person_versions_no_delete BEFORE DELETE ON person_versions BEGIN SELECT RAISE(ABORT, 'person_versions is never deleted'); END;

-- governed: teams. Teams own identities and form a tree.
CREATE TABLE teams (
    id BLOB NOT NULL PRIMARY KEY,
    created_seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE team_versions (
    id BLOB NOT NULL REFERENCES teams (id),
    since INTEGER NOT NULL,
    until INTEGER NOT NULL DEFAULT 9223372036854775807,
    name TEXT NOT NULL,
    parent_id BLOB REFERENCES teams (id),
    row_digest TEXT NOT NULL,
    PRIMARY KEY (id, since)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX team_versions_one_open ON team_versions (name) WHERE until = 9223372036854775807;
CREATE TRIGGER teams_no_replace BEFORE INSERT ON teams
WHEN EXISTS (SELECT 1 FROM teams WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'teams: id exists'); END;
CREATE TRIGGER teams_no_update BEFORE UPDATE ON teams BEGIN SELECT RAISE(ABORT, 'teams is never changed'); END;
CREATE TRIGGER teams_no_delete BEFORE DELETE ON teams BEGIN SELECT RAISE(ABORT, 'teams is never deleted'); END;
CREATE TRIGGER team_versions_insert BEFORE INSERT ON team_versions
WHEN EXISTS (SELECT 1 FROM team_versions WHERE id = NEW.id AND since = NEW.since)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.since > seq AND NEW.since <= open_to)
BEGIN SELECT RAISE(ABORT, 'team_versions: id exists or seq outside the open batch'); END;
CREATE TRIGGER team_versions_update BEFORE UPDATE ON team_versions
WHEN NOT ((OLD.until = 9223372036854775807 AND EXISTS (SELECT 1 FROM ledger_head WHERE NEW.until > seq AND NEW.until <= open_to)
        AND NEW.since IS OLD.since AND NEW.id IS OLD.id AND NEW.name IS OLD.name AND NEW.parent_id IS OLD.parent_id AND NEW.row_digest IS OLD.row_digest))
BEGIN SELECT RAISE(ABORT, 'team_versions: only until may change, once'); END;
CREATE TRIGGER team_versions_no_delete BEFORE DELETE ON team_versions BEGIN SELECT RAISE(ABORT, 'team_versions is never deleted'); END;

-- governed: groups. The reviewers who answer to one line of command; a person is in one.
CREATE TABLE groups (
    id BLOB NOT NULL PRIMARY KEY,
    created_seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE group_versions (
    id BLOB NOT NULL REFERENCES groups (id),
    since INTEGER NOT NULL,
    until INTEGER NOT NULL DEFAULT 9223372036854775807,
    name TEXT NOT NULL,
    row_digest TEXT NOT NULL,
    PRIMARY KEY (id, since)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX group_versions_one_open ON group_versions (name) WHERE until = 9223372036854775807;
CREATE TRIGGER groups_no_replace BEFORE INSERT ON groups
WHEN EXISTS (SELECT 1 FROM groups WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'groups: id exists'); END;
CREATE TRIGGER groups_no_update BEFORE UPDATE ON groups BEGIN SELECT RAISE(ABORT, 'groups is never changed'); END;
CREATE TRIGGER groups_no_delete BEFORE DELETE ON groups BEGIN SELECT RAISE(ABORT, 'groups is never deleted'); END;
CREATE TRIGGER group_versions_insert BEFORE INSERT ON group_versions
WHEN EXISTS (SELECT 1 FROM group_versions WHERE id = NEW.id AND since = NEW.since)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.since > seq AND NEW.since <= open_to)
BEGIN SELECT RAISE(ABORT, 'group_versions: id exists or seq outside the open batch'); END;
CREATE TRIGGER group_versions_update BEFORE UPDATE ON group_versions
WHEN NOT ((OLD.until = 9223372036854775807 AND EXISTS (SELECT 1 FROM ledger_head WHERE NEW.until > seq AND NEW.until <= open_to)
        AND NEW.since IS OLD.since AND NEW.id IS OLD.id AND NEW.name IS OLD.name AND NEW.row_digest IS OLD.row_digest))
BEGIN SELECT RAISE(ABORT, 'group_versions: only until may change, once'); END;
CREATE TRIGGER group_versions_no_delete BEFORE DELETE ON group_versions BEGIN SELECT RAISE(ABORT, 'group_versions is never deleted'); END;

-- governed: group_members. Who is in which group.
CREATE TABLE group_members (
    id BLOB NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL DEFAULT 9223372036854775807,
    group_id BLOB NOT NULL REFERENCES groups (id),
    person_id BLOB NOT NULL REFERENCES people (id),
    row_digest TEXT NOT NULL,
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX group_members_one_open ON group_members (person_id) WHERE until = 9223372036854775807;
CREATE TRIGGER group_members_insert BEFORE INSERT ON group_members
WHEN EXISTS (SELECT 1 FROM group_members WHERE id = NEW.id)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.since > seq AND NEW.since <= open_to)
BEGIN SELECT RAISE(ABORT, 'group_members: id exists or seq outside the open batch'); END;
CREATE TRIGGER group_members_update BEFORE UPDATE ON group_members
WHEN NOT ((OLD.until = 9223372036854775807 AND EXISTS (SELECT 1 FROM ledger_head WHERE NEW.until > seq AND NEW.until <= open_to)
        AND NEW.since IS OLD.since AND NEW.id IS OLD.id AND NEW.group_id IS OLD.group_id AND NEW.person_id IS OLD.person_id AND NEW.row_digest IS OLD.row_digest))
BEGIN SELECT RAISE(ABORT, 'group_members: only until may change, once'); END;
CREATE TRIGGER group_members_no_delete BEFORE DELETE ON group_members BEGIN SELECT RAISE(ABORT, 'group_members is never deleted'); END;

-- governed: role_assignments. Admin excludes every deciding role, auditor excludes all others: the database refuses it too.
CREATE TABLE role_assignments (
    id BLOB NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL DEFAULT 9223372036854775807,
    person_id BLOB NOT NULL REFERENCES people (id),
    role TEXT NOT NULL CHECK (role = 'executive' OR role = 'analyst' OR role = 'reviewer' OR role = 'security_reviewer' OR role = 'auditor' OR role = 'admin'),
    scope_kind TEXT NOT NULL CHECK (scope_kind = 'organisation' OR scope_kind = 'team' OR scope_kind = 'environment' OR scope_kind = 'source'),
    scope TEXT NOT NULL,
    row_digest TEXT NOT NULL,
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX role_assignments_one_open ON role_assignments (person_id, role, scope_kind, scope) WHERE until = 9223372036854775807;
CREATE INDEX role_assignments_by_person_id ON role_assignments (person_id);
CREATE TRIGGER role_assignments_insert BEFORE INSERT ON role_assignments
WHEN EXISTS (SELECT 1 FROM role_assignments WHERE id = NEW.id)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.since > seq AND NEW.since <= open_to)
BEGIN SELECT RAISE(ABORT, 'role_assignments: id exists or seq outside the open batch'); END;
CREATE TRIGGER role_assignments_update BEFORE UPDATE ON role_assignments
WHEN NOT ((OLD.until = 9223372036854775807 AND EXISTS (SELECT 1 FROM ledger_head WHERE NEW.until > seq AND NEW.until <= open_to)
        AND NEW.since IS OLD.since AND NEW.id IS OLD.id AND NEW.person_id IS OLD.person_id AND NEW.role IS OLD.role AND NEW.scope_kind IS OLD.scope_kind AND NEW.scope IS OLD.scope AND NEW.row_digest IS OLD.row_digest))
BEGIN SELECT RAISE(ABORT, 'role_assignments: only until may change, once'); END;
CREATE TRIGGER role_assignments_no_delete BEFORE DELETE ON role_assignments BEGIN SELECT RAISE(ABORT, 'role_assignments is never deleted'); END;
CREATE TRIGGER role_assignments_exclusive BEFORE INSERT ON role_assignments
WHEN EXISTS (SELECT 1 FROM role_assignments r WHERE r.person_id = NEW.person_id AND r.until = 9223372036854775807
    AND ((NEW.role = 'auditor' AND r.role <> 'auditor') OR (NEW.role <> 'auditor' AND r.role = 'auditor')
      OR (NEW.role = 'admin' AND r.role IN ('reviewer', 'security_reviewer'))
      OR (NEW.role IN ('reviewer', 'security_reviewer') AND r.role = 'admin')))
BEGIN SELECT RAISE(ABORT, 'role_assignments: these roles exclude each other'); END;

-- governed: authenticators. How a person signs in. The MAC is keyed outside the database: a row forged here is void.
CREATE TABLE authenticators (
    id BLOB NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL DEFAULT 9223372036854775807,
    person_id BLOB NOT NULL REFERENCES people (id),
    kind TEXT NOT NULL CHECK (kind = 'password' OR kind = 'passkey' OR kind = 'decision_passkey' OR kind = 'totp' OR kind = 'recovery_code'),
    secret TEXT NOT NULL,
    label TEXT NOT NULL,
    enrolled_by_kind TEXT NOT NULL CHECK (enrolled_by_kind = 'person' OR enrolled_by_kind = 'agent' OR enrolled_by_kind = 'rule' OR enrolled_by_kind = 'import' OR enrolled_by_kind = 'system' OR enrolled_by_kind = 'host' OR enrolled_by_kind = 'unknown'),
    enrolled_by_id BLOB,
    mac TEXT NOT NULL,
    row_digest TEXT NOT NULL,
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX authenticators_by_person_id_open ON authenticators (person_id) WHERE until = 9223372036854775807;
CREATE TRIGGER authenticators_insert BEFORE INSERT ON authenticators
WHEN EXISTS (SELECT 1 FROM authenticators WHERE id = NEW.id)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.since > seq AND NEW.since <= open_to)
BEGIN SELECT RAISE(ABORT, 'authenticators: id exists or seq outside the open batch'); END;
CREATE TRIGGER authenticators_update BEFORE UPDATE ON authenticators
WHEN NOT ((OLD.until = 9223372036854775807 AND EXISTS (SELECT 1 FROM ledger_head WHERE NEW.until > seq AND NEW.until <= open_to)
        AND NEW.since IS OLD.since AND NEW.id IS OLD.id AND NEW.person_id IS OLD.person_id AND NEW.kind IS OLD.kind AND NEW.secret IS OLD.secret AND NEW.label IS OLD.label AND NEW.enrolled_by_kind IS OLD.enrolled_by_kind AND NEW.enrolled_by_id IS OLD.enrolled_by_id AND NEW.mac IS OLD.mac AND NEW.row_digest IS OLD.row_digest))
BEGIN SELECT RAISE(ABORT, 'authenticators: only until may change, once'); END;
CREATE TRIGGER authenticators_no_delete BEFORE DELETE ON authenticators BEGIN SELECT RAISE(ABORT, 'authenticators is never deleted'); END;

-- governed: tokens. API tokens: a digest, never the token.
CREATE TABLE tokens (
    id BLOB NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL DEFAULT 9223372036854775807,
    name TEXT NOT NULL,
    holder_kind TEXT NOT NULL CHECK (holder_kind = 'person' OR holder_kind = 'identity'),
    holder_id BLOB NOT NULL,
    scopes TEXT NOT NULL,
    source_id BLOB,
    hash TEXT NOT NULL,
    minted_by_id BLOB NOT NULL REFERENCES people (id),
    expires_at INTEGER NOT NULL,
    mac TEXT NOT NULL,
    row_digest TEXT NOT NULL,
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX tokens_one_open ON tokens (hash) WHERE until = 9223372036854775807;
CREATE INDEX tokens_by_source_id ON tokens (source_id);
CREATE TRIGGER tokens_insert BEFORE INSERT ON tokens
WHEN EXISTS (SELECT 1 FROM tokens WHERE id = NEW.id)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.since > seq AND NEW.since <= open_to)
BEGIN SELECT RAISE(ABORT, 'tokens: id exists or seq outside the open batch'); END;
CREATE TRIGGER tokens_update BEFORE UPDATE ON tokens
WHEN NOT ((OLD.until = 9223372036854775807 AND EXISTS (SELECT 1 FROM ledger_head WHERE NEW.until > seq AND NEW.until <= open_to)
        AND NEW.since IS OLD.since AND NEW.id IS OLD.id AND NEW.name IS OLD.name AND NEW.holder_kind IS OLD.holder_kind AND NEW.holder_id IS OLD.holder_id AND NEW.scopes IS OLD.scopes AND NEW.source_id IS OLD.source_id AND NEW.hash IS OLD.hash AND NEW.minted_by_id IS OLD.minted_by_id AND NEW.expires_at IS OLD.expires_at AND NEW.mac IS OLD.mac AND NEW.row_digest IS OLD.row_digest))
BEGIN SELECT RAISE(ABORT, 'tokens: only until may change, once'); END;
CREATE TRIGGER tokens_no_delete BEFORE DELETE ON tokens BEGIN SELECT RAISE(ABORT, 'tokens is never deleted'); END;

-- governed: settings. What an installation is set to.
CREATE TABLE settings (
    id BLOB NOT NULL PRIMARY KEY,
    created_seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE setting_versions (
    id BLOB NOT NULL REFERENCES settings (id),
    since INTEGER NOT NULL,
    until INTEGER NOT NULL DEFAULT 9223372036854775807,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    row_digest TEXT NOT NULL,
    PRIMARY KEY (id, since)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX setting_versions_one_open ON setting_versions (key) WHERE until = 9223372036854775807;
CREATE TRIGGER settings_no_replace BEFORE INSERT ON settings
WHEN EXISTS (SELECT 1 FROM settings WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'settings: id exists'); END;
CREATE TRIGGER settings_no_update BEFORE UPDATE ON settings BEGIN SELECT RAISE(ABORT, 'settings is never changed'); END;
CREATE TRIGGER settings_no_delete BEFORE DELETE ON settings BEGIN SELECT RAISE(ABORT, 'settings is never deleted'); END;
CREATE TRIGGER setting_versions_insert BEFORE INSERT ON setting_versions
WHEN EXISTS (SELECT 1 FROM setting_versions WHERE id = NEW.id AND since = NEW.since)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.since > seq AND NEW.since <= open_to)
BEGIN SELECT RAISE(ABORT, 'setting_versions: id exists or seq outside the open batch'); END;
CREATE TRIGGER setting_versions_update BEFORE UPDATE ON setting_versions
WHEN NOT ((OLD.until = 9223372036854775807 AND EXISTS (SELECT 1 FROM ledger_head WHERE NEW.until > seq AND NEW.until <= open_to)
        AND NEW.since IS OLD.since AND NEW.id IS OLD.id AND NEW.key IS OLD.key AND NEW.value IS OLD.value AND NEW.row_digest IS OLD.row_digest))
BEGIN SELECT RAISE(ABORT, 'setting_versions: only until may change, once'); END;
CREATE TRIGGER setting_versions_no_delete BEFORE DELETE ON setting_versions BEGIN SELECT RAISE(ABORT, 'setting_versions is never deleted'); END;

-- governed: policies. Policies that decide, by kind.
CREATE TABLE policies (
    id BLOB NOT NULL PRIMARY KEY,
    created_seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE policy_versions (
    id BLOB NOT NULL REFERENCES policies (id),
    since INTEGER NOT NULL,
    until INTEGER NOT NULL DEFAULT 9223372036854775807,
    kind TEXT NOT NULL,
    version TEXT NOT NULL,
    document TEXT NOT NULL,
    row_digest TEXT NOT NULL,
    PRIMARY KEY (id, since)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX policy_versions_one_open ON policy_versions (kind) WHERE until = 9223372036854775807;
CREATE TRIGGER policies_no_replace BEFORE INSERT ON policies
WHEN EXISTS (SELECT 1 FROM policies WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'policies: id exists'); END;
CREATE TRIGGER policies_no_update BEFORE UPDATE ON policies BEGIN SELECT RAISE(ABORT, 'policies is never changed'); END;
CREATE TRIGGER policies_no_delete BEFORE DELETE ON policies BEGIN SELECT RAISE(ABORT, 'policies is never deleted'); END;
CREATE TRIGGER policy_versions_insert BEFORE INSERT ON policy_versions
WHEN EXISTS (SELECT 1 FROM policy_versions WHERE id = NEW.id AND since = NEW.since)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.since > seq AND NEW.since <= open_to)
BEGIN SELECT RAISE(ABORT, 'policy_versions: id exists or seq outside the open batch'); END;
CREATE TRIGGER policy_versions_update BEFORE UPDATE ON policy_versions
WHEN NOT ((OLD.until = 9223372036854775807 AND EXISTS (SELECT 1 FROM ledger_head WHERE NEW.until > seq AND NEW.until <= open_to)
        AND NEW.since IS OLD.since AND NEW.id IS OLD.id AND NEW.kind IS OLD.kind AND NEW.version IS OLD.version AND NEW.document IS OLD.document AND NEW.row_digest IS OLD.row_digest))
BEGIN SELECT RAISE(ABORT, 'policy_versions: only until may change, once'); END;
CREATE TRIGGER policy_versions_no_delete BEFORE DELETE ON policy_versions BEGIN SELECT RAISE(ABORT, 'policy_versions is never deleted'); END;
