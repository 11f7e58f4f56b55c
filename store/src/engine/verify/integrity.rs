//! The engine's own check of what stands on disk, beside the reading of rows: an index that lacks an entry hides a row from
//! every page that finds it by that index, and a stale entry shows what is gone. It only reads, on a connection of its own.

use super::Finding;
use crate::engine::db::Db;
use crate::{Error, Result};
use domain::seq::Seq;
use sqlx::pool::PoolConnection;
use sqlx::{Postgres, Sqlite, SqlitePool};
use tokio::task::JoinHandle;

/// What the engine found, and what it could not look at.
#[derive(Debug, Default)]
pub(super) struct Checked {
    pub findings: Vec<Finding>,
    pub notes: Vec<String>,
}

impl Checked {
    fn find(&mut self, table: &str, id: &str, what: String) {
        self.findings.push(Finding { table: table.to_owned(), id: id.to_owned(), seq: Seq::ZERO, what });
    }
}

/// A check that runs beside the rest and ends with it.
pub(super) struct Running(JoinHandle<Result<Checked>>);

impl Running {
    pub fn start(db: &Db) -> Self {
        let db = db.clone();
        Self(tokio::spawn(async move {
            match &db {
                Db::Sqlite { read, .. } => sqlite(read).await,
                Db::Postgres(pool) => postgres(pool.acquire().await?).await,
            }
        }))
    }

