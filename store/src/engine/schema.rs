//! The SQL of both engines, written from the tables' declarations. The migration files hold what this gives; a test
//! compares them, and another compares the live schema. It must not run anything.

use super::db::Engine;
use super::table::{Column, Event, Index, Rows, Table, TableKind};
use domain::facts::ColumnKind;
use domain::seq::Seq;
use std::fmt::Write;

/// A migration: its file's name without the ending, what it is about, and the tables it makes.
pub struct Part {
    pub name: &'static str,
    pub tables: &'static [&'static Table],
}

/// The text of a migration file.
pub fn migration(part: &Part, engine: Engine) -> String {
    let twin = match engine {
        Engine::Sqlite => "postgres",
        Engine::Postgres => "sqlite",
    };
    let mut out =
        format!("-- Written by `cargo xtask schema` from the declarations in store/src. Twin of migrations/{twin}/{}.sql.\n", part.name);
    if engine == Engine::Postgres && part.tables.iter().any(|t| t.name == "ledger") {
        out.push_str(FUNCTIONS);
    }
    for table in part.tables {
        out.push('\n');
        out.push_str(&create(table, engine));
    }
    out
}

fn type_of(kind: ColumnKind, engine: Engine) -> &'static str {
    match (kind, engine) {
        (ColumnKind::Id | ColumnKind::Bytes, Engine::Sqlite) => "BLOB",
        (ColumnKind::Int, Engine::Sqlite) => "INTEGER",
        (ColumnKind::Text, Engine::Sqlite) => "TEXT",
        (ColumnKind::Id, Engine::Postgres) => "UUID",
        (ColumnKind::Int, Engine::Postgres) => "BIGINT",
        (ColumnKind::Text, Engine::Postgres) => "TEXT COLLATE \"C\"",
        (ColumnKind::Bytes, Engine::Postgres) => "BYTEA",
    }
}

/// The end of a table's definition.
fn closing(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => ") STRICT, WITHOUT ROWID;\n",
        Engine::Postgres => ");\n",
    }
}

fn word(kind: TableKind) -> &'static str {
    match kind {
        TableKind::Governed => "governed",
        TableKind::Recorded => "recorded",
        TableKind::Log => "log",
        TableKind::Operational => "operational",
    }
}

fn create(table: &Table, engine: Engine) -> String {
    let mut out = format!("-- {}: {}. {}\n", word(table.kind), table.anchor.unwrap_or(table.name), table.about);
    let (id, int) = (type_of(ColumnKind::Id, engine), type_of(ColumnKind::Int, engine));
    if let Some(anchor) = table.anchor {
        let _ =
            write!(out, "CREATE TABLE {anchor} (\n    id {id} NOT NULL PRIMARY KEY,\n    created_seq {int} NOT NULL\n{}", closing(engine));
    }
    let mut lines = Vec::new();
    let mut span = table.has_span().then(|| [format!("since {int} NOT NULL"), format!("until {int} NOT NULL DEFAULT {}", Seq::OPEN)]);
    for column in table.columns {
        lines.push(define(table, column, engine));
        lines.extend(span.take().into_iter().flatten());
    }
    if table.is_committed() {
        lines.push(format!("row_digest {} NOT NULL", type_of(ColumnKind::Text, engine)));
    }
    lines.extend(table.checks.iter().map(|c| format!("CHECK ({c})")));
    lines.extend(table.unique.iter().map(|u| format!("UNIQUE ({})", u.join(", "))));
    lines.push(format!("PRIMARY KEY ({})", table.key.join(", ")));
    let _ = write!(out, "CREATE TABLE {} (\n    {}\n{}", table.name, lines.join(",\n    "), closing(engine));
    for unique in one_open(table) {
        out.push_str(&unique);
    }
    for index in table.indexes {
        out.push_str(&create_index(table, index));
    }
    match engine {
        Engine::Sqlite => sqlite_triggers(&mut out, table),
        Engine::Postgres => postgres_triggers(&mut out, table),
    }
    out
}

