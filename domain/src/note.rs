//! C2SP signed notes and checkpoints (Ed25519): text, a blank line, and signature lines. The signer holds
//! a key the caller brings; nothing here reads a file.

use crate::merkle::Hash;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signature, Signer as _, SigningKey, Verifier as _, VerifyingKey};
use sha2::{Digest, Sha256};

const ED25519: u8 = 0x01;

/// How the extension line begins that names the checkpoint ahead.
const AFTER: &str = "after ";

/// Separates notes in a file; a note itself holds one blank line only.
pub const BETWEEN: &str = "\n\n\n";

/// The notes of a file's text, whoever signed them.
pub fn split(text: &str) -> impl Iterator<Item = String> {
    text.split(BETWEEN).map(|note| note.trim_matches('\n')).filter(|note| !note.is_empty()).map(|note| format!("{note}\n"))
}

/// Every checkpoint of a text that somebody kept, each with its note, or why they prove nothing here: what is none was
/// broken off, and what another key signed says nothing of this ledger.
pub fn checkpoints(text: &str, verifier: Option<&Verifier>) -> Result<Vec<(Checkpoint, String)>, &'static str> {
    let mut all = Vec::new();
    for note in split(text) {
        let opened = verifier.map_or_else(|| Ok(note.split("\n\n").next().unwrap_or_default()), |v| v.open(&note));
        match opened.and_then(Checkpoint::parse) {
            Ok(checkpoint) => all.push((checkpoint, note)),
            Err(BadNote::Unsigned) => return Err("your key is not the one that signed a checkpoint in it"),
            Err(BadNote::Signature) => return Err("a checkpoint in it was changed after it was signed"),
            Err(BadNote::Shape | BadNote::Checkpoint | BadNote::Key) => {}
        }
    }
    if all.is_empty() { Err("it holds no checkpoint") } else { Ok(all) }
}

/// What is wrong with a note, key or checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadNote {
    #[error("the verifier key is not name+hash+key with a matching hash")]
    Key,
    #[error("the note has no text, blank line and signatures")]
    Shape,
    #[error("no signature by this key")]
    Unsigned,
    #[error("the signature by this key is wrong")]
    Signature,
    #[error("the checkpoint is not origin, size and root")]
    Checkpoint,
}

/// A public key under a name; text form `name+hex(id)+base64(type ‖ key)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    id: [u8; 4],
    key: VerifyingKey,
}

/// A private key under a name.
pub struct Signer {
    name: String,
    key: SigningKey,
}

fn key_id(name: &str, typed_key: &[u8]) -> [u8; 4] {
    let mut h = Sha256::new();
    h.update(name.as_bytes());
    h.update(b"\n");
    h.update(typed_key);
    let digest = h.finalize();
    [digest[0], digest[1], digest[2], digest[3]]
}

fn valid_name(name: &str) -> bool {
    !name.is_empty() && !name.contains('+') && !name.chars().any(char::is_whitespace)
}

impl Verifier {
    /// Reads the text form; refuses other key types and a hash that does not match.
    pub fn parse(text: &str) -> Result<Self, BadNote> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(BadNote::Key);
        };
        let typed = BASE64.decode(key).map_err(|_| BadNote::Key)?;
        let id: [u8; 4] = hex::decode(id).ok().and_then(|b| b.try_into().ok()).ok_or(BadNote::Key)?;
        let Some((&ED25519, raw)) = typed.split_first() else { return Err(BadNote::Key) };
        let raw: [u8; 32] = raw.try_into().map_err(|_| BadNote::Key)?;
        if !valid_name(name) || key_id(name, &typed) != id {
            return Err(BadNote::Key);
        }
        let key = VerifyingKey::from_bytes(&raw).map_err(|_| BadNote::Key)?;
        Ok(Self { name: name.to_owned(), id, key })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn to_text(&self) -> String {
        let mut typed = vec![ED25519];
        typed.extend_from_slice(self.key.as_bytes());
        format!("{}+{}+{}", self.name, hex::encode(self.id), BASE64.encode(typed))
    }

    /// Checks a whole note and gives its text. Signatures of unknown keys are ignored; at least one by
    /// this key must be there, and every one by this key must hold.
    pub fn open<'a>(&self, note: &'a str) -> Result<&'a str, BadNote> {
        let at = note.rfind("\n\n").ok_or(BadNote::Shape)?;
        let (text, signatures) = (&note[..=at], &note[at + 2..]);
        if signatures.is_empty() || !signatures.ends_with('\n') || text.len() < 2 {
            return Err(BadNote::Shape);
        }
        let mut signed = false;
        for line in signatures.lines() {
            let (name, signature) = line.strip_prefix("— ").and_then(|l| l.split_once(' ')).ok_or(BadNote::Shape)?;
            let bytes = BASE64.decode(signature).map_err(|_| BadNote::Shape)?;
            let (id, raw) = bytes.split_first_chunk::<4>().ok_or(BadNote::Shape)?;
            if name != self.name || *id != self.id {
                continue;
            }
            let signature = Signature::from_slice(raw).map_err(|_| BadNote::Signature)?;
            self.key.verify(text.as_bytes(), &signature).map_err(|_| BadNote::Signature)?;
            signed = true;
        }
        if signed { Ok(text) } else { Err(BadNote::Unsigned) }
    }
}

