//! Somebody who lost all of their factors: one person asks for a reset, another one carries it out, and both stand in the ledger.
//! It takes the factors away and gives nobody a way in: the password stays, and no link to a new one is made before the person
//! has a factor again. One of the two is a security reviewer where there is one, and a day lies between them: a person who signs
//! in by that factor meanwhile has not lost it, which ends the request. Once an installation is sealed, a reset is a change of
//! the gate.

use super::{any_second, held};
use crate::{Act, Error, Read, Result, Services, Written, standing};
use domain::ids::PersonId;
use domain::permission::{Action, HeldRole, Role};
use domain::seq::Seq;
use domain::time::{DAY, Timestamp};
use domain::verb::Verb;
use serde_json::json;
use store::engine::db::Tx;
use store::engine::table::Declared;
use store::ledger::{self, last_about};
use store::people::{self, Person};

/// How long a request waits before it may be carried out, and until when it may.
const WAIT: i64 = DAY;
const LIFE: i64 = 7 * DAY;

/// A request that waits for a second person.
#[derive(Clone, Debug)]
pub struct Pending {
    pub seq: Seq,
    pub at: Timestamp,
    pub person: PersonId,
    pub name: String,
    pub by: PersonId,
    pub by_name: String,
    /// From when on it may be carried out.
    pub ready_at: Timestamp,
    /// Whether the reader may be the second person now.
    pub may_carry_out: bool,
}

/// Whoever asks, and whoever carries out, is neither the person nor each other.
fn another(first: PersonId, second: PersonId, why: &str) -> Result<()> {
    if first == second { Err(Error::Conflict(why.to_owned())) } else { Ok(()) }
}

/// The person, where there is something to reset and nobody could get in by it.
async fn resettable(act: &Act, person: PersonId) -> Result<Person> {
    let mut tx = act.snapshot().await?;
    let found = standing::person(&mut tx, person).await?.filter(Person::is_active);
    let chosen = newest(&mut tx, person, &[Verb::PasswordLink, Verb::PasswordReset]).await?;
    let own = newest(&mut tx, person, &[Verb::SignedIn]).await?;
    tx.rollback().await?;
    let found = found.ok_or(Error::NotFound("person"))?;
    if !any_second(&held(act.services(), person).await?) {
        return Err(Error::Conflict("This person has no second factor. There is nothing to reset.".to_owned()));
    }
    // Somebody who holds a password link and has the factors taken away would be let in as the person.
    if chosen > own {
        return Err(Error::Conflict(
            "A password link was made for this person. They have to sign in once before their second factors can be reset.".to_owned(),
        ));
    }
    Ok(found)
}

async fn newest(tx: &mut Tx, person: PersonId, verbs: &[Verb]) -> Result<Option<Seq>> {
    let mut newest = None;
    for verb in verbs {
        newest = newest.max(last_about(tx, person.uuid(), verb.as_str()).await?.map(|(seq, _)| seq));
    }
    Ok(newest)
}

/// Fails where a link to a new password would let whoever makes it in: the factors were reset, and none is held that a sign-in
/// asks for. A passkey for decisions is none of those.
pub(crate) async fn link_lets_nobody_in(services: &Services, tx: &mut Tx, person: PersonId) -> Result<()> {
    if newest(tx, person, &[Verb::FactorsReset]).await?.is_some() && !any_second(&super::of(services, tx, person).await?) {
        return Err(Error::Conflict(
            "The second factors of this person were reset. They have to sign in and add one before the password can be reset.".to_owned(),
        ));
    }
    Ok(())
}

/// Asks for a reset of somebody's second factors.
pub async fn ask_reset(act: &Act, person: PersonId) -> Result<Written> {
    act.authorise(Action::ResetFactors)?;
    let first = act.who().session_person()?;
    another(first, person, "You can't reset your own second factors. Remove them under Profile, Security.")?;
    super::require_confirmed(act).await?;
    let found = resettable(act, person).await?;
    let mut c = act.command(Verb::ResetAsked, "person", Some(person.uuid()));
    c.requires.push(found.still());
    c.payload = act.payload(json!({}))?;
    act.write(c).await
}

