//! Who may decide: each thing that stands against somebody, alone; and when what was decided is enough.

use crate::change_world::{NOW, person};
use domain::change::independence::{
    Against, Asked, Decider, Lack, Tally, Tenure, Ties, Vote, against, can_complete, draw, eligible, people_block, tally, today,
    unsatisfiable,
};
use domain::change::route::{Auth, Block, Cell, Column, Line, Policy, Profile, default_cell};
use domain::change::{ConsentAs, ConsentVerdict, Verdict};
use domain::identity::Environment;
use domain::ids::{GroupId, PersonId};
use domain::permission::{HeldRole, Place, Role, RoleScope};
use domain::person::AuthenticatorKind;
use domain::time::{DAY, Timestamp};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Somebody against whom nothing stands: a reviewer of a group for a year, with a passkey.
fn decider(n: u128, role: Role, group: u128) -> Decider {
    let since = NOW.plus(-365 * DAY);
    Decider {
        person: person(n),
        active: true,
        roles: vec![Tenure { held: HeldRole::everywhere(role), since }],
        group: Some((GroupId::new(Uuid::from_u128(group)), since)),
        factors: BTreeSet::from([AuthenticatorKind::Passkey, AuthenticatorKind::DecisionPasskey]),
        factor_by_other: None,
        tied_to: BTreeSet::new(),
    }
}

fn sealed() -> Ties {
    let production = Place { environment: Some(Environment::Production), ..Place::default() };
    Ties { places: vec![production], sealed: true, ..Ties::default() }
}

/// Two people of two groups, one of them security, with passkeys, and the owner's consent.
fn cell() -> Cell {
    default_cell(Line::SelfGoverningUndoable, Column::Production)
}

#[test]
fn each_thing_that_stands_against_somebody_is_said() {
    let me = person(1);
    let one = BTreeSet::from([me]);
    let role = |role, scope, days: i64| Tenure { held: HeldRole { role, scope }, since: NOW.plus(-days * DAY) };
    let base = || decider(1, Role::Reviewer, 1);
    assert_eq!(against(&base(), &sealed(), &cell(), NOW), []);
    let production = RoleScope::Environment(Environment::Production);
    let people: Vec<(Decider, Against)> = vec![
        (Decider { active: false, ..base() }, Against::Inactive),
        (Decider { roles: vec![role(Role::Analyst, RoleScope::Organisation, 99)], ..base() }, Against::NoRole),
        (Decider { roles: vec![role(Role::Reviewer, RoleScope::Environment(Environment::Test), 99)], ..base() }, Against::NoRole),
        (Decider { roles: vec![role(Role::Reviewer, production, 6)], ..base() }, Against::NewInRole),
        (
            Decider { roles: vec![role(Role::Reviewer, production, 9), role(Role::Admin, RoleScope::Organisation, 9)], ..base() },
            Against::Admin,
        ),
        (Decider { factor_by_other: Some(NOW.plus(-3 * DAY + 1)), ..base() }, Against::NewFactor),
        (Decider { group: None, ..base() }, Against::NoGroup),
        (Decider { group: Some((GroupId::new(Uuid::from_u128(1)), NOW.plus(-7 * DAY + 1))), ..base() }, Against::NewInGroup),
        (Decider { factors: BTreeSet::from([AuthenticatorKind::Password, AuthenticatorKind::Totp]), ..base() }, Against::NoFactor),
    ];
    for (person, why) in &people {
        assert_eq!(against(person, &sealed(), &cell(), NOW), [*why], "{person:?}");
    }
    let ties = [
        (Ties { asked_by: Some(me), ..sealed() }, Against::AskedBy),
        (Ties { drafted_by: Some(me), ..sealed() }, Against::DraftedBy),
        (Ties { co_authors: one.clone(), ..sealed() }, Against::CoAuthor),
        (Ties { behind: one.clone(), ..sealed() }, Against::Behind),
        (Ties { owners: one.clone(), ..sealed() }, Against::Owner),
        (Ties { minters: one.clone(), ..sealed() }, Against::Minter),
        (Ties { controllers: one.clone(), ..sealed() }, Against::Controller),
        (Ties { feeders: one.clone(), ..sealed() }, Against::Feeder),
        (Ties { beneficiaries: one.clone(), ..sealed() }, Against::Beneficiary),
        (Ties { governed: one.clone(), ..sealed() }, Against::Governed),
        (Ties { decided: one.clone(), ..sealed() }, Against::Decided),
        (Ties { recused: one.clone(), ..sealed() }, Against::Recused),
    ];
    for (ties, why) in &ties {
        assert_eq!(against(&base(), ties, &cell(), NOW), [*why]);
    }
    let by_lot = Ties { drawn: Some(BTreeSet::from([person(2)])), ..sealed() };
    let lot = default_cell(Line::SelfGoverningUndoable, Column::Critical);
    assert_eq!(against(&base(), &by_lot, &lot, NOW), [Against::NotDrawn]);
    let said = people.iter().map(|(_, why)| why).chain(ties.iter().map(|(_, why)| why)).chain([&Against::NotDrawn]);
    assert_eq!(said.collect::<BTreeSet<_>>().len(), Against::ALL.len(), "each of them is tried");
}

