//! Whether the database takes a write at this moment: one is tried and undone. It leaves nothing behind.

use super::db::Db;
use super::trouble::Trouble;
use crate::{Error, Result};
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// More than one page of either engine, so that room must be found for it.
const ROOM: usize = 64 * 1024;

statements! {
    TRY = "INSERT INTO sessions (hash, person_id, data, expires_at, absolute_ends_at, seen_at, epoch, mac) VALUES ('is it writable', NULL, $1, 0, 0, 0, 0, '')";
}

/// Fails where nothing could be written now.
pub async fn try_write(db: &Db) -> Result<()> {
    let mut tx = db.begin().await?;
    let padding = "x".repeat(ROOM);
    on!(&mut tx, c => { sqlx::query(TRY).bind(padding.as_str()).execute(c).await?; });
    tx.rollback().await?;
    let Some(beside) = db.file().map(|file| beside(&file)) else { return Ok(()) };
    let tried = tokio::task::spawn_blocking(move || take_room(&beside)).await;
    tried.map_err(|e| Error::Corrupt(e.to_string()))?.map_err(|e| Error::Trouble(Trouble::of_io(e.kind())))
}

fn beside(database: &Path) -> PathBuf {
    let mut name = database.file_name().unwrap_or_default().to_owned();
    name.push("-room");
    database.with_file_name(name)
}

/// SQLite keeps what is undone in memory: whether the disk has room, only a file tells.
fn take_room(path: &Path) -> std::io::Result<()> {
    let written = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path).and_then(|mut file| {
        file.write_all(&vec![0; ROOM])?;
        file.sync_data()
    });
    let removed = std::fs::remove_file(path);
    written?;
    match removed {
        // Another process has tried in the same moment.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