/// The open request of an entry.
async fn open(tx: &mut Tx, seq: Seq, now: Timestamp) -> Result<Option<(Timestamp, PersonId, PersonId)>> {
    let Some(found) = ledger::range(tx, seq.plus(-1), seq, 1).await?.pop() else { return Ok(None) };
    let entry = found.entry;
    let (Some(person), Some(by)) = (entry.subject_id.map(PersonId::new), entry.actor.id.map(PersonId::new)) else { return Ok(None) };
    if entry.verb != Verb::ResetAsked.as_str() || now.since(entry.at) > LIFE {
        return Ok(None);
    }
    // Whoever signs in needs no reset: they have shown a second factor.
    let newer = newest(tx, person, &[Verb::FactorsReset, Verb::ResetAsked, Verb::SignedIn]).await?;
    Ok((newer == Some(seq)).then_some((entry.at, person, by)))
}

/// True where one of the two is a security reviewer, or nobody but the person could be.
async fn is_secured(tx: &mut Tx, person: PersonId, two: [PersonId; 2]) -> Result<bool> {
    let mut anybody = false;
    for held in store::deciders::roles(tx).await?.into_iter().map(|held| held.assignment) {
        let (other, role) = (held.person_id, held.held());
        if other == person || role.is_none_or(|held| held.role != Role::SecurityReviewer) {
            continue;
        }
        // Of the two their own rows are asked.
        let role = |held: &HeldRole| held.role == Role::SecurityReviewer;
        if two.contains(&other) && standing::roles(tx, other).await?.iter().any(role) {
            return Ok(true);
        }
        anybody |= people::by_id(tx, other, Seq::NOW).await?.is_some_and(|p| p.is_active());
    }
    Ok(!anybody)
}

/// Carries a request out: every second factor, passkey and recovery code of the person ends, and every session.
pub async fn carry_out_reset(act: &Act, seq: Seq) -> Result<Written> {
    act.authorise(Action::ResetFactors)?;
    let second = act.who().session_person()?;
    let mut tx = act.snapshot().await?;
    let now = act.services().moment(&mut tx).await?.now;
    let asked = open(&mut tx, seq, now).await?;
    let (at, person, first) = asked.ok_or(Error::NotFound("reset request"))?;
    let secured = is_secured(&mut tx, person, [first, second]).await;
    tx.rollback().await?;
    another(first, second, "You requested this reset. Someone else has to confirm it.")?;
    another(person, second, "You can't confirm the reset of your own second factors.")?;
    if !secured? {
        return Err(Error::Conflict("One of the two who reset second factors has to be a security reviewer.".to_owned()));
    }
    if now.since(at) < WAIT {
        return Err(Error::Conflict(format!(
            "A reset waits a day, so that its person can sign in. Confirm it from {}.",
            at.plus(WAIT).rfc3339()
        )));
    }
    super::require_confirmed(act).await?;
    let found = resettable(act, person).await?;
    let mut c = act.command(Verb::FactorsReset, "person", Some(person.uuid()));
    c.requires.push(found.still());
    c.closes.extend(held(act.services(), person).await?.into_iter().map(Declared::close));
    c.payload = act.payload(json!({ "asked": seq }))?;
    let written = act.write(c).await?;
    store::sessions::end_of_person(&act.services().db, person, "").await?;
    Ok(written)
}

/// The requests that wait, newest first.
pub async fn pending_resets(read: &mut Read) -> Result<Vec<Pending>> {
    read.authorise(Action::ResetFactors)?;
    let (now, reader, may) = (read.as_of().at, read.who().person_id(), read.is_now());
    let mut found = Vec::new();
    for seq in ledger::newest_of_verb(read.tx(), Verb::ResetAsked.as_str()).await? {
        let Some((at, person, by)) = open(read.tx(), seq, now).await? else { continue };
        let (name, by_name) = (name(read.tx(), person).await?, name(read.tx(), by).await?);
        let ready_at = at.plus(WAIT);
        let second = reader.filter(|r| may && *r != by && *r != person && now >= ready_at);
        let may_carry_out = match second {
            Some(second) => is_secured(read.tx(), person, [by, second]).await?,
            None => false,
        };
        found.push(Pending { seq, at, person, name, by, by_name, ready_at, may_carry_out });
    }
    Ok(found)
}

async fn name(tx: &mut Tx, person: PersonId) -> Result<String> {
    Ok(people::by_id(tx, person, Seq::NOW).await?.map_or_else(|| "someone".to_owned(), |p| p.shown()))
}
