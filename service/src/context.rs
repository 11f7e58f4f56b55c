//! What a use case is given: the services made once at start-up, who calls, and either one snapshot to read or the
//! means to act. A request opens one `Read` or one `Act`; nothing else reaches the store.

use crate::exports::Export;
use crate::overview::Checked;
use crate::restored::Outside;
use crate::{Error, Principal, Result};
use domain::asof::{AsOf, Wanted};
use domain::ids::{JobId, PersonId, SecretId};
use domain::permission::Action;
use domain::ports::Ids;
use domain::seq::Seq;
use domain::time::{SECOND, Timestamp};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use store::engine::db::{Db, Reader, Tx};
use store::engine::writer::{Command, Writer, Written};
use tokio::sync::{Semaphore, watch};
use uuid::Uuid;

/// Everything a use case needs, made once at start-up.
#[derive(Clone)]
pub struct Services {
    pub(crate) db: Db,
    pub(crate) writer: Writer,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) keys: Arc<Keys>,
    /// At most this many password hashes at a time: each takes 19 MB.
    pub(crate) hashing: Arc<Semaphore>,
    /// At most this many comparisons of patterns at a time: each takes a processor for up to half a second.
    comparing: Arc<Semaphore>,
    /// Every sink outside the data directory holds the newest checkpoint it was given; without a sink, or while
    /// one fails, the head is unanchored.
    anchored: Arc<AtomicBool>,
    /// The address people reach the server by, for links that leave it.
    address: Arc<str>,
    /// Where uploads wait for their job.
    pub(crate) spool: Arc<Path>,
    /// Bytes in it, as far as this process knows.
    pub(crate) spooled: Arc<AtomicU64>,
    /// This process among those that work on the store.
    pub(crate) holder: Arc<str>,
    /// The jobs that it carries out at the moment, each with what tells it to stop.
    pub(crate) carried: Arc<Mutex<HashMap<JobId, Arc<AtomicU8>>>>,
    /// Tells the workers of this process that a job may wait.
    pub(crate) bell: watch::Sender<()>,
    /// The lists that can leave as a file.
    pub(crate) lists: &'static [&'static Export],
    /// Secrets that are shown once: kept in memory only, for the next page of whom they are for.
    once: Arc<Mutex<HashMap<SecretId, Once>>>,
    /// What was counted over everything as of the newest position.
    pub(crate) counted: crate::adoption::Newest,
    /// What is open, read once for everybody.
    pub(crate) waiting: crate::changes::Remembered,
    /// Who tried what in vain.
    pub(crate) doors: Arc<crate::doors::Doors>,
    /// What this process has seen of the store.
    pub(crate) seen: Arc<crate::seen::Seen>,
    /// Whether a write was possible when it was last tried.
    pub(crate) ready: Arc<crate::ready::Tried>,
    /// When sessions were used last, until it is written down.
    pub(crate) used: Arc<crate::sessions::Used>,
    /// When tokens were used last, until it is written down.
    pub(crate) tokens_used: Arc<crate::tokens::Used>,
    /// Reads what stands outside the store.
    pub(crate) outside: Arc<dyn Fn() -> Outside + Send + Sync>,
    /// What the last verification in this process came to.
    pub(crate) verified: Arc<Mutex<Option<Checked>>>,
    /// Why this process takes no change although the store does: it cannot see what the store is compared with.
    blind: Option<Arc<str>>,
}

/// What a judgement of the present rests on, as one transaction sees the head.
pub(crate) struct Moment {
    /// Never before the newest entry.
    pub now: Timestamp,
    pub epoch: i64,
    pub restored: Option<String>,
}

impl Moment {
    /// Fails where the store is restored.
    pub fn whole(&self) -> Result<()> {
        self.restored.as_deref().map_or(Ok(()), |text| Err(Error::Restored(domain::restored::said(text))))
    }
}

/// A secret that waits to be shown.
struct Once {
    person: PersonId,
    at: Timestamp,
    text: String,
}

const ONCE_LIFE: i64 = 300 * SECOND;

