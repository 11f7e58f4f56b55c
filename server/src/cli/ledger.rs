//! `countersign ledger …`. Exit codes of `verify`: 0 intact, 1 not, 2 could not be read.

use super::{Failure, Outcome};
use crate::compose;
use crate::web::ledger::{Report, entry_json};
use domain::asof::Wanted;
use domain::seq::Seq;
use domain::text::terminal;
use serde_json::json;
use service::ledger::{Filter, Order};
use service::{Act, Read, ledger};
use std::io::BufRead;
use std::path::{Path, PathBuf};

#[derive(clap::Subcommand)]
pub enum Ledger {
    /// Entries, newest first
    List {
        #[arg(long, default_value = "")]
        at: String,
        #[arg(long, default_value_t = 50)]
        limit: usize,
        #[arg(long)]
        json: bool,
    },
    /// Recompute everything the ledger commits to
    Verify {
        /// A checkpoint that left the machine
        #[arg(long)]
        against: Option<PathBuf>,
        /// Verify an export instead of the store
        #[arg(long)]
        file: Option<PathBuf>,
        /// With --file: the key to trust, got another way (`name+hash+key`); without it the export's own
        #[arg(long)]
        key: Option<String>,
        #[arg(long)]
        json: bool,
    },
    /// The newest checkpoint
    Checkpoint,
    /// The proof that an entry stands in the newest checkpoint
    Proof { seq: i64 },
    /// The ledger as JSON lines that a stranger can verify offline
    Export,
}

pub async fn run(act: &Act, command: Ledger) -> Outcome {
    match command {
        Ledger::List { at, limit, json } => {
            let mut read = open(act, Wanted::parse(&at)?).await?;
            let mut before = None;
            let mut left = limit;
            while left > 0 {
                let page = ledger::page(&mut read, (Order::NewestFirst, before), &Filter::All, ledger::PAGE).await?;
                for s in page.entries.iter().take(left) {
                    if json {
                        say!("{}", entry_json(s));
                    } else {
                        say!("{:>8} {} {:24} {}", s.entry.seq, s.entry.at.rfc3339(), s.entry.verb, terminal(&s.entry.subject()));
                    }
                }
                left = left.saturating_sub(page.entries.len());
                match page.next {
                    Some(next) => before = Some(next),
                    None => break,
                }
            }
            Ok(())
        }
        Ledger::Verify { against, json, .. } => {
            let outside = match &against {
                Some(path) => vec![compose::checkpoint_file(path, act.services().verifier())?],
                None => vec![],
            };
            let report = ledger::verify(act, &outside).await?;
            if json {
                say!("{}", serde_json::to_string_pretty(&Report::from(&report))?);
            } else if report.findings.is_empty() {
                say!("intact: {} entries, {} rows, root {}", report.entries, report.rows, report.root);
            }
            match report.findings.first() {
                None => Ok(()),
                Some(f) => Err(Failure::finding(format!("{} {} at entry {}: {}", f.table, f.id, f.seq, f.what))),
            }
        }
        Ledger::Checkpoint => {
            let page = ledger::page(&mut open(act, Wanted::Now).await?, (Order::NewestFirst, None), &Filter::All, 1).await?;
            say!("{}", page.checkpoint.ok_or_else(|| Failure::finding("no checkpoint yet"))?.note.trim_end());
            Ok(())
        }
        Ledger::Proof { seq } => {
            say!("{}", serde_json::to_string_pretty(&ledger::proof(&mut open(act, Wanted::Now).await?, Seq(seq)).await?)?);
            Ok(())
        }
        Ledger::Export => {
            let mut export = ledger::export(act, open(act, Wanted::Now).await?.as_of()).await?;
            while let Some(lines) = ledger::export_lines(act.services(), &mut export).await? {
                for line in lines {
                    say!("{line}");
                }
            }
            Ok(())
        }
    }
}

async fn open(act: &Act, wanted: Wanted) -> Result<Read, Failure> {
    Ok(Read::open(act.services(), act.who(), wanted).await?)
}

/// Verifies an export, without a store.
pub fn verify_file(path: &Path, key: Option<&str>, against: Option<&Path>, as_json: bool) -> Outcome {
    let file = std::fs::File::open(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let pinned = key.map(domain::note::Verifier::parse).transpose()?;
    let outside = match against {
        Some(path) => vec![compose::checkpoint_file(path, pinned.as_ref())?],
        None => vec![],
    };
    let found = ledger::verify_export(std::io::BufReader::new(file).lines(), pinned.as_ref(), &outside)?;
    if as_json {
        say!(
            "{}",
            json!({ "intact": found.problems.is_empty(), "entries": found.entries, "findings": found.problems, "key": found.key, "pinned": pinned.is_some() })
        );
    } else if found.problems.is_empty() {
        say!("intact: {} entries", found.entries);
        if let (None, Some(key)) = (&pinned, &found.key) {
            say!("signed by {key}, as the export itself says: compare it with a key got another way, or give --key");
        }
    }
    match found.problems.first() {
        None => Ok(()),
        Some(p) => Err(Failure::finding(p.clone())),
    }
}
