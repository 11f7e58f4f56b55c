//! Resources: forms and API.

use super::identities::{Done, Made, VERSION, version};
use super::operation::{Body, Operation, Parameter, Shape, text};
use super::reply::{Answer, done, refused, written};
use super::request::{Acting, Asking, Reading, Values, value};
use super::sent::Sent;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Form, Json};
use domain::ids::{IdentityId, Noun, ResourceId};
use domain::seq::Seq;
use service::listing;
use service::resources::{self, List, Wish};
use service::{Error, Result};

mod bodies;

pub use bodies::{Reach, RegisteredResource, WholeResource};

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

pub async fn register_form(Acting(act): Acting, Form(values): Form<Values>) -> Response {
    match resources::register(&act, &wish(&values)).await {
        Ok((id, written)) => done(&format!("/resources/{id}"), &format!("Registered with entry {}.", written.seq)),
        Err(error) => refused("/resources/new", &error, values),
    }
}

pub async fn edit_form(Acting(act): Acting, Path(wanted): Path<String>, Form(values): Form<Values>) -> Answer {
    let resource = id(&wanted)?;
    Ok(match resources::edit(&act, resource, seen(&values), &wish(&values)).await {
        result @ (Ok(_) | Err(Error::Unchanged)) => written(&format!("/resources/{resource}"), result, "Saved", values),
        Err(error) => refused(&format!("/resources/{resource}/edit"), &error, values),
    })
}

pub async fn retire_form(Acting(act): Acting, Path(wanted): Path<String>, Form(values): Form<Values>) -> Answer {
    let resource = id(&wanted)?;
    Ok(match resources::retire(&act, resource, seen(&values)).await {
        Ok(done) => written("/resources", Ok(done), "Retired", values),
        Err(error) => refused(&format!("/resources/{resource}"), &error, values),
    })
}

pub static LIST: Operation = Operation::list::<List>("list_resources", "Resources by name, 50 at a time");

pub static REGISTER: Operation = Operation::new("register_resource", "Registers a resource", Body::Json(Shape::of::<Made>()))
    .takes(Body::Json(Shape::of::<RegisteredResource>()))
    .makes();

pub async fn register(Acting(act): Acting, Sent(r): Sent<RegisteredResource>) -> Answer<(StatusCode, Json<Made>)> {
    let (id, written) = resources::register(&act, &r.into()).await?;
    Ok((StatusCode::CREATED, Json(Made { id: id.to_string(), seq: written.seq.into() })))
}

pub static SHOW: Operation =
    Operation::new("show_resource", "One resource and the resources it overlaps", Body::Json(Shape::of::<WholeResource>()))
        .of(Noun::Resource);

pub async fn show(Reading(mut read, _): Reading, Path(wanted): Path<String>) -> Answer<Json<WholeResource>> {
    Ok(Json((&resources::show(&mut read, id(&wanted)?).await?).into()))
}

pub static EDIT: Operation = Operation::new("edit_resource", "A new version of a resource, whole", Body::Json(Shape::of::<Done>()))
    .of(Noun::Resource)
    .with(VERSION)
    .takes(Body::Json(Shape::of::<RegisteredResource>()));

pub async fn edit(
    Acting(act): Acting,
    Path(wanted): Path<String>,
    Asking(asked): Asking,
    Sent(r): Sent<RegisteredResource>,
) -> Answer<Json<Done>> {
    Ok(Json(resources::edit(&act, id(&wanted)?, version(&asked)?, &r.into()).await?.into()))
}

const AFTER: &[Parameter] = &[text("after", "Where to go on: `next` of the stretch before")];

pub static REACH: Operation = Operation::new(
    "show_reach",
    "The identities that reach a resource, 50 at a time: each with the worst of its rules that do, and by which path it holds it",
    Body::Json(Shape::of::<Reach>()),
)
.of(Noun::Resource)
.with(AFTER);

pub async fn reach(Reading(mut read, asked): Reading, Path(wanted): Path<String>) -> Answer<Json<Reach>> {
    let after = asked.get("after").map(|text| IdentityId::parse(text).map_err(|_| listing::bad_cursor())).transpose()?;
    let reached = resources::reach(&mut read, id(&wanted)?, after, listing::PAGE).await?;
    Ok(Json((&reached).into()))
}
