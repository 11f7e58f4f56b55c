//! Identifiers: 16 bytes (UUIDv7) in the database, TypeID text (`idn_` and 26 Crockford characters) outside.
//! Prefixes stand in one table here. It must not make ids: those come from the injected generator.

use std::fmt;
use uuid::Uuid;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// What an id names; the prefix is part of every id shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Noun {
    Identity,
    Person,
    Team,
    Group,
    Source,
    PermissionSet,
    Rule,
    Grant,
    Surface,
    Tool,
    Credential,
    Import,
    Job,
    Change,
    Blob,
    Installation,
    Token,
    Other,
}

const PREFIXES: [(Noun, &str); 18] = [
    (Noun::Identity, "idn"),
    (Noun::Person, "per"),
    (Noun::Team, "tea"),
    (Noun::Group, "grp"),
    (Noun::Source, "src"),
    (Noun::PermissionSet, "set"),
    (Noun::Rule, "rul"),
    (Noun::Grant, "grt"),
    (Noun::Surface, "sur"),
    (Noun::Tool, "tol"),
    (Noun::Credential, "crd"),
    (Noun::Import, "imp"),
    (Noun::Job, "job"),
    (Noun::Change, "chg"),
    (Noun::Blob, "blb"),
    (Noun::Installation, "ins"),
    (Noun::Token, "tok"),
    (Noun::Other, "row"),
];

impl Noun {
    pub fn prefix(self) -> &'static str {
        PREFIXES.iter().find(|(n, _)| *n == self).map_or("row", |(_, p)| p)
    }
}

/// Shows `id` as TypeID text, for example `idn_01h455vb4pex5vsknk084sn02q`.
pub fn show(noun: Noun, id: Uuid) -> String {
    let mut value = u128::from_be_bytes(*id.as_bytes());
    let mut out = [b'0'; 26];
    for slot in out.iter_mut().rev() {
        *slot = ALPHABET[(value & 31) as usize];
        value >>= 5;
    }
    format!("{}_{}", noun.prefix(), String::from_utf8_lossy(&out))
}

/// Why a text is not an id of the wanted noun.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id of the form {expected}_ followed by 26 characters")]
pub struct BadId {
    pub expected: &'static str,
}

/// Reads TypeID text back. A plain UUID is accepted too, for people who copy from a database.
pub fn parse(noun: Noun, text: &str) -> Result<Uuid, BadId> {
    let bad = BadId { expected: noun.prefix() };
    if let Ok(plain) = Uuid::parse_str(text) {
        return Ok(plain);
    }
    let digits = text.strip_prefix(noun.prefix()).and_then(|t| t.strip_prefix('_')).ok_or(BadId { ..bad })?;
    if digits.len() != 26 || digits.as_bytes()[0] > b'7' {
        return Err(bad);
    }
    let mut value = 0u128;
    for byte in digits.bytes() {
        let digit = ALPHABET.iter().position(|c| *c == byte).ok_or(BadId { expected: noun.prefix() })?;
        value = (value << 5) | digit as u128;
    }
    Ok(Uuid::from_bytes(value.to_be_bytes()))
}

/// Reads TypeID text of any noun.
pub fn parse_any(text: &str) -> Option<Uuid> {
    let prefix = text.trim().split_once('_')?.0;
    let (noun, _) = PREFIXES.iter().find(|(_, p)| *p == prefix)?;
    parse(*noun, text.trim()).ok()
}

/// A short form for places where the whole id would only be noise.
pub fn short(noun: Noun, id: Uuid) -> String {
    let full = show(noun, id);
    let cut = full.len() - 6;
    format!("{}_…{}", noun.prefix(), &full[cut..])
}

impl fmt::Display for Noun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.prefix())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_known_pair_of_the_typeid_specification() {
        let id = Uuid::parse_str("01890a5d-ac96-774b-bcce-b302099a8057").expect("literal");
        assert_eq!(show(Noun::Identity, id), "idn_01h455vb4pex5vsknk084sn02q");
    }

    #[test]
    fn another_nouns_id_and_overflow_are_refused() {
        let id = show(Noun::Grant, Uuid::nil());
        assert!(parse(Noun::Identity, &id).is_err());
        assert!(parse(Noun::Identity, "idn_8zzzzzzzzzzzzzzzzzzzzzzzzz").is_err());
        assert!(parse(Noun::Identity, "idn_").is_err());
    }

    proptest! {
        #[test]
        fn text_round_trips(bytes: [u8; 16]) {
            let id = Uuid::from_bytes(bytes);
            prop_assert_eq!(parse(Noun::Identity, &show(Noun::Identity, id)), Ok(id));
        }

        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = parse(Noun::Identity, &text);
        }
    }
}
