//! What the database refuses of changes, tried by SQL that goes past the service and the writer: of a legal change with its
//! decisions, consents and application one thing is other than it may be, and the row that makes it so does not go in.

mod again;

use domain::change::operation::SubjectKind;
use domain::change::route::{Auth, Line};
use domain::change::{ConsentAs, ConsentVerdict, Direction, State, Verdict};
use domain::identity::Plane;
use domain::ids::{BatchId, BlobId, CandidateId, ChangeId, GroupId, PersonId};
use domain::ledger::ActorKind;
use domain::seq::Seq;
use domain::source::Outcome;
use domain::time::Timestamp;
use store::changes::applications::Application;
use store::changes::verdicts::{Consent, Decision};
use store::changes::{CHANGE_VERSIONS, Candidate, Change};
use store::engine::head;
use store::engine::rows::{self, Row};
use store::engine::table::Declared;
use store::identities::{IDENTITY_VERSIONS, Record};
use store::imports::{Batch, BatchEnd};
use store::on_both;
use store::people::{PERSON_VERSIONS, Person};
use store::settings::Seal;
use store::suspensions::Suspension;
use store::testing::Scratch;
use uuid::Uuid;

/// A change that went through: asked for by the first, approved by the second and third of two groups, consented to by the
/// fourth, applied by the server.
pub struct Story {
    pub people: Vec<Person>,
    pub change: Change,
    pub candidate: Candidate,
    /// A second candidate of the same change, for what is said of the wrong one.
    other: Option<Candidate>,
    decisions: Vec<Decision>,
    consents: Vec<Consent>,
    application: Option<Application>,
    pub suspension: Option<Suspension>,
    /// That the installation was sealed by it.
    pub seal: Option<Seal>,
}

fn id<N>(n: u128) -> domain::ids::Id<N> {
    domain::ids::Id::new(Uuid::from_u128(n))
}

fn person(n: u128) -> Person {
    Person::new(id(n), "a name", &format!("p{n}@example.org"), &n.to_string(), &[1; 16], domain::person::State::Active)
}

fn decision(n: u128, by: u128, group: u128, security: bool) -> Decision {
    Decision {
        id: id(n),
        seq: Seq::ZERO,
        candidate_id: id(60),
        person_id: id(by),
        human: Uuid::from_u128(by).to_string(),
        verdict: Verdict::Approve,
        group_id: Some(id::<domain::ids::noun::Group>(group) as GroupId),
        security: i64::from(security),
        independent: 1,
        shown: "a digest".to_owned(),
        shown_id: id::<domain::ids::noun::Blob>(90) as BlobId,
        nonce: Some("n".to_owned()),
        assertion: Some("{}".to_owned()),
        guidance_id: None,
        mac: "a mac".to_owned(),
    }
}

fn candidate(n: u128) -> Candidate {
    Candidate {
        since: Seq::ZERO,
        id: id::<domain::ids::noun::Candidate>(n) as CandidateId,
        change_id: id::<domain::ids::noun::Change>(50) as ChangeId,
        text: "{}".to_owned(),
        digest: "d".to_owned(),
        ties: "{}".to_owned(),
        direction: Direction::Widens,
        line: Line::WidensUndoable,
        policy_version: 0,
        auth: Auth::Passkey,
        required_people: 2,
        required_groups: 2,
        required_security: 1,
        required_owners: 1,
        required_resource_owners: 0,
    }
}

