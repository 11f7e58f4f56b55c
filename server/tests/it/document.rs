//! The OpenAPI document: as a snapshot that a reviewer can read (`UPDATE_OPENAPI=1` rewrites it), whole in itself, and
//! true of what is answered.

use crate::support::{Answer, Site};
use axum::http::Method;
use domain::permission::Role;
use serde_json::Value;
use server::web::routes::ROUTES;
use std::collections::BTreeSet;
use store::testing::Scratch;

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
const NOBODY: &str = "idn_00000000000000000000000000";

/// Every operation with its path and method.
fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().expect("methods");
            methods.iter().map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
        })
        .collect()
}

fn references(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            out.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|v| references(v, out));
        }
        Value::Array(items) => items.iter().for_each(|v| references(v, out)),
        _ => {}
    }
}

#[test]
fn the_document_is_the_reviewed_one() {
    let found = serde_json::to_string_pretty(&*server::web::openapi::document()).expect("json") + "\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/openapi.json");
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(path, &found).expect("written");
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    for (number, (a, b)) in expected.lines().zip(found.lines()).enumerate() {
        assert_eq!(a, b, "openapi.json, line {}", number + 1);
    }
    assert_eq!(expected.lines().count(), found.lines().count());
}

#[test]
fn every_route_of_the_api_says_what_it_is_and_nothing_else_is_described() {
    let document = server::web::openapi::document();
    let mut described = BTreeSet::new();
    for r in &ROUTES {
        let of_the_api = r.path.starts_with("/api/v1/");
        assert_eq!(r.says.is_some(), of_the_api, "{} {}", r.method, r.path);
        let Some(says) = r.says else { continue };
        described.insert((r.path.to_owned(), r.method.to_lowercase()));
        assert_eq!(says.of.is_some(), r.path.contains("{id}"), "{} {}: what the id names", r.method, r.path);
        let operation = &document["paths"][r.path][r.method.to_lowercase()];
        assert!(operation["security"].as_array().is_some_and(|s| s.len() > 1), "{} {}: no token opens it", r.method, r.path);
    }
    let found: BTreeSet<(String, String)> =
        operations(&document).into_iter().map(|(path, method, _)| (path.to_owned(), method.to_owned())).collect();
    assert_eq!(described, found);
}

#[test]
fn the_document_is_whole() {
    let document = server::web::openapi::document();
    let mut pointers = Vec::new();
    references(&document, &mut pointers);
    assert!(pointers.len() > 50, "{}", pointers.len());
    for pointer in pointers {
        let there = pointer.strip_prefix('#').and_then(|p| document.pointer(p));
        assert!(there.is_some(), "{pointer} leads nowhere");
    }
    let mut names = BTreeSet::new();
    for (path, method, operation) in operations(&document) {
        let name = operation["operationId"].as_str().expect("a name");
        assert!(names.insert(name.to_owned()), "{name} is there twice");
        assert!(operation["summary"].as_str().is_some_and(|s| !s.is_empty()), "{method} {path}");
        let answers = operation["responses"].as_object().expect("responses");
        assert!(!answers.contains_key("default"), "{method} {path}: a status that is not named is not described");
        let good = answers.iter().find(|(status, _)| status.starts_with('2')).expect("a success").1;
        for (media, content) in good["content"].as_object().expect("a media type") {
            assert!(content["schema"].is_object() != (media != JSON), "{method} {path}: {media}");
        }
        let known: Vec<&str> = operation["parameters"].as_array().into_iter().flatten().filter_map(|p| p["name"].as_str()).collect();
        assert_eq!(known.len(), known.iter().collect::<BTreeSet<_>>().len(), "{method} {path}: {known:?}");
    }
}