/// Keys that live outside the database.
pub struct Keys {
    /// Keys the MACs of session, token and authenticator rows, and the digests that find people by e-mail.
    pub mac: [u8; 32],
    /// Verifies the checkpoints of this installation.
    pub verifier: Option<domain::note::Verifier>,
}

impl Services {
    /// Over an open store, as a server that is anchored and whole; who composes it says where it is not.
    pub fn new(db: Db, writer: Writer, ids: Arc<dyn Ids>, keys: Keys, spool: PathBuf) -> Self {
        let holder = ids.next().simple().to_string();
        Self {
            db,
            writer,
            ids,
            keys: Arc::new(keys),
            hashing: Arc::new(Semaphore::new(2)),
            comparing: Arc::new(Semaphore::new(2)),
            anchored: Arc::new(true.into()),
            address: Arc::from("http://localhost"),
            spool: spool.into(),
            spooled: Arc::default(),
            holder: holder.into(),
            carried: Arc::default(),
            bell: watch::Sender::new(()),
            lists: &[],
            once: Arc::default(),
            counted: crate::adoption::Newest::default(),
            waiting: Arc::default(),
            doors: Arc::default(),
            seen: Arc::default(),
            ready: Arc::default(),
            used: Arc::default(),
            tokens_used: Arc::default(),
            outside: Arc::new(Outside::default),
            verified: Arc::default(),
            blind: None,
        }
    }

    /// Says by which address people reach the server.
    #[must_use]
    pub fn at(mut self, address: &str) -> Self {
        self.address = address.into();
        self
    }

    /// Says how to read what stands outside the store.
    #[must_use]
    pub fn beside(mut self, outside: impl Fn() -> Outside + Send + Sync + 'static) -> Self {
        self.outside = Arc::new(outside);
        self
    }

    /// Says why this process, which cannot see what it should compare the store with, takes no change.
    #[must_use]
    pub fn blind(mut self, why: Option<String>) -> Self {
        self.blind = why.map(Into::into);
        self
    }

    /// Says which lists can leave as a file.
    #[must_use]
    pub fn exporting(mut self, lists: &'static [&'static Export]) -> Self {
        self.lists = lists;
        self
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    /// The key that verifies checkpoints of this installation.
    pub fn verifier(&self) -> Option<&domain::note::Verifier> {
        self.keys.verifier.as_ref()
    }

    /// The one now: the clock, but never before the newest entry this process has seen. What decides whether something has
    /// ended asks `moment` or `present`, which look at the newest entry of all.
    pub fn now(&self) -> Timestamp {
        self.writer.clock().now()
    }

    /// What the machine's clock shows, for how it moves.
    pub fn machine_clock(&self) -> Timestamp {
        self.writer.clock().clock()
    }

    /// The present by itself, as `moment` has it.
    pub(crate) async fn present(&self) -> Result<Moment> {
        let mut tx = self.db.snapshot().await?;
        let moment = self.moment(&mut tx).await;
        tx.rollback().await?;
        moment
    }

    /// The newest checkpoint, as it comes, for the sinks.
    pub fn checkpoints(&self) -> watch::Receiver<Option<String>> {
        self.writer.checkpoints()
    }

    /// Whether the last checkpoint reached every sink: the sinks say so.
    pub fn anchored(&self, reached: bool) {
        self.anchored.store(reached, Ordering::Relaxed);
    }

    pub fn is_anchored(&self) -> bool {
        self.anchored.load(Ordering::Relaxed)
    }

    pub async fn close(&self) {
        self.db.close().await;
    }

    /// Unguessable bytes.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0u8; N];
        self.ids.secret(&mut bytes);
        bytes
    }

    /// Unguessable bytes as hex.
    pub fn secret_hex(&self) -> String {
        hex::encode(self.random::<32>())
    }

    /// A new id without a noun, for what is not stored: the number of a request.
    pub fn number(&self) -> Uuid {
        self.ids.next()
    }

    /// Keeps a secret for the next page of a person; gives the name it is taken by.
    pub fn show_once(&self, who: &Principal, text: String) -> SecretId {
        let (id, now) = (self.ids.make(), self.now());
        if let (Some(person), Ok(mut kept)) = (who.person_id(), self.once.lock()) {
            kept.retain(|_, o| now.since(o.at) < ONCE_LIFE);
            kept.insert(id, Once { person, at: now, text });
        }
        id
    }

    /// Takes it out again: once, and only for whom it is.
    pub fn take_once(&self, who: &Principal, id: SecretId) -> Option<String> {
        let now = self.now();
        let mut kept = self.once.lock().ok()?;
        if kept.get(&id).is_some_and(|o| Some(o.person) == who.person_id() && now.since(o.at) < ONCE_LIFE) {
            kept.remove(&id).map(|o| o.text)
        } else {
            None
        }
    }

    /// Writes a command. A restored store takes none but those that say so.
    pub(crate) async fn write(&self, mut command: Command) -> Result<Written> {
        if let Some(why) = &self.blind {
            return Err(Error::Restored(why.to_string()));
        }
        Box::pin(crate::gate::pass(self, &mut command)).await?;
        Ok(self.writer.write(command).await?)
    }

    /// Compares patterns beside the requests, so that whoever asks about many keeps nobody else waiting.
    pub(crate) async fn compare<T: Send + 'static>(&self, comparison: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let place = self.comparing.clone().acquire_owned().await.map_err(|e| Error::Internal(e.to_string()))?;
        let compared = tokio::task::spawn_blocking(move || {
            // The place is taken until the end, also where nobody waits for the answer any more.
            let _place = place;
            comparison()
        });
        compared.await.map_err(|e| Error::Internal(e.to_string()))
    }

    pub(crate) fn salt(&self) -> [u8; 16] {
        self.random()
    }
}

