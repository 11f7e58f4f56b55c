-- Written by `cargo xtask schema` from the declarations in store/src. Twin of migrations/sqlite/0001_ledger.sql.

-- What the triggers below call. The head row opens a window of positions; nothing is written outside it.
CREATE FUNCTION countersign_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP; END $$;
CREATE FUNCTION countersign_insert_by_since() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.since > seq AND NEW.since <= open_to) THEN
        RAISE EXCEPTION '%: seq % outside the open batch', TG_TABLE_NAME, NEW.since;
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION countersign_insert_by_seq() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.seq > seq AND NEW.seq <= open_to) THEN
        RAISE EXCEPTION '%: seq % outside the open batch', TG_TABLE_NAME, NEW.seq;
    END IF;
    RETURN NEW;
END $$;
-- The same rule, asked once per statement: for tables whose rows come by the million.
CREATE FUNCTION countersign_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE lowest bigint; highest bigint;
BEGIN
    SELECT MIN(since), MAX(since) INTO lowest, highest FROM opened;
    IF lowest IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ledger_head WHERE lowest > seq AND highest <= open_to) THEN
        RAISE EXCEPTION '%: seq % outside the open batch', TG_TABLE_NAME, lowest;
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION countersign_governed_update() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE erased jsonb := to_jsonb(NEW); kept jsonb := to_jsonb(OLD); c text;
BEGIN
    IF OLD.until = 9223372036854775807 AND (erased - 'until') = (kept - 'until')
       AND EXISTS (SELECT 1 FROM ledger_head WHERE NEW.until > seq AND NEW.until <= open_to) THEN
        RETURN NEW;
    END IF;
    IF TG_NARGS > 0 THEN
        FOREACH c IN ARRAY TG_ARGV LOOP
            IF erased ->> c IS NOT NULL THEN RAISE EXCEPTION '%: only until may change, once', TG_TABLE_NAME; END IF;
            erased := erased - c; kept := kept - c;
        END LOOP;
        IF erased = kept THEN RETURN NEW; END IF;
    END IF;
    RAISE EXCEPTION '%: only until may change, once', TG_TABLE_NAME;
END $$;
CREATE FUNCTION countersign_erase() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE erased jsonb := to_jsonb(NEW); kept jsonb := to_jsonb(OLD); c text;
BEGIN
    FOREACH c IN ARRAY TG_ARGV LOOP
        IF erased ->> c IS NOT NULL THEN RAISE EXCEPTION '%: what is redactable may only be erased', TG_TABLE_NAME; END IF;
        erased := erased - c; kept := kept - c;
    END LOOP;
    IF erased = kept THEN RETURN NEW; END IF;
    RAISE EXCEPTION '%: what is redactable may only be erased', TG_TABLE_NAME;
END $$;

-- log: ledger. The append-only record. The leaf is the RFC 8785 form of the entry; payload is text exactly as hashed.
CREATE TABLE ledger (
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor_kind TEXT COLLATE "C" NOT NULL CHECK (actor_kind IN ('person', 'agent', 'rule', 'import', 'system', 'host', 'unknown')),
    actor_id UUID,
    verb TEXT COLLATE "C" NOT NULL,
    subject_kind TEXT COLLATE "C" NOT NULL,
    subject_id UUID,
    change_id UUID,
    payload TEXT COLLATE "C" NOT NULL,
    facts TEXT COLLATE "C" NOT NULL,
    leaf_hash TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (seq)
);
CREATE INDEX ledger_by_subject_id_seq ON ledger (subject_id, seq);
CREATE INDEX ledger_by_verb_seq ON ledger (verb, seq);
CREATE INDEX ledger_by_at_seq ON ledger (at, seq);
CREATE INDEX ledger_by_actor_id_seq ON ledger (actor_id, seq);
CREATE TRIGGER ledger_insert BEFORE INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_seq();
CREATE TRIGGER ledger_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();

-- log: ledger_rows. Which rows an entry opened and closed, in order, in chunks: `facts` is the root over them, so verify can name a row that is gone.
CREATE TABLE ledger_rows (
    seq BIGINT NOT NULL,
    chunk BIGINT NOT NULL,
    rows BYTEA NOT NULL,
    PRIMARY KEY (seq, chunk)
);
CREATE TRIGGER ledger_rows_insert BEFORE INSERT ON ledger_rows FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_seq();
CREATE TRIGGER ledger_rows_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_rows FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();

