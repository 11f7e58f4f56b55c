//! `ledger verify`: recomputes everything the ledger commits to, in one scan of the ledger and one per
//! table in key order, and names table, id and position of anything altered, added, removed, closed or
//! reopened outside the ledger. It only reads.

use super::db::{Db, Engine, Tx};
use super::head;
use super::manifest::{self, Line};
use super::rows::{digest_of, key_of};
use super::table::Table;
use crate::ledger;
use crate::{Error, Result, decode_values};
use crate::{measures, tables};
use domain::facts::{Facts, Value, key_bytes};
use domain::ids::{self, IdentityId, Noun};
use domain::merkle::Hash;
use domain::note::Verifier;
use domain::restored::{Gap, Noted};
use domain::seq::Seq;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

pub mod catalogue;
mod entries;
mod integrity;
mod loose;
mod notes;
mod scan;
mod text;

use entries::Signers;

/// Something that does not agree with the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub table: String,
    /// The row's key as text; empty where a whole table is meant.
    pub id: String,
    pub seq: Seq,
    pub what: String,
}

/// The result of a verification.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub entries: Seq,
    pub rows: u64,
    pub root: String,
    pub findings: Vec<Finding>,
    /// What could not be looked at, and why.
    pub notes: Vec<String>,
}

/// Findings kept; more would only repeat the first.
const KEPT: usize = 100;
/// Every so many entries it says how far it is.
const TOLD: i64 = 100_000;

/// Hears between two steps how far it is, in words, and says whether to go on; without words it is only asked.
pub type Told = Box<dyn Fn(&str) -> bool + Send + Sync>;

struct Scan {
    /// What is verified: the registry, or what a test holds for it.
    tables: Vec<&'static Table>,
    /// What each entry says it committed to, and what the tables say.
    said: HashMap<Seq, Hash>,
    seen: HashMap<Seq, Facts>,
    report: Report,
    head: Seq,
    redacted: HashSet<(String, uuid::Uuid)>,
    told: Told,
}

impl Scan {
    /// Between two steps: says how far it is, and ends where nobody wants the answer any more.
    fn step(&self, words: &str) -> Result<()> {
        if (self.told)(words) { Ok(()) } else { Err(Error::CalledOff) }
    }

    fn find(&mut self, table: &str, id: impl Into<String>, seq: Seq, what: impl Into<String>) {
        let finding = Finding { table: table.to_owned(), id: id.into(), seq, what: what.into() };
        // A row that is not what its digest says is not what its entry wrote either: that is one place.
        if self.report.findings.len() < KEPT && !self.report.findings.contains(&finding) {
            self.report.findings.push(finding);
        }
    }
}

/// A checkpoint that somebody kept, with its place.
pub type Placed = (String, Noted);

/// What left the machine, and what of it is known.
#[derive(Debug, Default)]
pub struct Outside {
    pub notes: Vec<Placed>,
    /// Gaps that people have accepted.
    pub accepted: Vec<Gap>,
    /// Sinks that do not hold what they confirmed, each in a sentence.
    pub silent: Vec<String>,
}

impl Outside {
    fn of(notes: &[Placed]) -> Self {
        Self { notes: notes.to_vec(), ..Self::default() }
    }
}

/// Verifies the whole store. `verifiers` are the keys whose checkpoints count; `against` is what left the machine.
pub async fn verify(db: &Db, verifiers: &[Verifier], against: &[Placed]) -> Result<Report> {
    verify_told(db, verifiers, &Outside::of(against), Box::new(|_| true)).await
}

/// The same, telling between its steps how far it is.
pub async fn verify_told(db: &Db, verifiers: &[Verifier], against: &Outside, told: Told) -> Result<Report> {
    let engine = integrity::Running::start(db);
    let mut tx = db.snapshot().await?;
    let schema = schema_in(&mut tx).await?;
    let report = steps(&mut tx, &tables::all(), verifiers, against, told).await;
    tx.rollback().await?;
    let mut report = match report {
        // Where a table is something else, its rows may not be there to be read.
        Err(Error::Sql(e)) if !schema.is_empty() => {
            Report { notes: vec![format!("no row was compared, because the schema does not allow it: {e}")], ..Report::default() }
        }
        other => other?,
    };
    let checked = engine.end().await?;
    report.findings.extend(schema);
    report.findings.extend(checked.findings);
    report.findings.truncate(KEPT);
    report.notes.extend(checked.notes);
    Ok(report)
}

