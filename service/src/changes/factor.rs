//! How somebody proves to be there when they decide: the one place that asks for it and checks it. A route asks for nothing
//! beside the session, for having shown anew by two factors who one is, or for a signature under this very decision.

use crate::{Act, Result, Services, factors};
use domain::change::Verdict;
use domain::change::route::{Auth, Block};
use domain::merkle::Hash;
use domain::passkey::{Counter, Decided};
use store::changes::verdicts::Decision;
use store::engine::db::Tx;
use store::engine::require::Require;
use store::factors::Use;

/// What a browser sends with a decision where its route asks for a passkey: the name of the question it was given, and the
/// answer as JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    pub ceremony: String,
    pub answer: String,
}

/// What was proven, to be kept with the decision, and what is used up with it.
#[derive(Default)]
pub(super) struct Proven {
    pub nonce: Option<String>,
    pub assertion: Option<String>,
    pub uses: Vec<Use>,
    /// The passkey that signed is still the person's.
    pub requires: Option<Require>,
}

/// What a proof must be about.
pub(super) struct Claim<'a> {
    pub verdict: Verdict,
    /// Hex digests of the candidate and of what was on the page.
    pub candidate: &'a str,
    pub shown: &'a str,
    /// What is done where a passkey may have been copied.
    pub counter: Counter,
}

/// A digest as its 32 bytes.
pub(super) fn hash(hex: &str) -> Result<Hash> {
    let bytes = hex::decode(hex).ok().and_then(|bytes| Hash::try_from(bytes).ok());
    bytes.ok_or_else(|| crate::Error::Internal("a digest that is none".to_owned()))
}

/// What keeps a factor that a cell asks for from being given in this installation at all. Who has one is asked person by person.
pub(super) fn block(services: &Services, auth: Auth) -> Option<Block> {
    match auth {
        Auth::None | Auth::Reauth => None,
        Auth::Passkey => factors::site(services).is_err().then_some(Block::MissingFactor),
    }
}

/// Checks what somebody gives for a decision. Refuses whatever it cannot check.
pub(super) async fn prove(act: &Act, auth: Auth, claim: &Claim<'_>, given: Option<&Proof>) -> Result<Proven> {
    match auth {
        Auth::None => Ok(Proven::default()),
        Auth::Reauth => factors::require_reauth(act).await.map(|()| Proven::default()),
        Auth::Passkey => {
            let Proof { ceremony, answer } = given.cloned().unwrap_or_default();
            let what = (&hash(claim.candidate)?, &hash(claim.shown)?, claim.verdict.into());
            let signed = factors::finish_assertion(act, (&ceremony, &answer), what, claim.counter).await?;
            Ok(Proven { nonce: Some(signed.nonce), assertion: Some(signed.evidence), uses: signed.uses, requires: Some(signed.still) })
        }
    }
}

/// Whether a decision is signed as its route asks: asked again whenever it counts. Loud where it is not.
pub(super) async fn is_signed(services: &Services, tx: &mut Tx, auth: Auth, candidate: &str, decision: &Decision) -> Result<bool> {
    if auth != Auth::Passkey {
        return Ok(true);
    }
    let (candidate, shown) = (hash(candidate)?, hash(&decision.shown)?);
    let decided = Decided { candidate: &candidate, shown: &shown, person: decision.person_id, verdict: decision.verdict.into() };
    let evidence = decision.assertion.as_deref().unwrap_or_default();
    let checked = factors::check_evidence(services, tx, evidence, &decided, decision.seq).await?;
    if let Err(why) = checked {
        tracing::error!(decision = %decision.id, %why, "a decision is not signed by a passkey of its person: it does not count");
    }
    Ok(checked.is_ok())
}
