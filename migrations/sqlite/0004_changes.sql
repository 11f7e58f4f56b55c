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
    state TEXT NOT NULL CHECK (state IN ('draft', 'in_review', 'needs_information', 'narrowed', 'approved', 'applying', 'reported', 'effective', 'rejected', 'withdrawn', 'expired', 'unattended', 'superseded', 'failed', 'rolled_back')),
    kind TEXT NOT NULL,
    title_id BLOB,
    asked_by_kind TEXT NOT NULL CHECK (asked_by_kind IN ('person', 'agent', 'rule', 'import', 'system', 'host', 'unknown')),
    asked_by_id BLOB,
    drafted_by_kind TEXT NOT NULL CHECK (drafted_by_kind IN ('person', 'agent', 'rule', 'import', 'system', 'host', 'unknown')),
    drafted_by_id BLOB,
    candidate_id BLOB,
    review_ends_at INTEGER,
    outcome_unknown_since INTEGER,
    row_digest TEXT NOT NULL,
    CHECK (asked_by_kind <> 'import' AND drafted_by_kind <> 'import'),
    PRIMARY KEY (id, since)
) STRICT, WITHOUT ROWID;
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
        AND NEW.since IS OLD.since AND NEW.id IS OLD.id AND NEW.state IS OLD.state AND NEW.kind IS OLD.kind AND NEW.title_id IS OLD.title_id AND NEW.asked_by_kind IS OLD.asked_by_kind AND NEW.asked_by_id IS OLD.asked_by_id AND NEW.drafted_by_kind IS OLD.drafted_by_kind AND NEW.drafted_by_id IS OLD.drafted_by_id AND NEW.candidate_id IS OLD.candidate_id AND NEW.review_ends_at IS OLD.review_ends_at AND NEW.outcome_unknown_since IS OLD.outcome_unknown_since AND NEW.row_digest IS OLD.row_digest))
BEGIN SELECT RAISE(ABORT, 'change_versions: only until may change, once'); END;
CREATE TRIGGER change_versions_no_delete BEFORE DELETE ON change_versions BEGIN SELECT RAISE(ABORT, 'change_versions is never deleted'); END;

-- governed: candidates. Base (read set), operations, computed effect and policy version, hashed: what is approved.
CREATE TABLE candidates (
    id BLOB NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL DEFAULT 9223372036854775807,
    change_id BLOB NOT NULL REFERENCES changes (id),
    base TEXT NOT NULL,
    operations TEXT NOT NULL,
    effect TEXT NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('reduces', 'neutral', 'widens', 'self_governing')),
    policy_version TEXT NOT NULL,
    digest TEXT NOT NULL,
    required_people INTEGER NOT NULL,
    required_groups INTEGER NOT NULL,
    required_security INTEGER NOT NULL,
    row_digest TEXT NOT NULL,
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX candidates_by_change_id ON candidates (change_id);
CREATE TRIGGER candidates_insert BEFORE INSERT ON candidates
WHEN EXISTS (SELECT 1 FROM candidates WHERE id = NEW.id)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.since > seq AND NEW.since <= open_to)
BEGIN SELECT RAISE(ABORT, 'candidates: id exists or seq outside the open batch'); END;
CREATE TRIGGER candidates_update BEFORE UPDATE ON candidates
WHEN NOT ((OLD.until = 9223372036854775807 AND EXISTS (SELECT 1 FROM ledger_head WHERE NEW.until > seq AND NEW.until <= open_to)
        AND NEW.since IS OLD.since AND NEW.id IS OLD.id AND NEW.change_id IS OLD.change_id AND NEW.base IS OLD.base AND NEW.operations IS OLD.operations AND NEW.effect IS OLD.effect AND NEW.direction IS OLD.direction AND NEW.policy_version IS OLD.policy_version AND NEW.digest IS OLD.digest AND NEW.required_people IS OLD.required_people AND NEW.required_groups IS OLD.required_groups AND NEW.required_security IS OLD.required_security AND NEW.row_digest IS OLD.row_digest))
BEGIN SELECT RAISE(ABORT, 'candidates: only until may change, once'); END;
CREATE TRIGGER candidates_no_delete BEFORE DELETE ON candidates BEGIN SELECT RAISE(ABORT, 'candidates is never deleted'); END;

-- recorded: decisions. One person's verdict on one candidate. Group and security flag are those of the day.
CREATE TABLE decisions (
    id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    candidate_id BLOB NOT NULL REFERENCES candidates (id),
    person_id BLOB NOT NULL REFERENCES people (id),
    verdict TEXT NOT NULL CHECK (verdict IN ('approve', 'narrow', 'reject', 'needs_information')),
    group_id BLOB,
    security INTEGER NOT NULL,
    independent INTEGER NOT NULL,
    reasons TEXT NOT NULL,
    assertion TEXT,
    model_id BLOB,
    comment_id BLOB,
    row_digest TEXT NOT NULL,
    UNIQUE (candidate_id, person_id),
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER decisions_insert BEFORE INSERT ON decisions
WHEN EXISTS (SELECT 1 FROM decisions WHERE id = NEW.id)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.seq > seq AND NEW.seq <= open_to)
BEGIN SELECT RAISE(ABORT, 'decisions: id exists or seq outside the open batch'); END;
CREATE TRIGGER decisions_update BEFORE UPDATE ON decisions BEGIN SELECT RAISE(ABORT, 'decisions is append-only'); END;
CREATE TRIGGER decisions_no_delete BEFORE DELETE ON decisions BEGIN SELECT RAISE(ABORT, 'decisions is never deleted'); END;

