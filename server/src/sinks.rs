//! Checkpoints leave the machine: each new one is appended to a file of every sink within a second, and what a sink has
//! confirmed is on record in the store and beside the keys. The local file in the data directory is a convenience, not an
//! anchor. What the files prove is the service's to say.

use crate::config::Config;
use domain::note::{BETWEEN, Verifier, split};
use domain::restored::Noted;
use serde_json::{Value, json};
use service::Services;
use service::restored::{Confirmed, Outside, Witness};
use std::collections::HashMap;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::watch;

const FILE: &str = "countersign.checkpoints";
/// What sinks confirmed, beside the keys.
const RECORD: &str = "countersign.sinks";
/// How often the server looks for checkpoints of other processes.
const OTHERS: Duration = Duration::from_secs(10);

/// The local file and that of every sink, and whether it is one of a sink.
fn files(config: &Config) -> Vec<(PathBuf, bool)> {
    let sinks = config.checkpoint_sinks.iter().map(|s| (s.join(FILE), true));
    std::iter::once((config.data_dir.join(FILE), false)).chain(sinks).collect()
}

fn place(path: &Path) -> String {
    path.display().to_string()
}

/// How many notes a file holds, those that others have added since not counted, and the newest that was put there.
#[derive(Clone)]
struct Held {
    notes: i64,
    newest: String,
}

/// Appends notes to every file, and puts on record what the sinks among them confirm.
struct Keeper<'a> {
    config: &'a Config,
    services: &'a Services,
    /// What each file is known to hold.
    held: HashMap<PathBuf, Held>,
}

impl<'a> Keeper<'a> {
    fn new(config: &'a Config, services: &'a Services) -> Self {
        Self { config, services, held: HashMap::new() }
    }

    /// True where every file holds what may leave the machine.
    async fn keep_newest(&mut self) -> bool {
        match service::restored::leaving(self.services).await {
            Ok(Some(note)) => self.keep(&note).await,
            // Nothing is to leave.
            Ok(None) => true,
            Err(error) => {
                tracing::error!(%error, "the newest checkpoint cannot be read");
                false
            }
        }
    }

    /// True where every file has taken it.
    async fn keep(&mut self, note: &str) -> bool {
        let mut reached = true;
        for (path, is_sink) in files(self.config) {
            let kept = self.append(path.clone(), is_sink, note).await;
            if let Err(error) = kept {
                reached = false;
                tracing::error!(path = %path.display(), %error, "a checkpoint could not leave the machine");
            }
        }
        reached
    }

    async fn append(&mut self, path: PathBuf, is_sink: bool, note: &str) -> std::io::Result<()> {
        let known = self.held.get(&path).cloned();
        if known.as_ref().is_some_and(|k| k.newest == note) {
            return Ok(());
        }
        // A sink is for others to read.
        let mode = if is_sink { 0o644 } else { 0o600 };
        let (file, text) = (path.clone(), note.to_owned());
        let notes = tokio::task::spawn_blocking(move || put(&file, mode, &text, known.map(|k| k.notes)));
        let notes = notes.await.map_err(std::io::Error::other)??;
        self.held.insert(path.clone(), Held { notes, newest: note.to_owned() });
        if !is_sink {
            return Ok(());
        }
        let log = note.lines().next().unwrap_or_default();
        let Some(of) = Noted::read(note.to_owned(), domain::restored::log_of(log)) else { return Ok(()) };
        let confirmed = Confirmed { place: place(&path), epoch: of.epoch, seq: of.size, note: of.note, notes, mac: String::new() };
        record(self.config, &confirmed)?;
        service::restored::confirm(self.services, &confirmed).await.map_err(std::io::Error::other)
    }
}

/// Writes every new checkpoint until the writer is gone, those of commands without sinks too. Several within a second are
/// one.
pub async fn serve(config: Config, services: Services) {
    let mut notes = services.checkpoints();
    let mut keeper = Keeper::new(&config, &services);
    let mut others = tokio::time::interval(OTHERS);
    loop {
        tokio::select! {
            changed = notes.changed() => if changed.is_err() { return },
            _ = others.tick() => {}
        }
        let reached = keeper.keep_newest().await;
        services.anchored(reached && !config.checkpoint_sinks.is_empty());
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Appends the newest checkpoint, if a command wrote one.
pub async fn append_newest(config: &Config, services: &Services) {
    let notes: watch::Receiver<Option<String>> = services.checkpoints();
    if notes.borrow().is_some() {
        Keeper::new(config, services).keep_newest().await;
    }
}

/// Puts a note into a file that does not hold it yet; gives how many it holds then. `known` is how many it held, where that
/// was counted before.
fn put(path: &Path, mode: u32, note: &str, known: Option<i64>) -> std::io::Result<i64> {
    if let Some(known) = known {
        return append(path, mode, note).map(|()| known + 1);
    }
    let text = text_of(path)?;
    let before = count(&text);
    if split(&text).any(|n| n == note) {
        return Ok(before);
    }
    append(path, mode, note).map(|()| before + 1)
}

fn append(path: &Path, mode: u32, note: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = std::fs::OpenOptions::new().create(true).append(true).read(true).mode(mode).open(path)?;
    // What was broken off half-way must not run into what follows.
    let length = BETWEEN.len() as i64;
    let torn = file.seek(SeekFrom::End(-length)).map_or(file.metadata()?.len() > 0, |_| {
        let mut end = [0u8; BETWEEN.len()];
        file.read_exact(&mut end).is_err() || end != BETWEEN.as_bytes()
    });
    let healed = if torn { BETWEEN } else { "" };
    file.write_all(format!("{healed}{note}{BETWEEN}").as_bytes())?;
    file.sync_data()
}

fn text_of(path: &Path) -> std::io::Result<String> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(error),
    }
}

