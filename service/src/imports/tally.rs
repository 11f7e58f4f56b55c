//! What an import found and changed, as the API, the command line and the pages show it.

use domain::difference::Difference;
use domain::ids::BlobId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};

/// Figures for one kind of thing. `total` is what the source holds after the import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub total: u64,
    pub added: u64,
    pub removed: u64,
    pub changed: u64,
}

impl Tally {
    pub fn moved(self) -> bool {
        self.added + self.removed + self.changed > 0
    }

    /// From the sets before and after.
    pub fn between<T: Eq + std::hash::Hash>(before: &HashSet<T>, after: &HashSet<T>) -> Self {
        Self {
            total: after.len() as u64,
            added: after.difference(before).count() as u64,
            removed: before.difference(after).count() as u64,
            changed: 0,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// The result of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    pub source: String,
    pub format: String,
    #[serde(default)]
    pub dry_run: bool,
    /// True where the source holds exactly this already.
    pub unchanged: bool,
    /// The ledger position, where something was written.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub seq: Option<domain::seq::Seq>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub import: Option<String>,
    /// Why the import will ask before it removes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub needs_confirmation: Option<String>,
    pub identities: Tally,
    pub permission_sets: Tally,
    pub grants: Tally,
    pub units: Tally,
    pub actions: Tally,
    pub tools: Tally,
    pub surfaces: Tally,
    pub credentials: Tally,
    /// What moves, by name: the first of each kind. Grants of identities that come or go are counted with them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
    /// Where all of it stands, where that is more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all_differences: Option<BlobId>,
    /// True of a preview whose job has a file of all of it.
    #[serde(default)]
    pub file: bool,
    /// How many differences have no name there: they are too many.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub not_named: u64,
    pub notes: Vec<String>,
    /// Kinds of objects that were counted and skipped.
    pub skipped: BTreeMap<String, u64>,
    /// What became of the other sources that the same input speaks of.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub others: Vec<Outcome>,
}

impl Outcome {
    /// The first, with the others beside it.
    pub(super) fn of_several(all: Vec<Self>) -> Self {
        let mut all = all.into_iter();
        let first = all.next().unwrap_or_default();
        Self { others: all.collect(), ..first }
    }

    /// Each figure with its word, in the order shown.
    pub fn tallies(&self) -> [(&'static str, Tally); 8] {
        [
            ("identities", self.identities),
            ("permission sets", self.permission_sets),
            ("grants", self.grants),
            ("units", self.units),
            ("actions", self.actions),
            ("tools", self.tools),
            ("surfaces", self.surfaces),
            ("credentials", self.credentials),
        ]
    }
}
