//! Groups: adding one, putting somebody in, taking somebody out.

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
    written(GROUPS, result, "Added", values)
}

pub async fn join(Acting(act): Acting, Form(values): Form<Values>) -> Response {
    let joined = async {
        let person = PersonId::parse(&value(&values, "person")).map_err(|_| Error::invalid("person", "choose somebody"))?;
        let group = GroupId::parse(&value(&values, "group")).map_err(|_| Error::invalid("group", "choose a group"))?;
        groups::join(&act, person, group).await
    };
    let result = joined.await;
    written(GROUPS, result, "Put in", values)
}

pub async fn leave(Acting(act): Acting, Path(id): Path<String>) -> Response {
    let left = async { groups::leave(&act, super::people::person(&id)?).await };
    let result = left.await;
    written(GROUPS, result, "Taken out", Values::new())
}
