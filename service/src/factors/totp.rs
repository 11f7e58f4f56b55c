//! One-time codes of an authenticator app (RFC 6238: SHA-1, six digits, 30 seconds, what every app can).

use super::{marks, seal};
use crate::{Act, Error, Result, Services};
use domain::ids::{AuthenticatorId, PersonId};
use domain::person::AuthenticatorKind;
use domain::time::{SECOND, Timestamp};
use qrcodegen::{QrCode, QrCodeEcc};
use store::people::Authenticator;
use subtle::ConstantTimeEq;
use totp_rs::{Builder, Secret};

const STEP: i64 = 30;

/// A secret that is offered to an app and not kept before a code of it was typed.
pub struct Offer {
    /// Carries it through the form, sealed to the person.
    pub sealed: String,
    /// For whoever types it: groups of four letters and digits.
    pub text: String,
    /// The modules of the QR code, dark ones, as a path over `size` by `size` units.
    pub path: String,
    pub size: i32,
}

/// The code of a step.
fn code(secret: &[u8], step: i64) -> Option<String> {
    let totp = Builder::new().with_secret(Secret::new(secret.into())).build().ok()?;
    Some(totp.generate(u64::try_from(step * STEP).ok()?).to_string())
}

/// The step a code belongs to: the present one, the one before or the one after, and never one up to `used`.
fn step_of(secret: &[u8], given: &str, now: Timestamp, used: Option<i64>) -> Option<i64> {
    let present = now.micros() / SECOND / STEP;
    let given: String = given.chars().filter(|c| !c.is_whitespace()).collect();
    let fits = |step: &i64| code(secret, *step).is_some_and(|code| bool::from(code.as_bytes().ct_eq(given.as_bytes())));
    (present - 1..=present + 1).filter(|step| used.is_none_or(|used| *step > used)).find(fits)
}

fn to(id: AuthenticatorId, person: PersonId) -> [String; 3] {
    ["authenticator app".to_owned(), id.to_string(), person.to_string()]
}

/// What stands in the row of an app.
pub(super) fn kept(services: &Services, secret: &[u8], id: AuthenticatorId, person: PersonId) -> Result<String> {
    let to = to(id, person);
    seal::seal(services, secret, &to.each_ref().map(String::as_str))
        .ok_or_else(|| Error::Internal("a secret could not be sealed".to_owned()))
}

/// True where one of these apps has the secret: a form that is sent twice would give one code two lives.
pub(super) fn is_held(services: &Services, held: &[Authenticator], secret: &[u8]) -> bool {
    held.iter().filter(|f| f.kind == AuthenticatorKind::Totp).any(|app| {
        let to = to(app.id, app.person_id);
        seal::open(services, &app.secret, &to.each_ref().map(String::as_str)).is_some_and(|own| own == secret)
    })
}

/// Takes a code of an app and uses its step up. False where it does not fit, or was used.
pub(super) async fn take(services: &Services, app: &Authenticator, given: &str, now: Timestamp) -> Result<bool> {
    let to = to(app.id, app.person_id);
    let Some(secret) = seal::open(services, &app.secret, &to.each_ref().map(String::as_str)) else {
        tracing::error!(authenticator = %app.id, "the secret of an authenticator app does not open");
        return Ok(false);
    };
    let mut tx = services.db.snapshot().await?;
    let used = marks::read(services, &mut tx, app.id).await?;
    tx.rollback().await?;
    match step_of(&secret, given, now, used.mark) {
        Some(step) => marks::advance(services, app.id, step, &used).await,
        None => Ok(false),
    }
}

/// Uses a step of an app up whose row is only being made.
pub(super) async fn used(services: &Services, id: AuthenticatorId, step: i64) -> Result<()> {
    let mut tx = services.db.snapshot().await?;
    let none = marks::read(services, &mut tx, id).await?;
    tx.rollback().await?;
    marks::advance(services, id, step, &none).await.map(|_| ())
}

