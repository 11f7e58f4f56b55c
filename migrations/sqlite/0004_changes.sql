-- Written by `cargo xtask schema` from the declarations in store/src. Twin of migrations/postgres/0004_changes.sql.

-- governed: changes. Change requests.
CREATE TABLE changes (
    id BLOB NOT NULL PRIMARY KEY,
    created_seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE change_versions (
    id BLOB NOT NULL REFERENCES changes (id),
    since INTEGER NOT NULL,
    until INTEGER NOT NULL DEFAULT 9223372036854775807,
    state TEXT NOT NULL CHECK (state = 'draft' OR state = 'in_review' OR state = 'needs_information' OR state = 'narrowed' OR state = 'approved' OR state = 'applying' OR state = 'reported' OR state = 'effective' OR state = 'rejected' OR state = 'withdrawn' OR state = 'expired' OR state = 'unattended' OR state = 'superseded' OR state = 'failed' OR state = 'rolled_back'),
    candidate_id BLOB NOT NULL,
    asked_by_kind TEXT NOT NULL CHECK (asked_by_kind = 'person' OR asked_by_kind = 'agent' OR asked_by_kind = 'rule' OR asked_by_kind = 'import' OR asked_by_kind = 'system' OR asked_by_kind = 'host' OR asked_by_kind = 'unknown'),
    asked_by_id BLOB,
    drafted_by_kind TEXT NOT NULL CHECK (drafted_by_kind = 'person' OR drafted_by_kind = 'agent' OR drafted_by_kind = 'rule' OR drafted_by_kind = 'import' OR drafted_by_kind = 'system' OR drafted_by_kind = 'host' OR drafted_by_kind = 'unknown'),
    drafted_by_id BLOB,
    minted_by_id BLOB,
    direction TEXT NOT NULL CHECK (direction = 'reduces' OR direction = 'neutral' OR direction = 'widens' OR direction = 'self_governing'),
    rank INTEGER NOT NULL,
    justification_id BLOB,
    ticket TEXT,
    rollback_id BLOB,
    undoes_id BLOB REFERENCES changes (id),
    asked_at INTEGER NOT NULL,
    review_ends_at INTEGER NOT NULL,
    waits_until INTEGER,
    lapses_at INTEGER,
    due_at INTEGER,
    outcome_unknown_since INTEGER,
    row_digest TEXT NOT NULL,
    CHECK (asked_by_kind <> 'import' AND drafted_by_kind <> 'import'),
    CHECK (asked_by_kind IN ('system', 'host') OR asked_by_id IS NOT NULL),
    CHECK (drafted_by_kind IN ('system', 'host') OR drafted_by_id IS NOT NULL),
    PRIMARY KEY (id, since)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX change_versions_one_open ON change_versions (id) WHERE until = 9223372036854775807;
CREATE INDEX change_versions_by_rank_open ON change_versions (rank, asked_at, id) WHERE until = 9223372036854775807 AND state IN ('in_review', 'needs_information', 'narrowed', 'approved', 'applying', 'reported');
CREATE INDEX change_versions_by_due_at_open ON change_versions (due_at, id) WHERE until = 9223372036854775807 AND due_at IS NOT NULL;
CREATE INDEX change_versions_by_asked_by_open ON change_versions (asked_by_id, asked_at) WHERE until = 9223372036854775807;
CREATE INDEX change_versions_by_undoes_id ON change_versions (undoes_id);
CREATE INDEX change_versions_by_asked_at_id ON change_versions (asked_at, id);
CREATE TRIGGER changes_no_replace BEFORE INSERT ON changes
WHEN EXISTS (SELECT 1 FROM changes WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'changes: id exists'); END;
CREATE TRIGGER changes_no_update BEFORE UPDATE ON changes BEGIN SELECT RAISE(ABORT, 'changes is never changed'); END;
CREATE TRIGGER changes_no_delete BEFORE DELETE ON changes BEGIN SELECT RAISE(ABORT, 'changes is never deleted'); END;
CREATE TRIGGER change_versions_insert BEFORE INSERT ON change_versions
WHEN EXISTS (SELECT 1 FROM change_versions WHERE id = NEW.id AND since = NEW.since)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.since > seq AND NEW.since <= open_to)
BEGIN SELECT RAISE(ABORT, 'change_versions: id exists or seq outside the open batch'); END;
CREATE TRIGGER change_versions_update BEFORE UPDATE ON change_versions
WHEN NOT ((OLD.until = 9223372036854775807 AND EXISTS (SELECT 1 FROM ledger_head WHERE NEW.until > seq AND NEW.until <= open_to)
        AND NEW.since IS OLD.since AND NEW.id IS OLD.id AND NEW.state IS OLD.state AND NEW.candidate_id IS OLD.candidate_id AND NEW.asked_by_kind IS OLD.asked_by_kind AND NEW.asked_by_id IS OLD.asked_by_id AND NEW.drafted_by_kind IS OLD.drafted_by_kind AND NEW.drafted_by_id IS OLD.drafted_by_id AND NEW.minted_by_id IS OLD.minted_by_id AND NEW.direction IS OLD.direction AND NEW.rank IS OLD.rank AND NEW.justification_id IS OLD.justification_id AND NEW.ticket IS OLD.ticket AND NEW.rollback_id IS OLD.rollback_id AND NEW.undoes_id IS OLD.undoes_id AND NEW.asked_at IS OLD.asked_at AND NEW.review_ends_at IS OLD.review_ends_at AND NEW.waits_until IS OLD.waits_until AND NEW.lapses_at IS OLD.lapses_at AND NEW.due_at IS OLD.due_at AND NEW.outcome_unknown_since IS OLD.outcome_unknown_since AND NEW.row_digest IS OLD.row_digest))
BEGIN SELECT RAISE(ABORT, 'change_versions: only until may change, once'); END;
CREATE TRIGGER change_versions_no_delete BEFORE DELETE ON change_versions BEGIN SELECT RAISE(ABORT, 'change_versions is never deleted'); END;

-- recorded: change_subjects. Which identities a change touches: for their pages, their sums and their quotas.
CREATE TABLE change_subjects (
    id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    change_id BLOB NOT NULL REFERENCES changes (id),
    identity_id BLOB NOT NULL REFERENCES identities (id),
    row_digest TEXT NOT NULL,
    UNIQUE (change_id, identity_id),
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX change_subjects_by_identity_id ON change_subjects (identity_id, change_id);
CREATE TRIGGER change_subjects_insert BEFORE INSERT ON change_subjects
WHEN EXISTS (SELECT 1 FROM change_subjects WHERE id = NEW.id)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.seq > seq AND NEW.seq <= open_to)
BEGIN SELECT RAISE(ABORT, 'change_subjects: id exists or seq outside the open batch'); END;
CREATE TRIGGER change_subjects_update BEFORE UPDATE ON change_subjects BEGIN SELECT RAISE(ABORT, 'change_subjects is append-only'); END;
CREATE TRIGGER change_subjects_no_delete BEFORE DELETE ON change_subjects BEGIN SELECT RAISE(ABORT, 'change_subjects is never deleted'); END;

-- recorded: change_people. Which people a change of the gate is about: doors ask it whether a role or an account still stands.
CREATE TABLE change_people (
    id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    change_id BLOB NOT NULL REFERENCES changes (id),
    person_id BLOB NOT NULL REFERENCES people (id),
    restores INTEGER NOT NULL,
    row_digest TEXT NOT NULL,
    CHECK (restores IN (0, 1)),
    UNIQUE (change_id, person_id),
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX change_people_by_person_id ON change_people (person_id, change_id);
CREATE TRIGGER change_people_insert BEFORE INSERT ON change_people
WHEN EXISTS (SELECT 1 FROM change_people WHERE id = NEW.id)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.seq > seq AND NEW.seq <= open_to)
BEGIN SELECT RAISE(ABORT, 'change_people: id exists or seq outside the open batch'); END;
CREATE TRIGGER change_people_update BEFORE UPDATE ON change_people BEGIN SELECT RAISE(ABORT, 'change_people is append-only'); END;
CREATE TRIGGER change_people_no_delete BEFORE DELETE ON change_people BEGIN SELECT RAISE(ABORT, 'change_people is never deleted'); END;

-- governed: candidates. Base (read set), operations, computed effect, route and policy version, hashed: what is approved. What its route asks for stands beside it, so that the database can count.
CREATE TABLE candidates (
    id BLOB NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL DEFAULT 9223372036854775807,
    change_id BLOB NOT NULL REFERENCES changes (id),
    text TEXT NOT NULL,
    digest TEXT NOT NULL,
    ties TEXT NOT NULL,
    direction TEXT NOT NULL CHECK (direction = 'reduces' OR direction = 'neutral' OR direction = 'widens' OR direction = 'self_governing'),
    line TEXT NOT NULL CHECK (line = 'reduces_undoable' OR line = 'reduces_partly' OR line = 'reduces_irreversible' OR line = 'neutral_undoable' OR line = 'neutral_partly' OR line = 'neutral_irreversible' OR line = 'widens_undoable' OR line = 'widens_partly' OR line = 'widens_irreversible' OR line = 'self_governing_undoable' OR line = 'self_governing_partly' OR line = 'self_governing_irreversible' OR line = 'gate' OR line = 'adopt' OR line = 'first_owner'),
    policy_version INTEGER NOT NULL,
    auth TEXT NOT NULL CHECK (auth = 'none' OR auth = 'reauth' OR auth = 'passkey'),
    required_people INTEGER NOT NULL,
    required_groups INTEGER NOT NULL,
    required_security INTEGER NOT NULL,
    required_owners INTEGER NOT NULL,
    required_resource_owners INTEGER NOT NULL,
    row_digest TEXT NOT NULL,
    CHECK (required_people >= 0 AND required_groups >= 0 AND required_security >= 0),
    CHECK (required_owners >= 0 AND required_resource_owners >= 0),
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX candidates_one_open ON candidates (change_id) WHERE until = 9223372036854775807;
CREATE INDEX candidates_by_change_id ON candidates (change_id);
CREATE TRIGGER candidates_insert BEFORE INSERT ON candidates
WHEN EXISTS (SELECT 1 FROM candidates WHERE id = NEW.id)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.since > seq AND NEW.since <= open_to)
BEGIN SELECT RAISE(ABORT, 'candidates: id exists or seq outside the open batch'); END;
CREATE TRIGGER candidates_update BEFORE UPDATE ON candidates
WHEN NOT ((OLD.until = 9223372036854775807 AND EXISTS (SELECT 1 FROM ledger_head WHERE NEW.until > seq AND NEW.until <= open_to)
        AND NEW.since IS OLD.since AND NEW.id IS OLD.id AND NEW.change_id IS OLD.change_id AND NEW.text IS OLD.text AND NEW.digest IS OLD.digest AND NEW.ties IS OLD.ties AND NEW.direction IS OLD.direction AND NEW.line IS OLD.line AND NEW.policy_version IS OLD.policy_version AND NEW.auth IS OLD.auth AND NEW.required_people IS OLD.required_people AND NEW.required_groups IS OLD.required_groups AND NEW.required_security IS OLD.required_security AND NEW.required_owners IS OLD.required_owners AND NEW.required_resource_owners IS OLD.required_resource_owners AND NEW.row_digest IS OLD.row_digest))
BEGIN SELECT RAISE(ABORT, 'candidates: only until may change, once'); END;
CREATE TRIGGER candidates_no_delete BEFORE DELETE ON candidates BEGIN SELECT RAISE(ABORT, 'candidates is never deleted'); END;

-- recorded: decisions. One human's verdict on one candidate. Group and security flag are those of the day.
CREATE TABLE decisions (
    id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    candidate_id BLOB NOT NULL REFERENCES candidates (id),
    person_id BLOB NOT NULL REFERENCES people (id),
    human TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict = 'approve' OR verdict = 'narrow' OR verdict = 'reject'),
    group_id BLOB,
    security INTEGER NOT NULL,
    independent INTEGER NOT NULL,
    shown TEXT NOT NULL,
    shown_id BLOB NOT NULL,
    nonce TEXT,
    assertion TEXT,
    guidance_id BLOB,
    mac TEXT NOT NULL,
    row_digest TEXT NOT NULL,
    CHECK (mac <> ''),
    CHECK (shown <> ''),
    CHECK ((nonce IS NULL) = (assertion IS NULL)),
    CHECK (security IN (0, 1)),
    CHECK (independent IN (0, 1)),
    UNIQUE (candidate_id, human),
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER decisions_insert BEFORE INSERT ON decisions
WHEN EXISTS (SELECT 1 FROM decisions WHERE id = NEW.id)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.seq > seq AND NEW.seq <= open_to)
BEGIN SELECT RAISE(ABORT, 'decisions: id exists or seq outside the open batch'); END;
CREATE TRIGGER decisions_update BEFORE UPDATE ON decisions BEGIN SELECT RAISE(ABORT, 'decisions is append-only'); END;
CREATE TRIGGER decisions_no_delete BEFORE DELETE ON decisions BEGIN SELECT RAISE(ABORT, 'decisions is never deleted'); END;
CREATE TRIGGER decisions_human BEFORE INSERT ON decisions
WHEN NOT EXISTS (SELECT 1 FROM person_versions p WHERE p.id = NEW.person_id AND p.human = NEW.human AND p.since <= NEW.seq AND NEW.seq < p.until)
BEGIN SELECT RAISE(ABORT, 'decisions: the person is not that human'); END;
CREATE TRIGGER decisions_open BEFORE INSERT ON decisions
WHEN NEW.verdict = 'approve' AND (NOT EXISTS (SELECT 1 FROM candidates c JOIN change_versions v ON v.id = c.change_id AND v.candidate_id = c.id AND v.since <= NEW.seq AND NEW.seq < v.until
        WHERE c.id = NEW.candidate_id AND c.since <= NEW.seq AND NEW.seq < c.until AND v.state IN ('in_review', 'approved')))
