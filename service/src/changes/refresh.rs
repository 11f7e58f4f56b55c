//! What the store made of a change in between: something it rests on moved, or is gone. A new candidate is computed, what was
//! approved of the old one is void and returns to who approved it; where nothing is left to change, the change is superseded.

use super::case::Case;
use super::decide::stepped;
use super::rows;
use super::weigh::{Weighed, needs_nobody};
use crate::{Error, Result, Services};
use domain::change::State;
use domain::change::candidate::{Candidate, Standing};
use domain::change::state::{Event, Review};
use domain::ids::CandidateId;
use domain::ledger::Actor;
use domain::seq::Seq;
use domain::time::SECOND;
use domain::verb::Verb;
use serde_json::json;
use store::changes::Change;
use store::changes::verdicts::ReviewEvent;
use store::engine::head;
use store::engine::table::Declared;
use store::engine::writer::Command;

/// Sets a change right that does not stand as it was; says what became of it. Does nothing where its state lets nothing
/// happen: then it is looked at again once it is back in review.
pub(super) async fn set_right(services: &Services, case: &Case) -> Result<String> {
    let Some(fate) = case.fate.filter(|_| matches!(case.change.state, State::InReview | State::Approved)) else {
        return Ok("What it rests on has changed. It is computed again once it is back in review.".to_owned());
    };
    let why = what_changed(case);
    let (command, said) = match &case.weighed {
        Some(weighed) => {
            (rebase(services, case, weighed, fate, &why).await?, format!("{why} It was computed again: read it, then decide."))
        }
        None => (superseded(services, case, &why)?, format!("{why} The change is superseded.")),
    };
    services.write(command).await?;
    services.bell.send_replace(());
    Ok(said)
}

/// A command of the server about a change.
pub(super) fn by_the_server(case: &Case, verb: Verb) -> Command {
    let mut c = Command::new(Actor::SYSTEM, verb.as_str(), "change", Some(case.change.id.uuid()));
    c.change_id = Some(case.change.id);
    c
}

/// What happened, as the timeline keeps it.
pub(super) fn event(services: &Services, case: &Case, event: Event, reason: &str) -> ReviewEvent {
    ReviewEvent {
        id: services.ids.make(),
        seq: Seq::ZERO,
        change_id: case.change.id,
        candidate_id: case.row.id,
        event,
        actor_kind: Actor::SYSTEM.kind,
        actor_id: None,
        content_id: None,
        reason: Some(reason.to_owned()),
    }
}

async fn rebase(services: &Services, case: &Case, weighed: &Weighed, fate: Event, why: &str) -> Result<Command> {
    let mut tx = services.db.snapshot().await?;
    let head = head::known(&mut tx).await?;
    tx.rollback().await?;
    let mut c = by_the_server(case, Verb::ChangeReturned);
    let back = if case.change.state == State::Approved { stepped(case, fate, Review::default())? } else { case.change.clone() };
    let id: CandidateId = services.ids.make();
    let (candidate, row) = rows::candidate(&head, id, case.change.id, case.candidate.operations.clone(), weighed)?;
    let change = anew(Change { since: Seq::ZERO, ..back }, &candidate, id, weighed, case);
    c.payload = payload(&json!({ "candidate": row.digest, "state": change.state, "reason": why }))?;
    c.jobs.extend(change.due_at.map(|due| rows::job(services, change.id, due)).transpose()?);
    c.replace(case.change.clone(), change);
    c.replace(case.row.clone(), row);
    if case.change.state == State::Approved {
        c.opens.push(event(services, case, fate, why).open());
    }
    let rebased = ReviewEvent { candidate_id: id, ..event(services, case, Event::Rebase, why) };
    c.opens.push(rebased.open());
    Ok(c)
}

/// A change under a new candidate: its review begins anew, unless nobody has to agree to it any more.
pub(super) fn anew(mut change: Change, candidate: &Candidate, id: CandidateId, weighed: &Weighed, case: &Case) -> Change {
    rows::placed(&mut change, id, weighed);
    change.review_ends_at = case.now.plus(i64::from(candidate.route.review) * SECOND);
    change.due_at = Some(change.review_ends_at);
    change.state = State::InReview;
    if needs_nobody(&candidate.route) {
        change.state = State::Approved;
        rows::approved(&mut change, &candidate.route, case.now);
    }
    change
}

fn superseded(services: &Services, case: &Case, why: &str) -> Result<Command> {
    let mut c = by_the_server(case, Verb::ChangeEnded);
    // What was approved is in review again before it ends.
    let change =
        Change { since: Seq::ZERO, state: State::Superseded, due_at: None, waits_until: None, lapses_at: None, ..case.change.clone() };
    c.payload = payload(&json!({ "candidate": case.row.digest, "state": change.state, "reason": why }))?;
    c.replace(case.change.clone(), change);
    if case.change.state == State::Approved {
        c.opens.push(event(services, case, Event::Stale, why).open());
    }
    c.opens.push(event(services, case, Event::TargetGone, why).open());
    Ok(c)
}

pub(super) fn payload(value: &serde_json::Value) -> Result<String> {
    domain::json::canonical(value).map_err(|e| Error::Internal(e.to_string()))
}

/// What is other than it was, in a sentence.
fn what_changed(case: &Case) -> String {
    let Some(weighed) = &case.weighed else {
        return case.gone.clone().unwrap_or_else(|| "What it changes is gone, or is there already.".to_owned());
    };
    let (was, is) = (&case.candidate, weighed);
    match case.candidate.base.standing(&weighed.base) {
        Standing::Stale => "Someone changed what it is about.".to_owned(),
        Standing::PolicyChanged => "The routing policy changed.".to_owned(),
        Standing::Same | Standing::Recompute if was.effect != is.effect => "What it comes to has changed.".to_owned(),
        Standing::Same | Standing::Recompute => "Who must agree to it has changed.".to_owned(),
    }
}
