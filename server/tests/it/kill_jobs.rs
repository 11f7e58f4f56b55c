//! kill -9 while a job of each kind runs: another process carries it to its end, once; the file of an export is whole or
//! absent, and its entry stands once. The process is killed at a drawn moment after the job says that it runs; the
//! other one's clock is ahead, so that nobody waits for the lease to run out.

use crate::kill::{Draw, Installation, ROUND, sqlite_url};
use domain::asof::Wanted;
use domain::ids::JobId;
use domain::ports::Clock;
use domain::query::ledger::Filter;
use domain::snapshot::Format;
use domain::time::{SECOND, Timestamp};
use server::compose;
use server::config::{Config, Flags};
use server::web::export::IDENTITIES;
use service::imports::{self, Input, InputFile, Outcome, Request, Wish};
use service::jobs::{self, Job, JobState};
use service::ledger::{self, Verified};
use service::listing::Listing;
use service::{Act, Principal, Read, Services, exports};
use std::sync::Arc;
use std::time::Instant;
use store::testing::Scratch;

const IDENTITIES_THERE: usize = 5000;
/// How often a job may be over before it could be killed.
const ROUNDS: usize = 20;

/// The clock of the machine, ahead by so much.
struct Ahead(i64);

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        compose::SystemClock.now().plus(self.0)
    }
}

async fn process(installation: &Installation, ahead: i64) -> Services {
    let flags = Flags {
        data_dir: Some(installation.data.path().to_path_buf()),
        database_url: Some(installation.database.clone()),
        ..Flags::default()
    };
    let config = Config::load(&flags).expect("a configuration");
    compose::services_at(&config, false, Arc::new(Ahead(ahead))).await.expect("opened")
}

/// One installation, and two processes over it beside the one that is killed.
struct Place {
    installation: Installation,
    asking: Act,
    other: Services,
    draw: Draw,
}

impl Place {
    async fn over(installation: Installation, seed: u64) -> Self {
        let host = Principal::Host { user: "test".to_owned() };
        let (asking, other) = (process(&installation, 0).await, process(&installation, 60 * SECOND).await);
        Self { installation, asking: Act::new(&asking, &host), other, draw: Draw(seed) }
    }

    async fn state(&self, id: JobId) -> Job {
        jobs::show(&self.asking, id).await.expect("shown")
    }

    /// Lets a server take the job and kills it at a moment of the work; true where the work was not over.
    async fn killed_at_work(&mut self, id: JobId) -> bool {
        let server = self.installation.serve();
        let until = Instant::now() + ROUND;
        while self.state(id).await.state == JobState::Queued {
            assert!(Instant::now() < until, "nobody took the job");
            tokio::task::yield_now().await;
        }
        self.draw.moment();
        server.kill();
        self.state(id).await.state == JobState::Running
    }

    /// The other process carries on, once; gives the job as it ended.
    async fn carried_on(&self, id: JobId, left: bool) -> Job {
        assert_eq!(jobs::next(&self.other).await.expect("asked"), left, "what was left is taken over, what was done is not");
        assert!(!jobs::next(&self.other).await.expect("asked"), "once");
        let job = self.state(id).await;
        assert_eq!((job.state, job.attempts), (JobState::Done, 1 + i64::from(left)), "{}", job.progress);
        job
    }

    async fn exports_on_record(&self) -> usize {
        let mut read = Read::open(&self.other, self.asking.who(), Wanted::Now).await.expect("a snapshot");
        let filter = Filter { verb: Some("export.made".to_owned()), ..Filter::default() };
        ledger::List::sheet(&mut read, &filter, None, 1000).await.expect("entries").rows.len()
    }

    async fn verification(&mut self) -> bool {
        let id = ledger::start_verification(&self.asking, None).await.expect("queued");
        let left = self.killed_at_work(id).await;
        let job = self.carried_on(id, left).await;
        let verified: Verified = serde_json::from_str(&job.result.expect("a result")).expect("a report");
        assert!(verified.intact && verified.rows > IDENTITIES_THERE as u64, "{verified:?}");
        left
    }

