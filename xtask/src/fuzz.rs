//! Coverage-guided fuzzing of every parser with libFuzzer, without cargo-fuzz: the instrumentation is a
//! handful of compiler flags that work on stable.

use crate::sh::{self, Res};
use std::fs;
use std::process::Command;
use std::time::Duration;

const TARGETS: [&str; 8] = ["aws", "kubernetes", "mcp", "a2a", "csv", "countersign", "note", "asof"];

const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing -Ccodegen-units=1";

/// Runs every target for `time`; a panic or a hang of two seconds fails.
pub fn run(time: Duration) -> Res<()> {
    let target = sh::target().join("fuzz");
    let mut build = sh::cargo();
    build
        .args(["build", "--quiet", "--release", "--manifest-path"])
        .arg(sh::root().join("fuzz/Cargo.toml"))
        .args(["--target", "x86_64-unknown-linux-gnu"])
        .env("RUSTFLAGS", FLAGS)
        .env("CARGO_TARGET_DIR", &target);
    sh::run(&mut build)?;
    let found = sh::cache()?.join("fuzz");
    let mut running = Vec::new();
    for name in TARGETS {
        let corpus = found.join(name);
        fs::create_dir_all(&corpus)?;
        let mut fuzz = Command::new(target.join("x86_64-unknown-linux-gnu/release").join(name));
        fuzz.arg(corpus)
            .args(["-max_len=4096", "-timeout=2", "-rss_limit_mb=1024", "-verbosity=0", "-print_funcs=0", "-print_final_stats=0"])
            .arg(format!("-max_total_time={}", time.as_secs()))
            .arg(format!("-artifact_prefix={}/{name}-", found.display()));
        running.push((name, fuzz));
    }
    // Two at a time: the machine has two cores.
    for pair in running.chunks_mut(2) {
        let children: Vec<_> = pair.iter_mut().map(|(n, f)| Ok((*n, f.spawn()?))).collect::<Res<_>>()?;
        for (name, mut child) in children {
            if !child.wait()?.success() {
                return Err(format!("the {name} target found an input; it is in {}", found.display()).into());
            }
            println!("fuzz {name}: no panic in {} s", time.as_secs());
        }
    }
    Ok(())
}
