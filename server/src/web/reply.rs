//! Answers: errors as RFC 9457 problems or back to their form, the message of a form that worked. Public text only;
//! causes go to the log.

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
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

/// Around the API: what a library refused in words of its own becomes a problem too.
pub async fn layer(request: Request, next: Next) -> Response {
    let answer = next.run(request).await;
    let status = answer.status();
    let is_json = answer.headers().get(header::CONTENT_TYPE).is_some_and(|v| v.as_bytes().starts_with(b"application/problem+json"));
    if is_json || !(status.is_client_error() || status.is_server_error()) {
        return answer;
    }
    let (parts, body) = answer.into_parts();
    let said = to_bytes(body, 4096).await.unwrap_or_default();
    let detail = match String::from_utf8_lossy(&said).trim() {
        "" => status.canonical_reason().unwrap_or("not possible").to_owned(),
        text => text.to_owned(),
    };
    let mut made = respond(status, status.canonical_reason().unwrap_or("Error"), detail, None, None);
    if let Some(allow) = parts.headers.get(header::ALLOW) {
        made.headers_mut().insert(header::ALLOW, allow.clone());
    }
    made
}

/// No such address below `/api`.
pub async fn nowhere() -> Response {
    answer(StatusCode::NOT_FOUND, "Not found", "there is no such address in this API")
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
    let mut answer = respond(status, kind.title, error.to_string(), error.field().map(str::to_owned), error.place().map(str::to_owned));
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
