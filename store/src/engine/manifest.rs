//! The list behind a facts digest: which rows an entry opened and closed, in order, in chunks, so that
//! `verify` can name a row that is no longer there. The format is for ever, like the row encoding.

use domain::facts::{Facts, closed_leaf, opened_leaf};
use domain::merkle::Hash;

/// One line of a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub table: String,
    /// Encoded primary key (`domain::facts::key_bytes`).
    pub key: Vec<u8>,
    /// The row digest of an opened row; none for a closed one.
    pub opened: Option<Hash>,
}

/// Rows per chunk.
pub const CHUNK: usize = 4096;

/// The facts digest of lines that stand in order, opened before closed.
pub fn facts(lines: &[Line]) -> Facts {
    let mut facts = Facts::default();
    append(&mut facts, lines);
    facts
}

/// Adds a chunk's lines behind those of the chunks ahead of it; false where no writer made such a chunk: it holds nothing,
/// follows one that was not full, or has what was opened behind what was closed.
pub fn append(facts: &mut Facts, lines: &[Line]) -> bool {
    let full = (facts.opened.size() + facts.closed.size()).is_multiple_of(CHUNK as u64);
    let mut in_order = !lines.is_empty() && full;
    for line in lines {
        match &line.opened {
            Some(digest) => {
                in_order &= facts.closed.size() == 0;
                facts.opened.push(opened_leaf(&line.table, &line.key, digest));
            }
            None => facts.closed.push(closed_leaf(&line.table, &line.key)),
        }
    }
    in_order
}

/// Chunks as stored.
pub fn encode(lines: &[Line]) -> Vec<Vec<u8>> {
    lines.chunks(CHUNK).map(encode_chunk).collect()
}

fn encode_chunk(lines: &[Line]) -> Vec<u8> {
    let mut out = Vec::with_capacity(lines.len() * 64);
    for line in lines {
        out.push(u8::from(line.opened.is_none()));
        out.push(line.table.len() as u8);
        out.extend_from_slice(line.table.as_bytes());
        out.extend_from_slice(&(line.key.len() as u16).to_be_bytes());
        out.extend_from_slice(&line.key);
        if let Some(digest) = &line.opened {
            out.extend_from_slice(digest);
        }
    }
    out
}

/// Reads a chunk back; `None` when the bytes are no manifest.
pub fn decode(mut bytes: &[u8]) -> Option<Vec<Line>> {
    let mut lines = Vec::new();
    while !bytes.is_empty() {
        let (&flag, rest) = bytes.split_first()?;
        let (&name_len, rest) = rest.split_first()?;
        let (name, rest) = rest.split_at_checked(name_len.into())?;
        let (key_len, rest) = rest.split_first_chunk::<2>()?;
        let (key, rest) = rest.split_at_checked(u16::from_be_bytes(*key_len).into())?;
        let (opened, rest) = match flag {
            0 => {
                let (digest, rest) = rest.split_first_chunk::<32>()?;
                (Some(*digest), rest)
            }
            1 => (None, rest),
            _ => return None,
        };
        lines.push(Line { table: std::str::from_utf8(name).ok()?.to_owned(), key: key.to_vec(), opened });
        bytes = rest;
    }
    Some(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_round_trip_and_garbage_is_no_manifest() {
        let lines = vec![
            Line { table: "grants".to_owned(), key: vec![1, 2], opened: Some([9; 32]) },
            Line { table: "grants".to_owned(), key: vec![], opened: None },
        ];
        let chunks = encode(&lines);
        assert_eq!(decode(&chunks[0]), Some(lines));
        assert_eq!(decode(&chunks[0][1..]), None);
        assert_eq!(decode(&[7]), None);
    }
}
