//! `cargo xtask fresh`: what a stranger does with only the README, in a fresh clone with an empty home.

use crate::browser;
use crate::sh::{self, Res, step};
use std::path::Path;
use std::process::Command;

pub fn run() -> Res<()> {
    let place = tempfile::tempdir()?;
    let (home, clone) = (place.path().join("home"), place.path().join("countersign"));
    std::fs::create_dir_all(&home)?;
    step("clone", || sh::run(Command::new("git").args(["clone", "--quiet"]).arg(sh::root()).arg(&clone)))?;
    if let Ok(folder) = crate::check::fixtures(None) {
        std::fs::create_dir_all(place.path().join("shared"))?;
        std::os::unix::fs::symlink(folder, place.path().join("shared/fixtures"))?;
    }
    step("first command: build and serve", || first(&clone, &home))?;
    step("second command: every test", || sh::run(cargo(&clone, &home)?.args(["xtask", "test"])))
}

/// A cargo that knows nothing of this user but the toolchain and the registry's settings.
fn cargo(clone: &Path, home: &Path) -> Res<Command> {
    let old = std::env::var_os("HOME").ok_or("HOME is not set")?;
    let at = |name: &str, folder: &str| std::env::var_os(name).map_or_else(|| Path::new(&old).join(folder), Into::into);
    let mut command = Command::new("cargo");
    command
        .current_dir(clone)
        .env("CARGO_HOME", at("CARGO_HOME", ".cargo"))
        .env("RUSTUP_HOME", at("RUSTUP_HOME", ".rustup"))
        .env("HOME", home)
        .env_remove("CARGO_TARGET_DIR")
        .env_remove("COUNTERSIGN_CACHE")
        .env_remove("XDG_CACHE_HOME");
    Ok(command)
}

/// `cargo xtask run` as it stands, then in the browser's words: set up, sign out, sign in, look at the list.
fn first(clone: &Path, home: &Path) -> Res<()> {
    let mut run = cargo(clone, home)?;
    run.args(["xtask", "run", "--listen", "127.0.0.1:0"]);
    let server = browser::serve(run)?;
    let setup = server.setup.clone().ok_or("no set-up link was printed")?;
    let token = setup.rsplit('=').next().unwrap_or_default().to_owned();
    let person = "email=ann%40example.org&password=a+long+enough+sentence";
    let (first, second) = (home.join("first-visit"), home.join("second-visit"));
    post(&first, &format!("token={token}&name=Ann&{person}"), &format!("{}/setup", server.url))?;
    post(&first, "", &format!("{}/sign-out", server.url))?;
    let program = clone.join("target/debug/countersign");
    for (format, sample) in [("aws", "aws.json"), ("kubernetes", "kubernetes.yaml"), ("mcp", "desktop-client.json")] {
        let mut import = Command::new(&program);
        import.current_dir(clone).args(["import", format]).arg(clone.join("end2end/samples").join(sample)).args(["--source", format]);
        sh::run(import.stdout(std::process::Stdio::null()))?;
    }
    post(&second, person, &format!("{}/sign-in", server.url))?;
    let page = sh::output(Command::new("curl").args(["-sS", "-f", "-b"]).arg(&second).arg(format!("{}/identities", server.url)))?;
    for name in ["support-triage", "argocd-server", "desktop-client"] {
        if !page.contains(name) {
            return Err(format!("{name} is not on the page of identities").into());
        }
    }
    owned(&program, clone, &second, &server.url)?;
    // Audited: nothing disagrees with the checkpoints that were appended beside the store.
    sh::run(Command::new(&program).current_dir(clone).args(["ledger", "verify", "--against", "data/countersign.checkpoints"]))
}

/// One of the imported identities gets an owner, as the README says.
fn owned(program: &Path, clone: &Path, jar: &Path, url: &str) -> Res<()> {
    let first = |args: &[&str], holds: &str| -> Res<String> {
        let said = sh::output(Command::new(program).current_dir(clone).args(args))?;
        let line = said.lines().find(|l| l.contains(holds)).ok_or_else(|| format!("{holds} is in no line of {args:?}"))?;
        Ok(line.split_whitespace().next().unwrap_or_default().to_owned())
    };
    let (identity, person) = (first(&["identities", "list"], "support-triage")?, first(&["person", "list"], "ann@example.org")?);
    let record = format!("{{\"name\":\"support-triage\",\"kind\":\"cloud_role\",\"owner\":\"{person}\"}}");
    let address = format!("{url}/api/v1/identities/{identity}?version=0");
    let mut put = Command::new("curl");
    put.args(["-sS", "-f", "-o", "/dev/null", "-X", "PUT", "-H", "content-type: application/json", "-b"])
        .arg(jar)
        .args(["-d", &record, &address]);
    sh::run(&mut put)?;
    let page = sh::output(Command::new("curl").args(["-sS", "-f", "-b"]).arg(jar).arg(format!("{url}/identities/{identity}")))?;
    if page.contains("Ann answers for it.") { Ok(()) } else { Err("the owner is not on the page of the identity".into()) }
}

/// A form as a browser sends it, with the cookies of one visit.
fn post(jar: &Path, form: &str, url: &str) -> Res<()> {
    let mut post = Command::new("curl");
    post.args(["-sS", "-f", "-o", "/dev/null", "-b"]).arg(jar).arg("-c").arg(jar).args(["-d", form, url]);
    sh::run(&mut post)
}
