//! A store that is older than a checkpoint that left the machine opens as restored, says what is missing,
//! and takes no change; `ledger verify --against` says the same with exit code 1.

use crate::rollback::{PASSWORD, Place, change, host, missing, opened};
use crate::support::Site;
use axum::http::StatusCode;
use domain::note::{Checkpoint, Signer};
use domain::permission::Role;
use domain::restored::Gap;
use domain::time::SECOND;
use server::compose;
use service::restored::{self, Found};
use service::setup::{self, Installation};
use service::{Error, people};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use store::on_both;
use store::testing::Scratch;

const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign");

fn run(data: &Path, sink: &Path, args: &[&str]) -> Output {
    Command::new(PROGRAM)
        .args(args)
        .arg("--data-dir")
        .arg(data)
        .arg("--checkpoint-sink")
        .arg(sink)
        .env("COUNTERSIGN_LOG", "error")
        .output()
        .expect("ran")
}

fn import(data: &Path, sink: &Path, line: &str) -> Output {
    let file = data.join("in.csv");
    std::fs::write(&file, format!("identity,action\n{line}\n")).expect("written");
    // A command has given its sinks what it wrote before it ends.
    run(data, sink, &["import", "csv", file.to_str().expect("path"), "--source", "c", "--confirm-removals"])
}

#[test]
fn an_older_copy_opens_as_restored_and_says_what_is_missing() {
    let (data, sink) = (tempfile::tempdir().expect("folder"), tempfile::tempdir().expect("folder"));
    let (data, sink) = (data.path(), sink.path());
    let mut add = Command::new(PROGRAM)
        .args(["person", "add", "ann@example.org", "--role", "admin", "--password-stdin", "--data-dir"])
        .arg(data)
        .arg("--checkpoint-sink")
        .arg(sink)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("started");
    add.stdin.take().expect("input").write_all(b"a long enough sentence\n").expect("written");
    assert!(add.wait().expect("ended").success());
    assert!(import(data, sink, "a,read").status.success());
    let database = data.join("countersign.db");
    let copy = std::fs::read(&database).expect("a copy");
    assert!(import(data, sink, "b,read").status.success());
    assert!(import(data, sink, "c,read").status.success());
    let anchor = sink.join("countersign.checkpoints");
    let verified = run(data, sink, &["ledger", "verify", "--against", anchor.to_str().expect("path")]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));

    for ending in ["db-wal", "db-shm"] {
        let _ = std::fs::remove_file(database.with_extension(ending));
    }
    std::fs::write(&database, copy).expect("restored");
    let verified = run(data, sink, &["ledger", "verify", "--against", anchor.to_str().expect("path")]);
    assert_eq!(verified.status.code(), Some(1), "{}", String::from_utf8_lossy(&verified.stderr));
    assert!(
        String::from_utf8_lossy(&verified.stderr).contains("2 entries after 2 are missing"),
        "{}",
        String::from_utf8_lossy(&verified.stderr)
    );
    let refused = import(data, sink, "d,read");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("restored") && said.contains("2 entries after 2 are missing"), "{said}");
    let missing = run(data, sink, &["ledger", "verify", "--against", "/nowhere"]);
    assert_eq!(missing.status.code(), Some(2));
}

