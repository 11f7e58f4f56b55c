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
const ROUTES: [(&str, &str, &str, &str, &str); 74] = [
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
    ("GET", "/adoption", "/adoption", "", ""),
    ("GET", "/api", "/api", "", ""),
    ("GET", "/settings/groups", "/settings/groups", "", ""),
    ("POST", "/settings/groups", "/settings/groups", FORM, "name="),
    (
        "POST",
        "/settings/groups/members",
        "/settings/groups/members",
        FORM,
        "person=per_00000000000000000000000000&group=grp_00000000000000000000000000",
    ),
    ("POST", "/settings/people/{id}/group/leave", "/settings/people/per_00000000000000000000000000/group/leave", FORM, ""),
    ("GET", "/settings/sources", "/settings/sources", "", ""),
    ("POST", "/settings/sources", "/settings/sources", FORM, "name="),
    ("POST", "/settings/sources/{id}", "/settings/sources/src_00000000000000000000000000", FORM, ""),
    ("GET", "/api/v1/sources", "/api/v1/sources", "", ""),
    ("ANY", "/api/{*rest}", "/api/nowhere", "", ""),
    ("GET", "/settings/people.csv", "/settings/people.csv", "", ""),
    ("GET", "/settings/tokens.csv", "/settings/tokens.csv", "", ""),
    ("GET", "/settings/profile", "/settings/profile", "", ""),
    ("GET", "/settings/tokens", "/settings/tokens", "", ""),
    ("GET", "/settings/people", "/settings/people", "", ""),
    ("GET", "/welcome", "/welcome", "", ""),
    ("POST", "/settings/people", "/settings/people", FORM, "name="),
    ("POST", "/settings/people/{id}/role", "/settings/people/per_00000000000000000000000000/role", FORM, "role=analyst"),
    ("POST", "/settings/people/{id}/link", "/settings/people/per_00000000000000000000000000/link", FORM, ""),
    ("POST", "/settings/people/{id}/lock", "/settings/people/per_00000000000000000000000000/lock", FORM, ""),
    ("POST", "/settings/people/{id}/back", "/settings/people/per_00000000000000000000000000/back", FORM, ""),
    ("POST", "/settings/roles/{id}/take", "/settings/roles/row_00000000000000000000000000/take", FORM, ""),
    ("POST", "/settings/password", "/settings/password", FORM, "old=x&password=short"),
    ("POST", "/settings/sessions/end", "/settings/sessions/end", FORM, "session=x"),
    ("POST", "/settings/tokens", "/settings/tokens", FORM, "name="),
    ("POST", "/settings/tokens/{id}/revoke", "/settings/tokens/tok_00000000000000000000000000/revoke", FORM, ""),
    ("GET", "/pkg/{file}", "/pkg/none.css", "", ""),
    ("GET", "/healthz", "/healthz", "", ""),
    ("GET", "/readyz", "/readyz", "", ""),
    ("GET", "/metrics", "/metrics", "", ""),
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
const DOORS: [(&str, &str); 3] = [("/setup", "token=x"), ("/sign-in", "email=a&password=b"), ("/welcome", "person=x")];

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
        let address = address
            .replace("ID", &id)
            .replace("NONE", if route.starts_with("/imports/{id}") { "imp_00000000000000000000000000" } else { &none });
        let mut cells = Vec::new();
        for (name, cookie) in &columns {
            let method = if method == "ANY" { Method::GET } else { method.parse().expect("a method") };
            let answer = site.send(Site::request(&method, &address, cookie.as_deref(), kind, body)).await;
            let to_sign_in = answer.location.as_deref().is_some_and(|l| l.starts_with("/sign-in?") || l == "/sign-in");
            let status = if to_sign_in && route != "/sign-out" { "sign-in".to_owned() } else { answer.status.as_u16().to_string() };
            assert!(!answer.status.is_server_error(), "{method} {address} as {name}: {}", answer.text);
            cells.push(format!("{name}={status}"));
        }
        out.push_str(&format!("{method} {route} {}\n", cells.join(" ")));
    }
    out.push_str("# and for a token of an identity with one scope, or with none that is valid\n");
    let tokens = tokens(site, &id).await;
    for (method, route, address, kind, body) in ROUTES {
        let address = address.replace("ID", &id).replace("NONE", "imp_00000000000000000000000000");
        let mut cells = Vec::new();
        for (name, token) in &tokens {
            let method = if method == "ANY" { Method::GET } else { method.parse().expect("a method") };
            let mut request = Site::request(&method, &address, None, kind, body);
            request.headers_mut().insert("authorization", format!("Bearer {token}").parse().expect("value"));
            let answer = site.send(request).await;
            assert!(!answer.status.is_server_error(), "{method} {address} with {name}: {}", answer.text);
            let to_sign_in = answer.location.as_deref().is_some_and(|l| l.starts_with("/sign-in?") || l == "/sign-in");
            cells.push(format!("{name}={}", if to_sign_in { "sign-in".to_owned() } else { answer.status.as_u16().to_string() }));
        }
        out.push_str(&format!("{method} {route} {}\n", cells.join(" ")));
    }
    for (route, body) in DOORS {
        let answer = site.form(route, None, body).await;
        out.push_str(&format!("POST {route} anonymous={}\n", answer.status.as_u16()));
    }
    out
}

