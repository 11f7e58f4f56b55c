//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a create that is sent again is answered as the
//! first time and carried out once. It knows no HTTP: a request is its digest, an answer a status and a text.

use crate::sessions::{mac, same};
use crate::{Error, Principal, Result, Services};
use domain::time::DAY;
use store::idempotency::Kept;

const FIELD: &str = "Idempotency-Key";
/// How long a key is remembered.
const LIFE: i64 = DAY;
const LONGEST: usize = 255;

/// What to do with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Nobody has sent it yet: carry it out, then `finish` or `forget`.
    First,
    /// It was carried out; this was the answer.
    Answered { status: u16, response: String, location: Option<String> },
}

fn caller(who: &Principal) -> String {
    match who {
        Principal::Person { id, .. } => id.to_string(),
        Principal::Token { id, .. } => id.to_string(),
        Principal::Host { user } => format!("host:{user}"),
    }
}

/// An answer that somebody wrote into the database is none of ours.
fn tag(services: &Services, who: &Principal, key: &str, k: &Kept) -> String {
    let (status, location) = (k.status.to_string(), k.location.as_deref().unwrap_or_default());
    let parts = ["answer", &caller(who), key, &k.request_digest, &status, &k.response, location];
    mac(&services.keys.mac, &parts)
}

/// Takes a key for a request.
pub async fn begin(services: &Services, who: &Principal, key: &str, digest: &str) -> Result<Begun> {
    if key.is_empty() || key.len() > LONGEST || !key.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
        return Err(Error::invalid(FIELD, "1 to 255 visible ASCII characters"));
    }
    let ends = services.now().plus(LIFE);
    match store::idempotency::reserve(&services.db, &caller(who), key, digest, ends).await? {
        None => Ok(Begun::First),
        Some(known) if known.request_digest != digest => Err(Error::invalid(FIELD, "this key was used for another request; use a new one")),
        Some(known) if known.status == 0 => Err(Error::Conflict(
            "A request with this key is still running, or its outcome is unknown. Check what exists before you send it with a new key."
                .to_owned(),
        )),
        Some(known) if !same(&known.mac, &tag(services, who, key, &known)) => {
            tracing::error!("a kept answer does not verify: it was not written by this installation");
            Err(Error::Conflict(
                "what is kept under this key is no answer of this server: read what is there, then use a new key".to_owned(),
            ))
        }
        Some(Kept { status, response, location, .. }) => {
            Ok(Begun::Answered { status: u16::try_from(status).unwrap_or(200), response, location })
        }
    }
}

/// Keeps the answer of what was carried out, and the place it named.
pub async fn finish(
    services: &Services,
    who: &Principal,
    (key, digest): (&str, &str),
    status: u16,
    answer: (&str, Option<&str>),
) -> Result<()> {
    let (response, location) = (answer.0.to_owned(), answer.1.map(str::to_owned));
    let mut kept = Kept { request_digest: digest.to_owned(), status: i64::from(status), response, location, mac: String::new() };
    kept.mac = tag(services, who, key, &kept);
    Ok(store::idempotency::finish(&services.db, &caller(who), key, &kept).await?)
}

/// Gives the key back: the request was refused and nothing was done.
pub async fn forget(services: &Services, who: &Principal, key: &str) -> Result<()> {
    Ok(store::idempotency::forget(&services.db, &caller(who), key).await?)
}
