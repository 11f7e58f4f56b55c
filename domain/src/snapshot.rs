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
    pub hints: BTreeMap<String, String>,
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

/// A grant: indexes into the lists of the snapshot.
#[derive(Clone, Debug)]
pub struct SeenGrant {
    pub identity: u32,
    pub set: Option<u32>,
    pub rule: u32,
    pub via: Via,
    pub via_name: String,
    /// Microseconds; none is standing.
    pub ends_at: Option<i64>,
}

#[derive(Clone, Debug)]
pub struct SeenSurface {
    pub identity: u32,
    pub kind: surface::Kind,
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
    pub grants: Vec<SeenGrant>,
    pub surfaces: Vec<SeenSurface>,
    pub tools: Vec<SeenTool>,
    pub credentials: Vec<SeenCredential>,
    /// The input speaks of its permission sets only; nothing else of the source is compared.
    pub sets_only: bool,
    /// Things the reader of the result should know, in words.
    pub notes: Vec<String>,
    /// Kinds of objects that were counted and skipped.
    pub skipped: BTreeMap<String, u64>,
}

/// Rules, each kept once.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    list: Vec<(Rule, String)>,
    by_key: HashMap<String, u32>,
}

impl Rules {
    /// The index of a rule, adding it where it is new.
    pub fn intern(&mut self, rule: Rule) -> u32 {
        let key = rule.content_key();
        if let Some(at) = self.by_key.get(&key) {
            return *at;
        }
        let at = self.list.len() as u32;
        self.by_key.insert(key.clone(), at);
        self.list.push((rule, key));
        at
    }

    pub fn get(&self, at: u32) -> &Rule {
        &self.list[at as usize].0
    }

    pub fn key(&self, at: u32) -> &str {
        &self.list[at as usize].1
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Rule, &str)> {
        self.list.iter().map(|(r, k)| (r, k.as_str()))
    }
}

impl Snapshot {
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
