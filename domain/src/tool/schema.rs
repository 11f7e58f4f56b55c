//! What was changed in a tool: its text, what it declares of itself, what it takes and returns. What is not proven to take
//! less takes more. It must not know who calls it.

use crate::surface::Annotations;
use crate::text;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

crate::words! {
    /// In which way a tool was changed.
    Alters {
        Text = "text", "its text";
        /// It declares itself to be more dangerous than it did.
        Declares = "declares", "declares more than it did";
        /// It claims to be more harmless than it did; nobody has checked that, and callers ask less because of it.
        Claims = "claims", "claims to be more harmless than it did";
        Widens = "widens", "takes more than it did";
        Narrows = "narrows", "takes less than it did";
        Returns = "returns", "returns something else";
    }
}

/// One change within a tool.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Alteration {
    pub alters: Alters,
    /// Where: a path within the tool. Hostile text, shown plain and capped, as the two others are.
    pub at: String,
    pub from: String,
    pub to: String,
}

fn alteration(alters: Alters, at: &str, from: Option<&Value>, to: Option<&Value>) -> Alteration {
    let shown = |value: Option<&Value>| match value {
        None => String::new(),
        Some(Value::String(text)) => text::capped(text, 300),
        Some(other) => text::capped(&other.to_string(), 300),
    };
    Alteration { alters, at: text::capped(at, 200), from: shown(from), to: shown(to) }
}

fn member<'a>(of: &'a Value, name: &str) -> Option<&'a Value> {
    of.get(name).filter(|value| !value.is_null())
}

/// Everything that differs between two versions of a tool.
pub fn alterations(before: &Value, after: &Value) -> Vec<Alteration> {
    let mut out = Vec::new();
    for text in ["title", "description"] {
        let (from, to) = (member(before, text), member(after, text));
        if from != to {
            out.push(alteration(Alters::Text, text, from, to));
        }
    }
    annotations(before, after, &mut out);
    for name in ["inputSchema", "arguments"] {
        let empty = Value::Object(Map::new());
        let (from, to) = (member(before, name), member(after, name));
        if name == "inputSchema" && (from.is_some() || to.is_some()) {
            Schemas { out: &mut out }.compare(name, from.unwrap_or(&empty), to.unwrap_or(&empty));
        } else if from != to {
            out.push(alteration(Alters::Widens, name, from, to));
        }
    }
    let (from, to) = (member(before, "outputSchema"), member(after, "outputSchema"));
    if from != to {
        out.push(alteration(Alters::Returns, "outputSchema", from, to));
    }
    out
}

fn annotations(before: &Value, after: &Value, out: &mut Vec<Alteration>) {
    let (was, is) = (Annotations::of(before), Annotations::of(after));
    let hints = [
        ("readOnlyHint", was.read_only_hint, is.read_only_hint, true),
        ("destructiveHint", was.destructive_hint, is.destructive_hint, false),
        ("idempotentHint", was.idempotent_hint, is.idempotent_hint, true),
        ("openWorldHint", was.open_world_hint, is.open_world_hint, false),
    ];
    for (name, from, to, mild) in hints {
        if from != to {
            let alters = if to == mild { Alters::Claims } else { Alters::Declares };
            out.push(alteration(alters, name, Some(&Value::Bool(from)), Some(&Value::Bool(to))));
        }
    }
    let others = |tool: &Value| -> Map<String, Value> {
        let mut all = tool.get("annotations").and_then(Value::as_object).cloned().unwrap_or_default();
        all.retain(|name, value| !value.is_null() && !hints.iter().any(|(hint, ..)| hint == name));
        all
    };
    let (from, to) = (others(before), others(after));
    for name in from.keys().chain(to.keys()).collect::<BTreeSet<_>>() {
        if from.get(name) != to.get(name) {
            out.push(alteration(Alters::Text, &format!("annotations.{name}"), from.get(name), to.get(name)));
        }
    }
}

struct Schemas<'a> {
    out: &'a mut Vec<Alteration>,
}

