//! The statement texts of a verification, derived from the table registry, never from input.

use crate::engine::table::{Table, TableKind};
use domain::facts::ColumnKind;
use domain::seq::Seq;

pub const REDACTED: &str = "SELECT subject_table, subject_id FROM redactions ORDER BY id LIMIT 1000000";

/// What lists count of an identity against the grants it holds; a boundary grants nothing, and a grant whose
/// end has passed counts until an entry after its end says otherwise.
pub const FACTS_AGAINST_GRANTS: &str = "SELECT f.identity_id, f.since FROM identity_facts f
    LEFT JOIN (SELECT g.identity_id, COUNT(*) AS n, SUM(CASE WHEN g.ends_at <= h.at THEN 1 ELSE 0 END) AS ended FROM grants g
        JOIN ledger_head h ON h.one = 1
        WHERE g.until = 9223372036854775807 AND g.plane = 'observed' AND g.via <> 'boundary'
          AND (g.batch IS NULL OR g.batch IN (SELECT e.batch FROM batch_ends e WHERE e.outcome = 'live'))
        GROUP BY g.identity_id) held ON held.identity_id = f.identity_id
    WHERE f.until = 9223372036854775807 AND (f.batch IS NULL OR f.batch IN (SELECT e.batch FROM batch_ends e WHERE e.outcome = 'live'))
      AND (f.grants + f.denied > COALESCE(held.n, 0) OR f.grants + f.denied < COALESCE(held.n - held.ended, 0)) LIMIT 100";
/// What lists say of an identity against its observed record.
pub const FACTS_AGAINST_RECORD: &str = "SELECT f.identity_id, f.since FROM identity_facts f
    JOIN identity_versions v ON v.id = f.identity_id AND v.plane = 'observed' AND v.until = 9223372036854775807
    WHERE f.until = 9223372036854775807
      AND (v.batch IS NULL OR v.batch IN (SELECT e.batch FROM batch_ends e WHERE e.outcome = 'live'))
      AND (f.platform_managed <> COALESCE(v.platform_managed, 0) OR COALESCE(f.human, '') <> COALESCE(v.human, '')) LIMIT 100";
/// Grants of which two live at once: the schema keeps one open without a batch and one of each batch.
pub const GRANTS_TWICE: &str = "SELECT g.identity_id, MIN(g.since) FROM grants g
    WHERE g.until = 9223372036854775807 AND (g.batch IS NULL OR g.batch IN (SELECT e.batch FROM batch_ends e WHERE e.outcome = 'live'))
    GROUP BY g.identity_id, g.plane, g.match_key HAVING COUNT(*) > 1 LIMIT 100";
/// Reviews of which two live at once: lists would show their identity twice.
pub const REVIEWS_TWICE: &str = "SELECT r.identity_id, MIN(r.since) FROM identity_reviews r
    WHERE r.until = 9223372036854775807 AND (r.batch IS NULL OR r.batch IN (SELECT e.batch FROM batch_ends e WHERE e.outcome = 'live'))
    GROUP BY r.identity_id HAVING COUNT(*) > 1 LIMIT 100";
/// Records that no list shows.
pub const RECORDS_WITHOUT_FACTS: &str = "SELECT v.id, v.since FROM identity_versions v
    WHERE v.until = 9223372036854775807 AND (v.batch IS NULL OR v.batch IN (SELECT e.batch FROM batch_ends e WHERE e.outcome = 'live'))
      AND NOT EXISTS (SELECT 1 FROM identity_facts f WHERE f.identity_id = v.id AND f.until = 9223372036854775807)
      AND (v.plane = 'observed' OR NOT EXISTS (SELECT 1 FROM external_keys k WHERE k.identity_id = v.id)) LIMIT 100";
fn columns(table: &Table) -> String {
    let names: Vec<&str> = table.columns.iter().map(|c| c.name).collect();
    names.join(", ")
}

fn span(table: &Table) -> String {
    match table.kind {
        TableKind::Recorded => format!("seq, CAST({} AS BIGINT)", Seq::OPEN),
        _ => "since, until".to_owned(),
    }
}

/// All rows in key order: since, until, digest, columns.
pub fn scan(table: &Table) -> String {
    format!("SELECT {}, row_digest, {} FROM {} ORDER BY {}", span(table), columns(table), table.name, table.key.join(", "))
}

/// SQLite: a thousand rows in key order as lines of JSON, after a key. What no JSON holds or a column never
/// holds comes out as a number or an error, and its page is read row by row.
pub fn page(table: &Table, after: bool) -> String {
    let cells: Vec<String> = table
        .columns
        .iter()
        .map(|c| match c.kind {
            ColumnKind::Id => format!("CASE typeof({0}) WHEN 'blob' THEN hex({0}) WHEN 'null' THEN NULL ELSE 0 END", c.name),
            _ => c.name.to_owned(),
        })
        .collect();
    let span = match table.kind {
        TableKind::Recorded => format!("seq, {}", Seq::OPEN),
        _ => "since, until".to_owned(),
    };
    let key = table.key.join(", ");
    let marks = vec!["?"; table.key.len()].join(", ");
    let condition = if after { format!("WHERE ({key}) > ({marks})") } else { String::new() };
    format!(
        "SELECT group_concat(line, char(10)) FROM (SELECT json_array({span}, row_digest, {}) AS line FROM {} {condition} ORDER BY {key} LIMIT 1000)",
        cells.join(", "),
        table.name
    )
}

/// Rows an entry opened or closed.
pub fn at_entry(table: &Table) -> String {
    let condition = match table.kind {
        TableKind::Recorded => "seq = $1",
        _ => "since = $1 OR until = $1",
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
