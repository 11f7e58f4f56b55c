//! Asking a passkey, and judging what it answered. The nonce is ours and used once; the judgement is `domain::passkey`.

use super::ceremony;
use super::marks::{self, Used};
use crate::people::record;
use crate::{Error, Result, Services};
use domain::ids::PersonId;
use domain::ledger::Actor;
use domain::merkle::Hash;
use domain::passkey::{Assertion, Bytes, Counter, Enrolled, Expected, Purpose, Refused, Seen, challenge, verify};
use domain::person::AuthenticatorKind;
use domain::verb::Verb;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::factors::Use;
use store::people::Authenticator;

/// What a page hands to the browser: the name of the ceremony, to be sent back with the answer, and the options of
/// `navigator.credentials`, binary members as base64url.
#[derive(Clone, Debug, Serialize)]
pub struct Question {
    pub ceremony: String,
    pub options: serde_json::Value,
}

/// What stands in the row of a passkey.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Key {
    pub credential: Bytes,
    /// COSE_Key.
    pub key: Bytes,
    pub backup_eligible: bool,
    /// The counter at its enrolment.
    pub counter: u32,
    pub transports: Vec<String>,
}

/// How a refused answer reads.
pub(super) fn refused(why: Refused) -> Error {
    tracing::warn!(%why, "an answer of a passkey was refused");
    Error::invalid("passkey", format!("The passkey wasn't accepted: {}. Try again, or use another one.", why.label()))
}

/// A passkey as it was enrolled; none where its row is not of that form.
pub(super) fn enrolled(row: &Authenticator, counter: Option<i64>) -> Option<Enrolled> {
    let key: Key = serde_json::from_str(&row.secret).ok()?;
    let counter = counter.and_then(|c| u32::try_from(c).ok()).unwrap_or(key.counter).max(key.counter);
    Some(Enrolled {
        person: row.person_id,
        handle: row.id.uuid().as_bytes().to_vec(),
        credential: key.credential.0,
        key: key.key.0,
        backup_eligible: key.backup_eligible,
        counter,
    })
}

/// Whom a question is put to: a person and the kind of their passkeys.
#[derive(Clone, Copy)]
pub(super) struct Whom {
    pub person: PersonId,
    pub kind: AuthenticatorKind,
    pub purpose: Purpose,
}

/// Puts a challenge to the passkeys of somebody.
pub(super) async fn ask(services: &Services, whom: Whom, challenge: &Hash, state: String) -> Result<Question> {
    let site = super::site(services)?;
    let factors = super::held(services, whom.person).await?;
    let keys: Vec<Key> = factors.iter().filter(|f| f.kind == whom.kind).filter_map(|f| serde_json::from_str(&f.secret).ok()).collect();
    if keys.is_empty() {
        return Err(Error::Conflict(format!("You have no {}. Add one under Profile, Security.", whom.kind.label())));
    }
    let allowed: Vec<_> =
        keys.iter().map(|k| json!({ "type": "public-key", "id": k.credential.text(), "transports": k.transports })).collect();
    let options = json!({
        "challenge": challenge::text(challenge), "rpId": site.rp_id, "timeout": super::MINUTES / 1000,
        "allowCredentials": allowed, "userVerification": "required",
    });
    Ok(Question { ceremony: ceremony::begin(services, whom.person, whom.purpose, state).await?, options })
}

/// An answer that holds.
pub(super) struct Judged {
    pub row: Authenticator,
    pub assertion: Assertion,
    pub seen: Seen,
    /// What was seen of the passkey before.
    before: Used,
    /// Its counter before.
    counter: u32,
}

impl Judged {
    /// How far the passkey is used by it, to be written with a command.
    pub fn uses(self, services: &Services) -> (Authenticator, Assertion, Option<Use>) {
        let grew = self.seen.counter > self.counter;
        let used = grew.then(|| marks::advancing(services, self.row.id, i64::from(self.seen.counter), self.before));
        (self.row, self.assertion, used)
    }
}

/// Judges an answer against the passkeys as they are now, and writes down how far the one that answered was used.
pub(super) async fn judge(services: &Services, whom: Whom, challenge: &Hash, answer: &str, counter: Counter) -> Result<()> {
    let judged = judged(services, whom, challenge, answer, counter).await?;
    let (seen, id) = (judged.seen, judged.row.id);
    if seen.counter_fell {
        suspect(services, whom.person).await?;
    } else if seen.counter > judged.counter && !marks::advance(services, id, i64::from(seen.counter), &judged.before).await? {
        return Err(refused(Refused::Counter));
    }
    Ok(())
}

/// That a passkey may have been copied is on record.
pub(super) async fn suspect(services: &Services, person: PersonId) -> Result<()> {
    record(services, Actor::person(person), Verb::PasskeySuspect, Some(person), "{}").await
}

/// Judges an answer against the passkeys as they are now; nothing is written.
pub(super) async fn judged(services: &Services, whom: Whom, challenge: &Hash, answer: &str, counter: Counter) -> Result<Judged> {
    let assertion = Assertion::parse(answer).ok_or_else(|| refused(Refused::Malformed))?;
    let site = super::site(services)?;
    let mut tx = services.db.snapshot().await?;
    let mut known = Vec::new();
    for row in super::of(services, &mut tx, whom.person).await?.into_iter().filter(|f| f.kind == whom.kind) {
        let used = marks::read(services, &mut tx, row.id).await?;
        known.extend(enrolled(&row, used.mark).map(|e| (e, row, used)));
    }
    tx.rollback().await?;
    let all: Vec<Enrolled> = known.iter().map(|(e, _, _)| e.clone()).collect();
    let expected = Expected { challenge, person: whom.person, site: &site, counter };
    let seen = verify(&assertion, &expected, &all).map_err(refused)?;
    let found = known.into_iter().find(|(e, _, _)| e.credential == assertion.credential.0);
    let (key, row, before) = found.ok_or_else(|| refused(Refused::UnknownCredential))?;
    Ok(Judged { row, assertion, seen, before, counter: key.counter })
}
