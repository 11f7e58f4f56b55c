//! Signing a decision: the challenge names one candidate, what was shown, the person, a nonce and one verdict. Only passkeys for
//! decisions sign, never those somebody signs in with.

use super::assertion::{self, Question, Whom, enrolled, refused};
use super::{ceremony, tag};
use crate::sessions::same;
use crate::{Act, Error, Result, Services};
use domain::merkle::Hash;
use domain::passkey::{Bytes, Counter, Decided, Evidence, Purpose, Refused, Seen, Verdict, challenge};
use domain::person::AuthenticatorKind;
use domain::seq::Seq;
use serde::{Deserialize, Serialize};
use store::engine::db::Tx;
use store::engine::require::Require;
use store::engine::table::Declared;
use store::factors::{Ceremony, Use};
use store::people::authenticators_at;

/// What was asked for, until the answer comes.
#[derive(Serialize, Deserialize)]
struct Asked {
    nonce: Bytes,
    candidate: Bytes,
    shown: Bytes,
    verdict: Verdict,
}

/// A signature under a decision, which counts once what it uses up is used up with the decision.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    /// Base64url, as it stands in the evidence too.
    pub nonce: String,
    /// What is stored with the decision: `Evidence` as canonical text, which a verifier checks again offline.
    pub evidence: String,
    /// The question that was answered, and how far the passkey was used: for the command of the decision.
    pub uses: Vec<Use>,
    /// The passkey as it was read.
    pub still: Require,
}

fn whom(decided: &Decided) -> Whom {
    Whom { person: decided.person, kind: AuthenticatorKind::DecisionPasskey, purpose: Purpose::Decide }
}

/// Asks the caller's passkey to sign a verdict. The nonce is stored before anything is asked.
pub(crate) async fn begin_assertion(act: &Act, candidate: &Hash, shown: &Hash, verdict: Verdict) -> Result<Question> {
    let person = act.who().session_person()?;
    let (services, nonce) = (act.services(), act.services().random::<32>());
    let decided = Decided { candidate, shown, person, verdict };
    let bytes = |hash: &Hash| Bytes(hash.to_vec());
    let asked = Asked { nonce: Bytes(nonce.to_vec()), candidate: bytes(candidate), shown: bytes(shown), verdict };
    let state = serde_json::to_string(&asked).map_err(|e| Error::Internal(e.to_string()))?;
    let challenge = challenge::decision(candidate, shown, person, &nonce, verdict);
    assertion::ask(services, whom(&decided), &challenge, state).await
}

/// Judges the answer, for the very candidate, page and verdict that were asked about. `counter` says what is done where a passkey
/// may have been copied: refuse for what governs itself. A question that was answered wrongly has ended; one that was answered
/// rightly ends with the command of the decision, so that whoever was only overtaken need not sign again.
pub(crate) async fn finish_assertion(
    act: &Act,
    (ceremony, answer): (&str, &str),
    (candidate, shown, verdict): (&Hash, &Hash, Verdict),
    counter: Counter,
) -> Result<Signed> {
    let person = act.who().session_person()?;
    let (services, decided) = (act.services(), Decided { candidate, shown, person, verdict });
    let open = ceremony::open(services, person, Purpose::Decide, ceremony).await?;
    match signed(services, &open, answer, &decided, counter).await {
        Ok(mut signed) => {
            signed.uses.push(Use::Ceremony(open));
            Ok(signed)
        }
        Err(error) => {
            ceremony::take(services, &open).await?;
            Err(error)
        }
    }
}

async fn signed(services: &Services, open: &Ceremony, answer: &str, decided: &Decided<'_>, counter: Counter) -> Result<Signed> {
    let Decided { candidate, shown, person, verdict } = *decided;
    let asked: Asked = serde_json::from_str(&open.state).map_err(|e| Error::Internal(e.to_string()))?;
    let nonce: [u8; 32] = asked.nonce.0.as_slice().try_into().map_err(|_| refused(Refused::Malformed))?;
    if (asked.candidate.0.as_slice(), asked.shown.0.as_slice(), asked.verdict) != (candidate.as_slice(), shown.as_slice(), verdict) {
        return Err(Error::Conflict("You signed another version of this request. Read it again, then decide.".to_owned()));
    }
    let challenge = challenge::decision(candidate, shown, person, &nonce, verdict);
    let judged = assertion::judged(services, whom(decided), &challenge, answer, counter).await?;
    if judged.seen.counter_fell {
        assertion::suspect(services, person).await?;
    }
    let (row, answered, used) = judged.uses(services);
    let evidence = Evidence::new(row.id, &nonce, answered).text().map_err(|e| Error::Internal(e.to_string()))?;
    Ok(Signed { nonce: asked.nonce.text(), evidence, uses: used.into_iter().collect(), still: row.still() })
}

/// Whether what is stored with a decision is the person's signature under it, by a passkey as it was enrolled at the position of
/// the decision: asked again when a change is applied. Counters are not repeatable and not asked.
pub(crate) async fn check_evidence(
    services: &Services,
    tx: &mut Tx,
    evidence: &str,
    decided: &Decided<'_>,
    at: Seq,
) -> Result<std::result::Result<Seen, Refused>> {
    let Some(kept) = Evidence::parse(evidence) else { return Ok(Err(Refused::Malformed)) };
    let site = super::site(services)?;
    let rows = authenticators_at(tx, decided.person, at).await?;
    let genuine = rows
        .iter()
        .filter(|r| r.kind == AuthenticatorKind::DecisionPasskey && r.id == kept.authenticator && same(&r.mac, &tag(services, r)));
    let keys: Vec<_> = genuine.filter_map(|row| enrolled(row, None)).collect();
    Ok(kept.verify(decided, &site, &keys, Counter::Report))
}
