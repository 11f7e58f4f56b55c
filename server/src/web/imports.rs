//! Imports: uploads are received into the folder of their job and read there; by API the body is the file.

use super::operation::{Body, Operation, Parameter, Shape, switch, text, word};
use super::reply::{Answer, refused};
use super::request::{Acting, Asking, Reading, Values};
use super::shown::{self, Shown};
use super::{jobs, received};
use axum::Json;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use domain::identity::Environment;
use domain::ids::{ImportId, JobId, Noun};
use domain::permission::Action;
use domain::snapshot::Format;
use serde::Serialize;
use service::imports::{self, Input, InputFile, Outcome, Request, Wish};
use service::{Error, Result};
use std::collections::BTreeMap;
use std::path::PathBuf;
use utoipa::ToSchema;

fn to_job(id: JobId) -> Response {
    Redirect::to(&jobs::page(id)).into_response()
}

pub async fn upload(Acting(act): Acting, sent: axum::extract::Request) -> Answer {
    let mut values = Values::new();
    let begun = async {
        let _place = received::place().await?;
        // What was received goes with the room where it comes to nothing, or whoever sends it goes away.
        let room = imports::room(&act).await?;
        let files = received::Form::of(sent).await?.into_room(&room, &mut values).await?;
        let request = wished(&files, &values).await?;
        imports::start(&act, room, &request, &files).await
    };
    Ok(match begun.await {
        Ok(id) => to_job(id),
        Err(error) => refused("/imports/new", &error, values),
    })
}

async fn wished(files: &[(String, PathBuf)], values: &Values) -> Result<Request> {
    let Some((first, _)) = files.first() else { return Err(Error::invalid("files", "Choose at least one file.")) };
    let get = |n: &str| values.get(n).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
    let name = if files.len() == 1 { first.clone() } else { format!("{} files", files.len()) };
    let input = Input::of(name, files.iter().map(|(name, path)| InputFile::from_path(name.clone(), path.clone())).collect());
    let how = Wish {
        source: get("source"),
        environment: environment(get("environment"))?,
        namespace: get("namespace"),
        server: get("server"),
        confirm_removals: false,
        dry_run: get("dry_run").is_some(),
    };
    Ok(Request { format: imports::format(get("format").as_deref(), &input).await?, input, how })
}

fn environment(text: Option<String>) -> Result<Option<Environment>> {
    let Some(text) = text.filter(|t| !t.is_empty()) else { return Ok(None) };
    let unknown = || Error::invalid("environment", format!("The environment must be one of {}.", Environment::WORDS.join(", ")));
    Environment::parse(&text).ok_or_else(unknown).map(Some)
}

/// Applies what a preview showed, from the same files.
pub async fn apply(Acting(act): Acting, Path(id): Path<String>, body: String) -> Answer {
    let preview = JobId::parse(&id).map_err(|_| Error::NotFound("job"))?;
    Ok(match imports::preview_applied(&act, preview, body.contains("confirm_removals=1")).await {
        Ok(job) => to_job(job),
        Err(error @ Error::Invalid { .. }) => refused("/imports/new", &error, Values::new()),
        Err(error) => return Err(error.into()),
    })
}

/// What stands in the address of an import.
const HOW: &[Parameter] = &[
    word("format", Format::WORDS, "The format of the file; without it the format is detected"),
    text("source", "The name of the source, where the file doesn't name it"),
    word("environment", Environment::WORDS, "Environment of everything in the file"),
    text("namespace", "Kubernetes: the default namespace"),
    text("server", "MCP: the server these tools belong to"),
    switch("dry_run", "Preview every change and save nothing"),
    switch("confirm_removals", "Confirm that the file is complete: remove what it does not name"),
    text("file_name", "The name of the file, for error messages"),
];

/// Figures for one kind of thing; `total` is what the source holds after the import.
#[derive(Serialize, ToSchema)]
pub struct Tally {
    total: u64,
    added: u64,
    removed: u64,
    changed: u64,
}

impl From<imports::Tally> for Tally {
    fn from(t: imports::Tally) -> Self {
        Self { total: t.total, added: t.added, removed: t.removed, changed: t.changed }
    }
}

/// One thing that is other than it was.
#[derive(Serialize, ToSchema)]
pub struct Difference {
    thing: shown::Thing,
    how: shown::How,
    name: String,
    /// The identity it belongs to, by its name.
    of: Option<String>,
    /// Its words before and after, where words changed.
    before: Option<String>,
    after: Option<String>,
}

impl From<domain::difference::Difference> for Difference {
    fn from(d: domain::difference::Difference) -> Self {
        Self { thing: d.thing.into(), how: d.how.into(), name: d.name, of: d.of, before: d.before, after: d.after }
    }
}