/// What of the schema is not as the migrations make it.
pub async fn schema_in(tx: &mut Tx) -> Result<Vec<Finding>> {
    let head = head::read(tx).await.ok().flatten().map_or(Seq::ZERO, |h| h.seq);
    catalogue::compare(tx, head).await
}

/// `verify` as one transaction sees the store, over the tables as they are declared.
pub async fn verify_in(tx: &mut Tx, tables: &[&'static Table], verifiers: &[Verifier], against: &[Placed]) -> Result<Report> {
    steps(tx, tables, verifiers, &Outside::of(against), Box::new(|_| true)).await
}

async fn steps(tx: &mut Tx, tables: &[&'static Table], verifiers: &[Verifier], against: &Outside, told: Told) -> Result<Report> {
    if tx.engine() == Engine::Postgres {
        // Verification does read tables from end to end.
        tx.execute("SET LOCAL enable_seqscan = on").await?;
    }
    let head = head::read(tx).await?.ok_or_else(|| Error::Corrupt("the store has no head row".to_owned()))?;
    let tables = tables.iter().copied().filter(|t| t.is_committed()).collect();
    let (said, seen, redacted) = (HashMap::new(), HashMap::new(), HashSet::new());
    let mut scan = Scan { tables, said, seen, report: Report::default(), head: head.seq, redacted, told };
    let signers = Arc::new(Signers { verifiers: verifiers.to_vec(), origin: head.origin() });
    let roots = entries::entries(tx, &mut scan, against, signers.clone()).await?;
    if roots.frontier != head.frontier || roots.size() != head.seq {
        scan.find("ledger_head", "1", head.seq, "the head row does not agree with the entries");
    }
    if head.seq > Seq::ZERO && (head.at != roots.last_at || head.open_to != head.seq) {
        scan.find("ledger_head", "1", head.seq, "the head row's instant or window is not the last entry's");
    }
    scan.step("comparing checkpoints with what they cover")?;
    notes::newest(&mut scan, &roots, &signers, head.restored.is_some());
    notes::outside(&mut scan, against, &roots, &signers, head.restored.as_deref());
    scan.step("reading which rows entries commit to")?;
    manifests(tx, &mut scan).await?;
    redactions(tx, &mut scan).await?;
    for (n, table) in scan.tables.clone().into_iter().enumerate() {
        scan.step(&format!("table {} of {}: {}", n + 1, scan.tables.len(), table.name.replace('_', " ")))?;
        scan::table_rows(tx, &mut scan, table).await?;
        anchors(tx, &mut scan, table).await?;
    }
    scan.step("comparing tables with what entries commit to")?;
    compare(tx, &mut scan).await?;
    loose::rows(tx, &mut scan).await?;
    scan.step("counting again what lists show")?;
    derived(tx, &mut scan).await?;
    scan.report.root = hex::encode(roots.frontier.root());
    scan.report.entries = head.seq;
    scan.report.findings.sort_by_key(|f| f.seq);
    Ok(scan.report)
}

/// Every manifest must lead to the facts digest of its entry.
async fn manifests(tx: &mut Tx, scan: &mut Scan) -> Result<()> {
    let (mut seq, mut chunk) = (Seq::ZERO, 0);
    let mut current: (Seq, Facts, bool) = (Seq::ZERO, Facts::default(), false);
    let mut expected = 0;
    let mut present = HashSet::new();
    loop {
        let page = ledger::manifest_from(tx, seq, chunk, 200).await?;
        let Some(last) = page.last() else { break };
        (seq, chunk) = (last.seq, last.chunk);
        scan.step("")?;
        for ledger::ManifestChunk { seq: at, chunk: number, rows: bytes } in page {
            if at != current.0 {
                close_manifest(scan, &current);
                current = (at, Facts::default(), false);
                present.insert(at);
                expected = 0;
            }
            current.2 |= number != expected;
            expected += 1;
            match manifest::decode(&bytes) {
                Some(lines) => current.2 |= !manifest::append(&mut current.1, &lines),
                None => current.2 = true,
            }
        }
    }
    close_manifest(scan, &current);
    let empty = Facts::default().root();
    let mut gone: Vec<Seq> = scan.said.iter().filter(|(s, f)| **f != empty && !present.contains(s)).map(|(s, _)| *s).collect();
    gone.sort_unstable();
    for seq in gone {
        scan.find("ledger_rows", seq.to_string(), seq, "the manifest of this entry is gone");
    }
    Ok(())
}

fn close_manifest(scan: &mut Scan, (seq, facts, broken): &(Seq, Facts, bool)) {
    if *seq != Seq::ZERO && (*broken || scan.said.get(seq) != Some(&facts.root())) {
        scan.find("ledger_rows", seq.to_string(), *seq, "the manifest is not what the entry committed to");
    }
}

async fn redactions(tx: &mut Tx, scan: &mut Scan) -> Result<()> {
    let rows = on!(tx, c => sqlx::query_as::<_, (String, uuid::Uuid)>(text::REDACTED).fetch_all(c).await?);
    scan.redacted.extend(rows);
    Ok(())
}

async fn anchors(tx: &mut Tx, scan: &mut Scan, table: &'static Table) -> Result<()> {
    let Some(anchor) = table.anchor else { return Ok(()) };
    let rows =
        on!(tx, c => sqlx::query_as::<_, (uuid::Uuid, Option<Seq>)>(sqlx::AssertSqlSafe(text::anchors(table, anchor))).fetch_all(c).await);
    for (id, seq) in rows? {
        let shown = ids::show(Noun::Other, id);
        scan.find(anchor, shown, seq.unwrap_or_default(), "the id does not agree with its first version");
    }
    Ok(())
}

/// What lists and counts show is not committed to by entries, but it must follow from what is.
async fn derived(tx: &mut Tx, scan: &mut Scan) -> Result<()> {
    let checks = [
        ("grants", text::GRANTS_TWICE, "the identity holds one grant twice"),
        ("identity_reviews", text::REVIEWS_TWICE, "the identity is reviewed twice"),
        ("identity_facts", text::FACTS_AGAINST_GRANTS, "what lists count is not what the identity holds"),
        ("identity_facts", text::FACTS_AGAINST_RECORD, "what lists say is not what the record says"),
        ("identity_facts", text::RECORDS_WITHOUT_FACTS, "the identity stands in no list"),
    ];
    for (table, statement, what) in checks {
        let rows = on!(tx, c => sqlx::query_as::<_, (IdentityId, Seq)>(statement).fetch_all(c).await?);
        for (id, since) in rows {
            scan.find(table, id.to_string(), since, what);
        }
    }
    let counted = measures::all_at(tx, scan.head).await?;
    for (measure, shown) in measures::recount(tx, scan.head).await? {
        let counted = counted.get(measure).copied().unwrap_or(0);
        if shown != counted {
            scan.find("counts", format!("organisation {measure}"), scan.head, format!("the count says {counted}, the rows say {shown}"));
        }
    }
    Ok(())
}

/// Compares what each entry committed to with what the tables hold, and names the rows that differ.
async fn compare(tx: &mut Tx, scan: &mut Scan) -> Result<()> {
    let empty = Facts::default().root();
    let mut suspects: Vec<Seq> =
        scan.said.iter().filter(|(seq, said)| scan.seen.get(seq).map_or(empty, Facts::root) != **said).map(|(seq, _)| *seq).collect();
    let unknown: Vec<Seq> = scan.seen.keys().filter(|s| !scan.said.contains_key(s)).copied().collect();
    suspects.extend(unknown);
    suspects.sort_unstable();
    for seq in suspects.into_iter().take(KEPT) {
        name_rows(tx, scan, seq).await?;
    }
    Ok(())
}

async fn name_rows(tx: &mut Tx, scan: &mut Scan, seq: Seq) -> Result<()> {
    let mut wanted: Vec<Line> = Vec::new();
    for chunk in ledger::manifest_of(tx, seq).await? {
        wanted.extend(manifest::decode(&chunk).unwrap_or_default());
    }
    let found = lines_at(tx, &scan.tables, seq).await?;
    let name = |l: &Line| (l.table.clone(), key_from_bytes(&l.key), l.opened.is_some());
    let by_key = |lines: &[Line]| -> HashMap<(String, String, bool), Option<Hash>> { lines.iter().map(|l| (name(l), l.opened)).collect() };
    let (wanted, found) = (by_key(&wanted), by_key(&found));
    let before = scan.report.findings.len();
    let mut all: Vec<_> = wanted.keys().chain(found.keys()).collect::<HashSet<_>>().into_iter().collect();
    all.sort();
    for key in all {
        let what = match (wanted.get(key), found.get(key)) {
            (Some(_), None) if key.2 => "the row is gone",
            (Some(_), None) => "the row was reopened outside the ledger",
            (None, Some(_)) if key.2 => "the row was added outside the ledger",
            (None, Some(_)) => "the row was closed outside the ledger",
            (Some(a), Some(b)) if a != b => "the row is not what its entry wrote",
            _ => continue,
        };
        scan.find(&key.0, key.1.as_str(), seq, what);
    }
    if scan.report.findings.len() == before && before < KEPT {
        scan.find("ledger", seq.to_string(), seq, "the entry commits to other rows than the tables hold");
    }
    Ok(())
}

/// The manifest lines the tables would give for an entry, for the few entries that disagree.
async fn lines_at(tx: &mut Tx, tables: &[&'static Table], seq: Seq) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    for table in tables {
        let text = text::at_entry(table);
        on!(tx, c => {
            for row in sqlx::query(sqlx::AssertSqlSafe(text)).bind(seq).fetch_all(c).await? {
                use sqlx::Row as _;
                let values = decode_values!(row, table, 3);
                let since: Seq = row.try_get(0).unwrap_or(Seq(-1));
                let until: Seq = row.try_get(1).unwrap_or(Seq(-1));
                let key = key_bytes(&key_of(table, &values, since));
                if since == seq {
                    let digest = digest_of(table, &values, since);
                    lines.push(Line { table: table.name.to_owned(), key: key.clone(), opened: Some(digest) });
                }
                if until == seq {
                    lines.push(Line { table: table.name.to_owned(), key, opened: None });
                }
            }
        });
    }
    Ok(lines)
}

fn key_text(key: &[Value]) -> String {
    let parts: Vec<String> = key
        .iter()
        .map(|v| match v {
            Value::Id(id) => ids::show(Noun::Other, *id),
            Value::Int(n) => n.to_string(),
            Value::Text(t) => t.clone(),
            Value::Bytes(b) => hex::encode(b),
            Value::Null(_) => "null".to_owned(),
        })
        .collect();
    parts.join(" ")
}

/// The key's text from its encoding in a manifest.
fn key_from_bytes(mut bytes: &[u8]) -> String {
    let mut key = Vec::new();
    while let Some((&tag, rest)) = bytes.split_first() {
        let (value, rest) = match (tag, rest.len()) {
            (1, 16..) => (Value::Id(uuid::Uuid::from_slice(&rest[..16]).unwrap_or_default()), &rest[16..]),
            (2, 8..) => (Value::Int(i64::from_be_bytes(rest[..8].try_into().unwrap_or_default())), &rest[8..]),
            (3, 8..) => {
                let len = u64::from_be_bytes(rest[..8].try_into().unwrap_or_default()) as usize;
                let Some(text) = rest[8..].get(..len) else { break };
                (Value::Text(String::from_utf8_lossy(text).into_owned()), &rest[8 + len..])
            }
            _ => break,
        };
        key.push(value);
        bytes = rest;
    }
    key_text(&key)
}
