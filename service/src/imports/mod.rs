//! Imports into the observed plane: read, compare in memory holding no lock, write only the difference.
//! Large ones live only once their last entry is written. A removal of more than a fifth asks first.

mod dead;
mod existing;
mod plan;
mod tally;

pub use tally::{Outcome, Tally};

use crate::{Error, Principal, Result, Services, command, payload};
use connect::{Input, Options};
use domain::asof::{OPEN, Wanted};
use domain::identity::Environment;
use domain::permission::{Action, Place};
use domain::snapshot::{Format, Snapshot};
use existing::Existing;
use plan::{Making, Plan};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::io::Read;
use store::imports::{Filter, Import, Job, NewImport};
use store::ledger::Order;
use store::rows::Row;
use store::writer::Command;
use store::{imports, tables};
use uuid::Uuid;

/// What to import and how.
#[derive(Clone, Debug)]
pub struct Request {
    pub format: Format,
    pub input: Input,
    /// The name of the source; where none is given the input may say it.
    pub source: Option<String>,
    pub environment: Option<Environment>,
    pub namespace: Option<String>,
    pub server: Option<String>,
    pub confirm_removals: bool,
    pub dry_run: bool,
}

/// Rows an entry may open; above `BATCH_FROM` in all, the import is a batch of such entries.
const CHUNK: usize = 5_000;
const BATCH_FROM: usize = 50_000;

/// Runs an import, one at a time. It goes on when the caller goes away: a half-written one helps nobody.
/// `progress` is told what is going on, in words.
pub async fn run(
    services: &Services,
    who: &Principal,
    request: Request,
    progress: impl Fn(String) + Send + Sync + 'static,
) -> Result<Outcome> {
    who.authorise(Action::Import)?;
    let (services, who) = (services.clone(), who.clone());
    let running = tokio::spawn(async move {
        let _one = services.importing.clone().lock_owned().await;
        carry(&services, &who, request, progress).await
    });
    running.await.map_err(|e| Error::Internal(e.to_string()))?
}

async fn carry(services: &Services, who: &Principal, request: Request, progress: impl Fn(String) + Send + Sync) -> Result<Outcome> {
    progress(format!("reading {}", request.input.name));
    let (format, options) = (
        request.format,
        Options {
            namespace: request.namespace.clone(),
            server: request.server.clone(),
            secrets: crate::sessions::key_for(&services.keys.mac, "secrets"),
        },
    );
    let input = request.input.clone();
    let (snapshot, digest) = tokio::task::spawn_blocking(move || -> Result<(Snapshot, String)> {
        let snapshot = connect::read(format, &input, &options)?;
        Ok((snapshot, file_digest(&input)?))
    })
    .await
    .map_err(|e| Error::Internal(e.to_string()))??;
    let name = request
        .source
        .clone()
        .or_else(|| snapshot.default_source.clone())
        .ok_or_else(|| Error::invalid("source", "the input does not say which source it is of; name one"))?;
    if name.trim().is_empty() || name.len() > 200 || name.chars().any(domain::text::is_invisible) {
        return Err(Error::invalid("source", "write a name of at most 200 characters"));
    }
    within_reach(services, who, &request, &name).await?;
    if snapshot.sets_only && request.environment.is_some() {
        return Err(Error::invalid("environment", "a policy file names no identity; state the environment with the account's file"));
    }
    if !request.dry_run {
        dead::close(services, who, &name).await?;
    }
    progress(format!("comparing {} identities and {} grants", snapshot.identities.len(), snapshot.grants.len()));
    let plan = compare(services, &snapshot, &request, &name).await?;
    let mut outcome = plan.outcome.clone();
    outcome.dry_run = request.dry_run;
    if let (Some(reason), false) = (&plan.needs_confirmation, request.confirm_removals || request.dry_run) {
        return Err(Error::NeedsConfirmation(reason.clone()));
    }
    outcome.needs_confirmation.clone_from(&plan.needs_confirmation);
    if request.dry_run {
        return Ok(outcome);
    }
    let id = services.ids.next();
    outcome.import = Some(domain::ids::show(domain::ids::Noun::Import, id));
    outcome.seq = Some(apply(services, who, (plan, &snapshot), id, &request, &digest, &outcome, &progress).await?);
    Ok(outcome)
}

/// A role that reaches over one source or environment imports into that one, and moves nothing out of another.
async fn within_reach(services: &Services, who: &Principal, request: &Request, name: &str) -> Result<()> {
    let mut tx = services.db.snapshot().await?;
    let known = store::sources::by_name(&mut tx, name, OPEN - 1).await?;
    tx.rollback().await?;
    let at = |environment, source| who.authorise_at(Action::Import, &Place { teams: vec![], environment, source });
    let Some(known) = known else { return at(request.environment, None) };
    // What the source is today counts, not only what the caller says it is: no environment is nobody's.
    let is = known.environment.as_deref().and_then(Environment::parse);
    at(is, Some(known.id))?;
    at(request.environment.or(is), Some(known.id))
}

