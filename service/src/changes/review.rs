//! What is said of a change and decides nothing by itself: questions and answers, stepping aside, objections, withdrawing it
//! and proposing it again.

use super::case::Case;
use super::decide::{Say, again, moved, not_now, opened};
use super::draft::{self, Proposal};
use super::refresh::anew;
use super::rows;
use super::submit::{existing, fits, keep};
use super::weigh::{Asker, weigh};
use crate::{Act, Error, Result, Written};
use domain::change::independence::Against;
use domain::change::state::{Event, Part, Review, next};
use domain::ids::{CandidateId, ChangeId, PersonId};
use domain::permission::Action;
use domain::seq::Seq;
use domain::verb::Verb;
use serde_json::json;
use store::changes::verdicts::ReviewEvent;
use store::changes::{Change, ChangeSubject};
use store::engine::head;
use store::engine::table::Declared;
use store::engine::writer::Command;

/// Asks the author something; the review waits for the answer.
pub async fn ask(act: &Act, id: ChangeId, say: &Say) -> Result<Written> {
    act.authorise(Action::ReadChanges)?;
    again!(act, said(act, id, say, Event::Ask, Verb::ChangeAsked))
}

/// Steps aside: this person is asked no more.
pub async fn recuse(act: &Act, id: ChangeId, say: &Say) -> Result<Written> {
    act.authorise(Action::DecideChange)?;
    again!(act, said(act, id, say, Event::Recuse, Verb::ChangeRecused))
}

/// Objects to what was approved, while its wait runs: it is back in review.
pub async fn object(act: &Act, id: ChangeId, say: &Say) -> Result<Written> {
    act.authorise(Action::DecideChange)?;
    again!(act, said(act, id, say, Event::Object, Verb::ChangeObjected))
}

async fn said(act: &Act, id: ChangeId, say: &Say, event: Event, verb: Verb) -> Result<Written> {
    let (mut case, person) = opened(act, id, say).await?;
    next(case.change.state, event, Review::default()).map_err(|why| not_now(&case, why))?;
    let mut tx = act.snapshot().await?;
    let proven = case.everybody.proven(act.services(), &mut tx, &[person].into()).await;
    tx.rollback().await?;
    proven?;
    let text = draft::text("text", &say.text)?;
    if text.is_empty() {
        return Err(Error::invalid("text", "Write what you mean, so that others can act on it."));
    }
    let owner = event == Event::Ask && case.parts(act.who().actor(), Some(person)).contains(&Part::Owner);
    if event == Event::Object && case.change.waits_until.is_none_or(|until| until <= case.now) {
        return Err(Error::Conflict("Its wait is over. Undo it once it is effective.".to_owned()));
    }
    let allowed = owner || if event == Event::Object { case.may_object(person) } else { missing_only_a_factor(&case, person) };
    if !allowed {
        return Err(Error::MayNot("Only who may decide on a change can do this.".to_owned()));
    }
    let mut c = moved(act, &case, event, verb, false)?;
    let content = Some(keep(act, &mut c, &text));
    c.opens.push(row(act, &case, event, content).open());
    act.write(c).await
}

/// Who lacks nothing but a factor may ask and step aside all the same: neither takes one.
fn missing_only_a_factor(case: &Case, person: PersonId) -> bool {
    case.against(person).iter().all(|why| *why == Against::NoFactor)
}

fn row(act: &Act, case: &Case, event: Event, content_id: Option<domain::ids::BlobId>) -> ReviewEvent {
    let actor = act.who().actor();
    ReviewEvent {
        id: act.id(),
        seq: Seq::ZERO,
        change_id: case.change.id,
        candidate_id: case.row.id,
        event,
        actor_kind: actor.kind,
        actor_id: actor.id,
        content_id,
        reason: None,
    }
}

/// A case of the caller's own change.
async fn own(act: &Act, id: ChangeId, event: Event) -> Result<Case> {
    let mut tx = act.snapshot().await?;
    let case = Case::load(act.services(), &mut tx, id).await;
    tx.rollback().await?;
    let case = case?;
    if !case.is_author(act.who().actor()) {
        return Err(Error::MayNot("Only who asked for a change can do this.".to_owned()));
    }
    next(case.change.state, event, Review::default()).map_err(|why| not_now(&case, why))?;
    Ok(case)
}

/// Answers a question. The first time, the review is as much longer as the answer took.
pub async fn answer(act: &Act, id: ChangeId, text: &str) -> Result<Written> {
    act.authorise(Action::ProposeChange)?;
    let text = draft::text("text", text)?;
    if text.is_empty() {
        return Err(Error::invalid("text", "Write an answer."));
    }
    again!(act, answered(act, id, &text))
}

