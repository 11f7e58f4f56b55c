//! `countersign change …`. It reads; people propose and decide by page or API, because nobody knows which human a command on
//! the machine is. Exit codes of `verify`: 0 valid, 1 refused or indeterminate, 2 could not be read.

use super::list::{self, List, Read};
use super::{Failure, Outcome};
use crate::web::changes::WholeChange;
use domain::ids::ChangeId;
use domain::note::Verifier;
use domain::passkey::Site;
use domain::receipt::{self, Proven, Trust};
use serde_json::json;
use service::changes;
use service::{Act, Error};
use std::io::{Read as _, Write};
use std::path::{Path, PathBuf};

/// No receipt is larger.
const LARGEST: u64 = 64 * 1024 * 1024;

#[derive(clap::Subcommand)]
pub enum Change {
    /// List changes
    List(List),
    /// Show one change with everything that a decision binds to, as JSON
    Show {
        id: String,
        #[command(flatten)]
        read: Read,
    },
    /// Write the receipt of an approved change: one file that anyone can verify offline
    Receipt {
        id: String,
        /// The file to write. Without it: standard output
        file: Option<PathBuf>,
    },
    /// Verify a receipt offline, with nothing but the file and what you bring
    Verify(Verify),
}

#[derive(clap::Args)]
pub struct Verify {
    pub file: PathBuf,
    /// The key of the ledger (name+hash+key), as countersign ledger key prints it
    #[arg(long)]
    pub key: Option<String>,
    /// The address where people of the installation sign in, e.g. https://countersign.example.org
    #[arg(long)]
    pub address: Option<String>,
    /// The SHA-256 of a passkey you know. Repeat it for several: any other one is refused
    #[arg(long = "passkey", value_name = "SHA256")]
    pub passkeys: Vec<String>,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
}

pub async fn run(act: &Act, command: Change) -> Outcome {
    match command {
        Change::List(wanted) => list::run::<changes::List>(act, wanted).await,
        Change::Show { id, read } => {
            let mut snapshot = read.open(act).await?;
            let page = found(changes::show(&mut snapshot, wanted(&id)?).await)?;
            say!("{}", serde_json::to_string_pretty(&WholeChange::try_from(&page)?)?);
            Ok(())
        }
        Change::Receipt { id, file } => {
            let mut snapshot = service::Read::open(act.services(), act.who(), domain::asof::Wanted::Now).await?;
            let text = found(changes::receipt(&mut snapshot, wanted(&id)?).await)?.text()?;
            written(&text, file.as_deref())
        }
        Change::Verify(asked) => verify(&asked),
    }
}

fn wanted(id: &str) -> Result<ChangeId, Failure> {
    super::id(id, "a change", "change list")
}

/// What is not there, or not in a state for it, is a finding.
fn found<T>(read: service::Result<T>) -> Result<T, Failure> {
    read.map_err(|error| match error {
        Error::NotFound(_) | Error::Conflict(_) => Failure::finding(error.to_string()),
        other => other.into(),
    })
}

fn written(text: &str, file: Option<&Path>) -> Outcome {
    let Some(path) = file else {
        say!("{text}");
        return Ok(());
    };
    let mut new = std::fs::File::create_new(path).map_err(|e| super::unopened(path, &e))?;
    new.write_all(text.as_bytes()).and_then(|()| new.write_all(b"\n")).and_then(|()| new.sync_all())?;
    say!("Receipt written to {}. Verify it with: countersign change verify {0} --key KEY --address ADDRESS", path.display());
    Ok(())
}

/// Verifies a receipt, without a store.
pub fn verify(asked: &Verify) -> Outcome {
    let path = &asked.file;
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|e| super::unopened(path, &e))?;
    file.take(LARGEST).read_to_string(&mut text).map_err(|_| format!("{} is no text. A receipt is one.", path.display()))?;
    let key = asked.key.as_deref().map(Verifier::parse).transpose()?;
    let no_site = || Failure::from("--address must be https://NAME or http://localhost:PORT, as people type it.");
    let site = asked.address.as_deref().map(|address| Site::of(address).ok_or_else(no_site)).transpose()?;
    let passkeys: Vec<String> = asked.passkeys.iter().map(|known| known.trim().to_ascii_lowercase()).collect();
    let outcome = receipt::verify(&text, &Trust { key: key.as_ref(), site: site.as_ref(), passkeys: &passkeys });
    if asked.json {
        say!("{}", serde_json::to_string_pretty(&as_json(&outcome))?);
    }
    match &outcome {
        receipt::Outcome::Valid(proven) => {
            told(asked, proven);
            Ok(())
        }
        receipt::Outcome::Indeterminate(proven, missing) => {
            told(asked, proven);
            let missing: Vec<&str> = missing.iter().map(|m| m.label()).collect();
            Err(Failure::finding(format!("Indeterminate. Nothing contradicts the receipt. Missing: {}.", missing.join("; "))))
        }
        receipt::Outcome::Refused(refusal) => Err(Failure::finding(format!("Refused at step {}: {refusal}", refusal.step))),
    }
}

fn as_json(outcome: &receipt::Outcome) -> serde_json::Value {
    let result = outcome.as_str();
    match outcome {
        receipt::Outcome::Valid(proven) => json!({ "result": result, "proven": proven }),
        receipt::Outcome::Indeterminate(proven, missing) => json!({ "result": result, "proven": proven, "missing": missing }),
        receipt::Outcome::Refused(refusal) => json!({ "result": result, "step": refusal.step, "why": refusal.why }),
    }
}

/// What it proves, and what rests on somebody's word.
fn told(asked: &Verify, proven: &Proven) {
    if asked.json {
        return;
    }
    say!("{} of {} people approved {}:", proven.approvals.len(), proven.people, proven.change);
    for approval in &proven.approvals {
        let passkey = approval.passkey.as_ref().map(|(sha256, added)| format!(", passkey {sha256} added with entry {added}"));
        say!("  {} with entry {} at {}{}", approval.person, approval.seq, approval.at.rfc3339(), passkey.unwrap_or_default());
    }
    match proven.applied {
        Some((seq, at)) => say!("Applied with entry {seq} at {}.", at.rfc3339()),
        None => say!("Not applied when the receipt was written."),
    }
    say!("SHA-256 of what was approved: {}. The checkpoint covers {} entries.", proven.candidate, proven.checkpoint);
    if asked.passkeys.is_empty() && proven.approvals.iter().any(|a| a.passkey.is_some()) {
        say!("Whose passkeys these are is what the ledger says. Compare them, or pass those you know with --passkey.");
    }
}
