//! Notes of an import, so many and no more: what is said ten thousand times is said a few times and counted.

use std::collections::BTreeMap;

/// The most notes of one kind.
const MOST: usize = 50;

/// Notes of one kind.
#[derive(Debug)]
pub(crate) struct Notes {
    /// What the notes left out are about, as in `and 12 more repeats`.
    what: &'static str,
    said: Vec<String>,
    more: usize,
}

impl Notes {
    pub fn of(what: &'static str) -> Self {
        Self { what, said: vec![], more: 0 }
    }

    pub fn add(&mut self, note: String) {
        if self.said.len() < MOST {
            self.said.push(note);
        } else {
            self.more += 1;
        }
    }

    pub fn into_texts(self) -> Vec<String> {
        let mut said = self.said;
        if self.more > 0 {
            said.push(format!("and {} more {}", self.more, self.what));
        }
        said
    }
}

/// How often a note of one kind is said by itself.
const BY_THEMSELVES: usize = 3;

/// Notes of which there may be one for each of many things: a few are said as they stand, more become one with a count.
#[derive(Debug, Default)]
pub(crate) struct Folded(BTreeMap<&'static str, Fold>);

#[derive(Debug, Default)]
struct Fold {
    about: Vec<String>,
    said: Vec<String>,
    all: u64,
}

impl Folded {
    /// A note of a kind and what it is about. The kind is said of many: `tools that say nothing`.
    pub fn add(&mut self, kind: &'static str, about: String, note: String) {
        let fold = self.0.entry(kind).or_default();
        fold.all += 1;
        if fold.said.len() < BY_THEMSELVES {
            fold.said.push(note);
        }
        if fold.about.len() < MOST && !fold.about.contains(&about) {
            fold.about.push(about);
        }
    }

    pub fn into_texts(self) -> Vec<String> {
        let texts = self.0.into_iter().flat_map(|(kind, Fold { about, said, all })| {
            if all as usize <= BY_THEMSELVES {
                return said;
            }
            let more = if (about.len() as u64) < all { ", …" } else { "" };
            vec![format!("{all} {kind}: {}{more}", first(&about, 20))]
        });
        texts.collect()
    }
}

/// `a, b and 3 more`.
pub(crate) fn first<S: AsRef<str>>(all: &[S], most: usize) -> String {
    let named: Vec<&str> = all.iter().take(most).map(AsRef::as_ref).collect();
    let more = all.len().saturating_sub(most);
    let named = named.join(", ");
    if more == 0 { named } else { format!("{named} and {more} more") }
}