/// How many notes stand in a file.
fn count(text: &str) -> i64 {
    let is_one = |note: &String| note.lines().next().is_some_and(|l| Noted::read(note.clone(), domain::restored::log_of(l)).is_some());
    split(text).filter(is_one).count() as i64
}

/// Reads everything that stands outside the store: every note of a log in every file, and what sinks confirmed.
pub fn outside(config: &Config, log: &str, verifier: &Verifier) -> Outside {
    let witness = |(path, is_sink): (PathBuf, bool)| {
        let text = text_of(&path).map_err(|e| e.to_string());
        let notes = text.as_ref().map_err(String::clone).map(|t| split(t).filter_map(|n| Noted::read(n, log)).collect::<Vec<_>>());
        // The newest first: one of ours is enough.
        let ours = notes.as_ref().is_ok_and(|all| all.iter().rev().any(|n| verifier.open(&n.note).is_ok()));
        let is_foreign = !ours && text.is_ok_and(|t| !t.trim().is_empty());
        Witness { place: place(&path), is_sink, notes, is_foreign }
    };
    let witnesses = files(config).into_iter().map(witness).collect();
    // Where the record cannot be read the one in the store speaks; what sinks hold is compared all the same.
    let confirmed = recorded(config).unwrap_or_else(|error| {
        tracing::error!(%error, "what sinks confirmed cannot be read beside the keys");
        vec![]
    });
    Outside { witnesses, confirmed }
}

fn recorded(config: &Config) -> std::io::Result<Vec<Confirmed>> {
    let text = text_of(&config.data_dir.join(RECORD))?;
    Ok(text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()).filter_map(|v| from_line(&v)).collect())
}

fn from_line(v: &Value) -> Option<Confirmed> {
    let note = v["note"].as_str()?.to_owned();
    let log = note.lines().next().map(domain::restored::log_of)?.to_owned();
    let of = Noted::read(note, &log)?;
    Some(Confirmed {
        place: v["place"].as_str()?.to_owned(),
        epoch: of.epoch,
        seq: of.size,
        note: of.note,
        notes: v["notes"].as_i64()?,
        mac: String::new(),
    })
}

/// Puts beside the keys what a sink has confirmed, as a whole file or not at all.
fn record(config: &Config, new: &Confirmed) -> std::io::Result<()> {
    let mut all = recorded(config)?;
    if all.iter().any(|c| c.place == new.place && (c.epoch, c.seq) >= (new.epoch, new.seq)) {
        return Ok(());
    }
    all.retain(|c| c.place != new.place);
    all.push(new.clone());
    let lines: Vec<String> = all.iter().map(|c| json!({ "place": c.place, "note": c.note, "notes": c.notes }).to_string() + "\n").collect();
    let whole = config.data_dir.join(format!("{RECORD}.{}", std::process::id()));
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&whole)?;
    file.write_all(lines.concat().as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&whole, config.data_dir.join(RECORD))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_stay_apart_also_where_one_was_broken_off() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("out").join(FILE);
        let signer = domain::note::Signer::new("x", &[1; 32]).expect("name");
        let note = |n: u64| signer.sign(&domain::note::Checkpoint { origin: "x/1".to_owned(), size: n, root: [n as u8; 32] }.to_text());
        append(&path, 0o600, &note(1)).expect("appended");
        append(&path, 0o600, &note(2)).expect("appended");
        let whole = std::fs::read(&path).expect("read");
        std::fs::write(&path, &whole[..whole.len() - 40]).expect("cut");
        append(&path, 0o600, &note(3)).expect("appended");
        append(&path, 0o600, &note(4)).expect("appended");
        let text = text_of(&path).expect("read");
        let opened: Vec<bool> = split(&text).map(|n| signer.verifier().open(&n).is_ok()).collect();
        assert_eq!(opened, [true, false, true, true], "{text}");
        assert_eq!(text_of(&folder.path().join("none")).expect("nothing"), "");
    }
}
