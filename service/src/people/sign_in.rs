//! The one-time set-up, signing in and out, and ending one's own sessions.

use super::{check, email_key, password};
use crate::factors::tag;
use crate::people::read::current;
use crate::sessions::{digest, mac, same};
use crate::{Act, Confirmed, Error, Principal, Result, Services, Strength, Written, factors, standing};
use domain::ids::{AuthenticatorId, PersonId};
use domain::ledger::{Actor, SETUP_LINK};
use domain::permission::Role;
use domain::person::AuthenticatorKind;
use domain::time::{SECOND, Timestamp};
use domain::verb::Verb;
use serde_json::json;
use store::engine::writer::{Command, WhileRestored};
use store::people::Person;
use store::sessions::{Failures, SetupLink};

/// How long a set-up link works.
const LINK_LIFE: i64 = 24 * 3600 * SECOND;

/// Makes the one-time secret of the set-up link; an older link stops working.
pub async fn setup_secret(services: &Services) -> Result<String> {
    let secret = services.secret_hex();
    let ends = services.present().await?.now.plus(LINK_LIFE);
    let mut link = SetupLink { hash: digest(&secret), expires_at: ends, mac: String::new() };
    link.mac = link_mac(services, &link);
    store::sessions::add_link(&services.db, &link).await?;
    Ok(secret)
}

/// A link that somebody wrote into the database opens nothing.
fn link_mac(services: &Services, link: &SetupLink) -> String {
    mac(&services.keys.mac, &["setup link", &link.hash, &link.expires_at.micros().to_string()])
}

/// The link of a secret, where it works.
async fn link_of(services: &Services, secret: &str) -> Result<SetupLink> {
    let now = services.present().await?.now;
    let link = store::sessions::see_link(&services.db, &digest(secret)).await?;
    link.filter(|l| l.expires_at >= now && same(&l.mac, &link_mac(services, l))).ok_or(Error::LinkGone)
}

/// Fails where the set-up link does not work, or nobody is needed any more.
pub async fn setup_link(services: &Services, secret: &str) -> Result<()> {
    link_of(services, secret).await?;
    if super::is_empty(services).await? { Ok(()) } else { Err(Error::LinkGone) }
}

/// The first person, by the one-time link: an admin of a bootstrap installation.
pub async fn set_up(services: &Services, secret: &str, name: &str, email: &str, password: &str) -> Result<Principal> {
    if !super::is_empty(services).await? {
        return Err(Error::LinkGone);
    }
    let checked = check(name, email, password)?;
    let link = link_of(services, secret).await?;
    if !store::sessions::take_link(&services.db, &link).await? {
        return Err(Error::LinkGone);
    }
    let host = Act::new(services, &Principal::Host { user: SETUP_LINK.to_owned() });
    super::act::insert(&host, checked, &[Role::Admin], true).await
}

/// A hash nobody's password fits, so that an unknown address takes as long as a wrong password.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Failures before a pause begins: for one account from one address, and for an address.
pub(super) const FREE: [i64; 2] = [5, 50];

/// Signs a person in from an address; where they have a second factor it is asked for (`Error::SecondStep`). Failures slow
/// down the account *as seen from that address*, and the address; they never lock an account: a stranger elsewhere must not be
/// able to keep an admin out.
pub async fn sign_in(services: &Services, email: &str, given: &str, address: &str) -> Result<Principal> {
    let now = services.present().await?.now;
    let key = email_key(services, email);
    let pair = digest(&format!("pair:{key}:{address}"));
    let place = digest(&format!("address:{address}"));
    // Counted before the slow part: many at once must not all be the first.
    let (allowed, before) = store::sessions::attempt(&services.db, &[&pair, &place], now, |b| paused(b, &FREE, now).is_none()).await?;
    if !allowed {
        return Err(Error::Locked(paused(&before, &FREE, now).unwrap_or(1)));
    }
    let slows = before.iter().zip(FREE).any(|((failures, _), free)| *failures == free - 1);
    let Some((person, password)) = known(services, &key, given, slows).await? else { return Err(Error::SignInFailed) };
    // Of the address only this attempt: whoever has one account must not wipe what was tried on others.
    store::sessions::forget_failures(&services.db, &pair).await?;
    store::sessions::forget_one(&services.db, &place).await?;
    past_the_password(services, person, password).await
}

