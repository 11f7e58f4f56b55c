//! The ledger: entries, proofs, checkpoints, verification, exports.

use super::list::{self, cell};
use super::operation::{Body, Operation, Parameter, Shape, position, text, word};
use super::reply::Answer;
use super::request::{Acting, Reading};
use super::shown;
use app::pages::ledger_query;
use axum::Json;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::seq::Seq;
use serde::Serialize;
use serde_json::{Value, json};
use service::ledger::{self, Export, Filter, Order, Page, Stored};
use service::{Act, Error, Read, Services};
use utoipa::ToSchema;

pub fn entry_json(s: &Stored) -> Value {
    let e = &s.entry;
    json!({
        "seq": e.seq, "at": e.at.rfc3339(), "actor": { "kind": e.actor.kind, "id": e.actor.shown() },
        "verb": e.verb, "subject": { "kind": e.subject_kind, "id": e.subject_id.map(|_| e.subject()) },
        "payload": serde_json::from_str::<Value>(&e.payload).unwrap_or_default(), "facts": e.facts, "leaf_hash": s.leaf_hash,
    })
}

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
}

impl From<&ledger::Report> for Report {
    fn from(r: &ledger::Report) -> Self {
        let finding = |f: &ledger::Finding| Finding { table: f.table.clone(), id: f.id.clone(), seq: f.seq.into(), what: f.what.clone() };
        Self {
            intact: r.findings.is_empty(),
            entries: r.entries.into(),
            rows: r.rows,
            root: r.root.clone(),
            findings: r.findings.iter().map(finding).collect(),
        }
    }
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

/// Filters, order and cursor of the list.
const FILTERS: &[Parameter] = &[
    position("before", "Newest first: entries before this position"),
    position("after", "With `sort=oldest`: entries after this position"),
    word("sort", &["newest", "oldest"], "What comes first; the newest where it is not said"),
    text("verb", "Only entries with this verb"),
    text("subject", "Only entries about this, by its id"),
    text("actor", "Only what this person or agent did, by its id"),
];

pub static LIST: Operation = Operation::new("list_entries", "Entries, 50 a page", list::PAGE).with(FILTERS).lists();

pub async fn list(Reading(mut read, asked): Reading) -> Answer<Json<Value>> {
    let (filter, order, cursor) = ledger_query(|n| asked.get(n))?;
    let page = ledger::page(&mut read, (order, cursor), &filter, ledger::PAGE).await?;
    let entries: Vec<Value> = page.entries.iter().map(entry_json).collect();
    Ok(Json(json!({ "as_of": page.as_of.to_string(), "entries": entries, "next": page.next })))
}

pub static VERIFY: Operation = Operation::new("verify", "Recomputes everything", Body::Json(Shape::of::<Report>()));

pub async fn verify(Acting(act): Acting) -> Answer<Json<Report>> {
    Ok(Json((&ledger::verify(&act, &[]).await?).into()))
}

pub static PROOF: Operation = Operation::new("prove_entry", "An inclusion proof for one entry", Body::Json(Shape::of::<Proof>()));

pub async fn proof(Reading(mut read, _): Reading, Path(seq): Path<i64>) -> Answer<Json<Proof>> {
    Ok(Json(ledger::proof(&mut read, Seq(seq)).await?.into()))
}

pub static CHECKPOINT: Operation =
    Operation::new("show_checkpoint", "The newest checkpoint, a C2SP signed note", Body::Other("text/plain")).may_be_missing();

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

pub static EXPORT: Operation = Operation::new(
    "export_ledger",
    "The ledger up to an as-of as JSON lines, one per entry and then a checkpoint, that a stranger can verify offline",
    Body::Other("application/jsonl"),
);

pub async fn jsonl(Reading(read, _): Reading) -> Answer<Response> {
    let act = Act::new(read.services(), read.who());
    let export = ledger::export(&act, read.as_of()).await?;
    let body = list::body(String::new(), Some((act.services().clone(), export)), async |(services, mut export): (Services, Export)| {
        let Some(lines) = ledger::export_lines(&services, &mut export).await? else { return Ok((String::new(), None)) };
        Ok::<_, Error>((lines.into_iter().map(|l| l + "\n").collect(), Some((services, export))))
    });
    Ok(list::attachment("application/jsonl", "ledger.jsonl", body))
}
