//! Verifying an export without the store. It reads what it is given and nothing else.

use crate::{Error, Result};
use domain::merkle;
use domain::note::Checkpoint;
use serde_json::Value;

/// What an offline verification of an export found.
#[derive(Clone, Debug, Default)]
pub struct Exported {
    pub entries: i64,
    pub problems: Vec<String>,
    /// The key that signed, in text form; an export can name any, so compare it with one got another way.
    pub key: Option<String>,
}

/// Verifies an export without the store: every leaf hashes to what it says, numbers are gapless, and the
/// root is the one of the checkpoint that ends it. `pinned` is a key got another way, `against` a checkpoint.
pub fn verify_export(
    text: impl Iterator<Item = std::io::Result<String>>,
    pinned: Option<&domain::note::Verifier>,
    against: &[Checkpoint],
) -> Result<Exported> {
    let mut frontier = merkle::Frontier::default();
    let mut out = Exported::default();
    let mut ended = false;
    for (number, line) in text.enumerate() {
        let at = |reason: String| Error::invalid("export", format!("line {}: {reason}", number + 1));
        let line = line.map_err(|e| at(e.to_string()))?;
        let value: Value = serde_json::from_str(&line).map_err(|e| at(format!("it is no JSON from byte {} on", e.column())))?;
        if ended {
            out.problems.push(format!("line {}: something stands after the checkpoint that ends the export", number + 1));
        }
        if let Some(note) = value["checkpoint"].as_str() {
            ended = true;
            out.key = value["key"].as_str().map(str::to_owned);
            out.problems.extend(checkpoint_problem(note, out.key.as_deref(), pinned, &frontier));
            continue;
        }
        let leaf = value["leaf"].as_str().ok_or_else(|| at("neither leaf nor checkpoint".to_owned()))?;
        let hash = merkle::leaf_hash(leaf.as_bytes());
        frontier.push(hash);
        if value["leaf_hash"].as_str() != Some(hex::encode(hash).as_str()) {
            out.problems.push(format!("entry {}: the leaf is not what was hashed", frontier.size()));
        }
        let seq = serde_json::from_str::<Value>(leaf).ok().and_then(|v| v["seq"].as_str().and_then(|s| s.parse::<u64>().ok()));
        if seq != Some(frontier.size()) {
            out.problems.push(format!("entry {}: the numbers have a gap", frontier.size()));
        }
        let root_here = || frontier.root();
        for outside in against.iter().filter(|c| c.size == frontier.size()) {
            if outside.root != root_here() {
                out.problems.push(format!("the first {} entries are not the ones the outside checkpoint covers", outside.size));
            }
        }
    }
    if !ended {
        out.problems.push("the export ends without a checkpoint".to_owned());
    }
    for outside in against.iter().filter(|c| c.size > frontier.size()) {
        out.problems.push(format!(
            "{} entries are missing: the outside checkpoint covers {}",
            outside.size - frontier.size(),
            outside.size
        ));
    }
    out.entries = frontier.size() as i64;
    Ok(out)
}

fn checkpoint_problem(
    note: &str,
    key: Option<&str>,
    pinned: Option<&domain::note::Verifier>,
    frontier: &merkle::Frontier,
) -> Option<String> {
    let named = key.and_then(|k| domain::note::Verifier::parse(k).ok());
    let Some(verifier) = pinned.or(named.as_ref()) else { return Some("the export names no key".to_owned()) };
    let checkpoint = match verifier.open(note).and_then(Checkpoint::parse) {
        Ok(c) => c,
        Err(e) => return Some(format!("checkpoint: {e}")),
    };
    (checkpoint.size != frontier.size() || checkpoint.root != frontier.root())
        .then(|| format!("the entries lead to another root than the checkpoint over {}", checkpoint.size))
}
