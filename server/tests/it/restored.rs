//! A store that is older than a checkpoint that left the machine opens as restored, says what is missing,
//! and takes no change; `ledger verify --against` says the same with exit code 1.

use domain::note::{Checkpoint, Signer};
use domain::time::SECOND;
use server::compose;
use server::config::{Config, Flags};
use service::setup::{self, Installation};
use service::{Act, Error, Principal, Services};
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
    assert!(!refused.status.success() && said.contains("restored") && said.contains("2 entries are missing"), "{said}");
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

fn config(s: &Scratch, data: &Path, sink: &Path) -> Config {
    let flags = Flags {
        database_url: Some(s.url.clone()),
        data_dir: Some(data.to_path_buf()),
        checkpoint_sink: vec![sink.to_path_buf()],
        ..Flags::default()
    };
    Config::load(&flags).expect("a configuration")
}

async fn installation(s: &Scratch) -> Installation {
    setup::installation(&s.db, s.clock.as_ref(), s.ids.as_ref()).await.expect("an installation")
}

/// Puts a checkpoint outside that covers more entries than the store holds: it was restored from an older copy.
async fn ahead(s: &Scratch, data: &Path, sink: &Path, by: u64) {
    let here = installation(s).await;
    let key = std::fs::read_to_string(data.join("checkpoint.key")).expect("a key");
    let secret: [u8; 32] = hex::decode(key.trim()).expect("hex").try_into().expect("32 bytes");
    let signer = Signer::new(&here.signer_name(), &secret).expect("a name");
    let body = Checkpoint { origin: here.origin.clone(), size: here.head.seq.get() as u64 + by, root: [1; 32] };
    std::fs::write(sink.join("countersign.checkpoints"), signer.sign(&body.to_text()) + "\n\n\n").expect("written");
}

async fn change(services: &Services, name: &str) -> Result<(), Error> {
    let host = Principal::Host { user: "test".to_owned() };
    service::teams::add(&Act::new(services, &host), name, "").await.map(|_| ())
}

on_both!(two_processes_that_open_a_restored_store_say_the_same_and_begin_one_epoch, async |s: &Scratch| {
    let (data, sink) = (tempfile::tempdir().expect("folder"), tempfile::tempdir().expect("folder"));
    let config = config(s, data.path(), sink.path());
    let normal = compose::services(&config, true).await.expect("opened");
    change(&normal, "before").await.expect("written");
    assert_eq!(normal.restored(), None);
    ahead(s, data.path(), sink.path(), 3).await;
    let (one, two) = tokio::join!(compose::services(&config, true), compose::services(&config, true));
    let (one, two) = (one.expect("opened"), two.expect("opened"));
    assert!(one.restored().is_some_and(|why| why.contains("3 entries are missing")), "{:?}", one.restored());
    assert_eq!(one.restored(), two.restored());
    let after = installation(s).await;
    assert_eq!(after.epoch, 2, "one of them began it");
    // Whoever had it open as it was before is told with the first change, and says so from then on.
    for services in [&one, &two, &normal] {
        let refused = change(services, "after").await.expect_err("a restored store takes no change");
        assert!(matches!(refused, Error::Restored(_)), "{refused:?}");
        assert!(services.restored().is_some());
    }
    // Opened once more, it is what it was: still restored, of the same epoch.
    let again = compose::services(&config, true).await.expect("opened");
    assert_eq!(again.restored(), one.restored());
    let last = installation(s).await;
    assert_eq!((last.epoch, last.head.seq), (2, after.head.seq));
    for services in [one, two, normal, again] {
        services.close().await;
    }
});

on_both!(a_restored_store_stays_one_however_many_entries_follow, async |s: &Scratch| {
    let (data, sink) = (tempfile::tempdir().expect("folder"), tempfile::tempdir().expect("folder"));
    let config = config(s, data.path(), sink.path());
    let normal = compose::services(&config, true).await.expect("opened");
    change(&normal, "before").await.expect("written");
    ahead(s, data.path(), sink.path(), 1).await;
    let restored = compose::services(&config, true).await.expect("opened");
    // What a restored store itself puts on record makes it longer than the checkpoint that is ahead of it.
    for _ in 0..3 {
        service::ledger::clock_jumped(&restored, 10 * SECOND).await.expect("asked").expect("on record");
    }
    // A command or a page adds nothing to it, not even that something was taken out.
    let before = installation(s).await.head.seq;
    let host = Act::new(&restored, &Principal::Host { user: "test".to_owned() });
    let refused = service::ledger::exported(&host, "ledger", None).await;
    assert!(matches!(refused, Err(Error::Restored(_))), "{refused:?}");
    assert_eq!(installation(s).await.head.seq, before);
    server::sinks::append_newest(&config, &restored.checkpoints());
    let again = compose::services(&config, true).await.expect("opened");
    assert!(again.restored().is_some_and(|why| why.contains("are not the ones")), "{:?}", again.restored());
    assert_eq!(installation(s).await.epoch, 2);
    for services in [normal, restored, again] {
        services.close().await;
    }
});

on_both!(a_sink_of_which_nothing_can_be_told_begins_no_epoch, async |s: &Scratch| {
    let (data, sink) = (tempfile::tempdir().expect("folder"), tempfile::tempdir().expect("folder"));
    let config = config(s, data.path(), sink.path());
    let normal = compose::services(&config, true).await.expect("opened");
    change(&normal, "before").await.expect("written");
    let file = sink.path().join("countersign.checkpoints");
    let foreign = Signer::new("countersign-another", &[3; 32]).expect("a name").sign("another installation\n");
    for (unreadable, what) in [(foreign.as_bytes(), "is signed by this installation's key"), (&[0xff, 0xfe][..], "cannot be read")] {
        std::fs::write(&file, unreadable).expect("written");
        for _ in 0..2 {
            let opened = compose::services(&config, true).await.expect("opened");
            let why = opened.restored().expect("it takes no change").to_owned();
            assert!(why.contains(what) && why.contains("an empty folder"), "{why}");
            assert!(matches!(change(&opened, "after").await, Err(Error::Restored(_))));
            opened.close().await;
        }
        assert_eq!(installation(s).await.epoch, 1);
    }
    // The way out.
    std::fs::remove_file(&file).expect("put away");
    let again = compose::services(&config, true).await.expect("opened");
    change(&again, "after").await.expect("written");
    normal.close().await;
    again.close().await;
});
