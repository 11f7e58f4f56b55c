//! What a person does on a page and is answered: a search that finds what has a name, an owner named in a row, the first file
//! dropped on an empty installation, a verification against a checkpoint that somebody kept, and the number of a request
//! that failed.

use crate::support::{self, Site};
use axum::http::{Method, StatusCode};
use domain::permission::Role;
use store::on_both;
use store::testing::Scratch;

const INPUT: &str = r#"{"version":1,"source":"warehouse","identities":[
  {"key":"k","name":"tool-scout","kind":"ai_agent","grants":[{"actions":["*"],"resources":["*"],"permission_set":"Night shift"}]},
  {"key":"l","name":"packer","kind":"bot","grants":[{"actions":["read"],"resources":["bay"]}]}]}"#;

async fn furnished(site: &Site, cookie: &str) {
    let made = site.send(Site::request(&Method::POST, "/api/v1/imports", Some(cookie), "application/json", INPUT)).await;
    assert!(made.status.is_success(), "{}", made.text);
}

/// A form with files, as a browser sends it.
fn multipart(path: &str, cookie: &str, parts: &[(&str, Option<&str>, &str)]) -> axum::http::Request<axum::body::Body> {
    let mut body = String::new();
    for (name, file, text) in parts {
        let file = file.map(|f| format!("; filename=\"{f}\"")).unwrap_or_default();
        body += &format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{text}\r\n");
    }
    Site::request(&Method::POST, path, Some(cookie), "multipart/form-data; boundary=x", &(body + "--x--\r\n"))
}

/// The page of a job once it has ended.
async fn ended(site: &Site, cookie: &str, job: &str) -> String {
    while site.get(&format!("{job}/state"), Some(cookie)).await.text != "ended" {}
    site.get(job, Some(cookie)).await.text
}

on_both!(a_search_finds_whatever_has_a_name, async |s: &Scratch| {
    let site = Site::over(s);
    let admin = site.person(Role::Admin).await;
    let executive = site.person(Role::Executive).await;
    furnished(&site, &admin).await;
    site.form("/settings/teams", Some(&admin), "name=Loading").await;
    for (asked, part, name) in [
        ("SCOUT", "identities", "tool-scout"),
        ("night", "permission-sets", "Night shift"),
        ("wareh", "sources", "warehouse"),
        ("load", "teams", "Loading"),
        ("executive%40", "people", "executive"),
        ("%232", "entry", "entry 2"),
    ] {
        let page = site.get(&format!("/search?q={asked}"), Some(&admin)).await;
        assert_eq!(page.status, StatusCode::OK, "{asked}");
        let section = support::main_part(&page.text).split(&format!("id=\"{part}\"")).nth(1).unwrap_or_default();
        let section = section.split("</section>").next().unwrap_or_default();
        assert!(section.contains(name), "{asked}: {}", page.text);
    }
    let none = site.get("/search?q=zebra", Some(&admin)).await.text;
    assert!(none.contains("Nothing is named") && !support::main_part(&none).contains("<section class=\"card\" id="), "{none}");
    // An ID leads to its page.
    let id = site.get("/identities", Some(&admin)).await.text;
    let id = id.split("/identities/idn_").nth(1).map(|rest| format!("idn_{}", rest.split('"').next().unwrap_or_default())).expect("an id");
    assert!(site.get(&format!("/search?q={id}"), Some(&admin)).await.text.contains(&format!("href=\"/identities/{id}\"")));
    // Whoever may not see people or the ledger finds none of them.
    let theirs = site.get("/search?q=executive%40", Some(&executive)).await.text;
    assert!(!support::main_part(&theirs).contains("id=\"people\""), "{theirs}");
    let theirs = site.get("/search?q=%232", Some(&executive)).await.text;
    assert!(!support::main_part(&theirs).contains("id=\"entry\""), "{theirs}");
});

on_both!(an_owner_is_named_in_the_row, async |s: &Scratch| {
    let site = Site::over(s);
    let cookie = site.person(Role::Analyst).await;
    site.person(Role::Executive).await;
    furnished(&site, &cookie).await;
    let page = site.get("/identities", Some(&cookie)).await.text;
    let rows: Vec<&str> = page.split("<tr>").filter(|row| row.contains("/identities/idn_")).collect();
    assert!(rows[0].contains("tool-scout") && rows[1].contains("packer"), "the worst stands first: {page}");
    let pick = rows[0].split("name=\"pick-").nth(1).and_then(|r| r.split('"').next()).expect("a form");
    let names = page.split("<datalist id=\"people\">").nth(1).and_then(|r| r.split("</datalist>").next()).expect("names");
    assert!(names.contains("value=\"executive\"") && names.contains("value=\"analyst\""), "{names}");
    let assign =
        async |owner: &str| site.form("/identities/owner", Some(&cookie), &format!("pick-{pick}=1&owner={owner}&back=%2Fidentities")).await;
    for (owner, why) in [("nobody", "No active person has this name"), ("", "Choose an owner"), ("exec", "No active person")] {
        let refused = assign(owner).await;
        assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.text.contains(why), "{owner}: {}", refused.text);
    }
    assert_eq!(assign("executive").await.location.as_deref(), Some("/identities"));
    let csv = site.get("/identities.csv?no_owner=1", Some(&cookie)).await.text;
    assert!(csv.contains("packer") && !csv.contains("tool-scout"), "{csv}");
    // Of two with one name neither is meant.
    let host = service::Principal::Host { user: "t".to_owned() };
    service::people::add(&support::by(&site.services, &host), "executive", "other@example.org", support::PASSWORD, &[Role::Analyst])
        .await
        .expect("added");
    assert!(assign("executive").await.text.contains("Two people have this name"));
});

