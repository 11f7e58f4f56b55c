//! Jobs do what their caller may on the day, whatever their row says: with the rights of now, at every step that writes or
//! shows more.

use crate::support;

use domain::asof::Wanted;
use domain::ids::{JobId, PersonId};
use domain::permission::{Action, Role};
use domain::snapshot::Format;
use domain::time::{DAY, SECOND};
use service::exports::{self, Export, Lines};
use service::identities::{self, Registration};
use service::imports::{self, Input, InputFile, Request};
use service::jobs::{self, JobKind, JobState};
use service::tokens::{self, Wish};
use service::{Act, Error, Principal, Read, Result, Services, ledger, people};
use std::time::{Duration, UNIX_EPOCH};
use store::engine::jobs::{Most, NewJob};
use store::on_both;
use store::testing::Scratch;

const PASSWORD: &str = "a long enough sentence";
const FILE: &str = "identity,action\na,read\n";

async fn person(services: &Services, email: &str, role: Role) -> Principal {
    let added = people::add(&support::by(services, &support::host()), email, email, PASSWORD, &[role]).await.expect("added");
    people::current(services, added.person_id().expect("a person")).await.expect("read").expect("active")
}

fn id(who: &Principal) -> PersonId {
    who.person_id().expect("a person")
}

/// Whoever calls with a token just minted.
async fn token(services: &Services, minter: &Principal, identity: &str) -> Principal {
    let wish = Wish { name: "t".into(), scopes: vec!["inventory:write".into()], days: 1, identity: identity.to_owned(), ..Wish::default() };
    let minted = tokens::mint(&support::by(services, minter), &wish).await.expect("minted");
    tokens::caller(services, &minted.text).await.expect("asked").expect("known")
}

/// Queues an import of one file, as an upload does.
async fn queued(services: &Services, who: &Principal) -> JobId {
    let act = support::by(services, who);
    let room = imports::room(&act).await.expect("room");
    let path = room.folder().join("0");
    std::fs::write(&path, FILE).expect("written");
    imports::start(&act, room, &request(path.clone()), &[("f.csv".to_owned(), path)]).await.expect("queued")
}

fn request(path: std::path::PathBuf) -> Request {
    support::request(Format::Csv, "feed", Input::single(InputFile::from_path("f.csv", path)))
}

async fn state(services: &Services, who: &Principal, id: JobId) -> JobState {
    jobs::show(&support::by(services, who), id).await.expect("shown").state
}

async fn entries(services: &Services) -> i64 {
    service::overview::chrome(services, None).await.expect("chrome").head.get()
}

on_both!(a_token_that_would_be_refused_at_the_door_runs_no_job, async |s: &Scratch| {
    let services = support::services(s);
    let admin = person(&services, "adm@example.org", Role::Admin).await;
    let ann = person(&services, "ann@example.org", Role::Analyst).await;
    let other = person(&services, "other@example.org", Role::Admin).await;
    let robot = Registration { name: "robot".into(), kind: "bot".into(), ..Registration::default() };
    let (robot, _) = identities::register(&support::by(&services, &ann), &robot).await.expect("registered");
    // Its minter may no longer mint for identities.
    let of_robot = token(&services, &other, &robot.to_string()).await;
    let job = queued(&services, &of_robot).await;
    let all = support::people(&services, &admin).await;
    let role = all.iter().find(|p| p.person.id == id(&other)).expect("there").roles[0].id;
    people::unassign(&support::by(&services, &admin), role).await.expect("taken");
    assert!(jobs::next(&services).await.expect("asked"));
    assert_eq!(state(&services, &of_robot, job).await, JobState::Cancelled);
    // It has run out.
    let of_ann = token(&services, &ann, "").await;
    let late = queued(&services, &of_ann).await;
    let before = entries(&services).await;
    s.clock.advance(2 * DAY);
    assert!(jobs::next(&services).await.expect("asked"));
    assert_eq!(state(&services, &of_ann, late).await, JobState::Cancelled);
    assert_eq!(entries(&services).await, before, "nothing was written");
    support::intact(s).await;
});

on_both!(a_token_row_that_was_widened_runs_no_job, async |s: &Scratch| {
    let services = support::services(s);
    let ann = person(&services, "ann@example.org", Role::Analyst).await;
    let of_ann = token(&services, &ann, "").await;
    let job = queued(&services, &of_ann).await;
    let wider = "UPDATE tokens SET scopes = 'inventory:read inventory:write'";
    store::testing::behind_our_back(&s.db, wider).await;
    assert!(jobs::next(&services).await.expect("asked"));
    assert_eq!(state(&services, &of_ann, job).await, JobState::Cancelled);
});

