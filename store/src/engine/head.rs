//! The one row that holds the head of the ledger: position, instant, frontier, epoch.

use super::db::{Db, Engine, Reader, Tx};
use super::table::{Table, TableKind};
use crate::{Error, Result};
use domain::asof::{AsOf, Wanted};
use domain::ids::InstallationId;
use domain::merkle::Frontier;
use domain::ports::Steady;
use domain::seq::Seq;
use domain::time::{DAY, Timestamp};

log! { $
    /// The head row: position, instant, right frontier, and the positions that the running batch may write.
    Raw in LEDGER_HEAD, head_columns {
        one: i64,
        installation_id: InstallationId,
        epoch: i64,
        seq: Seq,
        open_to: Seq,
        at: Timestamp,
        frontier: Vec<u8>,
        /// What is missing, as a text, from when the store was found restored until that is accepted.
        restored: Option<String>,
    }
}

pub static LEDGER_HEAD: Table = Table {
    name: "ledger_head",
    about: "One row: the head, the right frontier of the tree, the seqs the running batch may write (`seq < n <= open_to`), and what is missing while the store is restored.",
    kind: TableKind::Operational,
    key: &["one"],
    columns: Raw::COLUMNS,
    checks: &["one = 1"],
    ..Table::PLAIN
};

statements! {
    READ = concat!("SELECT ", head_columns!("h"), " FROM ledger_head h WHERE h.one = 1 LIMIT 1");
    CREATE = "INSERT INTO ledger_head (one, installation_id, epoch, seq, open_to, at, frontier) VALUES (1, $1, 1, 0, 0, $2, $3)";
    OPEN_WINDOW = "UPDATE ledger_head SET open_to = $1 WHERE one = 1";
    ADVANCE = "UPDATE ledger_head SET seq = $1, open_to = $1, at = $2, frontier = $3 WHERE one = 1";
    BECOME = "UPDATE ledger_head SET installation_id = $1, epoch = $2, at = $3, restored = NULL WHERE one = 1 AND seq = 0";
    MARK = "UPDATE ledger_head SET restored = $1, epoch = $2 WHERE one = 1";
    ACCEPTED = "UPDATE ledger_head SET restored = NULL WHERE one = 1";
    AT_POSITION = "SELECT at FROM ledger WHERE seq = $1 LIMIT 1";
    POSITION_AT = "SELECT seq FROM ledger WHERE at <= $1 ORDER BY at DESC, seq DESC LIMIT 1";
}
const LOCK_POSTGRES: &str = "SELECT seq FROM ledger_head WHERE one = 1 FOR UPDATE";

/// The head row.
#[derive(Clone, Debug)]
pub struct Head {
    pub installation: InstallationId,
    pub epoch: i64,
    pub seq: Seq,
    pub at: Timestamp,
    pub frontier: Frontier,
    /// The last seq the running batch may write; the head itself between batches.
    pub open_to: Seq,
    /// What is missing, where the store was found restored and nobody has accepted it yet.
    pub restored: Option<String>,
}

impl Head {
    /// The origin line of checkpoints: installation and epoch.
    pub fn origin(&self) -> String {
        origin(self.installation, self.epoch)
    }
}

/// `countersign/<installation>/<epoch>`
pub fn origin(installation: InstallationId, epoch: i64) -> String {
    format!("countersign/{}/{epoch}", installation.uuid().simple())
}

pub async fn read(tx: &mut Tx) -> Result<Option<Head>> {
    let raw = on!(tx, c => sqlx::query_as::<_, Raw>(READ).fetch_optional(c).await?);
    raw.map(|r| {
        let frontier = Frontier::from_bytes(&r.frontier);
        let frontier = frontier.ok_or_else(|| Error::Corrupt("the frontier of the head row is no frontier".to_owned()))?;
        Ok(Head {
            installation: r.installation_id,
            epoch: r.epoch,
            seq: r.seq,
            at: r.at,
            frontier,
            open_to: r.open_to,
            restored: r.restored,
        })
    })
    .transpose()
}

/// Takes the writer's lock and reads the head; nothing else may be read before it in the transaction.
pub async fn lock(tx: &mut Tx) -> Result<Head> {
    if tx.engine() == Engine::Postgres {
        tx.execute(LOCK_POSTGRES).await?;
    }
    known(tx).await
}

/// The head of a store that has one.
pub async fn known(tx: &mut Tx) -> Result<Head> {
    read(tx).await?.ok_or_else(|| Error::Corrupt("the store has no head row".to_owned()))
}

/// Makes the head row of a new installation; does nothing where there is one.
pub async fn create(db: &Db, installation: InstallationId, now: Timestamp) -> Result<()> {
    let mut tx = db.snapshot().await?;
    let there = read(&mut tx).await?.is_some();
    tx.rollback().await?;
    if there {
        return Ok(());
    }
    let mut tx = db.begin().await?;
    if read(&mut tx).await?.is_none() {
        let empty = Frontier::default().to_bytes();
        on!(&mut tx, c => { sqlx::query(CREATE).bind(installation).bind(now).bind(empty).execute(c).await?; });
    }
    tx.commit().await
}