    pub async fn end(mut self) -> Result<Checked> {
        (&mut self.0).await.map_err(|e| Error::Corrupt(e.to_string()))?
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Rows up to which SQLite compares every index entry with its row. It looks each up by itself: a minute for two million
/// grants. Beyond, pages, types and conditions are checked all the same, and each index is counted against its table.
const WHOLE: i64 = 300_000;

/// Table by table, so that it can be called off in between: pages, the order of keys, every index against its table, types
/// and conditions of every value.
async fn sqlite(read: &SqlitePool) -> Result<Checked> {
    const TABLES: &str = "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0 ORDER BY name LIMIT 10000";
    let mut checked = Checked::default();
    let mut c = read.acquire().await?;
    let names: Vec<String> = sqlx::query_scalar(TABLES).fetch_all(&mut *c).await?;
    for name in names {
        let quoted = quoted(&name);
        let rows = format!("SELECT COUNT(*) FROM (SELECT 1 FROM {quoted} LIMIT {})", WHOLE + 1);
        let large = sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(rows)).fetch_one(&mut *c).await.is_ok_and(|n| n > WHOLE);
        let text = format!("PRAGMA {}({quoted})", if large { "quick_check" } else { "integrity_check" });
        let said = sqlx::query_scalar::<_, String>(sqlx::AssertSqlSafe(text)).fetch_all(&mut *c).await;
        let said = said.unwrap_or_else(|e| vec![e.to_string()]);
        for line in said.iter().filter(|l| *l != "ok") {
            checked.find(&name, "", format!("the database itself finds it damaged: {line}"));
        }
        if large {
            checked
                .notes
                .push(format!("the table {name} is large, so its indexes were counted against it and not compared entry by entry"));
            counted_in_sqlite(&mut c, &mut checked, &name).await?;
        }
    }
    Ok(checked)
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// As many rows are found by each index as stand in the table.
async fn counted_in_sqlite(c: &mut PoolConnection<Sqlite>, checked: &mut Checked, table: &str) -> Result<()> {
    const INDEXES: &str =
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = $1 AND sql IS NOT NULL ORDER BY name LIMIT 1000";
    let indexes: Vec<(String, String)> = sqlx::query_as(INDEXES).bind(table).fetch_all(&mut **c).await?;
    for (index, sql) in indexes {
        let rows = sql.split_once(" WHERE ").map_or("1", |(_, rows)| rows);
        let mut counts = Vec::with_capacity(2);
        for by in [format!("INDEXED BY {}", quoted(&index)), "NOT INDEXED".to_owned()] {
            let text = format!("SELECT COUNT(*) FROM {} {by} WHERE {rows}", quoted(table));
            counts.push(sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(text)).fetch_one(&mut **c).await?);
        }
        if counts[0] != counts[1] {
            checked.find(table, &index, format!("its index holds {} rows, the table {}", counts[0], counts[1]));
        }
    }
    Ok(())
}

/// An index, as PostgreSQL describes it: its schema-qualified name, its table, its first column and the rows it holds.
type Index = (String, String, String, Option<String>);

const INDEXES: &str = "SELECT i.indexrelid::regclass::text, i.indrelid::regclass::text, pg_get_indexdef(i.indexrelid, 1, false), pg_get_expr(i.indpred, i.indrelid)
    FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam JOIN pg_namespace n ON n.oid = x.relnamespace
    WHERE n.nspname = 'public' AND m.amname = 'btree' ORDER BY 1 LIMIT 10000";
const AMCHECK: &str =
    "SELECT n.nspname::text FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'amcheck' LIMIT 1";

/// By `amcheck` where somebody has installed it and lets us; else every index is counted against its table.
async fn postgres(mut c: PoolConnection<Postgres>) -> Result<Checked> {
    let mut checked = Checked::default();
    let indexes: Vec<Index> = sqlx::query_as(INDEXES).fetch_all(&mut *c).await?;
    let amcheck: Option<String> = sqlx::query_scalar(AMCHECK).fetch_optional(&mut *c).await?;
    if amcheck.is_none() {
        let note = "the extension amcheck is not installed, so indexes were counted against their tables and their order was not checked";
        checked.notes.push(note.to_owned());
    }
    for index in &indexes {
        match &amcheck {
            Some(schema) => ordered(&mut c, &mut checked, schema, index).await?,
            None => counted(&mut c, &mut checked, index).await?,
        }
    }
    Ok(checked)
}

/// Every row of the table has its entry, and entries stand in order.
async fn ordered(c: &mut PoolConnection<Postgres>, checked: &mut Checked, schema: &str, index: &Index) -> Result<()> {
    let text = format!("SELECT {}.bt_index_check($1::regclass, true)", quoted(schema));
    match sqlx::query(sqlx::AssertSqlSafe(text)).bind(index.0.as_str()).execute(&mut **c).await {
        Ok(_) => Ok(()),
        // insufficient_privilege: then it counts as not there.
        Err(sqlx::Error::Database(e)) if e.code().as_deref() == Some("42501") => {
            let note = "this role may not call amcheck, so indexes were counted against their tables and their order was not checked";
            if !checked.notes.iter().any(|n| n == note) {
                checked.notes.push(note.to_owned());
            }
            counted(c, checked, index).await
        }
        Err(sqlx::Error::Database(e)) => {
            checked.find(&index.1, &index.0, format!("the database itself finds its index damaged: {e}"));
            Ok(())
        }
        Err(other) => Err(other.into()),
    }
}

/// As many rows are found by the index as stand in the table.
async fn counted(c: &mut PoolConnection<Postgres>, checked: &mut Checked, (index, table, first, rows): &Index) -> Result<()> {
    let rows = rows.as_deref().unwrap_or("true");
    let mut counts = Vec::with_capacity(2);
    for (by_index, off) in
        [(true, "enable_seqscan, enable_bitmapscan, enable_sort"), (false, "enable_indexscan, enable_indexonlyscan, enable_bitmapscan")]
    {
        use sqlx::Acquire as _;
        let mut tx = c.begin().await?;
        sqlx::query("SET LOCAL enable_seqscan = on").execute(&mut *tx).await?;
        for setting in off.split(", ") {
            sqlx::query(sqlx::AssertSqlSafe(format!("SET LOCAL {setting} = off"))).execute(&mut *tx).await?;
        }
        // A sort nobody allows makes the planner walk an index that begins with the column; the limit, which no table
        // reaches, keeps it from dropping the order.
        let order = if by_index { format!("ORDER BY {first}") } else { String::new() };
        let text = format!("SELECT COUNT(*) FROM (SELECT {first} FROM {table} WHERE {rows} {order} LIMIT {}) x", i64::MAX);
        counts.push(sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(text)).fetch_one(&mut *tx).await?);
        tx.rollback().await?;
    }
    if counts[0] != counts[1] {
        checked.find(table, index, format!("its index holds {} rows, the table {}", counts[0], counts[1]));
    }
    Ok(())
}
