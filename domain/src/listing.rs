//! What a list shows: its fields, declared once, each with a value for every row. The page, the CSV, the API and the
//! command line of a noun come from the same declaration. It must not know where rows come from or how a page looks.

use crate::text::{csv_cell, terminal};
use crate::time::Timestamp;
use serde_json::{Map, Value};

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Datum {
    Nothing,
    Text(String),
    Number(i64),
    Flag(bool),
    Time(Timestamp),
    /// The text of a JSON value, exactly as it is kept.
    Json(String),
}

impl Datum {
    pub fn text(text: impl ToString) -> Self {
        Self::Text(text.to_string())
    }

    pub fn number(n: impl Into<i64>) -> Self {
        Self::Number(n.into())
    }

    pub fn count(n: u64) -> Self {
        Self::Number(i64::try_from(n).unwrap_or(i64::MAX))
    }

    /// The text, or nothing.
    pub fn perhaps(text: Option<impl ToString>) -> Self {
        text.map_or(Self::Nothing, Self::text)
    }

    /// What stands in a file of comma-separated values or on a line of a terminal.
    fn plain(&self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Text(text) | Self::Json(text) => text.clone(),
            Self::Number(n) => n.to_string(),
            Self::Flag(flag) => flag.to_string(),
            Self::Time(at) => at.rfc3339(),
        }
    }

    fn csv(&self) -> String {
        match self {
            Self::Text(text) | Self::Json(text) => format!("\"{}\"", csv_cell(text).replace('"', "\"\"")),
            _ => self.plain(),
        }
    }

    fn json(self) -> Value {
        match self {
            Self::Nothing => Value::Null,
            Self::Text(text) => text.into(),
            Self::Number(n) => n.into(),
            Self::Flag(flag) => flag.into(),
            Self::Time(at) => at.rfc3339().into(),
            Self::Json(text) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        }
    }
}

/// What values of a field are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Text,
    Words(&'static [&'static str]),
    Number,
    Flag,
    Time,
    /// A JSON value of its own.
    Json,
}

/// In which order the rows stand once a heading was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sorted {
    Up,
    Down,
    /// Down, and up under a second word.
    Turning(&'static str),
}

/// A field of a list's rows.
#[derive(Debug)]
pub struct Field<R: 'static> {
    /// The member of the API and the column of the CSV.
    pub name: &'static str,
    pub about: &'static str,
    pub shape: Shape,
    /// True where a row may have none.
    pub optional: bool,
    /// The heading on the page; none where the page does not show it.
    pub heading: Option<&'static str>,
    /// The word of `sort` under which rows stand in its order.
    pub sort: Option<(&'static str, Sorted)>,
    /// True where the command line shows it.
    pub brief: bool,
    pub of: fn(&R) -> Datum,
}

impl<R> Clone for Field<R> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<R> Copy for Field<R> {}

impl<R: 'static> Field<R> {
    const fn new(name: &'static str, about: &'static str, shape: Shape, of: fn(&R) -> Datum) -> Self {
        Self { name, about, shape, optional: false, heading: None, sort: None, brief: false, of }
    }

    pub const fn text(name: &'static str, about: &'static str, of: fn(&R) -> Datum) -> Self {
        Self::new(name, about, Shape::Text, of)
    }

    pub const fn words(name: &'static str, about: &'static str, words: &'static [&'static str], of: fn(&R) -> Datum) -> Self {
        Self::new(name, about, Shape::Words(words), of)
    }

    pub const fn number(name: &'static str, about: &'static str, of: fn(&R) -> Datum) -> Self {
        Self::new(name, about, Shape::Number, of)
    }

    pub const fn flag(name: &'static str, about: &'static str, of: fn(&R) -> Datum) -> Self {
        Self::new(name, about, Shape::Flag, of)
    }

    pub const fn time(name: &'static str, about: &'static str, of: fn(&R) -> Datum) -> Self {
        Self::new(name, about, Shape::Time, of)
    }

    pub const fn json(name: &'static str, about: &'static str, of: fn(&R) -> Datum) -> Self {
        Self::new(name, about, Shape::Json, of)
    }

    /// A row may have none.
    #[must_use]
    pub const fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    /// The page shows it, under a heading.
    #[must_use]
    pub const fn shown(self, heading: &'static str) -> Self {
        Self { heading: Some(heading), ..self }
    }

    /// Its heading sorts the list.
    #[must_use]
    pub const fn sorted(self, word: &'static str, how: Sorted) -> Self {
        Self { sort: Some((word, how)), ..self }
    }

    /// The command line shows it.
    #[must_use]
    pub const fn brief(self) -> Self {
        Self { brief: true, ..self }
    }

    /// Numbers and times stand to the right.
    pub const fn is_numeric(&self) -> bool {
        matches!(self.shape, Shape::Number | Shape::Time)
    }
}

/// The first line of a file of comma-separated values.
pub fn csv_header<R>(fields: &[Field<R>]) -> String {
    fields.iter().map(|f| f.name).collect::<Vec<_>>().join(",")
}

/// A row as a line of that file; spreadsheets run nothing of it.
pub fn csv_line<R>(fields: &[Field<R>], row: &R) -> String {
    fields.iter().map(|f| (f.of)(row).csv()).collect::<Vec<_>>().join(",") + "\r\n"
}

/// A row as the API gives it.
pub fn json<R>(fields: &[Field<R>], row: &R) -> Value {
    Value::Object(fields.iter().map(|f| (f.name.to_owned(), (f.of)(row).json())).collect::<Map<String, Value>>())
}

/// The line above rows on a terminal: the names of the brief fields, as the API has them.
pub fn header<R>(fields: &[Field<R>]) -> String {
    fields.iter().filter(|f| f.brief).map(|f| f.name).collect::<Vec<_>>().join("\t")
}

/// A row on a terminal: its brief fields, parted by tabs.
pub fn line<R>(fields: &[Field<R>], row: &R) -> String {
    let brief = fields.iter().filter(|f| f.brief);
    brief.map(|f| terminal(&(f.of)(row).plain())).map(|t| if t.is_empty() { "-".to_owned() } else { t }).collect::<Vec<_>>().join("\t")
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Row(i64, Option<&'static str>);

    type F = Field<Row>;

    const FIELDS: [F; 3] = [
        F::number("n", "a number", |r| Datum::number(r.0)).brief(),
        F::text("word", "a word", |r| Datum::perhaps(r.1)).optional().brief(),
        F::json("more", "what else", |r| Datum::Json(format!("{{\"n\":{}}}", r.0))),
    ];

    #[test]
    fn one_declaration_gives_every_form() {
        let row = Row(3, Some("=1+1, \"x\""));
        assert_eq!(csv_header(&FIELDS), "n,word,more");
        assert_eq!(csv_line(&FIELDS, &row), "3,\"'=1+1, \"\"x\"\"\",\"{\"\"n\"\":3}\"\r\n");
        assert_eq!(json(&FIELDS, &row), serde_json::json!({ "n": 3, "word": "=1+1, \"x\"", "more": { "n": 3 } }));
        assert_eq!((header(&FIELDS).as_str(), line(&FIELDS, &Row(1, None)).as_str()), ("n\tword", "1\t-"));
    }
}
