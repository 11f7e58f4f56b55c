-- Written by `cargo xtask schema` from the declarations in store/src. Twin of migrations/sqlite/0004_changes.sql.

-- governed: changes. Change requests.
CREATE TABLE changes (
    id UUID NOT NULL PRIMARY KEY,
    created_seq BIGINT NOT NULL
);
CREATE TABLE change_versions (
    id UUID NOT NULL REFERENCES changes (id),
    since BIGINT NOT NULL,
    until BIGINT NOT NULL DEFAULT 9223372036854775807,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('draft', 'in_review', 'needs_information', 'narrowed', 'approved', 'applying', 'reported', 'effective', 'rejected', 'withdrawn', 'expired', 'unattended', 'superseded', 'failed', 'rolled_back')),
    kind TEXT COLLATE "C" NOT NULL,
    title_id UUID,
    asked_by_kind TEXT COLLATE "C" NOT NULL CHECK (asked_by_kind IN ('person', 'agent', 'rule', 'import', 'system', 'host', 'unknown')),
    asked_by_id UUID,
    drafted_by_kind TEXT COLLATE "C" NOT NULL CHECK (drafted_by_kind IN ('person', 'agent', 'rule', 'import', 'system', 'host', 'unknown')),
    drafted_by_id UUID,
    candidate_id UUID,
    review_ends_at BIGINT,
    outcome_unknown_since BIGINT,
    row_digest TEXT COLLATE "C" NOT NULL,
    CHECK (asked_by_kind <> 'import' AND drafted_by_kind <> 'import'),
    PRIMARY KEY (id, since)
);
CREATE TRIGGER changes_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON changes FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();
CREATE TRIGGER change_versions_insert BEFORE INSERT ON change_versions FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_since();
CREATE TRIGGER change_versions_update BEFORE UPDATE ON change_versions FOR EACH ROW EXECUTE FUNCTION countersign_governed_update();
CREATE TRIGGER change_versions_no_change BEFORE DELETE OR TRUNCATE ON change_versions FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();

-- governed: candidates. Base (read set), operations, computed effect and policy version, hashed: what is approved.
CREATE TABLE candidates (
    id UUID NOT NULL,
    since BIGINT NOT NULL,
    until BIGINT NOT NULL DEFAULT 9223372036854775807,
    change_id UUID NOT NULL REFERENCES changes (id),
    base TEXT COLLATE "C" NOT NULL,
    operations TEXT COLLATE "C" NOT NULL,
    effect TEXT COLLATE "C" NOT NULL,
    direction TEXT COLLATE "C" NOT NULL CHECK (direction IN ('reduces', 'neutral', 'widens', 'self_governing')),
    policy_version TEXT COLLATE "C" NOT NULL,
    digest TEXT COLLATE "C" NOT NULL,
    required_people BIGINT NOT NULL,
    required_groups BIGINT NOT NULL,
    required_security BIGINT NOT NULL,
    row_digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX candidates_by_change_id ON candidates (change_id);
CREATE TRIGGER candidates_insert BEFORE INSERT ON candidates FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_since();
CREATE TRIGGER candidates_update BEFORE UPDATE ON candidates FOR EACH ROW EXECUTE FUNCTION countersign_governed_update();
CREATE TRIGGER candidates_no_change BEFORE DELETE OR TRUNCATE ON candidates FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();

-- recorded: decisions. One person's verdict on one candidate. Group and security flag are those of the day.
CREATE TABLE decisions (
    id UUID NOT NULL,
    seq BIGINT NOT NULL,
    candidate_id UUID NOT NULL REFERENCES candidates (id),
    person_id UUID NOT NULL REFERENCES people (id),
    verdict TEXT COLLATE "C" NOT NULL CHECK (verdict IN ('approve', 'narrow', 'reject', 'needs_information')),
    group_id UUID,
    security BIGINT NOT NULL,
    independent BIGINT NOT NULL,
    reasons TEXT COLLATE "C" NOT NULL,
    assertion TEXT COLLATE "C",
    model_id UUID,
    comment_id UUID,
    row_digest TEXT COLLATE "C" NOT NULL,
    UNIQUE (candidate_id, person_id),
    PRIMARY KEY (id)
);
CREATE TRIGGER decisions_insert BEFORE INSERT ON decisions FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_seq();
CREATE TRIGGER decisions_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON decisions FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();

-- recorded: consents. An owner's consent: needed, never counted as an approval.
CREATE TABLE consents (
    id UUID NOT NULL,
    seq BIGINT NOT NULL,
    candidate_id UUID NOT NULL REFERENCES candidates (id),
    person_id UUID NOT NULL REFERENCES people (id),
    as_kind TEXT COLLATE "C" NOT NULL CHECK (as_kind IN ('owner', 'resource_owner')),
    verdict TEXT COLLATE "C" NOT NULL CHECK (verdict IN ('consent', 'refuse')),
    comment_id UUID,
    row_digest TEXT COLLATE "C" NOT NULL,
    UNIQUE (candidate_id, person_id, as_kind),
    PRIMARY KEY (id)
);
CREATE TRIGGER consents_insert BEFORE INSERT ON consents FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_seq();
CREATE TRIGGER consents_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON consents FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();

-- recorded: comments. Comments on changes.
CREATE TABLE comments (
    id UUID NOT NULL,
    seq BIGINT NOT NULL,
    change_id UUID NOT NULL REFERENCES changes (id),
    author_kind TEXT COLLATE "C" NOT NULL CHECK (author_kind IN ('person', 'agent', 'rule', 'import', 'system', 'host', 'unknown')),
    author_id UUID,
    content_id UUID NOT NULL,
    row_digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX comments_by_change_id_seq ON comments (change_id, seq);
CREATE TRIGGER comments_insert BEFORE INSERT ON comments FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_seq();
CREATE TRIGGER comments_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON comments FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();

-- recorded: applications. Author, approver and applier are different humans; a rule approves only what reduces or is proven neutral. What the candidate requires is compared with its decisions.
CREATE TABLE applications (
    id UUID NOT NULL,
    seq BIGINT NOT NULL,
    change_id UUID NOT NULL REFERENCES changes (id),
    candidate_id UUID NOT NULL REFERENCES candidates (id),
    direction TEXT COLLATE "C" NOT NULL CHECK (direction IN ('reduces', 'neutral', 'widens', 'self_governing')),
    policy_version TEXT COLLATE "C" NOT NULL,
    author_kind TEXT COLLATE "C" NOT NULL CHECK (author_kind IN ('person', 'agent', 'rule', 'import', 'system', 'host', 'unknown')),
    author_id UUID,
    approver_kind TEXT COLLATE "C" NOT NULL CHECK (approver_kind IN ('person', 'agent', 'rule', 'import', 'system', 'host', 'unknown')),
    approver_id UUID,
    applier_kind TEXT COLLATE "C" NOT NULL CHECK (applier_kind IN ('person', 'agent', 'rule', 'import', 'system', 'host', 'unknown')),
    applier_id UUID,
    row_digest TEXT COLLATE "C" NOT NULL,
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
);
CREATE TRIGGER applications_insert BEFORE INSERT ON applications FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_seq();
CREATE TRIGGER applications_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON applications FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();
CREATE FUNCTION countersign_applications_route() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM candidates c WHERE c.id = NEW.candidate_id AND (
        (SELECT COUNT(DISTINCT d.person_id) FROM decisions d WHERE d.candidate_id = c.id AND d.verdict = 'approve' AND d.independent = 1) < c.required_people
        OR (SELECT COUNT(DISTINCT d.group_id) FROM decisions d WHERE d.candidate_id = c.id AND d.verdict = 'approve' AND d.independent = 1) < c.required_groups
        OR (SELECT COUNT(*) FROM decisions d WHERE d.candidate_id = c.id AND d.verdict = 'approve' AND d.independent = 1 AND d.security = 1) < c.required_security
        OR (NEW.approver_kind = 'rule' AND c.required_people > 0)
        OR (NEW.approver_kind = 'person' AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.candidate_id = c.id AND d.person_id = NEW.approver_id AND d.verdict = 'approve' AND d.independent = 1))
        OR c.direction <> NEW.direction OR c.change_id <> NEW.change_id)) THEN
        RAISE EXCEPTION 'applications: the route of the candidate is not complete';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER applications_route BEFORE INSERT ON applications FOR EACH ROW EXECUTE FUNCTION countersign_applications_route();

