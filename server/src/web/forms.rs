//! What a form of the browser comes to: on to the next page with a message that the browser carries there, or the form once
//! more with the reason beside the field. Nothing of it is stored.

use super::context::{self, Caller};
use super::layers::Nonce;
use super::signed_out::{self, SignedOut};
use app::context::{PageContext, encode};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use service::{Principal, Services, sessions};
use tower::ServiceExt;
use tower_sessions::Session;
use ui::Flash;

const SAID: &str = "countersign-said";
/// Seconds after which a message is none any more.
const LIFE: u32 = 60;
/// The longest message.
const LONGEST: usize = 1000;

/// The message of a form that worked, on its way to the browser.
#[derive(Clone)]
pub struct Said(pub String);

/// A form that was refused: the page it stands on, what that page says, and with which status.
#[derive(Clone)]
pub struct Refused {
    pub to: String,
    pub flash: Flash,
    pub status: StatusCode,
    /// Who looks at it, where that is somebody else than who sent the form.
    pub who: Option<Principal>,
}

/// Shows pages in place of the answer of a form.
#[derive(Clone)]
pub struct Forms {
    pub services: Services,
    pub pages: Router,
    pub secure: bool,
}

/// Around the forms, behind the question who is calling.
pub async fn layer(State(forms): State<Forms>, session: Session, request: Request, next: Next) -> Response {
    let viewed = request.extensions().get::<PageContext>().is_some_and(|cx| cx.flash.ok.is_some());
    let principal = request.extensions().get::<Principal>().cloned();
    let seen = (Caller::of(request.extensions(), principal), request.extensions().get::<Nonce>().cloned());
    if request.extensions().get::<SignedOut>().is_some() {
        let refused = signed_out::refused(request).await;
        return again(&forms, &session, seen, refused).await;
    }
    let mut answer = next.run(request).await;
    if let Some(refused) = answer.extensions_mut().remove::<Refused>() {
        return again(&forms, &session, seen, refused).await;
    }
    let said = answer.extensions_mut().remove::<Said>();
    let cookie = match said {
        Some(Said(text)) => Some(carried(&forms, &text)),
        // A message is shown once.
        None => viewed.then(|| cookie(&forms, "", 0)),
    };
    if let Some(cookie) = cookie.and_then(|c| HeaderValue::try_from(c).ok()) {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
    answer
}

type Seen = (Caller, Option<Nonce>);

/// The page of the form once more.
async fn again(forms: &Forms, session: &Session, (caller, nonce): Seen, refused: Refused) -> Response {
    let principal = refused.who.or(caller.principal.clone());
    let Ok(uri) = refused.to.parse::<Uri>() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let mut request = Request::new(Body::empty());
    let caller = Caller { principal: principal.clone(), ..caller };
    let page = context::context(&forms.services, session, caller, &uri, refused.flash);
    *request.uri_mut() = uri;
    let known = request.extensions_mut();
    known.insert(page);
    if let Some(principal) = principal {
        known.insert(principal);
    }
    if let Some(nonce) = nonce {
        known.insert(nonce);
    }
    let Ok(mut answer) = forms.pages.clone().oneshot(request).await;
    if answer.status().is_success() {
        *answer.status_mut() = refused.status;
    }
    answer
}

fn cookie(forms: &Forms, value: &str, life: u32) -> String {
    let secure = if forms.secure { "; Secure" } else { "" };
    format!("{SAID}={value}; HttpOnly; SameSite=Lax; Path=/; Max-Age={life}{secure}")
}

fn carried(forms: &Forms, text: &str) -> String {
    let text = domain::text::capped(text, LONGEST);
    cookie(forms, &format!("{}.{}", sessions::said(&forms.services, &text), encode(&text)), LIFE)
}

/// The message that a browser brings along, where it is one of ours.
pub fn heard(services: &Services, headers: &HeaderMap) -> Flash {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';'));
    let mut values = cookies.filter_map(|pair| pair.trim().strip_prefix(SAID)?.strip_prefix('='));
    let ok = values.find_map(|value| {
        let (mac, text) = value.split_once('.')?;
        // Written as the value of a query is.
        let (_, text) = form_urlencoded::parse(format!("t={text}").as_bytes()).into_owned().next()?;
        sessions::same(mac, &sessions::said(services, &text)).then_some(text)
    });
    Flash { ok, ..Flash::default() }
}