impl Schemas<'_> {
    fn push(&mut self, alters: Alters, at: &str, from: Option<&Value>, to: Option<&Value>) {
        self.out.push(alteration(alters, at, from, to));
    }

    fn compare(&mut self, at: &str, from: &Value, to: &Value) {
        let (Some(was), Some(is)) = (from.as_object(), to.as_object()) else {
            if from != to {
                // `true` and `false` are schemas too; what else stands here is not understood.
                let narrows = to == &Value::Bool(false) || from == &Value::Bool(true);
                self.push(if narrows { Alters::Narrows } else { Alters::Widens }, at, Some(from), Some(to));
            }
            return;
        };
        for name in was.keys().chain(is.keys()).collect::<BTreeSet<_>>() {
            let (from, to) = (was.get(name).filter(|v| !v.is_null()), is.get(name).filter(|v| !v.is_null()));
            if from != to {
                self.keyword(&format!("{at}.{name}"), name, from, to, is);
            }
        }
    }

    fn keyword(&mut self, at: &str, name: &str, from: Option<&Value>, to: Option<&Value>, whole: &Map<String, Value>) {
        let alters = match name {
            "description" | "title" | "$comment" | "examples" => Alters::Text,
            "properties" => return self.properties(at, from, to, whole),
            "required" => narrower(set(to).is_superset(&set(from))),
            "enum" => narrower(to.is_some() && (from.is_none() || set(to).is_subset(&set(from)))),
            "type" => narrower(to.is_some() && (from.is_none() || kinds(to).is_subset(&kinds(from)))),
            "maximum" | "exclusiveMaximum" | "maxLength" | "maxItems" | "maxProperties" => narrower(at_most(to, from)),
            "minimum" | "exclusiveMinimum" | "minLength" | "minItems" | "minProperties" => narrower(at_most(from, to) || from.is_none()),
            "pattern" | "format" | "const" | "items" | "additionalProperties" if from.is_none() && to != Some(&Value::Bool(true)) => {
                Alters::Narrows
            }
            "items" | "additionalProperties" => {
                let all = Value::Bool(true);
                return self.compare(at, from.unwrap_or(&all), to.unwrap_or(&all));
            }
            // What goes unsaid is another thing than it was, or it is a word that is not understood.
            _ => Alters::Widens,
        };
        self.push(alters, at, from, to);
    }

    fn properties(&mut self, at: &str, from: Option<&Value>, to: Option<&Value>, whole: &Map<String, Value>) {
        let empty = Map::new();
        let of = |value: Option<&'_ Value>| value.and_then(Value::as_object).cloned().unwrap_or_else(|| empty.clone());
        let (was, is) = (of(from), of(to));
        for name in was.keys().chain(is.keys()).collect::<BTreeSet<_>>() {
            let at = format!("{at}.{name}");
            match (was.get(name), is.get(name)) {
                (Some(from), Some(to)) => self.compare(&at, from, to),
                (None, to) => self.push(Alters::Widens, &at, None, to),
                // What is no longer described is still taken, unless nothing else is.
                (from, None) => {
                    let closed = whole.get("additionalProperties") == Some(&Value::Bool(false));
                    self.push(if closed { Alters::Narrows } else { Alters::Widens }, &at, from, None);
                }
            }
        }
    }
}

fn narrower(proven: bool) -> Alters {
    if proven { Alters::Narrows } else { Alters::Widens }
}

fn set(of: Option<&Value>) -> BTreeSet<String> {
    of.and_then(Value::as_array).map(|items| items.iter().map(Value::to_string).collect()).unwrap_or_default()
}

/// The types named; every integer is a number.
fn kinds(of: Option<&Value>) -> BTreeSet<String> {
    let mut out = match of {
        Some(Value::String(one)) => BTreeSet::from([one.clone()]),
        Some(Value::Array(some)) => some.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => BTreeSet::new(),
    };
    if out.contains("number") {
        out.insert("integer".to_owned());
    }
    out
}

