//! Reading and appending entries, manifests and checkpoints. Appending is the writer's alone.

use crate::engine::db::Tx;
use crate::engine::manifest;
use crate::engine::rows::tuples;
use crate::engine::table::{Table, TableKind, index};
use crate::{Error, Result};
use domain::ids::ChangeId;
use domain::ledger::{Actor, ActorKind, Entry};
use domain::merkle::Hash;
use domain::seq::Seq;
use domain::time::Timestamp;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use uuid::Uuid;

log! { $
    /// An entry as stored, with the leaf hash beside it.
    Raw in LEDGER, entry_columns {
        seq: Seq,
        at: Timestamp,
        actor_kind: ActorKind,
        actor_id: Option<Uuid>,
        verb: String,
        subject_kind: String,
        subject_id: Option<Uuid>,
        change_id: Option<ChangeId>,
        payload: String,
        facts: String,
        leaf_hash: String,
    }
}

pub static LEDGER: Table = Table {
    name: "ledger",
    about: "The append-only record. The leaf is the RFC 8785 form of the entry; payload is text exactly as hashed.",
    kind: TableKind::Log,
    key: &["seq"],
    columns: Raw::COLUMNS,
    indexes: &[
        index("by_subject_id_seq", &["subject_id", "seq"]),
        index("by_verb_seq", &["verb", "seq"]),
        index("by_at_seq", &["at", "seq"]),
        index("by_actor_id_seq", &["actor_id", "seq"]),
    ],
    ..Table::PLAIN
};

log! { $
    /// A chunk of the list of rows that an entry opened and closed.
    ManifestChunk in LEDGER_ROWS, manifest_columns {
        seq: Seq,
        chunk: i64,
        rows: Vec<u8>,
    }
}

pub static LEDGER_ROWS: Table = Table {
    name: "ledger_rows",
    about: "Which rows an entry opened and closed, in order, in chunks: `facts` is the root over them, so verify can name a row that is gone.",
    kind: TableKind::Log,
    key: &["seq", "chunk"],
    columns: ManifestChunk::COLUMNS,
    ..Table::PLAIN
};

log! { $
    /// A checkpoint as stored.
    StoredCheckpoint in CHECKPOINTS, checkpoint_columns {
        seq: Seq,
        at: Timestamp,
        note: String,
    }
}

pub static CHECKPOINTS: Table = Table {
    name: "checkpoints",
    about: "C2SP signed notes over the tree of `seq` entries, one per batch of the writer.",
    kind: TableKind::Log,
    key: &["seq"],
    columns: StoredCheckpoint::COLUMNS,
    ..Table::PLAIN
};

macro_rules! entry {
    () => {
        concat!("SELECT ", entry_columns!("l"), " FROM ledger l ")
    };
}

mod page;
pub mod proven;

pub use page::{FOUND, Of, STATEMENTS as PAGES, Verbs, Which, page, start};

