//! Resources: forms and API.

use super::reply::{Answer, Problem, done, refused, written};
use super::request::{Acting, AsOf, Reading, Values, value};
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Form, Json};
use domain::ids::{IdentityId, ResourceId};
use domain::privilege::Class;
use domain::resource::Relation;
use domain::seq::Seq;
use serde_json::{Value, json};
use service::listing;
use service::resources::{self, Detail, Holder, Resource, Wish};
use service::{Error, Result};
use tower_sessions::Session;

fn id(text: &str) -> Result<ResourceId> {
    ResourceId::parse(text).map_err(|_| Error::NotFound("resource"))
}

fn wish(values: &Values) -> Wish {
    let get = |name: &str| value(values, name);
    Wish {
        name: get("name"),
        kind: get("kind"),
        pattern: get("pattern"),
        owner: get("owner"),
        criticality: get("criticality"),
        data_class: get("data_class"),
        environment: get("environment"),
    }
}

/// The version that the form showed; one that names none is nobody's.
fn seen(values: &Values) -> Seq {
    value(values, "seen").parse().map_or(Seq(-1), Seq)
}

pub async fn register_form(Acting(act): Acting, session: Session, Form(values): Form<Values>) -> Response {
    match resources::register(&act, &wish(&values)).await {
        Ok((id, written)) => done(&session, &format!("/resources/{id}"), &format!("Registered with entry {}.", written.seq)).await,
        Err(error) => refused(&session, "/resources/new", &error, values).await,
    }
}

pub async fn edit_form(Acting(act): Acting, session: Session, Path(wanted): Path<String>, Form(values): Form<Values>) -> Answer {
    let resource = id(&wanted)?;
    Ok(match resources::edit(&act, resource, seen(&values), &wish(&values)).await {
        Ok(done) => written(&session, &format!("/resources/{resource}"), Ok(done), "Saved", values).await,
        Err(error) => refused(&session, &format!("/resources/{resource}/edit"), &error, values).await,
    })
}

pub async fn retire_form(Acting(act): Acting, session: Session, Path(wanted): Path<String>, Form(values): Form<Values>) -> Answer {
    let resource = id(&wanted)?;
    Ok(match resources::retire(&act, resource, seen(&values)).await {
        Ok(done) => written(&session, "/resources", Ok(done), "Retired", values).await,
        Err(error) => refused(&session, &format!("/resources/{resource}"), &error, values).await,
    })
}

pub fn resource_json(r: &Resource, owner: Option<&str>) -> Value {
    json!({
        "id": r.id, "name": r.name, "kind": r.kind, "pattern": r.pattern, "normal": r.normal, "owner": r.owner_id, "owner_name": owner,
        "criticality": r.criticality, "data_class": r.data_class, "environment": r.environment, "version": r.since,
    })
}

pub fn detail_json(d: &Detail) -> Value {
    let overlap = |(r, is): &(Resource, Relation)| json!({ "id": r.id, "name": r.name, "pattern": r.pattern, "is": is });
    json!({
        "as_of": d.as_of.to_string(), "resource": resource_json(&d.resource, d.owner.as_deref()),
        "overlaps": d.overlaps.iter().map(overlap).collect::<Vec<_>>(), "overlaps_complete": d.overlaps_complete,
    })
}

fn path_json(p: &resources::Path) -> Value {
    let ends_at = p.ends_at.map(domain::time::Timestamp::rfc3339);
    json!({ "via": p.via, "via_name": p.via_name, "permission_set": p.set_name, "source": p.source, "ends_at": ends_at })
}

fn holder_json(h: &Holder) -> Value {
    json!({
        "id": h.id, "name": h.listed.as_ref().map(|l| &l.facts.name), "kind": h.listed.as_ref().map(|l| l.facts.kind),
        "class": h.classes.highest(), "classes": h.classes.iter().map(Class::as_str).collect::<Vec<_>>(), "wildcard": h.classes.wildcard(),
        "rules": h.rules, "actions": h.rule.actions, "actions_negated": h.rule.actions_negated, "extent": h.extent, "because": h.why,
        "paths": h.paths.iter().map(path_json).collect::<Vec<_>>(),
    })
}

