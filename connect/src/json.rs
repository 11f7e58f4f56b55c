//! JSON that says each thing once: an object that names a member twice is refused, a list does not stand for an object, and
//! null says as little as nothing at all. It must not know a format.

use crate::text;
use crate::work::{Left, Limits, Work};
use crate::{Error, Result};
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Number, Value};
use std::fmt;
use std::marker::PhantomData;

/// Every value of a text, one after another, as a type.
pub(crate) fn typed<T: DeserializeOwned>(file: &str, text: &str) -> Result<Vec<T>> {
    let plain = text::plain_json(text);
    let all: Vec<T> =
        serde_json::Deserializer::from_str(&plain).into_iter().collect::<std::result::Result<_, _>>().map_err(|e| Error::json(file, &e))?;
    if all.is_empty() { Err(Error::new(file, "there is nothing but white space in it")) } else { Ok(all) }
}

/// Hands over each value of a text, one after another, with its place. One is in memory at a time.
pub(crate) fn each(file: &str, text: &str, work: &Work, mut take: impl FnMut(Place, Value) -> Result<()>) -> Result<()> {
    let plain = text::plain_json(text);
    if plain.trim_ascii().is_empty() {
        return Err(Error::new(file, "there is nothing but white space in it"));
    }
    let values = Values::of(&plain);
    let mut json = serde_json::Deserializer::from_str(&plain);
    let mut at = 0;
    while !values.end_at(at) {
        let before = work.kept();
        let value = Once::of(work).deserialize(&mut json).map_err(|e| Error::json(file, &e))?;
        let held = work.kept() - before;
        at += 1;
        take(Place::of(file, at - 1, if values.end_at(at) { at } else { at + 1 }), value)?;
        work.drops(held);
    }
    Ok(())
}

/// How many values stand in a text, one after another. To ask behind each whether more comes would count the lines of the text
/// from its beginning every time.
pub(crate) struct Values {
    all: usize,
    /// False where something behind them is no JSON: whoever reads on is told what.
    sound: bool,
}

impl Values {
    pub(crate) fn of(plain: &str) -> Self {
        let mut out = Self { all: 0, sound: true };
        for value in serde_json::Deserializer::from_str(plain).into_iter::<serde::de::IgnoredAny>() {
            out.sound = value.is_ok();
            if !out.sound {
                break;
            }
            out.all += 1;
        }
        out
    }

    /// Whether nothing comes behind so many of them.
    pub(crate) fn end_at(&self, read: usize) -> bool {
        self.sound && read >= self.all
    }
}

/// Every value of a text that stands within an input, one after another; of a work of its own.
pub(crate) fn values(file: &str, text: &str) -> Result<Vec<Value>> {
    let mut all = Vec::new();
    each(file, text, &Work::within(Limits::of(text.len() as u64)), |_, value| {
        all.push(value);
        Ok(())
    })?;
    Ok(all)
}

/// Where a value stands: the file and the way to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub file: String,
    pub path: String,
}

impl Place {
    /// One of the values of a file; a number says which where there are several.
    pub fn of(file: &str, at: usize, all: usize) -> Self {
        let path = if all > 1 { format!("value {}", at + 1) } else { String::new() };
        Self { file: file.to_owned(), path }
    }

    pub fn member(&self, name: &str) -> Self {
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        Self { file: self.file.clone(), path }
    }

    pub fn item(&self, at: usize) -> Self {
        Self { file: self.file.clone(), path: format!("{}[{at}]", self.path) }
    }

    /// What it takes to keep it.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + 32 + self.file.len() + self.path.len()
    }

    pub fn error(&self, reason: impl Into<String>) -> Error {
        if self.path.is_empty() { Error::new(&self.file, reason) } else { Error::at(&self.file, &self.path, reason) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() { f.write_str(&self.file) } else { write!(f, "{} at {}", self.file, self.path) }
    }
}

/// The first of these members that says anything: null, an empty text and nothing are the same.
pub(crate) fn present<'a>(object: &'a Map<String, Value>, names: &[&str]) -> Option<&'a Value> {
    names.iter().filter_map(|name| object.get(*name)).find(|v| !is_empty(v))
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|t| t.trim().is_empty())
}