pub fn story() -> Story {
    let (person_kind, asker) = (ActorKind::Person, Some(Uuid::from_u128(1)));
    Story {
        people: (1..=6).map(person).collect(),
        change: Change {
            since: Seq::ZERO,
            id: id(50),
            state: State::Approved,
            candidate_id: id(60),
            asked_by_kind: person_kind,
            asked_by_id: asker,
            drafted_by_kind: person_kind,
            drafted_by_id: asker,
            minted_by_id: None,
            direction: Direction::Widens,
            rank: 1,
            justification_id: None,
            ticket: None,
            rollback_id: None,
            undoes_id: None,
            asked_at: Timestamp(1),
            review_ends_at: Timestamp(2),
            waits_until: None,
            lapses_at: None,
            due_at: None,
            outcome_unknown_since: None,
        },
        candidate: candidate(60),
        other: None,
        decisions: vec![decision(70, 2, 100, false), decision(71, 3, 101, true)],
        consents: vec![Consent {
            id: id(80),
            seq: Seq::ZERO,
            candidate_id: id(60),
            person_id: id(4),
            human: Uuid::from_u128(4).to_string(),
            as_kind: ConsentAs::Owner,
            verdict: ConsentVerdict::Consent,
            shown: "a digest".to_owned(),
            shown_id: id(90),
            guidance_id: None,
            mac: "a mac".to_owned(),
        }],
        application: Some(Application {
            id: id(85),
            seq: Seq::ZERO,
            change_id: id(50),
            candidate_id: id(60),
            direction: Direction::Widens,
            policy_version: 0,
            author_kind: person_kind,
            author_id: asker,
            approver_kind: person_kind,
            approver_id: Some(Uuid::from_u128(2)),
            applier_kind: ActorKind::System,
            applier_id: None,
            before: "b".to_owned(),
            after: "a".to_owned(),
            batch: None,
        }),
        suspension: Some(Suspension {
            since: Seq::ZERO,
            id: id(95),
            plane: Plane::Baseline,
            subject_kind: SubjectKind::Identity,
            subject: "idn".to_owned(),
            cause: "why".to_owned(),
            lifts_at: None,
            origin: Some(domain::rule::Origin::Change),
            author_kind: Some(person_kind),
            author_id: asker,
            approver_kind: Some(person_kind),
            approver_id: Some(Uuid::from_u128(2)),
            applier_kind: Some(ActorKind::System),
            applier_id: None,
            change_id: Some(id(50)),
            self_evidence: Some(domain::rule::SelfEvidence::No),
        }),
        seal: None,
    }
}

impl Story {
    /// The rows in the order in which they must be there.
    pub fn rows(self) -> Vec<Row> {
        let mut out: Vec<Row> = self.people.into_iter().map(Declared::open).collect();
        out.push(self.change.open());
        out.push(self.candidate.open());
        out.extend(self.other.map(Declared::open));
        out.extend(self.decisions.into_iter().map(Declared::open));
        out.extend(self.consents.into_iter().map(Declared::open));
        out.extend(self.application.map(Declared::open));
        out.extend(self.suspension.map(Declared::open));
        out.extend(self.seal.map(Declared::open));
        out
    }
}

/// Inserts the rows of a story one by one, as somebody with SQL would who even knows how to open the window of positions; what
/// the database says to the first that it refuses.
async fn tried(s: &Scratch, story: Story) -> Result<(), String> {
    let mut tx = s.db.begin().await.expect("begin");
    let head = head::lock(&mut tx).await.expect("a head");
    head::open_window(&mut tx, head.seq.plus(1)).await.expect("opened");
    let at = head.seq.plus(1);
    let people: Vec<Uuid> = story.people.iter().map(|p| p.id.uuid()).collect();
    rows::insert_anchors(&mut tx, &PERSON_VERSIONS, &people, at).await.expect("people");
    rows::insert_anchors(&mut tx, &CHANGE_VERSIONS, &[Uuid::from_u128(50)], at).await.expect("a change");
    let mut outcome = Ok(());
    for row in story.rows() {
        if let Err(error) = rows::insert(&mut tx, row.table, &[&row], at).await {
            outcome = Err(error.to_string());
            break;
        }
    }
    tx.rollback().await.expect("rolled back");
    outcome
}

pub fn sealing(change: u128, sealed: i64) -> Seal {
    Seal { id: id(97), seq: Seq::ZERO, change_id: id(change), sealed }
}

