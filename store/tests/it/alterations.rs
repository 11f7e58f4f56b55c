//! Every column of every table that a door, a list, a count or a page of the past reads × changed, deleted, invented,
//! reopened × open and closed rows: `verify` names the row. It walks the declarations, so a new table or column is tried
//! by itself; a table that may change must say here why that lets nobody in.

use crate::support::{self, Known};
use crate::tamper::{defenceless, run};
use domain::facts::ColumnKind;
use domain::ids::{self, Noun};
use domain::ports::Ids;
use domain::seq::Seq;
use store::engine::db::{Engine, Tx};
use store::engine::rows;
use store::engine::verify::{self, Finding};
use store::tables::{self, Table, TableKind};
use store::testing::Scratch;
use store::{on, on_both};
use uuid::Uuid;

/// Operational tables, and why a changed row of them is nothing to compare: the door that reads it finds it void, or it
/// holds nothing but a pause or a time that is shown. `doors.rs` of the service tries the first kind.
const MAY_CHANGE: &[(&str, &str)] = &[
    ("sessions", "void without the MAC"),
    ("jobs", "void without the MAC"),
    ("setup_links", "void without the MAC"),
    ("idempotency_keys", "void without the MAC"),
    ("checkpoint_sinks", "void without the MAC, and named; what stands beside the keys counts"),
    ("ceremonies", "void without the MAC"),
    ("authenticator_marks", "void without the MAC"),
    ("token_uses", "a time that is shown: no right follows from it"),
    ("sign_in_attempts", "pauses only: a password is asked for all the same"),
];

/// Rows of which one is altered at a time: a word for the message, and the condition.
fn rows_of(table: &Table) -> Vec<(&'static str, String)> {
    let key = table.key.join(", ");
    let one = |condition: &str| format!("({key}) IN (SELECT {key} FROM {} {condition} ORDER BY {key} LIMIT 1)", table.name);
    let at = |which: &str| format!("seq = (SELECT {which}(seq) FROM {})", table.name);
    match table.kind {
        TableKind::Governed => {
            vec![("open", one(&format!("WHERE until = {}", Seq::OPEN))), ("closed", one(&format!("WHERE until <> {}", Seq::OPEN)))]
        }
        TableKind::Log if table.key[0] == "seq" => vec![("first", at("MIN")), ("middle", "seq = 20".to_owned()), ("last", at("MAX"))],
        _ => vec![("a", one(""))],
    }
}

/// Every column of a table in the schema, beyond those it declares.
fn columns(table: &Table) -> Vec<(&'static str, ColumnKind)> {
    let mut all: Vec<_> = table.columns.iter().map(|c| (c.name, c.kind)).collect();
    if table.has_span() {
        all.extend([("since", ColumnKind::Int), ("until", ColumnKind::Int)]);
    }
    if table.is_committed() {
        all.push(("row_digest", ColumnKind::Text));
    }
    all
}

/// Another value of the same kind.
fn altered(engine: Engine, (column, kind): (&str, ColumnKind)) -> String {
    match (engine, kind) {
        (_, ColumnKind::Int) if column == "until" => format!("CASE until WHEN {} THEN 7 ELSE until + 1 END", Seq::OPEN),
        (_, ColumnKind::Int) => format!("COALESCE({column} + 100000, 1)"),
        (_, ColumnKind::Text) => format!("COALESCE({column} || 'x', 'x')"),
        (Engine::Sqlite, ColumnKind::Bytes) => format!("COALESCE(CAST({column} || x'01' AS BLOB), x'01')"),
        (Engine::Postgres, ColumnKind::Bytes) => format!("COALESCE({column} || '\\x01'::bytea, '\\x01'::bytea)"),
        (Engine::Sqlite, ColumnKind::Id) => "x'000000000000000000000000000000ff'".to_owned(),
        (Engine::Postgres, ColumnKind::Id) => "'00000000-0000-0000-0000-0000000000ff'::uuid".to_owned(),
    }
}

/// One store without defences that is altered, verified and put back, again and again.
struct Tried<'a> {
    s: &'a Scratch,
    tx: Tx,
    tried: usize,
    unnamed: Vec<String>,
}

impl<'a> Tried<'a> {
    async fn new(s: &'a Scratch) -> Self {
        let mut tx = defenceless(s).await;
        let names = match tx.engine() {
            Engine::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE '%one_open%'",
            Engine::Postgres => "SELECT indexname::text FROM pg_indexes WHERE indexname LIKE '%one_open%'",
        };
        let names: Vec<String> = on!(&mut tx, c => sqlx::query_scalar(names).fetch_all(c).await).expect("indexes");
        for name in names {
            run(&mut tx, format!("DROP INDEX {name}")).await;
        }
        Self { s, tx, tried: 0, unnamed: vec![] }
    }

