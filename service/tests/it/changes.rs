//! A change from its proposal to its end, by an injected clock: who may decide, who wins, what waits, what lapses, what is
//! written where, and how it is undone.

use crate::support;
use crate::support::world::*;
use domain::change::State;
use domain::change::route::{Block, Cell, Line};
use domain::ids::IdentityId;
use domain::permission::Role;
use domain::seq::Seq;
use domain::time::DAY;
use serde_json::json;
use service::Error;
use service::changes::{self, Proposal, Say};
use service::{identities, tokens};
use store::on_both;
use store::testing::Scratch;

on_both!(what_widens_takes_consent_and_two_people_of_two_groups_and_then_waits, async |s: &Scratch| {
    let w = world(s).await;
    without_factors(s, &w, |line, _, cell| {
        if line == Line::WidensUndoable {
            Cell { people: 2, groups_distinct: true, security: true, wait: 3600, life: None, ..cell }
        } else {
            cell
        }
    })
    .await;
    registered(&w).await;
    let ends = Some(w.services.now().plus(20 * HOUR));
    let change = propose(&w, &w.ana, &[add(&grant(&w, "write", "tickets", ends))]).await;
    let shown = page(&w, &w.ana, change).await;
    assert_eq!((shown.state, shown.candidate.route.line), (State::InReview, Line::WidensUndoable), "{:?}", shown.candidate.route);
    assert!(shown.sentence.contains("Add access for bot") && shown.sentence.contains("widens"), "{}", shown.sentence);
    assert_eq!(shown.deciding.blocked_by, [Block::MissingConsent]);
    // Neither who asked nor who owns it decides; an owner's consent is no approval.
    assert!(matches!(approve(&w, &w.ana, change).await, Err(Error::Forbidden(_))));
    let olga = say(&w, &w.olga, change, "").await;
    assert!(matches!(changes::approve(&support::by(&w.services, &w.olga), change, &olga).await, Err(Error::Forbidden(_))));
    changes::consent(&support::by(&w.services, &w.olga), change, &olga).await.expect("consents");
    assert_eq!(page(&w, &w.ana, change).await.deciding.tally.expect("open").approvals, 0);
    approve(&w, &w.eva, change).await.expect("the first");
    assert!(matches!(approve(&w, &w.eva, change).await, Err(Error::MayNot(why)) if why.contains("decided already")), "twice");
    // A second of the same group may say yes, and counts for nothing more.
    approve(&w, &w.kim, change).await.expect("of the same group");
    assert_eq!(state(&w, change).await, State::InReview);
    approve(&w, &w.max, change).await.expect("the second group");
    let shown = page(&w, &w.ana, change).await;
    assert_eq!((shown.state, shown.deciding.blocked_by.as_slice()), (State::Approved, [Block::Wait].as_slice()));
    work(&w).await;
    assert_eq!(state(&w, change).await, State::Approved, "nothing is applied before the wait is over");
    s.clock.advance(HOUR);
    work(&w).await;
    assert_eq!(state(&w, change).await, State::Effective);
    let grants = held(s, &w).await;
    assert_eq!(grants.len(), 1);
    let row = &grants[0].grant;
    assert_eq!((row.change_id, row.author_id, row.approver_id), (Some(change), Some(id(&w.ana).uuid()), Some(id(&w.eva).uuid())));
    support::intact(s).await;
});

async fn held(s: &Scratch, w: &World) -> Vec<store::grants::countersigned::Ruled> {
    let mut tx = s.db.snapshot().await.expect("a snapshot");
    let found = store::grants::countersigned::of_identity(&mut tx, w.bot, Seq::NOW).await.expect("read");
    tx.rollback().await.expect("closed");
    found
}

on_both!(what_takes_access_away_is_applied_at_once_and_an_undo_leads_back_to_the_same_digest, async |s: &Scratch| {
    let w = world(s).await;
    without_factors(s, &w, |_, _, cell| Cell {
        people: cell.people.min(1),
        groups_distinct: false,
        security: false,
        wait: 0,
        life: None,
        uses: None,
        ..cell
    })
    .await;
    registered(&w).await;
    let change =
        propose(&w, &w.ana, &[json!({ "op": "suspend", "subject": { "kind": "identity", "id": w.bot }, "cause": "odd calls" })]).await;
    assert_eq!(state(&w, change).await, State::Approved);
    work(&w).await;
    let shown = page(&w, &w.ana, change).await;
    assert_eq!(shown.state, State::Effective);
    let (_, before, after) = shown.applied.expect("applied");
    assert_ne!(before, after);
    assert!(shown.may_undo);
    let (undo, _) = changes::undo(&support::by(&w.services, &w.ana), change, "It was a test.").await.expect("proposed");
    assert_eq!(state(&w, undo).await, State::InReview, "to lift a suspension widens");
    let olga = say(&w, &w.olga, undo, "").await;
    changes::consent(&support::by(&w.services, &w.olga), undo, &olga).await.expect("consents");
    approve(&w, &w.eva, undo).await.expect("approved");
    work(&w).await;
    let undone = page(&w, &w.ana, undo).await;
    assert_eq!(undone.state, State::Effective, "{:?} {:?}", undone.deciding.blocked_by, undone.deciding.tally);
    assert_eq!(undone.applied.expect("applied").2, before, "as it was before");
    assert_eq!(state(&w, change).await, State::RolledBack);
    support::intact(s).await;
});

