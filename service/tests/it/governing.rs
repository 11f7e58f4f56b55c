//! What governs the inventory: groups, sources, roles that reach over a part, and what awaits adoption.

use crate::support;
use domain::asof::Wanted;
use domain::identity::{Environment, StatedBy};
use domain::ids::{IdentityId, PersonId};
use domain::permission::{Action, Role};
use domain::privilege::Class;
use domain::query::Term;
use domain::query::identities::Filter;
use domain::seq::Seq;
use domain::snapshot::Format;
use domain::time::DAY;
use service::identities::{self, Registration};
use service::sources::{self, Wish};
use service::{Error, Figure, Holder, Principal, Services, adoption, groups, overview, people, teams, tokens};
use store::on_both;
use store::testing::Scratch;

async fn person(services: &Services, email: &str, roles: &[Role]) -> Principal {
    let name = email.split('@').next().expect("a name");
    let added = people::add(&support::by(services, &support::host()), name, email, "a long enough sentence", roles).await.expect("added");
    people::current(services, id(&added)).await.expect("read").expect("active")
}

async fn again(services: &Services, who: &Principal) -> Principal {
    people::current(services, id(who)).await.expect("read").expect("active")
}

fn id(who: &Principal) -> PersonId {
    who.person_id().expect("a person")
}

async fn csv(services: &Services, source: &str, text: &str, environment: Option<Environment>) -> service::imports::Outcome {
    let mut request = support::request(Format::Csv, source, support::text("s.csv", text));
    request.how.environment = environment;
    support::import(services, request).await
}

async fn named(services: &Services, who: &Principal, name: &str) -> IdentityId {
    let filter = Filter { search: Some(Term::new(name)), ..Filter::default() };
    support::sheet::<identities::List>(services, who, Wanted::Now, &filter).await.rows[0].identity_id
}

on_both!(a_person_is_in_one_group_and_nobody_chooses_their_own, async |s: &Scratch| {
    let services = support::services(s);
    let admin = person(&services, "adm@example.org", &[Role::Admin]).await;
    let rob = person(&services, "rob@example.org", &[Role::Reviewer]).await;
    assert!(matches!(groups::add(&support::by(&services, &rob), "Own").await, Err(Error::Forbidden(_))));
    let (first, _) = groups::add(&support::by(&services, &admin), "Security").await.expect("added");
    let (second, _) = groups::add(&support::by(&services, &admin), "Product").await.expect("added");
    assert!(matches!(groups::add(&support::by(&services, &admin), "Product").await, Err(Error::Invalid { field: "name", .. })));
    assert!(matches!(groups::join(&support::by(&services, &admin), id(&admin), first).await, Err(Error::Invalid { field: "person", .. })));
    assert!(matches!(
        groups::join(&support::by(&services, &admin), id(&rob), domain::ids::GroupId::nil()).await,
        Err(Error::Invalid { field: "group", .. })
    ));
    let joined = groups::join(&support::by(&services, &admin), id(&rob), first).await.expect("joined");
    assert!(
        matches!(groups::join(&support::by(&services, &admin), id(&rob), first).await, Err(Error::Invalid { field: "person", .. })),
        "twice"
    );
    groups::join(&support::by(&services, &admin), id(&rob), second).await.expect("moved");
    let members = async |wanted| {
        let page = groups::page(&mut support::at(&services, &admin, wanted).await).await.expect("page");
        page.groups.into_iter().map(|g| (g.group.name, g.members.len())).collect::<Vec<_>>()
    };
    assert_eq!(members(Wanted::Now).await, [("Product".to_owned(), 1), ("Security".to_owned(), 0)]);
    assert_eq!(members(Wanted::Position(joined.seq)).await, [("Product".to_owned(), 0), ("Security".to_owned(), 1)]);
    groups::leave(&support::by(&services, &admin), id(&rob)).await.expect("left");
    assert!(matches!(groups::leave(&support::by(&services, &admin), id(&rob)).await, Err(Error::NotFound(_))));
    assert_eq!(groups::page(&mut support::at(&services, &admin, Wanted::Now).await).await.expect("page").without.len(), 2);
    support::intact(s).await;
});

