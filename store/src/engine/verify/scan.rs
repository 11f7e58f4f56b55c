//! One scan of a table in key order. SQLite hands rows over one by one at a cost of microseconds each, so
//! there it gives a thousand rows as one text, and digests are computed while the next thousand is read.

use super::{Scan, key_text, text};
use crate::engine::db::{Engine, Tx};
use crate::engine::rows::{compare_keys, digest_of, key_of};
use crate::engine::table::{Table, TableKind};
use crate::{Error, Result, bind_value, decode_values};
use domain::blob::commitment;
use domain::facts::{ColumnKind, Value, closed_leaf, key_bytes, opened_leaf};
use domain::merkle::Hash;
use domain::seq::Seq;
use serde_json::Value as Json;
use std::cmp::Ordering;

/// What a row comes to, apart from the values it was made of.
struct Judged {
    key: Vec<Value>,
    since: Seq,
    until: Seq,
    opened: Hash,
    closed: Option<Hash>,
    altered: bool,
}

pub(super) async fn table_rows(tx: &mut Tx, scan: &mut Scan, table: &'static Table) -> Result<()> {
    let plain = table.columns.iter().all(|c| c.kind != ColumnKind::Bytes && !c.redactable);
    if tx.engine() == Engine::Sqlite && plain {
        return match pages(tx, scan, table).await? {
            Pages::All => Ok(()),
            Pages::Until(last) => one_by_one(tx, scan, table, last).await,
        };
    }
    one_by_one(tx, scan, table, None).await
}

/// How far a table could be read as text. A value of a type its column never holds, or bytes that are no
/// text, end it: from there on rows are read one by one.
enum Pages {
    All,
    /// Up to this key; none is from the start.
    Until(Option<Vec<Value>>),
}

async fn pages(tx: &mut Tx, scan: &mut Scan, table: &'static Table) -> Result<Pages> {
    let mut after: Option<Vec<Value>> = None;
    let mut running: Option<Running> = None;
    let mut merged: Option<Vec<Value>> = None;
    loop {
        scan.step("")?;
        // What the page before comes to is taken in while the database reads the next one.
        let (page, taken) = tokio::join!(page(tx, table, after.as_deref()), taken(scan, table, running.take()));
        match taken? {
            Taken::None => {}
            Taken::Up(last) => merged = last,
            Taken::Unread => return Ok(Pages::Until(merged)),
        }
        let Ok(page) = page else { return Ok(Pages::Until(merged)) };
        let Some(page) = page else { return Ok(Pages::All) };
        let Some(last) = page.lines().next_back().and_then(|l| decoded(table, l)) else { return Ok(Pages::Until(merged)) };
        after = Some(key_of(table, &last.0, last.1));
        running = Some(tokio::task::spawn_blocking(move || judged(table, &page)));
    }
}

/// A page whose rows are being judged.
type Running = tokio::task::JoinHandle<Option<Vec<Judged>>>;

/// What became of a page that was judged.
enum Taken {
    /// There was none.
    None,
    /// Its rows count, up to this key.
    Up(Option<Vec<Value>>),
    /// It is not as its columns say.
    Unread,
}

async fn taken(scan: &mut Scan, table: &'static Table, running: Option<Running>) -> Result<Taken> {
    let Some(task) = running else { return Ok(Taken::None) };
    let Some(rows) = task.await.map_err(|e| Error::Corrupt(e.to_string()))? else { return Ok(Taken::Unread) };
    let last = rows.last().map(|r| r.key.clone());
    for row in rows {
        merge(scan, table, row);
    }
    Ok(Taken::Up(last))
}

async fn page(tx: &mut Tx, table: &'static Table, after: Option<&[Value]>) -> Result<Option<String>> {
    let text = text::page(table, after.is_some());
    let Tx::Sqlite(t) = tx else { return Err(Error::Corrupt("pages of text are for SQLite".to_owned())) };
    let mut query = sqlx::query_scalar::<_, Option<String>>(sqlx::AssertSqlSafe(text));
    for value in after.unwrap_or_default() {
        query = bind_value!(query, value);
    }
    Ok(query.fetch_one(&mut **t).await?)
}

/// All rows of a page, or none where one is not as its columns say or they are out of order.
fn judged(table: &'static Table, page: &str) -> Option<Vec<Judged>> {
    let mut rows: Vec<Judged> = Vec::with_capacity(1000);
    for line in page.lines() {
        let (values, since, until, stored) = decoded(table, line)?;
        let row = judge(table, &values, (since, until), &stored);
        if rows.last().is_some_and(|before| compare_keys(&before.key, &row.key) != Ordering::Less) {
            return None;
        }
        rows.push(row);
    }
    Some(rows)
}

