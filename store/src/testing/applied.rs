//! A change that was applied, as the rows of the baseline ask for one: for tests that put a baseline there without anybody
//! having decided.

use crate::changes::applications::Application;
use crate::changes::verdicts::Decision;
use crate::changes::{Candidate, Change};
use crate::engine::table::Declared;
use crate::engine::writer::Command;
use crate::people::Person;
use domain::change::route::{Auth, Line};
use domain::change::{Direction, State, Verdict};
use domain::ids::{CandidateId, ChangeId, Id, PersonId};
use domain::ledger::ActorKind;
use domain::person;
use domain::ports::Ids;
use domain::seq::Seq;
use domain::time::Timestamp;

/// Adds to a command a change that the first of these people asked for, the second approved and the third applied; its rows
/// come before those of the baseline.
pub fn applied(c: &mut Command, ids: &dyn Ids, people: [PersonId; 3], change: ChangeId) {
    let [author, approver, applier] = people;
    let candidate_id: CandidateId = Id::new(ids.next());
    let somebody = Person::new(approver, "approver", "approver@example.org", &approver.to_string(), &[1; 16], person::State::Deactivated);
    let human = somebody.human.clone();
    c.add(approver.uuid(), somebody);
    c.add(change.uuid(), made(change, candidate_id, author));
    c.opens.push(candidate(candidate_id, change).open());
    c.opens.push(decision(Id::new(ids.next()), candidate_id, approver, human, Id::new(ids.next())).open());
    let application = Application {
        id: Id::new(ids.next()),
        seq: Seq::ZERO,
        change_id: change,
        candidate_id,
        direction: Direction::Widens,
        policy_version: 0,
        author_kind: ActorKind::Person,
        author_id: Some(author.uuid()),
        approver_kind: ActorKind::Person,
        approver_id: Some(approver.uuid()),
        applier_kind: ActorKind::Person,
        applier_id: Some(applier.uuid()),
        before: String::new(),
        after: String::new(),
        batch: None,
    };
    c.opens.push(application.open());
}

fn made(id: ChangeId, candidate_id: CandidateId, author: PersonId) -> Change {
    Change {
        since: Seq::ZERO,
        id,
        state: State::Approved,
        candidate_id,
        asked_by_kind: ActorKind::Person,
        asked_by_id: Some(author.uuid()),
        drafted_by_kind: ActorKind::Person,
        drafted_by_id: Some(author.uuid()),
        minted_by_id: None,
        direction: Direction::Widens,
        rank: 0,
        justification_id: None,
        ticket: None,
        rollback_id: None,
        undoes_id: None,
        asked_at: Timestamp(0),
        review_ends_at: Timestamp(0),
        waits_until: None,
        lapses_at: None,
        due_at: None,
        outcome_unknown_since: None,
    }
}

fn candidate(id: CandidateId, change_id: ChangeId) -> Candidate {
    Candidate {
        since: Seq::ZERO,
        id,
        change_id,
        text: "{}".to_owned(),
        digest: String::new(),
        ties: "{}".to_owned(),
        direction: Direction::Widens,
        line: Line::WidensUndoable,
        policy_version: 0,
        auth: Auth::None,
        required_people: 1,
        required_groups: 0,
        required_security: 0,
        required_owners: 0,
        required_resource_owners: 0,
    }
}

fn decision(
    id: domain::ids::DecisionId,
    candidate_id: CandidateId,
    person_id: PersonId,
    human: String,
    shown_id: domain::ids::BlobId,
) -> Decision {
    Decision {
        id,
        seq: Seq::ZERO,
        candidate_id,
        person_id,
        human,
        verdict: Verdict::Approve,
        group_id: None,
        security: 0,
        independent: 1,
        shown: "-".to_owned(),
        shown_id,
        nonce: None,
        assertion: None,
        guidance_id: None,
        mac: "-".to_owned(),
    }
}
