//! `countersign ledger …`. Exit codes of `verify`: 0 intact, 1 not, 2 could not be read.

use super::list::{self, List};
use super::{Failure, Outcome};
use crate::compose;
use domain::asof::Wanted;
use domain::note::Checkpoint;
use domain::restored::{self, Noted};
use domain::seq::Seq;
use serde_json::json;
use service::{Act, Read, ledger};
use std::io::BufRead;
use std::path::{Path, PathBuf};

#[derive(clap::Subcommand)]
pub enum Ledger {
    /// List entries, newest first
    List(List),
    /// Verify that nothing was altered
    Verify {
        /// Compare with a file of checkpoints kept elsewhere
        #[arg(long)]
        against: Option<PathBuf>,
        /// Verify a ledger export instead of the store
        #[arg(long)]
        file: Option<PathBuf>,
        /// With --file: the key to trust (name+hash+key). Without it: the key the export names
        #[arg(long)]
        key: Option<String>,
        /// Print the result as JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the key that verifies checkpoints, exports and receipts
    Key,
    /// Print the newest checkpoint
    Checkpoint,
    /// Print the proof of one entry
    Proof { seq: i64 },
    /// Export the ledger as JSON lines that verify offline
    Export,
}

pub async fn run(act: &Act, command: Ledger) -> Outcome {
    match command {
        Ledger::List(wanted) => list::run::<ledger::List>(act, wanted).await,
        Ledger::Verify { against, json, .. } => {
            let outside = match &against {
                Some(path) => brought(path, compose::checkpoint_file(path, act.services().verifier())?),
                None => vec![],
            };
            let report = ledger::verify(act, &outside, move |text| {
                if !json {
                    eprintln!("{}", domain::text::terminal(text));
                }
            })
            .await?;
            if json {
                say!("{}", serde_json::to_string_pretty(&report)?);
            } else if report.intact {
                say!("Verified: all {} entries and {} records match the ledger. Root hash {}.", report.entries, report.rows, report.root);
            }
            for note in &report.notes {
                eprintln!("note: {}", domain::text::terminal(note));
            }
            match report.findings.first() {
                None => Ok(()),
                Some(f) => Err(Failure::finding(format!("Not intact: {} {} at entry {}: {}", f.table, f.id, f.seq, f.what))),
            }
        }
        Ledger::Key => {
            let key = act.services().verifier().ok_or_else(|| Failure::finding("This store has no key yet. Its first entry makes one."))?;
            say!("{}", key.to_text());
            Ok(())
        }
        Ledger::Checkpoint => {
            let checkpoint = ledger::newest_checkpoint(&mut open(act, Wanted::Now).await?).await?;
            say!("{}", checkpoint.ok_or_else(|| Failure::finding("No checkpoint yet. The first entry writes one."))?.note.trim_end());
            Ok(())
        }
        Ledger::Proof { seq } => {
            say!("{}", serde_json::to_string_pretty(&ledger::proof(&mut open(act, Wanted::Now).await?, Seq(seq)).await?)?);
            Ok(())
        }
        Ledger::Export => {
            let mut read = open(act, Wanted::Now).await?;
            let (mut lines, mut next) = ledger::export_page(&mut read, None).await?;
            ledger::exported(act, "ledger", Some((read.as_of(), ""))).await?;
            loop {
                for line in lines {
                    say!("{line}");
                }
                let Some(after) = next else { return Ok(()) };
                (lines, next) = ledger::export_page(&mut read, Some(after)).await?;
            }
        }
    }
}

/// The checkpoints of a file, as a verification compares them.
fn brought(path: &Path, notes: Vec<(Checkpoint, String)>) -> Vec<ledger::Placed> {
    let place = path.display().to_string();
    let noted = |(c, note): (Checkpoint, String)| Noted::read(note, restored::log_of(&c.origin)).map(|n| (place.clone(), n));
    notes.into_iter().filter_map(noted).collect()
}

async fn open(act: &Act, wanted: Wanted) -> Result<Read, Failure> {
    Ok(Read::open(act.services(), act.who(), wanted).await?)
}

/// Verifies an export, without a store.
pub fn verify_file(path: &Path, key: Option<&str>, against: Option<&Path>, as_json: bool) -> Outcome {
    let file = std::fs::File::open(path).map_err(|e| super::unopened(path, &e))?;
    let pinned = key.map(domain::note::Verifier::parse).transpose()?;
    let outside = match against {
        Some(path) => compose::checkpoint_file(path, pinned.as_ref())?.into_iter().map(|(checkpoint, _)| checkpoint).collect(),
        None => vec![],
    };
    let found = ledger::verify_export(std::io::BufReader::new(file).lines(), pinned.as_ref(), &outside)?;
    if as_json {
        say!(
            "{}",
            json!({ "intact": found.problems.is_empty(), "entries": found.entries, "findings": found.problems, "key": found.key, "pinned": pinned.is_some() })
        );
    } else if found.problems.is_empty() {
        say!("Verified: all {} entries match.", found.entries);
        if let (None, Some(key)) = (&pinned, &found.key) {
            say!("Signed by {key}, as the export says. Compare this key with one from another place, or pass it with --key.");
        }
    }
    match found.problems.first() {
        None => Ok(()),
        Some(p) => Err(Failure::finding(p.clone())),
    }
}
