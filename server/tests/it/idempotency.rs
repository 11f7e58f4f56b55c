//! A create that is sent again is answered as the first time, and carried out once.

use crate::support::{self, Site};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use domain::permission::Role;
use domain::time::DAY;
use service::idempotency;
use store::on_both;
use store::testing::Scratch;

fn create(cookie: &str, key: &str, body: &str) -> Request<Body> {
    let mut request = Site::request(&Method::POST, "/api/v1/identities", Some(cookie), "application/json", body);
    request.headers_mut().insert("idempotency-key", key.parse().expect("a value"));
    request
}

async fn head(site: &Site) -> domain::seq::Seq {
    service::overview::chrome(&site.services, None).await.expect("chrome").head
}

on_both!(a_create_with_a_key_is_carried_out_once, async |s: &Scratch| {
    let site = Site::over(s);
    let (ana, adm) = (site.person(Role::Analyst).await, site.person(Role::Admin).await);
    let body = r#"{"name":"scout","kind":"ai_agent"}"#;
    let first = site.send(create(&ana, "a-key", body)).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    assert!(!first.headers.contains_key("idempotency-replayed"));
    let seq = head(&site).await;
    let again = site.send(create(&ana, "a-key", body)).await;
    assert_eq!((again.status, &again.text), (StatusCode::CREATED, &first.text));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(head(&site).await, seq, "nothing was written");
    let other = site.send(create(&ana, "a-key", r#"{"name":"other","kind":"bot"}"#)).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(other.text.contains("another request"), "{}", other.text);
    // A key is its caller's; somebody else's of the same name is another one.
    assert_ne!(site.send(create(&adm, "a-key", body)).await.text, first.text);
    // A refused request gives its key back.
    assert_eq!(site.send(create(&ana, "b-key", r#"{"name":""}"#)).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(site.send(create(&ana, "b-key", body)).await.status, StatusCode::CREATED);
    for bad in ["", &"x".repeat(256)] {
        assert_eq!(site.send(create(&ana, bad, body)).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
    }
    s.clock.advance(DAY + 1);
    service::sessions::purge(&site.services).await.expect("purged");
    let ana = site.sign_in("analyst@example.org").await;
    assert_ne!(site.send(create(&ana, "a-key", body)).await.text, first.text, "a key is remembered for a day");
});

on_both!(at_once_one_is_carried_out_and_one_is_told_to_wait, async |s: &Scratch| {
    let site = Site::over(s);
    let ana = site.person(Role::Analyst).await;
    let body = r#"{"name":"scout","kind":"ai_agent"}"#;
    let both = tokio::join!(site.send(create(&ana, "k", body)), site.send(create(&ana, "k", body)));
    let made = [&both.0, &both.1].into_iter().filter(|a| a.status == StatusCode::CREATED).count();
    let told = [&both.0, &both.1].into_iter().filter(|a| a.status == StatusCode::CONFLICT).count();
    // The second may come late enough to be answered as the first.
    assert!(made == 2 && both.0.text == both.1.text || made == 1 && told == 1, "{} {}", both.0.text, both.1.text);
    let list = site.get("/api/v1/identities", Some(&ana)).await.text;
    assert_eq!(list.matches("\"scout\"").count(), 1, "{list}");
});

fn import(cookie: &str, key: &str, body: &str) -> Request<Body> {
    let mut request = Site::request(&Method::POST, IMPORT, Some(cookie), "", body);
    request.headers_mut().insert("idempotency-key", key.parse().expect("a value"));
    request
}

const IMPORT: &str = "/api/v1/imports?format=csv&source=feed";

on_both!(an_import_that_goes_on_says_where_to_look_again_too, async |s: &Scratch| {
    let site = Site::over(s);
    let ana = site.person(Role::Analyst).await;
    let who = service::people::sign_in(&site.services, "analyst@example.org", support::PASSWORD, "test").await.expect("signed in");
    let (body, place) = ("identity\nscout\n", "/api/v1/jobs/job_00000000000000000000000000");
    let digest = domain::json::sha256_hex(format!("POST {IMPORT}\n{}", domain::json::sha256_hex(body.as_bytes())).as_bytes());
    // It was answered before its job had ended.
    idempotency::begin(&site.services, &who, "k", &digest).await.expect("begun");
    idempotency::finish(&site.services, &who, ("k", &digest), 202, ("{}", Some(place))).await.expect("kept");
    let again = site.send(import(&ana, "k", body)).await;
    assert_eq!((again.status, again.location.as_deref()), (StatusCode::ACCEPTED, Some(place)), "{}", again.text);
    assert_eq!(again.headers["idempotency-replayed"], "true");
});

on_both!(a_large_import_is_not_held_in_memory_for_its_key, async |s: &Scratch| {
    let site = Site::over(s);
    let ana = site.person(Role::Analyst).await;
    let file: String = (0..300_000).map(|n| format!("bot-{n}\n")).collect();
    let refused = site.send(import(&ana, "k", &format!("identity\n{file}"))).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(refused.text.contains("2 MB") && refused.text.contains("without"), "{}", refused.text);
    assert_eq!(site.send(import(&ana, "k", "identity\nscout\n")).await.status, StatusCode::OK, "the key is free");
});
