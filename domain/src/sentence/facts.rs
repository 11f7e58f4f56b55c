//! What an entry says of itself besides its verb, read leniently: whatever is missing is not said.

use super::{Names, Part};
use crate::identity::{Autonomy, Criticality, Environment, Kind, Lifecycle};
use crate::ids::{Noun, parse_any};
use crate::ledger::Entry;
use crate::locator::LocatorKind;
use crate::permission::Role;
use crate::redaction::Reason;
use crate::resource::DataClass;
use crate::seq::Seq;
use crate::snapshot::Format;
use crate::source::{SourceKind, Vantage};
use serde_json::Value;
use uuid::Uuid;

/// The facts of an entry.
pub(super) struct Facts(Value);

/// Figures of one kind of thing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub added: i64,
    pub removed: i64,
    pub changed: i64,
}

impl Facts {
    pub fn of(entry: &Entry) -> Self {
        Self(serde_json::from_str(&entry.payload).unwrap_or_default())
    }

    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|v| !v.is_null())
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str).filter(|t| !t.is_empty())
    }

    pub fn number(&self, name: &str) -> Option<i64> {
        self.get(name).and_then(Value::as_i64)
    }

    pub fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        self.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    pub fn tally(&self, name: &str) -> Tally {
        let figure = |how: &str| self.0[name][how].as_i64().unwrap_or_default();
        Tally { added: figure("added"), removed: figure("removed"), changed: figure("changed") }
    }

    /// One fact as a reader knows it.
    pub fn value(&self, name: &str, names: &Names) -> Vec<Part> {
        shown(name, self.get(name).unwrap_or(&Value::Null), names)
    }

    /// Every id that stands in a text of it.
    pub fn ids(&self) -> Vec<(Noun, Uuid)> {
        fn walk(value: &Value, out: &mut Vec<(Noun, Uuid)>) {
            match value {
                Value::String(text) => out.extend(parse_any(text)),
                Value::Array(all) => all.iter().for_each(|v| walk(v, out)),
                Value::Object(all) => all.values().for_each(|v| walk(v, out)),
                _ => {}
            }
        }
        let mut out = vec![];
        walk(&self.0, &mut out);
        out
    }
}

/// A line of the table of facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub label: &'static str,
    pub value: Vec<Part>,
}

/// What each fact is called on screens; one that is not named is only in the machine form.
const LABELS: [(&str, &str); 18] = [
    ("host_user", "User on the server"),
    ("token", "Token"),
    ("source", "Source"),
    ("file", "File"),
    ("format", "Format"),
    ("vantage", "Evidence"),
    ("file_digest", "File SHA-256"),
    ("role", "Role"),
    ("of", "Scope"),
    ("group", "Group"),
    ("from", "Previous group"),
    ("parent", "Parent team"),
    ("scopes", "Scopes"),
    ("days", "Days valid"),
    ("holder", "Holder"),
    ("reason", "Reason"),
    ("asked", "Requested in entry"),
    ("query", "Filter of the export"),
];

/// The facts of an entry as a labelled table, in a fixed order: first those of its own, then the fields that moved.
pub fn facts(entry: &Entry, names: &Names) -> Vec<Line> {
    let facts = Facts::of(entry);
    let own = LABELS.iter().filter(|(name, _)| facts.get(name).is_some_and(|v| v.as_str() != Some("")));
    let source = || entry.subject_id.and_then(|id| names.source_of(id)).map(|part| vec![part]);
    let value = |name: &str| (name == "source").then(source).flatten().unwrap_or_else(|| facts.value(name, names));
    let mut out: Vec<Line> = own.map(|(name, label)| Line { label, value: value(name) }).collect();
    for (name, from, to) in moved(&facts) {
        let mut value = shown(name, from, names);
        value.push(Part::Text(" → ".to_owned()));
        value.extend(shown(name, to, names));
        out.push(Line { label: label(name), value });
    }
    if facts.text("provenance") == Some("bootstrap") {
        out.push(Line { label: "Setup mode", value: vec![Part::Text("one admin could act alone".to_owned())] });
    }
    out
}