/// One snapshot of the store at one as-of, and who reads it. Every statement of a request sees the same rows.
pub struct Read {
    services: Services,
    who: Principal,
    reader: Reader,
}

impl Read {
    /// Opens a snapshot at `now`, a position, an instant or a pair; today's rights apply whatever it says.
    pub async fn open(services: &Services, who: &Principal, wanted: Wanted) -> Result<Self> {
        let reader = store::engine::head::reader(&services.db, wanted, services.writer.clock()).await?;
        // Commands on the machine find out what happened; sessions and tokens are those of another store.
        if let Some(text) = reader.restored.as_deref().filter(|_| !matches!(who, Principal::Host { .. })) {
            let said = domain::restored::said(text);
            reader.close().await?;
            return Err(Error::Restored(said));
        }
        Ok(Self { services: services.clone(), who: who.clone(), reader })
    }

    pub fn who(&self) -> &Principal {
        &self.who
    }

    pub fn services(&self) -> &Services {
        &self.services
    }

    pub fn as_of(&self) -> AsOf {
        self.reader.as_of
    }

    pub fn seq(&self) -> Seq {
        self.reader.as_of.seq
    }

    /// The newest entry at the time of reading; the as-of is at or below it.
    pub fn head(&self) -> Seq {
        self.reader.head
    }

    /// True where the reader looks at the present.
    pub fn is_now(&self) -> bool {
        self.reader.is_now()
    }

    /// A second moment to compare the as-of with, read from the same snapshot.
    pub(crate) async fn beside(&mut self, wanted: Wanted) -> Result<AsOf> {
        Ok(store::engine::head::beside(&mut self.reader, wanted).await?)
    }

    /// True where the newest position is read: then statements over open rows apply.
    pub(crate) fn at_head(&self) -> bool {
        self.reader.as_of.seq == self.reader.head
    }

    pub(crate) fn tx(&mut self) -> &mut Tx {
        &mut self.reader.tx
    }

    pub(crate) fn authorise(&self, action: Action) -> Result<()> {
        self.who.authorise(action)
    }

    /// Ends the snapshot; one that is dropped ends too.
    pub async fn close(self) -> Result<()> {
        Ok(self.reader.close().await?)
    }
}
