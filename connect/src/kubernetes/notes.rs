//! What the reader of an import's result should know, in the order of how much it matters. Of what there may be thousands
//! the first are named and the rest counted; nothing is left out in silence.

use std::collections::BTreeMap;

/// Notes of one topic that are said one by one, and places that one note names.
const SAID: usize = 40;
const NAMED: usize = 100;

/// What a note is about. The order is the order of the notes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Topic {
    /// Who holds a role without being anybody in particular.
    Anybody,
    Groups,
    Defaults,
    Namespaces,
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
            Self::Anybody => "bindings of anybody",
            Self::Groups => "groups that hold a role",
            Self::Defaults => "roles taken from Kubernetes' defaults",
            Self::Namespaces => "notes on namespaces",
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
            Self::NoKind => "document without a kind",
            Self::Empty => "empty file",
            Self::Unread => "file or object that cannot be read",
        }
    }

    fn says(self) -> &'static str {
        match self {
            Self::Helm => "Skipped Helm templates, which are not rendered (run helm template and import what comes out)",
            Self::Patch => "Skipped patches for kustomize (run kustomize build and import what comes out)",
            Self::JsonPatch => "Skipped JSON patches",
            Self::NoKind => "Skipped documents without a kind, which are no Kubernetes objects",
            Self::Empty => "Skipped empty files",
            Self::Unread => "Skipped",
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
        *self.skipped.entry(kind.to_owned()).or_default() += 1;
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
        self.elsewhere.entry(kind_of).or_default().add(place);
    }

    pub(super) fn skips(&self, why: Skip) -> u64 {
        self.skipped.get(why.counted()).copied().unwrap_or(0)
    }

    /// The first thing that was skipped, for an input in which nothing else is.
    pub(super) fn first_skip(&self) -> Option<String> {
        let (why, places) = self.places.first_key_value()?;
        Some(format!("{}: {}", why.says().to_lowercase(), places.first.first()?))
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
            out.push(format!("Skipped {kind_of}, which grants nothing in Kubernetes: {}", places.named()));
        }
        out.extend(self.places.into_iter().map(|(why, places)| format!("{}: {}", why.says(), places.named())));
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
        if self.first.len() < NAMED {
            self.first.push(place);
        } else {
            self.more += 1;
        }
    }

    fn named(&self) -> String {
        let shown = self.first.join("; ");
        if self.more > 0 { format!("{shown}; … and {} more", self.more) } else { shown }
    }
}
