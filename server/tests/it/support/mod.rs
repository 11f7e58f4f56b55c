//! The whole router over a scratch database, and a browser that is only a cookie.
#![allow(dead_code)]

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use domain::asof::Wanted;
use domain::permission::Role;
use http_body_util::BodyExt;
use service::{Act, Keys, Principal, Read, Services, people};
use store::testing::Scratch;
use tower::ServiceExt;

pub const PASSWORD: &str = "a long enough sentence";

pub fn services(s: &Scratch) -> Services {
    let keys = Keys { mac: [9; 32], verifier: Some(s.signer.verifier()) };
    let spool = s.folder().join("spool");
    Services::new(s.db.clone(), s.writer(), s.ids.clone(), keys, spool).exporting(&server::web::export::LISTS)
}

/// Somebody about to act.
pub fn by(services: &Services, who: &Principal) -> Act {
    Act::new(services, who)
}

/// Somebody's look at the store.
pub async fn at(services: &Services, who: &Principal, wanted: Wanted) -> Read {
    Read::open(services, who, wanted).await.expect("a snapshot")
}

pub struct Site {
    pub services: Services,
    pub router: Router,
}

pub struct Answer {
    pub status: StatusCode,
    pub location: Option<String>,
    pub cookie: Option<String>,
    pub headers: axum::http::HeaderMap,
    pub text: String,
}

impl Site {
    pub fn over(s: &Scratch) -> Self {
        let services = services(s);
        // As a server does beside its router.
        tokio::spawn(service::jobs::work(services.clone()));
        Self { router: server::web::router::router(services.clone(), &server::web::router::Doors::default()), services }
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let get = |name: header::HeaderName| response.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let (status, location) = (response.status(), get(header::LOCATION));
        let cookie = get(header::SET_COOKIE).map(|c| c.split(';').next().unwrap_or_default().to_owned());
        let headers = response.headers().clone();
        let bytes = response.into_body().collect().await.expect("a body").to_bytes();
        Answer { status, location, cookie, headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    /// How many bytes the body of an answer has, as it comes over the wire.
    pub async fn bytes(&self, request: Request<Body>) -> usize {
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        response.into_body().collect().await.expect("a body").to_bytes().len()
    }

    pub fn request(method: &Method, path: &str, cookie: Option<&str>, kind: &str, body: &str) -> Request<Body> {
        let mut builder = Request::builder().method(method).uri(path).header("sec-fetch-site", "same-origin");
        if let Some(cookie) = cookie {
            builder = builder.header(header::COOKIE, cookie);
        }
        if !kind.is_empty() {
            builder = builder.header(header::CONTENT_TYPE, kind);
        }
        builder.body(Body::from(body.to_owned())).expect("a request")
    }

    pub async fn get(&self, path: &str, cookie: Option<&str>) -> Answer {
        self.send(Self::request(&Method::GET, path, cookie, "", "")).await
    }

    pub async fn form(&self, path: &str, cookie: Option<&str>, body: &str) -> Answer {
        self.send(Self::request(&Method::POST, path, cookie, "application/x-www-form-urlencoded", body)).await
    }

    /// Adds a person with a role and signs in; gives the cookie.
    pub async fn person(&self, role: Role) -> String {
        let host = Principal::Host { user: "test".to_owned() };
        let email = format!("{}@example.org", role.as_str());
        people::add(&by(&self.services, &host), role.label(), &email, PASSWORD, &[role]).await.expect("added");
        self.sign_in(&email).await
    }

    pub async fn sign_in(&self, email: &str) -> String {
        let body = format!("email={}&password={}", email.replace('@', "%40"), PASSWORD.replace(' ', "+"));
        let answer = self.form("/sign-in", None, &body).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        answer.cookie.expect("a session")
    }
}

/// The page without what differs from request to request: the frame, the head and the nonce.
pub fn main_part(html: &str) -> &str {
    let start = html.find("<main").unwrap_or(0);
    let end = html.rfind("</main>").unwrap_or(html.len());
    &html[start..end]
}
