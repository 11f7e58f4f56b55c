//! Accounts: invited, joined, given roles, locked out, taken back; tokens that open what they say and no more.

use crate::support;
use domain::asof::Wanted;
use domain::ids::{IdentityId, PersonId};
use domain::permission::{Action, Role};
use domain::person::State;
use domain::query::Term;
use domain::query::people::Filter;
use domain::query::tokens::{Filter as Narrowed, State as Works};
use domain::time::DAY;
use domain::token::HolderKind;
use service::identities::{self, Registration};
use service::listing::Listing;
use service::tokens::{self, Wish};
use service::{Error, Principal, Services, people};
use store::on_both;
use store::testing::Scratch;

const PASSWORD: &str = "a long enough sentence";

async fn person(services: &Services, email: &str, roles: &[Role]) -> Principal {
    let added = people::add(&support::by(services, &support::host()), email.split('@').next().expect("a name"), email, PASSWORD, roles)
        .await
        .expect("added");
    people::current(services, id(&added)).await.expect("read").expect("active")
}

fn id(who: &Principal) -> PersonId {
    who.person_id().expect("a person")
}

fn parts(query: &str) -> (String, String, String) {
    let get = |name: &str| query.split('&').find_map(|p| p.strip_prefix(&format!("{name}="))).expect("a part").to_owned();
    (get("person"), get("until"), get("tag"))
}

on_both!(an_invitation_works_once_and_in_time, async |s: &Scratch| {
    let services = support::services(s);
    let admin = person(&services, "adm@example.org", &[Role::Admin]).await;
    let (invited, query) =
        people::invite(&support::by(&services, &admin), "Rob", "rob@example.org", &[Role::Reviewer]).await.expect("invited");
    assert!(matches!(people::sign_in(&services, "rob@example.org", PASSWORD, "a").await, Err(Error::SignInFailed)), "no password yet");
    let (p, until, tag) = parts(&query);
    let forged = until.replacen('1', "2", 1);
    assert!(matches!(people::accept(&services, &p, &forged, &tag, PASSWORD).await, Err(Error::LinkGone)));
    assert!(matches!(people::accept(&services, &id(&admin).to_string(), &until, &tag, PASSWORD).await, Err(Error::LinkGone)));
    assert!(matches!(people::accept(&services, &p, &until, &tag, "short").await, Err(Error::Invalid { field: "password", .. })));
    people::accept(&services, &p, &until, &tag, PASSWORD).await.expect("accepted");
    assert!(matches!(people::accept(&services, &p, &until, &tag, "another long sentence").await, Err(Error::LinkGone)), "once");
    let rob = people::sign_in(&services, "rob@example.org", PASSWORD, "a").await.expect("signed in");
    assert_eq!(id(&rob), invited);
    let late = parts(&people::reset_link(&support::by(&services, &admin), invited).await.expect("a link").1);
    s.clock.advance(4 * DAY);
    assert!(matches!(people::accept(&services, &late.0, &late.1, &late.2, PASSWORD).await, Err(Error::LinkGone)), "out of time");
    support::intact(s).await;
});

