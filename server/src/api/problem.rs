//! Errors as RFC 9457 problems. Public text only; causes go to the log.

use axum::http::{HeaderValue, StatusCode, header};
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
