//! What the reader of an import's result should know, in the order of how much it matters. Of what there may be thousands
//! the first are named and the rest counted; nothing is left out in silence.

use std::collections::BTreeMap;

/// Notes of one topic that are said one by one, and places that are named of one reason.
const SAID: usize = 40;
const NAMED: usize = 200;
/// How long a note may be: pages cut longer ones off.
const LENGTH: usize = 280;
/// How many kinds are told apart, and how long the name of one may be.
const KINDS: usize = 500;
const KIND: usize = 100;

/// What a note is about. The order is the order of the notes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Topic {
    /// That the input holds nothing of what is read.
    Nothing,
    /// Who holds a role without being anybody in particular.
    Anybody,
    Groups,
    Defaults,
    Namespaces,
    Kustomize,
    Repeats,
    NoEffect,
    Aggregation,
    Beside,
    Pages,
    Refused,
}

impl Topic {
    fn more(self) -> &'static str {
        match self {
            Self::Nothing => "notes on what is missing",
            Self::Anybody => "bindings of anybody",
            Self::Groups => "groups that hold a role",
            Self::Defaults => "roles taken from Kubernetes' defaults",
            Self::Namespaces => "notes on namespaces",
            Self::Kustomize => "notes on kustomizations",
            Self::Repeats => "objects said more than once",
            Self::NoEffect => "bindings that take no effect in part",
            Self::Aggregation => "aggregated roles",
            Self::Beside => "things that were not read",
            Self::Pages => "lists in pages",
            Self::Refused => "files or objects that were not read",
        }
    }
}

/// Why something of an input is no object that is read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Skip {
    Helm,
    Patch,
    JsonPatch,
    OpenShift,
    NoKind,
    Empty,
    /// Not text, not YAML, or an object that the API server refuses.
    Unread,
}

impl Skip {
    /// How it is counted beside the kinds of objects.
    fn counted(self) -> &'static str {
        match self {
            Self::Helm => "Helm template",
            Self::Patch => "kustomize patch",
            Self::JsonPatch => "JSON patch",
            Self::OpenShift => "Template",
            Self::NoKind => "document without a kind",
            Self::Empty => "empty file",
            Self::Unread => "file or object that cannot be read",
        }
    }

    fn says(self) -> &'static str {
        match self {
            Self::Helm => "Skipped Helm templates",
            Self::Patch => "Skipped patches for kustomize",
            Self::JsonPatch => "Skipped JSON patches",
            Self::OpenShift => "Skipped templates of OpenShift",
            Self::NoKind => "Skipped documents without a kind",
            Self::Empty => "Skipped empty files",
            Self::Unread => "Skipped",
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Self::Helm => ", which are not rendered (run helm template and import what comes out)",
            Self::Patch => " (run kustomize build and import what comes out)",
            Self::OpenShift => ", whose objects are not processed (run oc process and import what comes out)",
            Self::NoKind => ", which are no Kubernetes objects",
            Self::JsonPatch | Self::Empty | Self::Unread => "",
        }
    }
}

#[derive(Default)]
pub(super) struct Notes {
    pub(super) skipped: BTreeMap<String, u64>,
    places: BTreeMap<Skip, Places>,
    /// Kinds of ours in API groups that are not: by kind and group, where they stand.
    elsewhere: BTreeMap<String, Places>,
    said: BTreeMap<Topic, (Vec<String>, u64)>,
}

impl Notes {
    /// Says something once.
    pub(super) fn say(&mut self, topic: Topic, note: String) {
        let (said, more) = self.said.entry(topic).or_default();
        if said.contains(&note) {
        } else if said.len() < SAID {
            said.push(note);
        } else {
            *more += 1;
        }
    }

    pub(super) fn count(&mut self, kind: &str) {
        let kind: String = kind.chars().filter(|c| !c.is_control()).take(KIND).collect();
        let kind = if self.skipped.len() < KINDS || self.skipped.contains_key(&kind) { kind } else { "other kinds".to_owned() };
        *self.skipped.entry(kind).or_default() += 1;
    }

    pub(super) fn skip(&mut self, why: Skip, place: String) {
        self.count(why.counted());
        if why == Skip::Unread {
            self.say(Topic::Refused, format!("{} {place}", why.says()));
        } else {
            self.places.entry(why).or_default().add(place);
        }
    }

    /// A kind of ours whose API group is another one.
    pub(super) fn elsewhere(&mut self, kind_of: String, place: String) {
        self.count(&kind_of);
        let known = self.elsewhere.len() < KINDS || self.elsewhere.contains_key(&kind_of);
        let kind_of = if known { kind_of } else { "kinds of other groups".to_owned() };
        self.elsewhere.entry(kind_of).or_default().add(place);
    }

    pub(super) fn skips(&self, why: Skip) -> u64 {
        self.skipped.get(why.counted()).copied().unwrap_or(0)
    }

    /// The first thing that was skipped, for an input in which nothing else is.
    pub(super) fn first_skip(&self) -> Option<String> {
        let (why, places) = self.places.first_key_value()?;
        Some(format!("skipped {}: {}", why.counted(), places.first.first()?))
    }

    pub(super) fn into_list(self) -> Vec<String> {
        let mut out = Vec::new();
        for (topic, (said, more)) in self.said {
            out.extend(said);
            if more > 0 {
                out.push(format!("… and {more} more {}", topic.more()));
            }
        }
        for (kind_of, places) in self.elsewhere {
            places.say(&format!("Skipped {kind_of}"), ", which grants nothing in Kubernetes", &mut out);
        }
        for (why, places) in self.places {
            places.say(why.says(), why.advice(), &mut out);
        }
        out
    }
}

/// The first places of many, and how many more there are.
#[derive(Default)]
struct Places {
    first: Vec<String>,
    more: u64,
}

impl Places {
    fn add(&mut self, place: String) {
        if self.first.last() == Some(&place) {
            // Several of one file.
        } else if self.first.len() < NAMED {
            self.first.push(place);
        } else {
            self.more += 1;
        }
    }

    /// Names them in as many notes as it takes. What stands in the folder of the one before is named without the folder.
    fn say(&self, what: &str, advice: &str, out: &mut Vec<String>) {
        let mut note = format!("{what}{advice}: ");
        let mut last: Option<&str> = None;
        for place in &self.first {
            let (folder, name) = place.rsplit_once('/').unwrap_or(("", place));
            let more = match last {
                Some(before) if before == folder => format!(", {name}"),
                Some(_) => format!("; {place}"),
                None => place.clone(),
            };
            if last.is_some() && note.len() + more.len() > LENGTH {
                out.push(std::mem::replace(&mut note, format!("{what}, continued: {place}")));
            } else {
                note.push_str(&more);
            }
            last = Some(folder);
        }
        if self.more > 0 {
            note.push_str(&format!("; … and {} more", self.more));
        }
        out.push(note);
    }
}
