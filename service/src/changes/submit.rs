//! Proposing: weighed as it stands, kept with its first candidate, approved at once where the route asks nobody. A dry run
//! says the same beforehand and writes nothing.

use super::draft::{self, Draft, Proposal};
use super::factor;
use super::people::Everybody;
use super::rows;
use super::weigh::{Weighed, first_state, needs_nobody, unanswered, weigh};
use crate::{Act, Error, Result, Services, Written};
use domain::change::effect::Effect;
use domain::change::independence::{Against, eligible, people_block, tally};
use domain::change::operation::Operation;
use domain::change::route::{Block, Route, terms_block};
use domain::change::{ConsentAs, Direction, State};
use domain::ids::{BlobId, ChangeId, PersonId};
use domain::permission::Action;
use domain::seq::Seq;
use domain::time::{DAY, SECOND, Timestamp};
use domain::verb::Verb;
use serde_json::json;
use store::blobs::Blob;
use store::changes::{Change, ChangeSubject};
use store::engine::db::Tx;
use store::engine::head;
use store::engine::table::Declared;
use store::engine::writer::Command;

/// How many changes of one asker about one identity may be open, and may come in a day (threats.md 23).
const OPEN_MOST: i64 = 5;
const DAY_MOST: i64 = 20;

/// What a proposal would come to.
#[derive(Clone, Debug)]
pub struct Preview {
    pub operations: Vec<Operation>,
    pub effect: Effect,
    /// The sum of 30 days of the lineage, where this is not all of it.
    pub sum: Option<Effect>,
    pub route: Route,
    pub consents: Vec<(ConsentAs, PersonId, String)>,
    pub may: Vec<(PersonId, String)>,
    pub may_not: Vec<(PersonId, String, Vec<Against>)>,
    pub blocked_by: Vec<Block>,
    /// True where nobody is asked: it is applied as soon as it is proposed.
    pub at_once: bool,
}

/// Says what a proposal comes to and who would have to agree; writes nothing.
pub async fn preview(act: &Act, proposal: &Proposal) -> Result<Preview> {
    act.authorise(Action::ProposeChange)?;
    let mut tx = act.snapshot().await?;
    let moment = act.services().moment(&mut tx).await?;
    let draft = draft::read(act, &mut tx, proposal).await?;
    let weighed = Box::pin(weigh(act.services(), &mut tx, &draft.operations, &draft.asker, moment.now, None)).await?;
    within_reach(act, &weighed)?;
    let everybody = Everybody::load(&mut tx).await?;
    tx.rollback().await?;
    Ok(previewed(act.services(), draft, weighed, &everybody, moment.now))
}

fn previewed(services: &Services, draft: Draft, weighed: Weighed, everybody: &Everybody, at: Timestamp) -> Preview {
    let cell = &weighed.route.cell;
    let found = eligible(&everybody.deciders, &weighed.ties, cell, at);
    let mut blocked_by: Vec<Block> =
        people_block(&everybody.deciders, &weighed.ties, cell, at).or_else(|| factor::block(services, cell.auth)).into_iter().collect();
    let asked = unanswered(&weighed.asked);
    let unasked = |kind: &ConsentAs| !asked.iter().any(|a| a.consent == *kind);
    if tally(&everybody.deciders, &[], &asked, &weighed.ties, cell, at).consents_missing.iter().any(unasked) {
        blocked_by.push(Block::MissingConsent);
    }
    blocked_by.extend(terms_block(&weighed.route, &weighed.effect, at));
    let named = |p: PersonId| (p, everybody.name(p));
    Preview {
        at_once: needs_nobody(&weighed.route),
        consents: weighed.asked.iter().map(|(kind, p)| (*kind, *p, everybody.name(*p))).collect(),
        may: found.may.into_iter().map(named).collect(),
        may_not: found.may_not.into_iter().map(|(p, why)| (p, everybody.name(p), why)).collect(),
        blocked_by,
        operations: draft.operations,
        effect: weighed.effect,
        sum: weighed.sum,
        route: weighed.route,
    }
}

/// Proposes a change; gives its id.
pub async fn submit(act: &Act, proposal: &Proposal) -> Result<(ChangeId, Written)> {
    act.authorise(Action::ProposeChange)?;
    let mut tx = act.snapshot().await?;
    let draft = draft::read(act, &mut tx, proposal).await?;
    let made = make(act, &mut tx, draft, None).await;
    tx.rollback().await?;
    written(act, made?).await
}

/// Writes what was made, and tells the workers that a change may be due.
pub(super) async fn written(act: &Act, (id, command): (ChangeId, Command)) -> Result<(ChangeId, Written)> {
    let written = act.write(command).await?;
    act.services().bell.send_replace(());
    Ok((id, written))
}

/// The command that proposes a draft.
pub(super) async fn make(act: &Act, tx: &mut Tx, draft: Draft, undoes: Option<ChangeId>) -> Result<(ChangeId, Command)> {
    let services = act.services();
    let now = services.moment(tx).await?.now;
    let weighed = Box::pin(weigh(services, tx, &draft.operations, &draft.asker, now, None)).await?;
    fits(act, tx, &weighed, now, None).await?;
    let id: ChangeId = act.id();
    let mut c = act.command(Verb::ChangeProposed, "change", Some(id.uuid()));
    let said = fill(services, tx, &mut c, (id, undoes), draft, &weighed, now).await?;
    c.payload = act.payload(said)?;
    Ok((id, c))
}

