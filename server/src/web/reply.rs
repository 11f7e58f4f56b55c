//! Answers: errors as RFC 9457 problems or back to their form, the message of a form that worked. Public text only;
//! causes go to the log.

use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Serialize;
use service::jobs::Failure;
use service::{Act, Error, Written};
use ui::Flash;
use utoipa::ToSchema;

use super::forms::{Refused, Said};
use super::refusal::Asked;
use super::request::Values;

/// A problem of RFC 9457: what went wrong and, where it helps, with what.
#[derive(Clone, Serialize, ToSchema)]
pub struct Problem {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub title: String,
    pub status: u16,
    pub detail: String,
    /// The member of the request that is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Where in the input: line and column, or a path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// An error on its way to whoever called: `?` in a handler makes the problem.
pub struct Fault(pub Error);

impl<E: Into<Error>> From<E> for Fault {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        error(&self.0)
    }
}

/// What a handler gives back.
pub type Answer<T = Response> = Result<T, Fault>;

pub fn answer(status: StatusCode, title: &'static str, detail: &str) -> Response {
    respond(status, title, detail.to_owned(), None, None)
}

fn respond(status: StatusCode, title: &str, detail: String, field: Option<String>, place: Option<String>) -> Response {
    let title = title.to_owned();
    let problem = Problem { kind: "about:blank", title, status: status.as_u16(), detail, field, place };
    let mut response = (status, axum::Json(problem.clone())).into_response();
    response.extensions_mut().insert(problem);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}

const OF_THE_BODY: [header::HeaderName; 4] =
    [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CONTENT_ENCODING, header::TRANSFER_ENCODING];

/// Around everything: what a library refused becomes a problem too, in our own words, and a problem a page where a browser
/// shows it to a person. A page and what is ours already stay.
pub async fn layer(request: Request, next: Next) -> Response {
    let (method, asked) = (request.method().clone(), Asked::of(&request));
    let mut answer = ours(&method, next.run(request).await);
    let Some((asked, problem)) = asked.zip(answer.extensions_mut().remove::<Problem>()) else { return answer };
    let (mut parts, _) = answer.into_parts();
    for of_the_body in OF_THE_BODY {
        parts.headers.remove(of_the_body);
    }
    let mut page = (parts.status, Html(asked.page(&problem))).into_response();
    page.headers_mut().extend(parts.headers);
    page
}

fn ours(method: &Method, answer: Response) -> Response {
    let status = answer.status();
    let kind = answer.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let is_ours = kind.starts_with(b"application/problem+json") || kind.starts_with(b"text/html");
    if is_ours || !(status.is_client_error() || status.is_server_error()) {
        return answer;
    }
    let (mut parts, _) = answer.into_parts();
    let (title, detail) = said(status, method, parts.headers.get(header::ALLOW).and_then(|v| v.to_str().ok()));
    for of_the_body in OF_THE_BODY {
        parts.headers.remove(of_the_body);
    }
    let mut made = respond(status, title, detail, None, None);
    made.headers_mut().extend(parts.headers);
    made
}

/// What is said where a library refuses, by the status it chose.
fn said(status: StatusCode, method: &Method, allow: Option<&str>) -> (&'static str, String) {
    let (title, detail) = match status.as_u16() {
        400 => ("Not readable", "The address, a header or the body of this request can't be read."),
        404 => ("Not found", "No page or operation has this address."),
        405 => {
            let takes = allow.map_or_else(String::new, |allow| format!(" Use {}.", allow.replace(',', ", ")));
            return ("Not possible here", format!("This address doesn't take {method}.{takes}"));
        }
        408 => ("Too slow", "The request didn't arrive in time. Send it again."),
        413 => ("Too large", "The body is larger than this address accepts."),
        415 => ("Another media type", "This address doesn't accept this media type."),
        422 => ("Not valid", "The fields of the body can't be read."),
        503 => ("Server busy", "The server is busy. Try again in a moment."),
        500.. => ("Something failed on our side", "Nothing was saved. Try again, or give your admin the request ID."),
        _ => (status.canonical_reason().unwrap_or("Not possible"), "This request isn't possible here."),
    };
    (title, detail.to_owned())
}

/// No such address.
pub async fn nowhere() -> Response {
    answer(StatusCode::NOT_FOUND, "Not found", "No page or operation has this address.")
}

/// A member of what was sent that is not as it must be.
pub fn not_valid(field: &str, why: &str) -> Response {
    respond(StatusCode::UNPROCESSABLE_ENTITY, "Not valid", why.to_owned(), Some(field.to_owned()), None)
}

/// A parameter that nobody knows here.
pub fn unknown(name: &str) -> Response {
    let name = domain::text::capped(name, 80);
    respond(StatusCode::UNPROCESSABLE_ENTITY, "Not valid", format!("This address has no parameter {name}."), Some(name), None)
}