/// A line of a page: values, since, until, stored digest.
fn decoded(table: &Table, line: &str) -> Option<(Vec<Value>, Seq, Seq, String)> {
    let Ok(Json::Array(cells)) = serde_json::from_str(line) else { return None };
    let mut cells = cells.into_iter();
    let (since, until) = (Seq(cells.next()?.as_i64()?), Seq(cells.next()?.as_i64()?));
    let Json::String(stored) = cells.next()? else { return None };
    let mut values = Vec::with_capacity(table.columns.len());
    for column in table.columns {
        values.push(match (column.kind, cells.next()?) {
            (kind, Json::Null) => Value::Null(kind),
            (ColumnKind::Id, Json::String(hex)) if hex.len() == 32 => Value::Id(uuid::Uuid::try_parse(&hex).ok()?),
            (ColumnKind::Int, Json::Number(n)) => Value::Int(n.as_i64()?),
            (ColumnKind::Text, Json::String(text)) => Value::Text(text),
            _ => return None,
        });
    }
    Some((values, since, until, stored))
}

/// Rows after a key, or all.
async fn one_by_one(tx: &mut Tx, scan: &mut Scan, table: &'static Table, after: Option<Vec<Value>>) -> Result<()> {
    let text = text::scan(table);
    on!(tx, c => {
        use futures_util::TryStreamExt as _;
        use sqlx::Row as _;
        let mut stream = sqlx::query(sqlx::AssertSqlSafe(text)).fetch(c);
        while let Some(row) = stream.try_next().await? {
            let values = decode_values!(row, table, 3);
            let since: Seq = row.try_get(0).unwrap_or(Seq(-1));
            let until: Seq = row.try_get(1).unwrap_or(Seq(-1));
            let stored: String = row.try_get(2).unwrap_or_default();
            let judged = judge(table, &values, (since, until), &stored);
            // What the pages held is merged already. A key of another type than its column's was on no page.
            let read_before = after.as_ref().is_some_and(|a| same_types(a, &judged.key) && compare_keys(&judged.key, a) != Ordering::Greater);
            if read_before {
                continue;
            }
            if let Some(problem) = erasable_problem(scan, table, &values) {
                scan.find(table.name, key_text(&judged.key), since, problem);
            }
            merge(scan, table, judged);
            if scan.report.rows.is_multiple_of(1000) {
                scan.step("")?;
            }
        }
    });
    Ok(())
}

fn same_types(a: &[Value], b: &[Value]) -> bool {
    a.iter().zip(b).all(|(x, y)| std::mem::discriminant(x) == std::mem::discriminant(y))
}

fn judge(table: &'static Table, values: &[Value], (since, until): (Seq, Seq), stored: &str) -> Judged {
    let digest = digest_of(table, values, since);
    let key = key_of(table, values, since);
    let encoded = key_bytes(&key);
    let mut hex_digest = [0u8; 64];
    let altered = hex::encode_to_slice(digest, &mut hex_digest).is_err() || hex_digest != stored.as_bytes();
    let closed = (table.kind == TableKind::Governed && until != Seq::OPEN).then(|| closed_leaf(table.name, &encoded));
    Judged { since, until, opened: opened_leaf(table.name, &encoded, &digest), closed, altered, key }
}

fn merge(scan: &mut Scan, table: &'static Table, row: Judged) {
    scan.report.rows += 1;
    if row.altered {
        scan.find(table.name, key_text(&row.key), row.since, "the row is not what its entry wrote");
    }
    scan.seen.entry(row.since).or_default().opened.push(row.opened);
    if let Some(leaf) = row.closed {
        scan.seen.entry(row.until).or_default().closed.push(leaf);
    }
}

/// Redactable columns are outside the row digest, but what stands there must match its commitment.
fn erasable_problem(scan: &Scan, table: &'static Table, values: &[Value]) -> Option<&'static str> {
    let at = |name: &str| table.position(name).map(|i| &values[i]);
    let pairs: &[(&str, &str, &str)] = match table.name {
        "blobs" => &[("content", "salt", "digest")],
        "person_versions" => &[("name", "pii_salt", "name_digest"), ("email", "pii_salt", "email_digest")],
        _ => return None,
    };
    for (plain, salt, digest) in pairs {
        let (Some(plain), Some(salt), Some(Value::Text(digest))) = (at(plain), at(salt), at(digest)) else { continue };
        let bytes = match plain {
            Value::Text(t) => t.as_bytes(),
            Value::Bytes(b) => b.as_slice(),
            _ => {
                let Some(Value::Id(id)) = at("id") else { continue };
                let known = scan.redacted.contains(&(table.name.to_owned(), *id));
                if known && matches!(salt, Value::Null(_)) {
                    continue;
                }
                return Some("its text was erased without a redaction entry");
            }
        };
        let Value::Bytes(salt) = salt else { return Some("its salt is gone while its text is there") };
        if commitment(salt, bytes) != *digest {
            return Some("its text is not what the ledger committed to");
        }
    }
    None
}
