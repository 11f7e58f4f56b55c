//! Identities and their grants: forms, API, CSV.

use super::reply::{Answer, Problem, done, refused, written};
use super::request::{Acting, AsOf, Reading, Values};
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Form, Json};
use domain::ids::IdentityId;
use domain::privilege::Class;
use domain::seq::Seq;
use serde_json::{Value, json};
use service::identities::{self, Detail, List, Listed, NewText, Registration, ShownGrant};
use service::listing::Listing;
use service::{Error, Result};
use tower_sessions::Session;

fn id(text: &str) -> Result<IdentityId> {
    IdentityId::parse(text).map_err(|_| Error::NotFound("identity"))
}

fn registration(values: &Values) -> Registration {
    let get = |name: &str| values.get(name).cloned().unwrap_or_default();
    Registration {
        name: get("name"),
        kind: get("kind"),
        lifecycle: get("lifecycle"),
        environment: get("environment"),
        criticality: get("criticality"),
        autonomy: get("autonomy"),
        owner: get("owner"),
        backup: get("backup"),
        purpose: get("purpose"),
        team: get("team"),
        surfaces: (0..identities::MAX_SURFACES)
            .map(|n| NewText {
                kind: get(&format!("surface_kind_{n}")),
                locator: get(&format!("surface_locator_{n}")),
                text: get(&format!("surface_text_{n}")),
            })
            .collect(),
    }
}

pub async fn register_form(Acting(act): Acting, session: Session, Form(values): Form<Values>) -> Response {
    match identities::register(&act, &registration(&values)).await {
        Ok((id, written)) => done(&session, &format!("/identities/{id}"), &format!("Registered with entry {}.", written.seq)).await,
        Err(error) => refused(&session, "/identities/new", &error, values).await,
    }
}

pub async fn edit_form(Acting(act): Acting, session: Session, Path(wanted): Path<String>, Form(values): Form<Values>) -> Answer {
    let identity = id(&wanted)?;
    let seen = values.get("seen").and_then(|s| s.parse().ok()).map_or(Seq::ZERO, Seq);
    Ok(match identities::edit(&act, identity, seen, &registration(&values)).await {
        Ok(done) => written(&session, &format!("/identities/{identity}"), Ok(done), "Saved", values).await,
        Err(error) => refused(&session, &format!("/identities/{identity}/edit"), &error, values).await,
    })
}

pub fn grant_json(g: &ShownGrant) -> Value {
    let h = &g.held;
    json!({
        "id": h.id, "plane": h.plane, "source": h.source, "effect": h.rule.effect, "via": h.via, "via_name": h.via_name,
        "permission_set": h.set_name, "principals": h.rule.principals, "principals_negated": h.rule.principals_negated, "actions": h.rule.actions, "actions_negated": h.rule.actions_negated, "resources": h.rule.resources,
        "resources_negated": h.rule.resources_negated, "conditions": h.rule.conditions, "conditional": h.rule.is_conditional(),
        "ends_at": h.ends_at.map(domain::time::Timestamp::rfc3339), "enforced": h.enforced,
        "class": g.judged.classes.highest(), "wildcard": g.judged.classes.wildcard(), "wildcard_because": g.judged.wildcard,
        "classes": g.judged.classes.iter().map(Class::as_str).collect::<Vec<_>>(),
        "reasons": g.judged.reasons.iter().map(|(c, r)| json!({ "class": c.as_str(), "because": r })).collect::<Vec<_>>(),
    })
}

pub fn detail_json(d: &Detail) -> Value {
    let listed = Listed { facts: d.facts.clone(), review: d.review, owner_name: d.owner_name.clone() };
    let surfaces: Vec<Value> = d
        .surfaces
        .iter()
        .map(|s| json!({ "id": s.surface.id, "kind": s.surface.kind, "locator": s.surface.locator, "plane": s.surface.plane, "digest": s.surface.content_digest, "versions": s.versions.len() }))
        .collect();
    json!({
        "as_of": d.as_of.to_string(), "identity": domain::listing::json(List::FIELDS, &listed),
        "keys": d.keys.iter().map(|k| json!({ "source": k.source, "kind": k.kind, "key": k.key })).collect::<Vec<_>>(),
        "surfaces": surfaces, "permissions_digest": d.permissions,
        "resources": {
            "registered": d.resources.registered, "complete": d.resources.complete,
            "touched": d.resources.resources.iter().map(|t| json!({ "id": t.resource.id, "name": t.resource.name, "class": t.class, "extent": t.extent, "because": t.why })).collect::<Vec<_>>(),
        },
        "tools": d.tools.iter().map(|t| json!({ "name": t.name, "drift_key": t.drift_key })).collect::<Vec<_>>(),
        "credentials": d.credentials.iter().map(|c| json!({ "method": c.method, "key_id": c.key_id })).collect::<Vec<_>>(),
        "unknown_access": d.observed.as_ref().and_then(|o| o.unknown_access.clone()),
        "version": d.manual.as_ref().map_or(Seq::ZERO, |m| m.since),
    })
}

