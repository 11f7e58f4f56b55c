//! What changes come to: the tables for each language and each field, and the laws that hold for all of them.

use crate::change_world::{NOW, beside, boundary, effect_of, grant, identity, of_set, person, remove, rule, set, world};
use domain::change::Direction::{self, Neutral, Reduces, SelfGoverning, Widens};
use domain::change::adopt::{Adopt, Apart};
use domain::change::content::{ExternalKey, Grant, Resource, Terms};
use domain::change::effect::Reversibility::{Irreversible, Partly, Undoable};
use domain::change::effect::{Effect, Matter, Moves, Own};
use domain::change::operation::{
    Attribute, GrantExtend, GrantTighten, LifecycleSet, Lift, Operation, RecordSet, Register, ResourceSet, SameAs, SetRules, Subject,
    Suspend,
};
use domain::identity::{Autonomy, Criticality, Environment, Kind, Lifecycle};
use domain::ids::{ResourceId, SourceId};
use domain::locator::{LocatorKind, Pattern};
use domain::privilege::Class;
use domain::resource::{DataClass, Extent};
use domain::rule::Dialect::{Aws, Countersign, Csv, Kubernetes, Mcp};
use domain::rule::{Dialect, Effect as Does, Rule, Via};
use domain::seq::Seq;
use domain::surface::SurfaceKind;
use domain::time::DAY;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

fn allow(dialect: Dialect, actions: &str, resources: &str) -> Rule {
    rule(dialect, Does::Allow, actions, resources)
}

fn deny(dialect: Dialect, actions: &str, resources: &str) -> Rule {
    rule(dialect, Does::Deny, actions, resources)
}

fn where_(condition: &str, rule: Rule) -> Rule {
    Rule { conditions: vec![condition.to_owned()], ..rule }
}

fn add(rule: Rule) -> Operation {
    Operation::GrantAdd(grant(1, rule))
}

#[test]
fn a_grant_that_is_added_is_a_gain_unless_it_is_proven_to_lie_in_what_is_there() {
    for (held, added, direction, class) in [
        (allow(Csv, "read", "crm"), allow(Csv, "read", "mail"), Widens, Some(Class::Read)),
        (allow(Csv, "*", "vault/*"), allow(Csv, "read", "vault/crm"), Neutral, None),
        (allow(Csv, "read", "vault/crm"), allow(Csv, "read", "vault/*"), Widens, Some(Class::Read)),
        (allow(Csv, "read", "crm"), allow(Csv, "orders.refund", "crm"), Widens, Some(Class::Destructive)),
        (allow(Countersign, "read", "crm"), allow(Csv, "read", "crm"), Widens, Some(Class::Read)),
        (allow(Countersign, "read", "acme/docs"), allow(Countersign, "write", "acme/docs"), Widens, Some(Class::Write)),
        (allow(Kubernetes, "get list", "*/*"), allow(Kubernetes, "get", "/pods"), Neutral, None),
        (allow(Kubernetes, "get", "/pods"), allow(Kubernetes, "get", "/pods#one"), Neutral, None),
        (allow(Kubernetes, "get", "/pods"), allow(Kubernetes, "get", "/secrets"), Widens, Some(Class::Secrets)),
        (allow(Kubernetes, "get", "/pods"), allow(Kubernetes, "create", "/pods/exec"), Widens, Some(Class::Admin)),
        (allow(Aws, "s3:*", "*"), allow(Aws, "s3:GetObject", "arn:aws:s3:::b/*"), Neutral, None),
        (allow(Aws, "!iam:*", "*"), allow(Aws, "s3:GetObject", "arn:aws:s3:::b/*"), Neutral, None),
        (allow(Aws, "s3:GetObject", "arn:aws:s3:::b/*"), allow(Aws, "!iam:*", "arn:aws:s3:::b/*"), Widens, Some(Class::Secrets)),
        (allow(Aws, "s3:GetObject", "arn:aws:s3:::b/*"), allow(Aws, "s3:GetObject", "arn:aws:s3:::c/*"), Widens, Some(Class::Read)),
        (where_("Bool mfa true", allow(Aws, "s3:*", "*")), allow(Aws, "s3:GetObject", "*"), Widens, Some(Class::Read)),
        (allow(Aws, "s3:*", "*"), where_("Bool mfa true", allow(Aws, "s3:GetObject", "*")), Neutral, None),
        (allow(Mcp, "invoke", "mcp:weather"), allow(Mcp, "invoke", "mcp:crm"), Widens, Some(Class::Write)),
        (allow(Mcp, "invoke", "mcp:weather"), allow(Mcp, "invoke", "mcp:weather/forecast"), Neutral, None),
    ] {
        let effect = effect_of(&world(&[grant(1, held.clone())]), &[add(added.clone())]);
        let worst = effect.classes.first().copied();
        let said =
            (effect.direction, if class == Some(Class::Secrets) { worst.filter(|c| *c <= Class::Secrets).and(class) } else { worst });
        assert_eq!(said, (direction, class), "{held:?} and {added:?}: {effect:?}");
    }
}

