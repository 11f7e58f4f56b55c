//! What people said: each decision with its signature and the passkey that made it, each consent.

use super::row::{Row, hash};
use super::tables::{AUTHENTICATORS, CONSENTS, DECISIONS};
use super::verify::{Case, Judged, refuse, require, unused};
use super::{Approval, Missing, Step, Trust};
use crate::change::route::Auth;
use crate::change::{ConsentVerdict, Verdict};
use crate::ids::PersonId;
use crate::json::sha256_hex;
use crate::passkey::{Bytes, Counter, Decided, Enrolled, Evidence};
use crate::person::AuthenticatorKind;
use crate::seq::Seq;
use crate::verb::Verb;
use serde::Deserialize;
use std::collections::BTreeSet;
use uuid::Uuid;

/// What stands in the row of a passkey, as far as its signatures go.
#[derive(Deserialize)]
struct Key {
    credential: Bytes,
    key: Bytes,
    backup_eligible: bool,
    counter: u32,
}

/// Every approval, each of another human who did not write the change; signed where the route asks for that.
pub(super) fn approvals(case: &Case, trust: &Trust, missing: &mut Vec<Missing>) -> Judged<Vec<Approval>> {
    let step = Step::Decision;
    let (authors, signs) = (case.authors(), case.candidate.route.cell.auth == Auth::Passkey);
    if signs && trust.site.is_none() {
        missing.push(Missing::Site);
    }
    let (mut out, mut humans, mut used) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for row in case.rows(DECISIONS) {
        let Some(person) = row.id("person_id").map(PersonId::new) else { return refuse(step, "It names nobody.") };
        let approves = row.text("verdict") == Verdict::Approve.as_str();
        require(approves, step, "Somebody did not approve it.")?;
        require(row.int("independent") == 1, step, "Somebody approved it who is not independent.")?;
        let entry = case.said(row, Verb::ChangeApproved, Some(person.uuid()))?;
        require(!authors.contains(&person), step, "Its author approved it.")?;
        require(humans.insert(row.text("human")), step, "One human approved it twice.")?;
        let passkey = if signs { Some(signed(case, trust, row, person, &mut used)?) } else { None };
        out.push(Approval { person, seq: row.seq, at: entry.at, passkey });
    }
    unused(case, &used)?;
    Ok(out)
}

/// Checks the signature under a decision; gives the SHA-256 of its passkey and the entry that added that.
fn signed(case: &Case, trust: &Trust, row: &Row, person: PersonId, used: &mut BTreeSet<Uuid>) -> Judged<(String, Seq)> {
    let step = Step::Signature;
    let evidence = row.given("assertion").and_then(Evidence::parse).filter(|e| row.given("nonce") == Some(e.nonce.text().as_str()));
    let Some(evidence) = evidence else { return refuse(step, format!("The decision at entry {} has none.", row.seq)) };
    let (enrolled, since) = enrolment(case, evidence.authenticator.uuid(), person, row.seq)?;
    let fingerprint = sha256_hex(&enrolled.key);
    let known = trust.passkeys.is_empty() || trust.passkeys.contains(&fingerprint);
    require(known, Step::Enrolment, &format!("The passkey {fingerprint} is none of those you know."))?;
    used.insert(evidence.authenticator.uuid());
    let Some(shown) = hash(row.text("shown")) else { return refuse(Step::Shown, "A SHA-256 can't be read.") };
    let decided = Decided { candidate: &case.digest, shown: &shown, person, verdict: Verdict::Approve.into() };
    let Some(site) = trust.site else { return Ok((fingerprint, since)) };
    match evidence.verify(&decided, site, &[enrolled], Counter::Report) {
        Ok(_) => Ok((fingerprint, since)),
        Err(why) => refuse(step, format!("The decision at entry {}: {}.", row.seq, why.label())),
    }
}

/// The passkey as its person added it, before they decided.
fn enrolment(case: &Case, id: Uuid, person: PersonId, before: Seq) -> Judged<(Enrolled, Seq)> {
    let step = Step::Enrolment;
    let Some(row) = case.rows(AUTHENTICATORS).find(|row| row.id("id") == Some(id)) else {
        return refuse(step, "The passkey of a decision is missing.");
    };
    require(row.text("kind") == AuthenticatorKind::DecisionPasskey.as_str(), step, "It doesn't sign decisions.")?;
    let owned = row.id("person_id") == Some(person.uuid()) && row.id("enrolled_by_id") == Some(person.uuid());
    require(owned, step, "It is somebody else's, or somebody else added it.")?;
    let entry = case.entry(row.seq, step)?;
    let added =
        entry.verb == Verb::FactorAdded.as_str() && entry.subject_id == Some(person.uuid()) && entry.actor.id == Some(person.uuid());
    require(added && row.seq < before, step, "Its ledger entry doesn't say that the person added it before.")?;
    let Ok(key) = serde_json::from_str::<Key>(row.text("secret")) else { return refuse(step, "Its key can't be read.") };
    let (handle, credential) = (id.as_bytes().to_vec(), key.credential.0);
    Ok((Enrolled { person, handle, credential, key: key.key.0, backup_eligible: key.backup_eligible, counter: key.counter }, row.seq))
}

/// Every consent, of this candidate and by whoever gave it; how many there are.
pub(super) fn consents(case: &Case) -> Judged<usize> {
    let mut count = 0;
    for row in case.rows(CONSENTS) {
        let gives = row.text("verdict") == ConsentVerdict::Consent.as_str();
        require(gives, Step::Decision, "Somebody refused to consent.")?;
        case.said(row, Verb::ChangeConsented, row.id("person_id"))?;
        count += 1;
    }
    Ok(count)
}
