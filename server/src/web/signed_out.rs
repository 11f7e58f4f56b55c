//! A form that is sent after its session has ended. The sign-in says so, and what was typed goes through it and back into the
//! form: in the pages alone, never in the store and never on its own. It is saved when somebody who may presses Save again.

use super::forms::Refused;
use super::refusal::came_from;
use super::request::Values;
use super::{routes, sign_in};
use app::context::encode;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use service::Principal;
use ui::Flash;

/// Marks a form of somebody who is signed in no more.
#[derive(Clone, Copy)]
pub struct SignedOut;

/// The field of the sign-in that holds what was typed.
pub const KEPT: &str = "kept";
/// The most of it: the sign-in takes little more.
const MOST: usize = routes::SIGN_IN - 4 * 1024;
/// What is never written into a page.
const NEVER: [&str; 9] = ["password", "old", "token", "code", "recovery", "sealed", "answer", "pending", KEPT];

/// The sign-in in place of the form.
pub async fn refused(request: Request) -> Refused {
    let to = format!("/sign-in?next={}", encode(&page_of(request.uri().path(), request.headers())));
    let kept = typed(request).await;
    let reason = match kept {
        Some(_) => "You were signed out. Sign in to go on; what you typed will be in the form again.",
        None => "You were signed out, and what you sent was not saved. Sign in to go on.",
    };
    let values = kept.map(|text| (KEPT.to_owned(), text)).into_iter().collect();
    let flash = Flash { ok: None, error: Some((String::new(), reason.to_owned())), values, ..Flash::default() };
    Refused { to, flash, status: StatusCode::UNAUTHORIZED, who: None }
}

/// The page that a form stands on: where it was sent from, or what belongs to its address.
fn page_of(path: &str, headers: &HeaderMap) -> String {
    let from = came_from(headers).filter(|from| {
        let page = from.split('?').next().unwrap_or_default();
        page != path && !routes::is_open(page) && sign_in::local(from) == from
    });
    let own = || ["/new", "/edit", ""].iter().map(|end| format!("{path}{end}")).find(|page| routes::is_page(page));
    from.or_else(own).unwrap_or_else(|| "/".to_owned())
}

/// What was typed, where it is text, no secret, and so much that the sign-in can carry it.
async fn typed(request: Request) -> Option<String> {
    let kind = request.headers().get(header::CONTENT_TYPE)?.to_str().ok()?;
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return None;
    }
    let body = to_bytes(request.into_body(), MOST).await.ok()?;
    let fits = |name: &str, value: &str| !value.is_empty() && !NEVER.contains(&name) && !service::holds_a_secret(value);
    let mut values = Values::new();
    for (name, value) in form_urlencoded::parse(&body).into_owned().filter(|(name, value)| fits(name, value)) {
        // What is ticked several times under one name stays so.
        values.entry(name).and_modify(|all| all.extend([" ", value.as_str()])).or_insert(value);
    }
    let kept = serde_json::to_string(&values).ok().filter(|_| !values.is_empty())?;
    let sent: usize = form_urlencoded::byte_serialize(kept.as_bytes()).map(str::len).sum();
    (sent <= MOST).then_some(kept)
}

/// On from the sign-in: to a page, or to the form with what was typed.
pub fn go_on(who: Principal, next: &str, kept: &str) -> Response {
    let next = sign_in::local(next);
    let Some(values) = serde_json::from_str::<Values>(kept).ok().filter(|values| !values.is_empty()) else {
        return Redirect::to(next).into_response();
    };
    let said = "You are signed in again. This is what you typed; it is not saved yet.";
    let flash = Flash { ok: Some(said.to_owned()), error: None, values, ..Flash::default() };
    let mut answer = StatusCode::OK.into_response();
    answer.extensions_mut().insert(Refused { to: next.to_owned(), flash, status: StatusCode::OK, who: Some(who) });
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_comes_back_to_the_page_that_the_form_stands_on() {
        for (path, referer, page) in [
            ("/identities", "http://here/identities/new?as_of=1", "/identities/new?as_of=1"),
            ("/identities", "http://here/identities", "/identities/new"),
            ("/identities", "http://here/ledger.csv", "/identities/new"),
            ("/identities", "http://elsewhere/identities", "/identities/new"),
            ("/identities/idn_1", "", "/identities/idn_1/edit"),
            ("/resources", "http://here/sign-in", "/resources/new"),
            ("/settings/teams", "", "/settings/teams"),
            ("/settings/tokens/tok_1/revoke", "http://here/settings/tokens", "/settings/tokens"),
            ("/nowhere", "", "/"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, "here".parse().expect("a value"));
            headers.insert(header::REFERER, referer.parse().expect("a value"));
            assert_eq!(page_of(path, &headers), page, "{path} {referer}");
        }
    }
}
