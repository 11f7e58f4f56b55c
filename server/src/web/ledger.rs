//! The ledger: entries, proofs, checkpoints, verification, exports.

use super::operation::{Body, Operation, Shape};
use super::reply::{Answer, refused};
use super::request::{Acting, Reading, Values};
use super::{export, jobs, shown};
use axum::Json;
use axum::extract::{FromRequest, Multipart, Path, Request};
use axum::http::{Uri, header};
use axum::response::{IntoResponse, Redirect};
use domain::seq::Seq;
use serde::Serialize;
use service::exports::{self, Lines};
use service::{Error, Read, Result, ledger};
use utoipa::ToSchema;

pub static LIST: Operation = Operation::list::<ledger::List>("list_entries", "Entries, 50 at a time");

/// Something that is not as the ledger says.
#[derive(Serialize, ToSchema)]
pub struct Finding {
    table: String,
    /// The row's key; empty where a whole table is meant.
    id: String,
    seq: shown::Position,
    what: String,
}

/// What a verification found.
#[derive(Serialize, ToSchema)]
pub struct Report {
    intact: bool,
    /// The newest entry that was read.
    entries: shown::Position,
    rows: u64,
    root: String,
    findings: Vec<Finding>,
    /// What could not be looked at, and why.
    notes: Vec<String>,
}

/// That an entry stands in the tree of a checkpoint: a stranger can compute it again.
#[derive(Serialize, ToSchema)]
pub struct Proof {
    seq: shown::Position,
    /// The canonical text that was hashed.
    leaf: String,
    leaf_hash: String,
    index: usize,
    tree_size: shown::Position,
    path: Vec<String>,
    /// A C2SP signed note.
    checkpoint: String,
}

impl From<ledger::Proof> for Proof {
    fn from(p: ledger::Proof) -> Self {
        Self {
            seq: p.seq.into(),
            leaf: p.leaf,
            leaf_hash: p.leaf_hash,
            index: p.index,
            tree_size: p.tree_size.into(),
            path: p.path,
            checkpoint: p.checkpoint,
        }
    }
}

pub static VERIFY: Operation = Operation::new("verify", "Recomputes everything", Body::Json(Shape::of::<Report>())).may_go_on();

pub async fn verify(Acting(act): Acting) -> Answer {
    let id = ledger::start_verification(&act, None).await?;
    jobs::awaited(&act, id).await
}

/// The same from a page, against a checkpoint where one is sent along: on to the page of the job.
pub async fn verify_form(Acting(act): Acting, sent: Request) -> Answer {
    let begun = async { ledger::start_verification(&act, checkpoint_of(sent).await?.as_deref()).await };
    Ok(match begun.await {
        Ok(id) => Redirect::to(&jobs::page(id)).into_response(),
        Err(error @ Error::Invalid { .. }) => refused("/ledger/verify", &error, Values::new()),
        Err(error) => return Err(error.into()),
    })
}

/// The text of the file in the form; none where the form has none.
async fn checkpoint_of(sent: Request) -> Result<Option<String>> {
    let bad = |why: &str| Error::invalid("checkpoint", why);
    let kind = sent.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("multipart/") {
        return Ok(None);
    }
    let broken = |_| bad("The file didn't arrive. Choose it again.");
    let mut parts = Multipart::from_request(sent, &()).await.map_err(|_| bad("The file didn't arrive. Choose it again."))?;
    while let Some(field) = parts.next_field().await.map_err(broken)? {
        if field.name() == Some("checkpoint") {
            let bytes = field.bytes().await.map_err(broken)?;
            let text = String::from_utf8(bytes.to_vec()).map_err(|_| bad("This file is no text. A checkpoint is one."))?;
            return if text.trim().is_empty() { Err(bad("Choose a file with a checkpoint.")) } else { Ok(Some(text)) };
        }
    }
    Err(bad("Choose a file with a checkpoint."))
}

pub static PROOF: Operation = Operation::new("prove_entry", "An inclusion proof for one entry", Body::Json(Shape::of::<Proof>()));

/// A position as a path names it.
pub fn seq(text: &str) -> Result<Seq> {
    text.parse().map(Seq).map_err(|_| Error::invalid("seq", "write the number of a ledger entry, for example 48211"))
}

pub async fn proof(Reading(mut read, _): Reading, Path(wanted): Path<String>) -> Answer<Json<Proof>> {
    Ok(Json(ledger::proof(&mut read, seq(&wanted)?).await?.into()))
}

pub static CHECKPOINT: Operation =
    Operation::new("show_checkpoint", "The newest checkpoint, a C2SP signed note", Body::Other(&["text/plain"])).may_be_missing();

pub async fn checkpoint(Reading(mut read, _): Reading) -> Answer {
    let checkpoint = ledger::newest_checkpoint(&mut read).await?;
    let note = checkpoint.ok_or(Error::NotFound("checkpoint"))?.note;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], note).into_response())
}

pub static EXPORT: Operation = Operation::new(
    "export_ledger",
    "The ledger up to an as-of as JSON lines, one per entry and then a checkpoint, that a stranger can verify offline",
    Body::Other(&["application/jsonl"]),
)
.may_go_on();

pub async fn jsonl(Reading(read, _): Reading, address: Uri) -> Answer {
    export::answer(&export::LEAVES, read, &address).await
}

/// The lines of that file; nothing narrows them.
pub fn leaves(_: &str) -> Result<Lines> {
    Ok(exports::lines(leaf_page, None))
}

async fn leaf_page(mut read: Read, after: Option<Seq>) -> Result<(Vec<String>, Option<Seq>)> {
    let (lines, next) = ledger::export_page(&mut read, after).await?;
    Ok((lines.into_iter().map(|l| l + "\n").collect(), next))
}
