//! What an import added, removed and changed, by name: the first of each kind, all of it, and what it says before it removes.

use crate::support;
use domain::asof::Wanted;
use domain::difference::{How, Thing};
use domain::permission::Role;
use domain::query::differences::Filter;
use domain::snapshot::Format;
use serde_json::json;
use service::imports::{self, differences};
use service::listing::Listing;
use service::{Error, exports, jobs, people};
use store::on_both;
use store::testing::Scratch;

fn tools(of: &[(&str, &str)]) -> String {
    let tools: Vec<_> =
        of.iter().map(|(name, says)| json!({ "name": name, "description": says, "inputSchema": { "type": "object" } })).collect();
    json!({ "tools": tools }).to_string()
}

fn bots(names: std::ops::Range<usize>, action: &str) -> String {
    let identities: Vec<_> = names
        .map(|n| json!({ "key": format!("k{n}"), "name": format!("bot-{n:03}"), "kind": "bot", "grants": [{ "actions": [action], "resources": ["x"] }] }))
        .collect();
    json!({ "version": 1, "source": "many", "identities": identities }).to_string()
}

on_both!(an_import_names_what_moved, async |s: &Scratch| {
    let services = support::services(s);
    let host = support::host();
    let mcp = |text: String| {
        let mut request = support::request(Format::Mcp, "", support::text("tools.json", &text));
        request.how.server = Some("files".to_owned());
        request
    };
    support::import(&services, mcp(tools(&[("read", "Reads one file."), ("list", "Lists."), ("stat", "Says how large.")]))).await;
    let mut next = mcp(tools(&[("read", "Reads one file and sends it on."), ("list", "Lists."), ("write", "Writes.")]));
    next.how.confirm_removals = false;
    let refused = imports::run(&support::by(&services, &host), next.clone(), |_| {}).await.expect_err("a third of it would go");
    assert!(matches!(&refused, Error::NeedsConfirmation(t) if t.contains("tool stat")), "{refused}");
    next.how.confirm_removals = true;
    let outcome = support::import(&services, next).await;
    let named = |thing, how| {
        let of = outcome.differences.iter().filter(|d| d.thing == thing && d.how == how);
        of.map(|d| (d.name.as_str(), d.of.as_deref())).collect::<Vec<_>>()
    };
    assert_eq!(named(Thing::Tool, How::Added), [("write", Some("files"))]);
    assert_eq!(named(Thing::Tool, How::Removed), [("stat", Some("files"))]);
    assert_eq!(named(Thing::Tool, How::Changed), [("read", Some("files"))]);
    let read = outcome.differences.iter().find(|d| d.name == "read").expect("named");
    let words = (read.before.as_deref().unwrap_or_default(), read.after.as_deref().unwrap_or_default());
    assert!(words.0.starts_with("Reads one file.\n") && words.1.starts_with("Reads one file and sends it on.\n"), "{words:?}");
    assert!(outcome.all_differences.is_none(), "all of it stands in the record");
    support::intact(s).await;
});

on_both!(all_of_a_large_import_is_a_list, async |s: &Scratch| {
    let services = support::services(s);
    let host = support::host();
    let many = |text: String| support::request(Format::Countersign, "", support::text("many.json", &text));
    support::import(&services, many(bots(0..120, "list"))).await;
    let outcome = support::import(&services, many(bots(60..180, "write"))).await;
    assert_eq!((outcome.identities.added, outcome.identities.removed), (60, 60));
    assert!(outcome.all_differences.is_some() && outcome.not_named == 0);
    let all = async |filter: &Filter| {
        let (mut out, mut after) = (vec![], None::<String>);
        loop {
            let mut read = support::at(&services, &host, Wanted::Now).await;
            let sheet = differences::List::sheet(&mut read, filter, after.as_deref(), 50).await.expect("list");
            out.extend(sheet.rows.into_iter().map(|r| r.difference));
            after = sheet.next;
            if after.is_none() {
                return out;
            }
        }
    };
    let rows = all(&Filter::default()).await;
    let count = |thing, how| rows.iter().filter(|d| d.thing == thing && d.how == how).count() as u64;
    assert_eq!((count(Thing::Identity, How::Added), count(Thing::Identity, How::Removed)), (60, 60));
    // The sixty that stay lost one grant and have another; the grants of the others come and go with them.
    assert_eq!((count(Thing::Grant, How::Added), count(Thing::Grant, How::Removed)), (60, 60));
    assert!(
        rows.iter().any(|d| d.thing == Thing::Grant && d.how == How::Removed && d.name.starts_with("list on x") && d.of.is_some()),
        "{rows:?}"
    );
    let removed = all(&Filter { how: Some(How::Removed), thing: Some(Thing::Identity), ..Filter::default() }).await;
    assert!(removed.len() == 60 && removed.iter().all(|d| d.name.as_str() < "bot-060"));
    let first =
        imports::List::sheet(&mut support::at(&services, &host, Wanted::Now).await, &domain::query::imports::Filter::default(), None, 9)
            .await
            .expect("list")
            .rows
            .pop()
            .expect("the first import");
    let of_first = all(&Filter { import: Some(first.import.id), how: Some(How::Added), ..Filter::default() }).await;
    assert_eq!(of_first.len(), 120);
    support::intact(s).await;
});

on_both!(all_of_a_preview_is_a_file_for_who_asked, async |s: &Scratch| {
    let services = support::services(s);
    let added = people::add(&support::by(&services, &support::host()), "a@b.c", "a@b.c", "a long enough sentence", &[Role::Analyst]).await;
    let ana = added.expect("added").person_id().expect("a person");
    let ana = people::current(&services, ana).await.expect("read").expect("active");
    let act = support::by(&services, &ana);
    let room = imports::room(&act).await.expect("room");
    let path = room.folder().join("0");
    std::fs::write(&path, bots(0..70, "list")).expect("written");
    let mut request = support::request(
        Format::Countersign,
        "",
        imports::Input::single(imports::InputFile::from_path("many.json".to_owned(), path.clone())),
    );
    request.how.dry_run = true;
    let id = imports::start(&act, room, &request, &[("many.json".to_owned(), path)]).await.expect("queued");
    assert!(jobs::next(&services).await.expect("carried out"));
    let job = jobs::show(&act, id).await.expect("shown");
    assert!(exports::has_file(&job), "{job:?}");
    let (file, path) = exports::file(&act, id).await.expect("a file");
    let text = std::fs::read_to_string(path).expect("read");
    assert_eq!((file.file.as_str(), text.lines().count()), ("differences.csv", 71));
    assert!(text.starts_with("thing,how,name,of,class,before,after\r\n"), "{text}");
});
