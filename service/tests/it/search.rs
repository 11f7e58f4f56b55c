//! Searching the short lists: by parts of names in any case, letters beyond ASCII among them, on both engines alike.

use crate::support;
use domain::asof::Wanted;
use domain::permission::Role;
use domain::query::{Asked, Filter};
use domain::snapshot::Format;
use service::listing::Listing;
use service::resources::Wish;
use service::{Principal, Services, imports, people, resources, tokens};
use store::on_both;
use store::testing::Scratch;

/// What a list shows for a search, read one row at a time.
async fn found<L: Listing>(services: &Services, who: &Principal, query: &str, name: impl Fn(&L::Row) -> String) -> Vec<String> {
    let filter = L::Filter::parse(&Asked::of(query)).expect("a filter");
    let (mut after, mut names) = (None::<String>, Vec::new());
    loop {
        let mut read = support::at(services, who, Wanted::Now).await;
        let sheet = L::sheet(&mut read, &filter, after.as_deref(), 1).await.expect("a sheet");
        names.extend(sheet.rows.iter().map(&name));
        after = sheet.next;
        if after.is_none() {
            return names;
        }
    }
}

on_both!(a_search_finds_letters_of_every_alphabet_in_either_case, async |s: &Scratch| {
    let services = support::services(s);
    let host = support::by(&services, &support::host());
    let all = [Role::Admin, Role::Analyst];
    let ana = people::add(&host, "Ana", "ana@example.org", "a long enough sentence", &all[1..]).await.expect("added");
    let admin = people::add(&host, "Adm", "adm@example.org", "a long enough sentence", &all[..1]).await.expect("added");
    for (name, email) in [("Ünal", "unal@example.org"), ("Dünal", "dunal@example.org"), ("Unal", "other@example.org")] {
        people::invite(&support::by(&services, &admin), name, email, &[Role::Reviewer]).await.expect("invited");
    }
    for name in ["ÜNAL buckets", "Other"] {
        let wish = Wish { name: name.into(), kind: "name".into(), pattern: format!("vault/{}", name.len()), ..Wish::default() };
        resources::register(&support::by(&services, &ana), &wish).await.expect("registered");
        let wish = tokens::Wish { name: name.into(), scopes: vec!["inventory:read".into()], days: 30, ..tokens::Wish::default() };
        tokens::mint(&support::by(&services, &admin), &wish).await.expect("minted");
        let json =
            format!(r#"{{ "version": 1, "source": "feed", "identities": [{{ "key": "{name}", "name": "{name}", "kind": "bot" }}] }}"#);
        support::import(&services, support::request(Format::Countersign, "", support::text(&format!("{name}.json"), &json))).await;
    }
    // Encoded: ünal.
    let query = "q=%C3%BCnal";
    let people = found::<people::List>(&services, &admin, query, |r| r.person.shown()).await;
    assert_eq!(people, ["Dünal", "Ünal"]);
    assert_eq!(found::<resources::List>(&services, &ana, query, |l| l.resource.name.clone()).await, ["ÜNAL buckets"]);
    assert_eq!(found::<tokens::List>(&services, &admin, query, |t| t.name.clone()).await, ["ÜNAL buckets"]);
    assert_eq!(found::<imports::List>(&services, &ana, query, |r| r.import.file_name.clone()).await, ["ÜNAL buckets.json"]);
    support::intact(s).await;
});
