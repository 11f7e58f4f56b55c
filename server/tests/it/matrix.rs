//! Every route × anonymous and every role, as a snapshot a reviewer can read. `UPDATE_MATRIX=1` rewrites it.

use crate::support::{self, Site};
use axum::http::{Method, StatusCode};
use domain::permission::{HeldRole, Role, allows};
use server::web::routes::{Needs, ROUTES, RouteKind};
use service::imports::Wish;
use store::testing::Scratch;

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// What is not in the table of routes: assets, probes, the description of the API.
const BESIDE: [(&str, &str); 5] = [
    ("/pkg/{file}", "/pkg/none.css"),
    ("/healthz", "/healthz"),
    ("/api/openapi.json", "/api/openapi.json"),
    ("/api/schemas/import.json", "/api/schemas/import.json"),
    ("/api/{*rest}", "/api/nowhere"),
];

const NAMELESS: &str = r#"{"name":"","kind":"bot"}"#;

/// Bodies that are refused by their content, never by authority, so that a pass shows as 303, 400 or 422 and a refusal
/// as 401 or 403.
const NAMELESS_RESOURCE: &str = r#"{"name":"","kind":"arn","pattern":"x"}"#;

const BODIES: [(&str, &str); 17] = [
    ("/api/v1/changes", r#"{"operations":[],"justification":"x"}"#),
    ("/api/v1/routing/replay", r#"{"policy":{"profile":"standard","cells":{}}}"#),
    ("/changes/{id}/question", "verdict=approve"),
    ("/api/v1/changes/{id}/answer", r#"{"text":"x"}"#),
    ("/api/v1/resources", NAMELESS_RESOURCE),
    ("/api/v1/resources/{id}", NAMELESS_RESOURCE),
    ("/api/v1/identities", NAMELESS),
    ("/api/v1/identities/{id}", NAMELESS),
    ("/redactions", "subject=x"),
    ("/settings/groups/members", "person=per_00000000000000000000000000&group=grp_00000000000000000000000000"),
    ("/settings/people/{id}/role", "role=analyst"),
    ("/settings/password", "old=x&password=short"),
    ("/settings/sessions/end", "session=x"),
    ("/setup", "token=x"),
    ("/sign-in", "email=a&password=b"),
    ("/welcome", "person=x"),
    ("/api/v1/imports", "x"),
];

/// One request of the matrix.
struct Asked {
    method: &'static str,
    route: String,
    address: String,
    kind: &'static str,
    body: &'static str,
    needs: Option<Needs>,
}

/// An address of a route; `id` is an identity that exists, every other id is one that nobody has.
fn address(method: &str, route: &str, id: &str) -> String {
    let nobody = |prefix: &str| format!("{prefix}_00000000000000000000000000");
    let other = match route {
        r if r.starts_with("/settings/people") => nobody("per"),
        r if r.starts_with("/settings/sources") => nobody("src"),
        r if r.starts_with("/settings/teams") => nobody("tea"),
        r if r.starts_with("/settings/roles") => nobody("asg"),
        r if r.starts_with("/settings/tokens") => nobody("tok"),
        r if r.contains("/jobs/") => nobody("job"),
        r if r.contains("/permission-sets") => nobody("set"),
        r if r.contains("/resources") => nobody("res"),
        r if r.contains("/imports/") => nobody("imp"),
        r if r.contains("/changes/") => nobody("chg"),
        _ => id.to_owned(),
    };
    let seq = if route.starts_with("/redactions") { "999999" } else { "1" };
    let query = match (method, route) {
        ("PUT", _) => "?version=0",
        ("POST", "/api/v1/imports") => "?format=csv",
        _ => "",
    };
    route.replace("{id}", &other).replace("{seq}", seq) + query
}

/// Every page, every route of the table, and what stands beside both.
fn all(id: &str) -> Vec<Asked> {
    let mut out = Vec::new();
    for page in server::web::router::page_paths() {
        let route = if page.is_empty() { "/".to_owned() } else { page.replace(":id", "{id}").replace(":seq", "{seq}") };
        out.push(Asked { method: "GET", address: address("GET", &route, id), route, kind: "", body: "", needs: None });
    }
    for r in &ROUTES {
        let kind = match (r.kind, r.method, r.path) {
            (_, _, "/imports") => "multipart/form-data; boundary=x",
            (RouteKind::Form, ..) | (RouteKind::Part, "POST", _) => FORM,
            (_, _, "/api/v1/imports") | (_, "GET", _) => "",
            _ => JSON,
        };
        let body = match BODIES.iter().find(|(path, _)| *path == r.path && r.method != "GET") {
            Some((_, body)) => body,
            None if kind == JSON => "{}",
            None if kind.starts_with("multipart") => "--x--\r\n",
            None => "",
        };
        let address = address(r.method, r.path, id);
        out.push(Asked { method: r.method, route: r.path.to_owned(), address, kind, body, needs: Some(r.needs) });
    }
    for (route, address) in BESIDE {
        out.push(Asked { method: "GET", route: route.to_owned(), address: address.to_owned(), kind: "", body: "", needs: None });
    }
    out.sort_by(|a, b| (&a.route, a.method).cmp(&(&b.route, b.method)));
    out
}

/// These change who is signed in and are asked anonymously only.
const DOORS: [&str; 3] = ["/setup", "/sign-in", "/welcome"];

/// What the table of routes says a role is answered; pages and what stands beside them say it by the snapshot alone.
fn agrees(needs: Needs, role: Option<Role>, status: u16, to_sign_in: bool) -> bool {
    let refused = status == 401 || status == 403 || to_sign_in;
    match (needs, role) {
        (Needs::Nobody, _) => !refused,
        (_, None) => refused,
        (Needs::SignedIn, Some(_)) => !refused,
        (Needs::May(action), Some(role)) => refused != allows(&[HeldRole::everywhere(role)], action),
    }
}

async fn matrix(site: &Site) -> String {
    let id = {
        let cookie = site.person(Role::Admin).await;
        let body = r#"{"name":"scout","kind":"ai_agent"}"#;
        let answer = site.send(Site::request(&Method::POST, "/api/v1/identities", Some(&cookie), JSON, body)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        let value: serde_json::Value = serde_json::from_str(&answer.text).expect("json");
        value["id"].as_str().expect("id").to_owned()
    };
    let mut columns = vec![(None, None), (Some(Role::Admin), Some(site.sign_in("admin@example.org").await))];
    for role in Role::ALL.iter().filter(|r| **r != Role::Admin) {
        columns.push((Some(*role), Some(site.person(*role).await)));
    }
    let mut out = String::from("# method route: status for anonymous and each role. 303 to /sign-in stands as sign-in.\n");
    for q in all(&id).iter().filter(|q| q.method == "GET" || !DOORS.contains(&q.route.as_str())) {
        let mut cells = Vec::new();
        for (role, cookie) in &columns {
            let name = role.map_or("anonymous", Role::as_str);
            let method: Method = q.method.parse().expect("a method");
            let answer = site.send(Site::request(&method, &q.address, cookie.as_deref(), q.kind, q.body)).await;
            let to_sign_in = answer.location.as_deref().is_some_and(|l| l.starts_with("/sign-in?") || l == "/sign-in");
            let status = answer.status.as_u16();
            assert!(!answer.status.is_server_error(), "{method} {} as {name}: {}", q.address, answer.text);
            if let Some(needs) = q.needs.filter(|_| q.route != "/sign-out") {
                assert!(agrees(needs, *role, status, to_sign_in), "{method} {}: {name} got {status}, the table says {needs:?}", q.route);
            }
            let shown = if to_sign_in && q.route != "/sign-out" { "sign-in".to_owned() } else { status.to_string() };
            cells.push(format!("{name}={shown}"));
        }
        out.push_str(&format!("{} {} {}\n", q.method, q.route, cells.join(" ")));
    }
    out.push_str("# and for a token of an identity with one scope, or with none that is valid\n");
    let tokens = tokens(site, &id).await;
    for (n, q) in all(&id).iter().filter(|q| q.method == "GET" || !DOORS.contains(&q.route.as_str())).enumerate() {
        let mut cells = Vec::new();
        for (name, token) in &tokens {
            let mut request = Site::request(&q.method.parse().expect("a method"), &q.address, None, q.kind, q.body);
            request.headers_mut().insert("authorization", format!("Bearer {token}").parse().expect("value"));
            // Each route from an address of its own: whoever tries invalid tokens in a row is slowed down.
            request.extensions_mut().insert(axum::extract::ConnectInfo(std::net::SocketAddr::from(([10, 0, 0, n as u8], 40_000))));
            let answer = site.send(request).await;
            assert!(!answer.status.is_server_error(), "{} {} with {name}: {}", q.method, q.address, answer.text);
            let to_sign_in = answer.location.as_deref().is_some_and(|l| l.starts_with("/sign-in?") || l == "/sign-in");
            cells.push(format!("{name}={}", if to_sign_in { "sign-in".to_owned() } else { answer.status.as_u16().to_string() }));
        }
        out.push_str(&format!("{} {} {}\n", q.method, q.route, cells.join(" ")));
    }
    for q in all(&id).iter().filter(|q| q.method != "GET" && DOORS.contains(&q.route.as_str())) {
        let answer = site.form(&q.route, None, q.body).await;
        out.push_str(&format!("POST {} anonymous={}\n", q.route, answer.status.as_u16()));
    }
    out
}

/// A token of each scope for one identity, each held by an identity of its own where scopes exclude each other.
async fn tokens(site: &Site, identity: &str) -> Vec<(&'static str, String)> {
    let email = "admin@example.org";
    let services = &site.services;
    // Who knows the tokens that feed must not know the one that applies.
    let host = service::Principal::Host { user: "test".to_owned() };
    let applies = service::people::add(&support::by(services, &host), "Ada", "ada@example.org", support::PASSWORD, &[Role::Admin])
        .await
        .expect("added");
    let admin = service::people::sign_in(services, email, support::PASSWORD, "test").await.expect("signed in");
    let csv = service::imports::Input::single(service::imports::InputFile::from_bytes("s.csv", b"identity\nfeeder\napplier\n".to_vec()));
    let import = service::imports::Request {
        format: domain::snapshot::Format::Csv,
        input: csv,
        how: Wish { source: Some("feed".to_owned()), confirm_removals: true, ..Wish::default() },
    };
    service::imports::run(&support::by(services, &admin), import, |_| {}).await.expect("imported");
    let named = async |name: &str| {
        let filter = domain::query::identities::Filter { search: Some(domain::query::Term::new(name)), ..Default::default() };
        let mut read = support::at(services, &admin, domain::asof::Wanted::Now).await;
        let list = <service::identities::List as service::listing::Listing>::sheet(&mut read, &filter, None, 1).await.expect("list");
        list.rows[0].identity_id.to_string()
    };
    let (feeder, applier) = (named("feeder").await, named("applier").await);
    let mut out = Vec::new();
    for scope in domain::token::Scope::ALL {
        let feeds = matches!(scope, domain::token::Scope::SignalWrite | domain::token::Scope::ObserveWrite);
        let wish = service::tokens::Wish {
            name: scope.as_str().to_owned(),
            scopes: vec![scope.as_str().to_owned()],
            days: 1,
            identity: match scope {
                domain::token::Scope::ChangeApply => applier.clone(),
                _ if feeds => feeder.clone(),
                _ => identity.to_owned(),
            },
            source: if *scope == domain::token::Scope::ObserveWrite { "feed".to_owned() } else { String::new() },
            person: String::new(),
        };
        let minter = if *scope == domain::token::Scope::ChangeApply { &applies } else { &admin };
        out.push((scope.as_str(), service::tokens::mint(&support::by(services, minter), &wish).await.expect("minted").text));
    }
    out.push(("invalid", "cst_0000".to_owned()));
    out
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_answers_every_role_as_the_matrix_says() {
    let s = Scratch::sqlite().await;
    let site = Site::over(&s);
    let found = matrix(&site).await;
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/matrix.txt");
    if std::env::var_os("UPDATE_MATRIX").is_some() {
        std::fs::write(path, &found).expect("written");
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    for (a, b) in expected.lines().zip(found.lines()) {
        assert_eq!(a, b);
    }
    assert_eq!(expected.lines().count(), found.lines().count());
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
    let doors = server::web::router::Doors { secure: true, ..server::web::router::Doors::default() };
    let secured = Site { router: server::web::router::router(site.services.clone(), &doors), services: site.services.clone() };
    let body = format!("email=admin%40example.org&password={}", support::PASSWORD.replace(' ', "+"));
    let answer = secured.form("/sign-in", None, &body).await;
    let set = answer.headers["set-cookie"].to_str().expect("text");
    assert!(
        set.starts_with("__Host-countersign=") && set.contains("Secure") && set.contains("HttpOnly") && set.contains("Path=/"),
        "{set}"
    );
    assert!(answer.headers.contains_key("strict-transport-security"));
    // A stranger sends little through the doors.
    let long = format!("email={}", "a".repeat(33 * 1024));
    assert_eq!(site.form("/sign-in", None, &long).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    // A session row that was written behind our back is void.
    if let store::engine::db::Db::Sqlite { write, .. } = &s.db {
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
    assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS, "{}", locked.text);
    s.clock.advance(60 * domain::time::SECOND);
    assert_eq!(site.form("/sign-in", None, &body).await.location.as_deref(), Some("/"));
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
    for path in server::web::router::page_paths() {
        let address = path.replace(":id", &id);
        for who in [Some(cookie.as_str()), None] {
            let page = site.get(&address, who).await;
            if page.status == StatusCode::SEE_OTHER {
                continue;
            }
            assert!(page.text.contains("Setup mode: one admin can still act alone"), "{address}");
            let title = page.text.split("<title>").nth(1).and_then(|t| t.split("</title>").next()).unwrap_or_default();
            assert!(!title.is_empty() && !title.contains("Sale!"), "{address}: {title}");
        }
    }
    s.finish().await;
}
