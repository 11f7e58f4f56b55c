//! The ledger: entries, proofs, checkpoints, verification, exports.

use super::list::{self, cell};
use super::reply::{Answer, Problem};
use super::request::{Acting, AsOf, Asked, Reading};
use super::{export, jobs};
use app::pages::ledger_query;
use axum::Json;
use axum::extract::Path;
use axum::http::{Uri, header};
use axum::response::{IntoResponse, Redirect};
use domain::seq::Seq;
use serde_json::{Value, json};
use service::exports::{self, Lines};
use service::ledger::{self, Filter, Order, Page, Stored};
use service::{Error, Read, Result};
use utoipa::IntoParams;

pub fn entry_json(s: &Stored) -> Value {
    let e = &s.entry;
    json!({
        "seq": e.seq, "at": e.at.rfc3339(), "actor": { "kind": e.actor.kind, "id": e.actor.shown() },
        "verb": e.verb, "subject": { "kind": e.subject_kind, "id": e.subject_id.map(|_| e.subject()) },
        "payload": serde_json::from_str::<Value>(&e.payload).unwrap_or_default(), "facts": e.facts, "leaf_hash": s.leaf_hash,
    })
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
    let page = ledger::page(&mut read, (Order::NewestFirst, None), &Filter::All, 1).await?;
    let note = page.checkpoint.ok_or(Error::NotFound("checkpoint"))?.note;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], note).into_response())
}

pub const HEADER: &str = "entry,at,actor_kind,actor,verb,subject_kind,subject,payload,facts,leaf_hash\r\n";

pub async fn csv(Reading(read, _): Reading, address: Uri) -> Answer {
    export::answer(&export::ENTRIES, read, &address).await
}

/// The lines of the list as the query of an address narrows and sorts it.
pub fn lines(query: &str) -> Result<Lines> {
    let asked = Asked::of(Some(query));
    let (filter, order, _) = ledger_query(|n| asked.get(n))?;
    let page = move |mut read: Read, cursor| {
        let filter = filter.clone();
        async move {
            let page = ledger::page(&mut read, (order, cursor), &filter, list::STEP).await?;
            Ok((page.entries.iter().map(|s| line(s, &page)).collect(), page.next))
        }
    };
    Ok(exports::lines(page, None))
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
#[utoipa::path(get, path = "/api/v1/ledger/export", security(("token" = ["ledger:read"]), ("session" = [])), params(AsOf), responses((status = 200, description = "JSON lines: one per entry, then a checkpoint", body = String, content_type = "application/jsonl"), (status = 202, description = "more than 100,000 entries: `Location` says where the file will be"), (status = "default", body = Problem)))]
pub async fn jsonl(Reading(read, _): Reading, address: Uri) -> Answer {
    export::answer(&export::LEDGER, read, &address).await
}

/// The lines of that file; nothing narrows them.
pub fn leaves(_: &str) -> Result<Lines> {
    Ok(exports::lines(leaf_page, None))
}

async fn leaf_page(mut read: Read, after: Option<Seq>) -> Result<(Vec<String>, Option<Seq>)> {
    let (lines, next) = ledger::export_page(&mut read, after).await?;
    Ok((lines.into_iter().map(|l| l + "\n").collect(), next))
}
