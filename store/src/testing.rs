//! Scratch databases of both engines, a clock that is set by hand and ids that count. For tests only.
#![allow(clippy::expect_used, clippy::panic, clippy::missing_panics_doc)]

mod applied;
mod template;

pub use applied::applied;

use crate::engine::db::{Db, Tx};
use crate::engine::head;
use crate::engine::rows::Row;
use crate::engine::table::Table;
use crate::engine::writer::Writer;
use crate::{decode_values, grants, identities, surfaces};
use domain::facts::{ColumnKind, Value};
use domain::identity::Plane;
use domain::ids::{ChangeId, Id, PersonId};
use domain::ledger::ActorKind;
use domain::note::Signer;
use domain::ports::{Clock, Ids};
use domain::rule::{Origin, SelfEvidence};
use domain::seq::Seq;
use domain::time::{SECOND, Timestamp};
use sqlx::Executor;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use uuid::Uuid;

/// A database that goes away with the value.
pub struct Scratch {
    pub db: Db,
    pub url: String,
    pub clock: Arc<ManualClock>,
    pub ids: Arc<CountingIds>,
    pub signer: Arc<Signer>,
    drop_on: Option<String>,
    folder: tempfile::TempDir,
}

/// A clock that moves only when told to.
pub struct ManualClock(AtomicI64);

