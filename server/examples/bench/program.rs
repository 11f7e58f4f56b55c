//! The release program as a process of its own: how soon it answers, and what it holds.

use std::io::{BufRead, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// The release program on a folder of its own, and its address.
pub fn started(program: &Path, folder: &Path, more: &[&str]) -> (std::process::Child, String) {
    let mut child = std::process::Command::new(program)
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(folder)
        .args(more)
        .env("COUNTERSIGN_LOG", "error")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("started");
    let mut lines = std::io::BufReader::new(child.stdout.take().expect("output")).lines();
    let line = lines.by_ref().map_while(Result::ok).find(|l| l.starts_with("Countersign at ")).expect("an address");
    std::thread::spawn(move || lines.for_each(drop));
    (child, line.replace("Countersign at http://localhost", "127.0.0.1").trim().to_owned())
}

fn ask(address: &str, path: &str) {
    let mut stream = std::net::TcpStream::connect(address).expect("connects");
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes()).expect("asked");
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut stream, &mut answer).expect("answered");
}

pub fn resident_mb(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let kb: f64 = status.lines().find_map(|l| l.strip_prefix("VmRSS:")?.trim().split(' ').next()?.parse().ok()).unwrap_or(0.0);
    kb / 1024.0
}

/// Start to first page, and what an idle server holds, of the release program.
pub fn start_up(program: &Path) {
    let folder = tempfile::tempdir().expect("a folder");
    let start = Instant::now();
    let (mut child, address) = started(program, folder.path(), &[]);
    ask(&address, "/sign-in");
    let took = start.elapsed();
    std::thread::sleep(Duration::from_secs(1));
    println!("start to first page {:.0} ms; idle resident memory, empty {:.0} MB", took.as_secs_f64() * 1000.0, resident_mb(child.id()));
    let _ = child.kill();
    let _ = child.wait();
}

/// The key files of the benchmark's stores, in a data directory.
pub fn key_files(folder: &Path) {
    for (name, key) in [(server::compose::CHECKPOINT_KEY, super::KEYS.checkpoint), (server::compose::MAC_KEY, super::KEYS.mac)] {
        std::fs::write(folder.join(name), hex::encode(key)).expect("written");
    }
}

/// What a server holds that has answered the list of a large store once.
pub fn idle(program: &Path, url: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    key_files(folder.path());
    let (mut child, address) = started(program, folder.path(), &["--database-url", url]);
    ask(&address, "/sign-in");
    std::thread::sleep(Duration::from_secs(1));
    println!("  idle resident memory {:.0} MB", resident_mb(child.id()));
    let _ = child.kill();
    let _ = child.wait();
}

/// The import by the release program beside a scanner that people run over the same file, as a ratio.
pub fn beside_scanner(program: &Path, scanner: &Path, file: &Path, roles: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let timed = |command: &mut std::process::Command| {
        let start = Instant::now();
        let done = command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).status().expect("runs");
        assert!(done.success(), "{command:?}");
        start.elapsed().as_secs_f64()
    };
    let ours =
        timed(std::process::Command::new(program).args(["import", "aws"]).arg(file).arg("--data-dir").arg(folder.path().join("data")));
    let theirs = timed(
        std::process::Command::new(scanner)
            .args(["scan", "--skip-open-report", "--input-file"])
            .arg(file)
            .arg("--output")
            .arg(folder.path()),
    );
    println!("a file of {roles} roles: import {ours:.1} s, cloudsplaining's scan {theirs:.1} s: {:.0} times as long", theirs / ours);
}
