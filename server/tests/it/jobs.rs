//! What is long runs as a job: a request by API waits for it, a page shows it, its file is the list, and only who asked
//! for it sees any of that.

use crate::support::{self, Site};
use axum::body::{Body, Bytes};
use axum::http::{Method, Request, StatusCode};
use domain::asof::Wanted;
use domain::permission::Role;
use futures_util::{StreamExt, stream};
use serde_json::Value;
use server::web::export::{IDENTITIES, LEAVES};
use service::exports::{self, Export};
use service::{Act, people};
use store::on_both;
use store::testing::Scratch;
use tokio::task::JoinSet;
use tower::ServiceExt;

const FILE: &str = "identity,action,resource\nscout,read,thing\nprobe,write,thing\n";

async fn imported(site: &Site, cookie: &str, address: &str, file: &str) -> (StatusCode, Value) {
    let answer = site.send(Site::request(&Method::POST, address, Some(cookie), "", file)).await;
    (answer.status, serde_json::from_str(&answer.text).expect("json"))
}

on_both!(a_request_by_api_is_answered_with_what_its_job_gave, async |s: &Scratch| {
    let site = Site::over(s);
    let cookie = site.person(Role::Analyst).await;
    let (status, outcome) = imported(&site, &cookie, "/api/v1/imports?format=csv&source=feed", FILE).await;
    assert_eq!((status, outcome["identities"]["total"].as_u64()), (StatusCode::OK, Some(2)), "{outcome}");
    // What the job was refused for is answered as if no job stood between.
    let (status, problem) = imported(&site, &cookie, "/api/v1/imports?format=csv&source=feed", "identity\nscout\n").await;
    assert_eq!((status, &problem["title"]), (StatusCode::CONFLICT, &Value::from("Needs confirmation")), "{problem}");
    let (status, problem) = imported(&site, &cookie, "/api/v1/imports?format=csv", FILE).await;
    assert_eq!((status, &problem["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &Value::from("source")), "{problem}");
    let verified = site.send(Site::request(&Method::POST, "/api/v1/ledger/verify", Some(&cookie), "application/json", "{}")).await;
    let report: Value = serde_json::from_str(&verified.text).expect("json");
    assert_eq!((verified.status, &report["intact"]), (StatusCode::OK, &Value::from(true)), "{report}");
});

on_both!(a_job_is_shown_to_who_asked_for_it, async |s: &Scratch| {
    let site = Site::over(s);
    let (ana, aud) = (site.person(Role::Analyst).await, site.person(Role::Auditor).await);
    let asked = site.form("/ledger/verify", Some(&ana), "").await;
    let page = asked.location.expect("the page of the job");
    let job = page.strip_prefix("/jobs/").expect("a job").to_owned();
    let api = format!("/api/v1/jobs/{job}");
    while site.get(&format!("{page}/state"), Some(&ana)).await.text != "ended" {}
    assert!(site.get(&page, Some(&ana)).await.text.contains("intact"));
    let shown: Value = serde_json::from_str(&site.get(&api, Some(&ana)).await.text).expect("json");
    assert_eq!((shown["kind"].as_str(), shown["state"].as_str()), (Some("verify"), Some("done")), "{shown}");
    assert_eq!(shown["result"]["intact"], true, "{shown}");
    for address in [page.clone(), format!("{page}/state"), api] {
        assert_eq!(site.get(&address, Some(&aud)).await.status, StatusCode::NOT_FOUND, "{address}");
    }
    assert_eq!(site.form(&format!("{page}/cancel"), Some(&aud), "").await.status, StatusCode::NOT_FOUND);
});

on_both!(the_file_of_an_export_is_the_list_as_it_was_asked_for, async |s: &Scratch| {
    let site = Site::over(s);
    let (ana, aud) = (site.person(Role::Analyst).await, site.person(Role::Auditor).await);
    imported(&site, &ana, "/api/v1/imports?format=csv&source=feed", FILE).await;
    let who = people::sign_in(&site.services, "analyst@example.org", support::PASSWORD, "test").await.expect("signed in");
    let read = support::at(&site.services, &who, Wanted::Now).await;
    let as_of = read.as_of();
    read.close().await.expect("closed");
    let act = Act::new(&site.services, &who);
    let lists: [(&'static Export, &str, &str); 2] = [(&IDENTITIES, "/identities.csv", "sort=privilege"), (&LEAVES, "/ledger.jsonl", "")];
    for (list, address, query) in lists {
        let id = exports::start(&act, list, query, as_of).await.expect("queued");
        // The world moves on; the file does not.
        imported(&site, &ana, "/api/v1/imports?format=csv&source=other", "identity\nlater\n").await;
        service::jobs::wait(&act, id).await.expect("ended");
        let file = site.get(&format!("/jobs/{id}/file"), Some(&ana)).await;
        assert_eq!(file.status, StatusCode::OK, "{}", file.text);
        assert!(file.headers["content-disposition"].to_str().expect("text").contains(&list.file()));
        let at = app::context::encode(&as_of.to_string());
        let streamed = site.get(&format!("{address}?{query}&as_of={at}"), Some(&ana)).await;
        assert_eq!((file.text.lines().count() > 2, file.text), (true, streamed.text), "{address}");
        assert_eq!(site.get(&format!("/jobs/{id}/file"), Some(&aud)).await.status, StatusCode::NOT_FOUND);
        assert!(site.get(&format!("/jobs/{id}"), Some(&ana)).await.text.contains("Kept for one hour"));
    }
});

/// More than either database has connections for reading.
const AT_ONCE: usize = 32;

on_both!(more_pages_at_once_than_there_are_connections_are_all_answered, async |s: &Scratch| {
    let site = Site::over(s);
    let ana = site.person(Role::Analyst).await;
    let job = site.form("/ledger/verify", Some(&ana), "").await.location.expect("the page of the job");
    while site.get(&format!("{job}/state"), Some(&ana)).await.text != "ended" {}
    for address in [job.as_str(), "/settings/profile"] {
        let mut asked = JoinSet::new();
        for _ in 0..AT_ONCE {
            let request = Site::request(&Method::GET, address, Some(&ana), "", "");
            asked.spawn(site.router.clone().oneshot(request));
        }
        while let Some(answer) = asked.join_next().await {
            assert_eq!(answer.expect("not broken off").expect("an answer").status(), StatusCode::OK, "{address}");
        }
    }
});

on_both!(an_upload_whose_client_goes_away_leaves_nothing, async |s: &Scratch| {
    let site = Site::over(s);
    let ana = site.person(Role::Analyst).await;
    let folders = || std::fs::read_dir(s.folder().join("spool")).into_iter().flatten().filter_map(Result::ok).collect::<Vec<_>>();
    let came = || folders().iter().any(|f| std::fs::metadata(f.path().join("0")).is_ok_and(|m| m.len() > 0));
    let begun = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"identity\n"))]).chain(stream::pending());
    let request = Request::post("/api/v1/imports?format=csv&source=feed")
        .header("sec-fetch-site", "same-origin")
        .header("cookie", &ana)
        .body(Body::from_stream(begun))
        .expect("a request");
    let upload = tokio::spawn(site.router.clone().oneshot(request));
    while !came() {
        assert!(!upload.is_finished(), "it was refused");
        tokio::task::yield_now().await;
    }
    upload.abort();
    assert!(upload.await.is_err_and(|e| e.is_cancelled()));
    assert!(folders().is_empty(), "{:?}", folders());
});

/// An upload of parts, each with its name and what follows it.
async fn uploaded(site: &Site, cookie: &str, parts: &[(&str, &str)]) -> String {
    let parts: String =
        parts.iter().map(|(name, rest)| format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"{rest}\r\n")).collect();
    let body = format!("{parts}--x--\r\n");
    let sent = site.send(Site::request(&Method::POST, "/imports", Some(cookie), "multipart/form-data; boundary=x", &body)).await;
    assert_eq!(sent.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", sent.text);
    sent.text
}

on_both!(an_upload_of_more_than_anybody_sends_is_refused, async |s: &Scratch| {
    let site = Site::over(s);
    let ana = site.person(Role::Analyst).await;
    let long = format!("\r\n\r\n{}", "x".repeat(5000));
    assert!(uploaded(&site, &ana, &[("source", long.as_str())]).await.contains("he field source holds more than 4 KB"));
    let field = ("server", "\r\n\r\nx");
    assert!(uploaded(&site, &ana, &[field; 51]).await.contains("t most 50 fields"));
    // A field for files that was left empty counts too, and costs the disk nothing.
    let file = ("files", "; filename=\"\"\r\n\r\n");
    assert!(uploaded(&site, &ana, &vec![file; 1001]).await.contains("t most 1000 files"));
    let left = std::fs::read_dir(s.folder().join("spool")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "nothing of it stays");
});
