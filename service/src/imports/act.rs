//! Carrying an import out, as a job: here and now. How one comes from the queue stands beside it.

use super::existing::{self, Existing};
use super::plan::{Making, Pending, Plan};
use super::request::{Kept, Request};
use super::{Outcome, again, dead, differences, input};
use crate::aside::aside;
use crate::jobs::{self, Caller, JobKind, Running};
use crate::{Act, Error, Result};
use domain::asof::Wanted;
use domain::identity::Plane;
use domain::ids::{BatchId, BlobId, ImportId, SourceId};
use domain::permission::{Action, Place};
use domain::snapshot::Snapshot;
use domain::source::{self, Completeness, Vantage};
use domain::text;
use domain::verb::Verb;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::time::Duration;
use store::blobs::Blob;
use store::engine::require::Require;
use store::engine::rows::Row;
use store::engine::table::{Declared, Table};
use store::engine::writer::Command;
use store::imports::{Batch, BatchEnd, ImportRow, Observation};
use uuid::Uuid;

/// Rows an entry may open; above `BATCH_FROM` in all, the import is a batch of such entries.
const CHUNK: usize = 24_000;
pub(super) const BATCH_FROM: usize = 50_000;
/// Every way to name one, for the answer may be read far from where the input was given.
const NO_SOURCE: &str = "Name the source, e.g. prod-cluster: in the field Source, with --source NAME, or with source=NAME in the API.";
const SEVERAL: &str = "The file holds several accounts, and each is its own source. Leave the source empty.";
/// How often an import compares again where people edited meanwhile what it was about to move.
const TRIES: usize = 3;
/// How often, and after how long, it compares again where another import is writing rules that both bring.
const TURNS: usize = 120;
const TURN: Duration = Duration::from_secs(1);

/// Runs an import and waits for it. It goes on when the caller goes away: a half-written one helps nobody.
/// `progress` is told what is going on, in words.
pub async fn run(act: &Act, request: Request, progress: impl Fn(&str) + Send + Sync + 'static) -> Result<Outcome> {
    act.authorise(Action::Import)?;
    let act = act.clone();
    let running = tokio::spawn(async move {
        let kept = Kept {
            caller: Caller::of(act.who()),
            format: request.format,
            name: request.input.name.clone(),
            files: None,
            how: request.how.clone(),
        };
        let id = jobs::begin(&act, JobKind::Import, &kept).await?;
        let (outcome, _) = jobs::carry(act.services(), id, progress, |job| import(act.clone(), request, job)).await;
        outcome
    });
    running.await.map_err(|e| Error::Internal(e.to_string()))?
}

/// Reads, compares and writes, with the rights of whoever acts; asked again before what is written lives. An input of several
/// sources is compared as a whole before any of it is written, so that what is refused of one is refused of all.
pub(super) async fn import(act: Act, request: Request, job: Running) -> Result<Outcome> {
    act.authorise(Action::Import)?;
    job.tell(format!("reading {}", request.input.name));
    let bytes = job.as_long(again::bytes(&request)).await??;
    if let Some(outcome) = again::import(&act, &request, &bytes, &job).await? {
        return Ok(outcome);
    }
    let mut snapshot = job.as_long(input::read(&act, &request, &bytes)).await??;
    let others = std::mem::take(&mut snapshot.others);
    if let (Some(_), false) = (&request.how.source, others.is_empty()) {
        return Err(Error::invalid("source", SEVERAL));
    }
    let mut parts = Vec::with_capacity(1 + others.len());
    let alone = others.is_empty();
    for snapshot in std::iter::once(snapshot).chain(others) {
        parts.push(Part { name: named(&request, &snapshot)?, snapshot, alone });
    }
    for part in &parts {
        within_reach(&act, &request, &part.name).await?;
        if parts.len() > 1 && !request.how.dry_run {
            asked(&act, part, &request, &job).await?;
        }
    }
    differences::begin(act.services(), job.id);
    let mut outcomes = Vec::with_capacity(parts.len());
    for part in &parts {
        outcomes.push(one(&act, part, &request, &bytes, &job).await?);
    }
    Ok(Outcome::of_several(outcomes))
}

/// What an input says of one source, and what the source is called.
struct Part {
    name: String,
    snapshot: Snapshot,
    /// True where the input speaks of no other source.
    alone: bool,
}

