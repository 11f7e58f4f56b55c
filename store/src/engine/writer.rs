//! The one writer of a process: takes up to 64 queued commands, locks the head first, gives each command a
//! savepoint and the next number, writes all entries in one statement, then head and checkpoint, and
//! answers nobody before COMMIT. It decides nothing: a command is rows to open, rows to close and an entry.

use super::db::{Db, Tx};
use super::head::{self, Head};
use super::jobs::{self, NewJob};
use super::known::{self, Known};
use super::manifest::{self, Line};
pub use super::require::WhileRestored;
use super::require::{self, Require};
use super::rows::{self, Close, Row};
use super::table::{Declared, Table};
use crate::counts::Count;
use crate::factors::{self, Use};
use crate::{Error, Result, ledger};
use domain::facts::key_bytes;
use domain::ids::{BatchId, ChangeId};
use domain::ledger::{Actor, Entry};
use domain::merkle::{Frontier, Hash};
use domain::note::{Checkpoint, Signer};
use domain::ports::{Clock, Steady};
use domain::redaction::Subject;
use domain::restored;
use domain::seq::Seq;
use domain::time::Timestamp;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};
use uuid::Uuid;

/// Commands per transaction.
const BATCH: usize = 64;

/// Rows after which the log is moved into the file by a connection of its own: only imports write so many.
const MOVE_AFTER: usize = 4_000;

/// One use case's effect on the record.
#[derive(Clone, Debug)]
pub struct Command {
    pub actor: Actor,
    pub verb: &'static str,
    pub subject_kind: &'static str,
    pub subject_id: Option<Uuid>,
    pub change_id: Option<ChangeId>,
    /// Canonical JSON text of an object.
    pub payload: String,
    /// What it was decided on; asked again under the lock.
    pub requires: Vec<Require>,
    /// What it uses up: questions to passkeys that were answered, and how far a factor was used.
    pub uses: Vec<Use>,
    /// Unchanging anchors of rows opened for the first time.
    pub anchors: Vec<(&'static Table, Uuid)>,
    pub opens: Vec<Row>,
    pub closes: Vec<Close>,
    /// Rows of an abandoned batch that are closed by one statement: table, batch, at most how many.
    pub closes_of_batch: Vec<(&'static Table, BatchId, i64)>,
    pub counts: Vec<CountDelta>,
    /// What this entry erases; a redaction row stands beside it.
    pub erases: Vec<Subject>,
    /// Work that the command asks for; it is queued in the same transaction.
    pub jobs: Vec<NewJob>,
    /// What becomes of it while the store is restored.
    pub while_restored: WhileRestored,
}

impl Command {
    /// An entry that moves nothing yet.
    pub fn new(actor: Actor, verb: &'static str, subject_kind: &'static str, subject_id: Option<Uuid>) -> Self {
        Self {
            actor,
            verb,
            subject_kind,
            subject_id,
            change_id: None,
            payload: "{}".to_owned(),
            requires: vec![],
            uses: vec![],
            anchors: vec![],
            opens: vec![],
            closes: vec![],
            closes_of_batch: vec![],
            counts: vec![],
            erases: vec![],
            jobs: vec![],
            while_restored: WhileRestored::default(),
        }
    }

    /// Opens a row whose id is new.
    pub fn add<R: Declared>(&mut self, id: Uuid, row: R) {
        self.anchors.push((R::TABLE, id));
        self.opens.push(row.open());
    }

    /// A new version takes the place of the old one.
    pub fn replace<R: Declared>(&mut self, old: R, new: R) {
        self.closes.push(old.close());
        self.opens.push(new.open());
    }
}

/// A recorded count that moves.
#[derive(Clone, Debug)]
pub struct CountDelta {
    pub scope: String,
    pub measure: String,
    pub delta: i64,
}

/// Where a command came to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    pub seq: Seq,
    pub at: Timestamp,
    /// How many rows were closed by `closes_of_batch`.
    pub closed_of_batch: u64,
}

struct Queued {
    command: Command,
    reply: oneshot::Sender<Result<Written>>,
}

/// A handle to the writer's queue.
#[derive(Clone)]
pub struct Writer {
    queue: mpsc::Sender<Queued>,
    checkpoints: watch::Receiver<Option<String>>,
    clock: Arc<Steady>,
}

impl Writer {
    /// Starts the writer. Without a signer it writes entries and no checkpoints.
    pub fn start(db: Db, clock: Arc<dyn Clock>, signer: Option<Arc<Signer>>) -> Self {
        Self::knowing(None, db, clock, signer)
    }

