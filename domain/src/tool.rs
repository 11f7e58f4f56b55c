//! Tools of MCP servers across time: which tool of a list is which of an earlier one, and what was changed in one that
//! stayed. Order, defaults said aloud and members without a value are no change; a rename that keeps text and schema is one
//! change, never one tool gone and one new; parts of a split are named together. Likeness is for readers: what is not the
//! same tool is judged as one that went and one that came. It must not judge who may call a tool.

use crate::coupling::{self, Estate, Found, Reason, Side};
use crate::surface::drift_key;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

mod schema;

pub use schema::{Alteration, Alters, alterations};

/// What became of the tools of a list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Became {
    /// Text and schema are as they were.
    Renamed {
        from: String,
        to: String,
    },
    Updated {
        name: String,
        alterations: Vec<Alteration>,
    },
    /// One went, and several came that together take what it took.
    Split {
        from: String,
        into: Vec<String>,
    },
    /// Several went, and one came that takes what they took.
    Joined {
        from: Vec<String>,
        into: String,
    },
    Added {
        name: String,
    },
    Removed {
        name: String,
    },
}

fn name(tool: &Value) -> &str {
    tool.get("name").and_then(Value::as_str).unwrap_or_default()
}

/// What a tool is, whatever it is called: its drift key without name and titles. None where it has no canonical form.
pub fn content_key(tool: &Value) -> Option<String> {
    let mut bare = tool.clone();
    let members = bare.as_object_mut()?;
    members.remove("name");
    members.remove("title");
    if let Some(annotations) = members.get_mut("annotations").and_then(Value::as_object_mut) {
        annotations.remove("title");
    }
    drift_key(&bare).ok()
}

/// What became of each tool, in the order of their names; those that are as they were are left out. A name that stands
/// twice in a list counts with what it says last.
pub fn compare(before: &[Value], after: &[Value]) -> Vec<Became> {
    let by_name = |list: &'_ [Value]| list.iter().map(|tool| (name(tool).to_owned(), tool.clone())).collect::<BTreeMap<_, _>>();
    let (old, new) = (by_name(before), by_name(after));
    let mut out = Vec::new();
    for (name, tool) in &new {
        if let Some(was) = old.get(name).filter(|was| drift_key(was).ok() != drift_key(tool).ok() || drift_key(tool).is_err()) {
            out.push(Became::Updated { name: name.clone(), alterations: schema::alterations(was, tool) });
        }
    }
    let mut gone: BTreeMap<&str, &Value> = old.iter().filter(|(n, _)| !new.contains_key(*n)).map(|(n, t)| (n.as_str(), t)).collect();
    let mut come: BTreeMap<&str, &Value> = new.iter().filter(|(n, _)| !old.contains_key(*n)).map(|(n, t)| (n.as_str(), t)).collect();
    renamed(&mut gone, &mut come, &mut out);
    split(&mut gone, &mut come, &mut out);
    out.extend(gone.keys().map(|name| Became::Removed { name: (*name).to_owned() }));
    out.extend(come.keys().map(|name| Became::Added { name: (*name).to_owned() }));
    out.sort();
    out
}

type Open<'a> = BTreeMap<&'a str, &'a Value>;

/// One that went and one that came of the same content. Where several are alike, those whose names share most words.
fn renamed(gone: &mut Open<'_>, come: &mut Open<'_>, out: &mut Vec<Became>) {
    let mut pairs = Vec::new();
    for (from, was) in gone.iter() {
        let Some(key) = content_key(was) else { continue };
        for (to, _) in come.iter().filter(|(_, is)| content_key(is).as_ref() == Some(&key)) {
            pairs.push((std::cmp::Reverse(shared(from, to)), (*from).to_owned(), (*to).to_owned()));
        }
    }
    pairs.sort();
    for (_, from, to) in pairs {
        if gone.contains_key(from.as_str()) && come.contains_key(to.as_str()) {
            gone.remove(from.as_str());
            come.remove(to.as_str());
            out.push(Became::Renamed { from, to });
        }
    }
}

fn parts(name: &str) -> BTreeSet<String> {
    let one = |part: &str| part.to_lowercase().trim_end_matches('s').to_owned();
    name.split(|c: char| !c.is_alphanumeric()).map(one).filter(|part| !part.is_empty()).collect()
}

fn shared(one: &str, two: &str) -> usize {
    parts(one).intersection(&parts(two)).count()
}

/// The names of what a tool takes.
fn takes(tool: &Value) -> BTreeSet<String> {
    let properties = tool.get("inputSchema").and_then(|schema| schema.get("properties")).and_then(Value::as_object);
    properties.map(|all| all.keys().cloned().collect()).unwrap_or_default()
}

/// Words of names that say what is done, not to what.
const VERBS: [&str; 16] =
    ["get", "list", "create", "update", "delete", "add", "remove", "set", "read", "write", "search", "and", "or", "of", "by", "manage"];

/// Whether one tool may be a part of another: a word of its thing is the other's, and what it takes the other takes too.
fn is_part(part: &Value, whole: &Value) -> bool {
    let things = |tool: &Value| parts(name(tool)).into_iter().filter(|word| !VERBS.contains(&word.as_str())).collect::<BTreeSet<_>>();
    let (own, all) = (takes(part), takes(whole));
    let within = own.intersection(&all).count();
    things(part).intersection(&things(whole)).count() > 0 && within > 0 && within * 4 >= own.len() * 3
}

/// One against several of the other side. Each tool is a part once, of the first it fits by name.
fn split(gone: &mut Open<'_>, come: &mut Open<'_>, out: &mut Vec<Became>) {
    one_of_several(gone, come, true, out);
    one_of_several(come, gone, false, out);
}

