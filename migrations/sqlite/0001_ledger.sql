-- Written by `cargo xtask schema` from the declarations in store/src. Twin of migrations/postgres/0001_ledger.sql.

-- log: ledger. The append-only record. The leaf is the RFC 8785 form of the entry; payload is text exactly as hashed.
CREATE TABLE ledger (
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    actor_kind TEXT NOT NULL CHECK (actor_kind = 'person' OR actor_kind = 'agent' OR actor_kind = 'rule' OR actor_kind = 'import' OR actor_kind = 'system' OR actor_kind = 'host' OR actor_kind = 'unknown'),
    actor_id BLOB,
    verb TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id BLOB,
    change_id BLOB,
    payload TEXT NOT NULL,
    facts TEXT NOT NULL,
    leaf_hash TEXT NOT NULL,
    PRIMARY KEY (seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_by_subject_id_seq ON ledger (subject_id, seq);
CREATE INDEX ledger_by_verb_seq ON ledger (verb, seq);
CREATE INDEX ledger_by_at_seq ON ledger (at, seq);
CREATE INDEX ledger_by_actor_id_seq ON ledger (actor_id, seq);
CREATE TRIGGER ledger_insert BEFORE INSERT ON ledger
WHEN EXISTS (SELECT 1 FROM ledger WHERE seq = NEW.seq)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.seq > seq AND NEW.seq <= open_to)
BEGIN SELECT RAISE(ABORT, 'ledger: id exists or seq outside the open batch'); END;
CREATE TRIGGER ledger_update BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'ledger is append-only'); END;
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'ledger is never deleted'); END;

-- log: ledger_rows. Which rows an entry opened and closed, in order, in chunks: `facts` is the root over them, so verify can name a row that is gone.
CREATE TABLE ledger_rows (
    seq INTEGER NOT NULL,
    chunk INTEGER NOT NULL,
    rows BLOB NOT NULL,
    PRIMARY KEY (seq, chunk)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER ledger_rows_insert BEFORE INSERT ON ledger_rows
WHEN EXISTS (SELECT 1 FROM ledger_rows WHERE seq = NEW.seq AND chunk = NEW.chunk)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.seq > seq AND NEW.seq <= open_to)
BEGIN SELECT RAISE(ABORT, 'ledger_rows: id exists or seq outside the open batch'); END;
CREATE TRIGGER ledger_rows_update BEFORE UPDATE ON ledger_rows BEGIN SELECT RAISE(ABORT, 'ledger_rows is append-only'); END;
CREATE TRIGGER ledger_rows_no_delete BEFORE DELETE ON ledger_rows BEGIN SELECT RAISE(ABORT, 'ledger_rows is never deleted'); END;

-- log: checkpoints. C2SP signed notes over the tree of `seq` entries, one per batch of the writer.
CREATE TABLE checkpoints (
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (seq)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER checkpoints_insert BEFORE INSERT ON checkpoints
WHEN EXISTS (SELECT 1 FROM checkpoints WHERE seq = NEW.seq)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.seq > seq AND NEW.seq <= open_to)
BEGIN SELECT RAISE(ABORT, 'checkpoints: id exists or seq outside the open batch'); END;
CREATE TRIGGER checkpoints_update BEFORE UPDATE ON checkpoints BEGIN SELECT RAISE(ABORT, 'checkpoints is append-only'); END;
CREATE TRIGGER checkpoints_no_delete BEFORE DELETE ON checkpoints BEGIN SELECT RAISE(ABORT, 'checkpoints is never deleted'); END;

-- operational: ledger_head. One row: the head, the right frontier of the tree, the seqs the running batch may write (`seq < n <= open_to`), and what is missing while the store is restored.
CREATE TABLE ledger_head (
    one INTEGER NOT NULL,
    installation_id BLOB NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    open_to INTEGER NOT NULL,
    at INTEGER NOT NULL,
    frontier BLOB NOT NULL,
    restored TEXT,
    CHECK (one = 1),
    PRIMARY KEY (one)
) STRICT, WITHOUT ROWID;

-- recorded: batches. A large import writes several entries; its rows live only once `batch_ends` says so.
CREATE TABLE batches (
    id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    source_id BLOB,
    row_digest TEXT NOT NULL,
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX batches_by_source_id ON batches (source_id);
CREATE TRIGGER batches_insert BEFORE INSERT ON batches
WHEN EXISTS (SELECT 1 FROM batches WHERE id = NEW.id)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.seq > seq AND NEW.seq <= open_to)
BEGIN SELECT RAISE(ABORT, 'batches: id exists or seq outside the open batch'); END;
CREATE TRIGGER batches_update BEFORE UPDATE ON batches BEGIN SELECT RAISE(ABORT, 'batches is append-only'); END;
CREATE TRIGGER batches_no_delete BEFORE DELETE ON batches BEGIN SELECT RAISE(ABORT, 'batches is never deleted'); END;