#[test]
fn what_one_source_gives_proves_nothing_of_another() {
    let held = grant(1, allow(Kubernetes, "*", "*/*"));
    let elsewhere = domain::change::content::Grant { source: domain::ids::SourceId::new(uuid::Uuid::from_u128(99)), ..held.clone() };
    let effect = effect_of(&world(&[held]), &[Operation::GrantAdd(elsewhere)]);
    assert_eq!(effect.direction, Widens, "{effect:?}");
}

#[test]
fn what_goes_or_shrinks_reduces_and_says_whether_it_can_be_undone() {
    let (wide, timed) = (grant(1, allow(Csv, "read write", "crm")), Terms { ends_at: Some(NOW.plus(DAY)), ..Terms::default() });
    let before = world(&[wide.clone(), grant(1, deny(Csv, "write", "mail"))]);
    let tighten = |rule, terms| Operation::GrantTighten(GrantTighten { grant: wide.key(), rule, terms });
    for operations in [
        vec![remove(&wide)],
        vec![tighten(allow(Csv, "read", "crm"), Terms::default())],
        vec![tighten(wide.rule.clone(), timed)],
        vec![remove(&wide), add(allow(Csv, "read", "crm"))],
        vec![add(deny(Csv, "write", "crm"))],
    ] {
        let effect = effect_of(&before, &operations);
        assert_eq!((effect.direction, effect.reversibility), (Reduces, Undoable), "{operations:?} {effect:?}");
        assert!(effect.classes.is_empty() && effect.rows.iter().all(|row| row.moves == Moves::Loses), "{effect:?}");
    }
}

#[test]
fn the_class_of_what_is_gained_says_whether_it_can_be_undone() {
    for (actions, back) in [("read", Undoable), ("write", Undoable), ("secrets.read", Partly), ("grant", Partly), ("delete", Irreversible)]
    {
        let effect = effect_of(&world(&[]), &[add(allow(Csv, actions, "crm"))]);
        assert_eq!(effect.reversibility, back, "{actions}");
    }
}

#[test]
fn a_control_that_is_dropped_or_altered_gains_what_it_could_cut() {
    let held = grant(1, allow(Aws, "s3:*", "*"));
    let guard = grant(1, where_("Bool mfa false", deny(Aws, "s3:Delete*", "*")));
    let cap = boundary(1, allow(Aws, "s3:Get*", "*"));
    let before = world(&[held, guard.clone(), cap.clone()]);
    let swap = |old: &Grant, new: Rule| vec![remove(old), Operation::GrantAdd(Grant { rule: new, ..old.clone() })];
    for (operations, direction) in [
        (vec![remove(&guard)], Widens),
        (swap(&guard, where_("Bool mfa false", deny(Aws, "s3:DeleteObject", "*"))), Widens),
        (swap(&guard, Rule { conditions: vec!["Bool mfa false".into(), "If b".into()], ..guard.rule.clone() }), Widens),
        (swap(&guard, deny(Aws, "s3:Delete*", "*")), Reduces),
        (vec![remove(&cap)], SelfGoverning),
        (swap(&cap, allow(Aws, "s3:*", "*")), SelfGoverning),
        (swap(&cap, allow(Aws, "s3:GetObject", "*")), Reduces),
        (vec![Operation::Suspend(Suspend { subject: Subject::Grant(guard.key()), cause: "x".into(), lifts_at: None })], Widens),
    ] {
        let effect = effect_of(&before, &operations);
        assert_eq!(effect.direction, direction, "{operations:?} {effect:?}");
    }
}

