//! One change with everything that bears on it now: what it comes to on the store as it is, what was said of it, who may
//! say more. Pages show it; every use case that moves a change decides on it.

use super::factor;
use super::gate;
use super::people::Everybody;
use super::rows::{Kept, is_genuine, is_given};
use super::shown::{self, Shown};
use super::weigh::{Asker, NotWeighed, Weighed, is_sealed, needs_nobody, read_candidate, unanswered, weigh};
use crate::{Error, Result, Services};
use domain::change::candidate::{Candidate, recheck};
use domain::change::independence::{Against, Asked, Tally, Ties, Vote, against, people_block, tally};
use domain::change::route::{Auth, Block, Cell, terms_block};
use domain::change::state::{Event, Part};
use domain::change::{ConsentAs, State};
use domain::ids::{ChangeId, PersonId};
use domain::ledger::Actor;
use domain::seq::Seq;
use domain::time::Timestamp;
use std::collections::BTreeSet;
use store::changes::verdicts::{self, Consent, Decision, ReviewEvent};
use store::changes::{self, Change};
use store::engine::db::Tx;

/// A change as it is now.
pub(super) struct Case {
    pub change: Change,
    pub row: changes::Candidate,
    pub candidate: Candidate,
    /// On this candidate, and genuine.
    pub decisions: Vec<Decision>,
    pub events: Vec<ReviewEvent>,
    pub ties: Ties,
    pub asked: Vec<Asked>,
    pub everybody: Everybody,
    pub now: Timestamp,
    /// What was weighed anew; none where the change is over, or cannot be carried out any more.
    pub weighed: Option<Weighed>,
    /// What the store of now makes of an open one: it does not stand as it was.
    pub fate: Option<Event>,
    /// Why an open one cannot be weighed as it is: then it can be read, rejected and withdrawn, and nothing else.
    pub unweighed: Option<String>,
    /// Why it cannot be carried out any more, where it is of the gate.
    pub gone: Option<String>,
    pub shown: Shown,
    pub shown_digest: String,
}

impl Case {
    pub async fn load(services: &Services, tx: &mut Tx, id: ChangeId) -> Result<Self> {
        let now = services.moment(tx).await?.now;
        let change = changes::by_id(tx, id, Seq::NOW).await?.ok_or(Error::NotFound("change"))?;
        let row = changes::candidate(tx, change.candidate_id).await?.ok_or_else(|| Error::Internal(format!("{id} has no candidate")))?;
        let candidate = read_candidate(&row)?;
        let own = |of| of == row.id;
        let decisions = verdicts::decisions_of(tx, id, Seq::NOW).await?;
        let mut decisions: Vec<Decision> = decisions.into_iter().filter(|d| own(d.candidate_id) && is_genuine(services, d)).collect();
        unsigned_left_out(services, tx, &row, &mut decisions).await?;
        let consents = verdicts::consents_of(tx, id, Seq::NOW).await?;
        let consents: Vec<Consent> = consents.into_iter().filter(|c| own(c.candidate_id) && is_given(services, c)).collect();
        let events = verdicts::events_of(tx, id, Seq::NOW).await?;
        let Again { weighed, mut fate, gone, unweighed } = again(services, tx, &change, &candidate).await?;
        // Whoever is asked to consent has left, or somebody else has to: it returns to routing.
        if fate.is_none() && weighed.as_ref().is_some_and(|w| !needs_nobody(&w.route)) && asks_others(&row, weighed.as_ref())? {
            fate = Some(Event::Stale);
        }
        let (mut ties, asked) = match &weighed {
            Some(weighed) => (weighed.ties.clone(), weighed.asked.clone()),
            None => Kept::read(&row, is_sealed(tx).await?)?,
        };
        ties.decided = decisions.iter().map(|d| d.person_id).collect();
        ties.recused = events.iter().filter(|e| e.event == Event::Recuse).filter_map(|e| e.actor_id).map(PersonId::new).collect();
        let mut everybody = Everybody::load(tx).await?;
        let counted: BTreeSet<PersonId> = ties.decided.clone();
        everybody.proven(services, tx, &counted).await?;
        let sum = weighed.as_ref().and_then(|w| w.sum.clone());
        let shown = shown::of(tx, &change, &row, &candidate, sum, &events).await?;
        let shown_digest = shown.digest()?;
        let asked = answered(&asked, &consents);
        Ok(Self {
            change,
            row,
            candidate,
            decisions,
            events,
            ties,
            asked,
            everybody,
            now,
            weighed,
            fate,
            unweighed,
            gone,
            shown,
            shown_digest,
        })
    }

    /// What counts so far, with votes and answers that are only about to be given.
    pub fn tally_with(&self, vote: Option<Vote>, asked: &[Asked]) -> Tally {
        let votes: Vec<Vote> = self.decisions.iter().filter(|d| d.independent == 1).map(vote_of).chain(vote).collect();
        // What was given with a vote was checked then, and a signature is once more: who has replaced a passkey since keeps it.
        let cell = Cell { auth: Auth::None, ..self.candidate.route.cell };
        tally(&self.everybody.deciders, &votes, asked, &self.ties, &cell, self.now)
    }

    pub fn tally(&self) -> Tally {
        self.tally_with(None, &self.asked)
    }

    /// What keeps it waiting.
    pub fn blocked_by(&self, services: &Services) -> Vec<Block> {
        let (cell, people) = (&self.candidate.route.cell, &self.everybody.deciders);
        let mut out = Vec::new();
        if domain::change::state::is_open(self.change.state) {
            let before = Ties { decided: BTreeSet::new(), ..self.ties.clone() };
            out.extend(people_block(people, &before, cell, self.now).or_else(|| factor::block(services, cell.auth)));
            if !self.tally().consents_missing.is_empty() {
                out.push(Block::MissingConsent);
            }
            out.extend(self.terms());
        }
        if self.change.state == State::Approved && self.change.waits_until.is_some_and(|until| until > self.now) {
            out.push(Block::Wait);
        }
        out
    }

