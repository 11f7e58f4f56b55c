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
    candidate_id UUID NOT NULL,
    asked_by_kind TEXT COLLATE "C" NOT NULL CHECK (asked_by_kind IN ('person', 'agent', 'rule', 'import', 'system', 'host', 'unknown')),
    asked_by_id UUID,
    drafted_by_kind TEXT COLLATE "C" NOT NULL CHECK (drafted_by_kind IN ('person', 'agent', 'rule', 'import', 'system', 'host', 'unknown')),
    drafted_by_id UUID,
    minted_by_id UUID,
    direction TEXT COLLATE "C" NOT NULL CHECK (direction IN ('reduces', 'neutral', 'widens', 'self_governing')),
    rank BIGINT NOT NULL,
    justification_id UUID,
    ticket TEXT COLLATE "C",
    rollback_id UUID,
    undoes_id UUID REFERENCES changes (id),
    asked_at BIGINT NOT NULL,
    review_ends_at BIGINT NOT NULL,
    waits_until BIGINT,
    lapses_at BIGINT,
    due_at BIGINT,
    outcome_unknown_since BIGINT,
    row_digest TEXT COLLATE "C" NOT NULL,
    CHECK (asked_by_kind <> 'import' AND drafted_by_kind <> 'import'),
    CHECK (asked_by_kind IN ('system', 'host') OR asked_by_id IS NOT NULL),
    CHECK (drafted_by_kind IN ('system', 'host') OR drafted_by_id IS NOT NULL),
    PRIMARY KEY (id, since)
);
CREATE UNIQUE INDEX change_versions_one_open ON change_versions (id) WHERE until = 9223372036854775807;
CREATE INDEX change_versions_by_rank_open ON change_versions (rank, asked_at, id) WHERE until = 9223372036854775807 AND state IN ('in_review', 'needs_information', 'narrowed', 'approved', 'applying', 'reported');
CREATE INDEX change_versions_by_due_at_open ON change_versions (due_at, id) WHERE until = 9223372036854775807 AND due_at IS NOT NULL;
CREATE INDEX change_versions_by_asked_by_open ON change_versions (asked_by_id, asked_at) WHERE until = 9223372036854775807;
CREATE INDEX change_versions_by_undoes_id ON change_versions (undoes_id);
CREATE INDEX change_versions_by_asked_at_id ON change_versions (asked_at, id);
CREATE TRIGGER changes_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON changes FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();
CREATE TRIGGER change_versions_insert BEFORE INSERT ON change_versions FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_since();
CREATE TRIGGER change_versions_update BEFORE UPDATE ON change_versions FOR EACH ROW EXECUTE FUNCTION countersign_governed_update();
CREATE TRIGGER change_versions_no_change BEFORE DELETE OR TRUNCATE ON change_versions FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();

-- recorded: change_subjects. Which identities a change touches: for their pages, their sums and their quotas.
CREATE TABLE change_subjects (
    id UUID NOT NULL,
    seq BIGINT NOT NULL,
    change_id UUID NOT NULL REFERENCES changes (id),
    identity_id UUID NOT NULL REFERENCES identities (id),
    row_digest TEXT COLLATE "C" NOT NULL,
    UNIQUE (change_id, identity_id),
    PRIMARY KEY (id)
);
CREATE INDEX change_subjects_by_identity_id ON change_subjects (identity_id, change_id);
CREATE TRIGGER change_subjects_insert BEFORE INSERT ON change_subjects FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_seq();
CREATE TRIGGER change_subjects_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON change_subjects FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();

-- recorded: change_people. Which people a change of the gate is about: doors ask it whether a role or an account still stands.
CREATE TABLE change_people (
    id UUID NOT NULL,
    seq BIGINT NOT NULL,
    change_id UUID NOT NULL REFERENCES changes (id),
    person_id UUID NOT NULL REFERENCES people (id),
    restores BIGINT NOT NULL,
    row_digest TEXT COLLATE "C" NOT NULL,
    CHECK (restores IN (0, 1)),
    UNIQUE (change_id, person_id),
    PRIMARY KEY (id)
);
CREATE INDEX change_people_by_person_id ON change_people (person_id, change_id);
CREATE TRIGGER change_people_insert BEFORE INSERT ON change_people FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_seq();
CREATE TRIGGER change_people_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON change_people FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();

