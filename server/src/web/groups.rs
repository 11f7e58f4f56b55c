//! Groups: adding one, adding somebody to it, removing somebody.

use super::reply::written;
use super::request::{Acting, Values, value};
use axum::Form;
use axum::extract::Path;
use axum::response::Response;
use domain::ids::{GroupId, PersonId};
use service::{Error, groups};

const GROUPS: &str = "/settings/groups";

pub async fn add(Acting(act): Acting, Form(values): Form<Values>) -> Response {
    let result = groups::add(&act, &value(&values, "name")).await.map(|(_, written)| written);
    written(GROUPS, result, "Group added", values)
}

pub async fn join(Acting(act): Acting, Form(values): Form<Values>) -> Response {
    let joined = async {
        let person = PersonId::parse(&value(&values, "person")).map_err(|_| Error::invalid("person", "Choose a person."))?;
        let group = GroupId::parse(&value(&values, "group")).map_err(|_| Error::invalid("group", "Choose a group."))?;
        groups::join(&act, person, group).await
    };
    let result = joined.await;
    written(GROUPS, result, "Added to the group", values)
}

pub async fn leave(Acting(act): Acting, Path(id): Path<String>) -> Response {
    let left = async { groups::leave(&act, super::people::person(&id)?).await };
    let result = left.await;
    written(GROUPS, result, "Removed from the group", Values::new())
}
