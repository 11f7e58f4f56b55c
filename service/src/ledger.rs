//! Reading, verifying and exporting the ledger.

use crate::{Error, Principal, Result, Services, command, payload};
use domain::asof::{AsOf, OPEN, Wanted};
use domain::merkle::{self, Hash};
use domain::note::Checkpoint;
use domain::permission::Action;
use serde_json::{Value, json};
use std::collections::HashMap;
use store::ledger::{Filter, Order, Stored, StoredCheckpoint};
use store::verify::Report;
use store::{ledger, people, verify as store_verify};
use uuid::Uuid;

/// A page of entries.
#[derive(Clone, Debug)]
pub struct Page {
    pub as_of: AsOf,
    pub entries: Vec<Stored>,
    pub verbs: Vec<String>,
    pub people: HashMap<Uuid, String>,
    pub checkpoint: Option<StoredCheckpoint>,
    /// Where the next page starts.
    pub next: Option<i64>,
}

pub const PAGE: i64 = 50;

pub async fn page(
    services: &Services,
    who: &Principal,
    wanted: Wanted,
    (order, cursor): (Order, Option<i64>),
    filter: &Filter,
    limit: i64,
) -> Result<Page> {
    who.authorise(Action::ReadLedger)?;
    let mut reader = crate::asof::open(services, wanted).await?;
    let seq = reader.as_of.seq;
    let from = cursor.unwrap_or(order.start());
    let mut entries = ledger::page(&mut reader.tx, (order, from), seq, limit + 1, filter).await?;
    let next = (entries.len() as i64 > limit).then(|| {
        entries.truncate(limit as usize);
        entries.last().map(|e| e.entry.seq)
    });
    let page = Page {
        as_of: reader.as_of,
        entries,
        verbs: ledger::verbs(&mut reader.tx, seq).await?,
        people: names(&mut reader.tx, seq).await?,
        checkpoint: ledger::checkpoint_at(&mut reader.tx, seq).await?,
        next: next.flatten(),
    };
    reader.close().await?;
    Ok(page)
}

/// Names of people as of a position, for "who".
pub(crate) async fn names(tx: &mut store::db::Tx, seq: i64) -> Result<HashMap<Uuid, String>> {
    Ok(people::all_at(tx, seq).await?.into_iter().map(|p| (p.id, p.shown())).collect())
}

/// Recomputes everything; `against` are checkpoints that left the machine.
pub async fn verify(services: &Services, who: &Principal, against: &[Checkpoint]) -> Result<Report> {
    who.authorise(Action::VerifyLedger)?;
    let _one = services.verifying.try_acquire().map_err(|_| Error::Busy)?;
    let verifiers: Vec<_> = services.keys.verifier.iter().cloned().collect();
    Ok(store_verify::verify(&services.db, &verifiers, against).await?)
}

/// A proof that one entry stands in the tree of the newest checkpoint.
pub async fn proof(services: &Services, who: &Principal, seq: i64) -> Result<Value> {
    who.authorise(Action::VerifyLedger)?;
    let mut reader = crate::asof::open(services, Wanted::Now).await?;
    let checkpoint = ledger::checkpoint_at(&mut reader.tx, OPEN).await?.ok_or(Error::NotFound("checkpoint"))?;
    let leaves = ledger::leaves(&mut reader.tx, checkpoint.seq).await?;
    let found = ledger::range(&mut reader.tx, seq - 1, seq, 1).await?;
    reader.close().await?;
    let stored = found.first().ok_or(Error::NotFound("entry"))?;
    let path = usize::try_from(seq - 1).ok().and_then(|i| merkle::inclusion_proof(&leaves, i)).ok_or(Error::NotFound("entry"))?;
    let hex = |h: &Hash| hex::encode(h);
    Ok(json!({
        "seq": seq, "leaf": stored.entry.leaf_text(), "leaf_hash": stored.leaf_hash, "index": seq - 1,
        "tree_size": checkpoint.seq, "path": path.iter().map(hex).collect::<Vec<_>>(), "checkpoint": checkpoint.note,
    }))
}

/// An export under way.
pub struct Export {
    head: i64,
    after: i64,
    ended: bool,
}

/// Begins an export of everything up to the as-of; that it was made is an entry itself. Line by line, for a
/// stranger: one line per entry (its leaf text and hash), then the newest checkpoint.
pub async fn export(services: &Services, who: &Principal, wanted: Wanted) -> Result<Export> {
    who.authorise(Action::VerifyLedger)?;
    exported(services, who, "ledger").await?;
    let reader = crate::asof::open(services, wanted).await?;
    let head = reader.as_of.seq;
    reader.close().await?;
    // An export of the past ends at the checkpoint that covers it, or it could not be verified.
    let mut tx = services.db.snapshot().await?;
    let checkpoint = ledger::checkpoint_at(&mut tx, head).await?;
    tx.rollback().await?;
    Ok(Export { head: checkpoint.map_or(head, |c| c.seq), after: 0, ended: false })
}

