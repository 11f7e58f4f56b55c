//! Sources: registering one, saying who answers for it, and what feeds the inventory.

use super::list;
use super::operation::Operation;
use super::reply::{Answer, written};
use super::request::{Acting, Reading, Values, value};
use axum::extract::Path;
use axum::response::Response;
use axum::{Form, Json};
use domain::ids::SourceId;
use domain::seq::Seq;
use serde_json::{Value, json};
use service::Error;
use service::sources::{self, Listed, Wish};
use tower_sessions::Session;

const SOURCES: &str = "/settings/sources";

fn wish(values: &Values) -> Wish {
    let get = |name: &str| value(values, name);
    Wish {
        name: get("name"),
        kind: get("kind"),
        owner: get("owner"),
        environment: get("environment"),
        vantage: get("vantage"),
        hours: get("hours"),
    }
}

pub async fn register(Acting(act): Acting, session: Session, Form(values): Form<Values>) -> Response {
    let result = sources::register(&act, &wish(&values)).await.map(|(_, written)| written);
    written(&session, SOURCES, result, "Registered", values).await
}

pub async fn edit(Acting(act): Acting, session: Session, Path(id): Path<String>, Form(values): Form<Values>) -> Response {
    let edited = async {
        let id = SourceId::parse(&id).map_err(|_| Error::NotFound("source"))?;
        let seen = value(&values, "seen").parse().map_or(Seq(-1), Seq);
        sources::edit(&act, id, seen, &wish(&values)).await
    };
    let result = edited.await;
    written(&session, SOURCES, result, "Saved", values).await
}

pub fn source_json(l: &Listed) -> Value {
    let s = &l.source;
    json!({
        "id": s.id, "name": s.name, "kind": s.kind, "vantage": s.vantage, "environment": s.environment,
        "owner": s.owner_id, "owner_name": l.owner, "interval_seconds": s.interval_seconds,
        "identities": l.identities, "imports": l.imports, "last_heard": l.last_heard.map(|at| at.rfc3339()), "late": l.late,
    })
}

pub static LIST: Operation =
    Operation::new("list_sources", "Every source with who answers for it and when it was last heard", list::PAGE).lists();

pub async fn list(Reading(mut read, _): Reading) -> Answer<Json<Value>> {
    let page = sources::page(&mut read).await?;
    Ok(Json(json!({ "as_of": page.as_of.to_string(), "sources": page.sources.iter().map(source_json).collect::<Vec<_>>() })))
}
