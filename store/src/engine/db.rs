//! Opening the two databases, read transactions fixed at one position, and the `on!` dispatch. SQL text is
//! the same on both engines; where it cannot be, two constants stand side by side.

use super::held::{self, Held};
use crate::{Error, Result};
use domain::asof::AsOf;
use domain::seq::Seq;
use domain::time::Timestamp;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Executor, Postgres, Sqlite};
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// An open database.
#[derive(Clone, Debug)]
pub enum Db {
    /// A read pool, a write pool of one connection (writes queue instead of failing), and a connection that moves the
    /// log into the file beside the writer; it is opened when a large import first needs it.
    Sqlite {
        read: SqlitePool,
        write: SqlitePool,
        log: SqlitePool,
        /// True of a file that may only be read.
        is_copy: bool,
    },
    Postgres(PgPool),
}

/// A transaction on either engine.
#[derive(Debug)]
pub enum Tx {
    Sqlite(Held<Sqlite>),
    Postgres(Held<Postgres>),
}

/// Evaluates an expression on whichever connection the transaction holds; each arm is type-checked apart.
#[macro_export]
macro_rules! on {
    ($tx:expr, $c:ident => $e:expr) => {
        match $tx {
            $crate::engine::db::Tx::Sqlite(t) => {
                let $c = &mut **t;
                $e
            }
            $crate::engine::db::Tx::Postgres(t) => {
                let $c = &mut **t;
                $e
            }
        }
    };
}

