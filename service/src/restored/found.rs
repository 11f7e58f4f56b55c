//! Comparing the store with everything that left it, where a store is opened and where it is verified: every checkpoint of
//! every file, and what each sink once confirmed. Files are the server's to read.

use super::{Confirmed, acceptances, confirmed_mac};
use crate::keys::Db;
use crate::sessions::same;
use crate::{Result, Services};
use domain::note::Verifier;
use domain::ports::Clock;
use domain::restored::{Gap, Noted, Silent, Statement, gaps};
use domain::seq::Seq;
use std::collections::BTreeSet;
use store::engine::db::Tx;
use store::engine::head::{self, Head};
use store::engine::verify as engine;
use store::engine::{sinks, witness};

/// A file of checkpoints, as it was read.
#[derive(Debug)]
pub struct Witness {
    pub place: String,
    /// False of the file in the data directory, which no sink confirms.
    pub is_sink: bool,
    /// The checkpoints of this store in it, or why it cannot be read.
    pub notes: std::result::Result<Vec<Noted>, String>,
    /// True where something stands in it and no checkpoint of this installation.
    pub is_foreign: bool,
}

/// What stands outside the store.
#[derive(Debug, Default)]
pub struct Outside {
    pub witnesses: Vec<Witness>,
    /// What sinks confirmed, as it is kept beside the keys.
    pub confirmed: Vec<Confirmed>,
}

/// What contradicts the store.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub gaps: Vec<Gap>,
    pub silent: Vec<Silent>,
}

impl Found {
    pub fn is_nothing(&self) -> bool {
        self.gaps.is_empty() && self.silent.is_empty()
    }
}

/// Compares the store with everything outside. `whole` recomputes the tree from the entries' hashes, which takes a second
/// for a million of them; otherwise the stored checkpoints stand for it.
pub async fn examine(db: &Db, verifier: &Verifier, mac: &[u8; 32], outside: &Outside, whole: bool) -> Result<Found> {
    let mut tx = db.snapshot().await?;
    let found = compare(&mut tx, verifier, mac, outside, whole).await;
    tx.rollback().await?;
    found
}

async fn compare(tx: &mut Tx, verifier: &Verifier, mac: &[u8; 32], outside: &Outside, whole: bool) -> Result<Found> {
    let head = head::known(tx).await?;
    let notes = || outside.witnesses.iter().flat_map(|w| w.notes.iter().flatten().map(|n| (w.place.as_str(), n)));
    let sizes: BTreeSet<Seq> = notes().map(|(_, n)| n.size).filter(|s| *s <= head.seq).collect();
    let roots = if whole { witness::tree_roots(tx, &sizes).await? } else { witness::noted_roots(tx, &sizes).await? };
    let agrees = |note: &Noted| note.size == Seq::ZERO || roots.get(&note.size) == Some(&note.root);
    let (accepted, epoch) = accepted(tx, mac).await?;
    let gaps = gaps(notes(), agrees, |note| verifier.open(&note.note).is_ok(), &accepted);
    Ok(Found { gaps, silent: silent(tx, &head, outside, epoch, mac).await?.0 })
}

/// Gaps that people have accepted, and the epoch that began with the newest acceptance.
async fn accepted(tx: &mut Tx, mac: &[u8; 32]) -> Result<(Vec<Gap>, i64)> {
    let all = acceptances(tx, mac).await?;
    let ended = || all.iter().filter(|a| a.step.ends()).map(|a| &a.statement);
    let epoch = ended().map(|s| s.epoch).max().unwrap_or_default();
    Ok((ended().flat_map(|s| s.gaps.clone()).collect(), epoch))
}