-- governed: candidates. Base (read set), operations, computed effect, route and policy version, hashed: what is approved. What its route asks for stands beside it, so that the database can count.
CREATE TABLE candidates (
    id UUID NOT NULL,
    since BIGINT NOT NULL,
    until BIGINT NOT NULL DEFAULT 9223372036854775807,
    change_id UUID NOT NULL REFERENCES changes (id),
    text TEXT COLLATE "C" NOT NULL,
    digest TEXT COLLATE "C" NOT NULL,
    ties TEXT COLLATE "C" NOT NULL,
    direction TEXT COLLATE "C" NOT NULL CHECK (direction IN ('reduces', 'neutral', 'widens', 'self_governing')),
    line TEXT COLLATE "C" NOT NULL CHECK (line IN ('reduces_undoable', 'reduces_partly', 'reduces_irreversible', 'neutral_undoable', 'neutral_partly', 'neutral_irreversible', 'widens_undoable', 'widens_partly', 'widens_irreversible', 'self_governing_undoable', 'self_governing_partly', 'self_governing_irreversible', 'gate', 'adopt', 'first_owner')),
    policy_version BIGINT NOT NULL,
    auth TEXT COLLATE "C" NOT NULL CHECK (auth IN ('none', 'reauth', 'passkey')),
    required_people BIGINT NOT NULL,
    required_groups BIGINT NOT NULL,
    required_security BIGINT NOT NULL,
    required_owners BIGINT NOT NULL,
    required_resource_owners BIGINT NOT NULL,
    row_digest TEXT COLLATE "C" NOT NULL,
    CHECK (required_people >= 0 AND required_groups >= 0 AND required_security >= 0),
    CHECK (required_owners >= 0 AND required_resource_owners >= 0),
    PRIMARY KEY (id)
);
CREATE UNIQUE INDEX candidates_one_open ON candidates (change_id) WHERE until = 9223372036854775807;
CREATE INDEX candidates_by_change_id ON candidates (change_id);
CREATE TRIGGER candidates_insert BEFORE INSERT ON candidates FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_since();
CREATE TRIGGER candidates_update BEFORE UPDATE ON candidates FOR EACH ROW EXECUTE FUNCTION countersign_governed_update();
CREATE TRIGGER candidates_no_change BEFORE DELETE OR TRUNCATE ON candidates FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();

-- recorded: decisions. One human's verdict on one candidate. Group and security flag are those of the day.
CREATE TABLE decisions (
    id UUID NOT NULL,
    seq BIGINT NOT NULL,
    candidate_id UUID NOT NULL REFERENCES candidates (id),
    person_id UUID NOT NULL REFERENCES people (id),
    human TEXT COLLATE "C" NOT NULL,
    verdict TEXT COLLATE "C" NOT NULL CHECK (verdict IN ('approve', 'narrow', 'reject')),
    group_id UUID,
    security BIGINT NOT NULL,
    independent BIGINT NOT NULL,
    shown TEXT COLLATE "C" NOT NULL,
    shown_id UUID NOT NULL,
    nonce TEXT COLLATE "C",
    assertion TEXT COLLATE "C",
    guidance_id UUID,
    mac TEXT COLLATE "C" NOT NULL,
    row_digest TEXT COLLATE "C" NOT NULL,
    CHECK (mac <> ''),
    CHECK (shown <> ''),
    CHECK ((nonce IS NULL) = (assertion IS NULL)),
    CHECK (security IN (0, 1)),
    CHECK (independent IN (0, 1)),
    UNIQUE (candidate_id, human),
    PRIMARY KEY (id)
);
CREATE TRIGGER decisions_insert BEFORE INSERT ON decisions FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_seq();
CREATE TRIGGER decisions_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON decisions FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();
CREATE FUNCTION countersign_decisions_human() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM person_versions p WHERE p.id = NEW.person_id AND p.human = NEW.human AND p.since <= NEW.seq AND NEW.seq < p.until) THEN
        RAISE EXCEPTION 'decisions: the person is not that human';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER decisions_human BEFORE INSERT ON decisions FOR EACH ROW EXECUTE FUNCTION countersign_decisions_human();
