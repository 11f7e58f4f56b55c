//! Lists as a file: streamed while the request waits, page by page, so that a large one needs no large memory; above
//! that as a job, whose page offers the file. Every export is an entry of the ledger, and reads one state of the world
//! from its first line to its last.

use super::list::{attachment, body};
use super::reply::Answer;
use super::{jobs, ledger};
use axum::http::Uri;
use axum::response::{IntoResponse, Redirect};
use domain::asof::Wanted;
use domain::permission::Action;
use service::exports::{self, Bound, Export, Lines};
use service::{Act, Read};

/// Every list that may be too long for a request. A job finds its list here by the name.
pub static LISTS: [&Export; 5] = [&IDENTITIES, &GRANTS, &COMPARISON, &ENTRIES, &LEAVES];

pub static IDENTITIES: Export = Export::csv::<service::identities::List>();
static GRANTS: Export = Export::csv::<service::grants::List>();
static COMPARISON: Export = Export::csv::<service::comparison::List>();
static ENTRIES: Export = Export::csv::<service::ledger::List>();

/// The whole ledger, for a stranger, who verifies it offline.
pub static LEAVES: Export = Export {
    name: "ledger leaves",
    ending: "jsonl",
    content_type: "application/jsonl",
    header: String::new,
    needs: Action::VerifyLedger,
    bound: Some(Bound::Entries),
    begin: ledger::leaves,
};

/// Answers with a list as the address narrows it. The first page is read, and refused, before anything is sent; where
/// it is the only one, how long the list could be does not matter.
pub async fn answer(list: &'static Export, mut read: Read, address: &Uri) -> Answer {
    let (act, as_of) = (Act::new(read.services(), read.who()), read.as_of());
    let query = address.query().unwrap_or_default();
    let lines = (list.begin)(query)?;
    let may_be_long = exports::may_be_long(&mut read, list).await?;
    let first = lines(read).await?;
    if may_be_long && first.next.is_some() {
        let id = exports::start(&act, list, query, as_of).await?;
        let by_api = address.path().starts_with("/api/");
        return if by_api { jobs::accepted(&act, id).await } else { Ok(Redirect::to(&jobs::page(id)).into_response()) };
    }
    service::ledger::exported(&act, list.name, Some((as_of, query))).await?;
    let text = (list.header)() + &first.lines.concat();
    let rest = body(text, first.next, move |lines: Lines| {
        let act = act.clone();
        async move {
            let piece = lines(exports::opened(&act, Wanted::Pair(as_of)).await?).await?;
            Ok((piece.lines.concat(), piece.next))
        }
    });
    Ok(attachment(list.content_type, &list.file(), rest))
}
