//! Two processes on one store: whatever both decide at once, only what still holds when it is written stands.

use crate::support;

use domain::asof::Wanted;
use domain::permission::Role;
use domain::restored::Gap;
use domain::seq::Seq;
use domain::snapshot::Format;
use domain::time::{DAY, SECOND};
use service::identities::{self, Registration};
use service::jobs::{self, JobKind, JobState};
use service::restored::{self, Found};
use service::{Error, Principal, Read, Services, imports, ledger, people, setup};
use store::on_both;
use store::testing::Scratch;

const PASSWORD: &str = "a long enough sentence";

async fn person(services: &Services, email: &str, role: Role) -> Principal {
    let added = people::add(&support::by(services, &support::host()), email, email, PASSWORD, &[role]).await.expect("added");
    people::current(services, added.person_id().expect("a person")).await.expect("read").expect("active")
}

on_both!(of_two_edits_of_one_record_one_is_told_to_look_again, async |s: &Scratch| {
    let (here, there) = (support::services(s), support::services(s));
    let ann = person(&here, "ann@example.org", Role::Analyst).await;
    let record = |name: &str| Registration { name: name.into(), kind: "bot".into(), ..Registration::default() };
    let (id, written) = identities::register(&support::by(&here, &ann), &record("first")).await.expect("registered");
    let (a, b) = (support::by(&here, &ann), support::by(&there, &ann));
    let (one, two) = (record("one"), record("two"));
    let both = tokio::join!(identities::edit(&a, id, written.seq, &one), identities::edit(&b, id, written.seq, &two));
    assert!(both.0.is_ok() != both.1.is_ok(), "{both:?}");
    let refused = both.0.err().or(both.1.err()).expect("one of them");
    assert!(matches!(refused, Error::Conflict(_)), "{refused:?}");
    support::intact(s).await;
});

on_both!(an_invitation_is_accepted_once, async |s: &Scratch| {
    let (here, there) = (support::services(s), support::services(s));
    let admin = person(&here, "adm@example.org", Role::Admin).await;
    let (_, query) = people::invite(&support::by(&here, &admin), "Rob", "rob@example.org", &[Role::Reviewer]).await.expect("invited");
    let part = |name: &str| query.split('&').find_map(|p| p.strip_prefix(&format!("{name}="))).expect("a part").to_owned();
    let (who, until, tag) = (part("person"), part("until"), part("tag"));
    let both = tokio::join!(
        people::accept(&here, &who, &until, &tag, "the first long sentence"),
        people::accept(&there, &who, &until, &tag, "the second long sentence")
    );
    assert!(both.0.is_ok() != both.1.is_ok(), "{both:?}");
    let chosen = if both.0.is_ok() { "the first long sentence" } else { "the second long sentence" };
    people::sign_in(&there, "rob@example.org", chosen, "a").await.expect("signed in");
    support::intact(s).await;
});

on_both!(two_imports_of_one_source_never_mix, async |s: &Scratch| {
    let (here, there) = (support::services(s), support::services(s));
    let host = support::host();
    let file = |names: &[&str]| format!("identity,action\n{}", names.iter().map(|n| format!("{n},read\n")).collect::<String>());
    let request = |text: &str| support::request(Format::Csv, "feed", support::text("f.csv", text));
    let (one, two) = (file(&["a", "b", "c"]), file(&["a", "x", "y"]));
    let (a, b) = (support::by(&here, &host), support::by(&there, &host));
    let both = tokio::join!(imports::run(&a, request(&one), |_| {}), imports::run(&b, request(&two), |_| {}));
    assert!(both.0.is_ok() || both.1.is_ok(), "{both:?}");
    for refused in [&both.0, &both.1].into_iter().filter_map(|r| r.as_ref().err()) {
        assert!(matches!(refused, Error::Conflict(t) if t.contains("the source feed")), "{refused:?}");
    }
    let list = support::sheet::<identities::List>(&here, &host, Wanted::Now, &Default::default()).await;
    let names: Vec<&str> = list.rows.iter().map(|l| l.name.as_str()).collect();
    assert!(names == ["a", "b", "c"] || names == ["a", "x", "y"], "{names:?}");
    support::intact(s).await;
});

on_both!(two_imports_that_bring_the_same_rules_both_go_through, async |s: &Scratch| {
    let (here, there) = (support::services(s), support::services(s));
    let host = support::host();
    let (a, b) = (support::by(&here, &host), support::by(&there, &host));
    for round in 0..5 {
        let rows: String = (0..300).map(|n| format!("i{n},r{round}-{n}\n")).collect();
        let request = |source: &str| {
            let mut request = support::request(Format::Csv, source, support::text("f.csv", &format!("identity,action\n{rows}")));
            request.how.confirm_removals = true;
            request
        };
        let both = tokio::join!(imports::run(&a, request("one"), |_| {}), imports::run(&b, request("two"), |_| {}));
        assert!(both.0.is_ok() && both.1.is_ok(), "{both:?}");
    }
    support::intact(s).await;
});