BEGIN SELECT RAISE(ABORT, 'decisions: the candidate is closed or not in review'); END;
CREATE TRIGGER decisions_ended BEFORE INSERT ON decisions
WHEN NEW.verdict <> 'approve' AND (NOT EXISTS (SELECT 1 FROM candidates c JOIN change_versions v ON v.id = c.change_id AND v.candidate_id = c.id AND v.since <= NEW.seq AND NEW.seq < v.until
        WHERE c.id = NEW.candidate_id AND c.since <= NEW.seq AND NEW.seq < c.until AND v.state IN ('rejected', 'narrowed')))
BEGIN SELECT RAISE(ABORT, 'decisions: the candidate is closed or not in review'); END;
CREATE TRIGGER decisions_author BEFORE INSERT ON decisions
WHEN EXISTS (SELECT 1 FROM candidates c JOIN change_versions v ON v.id = c.change_id AND v.since <= NEW.seq AND NEW.seq < v.until
        JOIN person_versions a ON a.since <= NEW.seq AND NEW.seq < a.until AND (a.id = v.asked_by_id OR a.id = v.drafted_by_id OR a.id = v.minted_by_id)
        WHERE c.id = NEW.candidate_id AND a.human = NEW.human)
BEGIN SELECT RAISE(ABORT, 'decisions: who asked for a change, drafted it or minted the token it came by decides nothing on it'); END;
CREATE TRIGGER decisions_assertion BEFORE INSERT ON decisions
WHEN NEW.assertion IS NULL AND NEW.verdict IN ('approve', 'narrow') AND (EXISTS (SELECT 1 FROM candidates c WHERE c.id = NEW.candidate_id AND c.auth = 'passkey'))
BEGIN SELECT RAISE(ABORT, 'decisions: the route asks for a passkey'); END;