/// The unique indexes over open rows.
fn one_open(table: &Table) -> Vec<String> {
    let columns = table.one_open.join(", ");
    let of = |name: &str, columns: &str, more: &str| {
        format!("CREATE UNIQUE INDEX {}_{name} ON {} ({columns}) WHERE until = {}{more};\n", table.name, table.name, Seq::OPEN)
    };
    match (table.one_open.is_empty(), table.is_batched()) {
        (true, _) => vec![],
        (false, false) => vec![of("one_open", &columns, "")],
        (false, true) => vec![
            of("one_open", &columns, " AND batch IS NULL"),
            of("one_open_in_batch", &format!("{columns}, batch"), " AND batch IS NOT NULL"),
        ],
    }
}

fn define(table: &Table, column: &Column, engine: Engine) -> String {
    let mut out = format!("{} {}", column.name, type_of(column.kind, engine));
    if !column.nullable {
        out.push_str(" NOT NULL");
    }
    let target = if column.name == "id" { table.anchor } else { column.target };
    if let Some(target) = target {
        let _ = write!(out, " REFERENCES {target} (id)");
        if keeps_no_journal(table, engine) {
            out.push_str(" DEFERRABLE INITIALLY DEFERRED");
        }
    }
    if let Some(words) = column.words {
        let _ = write!(out, " CHECK ({})", one_of(column.name, words, engine));
    }
    out
}

/// True where SQLite keeps no copies of the pages that a statement changes, to undo that statement alone: nothing that it is
/// refused for may then undo it alone. The writer undoes the whole command, and what points nowhere is found by COMMIT.
fn keeps_no_journal(table: &Table, engine: Engine) -> bool {
    table.bulk && engine == Engine::Sqlite
}

/// That a column holds one of some words. For a list in a check of three or more, SQLite fills a table of its own anew for
/// every row that is written: of the time that a large import takes, that was a third.
fn one_of(column: &str, words: &[&str], engine: Engine) -> String {
    match engine {
        Engine::Sqlite => words.iter().map(|w| format!("{column} = '{w}'")).collect::<Vec<_>>().join(" OR "),
        Engine::Postgres => format!("{column} IN ('{}')", words.join("', '")),
    }
}

fn create_index(table: &Table, index: &Index) -> String {
    let condition = match index.rows {
        Rows::All => String::new(),
        Rows::Open => format!(" WHERE until = {}", Seq::OPEN),
        Rows::Where(condition) => format!(" WHERE {condition}"),
        Rows::OpenWhere(condition) => format!(" WHERE until = {} AND {condition}", Seq::OPEN),
    };
    let unique = if index.unique { "UNIQUE " } else { "" };
    format!("CREATE {unique}INDEX {}_{} ON {} ({}){condition};\n", table.name, index.name, table.name, index.columns.join(", "))
}

/// The column that must lie within the window that the head row has opened.
fn window(table: &Table) -> Option<&'static str> {
    match table.kind {
        TableKind::Governed => Some("since"),
        TableKind::Recorded => Some("seq"),
        TableKind::Log => table.position("seq").map(|_| "seq"),
        TableKind::Operational => None,
    }
}

fn sqlite_triggers(out: &mut String, table: &Table) {
    let name = table.name;
    let mut refuse = |trigger: String, event: &str, when: Option<String>, on: &str, message: String| {
        let when = when.map_or_else(|| " ".to_owned(), |w| format!("\nWHEN {w}\n"));
        let how = if event == "INSERT" && keeps_no_journal(table, Engine::Sqlite) { "FAIL" } else { "ABORT" };
        let _ = writeln!(out, "CREATE TRIGGER {trigger} BEFORE {event} ON {on}{when}BEGIN SELECT RAISE({how}, '{message}'); END;");
    };
    if table.kind == TableKind::Operational {
        return;
    }
    if let Some(anchor) = table.anchor {
        let exists = format!("EXISTS (SELECT 1 FROM {anchor} WHERE id = NEW.id)");
        refuse(format!("{anchor}_no_replace"), "INSERT", Some(exists), anchor, format!("{anchor}: id exists"));
        refuse(format!("{anchor}_no_update"), "UPDATE", None, anchor, format!("{anchor} is never changed"));
        refuse(format!("{anchor}_no_delete"), "DELETE", None, anchor, format!("{anchor} is never deleted"));
    }
    let same: Vec<String> = table.key.iter().map(|k| format!("{k} = NEW.{k}")).collect();
    let mut guard = format!("EXISTS (SELECT 1 FROM {name} WHERE {})", same.join(" AND "));
    if let Some(at) = window(table) {
        let _ = write!(guard, "\n    OR NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.{at} > seq AND NEW.{at} <= open_to)");
    }
    refuse(format!("{name}_insert"), "INSERT", Some(guard), name, format!("{name}: id exists or seq outside the open batch"));
    let (update, message) = sqlite_update(table);
    refuse(format!("{name}_update"), "UPDATE", update, name, message);
    if !table.refusals.iter().any(|r| r.on == Event::Delete) {
        refuse(format!("{name}_no_delete"), "DELETE", None, name, format!("{name} is never deleted"));
    }
    for refusal in table.refusals {
        let event = match refusal.on {
            Event::Insert => "INSERT",
            Event::Delete => "DELETE",
        };
        let message = format!("{name}: {}", refusal.message);
        let when = if refusal.only.is_empty() { refusal.when.to_owned() } else { format!("{} AND ({})", refusal.only, refusal.when) };
        refuse(format!("{name}_{}", refusal.name), event, Some(when), name, message);
    }
}

