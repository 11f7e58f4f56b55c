//! Lists, whatever their noun: as CSV, streamed page by page, so that a large one needs no large memory, and in the API. Every export is an entry of the
//! ledger, and reads one state of the world from its first line to its last.

use super::export;
use super::reply::Answer;
use super::request::Reading;
use axum::Json;
use axum::body::{Body, Bytes};
use axum::http::{Uri, header};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use service::Result;
use service::exports::Export;
use service::listing::{self, Listing};

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
