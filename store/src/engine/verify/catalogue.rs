//! The schema as evidence: what the live database holds by name against what the migrations make. A table that is a view,
//! a trigger that is gone or does something else, an index over other columns, a type, a condition, a stranger's function:
//! each shows another past than the rows do. It reads catalogues, never rows.

use super::Finding;
use crate::engine::db::{self, Engine, Tx};
use crate::{Error, Result};
use domain::seq::Seq;
use std::collections::BTreeMap;

/// What a schema holds: by table and name, the text that says what it is.
pub type Objects = BTreeMap<(String, String), String>;

/// What the migrations make on PostgreSQL, which no scratch database can be asked for while a store is verified. A test
/// compares it with a migrated one; `UPDATE_CATALOGUE=1` writes it.
const MADE_ON_POSTGRES: &str = include_str!("postgres.jsonl");

const SQLITE: &str = "SELECT tbl_name, type || ' ' || name, COALESCE(sql, '') FROM sqlite_master
    WHERE NOT (type = 'table' AND name IN ('sqlite_stat1', 'sqlite_stat4')) ORDER BY 1, 2 LIMIT 100000";

const POSTGRES: &str = "WITH ours AS (SELECT c.oid, c.relname, c.relkind, c.relpersistence, c.relrowsecurity OR c.relforcerowsecurity AS secured
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S'))
    SELECT o.relname::text, 'relation ' || o.relname, o.relkind::text || ' ' || o.relpersistence::text || CASE WHEN o.secured THEN ' row security' ELSE '' END
        || COALESCE(CASE WHEN o.relkind IN ('v', 'm') THEN ' ' || pg_get_viewdef(o.oid) END, '') FROM ours o
    UNION ALL SELECT o.relname::text, 'column ' || a.attname, format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
        || COALESCE(' collate ' || (SELECT CASE n.nspname WHEN 'pg_catalog' THEN '' ELSE n.nspname || '.' END || l.collname FROM pg_collation l JOIN pg_namespace n ON n.oid = l.collnamespace WHERE l.oid = a.attcollation), '') || a.attidentity::text || a.attgenerated::text
        || COALESCE(' default ' || (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d WHERE d.adrelid = o.oid AND d.adnum = a.attnum), '')
        FROM ours o JOIN pg_attribute a ON a.attrelid = o.oid AND a.attnum > 0 AND NOT a.attisdropped WHERE o.relkind <> 'S'
    UNION ALL SELECT o.relname::text, 'constraint ' || k.conname, pg_get_constraintdef(k.oid) || CASE WHEN k.convalidated THEN '' ELSE ' not validated' END
        FROM ours o JOIN pg_constraint k ON k.conrelid = o.oid AND k.contype IN ('c', 'p', 'u', 'f', 'x')
    UNION ALL SELECT o.relname::text, 'index ' || x.relname, pg_get_indexdef(i.indexrelid)
        || CASE WHEN i.indisvalid AND i.indisready AND i.indislive THEN '' ELSE ' out of use' END
        FROM ours o JOIN pg_index i ON i.indrelid = o.oid JOIN pg_class x ON x.oid = i.indexrelid
    UNION ALL SELECT o.relname::text, 'trigger ' || t.tgname, pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text
        FROM ours o JOIN pg_trigger t ON t.tgrelid = o.oid WHERE NOT t.tgisinternal
    UNION ALL SELECT o.relname::text, 'foreign key ' || k.conname, 'its triggers are switched off'
        FROM ours o JOIN pg_trigger t ON t.tgrelid = o.oid JOIN pg_constraint k ON k.oid = t.tgconstraint WHERE t.tgisinternal AND t.tgenabled <> 'O' GROUP BY 1, 2
    UNION ALL SELECT o.relname::text, 'rule ' || r.rulename, pg_get_ruledef(r.oid) FROM ours o JOIN pg_rewrite r ON r.ev_class = o.oid WHERE r.rulename <> '_RETURN'
    UNION ALL SELECT o.relname::text, 'policy ' || p.polname, COALESCE(pg_get_expr(p.polqual, p.polrelid), '') FROM ours o JOIN pg_policy p ON p.polrelid = o.oid
    UNION ALL SELECT o.relname::text, 'child ' || c.relname, 'its rows show as rows of this table' FROM ours o JOIN pg_inherits h ON h.inhparent = o.oid JOIN pg_class c ON c.oid = h.inhrelid
    UNION ALL SELECT o.relname::text, 'namesake ' || n.nspname || '.' || c.relname, c.relkind::text
        FROM ours o JOIN pg_class c ON c.relname = o.relname JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname <> 'public'
    UNION ALL SELECT 'schema', 'function ' || p.oid::regprocedure, l.lanname || ' ' || p.prosecdef::text || ' ' || COALESCE(p.proconfig::text, '') || ' ' || p.prosrc
        FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang JOIN pg_namespace n ON n.oid = p.pronamespace WHERE (n.nspname = 'public' OR (n.nspname = 'pg_catalog' AND p.oid >= 16384)) AND l.lanname <> 'c'
    UNION ALL SELECT 'schema', 'operator ' || p.oid::regoperator, 'an operator' FROM pg_operator p JOIN pg_namespace n ON n.oid = p.oprnamespace WHERE n.nspname = 'public'
    UNION ALL SELECT 'schema', 'event trigger ' || e.evtname, e.evtevent FROM pg_event_trigger e
    UNION ALL SELECT 'schema', 'search path', array_to_string(current_schemas(true), ', ')
    UNION ALL SELECT 'schema', 'replication role', current_setting('session_replication_role')
    ORDER BY 1, 2 LIMIT 100000";