-- recorded: consents. An owner's consent: needed, never counted as an approval.
CREATE TABLE consents (
    id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    candidate_id BLOB NOT NULL REFERENCES candidates (id),
    person_id BLOB NOT NULL REFERENCES people (id),
    human TEXT NOT NULL,
    as_kind TEXT NOT NULL CHECK (as_kind = 'owner' OR as_kind = 'resource_owner'),
    verdict TEXT NOT NULL CHECK (verdict = 'consent' OR verdict = 'refuse'),
    shown TEXT NOT NULL,
    shown_id BLOB NOT NULL,
    guidance_id BLOB,
    mac TEXT NOT NULL,
    row_digest TEXT NOT NULL,
    CHECK (mac <> ''),
    CHECK (shown <> ''),
    UNIQUE (candidate_id, human, as_kind),
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER consents_insert BEFORE INSERT ON consents
WHEN EXISTS (SELECT 1 FROM consents WHERE id = NEW.id)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.seq > seq AND NEW.seq <= open_to)
BEGIN SELECT RAISE(ABORT, 'consents: id exists or seq outside the open batch'); END;
CREATE TRIGGER consents_update BEFORE UPDATE ON consents BEGIN SELECT RAISE(ABORT, 'consents is append-only'); END;
CREATE TRIGGER consents_no_delete BEFORE DELETE ON consents BEGIN SELECT RAISE(ABORT, 'consents is never deleted'); END;
CREATE TRIGGER consents_human BEFORE INSERT ON consents
WHEN NOT EXISTS (SELECT 1 FROM person_versions p WHERE p.id = NEW.person_id AND p.human = NEW.human AND p.since <= NEW.seq AND NEW.seq < p.until)
BEGIN SELECT RAISE(ABORT, 'consents: the person is not that human'); END;
CREATE TRIGGER consents_open BEFORE INSERT ON consents
WHEN NOT EXISTS (SELECT 1 FROM candidates c JOIN change_versions v ON v.id = c.change_id AND v.candidate_id = c.id AND v.since <= NEW.seq AND NEW.seq < v.until
        WHERE c.id = NEW.candidate_id AND c.since <= NEW.seq AND NEW.seq < c.until AND v.state IN ('in_review', 'approved', 'rejected'))
