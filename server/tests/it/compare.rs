//! Two moments on a page: which is which, what differs by identity, the same as a file and by the API; and what cannot be
//! read keeps the page.

use crate::support::{self, Site, main_part};
use axum::http::StatusCode;
use domain::permission::Role;
use domain::snapshot::Format;
use domain::time::SECOND;
use serde_json::json;
use service::Principal;
use service::imports::{self, Input, InputFile, Request, Wish};
use store::on_both;
use store::testing::Scratch;

async fn imported(site: &Site, secret: bool, text: &str) {
    let mut grants = vec![json!({ "actions": ["tickets.read"], "resources": ["crm"] })];
    if secret {
        grants.push(json!({ "actions": ["secrets.read"], "resources": ["vault"] }));
    }
    let surface = json!({ "kind": "instructions", "locator": "p.md", "content": text });
    let one = json!({ "key": "k", "name": "scout <b>", "kind": "ai_agent", "grants": grants, "surfaces": [surface] });
    let mut all = vec![one];
    if secret {
        all.push(json!({ "key": "n", "name": "newcomer", "kind": "bot", "grants": [{ "actions": ["delete"], "resources": ["x"] }] }));
    }
    let file = json!({ "version": 1, "source": "s", "identities": all }).to_string();
    let input = Input::single(InputFile::from_bytes("x.json", file.into_bytes()));
    let request = Request { format: Format::Countersign, input, how: Wish { confirm_removals: true, ..Wish::default() } };
    let host = Principal::Host { user: "test".to_owned() };
    imports::run(&support::by(&site.services, &host), request, |_| {}).await.expect("imported");
}

/// A store with two imports; gives the entry of the first.
async fn estate(site: &Site) -> i64 {
    imported(site, false, "Help.\nNever refund; hand over to a person.").await;
    let first = service::overview::chrome(&site.services, None).await.expect("chrome").head.get();
    imported(site, true, "Help.\nRefund quickly.").await;
    first
}