/// Whether the first is a number, and not above the second where that is one.
fn at_most(one: Option<&Value>, two: Option<&Value>) -> bool {
    let number = |value: Option<&Value>| value.and_then(Value::as_f64);
    match (number(one), number(two)) {
        (Some(one), Some(two)) => one <= two,
        (Some(_), None) => two.is_none(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_change_of_a_schema_is_wider_unless_it_is_proven_narrower() {
        use Alters::{Narrows, Text, Widens};
        let of = |from: Value, to: Value| {
            let tool = |schema: Value| json!({"name": "t", "inputSchema": schema});
            alterations(&tool(from), &tool(to)).into_iter().map(|a| a.alters).collect::<Vec<_>>()
        };
        for (from, to, expected) in [
            (json!({"properties": {"a": {}}}), json!({"properties": {"a": {}, "b": {}}}), vec![Widens]),
            (json!({"properties": {"a": {}, "b": {}}}), json!({"properties": {"a": {}}}), vec![Widens]),
            (
                json!({"properties": {"a": {}, "b": {}}, "additionalProperties": false}),
                json!({"properties": {"a": {}}, "additionalProperties": false}),
                vec![Narrows],
            ),
            (json!({"required": ["a"]}), json!({"required": []}), vec![Widens]),
            (json!({"required": ["a"]}), json!({"required": ["a", "b"]}), vec![Narrows]),
            (json!({"enum": ["a"]}), json!({"enum": ["a", "b"]}), vec![Widens]),
            (json!({"enum": ["a", "b"]}), json!({"enum": ["a"]}), vec![Narrows]),
            (json!({"enum": ["a"]}), json!({}), vec![Widens]),
            (json!({"type": "integer"}), json!({"type": "number"}), vec![Widens]),
            (json!({"type": "number"}), json!({"type": "integer"}), vec![Narrows]),
            (json!({"type": "string"}), json!({"type": ["string", "null"]}), vec![Widens]),
            (json!({"maximum": 5}), json!({"maximum": 50}), vec![Widens]),
            (json!({"maximum": 50}), json!({"maximum": 5}), vec![Narrows]),
            (json!({"maximum": 5}), json!({}), vec![Widens]),
            (json!({}), json!({"maximum": 5}), vec![Narrows]),
            (json!({"minimum": 5}), json!({"minimum": 1}), vec![Widens]),
            (json!({"minimum": 1}), json!({"minimum": 5}), vec![Narrows]),
            (json!({"pattern": "^a$"}), json!({"pattern": ".*"}), vec![Widens]),
            (json!({}), json!({"pattern": "^a$"}), vec![Narrows]),
            (json!({"additionalProperties": false}), json!({}), vec![Widens]),
            (json!({}), json!({"additionalProperties": false}), vec![Narrows]),
            (json!({"default": 1}), json!({"default": 2}), vec![Widens]),
            (json!({"anyOf": [{}]}), json!({"anyOf": [{}, {}]}), vec![Widens]),
            (json!({"items": {"enum": [1]}}), json!({"items": {"enum": [1, 2]}}), vec![Widens]),
            (json!({"properties": {"a": {"description": "x"}}}), json!({"properties": {"a": {"description": "y"}}}), vec![Text]),
            (json!({"type": null}), json!({}), vec![]),
        ] {
            assert_eq!(of(from.clone(), to.clone()), expected, "{from} → {to}");
        }
    }

    #[test]
    fn annotations_say_more_or_claim_less() {
        let tool = |annotations: Value| json!({"name": "t", "annotations": annotations});
        let of = |from: Value, to: Value| alterations(&tool(from), &tool(to)).into_iter().map(|a| (a.alters, a.at)).collect::<Vec<_>>();
        assert_eq!(of(json!({}), json!({"readOnlyHint": false})), []);
        let read_only = of(json!({}), json!({"readOnlyHint": true}));
        assert!(read_only.contains(&(Alters::Claims, "readOnlyHint".to_owned())), "{read_only:?}");
        let writes = of(json!({"readOnlyHint": true}), json!({}));
        assert!(writes.iter().all(|(alters, _)| *alters == Alters::Declares), "{writes:?}");
        assert_eq!(of(json!({"title": "A"}), json!({"title": "B"})), [(Alters::Text, "annotations.title".to_owned())]);
    }
}
