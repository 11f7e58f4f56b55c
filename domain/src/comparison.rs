//! What differs between two states of the inventory, identity by identity: the one form that the preview and the record of an
//! import and two moments are shown in, made for any list of differences whose things belong to identities. It finds no
//! difference itself.

use crate::difference::{Difference, How, Thing};
use crate::ids::IdentityId;
use crate::privilege::Class;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// An identity that is other than it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    pub name: String,
    pub identity: Option<IdentityId>,
    /// Whether it came, went, or stayed and changed.
    pub how: How,
    /// The highest class it holds, where it came, or held, where it went.
    pub class: Option<Class>,
    /// What differs: nothing of one that came or went as a whole.
    pub differences: Vec<Difference>,
    /// Why not everything of it was compared.
    pub left_out: Option<String>,
}

impl Changed {
    pub fn new(name: &str, how: How) -> Self {
        let name = crate::text::capped(name, 200);
        Self { name, identity: None, how, class: None, differences: vec![], left_out: None }
    }

    pub fn of(&self, thing: Thing, how: How) -> impl Iterator<Item = &Difference> {
        self.differences.iter().filter(move |d| d.thing == thing && d.how == how)
    }

    pub fn things(&self, thing: Thing) -> impl Iterator<Item = &Difference> {
        self.differences.iter().filter(move |d| d.thing == thing)
    }

    /// As rows of a list: one that came or went is one row.
    pub fn rows(&self) -> Vec<Difference> {
        let own = || Difference { identity: self.identity, class: self.class, ..Difference::new(Thing::Identity, self.how, &self.name) };
        let note = self.left_out.as_ref().map(|why| Difference { after: Some(why.clone()), ..own() });
        match self.how {
            How::Changed => self.differences.iter().cloned().chain(note).collect(),
            How::Added | How::Removed => vec![own()],
        }
    }
}

/// The differences of a list by identity, in the order they were found, and those that belong to none. What an identity that
/// came or went brought with it or took along is counted with it.
pub fn grouped(all: impl IntoIterator<Item = Difference>) -> (Vec<Changed>, Vec<Difference>) {
    let (mut out, mut others): (Vec<Changed>, Vec<Difference>) = (vec![], vec![]);
    for d in all {
        let name = match (d.thing, &d.of) {
            (Thing::Identity, _) => d.name.clone(),
            (_, Some(of)) => of.clone(),
            (_, None) => {
                others.push(d);
                continue;
            }
        };
        let at = out.iter().position(|c| c.name == name).unwrap_or_else(|| {
            out.push(Changed::new(&name, How::Changed));
            out.len() - 1
        });
        let one = &mut out[at];
        one.identity = one.identity.or(d.identity);
        match (d.thing, d.how) {
            (Thing::Identity, how) if how != How::Changed => (one.how, one.class) = (how, d.class),
            (Thing::Identity, _) => {}
            _ => one.differences.push(d),
        }
    }
    for one in out.iter_mut().filter(|c| c.how != How::Changed) {
        one.class = one.class.or_else(|| one.differences.iter().filter_map(|d| d.class).max_by_key(|c| c.severity()));
        one.differences.clear();
    }
    (out, others)
}

/// What differs, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub added: i64,
    pub removed: i64,
    pub changed: i64,
    pub gained: i64,
    pub gaining: i64,
    pub lost: i64,
    pub terms: i64,
    pub surfaces: i64,
    pub tools: i64,
    pub records: i64,
    pub limits: i64,
    pub credentials: i64,
}

impl Figures {
    pub fn of(all: &[Changed]) -> Self {
        let identities = |how| all.iter().filter(|c| c.how == how).count() as i64;
        let things = |thing| all.iter().map(|c| c.things(thing).count() as i64).sum();
        let grants = |how| all.iter().map(|c| c.of(Thing::Grant, how).count() as i64).sum();
        Self {
            added: identities(How::Added),
            removed: identities(How::Removed),
            changed: identities(How::Changed),
            gained: grants(How::Added),
            gaining: all.iter().filter(|c| c.of(Thing::Grant, How::Added).next().is_some()).count() as i64,
            lost: grants(How::Removed),
            terms: grants(How::Changed),
            surfaces: things(Thing::Surface),
            tools: things(Thing::Tool),
            records: things(Thing::Record),
            limits: things(Thing::Limit),
            credentials: things(Thing::Credential),
        }
    }

    /// `4 identities gained 7 grants. 10 surfaces changed. No access was lost.`
    pub fn sentence(&self) -> String {
        let n = |n: i64, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
        let said = |n_: i64, one: &str, many: &str, verb: &str| (n_ > 0).then(|| format!("{} {verb}", n(n_, one, many)));
        let was = |n: i64| if n == 1 { "was" } else { "were" };
        let gained = (self.gained > 0)
            .then(|| format!("{} gained {}", n(self.gaining, "identity", "identities"), n(self.gained, "grant", "grants")));
        let parts = [
            said(self.added, "identity", "identities", &format!("{} added", was(self.added))),
            said(self.removed, "identity", "identities", &format!("{} removed", was(self.removed))),
            gained,
            said(self.lost, "grant", "grants", &format!("{} lost", was(self.lost))),
            said(self.terms, "grant", "grants", "changed terms"),
            said(self.limits, "deny or boundary", "denies or boundaries", "changed"),
            said(self.surfaces, "surface", "surfaces", "changed"),
            said(self.tools, "tool", "tools", "changed"),
            said(self.records, "field of a record", "fields of records", "changed"),
            said(self.credentials, "credential", "credentials", "changed"),
        ];
        let said: Vec<String> = parts.into_iter().flatten().collect();
        match (said.is_empty(), self.gained > 0 && self.lost == 0 && self.removed == 0) {
            (true, _) => "Nothing changed.".to_owned(),
            (false, true) => format!("{}. No access was lost.", said.join(". ")),
            (false, false) => format!("{}.", said.join(". ")),
        }
    }
}

