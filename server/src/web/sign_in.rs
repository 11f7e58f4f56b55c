//! The doors: set-up, sign-in, a password by link, sign-out.

use super::layers::Client;
use super::reply::{self, Fault, asked_on, done, refused, refused_whole};
use super::request::{Values, value};
use super::routes;
use super::session_store::{BEGUN_WITH, CONFIRMED, PERSON};
use super::signed_out::{self, KEPT};
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Form, Json};
use service::factors::{self, Answer};
use service::{Act, Confirmed, Error, Principal, Services, people};
use tower_sessions::Session;

pub async fn set_up(
    State(services): State<Services>,
    session: Session,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    Form(mut form): Form<Values>,
) -> Response {
    let password = form.remove("password").unwrap_or_default();
    let token = value(&form, "token");
    let (name, email) = (value(&form, "name"), value(&form, "email"));
    match services.at_door("setup", &client.0, people::set_up(&services, &token, &name, &email, &password)).await {
        Ok(who) => {
            if let Some(response) = begin(&session, &who, &said(&client, &headers)).await {
                return response;
            }
            done("/", "Account created. Import a file to see every identity.")
        }
        Err(error) => {
            let to = format!("/setup?token={}", app::context::encode(&token));
            form.remove("token");
            refused(&to, &error, form)
        }
    }
}

pub async fn sign_in(
    State(services): State<Services>,
    session: Session,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    Form(mut form): Form<Values>,
) -> Response {
    let password = form.remove("password").unwrap_or_default();
    let next = form.remove("next").unwrap_or_default();
    match people::sign_in(&services, &value(&form, "email"), &password, &client.0).await {
        Ok(who) => {
            let kept = form.remove(KEPT).unwrap_or_default();
            begin(&session, &who, &said(&client, &headers)).await.unwrap_or_else(|| went_on(who, &next, &kept))
        }
        Err(Error::SecondStep(pending)) => {
            form.remove("email");
            form.insert("next".to_owned(), local(&next).to_owned());
            form.insert(PENDING.to_owned(), pending);
            asked_on(SECOND_STEP, form)
        }
        Err(error) => {
            let to = format!("/sign-in?next={}", app::context::encode(local(&next)));
            refused(&to, &error, form)
        }
    }
}

/// On to what was asked for, or to what is a beginning.
fn went_on(who: Principal, next: &str, kept: &str) -> Response {
    let next = if next.is_empty() || next == "/" { home(&who) } else { next };
    signed_out::go_on(who, next, kept)
}

/// Where somebody begins who asked for no page: whoever decides at what waits for them.
fn home(who: &Principal) -> &'static str {
    if who.may(domain::permission::Action::DecideChange) { "/inbox" } else { "/" }
}

/// The page of the second step, and the field that says whose it is.
pub const SECOND_STEP: &str = "/sign-in/factor";
const PENDING: &str = "pending";

/// The second step: a code, a passkey or a recovery code.
pub async fn second_step(
    State(services): State<Services>,
    session: Session,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    Form(mut form): Form<Values>,
) -> Response {
    let pending = value(&form, PENDING);
    let (name, answer) = (form.remove("ceremony").unwrap_or_default(), form.remove("answer").unwrap_or_default());
    let (code, recovery) = (form.remove("code").unwrap_or_default(), form.remove("recovery").unwrap_or_default());
    let given = if !name.is_empty() {
        Answer::Passkey(&name, &answer)
    } else if !recovery.trim().is_empty() {
        Answer::Recovery(&recovery)
    } else {
        Answer::Code(&code)
    };
    match factors::second(&services, &pending, given, &client.0).await {
        Ok(who) => {
            let (next, kept) = (value(&form, "next"), form.remove(KEPT).unwrap_or_default());
            begin(&session, &who, &said(&client, &headers)).await.unwrap_or_else(|| went_on(who, &next, &kept))
        }
        Err(error @ Error::StepGone) => {
            form.remove(PENDING);
            refused(&format!("/sign-in?next={}", app::context::encode(local(&value(&form, "next")))), &error, form)
        }
        Err(error) => refused_whole(SECOND_STEP, &error, form),
    }
}

