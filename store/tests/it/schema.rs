//! The schema is evidence too: whatever makes the database show something else than its rows is named, on both engines, by
//! a verification that compares what the database holds with what the migrations make and lets the engine check itself.

use crate::support;
use sqlx::Executor;
use store::engine::db::{Db, Engine};
use store::engine::verify::{self, Report, catalogue};
use store::on_both;
use store::testing::Scratch;

async fn run(s: &Scratch, text: &str) {
    let text = sqlx::AssertSqlSafe(text.to_owned());
    match &s.db {
        Db::Sqlite { write, .. } => write.execute(text).await.map(|_| ()),
        Db::Postgres(pool) => pool.execute(text).await.map(|_| ()),
    }
    .unwrap_or_else(|e| panic!("{e}"));
}

async fn check(s: &Scratch) -> Report {
    verify::verify(&s.db, &[s.signer.verifier()], &[]).await.expect("verify runs")
}

async fn named(s: &Scratch, table: &str, id: &str) -> bool {
    let report = check(s).await;
    let named = report.findings.iter().any(|f| f.table == table && f.id.contains(id));
    assert!(named, "{table} {id} is not named: {:?}", report.findings);
    named
}

/// What a stranger does to the schema, and how it is put back: on both engines, or on one.
type Case = (&'static str, &'static str, &'static str, &'static str);

const BOTH: &[Case] = &[
    (
        "grants",
        "index grants_by_identity_id_plane",
        "DROP INDEX grants_by_identity_id_plane",
        "CREATE INDEX grants_by_identity_id_plane ON grants (identity_id, plane)",
    ),
    (
        "tokens",
        "index tokens_by_source_id",
        "DROP INDEX tokens_by_source_id; CREATE INDEX tokens_by_source_id ON tokens (source_id) WHERE expires_at > 5",
        "DROP INDEX tokens_by_source_id; CREATE INDEX tokens_by_source_id ON tokens (source_id)",
    ),
    ("notes", "notes", "CREATE TABLE notes (a INTEGER)", "DROP TABLE notes"),
    ("grants", "column extra", "ALTER TABLE grants ADD COLUMN extra INTEGER", "ALTER TABLE grants DROP COLUMN extra"),
    ("open_grants", "open_grants", "CREATE VIEW open_grants AS SELECT * FROM grants WHERE until > 5", "DROP VIEW open_grants"),
    (
        "tokens_real",
        "tokens_real",
        "ALTER TABLE tokens RENAME TO tokens_real; CREATE VIEW tokens AS SELECT * FROM tokens_real WHERE name <> 'mine'",
        "DROP VIEW tokens; ALTER TABLE tokens_real RENAME TO tokens",
    ),
];

const SQLITE: &[Case] = &[
    ("grants", "trigger grants_update", "DROP TRIGGER grants_update", ""),
    (
        "tokens",
        "trigger mine",
        "CREATE TRIGGER mine AFTER UPDATE ON tokens BEGIN UPDATE tokens SET until = 9223372036854775807 WHERE name = 'mine'; END",
        "DROP TRIGGER mine",
    ),
    (
        "tokens",
        "trigger tokens_no_delete",
        "DROP TRIGGER tokens_no_delete; CREATE TRIGGER tokens_no_delete BEFORE DELETE ON tokens BEGIN SELECT 1; END",
        "",
    ),
    (
        "tokens",
        "trigger sqlite_stat_x",
        "PRAGMA writable_schema = ON; INSERT INTO sqlite_master (type, name, tbl_name, rootpage, sql) VALUES ('trigger', 'sqlite_stat_x', 'tokens', 0,
            'CREATE TRIGGER sqlite_stat_x BEFORE UPDATE ON tokens BEGIN SELECT RAISE(IGNORE); END'); PRAGMA writable_schema = RESET",
        "PRAGMA writable_schema = ON; DELETE FROM sqlite_master WHERE name = 'sqlite_stat_x'; PRAGMA writable_schema = RESET",
    ),
    (
        "tokens",
        "table tokens",
        "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = replace(sql, ' STRICT,', '') WHERE name = 'tokens'; PRAGMA writable_schema = RESET",
        "",
    ),
    (
        "tokens",
        "table tokens",
        "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = replace(sql, 'holder_id BLOB', 'holder_id TEXT') WHERE name = 'tokens'; PRAGMA writable_schema = RESET",
        "",
    ),
];

