//! After N random commands, every page rendered at each past (position, instant) equals the page that was
//! kept when that pair was now.

use crate::support::{self, Site, main_part};
use domain::ids::IdentityId;
use domain::permission::Role;
use domain::seq::Seq;
use domain::snapshot::Format;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use service::identities::Registration;
use service::imports::{Request, Wish};
use service::{Principal, identities, imports, people};
use std::collections::BTreeMap;
use store::on_both;
use store::testing::Scratch;

/// What one step does; numbers choose among few names so that steps meet the same rows.
#[derive(Clone, Debug)]
enum Step {
    Import { source: u8, names: Vec<u8>, action: u8, text: u8 },
    Register { name: u8, kind: u8 },
    Edit { pick: u8, environment: u8 },
    Govern { what: u8, n: u8 },
    Resource { n: u8 },
    Wait { days: u8 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0u8..2, proptest::collection::vec(0u8..6, 1..5), 0u8..5, 0u8..3)
            .prop_map(|(source, names, action, text)| Step::Import { source, names, action, text }),
        2 => (0u8..6, 0u8..4).prop_map(|(name, kind)| Step::Register { name, kind }),
        3 => (any::<u8>(), 0u8..3).prop_map(|(pick, environment)| Step::Edit { pick, environment }),
        3 => (0u8..4, 0u8..9).prop_map(|(what, n)| Step::Govern { what, n }),
        3 => (0u8..9).prop_map(|n| Step::Resource { n }),
        1 => (1u8..40).prop_map(|days| Step::Wait { days }),
    ]
}

const ACTIONS: [&str; 5] = ["read", "tools.write", "secrets.read", "delete", "grant"];

fn input(source: u8, names: &[u8], action: u8, text: u8) -> service::imports::Input {
    let mut seen = std::collections::BTreeSet::new();
    let identities: Vec<serde_json::Value> = names
        .iter()
        .filter(|n| seen.insert(**n))
        .map(|n| {
            serde_json::json!({
                "key": format!("k{n}"), "name": format!("agent-{n}"), "kind": "ai_agent",
                "grants": [{ "permission_set": format!("set {}", n % 2), "actions": [ACTIONS[action as usize]], "resources": [format!("r{}", n % 3)], "ends_at": "2026-12-01T00:00:00Z" }, { "actions": ["list"], "resources": ["*"] }],
                "surfaces": [{ "kind": "instructions", "locator": "p.md", "content": format!("Rule {text}\nNever stop.") }],
            })
        })
        .collect();
    let json = serde_json::json!({ "version": 1, "source": format!("s{source}"), "identities": identities }).to_string();
    service::imports::Input::single(service::imports::InputFile::from_bytes("x.json", json.into_bytes()))
}

async fn take(site: &Site, s: &Scratch, who: &Principal, step: &Step, known: &mut Vec<IdentityId>) {
    match step {
        Step::Import { source, names, action, text } => {
            let request = Request {
                format: Format::Countersign,
                input: input(*source, names, *action, *text),
                how: Wish { source: None, confirm_removals: true, ..Wish::default() },
            };
            imports::run(&support::by(&site.services, who), request, |_| {}).await.expect("imported");
        }
        Step::Register { name, kind } => {
            let kind = domain::identity::Kind::ALL[*kind as usize].as_str().to_owned();
            let r = Registration { name: format!("hand-{name}"), kind, purpose: "to test".to_owned(), ..Registration::default() };
            known.push(identities::register(&support::by(&site.services, who), &r).await.expect("registered").0);
        }
        Step::Edit { pick, environment } if !known.is_empty() => {
            let id = known[*pick as usize % known.len()];
            let seen = identities::show(&mut support::at(&site.services, who, domain::asof::Wanted::Now).await, id)
                .await
                .expect("shown")
                .manual
                .map_or(Seq::ZERO, |m| m.since);
            let r = Registration {
                name: format!("edited-{pick}"),
                kind: "bot".to_owned(),
                environment: domain::identity::Environment::ALL[*environment as usize].as_str().to_owned(),
                ..Registration::default()
            };
            // Editing to what stands there already is refused, which is no step at all.
            let _ = identities::edit(&support::by(&site.services, who), id, seen, &r).await;
        }
        Step::Edit { .. } => {}
        Step::Govern { what, n } => govern(site, who, *what, *n, known).await,
        Step::Resource { n } => resource(site, who, *n).await,
        Step::Wait { days } => s.clock.advance(i64::from(*days) * domain::time::DAY),
    }
}