/// What the database of a transaction holds.
pub async fn live(tx: &mut Tx) -> Result<Objects> {
    let text = if tx.engine() == Engine::Sqlite { SQLITE } else { POSTGRES };
    let rows = on!(tx, c => sqlx::query_as::<_, (String, String, String)>(text).fetch_all(c).await?);
    Ok(rows.into_iter().map(|(table, name, text)| ((table, name), text)).collect())
}

/// What the migrations make. SQLite makes it anew, in memory.
async fn made(engine: Engine) -> Result<Objects> {
    if engine == Engine::Postgres {
        return MADE_ON_POSTGRES.lines().map(line).collect();
    }
    let scratch = db::migrated_in_memory().await?;
    let rows = sqlx::query_as::<_, (String, String, String)>(SQLITE).fetch_all(&scratch).await?;
    scratch.close().await;
    Ok(rows.into_iter().map(|(table, name, text)| ((table, name), text)).collect())
}

fn line(line: &str) -> Result<((String, String), String)> {
    let (table, name, text) = serde_json::from_str(line).map_err(|e| Error::Corrupt(format!("the catalogue of the program: {e}")))?;
    Ok(((table, name), text))
}

/// A schema as lines, for the file that is kept.
pub fn lines(objects: &Objects) -> String {
    objects.iter().map(|((table, name), text)| format!("{}\n", serde_json::json!([table, name, text]))).collect()
}

/// What the live schema has beyond the migrations, lacks, or has as something else; and whether they are on record.
pub(super) async fn compare(tx: &mut Tx, head: Seq) -> Result<Vec<Finding>> {
    let (live, made) = (live(tx).await?, made(tx.engine()).await?);
    let mut found = Vec::new();
    let mut find = |(table, name): &(String, String), what: &str| {
        found.push(Finding { table: table.clone(), id: name.clone(), seq: head, what: what.to_owned() });
    };
    for (key, text) in &made {
        match live.get(key) {
            None => find(key, "the schema lacks it: the migrations make it"),
            Some(there) if there != text => find(key, "the schema has it as something else than the migrations make"),
            Some(_) => {}
        }
    }
    for key in live.keys().filter(|k| !made.contains_key(*k)) {
        find(key, "it was added to the schema by a stranger: no migration makes it");
    }
    for version in db::unlike_ours(tx).await? {
        find(&("_sqlx_migrations".to_owned(), version), "the migration on record is not one of this program");
    }
    Ok(found)
}
