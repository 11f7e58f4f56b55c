//! Groups: adding one, putting somebody in, taking somebody out.

use super::settings::{Values, answer, person, value};
use axum::Form;
use axum::extract::{Extension, Path, State};
use axum::response::Response;
use domain::ids::{Noun, parse};
use service::{Error, Principal, Services, groups};
use tower_sessions::Session;

const GROUPS: &str = "/settings/groups";

pub async fn add(
    State(services): State<Services>,
    session: Session,
    Extension(who): Extension<Principal>,
    Form(values): Form<Values>,
) -> Response {
    let result = groups::add(&services, &who, &value(&values, "name")).await.map(|(_, written)| written);
    answer(&session, GROUPS, result, "Added", values).await
}

pub async fn join(
    State(services): State<Services>,
    session: Session,
    Extension(who): Extension<Principal>,
    Form(values): Form<Values>,
) -> Response {
    let joined = async {
        let who_joins = parse(Noun::Person, &value(&values, "person")).map_err(|_| Error::invalid("person", "choose somebody"))?;
        let group = parse(Noun::Group, &value(&values, "group")).map_err(|_| Error::invalid("group", "choose a group"))?;
        groups::join(&services, &who, who_joins, group).await
    };
    let result = joined.await;
    answer(&session, GROUPS, result, "Put in", values).await
}

pub async fn leave(
    State(services): State<Services>,
    session: Session,
    Extension(who): Extension<Principal>,
    Path(id): Path<String>,
) -> Response {
    let left = async { groups::leave(&services, &who, person(&id)?).await };
    let result = left.await;
    answer(&session, GROUPS, result, "Taken out", Values::new()).await
}
