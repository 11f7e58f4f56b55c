//! What others do with the database file while a server has it open: commands that read and end, one after another, take
//! nothing away under it.

use crate::kill::{Installation, add_ann, answer, cookie, send, sqlite_url};
use std::net::TcpStream;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Which file stands there now.
fn file(path: &Path) -> u64 {
    std::fs::metadata(path).expect("the file is there").ino()
}

fn register(port: u16, cookie: &str, name: &str) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("connects");
    let head =
        format!("POST /api/v1/identities HTTP/1.1\r\nCookie: {cookie}\r\nContent-Type: application/json\r\nAccept-Encoding: identity");
    send(&mut stream, &head, &serde_json::json!({ "name": name, "kind": "bot" }).to_string()).expect("asked");
    let (status, _, text) = answer(&mut stream).expect("answered");
    assert_eq!(status, 201, "{text}");
}

fn names(installation: &Installation) -> String {
    let listed = installation.command(&["identities", "list", "--json"]).output().expect("ran");
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    String::from_utf8_lossy(&listed.stdout).into_owned()
}

#[test]
fn a_command_beside_the_server_takes_nothing_away_under_it() {
    let data = tempfile::tempdir().expect("folder");
    let database = sqlite_url(data.path());
    let installation = Installation { data, database };
    add_ann(&installation);
    let server = installation.serve();
    let ann = cookie(server.port);
    let log = installation.data.path().join("kill.db-wal");
    register(server.port, &ann, "before");
    let before = file(&log);
    for n in 0..3 {
        // Whoever believes to be the last reader removes the log on leaving: the server's locks must stand.
        assert!(names(&installation).contains("before"));
        assert_eq!(file(&log), before, "the log was removed under the server");
        register(server.port, &ann, &format!("beside-{n}"));
        assert!(names(&installation).contains(&format!("beside-{n}")), "what the server wrote is not in the store");
    }
    server.kill();
    let left = names(&installation);
    assert!((0..3).all(|n| left.contains(&format!("beside-{n}"))), "{left}");
    let verified = installation.command(&["ledger", "verify"]).output().expect("ran");
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}
