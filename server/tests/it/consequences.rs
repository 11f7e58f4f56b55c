//! What cuts off access is asked for on a page that says what follows; what changes nothing is no error; a message leads to
//! the entry that proves it.

use crate::support::Site;
use axum::http::{Method, StatusCode};
use domain::permission::Role;
use store::on_both;
use store::testing::Scratch;

/// The first id of a kind on a page.
fn id(page: &str, prefix: &str) -> String {
    let digits = page.split(&format!("{prefix}_")).nth(1).expect("an id");
    format!("{prefix}_{}", digits.chars().take(26).collect::<String>())
}

on_both!(what_follows_is_said_before_it_happens, async |s: &Scratch| {
    let site = Site::over(s);
    let ana = site.person(Role::Analyst).await;
    let admin = site.person(Role::Admin).await;
    let people = site.get("/settings/people?q=analyst%40", Some(&admin)).await.text;
    let person = id(&people, "per");
    let body = format!(r#"{{"name":"scout","kind":"ai_agent","owner":"{person}"}}"#);
    let made = site.send(Site::request(&Method::POST, "/api/v1/identities", Some(&admin), "application/json", &body)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let created = site.form("/settings/tokens", Some(&ana), "name=nightly&days=30&scope=inventory%3Aread").await;
    assert!(created.status.is_redirection(), "{}", created.text);
    let asked = site.get(&format!("/settings/people/{person}/lock"), Some(&admin)).await;
    for said in ["Deactivate analyst?", "1 session ends", "1 token is revoked", "nightly", "scout", "is left without an owner"] {
        assert!(asked.text.contains(said), "{said}: {}", asked.text);
    }
    assert_eq!(site.get("/identities", Some(&ana)).await.status, StatusCode::OK, "looking at it does nothing");
    let token = id(&site.get("/settings/tokens", Some(&admin)).await.text, "tok");
    let asked = site.get(&format!("/settings/tokens/{token}/revoke"), Some(&ana)).await.text;
    assert!(asked.contains("Revoke token nightly?") && asked.contains("inventory:read"), "{asked}");
    let role = id(&site.get(&format!("/settings/people/{person}"), Some(&admin)).await.text, "asg");
    let asked = site.get(&format!("/settings/roles/{role}/take"), Some(&admin)).await.text;
    assert!(asked.contains("Remove role analyst from analyst?") && asked.contains("no role is left"), "{asked}");
    let done = site.form(&format!("/settings/people/{person}/lock"), Some(&admin), "").await;
    assert_eq!(done.location.as_deref(), Some(format!("/settings/people/{person}").as_str()), "{}", done.text);
    let page = site.get(&format!("/settings/people/{person}"), Some(&format!("{admin}; {}", done.cookie.expect("a message")))).await.text;
    assert!(page.contains("analyst is deactivated. ") && page.contains(">Ledger entry "), "{page}");
    let entry = page.split("href=\"/ledger/").nth(1).and_then(|rest| rest.split('"').next()).expect("the proof").to_owned();
    let proof = site.get(&format!("/ledger/{entry}"), Some(&admin)).await.text;
    assert!(
        proof.contains("deactivated") && proof.contains("1 session ended, 1 token revoked, 1 identity left without an owner"),
        "{proof}"
    );
});

on_both!(a_save_that_changes_nothing_says_so_quietly, async |s: &Scratch| {
    let site = Site::over(s);
    let admin = site.person(Role::Admin).await;
    let added = site.form("/settings/sources", Some(&admin), "name=crew&kind=aws&hours=24").await;
    assert!(added.status.is_redirection(), "{}", added.text);
    let source = id(&site.get("/settings/sources", Some(&admin)).await.text, "src");
    let page = site.get(&format!("/settings/sources/{source}"), Some(&admin)).await.text;
    let seen = page.split("name=\"seen\" value=\"").nth(1).or_else(|| page.split("name=\"seen\"").nth(1)).expect("the version");
    let seen: String = seen.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    let same = format!("seen={seen}&owner=&environment=&vantage=&hours=24");
    let again = site.form(&format!("/settings/sources/{source}"), Some(&admin), &same).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", again.text);
    assert!(again.cookie.is_some_and(|c| c.contains("No%20changes%20to%20save.")), "{}", again.text);
    let refused = site.form(&format!("/settings/sources/{source}"), Some(&admin), &same.replace("hours=24", "hours=nine")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for said in ["Changes not saved", "autofocus", "id=\"error-hours\"", "Enter a number of hours from 1 to 8,760"] {
        assert!(refused.text.contains(said), "{said}: {}", refused.text);
    }
    let short = site.form("/settings/tokens", Some(&admin), "name=&days=30&scope=ledger%3Aread").await.text;
    assert!(short.contains("Token not created") && short.contains("checked"), "what was chosen stays: {short}");
});

on_both!(whoever_comes_second_sees_what_the_first_one_saved, async |s: &Scratch| {
    let site = Site::over(s);
    let admin = site.person(Role::Admin).await;
    let made = site.form("/identities", Some(&admin), "name=scout&kind=bot").await.location.expect("its page");
    let edit = site.get(&format!("{made}/edit"), Some(&admin)).await.text;
    let seen = edit.split("name=\"seen\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("the version").to_owned();
    let first = format!("seen={seen}&name=scout&kind=ai_agent&environment=production&purpose=sums");
    let saved = site.form(&made, Some(&admin), &first).await;
    assert!(saved.status.is_redirection(), "{}", saved.text);
    let second = site.form(&made, Some(&admin), &format!("seen={seen}&name=scout&kind=bot&environment=&purpose=counts")).await;
    assert_eq!(second.status, StatusCode::CONFLICT, "{}", second.text);
    let page = &second.text;
    assert!(page.contains("Someone else saved first. Your text is still below, and theirs is under each field that differs."), "{page}");
    for theirs in ["AI agent", "production", "sums"] {
        assert!(page.contains(&format!("Saved meanwhile: <q>{theirs}</q>")), "{theirs}: {page}");
    }
    assert_eq!(page.matches("Saved meanwhile").count(), 3, "what is the same is not said: {page}");
    assert!(page.contains(">counts</textarea>") && page.contains("<option value=\"bot\" selected"), "what was typed stays: {page}");
});

on_both!(an_import_that_came_to_nothing_is_begun_again_with_its_source_and_format, async |s: &Scratch| {
    let site = Site::over(s);
    let ana = site.person(Role::Analyst).await;
    let part =
        |name: &str, more: &str, text: &str| format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n{text}\r\n");
    let upload = async |file: &str| {
        let all = [part("source", "", "crew & co"), part("format", "", "csv"), part("files", "; filename=\"crew.csv\"", file)];
        let body = format!("{}--x--\r\n", all.concat());
        let sent = site.send(Site::request(&Method::POST, "/imports", Some(&ana), "multipart/form-data; boundary=x", &body)).await;
        let page = sent.location.expect("the page of the job");
        while site.get(&format!("{page}/state"), Some(&ana)).await.text != "ended" {}
        site.get(&page, Some(&ana)).await.text
    };
    let again = "/imports/new?source=crew%20%26%20co&amp;format=csv";
    let failed = upload("identity,action\n,read\n").await;
    assert!(failed.contains("Nothing was imported.") && failed.contains(&format!("href=\"{again}\"")), "{failed}");
    let form = site.get(&again.replace("&amp;", "&"), Some(&ana)).await.text;
    assert!(form.contains("name=\"source\"") && form.contains("value=\"crew &amp; co\""), "{form}");
    assert!(form.contains("name=\"format\" value=\"csv\""), "{form}");
    let many: String = (0..60).map(|n| format!("bot{n},read\n")).collect();
    let done = upload(&format!("identity,action\n{many}")).await;
    assert!(done.contains("These are the first 50 of each kind.") && done.contains("60 identities added; 60 grants added."), "{done}");
    let all = done.split("href=\"").find(|rest| rest.starts_with("/imports/differences?import=imp_")).expect("all of them");
    let all = site.get(all.split('"').next().unwrap_or_default(), Some(&ana)).await.text;
    assert!(all.contains("bot59") || all.contains("50 changes on this page"), "{all}");
    let record = done.split("href=\"/imports/imp_").nth(1).and_then(|rest| rest.split('"').next()).expect("the record");
    let record = site.get(&format!("/imports/imp_{record}"), Some(&ana)).await.text;
    assert!(record.contains(&format!("href=\"{again}\"")), "{record}");
});
