//! The whole store as lines of JSON, the same bytes from both engines: a backup, and the way from one engine to
//! the other. Operational rows (sessions, jobs, links) stay behind. Loading needs an empty store.

use super::head;
use super::table::{Table, TableKind};
use crate::engine::db::Tx;
use crate::engine::rows::{digest_of, tuples};
use crate::tables;
use crate::{Error, Result, bind_value, decode_values, ledger};
use domain::facts::{ColumnKind, Value};
use domain::ids::InstallationId;
use domain::merkle::Frontier;
use domain::seq::Seq;
use domain::time::Timestamp;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The first line.
const FORMAT: &str = "countersign-dump/1";
/// Rows per statement when loading.
const ROWS: usize = 200;

/// Tables that others point at, ahead of the rest; and what the database asks of a decision, of an application and of the
/// baseline, in the order in which it asks.
const FIRST: [&str; 10] = [
    "rules",
    "batches",
    "blobs",
    "person_versions",
    "change_versions",
    "candidates",
    "decisions",
    "consents",
    "applications",
    "source_versions",
];

fn in_order() -> Vec<&'static Table> {
    let (mut first, rest): (Vec<_>, Vec<_>) = tables::all().into_iter().partition(|t| FIRST.contains(&t.name));
    first.sort_by_key(|t| FIRST.iter().position(|n| *n == t.name));
    first.extend(rest);
    first
}

/// What was written or read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub entries: Seq,
    pub rows: u64,
}

/// Writes every line to `line`; the last one carries a digest of those before it, so that a cut archive shows.
pub async fn dump(tx: &mut Tx, mut line: impl FnMut(&str) -> std::io::Result<()>) -> Result<Summary> {
    let head = head::read(tx).await?.ok_or_else(|| Error::Corrupt("the store has no head row".to_owned()))?;
    let mut out = Out { digest: Sha256::new(), rows: 0, write: &mut line };
    let (installation, at) = (hex_id(head.installation.uuid()), head.at.micros());
    let frontier = hex::encode(head.frontier.to_bytes());
    out.line(
        &json!({ "format": FORMAT, "installation": installation, "epoch": head.epoch, "head": head.seq, "at": at, "frontier": frontier }),
    )?;
    let mut after = Seq::ZERO;
    loop {
        let page = ledger::range(tx, after, head.seq, 500).await?;
        let Some(last) = page.last() else { break };
        after = last.entry.seq;
        for s in &page {
            let e = &s.entry;
            let (actor, subject, change) = (e.actor.id.map(hex_id), e.subject_id.map(hex_id), e.change_id.map(|c| hex_id(c.uuid())));
            out.line(&json!({ "entry": [e.seq, e.at.micros(), e.actor.kind.as_str(), actor, e.verb, e.subject_kind, subject, change, e.payload, e.facts, s.leaf_hash] }))?;
        }
    }
    let (mut seq, mut chunk) = (Seq::ZERO, 0);
    loop {
        let page = ledger::manifest_from(tx, seq, chunk, 100).await?;
        let Some(last) = page.last() else { break };
        (seq, chunk) = (last.seq, last.chunk);
        for ledger::ManifestChunk { seq, chunk, rows: bytes } in &page {
            out.line(&json!({ "manifest": [seq, chunk, hex::encode(bytes)] }))?;
        }
    }
    let mut after = Seq::ZERO;
    loop {
        let page = ledger::checkpoints_between(tx, after, Seq::OPEN, 500).await?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        for c in &page {
            out.line(&json!({ "checkpoint": [c.seq, c.at, c.note] }))?;
        }
    }
    for table in tables::all() {
        anchors(tx, table, &mut out).await?;
    }
    for table in in_order() {
        // What is closed comes first: the rules of a table look at what is open.
        for open in [false, true] {
            rows(tx, table, open, &mut out).await?;
        }
    }
    let digest = hex::encode(out.digest.clone().finalize());
    let summary = Summary { entries: head.seq, rows: out.rows };
    out.line(&json!({ "end": digest, "rows": summary.rows }))?;
    Ok(summary)
}

struct Out<'a> {
    digest: Sha256,
    rows: u64,
    write: &'a mut dyn FnMut(&str) -> std::io::Result<()>,
}

impl Out<'_> {
    fn line(&mut self, value: &Json) -> Result<()> {
        let text = value.to_string();
        self.digest.update(text.as_bytes());
        self.digest.update(b"\n");
        (self.write)(&text).map_err(|e| Error::Open(format!("the archive: {e}")))
    }
}

