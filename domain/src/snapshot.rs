//! What one input says about a source: the common shape every importer fills, before anything is compared
//! or stored. Secrets never reach it. It must not know where the input came from.

use crate::identity::{self, Environment, Human};
use crate::rule::{Rule, Via};
use crate::surface;
use std::collections::{BTreeMap, HashMap};

crate::words! {
    /// The input formats.
    Format {
        Aws = "aws", "AWS account authorization details";
        Kubernetes = "kubernetes", "Kubernetes manifests";
        Mcp = "mcp", "MCP tools or configuration";
        A2a = "a2a", "A2A agent card";
        Csv = "csv", "CSV";
        Countersign = "countersign", "Countersign JSON";
    }
}

impl Format {
    /// The kind of source that a first input of this format makes.
    pub fn source(self) -> crate::source::SourceKind {
        use crate::source::SourceKind;
        match self {
            Self::Aws => SourceKind::Aws,
            Self::Kubernetes => SourceKind::Kubernetes,
            Self::Mcp => SourceKind::Mcp,
            Self::A2a => SourceKind::A2a,
            Self::Csv => SourceKind::Csv,
            Self::Countersign => SourceKind::Countersign,
        }
    }
}

/// Names and values, few to an identity and many in all: kept in one small list.
#[derive(Clone, Debug, Default)]
pub struct Hints(Vec<(Box<str>, Box<str>)>);

impl Hints {
    /// Sets a value; the last one said counts.
    pub fn insert(&mut self, name: &str, value: &str) {
        match self.0.iter_mut().find(|(n, _)| **n == *name) {
            Some((_, v)) => *v = value.into(),
            None => self.0.push((name.into(), value.into())),
        }
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| **n == *name).map(|(_, v)| &**v)
    }

    /// Lets a function change values.
    pub fn each_value(&mut self, mut change: impl FnMut(&str, &mut String)) {
        for (name, value) in &mut self.0 {
            let mut text = String::from(&**value);
            change(name, &mut text);
            if *text != **value {
                *value = text.into();
            }
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(n, v)| (&**n, &**v))
    }
}

impl FromIterator<(String, String)> for Hints {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(all: I) -> Self {
        let mut out = Self::default();
        for (name, value) in all {
            out.insert(&name, &value);
        }
        out
    }
}

/// An identity as a source names it.
#[derive(Clone, Debug)]
pub struct SeenIdentity {
    /// The external key: kind and key within the source.
    pub key_kind: &'static str,
    pub key: String,
    pub kind: identity::Kind,
    pub name: String,
    pub human: Option<(Human, String)>,
    pub platform_managed: bool,
    /// Why access is unknown in part, for example an attached policy that the file does not hold.
    pub unknown_access: Vec<String>,
    /// Tags and the like: hints for environment, team and owner; they never route.
    pub hints: Hints,
}

/// A permission set.
#[derive(Clone, Debug)]
pub struct SeenSet {
    pub kind: &'static str,
    pub key: String,
    pub name: String,
    pub version: Option<String>,
    /// False where it is referred to and not in the input.
    pub present: bool,
}

/// A grant: indexes into the lists of the snapshot. There are millions of them, so each is 24 bytes.
#[derive(Clone, Copy, Debug)]
pub struct SeenGrant {
    pub identity: u32,
    set: u32,
    pub rule: u32,
    /// Index into `Snapshot::paths`.
    pub path: u32,
    ends_at: i64,
}

const NO_SET: u32 = u32::MAX;
const NO_END: i64 = i64::MAX;

impl SeenGrant {
    /// `ends_at` in microseconds; none is standing.
    pub fn new(identity: u32, set: Option<u32>, rule: u32, path: u32, ends_at: Option<i64>) -> Self {
        Self { identity, set: set.unwrap_or(NO_SET), rule, path, ends_at: ends_at.unwrap_or(NO_END) }
    }

    pub fn set(&self) -> Option<u32> {
        (self.set != NO_SET).then_some(self.set)
    }

    pub fn ends_at(&self) -> Option<i64> {
        (self.ends_at != NO_END).then_some(self.ends_at)
    }
}

/// The paths by which grants are held, each kept once.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    list: Vec<(Via, String)>,
    by_key: HashMap<(Via, String), u32>,
}

impl Paths {
    pub fn intern(&mut self, via: Via, name: &str) -> u32 {
        let key = (via, name.to_owned());
        if let Some(at) = self.by_key.get(&key) {
            return *at;
        }
        let at = self.list.len() as u32;
        self.list.push(key.clone());
        self.by_key.insert(key, at);
        at
    }

    pub fn get(&self, at: u32) -> (Via, &str) {
        let (via, name) = &self.list[at as usize];
        (*via, name)
    }

    /// Changes names in place; nothing is added afterwards.
    pub fn each_name(&mut self, mut change: impl FnMut(&mut String)) {
        self.list.iter_mut().for_each(|(_, name)| change(name));
    }
}

#[derive(Clone, Debug)]
pub struct SeenSurface {
    pub identity: u32,
    pub kind: surface::SurfaceKind,
    pub locator: String,
    pub digest: Option<String>,
    pub content: Option<String>,
}

