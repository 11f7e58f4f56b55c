//! People: the first set-up, adding people while the installation is bootstrap, signing in.

use crate::sessions::{digest, mac, same};
use crate::{Error, Principal, Result, Services, command, payload};
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use domain::asof::OPEN;
use domain::ledger::Actor;
use domain::permission::{Action, Held, Role, excludes};
use serde_json::json;
use store::people::{NewPerson, Person};
use store::rows::Row;
use store::{people, tables};
use uuid::Uuid;

mod accounts;
mod links;

pub use accounts::{
    BEGUN_WITH, Listed, Mine, Page, assign, change_password, end_session, list, lock_out, my_sessions, page, take_back, unassign,
};
pub use links::{accept, invite, opened, reset_link};

/// How long a set-up link works.
const LINK_LIFE: i64 = 24 * 3600 * domain::time::SECOND;
const MIN_PASSWORD: usize = 12;

/// True while nobody can sign in.
pub async fn is_empty(services: &Services) -> Result<bool> {
    let mut tx = services.db.snapshot().await?;
    let n = people::count(&mut tx).await?;
    tx.rollback().await?;
    Ok(n == 0)
}

/// Makes the one-time secret of the set-up link; an older link stops working.
pub async fn setup_secret(services: &Services) -> Result<String> {
    let secret = services.secret_hex();
    let ends = services.clock.now().micros() + LINK_LIFE;
    store::sessions::add_link(&services.db, &digest(&secret), ends).await?;
    Ok(secret)
}

pub async fn setup_link_works(services: &Services, secret: &str) -> Result<bool> {
    Ok(store::sessions::see_link(&services.db, &digest(secret), services.clock.now().micros()).await?)
}

/// The first person, by the one-time link: an admin of a bootstrap installation.
pub async fn set_up(services: &Services, secret: &str, name: &str, email: &str, password: &str) -> Result<Principal> {
    if !is_empty(services).await? {
        return Err(Error::LinkGone);
    }
    let checked = check(name, email, password)?;
    if !store::sessions::take_link(&services.db, &digest(secret), services.clock.now().micros()).await? {
        return Err(Error::LinkGone);
    }
    let host = Principal::Host { user: "set-up link".to_owned() };
    insert(services, &host, checked, &[Role::Admin]).await
}

/// Adds a person. Admins do it; the host does it only while the installation is bootstrap.
pub async fn add(services: &Services, by: &Principal, name: &str, email: &str, password: &str, roles: &[Role]) -> Result<Principal> {
    by.authorise(Action::ManagePeople)?;
    fit_together(roles)?;
    insert(services, by, check(name, email, password)?, roles).await
}

/// Roles of one person: at least one, and none that exclude each other.
fn fit_together(roles: &[Role]) -> Result<()> {
    if roles.is_empty() {
        return Err(Error::invalid("role", "at least one role is needed"));
    }
    for a in roles {
        if let Some(b) = roles.iter().find(|b| excludes(*a, **b)) {
            return Err(Error::invalid("role", format!("{} and {} exclude each other", a.label(), b.label())));
        }
    }
    Ok(())
}

/// An address that is taken is an answer, not a failure.
fn taken(error: Error) -> Error {
    match error {
        Error::Store(store::Error::Refused(text)) if text.contains("email_key") || text.contains("UNIQUE") || text.contains("one_open") => {
            Error::invalid("email", "somebody with this address is there already")
        }
        other => other,
    }
}

struct Checked {
    name: String,
    email: String,
    password: String,
}

fn check(name: &str, email: &str, password: &str) -> Result<Checked> {
    let (name, email) = (name.trim(), email.trim());
    if name.is_empty() || name.chars().count() > 200 {
        return Err(Error::invalid("name", "write a name of at most 200 characters"));
    }
    if !email.contains('@') || email.len() > 254 || email.chars().any(char::is_whitespace) {
        return Err(Error::invalid("email", "write an e-mail address"));
    }
    if password.chars().count() < MIN_PASSWORD {
        return Err(Error::invalid("password", format!("use at least {MIN_PASSWORD} characters; a sentence is easy to remember")));
    }
    if password.len() > 1024 {
        return Err(Error::invalid("password", "use at most 1,024 bytes"));
    }
    Ok(Checked { name: name.to_owned(), email: email.to_owned(), password: password.to_owned() })
}