on_both!(an_empty_installation_takes_a_file_at_once, async |s: &Scratch| {
    let site = Site::over(s);
    let cookie = site.person(Role::Admin).await;
    let empty = site.get("/", Some(&cookie)).await.text;
    let form =
        empty.split("<form").find(|f| f.contains("class=\"drop\"")).and_then(|r| r.split("</form>").next()).expect("a place for files");
    for part in ["action=\"/imports\"", "multipart/form-data", "type=\"file\"", "name=\"files\"", "name=\"dry_run\""] {
        assert!(form.contains(part), "{part}: {form}");
    }
    let sent = multipart(
        "/imports",
        &cookie,
        &[("format", None, ""), ("files", Some("x.json"), INPUT), ("source", None, ""), ("dry_run", None, "1")],
    );
    let job = site.send(sent).await.location.expect("the page of the job");
    let preview = ended(&site, &cookie, &job).await;
    assert!(preview.contains("Nothing is saved yet.") && preview.contains("tool-scout"), "{preview}");
    // A reader has nothing to drop, and is told what will be here.
    let executive = site.person(Role::Executive).await;
    let theirs = site.get("/", Some(&executive)).await.text;
    assert!(!theirs.contains("type=\"file\"") && theirs.contains("No identities yet."), "{theirs}");
});

on_both!(a_verification_says_whose_it_was_and_compares_what_somebody_kept, async |s: &Scratch| {
    let site = Site::over(s);
    let cookie = site.person(Role::Admin).await;
    furnished(&site, &cookie).await;
    let page = site.get("/ledger/verify", Some(&cookie)).await.text;
    assert!(page.contains("Nobody has verified the ledger since the server started."), "{page}");
    let kept = site.get("/api/v1/ledger/checkpoint", Some(&cookie)).await.text;
    let verify = async |text: &str| site.send(multipart("/ledger/verify", &cookie, &[("checkpoint", Some("kept.note"), text)])).await;
    let job = verify(&kept).await.location.expect("the page of the job");
    assert!(ended(&site, &cookie, &job).await.contains("Ledger verified"));
    let page = site.get("/ledger/verify", Some(&cookie)).await.text;
    assert!(page.contains("Last verified") && page.contains("by admin, up to entry"), "{page}");
    let changed = kept.replacen('\n', "x\n", 1);
    for (text, why) in
        [("no checkpoint at all", "it holds no checkpoint"), ("", "Choose a file"), (changed.as_str(), "was changed after it was signed")]
    {
        let refused = verify(text).await;
        assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.text.contains(why), "{text}: {}", refused.text);
    }
    // One of another ledger under this key: what the store holds is not what somebody kept.
    let origin = kept.lines().next().expect("an origin").to_owned();
    let size: u64 = kept.lines().nth(1).and_then(|n| n.parse().ok()).expect("a size");
    let other = domain::note::Checkpoint { origin, size, root: [7; 32] };
    let job = verify(&s.signer.sign(&other.to_text())).await.location.expect("the page of the job");
    let found = ended(&site, &cookie, &job).await;
    assert!(found.contains("Ledger not intact") && found.contains("the uploaded checkpoint"), "{found}");
});

on_both!(a_page_of_an_error_names_its_request, async |s: &Scratch| {
    let site = Site::over(s);
    let cookie = site.person(Role::Executive).await;
    for path in ["/ledger", "/nowhere", "/identities/idn_00000000000000000000000000", "/identities?kind=ghost"] {
        let page = site.get(path, Some(&cookie)).await;
        let id = page.headers["x-request-id"].to_str().expect("text").to_owned();
        assert!(
            page.status.is_client_error() && page.text.contains(&format!("Request ID <code class=\"all\">{id}</code>")),
            "{path}: {}",
            page.text
        );
    }
    // What is refused before there is a page, to a browser.
    let mut request = Site::request(&Method::GET, "/ledger.csv", Some(&cookie), "", "");
    request.headers_mut().insert("accept", "text/html".parse().expect("a value"));
    let refused = site.send(request).await;
    let id = refused.headers["x-request-id"].to_str().expect("text").to_owned();
    assert!(refused.text.contains(&id) && refused.text.contains("Request ID"), "{}", refused.text);
});