on_both!(a_source_says_who_answers_and_when_it_is_late, async |s: &Scratch| {
    let services = support::services(s);
    let admin = person(&services, "adm@example.org", &[Role::Admin]).await;
    let analyst = person(&services, "ana@example.org", &[Role::Analyst]).await;
    let wish = Wish { name: "feed".into(), kind: "csv".into(), owner: "ana@example.org".into(), hours: "24".into(), ..Wish::default() };
    assert!(matches!(sources::register(&support::by(&services, &analyst), &wish).await, Err(Error::Forbidden(_))));
    for (field, bad) in [
        ("name", Wish { name: " ".into(), ..wish.clone() }),
        ("kind", Wish { kind: "fax".into(), ..wish.clone() }),
        ("owner", Wish { owner: "nobody@example.org".into(), ..wish.clone() }),
        ("hours", Wish { hours: "0".into(), ..wish.clone() }),
        ("environment", Wish { environment: "moon".into(), ..wish.clone() }),
        ("vantage", Wish { vantage: "tower".into(), ..wish.clone() }),
    ] {
        let refused = sources::register(&support::by(&services, &admin), &bad).await;
        assert!(matches!(&refused, Err(Error::Invalid { field: f, .. }) if *f == field), "{field}: {refused:?}");
    }
    let (source, written) = sources::register(&support::by(&services, &admin), &wish).await.expect("registered");
    assert!(sources::register(&support::by(&services, &admin), &wish).await.is_err(), "a name is taken once");
    let listed = async |wanted| support::sheet::<sources::List>(&services, &analyst, wanted, &Default::default()).await.rows.remove(0);
    assert!(listed(Wanted::Now).await.late, "nothing came yet");
    let outcome = csv(&services, "feed", "identity\na\nb\n", Some(Environment::Test)).await;
    assert_eq!(outcome.identities.total, 2);
    let now = listed(Wanted::Now).await;
    assert_eq!((now.late, now.identities, now.imports, now.owner.as_deref()), (false, 2, 1, Some("ana")));
    assert_eq!(now.source.environment, Some(Environment::Test), "what an import states holds for the next");
    csv(&services, "feed", "identity\na\nb\n", None).await;
    let a = named(&services, &analyst, "a").await;
    assert_eq!(
        identities::show(&mut support::at(&services, &analyst, Wanted::Now).await, a).await.expect("shown").facts.environment,
        Environment::Test
    );
    s.clock.advance(2 * DAY);
    let now = listed(Wanted::Now).await;
    assert!(now.late);
    let stale = sources::edit(&support::by(&services, &admin), source, written.seq, &Wish::default()).await;
    assert!(matches!(stale, Err(Error::Conflict(_))), "{stale:?}");
    let calm = Wish { environment: "test".into(), ..Wish::default() };
    sources::edit(&support::by(&services, &admin), source, now.source.since, &calm).await.expect("edited");
    let now = listed(Wanted::Now).await;
    assert_eq!((now.late, now.owner), (false, None));
    let same = sources::edit(&support::by(&services, &admin), source, now.source.since, &calm).await;
    assert!(matches!(same, Err(Error::Unchanged)), "nothing was changed");
    assert!(listed(Wanted::Position(written.seq)).await.owner.is_some(), "the past stays");
    support::intact(s).await;
});