on_both!(a_question_an_objection_a_rejection_and_time_end_as_the_table_of_states_says, async |s: &Scratch| {
    let w = world(s).await;
    without_factors(s, &w, |_, _, cell| Cell {
        people: cell.people.min(1),
        groups_distinct: false,
        security: false,
        wait: 3600,
        life: None,
        uses: None,
        ..cell
    })
    .await;
    registered_after(s, &w).await;
    let rename = |name: &str| json!({ "op": "lifecycle", "identity": w.bot, "to": name });
    let active = propose(&w, &w.ana, &[rename("active")]).await;
    let eva = support::by(&w.services, &w.eva);
    let ask = say(&w, &w.eva, active, "What for?").await;
    changes::ask(&eva, active, &ask).await.expect("asked");
    assert_eq!(state(&w, active).await, State::NeedsInformation);
    assert!(matches!(approve(&w, &w.eva, active).await, Err(Error::Conflict(_))), "nobody decides while a question is open");
    changes::answer(&support::by(&w.services, &w.ana), active, "For tickets.").await.expect("answered");
    // Whoever still looks at the page of before is told so.
    let stale = changes::approve(&eva, active, &ask).await;
    assert!(matches!(stale, Err(Error::Conflict(ref why)) if why.contains("since you opened it")), "{stale:?}");
    let olga = say(&w, &w.olga, active, "").await;
    changes::consent(&support::by(&w.services, &w.olga), active, &olga).await.expect("consents");
    approve(&w, &w.eva, active).await.expect("approved");
    let object = say(&w, &w.max, active, "Not before Monday.").await;
    changes::object(&support::by(&w.services, &w.max), active, &object).await.expect("objects");
    assert_eq!(state(&w, active).await, State::InReview);
    let reject = say(&w, &w.max, active, "").await;
    assert!(matches!(changes::reject(&support::by(&w.services, &w.max), active, &reject).await, Err(Error::Invalid { field: "text", .. })));
    let reject = Say { text: "Ask again with an end.".to_owned(), ..reject };
    changes::reject(&support::by(&w.services, &w.max), active, &reject).await.expect("rejected");
    assert_eq!(state(&w, active).await, State::Rejected);
    assert!(matches!(approve(&w, &w.kim, active).await, Err(Error::Conflict(ref why)) if why.contains("max")), "who rejected it is said");
    let unattended = propose(&w, &w.ana, &[rename("active")]).await;
    let withdrawn = propose(&w, &w.ana, &[rename("active")]).await;
    assert!(matches!(changes::withdraw(&support::by(&w.services, &w.olga), withdrawn).await, Err(Error::MayNot(_))));
    changes::withdraw(&support::by(&w.services, &w.ana), withdrawn).await.expect("withdrawn");
    s.clock.advance(15 * DAY);
    work(&w).await;
    assert_eq!((state(&w, unattended).await, state(&w, withdrawn).await), (State::Unattended, State::Withdrawn));
    support::intact(s).await;
});

/// The same as `registered` where a wait stands in every cell.
async fn registered_after(s: &Scratch, w: &World) {
    let record = json!({ "name": "bot", "kind": "ai_agent", "environment": "production", "criticality": "low", "owner": id(&w.olga),
        "backup": null, "team": null, "autonomy": null, "purpose": null, "human": null, "parent": null });
    let change = propose(w, &w.ana, &[json!({ "op": "register", "identity": w.bot, "record": record, "keys": [] })]).await;
    let olga = say(w, &w.olga, change, "").await;
    changes::consent(&support::by(&w.services, &w.olga), change, &olga).await.expect("accepted");
    approve(w, &w.eva, change).await.expect("approved");
    s.clock.advance(HOUR);
    work(w).await;
    assert_eq!(state(w, change).await, State::Effective);
}

