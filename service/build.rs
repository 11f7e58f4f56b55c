//! Names the rules by which inputs are read and compared: another build of the same sources has the same name, a build of
//! others another one. An import that was read by this very name need not be read again.

use std::hash::{DefaultHasher, Hasher};
use std::path::Path;

const MADE_OF: [&str; 5] = ["../connect/src", "../connect/data", "../domain/src", "../domain/data", "src/imports"];

fn main() -> std::io::Result<()> {
    let mut hash = DefaultHasher::new();
    for folder in MADE_OF {
        println!("cargo::rerun-if-changed={folder}");
        if Path::new(folder).is_dir() {
            of(Path::new(folder), &mut hash)?;
        }
    }
    println!("cargo::rustc-env=COUNTERSIGN_READERS={:016x}", hash.finish());
    Ok(())
}

fn of(folder: &Path, hash: &mut DefaultHasher) -> std::io::Result<()> {
    let mut all = std::fs::read_dir(folder)?.map(|e| e.map(|e| e.path())).collect::<Result<Vec<_>, _>>()?;
    all.sort();
    for path in all {
        hash.write(path.as_os_str().as_encoded_bytes());
        if path.is_dir() {
            of(&path, hash)?;
        } else {
            hash.write(&std::fs::read(&path)?);
        }
    }
    Ok(())
}