on_both!(roles_are_given_by_others_and_the_last_admin_stays, async |s: &Scratch| {
    let services = support::services(s);
    let admin = person(&services, "adm@example.org", &[Role::Admin]).await;
    let rob = person(&services, "rob@example.org", &[Role::Reviewer]).await;
    let give = |who: Principal, to: PersonId, role: Role, scope: (&'static str, &'static str)| {
        let services = services.clone();
        async move { people::assign(&support::by(&services, &who), to, role, scope).await }
    };
    assert!(matches!(give(rob.clone(), id(&rob), Role::Analyst, ("organisation", "")).await, Err(Error::Forbidden(_))));
    assert!(matches!(
        give(admin.clone(), id(&admin), Role::Analyst, ("organisation", "")).await,
        Err(Error::Invalid { field: "role", .. })
    ));
    assert!(
        matches!(give(admin.clone(), id(&rob), Role::Admin, ("organisation", "")).await, Err(Error::Invalid { field: "role", .. })),
        "they exclude each other"
    );
    assert!(matches!(give(admin.clone(), id(&rob), Role::Analyst, ("planet", "x")).await, Err(Error::Invalid { field: "scope", .. })));
    give(admin.clone(), id(&rob), Role::Analyst, ("environment", "production")).await.expect("given");
    let all = support::people(&services, &admin).await;
    let of_rob = all.iter().find(|p| p.person.id == id(&rob)).expect("there");
    assert_eq!(of_rob.roles.len(), 2);
    // A narrower scope opens nothing outside of it.
    let now = people::current(&services, id(&rob)).await.expect("read").expect("active");
    let at = |e| domain::permission::Place { environment: Some(e), ..Default::default() };
    use domain::identity::Environment::{Production, Test};
    assert!(now.may_at(Action::Import, &at(Production)) && !now.may_at(Action::Import, &at(Test)), "analyst of production only");
    let analyst = of_rob.roles.iter().find(|r| r.role == Role::Analyst).expect("given").id;
    people::unassign(&support::by(&services, &admin), analyst).await.expect("taken");
    let own = all.iter().find(|p| p.person.id == id(&admin)).expect("there").roles[0].id;
    assert!(matches!(people::unassign(&support::by(&services, &admin), own).await, Err(Error::Conflict(_))), "the last admin");
    support::intact(s).await;
});

on_both!(a_leaver_is_out_at_once_and_leaves_nothing_behind, async |s: &Scratch| {
    let services = support::services(s);
    let admin = person(&services, "adm@example.org", &[Role::Admin]).await;
    let lea = person(&services, "lea@example.org", &[Role::Analyst]).await;
    let ben = person(&services, "ben@example.org", &[Role::Analyst]).await;
    let registration = |name: &str, backup: &str| Registration {
        name: name.into(),
        kind: "bot".into(),
        owner: id(&lea).to_string(),
        backup: backup.into(),
        ..Registration::default()
    };
    let (handed, _) =
        identities::register(&support::by(&services, &lea), &registration("handed", &id(&ben).to_string())).await.expect("registered");
    let (orphan, _) = identities::register(&support::by(&services, &lea), &registration("orphan", "")).await.expect("registered");
    let wish = Wish { name: "nightly".into(), scopes: vec!["inventory:read".into()], days: 30, ..Wish::default() };
    let token = tokens::mint(&support::by(&services, &lea), &wish).await.expect("minted").text;
    assert!(tokens::caller(&services, &token).await.expect("asked").is_some());
    service::sessions::create(&services, "lea's", Some(id(&lea)), "{}".into()).await.expect("a session");
    assert!(matches!(people::lock_out(&support::by(&services, &admin), id(&admin)).await, Err(Error::Conflict(_))), "not oneself");
    people::lock_out(&support::by(&services, &admin), id(&lea)).await.expect("locked out");
    assert!(people::current(&services, id(&lea)).await.expect("read").is_none());
    assert!(service::sessions::load(&services, "lea's").await.expect("read").is_none());
    assert!(tokens::caller(&services, &token).await.expect("asked").is_none());
    assert!(matches!(people::sign_in(&services, "lea@example.org", PASSWORD, "a").await, Err(Error::SignInFailed)));
    let owner = async |of: IdentityId| {
        identities::show(&mut support::at(&services, &admin, Wanted::Now).await, of).await.expect("shown").owner_name
    };
    assert_eq!((owner(handed).await.as_deref(), owner(orphan).await), (Some("ben"), None));
    let counts = service::overview::page(&mut support::at(&services, &admin, Wanted::Now).await).await.expect("overview");
    assert_eq!(counts.count("identities.no_owner"), 1);
    support::intact(s).await;
    people::take_back(&support::by(&services, &admin), id(&lea)).await.expect("taken back");
    assert!(matches!(people::sign_in(&services, "lea@example.org", PASSWORD, "a").await, Err(Error::SignInFailed)), "a new password first");
    let link = parts(&people::reset_link(&support::by(&services, &admin), id(&lea)).await.expect("a link").1);
    people::accept(&services, &link.0, &link.1, &link.2, "another long sentence").await.expect("accepted");
    people::sign_in(&services, "lea@example.org", "another long sentence", "a").await.expect("back");
    support::intact(s).await;
});