pub async fn open_window(tx: &mut Tx, to: Seq) -> Result<()> {
    on!(tx, c => { sqlx::query(OPEN_WINDOW).bind(to).execute(c).await?; });
    Ok(())
}

/// An empty store takes the place of another one, for the loading of its archive.
pub(crate) async fn become_installation(tx: &mut Tx, installation: InstallationId, epoch: i64, at: Timestamp) -> Result<()> {
    if read(tx).await?.is_none() {
        let empty = Frontier::default().to_bytes();
        on!(tx, c => { sqlx::query(CREATE).bind(installation).bind(at).bind(empty).execute(c).await?; });
    }
    on!(tx, c => { sqlx::query(BECOME).bind(installation).bind(epoch).bind(at).execute(c).await?; });
    Ok(())
}

pub async fn advance(tx: &mut Tx, seq: Seq, at: Timestamp, frontier: &Frontier) -> Result<()> {
    let bytes = frontier.to_bytes();
    on!(tx, c => { sqlx::query(ADVANCE).bind(seq).bind(at).bind(bytes).execute(c).await?; });
    Ok(())
}

/// Marks the store as restored: from here on it takes nothing but sign-ins and acceptances, and what they write is of an
/// epoch of its own. Whoever was signed in is so no more, no link works, and jobs that were asked for before begin no more.
pub(crate) async fn mark(tx: &mut Tx, head: &Head, statement: &str, epoch: i64) -> Result<()> {
    on!(tx, c => { sqlx::query(MARK).bind(statement).bind(epoch.max(head.epoch)).execute(c).await?; });
    if head.restored.is_none() {
        crate::sessions::delete_all(tx).await?;
        crate::idempotency::delete_all(tx).await?;
        crate::factors::delete_all(tx).await?;
        super::jobs::cancel_all(tx).await?;
    }
    Ok(())
}

/// The same where nothing else was marked since `known` was read; false where something was.
pub async fn mark_restored(db: &Db, known: Option<&str>, statement: &str, epoch: i64) -> Result<bool> {
    let mut tx = db.begin().await?;
    let head = lock(&mut tx).await?;
    let free = head.restored.as_deref() == known;
    if free {
        mark(&mut tx, &head, statement, epoch).await?;
    }
    tx.commit().await?;
    Ok(free)
}

/// The store is whole again: what is missing was accepted.
pub(crate) async fn accepted(tx: &mut Tx) -> Result<()> {
    tx.execute(ACCEPTED).await
}

/// Opens a reader and fixes its as-of. A position beyond the head is refused, and a pair whose instant its position cannot
/// have; position 0 is the empty world.
pub async fn reader(db: &Db, wanted: Wanted, clock: &Steady) -> Result<Reader> {
    let mut tx = db.snapshot().await?;
    let head = known(&mut tx).await?;
    let now = clock.after(head.at);
    match resolve(&mut tx, wanted, head.seq, now).await {
        Ok(as_of) => Ok(Reader { tx, as_of, head: head.seq, now, restored: head.restored }),
        Err(error) => {
            tx.rollback().await?;
            Err(error)
        }
    }
}

/// A second as-of beside the one of a reader, of the same snapshot and refused for the same reasons.
pub async fn beside(reader: &mut Reader, wanted: Wanted) -> Result<AsOf> {
    resolve(&mut reader.tx, wanted, reader.head, reader.now).await
}

async fn resolve(tx: &mut Tx, wanted: Wanted, head: Seq, now: Timestamp) -> Result<AsOf> {
    // A reader who is shown the newest state in place of another would take it for what was asked.
    let beyond = match wanted {
        Wanted::Now => false,
        Wanted::Position(seq) | Wanted::Pair(AsOf { seq, .. }) => seq > head,
        // A day that is named alone means its end, and today's is still to come.
        Wanted::Instant(at) => at.since(now) >= DAY,
    };
    if beyond {
        return Err(Error::Beyond { head });
    }
    Ok(match wanted {
        Wanted::Now => AsOf { seq: head, at: now },
        Wanted::Pair(pair) => pair.check(written(tx, pair.seq).await?, now)?,
        Wanted::Position(seq) => AsOf { seq, at: written(tx, seq).await?.unwrap_or_default() },
        Wanted::Instant(at) => AsOf { seq: position_at(tx, at).await?, at: at.min(now) },
    })
}

/// The newest position at an instant.
pub async fn position_at(tx: &mut Tx, at: Timestamp) -> Result<Seq> {
    let found = on!(tx, c => sqlx::query_scalar::<_, Seq>(POSITION_AT).bind(at).fetch_optional(c).await?);
    Ok(found.unwrap_or(Seq::ZERO))
}

/// When an entry was written.
pub async fn written(tx: &mut Tx, seq: Seq) -> Result<Option<Timestamp>> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, Timestamp>(AT_POSITION).bind(seq).fetch_optional(c).await?))
}
