//! kill -9 under concurrent writes, many times: the store opens, verifies, and nothing that was answered as
//! done is missing. `COUNTERSIGN_KILLS` says how often (default 50 an engine).

use serde_json::Value;
use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use store::testing::Scratch;

const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign");

struct Installation {
    data: tempfile::TempDir,
    database: String,
}

impl Installation {
    fn command(&self, args: &[&str]) -> Command {
        let mut c = Command::new(PROGRAM);
        c.args(args).arg("--data-dir").arg(self.data.path()).args(["--database-url", &self.database]).env("COUNTERSIGN_LOG", "error");
        c
    }

    fn serve(&self) -> (Child, u16) {
        let mut child = self.command(&["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().expect("started");
        let out = BufReader::new(child.stdout.take().expect("output"));
        let line = out.lines().map_while(Result::ok).find(|l| l.starts_with("Countersign at ")).expect("an address");
        let port = line.rsplit(':').next().and_then(|p| p.parse().ok()).expect("a port");
        (child, port)
    }
}

/// One request over a kept connection; none where the server went away.
fn exchange(stream: &mut TcpStream, head: &str, body: &str) -> Option<(u16, String, String)> {
    let request = format!("{head}\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).ok()?;
    let mut got = Vec::new();
    let mut byte = [0u8; 1];
    while !got.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        got.push(byte[0]);
    }
    let text = String::from_utf8_lossy(&got).into_owned();
    let length = text.to_lowercase().split("content-length: ").nth(1).and_then(|t| t.split("\r\n").next()?.parse().ok()).unwrap_or(0);
    let mut body = vec![0u8; length];
    stream.read_exact(&mut body).ok()?;
    let status = text.split(' ').nth(1)?.parse().ok()?;
    Some((status, text, String::from_utf8_lossy(&body).into_owned()))
}

fn cookie(port: u16) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("connects");
    let body = "email=ann%40example.org&password=a+long+enough+sentence";
    let (_, head, _) =
        exchange(&mut stream, "POST /sign-in HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded", body).expect("signs in");
    let set = head.split("\r\n").find(|l| l.to_lowercase().starts_with("set-cookie: ")).expect("a session");
    set["set-cookie: ".len()..].split(';').next().unwrap_or_default().to_owned()
}

/// Writes until the server is gone; tells what was answered as done.
fn write_until_killed(port: u16, cookie: &str, next: &AtomicU64, acknowledged: &Sender<String>) {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return };
    loop {
        let name = format!("agent-{}", next.fetch_add(1, Ordering::SeqCst));
        let body = serde_json::json!({ "name": name, "kind": "ai_agent" }).to_string();
        let head =
            format!("POST /api/v1/identities HTTP/1.1\r\nCookie: {cookie}\r\nContent-Type: application/json\r\nAccept-Encoding: identity");
        match exchange(&mut stream, &head, &body) {
            Some((201, _, text)) => {
                let value: Value = serde_json::from_str(&text).expect("json");
                acknowledged.send(value["id"].as_str().expect("id").to_owned()).expect("heard");
            }
            Some((status, _, text)) => panic!("{status}: {text}"),
            None => return,
        }
    }
}

