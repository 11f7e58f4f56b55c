//! Identities and their grants: forms, API, CSV.

use super::list::{self, cell, optional};
use super::reply::{Answer, Problem, done, refused, written};
use super::request::{Acting, AsOf, Reading, Values};
use app::pages::{cursor_text, list_query};
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Form, Json};
use domain::ids::IdentityId;
use domain::privilege::Class;
use domain::seq::Seq;
use serde_json::{Value, json};
use service::identities::{self, After, Detail, Listed, NewText, Registration, ShownGrant};
use service::{Error, Read, Result};
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

pub fn facts_json(l: &Listed) -> Value {
    let f = &l.facts;
    let classes: serde_json::Map<String, Value> =
        Class::ALL.iter().zip(f.by_class()).map(|(c, n)| (c.as_str().to_owned(), n.into())).collect();
    json!({
        "id": f.identity_id, "name": f.name, "kind": f.kind, "lifecycle": f.lifecycle,
        "environment": f.environment, "environment_from": f.environment_from, "review": f.review, "human": f.human,
        "owner": f.owner_id, "owner_name": l.owner_name, "owner_hint": f.owner_hint,
        "backup": f.backup_id, "place": f.place, "platform_managed": f.platform_managed == 1,
        "grants": { "total": f.grants, "standing": f.standing, "timed": f.timed, "denied": f.denied, "conditional": f.conditional, "by_class": classes, "wildcard": f.n_wildcard },
        "surfaces": f.surfaces,
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
    let listed = Listed { facts: d.facts.clone(), owner_name: d.owner_name.clone() };
    let surfaces: Vec<Value> = d
        .surfaces
        .iter()
        .map(|s| json!({ "id": s.surface.id, "kind": s.surface.kind, "locator": s.surface.locator, "plane": s.surface.plane, "digest": s.surface.content_digest, "versions": s.versions.len() }))
        .collect();
    json!({
        "as_of": d.as_of.to_string(), "identity": facts_json(&listed),
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

/// Identities, 50 a page.
#[utoipa::path(get, path = "/api/v1/identities", security(("token" = ["inventory:read"]), ("session" = [])), params(AsOf, ("kind" = Option<String>, Query, description = "ai_agent, service_account, workload, ci_identity, cloud_user, cloud_role, bot or integration"), ("environment" = Option<String>, Query, description = "production, test, development or unknown"), ("q" = Option<String>, Query, description = "a part of the name or ARN"), ("sort" = Option<String>, Query, description = "name, grants or privilege"), ("no_owner" = Option<String>, Query, description = "1: nobody answers for it"), ("privileged" = Option<String>, Query, description = "1: holds full control, admin, secrets or destructive access"), ("source" = Option<String>, Query, description = "a source by its name"), ("owner" = Option<String>, Query, description = "per_…"), ("team" = Option<String>, Query, description = "tea_…"), ("class" = Option<String>, Query, description = "full_control, admin, secrets, destructive, write or read: the highest class of a grant"), ("place" = Option<String>, Query, description = "account or namespace, as the field `place` says it"), ("hint" = Option<String>, Query, description = "whom a tag names as owner"), ("no_backup" = Option<String>, Query, description = "1: an owner and no backup"), ("orphaned" = Option<String>, Query, description = "the owner has left"), ("people" = Option<String>, Query, description = "no: leave out people and accounts that may be people's"), ("platform" = Option<String>, Query, description = "1: with platform-managed identities; only: nothing else"), ("review" = Option<String>, Query, description = "unreviewed or adopted"), ("lifecycle" = Option<String>, Query, description = "proposed, active, suspended, quarantined or retired"), ("after" = Option<String>, Query, description = "cursor of the previous page")), responses((status = 200, description = "a page"), (status = "default", body = Problem)))]
pub async fn list(Reading(mut read, asked): Reading) -> Answer<Json<Value>> {
    let (filter, sort, after) = list_query(|n| asked.get(n))?;
    let page = identities::list(&mut read, &filter, sort, &after, identities::PAGE).await?;
    Ok(Json(json!({
        "as_of": page.as_of.to_string(),
        "identities": page.rows.iter().map(facts_json).collect::<Vec<_>>(),
        "next": page.next.as_ref().map(cursor_text),
    })))
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

const HEADER: &str = "id,name,kind,environment,environment_from,owner,owner_hint,review,lifecycle,human,grants,standing,timed,denied,conditional,full_control,admin,secrets,destructive,write,read,wildcard";

/// The list that the page's filters select, as of the page's as-of.
pub async fn csv(Reading(read, asked): Reading) -> Answer {
    let (filter, sort, _) = list_query(|n| asked.get(n))?;
    let page = move |mut read: Read, after: Option<After>| {
        let filter = filter.clone();
        async move {
            let page = identities::list(&mut read, &filter, sort, &after.unwrap_or(After::Start), list::STEP).await?;
            Ok((page.rows.iter().map(line).collect(), page.next))
        }
    };
    list::csv(read, "identities", HEADER, page).await
}

fn line(l: &Listed) -> String {
    let f = &l.facts;
    let mut cells = vec![
        cell(&f.identity_id.to_string()),
        cell(&f.name),
        cell(f.kind.as_str()),
        cell(f.environment.as_str()),
        cell(f.environment_from.as_str()),
        optional(l.owner_name.as_deref()),
        optional(f.owner_hint.as_deref()),
        cell(f.review.as_str()),
        cell(f.lifecycle.as_str()),
        optional(f.human.map(domain::identity::Human::as_str)),
    ];
    cells.extend([f.grants, f.standing, f.timed, f.denied, f.conditional].map(|n| n.to_string()));
    cells.extend(f.by_class().map(|n| n.to_string()));
    cells.push(f.n_wildcard.to_string());
    list::line(&cells)
}
