//! Programs from the Python package index, each in an environment of its own in the cache. It must not touch the
//! system's Python.

use crate::sh::{self, Res, step};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// The program of a package that bears its name, installed where it is missing; it stays in the cache.
pub fn tool(package: &str, version: &str) -> Res<PathBuf> {
    let folder = sh::cache()?.join(format!("{package}-{version}"));
    let (tool, complete) = (folder.join("bin").join(package), folder.join("complete"));
    // Its Python is a link out of the folder, which may lead nowhere by now.
    if complete.exists() && folder.join("bin/python").exists() {
        return Ok(tool);
    }
    if sh::which("python3").is_none() || !has("ensurepip") {
        sh::apt_install(&["python3", "python3-venv"])?;
    }
    if !sh::ok(Command::new("python3").args(["-c", "import sys; sys.exit(sys.version_info < (3, 11))"])) {
        return Err(format!("{package} needs Python 3.11 or newer as python3 on the PATH").into());
    }
    step(&format!("{package} from the Python package index"), || {
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        sh::run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        let wanted = format!("{package}=={version}");
        sh::run(Command::new(folder.join("bin/pip")).args(["install", "--quiet", "--disable-pip-version-check", &wanted]))?;
        Ok(fs::write(&complete, "")?)
    })?;
    Ok(tool)
}

fn has(module: &str) -> bool {
    sh::ok(Command::new("python3").args(["-c", &format!("import {module}")]))
}
