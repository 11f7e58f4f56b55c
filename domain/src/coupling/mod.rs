//! The coupling check of texts (DESIGN section 5, threats.md 4): what a new text of instructions, memory or a tool couples
//! an agent to that the old one did not, and what of the old one no longer holds it back. Each reason with its line. It only
//! raises: no text, and nothing added to a text, makes a change milder, and what it cannot read counts as the worse. It knows
//! words, not meanings: that it finds nothing proves nothing, and a person reads the text whatever it says. Who wrote a text,
//! and what follows from a reason, is `change::effect`'s to say.

use crate::text;
use std::collections::HashSet;

mod fold;
mod held;
mod hidden;
mod names;
mod plain;
mod points;
mod reading;
mod words;

pub(crate) use fold::passes_for;
pub use held::{Fate, Rule, rules_of};
pub use names::{Estate, Named};

use reading::{Reading, Statement};

crate::words! {
    /// Why a text raises a change.
    Reason {
        NamesSecret = "names_secret", "names a secret";
        NamesHost = "names_host", "names a host";
        NamesTool = "names_tool", "names a tool";
        NamesIdentity = "names_identity", "names an identity";
        NamesRule = "names_rule", "names a rule or a permission set";
        /// A name by its form that nobody registered.
        NamesUnknown = "names_unknown", "names something that is not in the inventory";
        DropsProhibition = "drops_prohibition", "a prohibition is gone or was changed";
        DropsCondition = "drops_condition", "a condition or a limit is gone or was changed";
        DropsEscalation = "drops_escalation", "a step that asks or tells a person is gone or was changed";
        Weakens = "weakens", "allows, excepts or leads round something";
        /// It is not known whether what is gone held anything back.
        Unclear = "unclear", "a statement is gone that may have held it back";
        Url = "url", "points to an address";
        Include = "include", "takes in another text";
        MemoryKey = "memory_key", "takes instructions from memory";
        Encoded = "encoded", "holds encoded text";
        Invisible = "invisible", "holds characters that cannot be seen";
        Bidi = "bidi", "holds characters that turn the line round";
        Confusable = "confusable", "holds letters that pass for others";
        OtherLanguage = "other_language", "holds words that are not English";
        Code = "code", "holds code";
        Unparsable = "unparsable", "cannot be read in full";
    }
}

impl Reason {
    /// True where something that held the agent back no longer does.
    pub fn weakens(self) -> bool {
        matches!(self, Self::DropsProhibition | Self::DropsCondition | Self::DropsEscalation | Self::Weakens | Self::Unclear)
    }
}

/// Which of the two texts a line is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Which {
    Before,
    After,
}

/// One side of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side<'a> {
    /// There is no text: the surface is new, or goes.
    Absent,
    /// There is one, and it is not known: it was erased, was never kept, or is no text.
    Unknown,
    Text(&'a str),
}

impl<'a> Side<'a> {
    pub fn of_bytes(bytes: &'a [u8]) -> Self {
        std::str::from_utf8(bytes).map_or(Self::Unknown, Self::Text)
    }

    fn text(self) -> &'a str {
        if let Self::Text(text) = self { text } else { "" }
    }
}

/// A reason and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    pub reason: Reason,
    pub which: Which,
    /// Counted from 1; 0 for a text as a whole.
    pub line: usize,
    /// What of the line it is: a name, a word, a code point. Hostile text, shown plain and capped.
    pub what: String,
    /// The statement, or where something was changed what stands there now. Hostile text, shown plain and capped.
    pub text: String,
}

/// The longest part of a text that is compared, in bytes, and in lines.
pub const READ_MOST: usize = 512 * 1024;
const LINES_MOST: usize = 10_000;

/// What a text couples to, or lets go of, that the one ahead of it did not. Empty where nothing was found.
pub fn check(before: Side<'_>, after: Side<'_>, estate: &Estate) -> Vec<Found> {
    let mut out = Findings::default();
    for (side, which) in [(before, Which::Before), (after, Which::After)] {
        if side == Side::Unknown {
            out.push(Reason::Unparsable, which, 0, "the text is not known", "");
        }
    }
    let (old, new) = (readable(before.text()), readable(after.text()));
    if new.len() < after.text().len() {
        out.push(Reason::Unparsable, Which::After, 0, "it is too long to be compared in full", "");
    }
    let pair = Pair::of(old, new);
    hidden::find(&pair, &mut out);
    held::find(&pair, &mut out);
    names::find(&pair, estate, &mut out);
    points::find(&pair, &mut out);
    plain::find(&pair, &mut out);
    out.sorted()
}

/// The beginning of a text, as far as it is compared.
fn readable(text: &str) -> &str {
    let end = text.match_indices('\n').nth(LINES_MOST - 1).map_or(text.len(), |(at, _)| at).min(READ_MOST);
    let end = (0..=end.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    &text[..end]
}

/// Both texts, read once.
struct Pair<'a> {
    old_text: &'a str,
    new_text: &'a str,
    old: Reading,
    new: Reading,
    /// Statements of the old by their words.
    said: HashSet<Vec<String>>,
    /// Words of the old.
    known: HashSet<String>,
}

impl<'a> Pair<'a> {
    fn of(old_text: &'a str, new_text: &'a str) -> Self {
        let (old, new) = (reading::read(old_text), reading::read(new_text));
        let said = old.statements.iter().map(|s| s.words.clone()).collect();
        let known = old.statements.iter().flat_map(|s| s.words.iter().cloned()).collect();
        Self { old_text, new_text, old, new, said, known }
    }

    /// Statements of the new text that the old did not make.
    fn added(&self) -> impl Iterator<Item = &Statement> {
        self.new.statements.iter().filter(|s| !self.said.contains(&s.words))
    }
}

#[derive(Default)]
struct Findings(Vec<Found>);

impl Findings {
    fn push(&mut self, reason: Reason, which: Which, line: usize, what: &str, of: &str) {
        self.0.push(Found { reason, which, line, what: text::capped(what, 120), text: text::capped(of, 300) });
    }

    fn sorted(mut self) -> Vec<Found> {
        self.0.sort_by(|a, b| (a.which, a.line, a.reason, &a.what).cmp(&(b.which, b.line, b.reason, &b.what)));
        self.0.dedup_by(|a, b| (a.which, a.line, a.reason, &a.what) == (b.which, b.line, b.reason, &b.what));
        self.0
    }
}
