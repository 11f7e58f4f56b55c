//! Opening and closing rows of the registered tables. The statement texts are derived from the registry,
//! never from input, which is why this one module may build SQL at run time.

use super::db::{Engine, Tx};
use super::table::{Column, Table, TableKind};
use crate::{Error, Result};
use domain::facts::{self, ColumnKind, Value};
use domain::ids::BatchId;
use domain::merkle::Hash;
use domain::seq::Seq;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Mutex;

/// A row to be opened: values for all columns of the table, in its order. In recorded tables `seq` is
/// filled in by the writer.
#[derive(Clone, Debug)]
pub struct Row {
    pub table: &'static Table,
    pub values: Vec<Value>,
}

/// A row to be closed, named by its whole primary key; closing what is closed already is a conflict.
#[derive(Clone, Debug)]
pub struct Close {
    pub table: &'static Table,
    pub key: Vec<Value>,
}

impl Row {
    pub fn new(table: &'static Table, values: Vec<Value>) -> Self {
        debug_assert_eq!(table.columns.len(), values.len(), "{}", table.name);
        Self { table, values }
    }

    /// The primary key once the row stands at `seq`.
    pub fn key(&self, seq: Seq) -> Vec<Value> {
        key_of(self.table, &self.values, seq)
    }

    pub fn digest(&self, seq: Seq) -> Hash {
        digest_of(self.table, &self.values, seq)
    }
}

/// The primary key of a row that stands at `since` (or, in recorded tables, at `seq`).
pub fn key_of(table: &Table, values: &[Value], since: Seq) -> Vec<Value> {
    table
        .key
        .iter()
        .map(|name| match (*name, table.position(name)) {
            ("seq" | "since", _) => since.into(),
            (_, Some(at)) => values[at].clone(),
            (_, None) => Value::Null(ColumnKind::Id),
        })
        .collect()
}

/// The row digest: every column but `until` and what redaction may erase.
pub fn digest_of(table: &Table, values: &[Value], since: Seq) -> Hash {
    // A recorded row's own position is `since` already; before it is written its column holds a placeholder.
    // A column that came after the first schema counts only where it holds something: old rows keep their digest.
    let absent = |c: &Column, v: &Value| c.later && matches!(v, Value::Null(_));
    let covered = table.columns.iter().zip(values).filter(|(c, v)| !c.redactable && c.name != "seq" && !absent(c, v));
    let covered = covered.map(|(_, v)| v);
    facts::row_digest(table.name, since, covered)
}

