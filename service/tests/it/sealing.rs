//! Sealing: what must stand before it, that it takes two people, and that from then on the gate changes only so, whichever door
//! somebody tries. What takes rights away still acts at once.

use crate::support::sealed::*;
use crate::support::world::*;
use crate::support::{self, at, by, intact};
use domain::asof::Wanted;
use domain::change::State;
use domain::change::independence::Against;
use domain::change::route::{Column, Line};
use domain::permission::Role;
use domain::sealing::Line as Open;
use domain::snapshot::Format;
use domain::time::DAY;
use serde_json::json;
use service::changes::{self, Narrowed};
use service::{Error, Principal, Result, Strength, groups, imports, people, sources, tokens};
use store::on_both;
use store::testing::{Scratch, behind_our_back};

async fn left(w: &World) -> Vec<Open> {
    changes::checklist(&mut at(&w.services, &w.admin, Wanted::Now).await).await.expect("a checklist").open
}

async fn is_sealed(w: &World) -> bool {
    changes::checklist(&mut at(&w.services, &w.eva, Wanted::Now).await).await.expect("a checklist").sealed
}

/// Refused, and sent to where it is proposed.
fn gated<T: std::fmt::Debug>(result: Result<T>, to: &str) {
    match result {
        Err(Error::Gated { propose, .. }) if propose.contains(to) => {}
        other => panic!("{to}: {other:?}"),
    }
}

on_both!(a_seal_is_refused_with_the_line_that_is_open_and_takes_two_people_and_a_day, async |s: &Scratch| {
    let w = world(s).await;
    without_factors(s, &w, |_, _, cell| cell).await;
    assert_eq!(left(&w).await, [Open::Factors]);
    let refused = changes::submit(&by(&w.services, &w.admin), &proposal(&[seal()])).await;
    assert!(matches!(&refused, Err(Error::Invalid { reason, .. }) if reason.contains("a second factor of their own")), "{refused:?}");
    for who in [&w.admin, &w.eva, &w.max] {
        crate::support::factors::app(&w.services, who, Strength::One).await;
    }
    w.services.anchored(false);
    assert_eq!(left(&w).await, [Open::Outside]);
    let refused = changes::submit(&by(&w.services, &w.admin), &proposal(&[seal()])).await;
    assert!(matches!(&refused, Err(Error::Invalid { reason, .. }) if reason.contains("second location")), "{refused:?}");
    w.services.anchored(true);
    assert_eq!(left(&w).await, []);
    let change = propose(&w, &w.admin, &[seal()]).await;
    let route = page(&w, &w.ana, change).await.candidate.route;
    assert_eq!((route.line, route.column, route.cell.people, route.cell.security), (Line::Gate, Column::Production, 2, true));
    assert!(matches!(approve(&w, &w.admin, change).await, Err(Error::Forbidden(_))), "admins decide nothing");
    approve(&w, &w.eva, change).await.expect("of the first group");
    approve(&w, &w.kim, change).await.expect("of the same group");
    assert_eq!(state(&w, change).await, State::InReview, "two of one group are one");
    approve(&w, &w.max, change).await.expect("of security");
    work(&w).await;
    assert!(!is_sealed(&w).await && state(&w, change).await == State::Approved, "it waits a day");
    s.clock.advance(DAY);
    work(&w).await;
    assert_eq!(state(&w, change).await, State::Effective);
    assert!(is_sealed(&w).await && left(&w).await.is_empty());
    let chrome = service::overview::chrome(&w.services, Some(&mut at(&w.services, &w.eva, Wanted::Now).await)).await.expect("a frame");
    assert!(!chrome.bootstrap);
    let again = changes::submit(&by(&w.services, &w.admin), &proposal(&[seal()])).await;
    assert!(matches!(&again, Err(Error::Invalid { reason, .. }) if reason.contains("there already")), "{again:?}");
    let undone = changes::undo(&by(&w.services, &w.admin), change, "It was too early.").await;
    assert!(matches!(&undone, Err(Error::Conflict(why)) if why.contains("sealing")), "{undone:?}");
    intact(s).await;
});

on_both!(a_seal_is_not_applied_while_a_line_is_open, async |s: &Scratch| {
    let w = ready(s).await;
    let change = propose(&w, &w.admin, &[seal()]).await;
    approve(&w, &w.eva, change).await.expect("of the first group");
    approve(&w, &w.max, change).await.expect("of security");
    w.services.anchored(false);
    s.clock.advance(DAY);
    work(&w).await;
    assert_eq!(state(&w, change).await, State::Superseded);
    assert!(!is_sealed(&w).await);
    let timeline = page(&w, &w.ana, change).await.timeline;
    assert!(format!("{timeline:?}").contains("second location"), "the line is named: {timeline:?}");
});