/// What is sent that cannot be taken, and the status it is refused with.
fn refused(large: &str) -> Vec<(&'static str, &'static str, &'static str, &str, u16)> {
    let invisible = r#"{"name":"x","kind":"bot","surfaces":[{"kind":"memory","locator":"a\u0000b"}]}"#;
    vec![
        ("POST", "/api/v1/identities", JSON, "{broken", 400),
        ("POST", "/api/v1/identities", JSON, r#"{"name":"x","kind":"bot","colour":"red"}"#, 422),
        ("POST", "/api/v1/identities", JSON, r#"{"name":"x","kind":"ghost"}"#, 422),
        ("POST", "/api/v1/identities", JSON, r#"{"name":7,"kind":"bot"}"#, 422),
        ("POST", "/api/v1/identities", JSON, r#"{"name":"x","kind":"bot","owner":"idn_00000000000000000000000000"}"#, 422),
        ("POST", "/api/v1/identities", JSON, invisible, 422),
        ("POST", "/api/v1/identities", FORM, "a=b", 415),
        ("POST", "/api/v1/identities", "", "{}", 415),
        ("POST", "/api/v1/identities", JSON, large, 413),
        ("POST", "/api/v1/identities?colour=red", JSON, r#"{"name":"x","kind":"bot"}"#, 422),
        ("PUT", "/api/v1/identities/idn_00000000000000000000000000", JSON, "{}", 422),
        ("PUT", "/api/v1/identities/idn_00000000000000000000000000?version=-1", JSON, r#"{"name":"x","kind":"bot"}"#, 422),
        ("GET", "/api/v1/identities/idn_00000000000000000000000000?q=x", "", "", 422),
        ("GET", "/api/v1/ledger/many/proof", "", "", 422),
        ("GET", "/api/v1/ledger/1/proof?Seq=2", "", "", 422),
        ("GET", "/api/v1/ledger/export?before=1", "", "", 422),
        ("GET", "/api/v1/ledger?before=soon", "", "", 422),
        ("GET", "/api/v1/identities?kind=ghost", "", "", 422),
        ("GET", "/api/v1/imports?sort=sideways", "", "", 422),
        ("GET", "/api/v1/identities?as_of=soon", "", "", 422),
        ("GET", "/api/v1/identities/idn_00000000000000000000000000", "", "", 404),
        ("POST", "/api/v1/imports?format=fax", "", "x", 422),
        ("POST", "/api/v1/imports?format=csv&dryrun=true", "", "x", 422),
        ("POST", "/api/v1/imports?format=csv&dry_run=perhaps", "", "x", 422),
        ("POST", "/api/v1/imports?format=csv&format=aws", "", "x", 422),
        ("POST", "/api/v1/imports", "", "x", 422),
        ("GET", "/api/v1/identities?no_owner=1&owned=1", "", "", 422),
        ("POST", "/api/v1/ledger/verify?force=1", "", "", 422),
    ]
}

/// What such a call is answered by; statuses beside the document are those of addresses that no route has.
const NOWHERE: [(&str, &str, u16); 2] = [("GET", "/api/v1/nothing", 404), ("DELETE", "/api/v1/identities", 405)];

fn is_a_problem(answer: &Answer, status: u16, what: &str) -> Value {
    assert_eq!(answer.status.as_u16(), status, "{what}: {}", answer.text);
    assert_eq!(answer.headers["content-type"], "application/problem+json", "{what}");
    let problem: Value = serde_json::from_str(&answer.text).expect("json");
    let detail = problem["detail"].as_str().unwrap_or_default();
    assert!(problem["status"] == status && !detail.is_empty(), "{problem}");
    for of_a_library in ["ailed to", "eserialize", "at line ", "expected", "`", "invalid type", "Cannot parse"] {
        assert!(!detail.contains(of_a_library), "{what}: {detail}");
    }
    problem
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_error_of_the_api_is_a_problem_that_the_document_names() {
    let s = Scratch::sqlite().await;
    let site = Site::over(&s);
    let cookie = site.person(Role::Admin).await;
    let document = server::web::openapi::document();
    let large = "x".repeat(3 * 1024 * 1024);
    for (method, address, kind, body, status) in refused(&large) {
        let what = format!("{method} {address}");
        let answer = site.send(Site::request(&method.parse().expect("a method"), address, Some(&cookie), kind, body)).await;
        is_a_problem(&answer, status, &what);
        let path =
            address.split('?').next().unwrap_or_default().replace(NOBODY, "{id}").replace("/many/", "/{seq}/").replace("/1/", "/{seq}/");
        let named = &document["paths"][&path][method.to_lowercase()]["responses"][status.to_string()];
        assert!(named.is_object(), "{what}: {status} is not in the document");
    }
    for (method, address, status) in NOWHERE {
        let answer = site.send(Site::request(&method.parse().expect("a method"), address, Some(&cookie), "", "")).await;
        is_a_problem(&answer, status, address);
    }
    let answer = site.get(&format!("/api/v1/identities/{NOBODY}/grants?colour=red&as_of=now"), Some(&cookie)).await;
    assert_eq!(is_a_problem(&answer, 422, "a parameter that nobody knows")["field"], "colour");
    is_a_problem(&site.get("/api/v1/identities", None).await, 401, "a stranger");
    let mut request = Site::request(&Method::GET, "/api/v1/identities", None, "", "");
    request.headers_mut().insert("authorization", "Bearer cst_0000".parse().expect("a value"));
    is_a_problem(&site.send(request).await, 401, "a token nobody minted");
    s.finish().await;
}
