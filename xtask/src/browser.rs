//! The browser journeys: a server on a scratch folder, headless Chromium, with and without JavaScript.

use crate::sh::{self, Res, step};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A running server; stops when dropped.
pub struct Server {
    child: Child,
    pub url: String,
    pub setup: Option<String>,
}

impl Drop for Server {
    fn drop(&mut self) {
        // The whole group: `cargo xtask run` is a cargo that runs a program that runs the server.
        let _ = Command::new("kill").args(["-TERM", "--"]).arg(format!("-{}", self.child.id())).status();
        let _ = self.child.wait();
    }
}

/// The program on a free port over `folder`.
pub fn program(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(folder).env("COUNTERSIGN_LOG", "warn");
    command
}

/// The program that the tests have just run; building it by itself would build it a second time, with other features.
pub fn built() -> Res<PathBuf> {
    let program = sh::target().join("debug/countersign");
    if program.exists() { Ok(program) } else { Err(format!("{} is not here: the tests build it", program.display()).into()) }
}

/// Starts what prints an address and, for an empty store, a set-up link.
pub fn serve(command: Command) -> Res<Server> {
    start(command, true)
}

/// Starts what prints an address; waits for the set-up link too where the store is empty.
pub fn start(mut command: Command, empty: bool) -> Res<Server> {
    let mut child = command.stdout(Stdio::piped()).process_group(0).spawn()?;
    let out = child.stdout.take().ok_or("no output")?;
    let (mut url, mut setup) = (None, None);
    let mut lines = BufReader::new(out).lines();
    for line in lines.by_ref() {
        let line = line?;
        if let Some(found) = line.strip_prefix("Countersign at ") {
            url = Some(found.to_owned());
            if !empty {
                break;
            }
        }
        if let Some((_, link)) = line.split_once("24 hours): ") {
            setup = Some(link.to_owned());
            break;
        }
    }
    std::thread::spawn(move || lines.for_each(drop));
    Ok(Server { child, url: url.ok_or("the server did not start")?, setup })
}

/// A Chrome or Chromium, installed where it is missing.
pub fn chromium() -> Res<PathBuf> {
    let names = ["chromium", "google-chrome", "google-chrome-stable", "chromium-browser"];
    if let Some(found) = names.iter().find_map(|n| sh::which(n)) {
        return Ok(found);
    }
    sh::apt_install(&["chromium"])?;
    sh::which("chromium").ok_or_else(|| "chromium is not on the PATH after its installation".into())
}

/// The journeys' packages from the npm registry.
fn packages() -> Res<()> {
    let folder = sh::root().join("end2end");
    if sh::which("npm").is_none() {
        sh::apt_install(&["nodejs", "npm"])?;
    }
    if folder.join("node_modules/playwright-core").exists() {
        return Ok(());
    }
    step("npm packages", || sh::run(Command::new("npm").args(["ci", "--silent", "--no-audit", "--no-fund"]).current_dir(&folder)))
}

/// Walks them all; the tests were built before.
pub fn journeys() -> Res<()> {
    let chromium = chromium()?;
    packages()?;
    let program = built()?;
    let (empty, estate, first) = (tempfile::tempdir()?, tempfile::tempdir()?, tempfile::tempdir()?);
    let server = serve(self::program(&program, empty.path()))?;
    let setup = server.setup.clone().ok_or("the server printed no set-up link")?;
    let tasks = serve(self::program(&program, first.path()))?;
    let tasks_setup = tasks.setup.clone().ok_or("the server printed no set-up link")?;
    let told = sh::output(Command::new(&program).args(["demo", "--data-dir"]).arg(estate.path()))?;
    let demo = start(self::program(&program, estate.path()), false)?;
    let shots = sh::root().join("end2end/shots");
    fs::create_dir_all(&shots)?;
    step("browser journeys", || {
        let mut node = Command::new("node");
        // In this order, whichever is asked for: Node sorts by name. The second factors belong to who was set up by the journeys.
        let files = ["changes", "estate", "journeys", "second_factors", "tasks"].map(|name| format!("{name}.test.mjs"));
        node.args(["--test", "--test-concurrency=1"])
            .args(files)
            .current_dir(sh::root().join("end2end"))
            .env("COUNTERSIGN_URL", &server.url)
            .env("COUNTERSIGN_SETUP", setup)
            .env("COUNTERSIGN_DEMO_URL", &demo.url)
            .env("COUNTERSIGN_DEMO", told)
            .env("COUNTERSIGN_TASKS_URL", &tasks.url)
            .env("COUNTERSIGN_TASKS_SETUP", tasks_setup)
            .env("CHROMIUM", chromium);
        // Without the foreign inputs the tasks are passed by, and say so.
        if let Ok(folder) = crate::check::fixtures(std::env::var("COUNTERSIGN_FIXTURES").ok().as_deref()) {
            node.env("COUNTERSIGN_FIXTURES", folder);
        }
        sh::run(&mut node)
    })
}

/// Contact sheets of the demo estate, into a folder.
pub fn shots(folder: Option<&str>) -> Res<()> {
    let chromium = chromium()?;
    packages()?;
    let program = crate::bundle::server(false)?;
    let estate = tempfile::tempdir()?;
    let told = sh::output(Command::new(&program).args(["demo", "--data-dir"]).arg(estate.path()))?;
    let demo = start(self::program(&program, estate.path()), false)?;
    let sheets = folder.map_or_else(|| sh::root().join("end2end/shots/sheets"), PathBuf::from);
    step("contact sheets", || {
        let mut node = Command::new("node");
        node.arg("shots.mjs")
            .current_dir(sh::root().join("end2end"))
            .env("COUNTERSIGN_DEMO_URL", &demo.url)
            .env("COUNTERSIGN_DEMO", told)
            .env("SHOTS", &sheets)
            .env("CHROMIUM", chromium);
        sh::run(&mut node)
    })?;
    sh::say(&format!("contact sheets in {}", sheets.display()));
    Ok(())
}