#[test]
fn a_shared_policy_is_judged_for_every_holder_and_identical_effects_are_one_row() {
    let wiki = allow(Csv, "read", "wiki");
    let before =
        world(&[of_set(1, 5, wiki.clone()), of_set(2, 5, wiki.clone()), of_set(3, 5, wiki.clone()), grant(3, allow(Csv, "*", "*"))]);
    let both = vec![wiki.clone(), allow(Csv, "delete", "wiki")];
    let effect = effect_of(&before, &[Operation::SetRules(SetRules { set: set(5), rules: both })]);
    assert_eq!((effect.direction, effect.gaining, effect.classes.clone()), (Widens, 2, vec![Class::Destructive]), "{effect:?}");
    let rows: Vec<_> = effect.rows.iter().map(|row| (row.moves, row.identities)).collect();
    assert_eq!(rows, [(Moves::Gains, 2), (Moves::Keeps, 1)], "who has everything already gains nothing");
}

#[test]
fn what_is_not_proven_counts_as_a_gain() {
    let before = world(&[grant(1, allow(Csv, "t.?*", "crm"))]);
    let effect = effect_of(&before, &[add(allow(Csv, "t.*", "crm"))]);
    assert_eq!((effect.direction, effect.rows[0].extent), (Widens, Extent::Unknown), "{effect:?}");
}

#[test]
fn terms_are_part_of_what_is_gained() {
    let limited = Grant { terms: Terms { max_uses: Some(5), ..Terms::default() }, ..grant(1, allow(Csv, "read", "crm")) };
    let before = world(std::slice::from_ref(&limited));
    let again = Grant { via: Via::Group, via_name: "g".to_owned(), ..limited.clone() };
    assert_eq!(effect_of(&before, &[Operation::GrantAdd(again)]).direction, Widens, "five uses more");
    let extend = |terms| effect_of(&before, &[Operation::GrantExtend(GrantExtend { grant: limited.key(), terms })]);
    let (endless, more) = (extend(Terms::default()), extend(Terms { max_uses: Some(9), ..Terms::default() }));
    assert_eq!((endless.direction, endless.standing, endless.max_uses), (Widens, true, None));
    assert_eq!((more.direction, more.max_uses), (Widens, Some(9)));
    let timed = |days| {
        let terms = Terms { ends_at: Some(NOW.plus(days * DAY)), ..Terms::default() };
        effect_of(&before, &[Operation::GrantAdd(Grant { terms, ..grant(1, allow(Csv, "write", "crm")) })])
    };
    assert_eq!((timed(1).standing, timed(1).ends_at, timed(2).standing), (false, Some(NOW.plus(DAY)), true));
}

#[test]
fn whoever_can_write_an_own_surface_steers_itself_through_children_too() {
    let place = Pattern::parse(Some(LocatorKind::Repository), "github.com/acme/agent").expect("place");
    let own = BTreeMap::from([(identity(1), Own { surfaces: vec![(SurfaceKind::Instructions, Some(place))], gates: vec![] })]);
    let mut before = world(&[grant(1, allow(Csv, "read", "crm")), grant(2, allow(Csv, "read", "crm"))]);
    before.records.get_mut(&identity(2)).expect("child").parent = Some(identity(1));
    let of =
        |holder, actions: &str, on: &str| beside(&before, &[Operation::GrantAdd(grant(holder, allow(Csv, actions, on)))], &own).direction;
    for (holder, actions, on, direction) in [
        (1, "write", "github.com/acme/agent", SelfGoverning),
        (2, "write", "github.com/acme/*", SelfGoverning),
        (1, "read", "github.com/acme/agent", Widens),
        (1, "write", "github.com/acme/other", Widens),
    ] {
        assert_eq!(of(holder, actions, on), direction, "{holder} {actions} {on}");
    }
    let nowhere = BTreeMap::from([(identity(1), Own { surfaces: vec![(SurfaceKind::Instructions, None)], gates: vec![] })]);
    let unlocated = |on: &str| beside(&before, &[add(allow(Csv, "write", on))], &nowhere).direction;
    assert_eq!((unlocated("github.com/acme/x"), unlocated("crm")), (SelfGoverning, Widens), "only what could be a store of it");
}

fn set_record(attribute: Attribute) -> Operation {
    Operation::RecordSet(RecordSet { identity: identity(1), attributes: vec![attribute] })
}