fn kill_many_times(installation: &Installation) {
    let kills: u64 = std::env::var("COUNTERSIGN_KILLS").ok().and_then(|k| k.parse().ok()).unwrap_or(50);
    let mut add = installation
        .command(&["person", "add", "ann@example.org", "--role", "admin", "--password-stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("started");
    add.stdin.take().expect("input").write_all(b"a long enough sentence\n").expect("written");
    assert!(add.wait().expect("ended").success());
    let mut acknowledged = HashSet::new();
    let next = Arc::new(AtomicU64::new(0));
    let mut session = None;
    for round in 0..kills {
        let (mut child, port) = installation.serve();
        let session = session.get_or_insert_with(|| cookie(port)).clone();
        let (tell, heard) = channel();
        let writers: Vec<_> = (0..6)
            .map(|_| {
                let (session, next, tell) = (session.clone(), next.clone(), tell.clone());
                std::thread::spawn(move || write_until_killed(port, &session, &next, &tell))
            })
            .collect();
        drop(tell);
        // Another moment of the writer's work every time: after so many answers, with the next ones under way.
        acknowledged.extend(heard.iter().take(1 + (round as usize * 7) % 23));
        child.kill().expect("killed");
        child.wait().expect("ended");
        for writer in writers {
            writer.join().expect("a writer");
        }
        acknowledged.extend(heard);
        if round % 5 == 4 || round + 1 == kills {
            check(installation, &acknowledged);
        }
    }
    let done = acknowledged.len();
    assert!(done as u64 > kills, "only {done} writes were acknowledged in {kills} rounds");
    println!("{kills} kills, {done} acknowledged writes, none missing");
}

fn check(installation: &Installation, acknowledged: &HashSet<String>) {
    let verified = installation.command(&["ledger", "verify"]).output().expect("ran");
    assert!(verified.status.success(), "{}{}", String::from_utf8_lossy(&verified.stdout), String::from_utf8_lossy(&verified.stderr));
    let listed = installation.command(&["identities", "list", "--json", "--limit", "1000000"]).output().expect("ran");
    let there: HashSet<String> = String::from_utf8_lossy(&listed.stdout)
        .lines()
        .filter_map(|l| serde_json::from_str::<Value>(l).ok()?["id"].as_str().map(str::to_owned))
        .collect();
    let missing: Vec<&String> = acknowledged.difference(&there).collect();
    assert!(missing.is_empty(), "{} acknowledged writes are missing, for example {:?}", missing.len(), missing.first());
}

fn sqlite_url(folder: &Path) -> String {
    format!("sqlite://{}", folder.join("kill.db").display())
}

#[test]
fn nothing_acknowledged_is_lost_on_sqlite() {
    let data = tempfile::tempdir().expect("folder");
    let database = sqlite_url(data.path());
    kill_many_times(&Installation { data, database });
}

#[test]
fn nothing_acknowledged_is_lost_on_postgres() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("runtime");
    let scratch = runtime.block_on(Scratch::postgres());
    let data = tempfile::tempdir().expect("folder");
    kill_many_times(&Installation { data, database: scratch.url.clone() });
    runtime.block_on(scratch.finish());
}

/// A large import that dies between two of its entries shows nothing, and the next one brings all of it.
#[test]
fn a_killed_import_is_whole_after_the_next_one() {
    let data = tempfile::tempdir().expect("folder");
    let database = sqlite_url(data.path());
    let installation = Installation { data, database };
    let mut csv = String::from("identity,action,resource\n");
    for i in 0..1300 {
        for a in 0..40 {
            csv.push_str(&format!("bot-{i},read,thing-{a}\n"));
        }
    }
    let file = installation.data.path().join("large.csv");
    std::fs::write(&file, csv).expect("written");
    let import = ["import", "csv", file.to_str().expect("path"), "--source", "large"];
    // Killed at its first word that a part is written.
    let mut child = installation.command(&import).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("started");
    let words = BufReader::new(child.stderr.take().expect("words"));
    let part = words.lines().map_while(Result::ok).any(|l| l.contains(" of ") && l.ends_with(" written"));
    child.kill().expect("killed");
    assert!(part && !child.wait().expect("ended").success(), "the import was over before it could be killed");
    let count = || {
        let listed = installation.command(&["identities", "list", "--json"]).output().expect("ran");
        let text = String::from_utf8_lossy(&listed.stdout).into_owned();
        let grants: u64 = text.lines().filter_map(|l| serde_json::from_str::<Value>(l).ok()?["grants"]["total"].as_u64()).sum();
        (text.lines().count(), grants)
    };
    assert_eq!(count(), (0, 0), "rows of a dead batch are shown");
    let again = installation.command(&import).output().expect("ran");
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    assert_eq!(count(), (1300, 52_000));
    check(&installation, &HashSet::new());
}
