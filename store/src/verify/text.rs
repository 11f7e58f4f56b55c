//! The statement texts of a verification, derived from the table registry, never from input.

use crate::tables::{Kind, Table};
use domain::asof::OPEN;

pub const REDACTED: &str = "SELECT subject_table, subject_id FROM redactions ORDER BY id LIMIT 1000000";

fn columns(table: &Table) -> String {
    let names: Vec<&str> = table.columns.iter().map(|c| c.name).collect();
    names.join(", ")
}

fn span(table: &Table) -> String {
    match table.kind {
        Kind::Recorded => format!("seq, CAST({OPEN} AS BIGINT)"),
        Kind::Governed | Kind::Side => "since, until".to_owned(),
    }
}

/// All rows in key order: since, until, digest, columns.
pub fn scan(table: &Table) -> String {
    format!("SELECT {}, row_digest, {} FROM {} ORDER BY {}", span(table), columns(table), table.name, table.key.join(", "))
}

/// Rows an entry opened or closed.
pub fn at_entry(table: &Table) -> String {
    let condition = match table.kind {
        Kind::Recorded => "seq = $1",
        Kind::Governed | Kind::Side => "since = $1 OR until = $1",
    };
    format!(
        "SELECT {}, row_digest, {} FROM {} WHERE {condition} ORDER BY {}",
        span(table),
        columns(table),
        table.name,
        table.key.join(", ")
    )
}

/// Anchors that disagree with the first version of their row, or stand alone.
pub fn anchors(table: &Table, anchor: &str) -> String {
    format!(
        "SELECT a.id, a.created_seq FROM {anchor} a
         LEFT JOIN (SELECT id, MIN(since) AS first FROM {0} GROUP BY id) v ON v.id = a.id
         WHERE v.first IS NULL OR v.first <> a.created_seq
         UNION ALL
         SELECT v.id, MIN(v.since) FROM {0} v WHERE NOT EXISTS (SELECT 1 FROM {anchor} a WHERE a.id = v.id) GROUP BY v.id
         LIMIT 100",
        table.name
    )
}