#[test]
fn facts_that_routing_rests_on_govern_but_for_a_first_owner_and_a_stricter_value() {
    let before = world(&[grant(1, allow(Csv, "read", "crm"))]);
    let mut unowned = before.clone();
    unowned.records.get_mut(&identity(1)).expect("record").owner = None;
    let first = effect_of(&unowned, &[set_record(Attribute::Owner(Some(person(4))))]);
    assert_eq!((first.direction, first.matter), (Neutral, Matter::FirstOwner));
    let both = effect_of(&unowned, &[set_record(Attribute::Owner(Some(person(4)))), add(allow(Csv, "write", "crm"))]);
    assert_eq!((both.direction, both.matter), (Widens, Matter::Ordinary), "no gain hides behind a first owner");
    for (attribute, direction, matter) in [
        (Attribute::Name("b".to_owned()), Neutral, Matter::Ordinary),
        (Attribute::Purpose(None), Neutral, Matter::Ordinary),
        (Attribute::Owner(Some(person(4))), SelfGoverning, Matter::Ordinary),
        (Attribute::Owner(None), SelfGoverning, Matter::Ordinary),
        (Attribute::Owner(Some(person(1))), Neutral, Matter::Ordinary),
        (Attribute::Backup(Some(person(4))), SelfGoverning, Matter::Ordinary),
        (Attribute::Team(None), Neutral, Matter::Ordinary),
        (Attribute::Kind(Kind::Bot), SelfGoverning, Matter::Ordinary),
        (Attribute::Environment(Environment::Test), SelfGoverning, Matter::Ordinary),
        (Attribute::Environment(Environment::Unknown), SelfGoverning, Matter::Ordinary),
        (Attribute::Criticality(Criticality::High), Neutral, Matter::FirstOwner),
        (Attribute::Criticality(Criticality::Critical), Neutral, Matter::FirstOwner),
        (Attribute::Criticality(Criticality::Low), SelfGoverning, Matter::Ordinary),
        (Attribute::Autonomy(Some(Autonomy::Advisory)), Reduces, Matter::Ordinary),
        (Attribute::Autonomy(Some(Autonomy::Autonomous)), Neutral, Matter::Ordinary),
        (Attribute::Human(None), Neutral, Matter::Ordinary),
        (Attribute::Parent(Some(identity(7))), SelfGoverning, Matter::Ordinary),
    ] {
        let effect = effect_of(&before, &[set_record(attribute.clone())]);
        assert_eq!((effect.direction, effect.matter), (direction, matter), "{attribute:?}");
    }
}

