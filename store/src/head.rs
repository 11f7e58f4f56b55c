//! The one row that holds the head of the ledger: position, instant, frontier, epoch.

use crate::db::{Db, Engine, Reader, Tx};
use crate::{Error, Result};
use domain::asof::{AsOf, Wanted};
use domain::merkle::Frontier;
use domain::time::Timestamp;
use uuid::Uuid;

statements! {
    READ = "SELECT installation_id, epoch, seq, at, frontier, open_to FROM ledger_head WHERE one = 1 LIMIT 1";
    CREATE = "INSERT INTO ledger_head (one, installation_id, epoch, seq, open_to, at, frontier) VALUES (1, $1, 1, 0, 0, $2, $3)";
    OPEN_WINDOW = "UPDATE ledger_head SET open_to = $1 WHERE one = 1";
    ADVANCE = "UPDATE ledger_head SET seq = $1, open_to = $1, at = $2, frontier = $3 WHERE one = 1";
    BECOME = "UPDATE ledger_head SET installation_id = $1, epoch = $2, at = $3 WHERE one = 1 AND seq = 0";
    NEW_EPOCH = "UPDATE ledger_head SET epoch = epoch + 1 WHERE one = 1";
    AT_POSITION = "SELECT at FROM ledger WHERE seq = $1 LIMIT 1";
    POSITION_AT = "SELECT seq FROM ledger WHERE at <= $1 ORDER BY at DESC, seq DESC LIMIT 1";
}
const LOCK_POSTGRES: &str = "SELECT seq FROM ledger_head WHERE one = 1 FOR UPDATE";

/// The head row.
#[derive(Clone, Debug)]
pub struct Head {
    pub installation: Uuid,
    pub epoch: i64,
    pub seq: i64,
    pub at: Timestamp,
    pub frontier: Frontier,
    /// The last seq the running batch may write; the head itself between batches.
    pub open_to: i64,
}

impl Head {
    /// The origin line of checkpoints: installation and epoch.
    pub fn origin(&self) -> String {
        origin(self.installation, self.epoch)
    }
}

/// `countersign/<installation>/<epoch>`
pub fn origin(installation: Uuid, epoch: i64) -> String {
    format!("countersign/{}/{epoch}", installation.simple())
}

pub async fn read(tx: &mut Tx) -> Result<Option<Head>> {
    type Raw = (Uuid, i64, i64, i64, Vec<u8>, i64);
    let raw = on!(tx, c => sqlx::query_as::<_, Raw>(READ).fetch_optional(c).await?);
    raw.map(|(installation, epoch, seq, at, frontier, open_to)| {
        let frontier =
            Frontier::from_bytes(&frontier).ok_or_else(|| Error::Corrupt("the frontier of the head row is no frontier".to_owned()))?;
        Ok(Head { installation, epoch, seq, at: Timestamp(at), frontier, open_to })
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
pub async fn create(db: &Db, installation: Uuid, now: Timestamp) -> Result<()> {
    let mut tx = db.begin().await?;
    if read(&mut tx).await?.is_none() {
        let empty = Frontier::default().to_bytes();
        on!(&mut tx, c => { sqlx::query(CREATE).bind(installation).bind(now.micros()).bind(empty).execute(c).await?; });
    }
    tx.commit().await
}

pub async fn open_window(tx: &mut Tx, to: i64) -> Result<()> {
    on!(tx, c => { sqlx::query(OPEN_WINDOW).bind(to).execute(c).await?; });
    Ok(())
}

/// An empty store takes the place of another one, for the loading of its archive.
pub(crate) async fn become_installation(tx: &mut Tx, installation: Uuid, epoch: i64, at: Timestamp) -> Result<()> {
    if read(tx).await?.is_none() {
        let empty = Frontier::default().to_bytes();
        on!(tx, c => { sqlx::query(CREATE).bind(installation).bind(at.micros()).bind(empty).execute(c).await?; });
    }
    on!(tx, c => { sqlx::query(BECOME).bind(installation).bind(epoch).bind(at.micros()).execute(c).await?; });
    Ok(())
}

pub async fn advance(tx: &mut Tx, seq: i64, at: Timestamp, frontier: &Frontier) -> Result<()> {
    let bytes = frontier.to_bytes();
    on!(tx, c => { sqlx::query(ADVANCE).bind(seq).bind(at.micros()).bind(bytes).execute(c).await?; });
    Ok(())
}

/// After two people accepted a stated gap: a new epoch, so that checkpoints of the two histories differ.
pub async fn new_epoch(db: &Db) -> Result<()> {
    let mut tx = db.begin().await?;
    tx.execute(NEW_EPOCH).await?;
    tx.commit().await
}

/// Opens a reader and fixes its as-of. A position beyond the head is the head; position 0 is the empty world.
pub async fn reader(db: &Db, wanted: Wanted, now: Timestamp) -> Result<Reader> {
    let mut tx = db.snapshot().await?;
    let head = read(&mut tx).await?.ok_or_else(|| Error::Corrupt("the store has no head row".to_owned()))?;
    // INVARIANT: time never runs backwards for a decision: the head's instant is the floor.
    let now = now.max(head.at);
    let as_of = match wanted {
        Wanted::Now => AsOf { seq: head.seq, at: now },
        Wanted::Pair(pair) => AsOf { seq: pair.seq.min(head.seq), at: pair.at },
        Wanted::Position(seq) => {
            let seq = seq.min(head.seq);
            let at = on!(&mut tx, c => sqlx::query_scalar::<_, i64>(AT_POSITION).bind(seq).fetch_optional(c).await?);
            AsOf { seq, at: Timestamp(at.unwrap_or(0)) }
        }
        Wanted::Instant(at) => {
            let found = on!(&mut tx, c => sqlx::query_scalar::<_, i64>(POSITION_AT).bind(at.micros()).fetch_optional(c).await?);
            AsOf { seq: found.unwrap_or(0), at: at.min(now) }
        }
    };
    Ok(Reader { tx, as_of, head: head.seq, now })
}