pub(crate) fn email_key(services: &Services, email: &str) -> String {
    mac(&services.keys.mac, &["email", &email.trim().to_lowercase()])
}

async fn insert(services: &Services, by: &Principal, new: Checked, roles: &[Role]) -> Result<Principal> {
    let id = services.ids.next();
    let secret = hash_password(services, new.password).await?;
    let key = email_key(services, &new.email);
    let salt = services.salt();
    let person = NewPerson { id, name: &new.name, email: &new.email, email_key: &key, salt: &salt, state: "active" };
    let mut c = command(by, "person.added", "person", Some(id));
    c.anchors.push((&tables::PERSON_VERSIONS, id));
    c.opens.push(people::row(&person));
    c.opens.push(password_row(services, by.actor(), id, &secret));
    for role in roles {
        c.opens.push(people::role_row(services.ids.next(), id, Held::everywhere(*role)));
    }
    let words: Vec<&str> = roles.iter().map(|r| r.as_str()).collect();
    c.payload = payload(by, json!({ "roles": words, "provenance": "bootstrap" }))?;
    services.write(c).await.map_err(taken)?;
    Ok(Principal::Person { id, name: new.name, email: new.email, roles: roles.iter().copied().map(Held::everywhere).collect() })
}

fn password_row(services: &Services, by: Actor, person: Uuid, secret: &str) -> Row {
    let id = services.ids.next();
    let tag = authenticator_mac(services, id, person, secret);
    people::password_row(id, person, secret, (by.kind.as_str(), by.id), &tag)
}

fn authenticator_mac(services: &Services, id: Uuid, person: Uuid, secret: &str) -> String {
    mac(&services.keys.mac, &["authenticator", &id.to_string(), &person.to_string(), "password", secret])
}

/// A place in the short queue for hashing; a long one would only keep honest people waiting.
async fn permit(services: &Services) -> Result<tokio::sync::SemaphorePermit<'_>> {
    let waited = tokio::time::timeout(std::time::Duration::from_secs(5), services.hashing.acquire()).await;
    waited.map_err(|_| Error::Busy)?.map_err(|e| Error::Internal(e.to_string()))
}

/// Argon2id off the runtime's threads, few at a time.
async fn hash_password(services: &Services, password: String) -> Result<String> {
    let _permit = permit(services).await?;
    tokio::task::spawn_blocking(move || {
        Argon2::default().hash_password(password.as_bytes()).map(|h| h.to_string()).map_err(|e| Error::Internal(e.to_string()))
    })
    .await
    .map_err(|e| Error::Internal(e.to_string()))?
}

async fn password_fits(services: &Services, password: String, phc: String) -> Result<bool> {
    let _permit = permit(services).await?;
    tokio::task::spawn_blocking(move || {
        PasswordHash::new(&phc).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
    })
    .await
    .map_err(|e| Error::Internal(e.to_string()))
}

/// A hash nobody's password fits, so that an unknown address takes as long as a wrong password.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Failures before a pause begins: for one account from one address, and for an address.
const FREE: [i64; 2] = [5, 50];