    /// Alters, and notes where no finding names the table, and the row where its id is known.
    async fn case(&mut self, what: &str, text: String, (table, id): (&str, Option<String>)) {
        run(&mut self.tx, "SAVEPOINT tried".to_owned()).await;
        run(&mut self.tx, text).await;
        self.judge(what, table, id).await;
    }

    async fn judge(&mut self, what: &str, table: &str, id: Option<String>) {
        let report = verify::verify_in(&mut self.tx, &tables::all(), &[self.s.signer.verifier()], &[]).await;
        // A store whose head is gone is refused as a whole.
        let named = |f: &Finding| f.table == table && !f.id.is_empty() && id.as_ref().is_none_or(|id| f.id.contains(id.as_str()));
        if report.as_ref().is_ok_and(|r| !r.findings.iter().any(named)) {
            self.unnamed.push(format!("{what}: {:?}", report.expect("read").findings));
        }
        run(&mut self.tx, "ROLLBACK TO SAVEPOINT tried".to_owned()).await;
        run(&mut self.tx, "RELEASE SAVEPOINT tried".to_owned()).await;
        self.tried += 1;
    }

    async fn finish(self, at_least: usize) {
        let Self { tx, tried, unnamed, .. } = self;
        tx.rollback().await.expect("rollback");
        assert!(unnamed.is_empty(), "{} of {tried} unnamed:\n{}", unnamed.len(), unnamed.join("\n"));
        assert!(tried >= at_least, "{tried}");
    }

    /// The id by which a row is named, where its key begins with one and the alteration leaves it.
    async fn id(&mut self, table: &Table, which: &str) -> Option<String> {
        table.position(table.key[0]).filter(|at| table.columns[*at].kind == ColumnKind::Id)?;
        let text = format!("SELECT {} FROM {} WHERE {which}", table.key[0], table.name);
        let id: Option<Uuid> = on!(&mut self.tx, c => sqlx::query_scalar(sqlx::AssertSqlSafe(text)).fetch_optional(c).await).expect("read");
        id.map(|id| ids::show(Noun::Other, id))
    }
}

fn compared() -> impl Iterator<Item = &'static Table> {
    tables::every().filter(|t| !MAY_CHANGE.iter().any(|(name, _)| *name == t.name))
}

/// Logs that nothing of this version writes: they stand empty.
fn is_empty_log(table: &Table) -> bool {
    table.kind == TableKind::Log && table.key[0] != "seq"
}

on_both!(every_column_of_every_row_changed_is_named, async |s: &Scratch| {
    support::world_with_a_past(s, &s.writer()).await;
    let mut tried = Tried::new(s).await;
    let engine = s.db.engine();
    for table in compared().filter(|t| !is_empty_log(t)) {
        for (word, which) in rows_of(table) {
            let id = tried.id(table, &which).await;
            for column in columns(table) {
                let id = id.clone().filter(|_| !table.key.contains(&column.0));
                let text = format!("UPDATE {} SET {} = {} WHERE {which}", table.name, column.0, altered(engine, column));
                tried.case(&format!("{word} {}.{}", table.name, column.0), text, (table.name, id)).await;
            }
        }
        if let Some(anchor) = table.anchor {
            for column in [("id", ColumnKind::Id), ("created_seq", ColumnKind::Int)] {
                let text =
                    format!("UPDATE {anchor} SET {} = {} WHERE id IN (SELECT id FROM {anchor} LIMIT 1)", column.0, altered(engine, column));
                tried.case(&format!("{anchor}.{}", column.0), text, (anchor, None)).await;
            }
        }
    }
    tried.finish(600).await;
});

on_both!(every_row_deleted_closed_or_reopened_is_named, async |s: &Scratch| {
    support::world_with_a_past(s, &s.writer()).await;
    let mut tried = Tried::new(s).await;
    for table in compared().filter(|t| !is_empty_log(t)) {
        for (word, which) in rows_of(table) {
            let id = tried.id(table, &which).await;
            tried
                .case(
                    &format!("{word} {} deleted", table.name),
                    format!("DELETE FROM {} WHERE {which}", table.name),
                    (table.name, id.clone()),
                )
                .await;
            if table.has_span() {
                let until = format!("CASE until WHEN {0} THEN 30 ELSE {0} END", Seq::OPEN);
                let text = format!("UPDATE {} SET until = {until} WHERE {which}", table.name);
                tried.case(&format!("{word} {} closed or reopened", table.name), text, (table.name, id)).await;
            }
        }
        if let Some(anchor) = table.anchor {
            tried.case(&format!("{anchor} deleted"), format!("DELETE FROM {anchor}"), (anchor, None)).await;
        }
    }
    tried.finish(130).await;
});

