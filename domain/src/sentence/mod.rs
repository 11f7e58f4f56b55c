//! What an entry of the ledger says, as one sentence with the names of then: pages, CSV, the API, the command line and mail
//! all show this. Verb and facts go in, parts come out; who looks names up does it before. An id is never said.

mod act;
mod facts;

use crate::ids::{Noun, parse_any};
use crate::ledger::{Actor, ActorKind, Entry};
use crate::seq::Seq;
use crate::verb::Verb;
use facts::Facts;
pub use facts::{Line, facts};
use std::collections::HashMap;
use uuid::Uuid;

/// A part of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Our own words.
    Text(String),
    /// Something that has a name, and a page where it has one.
    Named { noun: Noun, id: Uuid, name: String },
    /// An entry of the ledger.
    Entry(Seq),
    /// The words of a file or of somebody.
    Said(String),
}

/// A sentence in its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sentence(pub Vec<Part>);

impl Sentence {
    fn text(&mut self, text: impl AsRef<str>) -> &mut Self {
        if let Some(Part::Text(last)) = self.0.last_mut() {
            last.push_str(text.as_ref());
        } else {
            self.0.push(Part::Text(text.as_ref().to_owned()));
        }
        self
    }

    fn part(&mut self, part: Part) -> &mut Self {
        match part {
            Part::Text(text) => self.text(text),
            other => {
                self.0.push(other);
                self
            }
        }
    }

    fn parts(&mut self, parts: impl IntoIterator<Item = Part>) -> &mut Self {
        for part in parts {
            self.part(part);
        }
        self
    }

    /// With a capital, where it begins with our own words.
    fn begin(&mut self) {
        if let Some(Part::Text(text)) = self.0.first_mut()
            && let Some(first) = text.chars().next().filter(char::is_ascii_lowercase)
        {
            text.replace_range(..1, &first.to_ascii_uppercase().to_string());
        }
    }

    /// As text: for files, the API and terminals.
    pub fn plain(&self) -> String {
        let words = self.0.iter().map(|part| match part {
            Part::Text(text) | Part::Said(text) => text.clone(),
            Part::Named { name, .. } => name.clone(),
            Part::Entry(seq) => format!("entry {seq}"),
        });
        words.collect()
    }
}

/// Names as of an entry.
#[derive(Clone, Debug, Default)]
pub struct Names {
    names: HashMap<Uuid, String>,
    /// Of which source an import or a batch is.
    sources: HashMap<Uuid, Uuid>,
}

impl Names {
    pub fn name(&mut self, id: Uuid, name: impl Into<String>) {
        self.names.insert(id, name.into());
    }

    /// That an import or a batch is of a source.
    pub fn of_source(&mut self, import: Uuid, source: Uuid) {
        self.sources.insert(import, source);
    }

    pub fn get(&self, id: Uuid) -> Option<&str> {
        self.names.get(&id).map(String::as_str)
    }

    /// Something by its name, or what it is where it has none.
    fn part(&self, noun: Noun, id: Uuid) -> Part {
        match self.names.get(&id) {
            Some(name) => Part::Named { noun, id, name: crate::text::capped(name, 80) },
            None => Part::Text(unnamed(noun).to_owned()),
        }
    }

    fn source_of(&self, import: Uuid) -> Option<Part> {
        self.sources.get(&import).map(|id| self.part(Noun::Source, *id))
    }
}

fn unnamed(noun: Noun) -> &'static str {
    match noun {
        Noun::Identity => "an identity",
        Noun::Person => "an erased person",
        Noun::Team => "a team",
        Noun::Group => "a group",
        Noun::Token => "a token",
        Noun::Source => "a source",
        Noun::Resource => "a resource",
        Noun::Import => "a file",
        Noun::Change => "a change",
        Noun::Blob => "a text",
        _ => "a record",
    }
}

/// What an entry mentions: whoever acts, what it is about, and every id in its facts. Names of these make its sentence.
pub fn mentioned(entry: &Entry) -> Vec<(Noun, Uuid)> {
    let mut out = vec![];
    let actor = entry.actor.id.map(|id| (noun_of(entry.actor), id));
    let subject = entry.subject_id.map(|id| (Noun::called(&entry.subject_kind).unwrap_or(Noun::Other), id));
    let facts = Facts::of(entry);
    for found in actor.into_iter().chain(subject).chain(facts.ids()) {
        if !out.contains(&found) {
            out.push(found);
        }
    }
    out
}

fn noun_of(actor: Actor) -> Noun {
    if actor.kind == ActorKind::Agent { Noun::Identity } else { Noun::Person }
}

/// The sentence of an entry.
pub fn sentence(entry: &Entry, names: &Names) -> Sentence {
    let facts = Facts::of(entry);
    let Some(verb) = Verb::parse(&entry.verb) else {
        let mut out = who(entry, names);
        out.text(" recorded something that a newer version of Countersign can describe");
        return out;
    };
    let mut out = act::of(verb, entry, &facts, names);
    out.begin();
    out
}

/// Who acts, as a sentence begins.
pub fn who(entry: &Entry, names: &Names) -> Sentence {
    let mut out = Sentence::default();
    match (entry.actor.kind, entry.actor.id) {
        (ActorKind::Person | ActorKind::Agent, Some(id)) => out.part(names.part(noun_of(entry.actor), id)),
        (ActorKind::Host, _) => out.text("Server command line"),
        (ActorKind::System, _) => out.text("The server"),
        (ActorKind::Import, _) => out.text("An import"),
        (ActorKind::Rule, _) => out.text("A rule"),
        (ActorKind::Person | ActorKind::Agent | ActorKind::Unknown, _) => out.text("Someone unknown"),
    };
    if let Some((_, token)) = Facts::of(entry).text("token").and_then(parse_any) {
        match names.get(token) {
            Some(_) => out.text(" (by token ").part(names.part(Noun::Token, token)).text(")"),
            None => out.text(" (by token)"),
        };
    }
    out.begin();
    out
}

/// `1 grant`, `2 grants`.
fn counted(n: i64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests;