const POSTGRES: &[Case] = &[
    (
        "grants",
        "trigger grants_update",
        "ALTER TABLE grants DISABLE TRIGGER grants_update",
        "ALTER TABLE grants ENABLE TRIGGER grants_update",
    ),
    ("grants", "trigger grants_no_change", "DROP TRIGGER grants_no_change ON grants", ""),
    (
        "schema",
        "function countersign_refuse",
        "CREATE OR REPLACE FUNCTION countersign_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
        "",
    ),
    ("schema", "function mine", "CREATE FUNCTION mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'", "DROP FUNCTION mine()"),
    ("grants", "rule hidden", "CREATE RULE hidden AS ON INSERT TO grants DO INSTEAD NOTHING", "DROP RULE hidden ON grants"),
    ("tokens", "relation tokens", "ALTER TABLE tokens ENABLE ROW LEVEL SECURITY", "ALTER TABLE tokens DISABLE ROW LEVEL SECURITY"),
    ("tokens", "policy", "CREATE POLICY mine ON tokens USING (name <> 'mine')", "DROP POLICY mine ON tokens"),
    (
        "tokens",
        "column holder_id",
        "ALTER TABLE tokens ALTER COLUMN holder_id TYPE TEXT USING holder_id::text",
        "ALTER TABLE tokens ALTER COLUMN holder_id TYPE UUID USING holder_id::uuid",
    ),
    ("tokens", "column name", "ALTER TABLE tokens ALTER COLUMN name DROP NOT NULL", "ALTER TABLE tokens ALTER COLUMN name SET NOT NULL"),
    (
        "tokens",
        "column name",
        "CREATE SCHEMA mine; CREATE COLLATION mine.\"C\" (provider = libc, locale = 'C.UTF-8'); ALTER TABLE tokens ALTER COLUMN name TYPE TEXT COLLATE mine.\"C\"",
        "ALTER TABLE tokens ALTER COLUMN name TYPE TEXT COLLATE \"C\"; DROP SCHEMA mine CASCADE",
    ),
    ("tokens", "constraint tokens_holder_kind_check", "ALTER TABLE tokens DROP CONSTRAINT tokens_holder_kind_check", ""),
    ("tokens", "child more", "CREATE TABLE more () INHERITS (tokens)", "DROP TABLE more"),
    ("tokens", "namesake", "CREATE SCHEMA mine; CREATE TABLE mine.tokens (a INTEGER)", "DROP SCHEMA mine CASCADE"),
    ("grants", "foreign key", "ALTER TABLE grants DISABLE TRIGGER ALL", "ALTER TABLE grants ENABLE TRIGGER ALL"),
];

on_both!(whatever_a_stranger_does_to_the_schema_is_named, async |s: &Scratch| {
    support::world(s, &s.writer()).await;
    let report = check(s).await;
    assert_eq!(report.findings, []);
    let own = if s.db.engine() == Engine::Sqlite { SQLITE } else { POSTGRES };
    for (table, id, done, undone) in BOTH.iter().chain(own) {
        // On SQLite a column is part of the text of its table.
        let id = if s.db.engine() == Engine::Sqlite && id.starts_with("column") { "table" } else { id };
        run(s, done).await;
        named(s, table, id).await;
        run(s, undone).await;
    }
});