#[test]
fn an_owner_counts_only_where_the_cell_says_so_and_never_as_the_author() {
    let owner = Ties { owners: BTreeSet::from([person(1)]), ..sealed() };
    let asks = Ties { asked_by: Some(person(1)), ..owner.clone() };
    let partly = default_cell(Line::ReducesPartly, Column::Production);
    let me = decider(1, Role::Reviewer, 1);
    assert_eq!(against(&me, &owner, &partly, NOW), []);
    assert_eq!(against(&me, &asks, &partly, NOW), [Against::AskedBy, Against::Owner]);
    for line in Line::ALL.iter().filter(|line| **line >= Line::WidensUndoable) {
        for column in Column::ALL {
            assert_eq!(against(&me, &owner, &default_cell(*line, *column), NOW), [Against::Owner], "{line} {column}");
        }
    }
}

#[test]
fn before_the_seal_nobody_waits_a_week() {
    let young = Decider {
        roles: vec![Tenure { held: HeldRole::everywhere(Role::Reviewer), since: NOW }],
        group: Some((GroupId::new(Uuid::from_u128(1)), NOW)),
        ..decider(1, Role::Reviewer, 1)
    };
    assert_eq!(against(&young, &Ties { sealed: false, ..sealed() }, &cell(), NOW), []);
    assert_eq!(against(&young, &sealed(), &cell(), NOW), [Against::NewInRole, Against::NewInGroup]);
}

#[test]
fn a_deciding_role_must_reach_every_place() {
    let both = Ties {
        places: [Environment::Production, Environment::Test].map(|e| Place { environment: Some(e), ..Place::default() }).to_vec(),
        ..sealed()
    };
    let scoped = |scopes: &[Environment]| Decider {
        roles: scopes
            .iter()
            .map(|e| Tenure { held: HeldRole { role: Role::Reviewer, scope: RoleScope::Environment(*e) }, since: Timestamp(0) })
            .collect(),
        ..decider(1, Role::Reviewer, 1)
    };
    assert_eq!(against(&scoped(&[Environment::Production]), &both, &cell(), NOW), [Against::NoRole]);
    assert_eq!(against(&scoped(&[Environment::Production, Environment::Test]), &both, &cell(), NOW), []);
}

fn vote(n: u128, verdict: Verdict) -> Vote {
    Vote { person: person(n), verdict }
}

fn owner(answer: Option<ConsentVerdict>) -> Asked {
    Asked { consent: ConsentAs::Owner, person: person(9), answer }
}

