//! The settings' forms: people and their roles, one's own password and sessions, tokens.

use crate::pages::{done, refused};
use axum::Form;
use axum::extract::{Extension, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::ids::{Noun, parse, show};
use domain::permission::Role;
use serde::Deserialize;
use service::store::writer::Written;
use service::tokens::{self, Wish};
use service::{Error, Principal, Services, people};
use std::collections::BTreeMap;
use tower_sessions::Session;
use uuid::Uuid;

const PEOPLE: &str = "/settings/people";
const PROFILE: &str = "/settings/profile";
const TOKENS: &str = "/settings/tokens";

pub(super) type Values = BTreeMap<String, String>;

pub(super) fn value(values: &Values, name: &str) -> String {
    values.get(name).cloned().unwrap_or_default()
}

/// On to a page with a word, or back with the reason.
pub(super) async fn answer(session: &Session, to: &str, result: Result<Written, Error>, word: &str, values: Values) -> Response {
    match result {
        Ok(written) => done(session, to, &format!("{word} with entry {}.", written.seq)).await.into_response(),
        Err(error) => refused(session, to, &error, values).await,
    }
}

/// On to a page that shows a secret once.
fn shown(services: &Services, who: &Principal, to: &str, text: String) -> Response {
    let id = services.show_once(who, text);
    Redirect::to(&format!("{to}?once={}", show(Noun::Other, id))).into_response()
}

pub(super) fn person(id: &str) -> Result<Uuid, Error> {
    parse(Noun::Person, id).map_err(|_| Error::NotFound("person"))
}

pub async fn invite(
    State(services): State<Services>,
    session: Session,
    Extension(who): Extension<Principal>,
    Form(values): Form<Values>,
) -> Response {
    let roles: Vec<Role> = Role::parse(&value(&values, "role")).into_iter().collect();
    match people::invite(&services, &who, &value(&values, "name"), &value(&values, "email"), &roles).await {
        Ok((_, query)) => shown(&services, &who, PEOPLE, format!("{}/welcome?{query}", services.address)),
        Err(error) => refused(&session, PEOPLE, &error, values).await,
    }
}

pub async fn link(
    State(services): State<Services>,
    session: Session,
    Extension(who): Extension<Principal>,
    Path(id): Path<String>,
) -> Response {
    let made = async { people::reset_link(&services, &who, person(&id)?).await };
    match made.await {
        Ok(query) => shown(&services, &who, PEOPLE, format!("{}/welcome?{query}", services.address)),
        Err(error) => refused(&session, PEOPLE, &error, Values::new()).await,
    }
}

pub async fn give_role(
    State(services): State<Services>,
    session: Session,
    Extension(who): Extension<Principal>,
    Path(id): Path<String>,
    Form(values): Form<Values>,
) -> Response {
    let scope = value(&values, "scope");
    let (kind, of) = scope.split_once(':').unwrap_or((if scope.trim().is_empty() { "organisation" } else { scope.trim() }, ""));
    let given = async {
        let role = Role::parse(&value(&values, "role")).ok_or_else(|| Error::invalid("role", "choose a role"))?;
        people::assign(&services, &who, person(&id)?, role, (kind.trim(), of)).await
    };
    let result = given.await;
    answer(&session, PEOPLE, result, "Given", Values::new()).await
}

pub async fn take_role(
    State(services): State<Services>,
    session: Session,
    Extension(who): Extension<Principal>,
    Path(id): Path<String>,
) -> Response {
    let taken = async {
        let id = parse(Noun::Other, &id).map_err(|_| Error::NotFound("role of anybody"))?;
        people::unassign(&services, &who, id).await
    };
    let result = taken.await;
    answer(&session, PEOPLE, result, "Taken away", Values::new()).await
}

pub async fn lock(
    State(services): State<Services>,
    session: Session,
    Extension(who): Extension<Principal>,
    Path(id): Path<String>,
) -> Response {
    let locked = async { people::lock_out(&services, &who, person(&id)?).await };
    let result = locked.await;
    answer(&session, PEOPLE, result, "Locked out", Values::new()).await
}

pub async fn back(
    State(services): State<Services>,
    session: Session,
    Extension(who): Extension<Principal>,
    Path(id): Path<String>,
) -> Response {
    let taken = async { people::take_back(&services, &who, person(&id)?).await };
    let result = taken.await;
    answer(&session, PEOPLE, result, "Taken back: make a link for a new password. Recorded", Values::new()).await
}

#[derive(Deserialize)]
pub struct Password {
    #[serde(default)]
    old: String,
    #[serde(default)]
    password: String,
}

pub async fn password(
    State(services): State<Services>,
    session: Session,
    Extension(who): Extension<Principal>,
    Form(form): Form<Password>,
) -> Response {
    let here = session.id().map(|id| id.to_string()).unwrap_or_default();
    let result = people::change_password(&services, &who, &here, &form.old, &form.password).await;
    answer(&session, PROFILE, result, "Changed", Values::new()).await
}

pub async fn end_session(
    State(services): State<Services>,
    session: Session,
    Extension(who): Extension<Principal>,
    Form(values): Form<Values>,
) -> Response {
    match people::end_session(&services, &who, &value(&values, "session")).await {
        Ok(()) => done(&session, PROFILE, "That session has ended.").await.into_response(),
        Err(error) => refused(&session, PROFILE, &error, Values::new()).await,
    }
}

pub async fn mint(
    State(services): State<Services>,
    session: Session,
    Extension(who): Extension<Principal>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let scopes = pairs.iter().filter(|(k, _)| k == "scope").map(|(_, v)| v.clone()).collect();
    let values: Values = pairs.into_iter().filter(|(k, _)| k != "scope").collect();
    let wish = Wish {
        scopes,
        name: value(&values, "name"),
        days: value(&values, "days").trim().parse().unwrap_or(0),
        identity: value(&values, "identity"),
        source: value(&values, "source"),
        person: String::new(),
    };
    match tokens::mint(&services, &who, &wish).await {
        Ok(minted) => shown(&services, &who, TOKENS, minted.text),
        Err(error) => refused(&session, TOKENS, &error, values).await,
    }
}

pub async fn revoke(
    State(services): State<Services>,
    session: Session,
    Extension(who): Extension<Principal>,
    Path(id): Path<String>,
) -> Response {
    let revoked = async {
        let id = parse(Noun::Token, &id).map_err(|_| Error::NotFound("token"))?;
        tokens::revoke(&services, &who, id).await
    };
    let result = revoked.await;
    answer(&session, TOKENS, result, "Revoked", Values::new()).await
}
