//! Identities and their grants.

use super::{AsOf, At};
use crate::api::problem;
use app::pages::{cursor_text, list_query};
use axum::Json;
use axum::extract::{Extension, Path, Query, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::asof::Wanted;
use domain::ids::{Noun, parse, show as id_text};
use domain::privilege::Class;
use serde_json::{Value, json};
use service::identities::{self, Detail, Registration, ShownGrant};
use service::store::identities::Facts;
use service::{Error, Principal, Services};

pub fn facts_json(f: &Facts) -> Value {
    let classes: serde_json::Map<String, Value> =
        Class::ALL.iter().zip(f.by_class()).map(|(c, n)| (c.as_str().to_owned(), n.into())).collect();
    json!({
        "id": id_text(Noun::Identity, f.identity_id), "name": f.name, "kind": f.kind, "lifecycle": f.lifecycle,
        "environment": f.environment, "environment_from": f.environment_from, "review": f.review, "human": f.human,
        "owner": f.owner_id.map(|o| id_text(Noun::Person, o)), "owner_name": f.owner_name, "owner_hint": f.owner_hint,
        "backup": f.backup_id.map(|b| id_text(Noun::Person, b)), "place": f.place,
        "platform_managed": f.platform_managed == 1,
        "grants": { "total": f.grants, "standing": f.standing, "timed": f.timed, "denied": f.denied, "conditional": f.conditional, "by_class": classes },
        "surfaces": f.surfaces,
    })
}

pub fn grant_json(g: &ShownGrant) -> Value {
    let h = &g.held;
    json!({
        "id": id_text(Noun::Grant, h.id), "plane": h.plane, "source": h.source, "effect": h.rule.effect, "via": h.via, "via_name": h.via_name,
        "permission_set": h.set_name, "actions": h.rule.actions, "actions_negated": h.rule.actions_negated, "resources": h.rule.resources,
        "resources_negated": h.rule.resources_negated, "conditions": h.rule.conditions, "conditional": h.rule.is_conditional(),
        "ends_at": h.ends_at.map(|e| domain::time::Timestamp(e).rfc3339()), "enforced": h.enforced,
        "classes": g.judged.classes.iter().map(Class::as_str).collect::<Vec<_>>(),
        "reasons": g.judged.reasons.iter().map(|(c, r)| json!({ "class": c.as_str(), "because": r })).collect::<Vec<_>>(),
    })
}

pub fn detail_json(d: &Detail) -> Value {
    let surfaces: Vec<Value> = d
        .surfaces
        .iter()
        .map(|s| json!({ "id": id_text(Noun::Surface, s.surface.id), "kind": s.surface.kind, "locator": s.surface.locator, "plane": s.surface.plane, "digest": s.surface.content_digest, "versions": s.versions.len() }))
        .collect();
    json!({
        "as_of": d.as_of.to_string(), "identity": facts_json(&d.facts),
        "keys": d.keys.iter().map(|k| json!({ "source": k.source, "kind": k.kind, "key": k.key })).collect::<Vec<_>>(),
        "surfaces": surfaces, "permissions_digest": d.permissions,
        "tools": d.tools.iter().map(|t| json!({ "name": t.name, "drift_key": t.drift_key })).collect::<Vec<_>>(),
        "credentials": d.credentials.iter().map(|c| json!({ "method": c.method, "key_id": c.key_id })).collect::<Vec<_>>(),
        "unknown_access": d.observed.as_ref().and_then(|o| o.unknown_access.clone()),
        "version": d.manual.as_ref().map_or(0, |m| m.since),
    })
}

/// Identities, 50 a page.
#[utoipa::path(get, path = "/api/v1/identities", security(("token" = ["inventory:read"]), ("session" = [])), params(AsOf, ("kind" = Option<String>, Query, description = "ai_agent, service_account, workload, ci_identity, cloud_user, cloud_role, bot or integration"), ("environment" = Option<String>, Query, description = "production, test, development or unknown"), ("q" = Option<String>, Query, description = "a part of the name or ARN"), ("sort" = Option<String>, Query, description = "name, grants or privilege"), ("no_owner" = Option<String>, Query, description = "1: nobody answers for it"), ("privileged" = Option<String>, Query, description = "1: holds admin, secrets, destructive or wildcard access"), ("source" = Option<String>, Query, description = "a source by its name"), ("owner" = Option<String>, Query, description = "per_…"), ("team" = Option<String>, Query, description = "tea_…"), ("class" = Option<String>, Query, description = "read, write, destructive, admin, secrets or wildcard"), ("place" = Option<String>, Query, description = "account or namespace, as the field `place` says it"), ("hint" = Option<String>, Query, description = "whom a tag names as owner"), ("no_backup" = Option<String>, Query, description = "1: an owner and no backup"), ("orphaned" = Option<String>, Query, description = "the owner has left"), ("people" = Option<String>, Query, description = "no: leave out people and accounts that may be people's"), ("platform" = Option<String>, Query, description = "1: with platform-managed identities; only: nothing else"), ("review" = Option<String>, Query, description = "unreviewed or adopted"), ("lifecycle" = Option<String>, Query, description = "proposed, active, suspended, quarantined or retired"), ("after" = Option<String>, Query, description = "cursor of the previous page")), responses((status = 200, description = "a page"), (status = "default", body = problem::Problem)))]
pub async fn list(
    State(services): State<Services>,
    Extension(who): Extension<Principal>,
    At(wanted): At,
    RawQuery(query): RawQuery,
) -> Response {
    let pairs = crate::pages::pairs(query.as_deref().unwrap_or_default());
    let param = |n: &str| pairs.iter().find(|(k, _)| k == n).map(|(_, v)| v.clone()).filter(|v| !v.is_empty());
    let (filter, sort, after) = list_query(param);
    match identities::list(&services, &who, wanted, &filter, sort, &after, identities::PAGE).await {
        Ok(page) => Json(json!({
            "as_of": page.as_of.to_string(),
            "identities": page.rows.iter().map(facts_json).collect::<Vec<_>>(),
            "next": page.next.as_ref().map(cursor_text),
        }))
        .into_response(),
        Err(e) => problem::error(&e),
    }
}

async fn load(services: &Services, who: &Principal, id: &str, wanted: Wanted) -> service::Result<Detail> {
    let id = parse(Noun::Identity, id).map_err(|_| Error::NotFound("identity"))?;
    identities::show(services, who, wanted, id).await
}

/// One identity.
#[utoipa::path(get, path = "/api/v1/identities/{id}", security(("token" = ["inventory:read"]), ("session" = [])), params(AsOf, ("id" = String, Path, description = "idn_…")), responses((status = 200, description = "the identity"), (status = "default", body = problem::Problem)))]
pub async fn show(
    State(services): State<Services>,
    Extension(who): Extension<Principal>,
    Path(id): Path<String>,
    At(wanted): At,
) -> Response {
    match load(&services, &who, &id, wanted).await {
        Ok(d) => Json(detail_json(&d)).into_response(),
        Err(e) => problem::error(&e),
    }
}

/// The grants of one identity with the judgement on each.
#[utoipa::path(get, path = "/api/v1/identities/{id}/grants", security(("token" = ["inventory:read"]), ("session" = [])), params(AsOf, ("id" = String, Path, description = "idn_…")), responses((status = 200, description = "its grants"), (status = "default", body = problem::Problem)))]
pub async fn grants(
    State(services): State<Services>,
    Extension(who): Extension<Principal>,
    Path(id): Path<String>,
    At(wanted): At,
) -> Response {
    match load(&services, &who, &id, wanted).await {
        Ok(d) => Json(json!({ "as_of": d.as_of.to_string(), "complete": !d.cut, "not_seen": domain::access::NOT_SEEN, "grants": d.grants.iter().map(grant_json).collect::<Vec<_>>() })).into_response(),
        Err(e) => problem::error(&e),
    }
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
#[utoipa::path(post, path = "/api/v1/identities", security(("token" = ["inventory:write"]), ("session" = [])), params(("Idempotency-Key" = Option<String>, Header, description = "the same request sent again within a day is answered as the first time")), request_body = Registered, responses((status = 201, description = "registered"), (status = "default", body = problem::Problem)))]
pub async fn register(State(services): State<Services>, Extension(who): Extension<Principal>, Json(r): Json<Registration>) -> Response {
    match identities::register(&services, &who, &r).await {
        Ok((id, written)) => (StatusCode::CREATED, Json(json!({ "id": id_text(Noun::Identity, id), "seq": written.seq }))).into_response(),
        Err(e) => problem::error(&e),
    }
}

#[derive(serde::Deserialize)]
pub struct Seen {
    /// The `version` that a read gave.
    version: i64,
}

/// A new version of what was entered by hand; `version` is the one that was read.
#[utoipa::path(put, path = "/api/v1/identities/{id}", security(("token" = ["inventory:write"]), ("session" = [])), params(("id" = String, Path, description = "idn_…"), ("version" = i64, Query, description = "the version that was read; another one is a conflict")), request_body = Registered, responses((status = 200, description = "saved"), (status = "default", body = problem::Problem)))]
pub async fn edit(
    State(services): State<Services>,
    Extension(who): Extension<Principal>,
    Path(id): Path<String>,
    Query(seen): Query<Seen>,
    Json(r): Json<Registration>,
) -> Response {
    let Ok(identity) = parse(Noun::Identity, &id) else { return problem::error(&Error::NotFound("identity")) };
    match identities::edit(&services, &who, identity, seen.version, &r).await {
        Ok(written) => Json(json!({ "seq": written.seq })).into_response(),
        Err(e) => problem::error(&e),
    }
}
