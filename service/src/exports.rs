//! Lists that leave as a file: short ones while the request waits, long ones as a job that writes the file into its
//! folder. What a list is made of stands with its noun; here it is known by its name, so that whichever process takes
//! the job finds it. It knows no HTTP.

use crate::imports::{Outcome, differences};
use crate::jobs::{self, Caller, Job, JobKind, JobState, Running};
use crate::listing::{Listing, STEP, asked};
use crate::{Act, Error, Read, Result, Services, ledger};
use domain::asof::{AsOf, Wanted};
use domain::ids::JobId;
use domain::listing::{csv_header, csv_line};
use domain::permission::Action;
use domain::query::Asked;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use store::measures;
use tokio::fs;
use tokio::io::{AsyncWriteExt, BufWriter};

/// Rows up to which a list is written while the request waits.
pub const AT_ONCE: i64 = 100_000;

/// A list that can leave as a file.
#[derive(Debug)]
pub struct Export {
    /// What the ledger calls it, and its job finds it by.
    pub name: &'static str,
    /// What its file's name ends in.
    pub ending: &'static str,
    pub content_type: &'static str,
    /// The first line with its end; empty where there is none.
    pub header: fn() -> String,
    pub needs: Action,
    /// None where a list never comes near what a request can write.
    pub bound: Option<Bound>,
    /// Its rows from the first on, as the query of an address narrows and sorts them.
    pub begin: fn(&str) -> Result<Lines>,
}

impl Export {
    /// A noun's list as comma-separated values.
    pub const fn csv<L: Listing>() -> Self {
        Self {
            name: L::NAME,
            ending: "csv",
            content_type: "text/csv; charset=utf-8",
            header: || csv_header(L::FIELDS) + "\r\n",
            needs: L::NEEDS,
            bound: L::BOUND,
            begin: csv_lines::<L>,
        }
    }

    /// The name of its file.
    pub fn file(&self) -> String {
        format!("{}.{}", self.name, self.ending)
    }
}

fn csv_lines<L: Listing>(query: &str) -> Result<Lines> {
    let filter = asked::<L>(&Asked::of(query))?;
    let page = move |mut read: Read, after: Option<String>| {
        let filter = filter.clone();
        async move {
            let sheet = L::sheet(&mut read, &filter, after.as_deref(), STEP).await?;
            Ok((sheet.rows.iter().map(|row| csv_line(L::FIELDS, row)).collect(), sheet.next))
        }
    };
    Ok(lines(page, None))
}

/// What a list has no more rows than; known without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Everything the inventory counts.
    Identities,
    /// Every grant the inventory counts.
    Grants,
    /// The position that is read.
    Entries,
}

/// The lines that come next, from one snapshot at the as-of of the list.
pub type Lines = Box<dyn FnOnce(Read) -> Pin<Box<dyn Future<Output = Result<Piece>> + Send>> + Send>;

/// Some lines of a list, each with its end, and how it goes on.
pub struct Piece {
    pub lines: Vec<String>,
    pub next: Option<Lines>,
}

/// Lines from a function that gives a page from a cursor on, and where the next one starts.
pub fn lines<C, F, Fut>(page: F, cursor: Option<C>) -> Lines
where
    C: Send + 'static,
    F: Fn(Read, Option<C>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(Vec<String>, Option<C>)>> + Send + 'static,
{
    Box::new(move |read| {
        Box::pin(async move {
            let (text, next) = page(read, cursor).await?;
            Ok(Piece { lines: text, next: next.map(|cursor| lines(page, Some(cursor))) })
        })
    })
}

/// Whether a list may be too long for a request: by what it cannot exceed, however it is narrowed.
pub async fn may_be_long(read: &mut Read, list: &Export) -> Result<bool> {
    read.authorise(list.needs)?;
    let seq = read.seq();
    let most = match list.bound {
        None => 0,
        Some(Bound::Entries) => seq.get(),
        Some(Bound::Identities) => {
            let counts = measures::all_at(read.tx(), seq).await?;
            ["identities", "identities.human", "identities.unclear"].iter().filter_map(|m| counts.get(*m)).sum()
        }
        Some(Bound::Grants) => {
            let counts = measures::all_at(read.tx(), seq).await?;
            ["grants", "grants.denied"].iter().filter_map(|m| counts.get(*m)).sum()
        }
    };
    Ok(most > AT_ONCE)
}

/// An export as its job keeps it.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    caller: Caller,
    list: String,
    query: String,
    /// The pair that every page of the file is read at.
    as_of: String,
}

impl Kept {
    fn parse(text: &str) -> Result<Self> {
        serde_json::from_str(text).map_err(|e| Error::Internal(format!("the payload of an export: {e}")))
    }

    fn list(&self, services: &Services) -> Result<&'static Export> {
        let found = services.lists.iter().copied().find(|l| l.name == self.list);
        found.ok_or_else(|| Error::Internal(format!("no list is called {:?}", self.list)))
    }
}

/// What an export came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportedFile {
    pub list: String,
    pub file: String,
    pub content_type: String,
    pub rows: u64,
    pub bytes: u64,
}

