//! Whoever writes in the database is let in nowhere by it: a token, a password, a role, a person or the life of an
//! identity that was reopened, changed or put in opens nothing, and neither does a link or an answer that was.

use crate::support;
use domain::permission::Role;
use service::idempotency;
use service::identities::{self, Registration};
use service::setup::Writer;
use service::tokens::{self, Wish};
use service::{Error, Keys, Principal, Services, people};
use store::on_both;
use store::testing::{Scratch, behind_our_back};

const PASSWORD: &str = "a long password of tests";
const OTHER: &str = "another password of tests";
const OPEN: &str = "9223372036854775807";

async fn person(services: &Services, email: &str, role: Role) -> Principal {
    people::add(&support::by(services, &support::host()), email, email, PASSWORD, &[role]).await.expect("added")
}

fn wish() -> Wish {
    Wish { name: "t".into(), scopes: vec!["inventory:read".into()], days: 30, ..Wish::default() }
}

async fn enters(services: &Services, token: &str) -> bool {
    tokens::caller(services, token).await.expect("asked").is_some()
}

on_both!(a_token_that_was_revoked_stays_so_whatever_its_row_says, async |s: &Scratch| {
    let services = support::services(s);
    let admin = person(&services, "adm@example.org", Role::Admin).await;
    let ann = person(&services, "ann@example.org", Role::Analyst).await;
    let revoked = tokens::mint(&support::by(&services, &admin), &wish()).await.expect("minted");
    tokens::revoke(&support::by(&services, &admin), revoked.id).await.expect("revoked");
    let of_a_leaver = tokens::mint(&support::by(&services, &ann), &wish()).await.expect("minted");
    let kept = tokens::mint(&support::by(&services, &admin), &wish()).await.expect("minted");
    people::lock_out(&support::by(&services, &admin), ann.person_id().expect("a person")).await.expect("out");
    assert!(!enters(&services, &revoked.text).await && !enters(&services, &of_a_leaver.text).await);

    behind_our_back(&s.db, &format!("UPDATE tokens SET until = {OPEN}")).await;
    assert!(!enters(&services, &revoked.text).await, "reopened");
    // The leaver is reopened with it: the version that was active, and the later one closed.
    behind_our_back(&s.db, &format!("UPDATE person_versions SET until = CASE state WHEN 'active' THEN {OPEN} ELSE 99 END")).await;
    assert!(!enters(&services, &of_a_leaver.text).await, "reopened with its holder");
    assert!(enters(&services, &kept.text).await, "what nobody revoked works");
});

on_both!(a_password_that_was_changed_opens_nothing_whatever_its_row_says, async |s: &Scratch| {
    let services = support::services(s);
    let ann = person(&services, "ann@example.org", Role::Analyst).await;
    people::change_password(&support::by(&services, &ann), "session", PASSWORD, OTHER).await.expect("changed");
    behind_our_back(&s.db, &format!("UPDATE authenticators SET until = {OPEN}")).await;
    assert!(matches!(people::sign_in(&services, "ann@example.org", PASSWORD, "127.0.0.1").await, Err(Error::SignInFailed)), "reopened");
    people::sign_in(&services, "ann@example.org", OTHER, "127.0.0.1").await.expect("the password of today");
    behind_our_back(&s.db, "UPDATE authenticators SET until = 99 WHERE since = (SELECT MAX(since) FROM authenticators)").await;
    assert!(matches!(people::sign_in(&services, "ann@example.org", PASSWORD, "127.0.0.1").await, Err(Error::SignInFailed)), "alone");
});

on_both!(a_role_or_a_person_that_was_put_back_is_none, async |s: &Scratch| {
    let services = support::services(s);
    let admin = person(&services, "adm@example.org", Role::Admin).await;
    let mallory = person(&services, "mal@example.org", Role::Admin).await;
    let id = mallory.person_id().expect("a person");
    let all = support::people(&services, &admin).await;
    let role = all.iter().find(|p| p.person.id == id).expect("there").roles[0].id;
    people::unassign(&support::by(&services, &admin), role).await.expect("taken");
    let roles = async || match people::current(&services, id).await.expect("asked") {
        Some(Principal::Person { roles, .. }) => roles,
        _ => vec![],
    };
    assert!(roles().await.is_empty());
    behind_our_back(&s.db, &format!("UPDATE role_assignments SET until = {OPEN}")).await;
    assert!(roles().await.is_empty(), "reopened");
    behind_our_back(&s.db, "UPDATE role_assignments SET scope_kind = 'environment', scope = 'test'").await;
    assert!(
        people::current(&services, admin.person_id().expect("a person"))
            .await
            .expect("asked")
            .is_some_and(|p| matches!(p, Principal::Person { roles, .. } if roles.is_empty())),
        "changed"
    );
    behind_our_back(&s.db, "UPDATE person_versions SET state = 'invited'").await;
    assert!(people::current(&services, id).await.expect("asked").is_none());
});

