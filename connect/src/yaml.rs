//! YAML and JSON text into trees whose nodes know their line. Nothing here calls itself: depth is a number, not a stack. An
//! alias is the node it names, so that aliases multiply nothing here; what they come to where they are followed is known of every
//! node. It knows no format.

use crate::{Error, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use granit_parser::{Event, Options, Parser, ScalarStyle, ScanError, Span};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

mod json;
mod node;

pub(crate) use json::as_json;
pub(crate) use node::Node;

/// How deep objects and lists may stand in one another.
pub(crate) const DEPTH: usize = 200;
/// Nodes of a text, and members that merge keys may add to it.
const NODES: usize = 8_000_000;
const MERGED: usize = 1_000_000;
const DOCUMENTS: usize = 250_000;
/// How long a key may be: JSON has none of YAML's limit.
const KEY: usize = 16 * 1024;

/// The documents of a text. They share their lists: a text may hold a million of them.
#[derive(Default)]
pub(crate) struct Tree {
    entries: Vec<Entry>,
    /// Nodes of lists; of maps, key and value by turns.
    children: Vec<u32>,
    texts: String,
    roots: Vec<u32>,
    /// Keys that stand twice in one map, by the entry of the map: the last one counts.
    repeats: BTreeMap<u32, Repeat>,
}

/// A key that stands twice.
pub(crate) struct Repeat {
    pub(crate) key: String,
    pub(crate) first: u32,
    pub(crate) last: u32,
}

#[derive(Clone, Copy)]
struct Entry {
    line: u32,
    /// Where its text, its items or its members are, and how many.
    start: u32,
    count: u32,
    /// The first entry that is not part of it.
    until: u32,
    /// What it weighs with everything in it, where every alias is written out; so much or more at the end of numbers.
    weight: u32,
    kind: Kind,
}

/// What a node weighs beside its text.
const NODE: u32 = 32;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Nothing,
    Plain,
    Quoted,
    List,
    Map,
}

impl Tree {
    /// What stands at the top of every document.
    pub(crate) fn roots(&self) -> impl Iterator<Item = Node<'_>> {
        self.roots.iter().map(|at| Node::new(self, *at))
    }

    /// What the whole weighs as it is written.
    pub(crate) fn written(&self) -> u64 {
        self.entries.len() as u64 * u64::from(NODE) + self.texts.len() as u64
    }

    fn text(&self, at: u32) -> Option<&str> {
        let entry = &self.entries[at as usize];
        matches!(entry.kind, Kind::Plain | Kind::Quoted).then(|| &self.texts[entry.start as usize..(entry.start + entry.count) as usize])
    }

    fn children(&self, at: u32) -> &[u32] {
        let entry = &self.entries[at as usize];
        &self.children[entry.start as usize..(entry.start + entry.count) as usize]
    }
}

/// Every document of the parts of a text, each given with the number of its first line.
pub(crate) fn documents(file: &str, parts: &[(usize, &str)]) -> Result<Tree> {
    let mut reader = Reader { file, ..Reader::default() };
    for (first_line, text) in parts {
        reader.lines = first_line - 1;
        let mut options = Options::default();
        options.simple_key_max_lookahead = KEY;
        for event in Parser::new_from_str_with_options(text, options) {
            let (event, span) = event.map_err(|e| reader.scan_error(&e))?;
            reader.event(event, &span)?;
        }
    }
    Ok(reader.tree)
}

/// The text that `!!binary` stands for, as Kubernetes reads it; what is no text of that kind stays as it is written.
fn decoded(value: Cow<'_, str>) -> Cow<'_, str> {
    let plain: String = value.split_ascii_whitespace().collect();
    let text = BASE64.decode(plain).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    text.map_or(value, Cow::Owned)
}

/// An object or list that is not over yet.
struct Open {
    at: u32,
    /// Where its children begin among those that wait.
    from: usize,
    anchor: usize,
}

#[derive(Default)]
struct Reader<'a> {
    file: &'a str,
    lines: usize,
    tree: Tree,
    open: Vec<Open>,
    waiting: Vec<u32>,
    anchors: HashMap<usize, u32>,
    merged: usize,
}

