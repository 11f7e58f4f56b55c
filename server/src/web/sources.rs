//! Sources: adding one, editing what is said of it, and their list.

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

pub static LIST: Operation = Operation::list::<sources::List>("list_sources", "Sources with their owner and last import");

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
    written(SOURCES, result, "Source added", values)
}

pub async fn edit(Acting(act): Acting, Path(id): Path<String>, Form(values): Form<Values>) -> Response {
    let to = SourceId::parse(&id).map_or_else(|_| SOURCES.to_owned(), |id| format!("{SOURCES}/{id}"));
    let edited = async {
        let id = SourceId::parse(&id).map_err(|_| Error::NotFound("source"))?;
        let seen = value(&values, "seen").parse().map_or(Seq(-1), Seq);
        sources::edit(&act, id, seen, &wish(&values)).await
    };
    let result = edited.await;
    written(&to, result, "Source saved", values)
}