fn hex_id(id: Uuid) -> String {
    id.simple().to_string()
}

async fn anchors(tx: &mut Tx, table: &'static Table, out: &mut Out<'_>) -> Result<()> {
    let Some(anchor) = table.anchor else { return Ok(()) };
    let text = format!("SELECT id, created_seq FROM {anchor} WHERE id > $1 ORDER BY id LIMIT 1000");
    let mut after = Uuid::nil();
    loop {
        let page = on!(tx, c => sqlx::query_as::<_, (Uuid, i64)>(sqlx::AssertSqlSafe(text.as_str())).bind(after).fetch_all(c).await?);
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = *last;
        for (id, seq) in &page {
            out.line(&json!({ "anchor": anchor, "row": [hex_id(*id), seq] }))?;
        }
    }
}

async fn rows(tx: &mut Tx, table: &'static Table, open: bool, out: &mut Out<'_>) -> Result<()> {
    let names: Vec<&str> = table.columns.iter().map(|c| c.name).collect();
    let open_end = Seq::OPEN;
    let (span, state) = match (table.kind, open) {
        // Recorded rows have no end: they all come with the open ones.
        (TableKind::Recorded, false) => return Ok(()),
        (TableKind::Recorded, true) => (format!("seq, CAST({open_end} AS BIGINT)"), String::new()),
        (_, true) => ("since, until".to_owned(), format!("WHERE until = {open_end}")),
        (_, false) => ("since, until".to_owned(), format!("WHERE until <> {open_end}")),
    };
    let text = format!("SELECT {span}, row_digest, {} FROM {} {state} ORDER BY {}", names.join(", "), table.name, table.key.join(", "));
    on!(tx, c => {
        use futures_util::TryStreamExt as _;
        use sqlx::Row as _;
        let mut stream = sqlx::query(sqlx::AssertSqlSafe(text)).fetch(c);
        while let Some(row) = stream.try_next().await? {
            let values = decode_values!(row, table, 3);
            let (since, until): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
            let digest: String = row.try_get(2)?;
            let cells: Vec<Json> = values.iter().map(cell).collect();
            out.rows += 1;
            out.line(&json!({ "table": table.name, "span": [since, until], "digest": digest, "row": cells }))?;
        }
    });
    Ok(())
}

/// An older archive says nothing of the columns that came later.
fn fits(table: &Table, cells: usize) -> bool {
    cells <= table.columns.len() && table.columns[cells..].iter().all(|c| c.later)
}

fn cell(value: &Value) -> Json {
    match value {
        Value::Null(_) => Json::Null,
        Value::Id(id) => hex_id(*id).into(),
        Value::Int(n) => (*n).into(),
        Value::Text(t) => t.as_str().into(),
        Value::Bytes(b) => hex::encode(b).into(),
    }
}

fn value(kind: ColumnKind, cell: &Json) -> Option<Value> {
    Some(match (kind, cell) {
        (kind, Json::Null) => Value::Null(kind),
        (ColumnKind::Id, Json::String(t)) => Value::Id(Uuid::try_parse(t).ok()?),
        (ColumnKind::Int, n) => Value::Int(n.as_i64()?),
        (ColumnKind::Text, Json::String(t)) => Value::Text(t.clone()),
        (ColumnKind::Bytes, Json::String(t)) => Value::Bytes(hex::decode(t).ok()?),
        _ => return None,
    })
}

/// Reads an archive into an empty store, in one transaction: all of it or nothing.
pub async fn load(tx: &mut Tx, lines: impl Iterator<Item = std::io::Result<String>>) -> Result<Summary> {
    let mut loading = Loading::default();
    for line in lines {
        loading.line += 1;
        let line = line.map_err(|e| loading.at(&e.to_string()))?;
        let value: Json = serde_json::from_str(&line).map_err(|e| loading.at(&format!("it is no JSON from byte {} on", e.column())))?;
        if loading.ended {
            return Err(loading.at("something stands after the end"));
        }
        let taken = loading.take(tx, &value).await;
        taken.map_err(|e| loading.explained(e))?;
        if !loading.ended {
            loading.digest.update(line.as_bytes());
            loading.digest.update(b"\n");
        }
    }
    if loading.line == 0 {
        return Err(Error::Archive("the file is empty: it is no archive".to_owned()));
    }
    if !loading.ended {
        return Err(loading.at("the archive ends behind this line, too early"));
    }
    Ok(loading.summary)
}