/// The rows of a new change, put into the command that proposes it; gives what its entry says.
pub(super) async fn fill(
    services: &Services,
    tx: &mut Tx,
    c: &mut Command,
    (id, undoes): (ChangeId, Option<ChangeId>),
    draft: Draft,
    weighed: &Weighed,
    now: Timestamp,
) -> Result<serde_json::Value> {
    let head = head::known(tx).await?;
    let candidate_id = services.ids.make();
    c.change_id = Some(id);
    let (candidate, row) = rows::candidate(&head, candidate_id, id, draft.operations, weighed)?;
    let state = first_state(weighed);
    let said = json!({ "candidate": row.digest, "direction": candidate.effect.direction, "state": state });
    let mut change = Change {
        since: Seq::ZERO,
        id,
        state,
        candidate_id,
        asked_by_kind: draft.asker.asked.kind,
        asked_by_id: draft.asker.asked.id,
        drafted_by_kind: draft.asker.drafted.kind,
        drafted_by_id: draft.asker.drafted.id,
        minted_by_id: draft.asker.minted_by,
        direction: candidate.effect.direction,
        rank: 0,
        justification_id: Some(kept(services, c, &draft.justification)),
        rollback_id: draft.rollback.as_deref().map(|text| kept(services, c, text)),
        ticket: draft.ticket,
        undoes_id: undoes,
        asked_at: now,
        review_ends_at: now.plus(i64::from(weighed.route.review) * SECOND),
        waits_until: None,
        lapses_at: None,
        due_at: None,
        outcome_unknown_since: None,
    };
    rows::placed(&mut change, candidate_id, weighed);
    if state == State::Approved {
        rows::approved(&mut change, &weighed.route, now);
    } else {
        change.due_at = Some(change.review_ends_at);
    }
    c.jobs.push(rows::job(services, id, change.due_at.unwrap_or(now))?);
    c.opens.extend(draft.blobs.into_iter().map(Declared::open));
    c.add(id.uuid(), change);
    c.opens.push(row.open());
    for identity_id in existing(tx, weighed).await? {
        c.opens.push(ChangeSubject { id: services.ids.make(), seq: Seq::ZERO, change_id: id, identity_id }.open());
    }
    Ok(said)
}

/// The identities it is about that there are: one that it registers has no row to point at before it is applied.
pub(super) async fn existing(tx: &mut Tx, weighed: &Weighed) -> Result<Vec<domain::ids::IdentityId>> {
    let mut out = Vec::new();
    for id in &weighed.subjects {
        if !store::identities::records_of(tx, *id, Seq::NOW).await?.is_empty() {
            out.push(*id);
        }
    }
    Ok(out)
}

/// Keeps a text under a new salt; gives its id.
pub(super) fn keep(act: &Act, c: &mut Command, text: &str) -> BlobId {
    kept(act.services(), c, text)
}

fn kept(services: &Services, c: &mut Command, text: &str) -> BlobId {
    let id = services.ids.make();
    c.opens.push(Blob::text(id, &services.salt(), text).open());
    id
}

/// Whether what was weighed may be asked for by the caller: somebody could agree to it, it is within reach, and not too much
/// is open. `instead` is the change it takes the place of.
pub(super) async fn fits(act: &Act, tx: &mut Tx, weighed: &Weighed, now: Timestamp, instead: Option<ChangeId>) -> Result<()> {
    if let Some(block) = terms_block(&weighed.route, &weighed.effect, now) {
        return Err(Error::invalid("operations", format!("Nobody could agree to it: {}. Ask for less.", block.label())));
    }
    within_reach(act, weighed)?;
    quotas(act, tx, weighed, now, instead).await
}

/// Out of where a role reaches nothing is proposed.
fn within_reach(act: &Act, weighed: &Weighed) -> Result<()> {
    weighed.reach.iter().try_for_each(|place| act.who().authorise_at(Action::ProposeChange, place))
}

/// Nothing holds up what takes access away; of everything else one asker has only so much open about one identity.
async fn quotas(act: &Act, tx: &mut Tx, weighed: &Weighed, now: Timestamp, instead: Option<ChangeId>) -> Result<()> {
    let Some(by) = act.who().actor().id.filter(|_| weighed.effect.direction != Direction::Reduces) else { return Ok(()) };
    for id in &weighed.subjects {
        let (open, today) = store::changes::asked(tx, *id, by, now.plus(-DAY), instead.unwrap_or(ChangeId::nil())).await?;
        if open >= OPEN_MOST {
            return Err(Error::TooMany(format!("You have {open} open changes for this identity. Wait for a decision, or withdraw one.")));
        }
        if today >= DAY_MOST {
            return Err(Error::TooMany(format!("You asked for {today} changes for this identity in a day. Try again tomorrow.")));
        }
    }
    Ok(())
}
