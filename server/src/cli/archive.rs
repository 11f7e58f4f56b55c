//! `countersign dump` and `countersign load`

use super::{Failure, Outcome};
use service::{Act, archive};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

pub async fn dump(act: &Act, path: &Path) -> Outcome {
    let at = |e: std::io::Error| Failure::from(format!("{}: {e}", path.display()));
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(at)?;
    let mut out = BufWriter::new(file);
    let summary = archive::dump(act, |line| writeln!(out, "{line}")).await?;
    let file = out.into_inner().map_err(|e| at(e.into_error()))?;
    file.sync_all().map_err(at)?;
    say!("{} entries, {} rows", summary.entries, summary.rows);
    eprintln!(
        "countersign: the archive is not encrypted; it holds password hashes, personal data and every text. Encrypt it (for example with age) before it \
         leaves this machine, and keep checkpoint.key and mac.key of the data directory elsewhere: they are not in it, and nothing works without them."
    );
    Ok(())
}

pub async fn load(act: &Act, path: &Path) -> Outcome {
    let file = std::fs::File::open(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let summary = archive::load(act, BufReader::new(file).lines()).await?;
    say!("{} entries, {} rows; now run countersign ledger verify", summary.entries, summary.rows);
    Ok(())
}
