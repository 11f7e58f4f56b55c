//! Adding a passkey: the ceremony is webauthn-rs's; what is kept of it is ours, so that an assertion can be judged by
//! `domain::passkey`, here and offline.

use super::assertion::{Key, Question};
use super::{act, ceremony, row};
use crate::{Act, Error, Principal, Result, Services};
use domain::ids::AuthenticatorId;
use domain::passkey::{Bytes, Purpose, Site, key};
use domain::person::AuthenticatorKind;
use serde::{Deserialize, Serialize};
use webauthn_rs::prelude::{COSEKeyType, Credential, Passkey, PasskeyRegistration, RegisterPublicKeyCredential, Url};
use webauthn_rs::{Webauthn, WebauthnBuilder};

/// What an enrolment waits with.
#[derive(Serialize, Deserialize)]
struct Waiting {
    id: AuthenticatorId,
    kind: AuthenticatorKind,
    state: PasskeyRegistration,
}

fn internal(error: impl std::fmt::Display) -> Error {
    Error::Internal(error.to_string())
}

/// Where passkeys of this installation are used; none where its address is no name.
pub fn site(services: &Services) -> Result<Site> {
    Site::of(services.address()).ok_or_else(|| {
        Error::Conflict("Passkeys need a server name with https, or localhost. Ask an admin to set the public address.".to_owned())
    })
}

fn webauthn(services: &Services) -> Result<Webauthn> {
    let site = site(services)?;
    let origin = Url::parse(services.address()).map_err(internal)?;
    WebauthnBuilder::new(&site.rp_id, &origin).map_err(internal)?.rp_name("Countersign").build().map_err(internal)
}

/// Asks the browser for a new passkey of the caller: one to sign in with, or one that signs decisions.
pub async fn passkey_question(act: &Act, kind: AuthenticatorKind) -> Result<Question> {
    let Principal::Person { id: person, name, email, .. } = act.who() else { return Err(Error::NotASession) };
    super::require_confirmed(act).await?;
    let services = act.services();
    let held = super::held(services, *person).await?;
    act::room(&held, kind)?;
    let known = held.iter().filter(|f| f.kind == kind).filter_map(|f| serde_json::from_str::<Key>(&f.secret).ok());
    let known = known.map(|k| k.credential.0).collect();
    // Each passkey has a handle of its own: a device keeps the one for decisions beside the one for signing in.
    let id: AuthenticatorId = act.id();
    let shown = if kind == AuthenticatorKind::DecisionPasskey { format!("{name} (decisions)") } else { name.clone() };
    let (options, state) = webauthn(services)?.start_passkey_registration(id.uuid(), email, &shown, Some(known)).map_err(internal)?;
    let options = serde_json::to_value(options.public_key).map_err(internal)?;
    let state = serde_json::to_string(&Waiting { id, kind, state }).map_err(internal)?;
    Ok(Question { ceremony: ceremony::begin(services, *person, Purpose::Enrol, state).await?, options })
}

/// Keeps the passkey that the browser made.
pub async fn add_passkey(act: &Act, (ceremony, answer): (&str, &str), label: &str) -> Result<act::Added> {
    let person = act.who().session_person()?;
    super::require_confirmed(act).await?;
    let services = act.services();
    let label = act::label(label)?;
    let state = ceremony::end(services, person, Purpose::Enrol, ceremony).await?;
    let waiting: Waiting = serde_json::from_str(&state).map_err(internal)?;
    let unread = || Error::invalid("passkey", "The answer of the browser can't be read. Add the passkey again.");
    let answer: RegisterPublicKeyCredential = serde_json::from_str(answer).map_err(|_| unread())?;
    let made = webauthn(services)?.finish_passkey_registration(&answer, &waiting.state).map_err(|why| {
        tracing::warn!(%why, "a new passkey was refused");
        Error::invalid("passkey", "The browser's answer doesn't belong to this request. Add the passkey again.")
    })?;
    let transports = answer.response.transports.iter().flatten().filter_map(|t| serde_json::to_value(t).ok()?.as_str().map(str::to_owned));
    let kept = kept(made, transports.collect()).ok_or_else(|| {
        Error::invalid("passkey", "This passkey's algorithm isn't supported. ES256, ES384 and RS256 are. Use another device.")
    })?;
    let secret = domain::json::canonical(&kept).map_err(internal)?;
    let row = row(services, (waiting.id, person), waiting.kind, secret, act.who().actor());
    act::add(act, row, label).await
}

/// What is kept of it: our own form of the key, and what the assertions to come are compared with.
fn kept(made: Passkey, transports: Vec<String>) -> Option<Key> {
    let made: Credential = made.into();
    let cose = match &made.cred.key {
        COSEKeyType::EC_EC2(point) => key::of_point(&point.x, &point.y)?,
        COSEKeyType::RSA(rsa) => key::of_rsa(&rsa.n, &rsa.e),
        COSEKeyType::EC_OKP(_) => return None,
    };
    key::PublicKey::parse(&cose)?;
    Some(Key {
        credential: Bytes(made.cred_id),
        key: Bytes(cose),
        backup_eligible: made.backup_eligible,
        counter: made.counter,
        transports,
    })
}
