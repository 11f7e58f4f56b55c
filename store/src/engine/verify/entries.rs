//! One walk over the ledger and the checkpoints beside it. SQLite gives a page of entries as one text, and a page is
//! hashed while the next is read. What cannot be read as text is read entry by entry, so that one that holds a word
//! nobody knows hides no other.

use super::notes::{self, Opened};
use super::{Outside, Scan, TOLD};
use crate::engine::db::{Engine, Tx};
use crate::ledger::{self, Stored};
use crate::{Error, Result};
use domain::merkle::{Frontier, Hash};
use domain::note::Verifier;
use domain::seq::Seq;
use domain::time::Timestamp;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// Entries of a page.
const STEP: i64 = 2000;

/// The tree over the entries, and what is asked of it.
pub(super) struct Roots {
    pub frontier: Frontier,
    /// Roots at the sizes that checkpoints from outside name.
    pub at: BTreeMap<Seq, Hash>,
    pub last_at: Timestamp,
    /// The newest checkpoint that stands beside an entry.
    pub noted: Seq,
    /// Installation and epoch, as the newest checkpoint that a known key signed says; empty without one.
    pub origin: String,
}

impl Roots {
    pub fn size(&self) -> Seq {
        Seq(self.frontier.size() as i64)
    }
}

/// Whose checkpoints count, and of which log.
pub(super) struct Signers {
    pub verifiers: Vec<Verifier>,
    pub origin: String,
}

/// An entry, hashed anew.
struct Hashed {
    seq: Seq,
    at: Timestamp,
    hash: Hash,
    altered: bool,
    /// The digest of the rows it commits to; none where it is no digest.
    facts: Option<Hash>,
}

/// Entries after one up to another, as they came: as one text, or each by itself.
struct Page {
    after: Seq,
    reached: Seq,
    as_came: AsCame,
}

enum AsCame {
    Text(String),
    Rows(Vec<std::result::Result<Stored, Seq>>),
}

/// A page of entries with the checkpoints beside them.
struct Read {
    entries: Leaves,
    notes: Vec<Opened>,
}

/// A page that is being hashed; it gives nothing where its text is not as entries are.
struct Running {
    after: Seq,
    reached: Seq,
    task: tokio::task::JoinHandle<(Option<Leaves>, Vec<Opened>)>,
}

/// An entry that cannot be read is its position.
type Leaves = Vec<std::result::Result<Hashed, Seq>>;

pub(super) async fn entries(tx: &mut Tx, scan: &mut Scan, against: &Outside, signers: Arc<Signers>) -> Result<Roots> {
    let wanted: HashSet<Seq> = against.notes.iter().map(|(_, n)| n.size).collect();
    let mut roots =
        Roots { frontier: Frontier::default(), at: BTreeMap::new(), last_at: Timestamp(i64::MIN), noted: Seq::ZERO, origin: String::new() };
    let mut after = Seq::ZERO;
    let mut running: Option<Running> = None;
    loop {
        scan.step(&format!("{} of {} entries hashed again", roots.size().get() / TOLD * TOLD, scan.head))?;
        // What the page before comes to is taken in while the database reads the next one.
        let (next, left) = tokio::join!(next(tx, after, &signers), taken(scan, &mut roots, running.take(), &wanted));
        if let Some(left) = left? {
            let read = one_by_one(tx, left).await?;
            merge(scan, &mut roots, read, &wanted);
        }
        let Some(next) = next? else { break };
        after = next.reached;
        running = Some(next);
    }
    if roots.size() < scan.head {
        let first = roots.size().plus(1);
        scan.find("ledger", first.to_string(), first, format!("entries {first} to {} are missing", scan.head));
    }
    // What stands beside no entry covers nothing.
    for note in ledger::checkpoints_between(tx, after, Seq::OPEN, STEP).await? {
        notes::beside(scan, &mut roots, &notes::opened(note, &signers), None);
    }
    Ok(roots)
}

/// The next page, being hashed; none at the end.
async fn next(tx: &mut Tx, after: Seq, signers: &Arc<Signers>) -> Result<Option<Running>> {
    match page(tx, after).await? {
        Some(page) => Ok(Some(start(tx, page, signers.clone()).await?)),
        None => Ok(None),
    }
}

/// The next page; none at the end.
async fn page(tx: &mut Tx, after: Seq) -> Result<Option<Page>> {
    if tx.engine() == Engine::Sqlite {
        // A text is refused where a column holds what it never holds: then rows say which.
        let text = ledger::range_text(tx, after, STEP).await.ok().flatten();
        let last = text.as_deref().and_then(|t| t.lines().next_back()).and_then(ledger::from_line).map(|s| s.entry.seq);
        if let (Some(text), Some(reached)) = (text, last) {
            return Ok(Some(Page { after, reached, as_came: AsCame::Text(text) }));
        }
    }
    let rows = ledger::range_each(tx, after, Seq::OPEN, STEP).await?;
    let reached = rows.last().map(position);
    Ok(reached.map(|reached| Page { after, reached, as_came: AsCame::Rows(rows) }))
}

