//! The context of a page.

use super::layers::Client;
use super::{assets, openapi, request};
use app::context::PageContext;
use axum::http::{Extensions, Uri};
use service::{Principal, Services};
use tower_http::request_id::RequestId;
use tower_sessions::Session;
use ui::Flash;

/// Who looks, from where, and the number of the request, by which the log is searched.
pub struct Caller {
    pub principal: Option<Principal>,
    pub place: String,
    pub number: String,
}

impl Caller {
    pub fn of(request: &Extensions, principal: Option<Principal>) -> Self {
        let place = request.get::<Client>().map(|c| c.0.clone()).unwrap_or_default();
        Self { principal, place, number: number(request) }
    }
}

/// The number of a request, as the log and the answer's header have it.
pub fn number(request: &Extensions) -> String {
    request.get::<RequestId>().and_then(|id| id.header_value().to_str().ok()).unwrap_or_default().to_owned()
}

/// Everything a page knows of its request: who looks and from where, and what is said of the last form.
pub fn context(services: &Services, session: &Session, caller: Caller, uri: &Uri, flash: Flash) -> PageContext {
    let manifest = assets::manifest();
    let Caller { principal, place, number } = caller;
    PageContext {
        services: services.clone(),
        principal,
        flash,
        place,
        number,
        session: session.id().map(|id| id.to_string()).unwrap_or_default(),
        path: local(uri.path()),
        query: shown(request::pairs(uri.query().unwrap_or_default())),
        css: manifest.css.as_str().into(),
        api: openapi::document(),
    }
}

/// The parameters without what rules a terminal or turns a line round: a page repeats them in its forms and links.
fn shown(mut pairs: Vec<(String, String)>) -> Vec<(String, String)> {
    for (name, value) in &mut pairs {
        name.retain(|c| !domain::text::is_ruling(c));
        value.retain(|c| !domain::text::is_ruling(c));
    }
    pairs
}

/// The path as links of this server begin: with one slash. Two, or a backslash behind it, would lead to another server.
fn local(path: &str) -> String {
    format!("/{}", path.trim_start_matches(['/', '\\']))
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn a_path_never_names_another_server() {
        for (path, expected) in [
            ("/", "/"),
            ("/identities", "/identities"),
            ("//evil.example/x", "/evil.example/x"),
            ("///evil.example", "/evil.example"),
            ("/\\evil.example/x", "/evil.example/x"),
            ("/a//b", "/a//b"),
        ] {
            assert_eq!(local(path), expected, "{path}");
        }
    }
}
