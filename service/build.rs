//! Names the rules by which inputs are read and compared: another build of the same sources has the same name, a build of
//! others another one. An import that was read by this very name need not be read again.

use std::hash::{DefaultHasher, Hasher};
use std::path::Path;

const MADE_OF: [&str; 7] =
    ["../Cargo.lock", "../connect/src", "../connect/data", "../domain/src", "../domain/data", "../store/src", "src/imports"];

fn main() -> std::io::Result<()> {
    let mut hash = DefaultHasher::new();
    for part in MADE_OF {
        println!("cargo::rerun-if-changed={part}");
        of(Path::new(part), &mut hash)?;
    }
    println!("cargo::rustc-env=COUNTERSIGN_READERS={:016x}", hash.finish());
    Ok(())
}

fn of(path: &Path, hash: &mut DefaultHasher) -> std::io::Result<()> {
    hash.write(path.as_os_str().as_encoded_bytes());
    if !path.is_dir() {
        hash.write(&std::fs::read(path)?);
        return Ok(());
    }
    let mut all = std::fs::read_dir(path)?.map(|e| e.map(|e| e.path())).collect::<Result<Vec<_>, _>>()?;
    all.sort();
    all.iter().try_for_each(|inside| of(inside, hash))
}
