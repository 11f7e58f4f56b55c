//! The ledger: entries, proofs, checkpoints, verification, exports.

use super::reply::{Answer, Problem};
use super::request::{Acting, AsOf, Reading};
use super::{export, jobs};
use axum::Json;
use axum::extract::Path;
use axum::http::{Uri, header};
use axum::response::{IntoResponse, Redirect};
use domain::seq::Seq;
use serde_json::Value;
use service::exports::{self, Lines};
use service::{Error, Read, Result, ledger};

/// Recomputes everything.
#[utoipa::path(post, path = "/api/v1/ledger/verify", security(("token" = ["ledger:read"]), ("session" = [])), responses((status = 200, description = "the report"), (status = 202, description = "it takes longer: `Location` says where to look"), (status = "default", body = Problem)))]
pub async fn verify(Acting(act): Acting) -> Answer {
    let id = ledger::start_verification(&act).await?;
    jobs::awaited(&act, id).await
}

/// The same from a page: on to the page of the job.
pub async fn verify_form(Acting(act): Acting) -> Answer {
    Ok(Redirect::to(&jobs::page(ledger::start_verification(&act).await?)).into_response())
}

/// An inclusion proof for one entry.
#[utoipa::path(get, path = "/api/v1/ledger/{seq}/proof", security(("token" = ["ledger:read"]), ("session" = [])), params(AsOf, ("seq" = i64, Path, description = "a position")), responses((status = 200, description = "leaf, path, checkpoint"), (status = "default", body = Problem)))]
pub async fn proof(Reading(mut read, _): Reading, Path(seq): Path<i64>) -> Answer<Json<Value>> {
    Ok(Json(ledger::proof(&mut read, Seq(seq)).await?))
}

/// The newest checkpoint, a C2SP signed note.
#[utoipa::path(get, path = "/api/v1/ledger/checkpoint", security(("token" = ["ledger:read"]), ("session" = [])), responses((status = 200, description = "the note", body = String), (status = "default", body = Problem)))]
pub async fn checkpoint(Reading(mut read, _): Reading) -> Answer {
    let (_, checkpoint) = ledger::surroundings(&mut read).await?;
    let note = checkpoint.ok_or(Error::NotFound("checkpoint"))?.note;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], note).into_response())
}

/// The ledger up to an as-of as JSON lines that a stranger can verify offline.
#[utoipa::path(get, path = "/api/v1/ledger/export", security(("token" = ["ledger:read"]), ("session" = [])), params(AsOf), responses((status = 200, description = "JSON lines: one per entry, then a checkpoint", body = String, content_type = "application/jsonl"), (status = 202, description = "more than 100,000 entries: `Location` says where the file will be"), (status = "default", body = Problem)))]
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