on_both!(a_narrow_role_writes_only_where_it_reaches, async |s: &Scratch| {
    let services = support::services(s);
    let admin = person(&services, "adm@example.org", &[Role::Admin]).await;
    let (above, _) = teams::add(&support::by(&services, &admin), "Platform", "").await.expect("added");
    let (below, _) = teams::add(&support::by(&services, &admin), "Agents", "Platform").await.expect("added");
    let (_, _) = teams::add(&support::by(&services, &admin), "Support", "").await.expect("added");
    let ana = person(&services, "ana@example.org", &[Role::Executive]).await;
    people::assign(&support::by(&services, &admin), id(&ana), Role::Analyst, ("team", &above.to_string())).await.expect("given");
    let ana = again(&services, &ana).await;
    assert!(ana.may(Action::WriteInventory) && ana.may(Action::ReadLedger) && !ana.may(Action::ManagePeople));
    let in_team =
        |team: &str| Registration { name: format!("bot of {team}"), kind: "bot".into(), team: team.into(), ..Registration::default() };
    let (own, written) = identities::register(&support::by(&services, &ana), &in_team("Agents")).await.expect("a team below hers");
    for team in ["Support", ""] {
        let refused = identities::register(&support::by(&services, &ana), &in_team(team)).await;
        assert!(matches!(refused, Err(Error::OutOfScope(_))), "{team}: {refused:?}");
    }
    let away = identities::edit(&support::by(&services, &ana), own, written.seq, &in_team("Support")).await;
    assert!(matches!(away, Err(Error::OutOfScope(_))), "nothing is put away to where she does not reach");
    let (other, seen) = identities::register(&support::by(&services, &admin), &in_team("Support")).await.expect("registered");
    let fetched = identities::edit(&support::by(&services, &ana), other, seen.seq, &in_team("Agents")).await;
    assert!(matches!(fetched, Err(Error::OutOfScope(_))), "nor fetched from there");
    let request = support::request(Format::Csv, "feed", support::text("s.csv", "identity\na\n"));
    assert!(matches!(service::imports::run(&support::by(&services, &ana), request.clone(), |_| {}).await, Err(Error::NewSource(_))));
    support::import(&services, request.clone()).await;
    assert!(matches!(service::imports::run(&support::by(&services, &ana), request.clone(), |_| {}).await, Err(Error::OutOfScope(_))));
    people::assign(&support::by(&services, &admin), id(&ana), Role::Analyst, ("source", "feed")).await.expect("given");
    let ana = again(&services, &ana).await;
    service::imports::run(&support::by(&services, &ana), request.clone(), |_| {}).await.expect("into her source");
    let mut restated = request.clone();
    restated.how.environment = Some(Environment::Production);
    let refused = service::imports::run(&support::by(&services, &ana), restated.clone(), |_| {}).await;
    assert!(matches!(refused, Err(Error::OutOfScope(_))), "what her source is, she does not say: {refused:?}");
    support::import(&services, restated.clone()).await;
    service::imports::run(&support::by(&services, &ana), restated, |_| {}).await.expect("to say what it is already changes nothing");
    let mut elsewhere = request;
    elsewhere.how.source = Some("other".to_owned());
    assert!(matches!(service::imports::run(&support::by(&services, &ana), elsewhere, |_| {}).await, Err(Error::NewSource(_))));
    let page = support::people(&services, &admin).await;
    let shown: Vec<String> = page.iter().flat_map(|p| &p.roles).filter(|r| r.role == Role::Analyst).map(|r| r.scope.clone()).collect();
    assert!(shown.contains(&"team Platform".to_owned()) && shown.contains(&"source feed".to_owned()), "{shown:?}");
    assert_ne!(above, below);
    support::intact(s).await;
});

on_both!(adoption_counts_what_nobody_answers_for_and_who_has_left, async |s: &Scratch| {
    let services = support::services(s);
    let admin = person(&services, "adm@example.org", &[Role::Admin]).await;
    let (ana, bob) =
        (person(&services, "ana@example.org", &[Role::Analyst]).await, person(&services, "bob@example.org", &[Role::Analyst]).await);
    csv(&services, "feed", "identity,account,owner\na,1,omar\nb,1,\nc,2,omar\nd,2,\n", None).await;
    let own = async |name: &str, owner: &Principal, backup: Option<&Principal>| {
        let at = named(&services, &ana, name).await;
        let text = |p: &Principal| id(p).to_string();
        let record = Registration {
            name: name.into(),
            kind: "bot".into(),
            owner: text(owner),
            backup: backup.map(text).unwrap_or_default(),
            ..Registration::default()
        };
        identities::edit(&support::by(&services, &ana), at, Seq::ZERO, &record).await.expect("owned")
    };
    own("b", &bob, None).await;
    own("d", &bob, Some(&ana)).await;
    let before = adoption::page(&mut support::at(&services, &ana, Wanted::Now).await).await.expect("page");
    let seq = before.as_of.seq;
    let places = |p: &adoption::Page| {
        p.places.iter().map(|p| (p.place.clone().unwrap_or_default(), p.identities.n, p.unowned.n, p.hinted.n)).collect::<Vec<_>>()
    };
    assert_eq!(places(&before), [("account 1".to_owned(), 2, 1, 1), ("account 2".to_owned(), 2, 1, 1)]);
    assert_eq!((before.hints.clone(), before.orphans.n), (vec![("omar".to_owned(), Figure { n: 2, unclear: 0 })], 0));
    let shown = overview::page(&mut support::at(&services, &ana, Wanted::Now).await).await.expect("overview");
    assert_eq!((shown.count("identities.no_owner"), shown.count("identities.no_backup"), shown.count("identities.hinted")), (2, 1, 2));
    people::lock_out(&support::by(&services, &admin), id(&bob)).await.expect("locked out");
    let shown = overview::page(&mut support::at(&services, &ana, Wanted::Now).await).await.expect("overview");
    assert_eq!(
        (shown.count("identities.no_owner"), shown.count("identities.no_backup"), shown.orphans.n),
        (3, 1, 1),
        "b is orphaned, d has ana"
    );
    let filter = Filter { orphaned: true, ..Filter::default() };
    let orphans = support::sheet::<identities::List>(&services, &ana, Wanted::Now, &filter).await;
    assert_eq!(orphans.rows.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), ["b"]);
    let then = adoption::page(&mut support::at(&services, &ana, Wanted::Position(seq)).await).await.expect("page");
    assert_eq!((places(&then), then.orphans.n), (places(&before), 0), "the past has its own orphans: none");
    support::intact(s).await;
});

