//! The WebAssembly target, both ways: `rustup target add` where the Rust download site answers, else
//! Debian's `rustc-web` laid out as a toolchain of its own with the target's standard library built from
//! Debian's source package. It chooses by itself and caches the second outside the checkout.

use crate::sh::{self, Res};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How to build for the browser.
pub struct Wasm {
    /// The rustup toolchain to name, or none for the default one.
    toolchain: Option<String>,
}

const TARGET: &str = "wasm32-unknown-unknown";

impl Wasm {
    /// A cargo that can build for the browser.
    pub fn cargo(&self) -> Command {
        let mut command = sh::cargo();
        if let Some(name) = &self.toolchain {
            command.env("RUSTUP_TOOLCHAIN", name);
            // Another compiler than the native side's: its own folder keeps both caches warm.
            command.env("CARGO_TARGET_DIR", sh::target().join("wasm"));
        }
        command
    }

    /// Where that cargo leaves the module of a profile.
    pub fn module(&self, profile: &str) -> PathBuf {
        let base = if self.toolchain.is_some() { sh::target().join("wasm") } else { sh::target() };
        base.join(TARGET).join(if profile == "dev" { "debug" } else { profile }).join("frontend.wasm")
    }
}

/// Finds or makes a toolchain with the WebAssembly target.
pub fn wasm() -> Res<Wasm> {
    let sysroot = sh::output(Command::new("rustc").args(["--print", "sysroot"]).current_dir(sh::root()))?;
    if Path::new(sysroot.trim()).join("lib/rustlib").join(TARGET).exists() {
        return Ok(Wasm { toolchain: None });
    }
    let name = "countersign-wasm";
    let folder = sh::cache()?.join("wasm-toolchain");
    // One that was laid out before is taken without asking the download site again, which did not answer then. Its cargo
    // is a link into the toolchain it was laid out from, which may be gone.
    if !folder.join("complete").exists() || !folder.join("bin/cargo").exists() {
        if sh::ok(Command::new("rustup").args(["target", "add", TARGET]).current_dir(sh::root())) {
            return Ok(Wasm { toolchain: None });
        }
        sh::step("WebAssembly toolchain from Debian's packages", || lay_out(&folder, sysroot.trim(), name))?;
    }
    sh::run(Command::new("rustup").args(["toolchain", "link", name]).arg(&folder))?;
    Ok(Wasm { toolchain: Some(name.to_owned()) })
}

fn lay_out(folder: &Path, sysroot: &str, name: &str) -> Res<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let work = tempfile::tempdir()?;
    let unpacked = work.path().join("unpacked");
    fetch(work.path(), &unpacked)?;
    fs::create_dir_all(folder.join("bin"))?;
    for tool in ["rustc", "rustdoc", "clippy-driver", "cargo-clippy"] {
        fs::copy(unpacked.join("usr/lib/rust-web/bin").join(tool), folder.join("bin").join(tool))
            .or_else(|_| fs::copy(unpacked.join("usr/bin").join(tool), folder.join("bin").join(tool)))
            .map_err(|e| format!("{tool} in the packages: {e}"))?;
    }
    let home = PathBuf::from(sysroot);
    symlink(home.join("bin/cargo"), folder.join("bin/cargo"))?;
    libraries(&unpacked, folder)?;
    let linkers = Path::new("lib/rustlib/x86_64-unknown-linux-gnu/bin");
    fs::create_dir_all(folder.join(linkers))?;
    for tool in ["rust-lld", "gcc-ld"] {
        let link = folder.join(linkers).join(tool);
        let _ = fs::remove_file(&link);
        symlink(home.join(linkers).join(tool), link)?;
    }
    sh::run(Command::new("rustup").args(["toolchain", "link", name]).arg(folder))?;
    standard_library(work.path(), folder, name)?;
    fs::write(folder.join("complete"), "")?;
    Ok(())
}

