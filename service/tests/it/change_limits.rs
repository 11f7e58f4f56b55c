//! What a change is held to beside its route: who may read its words, what a rule may be written in, how much one person
//! approves in an hour, and what becomes of a change that cannot be computed any more.

use crate::support;
use crate::support::world::*;
use domain::asof::Wanted;
use domain::change::State;
use domain::change::operation::Operation;
use domain::change::route::{Cell, Column};
use domain::ids::IdentityId;
use domain::query::changes::Filter;
use domain::rule::Dialect;
use domain::time::DAY;
use serde_json::json;
use service::changes::{self, Written};
use service::{Error, Principal, identities, sources, tokens};
use store::on_both;
use store::testing::Scratch;

/// One person and nobody's consent in each cell; no wait, no end asked for.
async fn one_decides(s: &Scratch, w: &World) {
    let one = |cell: Cell| Cell { people: cell.people.min(1), groups_distinct: false, security: false, wait: 0, life: None, ..cell };
    without_factors(s, w, |_, _, cell| Cell { owner: false, resource_owner: false, uses: None, ..one(cell) }).await;
}

/// Registers the bot where nobody's consent is asked for.
async fn recorded(w: &World) -> domain::ids::ChangeId {
    let record = json!({ "name": "bot", "kind": "ai_agent", "environment": "production", "criticality": "low", "owner": id(&w.olga),
        "backup": null, "team": null, "autonomy": null, "purpose": "Answers tickets.", "human": null, "parent": null });
    let change = propose(w, &w.ana, &[json!({ "op": "register", "identity": w.bot, "record": record, "keys": [] })]).await;
    approve(w, &w.eva, change).await.expect("approved");
    work(w).await;
    assert_eq!(state(w, change).await, State::Effective);
    change
}

async fn token_of(w: &World, identity: IdentityId, scope: &str) -> String {
    let wish =
        tokens::Wish { name: scope.into(), scopes: vec![scope.into()], days: 90, identity: identity.to_string(), ..Default::default() };
    tokens::mint(&support::by(&w.services, &w.admin), &wish).await.expect("minted").text
}

async fn caller(w: &World, token: &str) -> Option<Principal> {
    tokens::caller(&w.services, token).await.expect("read")
}

on_both!(a_token_that_proposes_reads_what_it_asked_for_and_nothing_else, async |s: &Scratch| {
    let w = world(s).await;
    let agent = caller(&w, &token_of(&w, w.bot, "change:propose").await).await.expect("works");
    let reader = caller(&w, &token_of(&w, w.bot, "change:read").await).await.expect("works");
    let inventory = caller(&w, &token_of(&w, w.bot, "inventory:read").await).await.expect("works");
    let ends = Some(w.services.now().plus(HOUR));
    let theirs = propose(&w, &w.ana, &[add(&grant(&w, "read", "notes", ends))]).await;
    let own = propose(&w, &agent, &[add(&grant(&w, "write", "notes", ends))]).await;
    let seen = async |who: &Principal, id| changes::show(&mut support::at(&w.services, who, Wanted::Now).await, id).await;
    assert!(seen(&agent, own).await.is_ok() && seen(&reader, own).await.is_ok() && seen(&reader, theirs).await.is_ok());
    assert!(matches!(seen(&agent, theirs).await, Err(Error::NotFound("change"))));
    assert!(matches!(seen(&inventory, theirs).await, Err(Error::Forbidden(_))));
    let list = async |who: &Principal| {
        let mut read = support::at(&w.services, who, Wanted::Now).await;
        <changes::List as service::listing::Listing>::sheet(&mut read, &Filter::default(), None, 10).await
    };
    assert!(matches!(list(&agent).await, Err(Error::MayNot(why)) if why.contains("change:read")));
    assert_eq!(list(&reader).await.expect("a list").rows.len(), 2);
});

on_both!(a_suspended_identity_calls_nothing, async |s: &Scratch| {
    let w = world(s).await;
    one_decides(s, &w).await;
    recorded(&w).await;
    let token = token_of(&w, w.bot, "inventory:read").await;
    assert!(caller(&w, &token).await.is_some());
    let subject = json!({ "kind": "identity", "id": w.bot });
    propose(&w, &w.ana, &[json!({ "op": "suspend", "subject": subject, "cause": "odd calls" })]).await;
    work(&w).await;
    assert!(caller(&w, &token).await.is_none(), "its token still works");
    let lift = propose(&w, &w.ana, &[json!({ "op": "lift", "subject": subject, "cause": "odd calls" })]).await;
    approve(&w, &w.eva, lift).await.expect("approved");
    work(&w).await;
    assert!(caller(&w, &token).await.is_some(), "it was lifted");
});

on_both!(a_purpose_stands_on_the_page_in_words, async |s: &Scratch| {
    let w = world(s).await;
    one_decides(s, &w).await;
    let change = recorded(&w).await;
    let shown = page(&w, &w.eva, change).await.shown;
    let said: Vec<&Written> = shown.texts.values().collect();
    assert_eq!(said, [&Written::Text("Answers tickets.".to_owned())]);
});

