//! What of a source is adopted (decisions C5): whatever it saw up to a position becomes what people countersigned, under one
//! root. What is privileged, or reaches the holder's own surfaces, stands apart: it is adopted in a change of its own, which
//! routes as if it were added. Rows of one set and rule count once.

use super::content::{MatchKey, SetRef};
use crate::facts::opened_leaf;
use crate::identity::{Criticality, Environment};
use crate::ids::SourceId;
use crate::merkle::{self, Frontier, Hash};
use crate::privilege::{self, Class};
use crate::rule::{Effect, Rule, Via};
use crate::seq::Seq;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Rules of what stands apart that one change adopts: as many as people read to the end (decisions C11).
pub const APART_MOST: usize = 50;
/// Groups that are named one by one; the others are counted in the groups of their class.
pub const GROUPS_MOST: usize = 200;

/// Everything but what is asked for is computed: whoever proposes names the source, the place, what stays out, and whether it
/// is what stands apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adopt {
    pub source: SourceId,
    /// The account or namespace; none for all of the source.
    pub scope: Option<String>,
    pub position: Seq,
    /// Grants that stay out.
    pub except: BTreeSet<MatchKey>,
    /// Of what stands apart these rules and nothing else; none: everything but what stands apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apart: Option<Vec<Apart>>,
    /// Rows by table, and grants by highest class.
    pub rows: BTreeMap<String, u64>,
    pub classes: BTreeMap<String, u64>,
    /// Most grants first.
    pub groups: Vec<Group>,
    /// Grants that stand apart and are not adopted by this.
    pub left: u64,
    /// Where it stands, each once.
    pub stands: Vec<Stand>,
    /// Hex of the Merkle root over what was observed and is not countersigned, see `Root`.
    pub root: String,
}

/// One set and rule that stand apart, with who holds them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Apart {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<SetRef>,
    pub rule: Rule,
    pub holders: u64,
    /// Holders who could write a surface of their own by it.
    pub steering: u64,
    /// When the last of it ends; none where some of it never does.
    #[serde(default, with = "super::content::instant", skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
}

/// Grants of one class, one place and one set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// None of denies and boundaries, which give nothing.
    pub class: Option<Class>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Kind and key; none of grants of no set, and of the rest that is not named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<String>,
    pub grants: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stand {
    pub environment: Environment,
    pub criticality: Criticality,
}

/// What a grant is by itself, whoever holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// None of denies and boundaries.
    pub class: Option<Class>,
    pub wildcard: bool,
}

/// How a grant of a rule counts.
pub fn judged(rule: &Rule, via: Via) -> Judged {
    if rule.effect == Effect::Deny || via == Via::Boundary {
        return Judged { class: None, wildcard: false };
    }
    let classes = privilege::judge(rule).classes;
    Judged { class: classes.highest(), wildcard: classes.wildcard() }
}

impl Judged {
    /// True where it stands apart, whoever holds it.
    pub fn is_apart(self) -> bool {
        self.wildcard || self.class.is_some_and(Class::is_privileged)
    }

    /// The word it is counted under.
    pub fn word(self) -> &'static str {
        self.class.map_or("none", Class::as_str)
    }
}

/// Tables whose rows are adopted, in the order of the root.
pub const TABLES: [&str; 3] = ["grants", "identity_versions", "surface_versions"];

/// A tree for each table over (table, key, row digest) in the order of the keys, and one over these trees.
#[derive(Clone, Debug, Default)]
pub struct Root([Frontier; TABLES.len()]);

impl Root {
    /// Adds a row of one of `TABLES`; those of a table come in the order of their keys.
    pub fn push(&mut self, table: &str, key: &str, digest: &Hash) {
        if let Some(at) = TABLES.iter().position(|name| *name == table) {
            self.0[at].push(opened_leaf(table, key.as_bytes(), digest));
        }
    }

    pub fn size(&self) -> u64 {
        self.0.iter().map(Frontier::size).sum()
    }

    pub fn hex(&self) -> String {
        let leaves = TABLES.iter().zip(&self.0).map(|(table, tree)| opened_leaf(table, &tree.size().to_be_bytes(), &tree.root()));
        hex::encode(merkle::root(leaves))
    }
}

/// How many grants there are of a class, a place and a permission set.
pub type Grouped = BTreeMap<(Option<Class>, Option<String>, Option<String>), u64>;

/// The groups that are named, most grants first; the rest of a class is one group of it.
pub fn named(all: Grouped) -> Vec<Group> {
    let mut out: Vec<Group> = all.into_iter().map(|((class, place, set), grants)| Group { class, place, set, grants }).collect();
    // The sort keeps the order of equal ones: the same rows give the same groups.
    out.sort_by_key(|group| std::cmp::Reverse(group.grants));
    let mut rest: BTreeMap<Option<Class>, u64> = BTreeMap::new();
    for group in out.drain(GROUPS_MOST.min(out.len())..) {
        *rest.entry(group.class).or_default() += group.grants;
    }
    out.extend(rest.into_iter().map(|(class, grants)| Group { class, place: None, set: None, grants }));
    out
}
