//! What is long runs as a job: a request by API waits for it, a page shows it, its file is the list, and only who asked
//! for it sees any of that.

use crate::support::{self, Site};
use axum::http::{Method, StatusCode};
use domain::asof::Wanted;
use domain::permission::Role;
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
    assert!(site.get(&page, Some(&ana)).await.text.contains("Intact"));
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
        assert!(site.get(&format!("/jobs/{id}"), Some(&ana)).await.text.contains("kept for an hour"));
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