on_both!(once_sealed_the_gate_changes_only_by_changes_whichever_door_is_tried, async |s: &Scratch| {
    let w = Box::pin(sealed(s)).await;
    let (admin, host) = (by(&w.services, &w.admin), by(&w.services, &support::host()));
    let everything = ("organisation", "");
    let person = format!("person={}", id(&w.ana));
    gated(people::assign(&admin, id(&w.ana), Role::Reviewer, everything).await, &format!("op=roles&{person}"));
    gated(people::assign(&admin, id(&w.ana), Role::Admin, everything).await, "op=roles");
    // Whoever decides gets no other role beside it either.
    gated(people::assign(&admin, id(&w.eva), Role::Analyst, everything).await, "op=roles");
    let all = support::people(&w.services, &w.admin).await;
    let held = all.iter().find(|row| row.person.id == id(&w.eva)).expect("there").roles[0].id;
    gated(people::unassign(&admin, held).await, "op=unroles");
    gated(people::add(&host, "Rob", "rob@example.org", "a long enough sentence", &[Role::Reviewer]).await, "op=roles");
    gated(people::invite(&admin, "Rob", "rob@example.org", &[Role::SecurityReviewer]).await, "op=roles");
    gated(groups::add(&admin, "New").await, "op=group_add");
    let listed = groups::page(&mut at(&w.services, &w.admin, Wanted::Now).await).await.expect("groups").groups;
    gated(groups::join(&admin, id(&w.ana), listed[0].group.id).await, &format!("op=group&{person}"));
    gated(groups::leave(&admin, id(&w.eva)).await, "op=group&");
    let wish = sources::Wish { name: "other".to_owned(), kind: "csv".to_owned(), ..sources::Wish::default() };
    gated(sources::register(&admin, &wish).await, "op=source_add");
    let source = source(s, &w).await;
    gated(sources::edit(&admin, w.source, source.since, &sources::Wish::default()).await, &format!("op=source&source={}", w.source));
    let token = |scope: &str| tokens::Wish { name: "t".into(), scopes: vec![scope.to_owned()], days: 1, ..tokens::Wish::default() };
    gated(tokens::mint(&admin, &token("change:apply")).await, "/changes/new");
    let mut request = support::request(Format::Csv, "unknown", support::text("n.csv", "identity,action\nbot,read\n"));
    request.how.environment = None;
    gated(imports::run(&host, request, |_| {}).await, "op=source_add");
    // What is not of the gate goes on as it did, and what takes rights away acts at once.
    people::add(&host, "Exe", "exe@example.org", "a long enough sentence", &[Role::Executive]).await.expect("decides nothing");
    people::assign(&admin, id(&w.ana), Role::Executive, everything).await.expect("decides nothing");
    support::import(
        &w.services,
        support::request(Format::Csv, "crm", support::text("s.csv", "identity,action,resource\nbot,read,tickets\nnew,read,x\n")),
    )
    .await;
    let minted = tokens::mint(&admin, &token("inventory:read")).await.expect("created");
    tokens::revoke(&admin, minted.id).await.expect("revoked");
    for who in [&w.ana, &w.kim] {
        people::lock_out(&admin, id(who)).await.expect("deactivated");
    }
    people::take_back(&admin, id(&w.ana)).await.expect("an analyst comes back");
    gated(people::take_back(&admin, id(&w.kim)).await, &format!("op=restore&person={}", id(&w.kim)));
    intact(s).await;
});

async fn source(s: &Scratch, w: &World) -> store::sources::Source {
    let mut tx = s.db.snapshot().await.expect("a snapshot");
    let found = store::sources::by_id(&mut tx, w.source, domain::seq::Seq::NOW).await.expect("read").expect("the source");
    tx.rollback().await.expect("closed");
    found
}

async fn roles_of(w: &World, who: &Principal) -> Vec<Role> {
    match people::current(&w.services, id(who)).await.expect("read") {
        Some(Principal::Person { roles, .. }) => roles.iter().map(|held| held.role).collect(),
        _ => vec![],
    }
}