/// The order of rows in the facts digest: as both engines sort a primary key.
pub fn compare_keys(a: &[Value], b: &[Value]) -> Ordering {
    for (x, y) in a.iter().zip(b) {
        let order = match (x, y) {
            (Value::Id(x), Value::Id(y)) => x.as_bytes().cmp(y.as_bytes()),
            (Value::Int(x), Value::Int(y)) => x.cmp(y),
            (Value::Text(x), Value::Text(y)) => x.as_bytes().cmp(y.as_bytes()),
            (Value::Bytes(x), Value::Bytes(y)) => x.cmp(y),
            _ => Ordering::Equal,
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

/// Binds may not pass 32,766 on SQLite nor 65,535 on Postgres.
const MAX_BINDS: usize = 30_000;

/// `(?, ?), (?, ?)` or `($1, $2), ($3, $4)`. SQLite looks a *named* parameter up by walking all names, and
/// `$1` is a name there: thousands of them in one statement cost more than the rows.
pub(crate) fn tuples(engine: Engine, rows: usize, width: usize) -> String {
    let one = |r: usize| {
        let marks: Vec<String> = (1..=width)
            .map(|i| match engine {
                Engine::Sqlite => "?".to_owned(),
                Engine::Postgres => format!("${}", r * width + i),
            })
            .collect();
        format!("({})", marks.join(", "))
    };
    (0..rows).map(one).collect::<Vec<_>>().join(", ")
}

fn insert_text(engine: Engine, table: &'static Table, said: u64, rows: usize) -> String {
    let mut names: Vec<&str> = Vec::new();
    if table.has_span() {
        names.push("since");
    }
    names.extend(table.columns.iter().enumerate().filter(|(i, _)| said & (1 << i) != 0).map(|(_, c)| c.name));
    names.push("row_digest");
    // SQLite copies every page a statement touches, lest it be undone alone; the writer undoes commands, never one statement.
    let or_fail = if table.bulk && engine == Engine::Sqlite { "OR FAIL " } else { "" };
    format!("INSERT {or_fail}INTO {} ({}) VALUES {}", table.name, names.join(", "), tuples(engine, rows, names.len()))
}

/// Rows of a full statement: enough that its cost is spread, few enough that what it runs stays in the processor's caches
/// (SQLite, where it is a program that grows with its rows) or its text short (PostgreSQL, where each is a journey).
const fn full(engine: Engine) -> usize {
    match engine {
        Engine::Sqlite => 64,
        Engine::Postgres => 256,
    }
}

/// From how many rows on a statement leaves out what none of them says.
const MANY: usize = 256;

/// The columns in which any of the rows says something, as bits: a third of a grant's are about decisions that imports do
/// not make, and each value handed over costs. Few rows name them all, or a statement would be prepared for every shape.
fn said(rows: &[&Row]) -> u64 {
    if rows.len() < MANY {
        return u64::MAX;
    }
    let of =
        |row: &Row| row.values.iter().enumerate().filter(|(_, v)| !matches!(v, Value::Null(_))).fold(0, |bits, (i, _)| bits | 1_u64 << i);
    rows.iter().fold(0, |bits, row| bits | of(row))
}

/// Statement texts by table, its number of columns and those that are said, engine and number of rows; a bounded number, because chunks have few
/// sizes and a table few ways to be filled.
type Texts = HashMap<(&'static str, usize, u64, bool, usize), &'static str>;
static TEXTS: Mutex<Option<Texts>> = Mutex::new(None);

/// A text kept for the life of the process, for the sizes that recur; others are built each time.
fn kept_text(engine: Engine, table: &'static Table, said: u64, rows: usize) -> Option<&'static str> {
    if rows > 8 && rows != full(engine) {
        return None;
    }
    let mut texts = TEXTS.lock().ok()?;
    let texts = texts.get_or_insert_with(HashMap::new);
    let key = (table.name, table.columns.len(), said, engine == Engine::Sqlite, rows);
    Some(texts.entry(key).or_insert_with(|| Box::leak(insert_text(engine, table, said, rows).into_boxed_str())))
}

/// Binds one value to a query.
#[macro_export]
macro_rules! bind_value {
    ($query:expr, $value:expr) => {
        match $value {
            Value::Null(ColumnKind::Id) => $query.bind(None::<uuid::Uuid>),
            Value::Null(ColumnKind::Int) => $query.bind(None::<i64>),
            Value::Null(ColumnKind::Text) => $query.bind(None::<String>),
            Value::Null(ColumnKind::Bytes) => $query.bind(None::<Vec<u8>>),
            Value::Id(id) => $query.bind(*id),
            Value::Int(n) => $query.bind(*n),
            Value::Text(t) => $query.bind(t.as_str()),
            Value::Bytes(b) => $query.bind(b.as_slice()),
        }
    };
}

/// Inserts rows of one table at `seq` and gives their digests, in order. While the database takes one
/// statement, the next one is made.
pub async fn insert(tx: &mut Tx, table: &'static Table, rows: &[&Row], seq: Seq) -> Result<Vec<Hash>> {
    let width = table.columns.len() + 2;
    let engine = tx.engine();
    let said = said(rows);
    let mut digests = Vec::with_capacity(rows.len());
    let mut chunks = rows.chunks((MAX_BINDS / width).clamp(1, full(engine)));
    on!(tx, c => {
        let mut make = async || chunks.next().map(|chunk| {
            let mut query = match kept_text(engine, table, said, chunk.len()) {
                Some(text) => sqlx::query(text),
                None => sqlx::query(sqlx::AssertSqlSafe(insert_text(engine, table, said, chunk.len()))).persistent(false),
            };
            for row in chunk {
                let digest = row.digest(seq);
                digests.push(digest);
                if table.has_span() {
                    query = query.bind(seq);
                }
                for (_, (column, value)) in table.columns.iter().zip(&row.values).enumerate().filter(|(i, _)| said & (1 << i) != 0) {
                    query = if table.kind == TableKind::Recorded && column.name == "seq" { query.bind(seq) } else { bind_value!(query, value) };
                }
                query = query.bind(hex::encode(digest));
            }
            query
        });
        let mut next = make().await;
        while let Some(query) = next {
            let (done, following) = futures_util::future::join(query.execute(&mut *c), make()).await;
            done.map_err(Error::from_statement)?;
            next = following;
        }
    });
    Ok(digests)
}

/// Inserts the unchanging anchors of rows that are opened for the first time.
pub async fn insert_anchors(tx: &mut Tx, table: &'static Table, ids: &[uuid::Uuid], seq: Seq) -> Result<()> {
    let Some(anchor) = table.anchor else { return Ok(()) };
    for chunk in ids.chunks(MAX_BINDS / 2) {
        let text = format!("INSERT INTO {anchor} (id, created_seq) VALUES {}", tuples(tx.engine(), chunk.len(), 2));
        on!(tx, c => {
            let mut query = sqlx::query(sqlx::AssertSqlSafe(text)).persistent(chunk.len() < 4);
            for id in chunk {
                query = query.bind(*id).bind(seq);
            }
            query.execute(c).await.map_err(Error::from_statement)?;
        });
    }
    Ok(())
}

/// Closes one row at `seq`.
pub async fn close(tx: &mut Tx, target: &Close, seq: Seq) -> Result<()> {
    let table = target.table;
    let conditions: Vec<String> = table.key.iter().enumerate().map(|(i, k)| format!("{k} = ${}", i + 2)).collect();
    let text = format!("UPDATE {} SET until = $1 WHERE {} AND until = {}", table.name, conditions.join(" AND "), Seq::OPEN);
    let changed = on!(tx, c => {
        let mut query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(seq);
        for value in &target.key {
            query = bind_value!(query, value);
        }
        query.execute(c).await.map_err(Error::from_statement)?.rows_affected()
    });
    if changed == 1 { Ok(()) } else { Err(Error::Conflict { what: table.anchor.unwrap_or(table.name).replace('_', " ") }) }
}

/// Whether any row of a batch is open in a table.
pub async fn is_open_of_batch(tx: &mut Tx, table: &'static Table, batch: BatchId) -> Result<bool> {
    let text = format!("SELECT COUNT(*) FROM (SELECT 1 FROM {} WHERE batch = $1 AND until = {} LIMIT 1) x", table.name, Seq::OPEN);
    Ok(on!(tx, c => sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(text)).bind(batch).fetch_one(c).await?) > 0)
}

/// Closes the open rows of a batch in one table at `seq`, at most `limit`, by one statement; gives their keys.
pub async fn close_of_batch(tx: &mut Tx, table: &'static Table, batch: BatchId, limit: i64, seq: Seq) -> Result<Vec<Close>> {
    let names: Vec<&str> = table.columns.iter().map(|c| c.name).collect();
    let key = table.key.join(", ");
    let (name, open) = (table.name, Seq::OPEN);
    let text = format!(
        "UPDATE {name} SET until = $1 WHERE ({key}) IN (SELECT {key} FROM {name} WHERE batch = $2 AND until = {open} LIMIT $3)
         RETURNING since, {}",
        names.join(", ")
    );
    let mut out = Vec::new();
    on!(tx, c => {
        for row in sqlx::query(sqlx::AssertSqlSafe(text)).bind(seq).bind(batch).bind(limit).fetch_all(c).await.map_err(Error::from_statement)? {
            use sqlx::Row as _;
            let values = crate::decode_values!(row, table, 1);
            let since: Seq = row.try_get(0)?;
            out.push(Close { table, key: key_of(table, &values, since) });
        }
    });
    Ok(out)
}

/// Reads the columns of a registered table out of a result row, starting at `from`. A value of the wrong
/// type becomes bytes, so that tampering shows as a wrong digest and not as an error.
#[macro_export]
macro_rules! decode_values {
    ($row:expr, $table:expr, $from:expr) => {{
        use domain::facts::{ColumnKind, Value};
        use sqlx::Row as _;
        let mut values = Vec::with_capacity($table.columns.len());
        for (i, column) in $table.columns.iter().enumerate() {
            let at = $from + i;
            values.push(match column.kind {
                ColumnKind::Id => match $row.try_get::<Option<uuid::Uuid>, _>(at) {
                    Ok(v) => v.map_or(Value::Null(ColumnKind::Id), Value::Id),
                    Err(_) => Value::Bytes(b"not an id".to_vec()),
                },
                ColumnKind::Int => match $row.try_get::<Option<i64>, _>(at) {
                    Ok(v) => v.map_or(Value::Null(ColumnKind::Int), Value::Int),
                    Err(_) => Value::Bytes(b"not an integer".to_vec()),
                },
                ColumnKind::Text => match $row.try_get::<Option<String>, _>(at) {
                    Ok(v) => v.map_or(Value::Null(ColumnKind::Text), Value::Text),
                    Err(_) => Value::Bytes(b"not text".to_vec()),
                },
                ColumnKind::Bytes => match $row.try_get::<Option<Vec<u8>>, _>(at) {
                    Ok(v) => v.map_or(Value::Null(ColumnKind::Bytes), Value::Bytes),
                    Err(_) => Value::Bytes(b"not bytes".to_vec()),
                },
            });
        }
        values
    }};
}