/// A service error as a problem.
pub fn error(error: &Error) -> Response {
    let kind = error.kind();
    if kind.ours {
        tracing::error!(?error, "a request could not be carried out");
    }
    let status = StatusCode::from_u16(kind.status).unwrap_or_default();
    let mut answer = respond(status, kind.title, error.reason(), error.field().map(str::to_owned), error.place().map(str::to_owned));
    if let Some(seconds) = error.retry_after() {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    answer
}

/// Why a job gave nothing, as a problem: what the same error answers where no job stands between.
pub fn failed(failure: &Failure) -> Response {
    let status = StatusCode::from_u16(failure.status).unwrap_or_default();
    respond(status, &failure.title, failure.detail.clone(), failure.field.clone(), failure.place.clone())
}

/// What did not work, by the page of the form.
fn failed_at(to: &str) -> &'static str {
    match to.split('?').next().unwrap_or_default() {
        "/sign-in" | "/sign-in/factor" => "Not signed in",
        "/reauth" => "Not confirmed",
        "/settings/security/app" => "Authenticator app not added",
        "/settings/security/passkey" | "/settings/security/decision-passkey" => "Passkey not added",
        "/setup" => "Account not created",
        "/welcome" => "Password not set",
        "/settings/profile" => "Password not changed",
        "/settings/people" => "Invitation not created",
        "/settings/tokens" => "Token not created",
        "/imports/new" => "File not imported",
        "/ledger/verify" => "Not verified",
        "/redactions" => "Nothing erased",
        "/changes/new" => "Change not proposed",
        path if path.starts_with("/changes/") => "Nothing recorded",
        path if path.ends_with("/new") => "Not registered",
        _ => "Changes not saved",
    }
}

/// The form once more, with the reason and what was typed.
pub fn refused(to: &str, error: &Error, values: Values) -> Response {
    if matches!(error, Error::Unchanged) {
        return done(to, &error.reason());
    }
    if matches!(error, Error::Forbidden(_)) {
        return self::error(error);
    }
    if matches!(error, Error::Unconfirmed) {
        return Redirect::to(&format!("/reauth?next={}", app::context::encode(to))).into_response();
    }
    let kind = error.kind();
    if kind.ours {
        tracing::error!(?error, "a form could not be carried out");
    }
    let values = without_secrets(values);
    let field = error.field().unwrap_or_default().to_owned();
    // Only what is edited is sent with the version it was read at.
    let overtaken = matches!(error, Error::Conflict(_)) && values.contains_key("seen");
    let way_out = error.way_out().map(|to| (to.to_owned(), "Propose a change".to_owned()));
    let flash = Flash { ok: None, failed: failed_at(to).to_owned(), error: Some((field, error.reason())), values, overtaken, way_out };
    // 401 would speak of the form's own address.
    let status = StatusCode::from_u16(kind.status).ok().filter(|s| *s != StatusCode::UNAUTHORIZED);
    let mut answer = StatusCode::OK.into_response();
    let status = status.unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
    answer.extensions_mut().insert(Refused { to: to.to_owned(), flash, status, who: None });
    answer
}

/// The form once more as it stands: nothing was refused, something about it was worked out.
pub fn again(to: &str, values: Values) -> Response {
    asked_on(to, without_secrets(values))
}

/// The same with everything that was sent, what looks like a secret too: for fields that we wrote into the page ourselves.
pub fn refused_whole(to: &str, error: &Error, values: Values) -> Response {
    let mut answer = refused(to, error, Values::new());
    if let Some(refused) = answer.extensions_mut().get_mut::<Refused>() {
        refused.flash.values = values;
    }
    answer
}

/// Another page in place of an answer, with what its form carries on.
pub fn asked_on(to: &str, values: Values) -> Response {
    let mut answer = StatusCode::OK.into_response();
    let flash = Flash { values, ..Flash::default() };
    answer.extensions_mut().insert(Refused { to: to.to_owned(), flash, status: StatusCode::OK, who: None });
    answer
}

/// What holds a secret goes to no page.
fn without_secrets(values: Values) -> Values {
    values.into_iter().filter(|(_, v)| !service::holds_a_secret(v)).collect()
}

/// On to the next page with a message.
pub fn done(to: &str, text: &str) -> Response {
    let mut answer = Redirect::to(to).into_response();
    answer.extensions_mut().insert(Said(text.to_owned()));
    answer
}

/// On to a page with the word and the entry, or the form once more with the reason.
pub fn written(to: &str, result: Result<Written, Error>, word: &str, values: Values) -> Response {
    match result {
        Ok(written) => done(to, &format!("{word}. Ledger entry {}.", written.seq)),
        Err(Error::Unchanged) => done(to, "No changes to save."),
        Err(error) => refused(to, &error, values),
    }
}

/// On to a page that shows a secret once.
pub fn shown_once(act: &Act, to: &str, text: String) -> Response {
    let id = act.services().show_once(act.who(), text);
    let joint = if to.contains('?') { '&' } else { '?' };
    Redirect::to(&format!("{to}{joint}once={id}")).into_response()
}
