//! What every request passes: same-origin check, security headers with a nonce, who is calling. Pages are
//! guarded here, before anything renders: a redirect raised while rendering would leak the page's body.

use super::peers::network;
use super::session_store::{CONFIRMED, PERSON};
use super::signed_out::SignedOut;
use super::{context, forms, reply, restored, routes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use domain::ids::PersonId;
use service::{Confirmed, Error, Principal, Services, people};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tower_http::request_id::{MakeRequestId, RequestId};
use tower_sessions::Session;

/// The nonce of one response's scripts.
#[derive(Clone, Debug)]
pub struct Nonce(pub String);

/// Unsafe requests must come from this origin: a foreign page must not press a button here. An export is an entry
/// of the ledger, so a foreign page must not lead anybody into one either.
pub async fn same_origin(request: Request, next: Next) -> Response {
    let export = routes::is_export(request.uri().path());
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) && !export;
    if request.uri().query().is_some_and(|q| q.contains("%00")) {
        // No text holds it, and one of the two databases takes it for an error of its own.
        return reply::answer(StatusCode::BAD_REQUEST, "Not valid", "the address holds a character that no text holds");
    }
    if !safe && !is_same_origin(request.headers()) {
        return reply::answer(StatusCode::FORBIDDEN, "Cross-origin request", "this request did not come from this site");
    }
    next.run(request).await
}

fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let host = origin.split_once("://").map(|(_, h)| h);
            host.is_some() && host == text("host")
        }
        // Not a browser: no cookie of a person can be ridden, as browsers send one of the two.
        (None, None) => true,
    }
}

/// Security headers; the nonce is made here and read by the page.
pub async fn headers(State((services, secure)): State<(Services, bool)>, mut request: Request, next: Next) -> Response {
    let nonce = hex::encode(services.random::<16>());
    request.extensions_mut().insert(Nonce(nonce.clone()));
    let asset = request.uri().path().starts_with("/pkg/");
    let mut response = next.run(request).await;
    let policy = format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
         connect-src 'self'; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    );
    let set = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        set.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (header::HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
    ] {
        set.insert(name, HeaderValue::from_static(value));
    }
    if secure {
        set.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    if !asset {
        set.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// The address a request comes from, as far as it can be believed.
#[derive(Clone, Debug)]
pub struct Client(pub String);

/// The peer; behind a trusted proxy the last address of X-Forwarded-For that is not a trusted proxy itself.
pub async fn client(State(trusted): State<Arc<[IpAddr]>>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip());
    let forwarded = request.headers().get_all("x-forwarded-for");
    let hops: Vec<String> =
        forwarded.iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(',')).map(|h| h.trim().to_owned()).collect();
    let mut believed = peer.map(|p| p.to_canonical());
    if believed.is_some_and(|p| trusted.contains(&p)) {
        for hop in hops.iter().rev() {
            // What cannot be read ends the chain: what stands ahead of it may be made up.
            let Some(address) = address(hop) else { break };
            believed = Some(address);
            if !trusted.contains(&address) {
                break;
            }
        }
    }
    let client = Client(believed.map_or_else(|| "unknown".to_owned(), network));
    request.extensions_mut().insert(client);
    next.run(request).await
}

/// An address of the header, with or without its port.
fn address(hop: &str) -> Option<IpAddr> {
    hop.parse::<IpAddr>().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|s| s.ip())).map(|a| a.to_canonical())
}

/// How long is waited for an answer to begin, and how long where files are received: those come as slowly as their line is.
const ANSWER: Duration = Duration::from_mins(2);
const UPLOAD: Duration = Duration::from_mins(30);

/// No request is under way for ever.
pub async fn in_time(request: Request, next: Next) -> Response {
    let most = if routes::takes_files(request.method(), request.uri().path()) { UPLOAD } else { ANSWER };
    tokio::time::timeout(most, next.run(request)).await.unwrap_or_else(|_| StatusCode::SERVICE_UNAVAILABLE.into_response())
}

/// A number that somebody else gave a request is none of ours: two of them could bear the same, or a line of the log.
pub async fn unnumbered(mut request: Request) -> Request {
    request.headers_mut().remove("x-request-id");
    request
}

/// Numbers requests, so that a log line and an answer can be told to belong together.
#[derive(Clone)]
pub struct RequestIds(pub Services);

impl MakeRequestId for RequestIds {
    fn make_request_id<B>(&mut self, _: &axum::http::Request<B>) -> Option<RequestId> {
        HeaderValue::from_str(&self.0.number().simple().to_string()).ok().map(RequestId::new)
    }
}

/// The span of a request: its number, method and path. Never its query, which may name people.
pub fn span(request: &Request) -> tracing::Span {
    let id = context::number(request.extensions());
    tracing::info_span!("request", id, method = %request.method(), path = request.uri().path())
}

