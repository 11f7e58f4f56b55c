//! Sources: registering one, and saying who answers for it.

use super::settings::{Values, answer, value};
use axum::Form;
use axum::extract::{Extension, Path, State};
use axum::response::Response;
use domain::ids::{Noun, parse};
use service::sources::{self, Wish};
use service::{Error, Principal, Services};
use tower_sessions::Session;

const SOURCES: &str = "/settings/sources";

fn wish(values: &Values) -> Wish {
    let get = |name: &str| value(values, name);
    Wish {
        name: get("name"),
        kind: get("kind"),
        owner: get("owner"),
        environment: get("environment"),
        vantage: get("vantage"),
        hours: get("hours"),
    }
}

pub async fn register(
    State(services): State<Services>,
    session: Session,
    Extension(who): Extension<Principal>,
    Form(values): Form<Values>,
) -> Response {
    let result = sources::register(&services, &who, &wish(&values)).await.map(|(_, written)| written);
    answer(&session, SOURCES, result, "Registered", values).await
}

pub async fn edit(
    State(services): State<Services>,
    session: Session,
    Extension(who): Extension<Principal>,
    Path(id): Path<String>,
    Form(values): Form<Values>,
) -> Response {
    let edited = async {
        let id = parse(Noun::Source, &id).map_err(|_| Error::NotFound("source"))?;
        let seen = value(&values, "seen").parse().unwrap_or(-1);
        sources::edit(&services, &who, id, seen, &wish(&values)).await
    };
    let result = edited.await;
    answer(&session, SOURCES, result, "Saved", values).await
}
