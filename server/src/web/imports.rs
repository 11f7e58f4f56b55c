//! Imports: uploads are received into the folder of their job and read there; by API the body is the file.

use super::jobs;
use super::operation::{Body, Operation, Parameter, Shape, switch, text, word};
use super::reply::{Answer, answer, refused};
use super::request::{Acting, Asking, Reading, Values};
use super::routes::FILE;
use super::shown::{self, Shown};
use axum::Json;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{Multipart, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::identity::Environment;
use domain::ids::{ImportId, JobId, Noun};
use domain::permission::Action;
use domain::snapshot::Format;
use futures_util::StreamExt;
use serde::Serialize;
use service::imports::{self, Input, InputFile, Outcome, Request, Wish};
use service::jobs::Room;
use service::{Error, Result};
use std::collections::BTreeMap;
use std::path::PathBuf;
use tokio::io::AsyncWriteExt;
use tower_sessions::Session;
use utoipa::ToSchema;

fn to_job(id: JobId) -> Response {
    Redirect::to(&jobs::page(id)).into_response()
}

pub async fn upload(Acting(act): Acting, session: Session, form: Multipart) -> Answer {
    let mut values = Values::new();
    let begun = async {
        // What was received goes with the room where it comes to nothing, or whoever sends it goes away.
        let room = imports::room(&act).await?;
        let (request, files) = receive(&room, form, &mut values).await?;
        imports::start(&act, room, &request, &files).await
    };
    Ok(match begun.await {
        Ok(id) => to_job(id),
        Err(error) => refused(&session, "/imports/new", &error, values).await,
    })
}

/// The most files of one upload: each is a file on the disk, and is made durable by itself.
const FILES: usize = 1000;
/// The most other fields of it, and the most bytes of each: they are held in memory.
const FIELDS: usize = 50;
const TYPED: usize = 4 * 1024;

type Files = Vec<(String, PathBuf)>;

fn broken(error: MultipartError) -> Error {
    let too_large = error.status() == StatusCode::PAYLOAD_TOO_LARGE;
    Error::invalid(
        "files",
        if too_large { "the files are larger than 256 MB together" } else { "the upload broke off; send the files again" },
    )
}

/// Receives a form: its files into the room, what was typed into `values`.
async fn received_form(room: &Room, mut form: Multipart, values: &mut Values) -> Result<Files> {
    let mut files = Files::new();
    let (mut sent, mut typed) = (0, 0);
    while let Some(field) = form.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "files" {
            sent += 1;
            if sent > FILES {
                return Err(Error::invalid("files", format!("at most {FILES} files together")));
            }
            files.extend(spooled(room, files.len(), field).await?);
        } else {
            typed += 1;
            if typed > FIELDS {
                return Err(Error::invalid("files", format!("at most {FIELDS} fields beside the files")));
            }
            let text = text_of(&name, field).await?;
            values.insert(name, text);
        }
    }
    Ok(files)
}