on_both!(every_invented_row_is_named, async |s: &Scratch| {
    let known = support::world_with_a_past(s, &s.writer()).await;
    let mut tried = Tried::new(s).await;
    for table in tables::all() {
        for until in [Seq::OPEN, Seq(30)] {
            invent(&mut tried, table, &known, until).await;
        }
        if let Some(anchor) = table.anchor {
            let id = if s.db.engine() == Engine::Sqlite {
                "x'000000000000000000000000000000ff'"
            } else {
                "'00000000-0000-0000-0000-0000000000ff'"
            };
            let text = format!("INSERT INTO {anchor} (id, created_seq) VALUES ({id}, 5)");
            tried.case(&format!("{anchor} invented"), text, (anchor, None)).await;
        }
    }
    let behind = "(SELECT MAX(seq) + 1 FROM ledger)";
    let copied = |table: &str, columns: &str, values: &str, which: &str| {
        format!("INSERT INTO {table} ({columns}) SELECT {values} FROM {table} WHERE {which}")
    };
    let entry = "at, actor_kind, actor_id, verb, subject_kind, subject_id, change_id, payload, facts, leaf_hash";
    let empty = if s.db.engine() == Engine::Sqlite { "x''" } else { "''::bytea" };
    let head = "installation_id, epoch, seq, open_to, at, frontier";
    for (table, text) in [
        ("ledger", copied("ledger", &format!("seq, {entry}"), &format!("{behind}, {entry}"), "seq = 3")),
        ("ledger_rows", copied("ledger_rows", "seq, chunk, rows", &format!("{behind}, 0, rows"), "seq = 3")),
        ("ledger_rows", copied("ledger_rows", "seq, chunk, rows", "seq, chunk + 1, rows", "seq = 3")),
        ("ledger_rows", copied("ledger_rows", "seq, chunk, rows", &format!("seq, chunk + 1, {empty}"), "seq = 3")),
        ("checkpoints", copied("checkpoints", "seq, at, note", &format!("{behind}, at, note"), "seq = 3")),
        ("ledger_head", copied("ledger_head", &format!("one, {head}"), &format!("2, {head}"), "one = 1")),
        ("evaluations", "INSERT INTO evaluations (id, at, identity_id, action, resource, decision, reason, position) SELECT id, 1, id, 'a', 'r', 1, '', 3 FROM identities LIMIT 1".to_owned()),
        ("uses", "INSERT INTO uses (grant_id, n, at, request) SELECT id, 1, 1, 'r' FROM grants LIMIT 1".to_owned()),
    ] {
        tried.case(&format!("{table} invented"), text, (table, None)).await;
    }
    tried.finish(80).await;
});

/// Whoever invents a row knows how rows are encoded, and stands it beside an entry that there is.
async fn invent(tried: &mut Tried<'_>, table: &'static Table, known: &Known, until: Seq) {
    run(&mut tried.tx, "SAVEPOINT tried".to_owned()).await;
    let mut row = support::another(table, tried.s.ids.as_ref(), known);
    if let Some(at) = table.position(table.key[0]).filter(|at| table.columns[*at].kind == ColumnKind::Id) {
        row.values[at] = tried.s.ids.next().into();
    }
    let key = row.key(Seq(5));
    if rows::insert(&mut tried.tx, table, &[&row], Seq(5)).await.is_err() {
        // Its like is there already and there may be one only.
        assert!(!table.unique.is_empty(), "{} takes no such row", table.name);
        run(&mut tried.tx, "ROLLBACK TO SAVEPOINT tried".to_owned()).await;
        return;
    }
    if table.has_span() {
        run(&mut tried.tx, format!("UPDATE {} SET until = {until} WHERE since = 5 AND until = {}", table.name, Seq::OPEN)).await;
    }
    let id = match &key[0] {
        domain::facts::Value::Id(id) => Some(ids::show(Noun::Other, *id)),
        _ => None,
    };
    tried.judge(&format!("{} invented until {until}", table.name), table.name, id).await;
}

/// What may change says why, and nothing else may.
#[test]
fn a_table_that_may_change_is_void_without_a_mac_or_lets_nobody_in() {
    for table in tables::every() {
        let why = MAY_CHANGE.iter().find(|(name, _)| *name == table.name).map(|(_, why)| *why);
        let operational = table.kind == TableKind::Operational && table.name != "ledger_head";
        assert_eq!(why.is_some(), operational, "{}", table.name);
        assert!(!why.is_some_and(|w| w.starts_with("void")) || table.position("mac").is_some(), "{} has no MAC", table.name);
    }
}
