//! Narrowing: what is proven to be smaller, what is refused and why; "approve only what it uses"; and when a change must be
//! split.

use crate::change_world::{NOW, Story, boundary, grant, identity, person, remove, rule, world};
use domain::change::Direction;
use domain::change::baseline::Baseline;
use domain::change::content::{Grant, Terms};
use domain::change::effect::ROWS_MOST;
use domain::change::narrow::{NotNarrower, OnlyUsed, Usage, Use, narrower, only_used};
use domain::change::operation::{
    Attribute, CredentialPut, GrantExtend, GrantTighten, LifecycleSet, Operation, RecordSet, Subject, SurfacePut, Suspend,
};
use domain::change::own::{Credential, Surface};
use domain::change::size::{NoParts, Size, TooLarge, parts};
use domain::identity::{Criticality, Issuer, Lifecycle};
use domain::ids::{CredentialId, SurfaceId};
use domain::locator::Work;
use domain::rule::Dialect::{Aws, Csv};
use domain::rule::{Dialect, Effect as Does, Rule, SelfEvidence};
use domain::surface::SurfaceKind;
use domain::time::{DAY, Timestamp};
use proptest::prelude::*;
use std::collections::BTreeSet;
use uuid::Uuid;

const HOUR: i64 = DAY / 24;

fn allow(dialect: Dialect, actions: &str, on: &str) -> Rule {
    rule(dialect, Does::Allow, actions, on)
}

fn until(hours: i64) -> Terms {
    Terms { ends_at: Some(NOW.plus(hours * HOUR)), ..Terms::default() }
}

fn add(rule: Rule, terms: Terms) -> Operation {
    Operation::GrantAdd(Grant { terms, ..grant(1, rule) })
}

fn proves(before: &Baseline, whole: &[Operation], narrow: &[Operation], story: &Story) -> Result<Direction, NotNarrower> {
    narrower(before, whole, narrow, &story.around(), &mut Work::default()).map(|effect| effect.direction)
}

#[test]
fn operations_left_out_terms_shortened_and_rules_tightened_are_narrower() {
    let held = grant(1, allow(Csv, "read", "wiki"));
    let timed = Grant { terms: until(2), ..grant(1, allow(Csv, "read", "mail")) };
    let before = world(&[held.clone(), timed.clone()]);
    let story = Story::default();
    let extend = |terms| Operation::GrantExtend(GrantExtend { grant: timed.key(), terms });
    let repositories = add(allow(Csv, "read write", "github.com/acme/*"), Terms::default());
    let whole = [repositories.clone(), add(allow(Aws, "s3:*", "*"), until(24)), extend(until(48)), remove(&held)];
    let two = add(allow(Csv, "write", "github.com/acme/docs github.com/acme/web"), until(4));
    for narrow in [
        vec![repositories.clone(), extend(until(48)), remove(&held)],
        vec![two.clone(), remove(&held)],
        vec![add(allow(Aws, "s3:GetObject", "arn:aws:s3:::b/*"), until(24)), remove(&held)],
        vec![extend(until(3)), remove(&held)],
        vec![remove(&held)],
        vec![add(Rule { conditions: vec!["Bool mfa true".to_owned()], ..allow(Aws, "s3:*", "*") }, until(24)), remove(&held)],
    ] {
        let proven = proves(&before, &whole, &narrow, &story);
        assert!(proven.is_ok(), "{narrow:?} {proven:?}");
    }
    assert_eq!(proves(&before, &whole, &[two.clone(), remove(&held)], &story), Ok(Direction::Widens));
    for (narrow, why) in [
        (whole.to_vec(), NotNarrower::Same),
        (vec![], NotNarrower::Nothing),
        (vec![two.clone()], NotNarrower::Stricter(3)),
        (vec![add(allow(Csv, "read write", "github.com/*"), until(4)), remove(&held)], NotNarrower::NotAsked(0)),
        (vec![add(allow(Csv, "read write delete", "github.com/acme/*"), until(4)), remove(&held)], NotNarrower::NotAsked(0)),
        (vec![add(allow(Aws, "s3:*", "*"), until(25)), remove(&held)], NotNarrower::NotAsked(0)),
        (vec![add(allow(Aws, "s3:*", "*"), Terms::default()), remove(&held)], NotNarrower::NotAsked(0)),
        (vec![extend(until(49)), remove(&held)], NotNarrower::NotAsked(0)),
        (vec![Operation::GrantAdd(grant(2, allow(Csv, "read", "github.com/acme/docs"))), remove(&held)], NotNarrower::NotAsked(0)),
    ] {
        assert_eq!(proves(&before, &whole, &narrow, &story), Err(why), "{narrow:?}");
    }
}