/// Teams, groups, sources and owners move too. What is refused (there already, nothing changed) is no step.
async fn govern(site: &Site, who: &Principal, what: u8, n: u8, known: &[IdentityId]) {
    let (services, host) = (&site.services, Principal::Host { user: "test".to_owned() });
    let editor = who.person_id().expect("a person");
    let now = domain::asof::Wanted::Now;
    match what {
        0 => {
            let _ = service::teams::add(&support::by(services, &host), &format!("team {n}"), "").await;
        }
        1 => {
            if let Ok((group, _)) = service::groups::add(&support::by(services, &host), &format!("group {n}")).await {
                service::groups::join(&support::by(services, &host), editor, group).await.expect("joined");
            } else {
                let _ = service::groups::leave(&support::by(services, &host), editor).await;
            }
        }
        2 => {
            for l in <service::sources::List as service::listing::Listing>::sheet(
                &mut support::at(services, &host, now).await,
                &Default::default(),
                None,
                1,
            )
            .await
            .expect("sheet")
            .rows
            {
                let wish = service::sources::Wish {
                    hours: (u32::from(n) * 24 + 1).to_string(),
                    owner: "editor@example.org".into(),
                    ..Default::default()
                };
                let _ = service::sources::edit(&support::by(services, &host), l.source.id, l.source.since, &wish).await;
            }
        }
        _ => {
            for id in known.iter().rev().take(1) {
                let seen = identities::show(&mut support::at(services, who, now).await, *id)
                    .await
                    .expect("shown")
                    .manual
                    .map_or(Seq::ZERO, |m| m.since);
                let owner = if n.is_multiple_of(2) { editor.to_string() } else { String::new() };
                let r = Registration { name: format!("owned-{n}"), kind: "bot".to_owned(), owner, ..Registration::default() };
                let _ = identities::edit(&support::by(services, who), *id, seen, &r).await;
            }
        }
    }
}

/// One of three locations is registered, said anew or retired.
async fn resource(site: &Site, who: &Principal, n: u8) {
    let wish = service::resources::Wish {
        name: format!("resource {n}"),
        kind: "name".to_owned(),
        pattern: format!("r{}", n % 3),
        owner: if n.is_multiple_of(2) { "editor@example.org".to_owned() } else { String::new() },
        criticality: domain::identity::Criticality::ALL[n as usize % 5].as_str().to_owned(),
        ..Default::default()
    };
    let mut read = support::at(&site.services, who, domain::asof::Wanted::Now).await;
    let page =
        <service::resources::List as service::listing::Listing>::sheet(&mut read, &Default::default(), None, 50).await.expect("sheet");
    read.close().await.expect("closed");
    let known = page.rows.into_iter().map(|l| l.resource).find(|r| r.pattern == wish.pattern);
    let act = support::by(&site.services, who);
    match known {
        None => {
            service::resources::register(&act, &wish).await.expect("registered");
        }
        Some(r) if n < 6 => {
            let _ = service::resources::edit(&act, r.id, r.since, &wish).await;
        }
        Some(r) => {
            service::resources::retire(&act, r.id, r.since).await.expect("retired");
        }
    }
}

/// Lists whose rows are looked at as well, each with how the address of a row begins.
const DETAILS: [(&str, &str); 3] =
    [("/resources", "/resources/res_"), ("/permission-sets", "/permission-sets/set_"), ("/settings/teams", "/settings/teams/tea_")];

/// Addresses of the rows that a list links to.
fn rows_of(list: &str, begins: &str) -> Vec<String> {
    let link = format!("href=\"{begins}");
    let ids = list.split(&link).skip(1).filter_map(|rest| rest.split(['?', '"']).next());
    ids.take(4).map(|id| format!("{begins}{id}")).collect()
}

