//! Questions to authenticators: each is asked of one person for one purpose, answered once, and dead after five minutes.

use super::{MINUTES, is_in_time};
use crate::sessions::{digest, mac, same};
use crate::{Error, Result, Services};
use domain::ids::PersonId;
use domain::passkey::Purpose;
use store::factors::{self, Ceremony};

/// The most that one person has open.
const MOST: i64 = 50;

fn tag(services: &Services, c: &Ceremony) -> String {
    let (person, ends) = (c.person_id.to_string(), c.expires_at.micros().to_string());
    mac(&services.keys.mac, &["ceremony", &c.hash, &person, c.purpose.as_str(), &c.state, &ends, &c.epoch.to_string()])
}

/// Begins one; gives the name by which its answer names it.
pub(super) async fn begin(services: &Services, person: PersonId, purpose: Purpose, state: String) -> Result<String> {
    let (moment, name) = (services.present().await?, services.secret_hex());
    let expires_at = moment.now.plus(MINUTES);
    let mut row = Ceremony { hash: digest(&name), person_id: person, purpose, state, expires_at, epoch: moment.epoch, mac: String::new() };
    row.mac = tag(services, &row);
    if factors::begin(&services.db, &row, moment.now, MOST).await? {
        Ok(name)
    } else {
        Err(Error::TooMany("Too many passkey requests are open. Try again in five minutes.".to_owned()))
    }
}

fn gone() -> Error {
    Error::invalid("passkey", "This request has expired or was answered. Use your passkey again.")
}

/// Ends one, whatever comes of it, and gives its state.
pub(super) async fn end(services: &Services, person: PersonId, purpose: Purpose, name: &str) -> Result<String> {
    let found = open(services, person, purpose, name).await?;
    if take(services, &found).await? { Ok(found.state) } else { Err(gone()) }
}

/// Ends one that was seen; false where somebody else did so meanwhile.
pub(super) async fn take(services: &Services, seen: &Ceremony) -> Result<bool> {
    Ok(factors::take(&services.db, seen).await?)
}

/// One that is open and the person's, to be ended with what comes of it.
pub(super) async fn open(services: &Services, person: PersonId, purpose: Purpose, name: &str) -> Result<Ceremony> {
    let mut tx = services.db.snapshot().await?;
    let moment = services.moment(&mut tx).await?;
    let found = factors::see(&mut tx, &digest(name)).await?;
    tx.rollback().await?;
    let found = found.filter(|c| same(&c.mac, &tag(services, c))).ok_or_else(gone)?;
    let own = found.person_id == person && found.purpose == purpose && found.epoch == moment.epoch;
    if own && is_in_time(found.expires_at, moment.now) { Ok(found) } else { Err(gone()) }
}
