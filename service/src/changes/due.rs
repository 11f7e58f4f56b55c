//! What time does to a change: a review or an approval ends, a wait is over and what was approved is applied. A job says that
//! a change may be due; whether it is says the change.

use super::case::Case;
use super::decide::stepped;
use super::refresh::{by_the_server, event, payload, set_right};
use super::rows::Due;
use super::weigh::needs_nobody;
use super::{adopt, apply};
use crate::{Error, Result, Services, jobs};
use domain::change::State;
use domain::change::route::wait_ends;
use domain::change::state::{Event, Review};
use domain::ids::{ChangeId, PersonId};
use domain::seq::Seq;
use domain::time::{SECOND, Timestamp};
use domain::verb::Verb;
use serde_json::json;
use store::changes::{self, Change};
use store::engine::jobs::{Job, NewJob};
use store::engine::table::Declared;

/// How often a change is looked at again because another process came first.
const TRIES: usize = 20;

/// Carries such a job out.
pub(crate) async fn carry_out(services: &Services, job: Job) {
    let id = job.id;
    // How it ended stands in its row.
    let _ = jobs::carry(
        services,
        id,
        |_| {},
        |running| async move {
            let due: Due = serde_json::from_str(&job.payload).map_err(|e| Error::Internal(e.to_string()))?;
            running.goes_on()?;
            match due {
                Due::Change { change } => Box::pin(look(&running.services(), change)).await.map(|state| state.as_str()),
                Due::Left { leaver } => Box::pin(super::leavers::orphaned(&running.services(), leaver)).await.map(|()| ""),
            }
        },
    )
    .await;
}

/// Looks at every change whose time has come: jobs that were lost with a restore, or with their process, are not missed.
pub async fn sweep(services: &Services) -> Result<usize> {
    let mut tx = services.db.snapshot().await?;
    let now = services.moment(&mut tx).await?.now;
    let due = changes::due(&mut tx, now).await;
    tx.rollback().await?;
    let due = due?;
    for change in &due {
        // One that cannot be moved on keeps no other from it.
        if let Err(error) = look(services, change.id).await {
            tracing::error!(?error, change = %change.id, "a change that is due could not be moved on");
        }
    }
    Ok(due.len())
}

/// Looks at one change; gives the state it stands in afterwards.
pub async fn look(services: &Services, id: ChangeId) -> Result<State> {
    let mut left = TRIES;
    loop {
        match once(services, id).await {
            Err(Error::Conflict(why)) if why == crate::error::MEANWHILE && left > 0 => left -= 1,
            other => return other,
        }
    }
}

async fn once(services: &Services, id: ChangeId) -> Result<State> {
    let mut tx = services.db.snapshot().await?;
    services.moment(&mut tx).await?.whole()?;
    let case = Case::load(services, &mut tx, id).await;
    tx.rollback().await?;
    let case = case?;
    let over = |at: Option<Timestamp>| at.is_some_and(|at| at <= case.now);
    let change = &case.change;
    // Somebody has left, or what it rests on has moved: whoever waits for its turn need not be told by the wrong page.
    if case.fate.is_some() && matches!(change.state, State::InReview | State::Approved) && !over(change.due_at) {
        set_right(services, &case).await?;
        return state_of(services, id).await;
    }
    match change.state {
        State::InReview | State::NeedsInformation | State::Narrowed if over(change.due_at) => {
            ended(services, &case, Event::Deadline, "Its review ended.").await
        }
        State::Approved if over(change.lapses_at) => ended(services, &case, Event::Lapse, "Nobody applied it in time.").await,
        State::Approved if case.fate.is_none() && is_lost(&case) => lost(services, &case).await,
        State::Approved if over(change.waits_until) => applied(services, &case).await,
        State::Applying if over(change.due_at) => adopt::queued_again(services, &case).await,
        state => Ok(state),
    }
}

async fn ended(services: &Services, case: &Case, what: Event, why: &str) -> Result<State> {
    let review = Review { complete: false, decided: !case.decisions.is_empty() };
    returned(services, case, what, Verb::ChangeEnded, why, review).await
}