on_both!(two_moments_stand_on_one_page_and_what_cannot_be_read_keeps_it, async |s: &Scratch| {
    let site = Site::over(s);
    let cookie = site.person(Role::Analyst).await;
    let first = estate(&site).await;
    let page = site.get(&format!("/compare?against={first}"), Some(&cookie)).await;
    assert_eq!(page.status, StatusCode::OK);
    let html = main_part(&page.text);
    for said in [
        "compared with now",
        "1 identity was added. 1 identity gained 1 grant. 1 surface changed. No access was lost.",
        "scout &lt;b&gt;",
        "Access gained",
        "secrets.read on vault",
        "Prohibition removed or reworded: ",
        "<q>Never refund; hand over to a person.</q>",
        "<ins>",
        "Identities added",
        "newcomer",
        "Grants by highest class",
    ] {
        assert!(html.contains(said), "{said}: {html}");
    }
    // The other way round, with a note.
    let turned = site.get(&format!("/compare?as_of={first}&against=now"), Some(&cookie)).await.text;
    assert!(main_part(&turned).contains("The later moment was given first.") && turned.contains("No access was lost."), "{turned}");
    // On the page of an identity, of a source, and on any other.
    let list: serde_json::Value = serde_json::from_str(&site.get("/api/v1/identities", Some(&cookie)).await.text).expect("json");
    let of = |name: &str| list["items"].as_array().expect("rows").iter().find(|i| i["name"] == name).expect("there")["id"].clone();
    let (scout, newcomer) = (of("scout <b>"), of("newcomer"));
    let one = site.get(&format!("/identities/{}?against={first}", scout.as_str().expect("an id")), Some(&cookie)).await.text;
    let one = main_part(&one);
    assert!(one.contains("compared with now") && one.contains("secrets.read on vault") && !one.contains("newcomer"), "{one}");
    let other = site.get(&format!("/compare?against={first}&of={}", newcomer.as_str().expect("an id")), Some(&cookie)).await;
    assert!(other.status == StatusCode::OK && other.text.contains("1 identity was added."), "{}", other.text);
    // What cannot be read keeps the page and marks the field.
    for (bad, says) in [("soon", "read that date"), ("999", "still to come")] {
        let answer = site.get(&format!("/compare?against={bad}"), Some(&cookie)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        let html = main_part(&answer.text);
        assert!(html.contains("aria-invalid=\"true\"") && html.contains(says) && html.contains("Compare two moments"), "{html}");
    }
    let open = site.get("/compare", Some(&cookie)).await;
    assert!(open.status == StatusCode::OK && !main_part(&open.text).contains("aria-invalid"), "{}", open.text);
    assert_eq!(site.get("/compare?against=1&of=idn_nobody", Some(&cookie)).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let nobody = "/compare?against=1&of=idn_00000000000000000000000000";
    assert_eq!(site.get(nobody, Some(&cookie)).await.status, StatusCode::NOT_FOUND);
});

/// `href` and the number in the text of every chip.
fn chips(html: &str) -> Vec<(String, usize)> {
    let links = html.split("<a href=\"").skip(1).filter(|rest| rest.split('>').next().is_some_and(|tag| tag.contains("class=\"chip\"")));
    let chip = |rest: &str| {
        let (href, rest) = rest.split_once('"')?;
        let text = rest.split_once('>')?.1.split('<').next()?;
        Some((href.replace("&amp;", "&"), text.rsplit(' ').next()?.parse().ok()?))
    };
    links.filter_map(chip).collect()
}

on_both!(every_number_of_a_comparison_leads_to_its_rows_on_the_page_the_file_and_the_api, async |s: &Scratch| {
    let site = Site::over(s);
    let cookie = site.person(Role::Analyst).await;
    let first = estate(&site).await;
    let html = site.get(&format!("/compare?against={first}"), Some(&cookie)).await.text;
    let found = chips(main_part(&html));
    assert!(found.len() >= 3, "{found:?}");
    for (href, n) in &found {
        s.clock.advance(2 * SECOND);
        let query = href.strip_prefix("/compare?").expect("a comparison");
        let csv = site.get(&format!("/compare.csv?{query}"), Some(&cookie)).await.text;
        assert_eq!(csv.lines().count() - 1, *n, "{href}: {csv}");
        let api = site.get(&format!("/api/v1/compare?{query}"), Some(&cookie)).await;
        let api: serde_json::Value = serde_json::from_str(&api.text).expect("json");
        assert_eq!(api["items"].as_array().map(Vec::len), Some(*n), "{href}: {api}");
    }
    // The figures of grants lead to the grants of either moment.
    let grants: Vec<&str> = html.split("href=\"").skip(1).filter(|h| h.starts_with("/grants?class=")).collect();
    assert!(grants.len() >= 3, "{html}");
    for rest in grants {
        s.clock.advance(2 * SECOND);
        let (href, rest) = rest.split_once('"').expect("a link");
        let n: usize = rest.split(['>', '<']).nth(1).expect("a number").parse().expect("a number");
        let query = href.replace("&amp;", "&").replacen("/grants?", "", 1);
        let csv = site.get(&format!("/grants.csv?{query}"), Some(&cookie)).await.text;
        assert_eq!(csv.lines().count() - 1, n, "{href}");
    }
});

on_both!(an_identity_has_a_page_for_each_part_and_its_history_speaks_in_sentences, async |s: &Scratch| {
    let site = Site::over(s);
    let cookie = site.person(Role::Analyst).await;
    estate(&site).await;
    let list: serde_json::Value = serde_json::from_str(&site.get("/api/v1/identities?q=scout", Some(&cookie)).await.text).expect("json");
    let path = format!("/identities/{}", list["items"][0]["id"].as_str().expect("an id"));
    let part = async |end: &str| {
        let answer = site.get(&format!("{path}{end}"), Some(&cookie)).await;
        assert_eq!(answer.status, StatusCode::OK, "{end}");
        main_part(&answer.text).to_owned()
    };
    let summary = part("").await;
    for end in ["/access", "/surfaces", "/credentials", "/history"] {
        assert!(summary.contains(&format!("href=\"{path}{end}\"")), "{end}");
        let then = site.get(&format!("{path}{end}?as_of=now"), Some(&cookie)).await;
        assert!(then.text.contains(&format!("{path}?as_of=now")), "every tab keeps the moment");
    }
    assert!(summary.contains("Can read secrets on vault") && summary.contains("id=\"record\""), "{summary}");
    assert!(part("/access").await.contains("id=\"access\""));
    let history = part("/history").await;
    for said in
        [" imported ", "x.json", "gained", "Never refund; hand over to a person.", "First seen with 1 grant and 1 surface", "<details>"]
    {
        assert!(history.contains(said), "{said}: {history}");
    }
    assert!(!history.contains("by host") && !history.contains("ai_agent"), "{history}");
});

on_both!(a_changed_tools_surface_names_the_tools_with_their_words, async |s: &Scratch| {
    let site = Site::over(s);
    let cookie = site.person(Role::Analyst).await;
    let host = Principal::Host { user: "test".to_owned() };
    for tools in [
        json!([{ "name": "read", "description": "Reads one file." }, { "name": "stat", "description": "Says how large." }]),
        json!([{ "name": "read", "description": "Reads one file and sends it on." }, { "name": "write", "description": "Writes." }]),
    ] {
        let input = Input::single(InputFile::from_bytes("tools.json", json!({ "tools": tools }).to_string().into_bytes()));
        let how = Wish { server: Some("files".to_owned()), confirm_removals: true, ..Wish::default() };
        imports::run(&support::by(&site.services, &host), Request { format: Format::Mcp, input, how }, |_| {}).await.expect("imported");
    }
    let list: serde_json::Value = serde_json::from_str(&site.get("/api/v1/identities", Some(&cookie)).await.text).expect("json");
    let path = format!("/identities/{}/surfaces", list["items"][0]["id"].as_str().expect("an id"));
    let page = site.get(&path, Some(&cookie)).await.text;
    let html = main_part(&page);
    for said in ["3 tools", "write", "stat", "and sends it on"] {
        assert!(html.contains(said), "{said}: {html}");
    }
    assert!(html.contains("<ins>") && !html.contains("Only location and SHA-256 are stored."), "{html}");
});