-- log: checkpoints. C2SP signed notes over the tree of `seq` entries, one per batch of the writer.
CREATE TABLE checkpoints (
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    note TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (seq)
);
CREATE TRIGGER checkpoints_insert BEFORE INSERT ON checkpoints FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_seq();
CREATE TRIGGER checkpoints_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoints FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();

-- operational: ledger_head. One row: the head, the right frontier of the tree, the seqs the running batch may write (`seq < n <= open_to`), and what is missing while the store is restored.
CREATE TABLE ledger_head (
    one BIGINT NOT NULL,
    installation_id UUID NOT NULL,
    epoch BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    open_to BIGINT NOT NULL,
    at BIGINT NOT NULL,
    frontier BYTEA NOT NULL,
    restored TEXT COLLATE "C",
    CHECK (one = 1),
    PRIMARY KEY (one)
);

-- recorded: batches. A large import writes several entries; its rows live only once `batch_ends` says so.
CREATE TABLE batches (
    id UUID NOT NULL,
    seq BIGINT NOT NULL,
    source_id UUID,
    row_digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX batches_by_source_id ON batches (source_id);
CREATE TRIGGER batches_insert BEFORE INSERT ON batches FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_seq();
CREATE TRIGGER batches_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON batches FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();

-- recorded: batch_ends. From which entry on a batch lives, or that it never does.
CREATE TABLE batch_ends (
    batch UUID NOT NULL,
    seq BIGINT NOT NULL,
    outcome TEXT COLLATE "C" NOT NULL CHECK (outcome IN ('live', 'abandoned')),
    row_digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (batch)
);
CREATE INDEX batch_ends_by_outcome_seq_batch ON batch_ends (outcome, seq, batch);
CREATE TRIGGER batch_ends_insert BEFORE INSERT ON batch_ends FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_seq();
CREATE TRIGGER batch_ends_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON batch_ends FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();

-- recorded: blobs. Free text and personal data. The ledger commits to SHA-256(salt || content) only; redaction sets both to NULL and every proof still holds.
CREATE TABLE blobs (
    id UUID NOT NULL,
    seq BIGINT NOT NULL,
    digest TEXT COLLATE "C" NOT NULL,
    size BIGINT NOT NULL,
    media TEXT COLLATE "C" NOT NULL,
    salt BYTEA,
    content BYTEA,
    row_digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX blobs_by_digest ON blobs (digest);
CREATE TRIGGER blobs_insert BEFORE INSERT ON blobs FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_seq();
CREATE TRIGGER blobs_update BEFORE UPDATE ON blobs FOR EACH ROW EXECUTE FUNCTION countersign_erase('salt', 'content');
CREATE TRIGGER blobs_no_change BEFORE DELETE OR TRUNCATE ON blobs FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();

-- recorded: redactions. What two people erased, and why.
CREATE TABLE redactions (
    id UUID NOT NULL,
    seq BIGINT NOT NULL,
    subject_table TEXT COLLATE "C" NOT NULL,
    subject_id UUID NOT NULL,
    reason TEXT COLLATE "C" NOT NULL CHECK (reason IN ('personal_data', 'secret', 'legal', 'mistake')),
    first_person_id UUID NOT NULL,
    second_person_id UUID NOT NULL,
    row_digest TEXT COLLATE "C" NOT NULL,
    CHECK (first_person_id <> second_person_id),
    PRIMARY KEY (id)
);
CREATE TRIGGER redactions_insert BEFORE INSERT ON redactions FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_seq();
CREATE TRIGGER redactions_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON redactions FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();

-- recorded: counts. The value from that entry on, so a count at S is an index probe and a trend a range.
CREATE TABLE counts (
    scope TEXT COLLATE "C" NOT NULL,
    measure TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    n BIGINT NOT NULL,
    row_digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (scope, measure, seq)
);
CREATE TRIGGER counts_insert BEFORE INSERT ON counts FOR EACH ROW EXECUTE FUNCTION countersign_insert_by_seq();
CREATE TRIGGER counts_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON counts FOR EACH STATEMENT EXECUTE FUNCTION countersign_refuse();
