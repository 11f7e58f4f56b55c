//! Puts the services together: keys, clock, ids, database, writer, and the check of outside checkpoints.

use crate::config::Config;
use crate::sinks;
use domain::note::{Checkpoint, Signer};
use domain::ports::{Clock, Ids};
use domain::time::Timestamp;
use service::{Keys, Services};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::UNIX_EPOCH;
use store::db::Db;
use store::writer::Writer;
use store::{head, ledger};
use uuid::Uuid;

/// Why the program cannot start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}: {1}")]
    File(String, std::io::Error),
    #[error("the store: {0}")]
    Store(#[from] store::Error),
    #[error("{0}")]
    Schema(String),
    #[error("{0} is not a key file of this program")]
    Key(String),
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
pub async fn open(config: &Config) -> Result<Db, Error> {
    let at = |e| Error::File(config.data_dir.display().to_string(), e);
    if !config.data_dir.exists() {
        // Keys, password hashes and uploads: nobody else on the machine reads them.
        std::os::unix::fs::DirBuilderExt::mode(std::fs::DirBuilder::new().recursive(true), 0o700).create(&config.data_dir).map_err(at)?;
    }
    let db = Db::open(&config.database_url).await?;
    match &db {
        Db::Sqlite { .. } => db.migrate().await?,
        Db::Postgres(_) => {
            let (have, need) = (db.schema_version().await.unwrap_or(None), Db::built_for());
            if have != need {
                return Err(Error::Schema(format!(
                    "the database has schema {}, this program needs {}: run `countersign migrate` first",
                    have.map_or_else(|| "none".to_owned(), |v| v.to_string()),
                    need.unwrap_or_default()
                )));
            }
        }
    }
    Ok(db)
}

/// Everything a use case needs.
///
/// `serving` is false for commands: they see that a store is restored, only the server starts a new epoch.
pub async fn services(config: &Config, serving: bool) -> Result<Services, Error> {
    services_at(config, serving, Arc::new(SystemClock)).await
}

/// The same with another clock, for the demo's past.
pub async fn services_at(config: &Config, serving: bool, clock: Arc<dyn Clock>) -> Result<Services, Error> {
    let db = open(config).await?;
    head::create(&db, RandomIds.next(), clock.now()).await?;
    let mut tx = db.snapshot().await?;
    let head = head::read(&mut tx).await?.ok_or_else(|| Error::Schema("the store has no head".to_owned()))?;
    tx.rollback().await?;
    let old = head.seq > 0;
    let name = format!("countersign-{}", &head.installation.simple().to_string()[..12]);
    let secret = key(&config.data_dir.join("checkpoint.key"), old)?;
    let signer = Signer::new(&name, &secret).ok_or_else(|| Error::Key("checkpoint.key".to_owned()))?;
    let verifier = signer.verifier();
    // The sinks first, then the head again: a server that writes meanwhile must not look like a restore.
    let outside = sinks::outside(config, &verifier);
    let mut tx = db.snapshot().await?;
    let head = head::read(&mut tx).await?.unwrap_or(head);
    tx.rollback().await?;
    let restored = behind(&db, &head, &verifier, &outside).await?;
    if serving && restored.is_some() && outside.largest.as_ref().is_none_or(|c| c.origin == head.origin()) {
        // What is written from here on is another history: its checkpoints say so, and old sessions are void.
        head::new_epoch(&db).await?;
        store::sessions::delete_all(&db).await?;
    }
    let writer = Writer::start(db.clone(), clock.clone(), Some(Arc::new(signer)));
    let keys = Keys { mac: key(&config.data_dir.join("mac.key"), old)?, verifier: Some(verifier) };
    let mut services = Services::new(db, writer, clock, Arc::new(RandomIds), keys);
    services.anchored = Arc::new((!config.checkpoint_sinks.is_empty()).into());
    services.restored = restored.map(Into::into);
    Ok(services)
}

/// Says what is missing where an outside checkpoint is ahead of the store or of another history.
async fn behind(db: &Db, head: &head::Head, verifier: &domain::note::Verifier, outside: &sinks::Outside) -> Result<Option<String>, Error> {
    if let Some(path) = &outside.unreadable {
        return Ok(Some(format!("no checkpoint in {} is signed by this installation's key", path.display())));
    }
    let Some(outside) = &outside.largest else { return Ok(None) };
    let size = outside.size as i64;
    if size > head.seq {
        return Ok(Some(format!(
            "an outside checkpoint covers {size} entries, this store ends at {}: {} entries are missing",
            head.seq,
            size - head.seq
        )));
    }
    // Whether the entries lead to that root is what `ledger verify` recomputes; start-up compares notes.
    let mut tx = db.snapshot().await?;
    let own = ledger::checkpoint_at(&mut tx, size).await?.filter(|c| c.seq == size);
    tx.rollback().await?;
    let root = own.and_then(|c| Checkpoint::parse(verifier.open(&c.note).ok()?).ok()).map(|c| c.root);
    Ok((root != Some(outside.root)).then(|| format!("the first {size} entries are not the ones an outside checkpoint covers")))
}

/// Reads a key file, or makes one that only its owner can read.
fn key(path: &Path, old: bool) -> Result<[u8; 32], Error> {
    let at = |e| Error::File(path.display().to_string(), e);
    if !path.exists() {
        if old {
            return Err(Error::Schema(format!(
                "{} is gone, and this store was written with it: bring it back from where it is kept",
                path.display()
            )));
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

/// Reads a checkpoint file for `ledger verify --against`.
pub fn checkpoint_file(path: &Path, verifier: Option<&domain::note::Verifier>) -> Result<Checkpoint, Error> {
    let note = std::fs::read_to_string(path).map_err(|e| Error::File(path.display().to_string(), e))?;
    let bad = || Error::Key(path.display().to_string());
    let last = sinks::last_note(&note).ok_or_else(bad)?;
    let text = match verifier {
        Some(v) => v.open(last).map_err(|_| bad())?,
        None => last.split("\n\n").next().unwrap_or(last),
    };
    Checkpoint::parse(text).map_err(|_| bad())
}