/// What the passkey of whoever stands at the second step is asked.
pub async fn second_question(State(services): State<Services>, Form(form): Form<Values>) -> reply::Answer<Json<factors::Question>> {
    Ok(Json(factors::second_question(&services, &value(&form, PENDING)).await?))
}

/// From where and with what somebody signs in, for their own list of sessions.
fn said(client: &Client, headers: &HeaderMap) -> String {
    let program = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or("unknown program");
    format!("{}, {}", client.0, domain::text::capped(program, 160))
}

/// Only a page of this site: never another host. Browsers leave out a tab or a line feed, and what is left may be two slashes.
pub fn local(next: &str) -> &str {
    let path = next.split(['?', '#']).next().unwrap_or_default();
    let plain = next.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if plain && routes::is_page(path) { next } else { "/" }
}

/// A new session id for a new person: an id from before the sign-in must not carry over.
async fn begin(session: &Session, who: &Principal, with: &str) -> Option<Response> {
    let begun = async {
        session.cycle_id().await?;
        session.insert(BEGUN_WITH, with).await?;
        session.insert(CONFIRMED, who.confirmation().map(Confirmed::text)).await?;
        session.insert(PERSON, who.person_id().map(|id| id.to_string())).await
    };
    match begun.await {
        Ok(()) => None,
        Err(error) => {
            tracing::error!(%error, "a session could not be begun");
            Some(Fault(Error::Internal("session".to_owned())).into_response())
        }
    }
}

/// A password by link; then one signs in with it.
pub async fn welcome(State(services): State<Services>, Extension(client): Extension<Client>, Form(form): Form<Values>) -> Response {
    let get = |name: &str| value(&form, name);
    let (person, until, tag) = (get("person"), get("until"), get("tag"));
    let password = get("password");
    match services.at_door("link", &client.0, people::accept(&services, &person, &until, &tag, &password)).await {
        Ok(_) => done("/sign-in", "Password set. Sign in with it."),
        Err(error) => {
            let encode = app::context::encode;
            let to = format!("/welcome?person={}&until={}&tag={}", encode(&person), encode(&until), encode(&tag));
            refused(&to, &error, Values::new())
        }
    }
}

pub async fn sign_out(State(services): State<Services>, session: Session, who: Option<Extension<Principal>>) -> Response {
    if let Some(Extension(who)) = who
        && let Err(error) = people::sign_out(&Act::new(&services, &who)).await
    {
        tracing::error!(?error, "a sign-out could not be recorded");
    }
    if let Err(error) = session.flush().await {
        tracing::error!(%error, "a session could not be ended");
    }
    Redirect::to("/sign-in").into_response()
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn one_is_led_to_a_path_of_this_site_or_to_the_overview() {
        for (next, to) in [
            ("/identities?q=a%20b", "/identities?q=a%20b"),
            ("//evil.example", "/"),
            ("/\t/evil.example", "/"),
            ("/\n/evil.example", "/"),
            ("/\r\nset-cookie: a=b", "/"),
            ("/\u{85}/evil.example", "/"),
            ("/\u{0}", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("/ledger.csv", "/"),
            ("/./ledger.csv", "/"),
            ("/x/../ledger.csv", "/"),
            ("/identities/../ledger.csv", "/"),
            ("/identities/%2e%2e", "/"),
            ("/identities/..%2fledger.csv", "/"),
            ("/settings/../ledger.jsonl", "/"),
            ("/identities/", "/"),
            ("/jobs/x/file", "/"),
            ("/nowhere", "/"),
            ("/identities/new", "/identities/new"),
            ("/identities/idn_1/edit?as_of=1#top", "/identities/idn_1/edit?as_of=1#top"),
            ("/settings?as_of=1", "/settings?as_of=1"),
            ("/", "/"),
            ("", "/"),
        ] {
            assert_eq!(local(next), to, "{next:?}");
        }
    }
}