/// Downloads and unpacks the packages; they are never installed, because they conflict with a packaged rustup.
fn fetch(work: &Path, unpacked: &Path) -> Res<()> {
    if sh::which("apt-get").is_none() {
        return Err("rustup cannot add wasm32-unknown-unknown and this is not Debian or Ubuntu: please add the target by hand".into());
    }
    let listed = sh::output(Command::new("apt-cache").args(["search", "--names-only", "^libstd-rust-web-[0-9.]+$"]))?;
    let newest = |listed: &str| listed.lines().filter_map(|l| l.split(' ').next()).max_by_key(|n| version(n)).map(str::to_owned);
    let std_package = match newest(&listed) {
        Some(name) if version(&name) >= vec![1, 90] => name,
        _ => {
            sh::run(Command::new("apt-get").args(["update", "-qq"]))?;
            let listed = sh::output(Command::new("apt-cache").args(["search", "--names-only", "^libstd-rust-web-[0-9.]+$"]))?;
            newest(&listed).ok_or("Debian offers no libstd-rust-web: please add the target by hand")?
        }
    };
    let depends = sh::output(Command::new("apt-cache").args(["depends", &std_package]))?;
    let llvm = depends
        .lines()
        .filter_map(|l| l.trim().strip_prefix("Depends: "))
        .find(|d| d.starts_with("libllvm"))
        .ok_or("the package names no libllvm")?
        .to_owned();
    let packages = ["rustc-web", "libstd-rust-web-dev", &std_package, &llvm, "rust-web-src", "rust-web-clippy"];
    for package in packages {
        eprintln!("   fetching {package}");
        sh::run(Command::new("apt-get").args(["download", "-qq", "-o", "APT::Sandbox::User=root", package]).current_dir(work))?;
    }
    for file in fs::read_dir(work)? {
        let path = file?.path();
        if path.extension().is_some_and(|e| e == "deb") {
            sh::run(Command::new("dpkg").arg("-x").arg(&path).arg(unpacked))?;
        }
    }
    Ok(())
}

fn version(package: &str) -> Vec<u32> {
    package.trim_start_matches("libstd-rust-web-").split('.').filter_map(|n| n.parse().ok()).collect()
}

fn libraries(unpacked: &Path, folder: &Path) -> Res<()> {
    let lib = folder.join("lib");
    fs::create_dir_all(&lib)?;
    let found = sh::output(Command::new("find").arg(unpacked).args(["-name", "*.so*"]))?;
    for path in found.lines().map(PathBuf::from) {
        let name = path.file_name().ok_or("a library without a name")?.to_owned();
        let text = name.to_string_lossy().into_owned();
        let inside = path.components().any(|c| c.as_os_str() == "rustlib");
        if !inside
            && (text.starts_with("librustc") || text.starts_with("libLLVM") || text.starts_with("libstd"))
            && let Ok(real) = fs::canonicalize(&path)
        {
            fs::copy(real, lib.join(name))?;
        }
    }
    let rustlib = sh::output(Command::new("find").arg(unpacked).args(["-type", "d", "-name", "rustlib"]))?;
    for from in rustlib.lines() {
        sh::run(Command::new("cp").args(["-rL", from]).arg(&lib)).or_else(|_| sh::run(Command::new("cp").args(["-r", from]).arg(&lib)))?;
    }
    let source = sh::output(Command::new("find").arg(unpacked).args(["-type", "d", "-path", "*/library/std", "-prune"]))?;
    let library =
        Path::new(source.lines().next().ok_or("no library source in the packages")?).parent().ok_or("no library source in the packages")?;
    let rust = lib.join("rustlib/src/rust");
    fs::create_dir_all(&rust)?;
    let _ = fs::remove_dir_all(rust.join("library"));
    sh::run(Command::new("cp").arg("-r").arg(library).arg(&rust))?;
    if let Some(parent) = library.parent() {
        for file in ["Cargo.lock", "vendor"] {
            if parent.join(file).exists() {
                sh::run(Command::new("cp").arg("-r").arg(parent.join(file)).arg(&rust))?;
            }
        }
    }
    Ok(())
}

fn standard_library(work: &Path, folder: &Path, name: &str) -> Res<()> {
    let empty = work.join("empty");
    fs::create_dir_all(empty.join("src"))?;
    fs::write(empty.join("Cargo.toml"), "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2021\"\n")?;
    fs::write(empty.join("src/lib.rs"), "")?;
    let mut build = Command::new("cargo");
    build
        .args(["build", "-Zbuild-std=std,panic_abort", "--target", TARGET, "--release", "--quiet"])
        .current_dir(&empty)
        .env("RUSTUP_TOOLCHAIN", name)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_DIR", empty.join("target"));
    sh::run(&mut build)?;
    let to = folder.join("lib/rustlib").join(TARGET).join("lib");
    fs::create_dir_all(&to)?;
    for file in fs::read_dir(empty.join("target").join(TARGET).join("release/deps"))? {
        let path = file?.path();
        let text = path.to_string_lossy().into_owned();
        if path.extension().is_some_and(|e| e == "rlib") && !text.contains("libempty") {
            fs::copy(&path, to.join(path.file_name().ok_or("a library without a name")?))?;
        }
    }
    Ok(())
}
