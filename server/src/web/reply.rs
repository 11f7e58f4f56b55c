//! Answers: errors as RFC 9457 problems or back to their form, the message of a form that worked. Public text only;
//! causes go to the log.

use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Serialize;
use service::jobs::Failure;
use service::{Act, Error, Written};
use tower_sessions::Session;
use ui::Flash;
use utoipa::ToSchema;

use super::request::Values;

/// A problem of RFC 9457: what went wrong and, where it helps, with what.
#[derive(Serialize, ToSchema)]
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
    let mut response = (status, axum::Json(problem)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}

/// Around everything: what a library refused becomes a problem too, in our own words. A page and what is ours already stay.
pub async fn layer(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let answer = next.run(request).await;
    let status = answer.status();
    let kind = answer.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let is_ours = kind.starts_with(b"application/problem+json") || kind.starts_with(b"text/html");
    if is_ours || !(status.is_client_error() || status.is_server_error()) {
        return answer;
    }
    let (mut parts, _) = answer.into_parts();
    let (title, detail) = said(status, &method, parts.headers.get(header::ALLOW).and_then(|v| v.to_str().ok()));
    for of_the_body in [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CONTENT_ENCODING, header::TRANSFER_ENCODING] {
        parts.headers.remove(of_the_body);
    }
    let mut made = respond(status, title, detail, None, None);
    made.headers_mut().extend(parts.headers);
    made
}

/// What is said where a library refuses, by the status it chose.
fn said(status: StatusCode, method: &Method, allow: Option<&str>) -> (&'static str, String) {
    let (title, detail) = match status.as_u16() {
        400 => ("Not readable", "the address, the headers or the body of this request cannot be read"),
        404 => ("Not found", "there is no such address"),
        405 => {
            let takes = allow.map_or_else(String::new, |allow| format!("; it takes {}", allow.replace(',', ", ")));
            return ("Not possible here", format!("this address does not take {method}{takes}"));
        }
        408 => ("Too slow", "the request did not arrive in time; send it again"),
        413 => ("Too large", "the body is larger than it may be here"),
        415 => ("Another media type", "the body is of another media type than this address takes"),
        422 => ("Not valid", "the fields of the body cannot be read"),
        503 => ("Busy", "the answer took too long; try again in a moment"),
        500.. => ("Something went wrong", "the server could not do it"),
        _ => (status.canonical_reason().unwrap_or("Not possible"), "this request is not possible here"),
    };
    (title, detail.to_owned())
}

/// No such address.
pub async fn nowhere() -> Response {
    answer(StatusCode::NOT_FOUND, "Not found", "there is no such address")
}

/// A member of what was sent that is not as it must be.
pub fn not_valid(field: &str, why: &str) -> Response {
    respond(StatusCode::UNPROCESSABLE_ENTITY, "Not valid", format!("{field}: {why}"), Some(field.to_owned()), None)
}

/// A parameter that nobody knows here.
pub fn unknown(name: &str) -> Response {
    let name = domain::text::capped(name, 80);
    respond(StatusCode::UNPROCESSABLE_ENTITY, "Not valid", format!("there is no parameter {name} here"), Some(name), None)
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

const FLASH: &str = "flash";
const MAX_TYPED: usize = 64 * 1024;

/// The message of the last form, once.
pub async fn flash(session: &Session) -> Flash {
    session.remove::<Flash>(FLASH).await.ok().flatten().unwrap_or_default()
}

/// Back to the form with the reason and what was typed.
pub async fn refused(session: &Session, to: &str, error: &Error, values: Values) -> Response {
    if matches!(error, Error::Forbidden(_)) {
        return self::error(error);
    }
    if error.kind().ours {
        tracing::error!(?error, "a form could not be carried out");
    }
    // What was typed is kept for the next page only, and never where it holds a secret.
    let values = values.into_iter().filter(|(_, v)| !service::holds_a_secret(v) && v.len() <= MAX_TYPED).collect();
    let field = error.field().unwrap_or_default().to_owned();
    keep(session, &Flash { ok: None, error: Some((field, error.reason())), values }).await;
    Redirect::to(to).into_response()
}

/// On to the next page with a message.
pub async fn done(session: &Session, to: &str, text: &str) -> Response {
    keep(session, &Flash { ok: Some(text.to_owned()), ..Flash::default() }).await;
    Redirect::to(to).into_response()
}

/// On to a page with the word and the entry, or back with the reason.
pub async fn written(session: &Session, to: &str, result: Result<Written, Error>, word: &str, values: Values) -> Response {
    match result {
        Ok(written) => done(session, to, &format!("{word} with entry {}.", written.seq)).await,
        Err(error) => refused(session, to, &error, values).await,
    }
}

/// On to a page that shows a secret once.
pub fn shown_once(act: &Act, to: &str, text: String) -> Response {
    let id = act.services().show_once(act.who(), text);
    Redirect::to(&format!("{to}?once={id}")).into_response()
}

async fn keep(session: &Session, flash: &Flash) {
    if let Err(error) = session.insert(FLASH, flash).await {
        tracing::warn!(%error, "a message could not be kept");
    }
}