/// Finds who is calling and puts it into the request; sends strangers to the sign-in page, or tells the API.
pub async fn identify(State(services): State<Services>, session: Session, mut request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let open = routes::is_open(&path);
    let restored = match service::restored::state(&services).await {
        Ok(state) => state.filter(|_| !routes::is_open_restored(&path)),
        Err(error) => return reply::error(&error),
    };
    if let Some(statement) = restored.as_ref().filter(|_| is_for_programs(&path)) {
        return reply::error(&Error::Restored(statement.says()));
    }
    if let Some(token) = bearer(&path, request.headers()) {
        return by_token(&services, token.to_owned(), request, next).await;
    }
    let person = match session.get::<String>(PERSON).await {
        Ok(id) => id.and_then(|text| PersonId::parse(&text).ok()),
        Err(error) => {
            tracing::error!(%error, "sessions cannot be read");
            return reply::answer(StatusCode::SERVICE_UNAVAILABLE, "Server busy", "The database doesn't answer. Try again in a moment.");
        }
    };
    let principal = match person {
        Some(id) => match people::current(&services, id).await {
            Ok(found) => found,
            Err(error) => return reply::error(&error),
        },
        None => None,
    };
    let confirmed = session.get::<String>(CONFIRMED).await.ok().flatten();
    let principal = principal.map(|who| who.confirmed_by(confirmed.as_deref().and_then(Confirmed::parse)));
    if principal.is_none() && !open {
        if is_look(request.method()) || is_for_programs(&path) || path == "/sign-out" {
            return stranger(&path, request.uri().query());
        }
        // The form says so on the page of the sign-in.
        request.extensions_mut().insert(SignedOut);
        return next.run(request).await;
    }
    if restored.is_some() {
        return Redirect::to(restored::PAGE).into_response();
    }
    if let Some(principal) = &principal {
        request.extensions_mut().insert::<Principal>(principal.clone());
    }
    if is_look(request.method()) && !path.starts_with("/api/") && !path.starts_with("/pkg/") {
        // Owned: a body is not `Sync`, so the request may not be borrowed across an await.
        let uri = request.uri().clone();
        let caller = context::Caller::of(request.extensions(), principal);
        let said = forms::heard(&services, request.headers());
        let context = context::context(&services, &session, caller, &uri, said);
        request.extensions_mut().insert(context);
    }
    next.run(request).await
}

/// True of a request for a page.
pub fn is_look(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// A token counts for the API only; whoever sends one is judged by it alone, whatever cookie comes with it.
fn bearer<'a>(path: &str, headers: &'a HeaderMap) -> Option<&'a str> {
    let value = headers.get(header::AUTHORIZATION).filter(|_| is_for_programs(path))?.to_str().unwrap_or_default();
    Some(value.strip_prefix("Bearer ").unwrap_or_default().trim())
}

async fn by_token(services: &Services, token: String, mut request: Request, next: Next) -> Response {
    let from = request.extensions().get::<Client>().map(|c| c.0.clone()).unwrap_or_default();
    match services.by_token(&token, &from).await {
        Ok(Some(principal)) => {
            request.extensions_mut().insert::<Principal>(principal);
            next.run(request).await
        }
        Ok(None) => {
            let mut answer = reply::answer(
                StatusCode::UNAUTHORIZED,
                "Token not valid",
                "This token is unknown, revoked or expired. Create a new one under Settings, Tokens.",
            );
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\""));
            answer
        }
        Err(error) => reply::error(&error),
    }
}

/// True of addresses that are answered in problems, never by a page.
fn is_for_programs(path: &str) -> bool {
    path.starts_with("/api/") || path == "/metrics"
}

fn stranger(path: &str, query: Option<&str>) -> Response {
    if is_for_programs(path) {
        return reply::answer(StatusCode::UNAUTHORIZED, "Not signed in", "Send a token: Authorization: Bearer cst_…");
    }
    let here = query.map_or_else(|| path.to_owned(), |q| format!("{path}?{q}"));
    let to = if path == "/" { "/sign-in".to_owned() } else { format!("/sign-in?next={}", app::context::encode(&here)) };
    Redirect::to(&to).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_with_and_without_a_port_and_one_customer_is_one_place() {
        for (hop, place) in [
            ("192.0.2.7", Some("192.0.2.7")),
            ("192.0.2.7:4711", Some("192.0.2.7")),
            ("::ffff:192.0.2.7", Some("192.0.2.7")),
            ("2001:db8:1:2::9", Some("2001:db8:1:2::/64")),
            ("[2001:db8:1:2:ff::9]:443", Some("2001:db8:1:2::/64")),
            ("unknown", None),
        ] {
            assert_eq!(address(hop).map(network).as_deref(), place, "{hop}");
        }
    }
}
