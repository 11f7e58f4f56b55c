//! The spool: a folder for each job with the files it works at or has written. It holds so many bytes and no more, and
//! nothing for long that no unfinished job owns. What stands in a file is its noun's.

use crate::{Act, Error, Result, Services};
use domain::ids::JobId;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Duration;
use store::engine::jobs as queue;

/// How long files stay that no unfinished job owns: a preview until it is applied, an export until it is fetched.
const FILES_KEPT: Duration = Duration::from_hours(1);
/// The most bytes it holds: thirty of the largest uploads. The database stands on the same disk more often than not, and a
/// full disk stops the ledger.
const MOST: u64 = 8 * 1024 * 1024 * 1024;

/// Room for the files of a job to come: its id and its folder. Where the job is not queued in the end, because something
/// was refused or whoever sent it went away, the folder goes with this value.
pub struct Room {
    services: Services,
    id: JobId,
    folder: PathBuf,
    kept: bool,
}

impl Room {
    /// A folder that nobody else on the machine reads, unless too much waits or is kept already.
    pub(crate) async fn make(act: &Act) -> Result<Self> {
        super::may_ask(act).await?;
        measure(act.services()).await?;
        let id: JobId = act.id();
        Ok(Self { services: act.services().clone(), id, folder: make_folder(act.services(), id)?, kept: false })
    }

    pub fn id(&self) -> JobId {
        self.id
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Counts bytes that are about to be written into it.
    pub fn takes(&self, bytes: usize) -> Result<()> {
        takes(&self.services, bytes)
    }

    /// The files are the job's from here on.
    pub(crate) fn keep(&mut self) {
        self.kept = true;
    }

    /// They are not, after all.
    pub(crate) fn give_back(&mut self) {
        self.kept = false;
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        match std::fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(%error, job = %self.id, "files of a job that never came to be could not be removed");
            }
            _ => {}
        }
    }
}

/// Counts bytes that are about to be written; fails where it would hold too many.
pub(crate) fn takes(services: &Services, bytes: usize) -> Result<()> {
    let bytes = bytes as u64;
    if services.spooled.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) <= MOST {
        return Ok(());
    }
    services.spooled.fetch_sub(bytes, Ordering::Relaxed);
    tracing::warn!("the spool is full: an upload or an export was refused");
    Err(Error::Busy)
}

/// Looks how much it holds, whoever wrote it; fails where it is full. From here on this process counts what it adds.
pub(crate) async fn measure(services: &Services) -> Result<()> {
    let spool = services.spool.clone();
    let bytes = tokio::task::spawn_blocking(move || bytes_in(&spool)).await.map_err(|e| Error::Internal(e.to_string()))?;
    services.spooled.store(bytes, Ordering::Relaxed);
    takes(services, 1)
}

fn bytes_in(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let bytes = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(found) if found.is_dir() => bytes_in(&entry.path()),
        Ok(found) => found.len(),
        Err(_) => 0,
    };
    entries.filter_map(std::result::Result::ok).map(bytes).sum()
}

/// The folder of a job's files.
pub(crate) fn folder(services: &Services, job: JobId) -> PathBuf {
    services.spool.join(job.to_string())
}

/// Makes the folder of a job's files; nobody else on the machine reads it.
pub(crate) fn make_folder(services: &Services, job: JobId) -> Result<PathBuf> {
    let folder = folder(services, job);
    std::os::unix::fs::DirBuilderExt::mode(std::fs::DirBuilder::new().recursive(true), 0o700)
        .create(&folder)
        .map_err(|e| Error::Internal(e.to_string()))?;
    Ok(folder)
}

/// Removes the files of a job that has ended.
pub(crate) async fn clear(services: &Services, job: JobId) {
    match tokio::fs::remove_dir_all(folder(services, job)).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => tracing::warn!(%error, %job, "files of a job could not be removed"),
        _ => {}
    }
}

/// Removes files that no unfinished job owns and nobody fetched.
pub(super) async fn sweep(services: &Services) -> Result<()> {
    let Ok(folders) = std::fs::read_dir(&services.spool) else { return Ok(()) };
    let old = |entry: &std::fs::DirEntry| {
        entry.metadata().and_then(|m| m.modified()).is_ok_and(|made| made.elapsed().is_ok_and(|ago| ago > FILES_KEPT))
    };
    let names = folders.filter_map(std::result::Result::ok).filter(old).map(|entry| entry.file_name());
    let folders: Vec<JobId> = names.filter_map(|name| JobId::parse(&name.to_string_lossy()).ok()).collect();
    for id in folders {
        // Asked after the folder was listed: one that is old and whose job is queued this very moment stays.
        if queue::read(&services.db, id).await?.is_none_or(|job| job.state.has_ended()) {
            clear(services, id).await;
        }
    }
    Ok(())
}
