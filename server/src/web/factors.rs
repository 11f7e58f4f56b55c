//! One's own second factors, showing anew who one is, and resets of somebody else's.

use super::layers::Client;
use super::people::person;
use super::reply::{self, Fault, done, refused, refused_whole, shown_once, written};
use super::request::{Acting, Values, value};
use super::session_store::CONFIRMED;
use super::sign_in::local;
use axum::extract::{Extension, Path};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Form, Json};
use domain::ids::AuthenticatorId;
use domain::person::AuthenticatorKind;
use domain::seq::Seq;
use service::factors::{self, Added, Answer, Given, Question};
use service::{Act, Error, Result};
use tower_sessions::Session;

const SECURITY: &str = "/settings/security";
const APP: &str = "/settings/security/app";
const CODES: &str = "/settings/security/codes";
const RESETS: &str = "/settings/resets";

/// Shows anew who one is; then it is known in this session for a while.
pub async fn confirm(Acting(act): Acting, session: Session, Extension(client): Extension<Client>, Form(form): Form<Values>) -> Response {
    let (name, answer, code) = (value(&form, "ceremony"), value(&form, "answer"), value(&form, "code"));
    let password = value(&form, "password");
    let given = if name.is_empty() {
        Some(code.as_str()).filter(|code| !code.trim().is_empty()).map(Answer::Code)
    } else {
        Some(Answer::Passkey(&name, &answer))
    };
    let next = local(&value(&form, "next")).to_owned();
    match factors::confirm(&act, Given { password: &password, answer: given }, &client.0).await {
        Ok(shown) => match session.insert(CONFIRMED, shown.text()).await {
            Ok(()) => Redirect::to(&next).into_response(),
            Err(error) => {
                tracing::error!(%error, "a confirmation could not be kept");
                Fault(Error::Internal("session".to_owned())).into_response()
            }
        },
        Err(error) => refused(&format!("/reauth?next={}", app::context::encode(&next)), &error, Values::new()),
    }
}

pub async fn confirm_question(Acting(act): Acting) -> reply::Answer<Json<Question>> {
    Ok(Json(factors::confirm_question(&act).await?))
}

/// On to the page of one's factors, or, with the first one, to the recovery codes that came with it.
fn added(act: &Act, added: Added, what: &str) -> Response {
    match added.codes {
        Some(codes) => shown_once(act, CODES, codes),
        None => done(SECURITY, &format!("{what} added. Ledger entry {}.", added.written.seq)),
    }
}

pub async fn add_app(Acting(act): Acting, Form(form): Form<Values>) -> Response {
    match factors::add_app(&act, &value(&form, "sealed"), &value(&form, "code"), &value(&form, "label")).await {
        Ok(made) => added(&act, made, "Authenticator app"),
        Err(error) => refused_whole(APP, &error, form),
    }
}

/// Which of the two kinds a form is about.
fn kind(form: &Values) -> AuthenticatorKind {
    AuthenticatorKind::parse(&value(form, "kind"))
        .filter(|k| *k == AuthenticatorKind::DecisionPasskey)
        .unwrap_or(AuthenticatorKind::Passkey)
}

pub async fn passkey_question(Acting(act): Acting, Form(form): Form<Values>) -> reply::Answer<Json<Question>> {
    Ok(Json(factors::passkey_question(&act, kind(&form)).await?))
}

pub async fn add_passkey(Acting(act): Acting, Form(mut form): Form<Values>) -> Response {
    let (name, answer) = (form.remove("ceremony").unwrap_or_default(), form.remove("answer").unwrap_or_default());
    match factors::add_passkey(&act, (&name, &answer), &value(&form, "label")).await {
        Ok(made) => added(&act, made, "Passkey"),
        Err(error) => {
            let page = if kind(&form) == AuthenticatorKind::DecisionPasskey { "decision-passkey" } else { "passkey" };
            refused(&format!("{SECURITY}/{page}"), &error, form)
        }
    }
}

pub async fn new_codes(Acting(act): Acting) -> Response {
    match factors::new_codes(&act).await {
        Ok((_, codes)) => shown_once(&act, CODES, codes),
        Err(error) => refused(CODES, &error, Values::new()),
    }
}

pub async fn remove(Acting(act): Acting, Path(id): Path<String>) -> Response {
    let parsed = AuthenticatorId::parse(&id).map_err(|_| Error::NotFound("sign-in method"));
    let back = parsed.as_ref().map_or_else(|_| SECURITY.to_owned(), |id| format!("{SECURITY}/{id}/remove"));
    let removed = async { factors::remove(&act, parsed?).await };
    match removed.await {
        Err(error @ Error::Unconfirmed) => refused(&back, &error, Values::new()),
        result => written(SECURITY, result, "Sign-in method removed", Values::new()),
    }
}

pub async fn ask_reset(Acting(act): Acting, Path(id): Path<String>) -> Response {
    let asked = async { factors::ask_reset(&act, person(&id)?).await };
    match asked.await {
        Err(error @ Error::Unconfirmed) => refused(&format!("/settings/people/{id}/factors/reset"), &error, Values::new()),
        result => written(RESETS, result, "Reset requested. Someone else has to confirm it", Values::new()),
    }
}

pub async fn carry_out_reset(Acting(act): Acting, Path(seq): Path<String>) -> Response {
    let entry = |text: &str| -> Result<Seq> { text.parse().map(Seq).map_err(|_| Error::NotFound("reset request")) };
    let done = async { factors::carry_out_reset(&act, entry(&seq)?).await };
    match done.await {
        Err(error @ Error::Unconfirmed) => refused(&format!("{RESETS}/{seq}/confirm"), &error, Values::new()),
        result => written(RESETS, result, "Second factors reset", Values::new()),
    }
}
