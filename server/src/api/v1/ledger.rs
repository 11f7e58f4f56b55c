//! The ledger: entries, proofs, checkpoints, verification, export.

use super::{AsOf, At};
use crate::api::problem;
use axum::Json;
use axum::extract::{Extension, Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::ids::{Noun, parse_any, show};
use serde::Deserialize;
use serde_json::{Value, json};
use service::store::ledger::{Filter, Order, Stored};
use service::store::verify::Report;
use service::{Error, Principal, Services, ledger};
use utoipa::IntoParams;

pub fn entry_json(s: &Stored) -> Value {
    let e = &s.entry;
    json!({
        "seq": e.seq, "at": e.at.rfc3339(), "actor": { "kind": e.actor.kind.as_str(), "id": e.actor.id.map(|i| show(Noun::Person, i)) },
        "verb": e.verb, "subject": { "kind": e.subject_kind, "id": e.subject_id.map(|_| e.subject()) },
        "payload": serde_json::from_str::<Value>(&e.payload).unwrap_or_default(), "facts": e.facts, "leaf_hash": s.leaf_hash,
    })
}

pub fn report_json(r: &Report) -> Value {
    let findings: Vec<Value> = r.findings.iter().map(|f| json!({ "table": f.table, "id": f.id, "seq": f.seq, "what": f.what })).collect();
    json!({ "intact": r.findings.is_empty(), "entries": r.entries, "rows": r.rows, "root": r.root, "findings": findings })
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
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

impl Asked {
    fn filter(&self) -> service::Result<Filter> {
        let id = |field: &'static str, text: &str| parse_any(text).ok_or_else(|| Error::invalid(field, "no id; an id looks like idn_…"));
        Ok(match (&self.subject, &self.actor, &self.verb) {
            (Some(s), _, _) => Filter::Subject(id("subject", s)?),
            (None, Some(a), _) => Filter::Actor(id("actor", a)?),
            (None, None, Some(verb)) => Filter::Verb(verb.clone()),
            (None, None, None) => Filter::All,
        })
    }
}

/// Entries, 50 a page.
#[utoipa::path(get, path = "/api/v1/ledger", security(("token" = ["ledger:read"]), ("session" = [])), params(AsOf, Asked), responses((status = 200, description = "entries"), (status = "default", body = problem::Problem)))]
pub async fn list(
    State(services): State<Services>,
    Extension(who): Extension<Principal>,
    At(wanted): At,
    Query(q): Query<Asked>,
) -> Response {
    let filter = match q.filter() {
        Ok(f) => f,
        Err(e) => return problem::error(&e),
    };
    let order = if q.sort.as_deref() == Some("oldest") { Order::OldestFirst } else { Order::NewestFirst };
    match ledger::page(&services, &who, wanted, (order, q.before.or(q.after)), &filter, ledger::PAGE).await {
        Ok(p) => {
            Json(json!({ "as_of": p.as_of.to_string(), "entries": p.entries.iter().map(entry_json).collect::<Vec<_>>(), "next": p.next }))
                .into_response()
        }
        Err(e) => problem::error(&e),
    }
}

/// Recomputes everything.
#[utoipa::path(post, path = "/api/v1/ledger/verify", security(("token" = ["ledger:read"]), ("session" = [])), responses((status = 200, description = "the report"), (status = "default", body = problem::Problem)))]
pub async fn verify(State(services): State<Services>, Extension(who): Extension<Principal>) -> Response {
    match ledger::verify(&services, &who, &[]).await {
        Ok(report) => Json(report_json(&report)).into_response(),
        Err(e) => problem::error(&e),
    }
}

/// An inclusion proof for one entry.
#[utoipa::path(get, path = "/api/v1/ledger/{seq}/proof", security(("token" = ["ledger:read"]), ("session" = [])), params(("seq" = i64, Path, description = "a position")), responses((status = 200, description = "leaf, path, checkpoint"), (status = "default", body = problem::Problem)))]
pub async fn proof(State(services): State<Services>, Extension(who): Extension<Principal>, Path(seq): Path<i64>) -> Response {
    match ledger::proof(&services, &who, seq).await {
        Ok(proof) => Json(proof).into_response(),
        Err(e) => problem::error(&e),
    }
}

/// The newest checkpoint, a C2SP signed note.
#[utoipa::path(get, path = "/api/v1/ledger/checkpoint", security(("token" = ["ledger:read"]), ("session" = [])), responses((status = 200, description = "the note", body = String), (status = "default", body = problem::Problem)))]
pub async fn checkpoint(State(services): State<Services>, Extension(who): Extension<Principal>, At(wanted): At) -> Response {
    match ledger::page(&services, &who, wanted, (Order::NewestFirst, None), &Filter::All, 1).await {
        Ok(p) => match p.checkpoint {
            Some(c) => ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], c.note).into_response(),
            None => problem::error(&Error::NotFound("checkpoint")),
        },
        Err(e) => problem::error(&e),
    }
}