#[test]
fn a_route_is_complete_with_people_groups_security_and_consents_together() {
    use Verdict::{Approve, Reject};
    let (sam, rae, kim, lee) = (
        decider(1, Role::SecurityReviewer, 1),
        decider(2, Role::Reviewer, 2),
        decider(3, Role::Reviewer, 3),
        decider(4, Role::SecurityReviewer, 2),
    );
    let made = Decider { tied_to: BTreeSet::from([person(1)]), ..decider(5, Role::Reviewer, 5) };
    let people = [sam, rae, kim, lee, made];
    let of = |votes: &[Vote], asked: &[Asked]| tally(&people, votes, asked, &sealed(), &cell(), NOW);
    let yes = [owner(Some(ConsentVerdict::Consent))];
    for (votes, asked, approvals, security_missing, complete) in [
        (vec![], &yes[..], 0, true, false),
        (vec![vote(1, Approve)], &yes, 1, false, false),
        (vec![vote(1, Approve), vote(2, Approve)], &yes, 2, false, true),
        (vec![vote(2, Approve), vote(3, Approve)], &yes, 2, true, false),
        (vec![vote(2, Approve), vote(4, Approve)], &yes, 1, false, false),
        (vec![vote(1, Approve), vote(5, Approve)], &yes, 1, false, false),
        (vec![vote(1, Approve), vote(5, Approve), vote(3, Approve)], &yes, 2, false, true),
        (vec![vote(1, Approve), vote(1, Approve)], &yes, 1, false, false),
        (vec![vote(1, Approve), vote(8, Approve)], &yes, 1, false, false),
        (vec![vote(1, Approve), vote(2, Approve)], &[], 2, false, false),
        (vec![vote(1, Approve), vote(2, Approve)], &[owner(None)], 2, false, false),
        (vec![vote(1, Approve), vote(2, Approve)], &[owner(Some(ConsentVerdict::Refuse))], 2, false, false),
        (vec![vote(1, Approve), vote(2, Approve), vote(3, Reject)], &yes, 2, false, false),
    ] {
        let found = of(&votes, asked);
        assert_eq!(
            (found.approvals, found.security_missing, found.complete),
            (approvals, security_missing, complete),
            "{votes:?} {asked:?}"
        );
    }
    let missing = of(&[vote(1, Approve), vote(2, Approve)], &[]);
    let expected = Tally { approvals: 2, people: 2, security_missing: false, consents_missing: vec![ConsentAs::Owner], complete: false };
    assert_eq!(missing, expected, "a consent nobody can be asked for is missing");
    let nobody = default_cell(Line::ReducesUndoable, Column::Production);
    assert!(tally(&[], &[], &[], &sealed(), &nobody, NOW).complete, "a cell that asks nobody is complete");
}

#[test]
fn independence_is_asked_again_when_it_is_counted() {
    let people = [decider(1, Role::SecurityReviewer, 1), decider(2, Role::Reviewer, 2)];
    let votes = [vote(1, Verdict::Approve), vote(2, Verdict::Approve)];
    let yes = [owner(Some(ConsentVerdict::Consent))];
    let now_owner = Ties { owners: BTreeSet::from([person(2)]), decided: BTreeSet::from([person(1), person(2)]), ..sealed() };
    assert!(tally(&people, &votes, &yes, &Ties { owners: BTreeSet::new(), ..now_owner.clone() }, &cell(), NOW).complete);
    assert!(!tally(&people, &votes, &yes, &now_owner, &cell(), NOW).complete, "who has become the owner meanwhile");
}

#[test]
fn a_cell_nobody_can_complete_says_whether_a_factor_is_what_is_missing() {
    let without = |d: Decider| Decider { factors: BTreeSet::from([AuthenticatorKind::Password]), ..d };
    let (sam, rae, lee) = (decider(1, Role::SecurityReviewer, 1), decider(2, Role::Reviewer, 2), decider(4, Role::SecurityReviewer, 2));
    for (people, block) in [
        (vec![sam.clone(), rae.clone()], None),
        (vec![sam.clone(), without(rae.clone())], Some(Block::MissingFactor)),
        (vec![rae.clone(), lee.clone()], Some(Block::NoEligibleApprover)),
        (vec![sam.clone()], Some(Block::NoEligibleApprover)),
        (vec![], Some(Block::NoEligibleApprover)),
    ] {
        assert_eq!(people_block(&people, &sealed(), &cell(), NOW), block, "{people:?}");
    }
    let asker = Ties { asked_by: Some(person(2)), ..sealed() };
    let people = [sam, rae];
    let found = eligible(&people, &asker, &cell(), NOW);
    assert_eq!((found.may.clone(), found.may_not), (vec![person(1)], vec![(person(2), vec![Against::AskedBy])]));
    assert!(!can_complete(&people, &found.may, &asker, &cell()));
    let reauth = Cell { auth: Auth::Reauth, ..cell() };
    let two = Decider { factors: BTreeSet::from([AuthenticatorKind::Password, AuthenticatorKind::Totp]), ..decider(3, Role::Reviewer, 3) };
    assert_eq!(against(&two, &sealed(), &reauth, NOW), [], "a password and a code are two factors");
    assert_eq!(against(&without(two), &sealed(), &reauth, NOW), [Against::NoFactor]);
}

