//! Permission sets: what they hold now and held before, who holds them, page by page, and only what the viewer may see.

use crate::support::{self, request};
use domain::asof::Wanted;
use domain::ids::PermissionSetId;
use domain::permission::Role;
use domain::privilege::Class;
use domain::query::permission_sets::Filter;
use domain::seq::Seq;
use domain::snapshot::Format;
use service::listing::Listing;
use service::permission_sets::{self, List};
use service::{Error, Services};
use store::on_both;
use store::testing::Scratch;

/// Identities that hold the set `crew`, each with a grant of its own beside it; what `crew` allows.
fn input(holders: usize, actions: &[&str]) -> service::imports::Input {
    let identities: Vec<serde_json::Value> = (0..holders)
        .map(|n| {
            serde_json::json!({ "key": format!("k{n:03}"), "name": format!("agent-{n:03}"), "kind": "ai_agent", "grants": [
                { "actions": actions, "resources": ["*"], "permission_set": "crew" },
                { "actions": ["list"], "resources": ["own"], "permission_set": format!("own {n}") },
                { "actions": ["read"], "resources": ["x"], "permission_set": "crew" },
            ] })
        })
        .collect();
    support::text("x.json", &serde_json::json!({ "version": 1, "source": "ops", "identities": identities }).to_string())
}

async fn named(services: &Services, wanted: Wanted, name: &str) -> PermissionSetId {
    let filter = Filter { search: Some(domain::query::Term::new(name)), ..Filter::default() };
    support::sheet::<List>(services, &support::host(), wanted, &filter).await.rows[0].set.id
}

on_both!(a_set_says_what_it_holds_and_who_holds_it, async |s: &Scratch| {
    let services = support::services(s);
    let host = support::host();
    let first = support::import(&services, request(Format::Countersign, "", input(60, &["read"]))).await.seq.expect("an entry");
    let second = support::import(&services, request(Format::Countersign, "", input(60, &["secrets.read"]))).await.seq.expect("an entry");
    let id = named(&services, Wanted::Now, "CREW").await;
    let shown =
        async |wanted, after| permission_sets::show(&mut support::at(&services, &host, wanted).await, id, after).await.expect("shown");
    let now = shown(Wanted::Now, None).await;
    assert_eq!((now.listed.set.name.as_str(), now.listed.source.as_deref(), now.listed.rules), ("crew", Some("ops"), 2));
    assert_eq!(now.rules.iter().map(|(_, j)| j.classes.highest()).collect::<Vec<_>>(), [Some(Class::Secrets), Some(Class::Read)]);
    // Every holder once, over two pages.
    let rest = shown(Wanted::Now, now.next).await;
    assert_eq!((now.holders.len(), rest.holders.len(), rest.next), (50, 10, None));
    let mut names: Vec<String> = now.holders.iter().chain(&rest.holders).map(|h| h.listed.as_ref().expect("known").name.clone()).collect();
    names.sort();
    assert_eq!(names, (0..60).map(|n| format!("agent-{n:03}")).collect::<Vec<_>>());
    // What it held before, at its position and in its history.
    let then = shown(Wanted::Position(first), None).await;
    assert_eq!((then.rules[0].1.classes.highest(), then.holders.len(), then.steps.len()), (Some(Class::Read), 50, 1));
    let steps: Vec<(Seq, usize, usize)> = now.steps.iter().map(|s| (s.seq, s.added.len(), s.removed.len())).collect();
    assert_eq!(steps, [(second, 1, 1), (first, 2, 0)]);
    assert_eq!(now.steps[0].removed[0].actions, ["read"]);
    support::intact(s).await;
});

on_both!(a_set_that_nobody_holds_any_more_is_said_to_be_held_by_nobody, async |s: &Scratch| {
    let services = support::services(s);
    let host = support::host();
    support::import(&services, request(Format::Countersign, "", input(2, &["read"]))).await;
    let before = named(&services, Wanted::Now, "own 1").await;
    let seq = support::import(&services, request(Format::Countersign, "", input(1, &["read"]))).await.seq.expect("an entry");
    let gone = permission_sets::show(&mut support::at(&services, &host, Wanted::Now).await, before, None).await;
    assert!(matches!(gone, Err(Error::NotFound(_))), "{gone:?}");
    let then = permission_sets::show(&mut support::at(&services, &host, Wanted::Position(seq.plus(-1))).await, before, None).await;
    assert_eq!(then.expect("shown").holders.len(), 1);
    let crew = named(&services, Wanted::Now, "crew").await;
    let now = permission_sets::show(&mut support::at(&services, &host, Wanted::Now).await, crew, None).await.expect("shown");
    assert_eq!(now.holders.len(), 1);
});