#[test]
fn an_export_verifies_offline_and_a_changed_one_does_not() {
    let (data, sink) = (tempfile::tempdir().expect("folder"), tempfile::tempdir().expect("folder"));
    let (data, sink) = (data.path(), sink.path());
    assert!(import(data, sink, "a,read").status.success());
    let export = String::from_utf8(run(data, sink, &["ledger", "export"]).stdout).expect("text");
    let file = data.join("export.jsonl");
    std::fs::write(&file, &export).expect("written");
    let verify = |text: &str| {
        std::fs::write(&file, text).expect("written");
        run(data, sink, &["ledger", "verify", "--file", file.to_str().expect("path")]).status.code()
    };
    assert_eq!(verify(&export), Some(0));
    assert_eq!(verify(&export.replacen("import.applied", "import.forged_", 1)), Some(1));
    let cut: Vec<&str> = export.lines().skip(1).collect();
    assert_eq!(verify(&cut.join("\n")), Some(1));
    assert_eq!(verify("not json"), Some(2));
    let proof = String::from_utf8(run(data, sink, &["ledger", "proof", "1"]).stdout).expect("text");
    let value: serde_json::Value = serde_json::from_str(&proof).expect("json");
    let hash = |text: &str| -> [u8; 32] { hex::decode(text).expect("hex").try_into().expect("32 bytes") };
    let path: Vec<[u8; 32]> = value["path"].as_array().expect("path").iter().map(|p| hash(p.as_str().expect("text"))).collect();
    let note = value["checkpoint"].as_str().expect("note");
    let body = &note[..=note.find("\n\n").expect("blank line")];
    let checkpoint = domain::note::Checkpoint::parse(body).expect("a checkpoint");
    let leaf = domain::merkle::leaf_hash(value["leaf"].as_str().expect("leaf").as_bytes());
    domain::merkle::verify_inclusion(&leaf, 0, checkpoint.size, &path, &checkpoint.root).expect("the proof holds");
}

async fn installation(s: &Scratch) -> Installation {
    setup::installation(&s.db, s.clock.as_ref(), s.ids.as_ref()).await.expect("an installation")
}

/// Puts a checkpoint outside that covers more entries than the store holds: it was restored from an older copy.
async fn ahead(s: &Scratch, place: &Place, by: u64) {
    let here = installation(s).await;
    let key = std::fs::read_to_string(place.data.path().join("checkpoint.key")).expect("a key");
    let secret: [u8; 32] = hex::decode(key.trim()).expect("hex").try_into().expect("32 bytes");
    let signer = Signer::new(&here.signer_name(), &secret).expect("a name");
    let body = Checkpoint { origin: here.origin.clone(), size: here.head.seq.get() as u64 + by, root: [1; 32] };
    std::fs::write(place.file(), signer.sign(&body.to_text()) + "\n\n\n").expect("written");
}

on_both!(two_processes_that_open_a_restored_store_say_the_same_and_begin_one_epoch, async |s: &Scratch| {
    let place = Place::new();
    let config = place.config(s, true);
    let normal = opened(&config).await;
    service::teams::add(&host(&normal), "before", "").await.expect("written");
    assert_eq!(missing(&normal).await, None);
    ahead(s, &place, 3).await;
    let (one, two) = tokio::join!(compose::services(&config, true), compose::services(&config, true));
    let (one, two) = (one.expect("opened"), two.expect("opened"));
    let said = missing(&one).await.expect("restored");
    assert!(said.contains("3 entries after 1 are missing"), "{said}");
    let after = installation(s).await;
    assert_eq!(after.epoch, 2, "one of them began it");
    // Whoever had it open as it was before is told with the first change, and sees it from then on.
    for services in [&one, &two, &normal] {
        let refused = change(services, &config, "after").await.expect_err("a restored store takes no change");
        assert!(matches!(refused, Error::Restored(_)), "{refused:?}");
        assert_eq!(missing(services).await.as_ref(), Some(&said));
    }
    // Opened once more, it is what it was: still restored, of the same epoch.
    let again = opened(&config).await;
    assert_eq!(missing(&again).await, Some(said));
    let last = installation(s).await;
    assert_eq!((last.epoch, last.head.seq), (2, after.head.seq));
    for services in [one, two, normal, again] {
        services.close().await;
    }
});