CREATE FUNCTION countersign_decisions_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM candidates c JOIN change_versions v ON v.id = c.change_id AND v.candidate_id = c.id AND v.since <= NEW.seq AND NEW.seq < v.until
        WHERE c.id = NEW.candidate_id AND c.since <= NEW.seq AND NEW.seq < c.until AND v.state IN ('in_review', 'approved')) THEN
        RAISE EXCEPTION 'decisions: the candidate is closed or not in review';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER decisions_open BEFORE INSERT ON decisions FOR EACH ROW WHEN (NEW.verdict = 'approve') EXECUTE FUNCTION countersign_decisions_open();
CREATE FUNCTION countersign_decisions_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM candidates c JOIN change_versions v ON v.id = c.change_id AND v.candidate_id = c.id AND v.since <= NEW.seq AND NEW.seq < v.until
        WHERE c.id = NEW.candidate_id AND c.since <= NEW.seq AND NEW.seq < c.until AND v.state IN ('rejected', 'narrowed')) THEN
        RAISE EXCEPTION 'decisions: the candidate is closed or not in review';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER decisions_ended BEFORE INSERT ON decisions FOR EACH ROW WHEN (NEW.verdict <> 'approve') EXECUTE FUNCTION countersign_decisions_ended();
CREATE FUNCTION countersign_decisions_author() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM candidates c JOIN change_versions v ON v.id = c.change_id AND v.since <= NEW.seq AND NEW.seq < v.until
        JOIN person_versions a ON a.since <= NEW.seq AND NEW.seq < a.until AND (a.id = v.asked_by_id OR a.id = v.drafted_by_id OR a.id = v.minted_by_id)
        WHERE c.id = NEW.candidate_id AND a.human = NEW.human) THEN
        RAISE EXCEPTION 'decisions: who asked for a change, drafted it or minted the token it came by decides nothing on it';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER decisions_author BEFORE INSERT ON decisions FOR EACH ROW EXECUTE FUNCTION countersign_decisions_author();
CREATE FUNCTION countersign_decisions_assertion() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM candidates c WHERE c.id = NEW.candidate_id AND c.auth = 'passkey') THEN
        RAISE EXCEPTION 'decisions: the route asks for a passkey';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER decisions_assertion BEFORE INSERT ON decisions FOR EACH ROW WHEN (NEW.assertion IS NULL AND NEW.verdict IN ('approve', 'narrow')) EXECUTE FUNCTION countersign_decisions_assertion();

-- recorded: consents. An owner's consent: needed, never counted as an approval.
CREATE TABLE consents (
    id UUID NOT NULL,
    seq BIGINT NOT NULL,
    candidate_id UUID NOT NULL REFERENCES candidates (id),
    person_id UUID NOT NULL REFERENCES people (id),
    human TEXT COLLATE "C" NOT NULL,
    as_kind TEXT COLLATE "C" NOT NULL CHECK (as_kind IN ('owner', 'resource_owner')),
    verdict TEXT COLLATE "C" NOT NULL CHECK (verdict IN ('consent', 'refuse')),
    shown TEXT COLLATE "C" NOT NULL,
    shown_id UUID NOT NULL,
    guidance_id UUID,
    mac TEXT COLLATE "C" NOT NULL,
    row_digest TEXT COLLATE "C" NOT NULL,
    CHECK (mac <> ''),
    CHECK (shown <> ''),
    UNIQUE (candidate_id, human, as_kind),
    PRIMARY KEY (id)
);
CREATE TRIGGER consents_insert BEFORE INSERT ON consents FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_seq();
CREATE TRIGGER consents_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON consents FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();
CREATE FUNCTION countersign_consents_human() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM person_versions p WHERE p.id = NEW.person_id AND p.human = NEW.human AND p.since <= NEW.seq AND NEW.seq < p.until) THEN
        RAISE EXCEPTION 'consents: the person is not that human';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER consents_human BEFORE INSERT ON consents FOR EACH ROW EXECUTE FUNCTION countersign_consents_human();