on_both!(the_trend_shows_what_was_recorded_month_by_month, async |s: &Scratch| {
    let services = support::services(s);
    let ana = person(&services, "ana@example.org", &[Role::Analyst]).await;
    let line = |n: usize| (0..n).map(|i| format!("bot,read,thing{i}\n")).collect::<String>();
    for n in [1, 2, 3] {
        csv(&services, "feed", &format!("identity,action,resource\n{}", line(n)), None).await;
        s.clock.advance(31 * DAY);
    }
    let shown = overview::page(&mut support::at(&services, &ana, Wanted::Now).await).await.expect("overview");
    let reads: Vec<i64> = shown.trend.iter().map(|(_, held)| held[Class::Read as usize]).collect();
    assert_eq!(reads.len(), 13);
    assert_eq!((reads[0], reads[12]), (0, 3));
    assert!(reads.windows(2).all(|w| w[0] <= w[1]) && reads.contains(&1) && reads.contains(&2), "{reads:?}");
    let past = overview::page(&mut support::at(&services, &ana, Wanted::Instant(shown.trend[11].0)).await).await.expect("overview");
    assert_eq!(past.trend[12].1, shown.trend[11].1, "the trend of a past day ends at that day");
});

on_both!(the_host_mints_for_a_person_who_answers_for_it, async |s: &Scratch| {
    let services = support::services(s);
    let admin = person(&services, "adm@example.org", &[Role::Admin]).await;
    let wish = tokens::Wish { name: "nightly".into(), scopes: vec!["inventory:read".into()], days: 1, ..tokens::Wish::default() };
    assert!(matches!(tokens::mint(&support::by(&services, &support::host()), &wish).await, Err(Error::Invalid { field: "person", .. })));
    person(&services, "rev@example.org", &[Role::Reviewer]).await;
    let for_reviewer = tokens::Wish { person: "rev@example.org".into(), ..wish.clone() };
    assert!(matches!(
        tokens::mint(&support::by(&services, &support::host()), &for_reviewer).await,
        Err(Error::Invalid { field: "person", .. })
    ));
    let wish = tokens::Wish { person: "ADM@example.org".into(), ..wish };
    let minted = tokens::mint(&support::by(&services, &support::host()), &wish).await.expect("minted");
    let caller = tokens::caller(&services, &minted.text).await.expect("read").expect("works");
    assert!(matches!(&caller, Principal::Token { holder: Holder::Person(held_by, _), .. } if *held_by == id(&admin)));
    assert!(matches!(tokens::mint(&support::by(&services, &caller), &wish).await, Err(Error::Forbidden(_))), "a token mints nothing");
    assert_eq!(support::sheet::<tokens::List>(&services, &support::host(), Wanted::Now, &Default::default()).await.rows.len(), 1);
    tokens::revoke(&support::by(&services, &support::host()), minted.id).await.expect("revoked");
    assert!(tokens::caller(&services, &minted.text).await.expect("read").is_none());
    support::intact(s).await;
});

on_both!(a_clock_that_jumps_is_on_record_and_never_runs_the_ledger_backwards, async |s: &Scratch| {
    let services = support::services(s);
    let second = domain::time::SECOND;
    assert!(service::ledger::clock_jumped(&services, 5 * second).await.expect("small").is_none());
    let forward = service::ledger::clock_jumped(&services, 3600 * second).await.expect("written").expect("an entry");
    s.clock.advance(-3600 * second);
    let back = service::ledger::clock_jumped(&services, -3600 * second).await.expect("written").expect("an entry");
    assert!(back.seq == forward.seq.plus(1) && back.at >= forward.at, "{back:?} after {forward:?}");
    support::intact(s).await;
});

