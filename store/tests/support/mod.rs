//! One row of every registered table, so that tests over the registry have something to bite on.
#![allow(dead_code, clippy::expect_used, clippy::panic, clippy::format_push_string)]

use domain::facts::{ColumnKind, Value};
use domain::ledger::Actor;
use domain::ports::Ids;
use std::collections::HashMap;
use store::rows::Row;
use store::tables::{self, Kind, Table};
use store::testing::Scratch;
use store::writer::{Command, CountDelta, Writer};
use uuid::Uuid;

pub fn command(verb: &'static str) -> Command {
    Command {
        actor: Actor::SYSTEM,
        verb,
        subject_kind: "installation",
        subject_id: None,
        change_id: None,
        payload: "{}".to_owned(),
        anchors: vec![],
        opens: vec![],
        closes: vec![],
        counts: vec![],
        erases: vec![],
    }
}

/// Values that satisfy the CHECKs; everything else is made up from its type.
const FIXED: &[(&str, &str, &str)] = &[
    ("batch_ends", "outcome", "live"),
    ("person_versions", "state", "active"),
    ("role_assignments", "role", "analyst"),
    ("role_assignments", "scope_kind", "organisation"),
    ("authenticators", "kind", "password"),
    ("tokens", "holder_kind", "person"),
    ("source_versions", "kind", "aws"),
    ("source_versions", "vantage", "artefact"),
    ("resource_versions", "criticality", "low"),
    ("identity_versions", "kind", "ai_agent"),
    ("identity_versions", "lifecycle", "active"),
    ("identity_versions", "autonomy", "none"),
    ("identity_versions", "human", "unclear"),
    ("permission_set_versions", "state", "seen"),
    ("rules", "dialect", "aws"),
    ("rules", "effect", "allow"),
    ("grants", "via", "direct"),
    ("grants", "enforced", "provisioned_elsewhere"),
    ("surface_versions", "kind", "tools"),
    ("credential_versions", "issuer", "ca"),
    ("imports", "completeness", "complete"),
    ("observations", "completeness", "complete"),
    ("signals", "kind", "feedback"),
    ("anchors", "kind", "evaluations"),
    ("retentions", "kind", "evaluations"),
    ("loop_verdicts", "surface_kind", "tools"),
    ("loop_verdicts", "basis", "structural"),
    ("loop_verdicts", "verdict", "closed"),
    ("change_versions", "state", "draft"),
    ("candidates", "direction", "widens"),
    ("comments", "author_kind", "person"),
    ("decisions", "verdict", "approve"),
    ("consents", "as_kind", "owner"),
    ("consents", "verdict", "consent"),
    ("applications", "direction", "widens"),
    ("applications", "author_kind", "agent"),
    ("applications", "approver_kind", "person"),
    ("applications", "applier_kind", "system"),
];

pub fn sample(table: &'static Table, ids: &dyn Ids, known: &HashMap<&str, Uuid>) -> Row {
    let values = table.columns.iter().map(|c| value(table, c.name, c.kind, ids, known)).collect();
    Row::new(table, values)
}

fn value(table: &Table, column: &str, kind: ColumnKind, ids: &dyn Ids, known: &HashMap<&str, Uuid>) -> Value {
    if let Some((_, _, v)) = FIXED.iter().find(|(t, c, _)| *t == table.name && *c == column) {
        return (*v).into();
    }
    match (column, kind) {
        ("plane", _) => "observed".into(),
        ("environment", _) => "test".into(),
        ("approver_id", _) => known["people"].into(),
        ("origin" | "author_kind" | "approver_kind" | "applier_kind" | "self_evidence", _) => Value::Null(ColumnKind::Text),
        (name, _) if name.ends_with("_kind") => "person".into(),
        ("parent_id", _) => Value::Null(ColumnKind::Id),
        ("batch", _) if table.name == "batch_ends" => known["batches"].into(),
        ("batch", _) => Value::Null(ColumnKind::Id),
        ("candidate_id", _) if table.name == "change_versions" => Value::Null(ColumnKind::Id),
        ("required_people" | "required_groups" | "required_security", _) => Value::Int(1),
        ("independent" | "security", _) => Value::Int(1),
        ("id", _) => known.get(table.anchor.unwrap_or(table.name)).copied().unwrap_or_else(|| ids.next()).into(),
        (name, ColumnKind::Id) => {
            let target = match name.trim_end_matches("_id") {
                "person" | "owner" | "minted_by" => "people",
                "identity" => "identities",
                "source" => "sources",
                "permission_set" => "permission_sets",
                "surface" => "surfaces",
                "rule" => "rules",
                "group" => "groups",
                "change" => "changes",
                "candidate" => "candidates",
                _ => return Value::Id(ids.next()),
            };
            known[target].into()
        }
        (_, ColumnKind::Int) => Value::Int(1),
        (_, ColumnKind::Text) => "x".into(),
        (_, ColumnKind::Bytes) => Value::Bytes(vec![1, 2, 3]),
    }
}

/// Anchors first, then what points at them.
const ORDER: &[&str] = &[
    "person_versions",
    "team_versions",
    "group_versions",
    "source_versions",
    "identity_versions",
    "permission_set_versions",
    "surface_versions",
    "credential_versions",
    "resource_versions",
    "setting_versions",
    "policy_versions",
    "change_versions",
    "rules",
    "candidates",
    "batches",
    "decisions",
];

/// Writes one row into every table of the registry, in a handful of entries, and closes one.
pub async fn world(scratch: &Scratch, writer: &Writer) {
    let ids = scratch.ids.as_ref();
    let mut known: HashMap<&str, Uuid> = HashMap::new();
    for table in tables::ALL.iter().filter(|t| t.kind != Kind::Side) {
        known.insert(table.anchor.unwrap_or(table.name), ids.next());
    }
    let mut ordered: Vec<&'static Table> = ORDER.iter().filter_map(|n| Table::named(n)).collect();
    let first = ordered.clone();
    ordered.extend(tables::ALL.iter().filter(|t| !first.iter().any(|f| f.name == t.name)));
    for table in ordered {
        if table.kind == Kind::Side || table.name == "counts" {
            continue;
        }
        let mut c = command("test.written");
        let mut row = sample(table, ids, &known);
        commit_texts(table, &mut row);
        c.anchors.extend(table.anchor.map(|a| (table, known[a])));
        c.opens.push(row);
        c.counts.push(CountDelta { scope: "test".to_owned(), measure: table.name.to_owned(), delta: 1 });
        writer.write(c).await.unwrap_or_else(|e| panic!("{}: {e}", table.name));
    }
    let mut c = command("test.listed");
    let mut facts = sample(&tables::IDENTITY_FACTS, ids, &known);
    for (column, value) in
        [("environment_from", "none".into()), ("review", "unreviewed".into()), ("human", "unclear".into()), ("denied", Value::Int(0))]
    {
        facts.values[tables::IDENTITY_FACTS.position(column).expect("column")] = value;
    }
    c.opens.push(facts);
    writer.write(c).await.expect("listed");
    let mut c = command("test.closed");
    c.closes.push(store::rows::Close { table: &tables::ROLE_ASSIGNMENTS, key: vec![known["role_assignments"].into()] });
    writer.write(c).await.expect("closed");
}

/// A setting named `many.N`, and the id of such a row.
pub fn setting(scratch: &Scratch, n: i64) -> Row {
    Row::new(&tables::SETTING_VERSIONS, vec![scratch.ids.next().into(), format!("many.{n}").into(), "x".into()])
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