on_both!(an_identity_that_was_set_still_calls_no_more_whatever_lists_say, async |s: &Scratch| {
    let services = support::services(s);
    let admin = person(&services, "adm@example.org", Role::Admin).await;
    let ann = person(&services, "ann@example.org", Role::Analyst).await;
    let registration = Registration { name: "robot".into(), kind: "bot".into(), ..Registration::default() };
    let (robot, written) = identities::register(&support::by(&services, &ann), &registration).await.expect("registered");
    let token = tokens::mint(&support::by(&services, &admin), &Wish { identity: robot.to_string(), ..wish() }).await.expect("minted").text;
    assert!(enters(&services, &token).await);
    let still = Registration { lifecycle: "quarantined".into(), ..registration };
    identities::edit(&support::by(&services, &ann), robot, written.seq, &still).await.expect("edited");
    assert!(!enters(&services, &token).await);
    behind_our_back(&s.db, "UPDATE identity_facts SET lifecycle = 'active'").await;
    assert!(!enters(&services, &token).await, "what lists show is not asked");
    behind_our_back(
        &s.db,
        &format!("UPDATE identity_versions SET until = {OPEN} WHERE since = (SELECT MIN(since) FROM identity_versions)"),
    )
    .await;
    behind_our_back(&s.db, "UPDATE identity_versions SET until = 99 WHERE since = (SELECT MAX(since) FROM identity_versions)").await;
    assert!(!enters(&services, &token).await, "the version of before");
    behind_our_back(&s.db, "DELETE FROM identity_versions WHERE plane = 'manual'").await;
    assert!(!enters(&services, &token).await, "no version at all");
});

on_both!(a_set_up_link_or_an_answer_that_somebody_wrote_is_none, async |s: &Scratch| {
    let services = support::services(s);
    let hash = service::sessions::digest("mine");
    behind_our_back(&s.db, &format!("INSERT INTO setup_links (hash, expires_at, mac) VALUES ('{hash}', {OPEN}, 'x')")).await;
    assert!(matches!(people::setup_link(&services, "mine").await, Err(Error::LinkGone)));
    assert!(matches!(people::set_up(&services, "mine", "M", "m@example.org", PASSWORD).await, Err(Error::LinkGone)));
    let secret = people::setup_secret(&services).await.expect("made");
    behind_our_back(&s.db, "UPDATE setup_links SET expires_at = expires_at + 1").await;
    assert!(matches!(people::setup_link(&services, &secret).await, Err(Error::LinkGone)), "made longer");

    let who = support::host();
    assert_eq!(idempotency::begin(&services, &who, "k", "d").await.expect("begun"), idempotency::Begun::First);
    idempotency::finish(&services, &who, ("k", "d"), 201, ("{}", None)).await.expect("kept");
    assert!(matches!(idempotency::begin(&services, &who, "k", "d").await, Ok(idempotency::Begun::Answered { status: 201, .. })));
    behind_our_back(&s.db, "UPDATE idempotency_keys SET response = '{\"id\":\"idn_mine\"}'").await;
    assert!(matches!(idempotency::begin(&services, &who, "k", "d").await, Err(Error::Conflict(_))));
});

on_both!(a_copy_that_may_only_be_read_is_verified, async |s: &Scratch| {
    let services = support::services(s);
    person(&services, "adm@example.org", Role::Admin).await;
    let copy = s.read_only().await;
    assert!(s.db.takes_writes().await.expect("asked") && !copy.takes_writes().await.expect("asked"));
    // As a command opens it: the head is there already, and no job is kept.
    let here = service::setup::installation(&copy, s.clock.as_ref(), s.ids.as_ref()).await.expect("opened");
    let keys = Keys { mac: [9; 32], verifier: Some(s.signer.verifier()) };
    let writer = Writer::knowing(Some(here.known), copy.clone(), s.clock.clone(), Some(s.signer.clone()));
    let reading = Services::new(copy.clone(), writer, s.ids.clone(), keys, s.folder().join("spool"));
    let report = service::ledger::verify(&support::by(&reading, &support::host()), &[], |_| {}).await.expect("verified");
    assert_eq!(report.findings, []);
    assert!(report.entries > domain::seq::Seq::ZERO);
    copy.close().await;
});
