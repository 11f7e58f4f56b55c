//! The doors: set-up, sign-in, a password by link, sign-out.

use super::layers::Client;
use super::reply::{Fault, done, refused};
use super::request::{Values, value};
use super::routes;
use super::session_store::{BEGUN_WITH, PERSON};
use axum::Form;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use service::{Act, Error, Principal, Services, people};
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
    match people::set_up(&services, &token, &value(&form, "name"), &value(&form, "email"), &password).await {
        Ok(who) => {
            if let Some(response) = begin(&session, &who, &said(&client, &headers)).await {
                return response;
            }
            done(&session, "/", "You are set up. Import what you have.").await
        }
        Err(error) => {
            let to = format!("/setup?token={}", app::context::encode(&token));
            form.remove("token");
            refused(&session, &to, &error, form).await
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
        Ok(who) => begin(&session, &who, &said(&client, &headers)).await.unwrap_or_else(|| Redirect::to(local(&next)).into_response()),
        Err(error) => {
            let to = format!("/sign-in?next={}", app::context::encode(local(&next)));
            refused(&session, &to, &error, form).await
        }
    }
}

/// From where and with what somebody signs in, for their own list of sessions.
fn said(client: &Client, headers: &HeaderMap) -> String {
    let program = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or("unknown program");
    format!("{}, {}", client.0, domain::text::capped(program, 160))
}

/// Only a path of this site: never another host.
fn local(next: &str) -> &str {
    let path = next.split(['?', '#']).next().unwrap_or_default();
    let here = next.starts_with('/') && !next.starts_with("//") && !next.contains('\\');
    // An export is an entry in somebody's name: nobody is led into one by a link to the sign-in.
    if here && !routes::is_export(path) { next } else { "/" }
}

/// A new session id for a new person: an id from before the sign-in must not carry over.
async fn begin(session: &Session, who: &Principal, with: &str) -> Option<Response> {
    let begun = async {
        session.cycle_id().await?;
        session.insert(BEGUN_WITH, with).await?;
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
pub async fn welcome(State(services): State<Services>, session: Session, Form(form): Form<Values>) -> Response {
    let get = |name: &str| value(&form, name);
    let (person, until, tag) = (get("person"), get("until"), get("tag"));
    match people::accept(&services, &person, &until, &tag, &get("password")).await {
        Ok(_) => done(&session, "/sign-in", "Your password is set. Sign in with it.").await,
        Err(error) => {
            let encode = app::context::encode;
            let to = format!("/welcome?person={}&until={}&tag={}", encode(&person), encode(&until), encode(&tag));
            refused(&session, &to, &error, Values::new()).await
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
