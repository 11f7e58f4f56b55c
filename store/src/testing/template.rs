//! A migrated database an engine, made once and copied for every test: migrating takes longer than most tests. It holds
//! what the migrations make and nothing else, and nobody is connected to it.
#![allow(clippy::expect_used, clippy::panic)]

use crate::engine::db::Db;
use sha2::{Digest, Sha256};
use sqlx::{Connection, Executor, PgConnection};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::sync::OnceCell;

/// How long a statement waits for those who are still connected to a database.
const PATIENCE: Duration = Duration::from_mins(2);
/// SQLSTATE `object_in_use`.
const IN_USE: &str = "55006";
/// Who holds this lock makes the template; processes that run tests side by side wait for it.
const LOCK: i64 = 0x636f_756e_7465_7273;

/// Writes a copy of the migrated SQLite file to where no file is yet.
pub(super) async fn sqlite(to: &Path) {
    // Its bytes, not a file: nothing static is dropped at the end of a process, so a file would stay behind.
    static BYTES: OnceCell<Vec<u8>> = OnceCell::const_new();
    let bytes = BYTES.get_or_init(migrated_file).await;
    std::fs::write(to, bytes).expect("a copy of the template");
}

async fn migrated_file() -> Vec<u8> {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("template.db");
    let db = Db::open(&format!("sqlite://{}", path.display())).await.expect("opens");
    db.migrate().await.expect("migrates");
    if let Db::Sqlite { write, .. } = &db {
        write.execute("PRAGMA wal_checkpoint(TRUNCATE)").await.expect("all in one file");
    }
    db.close().await;
    let log = std::fs::metadata(path.with_extension("db-wal")).map_or(0, |m| m.len());
    assert_eq!(log, 0, "a part of the template is not in its file yet");
    std::fs::read(&path).expect("the template")
}

/// Makes a database of that name, a copy of the migrated one, in the cluster of a URL.
pub(super) async fn postgres(base: &str, name: &str) {
    static NAME: OnceCell<String> = OnceCell::const_new();
    let template = NAME.get_or_init(|| made(base)).await;
    let mut admin = connected(base).await;
    // The default way of copying is the quicker one for a small template: it asks for no checkpoint.
    run(&mut admin, &format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
    admin.close().await.expect("closed");
}

/// Removes a database of the cluster, whoever is connected to it.
pub(super) async fn drop_postgres(base: &str, name: &str) {
    let mut admin = connected(base).await;
    run(&mut admin, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
    run(&mut admin, &format!("DROP ROLE IF EXISTS {name}_reader")).await;
    admin.close().await.expect("closed");
}

/// The URL of another database of the same cluster.
pub(super) fn url_of(base: &str, name: &str) -> String {
    let at = base.rfind('/').expect("a URL with a database");
    format!("{}/{name}", &base[..at])
}

async fn connected(base: &str) -> PgConnection {
    PgConnection::connect(base).await.unwrap_or_else(|e| panic!("the cluster of COUNTERSIGN_TEST_POSTGRES_URL does not answer: {e}"))
}

/// The name of the migrated database; whichever process comes first makes it, and it stays for the next.
async fn made(base: &str) -> String {
    let mut hash = Sha256::new();
    for checksum in Db::postgres_checksums() {
        hash.update(checksum);
    }
    let name = format!("countersign_template_{}", hex::encode(&hash.finalize()[..8]));
    let mut admin = connected(base).await;
    sqlx::query("SELECT pg_advisory_lock($1)").bind(LOCK).execute(&mut admin).await.expect("the lock of the template");
    let there: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)")
        .bind(&name)
        .fetch_one(&mut admin)
        .await
        .expect("asked for the template");
    if !there {
        make(base, &mut admin, &name).await;
    }
    // The lock ends with the connection.
    admin.close().await.expect("closed");
    name
}

/// Makes it under another name first: what bears its own name is whole, also where a process died in between.
async fn make(base: &str, admin: &mut PgConnection, name: &str) {
    let half = format!("{name}_half");
    run(admin, &format!("DROP DATABASE IF EXISTS {half} WITH (FORCE)")).await;
    let empty = "TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'";
    run(admin, &format!("CREATE DATABASE {half} {empty}")).await;
    let db = Db::open(&url_of(base, &half)).await.expect("opens");
    db.migrate().await.expect("migrates");
    db.close().await;
    run(admin, &format!("ALTER DATABASE {half} WITH ALLOW_CONNECTIONS false")).await;
    run(admin, &format!("ALTER DATABASE {half} RENAME TO {name}")).await;
}

/// Runs a statement that nobody may be connected for; who has just left is there a moment longer.
async fn run(admin: &mut PgConnection, text: &str) {
    let until = Instant::now() + PATIENCE;
    loop {
        let Err(error) = admin.execute(sqlx::AssertSqlSafe(text.to_owned())).await else { return };
        let in_use = error.as_database_error().and_then(|e| e.code()).is_some_and(|code| code == IN_USE);
        assert!(in_use && Instant::now() < until, "{text}: {error}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
