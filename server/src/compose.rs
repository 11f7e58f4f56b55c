//! Puts the services together: keys, clock, ids, database, writer, and the comparison with what stands outside.

use crate::config::Config;
use crate::web::export::LISTS;
use crate::{private, sinks};
use domain::note::{self, Checkpoint, Verifier};
use domain::ports::{Clock, Ids};
use domain::restored::{self, Silent};
use domain::time::Timestamp;
use service::keys::{Foreign, KeyFiles};
use service::restored::{Found, examine, mark};
use service::setup::{self, Db, Writer};
use service::{Keys, Services};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::UNIX_EPOCH;
use uuid::Uuid;

/// Why the program cannot start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}: {1}")]
    File(String, std::io::Error),
    #[error("{}", with_causes(.0))]
    Store(#[from] service::Error),
    #[error("{0} is gone, and this store was written with it: bring it back from where it is kept")]
    KeyGone(String),
    #[error("{0} is not a key file of this program")]
    Key(String),
    #[error("your key is not the one that signed: {0} did not sign the checkpoints of this store; bring the file that did")]
    ForeignSigner(String),
    #[error("{0} is not the key that this store was written with: nobody could sign in and no token would work; bring the file that is")]
    ForeignMac(String),
    #[error("{0}: {1}")]
    Checkpoint(String, &'static str),
}

/// Whoever starts the program may know why the store does not open; whoever calls it over the network may not.
fn with_causes(error: &service::Error) -> String {
    use std::error::Error as _;
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}

/// The clock of the machine.
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(since.as_micros() as i64)
    }
}

/// UUIDv7 from the machine's clock and randomness.
pub struct RandomIds;

impl Ids for RandomIds {
    fn next(&self) -> Uuid {
        let mut random = [0u8; 10];
        self.secret(&mut random);
        let millis = SystemClock.now().micros() / 1000;
        uuid::Builder::from_unix_timestamp_millis(millis as u64, &random).into_uuid()
    }

    fn secret(&self, out: &mut [u8]) {
        // Without randomness no secret may be made; the operating system always has some once booted.
        if getrandom::fill(out).is_err() {
            tracing::error!("the operating system gives no randomness");
            std::process::abort();
        }
    }
}

/// Opens the store as the configuration says; SQLite is migrated, Postgres must have been.
async fn open(config: &Config) -> Result<Db, Error> {
    let at = |e| Error::File(config.data_dir.display().to_string(), e);
    private::folder(&config.data_dir).map_err(at)?;
    Ok(setup::open(&config.database_url).await?)
}

/// Everything a use case needs.
///
/// What contradicts the store is stored by every process. That a sink is gone or cannot be read is stored by those that
/// `serve` (and by whoever accepts it); a command on another machine or of another user only takes no change itself.
pub async fn services(config: &Config, serve: bool) -> Result<Services, Error> {
    services_at(config, serve, Arc::new(SystemClock)).await
}

/// The same with another clock, for the demo's past.
pub async fn services_at(config: &Config, serve: bool, clock: Arc<dyn Clock>) -> Result<Services, Error> {
    let db = open(config).await?;
    let here = setup::installation(&db, &*clock, &RandomIds).await?;
    let files = key_files(config, !here.is_new())?;
    if let Some(foreign) = files.foreign_to(&db).await? {
        return Err(not_ours(config, foreign));
    }
    let signer = files.signer(here.id).ok_or_else(|| Error::Key(CHECKPOINT_KEY.to_owned()))?;
    let verifier = signer.verifier();
    let look = {
        let (config, verifier, log) = (config.clone(), verifier.clone(), restored::log_of(&here.origin).to_owned());
        move || sinks::outside(&config, &log, &verifier)
    };
    // The sinks first, then the store: a server that writes meanwhile must not look like a restore.
    let found = examine(&db, &verifier, &files.mac, &look(), serve).await?;
    let stored = if serve || !found.gaps.is_empty() { &found } else { &Found::default() };
    let marked = mark(&db, &*clock, stored).await?;
    let unseen = || found.silent.iter().map(Silent::says).collect::<Vec<_>>().join("; ");
    let blind = (marked.is_none() && !found.silent.is_empty()).then(unseen);
    // What was looked at here is asked again at every write: the store may go back under this process.
    let known = setup::installation(&db, &*clock, &RandomIds).await?.known;
    let writer = Writer::knowing(Some(known), db.clone(), clock, Some(Arc::new(signer)));
    let keys = Keys { mac: files.mac, verifier: Some(verifier) };
    let services = Services::new(db, writer, Arc::new(RandomIds), keys, config.data_dir.join("spool")).exporting(&LISTS);
    services.anchored(!config.checkpoint_sinks.is_empty());
    services.found_restored(marked);
    Ok(services.beside(look).blind(blind))
}

/// The names of the two key files in the data directory.
pub const CHECKPOINT_KEY: &str = "checkpoint.key";
pub const MAC_KEY: &str = "mac.key";

/// Both key files; of a store that nothing was written to they are made where they are not there.
pub fn key_files(config: &Config, old: bool) -> Result<KeyFiles, Error> {
    let read = |name: &str| key(&config.data_dir.join(name), old);
    Ok(KeyFiles { checkpoint: read(CHECKPOINT_KEY)?, mac: read(MAC_KEY)? })
}

fn not_ours(config: &Config, foreign: Foreign) -> Error {
    let path = |name: &str| config.data_dir.join(name).display().to_string();
    match foreign {
        Foreign::Checkpoint => Error::ForeignSigner(path(CHECKPOINT_KEY)),
        Foreign::Mac => Error::ForeignMac(path(MAC_KEY)),
    }
}

/// Reads a key file, or makes one that only its owner can read.
fn key(path: &Path, old: bool) -> Result<[u8; 32], Error> {
    let at = |e| Error::File(path.display().to_string(), e);
    if !path.exists() {
        if old {
            return Err(Error::KeyGone(path.display().to_string()));
        }
        let mut bytes = [0u8; 32];
        RandomIds.secret(&mut bytes);
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(at)?;
        file.write_all(hex::encode(bytes).as_bytes()).map_err(at)?;
        file.sync_all().map_err(at)?;
        return Ok(bytes);
    }
    let text = std::fs::read_to_string(path).map_err(at)?;
    hex::decode(text.trim()).ok().and_then(|b| b.try_into().ok()).ok_or_else(|| Error::Key(path.display().to_string()))
}

/// Reads every checkpoint of a file for `ledger verify --against`.
pub fn checkpoint_file(path: &Path, verifier: Option<&Verifier>) -> Result<Vec<(Checkpoint, String)>, Error> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|e| Error::File(name.clone(), e))?;
    note::checkpoints(&text, verifier).map_err(|why| Error::Checkpoint(name, why))
}