on_both!(an_environment_is_reached_only_where_people_stated_it, async |s: &Scratch| {
    let services = support::services(s);
    let admin = person(&services, "adm@example.org", &[Role::Admin]).await;
    let ana = person(&services, "ana@example.org", &[Role::Executive]).await;
    people::assign(&support::by(&services, &admin), id(&ana), Role::Analyst, ("environment", "test")).await.expect("given");
    let ana = again(&services, &ana).await;
    csv(&services, "feed", "identity,environment\na,test\nb,\n", None).await;
    // A source whose environment nobody stated is not hers because she says so.
    let mut request = support::request(Format::Csv, "feed", support::text("s.csv", "identity\nx\n"));
    request.how.environment = Some(Environment::Test);
    assert!(matches!(service::imports::run(&support::by(&services, &ana), request.clone(), |_| {}).await, Err(Error::OutOfScope(_))));
    // Nor is one that nobody brought yet, an account of AWS for example: somebody who may registers it first.
    request.how.source = Some("aws:111122223333".to_owned());
    let refused = service::imports::run(&support::by(&services, &ana), request.clone(), |_| {}).await;
    assert!(matches!(&refused, Err(Error::NewSource(name)) if name == "aws:111122223333"), "{refused:?}");
    let wish = Wish { name: "aws:111122223333".into(), kind: "csv".into(), environment: "test".into(), ..Wish::default() };
    sources::register(&support::by(&services, &admin), &wish).await.expect("registered");
    service::imports::run(&support::by(&services, &ana), request, |_| {}).await.expect("a source that was stated as test");
    // A tag is a hint: it never routes.
    let a = named(&services, &ana, "a").await;
    let record = |environment: &str| Registration {
        name: "a".into(),
        kind: "bot".into(),
        environment: environment.into(),
        ..Registration::default()
    };
    assert!(matches!(identities::edit(&support::by(&services, &ana), a, Seq::ZERO, &record("test")).await, Err(Error::OutOfScope(_))));
    let written = identities::edit(&support::by(&services, &admin), a, Seq::ZERO, &record("test")).await.expect("stated");
    // Taking the statement away would put it out of where she reaches.
    assert!(matches!(identities::edit(&support::by(&services, &ana), a, written.seq, &record("")).await, Err(Error::OutOfScope(_))));
    let renamed = Registration { name: "a, renamed".into(), ..record("test") };
    identities::edit(&support::by(&services, &ana), a, written.seq, &renamed).await.expect("within");
    // What the source states is counted by an edit that states nothing.
    csv(&services, "feed", "identity,environment\na,test\nb,\n", Some(Environment::Production)).await;
    let b = named(&services, &admin, "b").await;
    identities::edit(
        &support::by(&services, &admin),
        b,
        Seq::ZERO,
        &Registration { name: "b".into(), kind: "bot".into(), ..Registration::default() },
    )
    .await
    .expect("edited");
    let facts = identities::show(&mut support::at(&services, &admin, Wanted::Now).await, b).await.expect("shown").facts;
    assert_eq!((facts.environment, facts.environment_from), (Environment::Production, StatedBy::Manual));
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;
    let mut bare = support::request(Format::Aws, "account", support::text("p.json", policy));
    bare.how.environment = Some(Environment::Test);
    let refused = service::imports::run(&support::by(&services, &admin), bare, |_| {}).await;
    assert!(matches!(refused, Err(Error::Invalid { field: "environment", .. })), "{refused:?}");
    support::intact(s).await;
});

