//! Asking for a redaction and carrying it out.

use super::read::asked;
use crate::{Act, Error, Result, Written};
use domain::permission::Action;
use domain::person::State;
use domain::redaction::{Reason, Subject};
use domain::seq::Seq;
use domain::verb::Verb;
use serde_json::json;
use store::engine::require::Require;
use store::engine::table::Declared;
use store::redactions::{self, Redaction};
use store::{ledger, people};

pub async fn ask(act: &Act, subject: &str, reason: &str) -> Result<Written> {
    act.authorise(Action::Redact)?;
    act.who().session_person()?;
    let subject = Subject::parse(subject).ok_or_else(|| {
        Error::invalid("subject", "Choose what to erase: open the text on the page of its identity and choose Request erasure.")
    })?;
    let reason = Reason::parse(reason).ok_or_else(|| Error::invalid("reason", "Choose a reason."))?;
    may_go(act, subject).await?;
    let mut c = act.command(Verb::RedactionAsked, subject.kind(), Some(subject.id()));
    c.payload = act.payload(json!({ "reason": reason }))?;
    act.write(c).await
}

/// Carries a request out. The second person is another one than the first; the database insists as well.
pub async fn confirm(act: &Act, seq: Seq) -> Result<Written> {
    act.authorise(Action::Redact)?;
    let second = act.who().session_person()?;
    let mut tx = act.snapshot().await?;
    let entry = ledger::range(&mut tx, seq.plus(-1), seq, 1).await?.pop();
    let now = act.services().moment(&mut tx).await?.now;
    tx.rollback().await?;
    let open = entry.and_then(|e| asked(&e, now)).ok_or(Error::NotFound("erasure request"))?;
    let reason = open.reason.ok_or(Error::NotFound("erasure request"))?;
    if open.by == second {
        return Err(Error::Conflict("You requested this erasure. Someone else has to confirm it.".to_owned()));
    }
    let stands = may_go(act, open.subject).await?;
    let mut c = act.command(Verb::RedactionCarriedOut, open.subject.kind(), Some(open.subject.id()));
    c.requires.extend(stands);
    c.opens.push(Redaction::new(act.id(), open.subject, reason, open.by, second).open());
    c.erases.push(open.subject);
    c.payload = act.payload(json!({ "asked": open.seq, "reason": reason }))?;
    act.write(c).await
}

/// Whether something stands there that may go; gives what must still hold when it does.
async fn may_go(act: &Act, subject: Subject) -> Result<Option<Require>> {
    let mut tx = act.snapshot().await?;
    let stands = redactions::stands(&mut tx, subject).await?;
    let person = match subject {
        Subject::Person(id) => people::by_id(&mut tx, id, Seq::NOW).await?,
        Subject::Blob(_) => None,
    };
    tx.rollback().await?;
    if person.as_ref().is_some_and(|p| p.state != State::Deactivated) {
        return Err(Error::invalid("subject", "This person can still sign in. Deactivate the account first."));
    }
    if !stands {
        return Err(Error::invalid("subject", "This text doesn't exist, or is already erased."));
    }
    Ok(person.map(Declared::still))
}
