//! The browser journeys: a server on a scratch folder, headless Chromium, with and without JavaScript.

use crate::sh::{self, Res, step};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// A running server; stops when dropped.
pub struct Server {
    child: Child,
    pub url: String,
    pub setup: Option<String>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts a server on a free port over `folder`.
pub fn serve(program: &PathBuf, folder: &std::path::Path) -> Res<Server> {
    let mut child = Command::new(program)
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(folder)
        .env("COUNTERSIGN_LOG", "warn")
        .stdout(Stdio::piped())
        .spawn()?;
    let out = child.stdout.take().ok_or("no output")?;
    let (mut url, mut setup) = (None, None);
    for line in BufReader::new(out).lines() {
        let line = line?;
        if let Some(found) = line.strip_prefix("Countersign at ") {
            url = Some(found.to_owned());
        }
        if let Some((_, link)) = line.split_once("24 hours): ") {
            setup = Some(link.to_owned());
            break;
        }
    }
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

pub fn journeys() -> Res<()> {
    let chromium = chromium()?;
    packages()?;
    let program = step("server", || {
        sh::run(sh::cargo().args(["build", "--quiet", "-p", "server"]))?;
        Ok(sh::target().join("debug/countersign"))
    })?;
    let folder = tempfile::tempdir()?;
    let server = serve(&program, folder.path())?;
    let setup = server.setup.clone().ok_or("the server printed no set-up link")?;
    let shots = sh::root().join("end2end/shots");
    fs::create_dir_all(&shots)?;
    step("browser journeys", || {
        let mut node = Command::new("node");
        node.args(["--test", "--test-concurrency=1", "journeys.test.mjs"])
            .current_dir(sh::root().join("end2end"))
            .env("COUNTERSIGN_URL", &server.url)
            .env("COUNTERSIGN_SETUP", setup)
            .env("CHROMIUM", chromium);
        sh::run(&mut node)
    })
}