on_both!(a_token_opens_what_it_says_and_never_decides, async |s: &Scratch| {
    let services = support::services(s);
    let admin = person(&services, "adm@example.org", &[Role::Admin]).await;
    let ann = person(&services, "ann@example.org", &[Role::Analyst]).await;
    let wish =
        |scopes: &[&str]| Wish { name: "t".into(), scopes: scopes.iter().map(|s| (*s).to_owned()).collect(), days: 30, ..Wish::default() };
    for (bad, field) in [
        (wish(&[]), "scopes"),
        (wish(&["everything"]), "scopes"),
        (wish(&["signal:write", "change:apply"]), "scopes"),
        (Wish { days: 400, ..wish(&["inventory:read"]) }, "days"),
        (Wish { name: " ".into(), ..wish(&["inventory:read"]) }, "name"),
        (wish(&["observe:write"]), "source"),
    ] {
        let refused = tokens::mint(&support::by(&services, &ann), &bad).await;
        assert!(matches!(&refused, Err(Error::Invalid { field: f, .. }) if *f == field), "{field}: {refused:?}");
    }
    let minted = tokens::mint(&support::by(&services, &ann), &wish(&["inventory:read", "signal:write"])).await.expect("minted");
    assert!(
        matches!(tokens::mint(&support::by(&services, &ann), &wish(&["change:apply"])).await, Err(Error::Invalid { field: "scopes", .. })),
        "across tokens too"
    );
    // A minter has seen what they mint, for whomever it is: the two never meet in one person.
    let registration = Registration { name: "robot".into(), kind: "bot".into(), ..Registration::default() };
    let (robot, _) = identities::register(&support::by(&services, &ann), &registration).await.expect("registered");
    let for_robot = |scope: &str| Wish { identity: robot.to_string(), ..wish(&[scope]) };
    tokens::mint(&support::by(&services, &admin), &wish(&["signal:write"])).await.expect("minted");
    let refused = tokens::mint(&support::by(&services, &admin), &for_robot("change:apply")).await;
    assert!(matches!(refused, Err(Error::Invalid { field: "scopes", .. })), "{refused:?}");
    let other = person(&services, "other@example.org", &[Role::Admin]).await;
    let (one, two) = (for_robot("change:apply"), for_robot("observe:write"));
    let two = Wish { scopes: vec!["signal:write".into()], ..two };
    // From two processes on one store.
    let elsewhere = support::services(s);
    let (here, there) = (support::by(&services, &other), support::by(&elsewhere, &other));
    let both = tokio::join!(tokens::mint(&here, &one), tokens::mint(&there, &two));
    assert!(both.0.is_ok() != both.1.is_ok(), "one of two at once");
    let caller = tokens::caller(&services, &minted.text).await.expect("asked").expect("known");
    let open: Vec<&str> = Action::ALL.iter().filter(|a| caller.may(**a)).map(|a| a.as_str()).collect();
    assert_eq!(open, ["read_overview", "read_inventory"]);
    assert!(
        matches!(tokens::mint(&support::by(&services, &caller), &wish(&["inventory:read"])).await, Err(Error::Forbidden(_))),
        "a token mints no token"
    );
    let mut tx = s.db.snapshot().await.expect("a snapshot");
    let secret = minted.text.trim_start_matches("cst_");
    assert!(!store::testing::all_text(&mut tx, "tokens").await.contains(secret), "only its digest is kept");
    tx.rollback().await.expect("closed");
    // The roles of today count: with the role the token loses what it opened.
    let all = support::people(&services, &admin).await;
    let role = all.iter().find(|p| p.person.id == id(&ann)).expect("there").roles[0].id;
    people::unassign(&support::by(&services, &admin), role).await.expect("taken");
    assert!(!tokens::caller(&services, &minted.text).await.expect("asked").expect("known").may(Action::ReadInventory));
    s.clock.advance(31 * DAY);
    assert!(tokens::caller(&services, &minted.text).await.expect("asked").is_none(), "run out");
    support::intact(s).await;
});

