//! Every route × anonymous and every role, as a snapshot a reviewer can read. `UPDATE_MATRIX=1` rewrites it.
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, clippy::format_push_string)]

mod support;

use axum::http::{Method, StatusCode};
use domain::permission::Role;
use store::testing::Scratch;
use support::Site;

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// Method, route, an address of it, content type, body. Bodies are refused by their content, never by
/// authority, so that a pass shows as 303, 400 or 422 and a refusal as 401 or 403.
const ROUTES: [(&str, &str, &str, &str, &str); 46] = [
    ("GET", "/", "/", "", ""),
    ("GET", "/sign-in", "/sign-in", "", ""),
    ("GET", "/setup", "/setup", "", ""),
    ("GET", "/identities", "/identities", "", ""),
    ("GET", "/identities/new", "/identities/new", "", ""),
    ("GET", "/identities/{id}", "/identities/ID", "", ""),
    ("GET", "/identities/{id}/edit", "/identities/ID/edit", "", ""),
    ("GET", "/identities.csv", "/identities.csv", "", ""),
    ("GET", "/imports", "/imports", "", ""),
    ("GET", "/imports/new", "/imports/new", "", ""),
    ("GET", "/imports/jobs/{id}", "/imports/jobs/NONE", "", ""),
    ("GET", "/imports/jobs/{id}/state", "/imports/jobs/NONE/state", "", ""),
    ("GET", "/imports/{id}", "/imports/NONE", "", ""),
    ("GET", "/ledger", "/ledger", "", ""),
    ("GET", "/ledger/verify", "/ledger/verify", "", ""),
    ("GET", "/ledger.jsonl", "/ledger.jsonl", "", ""),
    ("GET", "/ledger.csv", "/ledger.csv", "", ""),
    ("GET", "/imports.csv", "/imports.csv", "", ""),
    ("GET", "/redactions", "/redactions", "", ""),
    ("POST", "/redactions", "/redactions", FORM, "subject=x"),
    ("POST", "/redactions/{seq}/confirm", "/redactions/999999/confirm", FORM, ""),
    ("GET", "/settings/teams", "/settings/teams", "", ""),
    ("POST", "/settings/teams", "/settings/teams", FORM, "name="),
    ("GET", "/pkg/{file}", "/pkg/none.css", "", ""),
    ("GET", "/healthz", "/healthz", "", ""),
    ("GET", "/readyz", "/readyz", "", ""),
    ("GET", "/api/openapi.json", "/api/openapi.json", "", ""),
    ("GET", "/api/schemas/import.json", "/api/schemas/import.json", "", ""),
    ("GET", "/api/v1/identities", "/api/v1/identities", "", ""),
    ("POST", "/api/v1/identities", "/api/v1/identities", JSON, "{}"),
    ("GET", "/api/v1/identities/{id}", "/api/v1/identities/ID", "", ""),
    ("PUT", "/api/v1/identities/{id}", "/api/v1/identities/ID?version=0", JSON, "{}"),
    ("GET", "/api/v1/identities/{id}/grants", "/api/v1/identities/ID/grants", "", ""),
    ("GET", "/api/v1/imports", "/api/v1/imports", "", ""),
    ("POST", "/api/v1/imports", "/api/v1/imports?format=csv", "", "x"),
    ("GET", "/api/v1/imports/{id}", "/api/v1/imports/NONE", "", ""),
    ("GET", "/api/v1/ledger/export", "/api/v1/ledger/export", "", ""),
    ("GET", "/api/v1/ledger", "/api/v1/ledger", "", ""),
    ("GET", "/api/v1/ledger/checkpoint", "/api/v1/ledger/checkpoint", "", ""),
    ("POST", "/api/v1/ledger/verify", "/api/v1/ledger/verify", "", ""),
    ("GET", "/api/v1/ledger/{seq}/proof", "/api/v1/ledger/1/proof", "", ""),
    ("POST", "/identities", "/identities", FORM, ""),
    ("POST", "/identities/{id}", "/identities/ID", FORM, ""),
    ("POST", "/imports", "/imports", "multipart/form-data; boundary=x", "--x--\r\n"),
    ("POST", "/imports/jobs/{id}/apply", "/imports/jobs/NONE/apply", FORM, ""),
    ("POST", "/sign-out", "/sign-out", FORM, ""),
];
/// These change who is signed in and are asked anonymously only.
const DOORS: [(&str, &str); 2] = [("/setup", "token=x"), ("/sign-in", "email=a&password=b")];

