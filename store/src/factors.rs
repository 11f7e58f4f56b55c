//! What stands beside the factors somebody signs in with: ceremonies that were begun, and how far each factor was used.
//! Operational: both run out or only grow, and neither is shown as of the past. The factors themselves are rows of `people`.

use crate::Result;
use crate::engine::db::{Db, Tx};
use crate::engine::table::{Table, TableKind, index};
use domain::ids::{AuthenticatorId, PersonId};
use domain::passkey::Purpose;
use domain::time::Timestamp;

log! { $
    /// A question that was put to somebody's authenticator. Only the digest of its name is stored.
    Ceremony in CEREMONIES, ceremony_columns {
        hash: String,
        person_id: PersonId,
        purpose: Purpose,
        /// What the answer is judged by: a nonce, or the state of an enrolment.
        state: String,
        expires_at: Timestamp,
        epoch: i64,
        mac: String,
    }
}

pub static CEREMONIES: Table = Table {
    name: "ceremonies",
    about: "Questions put to authenticators: single use, minutes long, the digest of their name only.",
    kind: TableKind::Operational,
    key: &["hash"],
    columns: Ceremony::COLUMNS,
    indexes: &[index("by_person_id", &["person_id"]), index("by_expires_at", &["expires_at"])],
    ..Table::PLAIN
};

log! { $
    /// How far a factor was used: the newest step of a one-time code, the counter of a passkey.
    Mark in AUTHENTICATOR_MARKS, mark_columns {
        authenticator_id: AuthenticatorId,
        mark: i64,
        mac: String,
    }
}

pub static AUTHENTICATOR_MARKS: Table = Table {
    name: "authenticator_marks",
    about: "The newest step of a one-time code or counter of a passkey that was accepted: no code works twice.",
    kind: TableKind::Operational,
    key: &["authenticator_id"],
    columns: Mark::COLUMNS,
    ..Table::PLAIN
};

statements! {
    FORGET_OLD = "DELETE FROM ceremonies WHERE person_id = $1 AND expires_at < $2";
    COUNT = "SELECT COUNT(*) FROM ceremonies WHERE person_id = $1";
    ADD = "INSERT INTO ceremonies (hash, person_id, purpose, state, expires_at, epoch, mac) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    SEE = concat!("SELECT ", ceremony_columns!("c"), " FROM ceremonies c WHERE c.hash = $1 LIMIT 1");
    TAKE = "DELETE FROM ceremonies WHERE hash = $1 AND mac = $2";
    PURGE = "DELETE FROM ceremonies WHERE expires_at < $1";
    DELETE_ALL = "DELETE FROM ceremonies";
    MARK_OF = concat!("SELECT ", mark_columns!("m"), " FROM authenticator_marks m WHERE m.authenticator_id = $1 LIMIT 1");
    FIRST_MARK = "INSERT INTO authenticator_marks (authenticator_id, mark, mac) VALUES ($1, $2, $3) ON CONFLICT (authenticator_id) DO NOTHING";
    NEXT_MARK = "UPDATE authenticator_marks SET mark = $2, mac = $3 WHERE authenticator_id = $1 AND mac = $4";
}

/// Begins a ceremony; false where the person has so many open already.
pub async fn begin(db: &Db, c: &Ceremony, now: Timestamp, most: i64) -> Result<bool> {
    let mut tx = db.begin().await?;
    on!(&mut tx, c2 => { sqlx::query(FORGET_OLD).bind(c.person_id).bind(now).execute(c2).await?; });
    let open = on!(&mut tx, c2 => sqlx::query_scalar::<_, i64>(COUNT).bind(c.person_id).fetch_one(c2).await?);
    if open < most {
        on!(&mut tx, c2 => {
            sqlx::query(ADD).bind(c.hash.as_str()).bind(c.person_id).bind(c.purpose).bind(c.state.as_str())
                .bind(c.expires_at).bind(c.epoch).bind(c.mac.as_str()).execute(c2).await?;
        });
    }
    tx.commit().await?;
    Ok(open < most)
}

/// The ceremony, as it stands; whether it counts its end and its MAC say.
pub async fn see(tx: &mut Tx, hash: &str) -> Result<Option<Ceremony>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Ceremony>(SEE).bind(hash).fetch_optional(c).await?))
}

/// Uses a ceremony up; false where it is not there any more.
pub async fn take(db: &Db, ceremony: &Ceremony) -> Result<bool> {
    let mut tx = db.begin().await?;
    let taken = taken(&mut tx, ceremony).await?;
    tx.commit().await?;
    Ok(taken)
}

async fn taken(tx: &mut Tx, ceremony: &Ceremony) -> Result<bool> {
    let gone = on!(tx, c => sqlx::query(TAKE).bind(ceremony.hash.as_str()).bind(ceremony.mac.as_str()).execute(c).await?.rows_affected());
    Ok(gone == 1)
}

/// Removes what has run out.
pub async fn purge(db: &Db, now: Timestamp) -> Result<()> {
    let mut tx = db.begin().await?;
    on!(&mut tx, c => { sqlx::query(PURGE).bind(now).execute(c).await?; });
    tx.commit().await
}

/// Ends every ceremony: after a restore nothing that was begun goes on.
pub(crate) async fn delete_all(tx: &mut Tx) -> Result<()> {
    tx.execute(DELETE_ALL).await
}

pub async fn mark_of(tx: &mut Tx, id: AuthenticatorId) -> Result<Option<Mark>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Mark>(MARK_OF).bind(id).fetch_optional(c).await?))
}

/// Writes how far a factor was used, in place of what was read. False where somebody else did so meanwhile: of two uses of
/// one code only one is the first.
pub async fn advance(db: &Db, new: &Mark, read: Option<&Mark>) -> Result<bool> {
    let mut tx = db.begin().await?;
    let written = write_mark(&mut tx, new, read).await?;
    tx.commit().await?;
    Ok(written)
}

async fn write_mark(tx: &mut Tx, new: &Mark, read: Option<&Mark>) -> Result<bool> {
    let written = on!(tx, c => match read {
        None => sqlx::query(FIRST_MARK).bind(new.authenticator_id).bind(new.mark).bind(new.mac.as_str()).execute(c).await?.rows_affected(),
        Some(old) => {
            sqlx::query(NEXT_MARK).bind(new.authenticator_id).bind(new.mark).bind(new.mac.as_str()).bind(old.mac.as_str())
                .execute(c).await?.rows_affected()
        }
    });
    Ok(written == 1)
}

/// What a command uses up: in its own transaction, so that it is used exactly where the command is written.
#[derive(Clone, Debug)]
pub enum Use {
    /// The ceremony that was answered.
    Ceremony(Ceremony),
    /// How far a factor was used, in place of what was read.
    Mark { new: Mark, read: Option<Mark> },
}

impl Use {
    /// What a reader is told was used meanwhile.
    pub(crate) fn what(&self) -> &'static str {
        match self {
            Self::Ceremony(_) => "the passkey request",
            Self::Mark { .. } => "the passkey",
        }
    }
}

/// Uses something up; false where somebody else did so meanwhile.
pub(crate) async fn use_up(tx: &mut Tx, used: &Use) -> Result<bool> {
    match used {
        Use::Ceremony(ceremony) => taken(tx, ceremony).await,
        Use::Mark { new, read } => write_mark(tx, new, read.as_ref()).await,
    }
}
