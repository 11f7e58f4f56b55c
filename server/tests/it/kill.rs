//! kill -9 under concurrent writes, many times, each time at another moment of a write: the store opens, verifies,
//! and nothing that was answered as done is missing. `COUNTERSIGN_KILLS` says how often (default 50 an engine). Nothing
//! here waits for time: a round ends with its drawn acknowledgement, however long the machine takes for it.

use serde_json::Value;
use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};
use store::testing::Scratch;

const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign");

pub(crate) struct Installation {
    pub data: tempfile::TempDir,
    pub database: String,
}

impl Installation {
    pub fn command(&self, args: &[&str]) -> Command {
        let mut c = Command::new(PROGRAM);
        c.args(args).arg("--data-dir").arg(self.data.path()).args(["--database-url", &self.database]).env("COUNTERSIGN_LOG", "error");
        c
    }

    pub fn serve(&self) -> Server {
        let mut child = self.command(&["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().expect("started");
        let out = BufReader::new(child.stdout.take().expect("output"));
        let mut server = Server { child, port: 0 };
        let line = out.lines().map_while(Result::ok).find(|l| l.starts_with("Countersign at ")).expect("an address");
        server.port = line.rsplit(':').next().and_then(|p| p.parse().ok()).expect("a port");
        server
    }
}

/// A server that is killed when dropped, also where a test fails.
pub(crate) struct Server {
    child: Child,
    pub port: u16,
}

impl Server {
    pub fn kill(mut self) {
        let ended = self.child.try_wait().expect("asked");
        assert!(ended.is_none(), "the server ended before it was killed: {ended:?}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Numbers that look drawn and are the same in every run (SplitMix64).
pub(crate) struct Draw(pub u64);

impl Draw {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }

    /// Lets a moment of the next write pass: some are over at once, some last as long as a write.
    pub fn moment(&mut self) {
        let most = 1u64 << self.below(19);
        for _ in 0..self.below(most) {
            std::hint::spin_loop();
        }
    }
}

/// Sends a request over a kept connection; none where the server went away.
pub(crate) fn send(stream: &mut TcpStream, head: &str, body: &str) -> Option<()> {
    let request = format!("{head}\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).ok()
}

/// Reads an answer to its last byte: status, head, body; none where the server went away.
pub(crate) fn answer(stream: &mut TcpStream) -> Option<(u16, String, String)> {
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

pub(crate) fn cookie(port: u16) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("connects");
    let body = "email=ann%40example.org&password=a+long+enough+sentence";
    send(&mut stream, "POST /sign-in HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded", body).expect("asked");
    let (_, head, _) = answer(&mut stream).expect("signs in");
    let set = head.split("\r\n").find(|l| l.to_lowercase().starts_with("set-cookie: ")).expect("a session");
    set["set-cookie: ".len()..].split(';').next().unwrap_or_default().to_owned()
}

/// What a writer tells.
enum Told {
    /// A write has left for the server.
    Sent,
    /// A write was answered as done: the id.
    Done(String),
    /// A write was answered, and not as done.
    Refused(String),
}

/// Writes until the server is gone or refuses.
fn write_until_killed(port: u16, cookie: &str, next: &AtomicU64, tell: &Sender<Told>) {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return };
    let head =
        format!("POST /api/v1/identities HTTP/1.1\r\nCookie: {cookie}\r\nContent-Type: application/json\r\nAccept-Encoding: identity");
    loop {
        let name = format!("agent-{}", next.fetch_add(1, Ordering::SeqCst));
        let body = serde_json::json!({ "name": name, "kind": "ai_agent" }).to_string();
        if send(&mut stream, &head, &body).is_none() {
            return;
        }
        // Whoever listened may have given the round up.
        let _ = tell.send(Told::Sent);
        let told = match answer(&mut stream) {
            Some((201, _, text)) => {
                let value: Value = serde_json::from_str(&text).expect("json");
                Told::Done(value["id"].as_str().expect("id").to_owned())
            }
            Some((status, _, text)) => Told::Refused(format!("{status}: {text}")),
            None => return,
        };
        let refused = matches!(told, Told::Refused(_));
        if tell.send(told).is_err() || refused {
            return;
        }
    }
}

/// A round is over in a second; where a server hangs, it fails after this, whatever the machine.
pub(crate) const ROUND: Duration = Duration::from_mins(1);

/// Hears writers until `n` writes were answered as done and the next one has left for the server.
fn hear(heard: &Receiver<Told>, n: usize) -> Vec<String> {
    let until = Instant::now() + ROUND;
    let mut done = Vec::new();
    loop {
        match heard.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(Told::Sent) if done.len() >= n => return done,
            Ok(Told::Sent) => {}
            Ok(Told::Done(id)) => done.push(id),
            Ok(Told::Refused(why)) => panic!("a write was refused: {why}"),
            Err(RecvTimeoutError::Timeout) => panic!("{} of {n} writes were answered within {} s", done.len(), ROUND.as_secs()),
            Err(RecvTimeoutError::Disconnected) => panic!("the server was gone after {} of {n} writes", done.len()),
        }
    }
}

/// Starts the server, writes from six sides, kills it after `n` answers at a moment of the next write; gives the ids of
/// every write that was answered as done.
fn round(installation: &Installation, session: &mut Option<String>, next: &Arc<AtomicU64>, n: usize, draw: &mut Draw) -> Vec<String> {
    let server = installation.serve();
    let port = server.port;
    let session = session.get_or_insert_with(|| cookie(port)).clone();
    let (tell, heard) = channel();
    let writers: Vec<_> = (0..6)
        .map(|_| {
            let (session, next, tell) = (session.clone(), next.clone(), tell.clone());
            std::thread::spawn(move || write_until_killed(port, &session, &next, &tell))
        })
        .collect();
    drop(tell);
    let mut done = hear(&heard, n);
    draw.moment();
    server.kill();
    for writer in writers {
        writer.join().expect("a writer");
    }
    done.extend(heard.iter().filter_map(|told| match told {
        Told::Done(id) => Some(id),
        Told::Sent => None,
        Told::Refused(why) => panic!("a write was refused: {why}"),
    }));
    done
}

/// Adds whom `cookie` signs in.
pub(crate) fn add_ann(installation: &Installation) {
    let mut add = installation
        .command(&["person", "add", "ann@example.org", "--role", "admin", "--password-stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("started");
    add.stdin.take().expect("input").write_all(b"a long enough sentence\n").expect("written");
    assert!(add.wait().expect("ended").success());
}

fn kill_many_times(installation: &Installation, seed: u64) {
    let kills: u64 = std::env::var("COUNTERSIGN_KILLS").ok().and_then(|k| k.parse().ok()).unwrap_or(50);
    add_ann(installation);
    let mut acknowledged = HashSet::new();
    let next = Arc::new(AtomicU64::new(0));
    let mut session = None;
    let mut draw = Draw(seed);
    let mut asked = 0;
    for turn in 0..kills {
        let n = 1 + draw.below(24) as usize;
        let done = round(installation, &mut session, &next, n, &mut draw);
        assert!(done.len() >= n, "round {turn}: {} of {n} writes were answered", done.len());
        asked += n;
        for id in done {
            assert!(acknowledged.insert(id), "round {turn}: one id was given twice");
        }
        if turn % 5 == 4 || turn + 1 == kills {
            check(installation, &acknowledged);
        }
    }
    assert!(acknowledged.len() >= asked, "{} of {asked} writes were answered", acknowledged.len());
    println!("{kills} kills, {} acknowledged writes, none missing", acknowledged.len());
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

pub(crate) fn sqlite_url(folder: &Path) -> String {
    format!("sqlite://{}", folder.join("kill.db").display())
}

#[test]
fn nothing_acknowledged_is_lost_on_sqlite() {
    let data = tempfile::tempdir().expect("folder");
    let database = sqlite_url(data.path());
    kill_many_times(&Installation { data, database }, 7);
}

#[test]
fn nothing_acknowledged_is_lost_on_postgres() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("runtime");
    let scratch = runtime.block_on(Scratch::postgres());
    let data = tempfile::tempdir().expect("folder");
    kill_many_times(&Installation { data, database: scratch.url.clone() }, 11);
    runtime.block_on(scratch.finish());
}

/// Imports the large file and kills the import at its first word that a part is written; false where it was over.
fn dies_in_the_middle(installation: &Installation, import: &[&str]) -> bool {
    let mut child = installation.command(import).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("started");
    let mut words = BufReader::new(child.stderr.take().expect("words")).lines();
    let part = words.by_ref().map_while(Result::ok).any(|l| l.contains(" of ") && l.ends_with(" written"));
    child.kill().expect("killed");
    part && !child.wait().expect("ended").success()
}

/// Identities that are listed, and their grants.
fn count(installation: &Installation) -> (usize, u64) {
    let listed = installation.command(&["identities", "list", "--json"]).output().expect("ran");
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    let grants: u64 = text.lines().filter_map(|l| serde_json::from_str::<Value>(l).ok()?["grants"].as_u64()).sum();
    (text.lines().count(), grants)
}

/// A large import that dies between two of its entries shows nothing, and the next one brings all of it.
#[test]
fn a_killed_import_is_whole_after_the_next_one() {
    const WHOLE: (usize, u64) = (1300, 52_000);
    let mut csv = String::from("identity,action,resource\n");
    for i in 0..1300 {
        for a in 0..40 {
            csv.push_str(&format!("bot-{i},read,thing-{a}\n"));
        }
    }
    // Where the import was over before it could be killed, another one has to die, in a new store.
    for _ in 0..20 {
        let data = tempfile::tempdir().expect("folder");
        let database = sqlite_url(data.path());
        let installation = Installation { data, database };
        let file = installation.data.path().join("large.csv");
        std::fs::write(&file, &csv).expect("written");
        let import = ["import", "csv", file.to_str().expect("path"), "--source", "large"];
        if !dies_in_the_middle(&installation, &import) || count(&installation) == WHOLE {
            continue;
        }
        assert_eq!(count(&installation), (0, 0), "rows of a dead batch are shown");
        let again = installation.command(&import).output().expect("ran");
        assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
        assert_eq!(count(&installation), WHOLE);
        check(&installation, &HashSet::new());
        return;
    }
    panic!("twenty imports were over before they could be killed");
}
