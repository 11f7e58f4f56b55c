//! Whether an assertion holds. The checks stand in the order of the specification; the first that fails is the answer.

use super::key::PublicKey;
use super::{Assertion, Refused, Site, client};
use crate::ids::PersonId;
use crate::merkle::Hash;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A passkey as it was enrolled, and what was last seen of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolled {
    pub person: PersonId,
    /// What the authenticator was told instead of a name; each passkey has its own.
    pub handle: Vec<u8>,
    pub credential: Vec<u8>,
    /// COSE_Key, as `key` writes it.
    pub key: Vec<u8>,
    /// Whether it can live on several devices: this never changes.
    pub backup_eligible: bool,
    /// The counter of its newest use.
    pub counter: u32,
}

/// What is done where a counter does not grow: a sign of copying, no proof of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counter {
    /// Refuse: decisions about what governs itself.
    Refuse,
    /// Accept and say so.
    Report,
}

/// What the verifier itself knows and configured.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    pub challenge: &'a Hash,
    pub person: PersonId,
    pub site: &'a Site,
    pub counter: Counter,
}

/// What an assertion that holds says besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// To be kept as the counter of the passkey.
    pub counter: u32,
    pub backed_up: bool,
    /// The counter did not grow: perhaps a copy.
    pub counter_fell: bool,
}

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const ATTESTED: u8 = 0x40;
const EXTENSIONS: u8 = 0x80;
/// Relying party, flags, counter.
const FIXED: usize = 37;

/// Verifies an assertion against the passkeys of a person as they were enrolled when it was made.
pub fn verify(assertion: &Assertion, expected: &Expected, enrolled: &[Enrolled]) -> Result<Seen, Refused> {
    let passkey = owned(assertion, expected.person, enrolled)?;
    client::check(&assertion.client_data.0, expected)?;
    let data = Data::parse(&assertion.authenticator_data.0)?;
    data.check(&expected.site.rp_id, passkey)?;
    let key = PublicKey::parse(&passkey.key).ok_or(Refused::UnsupportedAlgorithm)?;
    let message = [assertion.authenticator_data.0.as_slice(), &Sha256::digest(&assertion.client_data.0)].concat();
    if !key.holds(&message, &assertion.signature.0) {
        return Err(Refused::BadSignature);
    }
    let counter_fell = (data.counter != 0 || passkey.counter != 0) && data.counter <= passkey.counter;
    if counter_fell && expected.counter == Counter::Refuse {
        return Err(Refused::Counter);
    }
    Ok(Seen { counter: data.counter, backed_up: data.has(BACKED_UP), counter_fell })
}

/// The passkey that is named, where it is the person's and, if the answer says whose it is, it says them.
fn owned<'a>(assertion: &Assertion, person: PersonId, enrolled: &'a [Enrolled]) -> Result<&'a Enrolled, Refused> {
    if !assertion.is_small() {
        return Err(Refused::Malformed);
    }
    let mut own = enrolled.iter().filter(|k| k.person == person);
    let found = own.find(|k| k.credential == assertion.credential.0).ok_or(Refused::UnknownCredential)?;
    let another = assertion.user_handle.as_ref().is_some_and(|h| h.0 != found.handle);
    if another { Err(Refused::UnknownCredential) } else { Ok(found) }
}

/// `authenticatorData`, without what extensions say: none are asked for and none are read.
struct Data<'a> {
    relying_party: &'a [u8],
    flags: u8,
    counter: u32,
}

impl<'a> Data<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, Refused> {
        let (fixed, more) = bytes.split_at_checked(FIXED).ok_or(Refused::Malformed)?;
        let (relying_party, rest) = fixed.split_at(32);
        let (flags, counter) = (rest[0], [rest[1], rest[2], rest[3], rest[4]]);
        let data = Self { relying_party, flags, counter: u32::from_be_bytes(counter) };
        // Attested keys belong to an enrolment; what follows the fixed part is there only if the flags say so.
        if data.has(ATTESTED) || data.has(EXTENSIONS) == more.is_empty() {
            return Err(Refused::Malformed);
        }
        Ok(data)
    }

    fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    fn check(&self, rp_id: &str, passkey: &Enrolled) -> Result<(), Refused> {
        let ours: bool = self.relying_party.ct_eq(&Sha256::digest(rp_id.as_bytes())).into();
        let checks = [
            (ours, Refused::WrongRp),
            (self.has(USER_PRESENT), Refused::UserNotPresent),
            (self.has(USER_VERIFIED), Refused::UserNotVerified),
            (self.has(BACKUP_ELIGIBLE) || !self.has(BACKED_UP), Refused::BackupFlags),
            (self.has(BACKUP_ELIGIBLE) == passkey.backup_eligible, Refused::BackupChanged),
        ];
        checks.into_iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, why)| Err(why))
    }
}