/// Which updates are refused: all but the one close of a governed row, and the erasing of what is redactable.
fn sqlite_update(table: &Table) -> (Option<String>, String) {
    let kept = |with_redactable: bool| {
        let mut names: Vec<&str> = if table.has_span() { vec!["since"] } else { vec![] };
        names.extend(table.columns.iter().filter(|c| with_redactable || !c.redactable).map(|c| c.name));
        if table.is_committed() {
            names.push("row_digest");
        }
        names.iter().map(|n| format!("NEW.{n} IS OLD.{n}")).collect::<Vec<_>>().join(" AND ")
    };
    let erased: Vec<String> = table.columns.iter().filter(|c| c.redactable).map(|c| format!("NEW.{} IS NULL", c.name)).collect();
    let governed = table.kind == TableKind::Governed;
    let close = format!(
        "(OLD.until = {} AND EXISTS (SELECT 1 FROM ledger_head WHERE NEW.until > seq AND NEW.until <= open_to)\n        AND {})",
        Seq::OPEN,
        kept(true)
    );
    let until = if governed { " AND NEW.until IS OLD.until" } else { "" };
    let erase = format!("({}{until} AND {})", kept(false), erased.join(" AND "));
    let (ways, message) = match (governed, erased.is_empty()) {
        (true, true) => (close, "only until may change, once"),
        (true, false) => (format!("{close}\n    OR {erase}"), "only until may change, once"),
        (false, false) => (erase, "what is redactable may only be erased"),
        (false, true) => return (None, format!("{} is append-only", table.name)),
    };
    (Some(format!("NOT ({ways})")), format!("{}: {message}", table.name))
}

fn postgres_triggers(out: &mut String, table: &Table) {
    let name = table.name;
    if table.kind == TableKind::Operational {
        return;
    }
    let mut trigger = |trigger: String, what: &str, on: &str, each: &str, function: String| {
        let _ = writeln!(out, "CREATE TRIGGER {trigger} {what} ON {on} {each} EXECUTE FUNCTION {function};");
    };
    let refuse = || "countersign_refuse()".to_owned();
    if let Some(anchor) = table.anchor {
        trigger(format!("{anchor}_no_change"), "BEFORE UPDATE OR DELETE OR TRUNCATE", anchor, "FOR EACH STATEMENT", refuse());
    }
    match (window(table), table.bulk) {
        (Some(at), false) => {
            let function = format!("countersign_insert_by_{at}()");
            trigger(format!("{name}_insert"), "BEFORE INSERT", name, "FOR EACH ROW", function);
        }
        (Some(_), true) => {
            let each = "REFERENCING NEW TABLE AS opened FOR EACH STATEMENT";
            trigger(format!("{name}_insert"), "AFTER INSERT", name, each, "countersign_inserted()".to_owned());
        }
        (None, _) => {}
    }
    let erasable: Vec<String> = table.columns.iter().filter(|c| c.redactable).map(|c| format!("'{}'", c.name)).collect();
    let changes = table.kind == TableKind::Governed || !erasable.is_empty();
    if changes {
        let function = match table.kind {
            TableKind::Governed => format!("countersign_governed_update({})", erasable.join(", ")),
            _ => format!("countersign_erase({})", erasable.join(", ")),
        };
        trigger(format!("{name}_update"), "BEFORE UPDATE", name, "FOR EACH ROW", function);
    }
    let deletes = table.refusals.iter().any(|r| r.on == Event::Delete);
    let refused: Vec<&str> =
        [(!changes, "UPDATE"), (!deletes, "DELETE"), (true, "TRUNCATE")].iter().filter(|(refused, _)| *refused).map(|(_, e)| *e).collect();
    let what = format!("BEFORE {}", refused.join(" OR "));
    trigger(format!("{name}_no_change"), &what, name, "FOR EACH STATEMENT", refuse());
    for refusal in table.refusals {
        let (event, row) = match refusal.on {
            Event::Insert => ("INSERT", "NEW"),
            Event::Delete => ("DELETE", "OLD"),
        };
        let function = format!("countersign_{name}_{}", refusal.name);
        let only = if refusal.only.is_empty() { String::new() } else { format!(" WHEN ({})", refusal.only) };
        let _ = write!(
            out,
            "CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n    IF {} THEN\n        RAISE EXCEPTION '{name}: {}';\n    END IF;\n    RETURN {row};\nEND $$;\nCREATE TRIGGER {name}_{} BEFORE {event} ON {name} FOR EACH ROW{only} EXECUTE FUNCTION {function}();\n",
            refusal.when, refusal.message, refusal.name
        );
    }
}