/// The text of a member, where it says anything. What is no text is refused.
pub(crate) fn text<'a>(place: &Place, object: &'a Map<String, Value>, names: &[&str]) -> Result<Option<&'a str>> {
    let Some(value) = present(object, names) else { return Ok(None) };
    value.as_str().map(|t| Some(t.trim())).ok_or_else(|| wrong(&place.member(names[0]), "a text", value))
}

/// The items of a member, where there are any. What is no list is refused.
pub(crate) fn list<'a>(place: &Place, object: &'a Map<String, Value>, names: &[&str]) -> Result<&'a [Value]> {
    let Some(value) = present(object, names) else { return Ok(&[]) };
    value.as_array().map(Vec::as_slice).ok_or_else(|| wrong(&place.member(names[0]), "a list", value))
}

/// The members of a value. What is no object is refused.
pub(crate) fn object<'a>(place: &Place, what: &str, value: &'a Value) -> Result<&'a Map<String, Value>> {
    value.as_object().ok_or_else(|| wrong(place, what, value))
}

/// What a value takes, as it is counted where it is read: for readers that hold it twice.
pub(crate) fn weight(value: &Value) -> u64 {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => TEXT + text.len() as u64,
        Value::Array(items) => items.iter().map(|item| ITEM + weight(item)).sum(),
        Value::Object(members) => {
            let table = if members.is_empty() { 0 } else { TABLE + MEMBER * (members.len() as u64).saturating_sub(IN_FIRST_TABLE) };
            table + members.iter().map(|(name, value)| TEXT + name.len() as u64 + weight(value)).sum::<u64>()
        }
    }
}

/// `supported_interfaces` as `supportedInterfaces`.
pub(crate) fn camel(name: &str) -> String {
    let mut parts = name.split('_');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut chars = part.chars();
        out.extend(chars.next().map(|c| c.to_ascii_uppercase()));
        out.push_str(chars.as_str());
    }
    out
}

/// Members that are none of these, in whichever spelling; what begins with `$`, `_` or `x-` is nobody's but its author's.
pub(crate) fn unknown(members: &Map<String, Value>, known: &[&str]) -> Vec<String> {
    let own = |name: &str| name.starts_with(['$', '_']) || name.starts_with("x-");
    members.keys().filter(|name| !known.contains(&camel(name).as_str()) && !own(name)).cloned().collect()
}

/// `expected a list, found a text`.
pub(crate) fn wrong(place: &Place, expected: &str, found: &Value) -> Error {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    place.error(format!("expected {expected}, found {found}"))
}

/// A value in which no object names a member twice: of two, one would be lost. What it takes of memory is counted as it grows:
/// an object of one member takes a hundred times the bytes of its text.
#[derive(Clone, Copy)]
pub(crate) struct Once<'w> {
    work: &'w Work,
    /// How long the names are under which it stands: readers write the way to a member out.
    way: u64,
}

/// A table of members with its first eleven, and each after them; an item of a list; what a text takes beside its letters.
const TABLE: u64 = 640;
const MEMBER: u64 = 110;
const IN_FIRST_TABLE: u64 = 11;
const ITEM: u64 = 48;
const TEXT: u64 = 16;
/// A longer way to a member is counted as if it were kept.
const LONG_WAY: u64 = 256;

impl<'w> Once<'w> {
    pub(crate) fn of(work: &'w Work) -> Self {
        Self { work, way: 0 }
    }

    /// The member of this number, with its name.
    fn member(self, number: u64, name: &str) -> Left {
        let table = match number {
            0 => TABLE,
            n if n < IN_FIRST_TABLE => 0,
            _ => MEMBER,
        };
        let way = if self.way > LONG_WAY { self.way } else { 0 };
        self.work.keeps(table + TEXT + name.len() as u64 + way)?;
        self.work.steps(50 + self.way, "reading the names of members")
    }

    fn within(self, name: &str) -> Self {
        Self { way: self.way + 1 + name.len() as u64, ..self }
    }
}

