//! Keys by which a caller repeats a request without carrying it out twice. Operational: they run out.

use crate::Result;
use crate::engine::db::{Db, Tx};
use crate::engine::table::{Table, TableKind};
use domain::time::Timestamp;

log! { $
    /// A key under which a caller sent a request, and what was answered.
    IdempotencyKey in IDEMPOTENCY_KEYS, key_columns {
        key: String,
        principal: String,
        request_digest: String,
        status: i64,
        response: String,
        expires_at: Timestamp,
        /// The place that the answer named, where it named one.
        location: Option<String>,
        /// Of the answer; empty while there is none.
        mac: String,
    }
}

pub static IDEMPOTENCY_KEYS: Table = Table {
    name: "idempotency_keys",
    about: "Answers kept for callers that repeat a create.",
    kind: TableKind::Operational,
    key: &["principal", "key"],
    columns: IdempotencyKey::COLUMNS,
    ..Table::PLAIN
};

statements! {
    RESERVE = "INSERT INTO idempotency_keys (key, principal, request_digest, status, response, expires_at, mac) VALUES ($1, $2, $3, 0, '', $4, '') ON CONFLICT (principal, key) DO NOTHING";
    READ = "SELECT request_digest, status, response, location, mac FROM idempotency_keys WHERE principal = $1 AND key = $2 LIMIT 1";
    FINISH = "UPDATE idempotency_keys SET status = $3, response = $4, location = $5, mac = $6 WHERE principal = $1 AND key = $2";
    FORGET = "DELETE FROM idempotency_keys WHERE principal = $1 AND key = $2 AND status = 0";
    DELETE_ALL = "DELETE FROM idempotency_keys";
    PURGE = "DELETE FROM idempotency_keys WHERE expires_at < $1";
}

/// What is known of a key: status 0 while the first request runs, or where its end was never heard of.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Kept {
    pub request_digest: String,
    pub status: i64,
    pub response: String,
    pub location: Option<String>,
    pub mac: String,
}

/// Takes a key; gives what is known where somebody has it already.
pub async fn reserve(db: &Db, principal: &str, key: &str, digest: &str, expires_at: Timestamp) -> Result<Option<Kept>> {
    let mut tx = db.begin().await?;
    let taken = on!(&mut tx, c => {
        sqlx::query(RESERVE).bind(key).bind(principal).bind(digest).bind(expires_at).execute(c).await?.rows_affected()
    });
    let known = match taken {
        // Where it was given back between the two, the caller is told to wait all the same: nothing is reserved.
        0 => Some(on!(&mut tx, c => sqlx::query_as::<_, Kept>(READ).bind(principal).bind(key).fetch_optional(c).await?).unwrap_or_else(
            || Kept { request_digest: digest.to_owned(), status: 0, response: String::new(), location: None, mac: String::new() },
        )),
        _ => None,
    };
    tx.commit().await?;
    Ok(known)
}

pub async fn finish(db: &Db, principal: &str, key: &str, kept: &Kept) -> Result<()> {
    let mut tx = db.begin().await?;
    on!(&mut tx, c => { sqlx::query(FINISH).bind(principal).bind(key).bind(kept.status).bind(kept.response.as_str()).bind(kept.location.as_deref()).bind(kept.mac.as_str()).execute(c).await?; });
    tx.commit().await
}

/// Gives a key back whose request was refused: nothing was done under it.
pub async fn forget(db: &Db, principal: &str, key: &str) -> Result<()> {
    let mut tx = db.begin().await?;
    on!(&mut tx, c => { sqlx::query(FORGET).bind(principal).bind(key).execute(c).await?; });
    tx.commit().await
}

/// Forgets every key: what was answered before a restore is not what stands now.
pub(crate) async fn delete_all(tx: &mut Tx) -> Result<()> {
    tx.execute(DELETE_ALL).await
}

pub async fn purge(db: &Db, now: Timestamp) -> Result<()> {
    let mut tx = db.begin().await?;
    on!(&mut tx, c => { sqlx::query(PURGE).bind(now).execute(c).await?; });
    tx.commit().await
}