/// What PostgreSQL's triggers call. The head row opens a window of positions; nothing is written outside it.
const FUNCTIONS: &str = "
-- What the triggers below call. The head row opens a window of positions; nothing is written outside it.
CREATE FUNCTION countersign_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP; END $$;
CREATE FUNCTION countersign_insert_by_since() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.since > seq AND NEW.since <= open_to) THEN
        RAISE EXCEPTION '%: seq % outside the open batch', TG_TABLE_NAME, NEW.since;
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION countersign_insert_by_seq() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM ledger_head WHERE NEW.seq > seq AND NEW.seq <= open_to) THEN
        RAISE EXCEPTION '%: seq % outside the open batch', TG_TABLE_NAME, NEW.seq;
    END IF;
    RETURN NEW;
END $$;
-- The same rule, asked once per statement: for tables whose rows come by the million.
CREATE FUNCTION countersign_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE lowest bigint; highest bigint;
BEGIN
    SELECT MIN(since), MAX(since) INTO lowest, highest FROM opened;
    IF lowest IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ledger_head WHERE lowest > seq AND highest <= open_to) THEN
        RAISE EXCEPTION '%: seq % outside the open batch', TG_TABLE_NAME, lowest;
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION countersign_governed_update() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE erased jsonb := to_jsonb(NEW); kept jsonb := to_jsonb(OLD); c text;
BEGIN
    IF OLD.until = 9223372036854775807 AND (erased - 'until') = (kept - 'until')
       AND EXISTS (SELECT 1 FROM ledger_head WHERE NEW.until > seq AND NEW.until <= open_to) THEN
        RETURN NEW;
    END IF;
    IF TG_NARGS > 0 THEN
        FOREACH c IN ARRAY TG_ARGV LOOP
            IF erased ->> c IS NOT NULL THEN RAISE EXCEPTION '%: only until may change, once', TG_TABLE_NAME; END IF;
            erased := erased - c; kept := kept - c;
        END LOOP;
        IF erased = kept THEN RETURN NEW; END IF;
    END IF;
    RAISE EXCEPTION '%: only until may change, once', TG_TABLE_NAME;
END $$;
CREATE FUNCTION countersign_erase() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE erased jsonb := to_jsonb(NEW); kept jsonb := to_jsonb(OLD); c text;
BEGIN
    FOREACH c IN ARRAY TG_ARGV LOOP
        IF erased ->> c IS NOT NULL THEN RAISE EXCEPTION '%: what is redactable may only be erased', TG_TABLE_NAME; END IF;
        erased := erased - c; kept := kept - c;
    END LOOP;
    IF erased = kept THEN RETURN NEW; END IF;
    RAISE EXCEPTION '%: what is redactable may only be erased', TG_TABLE_NAME;
END $$;
";
