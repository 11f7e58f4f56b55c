//! When somebody leaves, moves or changes roles: what waited for them goes to others, what they approved and nobody has applied
//! yet is asked again, and what they owned is somebody's to see to.

use crate::support::world::*;
use crate::support::{self, at, by, intact};
use domain::asof::Wanted;
use domain::change::State;
use domain::change::route::{Cell, Line};
use domain::ids::{ChangeId, PersonId};
use domain::ledger::ActorKind;
use domain::query::changes::Filter;
use serde_json::json;
use service::changes::{self, Narrowed, Why};
use service::{Principal, groups, people};
use store::on_both;
use store::testing::Scratch;

/// Two people of two groups, one of security, and an hour; nothing else is asked for a registration.
async fn strict(s: &Scratch) -> World {
    let w = world(s).await;
    without_factors(s, &w, |line, _, cell| match line {
        Line::FirstOwner => Cell { people: 1, groups_distinct: false, wait: 0, ..cell },
        _ => Cell { people: 2, groups_distinct: true, security: true, wait: 3600, life: None, uses: None, lot: false, ..cell },
    })
    .await;
    w
}

async fn register(w: &World, backup: Option<PersonId>) {
    let record = json!({ "name": "bot", "kind": "ai_agent", "environment": "production", "criticality": "low", "owner": id(&w.olga),
        "backup": backup, "team": null, "autonomy": null, "purpose": null, "human": null, "parent": null });
    let change = propose(w, &w.ana, &[json!({ "op": "register", "identity": w.bot, "record": record, "keys": [] })]).await;
    let olga = say(w, &w.olga, change, "").await;
    changes::consent(&by(&w.services, &w.olga), change, &olga).await.expect("accepted");
    approve(w, &w.eva, change).await.expect("approved");
    work(w).await;
    assert_eq!(state(w, change).await, State::Effective, "{:?}", page(w, &w.ana, change).await.timeline);
}

async fn wider(w: &World) -> ChangeId {
    let ends = Some(w.services.now().plus(20 * HOUR));
    propose(w, &w.ana, &[add(&grant(w, "write", "tickets", ends))]).await
}

async fn consents(w: &World, who: &Principal, change: ChangeId) {
    let seen = say(w, who, change, "").await;
    changes::consent(&by(&w.services, who), change, &seen).await.expect("consents");
}

/// Why a change waits for somebody.
async fn waits_for(w: &World, who: &Principal, change: ChangeId) -> Vec<Why> {
    let inbox = changes::inbox(&mut at(&w.services, who, Wanted::Now).await, Narrowed::default()).await.expect("an inbox");
    inbox.mine.into_iter().find(|item| item.row.id == change).map(|item| item.mine).unwrap_or_default()
}

async fn leaves(w: &World, who: &Principal) {
    people::lock_out(&by(&w.services, &w.admin), id(who)).await.expect("deactivated");
    work(w).await;
}

on_both!(an_approval_of_somebody_who_left_does_not_count_and_others_are_asked, async |s: &Scratch| {
    let w = strict(s).await;
    let sam = person(&w.services, "sam", &[domain::permission::Role::SecurityReviewer]).await;
    let security = groups::page(&mut at(&w.services, &w.admin, Wanted::Now).await).await.expect("groups").groups;
    let security = security.iter().find(|g| g.group.name == "Security").expect("a group").group.id;
    groups::join(&by(&w.services, &w.admin), id(&sam), security).await.expect("joined");
    s.clock.advance(4 * domain::time::DAY);
    register(&w, None).await;
    let change = wider(&w).await;
    consents(&w, &w.olga, change).await;
    approve(&w, &w.eva, change).await.expect("of the first group");
    approve(&w, &w.max, change).await.expect("of security");
    assert_eq!((state(&w, change).await, waits_for(&w, &sam, change).await), (State::Approved, vec![]));
    // Long before the wait is over.
    leaves(&w, &w.max).await;
    let shown = page(&w, &w.ana, change).await;
    assert_eq!((shown.state, shown.deciding.tally.expect("open").approvals), (State::InReview, 1), "{:?}", shown.timeline);
    assert_eq!(waits_for(&w, &sam, change).await, [Why::Decide]);
    approve(&w, &sam, change).await.expect("in their place");
    s.clock.advance(HOUR);
    work(&w).await;
    assert_eq!(state(&w, change).await, State::Effective);
    intact(s).await;
});

on_both!(a_decision_in_review_of_somebody_who_left_leaves_room_for_another, async |s: &Scratch| {
    let w = strict(s).await;
    register(&w, None).await;
    let change = wider(&w).await;
    approve(&w, &w.eva, change).await.expect("of the first group");
    assert_eq!(waits_for(&w, &w.kim, change).await, [Why::Decide]);
    approve(&w, &w.max, change).await.expect("of security");
    assert_eq!(waits_for(&w, &w.kim, change).await, [], "nothing is missing but the consent");
    leaves(&w, &w.max).await;
    assert_eq!((state(&w, change).await, waits_for(&w, &w.kim, change).await), (State::InReview, vec![Why::Decide]));
});

on_both!(a_consent_that_waited_for_somebody_who_left_is_asked_of_their_backup, async |s: &Scratch| {
    let w = strict(s).await;
    register(&w, Some(id(&w.admin))).await;
    let change = wider(&w).await;
    assert_eq!(waits_for(&w, &w.admin, change).await, []);
    leaves(&w, &w.olga).await;
    let asked: Vec<PersonId> = page(&w, &w.ana, change).await.deciding.consents.iter().map(|c| c.person).collect();
    assert!(asked.contains(&id(&w.admin)) && !asked.contains(&id(&w.olga)), "{asked:?}");
    assert!(waits_for(&w, &w.admin, change).await.iter().any(|why| matches!(why, Why::Consent(_))));
    // What people countersigned as hers is proposed to her backup, once.
    let filter = Filter { identity: Some(w.bot), ..Filter::default() };
    let rows = support::sheet::<changes::List>(&w.services, &w.ana, Wanted::Now, &filter).await.rows;
    let own: Vec<_> = rows.iter().filter(|row| row.asked_by.kind == ActorKind::System).collect();
    assert!(own.len() == 1 && own[0].sentence.contains("Change the owner and the backup owner of bot"), "{own:?}");
    intact(s).await;
});

on_both!(somebody_who_moved_into_the_group_of_the_other_counts_beside_them_no_more, async |s: &Scratch| {
    let w = strict(s).await;
    register(&w, None).await;
    let change = wider(&w).await;
    consents(&w, &w.olga, change).await;
    approve(&w, &w.eva, change).await.expect("of the first group");
    approve(&w, &w.max, change).await.expect("of security");
    assert_eq!(state(&w, change).await, State::Approved);
    let listed = groups::page(&mut at(&w.services, &w.admin, Wanted::Now).await).await.expect("groups").groups;
    let product = listed.iter().find(|g| g.group.name == "Product").expect("a group").group.id;
    groups::join(&by(&w.services, &w.admin), id(&w.max), product).await.expect("moved");
    s.clock.advance(HOUR);
    work(&w).await;
    assert_eq!(state(&w, change).await, State::InReview, "independence is asked anew when it is applied");
    support::intact(s).await;
});
