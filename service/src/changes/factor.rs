//! How somebody proves to be there when they decide: the one place that checks it. No way to do so is enrolled in this
//! version, so whatever asks for more than the session is refused, and says so before anybody decides.

use crate::{Error, Result};
use domain::change::Verdict;
use domain::change::route::{Auth, Block};
use domain::ids::PersonId;
use store::engine::db::Tx;

/// What a browser sends with a decision where its route asks for a passkey: the nonce it was given, and the assertion as
/// JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
pub struct Proof {
    pub nonce: String,
    pub assertion: String,
}

/// What was proven, to be kept with the decision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Proven {
    pub nonce: Option<String>,
    pub assertion: Option<String>,
}

/// What a proof must be about.
#[expect(dead_code, reason = "an assertion is compared with it")]
pub(super) struct Claim<'a> {
    pub person: PersonId,
    pub verdict: Verdict,
    /// Hex digests of the candidate and of what was on the page.
    pub candidate: &'a str,
    pub shown: &'a str,
}

/// Whether a factor that a cell asks for can be given at all.
pub(super) fn block(auth: Auth) -> Option<Block> {
    match auth {
        Auth::None => None,
        Auth::Reauth | Auth::Passkey => Some(Block::MissingFactor),
    }
}

/// Checks what somebody gives for a decision. Refuses whatever it cannot check.
pub(super) async fn prove(_tx: &mut Tx, auth: Auth, _claim: &Claim<'_>, _given: Option<&Proof>) -> Result<Proven> {
    match auth {
        Auth::None => Ok(Proven::default()),
        Auth::Reauth | Auth::Passkey => {
            Err(Error::MayNot(format!("Deciding on this change takes {}, and this version cannot check that yet.", auth.label())))
        }
    }
}
