//! Identities and their grants: forms, API, CSV.

use super::list::{self, cell, optional};
use super::operation::{Body, Operation, Parameter, Shape, position, text, word};
use super::reply::{Answer, done, refused, written};
use super::request::{Acting, Reading, Values};
use app::pages::{cursor_text, list_query};
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Form, Json};
use domain::identity::{Environment, Kind, Lifecycle, Review};
use domain::ids::{IdentityId, Noun};
use domain::privilege::Class;
use domain::seq::Seq;
use serde_json::{Value, json};
use service::identities::{self, After, Listed, NewText, Registration};
use service::{Error, Read, Result};
use tower_sessions::Session;

mod bodies;

pub use bodies::{Done, Grant, Grants, Identity, Made, Registered, WholeIdentity};

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

/// Filters, order and cursor of the list.
const FILTERS: &[Parameter] = &[
    word("kind", Kind::WORDS, "Only identities of this kind"),
    word("environment", Environment::WORDS, "Only identities that work there"),
    text("q", "A part of the name or ARN"),
    word("sort", &["name", "grants", "privilege"], "What comes first; by name where it is not said"),
    text("no_owner", "1: nobody answers for it"),
    text("privileged", "1: holds full control, admin, secrets or destructive access"),
    text("source", "A source by its name"),
    text("owner", "per_…"),
    text("team", "tea_…"),
    word("class", Class::WORDS, "Only identities with a grant of this highest class"),
    text("place", "Account or namespace, as the field `place` says it"),
    text("hint", "Whom a tag names as owner"),
    text("no_backup", "1: an owner and no backup"),
    text("orphaned", "1: the owner has left"),
    text("people", "no: leave out people and accounts that may be people's"),
    text("platform", "1: with platform-managed identities; only: nothing else"),
    word("review", Review::WORDS, "Whether people have countersigned its access"),
    word("lifecycle", Lifecycle::WORDS, "Where it stands in its life"),
    text("after", "Cursor of the previous page"),
];

pub static LIST: Operation = Operation::new("list_identities", "Identities, 50 a page", list::PAGE).with(FILTERS).lists();

pub async fn list(Reading(mut read, asked): Reading) -> Answer<Json<Value>> {
    let (filter, sort, after) = list_query(|n| asked.get(n))?;
    let page = identities::list(&mut read, &filter, sort, &after, identities::PAGE).await?;
    Ok(Json(json!({
        "as_of": page.as_of.to_string(),
        "identities": page.rows.iter().map(Identity::from).collect::<Vec<_>>(),
        "next": page.next.as_ref().map(cursor_text),
    })))
}

pub static SHOW: Operation =
    Operation::new("show_identity", "One identity with what it is made of", Body::Json(Shape::of::<WholeIdentity>())).of(Noun::Identity);

pub async fn show(Reading(mut read, _): Reading, Path(wanted): Path<String>) -> Answer<Json<WholeIdentity>> {
    Ok(Json((&identities::show(&mut read, id(&wanted)?).await?).into()))
}

pub static GRANTS: Operation =
    Operation::new("list_grants", "The grants of one identity with the judgement on each", Body::Json(Shape::of::<Grants>()))
        .of(Noun::Identity);

pub async fn grants(Reading(mut read, _): Reading, Path(wanted): Path<String>) -> Answer<Json<Grants>> {
    Ok(Json((&identities::show(&mut read, id(&wanted)?).await?).into()))
}

pub static REGISTER: Operation = Operation::new("register_identity", "Registers an identity by hand", Body::Json(Shape::of::<Made>()))
    .takes(Body::Json(Shape::of::<Registered>()))
    .makes();

pub async fn register(Acting(act): Acting, Json(r): Json<Registered>) -> Answer<(StatusCode, Json<Made>)> {
    let (id, written) = identities::register(&act, &r.into()).await?;
    Ok((StatusCode::CREATED, Json(Made { id: id.into(), seq: written.seq.into() })))
}

const VERSION: &[Parameter] = &[position("version", "The version that was read; another one is a conflict").required()];

pub static EDIT: Operation =
    Operation::new("edit_identity", "A new version of what was entered by hand, whole", Body::Json(Shape::of::<Done>()))
        .of(Noun::Identity)
        .with(VERSION)
        .takes(Body::Json(Shape::of::<Registered>()));

#[derive(serde::Deserialize)]
pub struct Seen {
    /// The `version` that a read gave.
    version: Seq,
}

pub async fn edit(
    Acting(act): Acting,
    Path(wanted): Path<String>,
    Query(seen): Query<Seen>,
    Json(r): Json<Registered>,
) -> Answer<Json<Done>> {
    if !(Seq::ZERO..=Seq::LARGEST).contains(&seen.version) {
        return Err(Error::invalid("version", "no entry has such a number").into());
    }
    Ok(Json(identities::edit(&act, id(&wanted)?, seen.version, &r.into()).await?.into()))
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
