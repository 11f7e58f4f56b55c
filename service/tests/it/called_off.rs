//! An import that is called off, at whatever stage it is, or whose process is killed, never keeps the next one of its source
//! from going through.

use crate::support;

use domain::asof::Wanted;
use domain::ids::JobId;
use domain::permission::Role;
use domain::ports::Clock;
use domain::snapshot::Format;
use domain::time::SECOND;
use service::imports::{self, Input, InputFile};
use service::jobs::{self, JobKind, JobState};
use service::{Principal, Services, identities, people};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use store::on_both;
use store::testing::Scratch;

const PASSWORD: &str = "a long enough sentence";

async fn analyst(services: &Services) -> Principal {
    let added = people::add(&support::by(services, &support::host()), "Ann", "ann@example.org", PASSWORD, &[Role::Analyst]).await;
    let id = added.expect("added").person_id().expect("a person");
    people::current(services, id).await.expect("read").expect("active")
}

/// Queues an import of one file of the source `feed`, as an upload does; `put` lays it where it is read from.
async fn queued(services: &Services, who: &Principal, put: impl FnOnce(&Path)) -> JobId {
    let act = support::by(services, who);
    let room = imports::room(&act).await.expect("room");
    let path = room.folder().join("0");
    put(&path);
    let request = support::request(Format::Csv, "feed", Input::single(InputFile::from_path("f.csv", path.clone())));
    imports::start(&act, room, &request, &[("f.csv".to_owned(), path)]).await.expect("queued")
}

/// The next import of the source, as people upload one, goes through, and says what the source is from now on.
async fn next_goes_through(s: &Scratch, services: &Services, who: &Principal) {
    let id = queued(services, who, |path| std::fs::write(path, "identity,action\nnext,read\n").expect("written")).await;
    assert!(jobs::next(services).await.expect("asked"), "it is taken");
    let job = jobs::show(&support::by(services, who), id).await.expect("shown");
    assert_eq!(job.state, JobState::Done, "{}", job.progress);
    let list = support::sheet::<identities::List>(services, who, Wanted::Now, &Default::default()).await;
    assert_eq!(list.rows.iter().map(|l| l.name.as_str()).collect::<Vec<_>>(), ["next"]);
    support::intact(s).await;
}

/// Waits until a job says something, and calls it off.
async fn called_off_when(services: &Services, who: &Principal, id: JobId, says: impl Fn(&str) -> bool) {
    let act = support::by(services, who);
    loop {
        let job = jobs::progress(&act, id).await.expect("shown");
        if says(&job.progress) || job.state.has_ended() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    jobs::cancel(&act, id).await.expect("called off");
}

async fn state(services: &Services, who: &Principal, id: JobId) -> JobState {
    jobs::show(&support::by(services, who), id).await.expect("shown").state
}

on_both!(one_that_waits_is_called_off, async |s: &Scratch| {
    let services = support::services(s);
    let ann = analyst(&services).await;
    let id = queued(&services, &ann, |path| std::fs::write(path, "identity,action\na,read\n").expect("written")).await;
    jobs::cancel(&support::by(&services, &ann), id).await.expect("called off");
    assert_eq!(state(&services, &ann, id).await, JobState::Cancelled);
    next_goes_through(s, &services, &ann).await;
});

on_both!(one_that_reads_is_called_off_and_not_waited_for, async |s: &Scratch| {
    let services = support::services(s);
    let ann = analyst(&services).await;
    // A pipe that nobody writes to: who reads it reads for ever.
    let pipe = Pipe::new();
    let id = queued(&services, &ann, |path| std::os::unix::fs::symlink(pipe.path(), path).expect("linked")).await;
    let off = called_off_when(&services, &ann, id, |text| text.starts_with("reading"));
    let (taken, ()) = tokio::join!(jobs::next(&services), off);
    assert!(taken.expect("asked"));
    assert_eq!(state(&services, &ann, id).await, JobState::Cancelled);
    next_goes_through(s, &services, &ann).await;
});

/// A pipe. Once it is dropped, whoever reads it, now or again, comes to its end: the runtime of a test waits for its threads.
struct Pipe(Option<tempfile::TempDir>);

impl Pipe {
    fn new() -> Self {
        let pipe = Self(Some(tempfile::tempdir().expect("a folder")));
        assert!(std::process::Command::new("mkfifo").arg(pipe.path()).status().expect("ran").success());
        pipe
    }

    fn path(&self) -> PathBuf {
        self.0.as_ref().expect("a folder").path().join("pipe")
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        const NOT_WAITING: i32 = 0o4000;
        let (path, folder) = (self.path(), self.0.take());
        std::thread::spawn(move || {
            while folder.is_some() {
                drop(std::fs::OpenOptions::new().write(true).custom_flags(NOT_WAITING).open(&path));
                std::thread::sleep(Duration::from_millis(1));
            }
        });
    }
}

on_both!(one_that_writes_is_called_off, async |s: &Scratch| {
    let services = support::services(s);
    let ann = analyst(&services).await;
    let rows: String = (0..40_000).map(|n| format!("i{n},read\n")).collect();
    let id = queued(&services, &ann, |path| std::fs::write(path, format!("identity,action\n{rows}")).expect("written")).await;
    let off = called_off_when(&services, &ann, id, |text| text.ends_with(" written"));
    let (taken, ()) = tokio::join!(jobs::next(&services), off);
    assert!(taken.expect("asked"));
    assert_eq!(state(&services, &ann, id).await, JobState::Cancelled, "it had four entries to write, and heard of it after one");
    next_goes_through(s, &services, &ann).await;
});

on_both!(one_whose_process_was_killed_is_waited_for_as_long_as_its_lease_and_may_be_called_off, async |s: &Scratch| {
    let services = support::services(s);
    let ann = analyst(&services).await;
    let left = queued(&services, &ann, |path| std::fs::write(path, "identity,action\na,read\n").expect("written")).await;
    let now = s.clock.as_ref().now();
    store::engine::jobs::claim(&s.db, JobKind::Import, "gone", now, now.plus(15 * SECOND)).await.expect("asked").expect("taken");
    assert!(store::engine::jobs::take(&s.db, left, "gone", "the source feed").await.expect("asked"), "alone at it");
    // One that waits for it is called off while it waits.
    let waits = queued(&services, &ann, |path| std::fs::write(path, "identity,action\nb,read\n").expect("written")).await;
    let off = called_off_when(&services, &ann, waits, |text| text.starts_with("waiting: another"));
    let (taken, ()) = tokio::join!(jobs::next(&services), off);
    assert!(taken.expect("asked"));
    assert_eq!(state(&services, &ann, waits).await, JobState::Cancelled);
    // The killed one is called off too: nobody carries it on, and its lease runs out by the clock that was given.
    jobs::cancel(&support::by(&services, &ann), left).await.expect("called off");
    s.clock.advance(16 * SECOND);
    assert!(!jobs::next(&services).await.expect("asked"), "it is put away, not begun again");
    assert_eq!(state(&services, &ann, left).await, JobState::Cancelled);
    next_goes_through(s, &services, &ann).await;
});
