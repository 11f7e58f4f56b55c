//! What differs between two states, thing by thing and by name; of an import the first of each kind apart, and all of it as
//! lines of text. It finds no difference itself and knows no store. How two texts differ is `texts`' to say.

use crate::ids::IdentityId;
use crate::privilege::Class;
use crate::rule::{Effect, Rule, Via};
use crate::seq::Seq;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

mod align;
pub mod texts;

crate::words! {
    /// What is other than it was.
    Thing {
        Identity = "identity", "identity";
        PermissionSet = "permission_set", "permission set";
        Grant = "grant", "grant";
        /// What takes access away: a deny, or a boundary.
        Limit = "limit", "deny or boundary";
        Tool = "tool", "tool";
        Surface = "surface", "surface";
        Credential = "credential", "credential";
        /// A field of the record: owner, backup owner, team, environment and so on.
        Record = "record", "record";
    }
}

impl Thing {
    /// What a rule is that is held by this path.
    pub fn of_rule(rule: &Rule, via: Via) -> Self {
        if rule.effect == Effect::Deny || via == Via::Boundary { Self::Limit } else { Self::Grant }
    }
}

crate::words! {
    /// What became of it.
    How {
        Added = "added", "added";
        Removed = "removed", "removed";
        Changed = "changed", "changed";
    }
}

/// How many of a kind of thing are kept apart.
pub const FIRST: usize = 50;
/// The most bytes of all lines: a hundred thousand identities take eight million.
const MOST: usize = 16 * 1024 * 1024;
/// The most characters of a text before and after.
const TEXT: usize = 1500;

/// One thing that was added, removed or changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    pub thing: Thing,
    pub how: How,
    pub name: String,
    /// The identity it belongs to, by its name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub of: Option<String>,
    /// That identity, where the store knows it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub identity: Option<IdentityId>,
    /// The highest class of a grant, or of an identity that came or went.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub class: Option<Class>,
    /// The entry that made it so, where it is in the ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub entry: Option<Seq>,
    /// What was said of it, and what is said now, where words changed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub after: Option<String>,
}

impl Difference {
    pub fn new(thing: Thing, how: How, name: &str) -> Self {
        let name = crate::text::capped(name, 300);
        Self { thing, how, name, of: None, identity: None, class: None, entry: None, before: None, after: None }
    }

    #[must_use]
    pub fn of(self, identity: &str) -> Self {
        Self { of: Some(crate::text::capped(identity, 200)), ..self }
    }

    /// Of an identity that the store knows, by what it is called.
    #[must_use]
    pub fn of_known(self, identity: IdentityId, name: &str) -> Self {
        Self { identity: Some(identity), ..self.of(name) }
    }

    #[must_use]
    pub fn class(self, class: Option<Class>) -> Self {
        Self { class, ..self }
    }

    #[must_use]
    pub fn at(self, entry: Seq) -> Self {
        Self { entry: Some(entry), ..self }
    }

    #[must_use]
    pub fn with_words(self, before: &str, after: &str) -> Self {
        let kept = |text: &str| Some(crate::text::capped(text, TEXT));
        Self { before: kept(before), after: kept(after), ..self }
    }
}

/// What is said first: what was there and is other than it was matters before what is new.
const ORDER: [How; 3] = [How::Changed, How::Removed, How::Added];

/// The differences of one import, as they are found.
#[derive(Debug, Default)]
pub struct Differences {
    /// The first of each kind and of what became of it.
    first: Vec<Difference>,
    found: HashMap<(Thing, How), usize>,
    /// Lines of what changed, what went and what is new.
    lines: [String; 3],
    /// How many stand in no line.
    left_out: u64,
}

