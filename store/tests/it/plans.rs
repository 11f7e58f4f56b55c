//! How SQLite carries out the hot statements, as a snapshot a reviewer can read: a change of index or statement
//! that makes one scan a large table shows here. `UPDATE_PLANS=1` rewrites it.

use store::engine::db::Db;
use store::testing::Scratch;

/// Statements that run for every page, every evaluation or every row of an import.
const HOT: [&str; 79] = [
    "adoption::ORPHANS",
    "changes::ABOUT_PERSON",
    "changes::INVOLVING",
    "identities::SHOWN_AS_OWNED",
    "settings::SEALED",
    "changes::PAGE",
    "changes::OPEN",
    "changes::DUE",
    "changes::OF_IDENTITY",
    "changes::CANDIDATE",
    "changes::CANDIDATE_AT",
    "inbox::CANDIDATES",
    "inbox::DECISIONS",
    "inbox::CONSENTS",
    "inbox::RECUSALS",
    "verdicts::DECISIONS_OF",
    "applications::NEWEST",
    "suspensions::OF_HOLDER",
    "countersigned::OF_IDENTITY",
    "identities::CHILDREN",
    "comparison::FROM",
    "comparison::MOVED",
    "comparison::COUNTED",
    "comparison::FACTS",
    "comparison::GRANTS",
    "comparison::SURFACES",
    "comparison::TOOLS",
    "comparison::RECORDS",
    "comparison::STEPS",
    "counts::TREND",
    "grants::MOVED",
    "head::POSITION_AT",
    "idempotency::READ",
    "ledger::ENTRIES",
    "identities::LIST_BY_NAME_NOW",
    "identities::SEARCH_BY_NAME_NOW",
    "identities::LIST_BY_PRIVILEGE_NOW",
    "identities::LIST_BY_PRIVILEGE_OF_KIND",
    "identities::LIST_BY_PRIVILEGE_UNOWNED",
    "identities::LIST_BY_PRIVILEGE_OF_OWNER",
    "identities::LIST_BY_GRANTS_NOW",
    "identities::FACTS_OF",
    "identities::RECORDS_OF",
    "identities::FACTS_OF_SOURCE",
    "identities::RECORDS_OF_SOURCE",
    "external_keys::OF_IDENTITY",
    "external_keys::OF_SOURCE",
    "grants::OF_IDENTITY",
    "compared::KEYS_OF_SOURCE",
    "grants::ENDED",
    "grants::HOLDERS_OF_RULE_NOW",
    "grants::HOLDERS_OF_RULE_AT",
    "grants::IN_FORCE_NOW",
    "grants::IN_FORCE_AT",
    "grants::PATHS_OF_RULE_NOW",
    "grants::PATHS_OF_RULE_AT",
    "permission_sets::ALLOWING_NOW",
    "permission_sets::ALLOWING_AT",
    "permission_sets::PAGE",
    "permission_sets::BY_ID",
    "permission_sets::VERSIONS_OF",
    "permission_sets::HELD",
    "permission_sets::HOLDERS",
    "resources::PAGE",
    "resources::AFTER",
    "counts::AT",
    "measures::ALL_AT",
    "ledger::RANGE",
    "ledger_page::PAGE",
    "ledger_page::PAGE_OF_SUBJECT",
    "ledger_page::PAGE_OF_ACTOR",
    "ledger_page::PAGE_OF_FOUND",
    "ledger_page::PAGE_BUT",
    "names::PERSON",
    "names::IDENTITY",
    "people::BY_EMAIL_KEY",
    "people::ROLES_OF",
    "sessions::LOAD",
    "surfaces::OF_IDENTITY",
];
/// What a hot statement may read from end to end: live batches, sources, records without an owner, what an inner
/// statement found, lists of constants.
const SMALL: [&str; 7] = ["e", "n", "m", "w", "t", "x", "CONSTANT"];

#[tokio::test]
async fn hot_statements_are_carried_out_as_written_down() {
    let s = Scratch::sqlite().await;
    let Db::Sqlite { read, .. } = &s.db else { panic!("SQLite") };
    let all = store::all_statements();
    let mut found = String::new();
    for name in HOT {
        let (_, text) = all.iter().find(|(n, _)| n == name).unwrap_or_else(|| panic!("{name} is gone"));
        let explain = format!("EXPLAIN QUERY PLAN {text}");
        let lines: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(sqlx::AssertSqlSafe(explain)).fetch_all(read).await.unwrap_or_else(|e| panic!("{name}: {e}"));
        found.push_str(&format!("{name}\n"));
        for (_, _, _, line) in lines {
            let scans = line.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next());
            assert!(scans.is_none_or(|t| SMALL.contains(&t)), "{name}: {line}");
            found.push_str(&format!("    {line}\n"));
        }
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/plans.txt");
    if std::env::var_os("UPDATE_PLANS").is_some() {
        std::fs::write(path, &found).expect("written");
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    for (a, b) in expected.lines().zip(found.lines()) {
        assert_eq!(a, b);
    }
    assert_eq!(expected.lines().count(), found.lines().count());
    s.finish().await;
}

/// Tables that grow with the inventory: of these no statement of a comparison may be a walk over all rows.
const LARGE: [&str; 6] = ["identity_facts", "grants", "surface_versions", "tools", "credential_versions", "identity_versions"];

/// The same of PostgreSQL, as far as it depends on statements and indexes: where scans of whole tables are priced out, none is
/// left, and the walk goes along the two indexes made for it.
#[tokio::test]
async fn what_is_compared_is_found_by_indexes_on_postgres_too() {
    let s = Scratch::postgres().await;
    let Db::Postgres(pool) = &s.db else { panic!("PostgreSQL") };
    let mut c = pool.acquire().await.expect("a connection");
    for setting in ["SET enable_seqscan = off", "SET plan_cache_mode = force_generic_plan"] {
        sqlx::query(setting).execute(&mut *c).await.expect("set");
    }
    let all = store::all_statements();
    let compared: Vec<_> = all.iter().filter(|(name, _)| name.starts_with("comparison::")).collect();
    assert!(compared.len() >= 9, "{compared:?}");
    for (name, text) in compared {
        let places = (1..=60).rev().find(|n| text.contains(&format!("${n}"))).unwrap_or(0);
        let nothing = vec!["NULL"; places].join(", ");
        let run = |text: String| sqlx::raw_sql(sqlx::AssertSqlSafe(text));
        run(format!("PREPARE looked AS {text}")).execute(&mut *c).await.unwrap_or_else(|e| panic!("{name}: {e}"));
        let explain = format!("EXPLAIN EXECUTE looked({nothing})");
        let lines: Vec<(String,)> =
            sqlx::query_as(sqlx::AssertSqlSafe(explain)).fetch_all(&mut *c).await.unwrap_or_else(|e| panic!("{name}: {e}"));
        run("DEALLOCATE looked".to_owned()).execute(&mut *c).await.expect("forgotten");
        let plan: Vec<String> = lines.into_iter().map(|(line,)| line).collect();
        for table in LARGE {
            assert!(!plan.iter().any(|l| l.contains(&format!("Seq Scan on {table}"))), "{name}: {plan:#?}");
        }
        if name == "comparison::MOVED" {
            for index in ["identity_facts_opened", "identity_facts_closed"] {
                assert!(plan.iter().any(|l| l.contains(&format!("Scan Backward using {index}"))), "{name}: {plan:#?}");
            }
        }
    }
    drop(c);
    s.finish().await;
}
