//! Sources: registering one, saying who answers for it, and what feeds the inventory.

use super::operation::Operation;
use super::reply::written;
use super::request::{Acting, Values, value};
use axum::Form;
use axum::extract::Path;
use axum::response::Response;
use domain::ids::SourceId;
use domain::seq::Seq;
use service::Error;
use service::sources::{self, Wish};

const SOURCES: &str = "/settings/sources";

pub static LIST: Operation =
    Operation::list::<sources::List>("list_sources", "Sources with who answers for them and when they were last heard");

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

pub async fn register(Acting(act): Acting, Form(values): Form<Values>) -> Response {
    let result = sources::register(&act, &wish(&values)).await.map(|(_, written)| written);
    written(SOURCES, result, "Registered", values)
}

pub async fn edit(Acting(act): Acting, Path(id): Path<String>, Form(values): Form<Values>) -> Response {
    let edited = async {
        let id = SourceId::parse(&id).map_err(|_| Error::NotFound("source"))?;
        let seen = value(&values, "seen").parse().map_or(Seq(-1), Seq);
        sources::edit(&act, id, seen, &wish(&values)).await
    };
    let result = edited.await;
    written(SOURCES, result, "Saved", values)
}