-- recorded: batch_ends. From which entry on a batch lives, or that it never does.
CREATE TABLE batch_ends (
    batch BLOB NOT NULL,
    seq INTEGER NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome = 'live' OR outcome = 'abandoned'),
    row_digest TEXT NOT NULL,
    PRIMARY KEY (batch)
) STRICT, WITHOUT ROWID;
CREATE INDEX batch_ends_by_outcome_seq_batch ON batch_ends (outcome, seq, batch);
CREATE TRIGGER batch_ends_insert BEFORE INSERT ON batch_ends
WHEN EXISTS (SELECT 1 FROM batch_ends WHERE batch = NEW.batch)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.seq > seq AND NEW.seq <= open_to)
BEGIN SELECT RAISE(ABORT, 'batch_ends: id exists or seq outside the open batch'); END;
CREATE TRIGGER batch_ends_update BEFORE UPDATE ON batch_ends BEGIN SELECT RAISE(ABORT, 'batch_ends is append-only'); END;
CREATE TRIGGER batch_ends_no_delete BEFORE DELETE ON batch_ends BEGIN SELECT RAISE(ABORT, 'batch_ends is never deleted'); END;

-- recorded: blobs. Free text and personal data. The ledger commits to SHA-256(salt || content) only; redaction sets both to NULL and every proof still holds.
CREATE TABLE blobs (
    id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    digest TEXT NOT NULL,
    size INTEGER NOT NULL,
    media TEXT NOT NULL,
    salt BLOB,
    content BLOB,
    row_digest TEXT NOT NULL,
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX blobs_by_digest ON blobs (digest);
CREATE TRIGGER blobs_insert BEFORE INSERT ON blobs
WHEN EXISTS (SELECT 1 FROM blobs WHERE id = NEW.id)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.seq > seq AND NEW.seq <= open_to)
BEGIN SELECT RAISE(ABORT, 'blobs: id exists or seq outside the open batch'); END;
CREATE TRIGGER blobs_update BEFORE UPDATE ON blobs
WHEN NOT ((NEW.id IS OLD.id AND NEW.seq IS OLD.seq AND NEW.digest IS OLD.digest AND NEW.size IS OLD.size AND NEW.media IS OLD.media AND NEW.row_digest IS OLD.row_digest AND NEW.salt IS NULL AND NEW.content IS NULL))
BEGIN SELECT RAISE(ABORT, 'blobs: what is redactable may only be erased'); END;
CREATE TRIGGER blobs_no_delete BEFORE DELETE ON blobs BEGIN SELECT RAISE(ABORT, 'blobs is never deleted'); END;

-- recorded: redactions. What two people erased, and why.
CREATE TABLE redactions (
    id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    subject_table TEXT NOT NULL,
    subject_id BLOB NOT NULL,
    reason TEXT NOT NULL CHECK (reason = 'personal_data' OR reason = 'secret' OR reason = 'legal' OR reason = 'mistake'),
    first_person_id BLOB NOT NULL,
    second_person_id BLOB NOT NULL,
    row_digest TEXT NOT NULL,
    CHECK (first_person_id <> second_person_id),
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER redactions_insert BEFORE INSERT ON redactions
WHEN EXISTS (SELECT 1 FROM redactions WHERE id = NEW.id)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.seq > seq AND NEW.seq <= open_to)
BEGIN SELECT RAISE(ABORT, 'redactions: id exists or seq outside the open batch'); END;
CREATE TRIGGER redactions_update BEFORE UPDATE ON redactions BEGIN SELECT RAISE(ABORT, 'redactions is append-only'); END;
CREATE TRIGGER redactions_no_delete BEFORE DELETE ON redactions BEGIN SELECT RAISE(ABORT, 'redactions is never deleted'); END;

-- recorded: counts. The value from that entry on, so a count at S is an index probe and a trend a range.
CREATE TABLE counts (
    scope TEXT NOT NULL,
    measure TEXT NOT NULL,
    seq INTEGER NOT NULL,
    n INTEGER NOT NULL,
    row_digest TEXT NOT NULL,
    PRIMARY KEY (scope, measure, seq)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER counts_insert BEFORE INSERT ON counts
WHEN EXISTS (SELECT 1 FROM counts WHERE scope = NEW.scope AND measure = NEW.measure AND seq = NEW.seq)
    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.seq > seq AND NEW.seq <= open_to)
BEGIN SELECT RAISE(ABORT, 'counts: id exists or seq outside the open batch'); END;
CREATE TRIGGER counts_update BEFORE UPDATE ON counts BEGIN SELECT RAISE(ABORT, 'counts is append-only'); END;
CREATE TRIGGER counts_no_delete BEFORE DELETE ON counts BEGIN SELECT RAISE(ABORT, 'counts is never deleted'); END;