on_both!(a_leaver_is_nobodys_backup_owns_no_source_and_is_in_no_group, async |s: &Scratch| {
    let services = support::services(s);
    let admin = person(&services, "adm@example.org", &[Role::Admin]).await;
    let (ana, bob) =
        (person(&services, "ana@example.org", &[Role::Analyst]).await, person(&services, "bob@example.org", &[Role::Analyst]).await);
    let (group, _) = groups::add(&support::by(&services, &admin), "Platform").await.expect("added");
    groups::join(&support::by(&services, &admin), id(&bob), group).await.expect("joined");
    let wish = Wish { name: "feed".into(), kind: "csv".into(), owner: "bob@example.org".into(), ..Wish::default() };
    sources::register(&support::by(&services, &admin), &wish).await.expect("registered");
    let text = |p: &Principal| id(p).to_string();
    let record =
        Registration { name: "robot".into(), kind: "bot".into(), owner: text(&ana), backup: text(&bob), ..Registration::default() };
    let (robot, _) = identities::register(&support::by(&services, &ana), &record).await.expect("registered");
    people::lock_out(&support::by(&services, &admin), id(&bob)).await.expect("locked out");
    let shown = identities::show(&mut support::at(&services, &admin, Wanted::Now).await, robot).await.expect("shown");
    assert_eq!((shown.facts.owner_id, shown.facts.backup_id, shown.manual.and_then(|m| m.backup_id)), (Some(id(&ana)), None, None));
    let counts = overview::page(&mut support::at(&services, &admin, Wanted::Now).await).await.expect("overview");
    assert_eq!((counts.count("identities.no_backup"), counts.orphans.n), (1, 0));
    assert!(support::sheet::<sources::List>(&services, &admin, Wanted::Now, &Default::default()).await.rows[0].owner.is_none());
    assert!(groups::page(&mut support::at(&services, &admin, Wanted::Now).await).await.expect("page").groups[0].members.is_empty());
    support::intact(s).await;
});

on_both!(the_history_of_a_large_import_stands_at_the_entry_it_lives_from, async |s: &Scratch| {
    let services = support::services(s);
    let admin = person(&services, "adm@example.org", &[Role::Admin]).await;
    let mut text = "identity,action,resource\n".to_owned();
    for i in 0..26_000 {
        text.push_str(&format!("robot{i},read,thing\nrobot{i},write,thing\n"));
    }
    let outcome = csv(&services, "feed", &text, None).await;
    let robot = named(&services, &admin, "robot17000").await;
    let timeline = identities::show(&mut support::at(&services, &admin, Wanted::Now).await, robot).await.expect("shown").timeline;
    assert_eq!(timeline.steps.iter().map(|s| (s.seq, s.grants.len())).collect::<Vec<_>>(), [(outcome.seq.expect("a position"), 2)]);
    identities::show(&mut support::at(&services, &admin, Wanted::Position(timeline.steps[0].seq)).await, robot).await.expect("as of then");
});

on_both!(long_and_empty_hints_are_bounded, async |s: &Scratch| {
    let services = support::services(s);
    let admin = person(&services, "adm@example.org", &[Role::Admin]).await;
    let noise: String = (0..6000u32).map(|i| char::from(b'a' + (i.wrapping_mul(2_654_435_761) >> 24) as u8 % 26)).collect();
    csv(&services, "feed", &format!("identity,owner,team\na,{noise},\nb, ,omar\n"), None).await;
    let page = adoption::page(&mut support::at(&services, &admin, Wanted::Now).await).await.expect("page");
    assert_eq!((page.hints.len(), page.hints.iter().any(|(h, _)| h == "omar")), (2, true));
    support::intact(s).await;
});

on_both!(what_somebody_did_is_listed_by_who_did_it, async |s: &Scratch| {
    use domain::query::ledger::{AnyId, Filter as Narrowed, Order};
    use service::listing::Listing;
    let services = support::services(s);
    let admin = person(&services, "adm@example.org", &[Role::Admin]).await;
    for name in ["one", "two", "three"] {
        teams::add(&support::by(&services, &admin), name, "").await.expect("added");
    }
    let done = async |order: Order| {
        let filter = Narrowed { sort: Some(order), actor: Some(AnyId(id(&admin).uuid())), ..Narrowed::default() };
        let mut read = support::at(&services, &admin, Wanted::Now).await;
        let sheet = service::ledger::List::sheet(&mut read, &filter, None, 2).await.expect("a sheet");
        assert!(
            sheet.rows.iter().all(|r| r.stored.entry.actor == admin.actor() && r.stored.entry.verb == "team.added" && r.who() == "adm")
        );
        (sheet.rows.iter().map(|r| r.stored.entry.seq).collect::<Vec<_>>(), sheet.next.is_some())
    };
    let (newest, oldest) = (done(Order::Newest).await, done(Order::Oldest).await);
    assert!(newest.0[0] > newest.0[1] && oldest.0[0] < oldest.0[1] && newest.1 && oldest.1, "{newest:?} {oldest:?}");
});