on_both!(a_cell_that_asks_for_a_factor_is_blocked_by_it_and_takes_no_decision, async |s: &Scratch| {
    let w = world(s).await;
    let change = propose(&w, &w.ana, &[add(&grant(&w, "read", "notes", Some(w.services.now().plus(HOUR))))]).await;
    let shown = page(&w, &w.eva, change).await;
    assert!(shown.deciding.blocked_by.contains(&Block::MissingFactor), "{:?}", shown.deciding.blocked_by);
    assert!(!shown.mine.events.contains(&domain::change::state::Event::Approve));
    assert!(matches!(approve(&w, &w.eva, change).await, Err(Error::MayNot(_))));
    let more = proposal(&[add(&grant(&w, "write", "notes", Some(w.services.now().plus(HOUR))))]);
    let preview = changes::preview(&support::by(&w.services, &w.ana), &more).await.expect("previewed");
    assert!(preview.blocked_by.contains(&Block::MissingFactor) && !preview.at_once, "{:?}", preview.blocked_by);
    assert!(preview.may.is_empty() && preview.may_not.iter().any(|(p, _, _)| *p == id(&w.eva)), "{:?}", preview.may_not);
});

on_both!(what_cannot_be_carried_out_yet_or_names_nothing_is_refused_with_its_place, async |s: &Scratch| {
    let w = world(s).await;
    let act = support::by(&w.services, &w.ana);
    let other = IdentityId::new(uuid::Uuid::from_u128(77));
    let mut nobodys = grant(&w, "read", "x", None);
    nobodys.identity = other;
    for (operation, said) in [
        (json!({ "op": "gate_set" }), "cannot compute"),
        (json!({ "op": "tool_remove", "tool": domain::ids::ToolId::nil() }), "cannot carry out"),
        (json!({ "op": "set_rules", "set": domain::ids::PermissionSetId::nil(), "rules": [] }), "cannot carry out"),
        (json!({ "op": "weather" }), "no operation"),
        (json!({ "op": "lifecycle", "identity": w.bot, "to": "active", "more": 1 }), "unknown field"),
        (json!({ "op": "lifecycle", "identity": w.bot, "to": "active" }), "not there"),
        (add(&nobodys), "no such identity"),
        (
            json!({ "op": "suspend", "subject": { "kind": "identity", "id": w.bot }, "cause": "x", "lifts_at": "2030-01-01T00:00:00Z" }),
            "lift a suspension by itself",
        ),
    ] {
        let refused = changes::submit(&act, &proposal(std::slice::from_ref(&operation))).await;
        assert!(
            matches!(&refused, Err(Error::Invalid { field: "operations", reason }) if reason.contains(said)),
            "{operation}: {refused:?}"
        );
    }
    // Together, what takes away would go by the milder route of what records.
    let renamed = json!({ "op": "record_set", "identity": w.bot, "attributes": [{ "field": "name", "to": "other" }] });
    let both = [renamed, json!({ "op": "lifecycle", "identity": w.bot, "to": "retired" })];
    let refused = changes::submit(&act, &proposal(&both)).await;
    assert!(matches!(&refused, Err(Error::Invalid { reason, .. }) if reason.contains("change of its own")), "{refused:?}");
    let silent = Proposal { justification: " ".to_owned(), ..proposal(&[]) };
    assert!(matches!(changes::submit(&act, &silent).await, Err(Error::Invalid { field: "justification", .. })));
    assert!(matches!(changes::submit(&support::by(&w.services, &support::host()), &proposal(&[])).await, Err(Error::Forbidden(_))));
    drop(w.admin);
});

on_both!(of_many_who_decide_at_once_as_many_count_as_are_needed_and_the_others_are_told, async |s: &Scratch| {
    let w = world(s).await;
    without_factors(s, &w, |_, _, cell| Cell {
        people: 1,
        owner: false,
        resource_owner: false,
        groups_distinct: false,
        security: false,
        wait: 0,
        life: None,
        uses: None,
        ..cell
    })
    .await;
    let mut crowd = vec![];
    for n in 0..12 {
        crowd.push(person(&w.services, &format!("r{n}"), &[Role::Reviewer]).await);
    }
    s.clock.advance(4 * DAY);
    let record = json!({ "name": "bot", "kind": "ai_agent", "environment": "production", "criticality": "low", "owner": id(&w.olga),
        "backup": null, "team": null, "autonomy": null, "purpose": null, "human": null, "parent": null });
    let change = propose(&w, &w.ana, &[json!({ "op": "register", "identity": w.bot, "record": record })]).await;
    let seen = say(&w, &w.eva, change, "No: it has no purpose.").await;
    let tries = crowd.iter().enumerate().map(|(n, who)| {
        let (act, seen) = (support::by(&w.services, who), seen.clone());
        // Every third says no.
        tokio::spawn(async move {
            if n % 3 == 0 { changes::reject(&act, change, &seen).await } else { changes::approve(&act, change, &seen).await }
        })
    });
    let tries: Vec<_> = tries.collect();
    let mut outcomes = vec![];
    for tried in tries {
        outcomes.push(tried.await.expect("ended"));
    }
    let went_through = outcomes.iter().filter(|o| o.is_ok()).count();
    assert_eq!(went_through, 1, "{outcomes:?}");
    for refused in outcomes.iter().filter_map(|o| o.as_ref().err()) {
        assert!(matches!(refused, Error::Conflict(why) if why.contains("The last decision was by r")), "{refused:?}");
    }
    work(&w).await;
    let shown = page(&w, &w.ana, change).await;
    assert!(matches!(shown.state, State::Effective | State::Rejected), "{:?}", shown.state);
    assert_eq!(shown.timeline.iter().filter(|m| m.what == "approved it" || m.what == "rejected it").count(), 1);
    support::intact(s).await;
});

