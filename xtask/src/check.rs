//! `cargo xtask test`: every check and test, cheapest first, and at its end what each step took. A missing Postgres or
//! browser fails, it is never skipped.

use crate::sh::{self, Res, step};
use crate::{browser, bundle, fuzz, postgres, schemathesis, tidy, toolchain};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

/// Everything.
pub fn test() -> Res<()> {
    let start = Instant::now();
    let outcome = steps();
    sh::print_steps(start);
    outcome
}

fn steps() -> Res<()> {
    step("format", || sh::run(sh::cargo().args(["fmt", "--all", "--check"])))?;
    step("tidy", tidy::run)?;
    deny()?;
    step("clippy", || sh::run(sh::cargo().args(["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"])))?;
    let wasm = toolchain::wasm()?;
    step("clippy for the browser side", || {
        let mut clippy = wasm.cargo();
        clippy.args([
            "clippy",
            "--quiet",
            "-p",
            "frontend",
            "--lib",
            "--target",
            "wasm32-unknown-unknown",
            "--profile",
            "wasm-dev",
            "--",
            "-D",
            "warnings",
        ]);
        sh::run(&mut clippy)
    })?;
    bundle::site_bundle(false)?;
    step("tests of xtask", || sh::run(sh::cargo().args(["test", "--quiet", "-p", "xtask"])))?;
    step("tests built", || sh::run(tests().arg("--no-run")))?;
    let cluster = step("PostgreSQL", postgres::start)?;
    step("tests on both databases", || {
        let mut tests = tests();
        tests.env("COUNTERSIGN_TEST_POSTGRES_URL", &cluster.url);
        match fixtures(None) {
            Ok(folder) => {
                tests.env("COUNTERSIGN_FIXTURES", folder);
            }
            Err(_) => println!("oracles: ../shared/fixtures is not here, the outside inputs were not read"),
        }
        sh::run(&mut tests)
    })?;
    schemathesis::run(&cluster)?;
    drop(cluster);
    fuzz::run(Duration::from_secs(5))?;
    browser::journeys()
}

/// The tests of everything that runs. Always the same packages: with others cargo would build what they are made of
/// with other features, once more. The build tool's own tests stand apart for the same reason.
fn tests() -> Command {
    let mut command = sh::cargo();
    command.args(["test", "--quiet", "--workspace", "--exclude", "xtask"]);
    command
}

/// `cargo xtask schemathesis`: that step alone.
pub fn schemathesis_command() -> Res<()> {
    step("tests built", || sh::run(tests().arg("--no-run")))?;
    schemathesis::run(&step("PostgreSQL", postgres::start)?)
}

/// Bans, licences and sources of the dependencies; advisories where their database can be reached.
fn deny() -> Res<()> {
    let tool = sh::cache()?.join("tools/bin/cargo-deny");
    if !tool.exists() && sh::which("cargo-deny").is_none() {
        step("cargo-deny", || {
            let root = sh::cache()?.join("tools");
            sh::run(sh::cargo().args(["install", "--quiet", "--locked", "cargo-deny", "--root"]).arg(root).env_remove("CARGO_TARGET_DIR"))
        })?;
    }
    let tool = if tool.exists() { tool } else { PathBuf::from("cargo-deny") };
    let check = |what: &[&str]| {
        let mut command = Command::new(&tool);
        command.current_dir(sh::root()).args(["--log-level", "error", "check"]).args(what);
        command
    };
    step("dependencies", || sh::run(&mut check(&["bans", "licenses", "sources"])))?;
    if std::net::ToSocketAddrs::to_socket_addrs(&("github.com", 443)).is_err() {
        println!("advisories: their database cannot be reached from here, they were not checked");
        return Ok(());
    }
    step("advisories", || sh::run(&mut check(&["advisories"])))
}

/// The folder of inputs nobody on this project wrote.
pub fn fixtures(given: Option<&str>) -> Res<PathBuf> {
    let folder = given.map_or_else(|| sh::root().join("../shared/fixtures"), PathBuf::from);
    let folder = std::fs::canonicalize(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    if folder.join("rfc6962-merkle").is_dir() { Ok(folder) } else { Err(format!("{} holds no fixtures", folder.display()).into()) }
}

/// `cargo xtask oracles [DIR]`
pub fn oracles_command(given: Option<&str>) -> Res<()> {
    let folder = fixtures(given)?;
    let cluster = step("PostgreSQL", postgres::start)?;
    step("oracles", || {
        let mut oracles = tests();
        oracles.args(["--test", "it", "--", "oracles::", "trials_"]);
        sh::run(oracles.env("COUNTERSIGN_FIXTURES", folder).env("COUNTERSIGN_TEST_POSTGRES_URL", &cluster.url))
    })
}
