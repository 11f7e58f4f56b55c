//! Sessions, set-up links and failed sign-ins: operational rows, never shown as of the past. Only digests
//! of secrets stand here.

use crate::Result;
use crate::engine::db::{Db, Tx};
use crate::engine::table::{Table, TableKind, index};
use domain::ids::PersonId;
use domain::time::Timestamp;

log! { $
    /// A session. Only the digest of its id is stored.
    Session in SESSIONS, session_columns {
        hash: String,
        person_id: Option<PersonId>,
        data: String,
        expires_at: Timestamp,
        absolute_ends_at: Timestamp,
        seen_at: Timestamp,
        /// Of which history it is: one of before a restore is of nobody, whoever puts its row back.
        epoch: i64,
        mac: String,
    }
}

pub static SESSIONS: Table = Table {
    name: "sessions",
    about: "Only the digest of the session id is stored.",
    kind: TableKind::Operational,
    key: &["hash"],
    columns: Session::COLUMNS,
    indexes: &[index("by_person_id", &["person_id"]), index("by_expires_at", &["expires_at"])],
    ..Table::PLAIN
};

log! { $
    /// A one-time link to set an installation up.
    SetupLink in SETUP_LINKS, setup_link_columns {
        hash: String,
        expires_at: Timestamp,
        mac: String,
    }
}

pub static SETUP_LINKS: Table = Table {
    name: "setup_links",
    about: "The one-time link of a new installation, as a digest.",
    kind: TableKind::Operational,
    key: &["hash"],
    columns: SetupLink::COLUMNS,
    ..Table::PLAIN
};

log! { $
    /// Failed sign-ins under one key.
    Attempts in SIGN_IN_ATTEMPTS, attempt_columns {
        key: String,
        failures: i64,
        last_at: Timestamp,
    }
}

pub static SIGN_IN_ATTEMPTS: Table = Table {
    name: "sign_in_attempts",
    about: "Back-off per account and per address, keyed by digest.",
    kind: TableKind::Operational,
    key: &["key"],
    columns: Attempts::COLUMNS,
    ..Table::PLAIN
};

statements! {
    CREATE = "INSERT INTO sessions (hash, person_id, data, expires_at, absolute_ends_at, seen_at, epoch, mac) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    /// Never an insert: a session that was ended must not come back with a request that was under way.
    SAVE = "UPDATE sessions SET person_id = $2, data = $3, expires_at = $4, absolute_ends_at = $5, seen_at = $6, epoch = $7, mac = $8 WHERE hash = $1";
    LOAD = concat!("SELECT ", session_columns!("s"), " FROM sessions s WHERE s.hash = $1 LIMIT 1");
    DELETE = "DELETE FROM sessions WHERE hash = $1";
    OF_PERSON = concat!("SELECT ", session_columns!("s"), " FROM sessions s WHERE s.person_id = $1 ORDER BY s.seen_at DESC LIMIT 100");
    END_OF_PERSON = "DELETE FROM sessions WHERE person_id = $1 AND hash <> $2";
    END_ONE = "DELETE FROM sessions WHERE person_id = $1 AND hash = $2";
    DELETE_ALL = "DELETE FROM sessions";
    DELETE_EXPIRED = "DELETE FROM sessions WHERE expires_at < $1";
    ADD_LINK = "INSERT INTO setup_links (hash, expires_at, mac) VALUES ($1, $2, $3)";
    TAKE_LINK = "DELETE FROM setup_links WHERE hash = $1 AND mac = $2";
    SEE_LINK = concat!("SELECT ", setup_link_columns!("s"), " FROM setup_links s WHERE s.hash = $1 LIMIT 1");
    CLEAR_LINKS = "DELETE FROM setup_links";
    FAILURES = "SELECT failures, last_at FROM sign_in_attempts WHERE key = $1 LIMIT 1";
    /// What lies ahead of now was counted by a clock that ran ahead: it counts as of now, and a pause after it ends.
    TOUCH = "INSERT INTO sign_in_attempts (key, failures, last_at) VALUES ($1, 0, $2) ON CONFLICT (key) DO UPDATE SET
              last_at = CASE WHEN sign_in_attempts.last_at > excluded.last_at THEN excluded.last_at ELSE sign_in_attempts.last_at END";
    /// What is older than an hour is forgotten.
    FAILED = "INSERT INTO sign_in_attempts (key, failures, last_at) VALUES ($1, 1, $2)
              ON CONFLICT (key) DO UPDATE SET failures = CASE WHEN sign_in_attempts.last_at < $2 - 3600000000 THEN 1 ELSE sign_in_attempts.failures + 1 END,
              last_at = excluded.last_at";
    PURGE_ATTEMPTS = "DELETE FROM sign_in_attempts WHERE last_at < $1 - 3600000000";
    FORGET_ONE = "UPDATE sign_in_attempts SET failures = failures - 1 WHERE key = $1 AND failures > 0";
    FORGET_FAILURES = "DELETE FROM sign_in_attempts WHERE key = $1";
}

pub async fn create(db: &Db, s: &Session) -> Result<()> {
    store(db, CREATE, s).await
}

/// Does nothing where the session was ended in the meantime.
pub async fn save(db: &Db, s: &Session) -> Result<()> {
    store(db, SAVE, s).await
}

