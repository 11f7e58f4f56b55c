//! The second step of the sign-in and the confirmation within a session, as a browser without JavaScript goes through them.

use crate::support::{PASSWORD, Site, main_part};
use axum::http::StatusCode;
use domain::permission::Role;
use domain::time::SECOND;
use store::on_both;
use store::testing::Scratch;
use totp_rs::{Builder, Secret};

/// The value of a hidden field.
fn hidden(page: &str, name: &str) -> String {
    let field = page.split("<input").find(|f| f.contains("type=\"hidden\"") && f.contains(&format!("name=\"{name}\""))).unwrap_or_default();
    field.split("value=\"").nth(1).and_then(|v| v.split('"').next()).unwrap_or_default().to_owned()
}

/// The texts that are shown to be copied.
fn quoted(page: &str) -> String {
    page.split("class=\"quote all\">").nth(1).and_then(|t| t.split('<').next()).unwrap_or_default().to_owned()
}

fn code(key: &str, site: &Site) -> String {
    let secret = Secret::try_from_base32(key.replace(' ', "")).expect("base32");
    let totp = Builder::new().with_secret(secret).build().expect("a secret");
    totp.generate((site.services.now().micros() / SECOND) as u64).to_string()
}

fn first_step() -> String {
    format!("email=reviewer%40example.org&password={}&next=%2Fidentities", PASSWORD.replace(' ', "+"))
}

/// Adds an app to whoever is signed in; its key.
async fn app(site: &Site, cookie: &str) -> String {
    let page = site.get("/settings/security/app", Some(cookie)).await.text;
    let (sealed, key) = (hidden(&page, "sealed"), quoted(&page));
    assert!(page.contains("class=\"qr\"") && !sealed.is_empty() && !sealed.contains(&key.replace(' ', "")), "{page}");
    let wrong = site.form("/settings/security/app", Some(cookie), &format!("label=Phone&code=000000&sealed={sealed}")).await;
    assert_eq!(
        (wrong.status, hidden(&wrong.text, "sealed"), quoted(&wrong.text)),
        (StatusCode::UNPROCESSABLE_ENTITY, sealed.clone(), key.clone())
    );
    let right = format!("label=Phone&code={}&sealed={sealed}", code(&key, site));
    let added = site.form("/settings/security/app", Some(cookie), &right).await;
    let codes = added.location.expect("on to the recovery codes");
    let page = site.get(&codes, Some(cookie)).await.text;
    assert_eq!(quoted(&page).split_whitespace().count(), 10, "{page}");
    assert!(!site.get(&codes, Some(cookie)).await.text.contains("class=\"quote all\""), "shown once");
    key
}

on_both!(the_second_step_stands_between_the_password_and_the_session, async |s: &Scratch| {
    let site = Site::over(s);
    let cookie = site.person(Role::Reviewer).await;
    let key = app(&site, &cookie).await;
    s.clock.advance(30 * SECOND);
    let first = site.form("/sign-in", None, &first_step()).await;
    assert_eq!((first.status, first.cookie), (StatusCode::OK, None), "no session yet");
    let (pending, next) = (hidden(&first.text, "pending"), hidden(&first.text, "next"));
    assert_eq!(next, "/identities");
    assert!(!main_part(&first.text).contains("data-passkey="), "there is no passkey to ask");
    let wrong = site.form("/sign-in/factor", None, &format!("pending={pending}&next={next}&code=000000")).await;
    assert_eq!((wrong.status, hidden(&wrong.text, "pending")), (StatusCode::UNPROCESSABLE_ENTITY, pending.clone()));
    assert!(!main_part(&wrong.text).contains("\"000000\""), "what was typed goes to no page");
    let given = code(&key, &site);
    let entered = site.form("/sign-in/factor", None, &format!("pending={pending}&next={next}&code={given}")).await;
    assert_eq!((entered.status, entered.location.as_deref()), (StatusCode::SEE_OTHER, Some("/identities")));
    let cookie = entered.cookie.expect("a session");
    assert_eq!(site.get("/identities", Some(&cookie)).await.status, StatusCode::OK);
    let again = site.form("/sign-in/factor", None, &format!("pending={pending}&next={next}&code={given}")).await;
    assert_eq!((again.status, again.cookie), (StatusCode::UNPROCESSABLE_ENTITY, None), "replayed");
    let elsewhere = site.form("/sign-in/factor", None, &format!("pending={pending}&next=%2F%2Fevil.example&code=1")).await;
    assert!(!elsewhere.location.unwrap_or_default().contains("evil"));
    s.clock.advance(301 * SECOND);
    let late = site.form("/sign-in/factor", None, &format!("pending={pending}&next={next}&code={}", code(&key, &site))).await;
    assert!(late.cookie.is_none() && late.text.contains("Sign in again"), "{}", late.text);
    let page = site.get("/sign-in/factor", None).await;
    assert!(page.status == StatusCode::OK && page.text.contains("Sign in again"));
});

on_both!(changing_factors_asks_for_a_confirmation_that_counts_for_five_minutes, async |s: &Scratch| {
    let site = Site::over(s);
    let cookie = site.person(Role::Reviewer).await;
    let key = app(&site, &cookie).await;
    // The password alone confirmed this session; now there is more to show.
    let asked = site.form("/settings/security/codes", Some(&cookie), "").await;
    assert_eq!(asked.location.as_deref(), Some("/reauth?next=%2Fsettings%2Fsecurity%2Fcodes"));
    s.clock.advance(30 * SECOND);
    let password = PASSWORD.replace(' ', "+");
    let confirm = async |code: &str| {
        let body = format!("next=%2Fsettings%2Fsecurity%2Fcodes&password={password}&code={code}");
        site.form("/reauth", Some(&cookie), &body).await
    };
    let wrong = confirm("000000").await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && !wrong.text.contains(PASSWORD));
    assert_eq!(confirm(&code(&key, &site)).await.location.as_deref(), Some("/settings/security/codes"));
    let made = site.form("/settings/security/codes", Some(&cookie), "").await;
    assert!(made.location.as_deref().is_some_and(|l| l.starts_with("/settings/security/codes?once=")), "{:?}", made.location);
    s.clock.advance(301 * SECOND);
    let late = site.form("/settings/security/codes", Some(&cookie), "").await;
    assert_eq!(late.location.as_deref(), Some("/reauth?next=%2Fsettings%2Fsecurity%2Fcodes"));
    let page = site.get("/settings/security/app", Some(&cookie)).await.text;
    assert!(!page.contains("name=\"sealed\"") && page.contains("/reauth?next="), "the form comes after the confirmation");
    // What a passkey is asked is an answer for the script of the page, and a refusal a problem with its reason.
    let question = site.form("/settings/security/passkey/question", Some(&cookie), "kind=passkey").await;
    assert_eq!(question.status, StatusCode::FORBIDDEN, "{}", question.text);
    s.clock.advance(30 * SECOND);
    confirm(&code(&key, &site)).await;
    let question = site.form("/settings/security/passkey/question", Some(&cookie), "kind=passkey").await;
    let asked: serde_json::Value = serde_json::from_str(&question.text).expect("JSON");
    assert_eq!(asked["options"]["authenticatorSelection"]["userVerification"], "required", "{asked}");
});