/// One identity.
#[utoipa::path(get, path = "/api/v1/identities/{id}", security(("token" = ["inventory:read"]), ("session" = [])), params(AsOf, ("id" = String, Path, description = "idn_…")), responses((status = 200, description = "the identity"), (status = "default", body = Problem)))]
pub async fn show(Reading(mut read, _): Reading, Path(wanted): Path<String>) -> Answer<Json<Value>> {
    Ok(Json(detail_json(&identities::show(&mut read, id(&wanted)?).await?)))
}

/// The grants of one identity with the judgement on each.
#[utoipa::path(get, path = "/api/v1/identities/{id}/grants", security(("token" = ["inventory:read"]), ("session" = [])), params(AsOf, ("id" = String, Path, description = "idn_…")), responses((status = 200, description = "its grants"), (status = "default", body = Problem)))]
pub async fn grants(Reading(mut read, _): Reading, Path(wanted): Path<String>) -> Answer<Json<Value>> {
    let d = identities::show(&mut read, id(&wanted)?).await?;
    let grants: Vec<Value> = d.grants.iter().map(grant_json).collect();
    Ok(Json(json!({ "as_of": d.as_of.to_string(), "complete": !d.cut, "not_seen": domain::access::NOT_SEEN, "grants": grants })))
}

/// What a register or an edit takes: the shape of `service::identities::Registration`, for the document.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "only described")]
pub struct Registered {
    name: String,
    /// `ai_agent`, `service_account`, `workload`, `ci_identity`, `cloud_user`, `cloud_role`, `bot` or `integration`
    kind: String,
    /// `proposed`, `active`, `suspended`, `quarantined` or `retired`
    lifecycle: Option<String>,
    /// `production`, `test`, `development` or `unknown`
    environment: Option<String>,
    /// `low`, `medium`, `high`, `critical` or `unknown`
    criticality: Option<String>,
    /// `none`, `advisory`, `supervised`, `bounded` or `autonomous`
    autonomy: Option<String>,
    /// `per_…`, an active person
    owner: Option<String>,
    /// `per_…`, somebody else than the owner
    backup: Option<String>,
    /// A team by id or name
    team: Option<String>,
    purpose: Option<String>,
    surfaces: Option<Vec<RegisteredSurface>>,
}

/// A surface to add, or to give a new version of its text.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "only described")]
pub struct RegisteredSurface {
    /// `instructions`, `tools`, `memory`, `permissions`, `boundary`, `evaluator`, `approval_rule` or `model`
    kind: String,
    /// A URI, an ARN or a repository path
    locator: String,
    /// None for `permissions` and `tools`: their content is derived
    text: Option<String>,
}

/// Registers an identity by hand.
#[utoipa::path(post, path = "/api/v1/identities", security(("token" = ["inventory:write"]), ("session" = [])), params(("Idempotency-Key" = Option<String>, Header, description = "the same request sent again within a day is answered as the first time")), request_body = Registered, responses((status = 201, description = "registered"), (status = "default", body = Problem)))]
pub async fn register(Acting(act): Acting, Json(r): Json<Registration>) -> Answer<(StatusCode, Json<Value>)> {
    let (id, written) = identities::register(&act, &r).await?;
    Ok((StatusCode::CREATED, Json(json!({ "id": id, "seq": written.seq }))))
}

#[derive(serde::Deserialize)]
pub struct Seen {
    /// The `version` that a read gave.
    version: Seq,
}

/// A new version of what was entered by hand; `version` is the one that was read.
#[utoipa::path(put, path = "/api/v1/identities/{id}", security(("token" = ["inventory:write"]), ("session" = [])), params(("id" = String, Path, description = "idn_…"), ("version" = i64, Query, description = "the version that was read; another one is a conflict")), request_body = Registered, responses((status = 200, description = "saved"), (status = "default", body = Problem)))]
pub async fn edit(
    Acting(act): Acting,
    Path(wanted): Path<String>,
    Query(seen): Query<Seen>,
    Json(r): Json<Registration>,
) -> Answer<Json<Value>> {
    let written = identities::edit(&act, id(&wanted)?, seen.version, &r).await?;
    Ok(Json(json!({ "seq": written.seq })))
}
