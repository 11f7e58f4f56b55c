//! Set-up, sign-in, sign-out.

use crate::layers::Client;
use crate::pages::{done, refused};
use crate::session_store::{BEGUN_WITH, PERSON};
use axum::Form;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use service::{Error, Principal, Services, people};
use std::collections::BTreeMap;
use tower_sessions::Session;

#[derive(Deserialize)]
pub struct SetUp {
    #[serde(default)]
    token: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
}

pub async fn set_up(
    State(services): State<Services>,
    session: Session,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    Form(form): Form<SetUp>,
) -> Response {
    match people::set_up(&services, &form.token, &form.name, &form.email, &form.password).await {
        Ok(who) => {
            if let Some(response) = begin(&session, &who, &said(&client, &headers)).await {
                return response;
            }
            done(&session, "/", "You are set up. Import what you have.").await.into_response()
        }
        Err(error) => {
            let values = BTreeMap::from([("name".to_owned(), form.name), ("email".to_owned(), form.email)]);
            let to = format!("/setup?token={}", app::context::encode(&form.token));
            refused(&session, &to, &error, values).await
        }
    }
}

#[derive(Deserialize)]
pub struct SignIn {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

pub async fn sign_in(
    State(services): State<Services>,
    session: Session,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    Form(form): Form<SignIn>,
) -> Response {
    match people::sign_in(&services, &form.email, &form.password, &client.0).await {
        Ok(who) => begin(&session, &who, &said(&client, &headers)).await.unwrap_or_else(|| Redirect::to(local(&form.next)).into_response()),
        Err(error) => {
            let values = BTreeMap::from([("email".to_owned(), form.email)]);
            let to = format!("/sign-in?next={}", app::context::encode(local(&form.next)));
            refused(&session, &to, &error, values).await
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
    if here && !crate::layers::EXPORTS.contains(&path) { next } else { "/" }
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
            let error = Error::Internal("session".to_owned());
            Some(crate::api::problem::error(&error))
        }
    }
}

#[derive(Deserialize)]
pub struct Welcome {
    #[serde(default)]
    person: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    tag: String,
    #[serde(default)]
    password: String,
}

/// A password by link; then one signs in with it.
pub async fn welcome(State(services): State<Services>, session: Session, Form(form): Form<Welcome>) -> Response {
    match people::accept(&services, &form.person, &form.until, &form.tag, &form.password).await {
        Ok(_) => done(&session, "/sign-in", "Your password is set. Sign in with it.").await.into_response(),
        Err(error) => {
            let encode = app::context::encode;
            let to = format!("/welcome?person={}&until={}&tag={}", encode(&form.person), encode(&form.until), encode(&form.tag));
            refused(&session, &to, &error, BTreeMap::new()).await
        }
    }
}

pub async fn sign_out(State(services): State<Services>, session: Session, who: Option<Extension<Principal>>) -> Response {
    if let Some(Extension(who)) = who
        && let Err(error) = people::sign_out(&services, &who).await
    {
        tracing::error!(?error, "a sign-out could not be recorded");
    }
    if let Err(error) = session.flush().await {
        tracing::error!(%error, "a session could not be ended");
    }
    Redirect::to("/sign-in").into_response()
}
