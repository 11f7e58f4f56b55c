//! Pages of what is larger than anybody reads: they come, say what they leave out, and keep nobody else waiting.

use crate::support::{self, Site};
use axum::http::{Method, StatusCode};
use domain::ids::IdentityId;
use domain::permission::Role;
use domain::snapshot::Format;
use serde_json::json;
use service::imports::{self, Input, InputFile, Request, Wish};
use service::{Principal, people};
use store::on_both;
use store::testing::Scratch;
use tower::ServiceExt;

async fn imported(site: &Site, who: &Principal, identities: serde_json::Value) {
    let file = json!({ "version": 1, "source": "s", "identities": identities }).to_string();
    let input = Input::single(InputFile::from_bytes("x.json", file.into_bytes()));
    let request = Request { format: Format::Countersign, input, how: Wish { confirm_removals: true, ..Wish::default() } };
    imports::run(&support::by(&site.services, who), request, |_| {}).await.expect("imported");
}

async fn with_prompt(site: &Site, who: &Principal, text: &str) {
    let surface = json!({ "kind": "instructions", "locator": "p.md", "content": text });
    imported(site, who, json!([{ "key": "k", "name": "scout", "kind": "ai_agent", "surfaces": [surface] }])).await;
}

async fn somebody(site: &Site) -> (String, Principal) {
    let cookie = site.person(Role::Analyst).await;
    (cookie, people::sign_in(&site.services, "analyst@example.org", support::PASSWORD, "t").await.expect("signed in"))
}

async fn page_of_the_one(site: &Site, cookie: &str) -> String {
    let list = site.get("/api/v1/identities", Some(cookie)).await.text;
    let list: serde_json::Value = serde_json::from_str(&list).expect("json");
    let id = IdentityId::parse(list["items"][0]["id"].as_str().expect("an id")).expect("an id");
    format!("/identities/{id}")
}

fn lines(word: &str, n: usize) -> String {
    (0..n).map(|i| format!("{word} does {i} things\n")).collect()
}

/// The addresses of the texts that a page offers.
fn offered(page: &str) -> Vec<&str> {
    page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).filter(|h| h.starts_with("/identities/surfaces/")).collect()
}

on_both!(texts_that_are_too_large_to_compare_are_offered_whole, async |s: &Scratch| {
    let site = Site::over(s);
    let (cookie, who) = somebody(&site).await;
    let (old, new) = (lines("old", 10_000), lines("new", 10_000));
    with_prompt(&site, &who, &old).await;
    let path = page_of_the_one(&site, &cookie).await + "/surfaces";
    let one = site.get(&path, Some(&cookie)).await.text;
    assert_eq!(offered(&one).len(), 1, "a long text is quoted in part and offered whole");
    with_prompt(&site, &who, &new).await;
    let page = site.get(&path, Some(&cookie)).await;
    assert!(page.text.contains("Too large to compare here: download both."), "{}", page.text);
    let links = offered(&page.text);
    let texts = [site.get(links[0], Some(&cookie)).await, site.get(links[1], Some(&cookie)).await];
    assert_eq!((texts[0].text == new, texts[1].text == old), (true, true));
    assert!(texts[0].headers["content-disposition"].to_str().is_ok_and(|d| d.starts_with("attachment")));
    let past = format!("{}?as_of=1", links[0]);
    assert_eq!(site.get(&past, Some(&cookie)).await.status, StatusCode::NOT_FOUND, "it was not there yet");
    // What can be read is compared, whatever stands around it.
    with_prompt(&site, &who, &lines("new", 3_000)).await;
    with_prompt(&site, &who, &lines("new", 3_000).replace("new does 2500 things", "never refund")).await;
    let page = site.get(&path, Some(&cookie)).await.text;
    assert!(
        page.contains("+ never refund") && page.contains("- new does 2500 things") && page.contains("… 2,497 unchanged lines …"),
        "{page}"
    );
});

on_both!(more_grants_than_are_judged_while_a_page_waits_are_shown_in_part_and_counted_in_full, async |s: &Scratch| {
    let site = Site::over(s);
    let (cookie, who) = somebody(&site).await;
    let grants: Vec<_> = (0..2_001).map(|n| json!({ "actions": ["tickets.read"], "resources": [format!("crm/{n}")] })).collect();
    imported(&site, &who, json!([{ "key": "k", "name": "scout", "kind": "ai_agent", "grants": grants }])).await;
    let path = page_of_the_one(&site, &cookie).await;
    let page = site.get(&format!("{path}/access"), Some(&cookie)).await.text;
    assert!(page.contains("2,001 grants") && page.contains("1,000 grants are shown, with every privileged one among them."), "{page}");
    assert!(page.contains("1,001 grants are not shown here"), "{page}");
    assert_eq!(page.matches("<code>crm/").count() + page.matches("<div>crm/").count(), 1_000);
    let api = site.get(&format!("/api/v1{path}/grants"), Some(&cookie)).await.text;
    let api: serde_json::Value = serde_json::from_str(&api).expect("json");
    assert_eq!((api["complete"].as_bool(), api["grants"].as_array().map(Vec::len)), (Some(false), Some(1_000)));
});

/// On one thread: whatever is worked out on it, nobody is answered meanwhile.
#[tokio::test]
async fn whoever_asks_is_answered_while_a_large_page_and_an_import_are_worked_at() {
    let s = Scratch::sqlite().await;
    let site = std::sync::Arc::new(Site::over(&s));
    let (cookie, who) = somebody(&site).await;
    with_prompt(&site, &who, &lines("old", 4_900)).await;
    with_prompt(&site, &who, &lines("new", 4_900)).await;
    let path = page_of_the_one(&site, &cookie).await;
    let grants: Vec<_> =
        (0..3_000).map(|n| json!({ "actions": [format!("tickets.a{n}*b*c")], "resources": [format!("crm/{n}/*x*")] })).collect();
    let identities =
        json!([{ "key": "k2", "name": "other", "kind": "bot", "grants": grants }, { "key": "k", "name": "scout", "kind": "ai_agent" }]);
    let import = {
        let (site, who) = (site.clone(), who.clone());
        tokio::spawn(async move { imported(&site, &who, identities).await })
    };
    let page = {
        let (router, request) = (site.router.clone(), Site::request(&Method::GET, &path, Some(&cookie), "", ""));
        tokio::spawn(async move { router.oneshot(request).await.expect("an answer").status() })
    };
    let (mut answers, mut longest) = (0, std::time::Duration::ZERO);
    while !(page.is_finished() && import.is_finished()) {
        let asked = std::time::Instant::now();
        assert_eq!(site.get("/healthz", None).await.text, "ok\n");
        longest = longest.max(asked.elapsed());
        answers += 1;
        tokio::task::yield_now().await;
    }
    eprintln!("{answers} answers meanwhile, the slowest after {longest:?}");
    assert!(answers > 50, "{answers} answers meanwhile");
    assert_eq!(page.await.expect("done"), StatusCode::OK);
    import.await.expect("done");
    drop(site);
    s.finish().await;
}