statements! {
    INSERT = "INSERT INTO ledger (seq, at, actor_kind, actor_id, verb, subject_kind, subject_id, change_id, payload, facts, leaf_hash)
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    INSERT_MANIFEST = "INSERT INTO ledger_rows (seq, chunk, rows) VALUES ($1, $2, $3)";
    INSERT_CHECKPOINT = "INSERT INTO checkpoints (seq, at, note) VALUES ($1, $2, $3)";
    RANGE = concat!(entry!(), "WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3");
    /// Fifty at most; unused places hold 0, which is no position.
    ENTRIES = concat!(entry!(), "WHERE seq IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50) ORDER BY seq LIMIT 50");
    JUMPED = "SELECT at FROM ledger WHERE seq > $1 AND verb = 'clock.jumped' ORDER BY seq DESC LIMIT 1";
    CHECKPOINT_AT = "SELECT seq, at, note FROM checkpoints WHERE seq <= $1 ORDER BY seq DESC LIMIT 1";
    FIRST_CHECKPOINT_WITH = "SELECT seq, at, note FROM checkpoints WHERE seq >= $1 ORDER BY seq LIMIT 1";
    CHECKPOINTS_BETWEEN = "SELECT seq, at, note FROM checkpoints WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3";
    MANIFEST_FROM = "SELECT seq, chunk, rows FROM ledger_rows WHERE seq > $1 OR (seq = $1 AND chunk > $2) ORDER BY seq, chunk LIMIT $3";
    MANIFEST_OF = "SELECT rows FROM ledger_rows WHERE seq = $1 ORDER BY chunk LIMIT 100000";
    /// Most entries about somebody move no row and have none here.
    MANIFESTS_ABOUT = "SELECT r.rows FROM ledger l JOIN ledger_rows r ON r.seq = l.seq WHERE l.subject_id = $1 AND l.seq > $2 ORDER BY l.seq, r.chunk LIMIT 100000";
    LAST_ABOUT = "SELECT seq, at FROM ledger WHERE subject_id = $1 AND verb = $2 ORDER BY seq DESC LIMIT 1";
    NEWEST_OF_VERB = "SELECT seq FROM ledger WHERE verb = $1 ORDER BY seq DESC LIMIT 100";
    LEAVES = "SELECT leaf_hash FROM ledger WHERE seq <= $1 ORDER BY seq LIMIT $1";
    LEAVES_AFTER = "SELECT leaf_hash FROM ledger WHERE seq > $1 ORDER BY seq LIMIT $2";
}

const RANGE_TEXT: &str = "SELECT group_concat(line, char(10)) FROM (SELECT json_array(seq, at, actor_kind,
    CASE typeof(actor_id) WHEN 'blob' THEN hex(actor_id) WHEN 'null' THEN NULL ELSE 0 END, verb, subject_kind,
    CASE typeof(subject_id) WHEN 'blob' THEN hex(subject_id) WHEN 'null' THEN NULL ELSE 0 END,
    CASE typeof(change_id) WHEN 'blob' THEN hex(change_id) WHEN 'null' THEN NULL ELSE 0 END, payload, facts, leaf_hash) AS line
    FROM ledger WHERE seq > $1 ORDER BY seq LIMIT $2)";

/// An entry as a row, with the leaf hash stored beside it.
#[derive(Clone, Debug)]
pub struct Stored {
    pub entry: Entry,
    pub leaf_hash: String,
}

impl From<Raw> for Stored {
    fn from(raw: Raw) -> Self {
        let entry = Entry {
            seq: raw.seq,
            at: raw.at,
            actor: Actor { kind: raw.actor_kind, id: raw.actor_id },
            verb: raw.verb,
            subject_kind: raw.subject_kind,
            subject_id: raw.subject_id,
            change_id: raw.change_id,
            payload: raw.payload,
            facts: raw.facts,
        };
        Self { entry, leaf_hash: raw.leaf_hash }
    }
}

pub(crate) async fn insert(tx: &mut Tx, entries: &[Entry], hashes: &[Hash]) -> Result<()> {
    const WIDTH: usize = 11;
    let text = if entries.len() == 1 {
        None
    } else {
        let head = INSERT.split("VALUES").next().unwrap_or_default();
        Some(format!("{head}VALUES {}", tuples(tx.engine(), entries.len(), WIDTH)))
    };
    on!(tx, c => {
        let mut query = match text {
            None => sqlx::query(INSERT),
            Some(text) => sqlx::query(sqlx::AssertSqlSafe(text)),
        };
        for (e, hash) in entries.iter().zip(hashes) {
            query = query
                .bind(e.seq).bind(e.at).bind(e.actor.kind).bind(e.actor.id)
                .bind(e.verb.as_str()).bind(e.subject_kind.as_str()).bind(e.subject_id).bind(e.change_id)
                .bind(e.payload.as_str()).bind(e.facts.as_str()).bind(hex::encode(hash));
        }
        query.execute(c).await.map_err(Error::from_statement)?;
    });
    Ok(())
}

