//! What reading bad input may cost: 200 MB at most. One test in a process of its own, because the kernel's
//! high-water mark is of the whole process.
#![allow(clippy::expect_used, clippy::panic, clippy::format_push_string, clippy::disallowed_methods)]

use connect::{Input, InputFile, Options, read};
use domain::snapshot::Format;

fn peak_mb() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").expect("a status");
    let line = text.lines().find_map(|l| l.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().split(' ').next().and_then(|n| n.parse::<u64>().ok()).expect("a number") / 1024
}

#[test]
fn bad_input_stays_within_two_hundred_megabytes() {
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