#[test]
fn a_policy_says_which_of_its_cells_nobody_can_complete() {
    let (sam, rae, kim) = (decider(1, Role::SecurityReviewer, 1), decider(2, Role::Reviewer, 2), decider(3, Role::Reviewer, 3));
    let of = |profile, people: &[Decider]| {
        let mut lines: Vec<Line> = unsatisfiable(&Policy::of(profile), people, true, NOW).into_iter().map(|(line, _, _)| line).collect();
        lines.dedup();
        lines
    };
    assert_eq!(of(Profile::Standard, &[sam.clone(), rae.clone(), kim]), []);
    let three = [Line::WidensIrreversible, Line::SelfGoverningPartly, Line::SelfGoverningIrreversible];
    assert_eq!(of(Profile::Standard, &[sam, rae.clone()]), three, "three people of three groups");
    assert_eq!(of(Profile::SmallTeam, std::slice::from_ref(&rae)), [Line::WidensIrreversible], "one cell asks one person of security");
    let password = Decider { factors: BTreeSet::from([AuthenticatorKind::Password]), ..rae };
    let missing = unsatisfiable(&Policy::of(Profile::SmallTeam), &[password], true, NOW);
    let gate: Vec<Block> = missing.iter().filter(|(line, _, _)| *line == Line::Gate).map(|(_, _, block)| *block).collect();
    assert_eq!(gate, [Block::MissingFactor; 3]);
}

#[test]
fn what_is_missing_is_the_least_that_would_be_enough() {
    let plain = |d: Decider| Decider { factors: BTreeSet::from([AuthenticatorKind::Password]), ..d };
    let (sam, rae, lee) = (decider(1, Role::SecurityReviewer, 1), decider(2, Role::Reviewer, 2), decider(4, Role::Reviewer, 1));
    // Two people of two groups, one of security, each with a passkey.
    for (people, may, lacks) in [
        (vec![], 0, vec![Lack::People]),
        (vec![sam.clone()], 1, vec![Lack::People]),
        (vec![sam.clone(), rae.clone()], 2, vec![]),
        (vec![sam.clone(), lee.clone()], 2, vec![Lack::Groups]),
        (vec![rae.clone(), lee.clone()], 2, vec![Lack::Security]),
        (vec![plain(sam.clone()), rae.clone()], 1, vec![Lack::Factor]),
        (vec![plain(sam.clone()), plain(lee.clone())], 0, vec![Lack::Groups, Lack::Factor]),
    ] {
        let found = today(&Policy::of(Profile::Standard), &people, true, NOW);
        assert_eq!(found.len(), Line::ALL.len() * Column::ALL.len());
        let gate = found.iter().find(|t| t.line == Line::Gate).expect("the gate");
        assert_eq!((gate.may, gate.lacks.as_slice()), (may, lacks.as_slice()), "{people:?}");
        let blocked = unsatisfiable(&Policy::of(Profile::Standard), &people, true, NOW);
        for t in &found {
            let listed = blocked.iter().any(|(line, column, _)| (*line, *column) == (t.line, t.column));
            assert_eq!(t.lacks.is_empty(), !listed, "{t:?}");
        }
    }
    let none = Policy {
        profile: Profile::Standard,
        cells: [(Line::WidensUndoable, [(Column::Development, Cell { people: 0, ..cell() })].into())].into(),
    };
    assert_eq!(none.cell(Line::WidensUndoable, Column::Development).people, 1, "nothing that widens is ever automatic");
}

#[test]
fn a_lot_is_decided_by_its_seed_alone() {
    let people: Vec<PersonId> = (1..=9).map(person).collect();
    let backwards: Vec<PersonId> = people.iter().rev().copied().collect();
    let (one, two) = (draw(&[1; 32], &people, 3), draw(&[2; 32], &people, 3));
    assert_eq!((one.len(), &one), (3, &draw(&[1; 32], &backwards, 3)));
    assert_ne!(one, two);
    assert_eq!(draw(&[1; 32], &people, 20).len(), 9);
}
