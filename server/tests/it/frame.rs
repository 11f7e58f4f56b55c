//! What stands around and first on every page: each role lands on its own view, a page of the past offers no action but says
//! why, keys are listed, and many identities get one owner out of a list.

use crate::support::{self, Site};
use axum::http::StatusCode;
use domain::permission::Role;
use store::on_both;
use store::testing::Scratch;

/// Registers an identity; gives its id.
async fn registered(site: &Site, cookie: &str, name: &str) -> String {
    let body = format!(r#"{{"name":"{name}","kind":"bot"}}"#);
    let request = Site::request(&axum::http::Method::POST, "/api/v1/identities", Some(cookie), "application/json", &body);
    let made = site.send(request).await;
    serde_json::from_str::<serde_json::Value>(&made.text).expect("json")["id"].as_str().expect("an id").to_owned()
}

/// The name of the view that a page says it shows.
fn view(html: &str) -> Option<&str> {
    let tabs = html.split("aria-label=\"Views\"").nth(1)?.split("</nav>").next()?;
    tabs.split("aria-current=\"page\">").nth(1)?.split('<').next()
}

on_both!(each_role_lands_on_the_view_of_its_work, async |s: &Scratch| {
    let site = Site::over(s);
    let admin = site.person(Role::Admin).await;
    let empty = site.get("/", Some(&admin)).await.text;
    assert!(empty.contains("No identities yet.") && empty.contains("Start with a file you have"), "{empty}");
    registered(&site, &admin, "scout").await;
    for (role, expected) in [
        (Role::Executive, "Posture"),
        (Role::Analyst, "Work"),
        (Role::Reviewer, "Work"),
        (Role::SecurityReviewer, "Work"),
        (Role::Auditor, "Evidence"),
        (Role::Admin, "Operations"),
    ] {
        let cookie = if role == Role::Admin { admin.clone() } else { site.person(role).await };
        let page = site.get("/", Some(&cookie)).await;
        assert_eq!((page.status, view(&page.text)), (StatusCode::OK, Some(expected)), "{role}");
        let operations = site.get("/?view=operations", Some(&cookie)).await.status;
        assert_eq!(operations == StatusCode::OK, role == Role::Admin, "{role}");
        assert_eq!(site.get("/keyboard", Some(&cookie)).await.status, StatusCode::OK, "{role}");
    }
    assert_eq!(site.get("/?view=nothing", Some(&admin)).await.status, StatusCode::UNPROCESSABLE_ENTITY);
});

on_both!(the_past_offers_no_action_and_says_why, async |s: &Scratch| {
    let site = Site::over(s);
    let cookie = site.person(Role::Admin).await;
    let id = registered(&site, &cookie, "scout").await;
    let head = service::overview::chrome(&site.services, None).await.expect("chrome").head;
    for path in ["/identities".to_owned(), "/?view=operations".to_owned(), format!("/identities/{id}")] {
        let now = site.get(&path, Some(&cookie)).await.text;
        assert!(!now.contains("aria-disabled") && now.contains("title=\"1 wait for a first review\""), "{path}: {now}");
        let joint = if path.contains('?') { '&' } else { '?' };
        let then = site.get(&format!("{path}{joint}as_of={head}"), Some(&cookie)).await.text;
        let main = support::main_part(&then);
        assert!(main.contains("aria-disabled=\"true\"") && main.contains("Return to now to make changes."), "{path}: {main}");
        for gone in ["href=\"/identities/new\"", "href=\"/imports/new\"", "<form method=\"post\"", "just now"] {
            assert!(!main.contains(gone), "{path}: {gone}");
        }
        assert!(
            !then.contains("wait for a first review\"") && !then.contains("class=\"foot\""),
            "{path}: numbers of now on a page of the past"
        );
    }
});

on_both!(many_identities_get_one_owner_out_of_the_list, async |s: &Scratch| {
    let site = Site::over(s);
    let cookie = site.person(Role::Analyst).await;
    let who = service::people::sign_in(&site.services, "analyst@example.org", support::PASSWORD, "t").await.expect("signed in");
    let owner = who.person_id().expect("a person");
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(registered(&site, &cookie, name).await);
    }
    let list = site.get("/identities", Some(&cookie)).await.text;
    assert!(ids.iter().all(|id| list.contains(&format!("name=\"pick-{id}\""))), "{list}");
    let body = format!("pick-{}=1&pick-{}=1&owner={owner}&back=%2Fidentities", ids[0], ids[1]);
    let answer = site.form("/identities/owner", Some(&cookie), &body).await;
    assert_eq!((answer.status, answer.location.as_deref()), (StatusCode::SEE_OTHER, Some("/identities")), "{}", answer.text);
    let left = site.get("/identities.csv?no_owner=1", Some(&cookie)).await.text;
    assert_eq!(left.lines().count() - 1, 1, "{left}");
    let rest = format!("where=no_owner%3D1&owner={owner}&back=%2Fadoption");
    assert_eq!(site.form("/identities/owner", Some(&cookie), &rest).await.location.as_deref(), Some("/adoption"));
    let left = site.get("/identities.csv?no_owner=1", Some(&cookie)).await.text;
    assert_eq!(left.lines().count() - 1, 0, "{left}");
    let broken = format!("pick-{}=1&owner={owner}&back=%2Fidentities%0Ax", ids[0]);
    assert_eq!(site.form("/identities/owner", Some(&cookie), &broken).await.location.as_deref(), Some("/identities"));
    // Nobody chosen, and an address that leads away.
    let nobody = site.form("/identities/owner", Some(&cookie), &format!("pick-{}=1&owner=&back=https%3A%2F%2Fevil.example", ids[0])).await;
    assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(nobody.text.contains("Choose an owner."), "{}", nobody.text);
});
