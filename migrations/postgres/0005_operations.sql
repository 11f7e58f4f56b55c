-- Written by `cargo xtask schema` from the declarations in store/src. Twin of migrations/sqlite/0005_operations.sql.

-- operational: sessions. Only the digest of the session id is stored.
CREATE TABLE sessions (
    hash TEXT COLLATE "C" NOT NULL,
    person_id UUID,
    data TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL,
    absolute_ends_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    mac TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (hash)
);
CREATE INDEX sessions_by_person_id ON sessions (person_id);
CREATE INDEX sessions_by_expires_at ON sessions (expires_at);

-- operational: setup_links. The one-time link of a new installation, as a digest.
CREATE TABLE setup_links (
    hash TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL,
    mac TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (hash)
);

-- operational: sign_in_attempts. Back-off per account and per address, keyed by digest.
CREATE TABLE sign_in_attempts (
    key TEXT COLLATE "C" NOT NULL,
    failures BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (key)
);

-- operational: ceremonies. Questions put to authenticators: single use, minutes long, the digest of their name only.
CREATE TABLE ceremonies (
    hash TEXT COLLATE "C" NOT NULL,
    person_id UUID NOT NULL,
    purpose TEXT COLLATE "C" NOT NULL CHECK (purpose IN ('enrol', 'sign_in', 'reauth', 'decide')),
    state TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    mac TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (hash)
);
CREATE INDEX ceremonies_by_person_id ON ceremonies (person_id);
CREATE INDEX ceremonies_by_expires_at ON ceremonies (expires_at);

-- operational: authenticator_marks. The newest step of a one-time code or counter of a passkey that was accepted: no code works twice.
CREATE TABLE authenticator_marks (
    authenticator_id UUID NOT NULL,
    mark BIGINT NOT NULL,
    mac TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (authenticator_id)
);

-- operational: jobs. Work that outlives a request.
CREATE TABLE jobs (
    id UUID NOT NULL,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('import', 'verify', 'export', 'change', 'adopt')),
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    subject TEXT COLLATE "C",
    payload TEXT COLLATE "C" NOT NULL,
    progress TEXT COLLATE "C" NOT NULL,
    result TEXT COLLATE "C",
    run_at BIGINT NOT NULL,
    holder TEXT COLLATE "C",
    locked_until BIGINT,
    attempts BIGINT NOT NULL,
    cancel BIGINT NOT NULL,
    created_by_id UUID,
    caller TEXT COLLATE "C" NOT NULL,
    mac TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX jobs_by_state_run_at ON jobs (state, run_at);
CREATE UNIQUE INDEX jobs_one_running ON jobs (subject) WHERE state = 'running' AND subject IS NOT NULL;
CREATE INDEX jobs_by_locked_until ON jobs (locked_until) WHERE state = 'running';

-- operational: idempotency_keys. Answers kept for callers that repeat a create.
CREATE TABLE idempotency_keys (
    key TEXT COLLATE "C" NOT NULL,
    principal TEXT COLLATE "C" NOT NULL,
    request_digest TEXT COLLATE "C" NOT NULL,
    status BIGINT NOT NULL,
    response TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL,
    location TEXT COLLATE "C",
    mac TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (principal, key)
);

-- operational: checkpoint_sinks. The largest checkpoint that each sink has confirmed, and how many it holds: one that holds less was cut.
CREATE TABLE checkpoint_sinks (
    place TEXT COLLATE "C" NOT NULL,
    epoch BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    note TEXT COLLATE "C" NOT NULL,
    notes BIGINT NOT NULL,
    mac TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (place)
);

-- operational: token_uses. When a token was used last, to a few minutes: for whoever asks which ones can go. No right follows from it.
CREATE TABLE token_uses (
    token_id UUID NOT NULL,
    used_at BIGINT NOT NULL,
    PRIMARY KEY (token_id)
);
