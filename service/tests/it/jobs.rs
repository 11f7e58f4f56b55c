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
use service::{Act, Error, Principal, Read, Result, Services, people};
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
    let (id, folder) = imports::room(&act).expect("a folder");
    let path = folder.join("0");
    std::fs::write(&path, FILE).expect("written");
    imports::start(&act, id, &request(path.clone()), vec![("f.csv".to_owned(), path)]).await.expect("queued");
    id
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
    store::testing::without_triggers(&s.db, wider, "tokens").await;
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

static PAGES: Export = Export {
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

static LISTS: [&Export; 1] = [&PAGES];

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