    /// Starts it over a store that was looked at before: one that is another by now takes no command.
    pub fn knowing(known: Option<Known>, db: Db, clock: Arc<dyn Clock>, signer: Option<Arc<Signer>>) -> Self {
        let (queue, receiver) = mpsc::channel(1024);
        let (sender, checkpoints) = watch::channel(None);
        let clock = Arc::new(Steady::new(clock));
        tokio::spawn(serve(known, db, clock.clone(), signer, receiver, sender));
        Self { queue, checkpoints, clock }
    }

    /// The one now of this process: entries are written by it, and what has ended is judged by it.
    pub fn clock(&self) -> &Arc<Steady> {
        &self.clock
    }

    /// Queues a command and waits until it is durable.
    pub async fn write(&self, command: Command) -> Result<Written> {
        let (reply, answer) = oneshot::channel();
        self.queue.send(Queued { command, reply }).await.map_err(|_| Error::Stopped)?;
        answer.await.map_err(|_| Error::Stopped)?
    }

    /// The newest checkpoint, for the sinks.
    pub fn checkpoints(&self) -> watch::Receiver<Option<String>> {
        self.checkpoints.clone()
    }
}

async fn serve(
    mut known: Option<Known>,
    db: Db,
    clock: Arc<Steady>,
    signer: Option<Arc<Signer>>,
    mut queue: mpsc::Receiver<Queued>,
    checkpoints: watch::Sender<Option<String>>,
) {
    let mut taken = Vec::with_capacity(BATCH);
    let mut unmoved = 0;
    let (written, due) = mpsc::channel(1);
    tokio::spawn(move_log(db.clone(), due));
    while queue.recv_many(&mut taken, BATCH).await > 0 {
        let (commands, replies): (Vec<_>, Vec<_>) = taken.drain(..).map(|q| (q.command, q.reply)).unzip();
        match write_batch(&mut known, &db, &clock, signer.as_deref(), &commands).await {
            Ok((results, note)) => {
                unmoved += commands.iter().map(|c| c.opens.len()).sum::<usize>();
                // Where it is still being moved, the next batch asks again.
                if unmoved >= MOVE_AFTER && written.try_send(()).is_ok() {
                    unmoved = 0;
                }
                if note.is_some() {
                    checkpoints.send_replace(note);
                }
                for (reply, result) in replies.into_iter().zip(results) {
                    // A caller that has gone away does not undo what is durable.
                    let _ = reply.send(result);
                }
            }
            Err(error) => {
                tracing::error!(%error, commands = commands.len(), "a batch of the writer failed");
                for reply in replies {
                    let _ = reply.send(Err(match error {
                        Error::Trouble(trouble) => Error::Trouble(trouble),
                        ref other => Error::Batch(other.to_string()),
                    }));
                }
            }
        }
    }
}

/// Moves the log into the file beside the writer, whenever it is due. What fails is done by the writer in the end.
async fn move_log(db: Db, mut due: mpsc::Receiver<()>) {
    while due.recv().await.is_some() {
        if let Err(error) = db.move_log().await {
            tracing::warn!(%error, "the log was not moved into the file");
        }
    }
}

struct Batch {
    head: Head,
    at: Timestamp,
    entries: Vec<Entry>,
    hashes: Vec<Hash>,
    /// Counts as they stand within the batch.
    counts: HashMap<(String, String), i64>,
    /// True where one of its commands makes a restored store whole again.
    ends: bool,
}

async fn write_batch(
    known: &mut Option<Known>,
    db: &Db,
    clock: &Steady,
    signer: Option<&Signer>,
    commands: &[Command],
) -> Result<(Vec<Result<Written>>, Option<String>)> {
    let mut tx = db.begin().await?;
    let head = head::lock(&mut tx).await?;
    let at = clock.after(head.at);
    if let Some(why) = known::lost(&mut tx, *known, &head, at).await? {
        tx.commit().await?;
        return Ok((commands.iter().map(|_| Err(Error::Restored(why.clone()))).collect(), None));
    }
    *known = Some(Known::of(&head, signer.is_some()));
    head::open_window(&mut tx, head.seq.plus(commands.len() as i64)).await?;
    let mut batch = Batch { head, at, entries: Vec::new(), hashes: Vec::new(), counts: HashMap::new(), ends: false };
    let mut results = Vec::with_capacity(commands.len());
    let lone = commands.len() == 1;
    for command in commands {
        if !lone {
            tx.execute("SAVEPOINT command").await?;
        }
        let result = write_command(&mut tx, &mut batch, command).await;
        match (&result, lone) {
            (Ok(_), false) => tx.execute("RELEASE SAVEPOINT command").await?,
            (Ok(_), true) => {}
            (Err(Error::Conflict { .. } | Error::Refused { .. } | Error::TooMany { .. } | Error::Restored(_)), false) => {
                tx.execute("ROLLBACK TO SAVEPOINT command").await?;
                tx.execute("RELEASE SAVEPOINT command").await?;
            }
            // Alone, nothing else is lost; in a batch, an I/O error fails the whole of it. The reason is the first error: of a
            // full disk the engine has undone the transaction already, and undoing it again fails.
            (Err(_), true) => {
                let _ = tx.rollback().await;
                return Ok((vec![result], None));
            }
            (Err(_), false) => {
                let _ = tx.rollback().await;
                return result.map(|_| (Vec::new(), None));
            }
        }
        results.push(result);
    }
    if batch.entries.is_empty() {
        tx.rollback().await?;
        return Ok((results, None));
    }
    let (frontier, note) = finish(&mut tx, &batch, signer).await?;
    tx.commit().await?;
    let seq = batch.head.seq.plus(batch.entries.len() as i64);
    *known = Some(Known { epoch: batch.head.epoch, seq, root: signer.map(|_| frontier.root()) });
    Ok((results, note))
}

async fn finish(tx: &mut Tx, batch: &Batch, signer: Option<&Signer>) -> Result<(Frontier, Option<String>)> {
    ledger::insert(tx, &batch.entries, &batch.hashes).await?;
    let mut frontier = batch.head.frontier.clone();
    for hash in &batch.hashes {
        frontier.push(*hash);
    }
    let last = batch.head.seq.plus(batch.entries.len() as i64);
    let note = signer.map(|signer| {
        let body = Checkpoint { origin: batch.head.origin(), size: last.get() as u64, root: frontier.root() };
        // Whoever takes an older one away is found: the next names it.
        signer.sign(&body.to_text_after(batch.head.seq.get() as u64))
    });
    if let Some(note) = &note {
        ledger::insert_checkpoint(tx, last, batch.at, note).await?;
    }
    head::advance(tx, last, batch.at, &frontier).await?;
    if batch.ends {
        head::accepted(tx).await?;
    }
    Ok((frontier, note))
}

async fn write_command(tx: &mut Tx, batch: &mut Batch, command: &Command) -> Result<Written> {
    let seq = batch.head.seq.plus(batch.entries.len() as i64 + 1);
    if let Some(statement) = batch.head.restored.as_ref().filter(|_| command.while_restored == WhileRestored::Refused) {
        return Err(Error::Restored(restored::said(statement)));
    }
    require::check(tx, &command.requires).await?;
    for used in &command.uses {
        if !factors::use_up(tx, used).await? {
            return Err(Error::Conflict { what: used.what().to_owned() });
        }
    }
    for target in &command.closes {
        rows::close(tx, target, seq).await?;
    }
    let mut closes = command.closes.clone();
    for (table, of, limit) in &command.closes_of_batch {
        closes.extend(rows::close_of_batch(tx, table, *of, *limit, seq).await?);
    }
    let closed_of_batch = (closes.len() - command.closes.len()) as u64;
    let mut anchored: Vec<&'static Table> = Vec::new();
    for (table, _) in &command.anchors {
        if !anchored.iter().any(|t| std::ptr::eq(*t, *table)) {
            anchored.push(table);
        }
    }
    for table in anchored {
        let ids: Vec<Uuid> = command.anchors.iter().filter(|(t, _)| std::ptr::eq(*t, table)).map(|(_, id)| *id).collect();
        rows::insert_anchors(tx, table, &ids, seq).await?;
    }
    let moved = counted(tx, batch, &command.counts, seq).await?;
    let count_rows: Vec<Row> = moved.iter().map(|((scope, measure), n)| Count::new(scope, measure, *n).open()).collect();
    let all: Vec<&Row> = command.opens.iter().chain(&count_rows).collect();
    let lines = insert_rows(tx, &all, &closes, seq).await?;
    for job in &command.jobs {
        jobs::add(tx, job).await?;
    }
    for subject in &command.erases {
        crate::redactions::erase(tx, *subject).await?;
    }
    ledger::insert_manifest(tx, seq, &manifest::encode(&lines)).await?;
    let entry = Entry {
        seq,
        at: batch.at,
        actor: command.actor,
        verb: command.verb.to_owned(),
        subject_kind: command.subject_kind.to_owned(),
        subject_id: command.subject_id,
        change_id: command.change_id,
        payload: command.payload.clone(),
        facts: hex::encode(manifest::facts(&lines).root()),
    };
    batch.hashes.push(entry.leaf_hash());
    batch.entries.push(entry);
    batch.counts.extend(moved);
    batch.ends |= command.while_restored == WhileRestored::Ends;
    Ok(Written { seq, at: batch.at, closed_of_batch })
}

/// Inserts the rows table by table and gives the manifest: opened, then closed, each in (table, key) order.
async fn insert_rows(tx: &mut Tx, opens: &[&Row], closes: &[Close], seq: Seq) -> Result<Vec<Line>> {
    let mut lines = Vec::with_capacity(opens.len() + closes.len());
    // Foreign keys point from later to earlier tables of this list.
    for table in insert_order(opens) {
        let rows: Vec<&Row> = opens.iter().copied().filter(|r| std::ptr::eq(r.table, table)).collect();
        let digests = rows::insert(tx, table, &rows, seq).await?;
        lines.extend(rows.iter().zip(digests).map(|(r, d)| (table, r.key(seq), Some(d))));
    }
    lines.extend(closes.iter().map(|c| (c.table, c.key.clone(), None)));
    lines.sort_by(|a, b| a.2.is_none().cmp(&b.2.is_none()).then(a.0.name.cmp(b.0.name)).then_with(|| rows::compare_keys(&a.1, &b.1)));
    Ok(lines.into_iter().map(|(table, key, opened)| Line { table: table.name.to_owned(), key: key_bytes(&key), opened }).collect())
}

fn insert_order(opens: &[&Row]) -> Vec<&'static Table> {
    let mut order: Vec<&'static Table> = Vec::new();
    for row in opens {
        if !order.iter().any(|t| std::ptr::eq(*t, row.table)) {
            order.push(row.table);
        }
    }
    order
}

/// The new value of every count the command moves.
async fn counted(tx: &mut Tx, batch: &Batch, deltas: &[CountDelta], seq: Seq) -> Result<HashMap<(String, String), i64>> {
    let mut moved: HashMap<(String, String), i64> = HashMap::new();
    for delta in deltas.iter().filter(|d| d.delta != 0) {
        let key = (delta.scope.clone(), delta.measure.clone());
        let known = moved.get(&key).or_else(|| batch.counts.get(&key)).copied();
        let before = match known {
            Some(n) => n,
            None => crate::counts::at(tx, &delta.scope, &delta.measure, seq).await?.unwrap_or(0),
        };
        moved.insert(key, before + delta.delta);
    }
    Ok(moved)
}