#[test]
fn lives_suspensions_keys_resources_and_adoptions_have_their_directions() {
    let mut before = world(&[grant(1, allow(Csv, "delete", "crm"))]);
    let source = SourceId::new(Uuid::from_u128(90));
    let key = ExternalKey { source, kind: "arn".to_owned(), key: "1".to_owned() };
    before.keys.insert(key.clone(), identity(1));
    before.suspensions.insert((Subject::Identity(identity(1)), "x".to_owned()), None);
    before.records.insert(identity(5), crate::change_world::record("idle"));
    before.lifecycles.insert(identity(5), Lifecycle::Quarantined);
    before.lifecycles.insert(identity(6), Lifecycle::Proposed);
    let life = |n, to| Operation::Lifecycle(LifecycleSet { identity: identity(n), to });
    let suspend = |subject| Operation::Suspend(Suspend { subject, cause: "y".to_owned(), lifts_at: None });
    let to = |owner: Option<u128>| Resource {
        name: "crm".to_owned(),
        kind: LocatorKind::Name,
        pattern: "crm".to_owned(),
        owner: owner.map(person),
        criticality: Criticality::High,
        data_class: DataClass::Personal,
        environment: Environment::Production,
    };
    let resource = ResourceId::new(Uuid::from_u128(7));
    before.resources.insert(resource, to(Some(1)));
    let set = |to| Operation::ResourceSet(ResourceSet { resource, to });
    let adopt = Adopt {
        source,
        scope: None,
        position: Seq(1),
        except: BTreeSet::new(),
        apart: None,
        rows: BTreeMap::from([("identity_versions".to_owned(), 2)]),
        classes: BTreeMap::from([("read".to_owned(), 2), ("none".to_owned(), 1)]),
        groups: vec![],
        left: 3,
        stands: vec![],
        root: "00".to_owned(),
    };
    let as_added = |rule: Rule, steering| {
        let apart = Some(vec![Apart { set: None, rule, holders: 30, steering, ends_at: None }]);
        Operation::Adopt(Adopt { apart, classes: BTreeMap::new(), rows: BTreeMap::new(), ..adopt.clone() })
    };
    let secrets = as_added(allow(Countersign, "secrets.read", "vault"), 0);
    let own = as_added(allow(Countersign, "tickets.write", "tickets"), 1);
    let effect = effect_of(&before, std::slice::from_ref(&secrets));
    assert_eq!((effect.matter, effect.standing, effect.gaining), (Matter::Ordinary, true, 30), "what stands apart is judged as if added");
    let adopted = effect_of(&before, &[Operation::Adopt(adopt.clone())]);
    assert_eq!((adopted.matter, adopted.rows.len(), adopted.gaining), (Matter::Adopt, 3, 0), "{adopted:?}");
    let register = Register { identity: identity(8), record: crate::change_world::record("new"), keys: BTreeSet::new() };
    for (operation, direction, back) in [
        (life(1, Lifecycle::Suspended), Reduces, Undoable),
        (life(1, Lifecycle::Quarantined), Reduces, Undoable),
        (life(1, Lifecycle::Retired), Reduces, Irreversible),
        (life(5, Lifecycle::Suspended), Widens, Undoable),
        (life(6, Lifecycle::Active), Widens, Undoable),
        (suspend(Subject::Identity(identity(1))), Reduces, Undoable),
        (suspend(Subject::Source(source)), Reduces, Undoable),
        (Operation::Lift(Lift { subject: Subject::Identity(identity(1)), cause: "x".to_owned() }), Widens, Irreversible),
        (Operation::SameAs(SameAs { key, from: identity(1), to: identity(5) }), SelfGoverning, Partly),
        (Operation::Register(register), Neutral, Undoable),
        (set(to(Some(2))), SelfGoverning, Undoable),
        (set(Resource { pattern: "crm/eu".to_owned(), ..to(Some(1)) }), SelfGoverning, Undoable),
        (set(Resource { data_class: DataClass::Secret, ..to(Some(1)) }), Neutral, Undoable),
        (set(Resource { data_class: DataClass::Public, ..to(Some(1)) }), SelfGoverning, Undoable),
        (Operation::Adopt(adopt), Widens, Partly),
        (secrets, Widens, Partly),
        (own, SelfGoverning, Partly),
    ] {
        let effect = effect_of(&before, std::slice::from_ref(&operation));
        assert_eq!((effect.direction, effect.reversibility), (direction, back), "{operation:?} {effect:?}");
    }
}

const ACTIONS: [[&str; 5]; 3] = [
    ["s3:GetObject", "s3:*", "iam:PassRole", "!iam:*", "*"],
    ["get", "create", "delete", "get list", "*"],
    ["read", "write", "tickets.*", "tickets.delete", "*"],
];
const RESOURCES: [[&str; 4]; 3] = [
    ["arn:aws:s3:::b/*", "arn:aws:s3:::b/k", "!arn:aws:s3:::c", "*"],
    ["/pods", "/secrets", "/pods#one", "*/*"],
    ["crm", "crm/*", "vault", "*"],
];
const DIALECTS: [Dialect; 3] = [Aws, Kubernetes, Csv];

/// Dialect, kind (an allow, a deny, a boundary), actions, resources, whether under a condition.
type Drawn = (usize, usize, usize, usize, bool);

fn drawn() -> impl Strategy<Value = Drawn> {
    (0..3usize, 0..5usize, 0..5usize, 0..4usize, any::<bool>())
}

fn made(holder: u128, (dialect, kind, actions, resources, conditional): Drawn) -> Grant {
    let does = if kind == 3 { Does::Deny } else { Does::Allow };
    let rule = rule(DIALECTS[dialect], does, ACTIONS[dialect][actions], RESOURCES[dialect][resources]);
    let rule = if conditional { where_("If a", rule) } else { rule };
    if kind == 4 { boundary(holder, rule) } else { grant(holder, rule) }
}

