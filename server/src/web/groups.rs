//! Groups: adding one, putting somebody in, taking somebody out.

use super::reply::written;
use super::request::{Acting, Values, value};
use axum::Form;
use axum::extract::Path;
use axum::response::Response;
use domain::ids::{GroupId, PersonId};
use service::{Error, groups};
use tower_sessions::Session;

const GROUPS: &str = "/settings/groups";

pub async fn add(Acting(act): Acting, session: Session, Form(values): Form<Values>) -> Response {
    let result = groups::add(&act, &value(&values, "name")).await.map(|(_, written)| written);
    written(&session, GROUPS, result, "Added", values).await
}

pub async fn join(Acting(act): Acting, session: Session, Form(values): Form<Values>) -> Response {
    let joined = async {
        let person = PersonId::parse(&value(&values, "person")).map_err(|_| Error::invalid("person", "choose somebody"))?;
        let group = GroupId::parse(&value(&values, "group")).map_err(|_| Error::invalid("group", "choose a group"))?;
        groups::join(&act, person, group).await
    };
    let result = joined.await;
    written(&session, GROUPS, result, "Put in", values).await
}

pub async fn leave(Acting(act): Acting, session: Session, Path(id): Path<String>) -> Response {
    let left = async { groups::leave(&act, super::people::person(&id)?).await };
    let result = left.await;
    written(&session, GROUPS, result, "Taken out", Values::new()).await
}
