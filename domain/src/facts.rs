//! What an entry commits to beyond its own text: the rows it opened and closed. A row digest is SHA-256
//! over a type-tagged, length-prefixed encoding of the columns in fixed order; the facts digest is the
//! RFC 6962 node over the tree of opened rows and the tree of closed rows, each in (table, key) order.
//! The encoding is for ever: a change needs a new version byte, and the golden test below.

use crate::ids::Id;
use crate::merkle::{self, Frontier, Hash};
use crate::seq::Seq;
use crate::time::Timestamp;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The type of a column, the same on both engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    Id,
    Int,
    Text,
    Bytes,
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Null(ColumnKind),
    Id(Uuid),
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Value {
    pub fn kind(&self) -> ColumnKind {
        match self {
            Self::Null(kind) => *kind,
            Self::Id(_) => ColumnKind::Id,
            Self::Int(_) => ColumnKind::Int,
            Self::Text(_) => ColumnKind::Text,
            Self::Bytes(_) => ColumnKind::Bytes,
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null(_) => out.push(0),
            Self::Id(id) => {
                out.push(1);
                out.extend_from_slice(id.as_bytes());
            }
            Self::Int(n) => {
                out.push(2);
                out.extend_from_slice(&n.to_be_bytes());
            }
            Self::Text(t) => {
                out.push(3);
                out.extend_from_slice(&(t.len() as u64).to_be_bytes());
                out.extend_from_slice(t.as_bytes());
            }
            Self::Bytes(b) => {
                out.push(4);
                out.extend_from_slice(&(b.len() as u64).to_be_bytes());
                out.extend_from_slice(b);
            }
        }
    }
}

/// A type that stands in a column: which kind of column, whether it may be empty, and the words it is bound to.
pub trait Field: Into<Value> {
    const KIND: ColumnKind;
    const NULLABLE: bool = false;
    const WORDS: Option<&'static [&'static str]> = None;
}

macro_rules! fields {
    ($($type:ty $(, $g:ident)? => $kind:ident, $make:expr;)+) => {
        $(
            impl$(<$g>)? From<$type> for Value {
                fn from(value: $type) -> Self {
                    Self::$kind($make(value))
                }
            }
            impl$(<$g>)? Field for $type {
                const KIND: ColumnKind = ColumnKind::$kind;
            }
        )+
    };
}

fields! {
    String => Text, |t| t;
    i64 => Int, |n| n;
    Uuid => Id, |id| id;
    Vec<u8> => Bytes, |b| b;
    Seq => Int, Seq::get;
    Timestamp => Int, Timestamp::micros;
    Id<N>, N => Id, Id::uuid;
}

impl<T: Field> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null(T::KIND), Into::into)
    }
}

impl<T: Field> Field for Option<T> {
    const KIND: ColumnKind = T::KIND;
    const NULLABLE: bool = true;
    const WORDS: Option<&'static [&'static str]> = T::WORDS;
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// SHA-256 over version byte, table name and values.
pub fn row_digest<'a>(table: &str, since: Seq, values: impl IntoIterator<Item = &'a Value>) -> Hash {
    let mut bytes = Vec::with_capacity(256);
    bytes.push(1);
    Value::Text(table.to_owned()).encode(&mut bytes);
    Value::Int(since.get()).encode(&mut bytes);
    for value in values {
        value.encode(&mut bytes);
    }
    Sha256::digest(&bytes).into()
}

/// The bytes of a primary key: its values in order, encoded as in a row.
pub fn key_bytes<'a>(values: impl IntoIterator<Item = &'a Value>) -> Vec<u8> {
    let mut out = Vec::with_capacity(40);
    for value in values {
        value.encode(&mut out);
    }
    out
}

/// The leaf of an opened row.
pub fn opened_leaf(table: &str, key: &[u8], digest: &Hash) -> Hash {
    let mut bytes = Vec::with_capacity(table.len() + key.len() + 33);
    bytes.extend_from_slice(table.as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(key);
    bytes.extend_from_slice(digest);
    merkle::leaf_hash(&bytes)
}

/// The leaf of a closed row: the id alone, its content is committed to by the entry that opened it.
pub fn closed_leaf(table: &str, key: &[u8]) -> Hash {
    let mut bytes = Vec::with_capacity(table.len() + key.len() + 1);
    bytes.extend_from_slice(table.as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(key);
    merkle::leaf_hash(&bytes)
}

/// Collects leaves in (table, key) order and gives the facts digest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    pub opened: Frontier,
    pub closed: Frontier,
}

impl Facts {
    pub fn root(&self) -> Hash {
        merkle::node_hash(&self.opened.root(), &self.closed.root())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_is_for_ever() {
        let id = Uuid::from_u128(1);
        let values = [Value::Id(id), "a".into(), Value::from(None::<i64>), Value::Int(-1), Value::Bytes(vec![0, 255])];
        assert_eq!(hex::encode(row_digest("people", Seq(7), &values)), "aeca9955eb6ef93555c97eb3041d7b4ead7717f96dd7dd9e80d7b33fbf80db25");
    }

    #[test]
    fn moving_a_character_between_columns_changes_the_digest() {
        let one = row_digest("t", Seq(1), &["ab".into(), "c".into()]);
        let two = row_digest("t", Seq(1), &["a".into(), "bc".into()]);
        assert_ne!(one, two);
    }
}