/// Compares the input with what the source holds, as one read transaction sees it.
async fn compare(services: &Services, snapshot: &Snapshot, request: &Request, name: &str) -> Result<Plan> {
    let mut reader = crate::asof::open(services, Wanted::Now).await?;
    let existing = Existing::load(&mut reader.tx, name, request.format, snapshot).await?;
    let source = existing.source;
    let mut making = Making::begin(services, existing, snapshot, request, name)?;
    if let Some(source) = source {
        existing::each_page(&mut reader.tx, source, &mut making).await?;
        existing::each_holder(&mut reader.tx, source, &mut making).await?;
    }
    reader.close().await?;
    making.finish()
}

fn file_digest(input: &Input) -> Result<String> {
    let mut all = Sha256::new();
    let mut buffer = vec![0u8; 256 * 1024];
    for file in &input.files {
        let mut reader = file.open()?;
        loop {
            let n = reader.read(&mut buffer).map_err(|e| connect::Error::new(&file.name, e.to_string()))?;
            if n == 0 {
                break;
            }
            all.update(&buffer[..n]);
        }
    }
    Ok(hex::encode(all.finalize()))
}

#[expect(clippy::too_many_arguments, reason = "one call, and each argument is another thing")]
async fn apply(
    services: &Services,
    who: &Principal,
    (mut plan, snapshot): (Plan, &Snapshot),
    id: Uuid,
    request: &Request,
    digest: &str,
    outcome: &Outcome,
    progress: &(impl Fn(String) + Send + Sync),
) -> Result<i64> {
    let result = serde_json::to_string(outcome).map_err(|e| Error::Internal(e.to_string()))?;
    let verb = if outcome.unchanged { "import.unchanged" } else { "import.applied" };
    let mut last = command(who, verb, "import", Some(id));
    last.payload = payload(
        who,
        json!({
            "format": request.format.as_str(), "source": outcome.source, "file_digest": digest,
            "identities": outcome.identities, "grants": outcome.grants, "tools": outcome.tools,
        }),
    )?;
    let record = NewImport {
        id,
        source: plan.source,
        format: request.format.as_str(),
        file_name: &request.input.name,
        file_digest: digest,
        observed_at: services.clock.now().micros(),
        complete: !plan.sets_only,
        result: &result,
    };
    last.counts = std::mem::take(&mut plan.counts);
    last.closes = std::mem::take(&mut plan.closes);
    let opens = plan.take_opens();
    if let Some(batch) = plan.batch {
        chunks(services, who, batch, (&plan, snapshot), opens, progress).await?;
        last.opens.push(imports::batch_end_row(batch, true));
    } else {
        for pending in opens.1 {
            last.opens.extend(plan.rows(services, snapshot, pending)?);
        }
    }
    last.opens.extend(std::mem::take(&mut plan.replaced));
    last.anchors = anchors(&plan.first, &last.opens);
    last.opens.push(imports::row(&record));
    last.opens.push(imports::observation_row(services.ids.next(), &record, plan.batch));
    progress("writing the last entry".to_owned());
    let written = services.write(last).await?;
    Ok(written.seq)
}

/// Anchors of the rows among `rows` whose id is new.
fn anchors(first: &std::collections::HashSet<Uuid>, rows: &[Row]) -> Vec<(&'static tables::Table, Uuid)> {
    rows.iter()
        .filter(|r| r.table.anchor.is_some())
        .filter_map(|r| match r.table.position("id").map(|i| &r.values[i]) {
            Some(domain::facts::Value::Id(id)) if first.contains(id) => Some((r.table, *id)),
            _ => None,
        })
        .collect()
}

async fn chunks(
    services: &Services,
    who: &Principal,
    batch: Uuid,
    (plan, snapshot): (&Plan, &Snapshot),
    (total, mut left): (usize, impl Iterator<Item = plan::Pending> + Send),
    progress: &(impl Fn(String) + Send + Sync),
) -> Result<()> {
    let mut first = vec![imports::batch_row(batch, plan.source)];
    let mut done = 0;
    let mut make = async || -> Result<Option<(Command, usize)>> {
        let mut c = command(who, "import.part", "batch", Some(batch));
        c.opens.append(&mut first);
        let mut n = 0;
        for pending in left.by_ref().take(CHUNK) {
            c.opens.extend(plan.rows(services, snapshot, pending)?);
            n += 1;
        }
        c.anchors = anchors(&plan.first, &c.opens);
        Ok((n > 0).then_some((c, n)))
    };
    let mut next = make().await?;
    while let Some((c, n)) = next {
        // While one entry is written the rows of the next are made.
        let (written, following) = tokio::join!(services.write(c), make());
        match written.and(following) {
            Ok(following) => next = following,
            Err(error) => {
                abandon(services, who, batch).await;
                return Err(error);
            }
        }
        done += n;
        progress(format!("{done} of {total} written"));
    }
    Ok(())
}

