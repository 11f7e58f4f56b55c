//! Deciding: one person's verdict or consent on exactly what they were shown. Whoever is quicker wins; the other is asked
//! again what still stands, and told what happened where nothing does. Nobody decides by a token.

use super::case::Case;
use super::factor::{Claim, Proof, hash, prove};
use super::submit::keep;
use super::{draft, refresh, rows};
use crate::factors::{self, Question};
use crate::{Act, Error, Result, Written};
use domain::change::independence::{Asked, Vote};
use domain::change::route::Auth;
use domain::change::state::{Event, NotNow, Review, next};
use domain::change::{ConsentAs, ConsentVerdict, Direction, State, Verdict};
use domain::ids::{ChangeId, PersonId};
use domain::passkey::Counter;
use domain::permission::{Action, Role};
use domain::seq::Seq;
use domain::time::HOUR;
use domain::verb::Verb;
use serde_json::json;
use store::blobs::Blob;
use store::changes::Change;
use store::changes::verdicts::{self, Consent, Decision};
use store::engine::head;
use store::engine::table::Declared;
use store::engine::writer::Command;

/// What a form sends: what was decided on, and what goes with it.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Say {
    /// Hex digests of the candidate and of what was on the page.
    pub candidate: String,
    pub shown: String,
    /// Guidance, a question, an answer, a reason.
    pub text: String,
    #[serde(skip)]
    pub proof: Option<Proof>,
}

/// Approvals of widenings that one person may give within an hour (threats.md 23).
const WIDENINGS_MOST: i64 = 20;

/// How often a decision is tried again because somebody else's came first: each time somebody's went through.
pub(super) const TRIES: usize = 200;

/// Tries until nobody else came in between: whoever did has moved the change on, so it ends.
macro_rules! again {
    ($act:expr, $once:expr) => {{
        let mut left = $crate::changes::decide::TRIES;
        loop {
            match $once.await {
                Err($crate::Error::Conflict(why)) if why == $crate::error::MEANWHILE && left > 0 => left -= 1,
                other => {
                    $act.services().bell.send_replace(());
                    break other;
                }
            }
        }
    }};
}
pub(super) use again;

/// Approves the candidate that was shown.
pub async fn approve(act: &Act, id: ChangeId, say: &Say) -> Result<Written> {
    act.authorise(Action::DecideChange)?;
    again!(act, verdict(act, id, say, Verdict::Approve))
}

/// Rejects it, with guidance on what would be agreed to.
pub async fn reject(act: &Act, id: ChangeId, say: &Say) -> Result<Written> {
    act.authorise(Action::DecideChange)?;
    again!(act, verdict(act, id, say, Verdict::Reject))
}

/// Consents as owner of what it is about, or of what it reaches.
pub async fn consent(act: &Act, id: ChangeId, say: &Say) -> Result<Written> {
    act.authorise(Action::ReadChanges)?;
    again!(act, answer(act, id, say, ConsentVerdict::Consent))
}

pub async fn refuse(act: &Act, id: ChangeId, say: &Say) -> Result<Written> {
    act.authorise(Action::ReadChanges)?;
    again!(act, answer(act, id, say, ConsentVerdict::Refuse))
}

/// Opens a case that is decided on as it was shown; what is stale is set right first, and said.
pub(super) async fn opened(act: &Act, id: ChangeId, say: &Say) -> Result<(Case, PersonId)> {
    let person = act.who().session_person()?;
    let mut tx = act.snapshot().await?;
    let case = Case::load(act.services(), &mut tx, id).await;
    tx.rollback().await?;
    let case = case?;
    if case.fate.is_some() {
        let what = refresh::set_right(act.services(), &case).await?;
        return Err(Error::Conflict(what));
    }
    if say.candidate != case.row.digest {
        return Err(Error::Conflict("It was proposed anew after you opened it. Read what it is now, then decide.".to_owned()));
    }
    if say.shown != case.shown_digest {
        return Err(Error::Conflict("What the page shows has changed since you opened it. Read it again, then decide.".to_owned()));
    }
    Ok((case, person))
}

/// That an event is not possible now, with who made it so.
pub(super) fn not_now(case: &Case, why: NotNow) -> Error {
    let last = case.decisions.last().map(|d| (d.person_id, d.verdict.label()));
    let by = last.map(|(person, what)| format!(" The last decision was by {}: {what}.", case.everybody.name(person)));
    Error::Conflict(format!("{why}{}", by.unwrap_or_default()))
}

