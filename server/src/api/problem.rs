//! Errors as RFC 9457 problems. Public text only; causes go to the log.

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use service::Error;
use utoipa::ToSchema;

/// `application/problem+json`
#[derive(Serialize, ToSchema)]
pub struct Problem {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub title: &'static str,
    pub status: u16,
    pub detail: String,
    /// The member of the request that is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<&'static str>,
    /// Where in the input: line and column, or a path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

pub fn answer(status: StatusCode, title: &'static str, detail: &str) -> Response {
    respond(status, title, detail.to_owned(), None, None)
}

fn respond(status: StatusCode, title: &'static str, detail: String, field: Option<&'static str>, place: Option<String>) -> Response {
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

/// A service error as a problem.
pub fn error(error: &Error) -> Response {
    let (status, title) = match error {
        Error::Forbidden(_) | Error::OutOfScope(_) | Error::NotASession => (StatusCode::FORBIDDEN, "Not allowed"),
        Error::NotFound(_) => (StatusCode::NOT_FOUND, "Not found"),
        Error::Invalid { .. } | Error::NotNow => (StatusCode::UNPROCESSABLE_ENTITY, "Not valid"),
        Error::Input(_) => (StatusCode::UNPROCESSABLE_ENTITY, "The input cannot be read"),
        Error::Conflict(_) => (StatusCode::CONFLICT, "Conflict"),
        Error::Restored(_) => (StatusCode::SERVICE_UNAVAILABLE, "Restored from an older copy"),
        Error::NeedsConfirmation(_) => (StatusCode::CONFLICT, "Needs confirmation"),
        Error::SignInFailed | Error::LinkGone => (StatusCode::UNAUTHORIZED, "Not signed in"),
        Error::Busy => (StatusCode::SERVICE_UNAVAILABLE, "Busy"),
        Error::Locked(_) => (StatusCode::TOO_MANY_REQUESTS, "Too many attempts"),
        Error::Store(_) | Error::Internal(_) => {
            tracing::error!(?error, "a request could not be carried out");
            (StatusCode::INTERNAL_SERVER_ERROR, "Server error")
        }
    };
    let field = match error {
        Error::Invalid { field, .. } => Some(*field),
        _ => None,
    };
    let place = match error {
        Error::Input(e) => e.place.clone(),
        _ => None,
    };
    respond(status, title, error.to_string(), field, place)
}
