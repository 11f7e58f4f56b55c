//! What reading bad input may cost: 200 MB at most. The test reads in a process of its own, which it starts, because the
//! kernel's high-water mark is of the whole process.

use connect::{Input, InputFile, Options, read};
use domain::snapshot::Format;
use std::process::Command;

/// Set in the process that reads.
const ALONE: &str = "COUNTERSIGN_READS_ALONE";

fn peak_mb() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").expect("a status");
    let line = text.lines().find_map(|l| l.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().split(' ').next().and_then(|n| n.parse::<u64>().ok()).expect("a number") / 1024
}

#[test]
fn bad_input_stays_within_two_hundred_megabytes() {
    if std::env::var_os(ALONE).is_some() {
        read_bad_input();
        return;
    }
    let program = std::env::current_exe().expect("this program");
    let this = ["--exact", "bounds::bad_input_stays_within_two_hundred_megabytes", "--nocapture"];
    let ended = Command::new(program).args(this).env(ALONE, "1").output().expect("ran");
    let said = format!("{}{}", String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success() && said.contains("1 passed"), "{said}");
}

fn read_bad_input() {
    let deep = format!("{{\"tools\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let mut bomb = String::from("kind: Role\nmetadata: {name: x}\nrules:\n- &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for i in 1..12 {
        bomb.push_str(&format!("- &a{i} [{}]\n", format!("*a{}, ", i - 1).repeat(10).trim_end_matches(", ")));
    }
    let brackets = vec![b'['; 10 * 1024 * 1024];
    let inputs: [&[u8]; 6] =
        [&brackets, deep.as_bytes(), bomb.as_bytes(), &vec![0xff; 10 * 1024 * 1024], b"PK\x05\x06", &vec![b'{'; 10 * 1024 * 1024]];
    for bytes in inputs {
        for format in [Format::Aws, Format::Kubernetes, Format::Mcp, Format::A2a, Format::Csv, Format::Countersign] {
            let input = Input::single(InputFile::from_bytes("input", bytes.to_vec()));
            let _ = read(format, &input, &Options::default());
        }
    }
    assert!(peak_mb() < 200, "{} MB", peak_mb());
}
