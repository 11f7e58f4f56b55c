//! People and their roles, one's own password and sessions.

use super::reply::{done, refused, shown_once, written};
use super::request::{Acting, Values, value};
use axum::Form;
use axum::extract::Path;
use axum::response::Response;
use domain::ids::{AssignmentId, PersonId};
use domain::permission::Role;
use service::people;
use service::{Act, Error, Result};
use tower_sessions::Session;

const PEOPLE: &str = "/settings/people";
const PROFILE: &str = "/settings/profile";

pub fn person(id: &str) -> Result<PersonId> {
    PersonId::parse(id).map_err(|_| Error::NotFound("person"))
}

/// The page of somebody.
fn page_of(id: &str) -> String {
    PersonId::parse(id).map_or_else(|_| PEOPLE.to_owned(), |id| format!("{PEOPLE}/{id}"))
}

/// The link that was made, on a page that says for whom.
fn link_shown(act: &Act, to: &str, name: &str, query: &str) -> Response {
    let for_whom = app::context::encode(name);
    shown_once(act, &format!("{to}?for={for_whom}"), format!("{}/welcome?{query}", act.services().address()))
}

pub async fn invite(Acting(act): Acting, Form(values): Form<Values>) -> Response {
    let roles: Vec<Role> = Role::parse(&value(&values, "role")).into_iter().collect();
    let name = value(&values, "name");
    match people::invite(&act, &name, &value(&values, "email"), &roles).await {
        Ok((_, query)) => link_shown(&act, PEOPLE, name.trim(), &query),
        Err(error) => refused(PEOPLE, &error, values),
    }
}

pub async fn link(Acting(act): Acting, Path(id): Path<String>) -> Response {
    let to = page_of(&id);
    let made = async { people::reset_link(&act, person(&id)?).await };
    match made.await {
        Ok((name, query)) => link_shown(&act, &to, &name, &query),
        Err(error) => refused(&to, &error, Values::new()),
    }
}

pub async fn give_role(Acting(act): Acting, Path(id): Path<String>, Form(values): Form<Values>) -> Response {
    let scope = value(&values, "scope");
    let (kind, of) = scope.split_once(':').unwrap_or((if scope.trim().is_empty() { "organisation" } else { scope.trim() }, ""));
    let given = async {
        let role = Role::parse(&value(&values, "role")).ok_or_else(|| Error::invalid("role", "Choose a role."))?;
        people::assign(&act, person(&id)?, role, (kind.trim(), of)).await
    };
    let result = given.await;
    written(&page_of(&id), result, "Role added", values)
}

pub async fn take_role(Acting(act): Acting, Path(id): Path<String>) -> Response {
    let taken = async { people::unassign(&act, AssignmentId::parse(&id).map_err(|_| Error::NotFound("role"))?).await };
    match taken.await {
        Ok((whose, result)) => written(&format!("{PEOPLE}/{whose}"), Ok(result), "Role removed", Values::new()),
        Err(error) => refused(PEOPLE, &error, Values::new()),
    }
}

pub async fn lock(Acting(act): Acting, Path(id): Path<String>) -> Response {
    let locked = async { people::lock_out(&act, person(&id)?).await };
    match locked.await {
        Ok((name, result)) => written(&page_of(&id), Ok(result), &format!("{name} is deactivated"), Values::new()),
        Err(error) => refused(&page_of(&id), &error, Values::new()),
    }
}

pub async fn back(Acting(act): Acting, Path(id): Path<String>) -> Response {
    let taken = async { people::take_back(&act, person(&id)?).await };
    match taken.await {
        Ok((name, result)) => {
            written(&page_of(&id), Ok(result), &format!("{name} is reactivated. Reset the password to let them sign in"), Values::new())
        }
        Err(error) => refused(&page_of(&id), &error, Values::new()),
    }
}

pub async fn password(Acting(act): Acting, session: Session, Form(values): Form<Values>) -> Response {
    let here = session.id().map(|id| id.to_string()).unwrap_or_default();
    let result = people::change_password(&act, &here, &value(&values, "old"), &value(&values, "password")).await;
    written(PROFILE, result, "Password changed", Values::new())
}

pub async fn end_session(Acting(act): Acting, Form(values): Form<Values>) -> Response {
    match people::end_session(&act, &value(&values, "session")).await {
        Ok(()) => done(PROFILE, "Session ended."),
        Err(error) => refused(PROFILE, &error, Values::new()),
    }
}

pub async fn end_sessions(Acting(act): Acting, session: Session) -> Response {
    let here = session.id().map(|id| id.to_string()).unwrap_or_default();
    written(PROFILE, people::end_other_sessions(&act, &here).await, "All other sessions ended", Values::new())
}