on_both!(a_restored_store_stays_one_however_many_entries_follow, async |s: &Scratch| {
    let place = Place::new();
    let config = place.config(s, true);
    let normal = opened(&config).await;
    people::add(&host(&normal), "Ann", "ann@example.org", PASSWORD, &[Role::Analyst]).await.expect("added");
    ahead(s, &place, 1).await;
    let restored = opened(&config).await;
    let said = missing(&restored).await.expect("restored");
    // Sign-ins make it longer than the checkpoint that is ahead of it.
    for _ in 0..3 {
        people::sign_in(&restored, "ann@example.org", PASSWORD, "192.0.2.1").await.expect("signed in");
    }
    // Nothing else adds to it: no page, no command, not even that something was taken out or that a clock jumped.
    let before = installation(s).await.head.seq;
    assert_eq!(before, domain::seq::Seq(4));
    let refused = service::ledger::exported(&host(&restored), "ledger", None).await;
    assert!(matches!(refused, Err(Error::Restored(_))), "{refused:?}");
    let refused = service::ledger::clock_jumped(&restored, 10 * SECOND).await;
    assert!(matches!(refused, Err(Error::Restored(_))), "{refused:?}");
    assert_eq!(installation(s).await.head.seq, before);
    server::sinks::append_newest(&config, &restored).await;
    let again = opened(&config).await;
    assert_eq!(missing(&again).await, Some(said));
    assert_eq!(installation(s).await.epoch, 2);
    for services in [normal, restored, again] {
        services.close().await;
    }
});

on_both!(the_page_of_a_restored_store_is_the_only_one_and_two_people_open_it_again, async |s: &Scratch| {
    let site = Site::over(s);
    let old = site.person(Role::Admin).await;
    let email = "ben@example.org";
    people::add(&host(&site.services), "Ben", email, PASSWORD, &[Role::SecurityReviewer]).await.expect("added");
    let reader = site.person(Role::Executive).await;
    let head = installation(s).await.head.seq;
    let gap = Gap { epoch: 1, kept: head, upto: head.plus(2), contradicting: 2, of: 9, place: "/mnt/kept".to_owned() };
    restored::mark(&s.db, s.clock.as_ref(), &Found { gaps: vec![gap], silent: vec![] }).await.expect("asked").expect("marked");
    // Sessions of before are nobody's, and programs are told.
    for cookie in [&old, &reader] {
        assert_eq!(site.get("/", Some(cookie)).await.location.as_deref(), Some("/sign-in"));
    }
    let api = site.get("/api/v1/identities", Some(&old)).await;
    assert_eq!(api.status, StatusCode::SERVICE_UNAVAILABLE, "{}", api.text);
    assert!(site.get("/sign-in", None).await.text.contains("restored from an older copy"));
    assert!(site.get("/readyz", None).await.text.contains("restored at entry"));
    let (ann, ben, eve) = (site.sign_in("admin@example.org").await, site.sign_in(email).await, site.sign_in("executive@example.org").await);
    for (cookie, path) in [(&ann, "/"), (&ben, "/identities"), (&eve, "/ledger.csv"), (&ann, "/nowhere")] {
        assert_eq!(site.get(path, Some(cookie)).await.location.as_deref(), Some("/restored"), "{path}");
    }
    assert_eq!(site.form("/settings/teams", Some(&ann), "name=x").await.location.as_deref(), Some("/restored"));
    let page = site.get("/restored", Some(&ann)).await.text;
    for said in
        ["2 entries after", "2 of 9 checkpoints", "/mnt/kept", "Nobody yet", "A second person", "Accept what is missing", "Sign out"]
    {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(!page.contains("/identities"), "it leads nowhere");
    assert!(!site.get("/restored", Some(&eve)).await.text.contains("Accept what is missing"));
    assert_eq!(site.form("/restored/accept", Some(&eve), "").await.status, StatusCode::FORBIDDEN);
    assert_eq!(site.form("/restored/accept", Some(&ann), "").await.location.as_deref(), Some("/restored"));
    let page = site.get("/restored", Some(&ann)).await.text;
    assert!(page.contains("Another person has to accept too") && !page.contains("Accept what is missing"), "{page}");
    let again = site.form("/restored/accept", Some(&ann), "").await;
    assert!(again.text.contains("You already accepted"), "{} {}", again.status, again.text);
    let page = site.get("/restored", Some(&ben)).await.text;
    assert!(page.contains("admin, ") && page.contains("You are the second person"), "{page}");
    site.form("/restored/accept", Some(&ben), "").await;
    let after = site.get("/restored", Some(&ben)).await.text;
    assert!(after.contains("Nothing waits to be accepted") && after.contains("accepted by Ben"), "{after}");
    assert_eq!(site.get("/", Some(&ann)).await.status, StatusCode::OK);
    change(&site.services, &Place::new().config(s, false), "again").await.expect("written");
});