crate::words! {
    /// What a line of a text holds its reader to.
    Restraint {
        Prohibition = "prohibition", "prohibition";
        Escalation = "escalation", "escalation step";
    }
}

/// Words that forbid, and words that bring a person in. A reader of lines, not of meaning: it only decides what is shown first.
const FORBIDS: [&str; 12] =
    ["never", "must not", "do not", "don't", "may not", "cannot", "can't", "forbidden", "prohibited", "not allowed", "read-only", "only"];
const ESCALATES: [&str; 10] =
    ["escalate", "hand over", "ask a person", "to a person", "a human", "approval", "approve", "page the", "page a person", "confirm with"];

/// What a line holds its reader to, where it says so.
pub fn restraint(line: &str) -> Option<Restraint> {
    let line = crate::text::folded(line);
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| contains_words(&line, phrase));
    match (says(&FORBIDS), says(&ESCALATES)) {
        (true, _) => Some(Restraint::Prohibition),
        (_, true) => Some(Restraint::Escalation),
        (false, false) => None,
    }
}

/// Whether whole words of a line are these.
fn contains_words(line: &str, phrase: &str) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    line.match_indices(phrase).any(|(at, _)| !is_word(line[..at].chars().next_back()) && !is_word(line[at + phrase.len()..].chars().next()))
}

/// The lines of a text that hold their reader to something and are not in what it became, and what each says.
pub fn dropped<'a>(before: &'a str, after: &str) -> Vec<(Restraint, &'a str)> {
    let plain = |line: &str| crate::text::folded(line.trim());
    let there: Vec<String> = after.lines().map(plain).collect();
    let gone = before.lines().filter(|line| !there.contains(&plain(line)));
    gone.filter_map(|line| Some((restraint(line)?, line.trim()))).collect()
}

/// What a source reports about an identity, name by name, where it reports another value: the name, what it said, what it says.
pub fn reported(before: Option<&str>, after: Option<&str>) -> Vec<(String, Option<String>, Option<String>)> {
    let read = |text: Option<&str>| text.and_then(|t| serde_json::from_str::<BTreeMap<String, Value>>(t).ok()).unwrap_or_default();
    let said = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let (old, new) = (read(before), read(after));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let moved = names.into_iter().filter(|name| old.get(*name) != new.get(*name));
    moved.map(|name| (crate::text::capped(name, 60), old.get(name).map(said), new.get(name).map(said))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(thing: Thing, how: How, name: &str, of: &str) -> Difference {
        Difference::new(thing, how, name).of(of)
    }

    #[test]
    fn differences_stand_by_identity_and_what_came_or_went_is_one() {
        let all = vec![
            one(Thing::Grant, How::Added, "write", "a").class(Some(Class::Write)),
            Difference::new(Thing::PermissionSet, How::Changed, "Readers"),
            Difference::new(Thing::Identity, How::Added, "new"),
            one(Thing::Grant, How::Added, "admin", "new").class(Some(Class::Admin)),
            one(Thing::Surface, How::Changed, "instructions", "a"),
            one(Thing::Grant, How::Removed, "read", "b"),
        ];
        let (groups, others) = grouped(all);
        let said: Vec<_> = groups.iter().map(|c| (c.name.as_str(), c.how, c.class, c.differences.len())).collect();
        assert_eq!(said, [("a", How::Changed, None, 2), ("new", How::Added, Some(Class::Admin), 0), ("b", How::Changed, None, 1)]);
        assert_eq!(others.len(), 1);
        let figures = Figures::of(&groups);
        assert_eq!((figures.gained, figures.gaining, figures.lost, figures.added, figures.changed), (1, 1, 1, 1, 2));
        assert_eq!(figures.sentence(), "1 identity was added. 1 identity gained 1 grant. 1 grant was lost. 1 surface changed.");
        assert_eq!(Figures::default().sentence(), "Nothing changed.");
        assert_eq!(groups[1].rows().len(), 1, "one that came is one row");
    }

    #[test]
    fn what_a_source_reports_differs_name_by_name() {
        let (old, new) = (r#"{"env":"dev","team":"crm"}"#, r#"{"env":"prod","team":"crm","tier":"1"}"#);
        let text = |t: &str| Some(t.to_owned());
        let expected = [("env".to_owned(), text("dev"), text("prod")), ("tier".to_owned(), None, text("1"))];
        assert_eq!(reported(Some(old), Some(new)), expected);
        assert!(reported(Some(old), Some(old)).is_empty());
        assert!(reported(None, Some("no object")).is_empty());
    }

    #[test]
    fn what_was_forbidden_and_is_no_more_is_found_by_whole_words() {
        let before = "Answer customers.\nNever refund; hand over to a person.\nPage the person on call.\nThe nevertheless clause.";
        let after = "Answer customers.\nRefund quickly.\npage the person on call.";
        assert_eq!(dropped(before, after), [(Restraint::Prohibition, "Never refund; hand over to a person.")]);
        assert_eq!(restraint("Escalate to a human."), Some(Restraint::Escalation));
        assert_eq!(restraint("The nevertheless clause."), None);
    }
}