BEGIN SELECT RAISE(ABORT, 'consents: the candidate is closed or not in review'); END;

-- recorded: review_events. Questions, answers, recusals, objections, and what time or other changes did to a change.
CREATE TABLE review_events (
    id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    change_id BLOB NOT NULL REFERENCES changes (id),
    candidate_id BLOB NOT NULL REFERENCES candidates (id),
    event TEXT NOT NULL CHECK (event = 'submit' OR event = 'approve' OR event = 'consent' OR event = 'reject' OR event = 'refuse_consent' OR event = 'narrow' OR event = 'ask' OR event = 'recuse' OR event = 'rebase' OR event = 'withdraw' OR event = 'target_gone' OR event = 'deadline' OR event = 'answer' OR event = 'accept' OR event = 'amend' OR event = 'object' OR event = 'stale' OR event = 'policy_changed' OR event = 'independence_lost' OR event = 'lapse' OR event = 'begin' OR event = 'done' OR event = 'receiver_ok' OR event = 'receiver_failed' OR event = 'batch_abandoned' OR event = 'lease_over' OR event = 'matched' OR event = 'mismatched' OR event = 'time_over' OR event = 'undone'),
    actor_kind TEXT NOT NULL CHECK (actor_kind = 'person' OR actor_kind = 'agent' OR actor_kind = 'rule' OR actor_kind = 'import' OR actor_kind = 'system' OR actor_kind = 'host' OR actor_kind = 'unknown'),
    actor_id BLOB,
    content_id BLOB,
    reason TEXT,
    row_digest TEXT NOT NULL,
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX review_events_by_change_id_seq ON review_events (change_id, seq);
CREATE TRIGGER review_events_insert BEFORE INSERT ON review_events
WHEN EXISTS (SELECT 1 FROM review_events WHERE id = NEW.id)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.seq > seq AND NEW.seq <= open_to)
BEGIN SELECT RAISE(ABORT, 'review_events: id exists or seq outside the open batch'); END;
CREATE TRIGGER review_events_update BEFORE UPDATE ON review_events BEGIN SELECT RAISE(ABORT, 'review_events is append-only'); END;
CREATE TRIGGER review_events_no_delete BEFORE DELETE ON review_events BEGIN SELECT RAISE(ABORT, 'review_events is never deleted'); END;