-- recorded: anchors. One a minute: how many evaluations or uses there were and the root over them.
CREATE TABLE anchors (
    id UUID NOT NULL,
    seq BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('evaluations', 'uses')),
    from_at BIGINT NOT NULL,
    to_at BIGINT NOT NULL,
    n BIGINT NOT NULL,
    root TEXT COLLATE "C" NOT NULL,
    row_digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id)
);
CREATE TRIGGER anchors_insert BEFORE INSERT ON anchors FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_seq();
CREATE TRIGGER anchors_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON anchors FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();

-- recorded: retentions. What was removed under which root: evaluations below `below_at` may go once this stands.
CREATE TABLE retentions (
    id UUID NOT NULL,
    seq BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('evaluations', 'observations')),
    below_at BIGINT NOT NULL,
    n BIGINT NOT NULL,
    root TEXT COLLATE "C" NOT NULL,
    row_digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id)
);
CREATE TRIGGER retentions_insert BEFORE INSERT ON retentions FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_seq();
CREATE TRIGGER retentions_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON retentions FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();

-- log: evaluations. Answers of the decision point. `anchors` commits to each minute of them; they may be deleted below the position a retention entry names.
CREATE TABLE evaluations (
    id UUID NOT NULL,
    at BIGINT NOT NULL,
    identity_id UUID NOT NULL,
    action TEXT COLLATE "C" NOT NULL,
    resource TEXT COLLATE "C" NOT NULL,
    decision BIGINT NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX evaluations_by_identity_id_at ON evaluations (identity_id, at);
CREATE TRIGGER evaluations_no_change BEFORE UPDATE OR TRUNCATE ON evaluations FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();
CREATE FUNCTION countersign_evaluations_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM retentions r WHERE r.kind = 'evaluations' AND OLD.at < r.below_at) THEN
        RAISE EXCEPTION 'evaluations: no retention entry names this position';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER evaluations_delete BEFORE DELETE ON evaluations FOR EACH ROW EXECUTE FUNCTION countersign_evaluations_delete();

-- log: uses. Uses of grants whose uses are limited.
CREATE TABLE uses (
    grant_id UUID NOT NULL REFERENCES grants (id),
    n BIGINT NOT NULL,
    at BIGINT NOT NULL,
    request TEXT COLLATE "C" NOT NULL,
    UNIQUE (grant_id, request),
    PRIMARY KEY (grant_id, n)
);
CREATE TRIGGER uses_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON uses FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();
