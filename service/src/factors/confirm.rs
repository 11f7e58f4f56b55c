//! Showing anew who one is, within a session: asked before factors are changed and, with two factors, before decisions that ask
//! for it. It counts for five minutes and never stands for the signature under a decision.

use super::assertion::Question;
use super::attempts::counted;
use super::second::{Answer, check, question};
use super::{any_second, held, of};
use crate::people::password_of;
use crate::principal::{Confirmed, Strength};
use crate::{Act, Error, Principal, Read, Result};
use domain::ids::PersonId;
use domain::passkey::Purpose;
use domain::time::Timestamp;
use store::people::Authenticator;

/// What somebody gives: the password, and what the second factor says.
pub struct Given<'a> {
    pub password: &'a str,
    pub answer: Option<Answer<'a>>,
}

/// A challenge to the passkeys of the caller.
pub async fn confirm_question(act: &Act) -> Result<Question> {
    let person = act.who().session_person()?;
    question(act.services(), person, Purpose::Reauth).await
}

/// Whether it is the person: a passkey, password and code, or the password where there is no second factor. What comes back
/// belongs into the session.
pub async fn confirm(act: &Act, given: Given<'_>, address: &str) -> Result<Confirmed> {
    let person = act.who().session_person()?;
    let strength = counted(act.services(), person, address, shown(act, person, given)).await?;
    Ok(Confirmed { at: act.services().present().await?.now, strength })
}

async fn shown(act: &Act, person: PersonId, given: Given<'_>) -> Result<Strength> {
    let services = act.services();
    let second = any_second(&held(services, person).await?);
    if let Some(answer @ Answer::Passkey(_, _)) = given.answer {
        // Possession and, as the authenticator has checked who uses it, a second one.
        check(services, person, answer, Purpose::Reauth).await?;
        return Ok(Strength::Two);
    }
    if !password_of(services, person, given.password).await? {
        return Err(Error::invalid("password", "This isn't your current password."));
    }
    match given.answer {
        Some(answer @ Answer::Code(_)) if second => check(services, person, answer, Purpose::Reauth).await.map(|_| Strength::Two),
        _ if second => Err(Error::invalid("code", "Enter the newest code of your authenticator app, or use your passkey.")),
        _ => Ok(Strength::One),
    }
}

/// Whether somebody has shown within five minutes who they are, by everything they have.
fn is_fresh(who: &Principal, now: Timestamp, factors: &[Authenticator]) -> bool {
    match who.confirmed(now) {
        Some(Strength::Two) => true,
        Some(Strength::One) => !any_second(factors),
        None => false,
    }
}

/// The same of the reader, for pages whose forms ask for it.
pub async fn is_confirmed(read: &mut Read) -> Result<bool> {
    let (services, who, now) = (read.services().clone(), read.who().clone(), read.as_of().at);
    let factors = of(&services, read.tx(), who.session_person()?).await?;
    Ok(is_fresh(&who, now, &factors))
}

/// Fails where the caller has not shown within five minutes who they are, by everything they have.
pub async fn require_confirmed(act: &Act) -> Result<()> {
    let person = act.who().session_person()?;
    let now = act.services().present().await?.now;
    if is_fresh(act.who(), now, &held(act.services(), person).await?) { Ok(()) } else { Err(Error::Unconfirmed) }
}

/// Fails where the caller has not shown within five minutes, by two factors, who they are.
pub async fn require_reauth(act: &Act) -> Result<()> {
    let person = act.who().session_person()?;
    let now = act.services().present().await?.now;
    if act.who().confirmed(now) == Some(Strength::Two) {
        return Ok(());
    }
    if any_second(&held(act.services(), person).await?) {
        return Err(Error::Unconfirmed);
    }
    Err(Error::Conflict("This needs a second factor. Add a passkey or an authenticator app under Profile, Security.".to_owned()))
}
