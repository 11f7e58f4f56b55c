//! What strangers, and people's browsers, can make the server do: nothing is written for whoever is nobody, every door that
//! is tried in vain slows down, a refused form is a page with a way out, and no upload fills the memory.

use crate::support::{self, Site};
use axum::body::{Body, Bytes};
use axum::http::{Method, Request, StatusCode, header};
use domain::permission::Role;
use domain::time::SECOND;
use futures_util::stream;
use service::{people, tokens};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use store::engine::db::Db;
use store::on_both;
use store::testing::{Scratch, all_text};

const FORM: &str = "application/x-www-form-urlencoded";

/// As a browser sends it, from the page it stands on.
fn of_a_browser(mut request: Request<Body>, from: &str) -> Request<Body> {
    let headers = request.headers_mut();
    headers.insert(header::ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8".parse().expect("a value"));
    headers.insert(header::HOST, "localhost:8080".parse().expect("a value"));
    headers.insert(header::REFERER, format!("http://localhost:8080{from}").parse().expect("a value"));
    request
}

async fn sessions(s: &Scratch) -> String {
    let mut tx = s.db.snapshot().await.expect("a snapshot");
    let text = all_text(&mut tx, "sessions").await;
    tx.rollback().await.expect("read");
    text
}

on_both!(whoever_is_nobody_has_no_session_and_every_page_of_theirs_works, async |s: &Scratch| {
    let site = Site::over(s);
    site.person(Role::Admin).await;
    let before = sessions(s).await;
    let wrong = site.form("/sign-in", None, "email=nobody%40example.org&password=wrong&next=%2Fidentities").await;
    assert_eq!((wrong.status, wrong.cookie.as_deref()), (StatusCode::UNPROCESSABLE_ENTITY, None), "{}", wrong.text);
    assert!(wrong.text.contains("Wrong email or password."), "{}", wrong.text);
    assert!(
        wrong.text.contains("nobody@example.org") && wrong.text.contains("value=\"/identities\""),
        "what was typed stays: {}",
        wrong.text
    );
    let link = site.form("/welcome", None, "person=x&until=1&tag=a&password=something+long+enough").await;
    assert!(link.text.contains("This link doesn"), "{}", link.text);
    for path in ["/sign-in", "/setup?token=x", "/welcome?person=x&until=1&tag=a", "/identities", "/nowhere"] {
        assert_eq!(site.get(path, None).await.cookie, None, "{path}");
    }
    assert_eq!(sessions(s).await, before, "a row was written for a stranger");
});

on_both!(a_message_is_carried_by_the_browser_and_shown_once, async |s: &Scratch| {
    let site = Site::over(s);
    let cookie = site.person(Role::Admin).await;
    let added = site.form("/settings/teams", Some(&cookie), "name=Red").await;
    let said = added.cookie.expect("a message");
    let before = sessions(s).await;
    let page = site.get("/settings/teams", Some(&format!("{cookie}; {said}"))).await;
    assert!(page.text.contains("Team added. "), "{}", page.text);
    assert!(page.headers["set-cookie"].to_str().expect("text").contains("Max-Age=0"), "it is taken back");
    let forged = format!("{cookie}; {}", said.replace("added", "Trust"));
    assert_ne!(forged, format!("{cookie}; {said}"));
    assert!(!site.get("/settings/teams", Some(&forged)).await.text.contains("Trust"), "only what this server said");
    assert_eq!(sessions(s).await, before, "a look at a page writes nothing");
});

on_both!(a_session_that_is_used_lives_on_and_a_look_writes_nothing, async |s: &Scratch| {
    let site = Site::over(s);
    let cookie = site.person(Role::Admin).await;
    let before = sessions(s).await;
    for _ in 0..3 {
        s.clock.advance(4 * 3600 * SECOND);
        assert_eq!(site.get("/identities", Some(&cookie)).await.status, StatusCode::OK);
    }
    assert_eq!(sessions(s).await, before, "a look at a page writes nothing");
    service::sessions::purge(&site.services).await.expect("written down");
    // Another process knows of it from then on.
    let other = Site::over(s);
    s.clock.advance(7 * 3600 * SECOND);
    assert_eq!(other.get("/identities", Some(&cookie)).await.status, StatusCode::OK);
    s.clock.advance(9 * 3600 * SECOND);
    assert_eq!(other.get("/identities", Some(&cookie)).await.status, StatusCode::SEE_OTHER, "idle for too long");
});

on_both!(every_door_that_is_tried_in_vain_slows_down, async |s: &Scratch| {
    let site = Site::over(s);
    let cookie = site.person(Role::Admin).await;
    let who = people::sign_in(&site.services, "admin@example.org", support::PASSWORD, "t").await.expect("signed in");
    let wish = tokens::Wish { name: "t".into(), scopes: vec!["inventory:read".into()], days: 1, ..Default::default() };
    let good = tokens::mint(&support::by(&site.services, &who), &wish).await.expect("minted").text;
    let by_token = async |token: &str| {
        let mut request = Site::request(&Method::GET, "/api/v1/identities", None, "", "");
        request.headers_mut().insert(header::AUTHORIZATION, format!("Bearer {token}").parse().expect("a value"));
        site.send(request).await
    };
    assert_eq!(by_token(&good).await.status, StatusCode::OK);
    let last = async |tries: usize, one: &dyn Fn() -> Request<Body>| {
        for _ in 1..tries {
            site.send(one()).await;
        }
        let answer = site.send(one()).await;
        (answer.status.as_u16(), answer.headers.contains_key(header::RETRY_AFTER))
    };
    for _ in 0..30 {
        assert_eq!(by_token("cst_nonsense").await.status, StatusCode::UNAUTHORIZED);
    }
    let slowed = by_token("cst_nonsense").await;
    assert_eq!((slowed.status, slowed.headers.contains_key(header::RETRY_AFTER)), (StatusCode::TOO_MANY_REQUESTS, true));
    assert_eq!(by_token(&good).await.status, StatusCode::OK, "a neighbour's guesses shut nobody out");
    let form = |path: &'static str, cookie: Option<String>, body: &'static str| {
        move || Site::request(&Method::POST, path, cookie.as_deref(), FORM, body)
    };
    let link = "person=per_00000000000000000000000000&until=1.per_00000000000000000000000000&tag=a&password=long+enough+for+one";
    assert_eq!(last(31, &form("/welcome", None, link)).await.0, 429);
    assert_eq!(last(31, &form("/setup", None, "token=a&name=a&email=a%40b.example&password=long+enough+for+one")).await.0, 429);
    let look = || Site::request(&Method::GET, "/setup?token=x", None, "", "");
    assert_eq!(last(1, &look).await.0, 429, "the page of the link is the same door");
    let (subject, one) = ("subject=blb_00000000000000000000000000&reason=legal", Some(cookie));
    assert_eq!(last(31, &form("/redactions", one, subject)).await.0, 429);
    s.clock.advance(600 * SECOND);
    assert_eq!(by_token("cst_nonsense").await.status, StatusCode::UNAUTHORIZED, "a pause ends");
});

on_both!(a_refused_form_is_a_page_with_the_field_and_the_way_out, async |s: &Scratch| {
    let site = Site::over(s);
    let (admin, executive) = (site.person(Role::Admin).await, site.person(Role::Executive).await);
    let cookie = site.person(Role::Analyst).await;
    let refused = site.form("/identities", Some(&cookie), "name=&kind=ai_agent&purpose=sums+it+up").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.text.contains("action=\"/identities\"") && refused.text.contains("sums it up"),
        "the form, as it was: {}",
        refused.text
    );
    assert!(refused.text.contains("href=\"#name\"") || refused.text.contains("name=\"name\""), "{}", refused.text);
    let long = "a=".to_owned() + &"a".repeat(600 * 1024);
    for (path, cookie, body, kind, status, way) in [
        ("/identities", &executive, "name=x&kind=bot", FORM, 403, "/identities/new"),
        ("/identities", &cookie, long.as_str(), FORM, 413, "/identities/new"),
        ("/identities?as_of=1", &cookie, "name=x&kind=bot", FORM, 422, "/identities/new"),
        ("/identities", &cookie, "{}", "application/json", 415, "/identities/new"),
        ("/settings/tokens/nonsense/revoke", &admin, "", FORM, 404, "/settings/tokens"),
        ("/nowhere", &cookie, "", FORM, 404, "/"),
    ] {
        let answer = site.send(of_a_browser(Site::request(&Method::POST, path, Some(cookie), kind, body), way)).await;
        assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.text);
        assert!(answer.headers["content-type"].to_str().is_ok_and(|t| t.starts_with("text/html")), "{path}: {}", answer.text);
        assert!(answer.text.contains("<h1") && answer.text.contains(&format!("href=\"{way}\"")), "{path}: {}", answer.text);
    }
    let foreign = of_a_browser(Site::request(&Method::POST, "/identities", Some(&cookie), FORM, "name=x"), "/");
    let (mut head, body) = foreign.into_parts();
    head.headers.insert("sec-fetch-site", "cross-site".parse().expect("a value"));
    let foreign = site.send(Request::from_parts(head, body)).await;
    assert!(foreign.status == StatusCode::FORBIDDEN && foreign.text.contains("<h1"), "{}", foreign.text);
    // What programs ask is answered as before.
    let api = site.send(of_a_browser(Site::request(&Method::POST, "/api/v1/identities", Some(&cookie), "", ""), "/")).await;
    assert_eq!(api.headers["content-type"], "application/problem+json");
});

