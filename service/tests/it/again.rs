//! The same input a second time: neither read nor compared, unless anything about it or its source is other than it was.

use crate::support;
use domain::identity::Environment;
use domain::ids::IdentityId;
use domain::permission::Role;
use domain::query::identities::Filter;
use domain::seq::Seq;
use domain::snapshot::Format;
use service::imports::{self, Outcome, Request};
use service::{Services, identities, sources};
use std::sync::{Arc, Mutex};
use store::on_both;
use store::testing::Scratch;

const FIRST: &str = "identity,action,resource\nbot,read,tickets\nrunner,write,queue\n";
const OTHER: &str = "identity,action,resource\nbot,read,tickets\nrunner,write,mail\n";

fn crew(text: &str) -> Request {
    support::request(Format::Csv, "crew", support::text("crew.csv", text))
}

/// The outcome, and whether it was compared with what is there.
async fn told(services: &Services, request: Request) -> (Outcome, bool) {
    let said = Arc::new(Mutex::new(String::new()));
    let progress = {
        let said = said.clone();
        move |text: &str| said.lock().expect("whole").push_str(text)
    };
    let outcome = imports::run(&support::by(services, &support::host()), request, progress).await.expect("imported");
    let compared = said.lock().expect("whole").contains("comparing");
    (outcome, compared)
}

async fn bot(services: &Services) -> IdentityId {
    let host = support::host();
    let sheet = support::sheet::<identities::List>(services, &host, domain::asof::Wanted::Now, &Filter::default()).await;
    sheet.rows.iter().find(|r| r.name == "bot").expect("listed").identity_id
}

on_both!(what_is_known_is_not_compared_and_is_on_record, async |s: &Scratch| {
    let services = support::services(s);
    let (first, compared) = told(&services, crew(FIRST)).await;
    assert!(compared && !first.unchanged);
    s.clock.advance(domain::time::DAY);
    // Another process on the same store knows it too.
    let other = support::services(s);
    let (again, compared) = told(&other, crew(FIRST)).await;
    assert!(!compared && again.unchanged && again.seq > first.seq && again.import != first.import, "{again:?}");
    assert_eq!((again.identities.total, again.grants.total, again.identities.added), (2, 2, 0));
    assert!(again.differences.is_empty() && again.notes == first.notes, "{again:?}");
    // As a comparison of it says, which a name of its own asks for.
    let (whole, compared) = told(&services, support::anew(crew(FIRST))).await;
    assert!(compared);
    let apart = |o: Outcome| Outcome { seq: None, import: None, ..o };
    assert_eq!(apart(whole), apart(again));
    support::intact(s).await;
});

on_both!(where_one_file_ends_and_the_next_begins_is_part_of_what_is_known, async |s: &Scratch| {
    let services = support::services(s);
    let file = |name: &str, text: &str| imports::InputFile::from_bytes(name, text.as_bytes().to_vec());
    let two =
        |a: &str, b: &str| support::request(Format::Csv, "crew", imports::Input::of("crew", vec![file("a.csv", a), file("b.csv", b)]));
    let (head, rest) = FIRST.split_once("runner").expect("a second row");
    let second = format!("identity,action,resource\nrunner{rest}");
    told(&services, two(head, &second)).await;
    assert!(!told(&services, two(head, &second)).await.1, "known");
    // The same bytes in a row: the heading of the second file stands in the first.
    let (heading, row) = second.split_at(second.find("runner").expect("the row"));
    let moved = two(&format!("{head}{heading}"), row);
    let outcome = imports::run(&support::by(&services, &support::host()), moved, |_| {}).await;
    assert!(!outcome.is_ok_and(|o| o.unchanged), "it is read, and says something else");
});

on_both!(a_preview_of_what_is_known_writes_nothing, async |s: &Scratch| {
    let services = support::services(s);
    told(&services, crew(FIRST)).await;
    let mut tried = crew(FIRST);
    tried.how.dry_run = true;
    let (preview, compared) = told(&services, tried.clone()).await;
    assert!(!compared && preview.dry_run && preview.unchanged && preview.seq.is_none() && preview.import.is_none(), "{preview:?}");
    // What was only tried is no import.
    let mut unknown = crew(OTHER);
    unknown.how.dry_run = true;
    assert!(told(&services, unknown).await.1);
    let (second, compared) = told(&services, crew(OTHER)).await;
    assert!(compared && !second.unchanged, "{second:?}");
});

on_both!(whatever_is_other_than_it_was_is_compared, async |s: &Scratch| {
    let services = support::services(s);
    told(&services, crew(FIRST)).await;
    // Another file of the source came in between.
    let (second, _) = told(&services, crew(OTHER)).await;
    assert_eq!((second.grants.added, second.grants.removed), (1, 1));
    let (back, compared) = told(&services, crew(FIRST)).await;
    assert!(compared && (back.grants.added, back.grants.removed) == (1, 1), "{back:?}");
    // Another wish.
    let mut stated = crew(FIRST);
    stated.how.environment = Some(Environment::Test);
    assert!(told(&services, stated.clone()).await.1);
    assert!(!told(&services, stated.clone()).await.1, "known now");
    // Another source of the same bytes.
    let elsewhere = support::request(Format::Csv, "elsewhere", support::text("crew.csv", FIRST));
    assert!(told(&services, elsewhere).await.1);
    assert!(told(&services, stated.clone()).await.1, "the newest of these bytes is another source's");
    assert!(!told(&services, stated.clone()).await.1);
    // Somebody edited what the source names.
    let ann = support::world::person(&services, "ann", &[Role::Admin]).await;
    let to = ann.person_id().expect("a person").to_string();
    identities::assign(&support::by(&services, &ann), &[bot(&services).await], &to).await.expect("assigned");
    let (after, compared) = told(&services, stated.clone()).await;
    assert!(compared && after.unchanged, "{after:?}");
    // Somebody edited the source.
    let mut tx = s.db.snapshot().await.expect("a snapshot");
    let source = store::sources::by_name(&mut tx, "crew", Seq::NOW).await.expect("read").expect("the source");
    tx.rollback().await.expect("closed");
    let wish = sources::Wish { owner: to, environment: "production".to_owned(), ..sources::Wish::default() };
    sources::edit(&support::by(&services, &ann), source.id, source.since, &wish).await.expect("edited");
    let (after, compared) = told(&services, stated.clone()).await;
    assert!(compared && !after.unchanged, "it is said to be of test again: {after:?}");
    support::intact(s).await;
});

on_both!(one_of_several_sources_is_not_taken_for_all_of_them, async |s: &Scratch| {
    let services = support::services(s);
    let user = |account: &str| {
        format!(r#"{{"Path": "/", "UserName": "svc", "UserId": "AIDA{account}", "Arn": "arn:aws:iam::{account}:user/svc"}}"#)
    };
    let text = format!(
        r#"{{"UserDetailList": [{}, {}], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}}"#,
        user("111122223333"),
        user("444455556666")
    );
    let both = support::request(Format::Aws, "", support::text("two.json", &text));
    let (first, _) = told(&services, both.clone()).await;
    assert_eq!(first.others.len(), 1, "{first:?}");
    let (again, compared) = told(&services, both).await;
    assert!(compared && again.unchanged && again.others[0].unchanged, "{again:?}");
});
