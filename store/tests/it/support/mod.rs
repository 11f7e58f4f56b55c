//! One row of every declared table, so that tests over the declarations have something to bite on.
#![allow(dead_code)]

use domain::facts::{ColumnKind, Value};
use domain::ledger::Actor;
use domain::ports::Ids;
use domain::seq::Seq;
use sqlx::Row as _;
use std::collections::HashMap;
use store::engine::db::Tx;
use store::engine::rows::{Close, Row, key_of};
use store::engine::table::Column;
use store::engine::writer::{Command, CountDelta, Writer};
use store::tables::{self, Table, TableKind};
use store::testing::Scratch;
use store::{decode_values, on};
use uuid::Uuid;

pub fn command(verb: &'static str) -> Command {
    Command::new(Actor::SYSTEM, verb, "installation", None)
}

/// What the conditions of several columns together ask for; everything else follows from the column.
const FIXED: &[(&str, &str, &str)] = &[
    ("batch_ends", "outcome", "live"),
    ("change_versions", "state", "approved"),
    ("change_versions", "asked_by_kind", "person"),
    ("change_versions", "drafted_by_kind", "person"),
    ("applications", "author_kind", "person"),
    ("applications", "approver_kind", "person"),
    ("applications", "applier_kind", "system"),
    ("candidates", "required_resource_owners", "0"),
    ("evaluations", "decision", "allow"),
    ("identity_facts", "denied", "0"),
];

/// What lists show: it moves counts, so it is written with them.
const LISTED: [&str; 2] = ["identity_facts", "identity_reviews"];

/// Ids of what was written, by the table whose `id` it is.
pub type Known = HashMap<&'static str, Uuid>;

fn sample(table: &'static Table, ids: &dyn Ids, known: &Known) -> Row {
    Row::new(table, table.columns.iter().map(|c| value(table, c, ids, known)).collect())
}

fn value(table: &'static Table, c: &Column, ids: &dyn Ids, known: &Known) -> Value {
    if let Some((_, _, v)) = FIXED.iter().find(|(t, n, _)| *t == table.name && *n == c.name) {
        return v.parse().map_or_else(|_| (*v).into(), Value::Int);
    }
    if c.later || ["origin", "self_evidence"].contains(&c.name) || (c.nullable && (c.name == "parent_id" || c.name == "batch")) {
        return Value::Null(c.kind);
    }
    if c.name == "approver_id" {
        return known["people"].into();
    }
    // Somebody who decides nothing.
    if ["asked_by_id", "drafted_by_id", "author_id"].contains(&c.name) {
        return known["teams"].into();
    }
    if let Some(words) = c.words {
        return words[0].into();
    }
    match (c.name, c.kind) {
        ("candidate_id", _) => known["candidates"].into(),
        ("batch", ColumnKind::Id) => known["batches"].into(),
        ("id", ColumnKind::Id) => known.get(table.anchor.unwrap_or(table.name)).copied().unwrap_or_else(|| ids.next()).into(),
        (_, ColumnKind::Id) => match c.target.and_then(|t| known.get(t)) {
            Some(id) => (*id).into(),
            None if c.name == "identity_id" => known["identities"].into(),
            None if c.target.is_some() && c.nullable => Value::Null(ColumnKind::Id),
            None => Value::Id(ids.next()),
        },
        (_, ColumnKind::Int) => Value::Int(1),
        (_, ColumnKind::Text) => "x".into(),
        (_, ColumnKind::Bytes) => Value::Bytes(vec![1, 2, 3]),
    }
}

/// Tables in the order their foreign keys ask for; rows of the same migration may point forwards.
fn ordered() -> Vec<&'static Table> {
    let mut left: Vec<&'static Table> =
        tables::all().into_iter().filter(|t| !LISTED.contains(&t.name) && t.name != "counts" && t.name != "seals").collect();
    let mut out: Vec<&'static Table> = Vec::new();
    while !left.is_empty() {
        let stands = |t: &str, out: &[&Table]| {
            !left.iter().any(|l| l.anchor.unwrap_or(l.name) == t) || out.iter().any(|o| o.anchor.unwrap_or(o.name) == t)
        };
        let ready = |t: &&Table| t.columns.iter().all(|c| c.target.is_none_or(|r| r == t.anchor.unwrap_or(t.name) || stands(r, &out)));
        let at = left.iter().position(ready).unwrap_or(0);
        out.push(left.remove(at));
    }
    // A decision reads its candidate's route, an application both; a batch ends after it began.
    out.sort_by_key(|t| {
        ["batch_ends", "candidates", "review_events", "decisions", "consents", "applications"]
            .iter()
            .position(|n| *n == t.name)
            .map_or(0, |p| p + 1)
    });
    out
}

