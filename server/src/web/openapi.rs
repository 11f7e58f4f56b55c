//! The OpenAPI document, made from the table of routes: what follows from method, path, right and kind is written here
//! once, the rest each operation says of itself. It must not name a route.

use super::operation::{Body, Named, Operation, Shape};
use super::reply::Problem;
use super::routes::{self, Needs, Route};
use super::{jobs, operation, shown};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::query;
use domain::seq::Seq;
use domain::token::scopes_for;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathsBuilder};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::response::{Response as Given, ResponseBuilder, Responses, ResponsesBuilder};
use utoipa::openapi::schema::{ComponentsBuilder, KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Content, HttpMethod, InfoBuilder, OpenApi, OpenApiBuilder, PathItem, Ref, RefOr, Required, Schema};

const JSON: &str = "application/json";
const ABOUT: &str = "Send a token as `Authorization: Bearer`, or sign in. Reads take `as_of`: a ledger entry, a date, or \
    both (entry@instant); a day, a minute and a second mean their end. Creates take `Idempotency-Key`. A parameter or a member \
    that is not named here is refused.";
/// What an `Idempotency-Key` may be: visible, with no space at either end.
const KEY: &str = "^[!-~]([ -~]*[!-~])?$";

/// The document as JSON: what is served, and what the page about the API shows.
pub fn document() -> Arc<serde_json::Value> {
    static MADE: OnceLock<Arc<serde_json::Value>> = OnceLock::new();
    MADE.get_or_init(|| Arc::new(serde_json::to_value(made()).unwrap_or_default())).clone()
}

pub async fn show() -> Response {
    let document = document();
    axum::Json(&*document).into_response()
}

/// The shape of our own import format.
pub async fn import_schema() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/schema+json")], service::imports::COUNTERSIGN_SCHEMA)
}

fn made() -> OpenApi {
    let mut paths = PathsBuilder::new();
    let mut schemas = BTreeMap::new();
    add(&mut schemas, Shape::of::<Problem>());
    add(&mut schemas, Shape::of::<jobs::JobState>());
    for (route, says) in routes::operations() {
        for body in [says.takes, Some(says.gives)].into_iter().flatten() {
            if let Body::Json(shape) = body {
                add(&mut schemas, shape);
            }
        }
        if let Some(method) = method(route.method) {
            paths = paths.path(route.path, PathItem::new(method, described(route, says)));
        }
    }
    let components = ComponentsBuilder::new()
        .schemas_from_iter(schemas)
        .security_scheme("token", SecurityScheme::Http(token()))
        .security_scheme("session", SecurityScheme::ApiKey(session()))
        .build();
    let info = InfoBuilder::new().title("Countersign API").version("1").description(Some(ABOUT)).build();
    OpenApiBuilder::new().info(info).paths(paths.build()).components(Some(components)).build()
}

/// Adds a schema and everything it refers to.
fn add(schemas: &mut BTreeMap<String, RefOr<Schema>>, shape: Shape) {
    let mut parts: Vec<Named> = vec![((shape.name)().into_owned(), (shape.schema)())];
    (shape.parts)(&mut parts);
    schemas.extend(parts);
}

fn token() -> utoipa::openapi::security::Http {
    HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("A token, cst_…, with the scopes an operation names.")).build()
}

fn session() -> ApiKey {
    ApiKey::Cookie(ApiKeyValue::with_description("countersign", "The session of a person who signed in."))
}

fn method(text: &str) -> Option<HttpMethod> {
    match text {
        "GET" => Some(HttpMethod::Get),
        "POST" => Some(HttpMethod::Post),
        "PUT" => Some(HttpMethod::Put),
        "PATCH" => Some(HttpMethod::Patch),
        "DELETE" => Some(HttpMethod::Delete),
        _ => None,
    }
}

fn described(route: &Route, says: &Operation) -> utoipa::openapi::path::Operation {
    OperationBuilder::new()
        .operation_id(Some(says.name))
        .summary(Some(says.about))
        .tags(route.path.split('/').nth(3).map(|noun| [noun]))
        .parameters(Some(parameters(route, says)))
        .request_body(says.takes.map(taken))
        .responses(responses(route, says))
        .securities(Some(security(route.needs)))
        .build()
}

/// Whoever signed in with the right role, or a token with one of the scopes that open it; what is one's own, any token.
fn security(needs: Needs) -> Vec<SecurityRequirement> {
    let session = SecurityRequirement::new("session", Vec::<String>::new());
    let mut out: Vec<SecurityRequirement> = match needs {
        Needs::May(action) => scopes_for(action).iter().map(|scope| SecurityRequirement::new("token", [scope.as_str()])).collect(),
        Needs::SignedIn => vec![SecurityRequirement::new("token", Vec::<String>::new())],
        Needs::Nobody => vec![],
    };
    out.push(session);
    out
}