/// Some of what is held goes, some comes.
fn steps(held: &[Grant], gone: &[bool], come: &[Drawn]) -> Vec<Operation> {
    let mut out: Vec<Operation> = held.iter().zip(gone).filter(|(_, gone)| **gone).map(|(grant, _)| remove(grant)).collect();
    for grant in come.iter().map(|d| made(1, *d)) {
        if !held.iter().any(|own| own.key() == grant.key()) && !out.contains(&Operation::GrantAdd(grant.clone())) {
            out.push(Operation::GrantAdd(grant));
        }
    }
    out
}

fn direction(before: &domain::change::baseline::Baseline, operations: &[Operation]) -> (Direction, Effect) {
    let effect = effect_of(before, operations);
    (effect.direction, effect)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn an_allow_more_never_lowers_the_direction(
        held in prop::collection::vec(drawn(), 0..4), gone in prop::collection::vec(any::<bool>(), 4),
        come in prop::collection::vec(drawn(), 1..3), more in drawn(),
    ) {
        let held: BTreeMap<_, _> = held.into_iter().map(|d| made(1, d)).map(|g| (g.key(), g)).collect();
        let held: Vec<Grant> = held.into_values().collect();
        let before = world(&held);
        let operations = steps(&held, &gone, &come);
        let allowed = made(1, (more.0, 0, more.2, more.3, more.4));
        let fresh = !held.iter().any(|own| own.key() == allowed.key()) && !operations.contains(&Operation::GrantAdd(allowed.clone()));
        prop_assume!(fresh && !operations.is_empty());
        let (alone, _) = direction(&before, &operations);
        let with: Vec<Operation> = operations.iter().cloned().chain([Operation::GrantAdd(allowed)]).collect();
        let (both, effect) = direction(&before, &with);
        prop_assert!(both >= alone, "{:?} {:?} {:?}", alone, effect, with);
    }

    #[test]
    fn a_control_that_goes_or_is_altered_is_never_milder_than_keeping_it(
        held in prop::collection::vec(drawn(), 0..4), gone in prop::collection::vec(any::<bool>(), 4),
        come in prop::collection::vec(drawn(), 1..3), control in drawn(), other in drawn(), how in 0..3usize,
    ) {
        let control = made(1, (control.0, 3 + control.1 % 2, control.2, control.3, control.4));
        let held: BTreeMap<_, _> = held.into_iter().map(|d| made(1, d)).map(|g| (g.key(), g)).collect();
        let held: Vec<Grant> = held.into_values().filter(|g| g.key() != control.key()).collect();
        let before = world(&held.iter().cloned().chain([control.clone()]).collect::<Vec<_>>());
        let operations: Vec<Operation> =
            steps(&held, &gone, &come).into_iter().filter(|o| *o != Operation::GrantAdd(control.clone())).collect();
        let mut changed = operations.clone();
        changed.push(remove(&control));
        // A condition more on a deny, one less on a boundary, or anything else of its kind in its place.
        let altered = match how {
            0 => None,
            1 if control.rule.effect == Does::Deny => Some(Rule { conditions: vec!["If a".into(), "If b".into()], ..control.rule.clone() }),
            1 => Some(Rule { conditions: vec![], ..control.rule.clone() }),
            _ => Some(rule(DIALECTS[other.0], control.rule.effect, ACTIONS[other.0][other.2], RESOURCES[other.0][other.3])),
        };
        if let Some(rule) = altered {
            let added = Grant { rule, ..control.clone() };
            prop_assume!(added.key() != control.key() && !held.contains(&added) && !changed.contains(&Operation::GrantAdd(added.clone())));
            changed.push(Operation::GrantAdd(added));
        }
        let kept = if operations.is_empty() { Neutral } else { direction(&before, &operations).0 };
        let (went, effect) = direction(&before, &changed);
        // A superset in its place, of this change or held beside it, may take away what the others would have gained.
        let weakens = effect.rows.iter().any(|row| row.moves == Moves::Weakens);
        prop_assert!(went >= kept || !weakens, "{:?} {:?} {:?}", kept, effect, changed);
        prop_assert!(went >= Widens || !weakens, "{:?}", effect);
        let limits = |grant: &Grant| grant.rule.effect == Does::Deny || grant.via == Via::Boundary;
        let others = held.iter().any(limits) || come.iter().any(|d| limits(&made(1, *d)));
        prop_assert!(weakens || others || how != 0, "nothing takes its place: {:?} {:?}", effect, changed);
    }
}