on_both!(the_list_goes_on_where_it_ended_and_finds_any_case, async |s: &Scratch| {
    let services = support::services(s);
    let host = support::host();
    support::import(&services, request(Format::Countersign, "", input(120, &["read"]))).await;
    let (mut after, mut names) = (None, Vec::new());
    loop {
        let mut read = support::at(&services, &host, Wanted::Now).await;
        let sheet = List::sheet(&mut read, &Filter::default(), after.as_deref(), 50).await.expect("a sheet");
        names.extend(sheet.rows.iter().map(|l| l.set.name.clone()));
        match sheet.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    let mut sorted = names.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!((names.len(), &names), (121, &sorted));
    let mut read = support::at(&services, &host, Wanted::Now).await;
    assert_eq!(permission_sets::counted(&mut read, &Filter::default()).await.expect("counted"), Some(121));
    read.close().await.expect("closed");
    for (term, n) in [("OWN 11", 11), ("crew", 1), ("none of it", 0), ("%", 0)] {
        let filter = Filter { search: Some(domain::query::Term::new(term)), ..Filter::default() };
        assert_eq!(support::sheet::<List>(&services, &host, Wanted::Now, &filter).await.rows.len(), n, "{term}");
    }
    let other = Filter { source: Some("elsewhere".to_owned()), ..Filter::default() };
    assert!(support::sheet::<List>(&services, &host, Wanted::Now, &other).await.rows.is_empty());
});

on_both!(whoever_reads_no_inventory_sees_no_set, async |s: &Scratch| {
    let services = support::services(s);
    support::import(&services, request(Format::Countersign, "", input(1, &["read"]))).await;
    let id = named(&services, Wanted::Now, "crew").await;
    let who = support::world::person(&services, "ann", &[Role::Analyst]).await;
    let wish = service::tokens::Wish {
        name: "ledger only".into(),
        scopes: vec!["ledger:read".into()],
        days: 1,
        ..service::tokens::Wish::default()
    };
    let token = service::tokens::mint(&support::by(&services, &who), &wish).await.expect("minted").text;
    let caller = service::tokens::caller(&services, &token).await.expect("read").expect("a caller");
    let refused = permission_sets::show(&mut support::at(&services, &caller, Wanted::Now).await, id, None).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
});

on_both!(when_a_token_was_used_last_is_known_and_outlives_the_process, async |s: &Scratch| {
    let services = support::services(s);
    let ann = support::world::person(&services, "ann", &[Role::Analyst]).await;
    let wish =
        service::tokens::Wish { name: "nightly".into(), scopes: vec!["ledger:read".into()], days: 1, ..service::tokens::Wish::default() };
    let token = service::tokens::mint(&support::by(&services, &ann), &wish).await.expect("minted").text;
    let used = async |services: &Services, wanted| {
        support::sheet::<service::tokens::List>(services, &ann, wanted, &Default::default()).await.rows[0].last_used
    };
    assert_eq!(used(&services, Wanted::Now).await, None);
    s.clock.advance(domain::time::SECOND);
    service::tokens::caller(&services, &token).await.expect("read").expect("a caller");
    let at = services.now();
    assert_eq!(used(&services, Wanted::Now).await, Some(at));
    service::sessions::purge(&services).await.expect("written down");
    // Another process, which saw nothing of it; and a page of the past, which knows nothing of it.
    let other = support::services(s);
    let read = support::at(&other, &ann, Wanted::Now).await;
    let pair = Wanted::Pair(read.as_of());
    read.close().await.expect("closed");
    s.clock.advance(domain::time::SECOND);
    assert_eq!((used(&other, Wanted::Now).await, used(&other, pair).await), (Some(at), None));
});