    async fn export(&mut self) -> bool {
        let read = Read::open(self.asking.services(), self.asking.who(), Wanted::Now).await.expect("a snapshot");
        let (before, as_of) = (self.exports_on_record().await, read.as_of());
        read.close().await.expect("closed");
        let id = exports::start(&self.asking, &IDENTITIES, "", as_of).await.expect("queued");
        let left = self.killed_at_work(id).await;
        let whole = self.installation.data.path().join("spool").join(id.to_string()).join("whole");
        // The killed process may have come so far that only its last word is missing.
        let early = std::fs::read_to_string(&whole).ok();
        self.carried_on(id, left).await;
        let (exported, path) = exports::file(&self.asking, id).await.expect("a file");
        let text = std::fs::read_to_string(&path).expect("read");
        assert_eq!((exported.rows, exported.bytes), (IDENTITIES_THERE as u64, text.len() as u64));
        assert_eq!(text.lines().count(), IDENTITIES_THERE + 1);
        assert!(early.is_none_or(|early| early == text), "half a file stood where a whole one is looked for");
        assert_eq!(self.exports_on_record().await, before + 1, "an export is one entry, however often it is begun");
        left
    }

    async fn import(&mut self, turn: usize) -> bool {
        let room = imports::room(&self.asking).await.expect("room");
        let path = room.folder().join("0");
        let csv: String = (0..2000).map(|n| format!("late-{turn}-{n},read,thing\n")).collect();
        std::fs::write(&path, format!("identity,action,resource\n{csv}")).expect("written");
        let request = Request {
            format: Format::Csv,
            input: Input::single(InputFile::from_path("late.csv", path.clone())),
            how: Wish { source: Some(format!("late {turn}")), ..Wish::default() },
        };
        let id = imports::start(&self.asking, room, &request, &[("late.csv".to_owned(), path.clone())]).await.expect("queued");
        let left = self.killed_at_work(id).await;
        assert!(!left || path.exists(), "an upload waits as long as its job does");
        let job = self.carried_on(id, left).await;
        let outcome: Outcome = serde_json::from_str(&job.result.expect("a result")).expect("an outcome");
        assert_eq!(outcome.identities.total, 2000);
        left
    }
}

async fn every_kind_of_job_survives(installation: Installation, seed: u64) {
    let file = installation.data.path().join("there.csv");
    let csv: String = (0..IDENTITIES_THERE).map(|n| format!("bot-{n},read,thing\n")).collect();
    std::fs::write(&file, format!("identity,action,resource\n{csv}")).expect("written");
    let there = ["import", "csv", file.to_str().expect("a path"), "--source", "there"];
    let imported = installation.command(&there).output().expect("ran");
    assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
    let mut place = Place::over(installation, seed).await;
    let (mut verification, mut export, mut import) = (false, false, false);
    for _ in 0..ROUNDS {
        verification = verification || place.verification().await;
        export = export || place.export().await;
    }
    for turn in 0..ROUNDS {
        import = import || place.import(turn).await;
    }
    assert!(verification && export && import, "{ROUNDS} jobs were over before one could be killed: {verification} {export} {import}");
    let report = ledger::verify(&place.asking, &[], |_| {}).await.expect("verified");
    assert_eq!(report.findings, []);
    place.asking.services().close().await;
    place.other.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_job_survives_on_sqlite() {
    let data = tempfile::tempdir().expect("folder");
    let database = sqlite_url(data.path());
    every_kind_of_job_survives(Installation { data, database }, 13).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_job_survives_on_postgres() {
    let scratch = Scratch::postgres().await;
    let data = tempfile::tempdir().expect("folder");
    every_kind_of_job_survives(Installation { data, database: scratch.url.clone() }, 17).await;
    scratch.finish().await;
}
