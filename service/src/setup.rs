//! Opening a store: the head row of a new installation, and what a store that came back from the past must know of
//! itself. Keys and files are the server's to read.

use crate::{Error, Result};
use domain::asof::AsOf;
use domain::ids::InstallationId;
use domain::ports::{Clock, Ids};
use domain::seq::Seq;
use std::path::Path;
use store::engine::head;

pub use store::engine::db::Db;
pub use store::engine::known::Known;
pub use store::engine::writer::Writer;

/// What the head row says of an installation.
#[derive(Clone, Debug)]
pub struct Installation {
    pub id: InstallationId,
    pub head: AsOf,
    /// Which history it writes: another one begins where it was restored.
    pub epoch: i64,
    /// The origin line of its checkpoints.
    pub origin: String,
    /// What a writer that starts now knows of the store, where its entries are signed.
    pub known: Known,
}

impl Installation {
    /// The name its checkpoints are signed under.
    pub fn signer_name(&self) -> String {
        signer_name(self.id)
    }

    /// True where nothing was ever written.
    pub fn is_new(&self) -> bool {
        self.head.seq == Seq::ZERO
    }
}

/// The name that checkpoints of an installation are signed under.
pub(crate) fn signer_name(installation: InstallationId) -> String {
    format!("countersign-{}", &installation.uuid().simple().to_string()[..12])
}

/// Opens `sqlite:PATH` or `postgres://…`. SQLite is brought to this version's schema, PostgreSQL must have been.
pub async fn open(url: &str) -> Result<Db> {
    let db = Db::open(url).await?;
    if matches!(db, Db::Sqlite { .. }) && db.takes_writes().await? {
        brought_here(&db).await?;
        return Ok(db);
    }
    let (have, need) = (db.schema_version().await.unwrap_or(None), Db::built_for());
    if have == need {
        return Ok(db);
    }
    let have = have.map_or_else(|| "none".to_owned(), |v| v.to_string());
    let need = need.unwrap_or_default();
    Err(Error::Conflict(format!("the database has schema {have}, this program needs {need}: run `countersign migrate` first")))
}

/// The file of a database, where the URL names one.
pub fn sqlite_file(url: &str) -> Option<&Path> {
    store::engine::db::sqlite_path(url)
}

/// Brings a database to this version's schema, and gives the role that serves what it needs; says which version it is.
pub async fn migrate(url: &str, role: Option<&str>) -> Result<i64> {
    let db = Db::open(url).await?;
    brought_here(&db).await?;
    if let Some(role) = role {
        db.grant_runtime(role).await?;
    }
    let version = db.schema_version().await?.unwrap_or_default();
    db.close().await;
    Ok(version)
}

/// Brings the schema to this version; a store that another build made with other tables is told apart.
async fn brought_here(db: &Db) -> Result<()> {
    match db.migrate().await {
        Err(store::Error::Migrate(cause)) => Err(Error::Conflict(format!(
            "another version of this program made the store, and it cannot be brought to this one ({cause}): start with an empty store and import again"
        ))),
        other => Ok(other?),
    }
}

/// The installation of a store; a new one gets its head row.
pub async fn installation(db: &Db, clock: &dyn Clock, ids: &dyn Ids) -> Result<Installation> {
    head::create(db, ids.make(), clock.now()).await?;
    let mut tx = db.snapshot().await?;
    let head = head::read(&mut tx).await?;
    tx.rollback().await?;
    let head = head.ok_or_else(|| Error::Internal("the store has no head row".to_owned()))?;
    let (origin, known) = (head.origin(), Known::of(&head, true));
    Ok(Installation { id: head.installation, head: AsOf { seq: head.seq, at: head.at }, epoch: head.epoch, origin, known })
}