async fn verdict(act: &Act, id: ChangeId, say: &Say, verdict: Verdict) -> Result<Written> {
    let (mut case, person) = opened(act, id, say).await?;
    let guidance = draft::text("text", &say.text)?;
    let event = if verdict == Verdict::Approve { Event::Approve } else { Event::Reject };
    next(case.change.state, event, Review::default()).map_err(|why| not_now(&case, why))?;
    if verdict == Verdict::Reject && guidance.is_empty() {
        return Err(Error::invalid("text", "Say what you would agree to, or why not at all."));
    }
    may_decide(act, &mut case, person).await?;
    if verdict == Verdict::Approve {
        agreeable(&case)?;
        attentive(act, &case, person).await?;
    }
    let claim = Claim { verdict, candidate: &case.row.digest, shown: &case.shown_digest, counter: counter(&case) };
    let proven = prove(act, case.candidate.route.cell.auth, &claim, say.proof.as_ref()).await?;
    let complete = case.tally_with(Some(Vote { person, verdict }), &case.asked).complete;
    let verb = if verdict == Verdict::Approve { Verb::ChangeApproved } else { Verb::ChangeRejected };
    let mut c = moved(act, &case, event, verb, complete)?;
    // Used up with the decision or not at all: whoever was only overtaken signs nothing twice.
    c.uses = proven.uses;
    c.requires.extend(proven.requires);
    let decider = case.everybody.deciders.iter().find(|d| d.person == person);
    let security = decider.is_some_and(|d| d.roles.iter().any(|t| t.held.role == Role::SecurityReviewer));
    let mut decision = Decision {
        id: act.id(),
        seq: Seq::ZERO,
        candidate_id: case.row.id,
        person_id: person,
        human: case.everybody.humans.get(&person).cloned().unwrap_or_default(),
        verdict,
        group_id: decider.and_then(|d| d.group.map(|(group, _)| group)),
        security: i64::from(security),
        independent: 1,
        shown: case.shown_digest.clone(),
        shown_id: shown(act, &mut c, &case)?,
        nonce: proven.nonce,
        assertion: proven.assertion,
        guidance_id: (!guidance.is_empty()).then(|| keep(act, &mut c, &guidance)),
        mac: String::new(),
    };
    decision.mac = rows::decision_mac(act.services(), &decision);
    c.opens.push(decision.open());
    act.write(c).await
}

/// Fails where something stands against a person's decision, asked of their own rows.
async fn may_decide(act: &Act, case: &mut Case, person: PersonId) -> Result<()> {
    let mut tx = act.snapshot().await?;
    let proven = case.everybody.proven(act.services(), &mut tx, &[person].into()).await;
    tx.rollback().await?;
    proven?;
    let against = case.against(person);
    if against.is_empty() {
        return Ok(());
    }
    let why: Vec<&str> = against.iter().map(|a| a.label()).collect();
    Err(Error::MayNot(format!("You can't decide on this change. What stands against it: {}.", why.join("; "))))
}

/// Fails where nobody could agree to a change, whoever they are.
fn agreeable(case: &Case) -> Result<()> {
    let why = match (&case.unweighed, case.terms()) {
        (Some(why), _) => format!("It can't be computed any more: {why}"),
        (None, Some(block)) => format!("Nobody can agree to it as it is: {}.", block.label()),
        (None, None) => return Ok(()),
    };
    Err(Error::Conflict(format!("{why} Reject it, and say what you would agree to.")))
}

/// Whoever approved many widenings within an hour reads none any more: the next one waits for another person.
async fn attentive(act: &Act, case: &Case, person: PersonId) -> Result<()> {
    if case.candidate.effect.direction < Direction::Widens {
        return Ok(());
    }
    let mut tx = act.snapshot().await?;
    let hour_ago = head::position_at(&mut tx, case.now.plus(-HOUR)).await?;
    let approved = verdicts::widenings_of(&mut tx, person, hour_ago).await;
    tx.rollback().await?;
    if approved? >= WIDENINGS_MOST {
        let why = "You approved {} changes that widen access within an hour. The next waits for another person, or for you in an hour.";
        return Err(Error::MayNot(why.replace("{}", &WIDENINGS_MOST.to_string())));
    }
    Ok(())
}

/// A passkey that may have been copied signs nothing that governs itself; of the rest it is on record.
fn counter(case: &Case) -> Counter {
    if case.candidate.effect.direction == Direction::SelfGoverning { Counter::Refuse } else { Counter::Report }
}

