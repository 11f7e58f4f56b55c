//! The vectors somebody else wrote: every proof of `rfc6962-merkle`, every note of `signed-note`. They run
//! where `COUNTERSIGN_FIXTURES` names the folder (`cargo xtask oracles`).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::merkle::{self, Hash};
use domain::note::{BadNote, Checkpoint, Verifier};
use serde_json::Value;
use std::path::{Path, PathBuf};

fn fixtures() -> Option<PathBuf> {
    let found = std::env::var_os("COUNTERSIGN_FIXTURES").map(PathBuf::from);
    if found.is_none() {
        println!("COUNTERSIGN_FIXTURES is not set: the outside vectors were not run");
    }
    found
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("folder") {
        let path = entry.expect("entry").path();
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|e| e == "json") {
            out.push(path);
        }
    }
}

fn hash(value: &Value) -> Option<Hash> {
    STANDARD.decode(value.as_str()?).ok()?.try_into().ok()
}

/// A root of any length: one vector compares two equal texts that are no hashes, which stand for themselves.
fn root(value: &Value) -> Option<Hash> {
    let bytes = STANDARD.decode(value.as_str()?).ok()?;
    bytes.clone().try_into().ok().or_else(|| Some(merkle::leaf_hash(&bytes)))
}

/// The proof, or none when a part is not 32 bytes: then it must be refused.
fn proof(value: &Value) -> Option<Vec<Hash>> {
    value.as_array().map_or(Some(vec![]), |list| list.iter().map(hash).collect())
}

fn holds(kind: &str, v: &Value) -> bool {
    let number = |name: &str| v[name].as_u64();
    let Some(proof) = proof(&v["proof"]) else { return false };
    match kind {
        "inclusion" | "subtreeinclusion" => {
            let (Some(leaf), Some(root), Some(index)) = (hash(&v["leafHash"]), hash(&v["root"]), number("leafIdx")) else { return false };
            if kind == "inclusion" {
                number("treeSize").is_some_and(|n| merkle::verify_inclusion(&leaf, index, n, &proof, &root).is_ok())
            } else {
                let (Some(start), Some(end)) = (number("start"), number("end")) else { return false };
                merkle::verify_subtree_inclusion(&leaf, index, (start, end), &proof, &root).is_ok()
            }
        }
        _ => {
            let (Some(one), Some(two)) = (root(&v["root1"]), root(&v["root2"])) else { return false };
            if kind == "consistency" {
                let (Some(a), Some(b)) = (number("size1"), number("size2")) else { return false };
                merkle::verify_consistency(a, b, &proof, &one, &two).is_ok()
            } else {
                let (Some(start), Some(end), Some(size)) = (number("start"), number("end"), number("size")) else { return false };
                merkle::verify_subtree_consistency(start, end, size, &proof, &one, &two).is_ok()
            }
        }
    }
}

#[test]
fn every_merkle_vector_gives_the_stated_answer() {
    let Some(folder) = fixtures() else { return };
    let mut tried = 0;
    for kind in ["inclusion", "consistency", "subtreeinclusion", "subtreeconsistency"] {
        let mut found = Vec::new();
        files(&folder.join("rfc6962-merkle").join(kind), &mut found);
        for path in found {
            let value: Value = serde_json::from_slice(&std::fs::read(&path).expect("read")).expect("json");
            let wanted = !value["wantErr"].as_bool().expect("wantErr");
            assert_eq!(holds(kind, &value), wanted, "{}", path.display());
            tried += 1;
        }
    }
    assert!(tried > 500, "{tried} vectors");
    println!("{tried} merkle vectors agree");
}

#[test]
fn every_signed_note_gives_the_stated_answer() {
    let Some(root) = fixtures() else { return };
    let mut found = Vec::new();
    files(&root.join("signed-note"), &mut found);
    let v: Value = serde_json::from_slice(&std::fs::read(&found[0]).expect("read")).expect("json");
    let example = &v["c2sp_signed_note_example"];
    let verifier = Verifier::parse(example["vkey"].as_str().expect("vkey")).expect("a good key");
    assert_eq!(verifier.open(example["note"].as_str().expect("note")), Ok("This is an example message.\n"));
    let go = &v["golang_note"];
    let verifier = Verifier::parse(go["vkey"].as_str().expect("vkey")).expect("a good key");
    let line = go["signature_line"].as_str().expect("line");
    let text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    assert_eq!(verifier.open(&format!("{text}\n{line}\n")), Ok(text));
    for bad in go["bad_vkeys"].as_array().expect("list") {
        assert_eq!(Verifier::parse(bad.as_str().expect("text")), Err(BadNote::Key));
    }
    let note = v["c2sp_checkpoint_example"].as_str().expect("text");
    let body = &note[..=note.find("\n\n").expect("blank line")];
    let checkpoint = Checkpoint::parse(body).expect("a checkpoint");
    assert_eq!((checkpoint.origin.as_str(), checkpoint.size), ("example.com/behind-the-sofa", 20_852_163));
}
