//! People with second factors.

use super::device::{Device, ORIGIN};
use super::{at, by, host, services as plain};
use domain::asof::Wanted;
use domain::permission::Role;
use domain::person::AuthenticatorKind;
use domain::time::SECOND;
use service::factors;
use service::{Act, Confirmed, Error, Principal, Services, Strength, people};
use store::testing::Scratch;
use totp_rs::{Builder, Secret};

pub const PASSWORD: &str = "a long password of tests";
pub const HERE: &str = "192.0.2.7";

pub fn services(s: &Scratch) -> Services {
    plain(s).at(ORIGIN)
}

pub async fn person(services: &Services, email: &str, role: Role) -> Principal {
    people::add(&by(services, &host()), email, email, PASSWORD, &[role]).await.expect("added")
}

/// Somebody who has just shown who they are.
pub fn fresh(services: &Services, who: &Principal, strength: Strength) -> Act {
    by(services, &who.clone().confirmed_by(Some(Confirmed { at: services.now(), strength })))
}

pub fn code(text: &str, services: &Services) -> String {
    let secret = Secret::try_from_base32(text.replace(' ', "")).expect("base32");
    let totp = Builder::new().with_secret(secret).build().expect("a secret");
    totp.generate((services.now().micros() / SECOND) as u64).to_string()
}

/// An app of somebody: the text of its secret, and the recovery codes that came with it.
pub async fn app(services: &Services, who: &Principal, strength: Strength) -> (String, Vec<String>) {
    let act = fresh(services, who, strength);
    let offer = factors::offer(&act).expect("an offer");
    let added = factors::add_app(&act, &offer.sealed, &code(&offer.text, services), "Phone").await.expect("added");
    let codes = added.codes.unwrap_or_default().lines().map(str::to_owned).collect();
    (offer.text, codes)
}

pub async fn passkey(services: &Services, who: &Principal, strength: Strength, kind: AuthenticatorKind, number: u8) -> Device {
    let act = fresh(services, who, strength);
    let mut device = Device::new(number);
    let question = factors::passkey_question(&act, kind).await.expect("a question");
    let made = device.create(&question.options);
    factors::add_passkey(&act, (&question.ceremony, &made), "Key").await.expect("added");
    device
}

/// The first step: what the page of the second one carries.
pub async fn pending(services: &Services, email: &str) -> String {
    match people::sign_in(services, email, PASSWORD, HERE).await {
        Err(Error::SecondStep(pending)) => pending,
        other => panic!("{other:?}"),
    }
}

pub fn refused<T>(result: &Result<T, Error>, field: &str) -> bool {
    matches!(result, Err(Error::Invalid { field: f, .. }) if *f == field)
}

/// Their look at the present.
pub async fn at_now(services: &Services, who: &Principal) -> service::Read {
    at(services, who, Wanted::Now).await
}