-- recorded: applications. Author, approver and applier are different humans; a rule approves only what reduces or is proven neutral. What the candidate requires is compared with its decisions.
CREATE TABLE applications (
    id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    change_id BLOB NOT NULL REFERENCES changes (id),
    candidate_id BLOB NOT NULL REFERENCES candidates (id),
    direction TEXT NOT NULL CHECK (direction = 'reduces' OR direction = 'neutral' OR direction = 'widens' OR direction = 'self_governing'),
    policy_version INTEGER NOT NULL,
    author_kind TEXT NOT NULL CHECK (author_kind = 'person' OR author_kind = 'agent' OR author_kind = 'rule' OR author_kind = 'import' OR author_kind = 'system' OR author_kind = 'host' OR author_kind = 'unknown'),
    author_id BLOB,
    approver_kind TEXT NOT NULL CHECK (approver_kind = 'person' OR approver_kind = 'agent' OR approver_kind = 'rule' OR approver_kind = 'import' OR approver_kind = 'system' OR approver_kind = 'host' OR approver_kind = 'unknown'),
    approver_id BLOB,
    applier_kind TEXT NOT NULL CHECK (applier_kind = 'person' OR applier_kind = 'agent' OR applier_kind = 'rule' OR applier_kind = 'import' OR applier_kind = 'system' OR applier_kind = 'host' OR applier_kind = 'unknown'),
    applier_id BLOB,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    batch BLOB,
    row_digest TEXT NOT NULL,
    CHECK (author_kind <> 'person' OR author_id IS NOT NULL),
    CHECK (approver_kind <> 'person' OR approver_id IS NOT NULL),
    CHECK (applier_kind <> 'person' OR applier_id IS NOT NULL),
    CHECK (approver_kind IN ('person', 'rule')),
    CHECK (applier_kind <> 'host'),
    CHECK (approver_kind <> 'rule' OR direction IN ('reduces', 'neutral')),
    CHECK (author_kind <> 'person' OR approver_kind <> 'person' OR author_id <> approver_id),
    CHECK (applier_kind <> 'person' OR approver_kind <> 'person' OR applier_id <> approver_id),
    CHECK (author_kind <> 'person' OR applier_kind <> 'person' OR author_id <> applier_id),
    CHECK (author_kind <> 'agent' OR applier_kind <> 'agent' OR author_id <> applier_id),
    UNIQUE (change_id),
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX applications_by_seq ON applications (seq);
CREATE INDEX applications_by_batch ON applications (batch) WHERE batch IS NOT NULL;
CREATE TRIGGER applications_insert BEFORE INSERT ON applications
WHEN EXISTS (SELECT 1 FROM applications WHERE id = NEW.id)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.seq > seq AND NEW.seq <= open_to)
BEGIN SELECT RAISE(ABORT, 'applications: id exists or seq outside the open batch'); END;
CREATE TRIGGER applications_update BEFORE UPDATE ON applications BEGIN SELECT RAISE(ABORT, 'applications is append-only'); END;
CREATE TRIGGER applications_no_delete BEFORE DELETE ON applications BEGIN SELECT RAISE(ABORT, 'applications is never deleted'); END;
CREATE TRIGGER applications_people BEFORE INSERT ON applications
WHEN EXISTS (SELECT 1 FROM candidates c WHERE c.id = NEW.candidate_id AND (
        (SELECT COUNT(DISTINCT d.human) FROM decisions d WHERE d.candidate_id = c.id AND d.verdict = 'approve' AND d.independent = 1) < c.required_people
        OR (SELECT COUNT(DISTINCT d.group_id) FROM decisions d WHERE d.candidate_id = c.id AND d.verdict = 'approve' AND d.independent = 1) < c.required_groups
        OR (SELECT COUNT(DISTINCT d.human) FROM decisions d WHERE d.candidate_id = c.id AND d.verdict = 'approve' AND d.independent = 1 AND d.security = 1) < c.required_security))