#[test]
fn whatever_holds_back_in_the_whole_change_must_stay() {
    let guard = grant(1, rule(Csv, Does::Deny, "delete", "crm"));
    let cap = boundary(1, allow(Aws, "s3:*", "*"));
    let before = world(&[grant(1, allow(Csv, "*", "crm")), guard.clone()]);
    let story = Story::default();
    let gain = add(allow(Csv, "write", "mail"), until(4));
    let deny = Operation::GrantAdd(grant(1, rule(Csv, Does::Deny, "write", "crm")));
    let suspend = Operation::Suspend(Suspend { subject: Subject::Identity(identity(1)), cause: "x".to_owned(), lifts_at: None });
    let life = Operation::Lifecycle(LifecycleSet { identity: identity(1), to: Lifecycle::Suspended });
    let strict = Operation::RecordSet(RecordSet { identity: identity(1), attributes: vec![Attribute::Criticality(Criticality::Critical)] });
    let owner = Operation::RecordSet(RecordSet { identity: identity(1), attributes: vec![Attribute::Owner(Some(person(9)))] });
    for (held, refused) in [(deny, true), (Operation::GrantAdd(cap), true), (suspend, true), (life, true), (strict, true), (owner, false)] {
        let proven = proves(&before, &[gain.clone(), held.clone()], std::slice::from_ref(&gain), &story);
        assert_eq!(proven.is_err(), refused, "{held:?} {proven:?}");
    }
    // A deny in place of a wider one, a shorter deny: less is taken away.
    let wide = Operation::GrantAdd(grant(1, rule(Csv, Does::Deny, "*", "mail")));
    let less = Operation::GrantAdd(grant(1, rule(Csv, Does::Deny, "read", "mail")));
    assert_eq!(proves(&before, &[gain.clone(), wide], &[gain.clone(), less], &story), Err(NotNarrower::NotAsked(1)));
    let tighten = |rule| Operation::GrantTighten(GrantTighten { grant: guard.key(), rule, terms: Terms::default() });
    let tighter = tighten(rule(Csv, Does::Deny, "delete write", "crm"));
    assert_eq!(proves(&before, &[gain.clone(), tighter], std::slice::from_ref(&gain), &story), Err(NotNarrower::Stricter(1)));
}

fn put(story: &mut Story, text: &str) -> Operation {
    let to = Surface { identity: identity(1), kind: SurfaceKind::Instructions, locator: "p".to_owned(), content: Some(story.text(text)) };
    Operation::SurfacePut(SurfacePut { surface: SurfaceId::new(Uuid::from_u128(1)), to })
}

#[test]
fn a_text_may_be_left_out_unless_it_holds_the_agent_back() {
    let mut story = Story { itself: SelfEvidence::No, ..Story::default() };
    let mut before = world(&[grant(1, allow(Csv, "write", "crm"))]);
    let Operation::SurfacePut(old) = put(&mut story, "Be kind.\nNever refund.\n") else { panic!("a text") };
    before.surfaces.insert(old.surface, old.to);
    let gain = add(allow(Csv, "write", "mail"), until(4));
    let (looser, tighter) = (put(&mut story, "Be kind.\n"), put(&mut story, "Be kind.\nNever refund.\nAsk a supervisor first.\n"));
    assert_eq!(proves(&before, &[gain.clone(), looser.clone()], std::slice::from_ref(&gain), &story), Ok(Direction::Widens));
    assert_eq!(proves(&before, &[gain.clone(), tighter.clone()], std::slice::from_ref(&gain), &story), Err(NotNarrower::Restrains(1)));
    assert!(proves(&before, &[gain.clone(), tighter.clone()], std::slice::from_ref(&tighter), &story).is_ok());
    let other = put(&mut story, "Be kind.\nRefund.\n");
    assert_eq!(
        proves(&before, &[gain.clone(), looser], &[gain, other], &story),
        Err(NotNarrower::NotAsked(1)),
        "another text is no narrowing"
    );
}