on_both!(a_second_process_finds_the_installation_of_the_first, async |s: &Scratch| {
    let (clock, ids) = (s.clock.as_ref(), s.ids.as_ref());
    let (one, two) = tokio::join!(setup::installation(&s.db, clock, ids), setup::installation(&s.db, clock, ids));
    assert_eq!(one.expect("one").id, two.expect("two").id);
});

/// Queues an import of one file, as an upload does.
async fn queued(services: &Services, who: &Principal, text: &str) -> domain::ids::JobId {
    let act = support::by(services, who);
    let room = imports::room(&act).await.expect("room");
    let path = room.folder().join("0");
    std::fs::write(&path, text).expect("written");
    let request = support::request(Format::Csv, "feed", imports::Input::single(imports::InputFile::from_path("f.csv", path.clone())));
    imports::start(&act, room, &request, &[("f.csv".to_owned(), path)]).await.expect("queued")
}

on_both!(a_job_whose_process_is_gone_is_done_by_another, async |s: &Scratch| {
    let (here, there) = (support::services(s), support::services(s));
    let ann = person(&here, "ann@example.org", Role::Analyst).await;
    let id = queued(&here, &ann, "identity,action\na,read\n").await;
    // A process takes it and is never heard of again.
    let now = domain::ports::Clock::now(s.clock.as_ref());
    store::engine::jobs::claim(&s.db, JobKind::Import, "gone", now, now.plus(15 * SECOND)).await.expect("asked").expect("taken");
    assert!(!jobs::next(&there).await.expect("asked"), "its lease still runs");
    s.clock.advance(16 * SECOND);
    assert!(jobs::next(&there).await.expect("asked"), "taken over");
    let job = jobs::show(&support::by(&there, &ann), id).await.expect("shown");
    assert_eq!(job.state, JobState::Done, "{}", job.progress);
    assert!(!jobs::next(&here).await.expect("asked"), "once");
    support::intact(s).await;
});

on_both!(a_job_that_is_called_off_or_whose_caller_is_gone_writes_nothing, async |s: &Scratch| {
    let services = support::services(s);
    let admin = person(&services, "adm@example.org", Role::Admin).await;
    let ann = person(&services, "ann@example.org", Role::Analyst).await;
    let called_off = queued(&services, &ann, "identity\na\n").await;
    assert!(matches!(jobs::cancel(&support::by(&services, &admin), called_off).await, Err(Error::NotFound(_))), "another's");
    jobs::cancel(&support::by(&services, &ann), called_off).await.expect("called off");
    assert!(!jobs::next(&services).await.expect("asked"));
    assert_eq!(jobs::show(&support::by(&services, &ann), called_off).await.expect("shown").state, JobState::Cancelled);
    let orphaned = queued(&services, &ann, "identity\nb\n").await;
    people::lock_out(&support::by(&services, &admin), ann.person_id().expect("a person")).await.expect("locked out");
    assert!(jobs::next(&services).await.expect("asked"));
    assert_eq!(jobs::show(&support::by(&services, &ann), orphaned).await.expect("shown").state, JobState::Cancelled);
    let counts = service::overview::page(&mut support::at(&services, &admin, Wanted::Now).await).await.expect("overview");
    assert_eq!((counts.count("identities"), counts.as_of.seq > Seq::ZERO), (0, true));
    // What ended a month ago is forgotten.
    s.clock.advance(31 * DAY);
    jobs::sweep(&services).await.expect("swept");
    assert!(matches!(jobs::show(&support::by(&services, &ann), orphaned).await, Err(Error::NotFound(_))));
});

on_both!(an_import_waits_for_a_lease_by_the_clock_it_was_given, async |s: &Scratch| {
    let services = support::services(s);
    let ann = person(&services, "ann@example.org", Role::Analyst).await;
    // Another process works at the source and is never heard of again.
    let left = queued(&services, &ann, "identity,action\na,read\n").await;
    let now = domain::ports::Clock::now(s.clock.as_ref());
    store::engine::jobs::claim(&s.db, JobKind::Import, "gone", now, now.plus(15 * SECOND)).await.expect("asked").expect("taken");
    assert!(store::engine::jobs::take(&s.db, left, "gone", "the source feed").await.expect("asked"), "alone at it");
    let (told, mut hears) = tokio::sync::mpsc::unbounded_channel();
    let act = support::by(&services, &support::host());
    let request = support::request(Format::Csv, "feed", support::text("f.csv", "identity,action\nb,read\n"));
    let import = imports::run(&act, request, move |text| {
        let _ = told.send(text.to_owned());
    });
    // By the machine's clock it would wait a quarter of a minute; by its own the lease runs out as soon as it says that it waits.
    let passes = async {
        while hears.recv().await.is_some_and(|text| !text.starts_with("waiting")) {}
        s.clock.advance(16 * SECOND);
    };
    let (imported, ()) = tokio::join!(import, passes);
    assert_eq!(imported.expect("imported").identities.total, 1);
    support::intact(s).await;
});

