//! Exporting the ledger, and what the server itself puts on record.

use crate::{Act, Principal, Read, Result, Services, Written};
use domain::asof::AsOf;
use domain::ledger::Actor;
use domain::permission::Action;
use domain::query::Asked;
use domain::seq::Seq;
use domain::text;
use domain::time::SECOND;
use domain::verb::Verb;
use serde_json::json;
use store::engine::writer::Command;
use store::ledger;

/// Entries of an export that are read at a time.
const STEP: i64 = 1000;
/// Characters that the entry of an export keeps of its query.
const QUERY_MOST: usize = 1_000;

/// The lines of an export after an entry, and the entry the next ones come after. Line by line, for a stranger: one line
/// per entry (its leaf text and hash), then the newest checkpoint.
pub async fn export_page(read: &mut Read, after: Option<Seq>) -> Result<(Vec<String>, Option<Seq>)> {
    read.authorise(Action::VerifyLedger)?;
    let seq = read.seq();
    // An export ends at the checkpoint that covers it, or it could not be verified.
    let checkpoint = ledger::checkpoint_at(read.tx(), seq).await?;
    let head = checkpoint.as_ref().map_or(seq, |c| c.seq);
    let page = ledger::range(read.tx(), after.unwrap_or(Seq::ZERO), head, STEP).await?;
    let mut lines: Vec<String> =
        page.iter().map(|s| json!({ "leaf": s.entry.leaf_text(), "leaf_hash": s.leaf_hash }).to_string()).collect();
    let next = page.last().map(|s| s.entry.seq).filter(|last| *last < head);
    if next.is_none() {
        let key = read.services().verifier().map(domain::note::Verifier::to_text);
        lines.extend(checkpoint.map(|c| json!({ "checkpoint": c.note, "key": key }).to_string()));
    }
    Ok((lines, next))
}

/// What was taken out: a list, as of when, and the query that narrowed it. Of a whole store only that it was.
pub type Taken<'a> = Option<(AsOf, &'a str)>;

/// Every export leaves an entry: what was taken out, and by whom. A restored store takes none, so nothing leaves it.
pub async fn exported(act: &Act, what: &str, taken: Taken<'_>) -> Result<Written> {
    act.write(export_entry(act, what, taken)?).await
}

pub(crate) fn export_entry(act: &Act, what: &str, taken: Taken<'_>) -> Result<Command> {
    if !matches!(act.who(), Principal::Host { .. }) {
        act.services().doors.exports(act.who().accountable(), act.services().now())?;
    }
    let mut said = json!({ "what": what });
    if let Some((as_of, query)) = taken {
        said["as_of"] = as_of.to_string().into();
        let query = text::capped(&Asked::of(query).kept(), QUERY_MOST);
        if !query.is_empty() {
            said["query"] = if crate::holds_a_secret(&query) { "…".into() } else { query.into() };
        }
    }
    let mut c = act.command(Verb::ExportMade, "installation", None);
    c.payload = act.payload(said)?;
    Ok(c)
}

/// The longest the clock may run apart from the time that passed, in microseconds.
const JUMP: i64 = 5 * SECOND;

/// Records that the clock moved by so many microseconds more than time passed; small steps are no jump.
pub async fn clock_jumped(services: &Services, by: i64) -> Result<Option<Written>> {
    if by.abs() <= JUMP {
        return Ok(None);
    }
    let mut c = Command::new(Actor::SYSTEM, Verb::ClockJumped.as_str(), "installation", None);
    c.payload = json!({ "seconds": by / SECOND }).to_string();
    tracing::error!(seconds = by / SECOND, "the clock jumped");
    Ok(Some(services.write(c).await?))
}
