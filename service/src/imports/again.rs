//! The same input again: where nothing can have moved since it was read, it is neither read nor compared a second time. It
//! guesses nothing: other bytes, other names, other wishes, other rules of reading, or anything that moved of the source,
//! and it is read as ever.

use super::act::{Applying, within_reach};
use super::dead;
use super::input::{self, Bytes};
use super::request::Request;
use super::tally::{Outcome, Tally};
use crate::jobs::Running;
use crate::{Act, Error, Result};
use domain::snapshot::Snapshot;
use sha2::{Digest, Sha256};
use store::engine::require::Require;
use store::engine::table::Declared;
use store::imports::{self, Import};
use store::sources::{self, Source};

/// The member of an import's result that says what it was read from and how.
const PRINT: &str = "print";

/// The import that brought this, and the source as it has been since.
struct Known {
    import: Import,
    source: Source,
    outcome: Outcome,
}

/// What an outcome rests on beside the store: names and bytes of each file, what lies unread beside them, how they were taken,
/// and the rules they were read by.
pub(super) fn print(request: &Request, bytes: &Bytes) -> Result<String> {
    let files: Vec<(&str, &str)> = request.input.files.iter().map(|f| f.name.as_str()).zip(bytes.each.iter().map(String::as_str)).collect();
    let beside = request.input.beside();
    let how = super::Wish { dry_run: false, confirm_removals: false, ..request.how.clone() };
    let all = serde_json::to_vec(&(env!("COUNTERSIGN_READERS"), request.format, &request.input.name, files, beside, how));
    let all = all.map_err(|e| Error::Internal(e.to_string()))?;
    Ok(hex::encode(Sha256::digest(all)))
}

/// The result of an import as it is kept, with what the same input is known by again. One of several sources has none: it
/// would be taken for all of them.
pub(super) fn kept(outcome: &Outcome, print: Option<&str>) -> Result<String> {
    let failed = |e: serde_json::Error| Error::Internal(e.to_string());
    let mut value = serde_json::to_value(outcome).map_err(failed)?;
    if let (Some(members), Some(print)) = (value.as_object_mut(), print) {
        members.insert(PRINT.to_owned(), print.into());
    }
    serde_json::to_string(&value).map_err(failed)
}

/// The outcome where the input is known and nothing of its source has moved since; written down as an import, unless it is
/// only tried.
pub(super) async fn import(act: &Act, request: &Request, bytes: &Bytes, job: &Running) -> Result<Option<Outcome>> {
    let Some(Known { import, .. }) = known(act, request, bytes).await? else { return Ok(None) };
    let name = import.source.clone();
    within_reach(act, request, &name).await?;
    if !request.how.dry_run {
        job.alone_at(&format!("the source {name}")).await?;
        dead::close(act, job, &name).await?;
    }
    // Whoever was at the source ahead of this may have moved it.
    let Some(Known { import, source, outcome }) = known(act, request, bytes).await? else { return Ok(None) };
    if request.how.dry_run {
        return Ok(Some(Outcome { dry_run: true, ..outcome }));
    }
    let requires = vec![Require::ImportedUpTo { source: source.id, last: import.seq }, source.still()];
    let snapshot = Snapshot::default();
    let print = Some(print(request, bytes)?);
    let applying = Applying { act, snapshot: &snapshot, request, name: &name, digest: &bytes.digest, print, job, id: act.id() };
    match applying.unchanged(&import, outcome, requires).await {
        Ok(outcome) => Ok(Some(outcome)),
        Err(Error::Conflict(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The newest import of these bytes, where it was read the same way, is the newest of its source, and neither the source nor
/// anything lists show of it has moved since.
async fn known(act: &Act, request: &Request, bytes: &Bytes) -> Result<Option<Known>> {
    let mut tx = act.snapshot().await?;
    let found = imports::newest_of_file(&mut tx, &bytes.digest).await?;
    let print = print(request, bytes)?;
    let same = |i: &Import| {
        let kept: Option<serde_json::Value> = serde_json::from_str(&i.result).ok();
        kept.is_some_and(|v| v[PRINT] == print.as_str())
    };
    let mut out = None;
    if let Some(import) = found.filter(same) {
        let source = sources::by_id(&mut tx, import.source_id, domain::seq::Seq::NOW).await?;
        let newest = imports::last_of_source(&mut tx, import.source_id).await? == import.seq;
        let moved = imports::moved_since(&mut tx, import.source_id, import.seq).await?;
        let outcome: Option<Outcome> = serde_json::from_str(&import.result).ok();
        let still = source.zip(outcome).filter(|(source, _)| newest && !moved && source.since <= import.seq);
        out = still.map(|(source, outcome)| Known { outcome: unmoved(outcome), source, import });
    }
    tx.rollback().await?;
    Ok(out)
}

/// What was said of it, now that nothing moves.
fn unmoved(before: Outcome) -> Outcome {
    let still = |t: Tally| Tally { total: t.total, ..Tally::default() };
    Outcome {
        unchanged: true,
        seq: None,
        import: None,
        needs_confirmation: None,
        identities: still(before.identities),
        permission_sets: still(before.permission_sets),
        grants: still(before.grants),
        units: still(before.units),
        actions: still(before.actions),
        tools: still(before.tools),
        surfaces: still(before.surfaces),
        credentials: still(before.credentials),
        differences: vec![],
        all_differences: None,
        file: false,
        not_named: 0,
        ..before
    }
}

/// The bytes of an input, as they are now.
pub(super) async fn bytes(request: &Request) -> Result<Bytes> {
    let input = request.input.clone();
    tokio::task::spawn_blocking(move || input::bytes(&input)).await.map_err(|e| Error::Internal(e.to_string()))?
}
