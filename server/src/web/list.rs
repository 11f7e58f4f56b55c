//! Lists, whatever their noun: as CSV, streamed page by page, so that a large one needs no large memory, and in the API. Every export is an entry of the
//! ledger, and reads one state of the world from its first line to its last.

use super::export;
use super::operation::{Named, Shape};
use super::reply::Answer;
use super::request::Reading;
use super::shown;
use axum::Json;
use axum::body::{Body, Bytes};
use axum::http::{Uri, header};
use axum::response::{IntoResponse, Response};
use domain::listing::Field;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use service::Result;
use service::exports::Export;
use service::listing::{self, Listing};
use std::borrow::Cow;
use utoipa::PartialSchema;
use utoipa::openapi::schema::{ArrayBuilder, KnownFormat, ObjectBuilder, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr, Schema};

/// A body of the pieces a function gives until it has none. What goes wrong on the way breaks the transfer off,
/// so that half a file is not taken for a whole one.
pub fn body<S, F, Fut>(first: String, state: Option<S>, next: F) -> Body
where
    S: Send + 'static,
    F: Fn(S) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Result<(String, Option<S>)>> + Send,
{
    let pieces = stream::unfold(Some((Some(first), state)), move |at| {
        let next = next.clone();
        async move {
            let (first, state) = at?;
            if let Some(text) = first {
                return Some((Ok(Bytes::from(text)), Some((None, state))));
            }
            match next(state?).await {
                Ok((text, state)) => Some((Ok(Bytes::from(text)), Some((None, state)))),
                Err(error) => {
                    tracing::error!(?error, "an export broke off");
                    Some((Err(std::io::Error::other("the export broke off")), None))
                }
            }
        }
    });
    // Fused: compression asks once more after the end.
    Body::from_stream(pieces.fuse())
}

pub fn attachment(kind: &'static str, name: &str, body: Body) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)], body).into_response()
}

/// A list as CSV: what the page's filters select, as of the page's as-of.
pub async fn csv<L: Listing>(Reading(read, _): Reading, address: Uri) -> Answer {
    export::answer(const { &Export::csv::<L>() }, read, &address).await
}

/// A list as the API gives it: 50 rows, and where the next begin.
pub async fn json<L: Listing>(Reading(mut read, asked): Reading) -> Answer<Json<Value>> {
    let filter = listing::asked::<L>(&asked)?;
    let sheet = L::sheet(&mut read, &filter, asked.get("after"), listing::PAGE).await?;
    let items: Vec<Value> = sheet.rows.iter().map(|row| domain::listing::json(L::FIELDS, row)).collect();
    Ok(Json(json!({ "as_of": sheet.as_of.to_string(), "items": items, "next": sheet.next })))
}

/// The form of a stretch of a list, made from its fields.
pub const fn shape<L: Listing>() -> Shape {
    Shape { name: sheet_name::<L>, schema: sheet_schema::<L>, parts: sheet_parts::<L> }
}

fn sheet_name<L: Listing>() -> Cow<'static, str> {
    Cow::Owned(format!("{}_list", L::NAME))
}

fn row_name<L: Listing>() -> String {
    format!("{}_row", L::NAME)
}

fn sheet_schema<L: Listing>() -> RefOr<Schema> {
    let next = ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
        .description(Some("The cursor of the stretch after this one; null where this is the last"));
    ObjectBuilder::new()
        .property("as_of", <shown::AsOf as PartialSchema>::schema())
        .property("items", ArrayBuilder::new().items(Ref::from_schema_name(row_name::<L>())))
        .property("next", next)
        .required("as_of")
        .required("items")
        .required("next")
        .into()
}

fn sheet_parts<L: Listing>(parts: &mut Vec<Named>) {
    parts.push((row_name::<L>(), row_schema::<L>()));
}

/// The form of one row: every field stands in it, an optional one may be null.
pub fn row_schema<L: Listing>() -> RefOr<Schema> {
    let mut row = ObjectBuilder::new();
    for field in L::FIELDS {
        row = row.property(field.name, member(field)).required(field.name);
    }
    row.into()
}

fn member<R>(field: &Field<R>) -> ObjectBuilder {
    let form = ObjectBuilder::new().description((!field.about.is_empty()).then_some(field.about));
    let plain = match field.shape {
        domain::listing::Shape::Text | domain::listing::Shape::Words(_) | domain::listing::Shape::Time => Type::String,
        domain::listing::Shape::Number => Type::Integer,
        domain::listing::Shape::Flag => Type::Boolean,
        domain::listing::Shape::Json => return form.schema_type(SchemaType::AnyValue),
    };
    let form = match field.shape {
        domain::listing::Shape::Time => form.format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime))),
        domain::listing::Shape::Words(words) if !field.optional => form.enum_values(Some(words.iter().copied())),
        _ => form,
    };
    let kinds = if field.optional { SchemaType::from_iter([plain, Type::Null]) } else { plain.into() };
    form.schema_type(kinds)
}