on_both!(a_rule_is_written_as_its_source_writes_and_stands_where_its_source_stands, async |s: &Scratch| {
    let w = world(s).await;
    let by = support::by(&w.services, &w.ana);
    let ends = Some(w.services.now().plus(40 * DAY));
    let mut other = grant(&w, "read", "notes", ends);
    other.rule.dialect = Dialect::Aws;
    let refused = changes::preview(&by, &proposal(&[add(&other)])).await;
    assert!(matches!(&refused, Err(Error::Invalid { field: "operations", reason }) if reason.contains("CSV")), "{refused:?}");
    // What one person wrote down says nothing of where it stands; what was countersigned does.
    let lab = |name: &str| identities::Registration {
        name: name.into(),
        kind: "bot".into(),
        owner: id(&w.olga).to_string(),
        environment: "development".into(),
        criticality: "low".into(),
        ..Default::default()
    };
    let (by_hand, _) = identities::register(&by, &lab("by hand")).await.expect("registered");
    one_decides(s, &w).await;
    let record = json!({ "name": "lab", "kind": "bot", "environment": "development", "criticality": "low", "owner": id(&w.olga),
        "backup": null, "team": null, "autonomy": null, "purpose": null, "human": null, "parent": null });
    let registers = propose(&w, &w.ana, &[json!({ "op": "register", "record": record })]).await;
    approve(&w, &w.eva, registers).await.expect("approved");
    work(&w).await;
    let shown = page(&w, &w.ana, registers).await;
    let Operation::Register(registered) = &shown.candidate.operations[0] else { panic!("registers") };
    let lab = registered.identity;
    let stands = async |environment: &str| {
        let mut tx = s.db.snapshot().await.expect("a snapshot");
        let source = store::sources::by_id(&mut tx, w.source, domain::seq::Seq::NOW).await.expect("read").expect("there");
        tx.rollback().await.expect("closed");
        let wish = sources::Wish { owner: id(&w.olga).to_string(), environment: environment.to_owned(), ..Default::default() };
        sources::edit(&support::by(&w.services, &w.admin), w.source, source.since, &wish).await.expect("edited");
    };
    stands("development").await;
    s.clock.advance(31 * DAY);
    let of_lab = proposal(&[add(&domain::change::content::Grant { identity: lab, ..grant(&w, "read", "notes", ends) })]);
    assert_eq!(changes::preview(&by, &of_lab).await.expect("previewed").route.column, Column::Development);
    let of_hand = proposal(&[add(&domain::change::content::Grant { identity: by_hand, ..grant(&w, "read", "notes", ends) })]);
    assert_eq!(changes::preview(&by, &of_hand).await.expect("previewed").route.column, Column::Production, "nobody countersigned it");
    stands("").await;
    assert_eq!(changes::preview(&by, &of_lab).await.expect("previewed").route.column, Column::Production, "nobody knows where");
});

on_both!(what_is_proposed_again_is_held_to_the_same, async |s: &Scratch| {
    let w = world(s).await;
    without_factors(s, &w, |_, _, cell| Cell { life: Some(2 * 3600), uses: None, ..cell }).await;
    let soon = Some(w.services.now().plus(HOUR));
    let change = propose(&w, &w.ana, &[add(&grant(&w, "write", "notes", soon))]).await;
    let by = support::by(&w.services, &w.ana);
    let longer = proposal(&[add(&grant(&w, "write", "notes", Some(w.services.now().plus(20 * HOUR))))]);
    let refused = changes::propose_again(&by, change, &longer).await;
    assert!(matches!(&refused, Err(Error::Invalid { reason, .. }) if reason.contains("lasts longer")), "{refused:?}");
    let other = proposal(&[add(&grant(&w, "read", "notes", soon))]);
    changes::propose_again(&by, change, &other).await.expect("proposed again");
    assert_eq!(page(&w, &w.ana, change).await.candidate.operations.len(), 1);
});

on_both!(after_twenty_widenings_in_an_hour_the_next_waits_for_somebody_else, async |s: &Scratch| {
    let w = world(s).await;
    one_decides(s, &w).await;
    recorded(&w).await;
    s.clock.advance(DAY);
    let ends = Some(w.services.now().plus(20 * HOUR));
    let mut last = None;
    for n in 0..21 {
        let asker = if n % 2 == 0 { &w.ana } else { &w.kim };
        let change = propose(&w, asker, &[add(&grant(&w, "write", &format!("notes-{n}"), ends))]).await;
        if n < 20 {
            approve(&w, &w.eva, change).await.expect("approved");
            work(&w).await;
            assert_eq!(state(&w, change).await, State::Effective);
        }
        last = Some(change);
    }
    let last = last.expect("the 21st");
    let refused = approve(&w, &w.eva, last).await;
    assert!(matches!(&refused, Err(Error::MayNot(why)) if why.contains("20 changes that widen")), "{refused:?}");
    approve(&w, &w.max, last).await.expect("somebody else");
});

