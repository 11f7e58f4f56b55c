//! A row as a receipt carries it: every column that its digest covers, and the way from its leaf to the facts of its entry.

use super::tables::{Known, known};
use crate::facts::{ColumnKind, Value, key_bytes, opened_leaf, row_digest};
use crate::merkle::{self, Hash};
use crate::seq::Seq;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The hash beside a node on its way up, as hex, and on which side it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Beside {
    Left(String),
    Right(String),
}

/// The way from the leaf of an opened row to the facts of its entry, of which `closed` is the other half; none where there is
/// no such leaf.
pub fn way(opened: &[Hash], index: usize, closed: &Hash) -> Option<Vec<Beside>> {
    let mut out = Vec::new();
    let (mut at, mut last) = (index, opened.len().checked_sub(1)?);
    for beside in merkle::inclusion_proof(opened, index)? {
        // As RFC 9162 reads an audit path: the last of an odd row has its neighbour further up.
        while at & 1 == 0 && at == last && at != 0 {
            (at, last) = (at >> 1, last >> 1);
        }
        let hex = hex::encode(beside);
        out.push(if at & 1 == 1 { Beside::Left(hex) } else { Beside::Right(hex) });
        (at, last) = (at >> 1, last >> 1);
    }
    out.push(Beside::Right(hex::encode(closed)));
    Some(out)
}

/// A row of one of the tables that receipts know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    pub table: String,
    /// The entry that opened it.
    pub seq: Seq,
    /// Ids and integers as text; null where the column holds nothing.
    pub columns: BTreeMap<String, Option<String>>,
    pub path: Vec<Beside>,
}

/// A value as a receipt writes it. Bytes stand in none of its tables.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null(_) | Value::Bytes(_) => None,
        Value::Id(id) => Some(id.to_string()),
        Value::Int(n) => Some(n.to_string()),
        Value::Text(text) => Some(text.clone()),
    }
}

/// A value read back; each has one spelling.
fn value(kind: ColumnKind, text: Option<&str>) -> Option<Value> {
    let Some(text) = text else { return Some(Value::Null(kind)) };
    let value = match kind {
        ColumnKind::Id => Value::Id(Uuid::try_parse(text).ok()?),
        ColumnKind::Int => Value::Int(text.parse().ok()?),
        ColumnKind::Text => Value::Text(text.to_owned()),
        ColumnKind::Bytes => return None,
    };
    (self::text(&value).as_deref() == Some(text)).then_some(value)
}

/// A hash out of its hex, in lower case.
pub(super) fn hash(hex: &str) -> Option<Hash> {
    let bytes: Hash = hex::decode(hex).ok()?.try_into().ok()?;
    (hex::encode(bytes) == hex).then_some(bytes)
}

impl Row {
    /// A row of a table, of its columns by name.
    pub fn new<'a>(table: &str, seq: Seq, columns: impl IntoIterator<Item = (&'a str, &'a Value)>, path: Vec<Beside>) -> Self {
        let columns = columns.into_iter().map(|(name, value)| (name.to_owned(), text(value))).collect();
        Self { table: table.to_owned(), seq, columns, path }
    }

    /// Where it stands among the rows of a receipt.
    pub(super) fn place(&self) -> (Seq, &str, &str) {
        (self.seq, &self.table, self.text("id"))
    }

    /// A text; empty where there is none.
    pub(super) fn text(&self, column: &str) -> &str {
        self.given(column).unwrap_or_default()
    }

    pub(super) fn given(&self, column: &str) -> Option<&str> {
        self.columns.get(column)?.as_deref()
    }

    pub(super) fn id(&self, column: &str) -> Option<Uuid> {
        Uuid::try_parse(self.given(column)?).ok()
    }

    pub(super) fn int(&self, column: &str) -> i64 {
        self.given(column).and_then(|n| n.parse().ok()).unwrap_or_default()
    }

    fn values(&self, known: &Known) -> Option<Vec<Value>> {
        let all = known.columns.iter().map(|(name, kind)| value(*kind, self.columns.get(*name)?.as_deref()));
        all.collect::<Option<Vec<_>>>().filter(|values| values.len() == self.columns.len())
    }

    /// The leaf of the row in the facts of its entry; none where it is no row of its table.
    pub fn leaf(&self) -> Option<Hash> {
        let known = known(&self.table)?;
        let values = self.values(known)?;
        let at = |name: &str| known.columns.iter().position(|(column, _)| *column == name);
        let key = known.key.iter().map(|name| if *name == "since" { Some(Value::from(self.seq)) } else { values.get(at(name)?).cloned() });
        let key: Vec<Value> = key.collect::<Option<_>>()?;
        Some(opened_leaf(&self.table, &key_bytes(&key), &row_digest(&self.table, self.seq, &values)))
    }

    /// The facts that its entry must commit to. The last step leads from the tree of what was opened to both trees: what an
    /// entry closed is not taken for what it opened.
    pub fn facts(&self) -> Option<Hash> {
        let mut node = self.leaf()?;
        for step in &self.path {
            node = match step {
                Beside::Left(left) => merkle::node_hash(&hash(left)?, &node),
                Beside::Right(right) => merkle::node_hash(&node, &hash(right)?),
            };
        }
        matches!(self.path.last(), Some(Beside::Right(_))).then_some(node)
    }
}