/// One step of the server: the event, and the state it leads to.
async fn returned(services: &Services, case: &Case, what: Event, verb: Verb, why: &str, review: Review) -> Result<State> {
    let change = stepped(case, what, review)?;
    let mut c = by_the_server(case, verb);
    let state = change.state;
    c.payload = payload(&json!({ "candidate": case.row.digest, "state": state, "reason": why }))?;
    c.jobs.extend(change.due_at.map(|due| super::rows::job(services, change.id, due)).transpose()?);
    c.replace(case.change.clone(), change);
    c.opens.push(event(services, case, what, why).open());
    services.write(c).await?;
    Ok(state)
}

/// True where those who approved, or consented, do not count any more: somebody left, moved or changed roles. What was decided
/// on is the candidate's route, not what would be asked today.
fn is_lost(case: &Case) -> bool {
    !needs_nobody(&case.candidate.route) && !case.tally().complete
}

async fn lost(services: &Services, case: &Case) -> Result<State> {
    let why = "Someone who approved it, or whose consent it has, no longer counts.";
    returned(services, case, Event::IndependenceLost, Verb::ChangeReturned, why, Review::default()).await
}

/// Of whoever leaves: what they have to do with is looked at again at once, and what they owned is proposed to others.
pub(crate) async fn examined(services: &Services, tx: &mut store::engine::db::Tx, person: PersonId) -> Result<Vec<NewJob>> {
    let now = services.moment(tx).await?.now;
    let (mut after, mut out) = (ChangeId::nil(), vec![super::rows::left(services, person, now)?]);
    loop {
        let found = changes::involving(tx, person, after).await?;
        let Some(last) = found.last() else { return Ok(out) };
        after = *last;
        for change in found {
            out.push(super::rows::job(services, change, now)?);
        }
    }
}

/// Applies what is approved and has waited, if it still stands and those who approved it still count.
async fn applied(services: &Services, case: &Case) -> Result<State> {
    if let Some(why) = &case.unweighed {
        let why = format!("It can't be computed any more: {why}");
        return returned(services, case, Event::Stale, Verb::ChangeReturned, &why, Review::default()).await;
    }
    let Some(weighed) = case.weighed.as_ref().filter(|_| case.fate.is_none()) else {
        set_right(services, case).await?;
        return state_of(services, case.change.id).await;
    };
    // What was decided on is the candidate's route, not what would be asked today.
    if let Some(block) = case.terms() {
        let why = format!("Nobody can agree to it as it is: {}.", block.label());
        return returned(services, case, Event::PolicyChanged, Verb::ChangeReturned, &why, Review::default()).await;
    }
    if let Some(until) = waits_again(services, case).await? {
        return delayed(services, case, until).await;
    }
    if let Some(adopt) = adopt::of(&case.candidate.operations) {
        services.write(adopt::begin(services, case, adopt)?).await?;
        services.bell.send_replace(());
        return Ok(State::Applying);
    }
    let mut tx = services.db.snapshot().await?;
    let command = apply::command(services, &mut tx, case, weighed).await;
    tx.rollback().await?;
    services.write(command?).await?;
    Ok(State::Effective)
}

/// Until when it waits, where the clock moved since it was approved: nobody shortens a wait by setting a clock. The wait
/// begins again at the jump.
async fn waits_again(services: &Services, case: &Case) -> Result<Option<Timestamp>> {
    let mut tx = services.db.snapshot().await?;
    let jump = store::ledger::jumped_after(&mut tx, case.change.since).await;
    tx.rollback().await?;
    let Some(jump) = jump? else { return Ok(None) };
    let until = wait_ends(&case.candidate.route, jump, None);
    Ok(Some(until).filter(|until| *until > case.now))
}

async fn delayed(services: &Services, case: &Case, until: Timestamp) -> Result<State> {
    let mut c = by_the_server(case, Verb::ChangeDelayed);
    let lapses = until.plus(i64::from(case.candidate.route.lapse) * SECOND);
    let change = Change { since: Seq::ZERO, waits_until: Some(until), lapses_at: Some(lapses), due_at: Some(until), ..case.change.clone() };
    c.payload = payload(&json!({ "candidate": case.row.digest, "until": until.rfc3339() }))?;
    c.jobs.push(super::rows::job(services, change.id, until)?);
    c.replace(case.change.clone(), change);
    services.write(c).await?;
    Ok(State::Approved)
}

async fn state_of(services: &Services, id: ChangeId) -> Result<State> {
    let mut tx = services.db.snapshot().await?;
    let found = changes::by_id(&mut tx, id, Seq::NOW).await;
    tx.rollback().await?;
    Ok(found?.ok_or(Error::NotFound("change"))?.state)
}
