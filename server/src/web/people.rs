//! People and their roles, one's own password and sessions.

use super::reply::{done, refused, shown_once, written};
use super::request::{Acting, Values, value};
use axum::Form;
use axum::extract::Path;
use axum::response::Response;
use domain::ids::{AssignmentId, PersonId};
use domain::permission::Role;
use service::people;
use service::{Error, Result};
use tower_sessions::Session;

const PEOPLE: &str = "/settings/people";
const PROFILE: &str = "/settings/profile";

pub fn person(id: &str) -> Result<PersonId> {
    PersonId::parse(id).map_err(|_| Error::NotFound("person"))
}

pub async fn invite(Acting(act): Acting, Form(values): Form<Values>) -> Response {
    let roles: Vec<Role> = Role::parse(&value(&values, "role")).into_iter().collect();
    match people::invite(&act, &value(&values, "name"), &value(&values, "email"), &roles).await {
        Ok((_, query)) => shown_once(&act, PEOPLE, format!("{}/welcome?{query}", act.services().address())),
        Err(error) => refused(PEOPLE, &error, values),
    }
}

pub async fn link(Acting(act): Acting, Path(id): Path<String>) -> Response {
    let made = async { people::reset_link(&act, person(&id)?).await };
    match made.await {
        Ok(query) => shown_once(&act, PEOPLE, format!("{}/welcome?{query}", act.services().address())),
        Err(error) => refused(PEOPLE, &error, Values::new()),
    }
}

pub async fn give_role(Acting(act): Acting, Path(id): Path<String>, Form(values): Form<Values>) -> Response {
    let scope = value(&values, "scope");
    let (kind, of) = scope.split_once(':').unwrap_or((if scope.trim().is_empty() { "organisation" } else { scope.trim() }, ""));
    let given = async {
        let role = Role::parse(&value(&values, "role")).ok_or_else(|| Error::invalid("role", "choose a role"))?;
        people::assign(&act, person(&id)?, role, (kind.trim(), of)).await
    };
    let result = given.await;
    written(PEOPLE, result, "Given", Values::new())
}

pub async fn take_role(Acting(act): Acting, Path(id): Path<String>) -> Response {
    let taken = async { people::unassign(&act, AssignmentId::parse(&id).map_err(|_| Error::NotFound("role of anybody"))?).await };
    let result = taken.await;
    written(PEOPLE, result, "Taken away", Values::new())
}

pub async fn lock(Acting(act): Acting, Path(id): Path<String>) -> Response {
    let locked = async { people::lock_out(&act, person(&id)?).await };
    let result = locked.await;
    written(PEOPLE, result, "Locked out", Values::new())
}

pub async fn back(Acting(act): Acting, Path(id): Path<String>) -> Response {
    let taken = async { people::take_back(&act, person(&id)?).await };
    let result = taken.await;
    written(PEOPLE, result, "Taken back: make a link for a new password. Recorded", Values::new())
}

pub async fn password(Acting(act): Acting, session: Session, Form(values): Form<Values>) -> Response {
    let here = session.id().map(|id| id.to_string()).unwrap_or_default();
    let result = people::change_password(&act, &here, &value(&values, "old"), &value(&values, "password")).await;
    written(PROFILE, result, "Changed", Values::new())
}

pub async fn end_session(Acting(act): Acting, Form(values): Form<Values>) -> Response {
    match people::end_session(&act, &value(&values, "session")).await {
        Ok(()) => done(PROFILE, "That session has ended."),
        Err(error) => refused(PROFILE, &error, Values::new()),
    }
}
