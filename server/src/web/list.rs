//! Lists as CSV, streamed page by page, so that a large one needs no large memory. Every export is an entry of the
//! ledger, and reads one state of the world from its first line to its last.

use super::operation::{Body as Gives, Shape};
use super::reply::Answer;
use super::shown;
use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::asof::Wanted;
use domain::text::csv_cell;
use futures_util::{StreamExt, stream};
use serde_json::Value;
use service::{Act, Read, Result, ledger};
use utoipa::ToSchema;

/// Rows read at a time.
pub const STEP: i64 = 1000;

/// A page of a list, for the document.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
pub struct ListPage {
    as_of: shown::AsOf,
    #[schema(value_type = Vec<Object>)]
    items: Vec<Value>,
    /// The cursor of the page after; none where this is the last.
    #[schema(value_type = Option<String>)]
    next: Option<Value>,
}

/// What every list of the API gives.
pub const PAGE: Gives = Gives::Json(Shape::of::<ListPage>());

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

/// A list as CSV: `page` gives the lines from a cursor on, and where the next page starts. The first page is read, and
/// refused, before anything is sent.
pub async fn csv<C, F, Fut>(read: Read, what: &'static str, header: &str, page: F) -> Answer
where
    C: Send + 'static,
    F: Fn(Read, Option<C>) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Result<(String, Option<C>)>> + Send,
{
    let (act, as_of) = (Act::new(read.services(), read.who()), read.as_of());
    let (lines, next) = page(read, None).await?;
    ledger::exported(&act, what).await?;
    let first = format!("{header}\r\n{lines}");
    let body = body(first, next, move |cursor| {
        let (act, page) = (act.clone(), page.clone());
        async move {
            let read = Read::open(act.services(), act.who(), Wanted::Pair(as_of)).await?;
            page(read, Some(cursor)).await
        }
    });
    Ok(attachment("text/csv; charset=utf-8", &format!("{}.csv", what.split(' ').next().unwrap_or(what)), body))
}

/// A cell in quotes, harmless to a spreadsheet.
pub fn cell(text: &str) -> String {
    format!("\"{}\"", csv_cell(text).replace('"', "\"\""))
}

/// A cell that may be empty.
pub fn optional(text: Option<&str>) -> String {
    cell(text.unwrap_or_default())
}

/// Cells as a line.
pub fn line(cells: &[String]) -> String {
    cells.join(",") + "\r\n"
}
