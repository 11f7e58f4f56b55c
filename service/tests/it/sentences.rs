//! The ledger as people read it: sentences with the names of then, found by name and by area, one entry as a whole.

use crate::support;
use domain::asof::Wanted;
use domain::permission::Role;
use domain::query::{Asked, Filter};
use domain::sentence::Part;
use domain::seq::Seq;
use domain::snapshot::Format;
use service::identities::{self, Registration};
use service::{Error, Principal, Services, ledger, people};
use store::on_both;
use store::testing::Scratch;

async fn said(services: &Services, who: &Principal, query: &str) -> Vec<String> {
    let filter = <ledger::List as service::listing::Listing>::Filter::parse(&Asked::of(query)).expect("a filter");
    support::sheet::<ledger::List>(services, who, Wanted::Now, &filter).await.rows.iter().map(|r| r.sentence.plain()).collect()
}

on_both!(entries_are_sentences_with_the_names_of_then, async |s: &Scratch| {
    let services = support::services(s);
    let host = support::by(&services, &support::host());
    let ann = people::add(&host, "Ann", "ann@example.org", "a long enough sentence", &[Role::Analyst]).await.expect("added");
    let act = support::by(&services, &ann);
    let scout = Registration { name: "scout".into(), kind: "ai_agent".into(), ..Registration::default() };
    let (id, first) = identities::register(&act, &scout).await.expect("registered");
    let owner = ann.person_id().expect("a person").to_string();
    let renamed = Registration { name: "ranger".into(), owner, ..scout.clone() };
    let second = identities::edit(&act, id, first.seq, &renamed).await.expect("edited");
    assert!(matches!(identities::edit(&act, id, second.seq, &renamed).await, Err(Error::Unchanged)), "nothing to save is no entry");
    let json = r#"{ "version": 1, "source": "crew", "identities": [{ "key": "k", "name": "cook", "kind": "bot" }] }"#;
    support::import(&services, support::request(Format::Countersign, "", support::text("crew.json", json))).await;
    people::sign_in(&services, "ann@example.org", "a long enough sentence", "here").await.expect("signed in");
    let all = said(&services, &ann, "sort=oldest").await;
    assert_eq!(
        all,
        [
            "Server command line added Ann as analyst",
            "Ann registered scout",
            "Ann edited ranger: name scout → ranger, owner none → Ann",
            "Server command line imported crew.json into crew: 1 identity added",
            "Ann signed in",
        ]
    );
    assert_eq!(said(&services, &ann, "q=RANGER&sort=oldest").await, all[1..3], "whatever it was called then");
    assert_eq!(said(&services, &ann, "q=crew").await, all[3..4]);
    assert_eq!(said(&services, &ann, "q=ann&sort=oldest&sign_ins=hidden").await, all[..3]);
    assert_eq!(said(&services, &ann, "area=imports").await, all[3..4]);
    assert_eq!(said(&services, &ann, "sign_ins=hidden&sort=oldest").await, all[..4]);
    assert_eq!(said(&services, &ann, "q=%232").await, all[1..2]);
    assert_eq!(said(&services, &ann, "q=nobody").await, Vec::<String>::new());
    let page = ledger::page(&mut support::at(&services, &ann, Wanted::Now).await, second.seq).await.expect("the entry");
    assert!(page.facts.iter().any(|l| l.label == "owner" && l.value.contains(&Part::Text("none".into()))), "{:?}", page.facts);
    assert_eq!(page.records.get("identity_versions"), Some(&(1, 1)), "{:?}", page.records);
    assert!(page.before.is_some() && page.checkpoint.is_some() && !page.newest);
    let mut past = support::at(&services, &ann, Wanted::Position(first.seq)).await;
    assert!(matches!(ledger::page(&mut past, second.seq).await, Err(Error::NotFound(_))), "what came later is not there yet");
    assert!(matches!(ledger::page(&mut past, Seq::ZERO).await, Err(Error::NotFound(_))));
});