fn position(read: &std::result::Result<Stored, Seq>) -> Seq {
    read.as_ref().map_or_else(|seq| *seq, |s| s.entry.seq)
}

async fn start(tx: &mut Tx, page: Page, signers: Arc<Signers>) -> Result<Running> {
    let Page { after, reached, as_came } = page;
    let notes = ledger::checkpoints_between(tx, after, reached, STEP).await?;
    let task = tokio::task::spawn_blocking(move || {
        let entries = match as_came {
            AsCame::Text(text) => text.lines().map(|l| ledger::from_line(l).map(|s| Ok(hashed(&s)))).collect(),
            AsCame::Rows(rows) => Some(rows.iter().map(|r| r.as_ref().map(hashed).map_err(|seq| *seq)).collect()),
        };
        (entries, notes.into_iter().map(|n| notes::opened(n, &signers)).collect())
    });
    Ok(Running { after, reached, task })
}

/// A page whose text is not as entries are.
struct Unread {
    after: Seq,
    reached: Seq,
    notes: Vec<Opened>,
}

/// Takes in a page that was hashed; gives back one that must be read entry by entry.
async fn taken(scan: &mut Scan, roots: &mut Roots, running: Option<Running>, wanted: &HashSet<Seq>) -> Result<Option<Unread>> {
    let Some(Running { after, reached, task }) = running else { return Ok(None) };
    let (entries, notes) = task.await.map_err(|e| Error::Corrupt(e.to_string()))?;
    let Some(entries) = entries else { return Ok(Some(Unread { after, reached, notes })) };
    merge(scan, roots, Read { entries, notes }, wanted);
    Ok(None)
}

async fn one_by_one(tx: &mut Tx, left: Unread) -> Result<Read> {
    let rows = ledger::range_each(tx, left.after, left.reached, STEP).await?;
    let entries = rows.iter().map(|r| r.as_ref().map(hashed).map_err(|seq| *seq)).collect();
    Ok(Read { entries, notes: left.notes })
}

fn hashed(stored: &Stored) -> Hashed {
    let e = &stored.entry;
    let hash = e.leaf_hash();
    let mut text = [0u8; 64];
    let altered = hex::encode_to_slice(hash, &mut text).is_err() || text != stored.leaf_hash.as_bytes();
    let facts = hex::decode(&e.facts).ok().and_then(|b| b.try_into().ok());
    Hashed { seq: e.seq, at: e.at, hash, altered, facts }
}

fn merge(scan: &mut Scan, roots: &mut Roots, read: Read, wanted: &HashSet<Seq>) {
    let mut notes = read.notes.into_iter().peekable();
    for one in read.entries {
        let (seq, at) = match one {
            Ok(entry) => {
                let (seq, at) = (entry.seq, entry.at);
                take(scan, roots, &entry);
                (seq, Some(at))
            }
            Err(seq) => {
                scan.find("ledger", seq.to_string(), seq, "the entry cannot be read: it holds a word that nobody wrote");
                roots.frontier.push(Hash::default());
                (seq, None)
            }
        };
        if wanted.contains(&seq) && at.is_some() {
            roots.at.insert(seq, roots.frontier.root());
        }
        while let Some(note) = notes.next_if(|n| n.seq <= seq) {
            let instant = at.filter(|_| note.seq == seq);
            notes::beside(scan, roots, &note, instant);
        }
    }
    for note in notes {
        notes::beside(scan, roots, &note, None);
    }
}

fn take(scan: &mut Scan, roots: &mut Roots, entry: &Hashed) {
    let (seq, expected) = (entry.seq, roots.size().plus(1));
    if seq > scan.head {
        scan.find("ledger", seq.to_string(), seq, "the entry was added outside the ledger: it stands behind the head");
    } else if seq != expected {
        scan.find("ledger", seq.to_string(), expected, format!("entry {expected} is missing"));
    }
    if entry.at < roots.last_at {
        scan.find("ledger", seq.to_string(), seq, "its instant lies before the entry ahead of it");
    }
    roots.last_at = entry.at;
    if entry.altered {
        scan.find("ledger", seq.to_string(), seq, "the entry is not what was hashed");
    }
    match entry.facts {
        Some(facts) => {
            scan.said.insert(seq, facts);
        }
        None => scan.find("ledger", seq.to_string(), seq, "its facts digest is not a digest"),
    }
    roots.frontier.push(entry.hash);
}