/// Removes what has run out: sessions, and attempts that are forgotten.
pub async fn purge(db: &Db, now: Timestamp) -> Result<()> {
    let mut tx = db.begin().await?;
    on!(&mut tx, c => { sqlx::query(DELETE_EXPIRED).bind(now).execute(c).await?; });
    on!(&mut tx, c => { sqlx::query(PURGE_ATTEMPTS).bind(now).execute(c).await?; });
    tx.commit().await
}

async fn store(db: &Db, text: &'static str, s: &Session) -> Result<()> {
    let mut tx = db.begin().await?;
    on!(&mut tx, c => {
        sqlx::query(text).bind(s.hash.as_str()).bind(s.person_id).bind(s.data.as_str()).bind(s.expires_at)
            .bind(s.absolute_ends_at).bind(s.seen_at).bind(s.epoch).bind(s.mac.as_str()).execute(c).await?;
    });
    tx.commit().await
}

pub async fn load(tx: &mut Tx, hash: &str) -> Result<Option<Session>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Session>(LOAD).bind(hash).fetch_optional(c).await?))
}

pub async fn delete(db: &Db, hash: &str) -> Result<()> {
    let mut tx = db.begin().await?;
    on!(&mut tx, c => { sqlx::query(DELETE).bind(hash).execute(c).await?; });
    tx.commit().await
}

pub async fn of_person(tx: &mut Tx, person: PersonId) -> Result<Vec<Session>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Session>(OF_PERSON).bind(person).fetch_all(c).await?))
}

/// Ends the sessions of a person, all but one where that is named.
pub async fn end_of_person(db: &Db, person: PersonId, but: &str) -> Result<()> {
    let mut tx = db.begin().await?;
    on!(&mut tx, c => { sqlx::query(END_OF_PERSON).bind(person).bind(but).execute(c).await?; });
    tx.commit().await
}

/// Ends one session of a person; false where it was not there.
pub async fn end_one(db: &Db, person: PersonId, hash: &str) -> Result<bool> {
    let mut tx = db.begin().await?;
    let ended = on!(&mut tx, c => sqlx::query(END_ONE).bind(person).bind(hash).execute(c).await?.rows_affected());
    tx.commit().await?;
    Ok(ended == 1)
}

/// Ends every session and every set-up link: after a restore nobody is who they were.
pub(crate) async fn delete_all(tx: &mut Tx) -> Result<()> {
    tx.execute(CLEAR_LINKS).await?;
    tx.execute(DELETE_ALL).await
}

pub async fn add_link(db: &Db, link: &SetupLink) -> Result<()> {
    let mut tx = db.begin().await?;
    tx.execute(CLEAR_LINKS).await?;
    on!(&mut tx, c => {
        sqlx::query(ADD_LINK).bind(link.hash.as_str()).bind(link.expires_at).bind(link.mac.as_str()).execute(c).await?;
    });
    tx.commit().await
}

/// The link, as it stands; whether it works its end and its MAC say.
pub async fn see_link(db: &Db, hash: &str) -> Result<Option<SetupLink>> {
    let mut tx = db.snapshot().await?;
    let found = on!(&mut tx, c => sqlx::query_as::<_, SetupLink>(SEE_LINK).bind(hash).fetch_optional(c).await?);
    tx.rollback().await?;
    Ok(found)
}

/// Uses a link up; false where it is not there any more.
pub async fn take_link(db: &Db, link: &SetupLink) -> Result<bool> {
    let mut tx = db.begin().await?;
    let taken =
        on!(&mut tx, c => sqlx::query(TAKE_LINK).bind(link.hash.as_str()).bind(link.mac.as_str()).execute(c).await?.rows_affected());
    tx.commit().await?;
    Ok(taken == 1)
}

/// What stands against each key: failures, and when the last one was.
pub type Failures = Vec<(i64, Timestamp)>;

/// Asks of what stands against the keys whether an attempt may be made, and counts it where it may, in one
/// transaction: of a burst only one is the first.
pub async fn attempt(db: &Db, keys: &[&str], now: Timestamp, may: impl FnOnce(&Failures) -> bool) -> Result<(bool, Failures)> {
    let mut tx = db.begin().await?;
    let mut before = Vec::with_capacity(keys.len());
    for key in keys {
        // Takes the lock of the key, also where nothing stood against it.
        on!(&mut tx, c => { sqlx::query(TOUCH).bind(*key).bind(now).execute(c).await?; });
        before.push(failures(&mut tx, key).await?);
    }
    let allowed = may(&before);
    if allowed {
        for key in keys {
            on!(&mut tx, c => { sqlx::query(FAILED).bind(*key).bind(now).execute(c).await?; });
        }
    }
    tx.commit().await?;
    Ok((allowed, before))
}

async fn failures(tx: &mut Tx, key: &str) -> Result<(i64, Timestamp)> {
    let found = on!(tx, c => sqlx::query_as::<_, (i64, Timestamp)>(FAILURES).bind(key).fetch_optional(c).await?);
    Ok(found.unwrap_or((0, Timestamp(0))))
}

/// Takes one attempt back: it did not fail.
pub async fn forget_one(db: &Db, key: &str) -> Result<()> {
    let mut tx = db.begin().await?;
    on!(&mut tx, c => { sqlx::query(FORGET_ONE).bind(key).execute(c).await?; });
    tx.commit().await
}

pub async fn forget_failures(db: &Db, key: &str) -> Result<()> {
    let mut tx = db.begin().await?;
    on!(&mut tx, c => { sqlx::query(FORGET_FAILURES).bind(key).execute(c).await?; });
    tx.commit().await
}