#[derive(Default)]
struct Loading {
    digest: Sha256,
    summary: Summary,
    head: Option<(Seq, Timestamp, Frontier)>,
    /// Rows of one table that wait for their statement: span, digest, values.
    rows: Vec<(i64, i64, String, Vec<Value>)>,
    table: Option<&'static Table>,
    ended: bool,
    /// The line that is read, and how many ahead of it the statement that runs is of.
    line: usize,
    waiting: usize,
    /// The first line that is not what its own digest says. A store that was altered leaves such lines in an archive that
    /// is whole, so this refuses nothing by itself; where the archive is refused it says where to look.
    suspect: Option<usize>,
}

impl Loading {
    fn at(&self, what: &str) -> Error {
        Error::Archive(format!("line {}: {what}", self.line))
    }

    /// What the database refuses, with the line that was changed where one shows it.
    fn explained(&self, error: Error) -> Error {
        match (self.changed(), error) {
            (Some(changed), Error::Refused { .. } | Error::Sql(_)) => changed,
            (None, Error::Refused { message, .. }) => {
                let first = self.line.saturating_sub(self.waiting).max(1);
                Error::Archive(format!("lines {first} to {}: the database refuses what stands there: {message}", self.line))
            }
            (_, other) => other,
        }
    }

    fn changed(&self) -> Option<Error> {
        let line = self.suspect?;
        Some(Error::Archive(format!("line {line}: it was changed after it was written: it is not what its digest says")))
    }

    /// Remembers the line where it is not what its own digest says.
    fn compare(&mut self, is_whole: bool) {
        if !is_whole {
            self.suspect = self.suspect.or(Some(self.line));
        }
    }

    async fn take(&mut self, tx: &mut Tx, line: &Json) -> Result<()> {
        if self.head.is_none() {
            return self.begin(tx, line).await;
        }
        if let Some(name) = line["table"].as_str() {
            return self.take_row(tx, name, line).await;
        }
        self.flush(tx).await?;
        if let Some(entry) = line["entry"].as_array() {
            self.summary.entries = self.summary.entries.plus(1);
            self.compare(ledger::is_whole(entry));
            return ledger::restore_entry(tx, entry).await?.ok_or_else(|| self.at("no entry"));
        }
        if let Some(m) = line["manifest"].as_array() {
            return ledger::restore_manifest(tx, m).await?.ok_or_else(|| self.at("no manifest"));
        }
        if let Some(c) = line["checkpoint"].as_array() {
            return ledger::restore_checkpoint(tx, c).await?.ok_or_else(|| self.at("no checkpoint"));
        }
        if let Some(anchor) = line["anchor"].as_str() {
            return restore_anchor(tx, anchor, &line["row"]).await?.ok_or_else(|| self.at("no anchor"));
        }
        match line["end"].as_str() {
            Some(end) => self.end(tx, end, line["rows"].as_u64()).await,
            None => Err(self.at("a line of no kind this version knows")),
        }
    }

    async fn begin(&mut self, tx: &mut Tx, line: &Json) -> Result<()> {
        if line["format"].as_str() != Some(FORMAT) {
            return Err(self.at("this is no archive of this program"));
        }
        let known = head::read(tx).await?;
        if known.is_some_and(|h| h.seq > Seq::ZERO) {
            return Err(Error::Archive("this store is not empty; an archive is loaded into a new one".to_owned()));
        }
        let parts = (installation_of(line), line["epoch"].as_i64(), line["head"].as_i64().map(Seq));
        let (Some(installation), Some(epoch), Some(seq)) = parts else { return Err(self.at("a head without its parts")) };
        let frontier = line["frontier"].as_str().and_then(|t| hex::decode(t).ok()).and_then(|b| Frontier::from_bytes(&b));
        let (Some(micros), Some(frontier)) = (line["at"].as_i64(), frontier) else { return Err(self.at("a head without its frontier")) };
        head::become_installation(tx, installation, epoch, Timestamp(micros)).await?;
        head::open_window(tx, seq).await?;
        self.head = Some((seq, Timestamp(micros), frontier));
        Ok(())
    }

