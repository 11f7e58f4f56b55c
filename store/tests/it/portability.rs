//! Both engines have the same schema, the registry agrees with it, and every statement prepares on both.

use sqlx::Executor;
use std::collections::BTreeMap;
use store::engine::db::{Db, Engine};
use store::on_both;
use store::tables::{self, TableKind};
use store::testing::Scratch;

const COLUMNS_SQLITE: &str = "SELECT m.name, p.name, p.\"notnull\" FROM sqlite_master m, pragma_table_info(m.name) p
    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name <> '_sqlx_migrations' ORDER BY 1, p.cid";
const COLUMNS_POSTGRES: &str = "SELECT table_name::text, column_name::text, CASE is_nullable WHEN 'NO' THEN 1::bigint ELSE 0::bigint END
    FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations' ORDER BY 1, ordinal_position";

async fn columns(db: &Db) -> BTreeMap<String, Vec<(String, i64)>> {
    let rows: Vec<(String, String, i64)> = match db {
        Db::Sqlite { read, .. } => sqlx::query_as(COLUMNS_SQLITE).fetch_all(read).await.expect("schema"),
        Db::Postgres(pool) => sqlx::query_as(COLUMNS_POSTGRES).fetch_all(pool).await.expect("schema"),
    };
    let mut tables: BTreeMap<String, Vec<(String, i64)>> = BTreeMap::new();
    for (table, column, not_null) in rows {
        tables.entry(table).or_default().push((column, not_null));
    }
    tables
}

#[tokio::test]
async fn both_engines_have_the_same_tables_columns_and_nullability() {
    let (a, b) = (Scratch::sqlite().await, Scratch::postgres().await);
    assert_eq!(columns(&a.db).await, columns(&b.db).await);
    a.finish().await;
    b.finish().await;
}

on_both!(the_registry_lists_every_column_of_every_table_entries_write, async |s: &Scratch| {
    let schema = columns(&s.db).await;
    let anchors: Vec<&str> = tables::all().into_iter().filter_map(|t| t.anchor).collect();
    let own = ["ledger", "ledger_rows", "checkpoints", "evaluations", "uses"];
    for (name, columns) in &schema {
        let with_span = columns.iter().any(|(c, _)| c == "since" || c == "row_digest");
        let known = tables::named(name);
        assert!(!with_span || known.is_some(), "{name} is written by entries but is not in the registry");
        assert!(known.is_some() || anchors.contains(&name.as_str()) || own.contains(&name.as_str()) || !with_span, "{name}");
    }
    for table in tables::all() {
        let mut expected: Vec<&str> = table.columns.iter().map(|c| c.name).collect();
        if table.kind != TableKind::Recorded {
            expected.extend(["since", "until"]);
        }
        if table.is_committed() {
            expected.push("row_digest");
        }
        let mut found: Vec<&str> = schema[table.name].iter().map(|(c, _)| c.as_str()).collect();
        expected.sort_unstable();
        found.sort_unstable();
        assert_eq!(expected, found, "{}", table.name);
    }
});

on_both!(every_statement_prepares, async |s: &Scratch| {
    for (name, text) in store::all_statements() {
        let outcome = match &s.db {
            Db::Sqlite { write, .. } => write.prepare(sqlx::SqlStr::from_static(text)).await.map(|_| ()),
            Db::Postgres(pool) => pool.prepare(sqlx::SqlStr::from_static(text)).await.map(|_| ()),
        };
        assert!(outcome.is_ok(), "{name}: {outcome:?}");
    }
});

/// A migration that was changed by hand, or a declaration that was changed without one.
#[test]
fn the_migrations_are_what_the_declarations_say() {
    for (engine, name) in [(Engine::Sqlite, "sqlite"), (Engine::Postgres, "postgres")] {
        for part in tables::PARTS {
            let path = format!("{}/../migrations/{name}/{}.sql", env!("CARGO_MANIFEST_DIR"), part.name);
            let there = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(there == store::engine::schema::migration(part, engine), "{path} differs: cargo xtask schema writes it");
        }
    }
}