/// The fields that moved, in the order people read them.
fn moved(facts: &Facts) -> Vec<(&'static str, &Value, &Value)> {
    let Some(all) = facts.get("fields").and_then(Value::as_object) else { return vec![] };
    FIELDS.iter().filter_map(|(name, _)| all.get(*name).map(|f| (*name, &f["from"], &f["to"]))).collect()
}

const FIELDS: [(&str, &str); 14] = [
    ("name", "name"),
    ("kind", "kind"),
    ("owner", "owner"),
    ("backup", "backup owner"),
    ("team", "team"),
    ("environment", "environment"),
    ("criticality", "criticality"),
    ("data_class", "data class"),
    ("autonomy", "autonomy"),
    ("lifecycle", "state"),
    ("purpose", "purpose"),
    ("pattern", "location"),
    ("vantage", "evidence"),
    ("interval_seconds", "import interval"),
];

fn label(name: &str) -> &'static str {
    FIELDS.iter().find(|(n, _)| *n == name).map_or("detail", |(_, label)| label)
}

/// `owner none → Ben`, for each field that moved. What is new says its value alone.
pub(super) fn fields(facts: &Facts, names: &Names, but: &[&str]) -> Vec<Vec<Part>> {
    let said = |(name, from, to): (&'static str, &Value, &Value)| {
        if name == "purpose" {
            return vec![Part::Text(format!("purpose {}", if from.is_null() { "added" } else { "changed" }))];
        }
        let mut parts = vec![Part::Text(format!("{} ", label(name)))];
        parts.extend(shown(name, from, names));
        parts.push(Part::Text(" → ".to_owned()));
        parts.extend(shown(name, to, names));
        parts
    };
    // What everything has from its first version on says nothing.
    let first = |name: &str, from: &Value| from.is_null() && matches!(name, "name" | "kind" | "lifecycle");
    moved(facts).into_iter().filter(|(name, from, _)| !but.contains(name) && !first(name, from)).map(said).collect()
}

/// A value as a reader knows it: a name for an id, a label for a word.
fn shown(name: &str, value: &Value, names: &Names) -> Vec<Part> {
    let text = match value {
        Value::Null => return vec![Part::Text("none".to_owned())],
        Value::String(text) => text.as_str(),
        Value::Number(n) if name == "interval_seconds" => return vec![Part::Text(hours(n.as_i64().unwrap_or_default()))],
        Value::Number(n) if name == "asked" => return vec![Part::Entry(Seq(n.as_i64().unwrap_or_default()))],
        other => return vec![Part::Text(other.to_string())],
    };
    if let Some((noun, id)) = parse_any(text) {
        return vec![names.part(noun, id)];
    }
    if let Some(label) = word(name, text) {
        return vec![Part::Text(label.to_owned())];
    }
    let out = crate::text::capped(text, 200);
    vec![match name {
        "scopes" => Part::Text(out.replace(' ', ", ")),
        "file_digest" | "host_user" => Part::Text(out),
        _ => Part::Said(out),
    }]
}

fn word(name: &str, text: &str) -> Option<&'static str> {
    match name {
        "kind" => Kind::parse(text)
            .map(Kind::label)
            .or_else(|| LocatorKind::parse(text).map(LocatorKind::label))
            .or_else(|| SourceKind::parse(text).map(SourceKind::label)),
        "lifecycle" => Lifecycle::parse(text).map(Lifecycle::label),
        "environment" | "of" => Environment::parse(text).map(Environment::label),
        "criticality" => Criticality::parse(text).map(Criticality::label),
        "autonomy" => Autonomy::parse(text).map(|a| a.label().split(':').next().unwrap_or_default()),
        "data_class" => DataClass::parse(text).map(DataClass::label),
        "vantage" => Vantage::parse(text).map(Vantage::label),
        "format" => Format::parse(text).map(Format::label),
        "role" => Role::parse(text).map(Role::label),
        "reason" => Reason::parse(text).map(Reason::noun),
        _ => None,
    }
}

fn hours(seconds: i64) -> String {
    match seconds / 3600 {
        h if h % 24 == 0 && h > 0 => super::counted(h / 24, "day", "days"),
        h => super::counted(h, "hour", "hours"),
    }
}
