//! Time: what has ended is judged by one now, which is never before the newest entry, and a clock that ran ahead once
//! locks nobody out.

use crate::support;
use domain::ids::PersonId;
use domain::permission::Role;
use domain::ports::Clock;
use domain::time::{DAY, MINUTE, SECOND, Timestamp};
use service::tokens::{self, Wish};
use service::{Error, Principal, Services, people, sessions};
use std::sync::Arc;
use store::on_both;
use store::testing::{START, Scratch};

const PASSWORD: &str = "a long enough sentence";
const EMAIL: &str = "ann@example.org";
const YEARS: i64 = 3650 * DAY;

/// A clock that stands.
struct Stands(Timestamp);

impl Clock for Stands {
    fn now(&self) -> Timestamp {
        self.0
    }
}

async fn admin(services: &Services) -> Principal {
    people::add(&support::by(services, &support::host()), "Ann", EMAIL, PASSWORD, &[Role::Admin]).await.expect("added");
    signed_in(services).await.expect("signed in")
}

async fn signed_in(services: &Services) -> Result<Principal, Error> {
    people::sign_in(services, EMAIL, PASSWORD, "192.0.2.1").await
}

async fn token(services: &Services, who: &Principal, days: i64) -> String {
    let wish = Wish { name: format!("for {days}"), scopes: vec!["inventory:read".to_owned()], days, ..Wish::default() };
    tokens::mint(&support::by(services, who), &wish).await.expect("minted").text
}

async fn works(services: &Services, token: &str) -> bool {
    tokens::caller(services, token).await.expect("asked").is_some()
}

async fn session(services: &Services, id: &str, person: PersonId) {
    sessions::create(services, id, Some(person), "{}".to_owned()).await.expect("begun");
}

async fn lives(services: &Services, id: &str) -> bool {
    sessions::load(services, id).await.expect("asked").is_some()
}

async fn entry(services: &Services, name: &str) {
    service::teams::add(&support::by(services, &support::host()), name, "").await.expect("written");
}

on_both!(a_set_up_link_ends_by_the_newest_entry, async |s: &Scratch| {
    let here = support::services(s);
    let behind = support::services_with(s, Arc::new(Stands(START)));
    let setup = people::setup_secret(&here).await.expect("a link");
    people::setup_link(&behind, &setup).await.expect("it works");
    s.clock.advance(4 * DAY);
    entry(&here, "later").await;
    assert!(matches!(people::setup_link(&behind, &setup).await, Err(Error::LinkGone)));
});

on_both!(every_end_is_judged_by_the_newest_entry_whoever_wrote_it, async |s: &Scratch| {
    let here = support::services(s);
    let behind = support::services_with(s, Arc::new(Stands(START)));
    let ann = admin(&here).await;
    let id = ann.person_id().expect("a person");
    let text = token(&here, &ann, 1).await;
    session(&here, "session", id).await;
    let (ben, link) = people::invite(&support::by(&here, &ann), "Ben", "ben@example.org", &[Role::Analyst]).await.expect("invited");
    let part = |name: &str| link.split('&').find_map(|p| p.strip_prefix(&format!("{name}="))).expect("a part").to_owned();
    let (until, tag) = (part("until"), part("tag"));
    assert!(works(&behind, &text).await && lives(&behind, "session").await);
    people::opened(&behind, &ben.to_string(), &until, &tag).await.expect("opened");
    // Nothing but an entry of another process says how late it is.
    s.clock.advance(4 * DAY);
    entry(&here, "later").await;
    assert!(!works(&behind, &text).await, "a token");
    assert!(!lives(&behind, "session").await, "a session");
    let opened = people::opened(&behind, &ben.to_string(), &until, &tag).await;
    assert!(matches!(opened, Err(Error::LinkGone)), "a link: {opened:?}");
});

on_both!(a_clock_that_ran_ahead_once_locks_nobody_out, async |s: &Scratch| {
    let services = support::services(s);
    let ann = admin(&services).await;
    let id = ann.person_id().expect("a person");
    let before = token(&services, &ann, 30).await;
    s.clock.advance(YEARS);
    // Ten years ahead: an entry, a session, and failures of sign-in until it pauses.
    entry(&services, "ahead").await;
    session(&services, "ahead", id).await;
    for _ in 0..7 {
        let _ = people::sign_in(&services, EMAIL, "wrong", "192.0.2.1").await;
    }
    assert!(matches!(signed_in(&services).await, Err(Error::Locked(_))));
    s.clock.set(START.plus(MINUTE));
    for process in [services, support::services(s)] {
        assert!(!works(&process, &before).await, "what has ended does not begin again");
        s.clock.advance(MINUTE);
        let ann = signed_in(&process).await.expect("a pause ends");
        session(&process, "now", id).await;
        assert!(lives(&process, "now").await);
        let text = token(&process, &ann, 1).await;
        assert!(works(&process, &text).await);
        // Time goes on, at half the pace of the clock until that has caught up.
        s.clock.advance(2 * sessions::IDLE + MINUTE);
        assert!(!lives(&process, "now").await, "a session ends");
        s.clock.advance(2 * DAY);
        assert!(!works(&process, &text).await, "a token ends");
        sessions::delete(&process, "now").await.expect("gone");
    }
});

on_both!(what_a_clock_ahead_counted_and_no_entry_says_counts_as_of_now, async |s: &Scratch| {
    let services = support::services(s);
    let id = admin(&services).await.person_id().expect("a person");
    s.clock.advance(YEARS);
    session(&services, "ahead", id).await;
    for _ in 0..4 {
        let _ = people::sign_in(&services, EMAIL, "wrong", "192.0.2.1").await;
    }
    s.clock.set(START.plus(MINUTE));
    assert!(!lives(&services, "ahead").await, "it would live for ten years");
    for _ in 0..3 {
        let _ = people::sign_in(&services, EMAIL, "wrong", "192.0.2.1").await;
    }
    assert!(matches!(signed_in(&services).await, Err(Error::Locked(_))));
    s.clock.advance(30 * SECOND);
    signed_in(&services).await.expect("a pause ends");
});
