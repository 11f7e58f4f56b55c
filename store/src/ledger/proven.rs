//! A row with the way from it to the facts of its entry, as receipts carry it.

use super::{Tx, manifest, manifest_of};
use crate::engine::table::Declared;
use crate::{Error, Result};
use domain::facts::{Facts, Value, key_bytes, opened_leaf};
use domain::receipt::{Row, way};

/// A row that its entry opened; none where the list of that entry does not have it.
pub async fn row<R: Declared>(tx: &mut Tx, row: R) -> Result<Option<Row>> {
    let (seq, opened) = (row.since(), row.open());
    let (table, key) = (opened.table, key_bytes(&opened.key(seq)));
    let (mut leaves, mut facts, mut at) = (Vec::new(), Facts::default(), None);
    for chunk in manifest_of(tx, seq).await? {
        let lines = manifest::decode(&chunk).ok_or_else(|| Error::Corrupt("a manifest cannot be read".to_owned()))?;
        manifest::append(&mut facts, &lines);
        for line in lines {
            let Some(digest) = line.opened else { continue };
            if line.table == table.name && line.key == key {
                at = Some(leaves.len());
            }
            leaves.push(opened_leaf(&line.table, &line.key, &digest));
        }
    }
    let Some(path) = at.and_then(|at| way(&leaves, at, &facts.closed.root())) else { return Ok(None) };
    // The columns that its digest covers.
    let covered = table.columns.iter().zip(&opened.values);
    let covered = covered.filter(|(c, v)| !c.redactable && c.name != "seq" && !(c.later && matches!(v, Value::Null(_))));
    Ok(Some(Row::new(table.name, seq, covered.map(|(c, v)| (c.name, v)), path)))
}