CREATE FUNCTION countersign_consents_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM candidates c JOIN change_versions v ON v.id = c.change_id AND v.candidate_id = c.id AND v.since <= NEW.seq AND NEW.seq < v.until
        WHERE c.id = NEW.candidate_id AND c.since <= NEW.seq AND NEW.seq < c.until AND v.state IN ('in_review', 'approved', 'rejected')) THEN
        RAISE EXCEPTION 'consents: the candidate is closed or not in review';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER consents_open BEFORE INSERT ON consents FOR EACH ROW EXECUTE FUNCTION countersign_consents_open();

-- recorded: review_events. Questions, answers, recusals, objections, and what time or other changes did to a change.
CREATE TABLE review_events (
    id UUID NOT NULL,
    seq BIGINT NOT NULL,
    change_id UUID NOT NULL REFERENCES changes (id),
    candidate_id UUID NOT NULL REFERENCES candidates (id),
    event TEXT COLLATE "C" NOT NULL CHECK (event IN ('submit', 'approve', 'consent', 'reject', 'refuse_consent', 'narrow', 'ask', 'recuse', 'rebase', 'withdraw', 'target_gone', 'deadline', 'answer', 'accept', 'amend', 'object', 'stale', 'policy_changed', 'independence_lost', 'lapse', 'begin', 'done', 'receiver_ok', 'receiver_failed', 'batch_abandoned', 'lease_over', 'matched', 'mismatched', 'time_over', 'undone')),
    actor_kind TEXT COLLATE "C" NOT NULL CHECK (actor_kind IN ('person', 'agent', 'rule', 'import', 'system', 'host', 'unknown')),
    actor_id UUID,
    content_id UUID,
    reason TEXT COLLATE "C",
    row_digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX review_events_by_change_id_seq ON review_events (change_id, seq);
CREATE TRIGGER review_events_insert BEFORE INSERT ON review_events FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_seq();
CREATE TRIGGER review_events_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON review_events FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();

-- recorded: applications. Author, approver and applier are different humans; a rule approves only what reduces or is proven neutral. What the candidate requires is compared with its decisions.
CREATE TABLE applications (
    id UUID NOT NULL,
    seq BIGINT NOT NULL,
    change_id UUID NOT NULL REFERENCES changes (id),
    candidate_id UUID NOT NULL REFERENCES candidates (id),
    direction TEXT COLLATE "C" NOT NULL CHECK (direction IN ('reduces', 'neutral', 'widens', 'self_governing')),
    policy_version BIGINT NOT NULL,
    author_kind TEXT COLLATE "C" NOT NULL CHECK (author_kind IN ('person', 'agent', 'rule', 'import', 'system', 'host', 'unknown')),
    author_id UUID,
    approver_kind TEXT COLLATE "C" NOT NULL CHECK (approver_kind IN ('person', 'agent', 'rule', 'import', 'system', 'host', 'unknown')),
    approver_id UUID,
    applier_kind TEXT COLLATE "C" NOT NULL CHECK (applier_kind IN ('person', 'agent', 'rule', 'import', 'system', 'host', 'unknown')),
    applier_id UUID,
    before TEXT COLLATE "C" NOT NULL,
    after TEXT COLLATE "C" NOT NULL,
    batch UUID,
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
    CHECK (author_kind <> 'agent' OR applier_kind <> 'agent' OR author_id <> applier_id),
    UNIQUE (change_id),
    PRIMARY KEY (id)
);
CREATE INDEX applications_by_seq ON applications (seq);
CREATE INDEX applications_by_batch ON applications (batch) WHERE batch IS NOT NULL;
CREATE TRIGGER applications_insert BEFORE INSERT ON applications FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_seq();
CREATE TRIGGER applications_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON applications FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();
CREATE FUNCTION countersign_applications_people() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM candidates c WHERE c.id = NEW.candidate_id AND (
        (SELECT COUNT(DISTINCT d.human) FROM decisions d WHERE d.candidate_id = c.id AND d.verdict = 'approve' AND d.independent = 1) < c.required_people
        OR (SELECT COUNT(DISTINCT d.group_id) FROM decisions d WHERE d.candidate_id = c.id AND d.verdict = 'approve' AND d.independent = 1) < c.required_groups
        OR (SELECT COUNT(DISTINCT d.human) FROM decisions d WHERE d.candidate_id = c.id AND d.verdict = 'approve' AND d.independent = 1 AND d.security = 1) < c.required_security)) THEN
        RAISE EXCEPTION 'applications: the route of the candidate is not complete';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER applications_people BEFORE INSERT ON applications FOR EACH ROW EXECUTE FUNCTION countersign_applications_people();
