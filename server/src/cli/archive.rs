//! `countersign dump` and `countersign load`

use super::{Failure, Outcome};
use crate::compose::{self, CHECKPOINT_KEY, MAC_KEY};
use crate::config::Config;
use service::keys::Foreign;
use service::{Act, archive};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

pub async fn dump(act: &Act, path: &Path) -> Outcome {
    let at = |e: std::io::Error| Failure::from(super::unopened(path, &e));
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(at)?;
    let mut out = BufWriter::new(file);
    let summary = archive::dump(act, |line| writeln!(out, "{line}")).await?;
    let file = out.into_inner().map_err(|e| at(e.into_error()))?;
    file.sync_all().map_err(at)?;
    say!("Backed up: {} entries, {} records.", summary.entries, summary.rows);
    eprintln!(
        "countersign: The backup is not encrypted. It holds password hashes, personal data and every text. Encrypt it, for example with age, before it \
         leaves this machine. Keep checkpoint.key and mac.key of the data directory elsewhere: they are not in it, and nothing works without them."
    );
    Ok(())
}

/// Fails where the key files are not there, or are not those of the store that the archive is of: with others nobody could
/// enter what is loaded. Nothing has been written by then.
pub fn keys_fit(config: &Config, path: &Path) -> Outcome {
    let lines = opened(path)?.lines();
    let here = |name: &str| config.data_dir.join(name);
    let missing: Vec<&str> = [CHECKPOINT_KEY, MAC_KEY].into_iter().filter(|name| !here(name).exists()).collect();
    let bring = |what: &str| {
        let folder = config.data_dir.display();
        format!("copy {what} from the data directory that the archive was written from into {folder}, then load again")
    };
    if !missing.is_empty() {
        let missing = missing.join(" and ");
        return Err(Failure::finding(format!("without {missing} nobody could sign in to what is loaded: {}", bring(&missing))));
    }
    let foreign = compose::key_files(config, true)?.foreign_to_archive(lines)?;
    let why = match foreign {
        None => return Ok(()),
        Some(Foreign::Checkpoint) => {
            let file = here(CHECKPOINT_KEY);
            format!("{} did not sign the checkpoints of this archive: {}", file.display(), bring(CHECKPOINT_KEY))
        }
        Some(Foreign::Mac) => {
            let file = here(MAC_KEY);
            format!("{} is not the key that this archive was written with: {}", file.display(), bring(MAC_KEY))
        }
    };
    Err(Failure::finding(why))
}

fn opened(path: &Path) -> Result<BufReader<std::fs::File>, Failure> {
    Ok(BufReader::new(std::fs::File::open(path).map_err(|e| super::unopened(path, &e))?))
}

pub async fn load(act: &Act, path: &Path) -> Outcome {
    let summary = archive::load(act, opened(path)?.lines()).await?;
    say!("Restored: {} entries, {} records. Next: countersign ledger verify", summary.entries, summary.rows);
    Ok(())
}
