//! Running other programs, saying what is being done. It must not hide a failure.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

pub type Res<T> = Result<T, Box<dyn std::error::Error>>;

/// The checkout. As cargo says it now, not as it was when this was compiled: checkouts may share what is built.
pub fn root() -> PathBuf {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Where things live that outlast a checkout: toolchains, npm packages.
pub fn cache() -> Res<PathBuf> {
    let base = std::env::var_os("COUNTERSIGN_CACHE")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("XDG_CACHE_HOME").map(|d| PathBuf::from(d).join("countersign")));
    let dir = match base {
        Some(dir) => dir,
        None => PathBuf::from(std::env::var_os("HOME").ok_or("HOME is not set")?).join(".cache/countersign"),
    };
    std::fs::create_dir_all(&dir)?;
    Ok(dir)
}

/// Where cargo puts what it builds.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

pub fn say(text: &str) {
    eprintln!("\x1b[1m== {text}\x1b[0m");
}

/// What each step took that has ended, well or not, in the order they ended.
static TOOK: Mutex<Vec<(String, Duration)>> = Mutex::new(Vec::new());

/// Runs one step and prints how long it took.
pub fn step<T>(name: &str, work: impl FnOnce() -> Res<T>) -> Res<T> {
    say(name);
    let start = Instant::now();
    let out = work();
    let took = start.elapsed();
    let shown = if out.is_ok() { name.to_owned() } else { format!("{name} (failed)") };
    eprintln!("   {shown}: {:.1} s", took.as_secs_f32());
    if let Ok(mut all) = TOOK.lock() {
        all.push((shown, took));
    }
    out.map_err(|e| format!("{name}: {e}").into())
}

/// Prints what every step took, and what all of it took since `start`.
pub fn print_steps(start: Instant) {
    let Ok(all) = TOOK.lock() else { return };
    println!();
    for (name, took) in &*all {
        println!("{:>8.1} s  {name}", took.as_secs_f32());
    }
    println!("{:>8.1} s  in all", start.elapsed().as_secs_f32());
}

/// Runs a command to its end; its exit code must be zero.
pub fn run(command: &mut Command) -> Res<()> {
    let status = command.status().map_err(|e| format!("{}: {e}", shown(command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", shown(command)).into()) }
}

/// Runs a command and gives its standard output.
pub fn output(command: &mut Command) -> Res<String> {
    let out = command.stderr(Stdio::inherit()).output().map_err(|e| format!("{}: {e}", shown(command)))?;
    if !out.status.success() {
        return Err(format!("{} ended with {}", shown(command), out.status).into());
    }
    Ok(String::from_utf8(out.stdout)?)
}

pub fn ok(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
}

pub fn which(program: &str) -> Option<PathBuf> {
    std::env::var_os("PATH")
        .into_iter()
        .flat_map(|paths| std::env::split_paths(&paths).collect::<Vec<_>>())
        .map(|dir| dir.join(program))
        .find(|p| p.is_file())
}

/// A cargo that builds this workspace.
pub fn cargo() -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(root()).env_remove("CARGO").env_remove("RUSTUP_TOOLCHAIN");
    command
}

/// Installs Debian packages where they are missing; elsewhere names what is missing. What was downloaded stays in the
/// cache: a machine that begins anew with it downloads nothing again.
pub fn apt_install(packages: &[&str]) -> Res<()> {
    if which("apt-get").is_none() {
        return Err(format!("please install {} (only Debian and Ubuntu are set up by themselves)", packages.join(", ")).into());
    }
    say(&format!("installing {}", packages.join(", ")));
    let root = output(Command::new("id").arg("-u"))?.trim() == "0";
    let apt = |args: &[&str]| {
        let mut command = if root { Command::new("apt-get") } else { Command::new("sudo") };
        if !root {
            command.args(["-n", "apt-get"]);
        }
        command.args(args).env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null());
        run(&mut command)
    };
    apt(&["update", "-qq"])?;
    let kept = format!("Dir::Cache::archives={}", cache()?.join("apt").display());
    std::fs::create_dir_all(cache()?.join("apt"))?;
    apt(&[&["install", "-y", "-qq", "--no-install-recommends", "-o", kept.as_str()], packages].concat())
}

fn shown(command: &Command) -> String {
    let mut text = command.get_program().to_string_lossy().into_owned();
    for arg in command.get_args() {
        text.push(' ');
        text.push_str(&arg.to_string_lossy());
    }
    text
}
