//! Session rows and other keyed MACs: a row forged in the database does not verify and is void.

use crate::context::Moment;
use crate::{Error, Result, Services};
use domain::ids::PersonId;
use domain::time::Timestamp;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Mutex;
use store::sessions::Session;
use subtle::ConstantTimeEq;

/// When sessions were used last, by digest. A look at a page writes nothing: what stands here is written with the next
/// purge, and a process that ends before it forgets a few minutes of use.
pub(crate) type Used = Mutex<HashMap<String, Timestamp>>;

/// Idle life of a session: eight hours; absolute life: one day.
pub const IDLE: i64 = 8 * 3600 * domain::time::SECOND;
pub const ABSOLUTE: i64 = 24 * 3600 * domain::time::SECOND;

const TOUCH: i64 = 300 * domain::time::SECOND;

/// Hex HMAC-SHA-256 over length-prefixed parts under the installation's key.
pub fn mac(key: &[u8; 32], parts: &[&str]) -> String {
    // INVARIANT: HMAC takes keys of any length.
    let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(key) else { return String::new() };
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    hex::encode(mac.finalize().into_bytes())
}

/// A key for another use, derived from the installation's.
pub fn key_for(key: &[u8; 32], purpose: &str) -> [u8; 32] {
    let mut out = [0u8; 32];
    // INVARIANT: a MAC is 64 hex digits of 32 bytes.
    let _ = hex::decode_to_slice(mac(key, &["key", purpose]), &mut out);
    out
}

pub fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

/// What stands in the database for a secret that a browser or a link carries.
pub fn digest(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

fn session_mac(services: &Services, s: &Session) -> String {
    let person = s.person_id.map(|p| p.uuid().to_string()).unwrap_or_default();
    let ends = s.absolute_ends_at.micros().to_string();
    mac(&services.keys.mac, &["session", &s.hash, &person, &s.data, &s.expires_at.micros().to_string(), &ends, &s.epoch.to_string()])
}

/// A new session under the digest of its id. Whoever is nobody has none: a stranger writes nothing here.
pub async fn create(services: &Services, id: &str, person: Option<PersonId>, data: String) -> Result<()> {
    if person.is_none() {
        return Err(Error::SignedOut);
    }
    let moment = services.present().await?;
    let row = row(services, &moment, digest(id), person, data, moment.now.plus(ABSOLUTE));
    Ok(store::sessions::create(&services.db, &row).await?)
}

/// Keeps a session that is still there; its absolute end stays.
pub async fn save(services: &Services, id: &str, person: Option<PersonId>, data: String) -> Result<()> {
    let (moment, known) = known(services, digest(id)).await?;
    let Some(known) = known else { return Ok(()) };
    let row = row(services, &moment, known.hash, person, data, known.absolute_ends_at);
    Ok(store::sessions::save(&services.db, &row).await?)
}

/// Writes down which sessions and tokens were used, and removes what has run out.
pub async fn purge(services: &Services) -> Result<()> {
    let now = services.present().await?.now;
    let used = services.used.lock().map(|mut used| std::mem::take(&mut *used)).unwrap_or_default();
    for (hash, at) in used {
        let (_, row) = known(services, hash).await?;
        if let Some(mut row) = row.filter(|row| same(&row.mac, &session_mac(services, row))) {
            row.seen_at = at;
            row.expires_at = at.plus(IDLE).min(row.absolute_ends_at);
            row.mac = session_mac(services, &row);
            store::sessions::save(&services.db, &row).await?;
        }
    }
    crate::tokens::note_down(services).await?;
    store::sessions::purge(&services.db, now).await?;
    store::factors::purge(&services.db, now).await?;
    Ok(store::idempotency::purge(&services.db, now).await?)
}

/// The row of a session as of now; one of another history is none.
async fn known(services: &Services, hash: String) -> Result<(Moment, Option<Session>)> {
    let mut tx = services.db.snapshot().await?;
    let moment = services.moment(&mut tx).await?;
    let row = store::sessions::load(&mut tx, &hash).await?;
    tx.rollback().await?;
    let of_now = row.filter(|s| s.epoch == moment.epoch);
    Ok((moment, of_now))
}

fn row(services: &Services, moment: &Moment, hash: String, person: Option<PersonId>, data: String, absolute: Timestamp) -> Session {
    let now = moment.now;
    let mut row = Session {
        hash,
        person_id: person,
        data,
        expires_at: now.plus(IDLE).min(absolute),
        absolute_ends_at: absolute,
        seen_at: now,
        epoch: moment.epoch,
        mac: String::new(),
    };
    row.mac = session_mac(services, &row);
    row
}

/// The data of a session that is in time and was written by this installation.
pub async fn load(services: &Services, id: &str) -> Result<Option<String>> {
    let (moment, row) = known(services, digest(id)).await?;
    let (now, Some(row)) = (moment.now, row) else { return Ok(None) };
    let used = services.used.lock().ok().and_then(|used| used.get(&row.hash).copied());
    let idle_ends = used.map_or(row.expires_at, |at| row.expires_at.max(at.plus(IDLE)));
    // One that ends later than any that begins now was begun by a clock that ran ahead: it would never end.
    let too_long = row.absolute_ends_at > now.plus(ABSOLUTE);
    if idle_ends < now || row.absolute_ends_at < now || too_long {
        return Ok(None);
    }
    if !same(&row.mac, &session_mac(services, &row)) {
        tracing::error!(session = %row.hash, "a session row does not verify: it was not written by this installation");
        return Ok(None);
    }
    if now.since(row.seen_at) > TOUCH {
        // Idle life is counted from the last use; five minutes are exact enough.
        if let Ok(mut used) = services.used.lock() {
            used.insert(row.hash, now);
        }
    }
    Ok(Some(row.data))
}

/// The MAC of a message that a browser carries from one page to the next.
pub fn said(services: &Services, text: &str) -> String {
    mac(&services.keys.mac, &["said", text])
}

pub async fn delete(services: &Services, id: &str) -> Result<()> {
    Ok(store::sessions::delete(&services.db, &digest(id)).await?)
}
