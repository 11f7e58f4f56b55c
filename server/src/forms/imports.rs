//! Uploads: files are spooled to disk, read in a job, previewed, then applied from the same spool.

use crate::api::problem;
use crate::pages::refused;
use axum::extract::multipart::Field;
use axum::extract::{Extension, Multipart, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use connect::{Input, InputFile};
use domain::identity::Environment;
use domain::ids::{Noun, parse, show};
use domain::snapshot::Format;
use service::imports::{self, Request};
use service::{Error, Principal, Services};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tower_sessions::Session;
use uuid::Uuid;

/// An upload on disk; goes away with the last request that holds it.
struct Spool(PathBuf);

impl Drop for Spool {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Requests with their upload, by job.
type Kept = HashMap<Uuid, (Request, Arc<Spool>)>;
/// Previews whose upload is still there. Few, small, and gone after a restart: then one uploads again.
static KEPT: LazyLock<Mutex<Kept>> = LazyLock::new(Mutex::default);
const KEPT_AT_MOST: usize = 20;
const KEPT_FOR: Duration = Duration::from_hours(1);

pub async fn upload(State(services): State<Services>, session: Session, Extension(who): Extension<Principal>, form: Multipart) -> Response {
    if let Err(error) = who.authorise(domain::permission::Action::Import) {
        return problem::error(&error);
    }
    let mut values = BTreeMap::new();
    match receive(&services, form, &mut values).await {
        Ok((request, spool)) => match begin(&services, &who, request, spool).await {
            Ok(job) => Redirect::to(&format!("/imports/jobs/{}", show(Noun::Job, job))).into_response(),
            Err(error) => problem::error(&error),
        },
        Err(error) => refused(&session, "/imports/new", &error, values).await,
    }
}

async fn begin(services: &Services, who: &Principal, request: Request, spool: Arc<Spool>) -> service::Result<Uuid> {
    let job = imports::start(services, who, request.clone()).await?;
    if let Ok(mut kept) = KEPT.lock() {
        if kept.len() >= KEPT_AT_MOST
            && let Some(oldest) = kept.keys().min().copied()
        {
            kept.remove(&oldest);
        }
        // Kept for every job: the files must outlive the request, and a preview is applied from them.
        kept.insert(job, (request, spool));
        tokio::spawn(async move {
            tokio::time::sleep(KEPT_FOR).await;
            if let Ok(mut kept) = KEPT.lock() {
                kept.remove(&job);
            }
        });
    }
    Ok(job)
}

async fn receive(
    services: &Services,
    mut form: Multipart,
    values: &mut BTreeMap<String, String>,
) -> service::Result<(Request, Arc<Spool>)> {
    let broken = |e: axum::extract::multipart::MultipartError| Error::invalid("files", e.body_text());
    let folder = std::env::temp_dir().join(format!("countersign-upload-{}", services.ids.next().simple()));
    // Uploads may hold what nobody else on the machine should read.
    std::os::unix::fs::DirBuilderExt::mode(&mut std::fs::DirBuilder::new(), 0o700)
        .create(&folder)
        .map_err(|e| Error::Internal(e.to_string()))?;
    let spool = Arc::new(Spool(folder));
    let mut files = Vec::new();
    while let Some(field) = form.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "files" {
            if let Some(file) = spooled(&spool, files.len(), field).await? {
                files.push(file);
            }
        } else {
            values.insert(name, field.text().await.map_err(broken)?);
        }
    }
    if files.is_empty() {
        return Err(Error::invalid("files", "choose at least one file"));
    }
    let get = |n: &str| values.get(n).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
    let format = get("format").and_then(|f| Format::parse(&f)).ok_or_else(|| Error::invalid("format", "choose what it is"))?;
    let name = if files.len() == 1 { files[0].name.clone() } else { format!("{} files", files.len()) };
    let request = Request {
        format,
        input: Input { name, files },
        source: get("source"),
        environment: get("environment").and_then(|e| Environment::parse(&e)),
        namespace: get("namespace"),
        server: get("server"),
        confirm_removals: false,
        dry_run: get("dry_run").is_some(),
    };
    Ok((request, spool))
}

async fn spooled(spool: &Spool, number: usize, mut field: Field<'_>) -> service::Result<Option<InputFile>> {
    let name = field.file_name().unwrap_or_default().to_owned();
    if name.is_empty() {
        return Ok(None);
    }
    let io = |e: std::io::Error| Error::Internal(e.to_string());
    let path = spool.0.join(number.to_string());
    let mut file = tokio::fs::File::create(&path).await.map_err(io)?;
    while let Some(chunk) = field.chunk().await.map_err(|e| Error::invalid("files", e.body_text()))? {
        file.write_all(&chunk).await.map_err(io)?;
    }
    file.flush().await.map_err(io)?;
    Ok(Some(InputFile::from_path(domain::text::capped(&name, 200), path)))
}

/// Applies what a preview showed, from the same files.
pub async fn apply(
    State(services): State<Services>,
    session: Session,
    Extension(who): Extension<Principal>,
    Path(id): Path<String>,
    body: String,
) -> Response {
    let Ok(job) = parse(Noun::Job, &id) else { return problem::error(&Error::NotFound("job")) };
    // The job must be the caller's own.
    if let Err(error) = imports::job(&services, &who, job).await {
        return problem::error(&error);
    }
    let kept = KEPT.lock().ok().and_then(|k| k.get(&job).cloned());
    let Some((mut request, spool)) = kept else {
        let gone = Error::invalid("files", "the previewed files are not kept any more; choose them again");
        return refused(&session, "/imports/new", &gone, BTreeMap::new()).await;
    };
    request.dry_run = false;
    request.confirm_removals = body.contains("confirm_removals=1");
    match begin(&services, &who, request, spool).await {
        Ok(job) => Redirect::to(&format!("/imports/jobs/{}", show(Noun::Job, job))).into_response(),
        Err(error) => problem::error(&error),
    }
}

/// What the progress island asks: the words to show, or `ended`.
pub async fn state(State(services): State<Services>, Extension(who): Extension<Principal>, Path(id): Path<String>) -> Response {
    let Ok(job) = parse(Noun::Job, &id) else { return problem::error(&Error::NotFound("job")) };
    match imports::job(&services, &who, job).await {
        Ok(job) if job.state == "running" => job.progress.into_response(),
        Ok(_) => "ended".into_response(),
        Err(error) => problem::error(&error),
    }
}