/// Signs a person in from an address. Failures slow down the account *as seen from that address*, and the
/// address; they never lock an account: a stranger elsewhere must not be able to keep an admin out.
pub async fn sign_in(services: &Services, email: &str, password: &str, address: &str) -> Result<Principal> {
    let now = services.clock.now().micros();
    let key = email_key(services, email);
    let pair = digest(&format!("pair:{key}:{address}"));
    let place = digest(&format!("address:{address}"));
    let one = services.attempts.lock().await;
    let mut tx = services.db.snapshot().await?;
    let free_used_up = paused(&mut tx, &[(&pair, FREE[0]), (&place, FREE[1])], now).await;
    let person = people::by_email_key(&mut tx, &key).await?;
    let known = match &person {
        Some(p) => people::password_of(&mut tx, p.id).await?,
        None => None,
    };
    tx.rollback().await?;
    let free_used_up = free_used_up?;
    // Counted before the slow part: many at once must not all be the first.
    store::sessions::failed(&services.db, &[&pair, &place], now).await?;
    drop(one);
    if free_used_up {
        locked_out(services, person.as_ref()).await?;
    }
    let phc = known.as_ref().map_or_else(|| NOBODY.to_owned(), |(_, phc, _)| phc.clone());
    let fits = password.len() <= 1024 && password_fits(services, password.to_owned(), phc).await?;
    let genuine = match (&person, &known) {
        (Some(p), Some((id, phc, tag))) => same(tag, &authenticator_mac(services, *id, p.id, phc)),
        _ => false,
    };
    let Some(person) = person.filter(|p| fits && genuine && p.state == "active") else {
        return Err(Error::SignInFailed);
    };
    // Of the address only this attempt: whoever has one account must not wipe what was tried on others.
    store::sessions::forget_failures(&services.db, &pair).await?;
    store::sessions::forget_one(&services.db, &place).await?;
    signed_in(services, person).await
}

/// Refuses while a pause after failures lasts; else says whether this attempt, if it fails, begins the pauses.
async fn paused(tx: &mut store::db::Tx, keys: &[(&str, i64)], now: i64) -> Result<bool> {
    let (mut wait, mut free_used_up) = (0, false);
    for (key, free) in keys {
        let (failures, last) = store::sessions::failures(tx, key).await?;
        free_used_up |= failures == free - 1;
        let pause = if failures < *free { 0 } else { (1i64 << (failures - free).min(9)) * domain::time::SECOND };
        wait = wait.max(last + pause - now);
    }
    if wait > 0 { Err(Error::Locked((wait / domain::time::SECOND).max(1))) } else { Ok(free_used_up) }
}

/// A lock-out is on record once, when it begins. The attempt may still succeed; then it was close.
async fn locked_out(services: &Services, person: Option<&Person>) -> Result<()> {
    let host = Principal::Host { user: "sign-in".to_owned() };
    let mut c = command(&host, "person.slowed_down", "person", person.map(|p| p.id));
    c.actor = Actor::SYSTEM;
    services.writer.write(c).await?;
    Ok(())
}

async fn signed_in(services: &Services, person: Person) -> Result<Principal> {
    let principal = principal_of(services, person).await?;
    let c = command(&principal, "person.signed_in", "person", principal.person_id());
    services.writer.write(c).await?;
    Ok(principal)
}

async fn principal_of(services: &Services, person: Person) -> Result<Principal> {
    let mut tx = services.db.snapshot().await?;
    let roles = people::roles_of(&mut tx, person.id, OPEN - 1).await?;
    tx.rollback().await?;
    let name = person.shown();
    Ok(Principal::Person { id: person.id, name, email: person.email.unwrap_or_default(), roles })
}

/// The person behind a session, with today's roles; none where the person is no longer active.
pub async fn current(services: &Services, id: Uuid) -> Result<Option<Principal>> {
    let mut tx = services.db.snapshot().await?;
    let person = people::by_id(&mut tx, id, OPEN - 1).await?;
    tx.rollback().await?;
    match person {
        Some(p) if p.state == "active" => Ok(Some(principal_of(services, p).await?)),
        _ => Ok(None),
    }
}

pub async fn sign_out(services: &Services, who: &Principal) -> Result<()> {
    services.writer.write(command(who, "person.signed_out", "person", who.person_id())).await?;
    Ok(())
}

/// People who may be named as owner or backup, as of now.
pub async fn active(services: &Services, by: &Principal) -> Result<Vec<(Uuid, String)>> {
    by.authorise(Action::ReadInventory)?;
    let mut tx = services.db.snapshot().await?;
    let all = people::all_at(&mut tx, OPEN - 1).await?;
    tx.rollback().await?;
    Ok(all.into_iter().filter(|p| p.state == "active").map(|p| (p.id, p.shown())).collect())
}