CREATE FUNCTION countersign_applications_approver() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM candidates c WHERE c.id = NEW.candidate_id AND (
        (NEW.approver_kind = 'rule' AND c.required_people > 0)
        OR (NEW.approver_kind = 'person' AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.candidate_id = c.id AND d.person_id = NEW.approver_id AND d.verdict = 'approve' AND d.independent = 1)))) THEN
        RAISE EXCEPTION 'applications: the approver did not approve it';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER applications_approver BEFORE INSERT ON applications FOR EACH ROW EXECUTE FUNCTION countersign_applications_approver();
CREATE FUNCTION countersign_applications_consents() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM candidates c WHERE c.id = NEW.candidate_id AND (
        (SELECT COUNT(DISTINCT k.human) FROM consents k WHERE k.candidate_id = c.id AND k.verdict = 'consent' AND k.as_kind = 'owner') < c.required_owners
        OR (SELECT COUNT(DISTINCT k.human) FROM consents k WHERE k.candidate_id = c.id AND k.verdict = 'consent' AND k.as_kind = 'resource_owner') < c.required_resource_owners)) THEN
        RAISE EXCEPTION 'applications: an owner has not consented';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER applications_consents BEFORE INSERT ON applications FOR EACH ROW EXECUTE FUNCTION countersign_applications_consents();
CREATE FUNCTION countersign_applications_refused() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM decisions d WHERE d.candidate_id = NEW.candidate_id AND d.verdict <> 'approve')
    OR EXISTS (SELECT 1 FROM consents k WHERE k.candidate_id = NEW.candidate_id AND k.verdict = 'refuse') THEN
        RAISE EXCEPTION 'applications: somebody rejected the candidate or refused to consent';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER applications_refused BEFORE INSERT ON applications FOR EACH ROW EXECUTE FUNCTION countersign_applications_refused();
CREATE FUNCTION countersign_applications_candidate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM candidates c JOIN change_versions v ON v.id = c.change_id AND v.candidate_id = c.id AND v.since <= NEW.seq AND NEW.seq < v.until
        WHERE c.id = NEW.candidate_id AND c.change_id = NEW.change_id AND c.since <= NEW.seq AND NEW.seq < c.until
          AND v.state IN ('approved', 'applying', 'effective') AND c.direction = NEW.direction AND c.policy_version = NEW.policy_version
          AND v.drafted_by_kind = NEW.author_kind AND COALESCE(v.drafted_by_id, NEW.candidate_id) = COALESCE(NEW.author_id, NEW.candidate_id)) THEN
        RAISE EXCEPTION 'applications: it is not the open candidate of an approved change';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER applications_candidate BEFORE INSERT ON applications FOR EACH ROW EXECUTE FUNCTION countersign_applications_candidate();