async fn matrix(site: &Site) -> String {
    let id = {
        let registration = service::identities::Registration { name: "scout".into(), kind: "ai_agent".into(), ..Default::default() };
        let cookie = site.person(Role::Admin).await;
        let body = serde_json::to_string(&registration).expect("json");
        let answer = site.send(Site::request(&Method::POST, "/api/v1/identities", Some(&cookie), JSON, &body)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        let value: serde_json::Value = serde_json::from_str(&answer.text).expect("json");
        value["id"].as_str().expect("id").to_owned()
    };
    let mut columns = vec![("anonymous", None), ("admin", Some(site.sign_in("admin@example.org").await))];
    for role in Role::ALL.iter().filter(|r| **r != Role::Admin) {
        columns.push((role.as_str(), Some(site.person(*role).await)));
    }
    let none = domain::ids::show(domain::ids::Noun::Job, uuid::Uuid::nil());
    let mut out = String::from("# method route: status for anonymous and each role. 303 to /sign-in stands as sign-in.\n");
    for (method, route, address, kind, body) in ROUTES {
        let address = address.replace("ID", &id).replace("NONE", if route.starts_with("/imports/{id}") { "imp_0" } else { &none });
        let mut cells = Vec::new();
        for (name, cookie) in &columns {
            let method = method.parse().expect("a method");
            let answer = site.send(Site::request(&method, &address, cookie.as_deref(), kind, body)).await;
            let to_sign_in = answer.location.as_deref().is_some_and(|l| l.starts_with("/sign-in?") || l == "/sign-in");
            let status = if to_sign_in && route != "/sign-out" { "sign-in".to_owned() } else { answer.status.as_u16().to_string() };
            assert!(!answer.status.is_server_error(), "{method} {address} as {name}: {}", answer.text);
            cells.push(format!("{name}={status}"));
        }
        out.push_str(&format!("{method} {route} {}\n", cells.join(" ")));
    }
    for (route, body) in DOORS {
        let answer = site.form(route, None, body).await;
        out.push_str(&format!("POST {route} anonymous={}\n", answer.status.as_u16()));
    }
    out
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_answers_every_role_as_the_matrix_says() {
    let s = Scratch::sqlite().await;
    let site = Site::over(&s);
    let found = matrix(&site).await;
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/matrix.txt");
    if std::env::var_os("UPDATE_MATRIX").is_some() {
        std::fs::write(path, &found).expect("written");
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    for (a, b) in expected.lines().zip(found.lines()) {
        assert_eq!(a, b);
    }
    assert_eq!(expected.lines().count(), found.lines().count());
    for page in server::router::page_paths() {
        let shown = page.replace(":id", "{id}");
        assert!(found.lines().any(|l| l.split(' ').nth(1) == Some(shown.as_str())), "{shown} is not in the matrix");
    }
    s.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doors_hold() {
    let s = Scratch::sqlite().await;
    let site = Site::over(&s);
    let cookie = site.person(Role::Admin).await;
    // A foreign page cannot press a button here, whichever of its two headers a browser sends.
    for (name, value) in [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site")] {
        let mut request = Site::request(&Method::POST, "/identities", Some(&cookie), FORM, "name=x&kind=bot");
        request.headers_mut().insert(name, value.parse().expect("value"));
        assert_eq!(site.send(request).await.status, StatusCode::FORBIDDEN);
    }
    let mut request = Site::request(&Method::POST, "/identities", Some(&cookie), FORM, "name=x&kind=bot");
    request.headers_mut().remove("sec-fetch-site");
    request.headers_mut().insert("origin", "https://evil.example".parse().expect("value"));
    request.headers_mut().insert("host", "localhost:8080".parse().expect("value"));
    assert_eq!(site.send(request).await.status, StatusCode::FORBIDDEN);
    // A redirect after sign-in stays here.
    let body = format!("email=admin%40example.org&password={}&next=//evil.example/", support::PASSWORD.replace(' ', "+"));
    assert_eq!(site.form("/sign-in", None, &body).await.location.as_deref(), Some("/"));
    // A page is guarded before it renders: the redirect carries no body.
    let stranger = site.get("/identities", None).await;
    assert_eq!((stranger.status, stranger.text.len()), (StatusCode::SEE_OTHER, 0));
    let page = site.get("/", Some(&cookie)).await;
    let policy = page.headers["content-security-policy"].to_str().expect("text");
    assert!(policy.contains("script-src 'self' 'nonce-") && !policy.contains("unsafe-inline"), "{policy}");
    assert_eq!(page.headers["cache-control"], "no-store");
    assert_eq!(page.headers["x-request-id"].len(), 32);
    assert!(!page.headers.contains_key("strict-transport-security"), "plain http on this machine");
    let doors = server::router::Doors { secure: true, ..server::router::Doors::default() };
    let secured = Site { router: server::router::router(site.services.clone(), &doors), services: site.services.clone() };
    let body = format!("email=admin%40example.org&password={}", support::PASSWORD.replace(' ', "+"));
    let answer = secured.form("/sign-in", None, &body).await;
    let set = answer.headers["set-cookie"].to_str().expect("text");
    assert!(
        set.starts_with("__Host-countersign=") && set.contains("Secure") && set.contains("HttpOnly") && set.contains("Path=/"),
        "{set}"
    );
    assert!(answer.headers.contains_key("strict-transport-security"));
    // A session row that was written behind our back is void.
    if let store::db::Db::Sqlite { write, .. } = &s.db {
        sqlx_set(write, "UPDATE sessions SET absolute_ends_at = absolute_ends_at + 1").await;
    }
    assert_eq!(site.get("/", Some(&cookie)).await.status, StatusCode::SEE_OTHER);
    s.finish().await;
}

async fn sqlx_set(pool: &store::testing::SqlitePool, text: &'static str) {
    store::testing::execute(pool, text).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_passwords_slow_down_and_the_right_one_still_works_later() {
    let s = Scratch::sqlite().await;
    let site = Site::over(&s);
    site.person(Role::Analyst).await;
    for _ in 0..6 {
        site.form("/sign-in", None, "email=analyst%40example.org&password=wrong").await;
    }
    let body = format!("email=analyst%40example.org&password={}", support::PASSWORD.replace(' ', "+"));
    let locked = site.form("/sign-in", None, &body).await;
    assert!(locked.location.as_deref().is_some_and(|l| l.starts_with("/sign-in")), "{:?}", locked.location);
    s.clock.advance(60 * domain::time::SECOND);
    assert_eq!(site.form("/sign-in", None, &body).await.location.as_deref(), Some("/"));
    s.finish().await;
}
