//! The ledger: entries, proofs, checkpoints, verification, exports.

use super::list;
use super::reply::{Answer, Problem};
use super::request::{Acting, AsOf, Reading};
use axum::Json;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::seq::Seq;
use serde_json::{Value, json};
use service::ledger::{self, Export, Report};
use service::{Act, Error, Services};

pub fn report_json(r: &Report) -> Value {
    let findings: Vec<Value> = r.findings.iter().map(|f| json!({ "table": f.table, "id": f.id, "seq": f.seq, "what": f.what })).collect();
    json!({ "intact": r.findings.is_empty(), "entries": r.entries, "rows": r.rows, "root": r.root, "findings": findings })
}

/// Recomputes everything.
#[utoipa::path(post, path = "/api/v1/ledger/verify", security(("token" = ["ledger:read"]), ("session" = [])), responses((status = 200, description = "the report"), (status = "default", body = Problem)))]
pub async fn verify(Acting(act): Acting) -> Answer<Json<Value>> {
    Ok(Json(report_json(&ledger::verify(&act, &[]).await?)))
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
#[utoipa::path(get, path = "/api/v1/ledger/export", security(("token" = ["ledger:read"]), ("session" = [])), params(AsOf), responses((status = 200, description = "JSON lines: one per entry, then a checkpoint", body = String, content_type = "application/jsonl"), (status = "default", body = Problem)))]
pub async fn jsonl(Reading(read, _): Reading) -> Answer<Response> {
    let act = Act::new(read.services(), read.who());
    let export = ledger::export(&act, read.as_of()).await?;
    let body = list::body(String::new(), Some((act.services().clone(), export)), async |(services, mut export): (Services, Export)| {
        let Some(lines) = ledger::export_lines(&services, &mut export).await? else { return Ok((String::new(), None)) };
        Ok::<_, Error>((lines.into_iter().map(|l| l + "\n").collect(), Some((services, export))))
    });
    Ok(list::attachment("application/jsonl", "ledger.jsonl", body))
}