-- recorded: consents. An owner's consent: needed, never counted as an approval.
CREATE TABLE consents (
    id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    candidate_id BLOB NOT NULL REFERENCES candidates (id),
    person_id BLOB NOT NULL REFERENCES people (id),
    as_kind TEXT NOT NULL CHECK (as_kind IN ('owner', 'resource_owner')),
    verdict TEXT NOT NULL CHECK (verdict IN ('consent', 'refuse')),
    comment_id BLOB,
    row_digest TEXT NOT NULL,
    UNIQUE (candidate_id, person_id, as_kind),
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER consents_insert BEFORE INSERT ON consents
WHEN EXISTS (SELECT 1 FROM consents WHERE id = NEW.id)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.seq > seq AND NEW.seq <= open_to)
BEGIN SELECT RAISE(ABORT, 'consents: id exists or seq outside the open batch'); END;
CREATE TRIGGER consents_update BEFORE UPDATE ON consents BEGIN SELECT RAISE(ABORT, 'consents is append-only'); END;
CREATE TRIGGER consents_no_delete BEFORE DELETE ON consents BEGIN SELECT RAISE(ABORT, 'consents is never deleted'); END;

-- recorded: comments. Comments on changes.
CREATE TABLE comments (
    id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    change_id BLOB NOT NULL REFERENCES changes (id),
    author_kind TEXT NOT NULL CHECK (author_kind IN ('person', 'agent', 'rule', 'import', 'system', 'host', 'unknown')),
    author_id BLOB,
    content_id BLOB NOT NULL,
    row_digest TEXT NOT NULL,
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX comments_by_change_id_seq ON comments (change_id, seq);
CREATE TRIGGER comments_insert BEFORE INSERT ON comments
WHEN EXISTS (SELECT 1 FROM comments WHERE id = NEW.id)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.seq > seq AND NEW.seq <= open_to)
BEGIN SELECT RAISE(ABORT, 'comments: id exists or seq outside the open batch'); END;
CREATE TRIGGER comments_update BEFORE UPDATE ON comments BEGIN SELECT RAISE(ABORT, 'comments is append-only'); END;
CREATE TRIGGER comments_no_delete BEFORE DELETE ON comments BEGIN SELECT RAISE(ABORT, 'comments is never deleted'); END;

-- recorded: applications. Author, approver and applier are different humans; a rule approves only what reduces or is proven neutral. What the candidate requires is compared with its decisions.
CREATE TABLE applications (
    id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    change_id BLOB NOT NULL REFERENCES changes (id),
    candidate_id BLOB NOT NULL REFERENCES candidates (id),
    direction TEXT NOT NULL CHECK (direction IN ('reduces', 'neutral', 'widens', 'self_governing')),
    policy_version TEXT NOT NULL,
    author_kind TEXT NOT NULL CHECK (author_kind IN ('person', 'agent', 'rule', 'import', 'system', 'host', 'unknown')),
    author_id BLOB,
    approver_kind TEXT NOT NULL CHECK (approver_kind IN ('person', 'agent', 'rule', 'import', 'system', 'host', 'unknown')),
    approver_id BLOB,
    applier_kind TEXT NOT NULL CHECK (applier_kind IN ('person', 'agent', 'rule', 'import', 'system', 'host', 'unknown')),
    applier_id BLOB,
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
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER applications_insert BEFORE INSERT ON applications
WHEN EXISTS (SELECT 1 FROM applications WHERE id = NEW.id)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.seq > seq AND NEW.seq <= open_to)
BEGIN SELECT RAISE(ABORT, 'applications: id exists or seq outside the open batch'); END;
CREATE TRIGGER applications_update BEFORE UPDATE ON applications BEGIN SELECT RAISE(ABORT, 'applications is append-only'); END;
CREATE TRIGGER applications_no_delete BEFORE DELETE ON applications BEGIN SELECT RAISE(ABORT, 'applications is never deleted'); END;
CREATE TRIGGER applications_route BEFORE INSERT ON applications
WHEN EXISTS (SELECT 1 FROM candidates c WHERE c.id = NEW.candidate_id AND (
        (SELECT COUNT(DISTINCT d.person_id) FROM decisions d WHERE d.candidate_id = c.id AND d.verdict = 'approve' AND d.independent = 1) < c.required_people
        OR (SELECT COUNT(DISTINCT d.group_id) FROM decisions d WHERE d.candidate_id = c.id AND d.verdict = 'approve' AND d.independent = 1) < c.required_groups
        OR (SELECT COUNT(*) FROM decisions d WHERE d.candidate_id = c.id AND d.verdict = 'approve' AND d.independent = 1 AND d.security = 1) < c.required_security
        OR (NEW.approver_kind = 'rule' AND c.required_people > 0)
        OR (NEW.approver_kind = 'person' AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.candidate_id = c.id AND d.person_id = NEW.approver_id AND d.verdict = 'approve' AND d.independent = 1))
        OR c.direction <> NEW.direction OR c.change_id <> NEW.change_id))
BEGIN SELECT RAISE(ABORT, 'applications: the route of the candidate is not complete'); END;

-- recorded: anchors. One a minute: how many evaluations or uses there were and the root over them.
CREATE TABLE anchors (
    id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('evaluations', 'uses')),
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
    kind TEXT NOT NULL CHECK (kind IN ('evaluations', 'observations')),
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