/// Asks the caller's passkey for decisions to sign a verdict on exactly what they were shown.
pub async fn question(act: &Act, id: ChangeId, say: &Say, verdict: Verdict) -> Result<Question> {
    act.authorise(Action::DecideChange)?;
    let (mut case, person) = opened(act, id, say).await?;
    may_decide(act, &mut case, person).await?;
    if case.candidate.route.cell.auth != Auth::Passkey {
        return Err(Error::Conflict("A decision on this change isn't signed. Reload the page, then decide.".to_owned()));
    }
    factors::begin_assertion(act, &hash(&case.row.digest)?, &hash(&case.shown_digest)?, verdict.into()).await
}

async fn answer(act: &Act, id: ChangeId, say: &Say, verdict: ConsentVerdict) -> Result<Written> {
    let (case, person) = opened(act, id, say).await?;
    let event = if verdict == ConsentVerdict::Consent { Event::Consent } else { Event::RefuseConsent };
    next(case.change.state, event, Review::default()).map_err(|why| not_now(&case, why))?;
    let guidance = draft::text("text", &say.text)?;
    if verdict == ConsentVerdict::Consent {
        agreeable(&case)?;
    }
    let due = case.consents_of(person);
    if due.is_empty() {
        return Err(Error::MayNot("Nobody asked you to consent to this change, or you have answered.".to_owned()));
    }
    if verdict == ConsentVerdict::Refuse && guidance.is_empty() {
        return Err(Error::invalid("text", "Say why you refuse, and what you would consent to."));
    }
    let asked: Vec<Asked> =
        case.asked.iter().map(|a| Asked { answer: if a.person == person { Some(verdict) } else { a.answer }, ..*a }).collect();
    let complete = case.tally_with(None, &asked).complete;
    let verb = if verdict == ConsentVerdict::Consent { Verb::ChangeConsented } else { Verb::ChangeRefused };
    let mut c = moved(act, &case, event, verb, complete)?;
    let shown_id = shown(act, &mut c, &case)?;
    let guidance_id = (!guidance.is_empty()).then(|| keep(act, &mut c, &guidance));
    for as_kind in due {
        c.opens.push(consented(act, &case, (person, as_kind, verdict), shown_id, guidance_id).open());
    }
    act.write(c).await
}

fn consented(
    act: &Act,
    case: &Case,
    (person, as_kind, verdict): (PersonId, ConsentAs, ConsentVerdict),
    shown_id: domain::ids::BlobId,
    guidance_id: Option<domain::ids::BlobId>,
) -> Consent {
    let human = case.everybody.humans.get(&person).cloned().unwrap_or_default();
    let (id, candidate_id) = (act.id(), case.row.id);
    let shown = case.shown_digest.clone();
    let mut consent = Consent {
        id,
        seq: Seq::ZERO,
        candidate_id,
        person_id: person,
        human,
        as_kind,
        verdict,
        shown,
        shown_id,
        guidance_id,
        mac: String::new(),
    };
    consent.mac = rows::consent_mac(act.services(), &consent);
    consent
}

/// Keeps what was on the page.
fn shown(act: &Act, c: &mut Command, case: &Case) -> Result<domain::ids::BlobId> {
    let id = act.id();
    let mut blob = Blob::text(id, &act.services().salt(), &case.shown.text()?);
    "application/json".clone_into(&mut blob.media);
    c.opens.push(blob.open());
    Ok(id)
}

/// The command by which an event moves a change: its version gives way to the next, in the state that the table says.
pub(super) fn moved(act: &Act, case: &Case, event: Event, verb: Verb, complete: bool) -> Result<Command> {
    let mut c = act.command(verb, "change", Some(case.change.id.uuid()));
    c.change_id = Some(case.change.id);
    let review = Review { complete, decided: !case.decisions.is_empty() };
    let change = stepped(case, event, review)?;
    c.payload = act.payload(json!({ "candidate": case.row.digest, "state": change.state }))?;
    if change.due_at != case.change.due_at
        && let Some(due) = change.due_at
    {
        c.jobs.push(rows::job(act.services(), change.id, due)?);
    }
    c.replace(case.change.clone(), change);
    Ok(c)
}

/// The next version of a change, with what time makes of it from there.
pub(super) fn stepped(case: &Case, event: Event, review: Review) -> Result<Change> {
    let state = next(case.change.state, event, review).map_err(|why| not_now(case, why))?;
    let mut change = Change { since: Seq::ZERO, state, ..case.change.clone() };
    if state == case.change.state {
        return Ok(change);
    }
    (change.waits_until, change.lapses_at) = (None, None);
    match state {
        State::Approved => rows::approved(&mut change, &case.candidate.route, case.now),
        State::InReview => change.due_at = Some(change.review_ends_at),
        State::NeedsInformation => change.due_at = Some(case.now.plus(i64::from(case.candidate.route.review) * domain::time::SECOND)),
        _ => change.due_at = None,
    }
    Ok(change)
}