on_both!(a_token_row_written_behind_our_back_is_void, async |s: &Scratch| {
    let services = support::services(s);
    let admin = person(&services, "adm@example.org", &[Role::Admin]).await;
    let wish = Wish { name: "t".into(), scopes: vec!["inventory:read".into()], days: 30, ..Wish::default() };
    let minted = tokens::mint(&support::by(&services, &admin), &wish).await.expect("minted");
    store::testing::behind_our_back(&s.db, "UPDATE tokens SET scopes = 'inventory:read inventory:write'").await;
    assert!(tokens::caller(&services, &minted.text).await.expect("asked").is_none());
});

on_both!(what_an_admin_made_ends_with_the_right_to_make_it, async |s: &Scratch| {
    let services = support::services(s);
    let admin = person(&services, "adm@example.org", &[Role::Admin]).await;
    let bad = person(&services, "bad@example.org", &[Role::Admin]).await;
    let ann = person(&services, "ann@example.org", &[Role::Analyst]).await;
    let registration = Registration { name: "robot".into(), kind: "bot".into(), ..Registration::default() };
    let (robot, written) = identities::register(&support::by(&services, &ann), &registration).await.expect("registered");
    let wish =
        |days| Wish { name: "t".into(), scopes: vec!["inventory:read".into()], days, identity: robot.to_string(), ..Wish::default() };
    let kept = tokens::mint(&support::by(&services, &admin), &wish(30)).await.expect("minted").text;
    let token = tokens::mint(&support::by(&services, &bad), &wish(30)).await.expect("minted").text;
    let (_, query) =
        people::invite(&support::by(&services, &bad), "Mallory", "mallory@example.org", &[Role::Admin]).await.expect("invited");
    let link = parts(&query);
    assert!(tokens::caller(&services, &token).await.expect("asked").is_some());
    people::opened(&services, &link.0, &link.1, &link.2).await.expect("works");
    let all = support::people(&services, &admin).await;
    let role = all.iter().find(|p| p.person.id == id(&bad)).expect("there").roles[0].id;
    people::unassign(&support::by(&services, &admin), role).await.expect("taken");
    assert!(tokens::caller(&services, &token).await.expect("asked").is_none(), "a token of an admin who is none any more");
    assert!(matches!(people::accept(&services, &link.0, &link.1, &link.2, PASSWORD).await, Err(Error::LinkGone)));
    // An identity that is retired calls no more.
    assert!(tokens::caller(&services, &kept).await.expect("asked").is_some());
    identities::edit(&support::by(&services, &ann), robot, written.seq, &Registration { lifecycle: "retired".into(), ..registration })
        .await
        .expect("edited");
    assert!(tokens::caller(&services, &kept).await.expect("asked").is_none());
    support::intact(s).await;
});

on_both!(two_admins_cannot_take_each_other_away_at_once, async |s: &Scratch| {
    let services = support::services(s);
    let (a, b) = (person(&services, "a@example.org", &[Role::Admin]).await, person(&services, "b@example.org", &[Role::Admin]).await);
    // From two processes on one store.
    let elsewhere = support::services(s);
    let (here, there) = (support::by(&services, &a), support::by(&elsewhere, &b));
    let both = tokio::join!(people::lock_out(&here, id(&b)), people::lock_out(&there, id(&a)));
    assert!(both.0.is_ok() != both.1.is_ok(), "{both:?}");
    let c = person(&services, "c@example.org", &[Role::Admin]).await;
    let left = if both.0.is_ok() { a } else { b };
    let all = support::people(&services, &c).await;
    let role = |who: &Principal| all.iter().find(|p| p.person.id == id(who)).expect("there").roles[0].id;
    let (here, there) = (support::by(&services, &left), support::by(&elsewhere, &c));
    let both = tokio::join!(people::unassign(&here, role(&c)), people::unassign(&there, role(&left)));
    assert!(both.0.is_ok() != both.1.is_ok(), "{both:?}");
    support::intact(s).await;
});

