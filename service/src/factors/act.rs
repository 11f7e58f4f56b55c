//! Adding and removing one's own factors. Who does it has shown a moment ago that they are the one they say.

use super::{any_second, held, recovery, require_confirmed, row, totp};
use crate::{Act, Error, Result, Written, standing};
use domain::ids::{AuthenticatorId, PersonId};
use domain::person::AuthenticatorKind;
use domain::verb::Verb;
use serde_json::json;
use store::engine::require::Require;
use store::engine::table::Declared;
use store::people::Authenticator;

/// The most of one kind.
const MOST: usize = 10;

/// A factor that was added.
pub struct Added {
    pub written: Written,
    /// The recovery codes that came with the first one: shown once.
    pub codes: Option<String>,
}

/// What somebody calls a factor.
pub(super) fn label(text: &str) -> Result<String> {
    crate::name("label", text)
        .map(str::to_owned)
        .map_err(|_| Error::invalid("label", "Enter a name of at most 100 characters, e.g. Work phone."))
}

/// Fails where there are so many of the kind already.
pub(super) fn room(held: &[Authenticator], kind: AuthenticatorKind) -> Result<()> {
    if held.iter().filter(|f| f.kind == kind).count() < MOST {
        return Ok(());
    }
    Err(Error::Conflict(format!("You have {MOST} of this kind. Remove one first.")))
}

/// The person as they are: somebody deactivated meanwhile adds nothing.
async fn still(act: &Act, person: PersonId) -> Result<Require> {
    let mut tx = act.snapshot().await?;
    let found = standing::person(&mut tx, person).await?;
    tx.rollback().await?;
    found.filter(|p| p.is_active()).map(Declared::still).ok_or(Error::NotFound("person"))
}

/// Keeps an authenticator app, once a code of it was typed.
pub async fn add_app(act: &Act, sealed: &str, code: &str, name: &str) -> Result<Added> {
    let person = act.who().session_person()?;
    require_confirmed(act).await?;
    let (services, name) = (act.services(), label(name)?);
    let now = services.present().await?.now;
    let (secret, step) = totp::accepted(act, sealed, code, now)?;
    if totp::is_held(services, &held(services, person).await?, &secret) {
        return Err(Error::Conflict("This authenticator app is already added.".to_owned()));
    }
    let id: AuthenticatorId = act.id();
    let kept = totp::kept(services, &secret, id, person)?;
    // Ahead of the row: the code that was typed here signs nobody in.
    totp::used(services, id, step).await?;
    add(act, row(services, (id, person), AuthenticatorKind::Totp, kept, act.who().actor()), name).await
}

/// Opens the row of a factor; with the first one that is asked for at the sign-in come recovery codes.
pub(super) async fn add(act: &Act, mut new: Authenticator, label: String) -> Result<Added> {
    let person = new.person_id;
    let held = held(act.services(), person).await?;
    room(&held, new.kind)?;
    new.label = label;
    let mut c = act.command(Verb::FactorAdded, "person", Some(person.uuid()));
    c.requires.push(still(act, person).await?);
    c.payload = act.payload(json!({ "kind": new.kind }))?;
    let first = new.kind.is_second() && !any_second(&held) && !held.iter().any(|f| f.kind == AuthenticatorKind::RecoveryCode);
    c.opens.push(new.open());
    let mut codes = None;
    if first {
        let (rows, text) = recovery::make(act, person);
        c.opens.extend(rows.into_iter().map(Declared::open));
        codes = Some(text);
    }
    Ok(Added { written: act.write(c).await?, codes })
}

/// Ten new recovery codes; the old ones end.
pub async fn new_codes(act: &Act) -> Result<(Written, String)> {
    let person = act.who().session_person()?;
    require_confirmed(act).await?;
    let held = held(act.services(), person).await?;
    if !any_second(&held) {
        return Err(Error::Conflict("Add a passkey or an authenticator app first. Recovery codes stand in for it.".to_owned()));
    }
    let mut c = act.command(Verb::RecoveryCodes, "person", Some(person.uuid()));
    c.requires.push(still(act, person).await?);
    c.closes.extend(held.into_iter().filter(|f| f.kind == AuthenticatorKind::RecoveryCode).map(Declared::close));
    let (rows, text) = recovery::make(act, person);
    c.opens.extend(rows.into_iter().map(Declared::open));
    Ok((act.write(c).await?, text))
}

/// Removes a factor; with the last one go the recovery codes.
pub async fn remove(act: &Act, id: AuthenticatorId) -> Result<Written> {
    let person = act.who().session_person()?;
    require_confirmed(act).await?;
    let held = held(act.services(), person).await?;
    let (gone, left): (Vec<_>, Vec<_>) = held.into_iter().partition(|f| f.id == id && f.kind != AuthenticatorKind::RecoveryCode);
    let gone = gone.into_iter().next().ok_or(Error::NotFound("sign-in method"))?;
    let mut c = act.command(Verb::FactorRemoved, "person", Some(person.uuid()));
    c.payload = act.payload(json!({ "kind": gone.kind }))?;
    c.closes.push(gone.close());
    if !any_second(&left) {
        c.closes.extend(left.into_iter().filter(|f| f.kind == AuthenticatorKind::RecoveryCode).map(Declared::close));
    }
    act.write(c).await
}
