//! Operations: how they are read, that any order of them comes to the same, that two on one thing are refused, and that
//! carrying out and undoing leads back to the same digest.

use crate::change_world::{NOW, boundary, effect_of, grant, identity, of_set, person, record, remove, rule, set, world};
use domain::change::State;
use domain::change::baseline::{BadChange, Baseline, CannotApply};
use domain::change::candidate::{Base, Candidate, NoUndo, Pinned, Standing, recheck, undo};
use domain::change::content::{ExternalKey, Grant, Resource, Terms};
use domain::change::operation::{
    Attribute, BadOperation, GrantExtend, GrantTighten, LifecycleSet, Lift, Op, Operation, RecordSet, Register, ResourceSet, SameAs,
    SetRules, Subject, Suspend,
};
use domain::change::route::{Policy, Profile, route};
use domain::change::state::{Event, Review, next};
use domain::identity::{Criticality, Environment, Lifecycle};
use domain::ids::{ChangeId, InstallationId, PolicyId, ResourceId, SourceId};
use domain::locator::LocatorKind;
use domain::resource::DataClass;
use domain::rule::{Dialect, Effect, Rule, SelfEvidence};
use domain::seq::Seq;
use domain::time::DAY;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

fn csv(actions: &str, resources: &str) -> Rule {
    rule(Dialect::Csv, Effect::Allow, actions, resources)
}

fn key(n: u128) -> ExternalKey {
    ExternalKey { source: SourceId::new(Uuid::from_u128(90)), kind: "arn".to_owned(), key: n.to_string() }
}

fn resource(owner: Option<u128>) -> Resource {
    Resource {
        name: "crm".to_owned(),
        kind: LocatorKind::Name,
        pattern: "crm".to_owned(),
        owner: owner.map(person),
        criticality: Criticality::High,
        data_class: DataClass::Personal,
        environment: Environment::Production,
    }
}

fn timed(days: i64) -> Terms {
    Terms { ends_at: Some(NOW.plus(days * DAY)), ..Terms::default() }
}

/// A baseline with something for every operation to be about.
fn before() -> Baseline {
    let mut out = world(&[
        grant(1, csv("read", "crm")),
        Grant { terms: timed(1), ..grant(1, csv("read write", "mail")) },
        of_set(2, 5, csv("read", "wiki")),
        of_set(3, 5, csv("read", "wiki")),
        boundary(3, rule(Dialect::Aws, Effect::Allow, "s3:*", "*")),
    ]);
    out.keys.insert(key(1), identity(1));
    out.suspensions.insert((Subject::Identity(identity(2)), "by hand".to_owned()), Some(NOW));
    out.resources.insert(ResourceId::new(Uuid::from_u128(7)), resource(None));
    out
}

/// One of every kind that is built, each on something of its own.
fn one_of_each() -> Vec<Operation> {
    let mail = Grant { terms: timed(1), ..grant(1, csv("read write", "mail")) };
    vec![
        Operation::GrantAdd(grant(1, csv("write", "crm"))),
        remove(&grant(1, csv("read", "crm"))),
        Operation::GrantTighten(GrantTighten { grant: mail.key(), rule: csv("read", "mail"), terms: timed(1) }),
        Operation::SetRules(SetRules { set: set(5), rules: vec![csv("read", "wiki"), csv("write", "wiki")] }),
        Operation::RecordSet(RecordSet {
            identity: identity(1),
            attributes: vec![Attribute::Owner(Some(person(4))), Attribute::Name("b".to_owned())],
        }),
        Operation::Lifecycle(LifecycleSet { identity: identity(1), to: Lifecycle::Suspended }),
        Operation::SameAs(SameAs { key: key(1), from: identity(1), to: identity(2) }),
        Operation::Suspend(Suspend { subject: Subject::Identity(identity(1)), cause: "by hand".to_owned(), lifts_at: None }),
        Operation::Lift(Lift { subject: Subject::Identity(identity(2)), cause: "by hand".to_owned() }),
        Operation::ResourceSet(ResourceSet { resource: ResourceId::new(Uuid::from_u128(7)), to: resource(Some(4)) }),
        Operation::Register(Register { identity: identity(9), record: record("new"), keys: BTreeSet::from([key(9)]) }),
    ]
}

#[test]
fn every_operation_is_read_back_from_what_it_writes() {
    let mut all = one_of_each();
    all.push(Operation::GrantExtend(GrantExtend { grant: grant(1, csv("read", "crm")).key(), terms: timed(2) }));
    for operation in all {
        let value = serde_json::to_value(&operation).expect("json");
        assert_eq!(value["op"], operation.op().as_str());
        assert_eq!(Operation::read(&value), Ok(operation.clone()), "{value}");
        let mut more = value.clone();
        more["more"] = 1.into();
        assert!(matches!(Operation::read(&more), Err(BadOperation::Malformed { .. })), "{more}");
    }
}

