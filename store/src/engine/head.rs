//! The one row that holds the head of the ledger: position, instant, frontier, epoch.

use super::db::{Db, Engine, Reader, Tx};
use super::table::{Table, TableKind};
use crate::{Error, Result};
use domain::asof::{AsOf, Wanted};
use domain::ids::InstallationId;
use domain::merkle::Frontier;
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
    }
}

pub static LEDGER_HEAD: Table = Table {
    name: "ledger_head",
    about: "One row: the head, the right frontier of the tree and the seqs the running batch may write (`seq < n <= open_to`).",
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
    BECOME = "UPDATE ledger_head SET installation_id = $1, epoch = $2, at = $3 WHERE one = 1 AND seq = 0";
    NEW_EPOCH = "UPDATE ledger_head SET epoch = epoch + 1 WHERE one = 1 AND epoch = $1";
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
        Ok(Head { installation: r.installation_id, epoch: r.epoch, seq: r.seq, at: r.at, frontier, open_to: r.open_to })
    })
    .transpose()
}

/// Takes the writer's lock and reads the head; nothing else may be read before it in the transaction.
pub async fn lock(tx: &mut Tx) -> Result<Head> {
    if tx.engine() == Engine::Postgres {
        tx.execute(LOCK_POSTGRES).await?;
    }
    read(tx).await?.ok_or_else(|| Error::Corrupt("the store has no head row".to_owned()))
}

/// Makes the head row of a new installation; does nothing where there is one.
pub async fn create(db: &Db, installation: InstallationId, now: Timestamp) -> Result<()> {
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

/// A new epoch after the one that was read, so that checkpoints of the two histories differ; false where another process
/// has begun it. Sessions of the old one end with it.
pub async fn new_epoch(db: &Db, after: i64) -> Result<bool> {
    let mut tx = db.begin().await?;
    let begun = on!(&mut tx, c => sqlx::query(NEW_EPOCH).bind(after).execute(c).await?.rows_affected()) == 1;
    if begun {
        crate::sessions::delete_all(&mut tx).await?;
    }
    tx.commit().await?;
    Ok(begun)
}

/// Opens a reader and fixes its as-of. A position beyond the head is refused, and a pair whose instant its position cannot
/// have; position 0 is the empty world.
pub async fn reader(db: &Db, wanted: Wanted, now: Timestamp) -> Result<Reader> {
    let mut tx = db.snapshot().await?;
    let head = read(&mut tx).await?.ok_or_else(|| Error::Corrupt("the store has no head row".to_owned()))?;
    // INVARIANT: time never runs backwards for a decision: the head's instant is the floor.
    let now = now.max(head.at);
    match resolve(&mut tx, wanted, head.seq, now).await {
        Ok(as_of) => Ok(Reader { tx, as_of, head: head.seq, now }),
        Err(error) => {
            tx.rollback().await?;
            Err(error)
        }
    }
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
        Wanted::Instant(at) => {
            let found = on!(tx, c => sqlx::query_scalar::<_, Seq>(POSITION_AT).bind(at).fetch_optional(c).await?);
            AsOf { seq: found.unwrap_or(Seq::ZERO), at: at.min(now) }
        }
    })
}

/// When an entry was written.
async fn written(tx: &mut Tx, seq: Seq) -> Result<Option<Timestamp>> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, Timestamp>(AT_POSITION).bind(seq).fetch_optional(c).await?))
}