pub(crate) async fn insert_manifest(tx: &mut Tx, seq: Seq, chunks: &[Vec<u8>]) -> Result<()> {
    for (i, chunk) in chunks.iter().enumerate() {
        on!(tx, c => {
            sqlx::query(INSERT_MANIFEST).bind(seq).bind(i as i64).bind(chunk.as_slice()).execute(c).await.map_err(Error::from_statement)?;
        });
    }
    Ok(())
}

pub(crate) async fn insert_checkpoint(tx: &mut Tx, seq: Seq, at: Timestamp, note: &str) -> Result<()> {
    on!(tx, c => {
        sqlx::query(INSERT_CHECKPOINT).bind(seq).bind(at).bind(note).execute(c).await.map_err(Error::from_statement)?;
    });
    Ok(())
}

/// Whether an entry out of an archive is what its leaf hash was made of.
pub(crate) fn is_whole(e: &[Json]) -> bool {
    let text = |at: usize| e.get(at).and_then(Json::as_str);
    let number = |at: usize| e.get(at).and_then(Json::as_i64);
    let id = |at: usize| text(at).and_then(|t| Uuid::try_parse(t).ok());
    let entry = || {
        Some(Entry {
            seq: Seq(number(0)?),
            at: Timestamp(number(1)?),
            actor: Actor { kind: ActorKind::parse(text(2)?)?, id: id(3) },
            verb: text(4)?.to_owned(),
            subject_kind: text(5)?.to_owned(),
            subject_id: id(6),
            change_id: id(7).map(ChangeId::new),
            payload: text(8)?.to_owned(),
            facts: text(9)?.to_owned(),
        })
    };
    entry().is_some_and(|entry| text(10) == Some(hex::encode(entry.leaf_hash()).as_str()))
}

/// An entry out of an archive, as it was written; none where the line is no entry.
pub(crate) async fn restore_entry(tx: &mut Tx, e: &[Json]) -> Result<Option<()>> {
    let id = |v: &Json| v.as_str().and_then(|t| Uuid::try_parse(t).ok());
    let text = |at: usize| e.get(at).and_then(Json::as_str);
    let (Some(seq), Some(at)) = (e.first().and_then(Json::as_i64), e.get(1).and_then(Json::as_i64)) else { return Ok(None) };
    let words = (text(2), text(4), text(5), text(8), text(9), text(10));
    let (Some(kind), Some(verb), Some(subject), Some(payload), Some(facts), Some(leaf)) = words else { return Ok(None) };
    on!(tx, c => {
        sqlx::query(INSERT).bind(seq).bind(at).bind(kind).bind(id(&e[3])).bind(verb).bind(subject).bind(id(&e[6])).bind(id(&e[7]))
            .bind(payload).bind(facts).bind(leaf).execute(c).await.map_err(Error::from_statement)?;
    });
    Ok(Some(()))
}

pub(crate) async fn restore_manifest(tx: &mut Tx, m: &[Json]) -> Result<Option<()>> {
    let parts = (m.first().and_then(Json::as_i64), m.get(1).and_then(Json::as_i64), m.get(2).and_then(Json::as_str));
    let (Some(seq), Some(chunk), Some(bytes)) = parts else { return Ok(None) };
    let Ok(bytes) = hex::decode(bytes) else { return Ok(None) };
    on!(tx, c => { sqlx::query(INSERT_MANIFEST).bind(seq).bind(chunk).bind(bytes).execute(c).await.map_err(Error::from_statement)?; });
    Ok(Some(()))
}

pub(crate) async fn restore_checkpoint(tx: &mut Tx, m: &[Json]) -> Result<Option<()>> {
    let parts = (m.first().and_then(Json::as_i64), m.get(1).and_then(Json::as_i64), m.get(2).and_then(Json::as_str));
    let (Some(seq), Some(at), Some(note)) = parts else { return Ok(None) };
    insert_checkpoint(tx, Seq(seq), Timestamp(at), note).await?;
    Ok(Some(()))
}