fn used(days: u32, uses: &[(&str, &str)], before: &Baseline, whole: &[Operation]) -> Option<OnlyUsed> {
    let uses: BTreeSet<Use> =
        uses.iter().map(|(action, on)| Use { identity: identity(1), action: (*action).to_owned(), resource: (*on).to_owned() }).collect();
    let story = Story::default();
    only_used(before, whole, Some(Usage { uses: &uses, days }), 4 * HOUR, &story.around(), &mut Work::default())
}

#[test]
fn only_what_was_used_is_computed_from_a_feed_and_is_narrower() {
    let before = world(&[]);
    let whole = [add(allow(Aws, "s3:GetObject s3:PutObject s3:DeleteObject iam:PassRole", "*"), Terms::default())];
    let less = used(90, &[("s3:GetObject", "arn:aws:s3:::b/k"), ("ec2:RunInstances", "*")], &before, &whole).expect("narrower");
    assert_eq!((less.used, less.named, less.days), (1, 4, 90));
    let expected = add(allow(Aws, "s3:GetObject", "arn:aws:s3:::b/k"), until(4));
    assert_eq!(less.operations, [expected]);
    assert!(!less.effect.standing && whole.len() == 1);
    assert_eq!(used(90, &[], &before, &whole), None, "nothing was used: there is nothing to approve");
    assert_eq!(used(90, &[("ec2:RunInstances", "*")], &before, &whole), None);
    let story = Story::default();
    assert_eq!(only_used(&before, &whole, None, HOUR, &story.around(), &mut Work::default()), None, "no feed, no button");
    let small = [add(allow(Csv, "read", "crm"), until(2))];
    assert_eq!(used(90, &[("read", "crm")], &before, &small), None, "it is all that is asked for");
    let both = [small[0].clone(), remove(&grant(1, allow(Csv, "read", "wiki")))];
    let held = world(&[grant(1, allow(Csv, "read", "wiki"))]);
    let wide = [add(allow(Csv, "read write", "*"), until(2)), both[1].clone()];
    let less = used(30, &[("write", "crm")], &held, &wide).expect("narrower");
    assert_eq!(less.operations[1], wide[1], "what takes away stays");
}

const ACTIONS: [&str; 6] = ["read", "write", "tickets.*", "tickets.delete", "*", "read write"];
const PLACES: [&str; 4] = ["crm", "crm/*", "vault", "*"];

fn drawn() -> impl Strategy<Value = (u8, usize, usize, i64)> {
    (0..4_u8, 0..ACTIONS.len(), 0..PLACES.len(), 0..4_i64)
}

