//! Changes of the gate: what each operation makes of it, what is refused, that those of one change commute, the way back, and
//! that all of them go by the row of the gate.

use domain::change::Direction;
use domain::change::baseline::gate::Source;
use domain::change::baseline::{BadChange, Baseline, CannotApply};
use domain::change::candidate::{NoUndo, undo};
use domain::change::effect::{Around, Matter, Written, effect};
use domain::change::operation::{
    GroupAdd, GroupSet, Installation, LifecycleSet, Op, Operation, Restore, RoleHeld, RolesSet, SourceAdd, SourceSaid, SourceSet,
};
use domain::change::route::{Line, line_of};
use domain::identity::Lifecycle;
use domain::ids::{GroupId, IdentityId, PersonId, SourceId};
use domain::locator::Work;
use domain::permission::{Role, ScopeKind};
use domain::person::State;
use domain::sealing;
use domain::source::{SourceKind, Vantage};
use domain::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

fn person(n: u128) -> PersonId {
    PersonId::new(Uuid::from_u128(n))
}

fn group(n: u128) -> GroupId {
    GroupId::new(Uuid::from_u128(n))
}

fn source(n: u128) -> SourceId {
    SourceId::new(Uuid::from_u128(n))
}

fn held(role: Role) -> RoleHeld {
    RoleHeld { role, scope_kind: ScopeKind::Organisation, scope: String::new() }
}

fn said(owner: u128) -> SourceSaid {
    SourceSaid { owner: Some(person(owner)), environment: None, vantage: Vantage::Artefact, interval_seconds: None }
}

/// The last admin, a reviewer in a group, somebody who left.
fn base() -> Baseline {
    let mut out = Baseline::default();
    let gate = &mut out.gate;
    gate.accounts = [(person(1), State::Active), (person(2), State::Active), (person(3), State::Deactivated)].into();
    gate.roles = [(person(1), [held(Role::Admin)].into()), (person(2), [held(Role::Reviewer)].into())].into();
    gate.members = [(person(2), group(1))].into();
    gate.groups = [(group(1), "Product".to_owned()), (group(2), "Security".to_owned())].into();
    gate.sources = [(source(1), Source { name: "crm".to_owned(), kind: SourceKind::Csv, said: said(1) })].into();
    gate.last_admin = Some(person(1));
    out
}

fn roles(who: u128, roles: &[Role]) -> Installation {
    Installation::Roles(RolesSet { person: person(who), roles: roles.iter().map(|r| held(*r)).collect::<BTreeSet<_>>() })
}

fn moves(who: u128, to: Option<u128>) -> Installation {
    Installation::Group(GroupSet { person: person(who), group: to.map(group) })
}

fn adds(id: u128, name: &str) -> Installation {
    Installation::GroupAdd(GroupAdd { group: group(id), name: name.to_owned() })
}

fn brings(id: u128, name: &str) -> Installation {
    Installation::SourceAdd(SourceAdd { source: source(id), name: name.to_owned(), kind: SourceKind::Csv, to: said(2) })
}

fn all(parts: &[Installation]) -> Vec<Operation> {
    parts.iter().cloned().map(Operation::Installation).collect()
}