/// A token of each scope for one identity, each held by an identity of its own where scopes exclude each other.
async fn tokens(site: &Site, identity: &str) -> Vec<(&'static str, String)> {
    let email = "admin@example.org";
    let services = &site.services;
    // Who knows the tokens that feed must not know the one that applies.
    let host = service::Principal::Host { user: "test".to_owned() };
    let applies = service::people::add(services, &host, "Ada", "ada@example.org", support::PASSWORD, &[Role::Admin]).await.expect("added");
    let admin = service::people::sign_in(services, email, support::PASSWORD, "test").await.expect("signed in");
    let csv = connect::Input::single(connect::InputFile::from_bytes("s.csv", b"identity\nfeeder\n".to_vec()));
    let import = service::imports::Request {
        format: domain::snapshot::Format::Csv,
        input: csv,
        source: Some("feed".to_owned()),
        environment: None,
        namespace: None,
        server: None,
        confirm_removals: true,
        dry_run: false,
    };
    service::imports::run(services, &admin, import, |_| {}).await.expect("imported");
    let filter = store::identities::Filter { search: Some("feeder".to_owned()), ..store::identities::Filter::default() };
    let (sort, start) = (store::identities::Sort::Name, store::identities::After::Start);
    let list = service::identities::list(services, &admin, domain::asof::Wanted::Now, &filter, sort, &start, 1).await.expect("list");
    let feeder = domain::ids::show(domain::ids::Noun::Identity, list.rows[0].identity_id);
    let mut out = Vec::new();
    for scope in domain::token::Scope::ALL {
        let feeds = matches!(scope, domain::token::Scope::SignalWrite | domain::token::Scope::ObserveWrite);
        let wish = service::tokens::Wish {
            name: scope.as_str().to_owned(),
            scopes: vec![scope.as_str().to_owned()],
            days: 1,
            identity: if feeds { feeder.clone() } else { identity.to_owned() },
            source: if *scope == domain::token::Scope::ObserveWrite { "feed".to_owned() } else { String::new() },
            person: String::new(),
        };
        let minter = if *scope == domain::token::Scope::ChangeApply { &applies } else { &admin };
        out.push((scope.as_str(), service::tokens::mint(services, minter, &wish).await.expect("minted").text));
    }
    out.push(("invalid", "cst_0000".to_owned()));
    out
}

/// The text of every file of the source.
fn files(folder: &std::path::Path) -> Vec<String> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path()) {
        if entry.is_dir() {
            out.extend(files(&entry));
        } else {
            out.push(std::fs::read_to_string(&entry).expect("a text"));
        }
    }
    out
}

/// Every `.route("PATH", …)` of the source with its methods.
fn routes_of_the_source() -> Vec<(String, String)> {
    let mut out = Vec::new();
    for source in files(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))) {
        // However the line breaks stand: a path, then calls until the next path.
        let source: String = source.split_whitespace().collect::<Vec<_>>().join(" ").replace(".route( \"", ".route(\"");
        assert!(!source.contains(".nest("), "a nested router hides its paths from this test");
        for chunk in source.split(".route(\"").skip(1) {
            let (path, rest) = chunk.split_once('"').expect("a path");
            let calls = rest.split(".layer(").next().unwrap_or_default().split(';').next().unwrap_or_default();
            for method in ["get", "post", "put", "delete", "patch", "any"] {
                if calls.contains(&format!(" {method}(")) || calls.contains(&format!(".{method}(")) {
                    out.push((method.to_uppercase(), path.to_owned()));
                }
            }
        }
    }
    out
}