BEGIN SELECT RAISE(ABORT, 'applications: the route of the candidate is not complete'); END;
CREATE TRIGGER applications_approver BEFORE INSERT ON applications
WHEN EXISTS (SELECT 1 FROM candidates c WHERE c.id = NEW.candidate_id AND (
        (NEW.approver_kind = 'rule' AND c.required_people > 0)
        OR (NEW.approver_kind = 'person' AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.candidate_id = c.id AND d.person_id = NEW.approver_id AND d.verdict = 'approve' AND d.independent = 1))))
BEGIN SELECT RAISE(ABORT, 'applications: the approver did not approve it'); END;
CREATE TRIGGER applications_consents BEFORE INSERT ON applications
WHEN EXISTS (SELECT 1 FROM candidates c WHERE c.id = NEW.candidate_id AND (
        (SELECT COUNT(DISTINCT k.human) FROM consents k WHERE k.candidate_id = c.id AND k.verdict = 'consent' AND k.as_kind = 'owner') < c.required_owners
        OR (SELECT COUNT(DISTINCT k.human) FROM consents k WHERE k.candidate_id = c.id AND k.verdict = 'consent' AND k.as_kind = 'resource_owner') < c.required_resource_owners))
BEGIN SELECT RAISE(ABORT, 'applications: an owner has not consented'); END;
CREATE TRIGGER applications_refused BEFORE INSERT ON applications
WHEN EXISTS (SELECT 1 FROM decisions d WHERE d.candidate_id = NEW.candidate_id AND d.verdict <> 'approve')
    OR EXISTS (SELECT 1 FROM consents k WHERE k.candidate_id = NEW.candidate_id AND k.verdict = 'refuse')
BEGIN SELECT RAISE(ABORT, 'applications: somebody rejected the candidate or refused to consent'); END;
CREATE TRIGGER applications_candidate BEFORE INSERT ON applications
WHEN NOT EXISTS (SELECT 1 FROM candidates c JOIN change_versions v ON v.id = c.change_id AND v.candidate_id = c.id AND v.since <= NEW.seq AND NEW.seq < v.until
        WHERE c.id = NEW.candidate_id AND c.change_id = NEW.change_id AND c.since <= NEW.seq AND NEW.seq < c.until
          AND v.state IN ('approved', 'applying', 'effective') AND c.direction = NEW.direction AND c.policy_version = NEW.policy_version
          AND v.drafted_by_kind = NEW.author_kind AND COALESCE(v.drafted_by_id, NEW.candidate_id) = COALESCE(NEW.author_id, NEW.candidate_id))
BEGIN SELECT RAISE(ABORT, 'applications: it is not the open candidate of an approved change'); END;
CREATE TRIGGER applications_author BEFORE INSERT ON applications
WHEN EXISTS (SELECT 1 FROM change_versions v JOIN person_versions a ON a.since <= NEW.seq AND NEW.seq < a.until
        AND (a.id = v.asked_by_id OR a.id = v.drafted_by_id OR a.id = v.minted_by_id)
        WHERE v.id = NEW.change_id AND v.since <= NEW.seq AND NEW.seq < v.until AND (
          EXISTS (SELECT 1 FROM decisions d WHERE d.candidate_id = NEW.candidate_id AND d.verdict = 'approve' AND d.human = a.human)
          OR (NEW.applier_kind = 'person' AND EXISTS (SELECT 1 FROM person_versions p WHERE p.id = NEW.applier_id AND p.since <= NEW.seq AND NEW.seq < p.until AND p.human = a.human))))
    OR (NEW.applier_kind = 'person' AND EXISTS (SELECT 1 FROM person_versions p JOIN decisions d ON d.human = p.human
        WHERE p.id = NEW.applier_id AND p.since <= NEW.seq AND NEW.seq < p.until AND d.candidate_id = NEW.candidate_id AND d.verdict = 'approve'))