/// What was typed into a field, in so far as anybody types so much.
async fn text_of(name: &str, mut field: Field<'_>) -> Result<String> {
    let bad = |reason: &str| Error::invalid("files", format!("the field {} {reason}", domain::text::capped(name, 80)));
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(broken)? {
        if name.len() + bytes.len() + chunk.len() > TYPED {
            return Err(bad("holds more than 4 KB"));
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_| bad("holds no text"))
}

async fn receive(room: &Room, form: Multipart, values: &mut Values) -> Result<(Request, Files)> {
    let files = received_form(room, form, values).await?;
    if files.is_empty() {
        return Err(Error::invalid("files", "choose at least one file"));
    }
    let get = |n: &str| values.get(n).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
    let name = if files.len() == 1 { files[0].0.clone() } else { format!("{} files", files.len()) };
    let input = Input { name, files: files.iter().map(|(name, path)| InputFile::from_path(name.clone(), path.clone())).collect() };
    let how = Wish {
        source: get("source"),
        environment: environment(get("environment"))?,
        namespace: get("namespace"),
        server: get("server"),
        confirm_removals: false,
        dry_run: get("dry_run").is_some(),
    };
    Ok((Request { format: imports::format(get("format").as_deref(), &input).await?, input, how }, files))
}

fn environment(text: Option<String>) -> Result<Option<Environment>> {
    let Some(text) = text.filter(|t| !t.is_empty()) else { return Ok(None) };
    let unknown = || Error::invalid("environment", format!("choose one of {}", Environment::WORDS.join(", ")));
    Environment::parse(&text).ok_or_else(unknown).map(Some)
}

async fn spooled(room: &Room, number: usize, mut field: Field<'_>) -> Result<Option<(String, PathBuf)>> {
    let name = field.file_name().unwrap_or_default().to_owned();
    if name.is_empty() {
        return Ok(None);
    }
    let io = |e: std::io::Error| Error::Internal(e.to_string());
    let path = room.folder().join(number.to_string());
    let mut file = tokio::fs::File::create(&path).await.map_err(io)?;
    while let Some(chunk) = field.chunk().await.map_err(broken)? {
        room.takes(chunk.len())?;
        file.write_all(&chunk).await.map_err(io)?;
    }
    // Another process may carry the job out after this one is gone.
    file.sync_all().await.map_err(io)?;
    Ok(Some((domain::text::capped(&name, 200), path)))
}

/// Applies what a preview showed, from the same files.
pub async fn apply(Acting(act): Acting, session: Session, Path(id): Path<String>, body: String) -> Answer {
    let preview = JobId::parse(&id).map_err(|_| Error::NotFound("job"))?;
    Ok(match imports::preview_applied(&act, preview, body.contains("confirm_removals=1")).await {
        Ok(job) => to_job(job),
        Err(error @ Error::Invalid { .. }) => refused(&session, "/imports/new", &error, Values::new()).await,
        Err(error) => return Err(error.into()),
    })
}

/// What stands in the address of an import.
const HOW: &[Parameter] = &[
    word("format", Format::WORDS, "What the input is; where none is said, it is recognised by its content"),
    text("source", "The source's name, where the input does not say it"),
    word("environment", Environment::WORDS, "Of all that the input names"),
    text("namespace", "Kubernetes: where an object names no namespace"),
    text("server", "MCP: whose tools the files are"),
    switch("dry_run", "Look at what would change, write nothing"),
    switch("confirm_removals", "The input is complete: remove what it does not name, even more than a fifth"),
    text("file_name", "What the file is called, for error messages"),
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
    /// Why the import will ask before it removes.
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
    /// From where it was seen: a file is an artefact at most.
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

async fn received(room: &Room, sent: axum::extract::Request) -> std::result::Result<PathBuf, Response> {
    let broken = |e: std::io::Error| super::reply::error(&Error::Internal(e.to_string()));
    let path = room.folder().join("0");
    let mut file = tokio::fs::File::create(&path).await.map_err(broken)?;
    let (mut body, mut left) = (sent.into_body().into_data_stream(), FILE);
    while let Some(piece) = body.next().await {
        let broken_off = |_| answer(StatusCode::BAD_REQUEST, "Not received", "the body broke off before its end; send it again");
        let piece = piece.map_err(broken_off)?;
        let Some(less) = left.checked_sub(piece.len()) else {
            return Err(answer(StatusCode::PAYLOAD_TOO_LARGE, "Too large", "the body is larger than it may be here"));
        };
        left = less;
        room.takes(piece.len()).map_err(|full| super::reply::error(&full))?;
        file.write_all(&piece).await.map_err(broken)?;
    }
    // Another process may carry the job out after this one is gone.
    file.sync_all().await.map_err(broken)?;
    Ok(path)
}

pub static CREATE: Operation =
    Operation::new("import", "Imports a file into the observed plane; the body is the file", Body::Json(Shape::of::<Found>()))
        .with(HOW)
        .takes(Body::Other(&["application/octet-stream"]))
        .may_go_on();

pub async fn create(Acting(act): Acting, Asking(asked): Asking, sent: axum::extract::Request) -> Answer {
    // Whoever may not import does not get to fill the disk first.
    act.who().authorise(Action::Import)?;
    let text = |name: &str| asked.get(name).map(str::to_owned);
    let switch = |name: &str| asked.get(name) == Some("true");
    let environment = environment(text("environment"))?;
    let room = imports::room(&act).await?;
    let path = match received(&room, sent).await {
        Ok(path) => path,
        Err(refused) => return Ok(refused),
    };
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

pub static LIST: Operation = Operation::list::<imports::List>("list_imports", "Imports, 50 at a time");

pub static SHOW: Operation =
    Operation::new("show_import", "One import with its result", Body::Json(Shape::of::<Import>())).of(Noun::Import);

pub async fn show(Reading(mut read, _): Reading, Path(id): Path<String>) -> Answer<Json<Import>> {
    let id = ImportId::parse(&id).map_err(|_| Error::NotFound("import"))?;
    Ok(Json(imports::show(&mut read, id).await?.into()))
}
