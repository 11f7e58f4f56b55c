//! A store that is older than a checkpoint that left the machine opens as restored, says what is missing,
//! and takes no change; `ledger verify --against` says the same with exit code 1.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

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
