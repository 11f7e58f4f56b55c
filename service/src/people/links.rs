//! Links by which somebody chooses a password: an invitation, or a new password. A link is not stored: it names
//! the person, its end and what stood when it was made, under the installation's key. Once the password is set,
//! something else stands, so a link works once.

use super::act::governs;
use super::{MIN_PASSWORD, check, email_key, password};
use crate::context::Moment;
use crate::sessions::{mac, same};
use crate::{Act, Error, Principal, Result, Services, Written, standing};
use domain::ids::PersonId;
use domain::ledger::Actor;
use domain::permission::{Action, HeldRole, Role};
use domain::person::State;
use domain::time::{DAY, Timestamp};
use domain::verb::Verb;
use serde_json::json;
use store::engine::table::Declared;
use store::people::{Assignment, Authenticator, Person};
use store::tokens::Token;

/// How long a link works.
const LIFE: i64 = 3 * DAY;

/// What a link carries, as the query of its page.
fn query(services: &Services, by: PersonId, person: PersonId, stands: &Stands) -> String {
    // Who made it stands in it: a link does not outlive the right to make it.
    let until = format!("{}.{by}", stands.moment.now.plus(LIFE).micros());
    let tag = mac(&services.keys.mac, &["password link", &person.to_string(), &until, &stands.text]);
    format!("person={person}&until={until}&tag={tag}")
}

/// What must still stand for a link to work: the history that is written, the version of the person, the open password.
struct Stands {
    moment: Moment,
    person: Person,
    password: Option<Authenticator>,
    text: String,
}

async fn stands(services: &Services, id: PersonId) -> Result<Option<Stands>> {
    let mut tx = services.db.snapshot().await?;
    let moment = services.moment(&mut tx).await?;
    let person = standing::person(&mut tx, id).await?;
    let password = standing::password(&mut tx, id).await?;
    tx.rollback().await?;
    Ok(person.map(|person| {
        let chosen = password.as_ref().map(|p| p.id.to_string()).unwrap_or_default();
        // A link that was used in what a restored store lost must not work once more.
        let text = format!("{} {} {chosen}", moment.epoch, person.since);
        Stands { moment, person, password, text }
    }))
}

/// Adds a person without a password and gives the query of the link by which they choose one.
pub async fn invite(act: &Act, name: &str, email: &str, roles: &[Role]) -> Result<(PersonId, String)> {
    act.authorise(Action::ManagePeople)?;
    let maker = act.who().session_person()?;
    super::fit_together(roles)?;
    let services = act.services();
    let new = check(name, email, &"-".repeat(MIN_PASSWORD))?;
    let id: PersonId = act.id();
    let person = Person::new(id, &new.name, &new.email, &email_key(services, &new.email), &services.salt(), State::Invited);
    let mut c = act.command(Verb::PersonInvited, "person", Some(id.uuid()));
    c.requires.extend(governs(act));
    c.add(id.uuid(), person);
    c.opens.extend(roles.iter().map(|role| Assignment::new(act.id(), id, HeldRole::everywhere(*role)).open()));
    c.payload = act.payload(json!({ "roles": roles, "provenance": "bootstrap" }))?;
    act.write(c).await.map_err(super::taken)?;
    let stands = stands(services, id).await?.ok_or(Error::NotFound("person"))?;
    Ok((id, query(services, maker, id, &stands)))
}

/// The name of an active person, and a link by which they choose a new password. That it was made is on record.
pub async fn reset_link(act: &Act, person: PersonId) -> Result<(String, String)> {
    act.authorise(Action::ManagePeople)?;
    let maker = act.who().session_person()?;
    let stands = stands(act.services(), person).await?.ok_or(Error::NotFound("person"))?;
    if stands.person.state == State::Deactivated || stands.person.is_redacted() {
        return Err(Error::Conflict("This person is deactivated. Reactivate them first.".to_owned()));
    }
    let mut tx = act.snapshot().await?;
    let safe = crate::factors::link_lets_nobody_in(act.services(), &mut tx, person).await;
    tx.rollback().await?;
    safe?;
    let mut c = act.command(Verb::PasswordLink, "person", Some(person.uuid()));
    let (name, link) = (stands.person.shown(), query(act.services(), maker, person, &stands));
    c.requires.extend(governs(act));
    c.requires.push(stands.person.still());
    c.payload = act.payload(json!({}))?;
    act.write(c).await?;
    Ok((name, link))
}

/// Who a link is for, where it works.
pub async fn opened(services: &Services, person: &str, until: &str, tag: &str) -> Result<(PersonId, String)> {
    let stands = verified(services, person, until, tag).await?;
    Ok((stands.person.id, stands.person.shown()))
}

async fn verified(services: &Services, person: &str, until: &str, tag: &str) -> Result<Stands> {
    let id = PersonId::parse(person).map_err(|_| Error::LinkGone)?;
    let stands = stands(services, id).await?.ok_or(Error::LinkGone)?;
    let (ends, maker) = until.split_once('.').ok_or(Error::LinkGone)?;
    let now = stands.moment.now;
    let in_time = ends.parse::<i64>().is_ok_and(|u| Timestamp(u) >= now && Timestamp(u) <= now.plus(LIFE));
    let maker = PersonId::parse(maker).map_err(|_| Error::LinkGone)?;
    let still_may = super::current(services, maker).await?.is_some_and(|m| m.may(Action::ManagePeople));
    let genuine = same(tag, &mac(&services.keys.mac, &["password link", &id.to_string(), until, &stands.text]));
    let there = stands.person.state != State::Deactivated && !stands.person.is_redacted();
    if in_time && genuine && still_may && there { Ok(stands) } else { Err(Error::LinkGone) }
}

/// Sets the password a link is for; an invited person is active from here on. Sessions of before end.
pub async fn accept(services: &Services, person: &str, until: &str, tag: &str, new: &str) -> Result<Written> {
    let stands = verified(services, person, until, tag).await?;
    password::check(new)?;
    let secret = password::hash(services, new.to_owned()).await?;
    let id = stands.person.id;
    let mut tx = services.db.snapshot().await?;
    let safe = crate::factors::link_lets_nobody_in(services, &mut tx, id).await;
    tx.rollback().await?;
    // Made before the factors were reset: it would let in whoever holds it.
    safe.map_err(|_| Error::LinkGone)?;
    let who = Actor::person(id);
    let invited = stands.person.state == State::Invited;
    let link = Act::new(services, &Principal::Host { user: "password link".to_owned() });
    let mut c = link.command(if invited { Verb::PersonJoined } else { Verb::PasswordReset }, "person", Some(id.uuid()));
    c.actor = who;
    if invited {
        let active = stands.person.in_state(State::Active);
        c.replace(stands.person, active);
    } else {
        c.requires.push(stands.person.still());
    }
    c.closes.extend(stands.password.map(Declared::close));
    // Whoever needed a new password may have lost more than the old one.
    let mut tx = services.db.snapshot().await?;
    let tokens = store::tokens::of_holder_or_minter(&mut tx, id).await?;
    tx.rollback().await?;
    c.closes.extend(tokens.into_iter().map(Token::close));
    c.opens.push(password::row(services, who, id, &secret).open());
    // Two uses of one link at once: the second finds that what stood is gone.
    let written = link.write(c).await.map_err(|e| match e {
        Error::Conflict(_) => Error::LinkGone,
        other => other,
    })?;
    store::sessions::end_of_person(&services.db, id, "").await?;
    Ok(written)
}