/// Entries after `after` up to `to`, oldest first.
pub async fn range(tx: &mut Tx, after: Seq, to: Seq, limit: i64) -> Result<Vec<Stored>> {
    let raw = on!(tx, c => sqlx::query_as::<_, Raw>(RANGE).bind(after).bind(to).bind(limit).fetch_all(c).await?);
    Ok(raw.into_iter().map(Stored::from).collect())
}

/// The same, each entry by itself: one that holds a word nobody knows gives its position and hides no other.
pub(crate) async fn range_each(tx: &mut Tx, after: Seq, to: Seq, limit: i64) -> Result<Vec<std::result::Result<Stored, Seq>>> {
    use sqlx::{FromRow, Row};
    Ok(on!(tx, c => {
        let rows = sqlx::query(RANGE).bind(after).bind(to).bind(limit).fetch_all(c).await?;
        rows.iter().map(|r| Raw::from_row(r).map(Stored::from).map_err(|_| r.try_get("seq").unwrap_or(Seq::OPEN))).collect()
    }))
}

/// SQLite: entries after one as one text, each a line that `from_line` reads; none at the end. A column that holds a value
/// of another type than its own is an error.
pub(crate) async fn range_text(tx: &mut Tx, after: Seq, limit: i64) -> Result<Option<String>> {
    let Tx::Sqlite(t) = tx else { return Err(Error::Corrupt("pages of text are for SQLite".to_owned())) };
    Ok(sqlx::query_scalar::<_, Option<String>>(RANGE_TEXT).bind(after).bind(limit).fetch_one(&mut **t).await?)
}

/// An entry out of a line of `range_text`; none where it is not as entries are.
pub(crate) fn from_line(line: &str) -> Option<Stored> {
    type Line = (i64, i64, String, Option<String>, String, String, Option<String>, Option<String>, String, String, String);
    let id = |hex: Option<String>| hex.map_or(Some(None), |h| Some(Some(Uuid::try_parse(&h).ok().filter(|_| h.len() == 32)?)));
    let (seq, at, kind, actor, verb, subject_kind, subject, change, payload, facts, leaf_hash): Line = serde_json::from_str(line).ok()?;
    let entry = Entry {
        seq: Seq(seq),
        at: Timestamp(at),
        actor: Actor { kind: ActorKind::parse(&kind)?, id: id(actor)? },
        verb,
        subject_kind,
        subject_id: id(subject)?,
        change_id: id(change)?.map(ChangeId::new),
        payload,
        facts,
    };
    Some(Stored { entry, leaf_hash })
}

/// The entries at some positions, the first fifty of them.
pub async fn entries(tx: &mut Tx, positions: &[Seq]) -> Result<Vec<Stored>> {
    let raw = on!(tx, c => {
        let mut query = sqlx::query_as::<_, Raw>(ENTRIES);
        for place in 0..50 {
            query = query.bind(positions.get(place).copied().unwrap_or(Seq::ZERO));
        }
        query.fetch_all(c).await?
    });
    Ok(raw.into_iter().map(Stored::from).collect())
}

/// When the clock last jumped after a position.
pub async fn jumped_after(tx: &mut Tx, seq: Seq) -> Result<Option<Timestamp>> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, Timestamp>(JUMPED).bind(seq).fetch_optional(c).await?))
}

/// The newest checkpoint at or below a position.
pub async fn checkpoint_at(tx: &mut Tx, seq: Seq) -> Result<Option<StoredCheckpoint>> {
    Ok(on!(tx, c => sqlx::query_as::<_, StoredCheckpoint>(CHECKPOINT_AT).bind(seq).fetch_optional(c).await?))
}