impl<'de> DeserializeSeed<'de> for Once<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> std::result::Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Once<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> std::result::Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, is: bool) -> std::result::Result<Value, E> {
        Ok(Value::Bool(is))
    }

    fn visit_i64<E>(self, n: i64) -> std::result::Result<Value, E> {
        Ok(Value::Number(n.into()))
    }

    fn visit_u64<E>(self, n: u64) -> std::result::Result<Value, E> {
        Ok(Value::Number(n.into()))
    }

    fn visit_f64<E>(self, n: f64) -> std::result::Result<Value, E> {
        Ok(Number::from_f64(n).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> std::result::Result<Value, E> {
        self.work.keeps(TEXT + text.len() as u64).map_err(E::custom)?;
        Ok(Value::String(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> std::result::Result<Value, A::Error> {
        let mut out = Vec::new();
        while let Some(item) = items.next_element_seed(self.within("[]"))? {
            self.work.keeps(ITEM).map_err(A::Error::custom)?;
            out.push(item);
        }
        Ok(Value::Array(out))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> std::result::Result<Value, A::Error> {
        let mut out = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if out.contains_key(&name) {
                return Err(twice(&name));
            }
            self.member(out.len() as u64, &name).map_err(A::Error::custom)?;
            let value = members.next_value_seed(self.within(&name))?;
            out.insert(name, value);
        }
        Ok(Value::Object(out))
    }
}

fn twice<E: serde::de::Error>(name: &str) -> E {
    E::custom(format!("the member \"{}\" stands twice in one object", domain::text::capped(name, 80)))
}

/// What stands as an object and nowhere as a list: a derived reader would take a list by the order of its items.
#[derive(Debug)]
pub(crate) struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = T;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, members: A) -> std::result::Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(members))
            }
        }
        from.deserialize_map(Members(PhantomData)).map(Object)
    }
}

/// Names and texts, each name once; null and empty texts are left out.
#[derive(Debug, Default)]
pub(crate) struct Texts(pub Vec<(String, String)>);

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Texts;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of texts")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> std::result::Result<Texts, A::Error> {
                let (mut out, mut seen) = (Vec::new(), std::collections::HashSet::new());
                while let Some((name, text)) = members.next_entry::<String, Option<String>>()? {
                    if !seen.insert(name.clone()) {
                        return Err(twice(&name));
                    }
                    out.extend(text.filter(|t| !t.is_empty()).map(|text| (name, text)));
                }
                Ok(Texts(out))
            }
        }
        from.deserialize_map(Members)
    }
}

/// For a member that may be null: null is nothing.
pub(crate) fn or_nothing<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> std::result::Result<T, D::Error> {
    Option::<T>::deserialize(from).map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_stands_once_and_values_may_follow_each_other() {
        let error = values("f", "{\"a\": [\n{\"b\": 1, \"b\": 1}]}").expect_err("twice");
        assert_eq!(
            (error.place.as_deref(), error.reason.as_str()),
            (Some("line 2, column 12"), "the member \"b\" stands twice in one object")
        );
        let all = values("f", "{\"a\": 1}\n[2.5, -1, null, true]\n\"x\"").expect("three");
        assert_eq!(all, [serde_json::json!({"a": 1}), serde_json::json!([2.5, -1, null, true]), "x".into()]);
        assert!(values("f", " \n").is_err());
    }

    #[test]
    fn null_and_empty_are_nothing_and_a_list_is_no_object() {
        let value = serde_json::json!({"a": null, "b": " ", "c": "x", "d": []});
        let members = value.as_object().expect("an object");
        assert_eq!(present(members, &["a", "b", "c"]), Some(&"x".into()));
        let place = Place::of("f", 0, 1);
        assert_eq!(text(&place, members, &["d"]).expect_err("a list").to_string(), "f, d: expected a text, found a list");
        assert!(serde_json::from_str::<Object<(u8, u8)>>("[1, 2]").is_err());
        let Texts(texts) = serde_json::from_str(r#"{"a": null, "b": "", "c": "x"}"#).expect("texts");
        assert_eq!(texts, [("c".to_owned(), "x".to_owned())]);
    }
}
