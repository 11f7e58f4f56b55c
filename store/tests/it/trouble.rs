//! A database that fails beneath the store: connections of which nobody knows the state go no further, a full disk and one
//! that only reads are said to be that, and all of it passes by itself.

use domain::ledger::Actor;
use sqlx::{Executor, Row};
use std::path::Path;
use store::engine::db::{Db, Tx};
use store::engine::head;
use store::engine::ready::try_write;
use store::engine::trouble::Trouble;
use store::engine::writer::{Command, Writer};
use store::testing::{START, Scratch};
use store::{Error, on_both};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// An entry with so many bytes of payload.
fn entry(bytes: usize) -> Command {
    let mut command = Command::new(Actor::SYSTEM, "clock.jumped", "ledger", None);
    command.payload = format!("{{\"padding\":\"{}\"}}", "x".repeat(bytes));
    command
}

fn trouble<T: std::fmt::Debug>(outcome: Result<T, Error>) -> Trouble {
    match outcome {
        Err(Error::Trouble(trouble)) => trouble,
        other => panic!("{other:?}"),
    }
}

on_both!(a_beginning_that_is_broken_off_leaves_no_transaction_behind, async |s: &Scratch| {
    // Let go after a while that grows, in whatever state it is by then.
    let while_of = async |turns: usize| {
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
    };
    for turns in (0..3000).step_by(20) {
        tokio::select! { biased; _ = s.db.snapshot() => {} () = while_of(turns) => {} }
        tokio::select! { biased; _ = s.db.begin() => {} () = while_of(turns) => {} }
        let Db::Postgres(pool) = &s.db else { continue };
        // At once: whoever begins next would end what is open without knowing it.
        let mut all = Vec::new();
        for _ in 0..pool.size() {
            let mut one = pool.acquire().await.expect("a connection");
            // Within a transaction the one is when it began.
            let row = sqlx::raw_sql("SELECT now() = statement_timestamp()").fetch_one(&mut *one).await.expect("asked");
            assert!(row.get::<bool, _>(0), "a connection within a transaction was handed on");
            all.push(one);
        }
    }
    s.writer().write(entry(1)).await.expect("written");
});

/// A table whose rows are refused when they are committed, not before.
const CHILD: &str = "CREATE TABLE child (parent BIGINT REFERENCES ledger_head (one) DEFERRABLE INITIALLY DEFERRED)";
const ORPHAN: &str = "INSERT INTO child (parent) VALUES (7)";