impl Differences {
    pub fn push(&mut self, one: Difference) {
        let found = self.found.entry((one.thing, one.how)).or_default();
        *found += 1;
        let first = *found <= FIRST;
        let all: usize = self.lines.iter().map(String::len).sum();
        let at = ORDER.iter().position(|how| *how == one.how).unwrap_or_default();
        match serde_json::to_string(&one) {
            Ok(line) if all + line.len() < MOST => self.lines[at].extend([line.as_str(), "\n"]),
            _ => self.left_out += 1,
        }
        if first {
            self.first.push(one);
        }
    }

    /// Counts what was found and is not named.
    pub fn leave_out(&mut self, n: u64) {
        self.left_out += n;
    }

    /// The first of each kind, and all of them as a text of one JSON object a line where that is more: what changed and what
    /// went ahead of what is new.
    pub fn into_parts(mut self) -> (Vec<Difference>, Option<String>, u64) {
        self.first.sort_by_key(|d| ORDER.iter().position(|how| *how == d.how));
        let mut kept: HashMap<Thing, usize> = HashMap::new();
        self.first.retain(|d| {
            let n = kept.entry(d.thing).or_default();
            *n += 1;
            *n <= FIRST
        });
        let of = |thing: &Thing| ORDER.iter().filter_map(|how| self.found.get(&(*thing, *how))).sum::<usize>();
        let more = Thing::ALL.iter().any(|thing| of(thing) > FIRST);
        (self.first, more.then(|| self.lines.concat()), self.left_out)
    }
}

/// The differences of such a text from a line on, each with the number of its line.
pub fn lines(text: &str, from: usize) -> impl Iterator<Item = (usize, Difference)> + '_ {
    text.lines().enumerate().skip(from).filter_map(|(n, line)| Some((n, serde_json::from_str(line).ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_fifty_of_each_kind_stand_apart_and_all_of_them_are_kept() {
        let mut all = Differences::default();
        for n in 0..60 {
            all.push(Difference::new(Thing::Identity, How::Added, &format!("a{n}")));
        }
        all.push(Difference::new(Thing::Tool, How::Changed, "read").of("server").with_words("reads", "reads and writes"));
        let (first, text, left_out) = all.into_parts();
        assert_eq!((first.len(), left_out), (51, 0));
        let text = text.expect("more than stand apart");
        let read: Vec<(usize, Difference)> = lines(&text, 50).collect();
        assert_eq!((read.len(), read[0].0, read[0].1.name.as_str()), (11, 50, "a49"));
        assert_eq!(lines(&text, 0).next().expect("a line").1.after.as_deref(), Some("reads and writes"));
    }

    #[test]
    fn what_changed_and_went_stands_ahead_of_what_is_new() {
        let mut all = Differences::default();
        for n in 0..60 {
            all.push(Difference::new(Thing::Tool, How::Added, &format!("new{n}")));
        }
        all.push(Difference::new(Thing::Tool, How::Removed, "gone"));
        all.push(Difference::new(Thing::Tool, How::Changed, "other"));
        let (first, text, _) = all.into_parts();
        let names: Vec<&str> = first.iter().take(3).map(|d| d.name.as_str()).collect();
        assert_eq!((first.len(), names), (FIRST, vec!["other", "gone", "new0"]));
        let text = text.expect("more than stand apart");
        assert_eq!(lines(&text, 0).take(3).map(|(_, d)| d.name).collect::<Vec<_>>(), ["other", "gone", "new0"]);
    }

    #[test]
    fn few_need_no_text_and_too_many_are_counted() {
        let mut few = Differences::default();
        few.push(Difference::new(Thing::Identity, How::Removed, "a"));
        assert!(few.into_parts().1.is_none());
        let mut many = Differences::default();
        let long = "x".repeat(1500);
        for _ in 0..7000 {
            many.push(Difference::new(Thing::Tool, How::Changed, "t").with_words(&long, &long));
        }
        let (_, text, left_out) = many.into_parts();
        let kept = lines(&text.expect("kept"), 0).count() as u64;
        assert!(left_out > 0 && kept + left_out == 7000, "{kept} {left_out}");
    }
}