async fn answered(act: &Act, id: ChangeId, text: &str) -> Result<Written> {
    let case = own(act, id, Event::Answer).await?;
    let mut c = moved(act, &case, Event::Answer, Verb::ChangeAnswered, false)?;
    prolong(act, &case, &mut c).await?;
    let content = Some(keep(act, &mut c, text));
    c.opens.push(row(act, &case, Event::Answer, content).open());
    act.write(c).await
}

async fn prolong(act: &Act, case: &Case, c: &mut Command) -> Result<()> {
    let mut questions = case.events.iter().filter(|e| e.event == Event::Ask);
    let (Some(asked), None) = (questions.next(), questions.next()) else { return Ok(()) };
    let mut tx = act.snapshot().await?;
    let at = head::written(&mut tx, asked.seq).await;
    tx.rollback().await?;
    let took = at?.map_or(0, |at| case.now.since(at));
    let ends = case.change.review_ends_at.plus(took);
    let longer = Change {
        since: Seq::ZERO,
        review_ends_at: ends,
        due_at: Some(ends),
        state: domain::change::State::InReview,
        ..case.change.clone()
    };
    c.opens.retain(|row| row.table.name != "change_versions");
    c.opens.push(longer.open());
    c.jobs = vec![rows::job(act.services(), case.change.id, ends)?];
    Ok(())
}

/// Withdraws a change of one's own.
pub async fn withdraw(act: &Act, id: ChangeId) -> Result<Written> {
    act.authorise(Action::ProposeChange)?;
    again!(act, withdrawn(act, id))
}

async fn withdrawn(act: &Act, id: ChangeId) -> Result<Written> {
    let case = own(act, id, Event::Withdraw).await?;
    let mut c = moved(act, &case, Event::Withdraw, Verb::ChangeWithdrawn, false)?;
    c.opens.push(row(act, &case, Event::Withdraw, None).open());
    act.write(c).await
}

/// Proposes something else in the place of one's own change: a new candidate, and whatever was approved is void.
pub async fn propose_again(act: &Act, id: ChangeId, proposal: &Proposal) -> Result<Written> {
    act.authorise(Action::ProposeChange)?;
    again!(act, proposed_anew(act, id, proposal))
}

async fn proposed_anew(act: &Act, id: ChangeId, proposal: &Proposal) -> Result<Written> {
    let case = own(act, id, Event::Rebase).await?;
    let c = proposed_again(act, &case, proposal).await?;
    act.write(c).await
}

async fn proposed_again(act: &Act, case: &Case, proposal: &Proposal) -> Result<Command> {
    let services = act.services();
    let mut tx = act.snapshot().await?;
    let draft = draft::read(act, &mut tx, proposal).await?;
    // Whoever minted the token it comes by now may have written it.
    let minted_by = draft.asker.minted_by.or(case.change.minted_by_id);
    let asker = Asker { minted_by, ..case.asker() };
    let weighed = Box::pin(weigh(services, &mut tx, &draft.operations, &asker, case.now, Some(case.change.id))).await?;
    fits(act, &mut tx, &weighed, case.now, Some(case.change.id)).await?;
    let head = head::known(&mut tx).await?;
    let subjects = existing(&mut tx, &weighed).await?;
    let known = store::changes::subjects_of(&mut tx, case.change.id, Seq::NOW).await?;
    tx.rollback().await?;
    let id: CandidateId = act.id();
    let (candidate, row_of) = rows::candidate(&head, id, case.change.id, draft.operations, &weighed)?;
    let mut c = act.command(Verb::ChangeRebased, "change", Some(case.change.id.uuid()));
    c.change_id = Some(case.change.id);
    let mut change = anew(Change { since: Seq::ZERO, ..case.change.clone() }, &candidate, id, &weighed, case);
    change.justification_id = Some(keep(act, &mut c, &draft.justification));
    change.rollback_id = draft.rollback.as_deref().map(|text| keep(act, &mut c, text));
    (change.ticket, change.minted_by_id) = (draft.ticket, minted_by);
    c.payload = act.payload(json!({ "candidate": row_of.digest, "state": change.state }))?;
    c.jobs.extend(change.due_at.map(|due| rows::job(services, change.id, due)).transpose()?);
    c.opens.extend(draft.blobs.into_iter().map(Declared::open));
    c.replace(case.change.clone(), change);
    c.replace(case.row.clone(), row_of);
    c.opens.push(ReviewEvent { candidate_id: id, ..row(act, case, Event::Rebase, None) }.open());
    for identity_id in subjects.into_iter().filter(|s| !known.contains(s)) {
        c.opens.push(ChangeSubject { id: act.id(), seq: Seq::ZERO, change_id: case.change.id, identity_id }.open());
    }
    Ok(c)
}