fn named(request: &Request, snapshot: &Snapshot) -> Result<String> {
    let name = request.how.source.clone().or_else(|| snapshot.default_source.clone()).ok_or_else(|| Error::invalid("source", NO_SOURCE))?;
    if name.trim().is_empty() || name.len() > 200 || name.chars().any(text::is_invisible) {
        return Err(Error::invalid("source", "write a name of 1 to 200 visible characters"));
    }
    if snapshot.sets_only && request.how.environment.is_some() {
        return Err(Error::invalid("environment", "A policy file names no identity. Set the environment with the file of the account."));
    }
    Ok(name)
}

/// Fails where the import of a part would ask first, ahead of the others being written.
async fn asked(act: &Act, part: &Part, request: &Request, job: &Running) -> Result<()> {
    job.tell(format!("comparing {}", part.name));
    let plan = compare(act, &part.snapshot, request, &part.name).await?;
    job.goes_on()?;
    match plan.needs_confirmation.as_ref().filter(|_| !request.how.confirm_removals) {
        Some(reason) => Err(Error::NeedsConfirmation(format!("Source {}: {}", part.name, plan.what_goes(reason)))),
        None => Ok(()),
    }
}

async fn one(act: &Act, part: &Part, request: &Request, bytes: &input::Bytes, job: &Running) -> Result<Outcome> {
    let name = &part.name;
    if !request.how.dry_run {
        // Nobody else moves this source until the job has ended; what a process left that is gone is put away first.
        job.alone_at(&format!("the source {name}")).await?;
        dead::close(act, job, name).await?;
    }
    let (mut tries, mut turns) = (TRIES, TURNS);
    loop {
        match compared(act, part, request, bytes, job).await {
            // Somebody edited what it was about to move: the difference is another one now.
            Err(Error::Conflict(_)) if tries > 1 && job.goes_on().is_ok() => tries -= 1,
            Err(error) if is_of_shared_rules(&error) => {
                job.goes_on()?;
                turns -= 1;
                if turns == 0 {
                    return Err(Error::Conflict("another import brings the same rules; try again when it has ended".to_owned()));
                }
                job.tell("waiting: another import writes rules that this one brings too".to_owned());
                tokio::time::sleep(TURN).await;
            }
            other => return other,
        }
    }
}

/// True where another import stored a rule while this one was about to: every source has the same one, and now it is there.
fn is_of_shared_rules(error: &Error) -> bool {
    matches!(error, Error::Store(store::Error::Refused { constraint, .. }) if constraint == "rules_one_open")
}

/// A role over one source or environment imports into that one, and moves nothing out of another; a new source is nobody's.
pub(super) async fn within_reach(act: &Act, request: &Request, name: &str) -> Result<()> {
    let mut tx = act.snapshot().await?;
    let known = store::sources::by_name(&mut tx, name, domain::seq::Seq::NOW).await?;
    tx.rollback().await?;
    let at = |environment, source| act.who().authorise_at(Action::Import, &Place { teams: vec![], environment, source });
    let Some(known) = known else { return at(None, None).map_err(|_| Error::NewSource(name.to_owned())) };
    // What the source is today counts, not only what the caller says it is: no environment is nobody's.
    at(known.environment, Some(known.id))?;
    match request.how.environment {
        // What all of the source is said to be is more than what is in it: a role over the source alone does not say that.
        Some(other) if Some(other) != known.environment => {
            at(known.environment, None)?;
            at(Some(other), None)
        }
        _ => Ok(()),
    }
}

/// One comparison with what is there, and what it comes to.
async fn compared(act: &Act, part: &Part, request: &Request, bytes: &input::Bytes, job: &Running) -> Result<Outcome> {
    let Part { name, snapshot, alone } = part;
    job.tell(format!("comparing {} identities and {} grants", snapshot.identities.len(), snapshot.grants.len()));
    let mut plan = compare(act, snapshot, request, name).await?;
    job.goes_on()?;
    let how = &request.how;
    let mut outcome = plan.outcome.clone();
    outcome.dry_run = how.dry_run;
    if let (Some(reason), false) = (&plan.needs_confirmation, how.confirm_removals || how.dry_run) {
        return Err(Error::NeedsConfirmation(plan.what_goes(reason)));
    }
    outcome.needs_confirmation.clone_from(&plan.needs_confirmation);
    if how.dry_run {
        if let Some(text) = &plan.differences {
            outcome.file = aside(|| differences::previewed(act.services(), job.id, text))?;
        }
        return Ok(outcome);
    }
    let id: ImportId = act.id();
    outcome.import = Some(id.to_string());
    if let Some(text) = plan.differences.take() {
        let kept: BlobId = act.id();
        outcome.all_differences = Some(kept);
        plan.replaced.push(Blob::text(kept, &act.services().salt(), &text).open());
    }
    let print = if *alone { Some(again::print(request, bytes)?) } else { None };
    let applying = Applying { act, snapshot, request, name, digest: &bytes.digest, print, job, id };
    outcome.seq = Some(applying.apply(plan, &outcome).await?);
    Ok(outcome)
}