on_both!(an_import_whose_caller_is_locked_out_meanwhile_writes_no_last_entry, async |s: &Scratch| {
    let services = support::services(s);
    let admin = person(&services, "adm@example.org", Role::Admin).await;
    let ann = person(&services, "ann@example.org", Role::Analyst).await;
    // Another process works at the source and is never heard of again: the import waits at the clock's pleasure.
    let left = queued(&services, &ann).await;
    let now = domain::ports::Clock::now(s.clock.as_ref());
    store::engine::jobs::claim(&s.db, JobKind::Import, "gone", now, now.plus(15 * SECOND)).await.expect("asked").expect("taken");
    assert!(store::engine::jobs::take(&s.db, left, "gone", "the source feed").await.expect("asked"), "alone at it");
    let (told, mut hears) = tokio::sync::mpsc::unbounded_channel();
    let act = support::by(&services, &ann);
    let import = imports::run(&act, support::request(Format::Csv, "feed", support::text("f.csv", FILE)), move |text| {
        let _ = told.send(text.to_owned());
    });
    let passes = async {
        while hears.recv().await.is_some_and(|text| !text.starts_with("waiting")) {}
        people::lock_out(&support::by(&services, &admin), id(&ann)).await.expect("locked out");
        s.clock.advance(16 * SECOND);
    };
    let (imported, ()) = tokio::join!(import, passes);
    assert!(matches!(imported, Err(Error::Cancelled(_))), "{imported:?}");
    let counts = service::overview::page(&mut support::at(&services, &admin, Wanted::Now).await).await.expect("overview");
    assert_eq!(counts.count("identities"), 0);
    support::intact(s).await;
});

static PAGES: Export = PAGES_AS_THEY_ARE;

const PAGES_AS_THEY_ARE: Export = Export {
    name: "pages",
    ending: "txt",
    content_type: "text/plain",
    header: String::new,
    needs: Action::ReadInventory,
    bound: None,
    begin: two_pages,
};

/// Two pages; between them whoever the query names is locked out.
fn two_pages(query: &str) -> Result<Lines> {
    let leaver = PersonId::parse(query).map_err(|_| Error::NotFound("person"))?;
    let page = move |read: Read, after: Option<()>| async move {
        if after.is_some() {
            return Ok((vec!["second\n".to_owned()], None));
        }
        let services = read.services().clone();
        read.close().await?;
        people::lock_out(&Act::new(&services, &support::host()), leaver).await?;
        Ok((vec!["first\n".to_owned()], Some(())))
    };
    Ok(exports::lines(page, None))
}

static BROKEN: Export = Export { name: "broken", begin: breaks_off, ..PAGES_AS_THEY_ARE };

fn breaks_off(_: &str) -> Result<Lines> {
    panic!("a list that breaks off");
}

static LISTS: [&Export; 2] = [&PAGES, &BROKEN];

on_both!(an_export_whose_caller_is_locked_out_meanwhile_has_no_second_page, async |s: &Scratch| {
    let services = support::services(s).exporting(&LISTS);
    person(&services, "adm@example.org", Role::Admin).await;
    let ann = person(&services, "ann@example.org", Role::Analyst).await;
    let as_of = support::at(&services, &ann, Wanted::Now).await.as_of();
    let act = support::by(&services, &ann);
    let job = exports::start(&act, &PAGES, &id(&ann).to_string(), as_of).await.expect("queued");
    assert!(jobs::next(&services).await.expect("asked"));
    assert_eq!(state(&services, &ann, job).await, JobState::Cancelled);
    // What is streamed asks the same way.
    assert!(matches!(exports::opened(&act, Wanted::Now).await, Err(Error::Cancelled(_))));
});

on_both!(a_job_that_breaks_off_has_failed_and_takes_no_lane_with_it, async |s: &Scratch| {
    let services = support::services(s).exporting(&LISTS);
    let ann = person(&services, "ann@example.org", Role::Analyst).await;
    let as_of = support::at(&services, &ann, Wanted::Now).await.as_of();
    let job = exports::start(&support::by(&services, &ann), &BROKEN, "", as_of).await.expect("queued");
    assert!(jobs::next(&services).await.expect("the next is asked for"));
    let job = jobs::show(&support::by(&services, &ann), job).await.expect("shown");
    assert_eq!(
        (job.state, job.progress.as_str()),
        (JobState::Failed, "Something failed on our side. Nothing was saved. Try again, or give your admin the request ID.")
    );
});