/// Queues an export. The entry that says so and the job are written together: there is never one without the other, and
/// whoever carries the job out, however often it is begun, adds no second one. The same asked again while it waits or runs
/// is that one.
pub async fn start(act: &Act, list: &Export, query: &str, as_of: AsOf) -> Result<JobId> {
    act.authorise(list.needs)?;
    let kept = Kept { caller: Caller::of(act.who()), list: list.name.to_owned(), query: query.to_owned(), as_of: as_of.to_string() };
    let same = |job: &Job| Kept::parse(&job.payload).is_ok_and(|other| other == kept);
    if let Some(id) = jobs::under_way(act, JobKind::Export, same).await? {
        return Ok(id);
    }
    jobs::measure(act.services()).await?;
    let id: JobId = act.id();
    let mut command = ledger::export_entry(act, list.name, Some((as_of, query)))?;
    command.jobs.push(jobs::asked(act, id, JobKind::Export, &kept)?);
    act.write(command).await?;
    act.services().bell.send_replace(());
    Ok(id)
}

/// What its list needs.
pub(crate) fn needs(services: &Services, job: &Job) -> Result<Action> {
    Ok(Kept::parse(&job.payload)?.list(services)?.needs)
}

/// Carries a job from the queue out.
pub(crate) async fn carry_out(services: &Services, job: Job) {
    let (outcome, noted) = jobs::carry(services, job.id, |_| {}, |running| from_queue(services, &job, running)).await;
    if noted && outcome.is_err() {
        jobs::clear(services, job.id).await;
    }
}

const WHOLE: &str = "whole";

async fn from_queue(services: &Services, job: &Job, running: Running) -> Result<ExportedFile> {
    let kept = Kept::parse(&job.payload)?;
    let list = kept.list(services)?;
    let who = kept.caller.today(services).await?;
    let act = Act::new(services, &who);
    act.authorise(list.needs)?;
    let as_of = Wanted::parse(&kept.as_of, services.now()).map_err(|e| Error::Internal(e.to_string()))?;
    // What a process left that is gone is put away. One that is only slow writes under a name of its own, and must not put
    // away what whoever took over has finished.
    running.still_ours().await?;
    jobs::clear(services, job.id).await;
    let folder = jobs::make_folder(services, job.id)?;
    let part = folder.join(format!("part-{}", services.holder));
    let exported = write(&act, list, &kept.query, as_of, &part, &running).await?;
    // From here on the file is there, whole.
    fs::rename(&part, folder.join(WHOLE)).await.map_err(failed)?;
    Ok(exported)
}

fn failed(error: std::io::Error) -> Error {
    Error::Internal(error.to_string())
}

async fn write(act: &Act, list: &Export, query: &str, as_of: Wanted, part: &Path, running: &Running) -> Result<ExportedFile> {
    let header = (list.header)();
    let mut file =
        BufWriter::new(fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(part).await.map_err(failed)?);
    file.write_all(header.as_bytes()).await.map_err(failed)?;
    let (mut rows, mut bytes) = (0, header.len());
    let mut next = Some((list.begin)(query)?);
    while let Some(lines) = next {
        running.goes_on()?;
        let piece = lines(opened(act, as_of).await?).await?;
        jobs::takes(act.services(), piece.lines.iter().map(String::len).sum())?;
        for line in &piece.lines {
            file.write_all(line.as_bytes()).await.map_err(failed)?;
            bytes += line.len();
        }
        rows += piece.lines.len();
        running.tell(format!("{rows} rows written"));
        next = piece.next;
    }
    file.flush().await.map_err(failed)?;
    file.get_ref().sync_all().await.map_err(failed)?;
    let (file, content_type) = (list.file(), list.content_type.to_owned());
    Ok(ExportedFile { list: list.name.to_owned(), file, content_type, rows: rows as u64, bytes: bytes as u64 })
}

/// The snapshot that the next lines of a list come from, opened with the rights of now: a long list ends where they do.
pub async fn opened(act: &Act, as_of: Wanted) -> Result<Read> {
    let now = jobs::renewed(act).await?;
    Read::open(now.services(), now.who(), as_of).await
}

/// The file of an export that is done, for who asked for it and still may.
pub async fn file(act: &Act, id: JobId) -> Result<(ExportedFile, PathBuf)> {
    let gone = || Error::NotFound("file: it is kept for an hour after it was written");
    let job = jobs::show(act, id).await?;
    if !has_file(&job) {
        return Err(gone());
    }
    if job.kind == JobKind::Import {
        return preview(act.services(), id).await.ok_or_else(gone);
    }
    let exported = job.result.as_deref().and_then(|r| serde_json::from_str(r).ok()).ok_or_else(gone)?;
    let path = jobs::folder(act.services(), id).join(WHOLE);
    if fs::try_exists(&path).await.unwrap_or(false) { Ok((exported, path)) } else { Err(gone()) }
}

/// Whether a job leaves a file: an export, and a preview that found more than its result holds.
pub fn has_file(job: &Job) -> bool {
    let outcome = || job.result.as_deref().and_then(|r| serde_json::from_str::<Outcome>(r).ok());
    job.state == JobState::Done
        && match job.kind {
            JobKind::Export => true,
            JobKind::Import => outcome().is_some_and(|o| o.file || o.others.iter().any(|o| o.file)),
            JobKind::Verify | JobKind::Change | JobKind::Adopt => false,
        }
}

/// What a preview found, all of it, as long as its files are kept.
async fn preview(services: &Services, id: JobId) -> Option<(ExportedFile, PathBuf)> {
    let path = differences::file_of(services, id);
    let found = fs::metadata(&path).await.ok()?;
    let file = Export::csv::<differences::List>();
    let exported = ExportedFile {
        list: file.name.to_owned(),
        file: file.file(),
        content_type: file.content_type.to_owned(),
        rows: 0,
        bytes: found.len(),
    };
    Some((exported, path))
}
