//! What an input says twice: where it says the same, it is one with a note; where it does not, it is refused with both places.
//! It must not know what an entry is.

use super::wire::{Wrong, hashed};
use crate::input::Input;
use crate::notes::Notes;
use std::collections::HashMap;

/// Where an entry stands: the file, which of its values, in which list, and where in that.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct At {
    pub(super) file: u32,
    pub(super) value: u32,
    pub(super) list: &'static str,
    pub(super) item: u32,
}

impl At {
    pub(super) fn of_file(at: usize) -> Self {
        Self { file: at as u32, ..Self::default() }
    }

    pub(super) fn file(self, input: &Input) -> &str {
        input.files.get(self.file as usize).map_or(&input.name, |file| &file.name)
    }

    /// The way to it within its file.
    pub(super) fn path(self) -> String {
        let value = if self.value > 0 { format!("value {}", self.value + 1) } else { String::new() };
        match (value.is_empty(), self.list.is_empty()) {
            (_, true) => value,
            (true, false) => format!("{}[{}]", self.list, self.item),
            (false, false) => format!("{value}, {}[{}]", self.list, self.item),
        }
    }

    pub(super) fn said(self, input: &Input) -> String {
        let path = self.path();
        if path.is_empty() { self.file(input).to_owned() } else { format!("{}, {path}", self.file(input)) }
    }
}

/// What was said, by a number for each name of a kind in an account.
pub(super) struct Repeats {
    said: HashMap<u64, Said>,
    notes: Notes,
}

struct Said {
    print: u64,
    at: At,
    name: Box<str>,
}

impl Default for Repeats {
    fn default() -> Self {
        Self { said: HashMap::new(), notes: Notes::of("repeats") }
    }
}

impl Repeats {
    /// Whether a name (its kind, its account, what it is) is said for the first time. `who` is the entry, as a person says it,
    /// and `print` what it says.
    pub(super) fn is_new(&mut self, input: &Input, name: (&str, u16, &str), who: (&str, &str), print: u64, at: At) -> Wrong<bool> {
        let ((kind, _, text), (word, called)) = (name, who);
        let Some(known) = self.said.get(&hashed(name)) else {
            self.said.insert(hashed(name), Said { print, at, name: called.into() });
            return Ok(true);
        };
        let (here, there) = (at.said(input), known.at.said(input));
        if known.print == print {
            self.notes.add(format!("{word} {called} stands in {there} and again in {here}; it counts once"));
            return Ok(false);
        }
        let what =
            if kind.starts_with("ID ") { format!("its ID {text} is that of {word} {}", known.name) } else { "it is said".to_owned() };
        Err(format!("{word} {called} ({here}): {what} in {there} with other content"))
    }

    /// A policy of AWS's own came in two versions.
    pub(super) fn versions(&mut self, name: &str, one: Option<&str>, two: Option<&str>) {
        let said = |version: Option<&str>| version.unwrap_or("one without a number").to_owned();
        self.notes.add(format!("policy {name} of AWS stands in two versions, {} and {}; the later one counts", said(one), said(two)));
    }

    pub(super) fn into_notes(self) -> Vec<String> {
        self.notes.into_texts()
    }
}