CREATE FUNCTION countersign_applications_author() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM change_versions v JOIN person_versions a ON a.since <= NEW.seq AND NEW.seq < a.until
        AND (a.id = v.asked_by_id OR a.id = v.drafted_by_id OR a.id = v.minted_by_id)
        WHERE v.id = NEW.change_id AND v.since <= NEW.seq AND NEW.seq < v.until AND (
          EXISTS (SELECT 1 FROM decisions d WHERE d.candidate_id = NEW.candidate_id AND d.verdict = 'approve' AND d.human = a.human)
          OR (NEW.applier_kind = 'person' AND EXISTS (SELECT 1 FROM person_versions p WHERE p.id = NEW.applier_id AND p.since <= NEW.seq AND NEW.seq < p.until AND p.human = a.human))))
    OR (NEW.applier_kind = 'person' AND EXISTS (SELECT 1 FROM person_versions p JOIN decisions d ON d.human = p.human
        WHERE p.id = NEW.applier_id AND p.since <= NEW.seq AND NEW.seq < p.until AND d.candidate_id = NEW.candidate_id AND d.verdict = 'approve')) THEN
        RAISE EXCEPTION 'applications: author, approver and applier are different humans';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER applications_author BEFORE INSERT ON applications FOR EACH ROW EXECUTE FUNCTION countersign_applications_author();

-- recorded: seals. Whether the installation is sealed: the newest row says. Rows are only added, each by the application of a change of the gate.
CREATE TABLE seals (
    id UUID NOT NULL,
    seq BIGINT NOT NULL,
    change_id UUID NOT NULL REFERENCES changes (id),
    sealed BIGINT NOT NULL,
    row_digest TEXT COLLATE "C" NOT NULL,
    CHECK (sealed IN (0, 1)),
    PRIMARY KEY (id)
);
CREATE INDEX seals_by_seq ON seals (seq);
CREATE TRIGGER seals_insert BEFORE INSERT ON seals FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_seq();
CREATE TRIGGER seals_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON seals FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();
CREATE FUNCTION countersign_seals_gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM applications a JOIN candidates c ON c.id = a.candidate_id
        WHERE a.seq = NEW.seq AND a.change_id = NEW.change_id AND c.line = 'gate' AND c.required_people >= 2 AND c.required_groups >= 2 AND c.required_security >= 1) THEN
        RAISE EXCEPTION 'seals: an installation is sealed, and unsealed, by applying a change of the gate and by nothing else';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER seals_gate BEFORE INSERT ON seals FOR EACH ROW EXECUTE FUNCTION countersign_seals_gate();

-- governed: suspensions. What is out of the live plane: a grant, an identity, a source, by cause.
CREATE TABLE suspensions (
    id UUID NOT NULL,
    since BIGINT NOT NULL,
    until BIGINT NOT NULL DEFAULT 9223372036854775807,
    plane TEXT COLLATE "C" NOT NULL CHECK (plane IN ('observed', 'manual', 'baseline')),
    subject_kind TEXT COLLATE "C" NOT NULL CHECK (subject_kind IN ('grant', 'identity', 'source')),
    subject TEXT COLLATE "C" NOT NULL,
    cause TEXT COLLATE "C" NOT NULL,
    lifts_at BIGINT,
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
CREATE UNIQUE INDEX suspensions_one_open ON suspensions (plane, subject_kind, subject, cause) WHERE until = 9223372036854775807;
CREATE INDEX suspensions_by_subject ON suspensions (subject);
CREATE TRIGGER suspensions_insert BEFORE INSERT ON suspensions FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_since();
CREATE TRIGGER suspensions_update BEFORE UPDATE ON suspensions FOR EACH ROW EXECUTE FUNCTION countersign_governed_update();
CREATE TRIGGER suspensions_no_change BEFORE DELETE OR TRUNCATE ON suspensions FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();
CREATE FUNCTION countersign_suspensions_countersigned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM applications a WHERE a.seq = NEW.since AND a.change_id = NEW.change_id) THEN
        RAISE EXCEPTION 'suspensions: the baseline is written by applying a change, and by nothing else';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER suspensions_countersigned BEFORE INSERT ON suspensions FOR EACH ROW WHEN (NEW.plane = 'baseline') EXECUTE FUNCTION countersign_suspensions_countersigned();

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