on_both!(roles_change_by_a_change_count_from_their_seventh_day_and_open_no_door_once_removed, async |s: &Scratch| {
    let w = ready(s).await;
    let change = propose(&w, &w.admin, &[seal()]).await;
    through(s, &w, change).await;
    // Everybody's roles are five days old: the page, the decision and the inbox agree.
    let early = propose(&w, &w.admin, &[roles(&w.ana, &["analyst", "reviewer"])]).await;
    let refused = approve(&w, &w.eva, early).await;
    assert!(matches!(&refused, Err(Error::MayNot(why)) if why.contains("less than seven days")), "{refused:?}");
    let inbox = changes::inbox(&mut at(&w.services, &w.eva, Wanted::Now).await, Narrowed::default()).await.expect("an inbox");
    assert!(inbox.mine.is_empty() && inbox.others[0].against.contains(&Against::NewInRole), "{:?}", inbox.others);
    s.clock.advance(3 * DAY);
    through(s, &w, early).await;
    assert_eq!(roles_of(&w, &w.ana).await, [Role::Analyst, Role::Reviewer]);
    // Nobody decides on their own roles, and the last admin stays.
    let own = propose(&w, &w.admin, &[roles(&w.eva, &[])]).await;
    let refused = approve(&w, &w.eva, own).await;
    assert!(matches!(&refused, Err(Error::MayNot(why)) if why.contains("governed by what it changes")), "{refused:?}");
    for (part, said) in [
        (roles(&w.admin, &["analyst"]), "last admin"),
        (roles(&w.ana, &["reviewer", "admin"]), "cannot be combined"),
        (roles(&w.ana, &["analyst", "reviewer"]), "there already"),
    ] {
        let refused = changes::submit(&by(&w.services, &w.ana), &proposal(&[part])).await;
        assert!(matches!(&refused, Err(Error::Invalid { reason, .. }) if reason.contains(said)), "{said}: {refused:?}");
    }
    let both = [roles(&w.ana, &[]), json!({ "op": "lifecycle", "identity": w.bot, "to": "active" })];
    let refused = changes::submit(&by(&w.services, &w.admin), &proposal(&both)).await;
    assert!(matches!(&refused, Err(Error::Invalid { reason, .. }) if reason.contains("change of its own")), "{refused:?}");
    // Removed by a change and reopened in the database: the door asks the ledger.
    let gone = propose(&w, &w.admin, &[roles(&w.ana, &["analyst"])]).await;
    through(s, &w, gone).await;
    intact(s).await;
    behind_our_back(&s.db, "UPDATE role_assignments SET until = 9223372036854775807 WHERE role = 'reviewer'").await;
    assert_eq!(roles_of(&w, &w.ana).await, [Role::Analyst]);
});

on_both!(groups_sources_and_coming_back_are_changes_too, async |s: &Scratch| {
    let w = Box::pin(sealed(s)).await;
    let listed = groups::page(&mut at(&w.services, &w.admin, Wanted::Now).await).await.expect("groups").groups;
    let security = listed.iter().find(|g| g.group.name == "Security").expect("a group").group.id;
    people::lock_out(&by(&w.services, &w.admin), id(&w.olga)).await.expect("deactivated");
    people::lock_out(&by(&w.services, &w.admin), id(&w.kim)).await.expect("deactivated");
    let said = json!({ "owner": id(&w.ana), "environment": "production", "vantage": "artefact", "interval_seconds": 3600 });
    let change = propose(
        &w,
        &w.admin,
        &[
            installation(json!({ "part": "group", "person": id(&w.ana), "group": security })),
            installation(json!({ "part": "group_add", "name": "Payments" })),
            installation(json!({ "part": "source", "source": w.source, "to": said })),
            installation(json!({ "part": "source_add", "name": "other", "kind": "csv", "to": said })),
            installation(json!({ "part": "restore", "person": id(&w.kim) })),
        ],
    )
    .await;
    let refused = approve(&w, &w.ana, change).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    through(s, &w, change).await;
    let listed = groups::page(&mut at(&w.services, &w.admin, Wanted::Now).await).await.expect("groups").groups;
    let of = |name: &str| listed.iter().find(|g| g.group.name == name).expect("a group");
    assert!(of("Security").members.iter().any(|(who, _)| *who == id(&w.ana)) && of("Payments").members.is_empty());
    let row = source(s, &w).await;
    assert_eq!((row.owner_id, row.interval_seconds), (Some(id(&w.ana)), Some(3600)));
    support::import(&w.services, support::request(Format::Csv, "other", support::text("o.csv", "identity,action\nx,read\n"))).await;
    // Kim is invited, follows a link of an admin, and decides nothing for three days.
    let (_, query) = people::reset_link(&by(&w.services, &w.admin), id(&w.kim)).await.expect("a link");
    let part = |name: &str| query.split('&').find_map(|p| p.strip_prefix(&format!("{name}="))).expect("a part").to_owned();
    people::accept(&w.services, &part("person"), &part("until"), &part("tag"), "another long sentence").await.expect("joined");
    let next = propose(&w, &w.admin, &[roles(&w.ana, &["analyst", "reviewer"])]).await;
    let refused = approve(&w, &w.kim, next).await;
    assert!(matches!(&refused, Err(Error::MayNot(why)) if why.contains("72 hours")), "{refused:?}");
    // Somebody else moved Ana's group meanwhile, by another change: what was approved is asked again.
    let undo = changes::undo(&by(&w.services, &w.admin), change, "Not all of it.").await;
    assert!(matches!(&undo, Err(Error::Conflict(_))), "{undo:?}");
    intact(s).await;
});
