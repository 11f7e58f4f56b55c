//! Notes of an import, so many and no more: what is said ten thousand times is said a few times and counted.

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

/// `a, b and 3 more`.
pub(crate) fn first<S: AsRef<str>>(all: &[S], most: usize) -> String {
    let named: Vec<&str> = all.iter().take(most).map(AsRef::as_ref).collect();
    let more = all.len().saturating_sub(most);
    let named = named.join(", ");
    if more == 0 { named } else { format!("{named} and {more} more") }
}