/// Writes one row into every declared table, in a handful of entries, and closes one.
pub async fn world(scratch: &Scratch, writer: &Writer) -> Known {
    let ids = scratch.ids.as_ref();
    let mut known = Known::new();
    for table in tables::all().iter().filter(|t| t.position("id").is_some()) {
        known.insert(table.anchor.unwrap_or(table.name), ids.next());
    }
    for table in ordered() {
        let mut c = command("test.written");
        let mut row = sample(table, ids, &known);
        commit_texts(table, &mut row);
        c.anchors.extend(table.anchor.map(|a| (table, known[a])));
        c.opens.push(row);
        c.counts.push(CountDelta { scope: "test".to_owned(), measure: table.name.to_owned(), delta: 1 });
        writer.write(c).await.unwrap_or_else(|e| panic!("{}: {e}", table.name));
    }
    let mut c = command("test.sealed");
    sealed(&mut c, known["seals"]);
    writer.write(c).await.expect("sealed");
    let mut c = command("test.listed");
    for listed in LISTED {
        c.opens.push(sample(tables::named(listed).expect("declared"), ids, &known));
    }
    c.counts.push(CountDelta { scope: "organisation".to_owned(), measure: "identities.human".to_owned(), delta: 1 });
    writer.write(c).await.expect("listed");
    let mut c = command("test.closed");
    let roles = tables::named("role_assignments").expect("declared");
    c.closes.push(Close { table: roles, key: vec![known["role_assignments"].into()] });
    writer.write(c).await.expect("closed");
    known
}

/// What the database asks for before it believes that an installation is sealed: a change of the gate that two people of two
/// groups approved, one of security, and its application at the same entry.
fn sealed(c: &mut Command, seal: Uuid) {
    let mut story = crate::refusals::story();
    story.candidate.line = domain::change::route::Line::Gate;
    story.suspension = None;
    story.seal = Some(crate::refusals::sealing(50, 1));
    if let Some(row) = &mut story.seal {
        row.id = domain::ids::Id::new(seal);
    }
    for who in &story.people {
        c.anchors.push((&store::people::PERSON_VERSIONS, who.id.uuid()));
    }
    c.anchors.push((&store::changes::CHANGE_VERSIONS, story.change.id.uuid()));
    c.opens.extend(story.rows());
}

/// A row that could be of the world but is not: what stands once has an id of its own.
pub fn another(table: &'static Table, ids: &dyn Ids, known: &Known) -> Row {
    let mut row = sample(table, ids, known);
    if let (None, Some(at)) = (table.anchor, table.position("id")) {
        row.values[at] = ids.next().into();
    }
    commit_texts(table, &mut row);
    row
}

/// The world once more: of every governed table the row that is open gives way to another one, so that each has a past.
pub async fn world_with_a_past(scratch: &Scratch, writer: &Writer) -> Known {
    let known = world(scratch, writer).await;
    let ids = scratch.ids.as_ref();
    let governed = |t: &&&'static Table| t.kind == TableKind::Governed;
    for table in tables::all().iter().filter(governed) {
        let mut c = command("test.replaced");
        let mut tx = scratch.db.snapshot().await.expect("a snapshot");
        c.closes = open_rows(&mut tx, table).await;
        tx.rollback().await.expect("closed");
        c.opens.push(another(table, ids, &known));
        writer.write(c).await.unwrap_or_else(|e| panic!("{}: {e}", table.name));
    }
    known
}

async fn open_rows(tx: &mut Tx, table: &'static Table) -> Vec<Close> {
    let names: Vec<&str> = table.columns.iter().map(|c| c.name).collect();
    let text = format!("SELECT since, {} FROM {} WHERE until = {} LIMIT 10", names.join(", "), table.name, Seq::OPEN);
    on!(tx, c => {
        let rows = sqlx::query(sqlx::AssertSqlSafe(text)).fetch_all(c).await.expect("read");
        rows.iter().map(|row| Close { table, key: key_of(table, &decode_values!(row, table, 1), row.get(0)) }).collect()
    })
}

/// A setting named `many.N`, and the id of such a row.
pub fn setting(scratch: &Scratch, n: i64) -> Row {
    let table = tables::named("setting_versions").expect("declared");
    Row::new(table, vec![scratch.ids.next().into(), format!("many.{n}").into(), "x".into()])
}

pub fn id_of(row: &Row) -> Uuid {
    match row.values[0] {
        Value::Id(id) => id,
        _ => panic!("the first column of {} is no id", row.table.name),
    }
}

/// Redactable columns must match their commitment.
fn commit_texts(table: &Table, row: &mut Row) {
    let at = |n: &str| table.position(n).expect("column");
    if table.name == "blobs" {
        row.values[at("digest")] = domain::blob::commitment(&[1, 2, 3], &[1, 2, 3]).into();
    }
    if table.name == "person_versions" {
        for d in ["name_digest", "email_digest"] {
            row.values[at(d)] = domain::blob::commitment(&[1, 2, 3], b"x").into();
        }
    }
}