    async fn take_row(&mut self, tx: &mut Tx, name: &str, line: &Json) -> Result<()> {
        let table = tables::named(name).filter(|t| t.is_committed());
        // What is not committed to never leaves with an archive: a line of it was put there to get into a door.
        let table = table.ok_or_else(|| self.at("a table that no archive of this version holds"))?;
        if self.table.is_some_and(|t| !std::ptr::eq(t, table)) || self.rows.len() >= ROWS {
            self.flush(tx).await?;
        }
        self.table = Some(table);
        let cells = line["row"].as_array().filter(|c| fits(table, c.len())).ok_or_else(|| self.at("a row of another width"))?;
        let given = |i: usize| cells.get(i).unwrap_or(&Json::Null);
        let values: Option<Vec<Value>> = table.columns.iter().enumerate().map(|(i, c)| value(c.kind, given(i))).collect();
        let values = values.ok_or_else(|| self.at("a value of another type"))?;
        let span = (line["span"][0].as_i64(), line["span"][1].as_i64());
        let (Some(since), Some(until)) = span else { return Err(self.at("a row without its span")) };
        let own = table.position("seq").map_or(Some(since), |at| cells.get(at).and_then(Json::as_i64));
        if !table.has_span() && (own != Some(since) || until != Seq::OPEN.get()) {
            return Err(self.at("a row at another position than its own"));
        }
        let digest = line["digest"].as_str().unwrap_or_default().to_owned();
        self.compare(hex::encode(digest_of(table, &values, Seq(since))) == digest);
        self.rows.push((since, until, digest, values));
        Ok(())
    }

    async fn end(&mut self, tx: &mut Tx, digest: &str, rows: Option<u64>) -> Result<()> {
        let whole = digest == hex::encode(self.digest.clone().finalize()) && rows == Some(self.summary.rows);
        let head = self.head.take().filter(|_| whole);
        let (seq, at_head, frontier) =
            head.ok_or_else(|| self.changed().unwrap_or_else(|| self.at("the archive was changed or cut ahead of this line")))?;
        if self.summary.entries != seq {
            return Err(self.at("entries are missing"));
        }
        self.ended = true;
        head::advance(tx, seq, at_head, &frontier).await
    }

    /// Writes the rows that wait.
    async fn flush(&mut self, tx: &mut Tx) -> Result<()> {
        let Some(table) = self.table.filter(|_| !self.rows.is_empty()) else { return Ok(()) };
        let rows = std::mem::take(&mut self.rows);
        self.waiting = rows.len();
        self.summary.rows += rows.len() as u64;
        let mut names: Vec<&str> = if table.has_span() { vec!["since", "until"] } else { vec![] };
        names.extend(table.columns.iter().map(|c| c.name));
        names.push("row_digest");
        let marks = tuples(tx.engine(), rows.len(), names.len());
        let text = format!("INSERT INTO {} ({}) VALUES {marks}", table.name, names.join(", "));
        on!(tx, c => {
            let mut query = sqlx::query(sqlx::AssertSqlSafe(text)).persistent(rows.len() == ROWS);
            for (since, until, digest, values) in &rows {
                if table.has_span() {
                    query = query.bind(*since).bind(*until);
                }
                for value in values {
                    query = bind_value!(query, value);
                }
                query = query.bind(digest.as_str());
            }
            query.execute(c).await.map_err(Error::from_statement)?;
        });
        self.waiting = 0;
        Ok(())
    }
}

/// Which installation an archive is of, as its first line says.
pub(super) fn installation_of(line: &Json) -> Option<InstallationId> {
    line["installation"].as_str().and_then(|t| Uuid::try_parse(t).ok()).map(InstallationId::new)
}

async fn restore_anchor(tx: &mut Tx, anchor: &str, row: &Json) -> Result<Option<()>> {
    // Only a name of the registry may stand in a statement.
    let Some(anchor) = tables::every().filter_map(|t| t.anchor).find(|a| *a == anchor) else { return Ok(None) };
    let parts = (row[0].as_str().and_then(|t| Uuid::try_parse(t).ok()), row[1].as_i64());
    let (Some(id), Some(seq)) = parts else { return Ok(None) };
    let text = format!("INSERT INTO {anchor} (id, created_seq) VALUES ($1, $2)");
    on!(tx, c => { sqlx::query(sqlx::AssertSqlSafe(text)).bind(id).bind(seq).execute(c).await.map_err(Error::from_statement)?; });
    Ok(Some(()))
}