impl Reader<'_> {
    fn event(&mut self, event: Event<'_>, span: &Span) -> Result<()> {
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain && tag.is_none();
                let nothing = plain && matches!(&*value, "" | "~" | "null" | "Null" | "NULL");
                let kind = if nothing {
                    Kind::Nothing
                } else if plain {
                    Kind::Plain
                } else {
                    Kind::Quoted
                };
                let binary = tag.as_ref().is_some_and(|t| t.suffix() == "binary" || t.handle().ends_with(",2002:binary"));
                let value = if binary { decoded(value) } else { value };
                let start = self.tree.texts.len() as u32;
                self.tree.texts.push_str(&value);
                let at = self.node(kind, span)?;
                let entry = &mut self.tree.entries[at as usize];
                (entry.start, entry.count, entry.weight) = (start, value.len() as u32, NODE.saturating_add(value.len() as u32));
                self.placed(at, anchor);
            }
            Event::SequenceStart(_, anchor, _) => self.begin(Kind::List, anchor, span)?,
            Event::MappingStart(_, anchor, _) => self.begin(Kind::Map, anchor, span)?,
            Event::SequenceEnd | Event::MappingEnd => self.end(span)?,
            Event::Alias(id) => match self.anchors.get(&id) {
                Some(at) => self.waiting.push(*at),
                None => return Err(self.error(span, "an alias stands within what it names")),
            },
            Event::DocumentEnd => {
                self.tree.roots.extend(self.waiting.pop());
                self.anchors.clear();
                if self.tree.roots.len() > DOCUMENTS {
                    return Err(self.error(span, "more than 250,000 documents"));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn node(&mut self, kind: Kind, span: &Span) -> Result<u32> {
        if self.tree.entries.len() >= NODES {
            return Err(self.error(span, "more than 8,000,000 values"));
        }
        let at = self.tree.entries.len() as u32;
        self.tree.entries.push(Entry { line: self.line(span), start: 0, count: 0, until: at + 1, weight: NODE, kind });
        Ok(at)
    }

    fn placed(&mut self, at: u32, anchor: usize) {
        if anchor != 0 {
            self.anchors.insert(anchor, at);
        }
        self.waiting.push(at);
    }

    fn begin(&mut self, kind: Kind, anchor: usize, span: &Span) -> Result<()> {
        if self.open.len() >= DEPTH {
            return Err(self.error(span, &format!("objects and lists within one another, more than {DEPTH} deep")));
        }
        let at = self.node(kind, span)?;
        self.open.push(Open { at, from: self.waiting.len(), anchor });
        Ok(())
    }

    fn end(&mut self, span: &Span) -> Result<()> {
        let Some(Open { at, from, anchor }) = self.open.pop() else { return Ok(()) };
        // Ahead of keys that stand twice being left out: whoever asks for those looks at what stands between.
        let within = self.waiting[from..].iter().map(|child| self.tree.entries[*child as usize].weight);
        let weight = within.fold(NODE, u32::saturating_add);
        if self.tree.entries[at as usize].kind == Kind::Map {
            self.members(at, from, span)?;
        }
        let start = self.tree.children.len();
        self.tree.children.extend(self.waiting.drain(from..));
        let until = self.tree.entries.len() as u32;
        let entry = &mut self.tree.entries[at as usize];
        (entry.start, entry.count, entry.until) = (start as u32, (self.tree.children.len() - start) as u32, until);
        entry.weight = weight;
        self.placed(at, anchor);
        Ok(())
    }

    /// Of a key that stands twice the last one counts; what merge keys bring counts where the map does not say it itself.
    fn members(&mut self, map: u32, from: usize, span: &Span) -> Result<()> {
        let mut pairs: Vec<(u32, u32)> = self.waiting.drain(from..).collect::<Vec<_>>().chunks_exact(2).map(|p| (p[0], p[1])).collect();
        let is_merge = |(key, _): &(u32, u32)| self.tree.entries[*key as usize].kind == Kind::Plain && self.tree.text(*key) == Some("<<");
        let sources: Vec<u32> = pairs.iter().filter(|p| is_merge(p)).map(|p| p.1).collect();
        pairs.retain(|p| !is_merge(p));
        self.once(map, &mut pairs);
        if !sources.is_empty() {
            self.merge(&sources, &mut pairs, span)?;
        }
        self.waiting.extend(pairs.into_iter().flat_map(|(key, value)| [key, value]));
        Ok(())
    }

    fn once(&mut self, map: u32, pairs: &mut Vec<(u32, u32)>) {
        let tree = &self.tree;
        let text = |at: usize| tree.text(pairs[at].0);
        // Most maps are small, and a table for each would cost more than looking.
        if pairs.len() < 16 && (1..pairs.len()).all(|i| text(i).is_none() || (0..i).all(|j| text(i) != text(j))) {
            return;
        }
        let mut places: HashMap<&str, usize> = HashMap::with_capacity(pairs.len());
        let (mut kept, mut repeat) = (Vec::with_capacity(pairs.len()), None);
        for &(key, value) in pairs.iter() {
            let place = tree.text(key).and_then(|text| places.insert(text, kept.len()).map(|before| (text, before)));
            let Some((text, before)) = place else {
                kept.push((key, value));
                continue;
            };
            places.insert(text, before);
            let (first, last): (&mut (u32, u32), u32) = (&mut kept[before], tree.entries[key as usize].line);
            repeat = Some(Repeat { key: text.to_owned(), first: tree.entries[first.0 as usize].line, last });
            *first = (key, value);
        }
        *pairs = kept;
        if let Some(repeat) = repeat {
            self.tree.repeats.insert(map, repeat);
        }
    }

    fn merge(&mut self, sources: &[u32], pairs: &mut Vec<(u32, u32)>, span: &Span) -> Result<()> {
        let tree = &self.tree;
        let kind = |at: u32| tree.entries[at as usize].kind;
        let flat = sources.iter().flat_map(|at| if kind(*at) == Kind::List { tree.children(*at) } else { std::slice::from_ref(at) });
        let mut has: std::collections::HashSet<&str> = pairs.iter().filter_map(|(key, _)| tree.text(*key)).collect();
        let (mut more, mut work) = (Vec::new(), self.merged);
        for source in flat.copied() {
            match kind(source) {
                Kind::Map => {}
                Kind::Nothing => continue,
                _ => return Err(self.error(span, "a merge key (<<) takes an object or a list of objects")),
            }
            work += tree.children(source).len();
            if work > MERGED {
                return Err(self.error(span, "merge keys (<<) that add more than 1,000,000 members"));
            }
            let new = tree.children(source).chunks_exact(2).filter(|p| tree.text(p[0]).is_some_and(|key| has.insert(key)));
            more.extend(new.map(|p| (p[0], p[1])));
        }
        self.merged = work;
        pairs.extend(more);
        Ok(())
    }

    fn line(&self, span: &Span) -> u32 {
        (span.start.line() + self.lines) as u32
    }

    fn error(&self, span: &Span, reason: &str) -> Error {
        self.at(span.start.line(), span.start.col(), reason)
    }

    fn scan_error(&self, error: &ScanError) -> Error {
        let text = error.info();
        let reason: String = text.lines().next().unwrap_or("not YAML").chars().take(200).collect();
        self.at(error.marker().line(), error.marker().col(), &reason)
    }

    fn at(&self, line: usize, column: usize, reason: &str) -> Error {
        Error::at(self.file, format!("line {}, column {}", line.max(1) + self.lines, column + 1), reason)
    }
}