/// A new secret for the app of the caller.
pub fn offer(act: &Act) -> Result<Offer> {
    let person = act.who().session_person()?;
    let secret = act.services().random::<20>();
    let sealed = seal::seal(act.services(), &secret, &["offered app", &person.to_string()]);
    let sealed = sealed.ok_or_else(|| Error::Internal("a secret could not be sealed".to_owned()))?;
    shown(act, &secret, sealed)
}

/// The same offer once more, where a code did not fit.
pub fn offered(act: &Act, sealed: &str) -> Result<Offer> {
    shown(act, &opened(act, sealed)?, sealed.to_owned())
}

fn opened(act: &Act, sealed: &str) -> Result<Vec<u8>> {
    let person = act.who().session_person()?;
    let secret = seal::open(act.services(), sealed, &["offered app", &person.to_string()]);
    secret.ok_or_else(|| Error::invalid("code", "This QR code is no longer valid. Scan the new one."))
}

/// The secret of an offer and the step that a code of it used up.
pub(super) fn accepted(act: &Act, sealed: &str, given: &str, now: Timestamp) -> Result<(Vec<u8>, i64)> {
    let secret = opened(act, sealed)?;
    let step = step_of(&secret, given, now, None);
    let step = step.ok_or_else(|| Error::invalid("code", "This code doesn't fit. Enter the newest code of the app."))?;
    Ok((secret, step))
}

fn shown(act: &Act, secret: &[u8], sealed: String) -> Result<Offer> {
    let crate::Principal::Person { email, .. } = act.who() else { return Err(Error::NotASession) };
    let text = Secret::new(secret.into()).to_base32();
    let account: String = email
        .bytes()
        .map(|b| if b.is_ascii_alphanumeric() || b"-._".contains(&b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect();
    let address = format!("otpauth://totp/Countersign:{account}?secret={text}&issuer=Countersign");
    let code = QrCode::encode_text(&address, QrCodeEcc::Medium).map_err(|e| Error::Internal(e.to_string()))?;
    let groups: Vec<&str> = text.as_bytes().chunks(4).filter_map(|g| std::str::from_utf8(g).ok()).collect();
    Ok(Offer { sealed, text: groups.join(" "), path: path(&code), size: code.size() + 2 * QUIET })
}

/// The margin that readers need.
const QUIET: i32 = 4;

fn path(code: &QrCode) -> String {
    let all = 0..code.size();
    let dark = all.clone().flat_map(|y| all.clone().map(move |x| (x, y))).filter(|(x, y)| code.get_module(*x, *y));
    dark.map(|(x, y)| format!("M{} {}h1v1h-1z", x + QUIET, y + QUIET)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of RFC 6238, appendix B, for SHA-1: eight digits there, the last six here.
    #[test]
    fn codes_are_those_of_the_standard() {
        for (seconds, expected) in
            [(59i64, "287082"), (1_111_111_109, "081804"), (1_111_111_111, "050471"), (1_234_567_890, "005924"), (2_000_000_000, "279037")]
        {
            assert_eq!(code(b"12345678901234567890", seconds / STEP).as_deref(), Some(expected), "{seconds}");
        }
    }

    #[test]
    fn a_code_fits_a_step_around_now_and_none_that_was_used() {
        let secret = b"12345678901234567890";
        let at = |seconds: i64| Timestamp(seconds * SECOND);
        let given = code(secret, 100).expect("a code");
        for (now, fits) in [(2969, false), (2970, true), (3000, true), (3059, true), (3060, false)] {
            assert_eq!(step_of(secret, &given, at(now), None), fits.then_some(100), "{now}");
        }
        assert_eq!(step_of(secret, &format!("{} {}", &given[..3], &given[3..]), at(3000), Some(99)), Some(100));
        assert_eq!(step_of(secret, &given, at(3000), Some(100)), None, "used");
        assert_eq!(step_of(secret, &given, at(3000), Some(101)), None, "older than one that was used");
        for wrong in ["", "1", "1234567", "000000"] {
            assert_eq!(step_of(secret, wrong, at(3000), None), None, "{wrong}");
        }
    }
}