/// Compares the input with what the source holds, as one read transaction sees it.
async fn compare(act: &Act, snapshot: &Snapshot, request: &Request, name: &str) -> Result<Plan> {
    let services = act.services();
    let mut reader = store::engine::head::reader(&services.db, Wanted::Now, services.writer.clock()).await?;
    let existing = Existing::load(&mut reader.tx, name, request.format, snapshot).await?;
    let source = existing.source;
    let mut making = aside(|| Making::begin(services, existing, snapshot, request, name))?;
    let mut tx = reader.tx;
    if let Some(source) = source {
        tx = existing::each_page(tx, source, &mut making).await?;
        existing::each_holder(&mut tx, source, &mut making).await?;
    }
    let mut plan = aside(|| making.finish())?;
    plan.named(&mut tx).await?;
    tx.rollback().await?;
    Ok(plan)
}

/// Everything a plan is applied with.
pub(super) struct Applying<'a> {
    pub act: &'a Act,
    pub snapshot: &'a Snapshot,
    pub request: &'a Request,
    pub name: &'a str,
    pub digest: &'a str,
    /// By what the same input is known again.
    pub print: Option<String>,
    pub job: &'a Running,
    pub id: ImportId,
}

impl Applying<'_> {
    async fn apply(&self, mut plan: Plan, outcome: &Outcome) -> Result<domain::seq::Seq> {
        let mut last = self.command(plan.vantage, outcome)?;
        let completeness = if plan.sets_only { Completeness::Partial } else { Completeness::Complete };
        let import = self.record(plan.source, (plan.vantage, completeness), outcome)?;
        last.requires = plan.take_requires();
        last.requires.push(self.job.holds());
        last.counts = std::mem::take(&mut plan.counts);
        last.closes = std::mem::take(&mut plan.closes);
        let opens = plan.take_opens();
        if let Some(batch) = plan.batch {
            self.parts(batch, &plan, opens).await?;
            last.opens.push(BatchEnd::new(batch, source::Outcome::Live).open());
        } else {
            for pending in opens.1 {
                last.opens.extend(plan.rows(self.act.services(), self.snapshot, pending)?);
            }
        }
        last.opens.extend(std::mem::take(&mut plan.replaced));
        last.anchors = anchors(&plan.first, &last.opens);
        last.opens.push(self.observation(&import, plan.batch).open());
        last.opens.push(import.open());
        self.job.tell("writing the last entry".to_owned());
        let written = match self.still_may().await {
            Ok(()) => self.act.write(last).await,
            Err(refused) => Err(refused),
        };
        match written {
            Ok(written) => Ok(written.seq),
            Err(error) => {
                if let Some(batch) = plan.batch {
                    dead::abandon(self.act, batch, self.of()).await;
                }
                Err(error)
            }
        }
    }

    /// Fails where whoever asked may not import here any more: rights may be taken while it is read, compared and written.
    async fn still_may(&self) -> Result<()> {
        let now = jobs::renewed(self.act).await?;
        now.authorise(Action::Import)?;
        within_reach(&now, self.request, self.name).await
    }

    /// The last entry of an import, with nothing in it yet.
    fn command(&self, vantage: Vantage, outcome: &Outcome) -> Result<Command> {
        let verb = if outcome.unchanged { Verb::ImportUnchanged } else { Verb::ImportApplied };
        let mut last = self.act.command(verb, "import", Some(self.id.uuid()));
        last.payload = self.act.payload(json!({
            "format": self.request.format, "source": outcome.source, "vantage": vantage, "file_digest": self.digest,
            "identities": outcome.identities, "grants": outcome.grants, "tools": outcome.tools, "surfaces": outcome.surfaces,
        }))?;
        Ok(last)
    }

    /// Writes down that what an earlier import brought was seen again and is the same.
    pub async fn unchanged(&self, before: &ImportRow, outcome: Outcome, requires: Vec<Require>) -> Result<Outcome> {
        let mut outcome = Outcome { import: Some(self.id.to_string()), ..outcome };
        let mut last = self.command(before.vantage, &outcome)?;
        let import = self.record(before.source_id, (before.vantage, before.completeness), &outcome)?;
        last.requires = requires;
        last.requires.push(self.job.holds());
        last.opens.extend([self.observation(&import, None).open(), import.open()]);
        self.still_may().await?;
        outcome.seq = Some(self.act.write(last).await?.seq);
        Ok(outcome)
    }

    /// The record of the import.
    fn record(&self, source: SourceId, (vantage, completeness): (Vantage, Completeness), outcome: &Outcome) -> Result<ImportRow> {
        Ok(ImportRow {
            id: self.id,
            seq: domain::seq::Seq::ZERO,
            source_id: source,
            format: self.request.format,
            vantage,
            file_name: self.request.input.name.clone(),
            file_digest: self.digest.to_owned(),
            observed_at: self.act.services().now(),
            completeness,
            result: again::kept(outcome, self.print.as_deref())?,
        })
    }

    /// That the source was seen, when, and whether as a whole.
    fn observation(&self, import: &ImportRow, batch: Option<BatchId>) -> Observation {
        Observation {
            id: self.act.id(),
            seq: domain::seq::Seq::ZERO,
            source_id: import.source_id,
            batch,
            observed_at: import.observed_at,
            learned_at: import.observed_at,
            completeness: import.completeness,
            identity_id: None,
            subject: import.format.as_str().to_owned(),
            content_id: None,
        }
    }

    /// What the entries of its batch say it is of.
    fn of(&self) -> Value {
        json!({ "source": self.name, "file": text::capped(&self.request.input.name, 200) })
    }

    /// Writes the parts of a large import; they live with its last entry.
    async fn parts(&self, batch: BatchId, plan: &Plan, opens: (usize, impl Iterator<Item = Pending> + Send)) -> Result<()> {
        let (total, mut left) = opens;
        let mut first = vec![Batch::new(batch, plan.source).open()];
        let mut done = 0;
        let mut make = async || -> Result<Option<(Command, usize)>> {
            let mut c = self.act.command(Verb::ImportPart, "batch", Some(batch.uuid()));
            c.payload = self.act.payload(self.of())?;
            c.requires.push(self.job.holds());
            c.opens.append(&mut first);
            aside(|| {
                let mut n = 0;
                for pending in left.by_ref().take(CHUNK) {
                    c.opens.extend(plan.rows(self.act.services(), self.snapshot, pending)?);
                    n += 1;
                }
                c.anchors = anchors(&plan.first, &c.opens);
                Ok((n > 0).then_some((c, n)))
            })
        };
        let mut next = make().await?;
        while let Some((c, n)) = next {
            // While one entry is written the rows of the next are made.
            let (written, still, following) = tokio::join!(self.act.write(c), self.still_may(), make());
            match written.and_then(|_| self.job.goes_on()).and(still).and(following) {
                Ok(following) => next = following,
                Err(error) => {
                    dead::abandon(self.act, batch, self.of()).await;
                    return Err(error);
                }
            }
            done += n;
            self.job.tell(format!("{done} of {total} written"));
        }
        Ok(())
    }
}

/// Anchors of the rows among `rows` whose id is new.
fn anchors(first: &HashSet<Uuid>, rows: &[Row]) -> Vec<(&'static Table, Uuid)> {
    rows.iter()
        .filter(|r| r.table.anchor.is_some())
        .filter_map(|r| match r.table.position("id").map(|i| &r.values[i]) {
            Some(domain::facts::Value::Id(id)) if first.contains(id) => Some((r.table, *id)),
            _ => None,
        })
        .collect()
}

/// What an import rests on beside the rows it moves.
pub(super) fn rests_on(existing: &Existing) -> Vec<Require> {
    let imported = existing.source.map(|source| Require::ImportedUpTo { source, last: existing.last_import });
    let source = existing.record.clone().map(Declared::still);
    imported.into_iter().chain(source).collect()
}

/// The plane that imports write, and no other.
pub(super) const PLANE: Plane = Plane::Observed;
