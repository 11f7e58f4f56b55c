//! Coverage-guided fuzzing of every parser with libFuzzer, without cargo-fuzz: the instrumentation is a
//! handful of compiler flags that work on stable. Every run begins with the inputs kept in `fuzz/corpus` and with what
//! earlier runs found, which stays in the cache; it must not write into the checkout.

use crate::sh::{self, Res, step};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const TARGETS: [&str; 9] = ["aws", "kubernetes", "mcp", "a2a", "csv", "countersign", "note", "asof", "coupling"];

const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing -Ccodegen-units=1";

/// Seconds of the clock after which an input counts as one that hangs: far more than a busy machine takes for 4 KB.
const HANGS: u32 = 10;

/// Runs every target for `time`; a panic or a hang fails.
pub fn run(time: Duration) -> Res<()> {
    let target = sh::target().join("fuzz");
    step("fuzz targets built", || build(&target))?;
    step(&format!("fuzz, {} s a target", time.as_secs()), || fuzz(&target, time))
}

fn build(target: &Path) -> Res<()> {
    let mut build = sh::cargo();
    build
        .args(["build", "--quiet", "--release", "--manifest-path"])
        .arg(sh::root().join("fuzz/Cargo.toml"))
        .args(["--target", "x86_64-unknown-linux-gnu"])
        .env("RUSTFLAGS", FLAGS)
        .env("CARGO_TARGET_DIR", target);
    sh::run(&mut build)
}

fn fuzz(target: &Path, time: Duration) -> Res<()> {
    let found = sh::cache()?.join("fuzz");
    let mut running = Vec::new();
    for name in TARGETS {
        let (grown, kept) = (found.join(name), sh::root().join("fuzz/corpus").join(name));
        fs::create_dir_all(&grown)?;
        if !kept.is_dir() {
            return Err(format!("{} is not here: the {name} target has no inputs to begin with", kept.display()).into());
        }
        let mut fuzz = Command::new(target.join("x86_64-unknown-linux-gnu/release").join(name));
        // New inputs are written to the first folder.
        fuzz.args([grown, kept])
            .args(["-max_len=4096", "-rss_limit_mb=1024", "-verbosity=0", "-print_funcs=0", "-print_final_stats=0"])
            .arg(format!("-timeout={HANGS}"))
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
