//! The ledger: entries, proofs, checkpoints, verification, exports.

use super::list::{self, cell};
use super::reply::{Answer, Problem};
use super::request::{Acting, AsOf, Reading};
use app::pages::ledger_query;
use axum::Json;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::seq::Seq;
use serde_json::{Value, json};
use service::ledger::{self, Export, Filter, Order, Page, Report, Stored};
use service::{Act, Error, Read, Services};
use utoipa::IntoParams;

pub fn entry_json(s: &Stored) -> Value {
    let e = &s.entry;
    json!({
        "seq": e.seq, "at": e.at.rfc3339(), "actor": { "kind": e.actor.kind, "id": e.actor.shown() },
        "verb": e.verb, "subject": { "kind": e.subject_kind, "id": e.subject_id.map(|_| e.subject()) },
        "payload": serde_json::from_str::<Value>(&e.payload).unwrap_or_default(), "facts": e.facts, "leaf_hash": s.leaf_hash,
    })
}

pub fn report_json(r: &Report) -> Value {
    let findings: Vec<Value> = r.findings.iter().map(|f| json!({ "table": f.table, "id": f.id, "seq": f.seq, "what": f.what })).collect();
    json!({ "intact": r.findings.is_empty(), "entries": r.entries, "rows": r.rows, "root": r.root, "findings": findings })
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described")]
pub struct Narrowed {
    /// Newest first: entries before this position.
    before: Option<i64>,
    /// With `sort=oldest`: entries after this position.
    after: Option<i64>,
    /// newest (the default) or oldest
    sort: Option<String>,
    /// Only entries with this verb.
    verb: Option<String>,
    /// Only entries about this, by its id.
    subject: Option<String>,
    /// Only what this person or agent did, by its id.
    actor: Option<String>,
}

/// Entries, 50 a page.
#[utoipa::path(get, path = "/api/v1/ledger", security(("token" = ["ledger:read"]), ("session" = [])), params(AsOf, Narrowed), responses((status = 200, description = "entries"), (status = "default", body = Problem)))]
pub async fn list(Reading(mut read, asked): Reading) -> Answer<Json<Value>> {
    let (filter, order, cursor) = ledger_query(|n| asked.get(n))?;
    let page = ledger::page(&mut read, (order, cursor), &filter, ledger::PAGE).await?;
    let entries: Vec<Value> = page.entries.iter().map(entry_json).collect();
    Ok(Json(json!({ "as_of": page.as_of.to_string(), "entries": entries, "next": page.next })))
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
    let page = ledger::page(&mut read, (Order::NewestFirst, None), &Filter::All, 1).await?;
    let note = page.checkpoint.ok_or(Error::NotFound("checkpoint"))?.note;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], note).into_response())
}

const HEADER: &str = "entry,at,actor_kind,actor,verb,subject_kind,subject,payload,facts,leaf_hash";

pub async fn csv(Reading(read, asked): Reading) -> Answer {
    let (filter, order, _) = ledger_query(|n| asked.get(n))?;
    let page = move |mut read: Read, cursor| {
        let filter = filter.clone();
        async move {
            let page = ledger::page(&mut read, (order, cursor), &filter, list::STEP).await?;
            Ok((page.entries.iter().map(|s| line(s, &page)).collect(), page.next))
        }
    };
    list::csv(read, "ledger entries", HEADER, page).await
}

fn line(s: &Stored, page: &Page) -> String {
    let e = &s.entry;
    list::line(&[
        e.seq.to_string(),
        e.at.rfc3339(),
        cell(e.actor.kind.as_str()),
        list::optional(page.actor_name(s)),
        cell(&e.verb),
        cell(&e.subject_kind),
        cell(&e.subject_id.map(|_| e.subject()).unwrap_or_default()),
        cell(&e.payload),
        cell(&e.facts),
        cell(&s.leaf_hash),
    ])
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