    /// What its route says against the terms of what is gained.
    pub fn terms(&self) -> Option<Block> {
        terms_block(&self.candidate.route, &self.candidate.effect, self.candidate.base.at)
    }

    /// What stands against somebody's decision; nobody else is asked for more than a role.
    pub fn against(&self, person: PersonId) -> Vec<Against> {
        let decider = self.everybody.deciders.iter().find(|d| d.person == person);
        decider.map_or_else(|| vec![Against::NoRole], |d| against(d, &self.ties, &self.candidate.route.cell, self.now))
    }

    /// As what somebody is asked to consent and has not answered.
    pub fn consents_of(&self, person: PersonId) -> Vec<ConsentAs> {
        self.asked.iter().filter(|a| a.person == person && a.answer.is_none()).map(|a| a.consent).collect()
    }

    /// The parts that a caller has.
    pub fn parts(&self, who: Actor, person: Option<PersonId>) -> Vec<Part> {
        let mut out = Vec::new();
        if self.is_author(who) {
            out.push(Part::Author);
        }
        if let Some(person) = person {
            if self.against(person).is_empty() || self.may_object(person) {
                out.push(Part::Approver);
            }
            if !self.consents_of(person).is_empty() {
                out.push(Part::Owner);
            }
        }
        if out.is_empty() { vec![Part::Bystander] } else { out }
    }

    pub fn is_author(&self, who: Actor) -> bool {
        is_author(&self.change, who)
    }

    /// Whoever was eligible may object while the wait runs, having decided or not.
    pub fn may_object(&self, person: PersonId) -> bool {
        let only: &[Against] = &[Against::Decided];
        self.change.state == State::Approved && self.against(person).iter().all(|why| only.contains(why))
    }

    /// The author of the change as who asked for it.
    pub fn asker(&self) -> Asker {
        asker_of(&self.change)
    }
}

/// Whether somebody asked for a change or drafted it.
pub(super) fn is_author(change: &Change, who: Actor) -> bool {
    let is = |kind, id| who.id.is_some() && (kind, id) == (who.kind, who.id);
    is(change.asked_by_kind, change.asked_by_id) || is(change.drafted_by_kind, change.drafted_by_id)
}

pub(super) fn asker_of(change: &Change) -> Asker {
    Asker {
        asked: Actor { kind: change.asked_by_kind, id: change.asked_by_id },
        drafted: Actor { kind: change.drafted_by_kind, id: change.drafted_by_id },
        minted_by: change.minted_by_id,
    }
}

fn vote_of(decision: &Decision) -> Vote {
    Vote { person: decision.person_id, verdict: decision.verdict }
}

/// What was asked, with what was answered.
fn answered(asked: &[(ConsentAs, PersonId)], consents: &[Consent]) -> Vec<Asked> {
    let mut out = unanswered(asked);
    for ask in &mut out {
        ask.answer = consents.iter().find(|c| c.person_id == ask.person && c.as_kind == ask.consent).map(|c| c.verdict);
    }
    out
}

/// True where the row asks others for their consent than would be asked today: lists go by it, and so does the database.
fn asks_others(row: &changes::Candidate, weighed: Option<&Weighed>) -> Result<bool> {
    let (_, asked) = Kept::read(row, false)?;
    let set = |of: &[(ConsentAs, PersonId)]| of.iter().copied().collect::<BTreeSet<_>>();
    Ok(weighed.is_some_and(|weighed| set(&asked) != set(&weighed.asked)))
}

/// Leaves out what is not signed as the route asks.
async fn unsigned_left_out(services: &Services, tx: &mut Tx, row: &changes::Candidate, decisions: &mut Vec<Decision>) -> Result<()> {
    let mut signed = Vec::with_capacity(decisions.len());
    for decision in decisions.drain(..) {
        if factor::is_signed(services, tx, row.auth, &row.digest, &decision).await? {
            signed.push(decision);
        }
    }
    *decisions = signed;
    Ok(())
}

/// What the store of now says of a change.
#[derive(Default)]
struct Again {
    weighed: Option<Weighed>,
    fate: Option<Event>,
    /// Why it cannot be carried out any more, where it is of the gate.
    gone: Option<String>,
    unweighed: Option<String>,
}

/// Weighs an open change once more, and says whether it still stands.
async fn again(services: &Services, tx: &mut Tx, change: &Change, candidate: &Candidate) -> Result<Again> {
    let open = matches!(change.state, State::InReview | State::NeedsInformation | State::Narrowed | State::Approved);
    if !open {
        return Ok(Again::default());
    }
    let asker = asker_of(change);
    match Box::pin(weigh(services, tx, &candidate.operations, &asker, candidate.base.at, Some(change.id))).await {
        Ok(weighed) => {
            let fate = recheck(candidate, &weighed.base, &weighed.effect, &weighed.route);
            Ok(Again { weighed: Some(weighed), fate, ..Again::default() })
        }
        // What it would change is gone, is there already, or is such that it cannot be carried out: nothing is left to decide.
        Err(NotWeighed::Bad(bad)) => {
            let gone = gate::parts(&candidate.operations).next().map(|_| bad.to_string());
            Ok(Again { fate: Some(Event::TargetGone), gone, ..Again::default() })
        }
        // It has grown over what can be compared: whoever asked may still withdraw it, and whoever decides refuse it.
        Err(NotWeighed::Error(Error::Invalid { reason, .. })) => Ok(Again { unweighed: Some(reason), ..Again::default() }),
        Err(NotWeighed::Error(error)) => Err(error),
    }
}
