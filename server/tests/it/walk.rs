//! Every page and every route is asked for positions, instants and nonsense: it answers for what was asked or refuses,
//! it never breaks and never shows the newest state in place of another.

use crate::support::Site;
use axum::http::Method;
use domain::permission::Role;
use server::web::routes::{Needs, ROUTES, RouteKind};
use store::on_both;
use store::testing::Scratch;

/// Pages that anybody may see and that read nothing of the record.
const DOORS: [&str; 4] = ["/sign-in", "/sign-in/factor", "/setup", "/welcome"];

/// What no store has: beyond the head, beyond what JSON holds, no position, no instant, a day that is none.
const REFUSED: [&str; 8] = ["99999999", "9007199254740993", "-1", "soon", "2026-02-30", "3@yesterday", "1@", "%F0%9F%9A%80"];

fn place(route: &str, id: &str) -> String {
    route.replace(":id", id).replace("{id}", id).replace("{seq}", "1").replace(":seq", "1")
}

on_both!(every_route_takes_an_as_of_or_refuses_it, async |s: &Scratch| {
    let site = Site::over(s);
    let cookie = site.person(Role::Admin).await;
    let body = r#"{"name":"scout","kind":"ai_agent"}"#;
    let made = site.send(Site::request(&Method::POST, "/api/v1/identities", Some(&cookie), "application/json", body)).await;
    let id = serde_json::from_str::<serde_json::Value>(&made.text).expect("json")["id"].as_str().expect("id").to_owned();
    let pages = server::web::router::page_paths().into_iter().map(|p| if p.is_empty() { "/".to_owned() } else { p });
    let reads = ROUTES.iter().filter(|r| r.method == "GET" && !matches!(r.kind, RouteKind::Probe)).map(|r| r.path.to_owned());
    let mut asked = 0;
    for route in pages.chain(reads).filter(|p| !DOORS.contains(&p.as_str())) {
        let place = place(&route, &id);
        for bad in REFUSED {
            let answer = site.get(&format!("{place}?as_of={bad}"), Some(&cookie)).await;
            assert!(answer.status.is_client_error(), "{route} as of {bad}: {}", answer.status);
        }
        for good in ["0", "1", "2@2030-01-01T00:00:00Z", "2020-01-01", "now", ""] {
            let answer = site.get(&format!("{place}?as_of={good}"), Some(&cookie)).await;
            assert!(!answer.status.is_server_error(), "{route} as of {good}: {}", answer.text);
            asked += 1;
        }
    }
    for r in ROUTES.iter().filter(|r| r.method != "GET" && r.needs != Needs::Nobody && r.path != "/sign-out") {
        let place = format!("{}?as_of=1", place(r.path, &id));
        let answer = site.send(Site::request(&r.method.parse().expect("a method"), &place, Some(&cookie), "", "")).await;
        assert_eq!(answer.status.as_u16(), 422, "{} {}: nothing is changed in the past; {}", r.method, r.path, answer.text);
        asked += 1;
    }
    assert!(asked > 200, "{asked}");
});

on_both!(the_largest_and_the_smallest_numbers_are_answered, async |s: &Scratch| {
    let site = Site::over(s);
    let cookie = site.person(Role::Admin).await;
    let long = "x".repeat(5_000);
    for n in ["9223372036854775807", "-9223372036854775808", "9223372036854775806", "9007199254740991", "0", "-1", "18446744073709551616"] {
        for path in [
            format!("/ledger?after={n}"),
            format!("/api/v1/ledger?after={n}"),
            format!("/ledger.csv?after={n}"),
            format!("/identities?sort=privilege&after=idn_00000000000000000000000000~{n}"),
            format!("/ledger?as_of={n}"),
            format!("/identities/surfaces/sur_00000000000000000000000000/{n}"),
            format!("/api/v1/ledger/{n}/proof"),
        ] {
            let answer = site.get(&path, Some(&cookie)).await;
            assert!(!answer.status.is_server_error(), "{path}: {} {}", answer.status, answer.text);
        }
        let answer = site.form(&format!("/redactions/{n}/confirm"), Some(&cookie), "").await;
        assert!(answer.status.is_client_error(), "{n}: {}", answer.status);
    }
    for path in [
        "/search?q=",
        "/permission-sets?q=",
        "/identities?q=",
        "/resources?q=",
        "/imports?q=",
        "/settings/people?q=",
        "/settings/tokens?q=",
        "/api/v1/identities?q=",
    ] {
        let answer = site.get(&format!("{path}{long}"), Some(&cookie)).await;
        assert_eq!(answer.status.as_u16(), 422, "{path}");
    }
});