/// Sinks that do not hold what they confirmed, and places of which the record in the store was changed behind our back:
/// for those what stands beside the keys counts alone. What a sink confirmed before an accepted gap it owes no more.
async fn silent(tx: &mut Tx, head: &Head, outside: &Outside, epoch: i64, mac: &[u8; 32]) -> Result<(Vec<Silent>, Vec<Silent>)> {
    let is_genuine = |c: &Confirmed| same(&c.mac, &confirmed_mac(mac, c));
    let (stored, changed): (Vec<_>, Vec<_>) = sinks::all(tx).await?.into_iter().partition(is_genuine);
    let owed = |place: &str| {
        let all = stored.iter().chain(&outside.confirmed).filter(|c| c.place == place && c.epoch >= epoch);
        all.max_by_key(|c| (c.epoch, c.seq))
    };
    let told = |w: &Witness| silence(w, owed(&w.place), head.seq == Seq::ZERO).map(|what| Silent { place: w.place.clone(), what });
    let what = "what the store has on record of it is not as this installation wrote it";
    let changed = changed.into_iter().map(|c| Silent { place: c.place, what: what.to_owned() }).collect();
    Ok((outside.witnesses.iter().filter_map(told).collect(), changed))
}

fn silence(w: &Witness, owed: Option<&Confirmed>, is_new: bool) -> Option<String> {
    let notes = match &w.notes {
        Err(why) => return Some(format!("it cannot be read ({why})")),
        Ok(notes) => notes,
    };
    if let Some(owed) = owed.filter(|_| w.is_sink) {
        let held = notes.iter().any(|n| n.note == owed.note);
        if !held {
            return Some(format!(
                "it is gone, was emptied or was cut: it does not hold the checkpoint over {} entries that it confirmed",
                owed.seq
            ));
        }
        if (notes.len() as i64) < owed.notes {
            return Some("it was cut: it holds fewer checkpoints than it confirmed".to_owned());
        }
    }
    let counts = w.is_sink || is_new;
    (w.is_foreign && counts).then(|| "no checkpoint in it is signed by this installation's key".to_owned())
}

/// Marks the store as restored where something contradicts it; where it is marked already, adds what is new. What is then
/// stored of it; none where it is whole.
pub async fn mark(db: &Db, clock: &dyn Clock, found: &Found) -> Result<Option<Statement>> {
    loop {
        let mut tx = db.snapshot().await?;
        let head = head::known(&mut tx).await?;
        tx.rollback().await?;
        let Some(statement) = statement(&head, clock, found) else { return Ok(None) };
        let text = statement.to_text();
        let known = head.restored.as_deref();
        if known == Some(&text) || head::mark_restored(db, known, &text, statement.epoch).await? {
            return Ok(Some(statement));
        }
        // Another process marked it in between: what both found is one statement.
    }
}

fn statement(head: &Head, clock: &dyn Clock, found: &Found) -> Option<Statement> {
    let reached = found.gaps.iter().map(|g| g.epoch).max().unwrap_or_default();
    let new = |epoch| Statement {
        head: head.seq,
        head_at: head.at,
        found_at: clock.now().max(head.at),
        epoch,
        gaps: found.gaps.clone(),
        silent: found.silent.clone(),
    };
    let Some(text) = &head.restored else { return (!found.is_nothing()).then(|| new(head.epoch.max(reached) + 1)) };
    // What is written while it is restored is of an epoch that nothing contradicts, or it needs another one.
    let later = new(if reached >= head.epoch { reached + 1 } else { head.epoch });
    Some(Statement::parse(text).map_or(later.clone(), |known| known.with(&later)))
}

/// Everything outside, as a verification compares it: with checkpoints that somebody brings.
pub(crate) async fn outside(services: &Services, brought: &[engine::Placed]) -> Result<engine::Outside> {
    let look = services.outside.clone();
    let outside = tokio::task::spawn_blocking(move || look()).await.map_err(|e| crate::Error::Internal(e.to_string()))?;
    let mut tx = services.db.snapshot().await?;
    let head = head::known(&mut tx).await?;
    let (accepted, epoch) = accepted(&mut tx, &services.keys.mac).await?;
    let (silent, changed) = silent(&mut tx, &head, &outside, epoch, &services.keys.mac).await?;
    tx.rollback().await?;
    let mut notes = brought.to_vec();
    for w in outside.witnesses {
        notes.extend(w.notes.into_iter().flatten().map(|n| (w.place.clone(), n)));
    }
    Ok(engine::Outside { notes, accepted, silent: silent.iter().chain(&changed).map(Silent::says).collect() })
}
