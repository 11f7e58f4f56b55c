//! The second step of the sign-in. Between the two steps nothing is stored: the page carries who gave the right password, until
//! when that counts and which password it was, under the installation's key.

use super::assertion::{self, Question, Whom};
use super::attempts::counted;
use super::read::Choices;
use super::{MINUTES, any_second, ceremony, held, is_in_time, recovery, totp};
use crate::context::Moment;
use crate::people::{current, signed_in};
use crate::principal::{Confirmed, Strength};
use crate::sessions::{mac, same};
use crate::{Error, Principal, Result, Services, standing};
use domain::ids::{AuthenticatorId, PersonId};
use domain::ledger::Actor;
use domain::merkle::Hash;
use domain::passkey::{Bytes, Counter, Purpose};
use domain::person::AuthenticatorKind;
use domain::time::Timestamp;
use domain::verb::Verb;
use serde_json::json;
use store::engine::table::Declared;
use store::engine::writer::Command;

/// What somebody answers the second question with.
#[derive(Clone, Copy)]
pub enum Answer<'a> {
    Code(&'a str),
    /// The name of the ceremony and the JSON of the browser.
    Passkey(&'a str, &'a str),
    Recovery(&'a str),
}

fn step_mac(services: &Services, (person, password): (PersonId, AuthenticatorId), until: i64, epoch: i64) -> String {
    let (until, epoch) = (until.to_string(), epoch.to_string());
    mac(&services.keys.mac, &["second step", &person.to_string(), &password.to_string(), &until, &epoch])
}

/// What the page between the two steps carries.
pub(crate) fn pending(services: &Services, of: (PersonId, AuthenticatorId), moment: &Moment) -> String {
    let until = moment.now.plus(MINUTES).micros();
    format!("{}.{until}.{}", of.0, step_mac(services, of, until, moment.epoch))
}

/// Who gave their password a moment ago: with the password that is still theirs.
async fn first_step(services: &Services, pending: &str) -> Result<PersonId> {
    let mut parts = pending.splitn(3, '.');
    let (Some(person), Some(until), Some(tag)) = (parts.next(), parts.next(), parts.next()) else { return Err(Error::StepGone) };
    let person = PersonId::parse(person).map_err(|_| Error::StepGone)?;
    let until: i64 = until.parse().map_err(|_| Error::StepGone)?;
    let mut tx = services.db.snapshot().await?;
    let moment = services.moment(&mut tx).await?;
    let password = standing::password(&mut tx, person).await?;
    tx.rollback().await?;
    let genuine = password.is_some_and(|p| same(tag, &step_mac(services, (person, p.id), until, moment.epoch)));
    if genuine && is_in_time(Timestamp(until), moment.now) { Ok(person) } else { Err(Error::StepGone) }
}

/// What whoever stands at the second step can answer with.
pub async fn waits_for(services: &Services, pending: &str) -> Result<Choices> {
    let person = first_step(services, pending).await?;
    Ok(Choices::of(services, &held(services, person).await?))
}

/// A challenge to the passkeys of whoever stands there.
pub async fn second_question(services: &Services, pending: &str) -> Result<Question> {
    let person = first_step(services, pending).await?;
    question(services, person, Purpose::SignIn).await
}

fn whom(person: PersonId, purpose: Purpose) -> Whom {
    Whom { person, kind: AuthenticatorKind::Passkey, purpose }
}

/// A random challenge to the passkeys somebody signs in with.
pub(super) async fn question(services: &Services, person: PersonId, purpose: Purpose) -> Result<Question> {
    let challenge: Hash = services.random();
    assertion::ask(services, whom(person, purpose), &challenge, Bytes(challenge.to_vec()).text()).await
}

/// Takes the second answer and lets the person in.
pub async fn second(services: &Services, pending: &str, answer: Answer<'_>, address: &str) -> Result<Principal> {
    let person = first_step(services, pending).await?;
    let kind = counted(services, person, address, check(services, person, answer, Purpose::SignIn)).await?;
    let who = current(services, person).await?.ok_or(Error::SignInFailed)?;
    signed_in(services, person, Some(kind)).await?;
    let at = services.present().await?.now;
    Ok(who.confirmed_by(Some(Confirmed { at, strength: Strength::Two })))
}

/// Whether an answer is right; gives what it was. It is used up.
pub(super) async fn check(services: &Services, person: PersonId, answer: Answer<'_>, purpose: Purpose) -> Result<AuthenticatorKind> {
    match answer {
        Answer::Code(code) => code_fits(services, person, code).await,
        Answer::Passkey(name, answer) => {
            let state = ceremony::end(services, person, purpose, name).await?;
            let challenge = Bytes::parse(&state).and_then(|b| Hash::try_from(b.0.as_slice()).ok());
            let challenge = challenge.ok_or_else(|| Error::Internal("a ceremony without a challenge".to_owned()))?;
            assertion::judge(services, whom(person, purpose), &challenge, answer, Counter::Report).await?;
            Ok(AuthenticatorKind::Passkey)
        }
        Answer::Recovery(code) => use_recovery(services, person, code).await,
    }
}

async fn code_fits(services: &Services, person: PersonId, code: &str) -> Result<AuthenticatorKind> {
    let now = services.present().await?.now;
    for app in held(services, person).await?.iter().filter(|f| f.kind == AuthenticatorKind::Totp) {
        if totp::take(services, app, code, now).await? {
            return Ok(AuthenticatorKind::Totp);
        }
    }
    Err(Error::invalid("code", "This code doesn't fit or was used. Wait for the next one."))
}

/// Uses a recovery code up: of two uses at once only one closes its row.
async fn use_recovery(services: &Services, person: PersonId, code: &str) -> Result<AuthenticatorKind> {
    let wrong = || Error::invalid("recovery", "This recovery code doesn't fit or was used. Use another one.");
    let held = held(services, person).await?;
    let kept = recovery::kept(services, person, code);
    let all: Vec<_> = held.iter().filter(|f| f.kind == AuthenticatorKind::RecoveryCode).collect();
    let found = all.iter().find(|f| same(&f.secret, &kept)).filter(|_| any_second(&held)).ok_or_else(wrong)?;
    let mut c = Command::new(Actor::person(person), Verb::RecoveryUsed.as_str(), "person", Some(person.uuid()));
    c.closes.push((**found).clone().close());
    c.payload = domain::json::canonical(&json!({ "left": all.len() - 1 })).map_err(|e| Error::Internal(e.to_string()))?;
    services.write(c).await.map_err(|error| match error {
        Error::Conflict(_) => wrong(),
        other => other,
    })?;
    Ok(AuthenticatorKind::RecoveryCode)
}
