//! What somebody meets who is new here: no dead ends, and refusals that say what is meant and what to do.

use crate::support::{self, Site};
use axum::http::{Method, StatusCode};
use domain::asof::Wanted;
use domain::permission::Role;
use domain::time::SECOND;
use serde_json::Value;
use service::{people, tokens};
use store::engine::jobs::{self, JobKind};
use store::on_both;
use store::testing::Scratch;

on_both!(a_page_that_only_the_present_has_leads_back_to_itself, async |s: &Scratch| {
    let site = Site::over(s);
    let cookie = site.person(Role::Admin).await;
    let body = r#"{"name":"scout","kind":"ai_agent"}"#;
    let made = site.send(Site::request(&Method::POST, "/api/v1/identities", Some(&cookie), "application/json", body)).await;
    let id = serde_json::from_str::<Value>(&made.text).expect("json")["id"].as_str().expect("id").to_owned();
    let edit = format!("/identities/{id}/edit");
    for path in ["/identities/new", "/imports/new", "/resources/new", "/ledger/verify", edit.as_str()] {
        let past = site.get(&format!("{path}?as_of=1"), Some(&cookie)).await;
        assert_eq!(past.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        assert!(past.text.contains("You're viewing ") && past.text.contains("(ledger entry 1)"), "{path}: {}", past.text);
        assert!(past.text.contains(&format!("href=\"{path}\" class=\"btn\"")), "{path}: {}", past.text);
        assert_eq!(site.get(path, Some(&cookie)).await.status, StatusCode::OK);
    }
    // What was not there then says so of then.
    let gone = site.get(&format!("/identities/{id}?as_of=1"), Some(&cookie)).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    assert!(gone.text.contains("(ledger entry 1)</strong>") && gone.text.contains("(ledger entry 1), printed by"), "{}", gone.text);
    // A moment that nobody can read keeps the page, as of now, and marks the field with what was typed.
    for (typed, why) in [("soon", "We can't read that date."), ("999", "newest")] {
        let unread = site.get(&format!("/identities?as_of={typed}"), Some(&cookie)).await;
        assert_eq!(unread.status, StatusCode::UNPROCESSABLE_ENTITY);
        let text = unread.text.replace("&#x27;", "'");
        assert!(text.contains("<h1>Identities</h1>") && text.contains("scout"), "{text}");
        assert!(text.contains(&format!("value=\"{typed}\"")) && text.contains("aria-invalid=\"true\""), "{text}");
        assert!(text.contains(why) && text.contains("This page shows now."), "{text}");
    }
});

on_both!(every_moment_that_a_page_shows_can_be_typed, async |s: &Scratch| {
    let site = Site::over(s);
    let cookie = site.person(Role::Admin).await;
    let first = site.get("/ledger?as_of=1", Some(&cookie)).await.text;
    let shown = first
        .split("<strong>")
        .skip(1)
        .find_map(|rest| rest.split("</strong>").next().filter(|t| t.contains("ledger entry")))
        .expect("a banner");
    assert!(shown.ends_with(" (ledger entry 1)"), "{shown}");
    let minute = shown.trim_end_matches(" (ledger entry 1)");
    let none = site.get("/ledger?as_of=0", Some(&cookie)).await.text;
    assert!(none.contains("<strong>before the first entry</strong>") && !none.contains("1970"), "{none}");
    for typed in [shown, minute, minute.trim_end_matches(" UTC"), "before the first entry", "entry 1", "#1", "ledger entry 1"] {
        let page = site.get(&format!("/ledger?as_of={}", app::context::encode(typed)), Some(&cookie)).await;
        assert_eq!(page.status, StatusCode::OK, "{typed}: {}", page.text);
    }
    // Within the second of an entry is after it, also where the entry was written late in that second.
    s.clock.advance(SECOND - site.services.now().micros() % SECOND + 810_000);
    let entry = service::ledger::clock_jumped(&site.services, 60 * SECOND).await.expect("asked").expect("on record").seq;
    let who = people::sign_in(&site.services, "admin@example.org", support::PASSWORD, "t").await.expect("signed in");
    let written = support::at(&site.services, &who, Wanted::Position(entry)).await.as_of();
    let second = format!("{}Z", written.at.rfc3339().split(['.', 'Z']).next().expect("a second"));
    for typed in [format!("{entry}@{second}"), second] {
        let answer = site.get(&format!("/api/v1/ledger?as_of={typed}"), Some(&cookie)).await;
        let value: Value = serde_json::from_str(&answer.text).expect("json");
        assert!(value["items"].as_array().is_some_and(|i| i.iter().any(|e| e["seq"] == entry.get())), "{typed}: {}", answer.text);
    }
});

on_both!(a_refusal_names_what_stands_in_the_way, async |s: &Scratch| {
    let site = Site::over(s);
    let ana = site.person(Role::Analyst).await;
    let who = people::sign_in(&site.services, "analyst@example.org", support::PASSWORD, "t").await.expect("signed in");
    let wish = tokens::Wish { name: "t".into(), scopes: vec!["ledger:read".into()], days: 1, ..Default::default() };
    let token = tokens::mint(&support::by(&site.services, &who), &wish).await.expect("minted").text;
    let writing = tokens::Wish { scopes: vec!["inventory:write".into()], ..wish.clone() };
    let writing = tokens::mint(&support::by(&site.services, &who), &writing).await.expect("minted").text;
    let by_token = async |token: &str, method: &Method, path: &str| {
        let mut request = Site::request(method, path, None, "", "x");
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse().expect("a value"));
        let answer = site.send(request).await;
        (
            answer.status.as_u16(),
            serde_json::from_str::<Value>(&answer.text).expect("json")["detail"].as_str().unwrap_or_default().to_owned(),
        )
    };
    let (status, said) = by_token(&token, &Method::GET, "/api/v1/identities").await;
    assert!(status == 403 && said == "This token lacks the scope inventory:read. It has ledger:read.", "{said}");
    let (status, said) = by_token(&token, &Method::POST, "/api/v1/imports").await;
    assert!(status == 403 && said.starts_with("This token lacks the scope inventory:write."), "{said}");
    let (status, said) = by_token(&writing, &Method::POST, "/api/v1/imports?format=ghost").await;
    assert!(status == 422 && said.contains("aws, kubernetes, mcp, a2a, csv, countersign"), "{said}");
    let (status, said) = by_token(&writing, &Method::POST, "/api/v1/imports").await;
    assert!(status == 422 && said.contains("aws, kubernetes, mcp, a2a, csv, countersign"), "{said}");
    let both = site.get("/identities?no_owner=1&owned=1", Some(&ana)).await;
    assert_eq!(both.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(both.text.contains("be combined. Remove one.") && !both.text.contains("no_owner: "), "{}", both.text);
    let wish = tokens::Wish { scopes: vec!["nonsense".into()], ..wish };
    let refused = tokens::mint(&support::by(&site.services, &who), &wish).await.expect_err("no scope").to_string();
    assert!(refused.contains("inventory:read, inventory:write"), "{refused}");
});

on_both!(an_address_that_is_none_is_said_to_be_none, async |s: &Scratch| {
    let site = Site::over(s);
    let cookie = site.person(Role::Admin).await;
    for (method, path, status) in [
        (Method::POST, "/nowhere", 404),
        (Method::DELETE, "/identities/nowhere/at/all", 404),
        (Method::HEAD, "/nowhere", 404),
        (Method::HEAD, "/identities", 200),
        (Method::POST, "/adoption", 405),
        (Method::POST, "/api/nowhere", 404),
    ] {
        let answer = site.send(Site::request(&method, path, Some(&cookie), "", "")).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path}");
        assert!(method == Method::HEAD || answer.text.contains("\"detail\":"), "{method} {path}: {}", answer.text);
    }
    let settings = site.get("/settings?as_of=1", Some(&cookie)).await;
    assert_eq!(settings.location.as_deref(), Some("/settings/profile?as_of=1"));
});

on_both!(a_job_that_was_told_to_stop_says_that_it_stops, async |s: &Scratch| {
    let services = support::services(s);
    // Nobody here works at jobs: another process does, and is slow.
    let router = server::web::router::router(services.clone(), &server::web::router::Doors::default());
    let site = Site { services, router };
    let ana = site.person(Role::Analyst).await;
    let page = site.form("/ledger/verify", Some(&ana), "").await.location.expect("the page of the job");
    let now = site.services.now();
    jobs::claim(&s.db, JobKind::Verify, "another", now, now.plus(60 * SECOND)).await.expect("asked").expect("taken");
    assert!(site.get(&page, Some(&ana)).await.text.contains(">Stop<"));
    site.form(&format!("{page}/cancel"), Some(&ana), "").await;
    let told = site.get(&page, Some(&ana)).await.text;
    assert!(told.contains("stopping…") && !told.contains(">Stop<"), "{told}");
    assert_eq!(site.get(&format!("{page}/state"), Some(&ana)).await.text, "stopping…");
});