on_both!(the_old_password_is_not_guessed_by_whoever_holds_a_session, async |s: &Scratch| {
    let services = support::services(s);
    let ann = person(&services, "ann@example.org", &[Role::Analyst]).await;
    let change = async |old: &str| people::change_password(&support::by(&services, &ann), "here", old, "another long sentence").await;
    for _ in 0..5 {
        assert!(matches!(change("a guess").await, Err(Error::Invalid { field: "old", .. })));
    }
    assert!(matches!(change(PASSWORD).await, Err(Error::Locked(_))), "even the right one waits");
    s.clock.advance(domain::time::SECOND * 60);
    change(PASSWORD).await.expect("changed");
    assert!(people::sign_in(&services, "ann@example.org", "another long sentence", "a").await.is_ok());
});

on_both!(good_sign_ins_never_pause_an_address_and_a_burst_of_bad_ones_does, async |s: &Scratch| {
    let services = support::services(s);
    person(&services, "ann@example.org", &[Role::Analyst]).await;
    for _ in 0..60 {
        people::sign_in(&services, "ann@example.org", PASSWORD, "office").await.expect("signed in");
    }
    let mut burst = tokio::task::JoinSet::new();
    for _ in 0..12 {
        let services = services.clone();
        burst.spawn(async move { people::sign_in(&services, "ann@example.org", "a guess", "cafe").await });
    }
    let tried = burst.join_all().await.iter().filter(|a| matches!(a, Err(Error::SignInFailed))).count();
    assert!(tried <= 6, "{tried} of a burst reached the password");
    // From many accounts the address is what pauses.
    for i in 0..60 {
        let _ = people::sign_in(&services, &format!("nobody{i}@example.org"), "a guess", "bar").await;
    }
    assert!(matches!(people::sign_in(&services, "ann@example.org", PASSWORD, "bar").await, Err(Error::Locked(_))));
    people::sign_in(&services, "ann@example.org", PASSWORD, "office").await.expect("elsewhere nothing is paused");
});

on_both!(sessions_end_when_idle_at_last_and_by_hand, async |s: &Scratch| {
    let services = support::services(s);
    let ann = person(&services, "ann@example.org", &[Role::Analyst]).await;
    let data = |with: &str| format!("{{\"begun_with\":\"{with}\"}}");
    for name in ["one", "two", "three"] {
        service::sessions::create(&services, name, Some(id(&ann)), data(name)).await.expect("begun");
    }
    let mine = people::my_sessions(&mut support::at(&services, &ann, Wanted::Now).await, "two").await.expect("listed");
    let said: Vec<(&str, bool)> = mine.iter().map(|m| (m.with.as_str(), m.here)).collect();
    assert!(said.contains(&("two", true)) && said.contains(&("one", false)), "{said:?}");
    let one = mine.iter().find(|m| m.with == "one").expect("there").hash.clone();
    people::end_session(&support::by(&services, &ann), &one).await.expect("ended");
    assert!(matches!(people::end_session(&support::by(&services, &ann), &one).await, Err(Error::NotFound(_))));
    assert!(service::sessions::load(&services, "one").await.expect("read").is_none());
    let hour = domain::time::SECOND * 3600;
    for _ in 0..23 {
        s.clock.advance(hour);
        assert!(service::sessions::load(&services, "two").await.expect("read").is_some(), "used every hour");
    }
    assert!(service::sessions::load(&services, "three").await.expect("read").is_none(), "idle for more than eight hours");
    s.clock.advance(hour + 1);
    assert!(service::sessions::load(&services, "two").await.expect("read").is_none(), "a day is the most");
});