async fn abandon(services: &Services, who: &Principal, batch: Uuid) {
    let mut c: Command = command(who, "import.abandoned", "batch", Some(batch));
    c.opens.push(imports::batch_end_row(batch, false));
    if let Err(error) = services.write(c).await {
        // The batch never lives without its end, so nothing wrong is shown; it is only not tidy.
        tracing::warn!(%error, %batch, "an abandoned import could not be marked");
    }
}

/// A page of imports.
#[derive(Clone, Debug)]
pub struct Page {
    pub as_of: domain::asof::AsOf,
    pub imports: Vec<Import>,
    /// Sources that have been imported, for the filter.
    pub sources: Vec<String>,
    /// Where the next page starts.
    pub next: Option<i64>,
}

/// Imports as of a position.
pub async fn page(
    services: &Services,
    who: &Principal,
    wanted: Wanted,
    (order, cursor): (Order, Option<i64>),
    filter: &Filter,
    limit: i64,
) -> Result<Page> {
    who.authorise(Action::ReadInventory)?;
    let mut reader = crate::asof::open(services, wanted).await?;
    let seq = reader.as_of.seq;
    let mut list = imports::page(&mut reader.tx, seq, (order, cursor.unwrap_or(order.start())), limit + 1, filter).await?;
    let next = (list.len() as i64 > limit).then(|| {
        list.truncate(limit as usize);
        list.last().map(|i| i.seq)
    });
    let sources = store::sources::all_at(&mut reader.tx, seq).await?.into_iter().filter(|s| s.kind != "manual").map(|s| s.name).collect();
    let as_of = reader.as_of;
    reader.close().await?;
    Ok(Page { as_of, imports: list, sources, next: next.flatten() })
}

pub async fn show(services: &Services, who: &Principal, wanted: Wanted, id: Uuid) -> Result<Import> {
    who.authorise(Action::ReadInventory)?;
    let mut reader = crate::asof::open(services, wanted).await?;
    let found = imports::by_id(&mut reader.tx, id, reader.as_of.seq).await?;
    reader.close().await?;
    found.ok_or(Error::NotFound("import as of this position"))
}

/// Starts an import as a job and gives its id at once; the page of the job shows how far it is.
pub async fn start(services: &Services, who: &Principal, request: Request) -> Result<Uuid> {
    who.authorise(Action::Import)?;
    let id = services.ids.next();
    let now = services.clock.now().micros();
    let what = json!({ "format": request.format.as_str(), "name": request.input.name, "dry_run": request.dry_run }).to_string();
    imports::job_start(&services.db, id, "import", &what, now, who.person_id()).await?;
    let (services, who) = (services.clone(), who.clone());
    tokio::spawn(async move { carry_out(&services, &who, request, id).await });
    Ok(id)
}

async fn carry_out(services: &Services, who: &Principal, request: Request, id: Uuid) {
    let (tell, mut told) = tokio::sync::watch::channel(String::new());
    let db = services.db.clone();
    let teller = tokio::spawn(async move {
        while told.changed().await.is_ok() {
            let text = told.borrow_and_update().clone();
            let _ = imports::job_update(&db, id, "running", &text, None).await;
        }
    });
    let outcome = run(services, who, request, move |text| {
        let _ = tell.send(text);
    })
    .await;
    let _ = teller.await;
    let (state, progress, result) = match &outcome {
        Ok(outcome) => ("done", "done".to_owned(), serde_json::to_string(outcome).ok()),
        Err(error) => ("failed", error.to_string(), None),
    };
    if let Err(error) = imports::job_update(&services.db, id, state, &progress, result.as_deref()).await {
        tracing::error!(%error, "the end of an import could not be noted");
    }
}

/// A job, for who started it.
pub async fn job(services: &Services, who: &Principal, id: Uuid) -> Result<Job> {
    who.authorise(Action::Import)?;
    let job = imports::job_read(&services.db, id).await?.ok_or(Error::NotFound("job"))?;
    if job.created_by_id == who.person_id() { Ok(job) } else { Err(Error::NotFound("job")) }
}