fn made((kind, actions, places, hours): (u8, usize, usize, i64)) -> Operation {
    let does = if kind == 3 { Does::Deny } else { Does::Allow };
    let terms = if hours == 0 { Terms::default() } else { until(hours) };
    add(rule(Csv, does, ACTIONS[actions], PLACES[places]), terms)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// What is proven to be narrower is never worse, never gains a class or an end that the whole did not, and is narrower
    /// than the whole from wherever it came.
    #[test]
    fn narrower_is_never_worse(held in prop::collection::vec(drawn(), 0..3), whole in prop::collection::vec(drawn(), 1..4),
        narrow in prop::collection::vec(drawn(), 1..4), keep in prop::collection::vec(any::<bool>(), 4)) {
        let before = {
            let grants: Vec<Grant> = held.into_iter().map(made).filter_map(|o| if let Operation::GrantAdd(g) = o { Some(g) } else { None }).collect();
            world(&grants)
        };
        let whole: Vec<Operation> = whole.into_iter().map(made).collect();
        let kept = whole.iter().zip(&keep).filter(|(_, keep)| **keep).map(|(o, _)| o.clone());
        let narrow: Vec<Operation> = kept.chain(narrow.into_iter().map(made)).collect();
        let story = Story::default();
        let Ok(own) = narrower(&before, &whole, &narrow, &story.around(), &mut Work::default()) else { return Ok(()) };
        let all = story.effect(&before, &whole);
        prop_assert!(own.direction <= all.direction, "{:?} {:?}", own, all);
        prop_assert!(own.direction < Direction::Widens || own.classes.first() >= all.classes.first(), "{:?} {:?}", own, all);
        prop_assert!(!own.standing || all.standing, "{:?} {:?}", own, all);
        prop_assert!(own.gaining <= all.gaining);
    }
}

#[test]
fn a_change_that_nobody_reads_to_its_end_must_be_split() {
    let mut story = Story { itself: SelfEvidence::No, ..Story::default() };
    let before = world(&[grant(1, allow(Csv, "read", "crm"))]);
    let size = |story: &Story, operations: &[Operation]| {
        let effect = story.effect(&before, operations);
        Size::of(&before, operations, &effect, &story.around())
    };
    let lines = |n: usize| (0..n).map(|at| format!("Be kind {at}.\n")).collect::<String>();
    let (short, long) = (put(&mut story, &lines(400)), put(&mut story, &lines(401)));
    assert_eq!(size(&story, std::slice::from_ref(&short)).check(), Ok(()));
    assert_eq!(size(&story, std::slice::from_ref(&long)).check(), Err(TooLarge::Lines(401)));
    let bytes = put(&mut story, &"x".repeat(32 * 1024 + 1));
    assert_eq!(size(&story, &[bytes]).check(), Err(TooLarge::Bytes(32 * 1024 + 1)));
    let unread = put(&mut story, "Be kind.");
    let kept = std::mem::take(&mut story.texts);
    assert_eq!(size(&story, &[unread]).check(), Err(TooLarge::Unread));
    story.texts = kept;
    let grants = |n: usize| (0..n).map(|at| add(allow(Csv, "read", &format!("place-{at}")), Terms::default())).collect::<Vec<_>>();
    assert_eq!(size(&story, &grants(ROWS_MOST)).check(), Ok(()));
    assert_eq!(size(&story, &grants(ROWS_MOST + 1)).check(), Err(TooLarge::Rows(51)));
    let split = |operations: &[Operation]| parts(&before, operations, &story.around(), &mut Work::default());
    let many: Vec<Operation> = std::iter::once(short).chain(grants(ROWS_MOST)).collect();
    let parts = split(&many).expect("parts");
    assert_eq!(parts.iter().map(Vec::len).collect::<Vec<_>>(), [50, 1], "a text that is read on its own row, then the rest");
    assert_eq!(parts.concat(), (0..51).collect::<Vec<_>>(), "in the order they were asked for");
    assert_eq!(split(&[long]), Err(NoParts::One { at: 0, why: TooLarge::Lines(401) }));
}

#[test]
fn a_credential_may_be_left_out() {
    let before = world(&[grant(1, allow(Csv, "read", "crm"))]);
    let to = Credential {
        identity: identity(1),
        method: "api_key".to_owned(),
        key_id: "k".to_owned(),
        issuer: Issuer::Platform,
        issued_at: None,
        expires_at: Some(Timestamp(NOW.0 + DAY)),
        storage: None,
    };
    let issue = Operation::CredentialIssue(CredentialPut { credential: CredentialId::new(Uuid::from_u128(1)), to });
    let gain = add(allow(Csv, "write", "mail"), until(4));
    assert!(proves(&before, &[gain.clone(), issue], std::slice::from_ref(&gain), &Story::default()).is_ok());
}