on_both!(past_data_is_read_with_the_rights_of_today, async |s: &Scratch| {
    let services = support::services(s);
    let (a, b) =
        (person(&services, "a@example.org", &[Role::Admin]).await, person(&services, "b@example.org", &[Role::Admin, Role::Analyst]).await);
    let before = support::at(&services, &b, Wanted::Now).await.as_of();
    let role = support::people(&services, &a)
        .await
        .iter()
        .find(|p| p.person.id == id(&b))
        .expect("there")
        .roles
        .iter()
        .find(|r| r.role == Role::Admin)
        .expect("held")
        .id;
    people::unassign(&support::by(&services, &a), role).await.expect("taken");
    let b = people::current(&services, id(&b)).await.expect("read").expect("active");
    assert!(matches!(
        people::List::sheet(&mut support::at(&services, &b, Wanted::Pair(before)).await, &Filter::default(), None, 1000).await,
        Err(Error::Forbidden(_))
    ));
});

on_both!(people_and_tokens_are_searched_narrowed_and_paged, async |s: &Scratch| {
    let services = support::services(s);
    let admin = person(&services, "adm@example.org", &[Role::Admin]).await;
    for name in ["bea", "cy", "dot"] {
        person(&services, &format!("{name}@example.org"), &[Role::Analyst]).await;
    }
    let (_, _) = people::invite(&support::by(&services, &admin), "eve", "eve@example.org", &[Role::Reviewer]).await.expect("invited");
    let named = async |filter: Filter| {
        let (mut after, mut names) = (None::<String>, Vec::new());
        loop {
            let mut read = support::at(&services, &admin, Wanted::Now).await;
            let sheet = people::List::sheet(&mut read, &filter, after.as_deref(), 2).await.expect("a sheet");
            let around = people::surroundings(&mut read).await.expect("read");
            assert!(sheet.rows.len() <= 2 && (around.active, around.deciding) == (4, 0));
            names.extend(sheet.rows.iter().map(|p| p.person.shown()));
            after = sheet.next;
            if after.is_none() {
                return names.join(" ");
            }
        }
    };
    assert_eq!(named(Filter::default()).await, "adm bea cy dot eve");
    assert_eq!(named(Filter { search: Some(Term::new("e@ex")), ..Filter::default() }).await, "eve");
    assert_eq!(named(Filter { search: Some(Term::new("%")), ..Filter::default() }).await, "");
    assert_eq!(named(Filter { state: Some(State::Invited), ..Filter::default() }).await, "eve");
    assert_eq!(named(Filter { role: Some(Role::Analyst), ..Filter::default() }).await, "bea cy dot");
    let mint = async |name: &str, days| {
        let wish = Wish { name: name.into(), scopes: vec!["inventory:read".into()], days, ..Wish::default() };
        tokens::mint(&support::by(&services, &admin), &wish).await.expect("minted");
    };
    for (name, days) in [("one", 1), ("two", 30), ("three", 30)] {
        mint(name, days).await;
    }
    s.clock.advance(2 * DAY);
    let listed = async |filter: Narrowed| {
        let (mut before, mut names) = (None::<String>, Vec::new());
        loop {
            let mut read = support::at(&services, &admin, Wanted::Now).await;
            let sheet = tokens::List::sheet(&mut read, &filter, before.as_deref(), 2).await.expect("a sheet");
            assert_eq!(tokens::working(&mut read).await.expect("counted"), 2);
            names.extend(sheet.rows.iter().map(|t| t.token.name.clone()));
            before = sheet.next;
            if before.is_none() {
                return names.join(" ");
            }
        }
    };
    assert_eq!(listed(Narrowed::default()).await, "three two one");
    assert_eq!(listed(Narrowed { state: Some(Works::Ended), ..Default::default() }).await, "one");
    assert_eq!(listed(Narrowed { state: Some(Works::Working), search: Some(Term::new("tw")), ..Default::default() }).await, "two");
    assert_eq!(listed(Narrowed { holder: Some(HolderKind::Identity), ..Default::default() }).await, "");
});