BEGIN SELECT RAISE(ABORT, 'applications: author, approver and applier are different humans'); END;

-- recorded: seals. Whether the installation is sealed: the newest row says. Rows are only added, each by the application of a change of the gate.
CREATE TABLE seals (
    id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    change_id BLOB NOT NULL REFERENCES changes (id),
    sealed INTEGER NOT NULL,
    row_digest TEXT NOT NULL,
    CHECK (sealed IN (0, 1)),
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX seals_by_seq ON seals (seq);
CREATE TRIGGER seals_insert BEFORE INSERT ON seals
WHEN EXISTS (SELECT 1 FROM seals WHERE id = NEW.id)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.seq > seq AND NEW.seq <= open_to)
BEGIN SELECT RAISE(ABORT, 'seals: id exists or seq outside the open batch'); END;
CREATE TRIGGER seals_update BEFORE UPDATE ON seals BEGIN SELECT RAISE(ABORT, 'seals is append-only'); END;
CREATE TRIGGER seals_no_delete BEFORE DELETE ON seals BEGIN SELECT RAISE(ABORT, 'seals is never deleted'); END;
CREATE TRIGGER seals_gate BEFORE INSERT ON seals
WHEN NOT EXISTS (SELECT 1 FROM applications a JOIN candidates c ON c.id = a.candidate_id
        WHERE a.seq = NEW.seq AND a.change_id = NEW.change_id AND c.line = 'gate' AND c.required_people >= 2 AND c.required_groups >= 2 AND c.required_security >= 1)
BEGIN SELECT RAISE(ABORT, 'seals: an installation is sealed, and unsealed, by applying a change of the gate and by nothing else'); END;

-- governed: suspensions. What is out of the live plane: a grant, an identity, a source, by cause.
CREATE TABLE suspensions (
    id BLOB NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL DEFAULT 9223372036854775807,
    plane TEXT NOT NULL CHECK (plane = 'observed' OR plane = 'manual' OR plane = 'baseline'),
    subject_kind TEXT NOT NULL CHECK (subject_kind = 'grant' OR subject_kind = 'identity' OR subject_kind = 'source'),
    subject TEXT NOT NULL,
    cause TEXT NOT NULL,
    lifts_at INTEGER,
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
CREATE UNIQUE INDEX suspensions_one_open ON suspensions (plane, subject_kind, subject, cause) WHERE until = 9223372036854775807;
CREATE INDEX suspensions_by_subject ON suspensions (subject);
CREATE TRIGGER suspensions_insert BEFORE INSERT ON suspensions
WHEN EXISTS (SELECT 1 FROM suspensions WHERE id = NEW.id)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.since > seq AND NEW.since <= open_to)
BEGIN SELECT RAISE(ABORT, 'suspensions: id exists or seq outside the open batch'); END;
CREATE TRIGGER suspensions_update BEFORE UPDATE ON suspensions
WHEN NOT ((OLD.until = 9223372036854775807 AND EXISTS (SELECT 1 FROM ledger_head WHERE NEW.until > seq AND NEW.until <= open_to)
        AND NEW.since IS OLD.since AND NEW.id IS OLD.id AND NEW.plane IS OLD.plane AND NEW.subject_kind IS OLD.subject_kind AND NEW.subject IS OLD.subject AND NEW.cause IS OLD.cause AND NEW.lifts_at IS OLD.lifts_at AND NEW.origin IS OLD.origin AND NEW.author_kind IS OLD.author_kind AND NEW.author_id IS OLD.author_id AND NEW.approver_kind IS OLD.approver_kind AND NEW.approver_id IS OLD.approver_id AND NEW.applier_kind IS OLD.applier_kind AND NEW.applier_id IS OLD.applier_id AND NEW.change_id IS OLD.change_id AND NEW.self_evidence IS OLD.self_evidence AND NEW.row_digest IS OLD.row_digest))
