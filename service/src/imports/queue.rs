//! Imports by the queue: room for what is sent, the job that waits, a preview that is applied, and what comes of them. It
//! compares and writes nothing itself.

use super::Outcome;
use super::act::import;
use super::request::{Kept, Request};
use crate::jobs::{self, Caller, Job, JobKind, JobState, Room, Running};
use crate::{Act, Error, Result, Services};
use domain::ids::JobId;
use domain::permission::Action;
use domain::snapshot::Format;
use std::path::PathBuf;

/// The file that says that a preview is being applied.
const APPLIED: &str = "applied";

/// Makes room for the files of a job to come.
pub async fn room(act: &Act) -> Result<Room> {
    act.authorise(Action::Import)?;
    Room::make(act).await
}

/// Queues an import of files that stand in the folder of the job; the page of the job shows how far it is.
pub async fn start(act: &Act, mut room: Room, request: &Request, files: &[(String, PathBuf)]) -> Result<JobId> {
    act.authorise(Action::Import)?;
    let in_folder = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let kept = Kept {
        caller: Caller::of(act.who()),
        format: request.format,
        name: request.input.name.clone(),
        files: Some(files.iter().map(|(name, path)| (name.clone(), in_folder(path))).collect()),
        how: request.how.clone(),
    };
    // Ahead of the queue: whoever goes away in that moment may leave files that are swept up, never a job without its files.
    room.keep();
    let queued = jobs::enqueue(act, room.id(), JobKind::Import, &kept).await;
    if queued.is_err() {
        room.give_back();
    }
    queued.map(|()| room.id())
}

/// Applies what a preview showed, from the same files; gives the new job.
pub async fn preview_applied(act: &Act, preview: JobId, confirm_removals: bool) -> Result<JobId> {
    act.authorise(Action::Import)?;
    let job = jobs::show(act, preview).await?;
    if job.kind != JobKind::Import {
        return Err(Error::NotFound("preview"));
    }
    let mut kept = Kept::parse(&job.payload)?;
    let gone = || Error::invalid("files", "the previewed files are not kept any more; choose them again");
    if kept.files.is_none() || !kept.how.dry_run || job.state != JobState::Done {
        return Err(gone());
    }
    kept.caller = Caller::of(act.who());
    kept.how.dry_run = false;
    kept.how.confirm_removals = confirm_removals;
    let id: JobId = act.id();
    let (from, to) = (jobs::folder(act.services(), preview), jobs::folder(act.services(), id));
    // Whoever applies the same preview twice finds the files once. The mark makes the folder as young as the job, too, so
    // that it is not swept away as that of the preview it was.
    let mark = tokio::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(from.join(APPLIED)).await;
    mark.map_err(|_| gone())?;
    tokio::fs::rename(&from, &to).await.map_err(|_| gone())?;
    let queued = jobs::enqueue(act, id, JobKind::Import, &kept).await;
    if queued.is_err() {
        // It can be applied later.
        let _ = tokio::fs::rename(&to, &from).await;
        let _ = tokio::fs::remove_file(from.join(APPLIED)).await;
    }
    queued.map(|()| id)
}

/// What a job was to import: into which source, nothing where the input says it, and as which format.
pub fn wanted(job: &Job) -> Option<(String, Format)> {
    let kept = (job.kind == JobKind::Import).then(|| Kept::parse(&job.payload).ok()).flatten()?;
    Some((kept.how.source.unwrap_or_default(), kept.format))
}

/// True of a job whose files only the command that began it holds.
pub(crate) fn is_of_a_command(job: &Job) -> bool {
    job.kind == JobKind::Import && Kept::parse(&job.payload).is_ok_and(|k| k.files.is_none())
}

/// Carries a job from the queue out.
pub(crate) async fn carry_out(services: &Services, job: Job) {
    let (outcome, noted) = Box::pin(jobs::carry(services, job.id, |_| {}, |running| from_queue(services, &job, running))).await;
    let previewed = outcome.is_ok_and(|o| o.dry_run);
    // Where another process has taken the job over, the files are its.
    if noted && !previewed {
        jobs::clear(services, job.id).await;
    }
}

async fn from_queue(services: &Services, job: &Job, running: Running) -> Result<Outcome> {
    let kept = Kept::parse(&job.payload)?;
    let request = kept.request(&jobs::folder(services, job.id)).ok_or_else(|| Error::Internal("an import without files".to_owned()))?;
    let who = kept.caller.today(services).await?;
    Box::pin(import(Act::new(services, &who), request, running)).await
}