on_both!(a_job_whose_end_could_not_be_noted_is_brought_back_by_the_same_process, async |s: &Scratch| {
    // The process is called by the id that comes next.
    let this = uuid::Uuid::from_u128(domain::ports::Ids::next(s.ids.as_ref()).as_u128() + 1).simple().to_string();
    let services = support::services(s);
    let ann = person(&services, "ann@example.org", Role::Analyst).await;
    let job = queued(&services, &ann).await;
    let now = domain::ports::Clock::now(s.clock.as_ref());
    store::engine::jobs::claim(&s.db, JobKind::Import, &this, now, now.plus(15 * SECOND)).await.expect("asked").expect("taken");
    s.clock.advance(16 * SECOND);
    assert!(jobs::next(&services).await.expect("asked"), "nobody here is at it");
    assert_eq!(state(&services, &ann, job).await, JobState::Done);
});

on_both!(a_job_row_written_behind_our_back_is_void, async |s: &Scratch| {
    let services = support::services(s);
    let ann = person(&services, "ann@example.org", Role::Analyst).await;
    let before = entries(&services).await;
    let (act, host) = (support::by(&services, &ann), support::by(&services, &support::host()));
    let job = queued(&services, &ann).await;
    store::testing::behind_our_back(&s.db, "UPDATE jobs SET payload = REPLACE(payload, 'feed', 'other')").await;
    assert!(matches!(jobs::show(&act, job).await, Err(Error::NotFound(_))));
    assert!(jobs::next(&services).await.expect("asked"));
    // What a command may have verified is no import of the machine.
    let turned = ledger::start_verification(&host, None).await.expect("queued");
    store::testing::behind_our_back(&s.db, "UPDATE jobs SET kind = 'import' WHERE kind = 'verify'").await;
    assert!(jobs::next(&services).await.expect("asked"));
    for id in [job, turned] {
        let row = store::engine::jobs::read(&s.db, id).await.expect("read").expect("there");
        assert_eq!(row.state, JobState::Failed);
    }
    assert_eq!(entries(&services).await, before, "nothing was written");
});

on_both!(an_import_reads_files_of_its_own_folder_only, async |s: &Scratch| {
    let services = support::services(s);
    let ann = person(&services, "ann@example.org", Role::Analyst).await;
    let outside = s.folder().join("outside.csv");
    std::fs::write(&outside, FILE).expect("written");
    let act = support::by(&services, &ann);
    let room = imports::room(&act).await.expect("room");
    let job = imports::start(&act, room, &request(outside.clone()), &[("f.csv".to_owned(), outside)]).await.expect("queued");
    assert!(jobs::next(&services).await.expect("asked"));
    assert_eq!(state(&services, &ann, job).await, JobState::Failed);
});

on_both!(what_came_out_of_a_job_goes_with_the_right_to_see_it, async |s: &Scratch| {
    let services = support::services(s);
    let admin = person(&services, "adm@example.org", Role::Admin).await;
    let ann = person(&services, "ann@example.org", Role::Analyst).await;
    let job = ledger::start_verification(&support::by(&services, &ann), None).await.expect("queued");
    let import = queued(&services, &ann).await;
    while jobs::next(&services).await.expect("asked") {}
    assert!(jobs::show(&support::by(&services, &ann), job).await.expect("shown").result.is_some());
    let all = support::people(&services, &admin).await;
    let role = all.iter().find(|p| p.person.id == id(&ann)).expect("there").roles[0].id;
    people::unassign(&support::by(&services, &admin), role).await.expect("taken");
    let now = support::by(&services, &people::current(&services, id(&ann)).await.expect("read").expect("active"));
    for job in [job, import] {
        assert!(matches!(jobs::show(&now, job).await, Err(Error::Forbidden(_))));
        let known = jobs::progress(&now, job).await.expect("her own");
        assert_eq!((known.state, known.result), (JobState::Done, None));
    }
});

on_both!(the_same_asked_again_while_it_waits_is_the_same_job, async |s: &Scratch| {
    let services = support::services(s).exporting(&LISTS);
    let ann = person(&services, "ann@example.org", Role::Analyst).await;
    let ben = person(&services, "ben@example.org", Role::Analyst).await;
    let (a, b) = (support::by(&services, &ann), support::by(&services, &ben));
    let as_of = support::at(&services, &ann, Wanted::Now).await.as_of();
    let verification = ledger::start_verification(&a, None).await.expect("queued");
    assert_eq!(ledger::start_verification(&a, None).await.expect("the same"), verification);
    assert_ne!(ledger::start_verification(&b, None).await.expect("his own"), verification);
    let nobody = PersonId::nil().to_string();
    let export = exports::start(&a, &PAGES, &nobody, as_of).await.expect("queued");
    let before = entries(&services).await;
    assert_eq!(exports::start(&a, &PAGES, &nobody, as_of).await.expect("the same"), export);
    assert_eq!(entries(&services).await, before, "one entry");
    assert_ne!(exports::start(&a, &PAGES, "other", as_of).await.expect("another"), export);
    assert_ne!(exports::start(&b, &PAGES, &nobody, as_of).await.expect("his own"), export);
    while jobs::next(&services).await.expect("asked") {}
    assert_ne!(ledger::start_verification(&a, None).await.expect("queued"), verification, "it has ended");
});