BEGIN SELECT RAISE(ABORT, 'suspensions: only until may change, once'); END;
CREATE TRIGGER suspensions_no_delete BEFORE DELETE ON suspensions BEGIN SELECT RAISE(ABORT, 'suspensions is never deleted'); END;
CREATE TRIGGER suspensions_countersigned BEFORE INSERT ON suspensions
WHEN NEW.plane = 'baseline' AND (NOT EXISTS (SELECT 1 FROM applications a WHERE a.seq = NEW.since AND a.change_id = NEW.change_id))
BEGIN SELECT RAISE(ABORT, 'suspensions: the baseline is written by applying a change, and by nothing else'); END;

-- recorded: anchors. One a minute: how many evaluations or uses there were and the root over them.
CREATE TABLE anchors (
    id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind = 'evaluations' OR kind = 'uses'),
    from_at INTEGER NOT NULL,
    to_at INTEGER NOT NULL,
    n INTEGER NOT NULL,
    root TEXT NOT NULL,
    row_digest TEXT NOT NULL,
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER anchors_insert BEFORE INSERT ON anchors
WHEN EXISTS (SELECT 1 FROM anchors WHERE id = NEW.id)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.seq > seq AND NEW.seq <= open_to)
BEGIN SELECT RAISE(ABORT, 'anchors: id exists or seq outside the open batch'); END;
CREATE TRIGGER anchors_update BEFORE UPDATE ON anchors BEGIN SELECT RAISE(ABORT, 'anchors is append-only'); END;
CREATE TRIGGER anchors_no_delete BEFORE DELETE ON anchors BEGIN SELECT RAISE(ABORT, 'anchors is never deleted'); END;

-- recorded: retentions. What was removed under which root: evaluations below `below_at` may go once this stands.
CREATE TABLE retentions (
    id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind = 'evaluations' OR kind = 'observations'),
    below_at INTEGER NOT NULL,
    n INTEGER NOT NULL,
    root TEXT NOT NULL,
    row_digest TEXT NOT NULL,
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER retentions_insert BEFORE INSERT ON retentions
WHEN EXISTS (SELECT 1 FROM retentions WHERE id = NEW.id)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.seq > seq AND NEW.seq <= open_to)
BEGIN SELECT RAISE(ABORT, 'retentions: id exists or seq outside the open batch'); END;
CREATE TRIGGER retentions_update BEFORE UPDATE ON retentions BEGIN SELECT RAISE(ABORT, 'retentions is append-only'); END;
CREATE TRIGGER retentions_no_delete BEFORE DELETE ON retentions BEGIN SELECT RAISE(ABORT, 'retentions is never deleted'); END;

-- log: evaluations. Answers of the decision point. `anchors` commits to each minute of them; they may be deleted below the position a retention entry names.
CREATE TABLE evaluations (
    id BLOB NOT NULL,
    at INTEGER NOT NULL,
    identity_id BLOB NOT NULL,
    action TEXT NOT NULL,
    resource TEXT NOT NULL,
    decision INTEGER NOT NULL,
    reason TEXT NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX evaluations_by_identity_id_at ON evaluations (identity_id, at);
CREATE TRIGGER evaluations_insert BEFORE INSERT ON evaluations
WHEN EXISTS (SELECT 1 FROM evaluations WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'evaluations: id exists or seq outside the open batch'); END;
CREATE TRIGGER evaluations_update BEFORE UPDATE ON evaluations BEGIN SELECT RAISE(ABORT, 'evaluations is append-only'); END;
CREATE TRIGGER evaluations_delete BEFORE DELETE ON evaluations
WHEN NOT EXISTS (SELECT 1 FROM retentions r WHERE r.kind = 'evaluations' AND OLD.at < r.below_at)
BEGIN SELECT RAISE(ABORT, 'evaluations: no retention entry names this position'); END;

-- log: uses. Uses of grants whose uses are limited.
CREATE TABLE uses (
    grant_id BLOB NOT NULL REFERENCES grants (id),
    n INTEGER NOT NULL,
    at INTEGER NOT NULL,
    request TEXT NOT NULL,
    UNIQUE (grant_id, request),
    PRIMARY KEY (grant_id, n)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER uses_insert BEFORE INSERT ON uses
WHEN EXISTS (SELECT 1 FROM uses WHERE grant_id = NEW.grant_id AND n = NEW.n)
BEGIN SELECT RAISE(ABORT, 'uses: id exists or seq outside the open batch'); END;
CREATE TRIGGER uses_update BEFORE UPDATE ON uses BEGIN SELECT RAISE(ABORT, 'uses is append-only'); END;
CREATE TRIGGER uses_no_delete BEFORE DELETE ON uses BEGIN SELECT RAISE(ABORT, 'uses is never deleted'); END;