fn parameters(route: &Route, says: &Operation) -> Vec<Parameter> {
    let mut out: Vec<Parameter> = placeholders(route.path).map(|name| placeholder(name, says)).collect();
    if route.method == "GET" {
        let form = ObjectBuilder::new().schema_type(Type::String).pattern(Some(shown::AS_OF));
        out.push(one(ParameterIn::Query, "as_of", "A ledger entry, a date, or both (entry@instant); empty is now", form));
    }
    out.extend(says.parameters.iter().map(asked));
    if let Some(filters) = says.filters {
        out.extend(filters.iter().map(filter));
        let form = ObjectBuilder::new().schema_type(Type::String);
        out.push(one(ParameterIn::Query, "after", "Where to go on: `next` of the stretch before", form));
    }
    if route.creates {
        let form = ObjectBuilder::new().schema_type(Type::String).pattern(Some(KEY)).max_length(Some(255));
        let about = "The same request sent again within a day is answered as the first time; beside it the body may hold 2 MB";
        out.push(one(ParameterIn::Header, "Idempotency-Key", about, form));
    }
    out
}

/// The names in the template of a path.
fn placeholders(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn placeholder(name: &str, says: &Operation) -> Parameter {
    let (form, about) = match says.of {
        Some(noun) => {
            let form = ObjectBuilder::new().schema_type(Type::String).pattern(Some(shown::id_pattern(noun.prefix())));
            (form, format!("{}_…", noun.prefix()))
        }
        None => (shown::position(Seq(1)), "A position".to_owned()),
    };
    one(ParameterIn::Path, name, &about, form)
}

fn asked(parameter: &operation::Parameter) -> Parameter {
    let mut out = one(ParameterIn::Query, parameter.name, parameter.about, parameter.schema());
    if parameter.required {
        out.required = Required::True;
    }
    out
}

fn filter(parameter: &query::Parameter) -> Parameter {
    let form = ObjectBuilder::new().schema_type(Type::String);
    // Forms send a choice that nobody made as nothing, and that narrows nothing.
    let words = || parameter.words.iter().copied().chain([""]);
    let form = if parameter.words.is_empty() { form } else { form.enum_values(Some(words())) };
    one(ParameterIn::Query, parameter.name, &parameter.about(), form)
}

/// What stands in the path is always required: the builder sees to it.
fn one(place: ParameterIn, name: &str, about: &str, form: ObjectBuilder) -> Parameter {
    ParameterBuilder::new().name(name).parameter_in(place).required(Required::False).description(Some(about)).schema(Some(form)).build()
}

fn reference(shape: Shape) -> Content {
    Content::new(Some(Ref::from_schema_name((shape.name)())))
}

fn taken(body: Body) -> RequestBody {
    let body = match body {
        Body::Json(shape) => RequestBodyBuilder::new().content(JSON, reference(shape)),
        Body::Other(media) => media.iter().fold(RequestBodyBuilder::new(), |body, media| {
            let bytes = ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)));
            body.content(*media, Content::new(Some(bytes)))
        }),
    };
    body.required(Some(Required::True)).build()
}

fn responses(route: &Route, says: &Operation) -> Responses {
    let problem = |about: &str| {
        let content = reference(Shape::of::<Problem>());
        ResponseBuilder::new().description(about).content("application/problem+json", content).build()
    };
    let mut out = ResponsesBuilder::new().response(says.status.to_string(), given(route, says));
    if says.may_go_on {
        out = out.response("202", going_on());
    }
    for (status, about) in problems(route, says) {
        out = out.response(status.to_string(), problem(about));
    }
    out.build()
}

fn given(route: &Route, says: &Operation) -> Given {
    let mut out = ResponseBuilder::new().description("done");
    out = match says.gives {
        Body::Json(shape) => out.content(JSON, reference(shape)),
        Body::Other(media) => media.iter().fold(out, |out, media| out.content(*media, Content::default())),
    };
    if route.creates {
        let replayed = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["true"]));
        let about = "Stands where this is the answer to an earlier request with the same `Idempotency-Key`";
        out = out.header("idempotency-replayed", HeaderBuilder::new().schema(Some(replayed)).description(Some(about)).build());
    }
    out.build()
}

/// The job of a request goes on.
fn going_on() -> Given {
    let place = ObjectBuilder::new().schema_type(Type::String);
    let location = HeaderBuilder::new().schema(Some(place)).description(Some("Where the job says how far it is")).build();
    let job = reference(Shape::of::<jobs::JobState>());
    ResponseBuilder::new().description("The work goes on").content(JSON, job).header("location", location).build()
}

/// The problems that a route answers: each follows from what the route is.
fn problems(route: &Route, says: &Operation) -> Vec<(u16, &'static str)> {
    let takes_json = matches!(says.takes, Some(Body::Json(_)));
    let one_thing = says.may_be_missing || placeholders(route.path).next().is_some();
    let all = [
        (400, "The address or the body cannot be read", true),
        (401, "Nobody is signed in, or the token is not valid", route.needs != Needs::Nobody),
        (403, "The role or the scope does not allow it", matches!(route.needs, Needs::May(_)) || says.for_who_still_may),
        (404, "It is not there, or was not there then", one_thing),
        (409, "Changed meanwhile, it needs a confirmation, or it was stopped", says.takes.is_some() || says.may_go_on),
        (413, "The body is too large", says.takes.is_some()),
        (415, "The body is of another media type", takes_json),
        (422, "Something asked for or sent is not valid; `field` says what", true),
        (429, "Too many jobs of the caller wait or run; `retry-after` says when to ask again", says.may_go_on),
        (500, "Something failed on our side; nothing was saved", true),
        (503, "The server is busy, or accepts no changes", true),
    ];
    all.into_iter().filter(|(_, _, answers)| *answers).map(|(status, about, _)| (status, about)).collect()
}
