//! What of a folder is read, and what is said of the rest of it.

use crate::support::{identities, reads, says};
use connect::{Input, recognise};
use domain::snapshot::{Format, Snapshot};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

const CARD: &str = r#"{"name": "A", "url": "https://a.example/", "skills": []}"#;

fn account(name: &str) -> String {
    format!("apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: {name}, namespace: x}}\n")
}

fn put(folder: &Path, all: &[(&str, &str)]) {
    for (name, text) in all {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("written");
    }
}

/// What the folder gives as a format; the same where the format is recognised.
fn of(format: Format, folder: &Path) -> Snapshot {
    let input = Input::from_path(folder).expect("a folder");
    assert_eq!(recognise(&input), Some(format));
    reads(format, &input)
}

#[test]
fn every_spelling_of_an_ending_is_read_and_the_rest_is_counted_and_named() {
    let folder = tempfile::tempdir().expect("a folder");
    put(
        folder.path(),
        &[
            ("A.YAML", &account("a")),
            ("b.Yml", &account("b")),
            ("sub/c.yaml", &account("c")),
            ("d.yaml.tmpl", &account("d")),
            ("README.md", "# x"),
            ("sub/README.md", "# y"),
            ("noending", &account("e")),
            ("old.tar.gz", "x"),
            ("table.csv", "identity,action\nbot,read\n"),
            (".git/config.yaml", &account("f")),
        ],
    );
    let s = of(Format::Kubernetes, folder.path());
    assert_eq!(identities(&s), ["service_account x/a", "service_account x/b", "service_account x/c"]);
    for words in [
        &["file ending in .md: README.md, sub/README.md"][..],
        &["file ending in .tmpl: d.yaml.tmpl"],
        &["file without an ending: noending"],
        &["gzip file, not unpacked: old.tar.gz"],
        &["looks like a CSV table: table.csv"],
        &["version control: .git"],
    ] {
        assert!(says(&s, words), "{words:?} {:#?}", s.notes);
    }
    assert_eq!((s.skipped["file ending in .md"], s.skipped["gzip file, not unpacked"]), (2, 1));
}

#[test]
fn links_are_followed_within_the_folder_and_named_where_they_lead_out() {
    let (folder, elsewhere) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    put(folder.path(), &[("real.yaml", &account("a")), ("store/v1", &account("b"))]);
    put(elsewhere.path(), &[("out.yaml", &account("out"))]);
    for (name, to) in [
        ("same.yaml", folder.path().join("real.yaml")),
        ("now.yaml", "store/v1".into()),
        ("out.yaml", elsewhere.path().join("out.yaml")),
        ("gone.yaml", "nowhere".into()),
        ("loop", folder.path().to_path_buf()),
    ] {
        symlink(to, folder.path().join(name)).expect("a link");
    }
    let s = of(Format::Kubernetes, folder.path());
    assert_eq!(identities(&s), ["service_account x/a", "service_account x/b"]);
    assert!(says(&s, &["leads out of the folder: out.yaml"]) && says(&s, &["leads nowhere: gone.yaml"]), "{:#?}", s.notes);
    assert!(!says(&s, &["is said twice"]), "{:#?}", s.notes);
}

#[test]
fn what_is_of_another_format_or_of_none_does_not_refuse_the_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    put(
        folder.path(),
        &[
            ("agent-card.json", CARD),
            ("b/agent-card.json", r#"{"name": "B", "url": "https://b.example/", "skills": []}"#),
            ("package.json", r#"{"name": "x", "version": "1.0.0"}"#),
            (".vscode/launch.json", r#"{"version": "0.2.0", "configurations": []}"#),
            ("empty.json", ""),
            ("zipped.json", "PK\u{3}\u{4}rest"),
            ("account.json", r#"{"UserDetailList": []}"#),
            ("notes.txt", "words"),
        ],
    );
    let s = of(Format::A2a, folder.path());
    assert_eq!(identities(&s), ["ai_agent https://a.example/", "ai_agent https://b.example/"]);
    for words in [
        &["Not read, .vscode/launch.json"][..],
        &["Not read, package.json"],
        &["empty file: empty.json"],
        &["zip archive, not unpacked: zipped.json"],
        &["looks like an AWS account or policy: account.json"],
        &["file ending in .txt: notes.txt"],
    ] {
        assert!(says(&s, words), "{words:?} {:#?}", s.notes);
    }
}

#[test]
fn a_folder_in_which_nothing_is_read_says_what_there_is() {
    let folder = tempfile::tempdir().expect("a folder");
    put(folder.path(), &[("a.tgz", "x"), ("b.md", "x")]);
    let error = Input::from_path(folder.path()).expect_err("refused");
    assert!(error.reason.contains("1 × gzip file, not unpacked") && error.reason.contains(".md"), "{error}");
}