/// What a register or an edit takes: the shape of `service::resources::Wish`, for the document.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "only described")]
pub struct RegisteredResource {
    name: String,
    /// `arn`, `kubernetes`, `uri`, `repository`, `mcp` or `name`
    kind: String,
    /// The places it stands for; `*` stands for any run of characters
    pattern: String,
    /// An active person: `per_…` or an e-mail address
    owner: Option<String>,
    /// `low`, `medium`, `high`, `critical` or `unknown`
    criticality: Option<String>,
    /// `public`, `internal`, `confidential`, `personal`, `secret` or `unknown`
    data_class: Option<String>,
    /// `production`, `test`, `development` or `unknown`
    environment: Option<String>,
}

/// Registers a resource.
#[utoipa::path(post, path = "/api/v1/resources", security(("token" = ["inventory:write"]), ("session" = [])), params(("Idempotency-Key" = Option<String>, Header, description = "the same request sent again within a day is answered as the first time")), request_body = RegisteredResource, responses((status = 201, description = "registered"), (status = "default", body = Problem)))]
pub async fn register(Acting(act): Acting, Json(w): Json<Wish>) -> Answer<(StatusCode, Json<Value>)> {
    let (id, written) = resources::register(&act, &w).await?;
    Ok((StatusCode::CREATED, Json(json!({ "id": id, "seq": written.seq }))))
}

/// One resource and the resources it overlaps.
#[utoipa::path(get, path = "/api/v1/resources/{id}", security(("token" = ["inventory:read"]), ("session" = [])), params(AsOf, ("id" = String, Path, description = "res_…")), responses((status = 200, description = "the resource"), (status = "default", body = Problem)))]
pub async fn show(Reading(mut read, _): Reading, Path(wanted): Path<String>) -> Answer<Json<Value>> {
    Ok(Json(detail_json(&resources::show(&mut read, id(&wanted)?).await?)))
}

#[derive(serde::Deserialize)]
pub struct Seen {
    /// The `version` that a read gave.
    version: Seq,
}

/// A new version of a resource; `version` is the one that was read.
#[utoipa::path(put, path = "/api/v1/resources/{id}", security(("token" = ["inventory:write"]), ("session" = [])), params(("id" = String, Path, description = "res_…"), ("version" = i64, Query, description = "the version that was read; another one is a conflict")), request_body = RegisteredResource, responses((status = 200, description = "saved"), (status = "default", body = Problem)))]
pub async fn edit(Acting(act): Acting, Path(wanted): Path<String>, Query(seen): Query<Seen>, Json(w): Json<Wish>) -> Answer<Json<Value>> {
    let written = resources::edit(&act, id(&wanted)?, seen.version, &w).await?;
    Ok(Json(json!({ "seq": written.seq })))
}

/// The identities that reach a resource, 50 a page: each with the worst of its rules that do, and by which path it holds it.
#[utoipa::path(get, path = "/api/v1/resources/{id}/reach", security(("token" = ["inventory:read"]), ("session" = [])), params(AsOf, ("id" = String, Path, description = "res_…"), ("after" = Option<String>, Query, description = "cursor of the previous page")), responses((status = 200, description = "a page"), (status = "default", body = Problem)))]
pub async fn reach(Reading(mut read, asked): Reading, Path(wanted): Path<String>) -> Answer<Json<Value>> {
    let after = asked.get("after").map(|text| IdentityId::parse(text).map_err(|_| listing::bad_cursor())).transpose()?;
    let r = resources::reach(&mut read, id(&wanted)?, after, listing::PAGE).await?;
    Ok(Json(json!({
        "as_of": r.as_of.to_string(), "total": r.total, "at_least": r.at_least, "rules_compared": r.compared, "every_rule": r.every_rule,
        "identities": r.holders.iter().map(holder_json).collect::<Vec<_>>(), "next": r.next,
    })))
}