/// What an import found and changed.
#[derive(Serialize, ToSchema)]
pub struct Found {
    source: String,
    format: String,
    dry_run: bool,
    /// True where the source holds exactly this already.
    unchanged: bool,
    /// The entry, where something was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<shown::Position>,
    #[serde(skip_serializing_if = "Option::is_none")]
    import: Option<String>,
    /// Why the import asks before it removes.
    #[serde(skip_serializing_if = "Option::is_none")]
    needs_confirmation: Option<String>,
    identities: Tally,
    permission_sets: Tally,
    grants: Tally,
    units: Tally,
    actions: Tally,
    tools: Tally,
    surfaces: Tally,
    credentials: Tally,
    /// What moves, by name: the first fifty of each kind. Grants of identities that come or go are counted with them.
    differences: Vec<Difference>,
    /// How many have no name in the list of differences either.
    not_named: u64,
    notes: Vec<String>,
    /// Kinds of objects that were counted and skipped.
    skipped: BTreeMap<String, u64>,
    /// What became of the other sources that the same input speaks of: an AWS account is one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(no_recursion)]
    others: Vec<Found>,
}

impl From<Outcome> for Found {
    fn from(o: Outcome) -> Self {
        Self {
            source: o.source,
            format: o.format,
            dry_run: o.dry_run,
            unchanged: o.unchanged,
            seq: o.seq.map(shown::Position),
            import: o.import,
            needs_confirmation: o.needs_confirmation,
            identities: o.identities.into(),
            permission_sets: o.permission_sets.into(),
            grants: o.grants.into(),
            units: o.units.into(),
            actions: o.actions.into(),
            tools: o.tools.into(),
            surfaces: o.surfaces.into(),
            credentials: o.credentials.into(),
            differences: o.differences.into_iter().map(Difference::from).collect(),
            not_named: o.not_named,
            notes: o.notes,
            skipped: o.skipped,
            others: o.others.into_iter().map(Self::from).collect(),
        }
    }
}

/// An import with its result.
#[derive(Serialize, ToSchema)]
pub struct Import {
    id: shown::ImportId,
    seq: shown::Position,
    source: String,
    format: shown::Format,
    file_name: String,
    file_digest: String,
    observed_at: shown::Instant,
    completeness: shown::Completeness,
    /// What kind of evidence it is.
    vantage: shown::Vantage,
    result: Found,
}

impl From<imports::Row> for Import {
    fn from(row: imports::Row) -> Self {
        let i = &row.import;
        Self {
            id: i.id.into(),
            seq: i.seq.into(),
            source: i.source.clone(),
            format: i.format.into(),
            file_name: i.file_name.clone(),
            file_digest: i.file_digest.clone(),
            observed_at: Shown(i.observed_at),
            completeness: i.completeness.into(),
            vantage: i.vantage.into(),
            result: row.outcome.into(),
        }
    }
}

pub static CREATE: Operation = Operation::new("import", "Imports a file; the body is the file", Body::Json(Shape::of::<Found>()))
    .with(HOW)
    .takes(Body::Other(&["application/octet-stream"]))
    .may_go_on();

pub async fn create(Acting(act): Acting, Asking(asked): Asking, sent: axum::extract::Request) -> Answer {
    // Whoever may not import does not get to fill the disk first.
    act.who().authorise(Action::Import)?;
    let text = |name: &str| asked.get(name).map(str::to_owned);
    let switch = |name: &str| asked.get(name) == Some("true");
    let environment = environment(text("environment"))?;
    let place = received::place().await?;
    let room = imports::room(&act).await?;
    let path = match received::whole(&room, sent).await {
        Ok(path) => path,
        Err(refused) => return Ok(refused),
    };
    drop(place);
    let name = domain::text::capped(asked.get("file_name").unwrap_or("request body"), 200);
    let input = Input::single(InputFile::from_path(name.clone(), path.clone()));
    let request = Request {
        format: imports::format(asked.get("format"), &input).await?,
        input,
        how: Wish {
            source: text("source"),
            environment,
            namespace: text("namespace"),
            server: text("server"),
            confirm_removals: switch("confirm_removals"),
            dry_run: switch("dry_run"),
        },
    };
    let id = imports::start(&act, room, &request, &[(name, path)]).await?;
    jobs::awaited(&act, id).await
}

pub static DIFFERENCES: Operation =
    Operation::list::<imports::differences::List>("list_differences", "What one import added, removed and changed, 50 at a time");

pub static LIST: Operation = Operation::list::<imports::List>("list_imports", "Imports, 50 at a time");

pub static SHOW: Operation =
    Operation::new("show_import", "One import with its result", Body::Json(Shape::of::<Import>())).of(Noun::Import);

pub async fn show(Reading(mut read, _): Reading, Path(id): Path<String>) -> Answer<Json<Import>> {
    let id = ImportId::parse(&id).map_err(|_| Error::NotFound("import"))?;
    Ok(Json(imports::show(&mut read, id).await?.into()))
}