/// Declares SQL constants and the list the portability test prepares on both engines.
#[macro_export]
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $text:expr;)+) => {
        $($(#[$doc])* pub const $name: &str = $text;)+
        /// Every statement of this module, for the test that prepares them on both engines.
        pub const STATEMENTS: &[(&str, &str)] = &[$((stringify!($name), $name)),+];
    };
}

/// Which engine, for the few texts that must differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

static SQLITE: sqlx::migrate::Migrator = sqlx::migrate!("../migrations/sqlite");
static POSTGRES: sqlx::migrate::Migrator = sqlx::migrate!("../migrations/postgres");

impl Db {
    /// Opens `sqlite:PATH`, `sqlite://PATH`, `postgres://…` or `postgresql://…`. Does not migrate.
    pub async fn open(url: &str) -> Result<Self> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            open_postgres(url).await
        } else if let Some(path) = sqlite_path(url) {
            open_sqlite(path).await
        } else {
            Err(Error::Open("the database URL must be sqlite:PATH or postgres://USER@HOST/NAME".to_owned()))
        }
    }

    pub fn engine(&self) -> Engine {
        match self {
            Self::Sqlite { .. } => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }

    /// Brings the schema to this version.
    pub async fn migrate(&self) -> Result<()> {
        match self {
            Self::Sqlite { write, .. } => SQLITE.run(write).await?,
            Self::Postgres(pool) => POSTGRES.run(pool).await?,
        }
        Ok(())
    }

    /// Postgres: gives the role that serves what it needs and no more. It owns no table, changes no recorded
    /// row, and of a governed row only its end (and what redaction erases). Called by the owner's role.
    pub async fn grant_runtime(&self, role: &str) -> Result<()> {
        let Self::Postgres(pool) = self else { return Ok(()) };
        let plain = !role.is_empty() && role.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !plain {
            return Err(Error::Open("the role's name may hold letters, digits and _ only".to_owned()));
        }
        for text in super::roles::grants(role) {
            pool.execute(sqlx::AssertSqlSafe(text)).await?;
        }
        Ok(())
    }

    /// False of a copy that may only be read: a file without the right to write it, a role that may only SELECT, a standby.
    pub async fn takes_writes(&self) -> Result<bool> {
        match self {
            Self::Sqlite { is_copy, .. } => Ok(!is_copy),
            Self::Postgres(pool) => {
                const TAKES: &str = "SELECT has_table_privilege('jobs', 'INSERT') AND NOT pg_is_in_recovery()";
                Ok(sqlx::query_scalar(TAKES).fetch_one(pool).await?)
            }
        }
    }

    /// A transaction that may write: `BEGIN IMMEDIATE` on SQLite. For operational tables and the writer.
    pub async fn begin(&self) -> Result<Tx> {
        Ok(match self {
            Self::Sqlite { write, .. } => Tx::Sqlite(Held::begin(write, Some("BEGIN IMMEDIATE")).await?),
            Self::Postgres(pool) => Tx::Postgres(Held::begin(pool, None).await?),
        })
    }

    /// A read transaction whose every statement sees the same state.
    pub async fn snapshot(&self) -> Result<Tx> {
        Ok(match self {
            Self::Sqlite { read, .. } => Tx::Sqlite(Held::begin(read, None).await?),
            Self::Postgres(pool) => Tx::Postgres(Held::begin(pool, Some("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")).await?),
        })
    }

    /// The file of a SQLite database.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        match self {
            Self::Sqlite { write, .. } => Some(write.connect_options().get_filename().to_path_buf()),
            Self::Postgres(_) => None,
        }
    }

    /// SQLite: moves what the log holds into the file, as far as readers allow, and holds nobody up.
    pub(crate) async fn move_log(&self) -> Result<()> {
        let Self::Sqlite { log, .. } = self else { return Ok(()) };
        log.execute("PRAGMA wal_checkpoint(PASSIVE)").await?;
        Ok(())
    }

    /// The version of the newest migration applied, for `migrate` and start-up.
    pub async fn schema_version(&self) -> Result<Option<i64>> {
        const VERSION: &str = "SELECT MAX(version) FROM _sqlx_migrations";
        let mut tx = self.snapshot().await?;
        let found = on!(&mut tx, c => sqlx::query_scalar::<_, Option<i64>>(VERSION).fetch_one(c).await);
        tx.rollback().await?;
        Ok(found.unwrap_or(None))
    }

    /// The version this program was built with.
    pub fn built_for() -> Option<i64> {
        SQLITE.iter().map(|m| m.version).max()
    }

    /// The checksums of the Postgres migrations in their order: what tells two schemas apart.
    #[cfg(feature = "testing")]
    pub(crate) fn postgres_checksums() -> impl Iterator<Item = &'static [u8]> {
        POSTGRES.iter().map(|m| &*m.checksum)
    }

    pub async fn close(&self) {
        match self {
            Self::Sqlite { read, write, log, .. } => {
                log.close().await;
                read.close().await;
                write.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// A SQLite database in memory that the migrations have just made.
pub(super) async fn migrated_in_memory() -> Result<SqlitePool> {
    let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
    SQLITE.run(&pool).await?;
    Ok(pool)
}

/// Versions of migrations on record that are not as this program carries them, or that it misses there.
pub(super) async fn unlike_ours(tx: &mut Tx) -> Result<Vec<String>> {
    const RECORDED: &str = "SELECT version, checksum FROM _sqlx_migrations WHERE success ORDER BY version LIMIT 10000";
    let migrator = if tx.engine() == Engine::Sqlite { &SQLITE } else { &POSTGRES };
    let recorded: Vec<(i64, Vec<u8>)> = on!(tx, c => sqlx::query_as(RECORDED).fetch_all(c).await?);
    let ours: Vec<(i64, Vec<u8>)> = migrator.iter().map(|m| (m.version, m.checksum.to_vec())).collect();
    let unlike = recorded.iter().filter(|r| !ours.contains(r)).chain(ours.iter().filter(|o| !recorded.contains(o)));
    Ok(unlike.map(|(version, _)| version.to_string()).collect())
}

/// The file that the URL of a SQLite database names; none of another URL.
pub fn sqlite_path(url: &str) -> Option<&Path> {
    let path = url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    // A store in memory would be another one for every connection.
    (!path.is_empty() && path != ":memory:").then(|| Path::new(path))
}

impl Tx {
    pub fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }

    pub async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(t) => t.commit().await?,
            Self::Postgres(t) => t.commit().await?,
        }
        Ok(())
    }

    pub async fn rollback(self) -> Result<()> {
        match self {
            Self::Sqlite(t) => t.rollback().await?,
            Self::Postgres(t) => t.rollback().await?,
        }
        Ok(())
    }

    /// Runs a constant statement without arguments.
    pub async fn execute(&mut self, text: &'static str) -> Result<()> {
        on!(self, c => { c.execute(text).await.map_err(Error::from_statement)?; });
        Ok(())
    }
}

/// A read at one as-of: every statement of the transaction sees the same rows.
#[derive(Debug)]
pub struct Reader {
    pub tx: Tx,
    pub as_of: AsOf,
    /// The head at the time of reading; `as_of.seq` is at or below it.
    pub head: Seq,
    /// The clock at the time of reading.
    pub now: Timestamp,
    /// What is missing, where the store is restored.
    pub restored: Option<String>,
}