#[derive(Clone, Debug)]
pub struct SeenTool {
    pub surface: u32,
    pub name: String,
    pub drift_key: String,
    /// JSON of the annotations with defaults applied.
    pub annotations: String,
    /// JSON of the definition as the server gives it.
    pub definition: String,
}

#[derive(Clone, Debug)]
pub struct SeenCredential {
    pub identity: u32,
    pub method: String,
    pub key_id: String,
    pub issued_at: Option<i64>,
    pub expires_at: Option<i64>,
    pub state: Option<String>,
}

/// Everything one input says.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The source's name where `--source` is not given: `aws:<account>` or `mcp:<server>`.
    pub default_source: Option<String>,
    /// The environment a caller stated for the whole input.
    pub environment: Option<Environment>,
    pub identities: Vec<SeenIdentity>,
    pub sets: Vec<SeenSet>,
    pub rules: Rules,
    /// Which rules a set holds: (set, rule, display label).
    pub set_rules: Vec<(u32, u32, Option<String>)>,
    /// In the order of their holders once `sort_grants` has run.
    pub grants: Vec<SeenGrant>,
    pub paths: Paths,
    pub surfaces: Vec<SeenSurface>,
    pub tools: Vec<SeenTool>,
    pub credentials: Vec<SeenCredential>,
    /// The input speaks of its permission sets only; nothing else of the source is compared.
    pub sets_only: bool,
    /// Things the reader of the result should know, in words.
    pub notes: Vec<String>,
    /// Kinds of objects that were counted and skipped.
    pub skipped: BTreeMap<String, u64>,
    /// What the same input says of other sources, each by itself: an account is one.
    pub others: Vec<Snapshot>,
}

/// Rules, each kept once.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    list: Vec<(Rule, Box<str>)>,
    /// By the bytes of the keys: as texts a second time they were a third of what small rules take.
    by_key: HashMap<[u8; 32], u32>,
}

impl Rules {
    /// The index of a rule, adding it where it is new.
    pub fn intern(&mut self, rule: Rule) -> u32 {
        let key = rule.content_key().into_boxed_str();
        let mut bytes = [0; 32];
        // A key is the digest in digits; a rule that had none would be no rule.
        let _ = hex::decode_to_slice(&*key, &mut bytes);
        *self.by_key.entry(bytes).or_insert_with(|| {
            self.list.push((rule, key));
            (self.list.len() - 1) as u32
        })
    }

    pub fn get(&self, at: u32) -> &Rule {
        &self.list[at as usize].0
    }

    pub fn key(&self, at: u32) -> &str {
        &self.list[at as usize].1
    }

    /// The rule of a content key.
    pub fn of_key(&self, key: &str) -> Option<&Rule> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(key, &mut bytes).ok()?;
        let (rule, own) = &self.list[*self.by_key.get(&bytes)? as usize];
        (**own == *key).then_some(rule)
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Rule, &str)> {
        self.list.iter().map(|(r, k)| (r, &**k))
    }
}

impl Snapshot {
    /// Adds a grant held through a path.
    pub fn grant(&mut self, identity: u32, set: Option<u32>, rule: u32, via: Via, via_name: &str, ends_at: Option<i64>) {
        let path = self.paths.intern(via, via_name);
        self.grants.push(SeenGrant::new(identity, set, rule, path, ends_at));
    }

    /// Lets a function change rules, and names the changed ones anew. Two that become the same become one.
    pub fn change_rules(&mut self, mut change: impl FnMut(&mut Rule) -> bool) {
        let mut changed = false;
        for (rule, _) in &mut self.rules.list {
            changed |= change(rule);
        }
        if !changed {
            return;
        }
        let mut rules = Rules::default();
        let moved: Vec<u32> = std::mem::take(&mut self.rules.list).into_iter().map(|(rule, _)| rules.intern(rule.normal())).collect();
        self.rules = rules;
        self.grants.iter_mut().for_each(|g| g.rule = moved[g.rule as usize]);
        self.set_rules.iter_mut().for_each(|(_, rule, _)| *rule = moved[*rule as usize]);
        let mut seen = std::collections::HashSet::new();
        self.set_rules.retain(|(set, rule, _)| seen.insert((*set, *rule)));
        self.sort_grants();
        self.grants.dedup_by_key(|g| (g.identity, g.set, g.rule, g.path, g.ends_at));
    }

    /// Puts the grants of each identity together.
    pub fn sort_grants(&mut self) {
        self.grants.sort_unstable_by_key(|g| (g.identity, g.set, g.rule, g.path, g.ends_at));
    }

    /// The index of an identity, adding it where its key is new.
    pub fn identity(&mut self, index: &mut HashMap<(&'static str, String), u32>, seen: SeenIdentity) -> u32 {
        let key = (seen.key_kind, seen.key.clone());
        *index.entry(key).or_insert_with(|| {
            self.identities.push(seen);
            (self.identities.len() - 1) as u32
        })
    }

    /// The index of a permission set, adding it where its key is new.
    pub fn set(&mut self, index: &mut HashMap<(&'static str, String), u32>, seen: SeenSet) -> u32 {
        let key = (seen.kind, seen.key.clone());
        *index.entry(key).or_insert_with(|| {
            self.sets.push(seen);
            (self.sets.len() - 1) as u32
        })
    }
}