/// On one engine: 500 identities take a minute on a server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_computed_any_more_is_read_and_withdrawn() {
    let scratch = Scratch::sqlite().await;
    let s = &scratch;
    let w = world(s).await;
    one_decides(s, &w).await;
    recorded(&w).await;
    let by = support::by(&w.services, &w.ana);
    let children = |named: &'static str, count: usize| {
        let child = move |n: usize| {
            json!({ "op": "register", "record": { "name": format!("{named} {n}"), "kind": "bot", "environment": "production",
                "criticality": "low", "owner": null, "backup": null, "team": null, "autonomy": null, "purpose": null,
                "human": null, "parent": w.bot } })
        };
        (0..count).map(child).collect::<Vec<_>>()
    };
    for named in ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"] {
        let registers = propose(&w, &w.ana, &children(named, 46)).await;
        approve(&w, &w.eva, registers).await.expect("approved");
        work(&w).await;
        assert_eq!(state(&w, registers).await, State::Effective);
    }
    // Each of two fits; the second does not fit beside the first.
    let (first, change) = (propose(&w, &w.ana, &children("k", 30)).await, propose(&w, &w.ana, &children("l", 30)).await);
    approve(&w, &w.eva, first).await.expect("approved");
    work(&w).await;
    let shown = page(&w, &w.eva, change).await;
    assert!(shown.unweighed.as_ref().is_some_and(|why| why.contains("500")), "{:?}", shown.unweighed);
    assert_eq!((shown.state, shown.candidate.operations.len()), (State::InReview, 30));
    let refused = approve(&w, &w.eva, change).await;
    assert!(matches!(&refused, Err(Error::Conflict(why)) if why.contains("can't be computed")), "{refused:?}");
    changes::withdraw(&by, change).await.expect("withdrawn");
    assert_eq!(state(&w, change).await, State::Withdrawn);
    scratch.finish().await;
}

on_both!(a_countersigned_record_changes_by_a_change_only, async |s: &Scratch| {
    let w = world(s).await;
    one_decides(s, &w).await;
    recorded(&w).await;
    let by = support::by(&w.services, &w.ana);
    let bot = async || identities::show(&mut support::at(&w.services, &w.ana, Wanted::Now).await, w.bot).await.expect("shown");
    let before = bot().await;
    let record = before.countersigned.clone().expect("countersigned");
    let same = identities::Registration {
        name: "bot".into(),
        kind: "ai_agent".into(),
        lifecycle: record.lifecycle.expect("a state").to_string(),
        environment: "production".into(),
        criticality: "low".into(),
        owner: id(&w.olga).to_string(),
        purpose: "Answers tickets.".into(),
        ..Default::default()
    };
    let of = async |seen, r: &identities::Registration| identities::as_operations(&by, w.bot, seen, r).await;
    assert!(matches!(of(record.since, &same).await, Err(Error::Unchanged)), "nothing differs");
    let to_kim = identities::Registration { owner: id(&w.kim).to_string(), ..same };
    assert!(matches!(of(domain::seq::Seq(1), &to_kim).await, Err(Error::Conflict(_))), "of another version");
    let by_hand = identities::edit(&by, w.bot, before.manual.expect("entered manually").since, &to_kim).await;
    assert!(matches!(&by_hand, Err(Error::Conflict(why)) if why.contains("change request")), "{by_hand:?}");
    let assigned = identities::assign(&support::by(&w.services, &w.admin), &[w.bot], &id(&w.kim).to_string()).await.expect("looked at");
    assert_eq!((assigned.assigned, assigned.countersigned), (0, 1));
    let operations = of(record.since, &to_kim).await.expect("read").expect("countersigned");
    let owner = json!([{ "field": "owner", "to": id(&w.kim) }]);
    assert_eq!(operations, [json!({ "op": "record_set", "identity": w.bot, "attributes": owner })]);
    let change = propose(&w, &w.ana, &operations).await;
    approve(&w, &w.eva, change).await.expect("approved");
    work(&w).await;
    let after = bot().await;
    assert_eq!((after.stated().and_then(|r| r.owner_id), after.facts.owner_id), (Some(id(&w.kim)), Some(id(&w.kim))));
    // Whom nobody countersigned is edited as before.
    let other = identities::Registration { name: "other".into(), kind: "bot".into(), ..Default::default() };
    let (other, _) = identities::register(&by, &other).await.expect("registered");
    assert_eq!(of_none(&by, other).await, None);
});

async fn of_none(by: &service::Act, other: IdentityId) -> Option<Vec<serde_json::Value>> {
    let r = identities::Registration { name: "another".into(), kind: "bot".into(), ..Default::default() };
    identities::as_operations(by, other, domain::seq::Seq::ZERO, &r).await.expect("read")
}