fn one_of_several(ones: &mut Open<'_>, others: &mut Open<'_>, is_split: bool, out: &mut Vec<Became>) {
    let wholes: Vec<String> = ones.keys().map(|name| (*name).to_owned()).collect();
    for whole in wholes {
        let Some(tool) = ones.get(whole.as_str()) else { continue };
        let fits: Vec<String> = others.iter().filter(|(_, other)| is_part(other, tool)).map(|(name, _)| (*name).to_owned()).collect();
        if fits.len() < 2 {
            continue;
        }
        ones.remove(whole.as_str());
        others.retain(|name, _| !fits.iter().any(|fit| fit == name));
        out.push(if is_split { Became::Split { from: whole, into: fits } } else { Became::Joined { from: fits, into: whole } });
    }
}

/// What became of the servers an identity is given tools by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Served {
    /// The same tools are served under another name: one change.
    Elsewhere {
        from: String,
        to: String,
    },
    /// Never seen before: in quarantine until somebody decides.
    New {
        server: String,
    },
    Gone {
        server: String,
    },
    Changed {
        server: String,
        tools: Vec<Became>,
    },
}

/// Compares what servers serve. `known` servers were seen at some time by any source: one of them that comes back is judged
/// by its tools, and is not new.
pub fn servers(before: &BTreeMap<String, Vec<Value>>, after: &BTreeMap<String, Vec<Value>>, known: &BTreeSet<String>) -> Vec<Served> {
    let keys = |tools: &[Value]| tools.iter().map(|tool| drift_key(tool).ok()).collect::<Option<BTreeSet<_>>>();
    let mut out = Vec::new();
    let mut gone: BTreeMap<&String, &Vec<Value>> = before.iter().filter(|(name, _)| !after.contains_key(*name)).collect();
    for (server, tools) in after {
        if let Some(was) = before.get(server) {
            let changed = compare(was, tools);
            if !changed.is_empty() {
                out.push(Served::Changed { server: server.clone(), tools: changed });
            }
            continue;
        }
        let same = gone.iter().find(|(_, was)| !tools.is_empty() && keys(was).is_some() && keys(was) == keys(tools));
        match same.map(|(from, _)| (*from).clone()) {
            Some(from) => {
                gone.remove(&from);
                out.push(Served::Elsewhere { from, to: server.clone() });
            }
            None if known.contains(server) => {
                out.push(Served::Changed { server: server.clone(), tools: compare(&[], tools) });
            }
            None => out.push(Served::New { server: server.clone() }),
        }
    }
    out.extend(gone.into_keys().map(|server| Served::Gone { server: server.clone() }));
    out.sort();
    out
}

/// The text of a tool, as a model reads it: its description, then what it takes and returns, a line for each.
pub fn text_of(tool: &Value) -> String {
    let mut lines = Vec::new();
    lines.extend(tool.get("title").and_then(Value::as_str).map(str::to_owned));
    lines.extend(tool.get("description").and_then(Value::as_str).map(str::to_owned));
    lines.extend(tool.pointer("/annotations/title").and_then(Value::as_str).map(str::to_owned));
    for member in ["inputSchema", "outputSchema", "arguments"] {
        tool.get(member).into_iter().for_each(|schema| texts(schema, "", &mut lines));
    }
    lines.join("\n\n")
}

/// Every text of a schema that says something, behind the name of what it says it of.
fn texts(schema: &Value, of: &str, lines: &mut Vec<String>) {
    match schema {
        Value::Object(members) => {
            for (member, value) in members {
                match (member.as_str(), value) {
                    ("description" | "title" | "$comment", Value::String(text)) if of.is_empty() => lines.push(text.clone()),
                    ("description" | "title" | "$comment", Value::String(text)) => lines.push(format!("{of}: {text}")),
                    ("enum" | "examples" | "default" | "const", value) => words_of(value, of, lines),
                    ("properties" | "$defs" | "definitions" | "patternProperties", Value::Object(inner)) => {
                        inner.iter().for_each(|(name, value)| texts(value, name, lines));
                    }
                    (_, value) => texts(value, of, lines),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, of, lines)),
        _ => {}
    }
}

fn words_of(value: &Value, of: &str, lines: &mut Vec<String>) {
    match value {
        Value::String(text) if text.contains(char::is_whitespace) => lines.push(format!("{of}: {text}")),
        Value::Array(items) => items.iter().for_each(|item| words_of(item, of, lines)),
        Value::Object(members) => members.values().for_each(|item| words_of(item, of, lines)),
        _ => {}
    }
}

/// The coupling check of a tool's text. The names of what it takes are its own, and it may name itself.
pub fn coupled(before: Option<&Value>, after: &Value, estate: &Estate) -> Vec<Found> {
    let (old, new) = (before.map(text_of), text_of(after));
    let own: BTreeSet<String> = names(after).into_iter().chain(before.map(names).unwrap_or_default()).collect();
    let found = coupling::check(old.as_deref().map_or(Side::Absent, Side::Text), Side::Text(&new), estate);
    let its_own = |f: &Found| matches!(f.reason, Reason::NamesUnknown | Reason::NamesTool) && own.contains(&f.what.to_lowercase());
    found.into_iter().filter(|f| !its_own(f)).collect()
}

/// The name of a tool and of everything it takes, small.
fn names(tool: &Value) -> Vec<String> {
    let mut out = vec![name(tool).to_lowercase()];
    let mut open = vec![tool];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(members) => {
                out.extend(members.keys().map(|name| name.to_lowercase()));
                open.extend(members.values());
            }
            Value::Array(items) => {
                out.extend(items.iter().filter_map(Value::as_str).map(str::to_lowercase));
                open.extend(items);
            }
            _ => {}
        }
    }
    out
}