/// The next lines of an export; none when it is over. Entries never change, so that each call may look anew.
pub async fn export_lines(services: &Services, export: &mut Export) -> Result<Option<Vec<String>>> {
    if export.ended {
        return Ok(None);
    }
    let mut tx = services.db.snapshot().await?;
    let page = ledger::range(&mut tx, export.after, export.head, 1000).await?;
    let mut lines: Vec<String> =
        page.iter().map(|s| json!({ "leaf": s.entry.leaf_text(), "leaf_hash": s.leaf_hash }).to_string()).collect();
    if let Some(last) = page.last() {
        export.after = last.entry.seq;
    } else {
        export.ended = true;
        let key = services.keys.verifier.as_ref().map(domain::note::Verifier::to_text);
        let checkpoint = ledger::checkpoint_at(&mut tx, export.head).await?;
        lines.extend(checkpoint.map(|c| json!({ "checkpoint": c.note, "key": key }).to_string()));
    }
    tx.rollback().await?;
    Ok(Some(lines))
}

/// Every export leaves an entry: what was taken out, and by whom.
pub async fn exported(services: &Services, who: &Principal, what: &str) -> Result<()> {
    let mut c = command(who, "export.made", "installation", None);
    c.payload = payload(who, json!({ "what": what }))?;
    services.writer.write(c).await?;
    Ok(())
}

/// What an offline verification of an export found.
#[derive(Clone, Debug, Default)]
pub struct Exported {
    pub entries: i64,
    pub problems: Vec<String>,
    /// The key that signed, in text form; an export can name any, so compare it with one got another way.
    pub key: Option<String>,
}

/// Verifies an export without the store: every leaf hashes to what it says, numbers are gapless, and the
/// root is the one of the checkpoint that ends it. `pinned` is a key got another way, `against` a checkpoint.
pub fn verify_export(
    text: impl Iterator<Item = std::io::Result<String>>,
    pinned: Option<&domain::note::Verifier>,
    against: &[Checkpoint],
) -> Result<Exported> {
    let mut frontier = merkle::Frontier::default();
    let mut out = Exported::default();
    let mut ended = false;
    for (number, line) in text.enumerate() {
        let at = |reason: String| Error::invalid("export", format!("line {}: {reason}", number + 1));
        let line = line.map_err(|e| at(e.to_string()))?;
        let value: Value = serde_json::from_str(&line).map_err(|e| at(e.to_string()))?;
        if ended {
            out.problems.push(format!("line {}: something stands after the checkpoint that ends the export", number + 1));
        }
        if let Some(note) = value["checkpoint"].as_str() {
            ended = true;
            out.key = value["key"].as_str().map(str::to_owned);
            out.problems.extend(checkpoint_problem(note, out.key.as_deref(), pinned, &frontier));
            continue;
        }
        let leaf = value["leaf"].as_str().ok_or_else(|| at("neither leaf nor checkpoint".to_owned()))?;
        let hash = merkle::leaf_hash(leaf.as_bytes());
        frontier.push(hash);
        if value["leaf_hash"].as_str() != Some(hex::encode(hash).as_str()) {
            out.problems.push(format!("entry {}: the leaf is not what was hashed", frontier.size()));
        }
        let seq = serde_json::from_str::<Value>(leaf).ok().and_then(|v| v["seq"].as_str().and_then(|s| s.parse::<u64>().ok()));
        if seq != Some(frontier.size()) {
            out.problems.push(format!("entry {}: the numbers have a gap", frontier.size()));
        }
        let root_here = || frontier.root();
        for outside in against.iter().filter(|c| c.size == frontier.size()) {
            if outside.root != root_here() {
                out.problems.push(format!("the first {} entries are not the ones the outside checkpoint covers", outside.size));
            }
        }
    }
    if !ended {
        out.problems.push("the export ends without a checkpoint".to_owned());
    }
    for outside in against.iter().filter(|c| c.size > frontier.size()) {
        out.problems.push(format!(
            "{} entries are missing: the outside checkpoint covers {}",
            outside.size - frontier.size(),
            outside.size
        ));
    }
    out.entries = frontier.size() as i64;
    Ok(out)
}

fn checkpoint_problem(
    note: &str,
    key: Option<&str>,
    pinned: Option<&domain::note::Verifier>,
    frontier: &merkle::Frontier,
) -> Option<String> {
    let named = key.and_then(|k| domain::note::Verifier::parse(k).ok());
    let Some(verifier) = pinned.or(named.as_ref()) else { return Some("the export names no key".to_owned()) };
    let checkpoint = match verifier.open(note).and_then(Checkpoint::parse) {
        Ok(c) => c,
        Err(e) => return Some(format!("checkpoint: {e}")),
    };
    (checkpoint.size != frontier.size() || checkpoint.root != frontier.root())
        .then(|| format!("the entries lead to another root than the checkpoint over {}", checkpoint.size))
}

/// The longest the clock may run apart from the time that passed, in microseconds.
const JUMP: i64 = 5 * domain::time::SECOND;

/// Records that the clock moved by so many microseconds more than time passed; small steps are no jump.
pub async fn clock_jumped(services: &Services, by: i64) -> Result<Option<store::writer::Written>> {
    if by.abs() <= JUMP {
        return Ok(None);
    }
    let host = Principal::Host { user: "clock".to_owned() };
    let mut c = command(&host, "clock.jumped", "installation", None);
    c.actor = domain::ledger::Actor::SYSTEM;
    c.payload = payload(&host, json!({ "seconds": by / domain::time::SECOND }))?;
    tracing::error!(seconds = by / domain::time::SECOND, "the clock jumped");
    Ok(Some(services.writer.write(c).await?))
}
