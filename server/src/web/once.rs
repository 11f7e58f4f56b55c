//! `Idempotency-Key` on creates: a request that is sent again is answered as the first time.

use super::reply;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::permission::Action;
use service::idempotency::{self, Begun};
use service::{Error, Principal, Services};

/// What somebody must be allowed to do who creates anything.
const CREATE: [Action; 3] = [Action::Import, Action::WriteInventory, Action::ProposeChange];

/// The largest answer that is kept whole.
const ANSWER: usize = 1024 * 1024;
const TOO_LARGE_TO_KEEP: &str = "{\"detail\":\"this was carried out; its answer was too large to keep: read what is there\"}";

const TOO_LARGE: &str = "beside an Idempotency-Key a body may hold 2 MB; send a larger one without: \
    a file that is imported once more changes nothing";

/// Around a route that creates, with the largest body that is held to tell it from another. Without the header nothing changes.
pub async fn layer(State((services, largest)): State<(Services, usize)>, request: Request, next: Next) -> Response {
    let key = request.headers().get("idempotency-key").cloned();
    let who = request.extensions().get::<Principal>().cloned();
    // Whoever may not create is refused by the handler, before the body is read.
    let (Some(key), Some(who)) = (key, who.filter(|w| CREATE.iter().any(|action| w.may(*action)))) else {
        return next.run(request).await;
    };
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, largest).await else {
        return reply::answer(StatusCode::PAYLOAD_TOO_LARGE, "Too large", TOO_LARGE);
    };
    // To its end even where the caller goes away: the answer must be there when they come back.
    match tokio::spawn(async move { once(&services, &who, &key, (parts, bytes), next).await }).await {
        Ok(response) => response,
        Err(_) => reply::error(&Error::Internal("a create broke off".to_owned())),
    }
}

async fn once(services: &Services, who: &Principal, key: &HeaderValue, (parts, bytes): (Parts, Bytes), next: Next) -> Response {
    let key = key.to_str().unwrap_or_default().trim().to_owned();
    let head = format!("{} {}\n{}", parts.method, parts.uri, domain::json::sha256_hex(&bytes));
    let digest = domain::json::sha256_hex(head.as_bytes());
    match idempotency::begin(services, who, &key, &digest).await {
        Ok(Begun::First) => {}
        Ok(Begun::Answered { status, response, location }) => return again(status, response, location),
        Err(error) => return reply::error(&error),
    }
    let (parts_of_answer, body) = next.run(Request::from_parts(parts, Body::from(bytes))).await.into_parts();
    let status = parts_of_answer.status;
    let Ok(answer) = to_bytes(body, usize::MAX).await else {
        return reply::error(&Error::Internal("an answer broke off".to_owned()));
    };
    let kept = if status.is_success() {
        let text = String::from_utf8_lossy(&answer);
        let text = if text.len() > ANSWER { TOO_LARGE_TO_KEEP } else { &text };
        let location = parts_of_answer.headers.get(header::LOCATION).and_then(|v| v.to_str().ok());
        idempotency::finish(services, who, (&key, &digest), status.as_u16(), (text, location)).await
    } else if status.is_client_error() || status == StatusCode::SERVICE_UNAVAILABLE {
        idempotency::forget(services, who, &key).await
    } else {
        // Nobody knows how it ended: the key stays taken, so that it is not carried out twice.
        Ok(())
    };
    if let Err(error) = kept {
        tracing::error!(?error, "the answer to a create could not be kept");
    }
    Response::from_parts(parts_of_answer, Body::from(answer))
}

fn again(status: u16, response: String, location: Option<String>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let headers = [(header::CONTENT_TYPE.as_str(), "application/json"), ("idempotency-replayed", "true")];
    let mut answer = (status, headers, response).into_response();
    if let Some(place) = location.and_then(|l| HeaderValue::try_from(l).ok()) {
        answer.headers_mut().insert(header::LOCATION, place);
    }
    answer
}