#[test]
fn what_is_no_operation_or_not_computed_is_refused_by_its_word() {
    let of = |text: &str| Operation::read(&serde_json::json!({ "op": text })).expect_err(text).to_string();
    assert_eq!(of("grant_everything"), "op: \"grant_everything\" is no operation. The API document lists them.");
    let mut built = 0;
    for op in Op::ALL {
        let refused = of(op.as_str());
        assert_eq!(refused.contains("cannot compute"), !op.is_built(), "{refused}");
        built += usize::from(op.is_built());
    }
    assert_eq!((Op::ALL.len(), built), (28, 24));
    let unsorted = serde_json::json!({"op": "set_rules", "set": set(5).to_string(), "rules": [{"dialect": "csv", "effect": "allow",
        "actions": ["write", "read"], "actions_negated": [], "resources": ["wiki"], "resources_negated": [], "conditions": []}]});
    let Ok(Operation::SetRules(read)) = Operation::read(&unsorted) else { panic!("reads") };
    assert_eq!(read.rules, [csv("read write", "wiki")]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Operations on distinct things commute: any order of any of them comes to the same, and leads back.
    #[test]
    fn operations_on_distinct_things_commute_and_are_undone(order in Just((0..10_usize).collect::<Vec<_>>()).prop_shuffle(), most in 1..=10_usize) {
        let all = one_of_each();
        let before = before();
        // The record of identity 1 stands once in the list; what is registered has no undo.
        let some: Vec<Operation> = order.iter().take(most).map(|at| all[*at].clone()).collect();
        let mut sorted = some.clone();
        sorted.sort_by_key(|o| o.op());
        let (one, two) = (before.check(&some).expect("fits"), before.check(&sorted).expect("fits"));
        prop_assert_eq!(&one, &two);
        prop_assert_eq!(one.digest().expect("digest"), two.digest().expect("digest"));
        prop_assert_ne!(one.digest().expect("digest"), before.digest().expect("digest"));
        match undo(&before, &some) {
            Ok(back) => prop_assert_eq!(one.check(&back).expect("fits").digest().expect("digest"), before.digest().expect("digest")),
            Err(why) => prop_assert!(false, "{}", why),
        }
    }
}

#[test]
fn what_goes_only_forward_has_no_undo_and_says_so() {
    let before = before();
    let registered = one_of_each().pop().expect("register");
    assert!(matches!(undo(&before, std::slice::from_ref(&registered)), Err(NoUndo::None("register"))));
    let retired = Operation::Lifecycle(LifecycleSet { identity: identity(1), to: Lifecycle::Retired });
    assert!(matches!(undo(&before, &[retired]), Err(NoUndo::Apply(_))));
    let mut mixed = before.clone();
    for grant in mixed.grants.values_mut().filter(|grant| grant.set.is_some()).take(1) {
        grant.terms = timed(3);
    }
    let swapped = Operation::SetRules(SetRules { set: set(5), rules: vec![csv("write", "wiki")] });
    assert!(undo(&mixed, &[swapped]).is_ok(), "each path keeps its own terms");
}

#[test]
fn two_operations_on_one_thing_are_refused() {
    let before = before();
    let (crm, wiki) = (grant(1, csv("read", "crm")), of_set(2, 5, csv("read", "wiki")));
    let narrowed = |to: &str| Operation::GrantTighten(GrantTighten { grant: crm.key(), rule: csv("read", to), terms: timed(1) });
    let rules = Operation::SetRules(SetRules { set: set(5), rules: vec![csv("write", "wiki")] });
    let life = |to| Operation::Lifecycle(LifecycleSet { identity: identity(9), to });
    for (one, two) in [
        (remove(&crm), remove(&crm)),
        (narrowed("crm"), remove(&crm)),
        (narrowed("crm"), Operation::GrantAdd(crm.clone())),
        (rules.clone(), remove(&wiki)),
        (Operation::GrantAdd(of_set(1, 5, csv("read", "wiki"))), rules.clone()),
        (one_of_each().pop().expect("register"), life(Lifecycle::Active)),
        (one_of_each()[4].clone(), one_of_each()[4].clone()),
    ] {
        let refused = before.check(&[one.clone(), two.clone()]).expect_err("two on one");
        assert_eq!(refused, BadChange::SameTarget(0, 1), "{one:?} {two:?}");
        assert!(refused.to_string().starts_with("Operations 1 and 2 touch the same thing"), "{refused}");
    }
    let apart = [remove(&wiki), remove(&of_set(3, 5, csv("read", "wiki")))];
    assert!(before.check(&apart).is_ok(), "two holders of one set are two things");
    assert_eq!(before.check(&[]), Err(BadChange::Empty));
}

#[test]
fn what_cannot_be_carried_out_says_why() {
    let before = before();
    let crm = grant(1, csv("read", "crm"));
    let tighten = |rule, terms| Operation::GrantTighten(GrantTighten { grant: crm.key(), rule, terms });
    for (operation, why) in [
        (Operation::GrantAdd(crm.clone()), CannotApply::There(Op::GrantAdd)),
        (remove(&grant(1, csv("read", "nothing"))), CannotApply::Absent(Op::GrantRemove)),
        (tighten(csv("read write", "crm"), Terms::default()), CannotApply::NotNarrower),
        (tighten(csv("read", "crm"), Terms::default()), CannotApply::NotNarrower),
        (Operation::GrantExtend(GrantExtend { grant: crm.key(), terms: timed(1) }), CannotApply::NotWider),
        (
            Operation::GrantTighten(GrantTighten {
                grant: of_set(2, 5, csv("read", "wiki")).key(),
                rule: csv("read", "wiki"),
                terms: timed(1),
            }),
            CannotApply::FromSet(Op::GrantTighten),
        ),
        (Operation::SetRules(SetRules { set: set(5), rules: vec![] }), CannotApply::EmptySet),
        (Operation::SetRules(SetRules { set: set(6), rules: vec![csv("read", "a")] }), CannotApply::Absent(Op::SetRules)),
        (
            Operation::Lifecycle(LifecycleSet { identity: identity(1), to: Lifecycle::Proposed }),
            CannotApply::Lifecycle { from: Lifecycle::Active, to: Lifecycle::Proposed },
        ),
        (Operation::SameAs(SameAs { key: key(1), from: identity(2), to: identity(3) }), CannotApply::OtherHolder),
        (Operation::RecordSet(RecordSet { identity: identity(1), attributes: vec![] }), CannotApply::Attributes),
    ] {
        assert_eq!(before.check(std::slice::from_ref(&operation)), Err(BadChange::Operation { at: 0, why }), "{operation:?}");
    }
}

#[test]
fn the_digest_of_a_candidate_covers_every_part_and_says_when_it_is_void() {
    let before = before();
    let operations = vec![Operation::GrantAdd(grant(1, csv("write", "crm")))];
    let effect = effect_of(&before, &operations);
    let policy = Policy::of(Profile::Standard);
    let route = route(&effect, None, &[], SelfEvidence::No, &policy);
    let base = Base {
        position: Seq(48_211),
        at: domain::time::Timestamp(1_790_000_000_000_000),
        pinned: vec![Pinned { table: "grants".to_owned(), key: "k".to_owned(), since: Seq(7) }],
        state: BTreeMap::from([(identity(1), before.digest().expect("digest"))]),
        policy: PolicyId::new(Uuid::from_u128(3)),
        rulesets: BTreeMap::from([("privilege".to_owned(), 3)]),
    };
    let whole = Candidate {
        v: 1,
        installation: InstallationId::new(Uuid::from_u128(1)),
        epoch: 1,
        change: ChangeId::new(Uuid::from_u128(2)),
        base: base.clone(),
        operations,
        effect: effect.clone(),
        route: route.clone(),
        policy_version: 2,
    };
    let digest = |c: &Candidate| c.digest().expect("digest");
    let mut others = vec![whole.clone(); 8];
    others[0].epoch = 2;
    others[1].change = ChangeId::new(Uuid::from_u128(9));
    others[2].installation = InstallationId::new(Uuid::from_u128(9));
    others[3].base.position = Seq(1);
    others[4].operations.clear();
    others[5].effect.gaining += 1;
    others[6].route.cell.people += 1;
    others[7].policy_version = 3;
    for other in &others {
        assert_ne!(digest(other), digest(&whole), "{other:?}");
    }
    assert_eq!(serde_json::from_str::<Candidate>(&whole.text().expect("text")).expect("reads"), whole);
    let (mut moved, mut pinned, mut policy) = (base.clone(), base.clone(), base.clone());
    moved.state.insert(identity(1), "other".to_owned());
    pinned.pinned[0].since = Seq(8);
    policy.policy = PolicyId::new(Uuid::from_u128(4));
    let worse = domain::change::effect::Effect { gaining: 9, ..effect.clone() };
    // Where it stands became worse, and nothing that it rests on moved.
    let critical = domain::change::route::Route { column: domain::change::route::Column::Critical, ..route.clone() };
    for (now, effect, route, standing, event) in [
        (&base, &effect, &route, Standing::Same, None),
        (&base, &effect, &critical, Standing::Same, Some(Event::Stale)),
        (&moved, &effect, &route, Standing::Recompute, None),
        (&moved, &worse, &route, Standing::Recompute, Some(Event::Stale)),
        (&pinned, &effect, &route, Standing::Stale, Some(Event::Stale)),
        (&policy, &effect, &route, Standing::PolicyChanged, Some(Event::PolicyChanged)),
    ] {
        assert_eq!((base.standing(now), recheck(&whole, now, effect, route)), (standing, event));
        if let Some(event) = event {
            assert_eq!(next(State::Approved, event, Review::default()), Ok(State::InReview));
        }
    }
}
