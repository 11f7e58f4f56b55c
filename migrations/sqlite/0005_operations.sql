-- Written by `cargo xtask schema` from the declarations in store/src. Twin of migrations/postgres/0005_operations.sql.

-- operational: sessions. Only the digest of the session id is stored.
CREATE TABLE sessions (
    hash TEXT NOT NULL,
    person_id BLOB,
    data TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    absolute_ends_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    mac TEXT NOT NULL,
    PRIMARY KEY (hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_person_id ON sessions (person_id);
CREATE INDEX sessions_by_expires_at ON sessions (expires_at);

-- operational: setup_links. The one-time link of a new installation, as a digest.
CREATE TABLE setup_links (
    hash TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    mac TEXT NOT NULL,
    PRIMARY KEY (hash)
) STRICT, WITHOUT ROWID;

-- operational: sign_in_attempts. Back-off per account and per address, keyed by digest.
CREATE TABLE sign_in_attempts (
    key TEXT NOT NULL,
    failures INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (key)
) STRICT, WITHOUT ROWID;

-- operational: ceremonies. Questions put to authenticators: single use, minutes long, the digest of their name only.
CREATE TABLE ceremonies (
    hash TEXT NOT NULL,
    person_id BLOB NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose = 'enrol' OR purpose = 'sign_in' OR purpose = 'reauth' OR purpose = 'decide'),
    state TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    mac TEXT NOT NULL,
    PRIMARY KEY (hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX ceremonies_by_person_id ON ceremonies (person_id);
CREATE INDEX ceremonies_by_expires_at ON ceremonies (expires_at);

-- operational: authenticator_marks. The newest step of a one-time code or counter of a passkey that was accepted: no code works twice.
CREATE TABLE authenticator_marks (
    authenticator_id BLOB NOT NULL,
    mark INTEGER NOT NULL,
    mac TEXT NOT NULL,
    PRIMARY KEY (authenticator_id)
) STRICT, WITHOUT ROWID;

-- operational: jobs. Work that outlives a request.
CREATE TABLE jobs (
    id BLOB NOT NULL,
    kind TEXT NOT NULL CHECK (kind = 'import' OR kind = 'verify' OR kind = 'export' OR kind = 'change' OR kind = 'adopt'),
    state TEXT NOT NULL CHECK (state = 'queued' OR state = 'running' OR state = 'done' OR state = 'failed' OR state = 'cancelled'),
    subject TEXT,
    payload TEXT NOT NULL,
    progress TEXT NOT NULL,
    result TEXT,
    run_at INTEGER NOT NULL,
    holder TEXT,
    locked_until INTEGER,
    attempts INTEGER NOT NULL,
    cancel INTEGER NOT NULL,
    created_by_id BLOB,
    caller TEXT NOT NULL,
    mac TEXT NOT NULL,
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX jobs_by_state_run_at ON jobs (state, run_at);
CREATE UNIQUE INDEX jobs_one_running ON jobs (subject) WHERE state = 'running' AND subject IS NOT NULL;
CREATE INDEX jobs_by_locked_until ON jobs (locked_until) WHERE state = 'running';

-- operational: idempotency_keys. Answers kept for callers that repeat a create.
CREATE TABLE idempotency_keys (
    key TEXT NOT NULL,
    principal TEXT NOT NULL,
    request_digest TEXT NOT NULL,
    status INTEGER NOT NULL,
    response TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    location TEXT,
    mac TEXT NOT NULL,
    PRIMARY KEY (principal, key)
) STRICT, WITHOUT ROWID;

-- operational: checkpoint_sinks. The largest checkpoint that each sink has confirmed, and how many it holds: one that holds less was cut.
CREATE TABLE checkpoint_sinks (
    place TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    note TEXT NOT NULL,
    notes INTEGER NOT NULL,
    mac TEXT NOT NULL,
    PRIMARY KEY (place)
) STRICT, WITHOUT ROWID;

-- operational: token_uses. When a token was used last, to a few minutes: for whoever asks which ones can go. No right follows from it.
CREATE TABLE token_uses (
    token_id BLOB NOT NULL,
    used_at INTEGER NOT NULL,
    PRIMARY KEY (token_id)
) STRICT, WITHOUT ROWID;
