//! Recovery codes: ten at a time, each for one sign-in in place of the second factor. Only a keyed digest of each is kept;
//! a used one is closed by its entry.

use super::row;
use crate::sessions::mac;
use crate::{Act, Services};
use domain::ids::PersonId;
use domain::person::AuthenticatorKind;
use store::people::Authenticator;

const CODES: usize = 10;
/// Letters and digits that are not taken for one another: 16 of them are 80 bits.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// What is kept of a code: it is found by that.
pub(super) fn kept(services: &Services, person: PersonId, code: &str) -> String {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    mac(&services.keys.mac, &["recovery code", &person.to_string(), &plain])
}

/// New codes of the caller: their rows, and the text that is shown once.
pub(super) fn make(act: &Act, person: PersonId) -> (Vec<Authenticator>, String) {
    let services = act.services();
    let codes: Vec<String> = (0..CODES).map(|_| code(&services.random::<16>())).collect();
    let one =
        |code: &String| row(services, (act.id(), person), AuthenticatorKind::RecoveryCode, kept(services, person, code), act.who().actor());
    (codes.iter().map(one).collect(), codes.join("\n"))
}

/// `xxxx-xxxx-xxxx-xxxx`.
fn code(random: &[u8; 16]) -> String {
    let letters: Vec<char> = random.iter().map(|b| char::from(ALPHABET[usize::from(b & 31)])).collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}