impl Signer {
    /// A signer from 32 secret bytes; `None` when the name cannot stand in a note.
    pub fn new(name: &str, secret: &[u8; 32]) -> Option<Self> {
        valid_name(name).then(|| Self { name: name.to_owned(), key: SigningKey::from_bytes(secret) })
    }

    pub fn verifier(&self) -> Verifier {
        let key = self.key.verifying_key();
        let mut typed = vec![ED25519];
        typed.extend_from_slice(key.as_bytes());
        Verifier { name: self.name.clone(), id: key_id(&self.name, &typed), key }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Signs a text that ends with a line break.
    pub fn sign(&self, text: &str) -> String {
        let mut bytes = self.verifier().id.to_vec();
        bytes.extend_from_slice(&self.key.sign(text.as_bytes()).to_bytes());
        format!("{text}\n— {} {}\n", self.name, BASE64.encode(bytes))
    }
}

/// The body of a C2SP tlog-checkpoint: origin, number of leaves, root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    pub origin: String,
    pub size: u64,
    pub root: Hash,
}

impl Checkpoint {
    pub fn to_text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, BASE64.encode(self.root))
    }

    /// The same with the size of the checkpoint ahead of it as an extension line: none can be taken out of the middle.
    pub fn to_text_after(&self, before: u64) -> String {
        format!("{}{AFTER}{before}\n", self.to_text())
    }

    /// The size of the checkpoint ahead of the one whose text this is; none where it does not say.
    pub fn after(text: &str) -> Option<u64> {
        text.lines().skip(3).find_map(|l| l.strip_prefix(AFTER)).and_then(|n| n.parse().ok())
    }

    /// Reads the text of a note; extension lines are ignored as the specification asks.
    pub fn parse(text: &str) -> Result<Self, BadNote> {
        let mut lines = text.lines();
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(BadNote::Checkpoint);
        };
        let decimal = !size.is_empty() && size.bytes().all(|b| b.is_ascii_digit());
        if origin.is_empty() || !decimal || (size.len() > 1 && size.starts_with('0')) {
            return Err(BadNote::Checkpoint);
        }
        let root = BASE64.decode(root).ok().and_then(|b| b.try_into().ok()).ok_or(BadNote::Checkpoint)?;
        Ok(Self { origin: origin.to_owned(), size: size.parse().map_err(|_| BadNote::Checkpoint)?, root })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signed_note_opens_and_a_changed_one_does_not() {
        let signer = Signer::new("log.example/one", &[7; 32]).expect("name");
        let note = signer.sign("hello\n");
        assert_eq!(signer.verifier().open(&note), Ok("hello\n"));
        assert_eq!(signer.verifier().open(&note.replace("hello", "hallo")), Err(BadNote::Signature));
        let other = Signer::new("log.example/one", &[8; 32]).expect("name");
        assert_eq!(other.verifier().open(&note), Err(BadNote::Unsigned));
        assert_eq!(Verifier::parse(&signer.verifier().to_text()), Ok(signer.verifier()));
    }

    #[test]
    fn checkpoints_round_trip() {
        let c = Checkpoint { origin: "x/1".to_owned(), size: 12, root: [3; 32] };
        assert_eq!(Checkpoint::parse(&c.to_text()), Ok(c.clone()));
        assert_eq!((Checkpoint::parse(&c.to_text_after(9)), Checkpoint::after(&c.to_text_after(9))), (Ok(c.clone()), Some(9)));
        assert_eq!(Checkpoint::after(&c.to_text()), None);
        assert_eq!(Checkpoint::parse("x\n012\nAAAA\n"), Err(BadNote::Checkpoint));
    }
}
