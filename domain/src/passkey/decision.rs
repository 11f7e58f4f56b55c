//! The signature of a decision as it is kept: what an offline verifier needs besides the candidate, the enrolment and its own
//! configuration.

use super::challenge::{self, Verdict};
use super::{Assertion, Bytes, Counter, Enrolled, Expected, Refused, Seen, Site, verify};
use crate::ids::{AuthenticatorId, PersonId};
use crate::json::{self, NotCanonical};
use crate::merkle::Hash;
use serde::{Deserialize, Serialize};

/// The version of what is kept.
const V: u8 = 1;

/// What a person decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decided<'a> {
    pub candidate: &'a Hash,
    pub shown: &'a Hash,
    pub person: PersonId,
    pub verdict: Verdict,
}

/// An assertion with the nonce of its challenge and the passkey that made it. Kept as RFC 8785 text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    v: u8,
    pub authenticator: AuthenticatorId,
    pub nonce: Bytes,
    pub assertion: Assertion,
}

impl Evidence {
    pub fn new(authenticator: AuthenticatorId, nonce: &[u8; 32], assertion: Assertion) -> Self {
        Self { v: V, authenticator, nonce: Bytes(nonce.to_vec()), assertion }
    }

    /// Reads what is kept; none where it is of another version or not that.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str::<Self>(text).ok().filter(|e| e.v == V)
    }

    /// The text that is kept.
    pub fn text(&self) -> Result<String, NotCanonical> {
        json::canonical(self)
    }

    /// Whether it is the person's signature under this very decision, by a passkey as it was enrolled then.
    pub fn verify(&self, decided: &Decided, site: &Site, enrolled: &[Enrolled], counter: Counter) -> Result<Seen, Refused> {
        let nonce = self.nonce.0.as_slice().try_into().map_err(|_| Refused::Malformed)?;
        let challenge = challenge::decision(decided.candidate, decided.shown, decided.person, nonce, decided.verdict);
        verify(&self.assertion, &Expected { challenge: &challenge, person: decided.person, site, counter }, enrolled)
    }
}
