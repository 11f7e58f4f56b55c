//! Checkpoints leave the machine: each new one is appended to a file of every sink within a second. The
//! local file in the data directory is a convenience, not an anchor.

use crate::config::Config;
use domain::note::{Checkpoint, Verifier};
use service::Services;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::watch;

const FILE: &str = "countersign.checkpoints";
/// Separates notes in the file; a note itself holds one blank line only.
const BETWEEN: &str = "\n\n\n";

/// Where checkpoints go, and who may read them there: the local file, and every sink, which is for others to read.
fn files(config: &Config) -> Vec<(PathBuf, u32)> {
    let mut all = vec![(config.data_dir.join(FILE), 0o600)];
    all.extend(config.checkpoint_sinks.iter().map(|s| (s.join(FILE), 0o644)));
    all
}

/// Writes every new checkpoint until the writer is gone. Several within a second are one.
pub async fn serve(config: Config, services: Services) {
    let mut notes = services.checkpoints();
    while notes.changed().await.is_ok() {
        let Some(note) = notes.borrow_and_update().clone() else { continue };
        let mut reached = !config.checkpoint_sinks.is_empty();
        for (path, mode) in files(&config) {
            let (file, note) = (path.clone(), note.clone());
            let written = tokio::task::spawn_blocking(move || append(&file, mode, &note)).await;
            if let Ok(Err(error)) = written {
                reached = false;
                tracing::error!(path = %path.display(), %error, "a checkpoint could not leave the machine");
            }
        }
        services.anchored(reached);
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Appends the newest checkpoint a command wrote, if it wrote one.
pub fn append_newest(config: &Config, notes: &watch::Receiver<Option<String>>) {
    let Some(note) = notes.borrow().clone() else { return };
    for (path, mode) in files(config) {
        if let Err(error) = append(&path, mode, &note) {
            tracing::error!(path = %path.display(), %error, "a checkpoint could not leave the machine");
        }
    }
}

fn append(path: &Path, mode: u32, note: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = std::fs::OpenOptions::new().create(true).append(true).mode(mode).open(path)?;
    file.write_all(note.as_bytes())?;
    file.write_all(BETWEEN.as_bytes())?;
    file.sync_data()
}

/// The last note of a file: its text up to and with the last signature line.
pub fn last_note(text: &str) -> Option<&str> {
    let trimmed = text.trim_end_matches('\n');
    let start = trimmed.rfind(BETWEEN).map_or(0, |at| at + BETWEEN.len());
    let end = (trimmed.len() + 1).min(text.len());
    text.get(start..end).map(|t| t.trim_start_matches('\n')).filter(|t| !t.is_empty())
}

/// What the outside holds of this installation.
#[derive(Debug, Default)]
pub struct Outside {
    /// The largest checkpoint of each epoch, largest first: what is written after a restore hides none of before it,
    /// however long it grows.
    pub largest: Vec<Checkpoint>,
    /// A sink of which nothing can be told, and why: it cannot be read, or none of its notes verifies.
    pub unreadable: Option<String>,
}

/// Reads every sink.
pub fn outside(config: &Config, verifier: &Verifier) -> Outside {
    let mut out = Outside::default();
    for path in config.checkpoint_sinks.iter().map(|s| s.join(FILE)) {
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => {
                out.unreadable = Some(format!("{} cannot be read ({error})", path.display()));
                continue;
            }
        };
        let notes: Vec<Checkpoint> = text
            .split(BETWEEN)
            .map(|note| format!("{}\n", note.trim_matches('\n')))
            .filter_map(|note| Checkpoint::parse(verifier.open(&note).ok()?).ok())
            .collect();
        if notes.is_empty() && !text.trim().is_empty() {
            out.unreadable = Some(format!("no checkpoint in {} is signed by this installation's key", path.display()));
        }
        for note in notes {
            match out.largest.iter_mut().find(|c| c.origin == note.origin) {
                Some(known) if known.size >= note.size => {}
                Some(known) => *known = note,
                None => out.largest.push(note),
            }
        }
    }
    out.largest.sort_by_key(|c| std::cmp::Reverse(c.size));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_several_notes_is_found() {
        let signer = domain::note::Signer::new("x", &[1; 32]).expect("name");
        let (a, b) = (signer.sign("one\n"), signer.sign("two\n"));
        let text = format!("{a}{BETWEEN}{b}{BETWEEN}");
        assert_eq!(last_note(&text), Some(b.as_str()));
        assert_eq!(signer.verifier().open(last_note(&text).expect("a note")), Ok("two\n"));
        assert_eq!(last_note(&format!("{a}{BETWEEN}")), Some(a.as_str()));
        assert_eq!(last_note(""), None);
    }
}