/// The first checkpoint that covers an entry.
pub async fn first_checkpoint_with(tx: &mut Tx, seq: Seq) -> Result<Option<StoredCheckpoint>> {
    Ok(on!(tx, c => sqlx::query_as::<_, StoredCheckpoint>(FIRST_CHECKPOINT_WITH).bind(seq).fetch_optional(c).await?))
}

/// How many rows of each table an entry opened and closed, as its manifest lists them.
pub async fn rows_of(tx: &mut Tx, seq: Seq) -> Result<BTreeMap<String, (u64, u64)>> {
    let mut out = BTreeMap::<String, (u64, u64)>::new();
    for chunk in manifest_of(tx, seq).await? {
        for line in manifest::decode(&chunk).ok_or_else(|| Error::Corrupt("a manifest cannot be read".to_owned()))? {
            let (opened, closed) = out.entry(line.table).or_default();
            *if line.opened.is_some() { opened } else { closed } += 1;
        }
    }
    Ok(out)
}

/// Checkpoints after a position up to another, oldest first.
pub(crate) async fn checkpoints_between(tx: &mut Tx, after: Seq, to: Seq, limit: i64) -> Result<Vec<StoredCheckpoint>> {
    Ok(on!(tx, c => sqlx::query_as::<_, StoredCheckpoint>(CHECKPOINTS_BETWEEN).bind(after).bind(to).bind(limit).fetch_all(c).await?))
}

pub(crate) async fn manifest_from(tx: &mut Tx, seq: Seq, chunk: i64, limit: i64) -> Result<Vec<ManifestChunk>> {
    Ok(on!(tx, c => sqlx::query_as::<_, ManifestChunk>(MANIFEST_FROM).bind(seq).bind(chunk).bind(limit).fetch_all(c).await?))
}

pub(crate) async fn manifest_of(tx: &mut Tx, seq: Seq) -> Result<Vec<Vec<u8>>> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, Vec<u8>>(MANIFEST_OF).bind(seq).fetch_all(c).await?))
}

/// The lists of rows beside the entries about a subject, after a position.
pub(crate) async fn manifests_about(tx: &mut Tx, subject: Uuid, after: Seq) -> Result<Vec<Vec<u8>>> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, Vec<u8>>(MANIFESTS_ABOUT).bind(subject).bind(after).fetch_all(c).await?))
}

/// The newest entry of a verb about a subject.
pub async fn last_about(tx: &mut Tx, subject: Uuid, verb: &str) -> Result<Option<(Seq, Timestamp)>> {
    Ok(on!(tx, c => sqlx::query_as::<_, (Seq, Timestamp)>(LAST_ABOUT).bind(subject).bind(verb).fetch_optional(c).await?))
}

/// The newest entries of a verb, newest first; a hundred at most.
pub async fn newest_of_verb(tx: &mut Tx, verb: &str) -> Result<Vec<Seq>> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, Seq>(NEWEST_OF_VERB).bind(verb).fetch_all(c).await?))
}

/// The leaf hashes of the first `size` entries, for proofs.
pub async fn leaves(tx: &mut Tx, size: Seq) -> Result<Vec<Hash>> {
    hashes(on!(tx, c => sqlx::query_scalar::<_, String>(LEAVES).bind(size).fetch_all(c).await?))
}

/// The leaf hashes after an entry.
pub(crate) async fn leaves_after(tx: &mut Tx, after: Seq, limit: i64) -> Result<Vec<Hash>> {
    hashes(on!(tx, c => sqlx::query_scalar::<_, String>(LEAVES_AFTER).bind(after).bind(limit).fetch_all(c).await?))
}

fn hashes(texts: Vec<String>) -> Result<Vec<Hash>> {
    let hash = |text: &String| hex::decode(text).ok().and_then(|b| b.try_into().ok());
    let not = || Error::Corrupt("a leaf hash is not 64 hex characters".to_owned());
    texts.iter().map(|text| hash(text).ok_or_else(not)).collect()
}
