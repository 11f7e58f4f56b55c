//! Links by which somebody chooses a password: an invitation, or a new password. A link is not stored: it names
//! the person, its end and what stood when it was made, under the installation's key. Once the password is set,
//! something else stands, so a link works once.

use super::{MIN_PASSWORD, check, email_key, hash_password, password_row};
use crate::sessions::{mac, same};
use crate::{Error, Principal, Result, Services, command, payload};
use domain::ids::{Noun, parse, show};
use domain::ledger::Actor;
use domain::permission::{Action, Held, Role};
use domain::time::DAY;
use serde_json::json;
use store::people::{NewPerson, Whole};
use store::rows::Close;
use store::writer::Written;
use store::{people, tables};
use uuid::Uuid;

/// How long a link works.
const LIFE: i64 = 3 * DAY;

/// What a link carries, as the query of its page.
fn query(services: &Services, by: Uuid, person: Uuid, stands: &str) -> String {
    let person = show(Noun::Person, person);
    // Who made it stands in it: a link does not outlive the right to make it.
    let until = format!("{}.{}", services.clock.now().micros() + LIFE, show(Noun::Person, by));
    let tag = mac(&services.keys.mac, &["password link", &person, &until, stands]);
    format!("person={person}&until={until}&tag={tag}")
}

/// What must still stand for a link to work: the version of the person, and the open password.
async fn stands(services: &Services, person: Uuid) -> Result<Option<(Whole, Option<Uuid>, String)>> {
    let mut tx = services.db.snapshot().await?;
    let whole = people::whole(&mut tx, person).await?;
    let password = people::password_of(&mut tx, person).await?.map(|(id, _, _)| id);
    tx.rollback().await?;
    Ok(whole.map(|w| {
        let text = format!("{} {}", w.since, password.map(|p| p.to_string()).unwrap_or_default());
        (w, password, text)
    }))
}

/// Adds a person without a password and gives the query of the link by which they choose one.
pub async fn invite(services: &Services, by: &Principal, name: &str, email: &str, roles: &[Role]) -> Result<(Uuid, String)> {
    by.authorise(Action::ManagePeople)?;
    let maker = by.session_person()?;
    super::fit_together(roles)?;
    let new = check(name, email, &"-".repeat(MIN_PASSWORD))?;
    let id = services.ids.next();
    let (key, salt) = (email_key(services, &new.email), services.salt());
    let person = NewPerson { id, name: &new.name, email: &new.email, email_key: &key, salt: &salt, state: "invited" };
    let mut c = command(by, "person.invited", "person", Some(id));
    c.anchors.push((&tables::PERSON_VERSIONS, id));
    c.opens.push(people::row(&person));
    c.opens.extend(roles.iter().map(|role| people::role_row(services.ids.next(), id, Held::everywhere(*role))));
    let words: Vec<&str> = roles.iter().map(|r| r.as_str()).collect();
    c.payload = payload(by, json!({ "roles": words, "provenance": "bootstrap" }))?;
    services.write(c).await.map_err(super::taken)?;
    let (_, _, text) = stands(services, id).await?.ok_or(Error::NotFound("person"))?;
    Ok((id, query(services, maker, id, &text)))
}

/// A link by which an active person chooses a new password. That it was made is on record.
pub async fn reset_link(services: &Services, by: &Principal, person: Uuid) -> Result<String> {
    by.authorise(Action::ManagePeople)?;
    let maker = by.session_person()?;
    let (whole, _, text) = stands(services, person).await?.ok_or(Error::NotFound("person"))?;
    if whole.state == "deactivated" || whole.is_redacted() {
        return Err(Error::Conflict("this person is locked out; take them back first".to_owned()));
    }
    let mut c = command(by, "person.reset_link", "person", Some(person));
    c.payload = payload(by, json!({}))?;
    services.write(c).await?;
    Ok(query(services, maker, person, &text))
}

/// Who a link is for, where it works.
pub async fn opened(services: &Services, person: &str, until: &str, tag: &str) -> Result<(Uuid, String)> {
    let (whole, _) = verified(services, person, until, tag).await?;
    let mut tx = services.db.snapshot().await?;
    let found = people::by_id(&mut tx, whole.id, domain::asof::OPEN - 1).await?;
    tx.rollback().await?;
    found.map(|p| (p.id, p.shown())).ok_or(Error::LinkGone)
}

async fn verified(services: &Services, person: &str, until: &str, tag: &str) -> Result<(Whole, Option<Uuid>)> {
    let id = parse(Noun::Person, person).map_err(|_| Error::LinkGone)?;
    let (whole, password, text) = stands(services, id).await?.ok_or(Error::LinkGone)?;
    let (ends, maker) = until.split_once('.').ok_or(Error::LinkGone)?;
    let in_time = ends.parse::<i64>().is_ok_and(|u| u >= services.clock.now().micros());
    let maker = parse(Noun::Person, maker).map_err(|_| Error::LinkGone)?;
    let still_may = super::current(services, maker).await?.is_some_and(|m| m.may(Action::ManagePeople));
    let genuine = same(tag, &mac(&services.keys.mac, &["password link", &show(Noun::Person, id), until, &text]));
    if in_time && genuine && still_may && whole.state != "deactivated" && !whole.is_redacted() {
        Ok((whole, password))
    } else {
        Err(Error::LinkGone)
    }
}

/// Sets the password a link is for; an invited person is active from here on. Sessions of before end.
pub async fn accept(services: &Services, person: &str, until: &str, tag: &str, password: &str) -> Result<Written> {
    let (whole, old) = verified(services, person, until, tag).await?;
    let checked = check("-", "-@-", password)?;
    let secret = hash_password(services, checked.password).await?;
    let who = Actor::person(whole.id);
    let invited = whole.state == "invited";
    let host = Principal::Host { user: "password link".to_owned() };
    let mut c = command(&host, if invited { "person.joined" } else { "person.password_reset" }, "person", Some(whole.id));
    c.actor = who;
    if invited {
        let key = vec![whole.id.into(), crate::identities::store_since(whole.since)];
        c.closes.push(Close { table: &tables::PERSON_VERSIONS, key });
        c.opens.push(whole.in_state("active"));
    }
    if let Some(old) = old {
        c.closes.push(Close { table: &tables::AUTHENTICATORS, key: vec![old.into()] });
    }
    // Whoever needed a new password may have lost more than the old one.
    let mut tx = services.db.snapshot().await?;
    let tokens = store::tokens::of_holder_or_minter(&mut tx, whole.id).await?;
    tx.rollback().await?;
    c.closes.extend(tokens.iter().map(|t| Close { table: &tables::TOKENS, key: vec![(*t).into()] }));
    c.opens.push(password_row(services, who, whole.id, &secret));
    let written = services.write(c).await?;
    store::sessions::end_of_person(&services.db, whole.id, "").await?;
    Ok(written)
}