#[test]
fn each_operation_is_carried_out_or_refused_with_its_reason() {
    let (there, absent) = (CannotApply::There(Op::Installation), CannotApply::Absent(Op::Installation));
    let cases: Vec<(Installation, Option<CannotApply>)> = vec![
        (roles(2, &[Role::Reviewer, Role::Analyst]), None),
        (roles(2, &[]), None),
        (roles(2, &[Role::Reviewer]), Some(there.clone())),
        (roles(2, &[Role::Reviewer, Role::Admin]), Some(CannotApply::Excluded)),
        (roles(2, &[Role::Reviewer, Role::Auditor]), Some(CannotApply::Excluded)),
        (roles(1, &[Role::Analyst]), Some(CannotApply::LastAdmin)),
        (roles(1, &[Role::Admin, Role::Analyst]), None),
        (roles(3, &[Role::Analyst]), Some(CannotApply::Deactivated)),
        (roles(9, &[Role::Analyst]), Some(absent.clone())),
        (moves(2, Some(2)), None),
        (moves(2, None), None),
        (moves(2, Some(1)), Some(there.clone())),
        (moves(1, None), Some(there.clone())),
        (moves(2, Some(9)), Some(absent.clone())),
        (moves(3, Some(1)), Some(CannotApply::Deactivated)),
        (adds(3, "Payments"), None),
        (adds(3, "Product"), Some(there.clone())),
        (Installation::Source(SourceSet { source: source(1), to: said(2) }), None),
        (Installation::Source(SourceSet { source: source(1), to: said(1) }), Some(there.clone())),
        (Installation::Source(SourceSet { source: source(9), to: said(2) }), Some(absent.clone())),
        (brings(2, "other"), None),
        (brings(2, "crm"), Some(there.clone())),
        (Installation::Restore(Restore { person: person(3) }), None),
        (Installation::Restore(Restore { person: person(2) }), Some(there)),
        (Installation::Restore(Restore { person: person(9) }), Some(absent)),
        (Installation::Seal {}, None),
    ];
    for (part, refused) in cases {
        let outcome = base().check(&all(std::slice::from_ref(&part)));
        match refused {
            None => assert!(outcome.is_ok(), "{part:?}: {outcome:?}"),
            Some(why) => assert_eq!(outcome, Err(BadChange::Operation { at: 0, why }), "{part:?}"),
        }
    }
    let mut open = base();
    open.gate.open = Some(sealing::Line::Outside);
    let refused = open.check(&all(&[Installation::Seal {}]));
    assert_eq!(refused, Err(BadChange::Operation { at: 0, why: CannotApply::NotSealable(sealing::Line::Outside) }));
}

#[test]
fn those_of_one_change_commute_and_stand_apart_from_everything_else() {
    let parts = [roles(2, &[Role::Analyst]), moves(1, Some(2)), adds(3, "Payments"), brings(2, "other")];
    let there = base().check(&all(&parts)).expect("a change");
    let back: Vec<Installation> = parts.iter().rev().cloned().collect();
    assert_eq!(there, base().check(&all(&back)).expect("in any order"));
    for (one, two) in [
        (roles(2, &[]), roles(2, &[Role::Analyst])),
        (adds(3, "Payments"), moves(2, Some(3))),
        (Installation::Restore(Restore { person: person(3) }), roles(3, &[Role::Analyst])),
    ] {
        assert_eq!(base().check(&all(&[one, two])), Err(BadChange::SameTarget(0, 1)));
    }
    let other = Operation::Lifecycle(LifecycleSet { identity: IdentityId::new(Uuid::from_u128(5)), to: Lifecycle::Active });
    assert_eq!(base().check(&[all(&[moves(2, None)])[0].clone(), other]), Err(BadChange::InstallationApart));
}

#[test]
fn the_way_back_leads_to_the_same_digest_and_a_seal_has_none() {
    let parts = all(&[roles(2, &[Role::Analyst]), moves(2, Some(2)), Installation::Source(SourceSet { source: source(1), to: said(2) })]);
    let after = base().check(&parts).expect("a change");
    let digest = |of: &Baseline| of.digest().expect("canonical");
    assert_ne!(digest(&after), digest(&base()));
    let back = undo(&base(), &parts).expect("a way back");
    assert_eq!(digest(&after.check(&back).expect("undone")), digest(&base()));
    for part in [Installation::Seal {}, adds(3, "Payments"), brings(2, "other"), Installation::Restore(Restore { person: person(3) })] {
        assert!(matches!(undo(&base(), &all(&[part])), Err(NoUndo::None(_))));
    }
}

#[test]
fn all_of_it_goes_by_the_row_of_the_gate() {
    let (own, at) = (BTreeMap::new(), Timestamp(0));
    let around = Around { at, timed_most: 0, own: &own, written: Written::UNKNOWN };
    let parts = [
        Installation::Seal {},
        roles(2, &[]),
        moves(2, None),
        adds(3, "Payments"),
        brings(2, "other"),
        Installation::Restore(Restore { person: person(3) }),
    ];
    for part in parts {
        let found = effect(&base(), &all(std::slice::from_ref(&part)), &around, &mut Work::default()).expect("an effect");
        assert_eq!(
            (found.direction, found.matter, line_of(&found)),
            (Direction::SelfGoverning, Matter::Installation, Line::Gate),
            "{part:?}"
        );
    }
}
