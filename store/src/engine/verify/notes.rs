//! Checkpoints, those of the store and those that left the machine, against the entries they cover.

use super::{Roots, STEP, Scan};
use crate::Result;
use crate::engine::db::Tx;
use crate::ledger;
use domain::note::{Checkpoint, Verifier};
use domain::seq::Seq;

pub(super) async fn checkpoints(tx: &mut Tx, scan: &mut Scan, verifiers: &[Verifier], roots: &Roots, origin: &str) -> Result<()> {
    let (mut after, mut newest) = (Seq::ZERO, Seq::ZERO);
    loop {
        let page = ledger::checkpoints_from(tx, after, STEP).await?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        for stored in &page {
            newest = stored.seq;
            if let Some(problem) = checkpoint_problem(stored, verifiers, roots, origin) {
                scan.find("checkpoints", stored.seq.to_string(), stored.seq, problem);
            }
        }
    }
    if !verifiers.is_empty() && newest != scan.head {
        scan.find("checkpoints", scan.head.to_string(), scan.head, "the newest checkpoint does not cover the head");
    }
    Ok(())
}

fn checkpoint_problem(stored: &ledger::StoredCheckpoint, verifiers: &[Verifier], roots: &Roots, origin: &str) -> Option<&'static str> {
    if roots.instants.get(&stored.seq) != Some(&stored.at) {
        return Some("its instant is not that of its entry");
    }
    if verifiers.is_empty() {
        return None;
    }
    let Some(text) = verifiers.iter().find_map(|v| v.open(&stored.note).ok()) else {
        return Some("no known key signed it as it stands");
    };
    let Ok(checkpoint) = Checkpoint::parse(text) else { return Some("it is no checkpoint") };
    let same_log = checkpoint.origin.rsplit_once('/').map(|(o, _)| o) == origin.rsplit_once('/').map(|(o, _)| o);
    if !same_log || checkpoint.size != stored.seq.get() as u64 {
        return Some("it speaks of another log or size");
    }
    (roots.at.get(&stored.seq) != Some(&checkpoint.root)).then_some("the entries lead to another root")
}

/// Checkpoints that left the machine: the store must extend them.
pub(super) fn outside(scan: &mut Scan, against: &[Checkpoint], roots: &Roots, origin: &str) {
    for checkpoint in against {
        let size = Seq(checkpoint.size as i64);
        let log = |o: &str| o.rsplit_once('/').map(|(o, _)| o.to_owned());
        if log(&checkpoint.origin) != log(origin) {
            scan.find("ledger", "", size, format!("the outside checkpoint is of another log: {}", checkpoint.origin));
        } else if size > scan.head {
            let lost = size.get() - scan.head.get();
            scan.find(
                "ledger",
                "",
                scan.head.plus(1),
                format!("{lost} entries after {} are missing: an outside checkpoint covers {size}", scan.head),
            );
        } else if size > Seq::ZERO && roots.at.get(&size) != Some(&checkpoint.root) {
            scan.find("ledger", "", size, "the history up to here is not the one an outside checkpoint covers");
        }
    }
}