#[test]
fn no_route_is_missing_from_the_matrix() {
    let routes = routes_of_the_source();
    assert!(routes.len() > 40, "{routes:?}");
    for (method, path) in routes {
        let known = ROUTES.iter().any(|r| r.0 == method && r.1 == path) || DOORS.iter().any(|d| d.0 == path && method == "POST");
        assert!(known, "{method} {path} has no row: say who may");
    }
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
    // Nor lead anybody into an export, which is an entry.
    for path in ["/identities.csv", "/ledger.jsonl", "/api/v1/ledger/export"] {
        let mut request = Site::request(&Method::GET, path, Some(&cookie), "", "");
        request.headers_mut().insert("sec-fetch-site", "cross-site".parse().expect("value"));
        assert_eq!(site.send(request).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(site.get("/identities?q=%00", Some(&cookie)).await.status, StatusCode::BAD_REQUEST);
    // A redirect after sign-in stays here, and leads into no export.
    let export = format!("email=admin%40example.org&password={}&next=%2Fledger.csv%3Fx", support::PASSWORD.replace(' ', "+"));
    assert_eq!(site.form("/sign-in", None, &export).await.location.as_deref(), Some("/"));
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_error_of_the_api_is_a_problem_and_the_document_names_every_route() {
    let s = Scratch::sqlite().await;
    let site = Site::over(&s);
    let cookie = site.person(Role::Admin).await;
    let large = "x".repeat(3 * 1024 * 1024);
    let cases = [
        ("POST", "/api/v1/identities", JSON, "{broken", 400),
        ("POST", "/api/v1/identities", JSON, "{\"unknown\":1}", 422),
        ("POST", "/api/v1/identities", FORM, "a=b", 415),
        ("POST", "/api/v1/identities", JSON, large.as_str(), 413),
        ("PUT", "/api/v1/identities/idn_00000000000000000000000000", JSON, "{}", 400),
        ("GET", "/api/v1/ledger/many/proof", "", "", 400),
        ("GET", "/api/v1/ledger?before=soon", "", "", 400),
        ("GET", "/api/v1/identities?as_of=yesterday", "", "", 422),
        ("GET", "/api/v1/identities/idn_00000000000000000000000000", "", "", 404),
        ("GET", "/api/v1/nothing", "", "", 404),
        ("DELETE", "/api/v1/identities", "", "", 405),
        ("POST", "/api/v1/imports?format=fax", "", "x", 422),
    ];
    for (method, path, kind, body, status) in cases {
        let answer = site.send(Site::request(&method.parse().expect("a method"), path, Some(&cookie), kind, body)).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path}: {}", answer.text);
        assert_eq!(answer.headers["content-type"], "application/problem+json", "{method} {path}");
        let problem: serde_json::Value = serde_json::from_str(&answer.text).expect("json");
        assert!(problem["status"] == status && problem["detail"].as_str().is_some_and(|d| !d.is_empty()), "{problem}");
    }
    let stranger = site.get("/api/v1/identities", None).await;
    assert_eq!(stranger.headers["content-type"], "application/problem+json");
    let document: serde_json::Value = serde_json::from_str(&site.get("/api/openapi.json", None).await.text).expect("json");
    for (method, route, ..) in ROUTES.iter().filter(|r| r.1.starts_with("/api/v1/")) {
        let operation = &document["paths"][route][method.to_lowercase()];
        assert!(operation["responses"].is_object() && operation["security"].is_array(), "{method} {route} is not described");
    }
    // A stranger sends little through the doors.
    let long = format!("email={}", "a".repeat(9 * 1024));
    assert_eq!(site.form("/sign-in", None, &long).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    s.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_says_bootstrap_and_no_title_repeats_what_a_source_calls_itself() {
    let s = Scratch::sqlite().await;
    let site = Site::over(&s);
    let cookie = site.person(Role::Admin).await;
    let body = r#"{"name":"Sale! click here","kind":"ai_agent"}"#;
    let made = site.send(Site::request(&Method::POST, "/api/v1/identities", Some(&cookie), JSON, body)).await;
    let id = serde_json::from_str::<serde_json::Value>(&made.text).expect("json")["id"].as_str().expect("id").to_owned();
    for path in server::router::page_paths() {
        let address = path.replace(":id", &id);
        for who in [Some(cookie.as_str()), None] {
            let page = site.get(&address, who).await;
            if page.status == StatusCode::SEE_OTHER {
                continue;
            }
            assert!(page.text.contains("This installation is in bootstrap"), "{address}");
            let title = page.text.split("<title>").nth(1).and_then(|t| t.split("</title>").next()).unwrap_or_default();
            assert!(!title.is_empty() && !title.contains("Sale!"), "{address}: {title}");
        }
    }
    s.finish().await;
}