on_both!(an_index_that_lacks_a_row_or_shows_one_that_is_gone_is_named, async |s: &Scratch| {
    support::world(s, &s.writer()).await;
    match &s.db {
        Db::Sqlite { write, .. } => {
            // The index is taken out of the schema, the row is changed, and the index is put back as it was.
            let (sql, page): (String, i64) = sqlx::query_as("SELECT sql, rootpage FROM sqlite_master WHERE name = 'tokens_by_source_id'")
                .fetch_one(write)
                .await
                .expect("there");
            run(s, "PRAGMA writable_schema = ON; DELETE FROM sqlite_master WHERE name = 'tokens_by_source_id'; PRAGMA writable_schema = RESET; DROP TRIGGER tokens_update").await;
            run(s, "UPDATE tokens SET source_id = x'000000000000000000000000000000aa'").await;
            run(s, "PRAGMA writable_schema = ON").await;
            sqlx::query(
                "INSERT INTO sqlite_master (type, name, tbl_name, rootpage, sql) VALUES ('index', 'tokens_by_source_id', 'tokens', $1, $2)",
            )
            .bind(page)
            .bind(sql)
            .execute(write)
            .await
            .expect("put back");
            run(s, "PRAGMA writable_schema = RESET").await;
            let report = check(s).await;
            assert!(report.findings.iter().any(|f| f.table == "tokens" && f.what.contains("tokens_by_source_id")), "{:?}", report.findings);
        }
        Db::Postgres(pool) => {
            let asked = "the extension amcheck is not installed";
            assert!(check(s).await.notes.iter().any(|n| n.contains(asked)));
            run(s, "UPDATE pg_index SET indisready = false WHERE indexrelid = 'tokens_by_source_id'::regclass").await;
            run(s, "SET session_replication_role = replica; INSERT INTO tokens (id, since, name, holder_kind, holder_id, scopes, source_id, hash, minted_by_id, expires_at, mac, row_digest) SELECT gen_random_uuid(), t.since, t.name, t.holder_kind, t.holder_id, t.scopes, t.source_id, t.hash || t.hash, t.minted_by_id, t.expires_at, t.mac, t.row_digest FROM tokens t; SET session_replication_role = origin").await;
            run(s, "UPDATE pg_index SET indisready = true WHERE indexrelid = 'tokens_by_source_id'::regclass").await;
            for extension in ["", "CREATE EXTENSION amcheck"] {
                pool.execute(extension).await.expect("done");
                let report = check(s).await;
                assert!(
                    report.findings.iter().any(|f| f.table == "tokens" && f.id.contains("tokens_by_source_id")),
                    "{:?}",
                    report.findings
                );
                assert_eq!(report.notes.iter().any(|n| n.contains(asked)), extension.is_empty());
            }
        }
    }
});

/// Where a table was not strict for a moment, a value of another type hides its row from whoever asks by the right one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite_a_value_of_another_type_is_named_in_every_table() {
    let s = Scratch::sqlite().await;
    support::world(&s, &s.writer()).await;
    let loose = "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = replace(sql, ' STRICT,', '') WHERE name = '{}'; PRAGMA writable_schema = RESET";
    let strict = "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = replace(sql, ') WITHOUT ROWID', ') STRICT, WITHOUT ROWID') WHERE name = '{}'; PRAGMA writable_schema = RESET";
    for (table, change) in [
        ("tokens", "DROP TRIGGER tokens_update; UPDATE tokens SET source_id = 'aa'"),
        ("sessions", "INSERT INTO sessions VALUES (x'00', NULL, 'd', 1, 1, 1, 0, 'm')"),
        ("sign_in_attempts", "INSERT INTO sign_in_attempts VALUES ('k', 'many', 1)"),
    ] {
        run(&s, &loose.replace("{}", table)).await;
        run(&s, change).await;
        run(&s, &strict.replace("{}", table)).await;
        let report = check(&s).await;
        assert!(report.findings.iter().any(|f| f.table == table && f.what.contains("damaged")), "{table}: {:?}", report.findings);
    }
    s.finish().await;
}

/// The file that PostgreSQL's schema is compared with.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_catalogue_that_is_kept_is_what_the_migrations_make() {
    let s = Scratch::postgres().await;
    let mut tx = s.db.snapshot().await.expect("a snapshot");
    let live = catalogue::lines(&catalogue::live(&mut tx).await.expect("read"));
    tx.rollback().await.expect("closed");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/verify/postgres.jsonl");
    if std::env::var_os("UPDATE_CATALOGUE").is_some() {
        std::fs::write(path, &live).expect("written");
    }
    let kept = std::fs::read_to_string(path).expect("kept");
    assert!(kept == live, "{path} differs from what the migrations make: UPDATE_CATALOGUE=1 writes it");
    s.finish().await;
}