/// A body of so many pieces that counts how many of them were taken.
fn endless(head: &'static str, pieces: usize, taken: &Arc<AtomicUsize>) -> Body {
    static PIECE: [u8; 64 * 1024] = [b'a'; 64 * 1024];
    let taken = taken.clone();
    let rest = (0..pieces).map(move |_| {
        taken.fetch_add(1, Ordering::Relaxed);
        Bytes::from_static(&PIECE)
    });
    Body::from_stream(stream::iter(std::iter::once(Bytes::from_static(head.as_bytes())).chain(rest).map(Ok::<_, Infallible>)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_part_of_an_upload_is_held_in_memory_beyond_what_a_person_types() {
    let s = Scratch::sqlite().await;
    let site = Site::over(&s);
    let cookie = site.person(Role::Analyst).await;
    for head in [
        // The head of a part that never ends, what stands ahead of the first one, a field, and a part that nobody reads.
        "--x\r\nContent-Disposition: form-data; name=\"",
        "",
        "--x\r\nContent-Disposition: form-data; name=\"source\"\r\n\r\n",
        "--x\r\nContent-Disposition: form-data; name=\"files\"; filename=\"\"\r\n\r\n",
    ] {
        let taken = Arc::new(AtomicUsize::new(0));
        let mut request = Site::request(&Method::POST, "/imports", Some(&cookie), "multipart/form-data; boundary=x", "");
        *request.body_mut() = endless(head, 2000, &taken);
        let answer = site.send(request).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{head}: {}", answer.text);
        assert!(taken.load(Ordering::Relaxed) < 64, "{head}: {} pieces were taken", taken.load(Ordering::Relaxed));
    }
    // A file is as long as it may be, whatever the others were.
    let taken = Arc::new(AtomicUsize::new(0));
    let mut request = Site::request(&Method::POST, "/imports", Some(&cookie), "multipart/form-data; boundary=x", "");
    *request.body_mut() = endless("--x\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a.csv\"\r\n\r\n", 200, &taken);
    site.send(request).await;
    assert_eq!(taken.load(Ordering::Relaxed), 200);
    s.finish().await;
}

on_both!(readiness_tries_a_write, async |s: &Scratch| {
    let site = Site::over(s);
    site.person(Role::Admin).await;
    let before = sessions(s).await;
    s.clock.advance(2 * SECOND);
    assert!(site.get("/readyz", None).await.text.starts_with("ready at entry "));
    assert_eq!(sessions(s).await, before, "nothing is left of it");
    if let Db::Sqlite { write, .. } = &s.db {
        store::testing::execute(write, "PRAGMA query_only = ON").await;
        assert_eq!(site.get("/readyz", None).await.status, StatusCode::OK, "asked again within the second it is not tried again");
        s.clock.advance(2 * SECOND);
        let not = site.get("/readyz", None).await;
        assert!(not.status == StatusCode::SERVICE_UNAVAILABLE && not.text.contains("can only be read"), "{}", not.text);
        // The connection that failed is gone, and with it the setting.
        s.clock.advance(2 * SECOND);
        assert_eq!(site.get("/readyz", None).await.status, StatusCode::OK);
    }
});

on_both!(a_form_of_somebody_signed_out_meanwhile_says_so_and_what_was_typed_comes_back, async |s: &Scratch| {
    let site = Site::over(s);
    let cookie = site.person(Role::Analyst).await;
    site.form("/sign-out", Some(&cookie), "").await;
    let typed = "name=Night+%26+day&kind=bot&purpose=sums+it+up%3B+daily";
    let request = Site::request(&Method::POST, "/identities", Some(&cookie), FORM, typed);
    let sent = site.send(of_a_browser(request, "/identities/new?as_of=")).await;
    assert_eq!(sent.status, StatusCode::UNAUTHORIZED, "{}", sent.text);
    assert!(sent.text.contains("You were signed out. Sign in to go on") && sent.text.contains("action=\"/sign-in\""), "{}", sent.text);
    let hidden = |text: &str, name: &str| {
        let value = text.split(&format!("name=\"{name}\" value=\"")).nth(1)?.split('"').next()?.to_owned();
        Some(value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
    };
    let carried = |text: &str, password: &str| {
        let (next, kept) = (hidden(text, "next").expect("next"), hidden(text, "kept").expect("what was typed"));
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("email", "analyst@example.org"), ("password", password), ("next", next.as_str()), ("kept", kept.as_str())])
            .finish()
    };
    let wrong = site.form("/sign-in", None, &carried(&sent.text, "not this one, no")).await;
    let back = site.form("/sign-in", None, &carried(&wrong.text, support::PASSWORD)).await;
    assert_eq!(back.status, StatusCode::OK, "{}", back.text);
    assert!(back.text.contains("action=\"/identities\"") && back.text.contains("it is not saved yet"), "{}", back.text);
    assert!(back.text.contains("value=\"Night &amp; day\"") && back.text.contains("sums it up; daily"), "{}", back.text);
    let cookie = back.cookie.expect("a session");
    assert!(!site.get("/identities", Some(&cookie)).await.text.contains("Night"), "nothing was saved on its own");
    // What somebody else changed meanwhile is not written over: the form rests on what it was read at.
    let made = site.form("/identities", Some(&cookie), "name=Sums&kind=bot").await.location.expect("its page");
    let (edit, kept) = (format!("{made}/edit"), r#"{"name":"Sums it","kind":"bot","seen":"1"}"#);
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("email", "analyst@example.org"), ("password", support::PASSWORD), ("next", edit.as_str()), ("kept", kept)])
        .finish();
    let back = site.form("/sign-in", None, &body).await;
    assert_eq!(hidden(&back.text, "seen").as_deref(), Some("1"), "{}", back.text);
    // What is ticked several times under one name stays ticked.
    let request = Site::request(&Method::POST, "/settings/tokens", None, FORM, "name=nightly&scope=inventory%3Aread&scope=ledger%3Aread");
    let sent = site.send(of_a_browser(request, "/settings/tokens")).await;
    let back = site.form("/sign-in", None, &carried(&sent.text, support::PASSWORD)).await;
    for scope in ["inventory:read", "ledger:read"] {
        assert!(back.text.contains(&format!("value=\"{scope}\" checked")), "{scope}: {}", back.text);
    }
    assert!(!back.text.contains("value=\"inventory:write\" checked"), "{}", back.text);
    // What is too long, a file or a secret goes into no page; where one comes back to is known without a Referer.
    let long = format!("name=x&purpose={}", "a".repeat(40_000));
    for (path, kind, body, next) in [
        ("/identities", FORM, long.as_str(), "/identities/new"),
        ("/imports", "multipart/form-data; boundary=x", "--x--", "/imports/new"),
        ("/settings/password", FORM, "old=one+long+sentence&password=another+long+sentence", "/"),
    ] {
        let sent = site.send(Site::request(&Method::POST, path, None, kind, body)).await;
        assert_eq!((sent.status, hidden(&sent.text, "next").as_deref()), (StatusCode::UNAUTHORIZED, Some(next)), "{path}: {}", sent.text);
        assert!(sent.text.contains("what you sent was not saved") && !sent.text.contains("sentence"), "{path}: {}", sent.text);
    }
});

on_both!(what_a_stranger_says_of_a_request_is_not_taken_over, async |s: &Scratch| {
    let site = Site::over(s);
    let cookie = site.person(Role::Analyst).await;
    let mut request = Site::request(&Method::GET, "/healthz", None, "", "");
    request.headers_mut().insert("x-request-id", "mine".parse().expect("a value"));
    let numbered = site.send(request).await;
    assert_eq!(numbered.headers["x-request-id"].len(), 32, "{:?}", numbered.headers);
    // A page repeats its parameters in its forms: without what rules a terminal or turns the line round.
    let page = site.get("/identities?q=a%1Bb%C2%9Bc%E2%80%AEd%E2%80%8De&owner=%E2%81%A6x", Some(&cookie)).await;
    assert!(page.text.contains("abcd\u{200D}e"), "a joiner belongs to a word: {}", page.text);
    assert!(!page.text.contains(['\u{1B}', '\u{9B}', '\u{202E}', '\u{2066}']), "{}", page.text);
});

on_both!(nobody_fills_the_ledger_with_exports, async |s: &Scratch| {
    let site = Site::over(s);
    let (auditor, analyst) = (site.person(Role::Auditor).await, site.person(Role::Analyst).await);
    for n in 0..60 {
        assert_eq!(site.get("/identities.csv", Some(&auditor)).await.status, StatusCode::OK, "{n}");
    }
    for path in ["/identities.csv", "/ledger.csv"] {
        let more = site.get(path, Some(&auditor)).await;
        assert_eq!((more.status, more.headers.contains_key(header::RETRY_AFTER)), (StatusCode::TOO_MANY_REQUESTS, true), "{}", more.text);
    }
    assert_eq!(site.get("/identities.csv", Some(&analyst)).await.status, StatusCode::OK, "each for themselves");
    s.clock.advance(60 * SECOND);
    assert_eq!(site.get("/identities.csv", Some(&auditor)).await.status, StatusCode::OK);
});