impl Reader {
    /// True where the reader looks at the present.
    pub fn is_now(&self) -> bool {
        self.as_of.seq == self.head && self.as_of.at == self.now
    }

    pub async fn close(self) -> Result<()> {
        self.tx.rollback().await
    }
}

/// True of a file that is there and may not be written.
// INVARIANT: nothing in this process opens the file but SQLite. Its locks belong to the process: whoever opens and closes
// the file beside it drops them all, and the next reader from outside takes the log away under a server that writes on.
fn is_copy(path: &Path) -> bool {
    let protected = std::fs::metadata(path).is_ok_and(|m| m.permissions().readonly());
    protected || (path.exists() && rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_err())
}

/// Opens a copy to read it: SQLite makes no file beside it. Where a log stands there, it is of the copy and is read too.
async fn open_copy(path: &Path) -> Result<Db> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let whole = std::fs::metadata(log).map_or(0, |m| m.len()) == 0;
    let options = SqliteConnectOptions::new().filename(path).read_only(true).immutable(whole).busy_timeout(Duration::from_secs(10));
    let pool = |n| SqlitePoolOptions::new().max_connections(n).acquire_timeout(Duration::from_secs(5));
    let read = pool(4).connect_with(options.clone()).await?;
    let (write, log) = (pool(1).connect_lazy_with(options.clone()), pool(1).connect_lazy_with(options));
    Ok(Db::Sqlite { read, write, log, is_copy: true })
}

async fn open_sqlite(path: &Path) -> Result<Db> {
    if is_copy(path) {
        return open_copy(path).await;
    }
    // Nobody else on the machine reads it, whatever the umask; the log beside it takes after it.
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(Error::Open(format!("{}: {error}", path.display()))),
        _ => {}
    }
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
        .pragma("cache_size", "-8000")
        .pragma("temp_store", "memory")
        .row_buffer_size(1024)
        // At most 256 MB of log until the writer itself moves it into the file: a large import writes the same pages often,
        // and `move_log` has done most of the work by then.
        .pragma("wal_autocheckpoint", "64000")
        .pragma("journal_size_limit", "67108864");
    // The pages a large import writes to over and over fit into 64 MB; an idle server holds a few of them.
    let writers = SqlitePoolOptions::new().max_connections(1).after_release(|c, _| Box::pin(held::is_clean(c)));
    let write = writers.connect_with(options.clone().pragma("cache_size", "-64000")).await?;
    let log = SqlitePoolOptions::new().max_connections(1).connect_lazy_with(options.clone().pragma("cache_size", "-64"));
    // A reader that finds no connection for so long is told so. The one that writes is waited for: writes queue.
    let readers = SqlitePoolOptions::new().max_connections(4).acquire_timeout(Duration::from_secs(5));
    let readers = readers.after_release(|c, _| Box::pin(held::is_clean(c)));
    let read = readers.connect_with(options.read_only(true)).await?;
    Ok(Db::Sqlite { read, write, log, is_copy: false })
}

async fn open_postgres(url: &str) -> Result<Db> {
    // Our statements are short; compiling them costs more than running them. They have their indexes; right after
    // a large import, before the tables are analysed, the planner would rather read them from end to end.
    let options =
        PgConnectOptions::from_str(url).map_err(|e| Error::Open(e.to_string()))?.options([("jit", "off"), ("enable_seqscan", "off")]);
    let pool = PgPoolOptions::new()
        .max_connections(12)
        .acquire_timeout(Duration::from_secs(5))
        .after_release(|c, _| Box::pin(held::is_clean(c)))
        .connect_with(options)
        .await?;
    refuse_unsafe_durability(&pool).await?;
    Ok(Db::Postgres(pool))
}

/// An audit log on a database that may lose acknowledged commits is none.
async fn refuse_unsafe_durability(pool: &PgPool) -> Result<()> {
    for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
        let value: String = sqlx::query_scalar("SELECT current_setting($1)").bind(setting).fetch_one(pool).await?;
        if value == "off" {
            return Err(Error::Open(format!("Postgres runs with {setting} off: acknowledged entries could be lost")));
        }
    }
    Ok(())
}
