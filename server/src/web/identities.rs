//! Identities and their grants: forms and API.

use super::operation::{Body, Operation, Parameter, Shape, position};
use super::reply::{self, Answer, done, refused, written};
use super::request::{Acting, Asking, Reading, Values};
use super::sent::Sent;
use app::proposal;
use axum::extract::Path;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::{Form, Json};
use domain::ids::{IdentityId, Noun, SurfaceId};
use domain::query::Asked;
use domain::seq::Seq;
use service::identities::{self, Assigned, List, NewText, Registration};
use service::{Error, Result, changes, listing};

mod bodies;

pub use bodies::{Done, Grant, Grants, Made, Registered, WholeIdentity};

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

pub async fn register_form(Acting(act): Acting, Form(values): Form<Values>) -> Response {
    match identities::register(&act, &registration(&values)).await {
        Ok((id, written)) => done(&format!("/identities/{id}"), &format!("Registered with entry {}.", written.seq)),
        Err(error) => refused("/identities/new", &error, values),
    }
}

pub async fn edit_form(Acting(act): Acting, Path(wanted): Path<String>, Form(values): Form<Values>) -> Answer {
    let identity = id(&wanted)?;
    let seen = values.get("seen").and_then(|s| s.parse().ok()).map_or(Seq::ZERO, Seq);
    let form = format!("/identities/{identity}/edit");
    match identities::as_operations(&act, identity, seen, &registration(&values)).await {
        // Agreed upon like any change: the page of the proposal says by whom before anything is sent.
        Ok(Some(operations)) => {
            let values = proposal::keep([("identity".to_owned(), identity.to_string())].into(), operations);
            return Ok(match changes::preview(&act, &proposal::to_weigh(&values)).await {
                Ok(_) => reply::again(&format!("/changes/new?identity={identity}"), values),
                Err(error) => refused(&form, &error, values),
            });
        }
        Err(error) => return Ok(refused(&form, &error, values)),
        Ok(None) => {}
    }
    Ok(match identities::edit(&act, identity, seen, &registration(&values)).await {
        result @ (Ok(_) | Err(Error::Unchanged)) => written(&format!("/identities/{identity}"), result, "Saved", values),
        Err(error) => refused(&form, &error, values),
    })
}

/// One owner for every identity that was selected, or for all that a list holds; back to the list it came from.
pub async fn assign_form(Acting(act): Acting, Form(values): Form<Values>) -> Response {
    let picked = values.keys().filter_map(|k| IdentityId::parse(k.strip_prefix("pick-")?).ok());
    let picked: Vec<IdentityId> = picked.collect();
    let ours = |b: &&String| (b.starts_with("/identities") || b.starts_with("/adoption")) && b.parse::<Uri>().is_ok();
    let back = values.get("back").filter(ours);
    let back = back.cloned().unwrap_or_else(|| "/identities".to_owned());
    let owner = values.get("owner").cloned().unwrap_or_default();
    let assigned_to = match values.get("where") {
        // All that a list holds, as its address narrows it.
        Some(query) => match listing::asked::<List>(&Asked::of(query)) {
            Ok(filter) => identities::assign_all(&act, &filter, &owner).await,
            Err(error) => Err(error),
        },
        None => identities::assign(&act, &picked, &owner).await,
    };
    match assigned_to {
        Ok(done) => reply::done(&back, &assigned(&done)),
        Err(error) => refused(&back, &error, values),
    }
}

fn assigned(a: &Assigned) -> String {
    let count = |n: usize| if n == 1 { "1 identity".to_owned() } else { format!("{n} identities") };
    let had = if a.unchanged == 0 { String::new() } else { format!(" {} had this owner already.", count(a.unchanged)) };
    let left = match a.countersigned {
        0 => String::new(),
        1 => " 1 identity was left: people agreed to its owner, so a change request changes it.".to_owned(),
        n => format!(" {n} identities were left: people agreed to their owners, so change requests change them."),
    };
    match &a.written {
        Some(written) => format!("{} assigned to {}. Ledger entry {}.{had}{left}", count(a.assigned), a.owner, written.seq),
        None => format!("Nothing was assigned.{had}{left}"),
    }
}

/// The whole text of one version of a surface, as a file: it is never shown as a page of ours.
pub async fn text(Reading(mut read, _): Reading, Path((surface, seq)): Path<(String, String)>) -> Answer {
    let gone = || Error::NotFound("text");
    let surface = SurfaceId::parse(&surface).map_err(|_| gone())?;
    let since = seq.parse().map(Seq).map_err(|_| gone())?;
    let text = identities::version_text(&mut read, surface, since).await?;
    let name = format!("attachment; filename=\"{surface}-{since}.txt\"");
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)], text).into_response())
}

pub static LIST: Operation = Operation::list::<List>("list_identities", "Identities, 50 at a time");

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

pub static COMPARE: Operation = Operation::list::<service::comparison::List>(
    "compare",
    "What differs between as_of and against, of everything, a source or an identity, 50 at a time, the newest changes first: a stretch may be shorter and still go on",
);

pub static ALL_GRANTS: Operation = Operation::list::<service::grants::List>(
    "list_all_grants",
    "Grants in force, 50 at a time, those of the worst identity first: a stretch may be shorter and still go on",
);

pub static REGISTER: Operation = Operation::new("register_identity", "Registers an identity manually", Body::Json(Shape::of::<Made>()))
    .takes(Body::Json(Shape::of::<Registered>()))
    .makes();

pub async fn register(Acting(act): Acting, Sent(r): Sent<Registered>) -> Answer<(StatusCode, Json<Made>)> {
    let (id, written) = identities::register(&act, &r.into()).await?;
    Ok((StatusCode::CREATED, Json(Made { id: id.to_string(), seq: written.seq.into() })))
}

pub const VERSION: &[Parameter] = &[position("version", "The version that was read; another one is a conflict").required()];

pub static EDIT: Operation = Operation::new("edit_identity", "Replaces what was entered manually, whole", Body::Json(Shape::of::<Done>()))
    .of(Noun::Identity)
    .with(VERSION)
    .takes(Body::Json(Shape::of::<Registered>()));

/// The `version` that a read gave and an edit says it has read.
pub fn version(asked: &Asked) -> Result<Seq> {
    let seen = asked.get("version").and_then(|text| text.parse().ok()).map(Seq);
    seen.ok_or_else(|| Error::invalid("version", "no entry has such a number"))
}

pub async fn edit(Acting(act): Acting, Path(wanted): Path<String>, Asking(asked): Asking, Sent(r): Sent<Registered>) -> Answer<Json<Done>> {
    Ok(Json(identities::edit(&act, id(&wanted)?, version(&asked)?, &r.into()).await?.into()))
}
