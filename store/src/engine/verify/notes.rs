//! Checkpoints, those of the store and those that left the machine, against the entries they cover.

use super::entries::{Roots, Signers};
use super::{Outside, Scan};
use crate::ledger::StoredCheckpoint;
use domain::merkle::Hash;
use domain::note::Checkpoint;
use domain::restored::{self, Noted, Statement, gaps};
use domain::seq::Seq;
use domain::time::Timestamp;

/// A checkpoint of the store whose signature was looked at.
pub(super) struct Opened {
    pub seq: Seq,
    at: Timestamp,
    /// What it says, or what is wrong with it; none where no key is known to check it with.
    said: Option<Result<Said, &'static str>>,
}

/// What a checkpoint says, once a known key is found to have signed it.
struct Said {
    root: Hash,
    origin: String,
    /// The checkpoint ahead of it, where it names one.
    after: Option<Seq>,
    /// True where it is of another log or another size than its place says.
    elsewhere: bool,
}

/// Looks at the signature and the text of a checkpoint.
pub(super) fn opened(stored: StoredCheckpoint, signers: &Signers) -> Opened {
    let said = (!signers.verifiers.is_empty()).then(|| said(&stored, signers));
    Opened { seq: stored.seq, at: stored.at, said }
}

fn said(stored: &StoredCheckpoint, signers: &Signers) -> Result<Said, &'static str> {
    let text = signers.verifiers.iter().find_map(|v| v.open(&stored.note).ok()).ok_or("no known key signed it as it stands")?;
    let checkpoint = Checkpoint::parse(text).map_err(|_| "it is no checkpoint")?;
    let after = Checkpoint::after(text).map(|n| Seq(n as i64));
    let same_log = checkpoint.origin.rsplit_once('/').map(|(o, _)| o) == signers.origin.rsplit_once('/').map(|(o, _)| o);
    let elsewhere = !same_log || checkpoint.size != stored.seq.get() as u64;
    Ok(Said { root: checkpoint.root, origin: checkpoint.origin, after, elsewhere })
}

/// A checkpoint against the tree as it stands once its entry is in it; `instant` is none where it stands beside no entry
/// that can be read.
pub(super) fn beside(scan: &mut Scan, roots: &mut Roots, note: &Opened, instant: Option<Timestamp>) {
    let before = std::mem::replace(&mut roots.noted, note.seq);
    let problem = match &note.said {
        _ if instant != Some(note.at) => Some("its instant is not that of its entry"),
        Some(Err(problem)) => Some(*problem),
        Some(Ok(said)) if said.elsewhere => Some("it speaks of another log or size"),
        Some(Ok(said)) if said.root != roots.frontier.root() => Some("the entries lead to another root"),
        Some(Ok(_)) | None => None,
    };
    if let Some(Ok(said)) = &note.said {
        if let Some(after) = said.after.filter(|after| *after != before) {
            scan.find("checkpoints", after.to_string(), after, format!("it is gone: the checkpoint over {} follows it", note.seq));
        }
        roots.origin.clone_from(&said.origin);
    }
    if let Some(problem) = problem {
        scan.find("checkpoints", note.seq.to_string(), note.seq, problem);
    }
}

/// The newest checkpoint must cover the head, or entries were added without a signature.
pub(super) fn newest(scan: &mut Scan, roots: &Roots, signers: &Signers, restored: bool) {
    if !signers.verifiers.is_empty() && roots.noted != scan.head {
        scan.find("checkpoints", scan.head.to_string(), scan.head, "the newest checkpoint does not cover the head");
    }
    // A store found restored has begun an epoch that no checkpoint names until people accept.
    if !restored && !roots.origin.is_empty() && roots.origin != signers.origin {
        scan.find("ledger_head", "1", scan.head, "its installation or epoch is not that of the newest checkpoint");
    }
}

/// Checkpoints that left the machine: the store must extend every one of them, but for what people accepted as lost.
/// Of a store that is restored already it says what is missing from where that was found.
pub(super) fn outside(scan: &mut Scan, against: &Outside, roots: &Roots, signers: &Signers, restored: Option<&str>) {
    let end = restored.and_then(Statement::parse).map_or(scan.head, |s| s.head);
    let agrees = |note: &Noted| note.size == Seq::ZERO || roots.at.get(&note.size) == Some(&note.root);
    let is_ours = |note: &Noted| signers.verifiers.is_empty() || signers.verifiers.iter().any(|v| v.open(&note.note).is_ok());
    let notes = against.notes.iter().map(|(place, note)| (place.as_str(), note));
    for gap in gaps(notes, agrees, is_ours, &against.accepted) {
        scan.find("ledger", "", end.min(gap.kept).plus(1), gap.says(end));
    }
    if let Some(statement) = restored {
        let what = format!("the store is restored, and nobody has accepted what is missing: {}", restored::said(statement));
        scan.find("ledger_head", "1", scan.head, what);
    }
    for sentence in &against.silent {
        scan.find("checkpoint_sinks", "", scan.head, sentence.as_str());
    }
}