on_both!(a_verification_is_done_once_at_a_time_and_only_its_caller_sees_it, async |s: &Scratch| {
    let (here, there) = (support::services(s), support::services(s));
    let ann = person(&here, "ann@example.org", Role::Analyst).await;
    let bob = person(&here, "bob@example.org", Role::Analyst).await;
    let (a, b) = (support::by(&here, &ann), support::by(&there, &bob));
    let (one, two) =
        (ledger::start_verification(&a, None).await.expect("queued"), ledger::start_verification(&b, None).await.expect("queued"));
    // Each process takes one; the second waits for the first, and both have their answer.
    let both = tokio::join!(jobs::next(&here), jobs::next(&there));
    assert!(both.0.expect("asked") && both.1.expect("asked"));
    for (act, id, other) in [(&a, one, &b), (&b, two, &a)] {
        let job = jobs::wait(act, id).await.expect("shown");
        assert_eq!(job.state, JobState::Done, "{}", job.progress);
        assert!(job.result.is_some_and(|r| r.contains("\"intact\":true")));
        assert!(matches!(jobs::show(other, id).await, Err(Error::NotFound(_))), "another's");
    }
});

on_both!(what_two_processes_find_is_one_statement_and_whoever_had_the_store_open_hears_it, async |s: &Scratch| {
    let (services, other) = (support::services(s), support::services(s));
    let ann = person(&services, "ann@example.org", Role::Analyst).await;
    let here = setup::installation(&s.db, s.clock.as_ref(), s.ids.as_ref()).await.expect("here");
    let gap =
        |place: &str| Gap { epoch: 1, kept: here.head.seq, upto: here.head.seq.plus(3), contradicting: 3, of: 4, place: place.to_owned() };
    let found = |place: &str| Found { gaps: vec![gap(place)], silent: vec![] };
    let (one, two) = (found("one"), found("two"));
    let both = tokio::join!(restored::mark(&s.db, s.clock.as_ref(), &one), restored::mark(&s.db, s.clock.as_ref(), &two));
    both.0.expect("asked").expect("marked");
    both.1.expect("asked").expect("marked");
    let after = setup::installation(&s.db, s.clock.as_ref(), s.ids.as_ref()).await.expect("here");
    assert_eq!((after.epoch, after.head.seq), (2, here.head.seq), "one epoch, and no entry");
    for process in [&services, &other] {
        let refused = service::teams::add(&support::by(process, &support::host()), "late", "").await.expect_err("refused");
        assert!(matches!(&refused, Error::Restored(why) if why.contains("3 entries after")), "{refused:?}");
        let refused = Read::open(process, &ann, Wanted::Now).await.map(|_| ()).expect_err("refused");
        assert!(matches!(refused, Error::Restored(_)), "{refused:?}");
        assert!(restored::state(process).await.expect("asked").is_some());
    }
});

on_both!(a_store_that_went_back_under_a_process_is_marked_for_every_other_one, async |s: &Scratch| {
    let (services, other) = (support::services(s), support::services(s));
    person(&services, "ann@example.org", Role::Analyst).await;
    let back = "UPDATE ledger_head SET seq = seq - 1, open_to = open_to - 1";
    store::testing::behind_our_back(&s.db, back).await;
    let refused = service::teams::add(&support::by(&services, &support::host()), "late", "").await.expect_err("refused");
    assert!(matches!(&refused, Error::Restored(why) if why.contains("1 entry after 0 is missing")), "{refused:?}");
    let refused = service::teams::add(&support::by(&other, &support::host()), "late", "").await.expect_err("refused");
    assert!(matches!(refused, Error::Restored(_)), "{refused:?}");
});

on_both!(a_store_that_was_led_another_way_under_a_process_is_found_by_the_root_it_knew, async |s: &Scratch| {
    let services = support::services(s);
    person(&services, "ann@example.org", Role::Analyst).await;
    let other = "UPDATE checkpoints SET note = 'x/1' || chr(10) || '1' || chr(10) || 'AAAA' || chr(10)";
    let sqlite = "UPDATE checkpoints SET note = 'x/1' || char(10) || '1' || char(10) || 'AAAA' || char(10)";
    let is_sqlite = s.url.starts_with("sqlite");
    // Another process goes on from what is no longer what this one has seen.
    person(&support::services(s), "ben@example.org", Role::Analyst).await;
    store::testing::behind_our_back(&s.db, if is_sqlite { sqlite } else { other }).await;
    let refused = service::teams::add(&support::by(&services, &support::host()), "late", "").await.expect_err("refused");
    assert!(matches!(&refused, Error::Restored(why) if why.contains("are not the ones")), "{refused:?}");
});