on_both!(nobody_has_more_jobs_under_way_than_the_queue_can_bear, async |s: &Scratch| {
    let services = support::services(s);
    let ann = person(&services, "ann@example.org", Role::Analyst).await;
    let ben = person(&services, "ben@example.org", Role::Analyst).await;
    let of_ann = token(&services, &ann, "").await;
    let early = imports::room(&support::by(&services, &ann)).await.expect("room");
    for _ in 0..20 {
        queued(&services, &ann).await;
    }
    for who in [&ann, &of_ann] {
        let refused = imports::room(&support::by(&services, who)).await.err();
        assert!(matches!(&refused, Some(e @ Error::TooMany(_)) if e.kind().status == 429), "{refused:?}");
    }
    // Whoever made room before is asked again where the job is made, and nothing of it stays.
    let (folder, path) = (early.folder().to_owned(), early.folder().join("0"));
    std::fs::write(&path, FILE).expect("written");
    let files = [("f.csv".to_owned(), path.clone())];
    let refused = imports::start(&support::by(&services, &ann), early, &request(path), &files).await;
    assert!(matches!(refused, Err(Error::TooMany(_))) && !folder.exists(), "{refused:?}");
    let free = ledger::start_verification(&support::by(&services, &ben), None).await.expect("he has none");
    jobs::cancel(&support::by(&services, &ben), free).await.expect("called off");
    let now = domain::ports::Clock::now(s.clock.as_ref());
    let most = Most { of_caller: 1000, of_all: 1000 };
    for _ in 0..180 {
        let (kind, payload, caller) = (JobKind::Import, "{}".to_owned(), "others".to_owned());
        let job = NewJob { id: s.ids.make(), kind, payload, run_at: now, created_by: None, caller, mac: String::new(), most };
        store::engine::jobs::queue(&s.db, &job).await.expect("queued");
    }
    let refused = ledger::start_verification(&support::by(&services, &ben), None).await;
    assert!(matches!(&refused, Err(e @ Error::Busy) if e.kind().status == 503 && e.retry_after().is_some()), "{refused:?}");
});

on_both!(the_spool_holds_so_many_bytes_and_no_more, async |s: &Scratch| {
    let services = support::services(s);
    let ann = person(&services, "ann@example.org", Role::Analyst).await;
    let act = support::by(&services, &ann);
    let other = s.folder().join("spool").join("other");
    std::fs::create_dir_all(&other).expect("made");
    // Holes: nothing of it stands on the disk.
    let file = std::fs::File::create(other.join("0")).expect("made");
    let most = 8 * 1024 * 1024 * 1024;
    file.set_len(most - 100).expect("long");
    let room = imports::room(&act).await.expect("a hundred bytes");
    room.takes(90).expect("they fit");
    assert!(matches!(room.takes(90), Err(Error::Busy)));
    room.takes(5).expect("what was refused is not counted");
    let folder = room.folder().to_owned();
    assert!(folder.exists());
    drop(room);
    assert!(!folder.exists(), "what came to nothing leaves nothing");
    file.set_len(most).expect("long");
    assert!(matches!(imports::room(&act).await.err(), Some(Error::Busy)));
});

on_both!(files_are_swept_by_their_own_job_alone, async |s: &Scratch| {
    let services = support::services(s);
    let ann = person(&services, "ann@example.org", Role::Analyst).await;
    let spool = s.folder().join("spool");
    let waits = spool.join(queued(&services, &ann).await.to_string());
    let orphan = spool.join(s.ids.make::<domain::ids::noun::Job>().to_string());
    std::fs::create_dir_all(&orphan).expect("made");
    for folder in [&waits, &orphan] {
        let long_ago = UNIX_EPOCH + Duration::from_secs(1);
        std::fs::File::open(folder).expect("opened").set_modified(long_ago).expect("set");
    }
    jobs::sweep(&services).await.expect("swept");
    assert_eq!((waits.exists(), orphan.exists()), (true, false));
});