on_both!(a_decision_put_in_by_sql_counts_for_nothing, async |s: &Scratch| {
    let w = world(s).await;
    without_factors(s, &w, |_, _, cell| Cell { people: cell.people.min(1), groups_distinct: false, security: false, wait: 3600, ..cell })
        .await;
    let record = json!({ "name": "bot", "kind": "ai_agent", "environment": "production", "criticality": "low", "owner": id(&w.olga),
        "backup": null, "team": null, "autonomy": null, "purpose": null, "human": null, "parent": null });
    let change = propose(&w, &w.ana, &[json!({ "op": "register", "identity": w.bot, "record": record })]).await;
    let olga = say(&w, &w.olga, change, "").await;
    changes::consent(&support::by(&w.services, &w.olga), change, &olga).await.expect("accepted");
    approve(&w, &w.eva, change).await.expect("approved");
    assert_eq!(state(&w, change).await, State::Approved);
    // Somebody writes another verdict into the row: its MAC is not that of the row any more.
    store::testing::behind_our_back(&s.db, "UPDATE decisions SET shown = 'other'").await;
    s.clock.advance(HOUR);
    work(&w).await;
    let shown = page(&w, &w.ana, change).await;
    assert_eq!(shown.state, State::InReview, "it is not applied on an approval that nobody gave");
    assert_eq!(shown.deciding.tally.expect("open").approvals, 0);
});

on_both!(whoever_owns_the_agent_that_asks_is_not_independent_of_it, async |s: &Scratch| {
    let w = world(s).await;
    without_factors(s, &w, |_, _, cell| Cell {
        people: cell.people.min(1),
        groups_distinct: false,
        security: false,
        life: None,
        uses: None,
        ..cell
    })
    .await;
    registered(&w).await;
    // One agent asks for another: kim owns the one that asks.
    let robot = identities::Registration { name: "robot".into(), kind: "bot".into(), owner: id(&w.kim).to_string(), ..Default::default() };
    let (robot, _) = identities::register(&support::by(&w.services, &w.ana), &robot).await.expect("registered");
    let wish = tokens::Wish {
        name: "robot".into(),
        scopes: vec!["change:propose".into()],
        days: 1,
        identity: robot.to_string(),
        ..tokens::Wish::default()
    };
    let token = tokens::mint(&support::by(&w.services, &w.admin), &wish).await.expect("minted").text;
    let agent = tokens::caller(&w.services, &token).await.expect("read").expect("works");
    let ends = Some(w.services.now().plus(20 * HOUR));
    let change = propose(&w, &agent, &[add(&grant(&w, "write", "tickets", ends))]).await;
    let refused = approve(&w, &w.kim, change).await;
    assert!(matches!(&refused, Err(Error::MayNot(why)) if why.contains("owns the agent that asks")), "{refused:?}");
    // Handing it over does not help for 30 days.
    let scout = identities::show(&mut support::at(&w.services, &w.ana, domain::asof::Wanted::Now).await, robot).await.expect("shown");
    let since = scout.versions.iter().map(|v| v.since).max().expect("a version");
    let handed = identities::Registration { name: "robot".into(), kind: "bot".into(), owner: id(&w.ana).to_string(), ..Default::default() };
    identities::edit(&support::by(&w.services, &w.ana), robot, since, &handed).await.expect("handed over");
    let refused = approve(&w, &w.kim, change).await;
    assert!(matches!(&refused, Err(Error::MayNot(why)) if why.contains("owns the agent that asks")), "{refused:?}");
    approve(&w, &w.eva, change).await.expect("independent");
});
