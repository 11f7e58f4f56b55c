//! What small inputs cost to read and to judge: each in a process of its own, because the kernel's high-water mark is of the
//! whole process.

use crate::bad_input::computed;
use crate::support::one;
use connect::{Error, Options, read};
use domain::access::{self, HeldRule, Memory};
use domain::snapshot::{Format, Snapshot};
use std::process::Command;

/// Set in the process that reads, to the file it reads.
const ALONE: &str = "COUNTERSIGN_READS_ALONE_FILE";

/// Of a processor, whatever else the machine does. In a program that is not optimised it takes some ten times as long.
const SECONDS: f64 = if cfg!(debug_assertions) { 50.0 } else { 5.0 };

/// Whose inputs are read, and by which test.
pub struct Input {
    pub test: &'static str,
    pub format: Format,
    pub file: &'static str,
}

/// Reads, and judges as an import does.
fn costs(input: &Input, text: &str) -> Result<Snapshot, Error> {
    let s = read(input.format, &one(input.file, text), &Options::default())?;
    let mut memory = Memory::default();
    for part in std::iter::once(&s).chain(&s.others) {
        for of_one in part.grants.chunk_by(|a, b| a.identity == b.identity) {
            let held: Vec<HeldRule<'_>> = of_one
                .iter()
                .map(|g| HeldRule {
                    rule: part.rules.get(g.rule),
                    via: part.paths.get(g.path).0,
                    via_name: part.paths.get(g.path).1,
                    timed: false,
                })
                .collect();
            let judged = access::judge(&held, &mut memory);
            assert_eq!(judged.len(), held.len());
        }
    }
    Ok(s)
}

fn peak_mb() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").expect("a status");
    let line = text.lines().find_map(|l| l.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().split(' ').next().and_then(|n| n.parse::<u64>().ok()).expect("a number") / 1024
}

/// Reads each of the inputs of 5 MB in a process of its own.
pub fn each(input: &Input, cases: impl FnOnce() -> Vec<(&'static str, String)>) {
    if let Some(path) = std::env::var_os(ALONE) {
        return alone(input, &std::fs::read_to_string(path).expect("a case"));
    }
    let program = std::env::current_exe().expect("this program");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("case");
    for (name, text) in cases() {
        std::fs::write(&path, text).expect("written");
        let ended = Command::new(&program).args(["--exact", input.test, "--nocapture"]).env(ALONE, &path).output().expect("ran");
        let said = format!("{}{}", String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
        said.lines().filter(|line| line.starts_with("took")).for_each(|line| println!("{name}: {line}"));
        assert!(ended.status.success() && said.contains("1 passed"), "{name}: {said}");
    }
}

fn alone(input: &Input, text: &str) {
    let (size, before) = (text.len(), computed());
    let read = costs(input, text);
    let (took, peak) = (computed() - before, peak_mb());
    let said = read.as_ref().map_or_else(ToString::to_string, |s| format!("{} identities, {} grants", s.identities.len(), s.grants.len()));
    println!("took {size} bytes, {took:.1} s, {peak} MB: {}", said.chars().take(240).collect::<String>());
    assert!(size < 5_500_000 && peak < 300 && took < SECONDS);
    if let Err(error) = read {
        assert!(error.file == input.file && error.place.is_some(), "{error}");
    }
}