/// Whose address and password these are; with an address of nobody it takes as long.
async fn known(services: &Services, key: &str, given: &str, slows: bool) -> Result<Option<(PersonId, AuthenticatorId)>> {
    let mut tx = services.db.snapshot().await?;
    let person = standing::person_by_email_key(&mut tx, key).await?;
    let password = match &person {
        Some(p) => standing::password(&mut tx, p.id).await?,
        None => None,
    };
    tx.rollback().await?;
    if slows {
        slowed_down(services, person.as_ref().map(|p| p.id)).await?;
    }
    let phc = password.as_ref().map_or_else(|| NOBODY.to_owned(), |k| k.secret.clone());
    let fits = given.len() <= 1024 && password::fits(services, given.to_owned(), phc).await?;
    let genuine = password.filter(|k| fits && same(&k.mac, &tag(services, k)));
    Ok(person.filter(Person::is_active).zip(genuine).map(|(person, password)| (person.id, password.id)))
}

/// Lets somebody in whose password is right, or asks for the second factor.
async fn past_the_password(services: &Services, person: PersonId, password: AuthenticatorId) -> Result<Principal> {
    let mut tx = services.db.snapshot().await?;
    let moment = services.moment(&mut tx).await?;
    let factors = factors::of(services, &mut tx, person).await;
    tx.rollback().await?;
    if factors::any_second(&factors?) {
        return Err(Error::SecondStep(factors::pending(services, (person, password), &moment)));
    }
    let principal = current(services, person).await?.ok_or(Error::SignInFailed)?;
    signed_in(services, person, None).await?;
    Ok(principal.confirmed_by(Some(Confirmed { at: moment.now, strength: Strength::One })))
}

/// That somebody signed in, and with what beside the password.
pub(crate) async fn signed_in(services: &Services, person: PersonId, factor: Option<AuthenticatorKind>) -> Result<()> {
    let payload = factor.map_or_else(|| "{}".to_owned(), |kind| json!({ "factor": kind }).to_string());
    record(services, Actor::person(person), Verb::SignedIn, Some(person), &payload).await
}

/// How many seconds a pause after failures still lasts; none where an attempt may be made. `free` is how many
/// failures each key has before pauses begin.
pub(crate) fn paused(before: &Failures, free: &[i64], now: Timestamp) -> Option<i64> {
    let wait = before.iter().zip(free).map(|((failures, last), free)| {
        let pause = if failures < free { 0 } else { (1i64 << (failures - free).min(9)) * SECOND };
        last.plus(pause).since(now)
    });
    wait.max().filter(|w| *w > 0).map(|w| (w / SECOND).max(1))
}

/// That pauses begin is on record once. The attempt may still succeed; then it was close.
pub(crate) async fn slowed_down(services: &Services, person: Option<PersonId>) -> Result<()> {
    record(services, Actor::SYSTEM, Verb::SlowedDown, person, "{}").await
}

/// An entry of the doors. They stand open while the store is restored: how else would anybody accept what is missing?
pub(crate) async fn record(services: &Services, who: Actor, verb: Verb, person: Option<PersonId>, payload: &str) -> Result<()> {
    let mut c = Command::new(who, verb.as_str(), "person", person.map(PersonId::uuid));
    payload.clone_into(&mut c.payload);
    c.while_restored = WhileRestored::Passes;
    services.writer.write(c).await?;
    Ok(())
}

pub async fn sign_out(act: &Act) -> Result<()> {
    let person = act.who().session_person()?;
    match act.write(act.command(Verb::SignedOut, "person", Some(person.uuid()))).await {
        // Nobody is kept signed in because the store takes no entry.
        Ok(_) | Err(Error::Restored(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Ends one of the caller's sessions.
pub async fn end_session(act: &Act, hash: &str) -> Result<()> {
    let person = act.who().session_person()?;
    if !store::sessions::end_one(&act.services().db, person, hash).await? {
        return Err(Error::NotFound("session"));
    }
    act.write(act.command(Verb::SessionEnded, "person", Some(person.uuid()))).await?;
    Ok(())
}

/// Ends every session of the caller but the one in use.
pub async fn end_other_sessions(act: &Act, session: &str) -> Result<Written> {
    let person = act.who().session_person()?;
    let mut tx = act.snapshot().await?;
    let ended = store::sessions::of_person(&mut tx, person).await?.len().saturating_sub(1);
    tx.rollback().await?;
    let mut c = act.command(Verb::SessionEnded, "person", Some(person.uuid()));
    c.payload = act.payload(json!({ "sessions": ended }))?;
    let written = act.write(c).await?;
    store::sessions::end_of_person(&act.services().db, person, &digest(session)).await?;
    Ok(written)
}
