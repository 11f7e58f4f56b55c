//! Guesses at a second factor: few for one person from one address, some for one person from anywhere, then pauses that grow.
//! Whoever guesses here knows the password.

use crate::people::{paused, slowed_down};
use crate::sessions::digest;
use crate::{Error, Result, Services};
use domain::ids::PersonId;
use store::sessions;

/// Failures before a pause begins: from one address, and from all of them.
const FREE: [i64; 2] = [5, 20];

/// What somebody tries; it counts as failed before it is carried out, and is taken back where it was right.
pub(super) async fn counted<T>(
    services: &Services,
    person: PersonId,
    address: &str,
    attempt: impl Future<Output = Result<T>>,
) -> Result<T> {
    let now = services.present().await?.now;
    let keys = [digest(&format!("factor:{}:{address}", person.uuid())), digest(&format!("factor:{}", person.uuid()))];
    let all: Vec<&str> = keys.iter().map(String::as_str).collect();
    let (allowed, before) = sessions::attempt(&services.db, &all, now, |b| paused(b, &FREE, now).is_none()).await?;
    if !allowed {
        return Err(Error::Locked(paused(&before, &FREE, now).unwrap_or(1)));
    }
    if before.iter().zip(FREE).any(|((failures, _), free)| *failures == free - 1) {
        slowed_down(services, Some(person)).await?;
    }
    let done = attempt.await?;
    for key in &keys {
        sessions::forget_failures(&services.db, key).await?;
    }
    Ok(done)
}
