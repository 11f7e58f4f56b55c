//! Passwords: argon2id off the runtime's threads, few at a time, and changing one's own.

use super::MIN_PASSWORD;
use super::sign_in::{FREE, paused};
use crate::factors::tag;
use crate::sessions::{digest, same};
use crate::{Act, Error, Result, Services, Written, standing};
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use domain::ids::PersonId;
use domain::ledger::Actor;
use domain::person::AuthenticatorKind;
use domain::verb::Verb;
use std::time::Duration;
use store::engine::table::Declared;
use store::people::Authenticator;
use tokio::sync::SemaphorePermit;

/// What a password must be.
pub(super) fn check(password: &str) -> Result<()> {
    if password.chars().count() < MIN_PASSWORD {
        return Err(Error::invalid("password", format!("Use at least {MIN_PASSWORD} characters. A sentence is easy to remember.")));
    }
    if password.len() > 1024 {
        return Err(Error::invalid("password", "Use at most 1,024 bytes."));
    }
    Ok(())
}

pub(super) fn row(services: &Services, by: Actor, person: PersonId, secret: &str) -> Authenticator {
    let mut row = Authenticator::new(services.ids.make(), person, AuthenticatorKind::Password, secret.to_owned(), by);
    row.mac = tag(services, &row);
    row
}

/// Whether it is the password of a person.
pub(crate) async fn is_of(services: &Services, person: PersonId, given: &str) -> Result<bool> {
    let mut tx = services.db.snapshot().await?;
    let known = standing::password(&mut tx, person).await?;
    tx.rollback().await?;
    let known = known.filter(|k| same(&k.mac, &tag(services, k))).ok_or(Error::NotFound("password"))?;
    Ok(given.len() <= 1024 && fits(services, given.to_owned(), known.secret).await?)
}

/// A place in the short queue for hashing; a long one would only keep honest people waiting.
async fn permit(services: &Services) -> Result<SemaphorePermit<'_>> {
    let waited = tokio::time::timeout(Duration::from_secs(5), services.hashing.acquire()).await;
    waited.map_err(|_| Error::Busy)?.map_err(|e| Error::Internal(e.to_string()))
}

/// Argon2id off the runtime's threads, few at a time.
pub(super) async fn hash(services: &Services, password: String) -> Result<String> {
    let _permit = permit(services).await?;
    tokio::task::spawn_blocking(move || {
        Argon2::default().hash_password(password.as_bytes()).map(|h| h.to_string()).map_err(|e| Error::Internal(e.to_string()))
    })
    .await
    .map_err(|e| Error::Internal(e.to_string()))?
}

pub(super) async fn fits(services: &Services, password: String, phc: String) -> Result<bool> {
    let _permit = permit(services).await?;
    tokio::task::spawn_blocking(move || {
        PasswordHash::new(&phc).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
    })
    .await
    .map_err(|e| Error::Internal(e.to_string()))
}

/// A new password for oneself, with the old one; every other session ends.
pub async fn change(act: &Act, session: &str, old: &str, new: &str) -> Result<Written> {
    let person = act.who().session_person()?;
    check(new)?;
    let services = act.services();
    // Whoever holds a session only must not find the password out here.
    let (now, attempts) = (services.present().await?.now, digest(&format!("password:{}", person.uuid())));
    let free = [FREE[0]];
    let (allowed, before) = store::sessions::attempt(&services.db, &[&attempts], now, |b| paused(b, &free, now).is_none()).await?;
    if !allowed {
        return Err(Error::Locked(paused(&before, &free, now).unwrap_or(1)));
    }
    let mut tx = act.snapshot().await?;
    let known = standing::password(&mut tx, person).await?;
    tx.rollback().await?;
    let known = known.ok_or(Error::NotFound("password"))?;
    if old.len() > 1024 || !fits(services, old.to_owned(), known.secret.clone()).await? {
        return Err(Error::invalid("old", "This isn't your current password."));
    }
    store::sessions::forget_failures(&services.db, &attempts).await?;
    let secret = hash(services, new.to_owned()).await?;
    let mut c = act.command(Verb::PasswordChanged, "person", Some(person.uuid()));
    c.closes.push(known.close());
    c.opens.push(row(services, act.who().actor(), person, &secret).open());
    let written = act.write(c).await?;
    store::sessions::end_of_person(&services.db, person, &digest(session)).await?;
    Ok(written)
}