on_both!(a_commit_that_fails_closes_its_connection, async |s: &Scratch| {
    let mut tx = s.db.begin().await.expect("begun");
    tx.execute(CHILD).await.expect("made");
    tx.commit().await.expect("committed");
    if let Db::Sqlite { write, .. } = &s.db {
        // What is temporary is one connection's, and the pool has one.
        write.execute("CREATE TEMP TABLE mark (n INTEGER)").await.expect("marked");
    }
    let mut tx = s.db.begin().await.expect("begun");
    let failing: i32 = match &mut tx {
        Tx::Postgres(held) => sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut **held).await.expect("asked"),
        Tx::Sqlite(held) => sqlx::query_scalar("SELECT COUNT(*) FROM mark").fetch_one(&mut **held).await.expect("asked"),
    };
    tx.execute(ORPHAN).await.expect("not refused yet");
    tx.commit().await.expect_err("refused at the end");
    match &s.db {
        Db::Sqlite { write, .. } => {
            write.execute("SELECT COUNT(*) FROM mark").await.expect_err("the connection of the failure is used no more");
        }
        Db::Postgres(pool) => {
            let mut all = Vec::new();
            for _ in 0..pool.options().get_max_connections() {
                let mut one = pool.acquire().await.expect("a connection");
                let this: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut *one).await.expect("asked");
                assert_ne!(this, failing, "the connection of the failure is used no more");
                all.push(one);
            }
        }
    }
    s.writer().write(entry(1)).await.expect("written");
});

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_without_room_says_so_and_works_again_when_there_is_some() {
    let s = Scratch::sqlite().await;
    let Db::Sqlite { write, .. } = &s.db else { panic!("SQLite") };
    let writer = s.writer();
    writer.write(entry(1)).await.expect("written");
    for together in [1, 3] {
        let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(write).await.expect("asked");
        write.execute(sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"))).await.expect("set");
        let mut all = JoinSet::new();
        for _ in 0..together {
            let writer = writer.clone();
            all.spawn(async move { writer.write(entry(200_000)).await });
        }
        for refused in all.join_all().await {
            assert_eq!(trouble(refused), Trouble::Full);
        }
        let pages = "PRAGMA max_page_count = 1000000";
        write.execute(pages).await.expect("set");
        writer.write(entry(200_000)).await.expect("written once there is room");
        try_write(&s.db).await.expect("and said to be");
    }
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(write).await.expect("asked");
    write.execute(sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"))).await.expect("set");
    assert_eq!(trouble(try_write(&s.db).await), Trouble::Full);
    s.finish().await;
}

on_both!(a_database_that_only_reads_says_so, async |s: &Scratch| {
    let db = match &s.db {
        Db::Sqlite { write, .. } => {
            write.execute("PRAGMA query_only = ON").await.expect("set");
            s.db.clone()
        }
        Db::Postgres(pool) => {
            let name: String = sqlx::query_scalar("SELECT current_database()").fetch_one(pool).await.expect("asked");
            let text = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
            pool.execute(sqlx::AssertSqlSafe(text)).await.expect("set");
            Db::open(&s.url).await.expect("opens")
        }
    };
    assert_eq!(trouble(try_write(&db).await), Trouble::ReadOnly);
    if let Db::Sqlite { write, .. } = &db {
        // What failed at its beginning went with its connection, and the setting with that.
        write.execute("PRAGMA query_only = ON").await.expect("set");
    }
    let writer = Writer::start(db.clone(), s.clock.clone(), None);
    assert_eq!(trouble(writer.write(entry(1)).await), Trouble::ReadOnly);
    head::reader(&db, domain::asof::Wanted::Now, &domain::ports::Steady::new(s.clock.clone()))
        .await
        .expect("it is read all the same")
        .close()
        .await
        .expect("closed");
    db.close().await;
});

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_named() {
    let why = Db::open("sqlite:/proc/countersign.db").await.expect_err("no file is made there").to_string();
    assert!(why.contains("/proc/countersign.db"), "{why}");
}

/// A small disk of its own; none where nobody may mount one, which is said.
struct Disk(tempfile::TempDir);

impl Disk {
    fn of(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let mut mount = std::process::Command::new("mount");
        let mounted = mount.args(["-t", "tmpfs", "-o", size, "tmpfs"]).arg(folder.path()).status();
        if mounted.is_ok_and(|m| m.success()) {
            return Some(Self(folder));
        }
        eprintln!("NOT TRIED HERE: a real full disk, because nobody may mount one; the limit of pages above stands for it");
        None
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_is_full_for_a_while_stops_nothing_for_ever() {
    let Some(disk) = Disk::of("size=6m") else { return };
    let ballast = disk.path().join("ballast");
    std::fs::write(&ballast, vec![1; 2 * 1024 * 1024]).expect("written");
    let s = Scratch::sqlite().await;
    let db = Db::open(&format!("sqlite:{}", disk.path().join("countersign.db").display())).await.expect("opens");
    db.migrate().await.expect("migrated");
    head::create(&db, s.ids.make(), START).await.expect("a head");
    let writer = Writer::start(db.clone(), s.clock.clone(), Some(s.signer.clone()));
    let mut written = 0;
    let refused = loop {
        match writer.write(entry(100_000)).await {
            Ok(_) => written += 1,
            Err(error) => break error,
        }
        assert!(written < 100, "the disk never was full");
    };
    assert_eq!(trouble::<()>(Err(refused)), Trouble::Full);
    assert_eq!(trouble(try_write(&db).await), Trouble::Full);
    assert_eq!(trouble(writer.write(entry(100_000)).await), Trouble::Full);
    std::fs::remove_file(&ballast).expect("removed");
    try_write(&db).await.expect("there is room");
    let next = writer.write(entry(100_000)).await.expect("written");
    assert_eq!(next.seq.get(), written + 1, "what was refused left nothing behind");
    db.close().await;
    s.finish().await;
}

/// What stands between the store and its server until it is dropped; then nobody answers there.
async fn between(listener: TcpListener, server: String) {
    let mut through = JoinSet::new();
    while let Ok((mut here, _)) = listener.accept().await {
        let server = server.clone();
        through.spawn(async move {
            let mut there = TcpStream::connect(server).await?;
            tokio::io::copy_bidirectional(&mut here, &mut there).await
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_away_for_a_while_is_found_again() {
    let s = Scratch::postgres().await;
    let server = s.url.split('@').nth(1).and_then(|rest| rest.split('/').next()).expect("a host and a port").to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let here = listener.local_addr().expect("an address");
    let running = tokio::spawn(between(listener, server.clone()));
    let db = Db::open(&s.url.replacen(&server, &here.to_string(), 1)).await.expect("opens");
    let writer = Writer::start(db.clone(), s.clock.clone(), None);
    writer.write(entry(1)).await.expect("written");
    running.abort();
    assert!(running.await.is_err_and(|e| e.is_cancelled()));
    assert_eq!(trouble(try_write(&db).await), Trouble::Away);
    assert_eq!(trouble(writer.write(entry(1)).await), Trouble::Away);
    let again = TcpListener::bind(here).await.expect("bound again");
    let running = tokio::spawn(between(again, server));
    try_write(&db).await.expect("it is back");
    assert_eq!(writer.write(entry(1)).await.expect("written").seq.get(), 2);
    db.close().await;
    running.abort();
    s.finish().await;
}