type Bend = fn(&mut Story);

/// What is other than it may be, and a part of what the database says.
const CASES: &[(&str, Bend, &str)] = &[
    ("a seal by a change that is none of the gate", |s| s.seal = Some(sealing(50, 1)), "by applying a change of the gate"),
    (
        "an installation that is unsealed by fewer people than the gate asks for",
        |s| {
            s.seal = Some(sealing(50, 0));
            (s.candidate.line, s.candidate.required_groups) = (Line::Gate, 1);
        },
        "by applying a change of the gate",
    ),
    ("a seal in the name of another change", |s| (s.candidate.line, s.seal) = (Line::Gate, Some(sealing(51, 1))), "gate"),
    (
        "one person too few",
        |s| {
            s.decisions.truncate(1);
            s.candidate.required_security = 0;
            s.candidate.required_groups = 0;
        },
        "route",
    ),
    ("one group for two", |s| s.decisions[1].group_id = s.decisions[0].group_id, "route"),
    ("no group at all", |s| s.decisions[1].group_id = None, "route"),
    ("nobody of security", |s| s.decisions[1].security = 0, "route"),
    ("an approval that is not independent", |s| s.decisions[1].independent = 0, "route"),
    (
        "two accounts of one human",
        |s| {
            s.people[2].human = s.people[1].human.clone();
            s.decisions[1].human = s.people[1].human.clone();
        },
        "decisions",
    ),
    ("a human that the account is not", |s| "somebody".clone_into(&mut s.decisions[1].human), "not that human"),
    ("no consent", |s| s.consents.clear(), "consented"),
    ("consent as owner of a resource only", |s| s.consents[0].as_kind = ConsentAs::ResourceOwner, "consented"),
    (
        "a refused consent",
        |s| {
            s.consents[0].verdict = ConsentVerdict::Refuse;
            s.candidate.required_owners = 0;
        },
        "rejected",
    ),
    ("a consent of nobody", |s| "somebody".clone_into(&mut s.consents[0].human), "not that human"),
    ("a rejection while it is approved", |s| s.decisions[1].verdict = Verdict::Reject, "closed or not in review"),
    (
        "a rejected change",
        |s| {
            s.change.state = State::Rejected;
            s.decisions[0].verdict = Verdict::Reject;
            s.decisions.truncate(1);
            s.consents.clear();
            (s.candidate.required_people, s.candidate.required_groups, s.candidate.required_security, s.candidate.required_owners) =
                (0, 0, 0, 0);
        },
        "applications",
    ),
    ("a decision on a change that was withdrawn", |s| s.change.state = State::Withdrawn, "closed or not in review"),
    ("a decision on an effective change", |s| s.change.state = State::Effective, "closed or not in review"),
    ("a decision on a candidate that the change has left", |s| s.change.candidate_id = id(61), "closed or not in review"),
    (
        "an application of another candidate",
        |s| {
            s.other = Some(Candidate {
                change_id: id(50),
                required_people: 0,
                required_groups: 0,
                required_security: 0,
                required_owners: 0,
                ..candidate(61)
            });
            s.application.as_mut().expect("one").candidate_id = id(61);
        },
        "",
    ),
    (
        "an approval without an assertion where a passkey is asked for",
        |s| {
            s.decisions[0].assertion = None;
            s.decisions[0].nonce = None;
        },
        "passkey",
    ),
    ("a nonce without an assertion", |s| s.decisions[0].assertion = None, ""),
    ("a decision without a MAC", |s| s.decisions[0].mac = String::new(), ""),
    ("a consent without a MAC", |s| s.consents[0].mac = String::new(), ""),
    ("a decision on nothing that was shown", |s| s.decisions[0].shown = String::new(), ""),
    ("who asked for it approves", |s| s.change.asked_by_id = Some(Uuid::from_u128(2)), "decides nothing"),
    ("who drafted it approves", |s| s.change.drafted_by_id = Some(Uuid::from_u128(3)), "decides nothing"),
    ("who minted the token approves", |s| s.change.minted_by_id = Some(id::<domain::ids::noun::Person>(3) as PersonId), "decides nothing"),
    (
        "another account of the author approves",
        |s| {
            s.people[1].human = s.people[0].human.clone();
            s.decisions[0].human = s.people[0].human.clone();
        },
        "decides nothing",
    ),
    ("the approver named did not approve", |s| approver(s, ActorKind::Person, Some(5)), "did not approve"),
    ("a rule approves what people must", |s| approver(s, ActorKind::Rule, None), ""),
    (
        "a rule approves what widens",
        |s| {
            approver(s, ActorKind::Rule, None);
            (s.candidate.required_people, s.candidate.required_groups, s.candidate.required_security) = (0, 0, 0);
            s.decisions.clear();
        },
        "",
    ),
    ("an agent approves", |s| approver(s, ActorKind::Agent, Some(9)), ""),
    ("an approver applies", |s| applier(s, ActorKind::Person, 3), "different humans"),
    ("the author applies", |s| applier(s, ActorKind::Person, 1), ""),
    (
        "another account of the author applies",
        |s| {
            s.people[4].human = s.people[0].human.clone();
            applier(s, ActorKind::Person, 5);
        },
        "different humans",
    ),
    (
        "an agent applies its own",
        |s| {
            (s.change.drafted_by_kind, s.change.drafted_by_id) = (ActorKind::Agent, Some(Uuid::from_u128(9)));
            let a = s.application.as_mut().expect("one");
            (a.author_kind, a.author_id) = (ActorKind::Agent, Some(Uuid::from_u128(9)));
            applier(s, ActorKind::Agent, 9);
        },
        "",
    ),
    ("an import drafts a change", |s| s.change.drafted_by_kind = ActorKind::Import, ""),
    ("nobody asked for it", |s| s.change.asked_by_id = None, ""),
    ("an application in another's name", |s| s.application.as_mut().expect("one").author_id = Some(Uuid::from_u128(6)), "open candidate"),
    ("another direction than was approved", |s| s.application.as_mut().expect("one").direction = Direction::Reduces, "open candidate"),
    ("another policy than it was routed by", |s| s.application.as_mut().expect("one").policy_version = 1, "open candidate"),
    ("an application of a change in review", |s| s.change.state = State::InReview, "open candidate"),
    ("a row of the baseline without an application", |s| s.application = None, "by nothing else"),
    ("a row of the baseline of another change", |s| s.suspension.as_mut().expect("one").change_id = Some(id(51)), "by nothing else"),
    ("a row of the baseline of no change", |s| s.suspension.as_mut().expect("one").change_id = None, "by nothing else"),
    ("a row of the baseline without an author", |s| s.suspension.as_mut().expect("one").author_kind = None, ""),
];

fn approver(s: &mut Story, kind: ActorKind, by: Option<u128>) {
    let a = s.application.as_mut().expect("one");
    (a.approver_kind, a.approver_id) = (kind, by.map(Uuid::from_u128));
}

fn applier(s: &mut Story, kind: ActorKind, by: u128) {
    let a = s.application.as_mut().expect("one");
    (a.applier_kind, a.applier_id) = (kind, Some(Uuid::from_u128(by)));
}

on_both!(a_legal_change_goes_in_and_one_that_is_bent_does_not, async |s: &Scratch| {
    assert_eq!(tried(s, story()).await, Ok(()));
    let mut sealed = story();
    (sealed.candidate.line, sealed.seal) = (Line::Gate, Some(sealing(50, 1)));
    assert_eq!(tried(s, sealed).await, Ok(()));
    for (what, bend, said) in CASES {
        let mut bent = story();
        bend(&mut bent);
        let refused = tried(s, bent).await.expect_err(what);
        assert!(refused.contains("refused") && refused.contains(said), "{what}: {refused}");
    }
});
