//! What is open, page by page, with what people have said of its candidates: for the inbox of everybody at once. One
//! statement a kind and page, never one a change.

use super::verdicts::{Consent, Decision, ReviewEvent, consent_columns, decision_columns, review_event_columns};
use super::{Candidate, Change, Place, candidate_columns, open};
use crate::Result;
use crate::engine::db::Tx;

/// A page of the open changes is the place before it and its last place.
macro_rules! of_page {
    ($from:literal, $($columns:tt)+) => {
        concat!(
            "SELECT ",
            $($columns)+,
            " FROM change_versions v ",
            $from,
            " WHERE v.until = 9223372036854775807 AND ",
            open_states!("v."),
            " AND (v.rank, v.asked_at, v.id) > ($1, $2, $3) AND (v.rank, v.asked_at, v.id) <= ($4, $5, $6) LIMIT 100000"
        )
    };
}

statements! {
    CANDIDATES = of_page!("JOIN candidates c ON c.id = v.candidate_id", candidate_columns!("c"));
    DECISIONS = of_page!("JOIN decisions d ON d.candidate_id = v.candidate_id", decision_columns!("d"));
    CONSENTS = of_page!("JOIN consents k ON k.candidate_id = v.candidate_id", consent_columns!("k"));
    RECUSALS = of_page!("JOIN review_events e ON e.change_id = v.id AND e.event = 'recuse'", review_event_columns!("e"));
}

/// Open changes of one page, the severest first, with what was said of the candidate each has today.
#[derive(Debug)]
pub struct Page {
    pub changes: Vec<Change>,
    pub candidates: Vec<Candidate>,
    pub decisions: Vec<Decision>,
    pub consents: Vec<Consent>,
    pub recusals: Vec<ReviewEvent>,
}

/// The page after a place; none where nothing comes after it.
pub async fn page(tx: &mut Tx, after: Place, limit: i64) -> Result<Option<Page>> {
    let changes = open(tx, after, limit).await?;
    let Some(last) = changes.last().map(Change::place) else { return Ok(None) };
    macro_rules! rows {
        ($text:expr) => {
            on!(tx, c => sqlx::query_as($text).bind(after.0).bind(after.1).bind(after.2).bind(last.0).bind(last.1).bind(last.2).fetch_all(c).await?)
        };
    }
    let (candidates, decisions) = (rows!(CANDIDATES), rows!(DECISIONS));
    let (consents, recusals) = (rows!(CONSENTS), rows!(RECUSALS));
    Ok(Some(Page { changes, candidates, decisions, consents, recusals }))
}