async fn pages(site: &Site, cookie: &str, pair: &str, known: &[IdentityId]) -> BTreeMap<String, String> {
    let mut paths = vec![
        "/".to_owned(),
        "/identities".to_owned(),
        "/identities?sort=privilege".to_owned(),
        "/identities?no_owner=1&sort=grants".to_owned(),
        "/imports".to_owned(),
        "/ledger".to_owned(),
        "/identities.csv".to_owned(),
        "/identities?orphaned=1".to_owned(),
        "/resources".to_owned(),
        "/grants".to_owned(),
        "/grants?class=secrets".to_owned(),
        "/grants?standing=1".to_owned(),
        "/permission-sets".to_owned(),
        "/search?q=agent".to_owned(),
        "/?view=posture".to_owned(),
        "/?view=evidence".to_owned(),
        "/?view=work".to_owned(),
    ];
    let more = [
        "/adoption",
        "/redactions",
        "/imports.csv",
        "/imports/differences",
        "/imports/differences.csv",
        "/api/v1/imports/differences",
        "/ledger.csv",
        "/grants.csv",
        "/api/v1/grants",
        "/permission-sets.csv",
        "/api/v1/permission-sets",
        "/api/v1/identities",
        "/api/v1/sources",
        "/api/v1/imports",
        "/api/v1/ledger",
    ];
    let settings = ["sources", "groups", "teams", "people", "people.csv", "tokens"].map(|p| format!("/settings/{p}"));
    paths.extend(more.map(str::to_owned).into_iter().chain(settings));
    let parts = ["", "/access", "/surfaces", "/credentials", "/history"];
    paths.extend(known.iter().take(4).flat_map(|id| parts.map(|part| format!("/identities/{id}{part}"))));
    // A comparison with a moment that every pair lies behind.
    paths.extend(["/compare?against=1", "/compare.csv?against=1", "/api/v1/compare?against=1"].map(str::to_owned));
    paths.extend(known.iter().take(2).map(|id| format!("/compare?against=1&of={id}")));
    let mut out = BTreeMap::new();
    // What a list links to is read as well.
    while let Some(path) = paths.pop() {
        let joint = if path.contains('?') { '&' } else { '?' };
        let answer = site.get(&format!("{path}{joint}as_of={}", app::context::encode(pair)), Some(cookie)).await;
        assert!(answer.status.is_success(), "{path} at {pair}: {} {}", answer.status, answer.text);
        let page = main_part(&answer.text).to_owned();
        if let Some((_, begins)) = DETAILS.iter().find(|(list, _)| *list == path) {
            paths.extend(rows_of(&page, begins));
        }
        out.insert(path, page);
    }
    out
}

async fn property(s: &Scratch) {
    let site = Site::over(s);
    site.person(Role::Admin).await;
    let host = Principal::Host { user: "test".to_owned() };
    let Principal::Person { id, .. } =
        people::add(&support::by(&site.services, &host), "Editor", "editor@example.org", support::PASSWORD, &[Role::Analyst])
            .await
            .expect("added")
    else {
        panic!("a person")
    };
    let who = people::current(&site.services, id).await.expect("read").expect("active");
    let mut runner = TestRunner::deterministic();
    let mut known = Vec::new();
    let mut kept = Vec::new();
    for _ in 0..24 {
        let chosen = step().new_tree(&mut runner).expect("a step").current();
        take(&site, s, &who, &chosen, &mut known).await;
        // Over a minute: nobody takes more than so many lists out in one.
        s.clock.advance(67 * domain::time::SECOND);
        // Sessions end while days go by; the sign-in is an entry of its own ahead of the pair.
        let cookie = site.sign_in("admin@example.org").await;
        let head = store::engine::head::reader(&s.db, domain::asof::Wanted::Now, &domain::ports::Steady::new(s.clock.clone()))
            .await
            .expect("reader");
        let pair = head.as_of.to_string();
        head.close().await.expect("closed");
        let there = known.clone();
        let html = pages(&site, &cookie, &pair, &there).await;
        kept.push((pair, there, html, chosen));
    }
    let cookie = site.sign_in("admin@example.org").await;
    for (pair, there, html, chosen) in &kept {
        s.clock.advance(67 * domain::time::SECOND);
        let again = pages(&site, &cookie, pair, there).await;
        for (path, before) in html {
            assert_eq!(before, &again[path], "{path} as of {pair}, after {chosen:?}");
        }
    }
    let empty = pages(&site, &cookie, "0@2020-01-01T00:00:00Z", &[]).await;
    assert!(empty["/identities"].contains("No identities yet"), "{}", empty["/identities"]);
    assert!(empty["/resources"].contains("No resources yet"), "{}", empty["/resources"]);
    for (_, begins) in DETAILS {
        assert!(kept.iter().any(|(_, _, html, _)| html.keys().any(|path| path.starts_with(begins))), "{begins} was looked at");
    }
    let report = store::engine::verify::verify(&s.db, &[s.signer.verifier()], &[]).await.expect("verify runs");
    assert_eq!(report.findings, []);
}

on_both!(the_past_looks_as_it_did_when_it_was_now, property);