impl ManualClock {
    pub fn advance(&self, micros: i64) {
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
    pub fn set(&self, to: Timestamp) {
        self.0.store(to.micros(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// Ids in counting order, so that two runs of a test write the same rows.
pub struct CountingIds(AtomicU64);

impl CountingIds {
    pub fn new() -> Self {
        Self(AtomicU64::new(1))
    }

    /// The next id of a noun.
    pub fn make<N>(&self) -> Id<N> {
        Id::new(self.next())
    }
}

impl Default for CountingIds {
    fn default() -> Self {
        Self::new()
    }
}

impl Ids for CountingIds {
    fn next(&self) -> Uuid {
        let n = self.0.fetch_add(1, Ordering::SeqCst);
        Uuid::from_u128((0x0199_0000_0000_7000_8000_0000_0000_0000_u128) | u128::from(n))
    }
    fn secret(&self, out: &mut [u8]) {
        let n = self.0.fetch_add(1, Ordering::SeqCst).to_be_bytes();
        for (i, b) in out.iter_mut().enumerate() {
            *b = n[i % 8] ^ (i as u8);
        }
    }
}

/// The fixed day tests start on.
pub const START: Timestamp = Timestamp(1_790_000_000 * SECOND);

impl Scratch {
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("test.db");
        template::sqlite(&path).await;
        Self::over(format!("sqlite://{}", path.display()), None, folder).await
    }

    /// A fresh database in the cluster of `COUNTERSIGN_TEST_POSTGRES_URL`; its absence is a failure.
    pub async fn postgres() -> Self {
        let base = test_postgres_url();
        let name = format!("t_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
        template::postgres(&base, &name).await;
        let url = template::url_of(&base, &name);
        Self::over(url, Some(name), tempfile::tempdir().expect("temporary folder")).await
    }

    async fn over(url: String, drop_on: Option<String>, folder: tempfile::TempDir) -> Self {
        let db = Db::open(&url).await.expect("opens");
        let clock = Arc::new(ManualClock(AtomicI64::new(START.micros())));
        let ids = Arc::new(CountingIds::new());
        head::create(&db, ids.make(), START).await.expect("head");
        let signer = Arc::new(Signer::new("countersign.test", &[7; 32]).expect("name"));
        Self { db, url, clock, ids, signer, drop_on, folder }
    }

    pub fn writer(&self) -> Writer {
        Writer::start(self.db.clone(), self.clock.clone(), Some(self.signer.clone()))
    }

    /// A folder that goes away with the database.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The same store as somebody sees it who may only read: a copy of the file without any right to write, in a folder
    /// without one; a role that may SELECT.
    pub async fn read_only(&self) -> Db {
        match &self.db {
            Db::Sqlite { write, .. } => {
                write.execute("PRAGMA wal_checkpoint(TRUNCATE)").await.expect("all in one file");
                let folder = self.folder.path().join("copy");
                std::fs::create_dir(&folder).expect("a folder");
                let path = folder.join("copy.db");
                std::fs::copy(self.folder.path().join("test.db"), &path).expect("a copy");
                let mode = |path: &std::path::Path, mode| {
                    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).expect("a mode");
                };
                mode(&path, 0o400);
                mode(&folder, 0o500);
                Db::open(&format!("sqlite://{}", path.display())).await.expect("opens")
            }
            Db::Postgres(pool) => {
                let role = format!("{}_reader", self.drop_on.as_deref().unwrap_or("t"));
                let grant = format!("CREATE ROLE {role} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}");
                pool.execute(sqlx::AssertSqlSafe(grant)).await.expect("a role");
                Db::open(&self.url.replacen("postgres@", &format!("{role}@"), 1)).await.expect("opens")
            }
        }
    }

    /// Closes the pools and removes a Postgres database.
    pub async fn finish(self) {
        self.db.close().await;
        if let Some(name) = self.drop_on {
            template::drop_postgres(&test_postgres_url(), &name).await;
        }
    }
}

static NEXT: AtomicU64 = AtomicU64::new(0);

#[expect(clippy::disallowed_methods, reason = "the one variable that names the test cluster")]
fn test_postgres_url() -> String {
    std::env::var("COUNTERSIGN_TEST_POSTGRES_URL")
        .unwrap_or_else(|_| panic!("COUNTERSIGN_TEST_POSTGRES_URL is not set: `cargo xtask test` starts a cluster and sets it"))
}

/// Runs one test body on both engines.
#[macro_export]
macro_rules! on_both {
    ($name:ident, $body:expr) => {
        mod $name {
            use super::*;
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                let scratch = $crate::testing::Scratch::sqlite().await;
                let body = $body;
                body(&scratch).await;
                scratch.finish().await;
            }
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                let scratch = $crate::testing::Scratch::postgres().await;
                let body = $body;
                body(&scratch).await;
                scratch.finish().await;
            }
        }
    };
}

/// For tests that play somebody with SQL access.
pub use sqlx::SqlitePool;

pub async fn execute(pool: &SqlitePool, text: &'static str) {
    pool.execute(text).await.expect("executed");
}

/// Every value of a table as text, to look for what must not be there.
pub async fn all_text(tx: &mut Tx, table: &'static str) -> String {
    let columns = crate::tables::named(table).expect("a registered table").columns;
    let cells: Vec<String> = columns
        .iter()
        .map(|c| match c.kind {
            domain::facts::ColumnKind::Bytes => match tx.engine() {
                crate::engine::db::Engine::Sqlite => format!("COALESCE(CAST({} AS TEXT), '')", c.name),
                crate::engine::db::Engine::Postgres => format!("COALESCE(encode({}, 'escape'), '')", c.name),
            },
            domain::facts::ColumnKind::Text => format!("COALESCE({}, '')", c.name),
            _ => "''".to_owned(),
        })
        .collect();
    let text = format!("SELECT {} FROM {table} LIMIT 10000", cells.join(" || ' ' || "));
    on!(tx, c => sqlx::query_scalar::<_, String>(sqlx::AssertSqlSafe(text)).fetch_all(c).await.expect("read")).join("\n")
}

/// The rows that adopting all of what sources saw opens: records, grants and surfaces once more, in the baseline, with
/// the whole of their provenance. Author, approver and applier are three people.
pub async fn adopted(tx: &mut Tx, ids: &dyn Ids, people: [PersonId; 3], change: ChangeId) -> Vec<Row> {
    let tables: [&'static Table; 3] = [&identities::IDENTITY_VERSIONS, &grants::GRANTS, &surfaces::SURFACE_VERSIONS];
    let countersigned = |table: &Table, column: &str, value: Value| -> Value {
        match column {
            // A grant has no versions: the one of the baseline is a row of its own.
            "id" if table.anchor.is_none() => ids.next().into(),
            "plane" => Plane::Baseline.into(),
            "batch" => Value::Null(ColumnKind::Id),
            "origin" => Origin::Adopted.into(),
            "author_kind" | "approver_kind" | "applier_kind" => ActorKind::Person.into(),
            "author_id" => people[0].into(),
            "approver_id" => people[1].into(),
            "applier_id" => people[2].into(),
            "change_id" => change.into(),
            "self_evidence" => SelfEvidence::No.into(),
            _ => value,
        }
    };
    let mut out = Vec::new();
    for table in tables {
        let names: Vec<&str> = table.columns.iter().map(|c| c.name).collect();
        let (open, key) = (Seq::OPEN, table.key.join(", "));
        let text = format!(
            "SELECT since, {} FROM {} WHERE plane = 'observed' AND until = {open} ORDER BY {key} LIMIT 100000",
            names.join(", "),
            table.name
        );
        on!(tx, c => {
            for row in sqlx::query(sqlx::AssertSqlSafe(text)).fetch_all(c).await.expect("read") {
                let seen = decode_values!(row, table, 1);
                out.push(Row::new(table, names.iter().zip(seen).map(|(name, value)| countersigned(table, name, value)).collect()));
            }
        });
    }
    out
}

/// Runs a statement as somebody with SQL access would: the triggers and the indexes that let one row be open are gone.
pub async fn behind_our_back(db: &Db, text: &str) {
    let text = sqlx::AssertSqlSafe(text.to_owned());
    match db {
        Db::Sqlite { write, .. } => {
            let defences =
                "SELECT type || ' ' || name FROM sqlite_master WHERE type = 'trigger' OR (type = 'index' AND name LIKE '%one_open%')";
            let defences: Vec<String> = sqlx::query_scalar(defences).fetch_all(write).await.expect("read");
            for defence in defences {
                write.execute(sqlx::AssertSqlSafe(format!("DROP {defence}"))).await.expect("dropped");
            }
            write.execute(text).await.expect("executed");
        }
        Db::Postgres(pool) => {
            let mut tx = pool.begin().await.expect("begin");
            let defences = "SELECT indexname::text FROM pg_indexes WHERE indexname LIKE '%one_open%'";
            let defences: Vec<String> = sqlx::query_scalar(defences).fetch_all(&mut *tx).await.expect("read");
            for defence in defences {
                tx.execute(sqlx::AssertSqlSafe(format!("DROP INDEX {defence}"))).await.expect("dropped");
            }
            tx.execute("SET LOCAL session_replication_role = replica").await.expect("a superuser");
            tx.execute(text).await.expect("executed");
            tx.commit().await.expect("done");
        }
    }
}
