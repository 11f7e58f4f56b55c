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

    /// What moved, as a person says it: `62 tools added, 14 removed, 19 changed; 1 surface changed`.
    pub fn moved(&self) -> String {
        let kinds = self.kinds().into_iter().filter(|(_, _, t)| t.moved());
        let one = |(one, many, t): (&str, &str, Tally)| {
            let figures = [(t.added, "added"), (t.removed, "removed"), (t.changed, "changed")];
            let said: Vec<String> = figures
                .into_iter()
                .filter(|(n, _)| *n > 0)
                .enumerate()
                .map(|(place, (n, how))| match place {
                    0 => format!("{n} {} {how}", if n == 1 { one } else { many }),
                    _ => format!("{n} {how}"),
                })
                .collect();
            said.join(", ")
        };
        kinds.map(one).collect::<Vec<_>>().join("; ")
    }

    /// How many things are added, removed or changed, by name.
    pub fn changes(&self) -> u64 {
        self.kinds().into_iter().map(|(_, _, t)| t.added + t.removed + t.changed).sum()
    }

    /// What was counted and passed over: `1 CustomResourceDefinition, 8 Service`.
    pub fn passed_over(&self) -> String {
        self.skipped.iter().map(|(kind, n)| format!("{n} {}", domain::text::capped(kind, 60))).collect::<Vec<_>>().join(", ")
    }

    /// The figures of what has a name, each with its words.
    pub fn kinds(&self) -> [(&'static str, &'static str, Tally); 6] {
        [
            ("identity", "identities", self.identities),
            ("permission set", "permission sets", self.permission_sets),
            ("grant", "grants", self.grants),
            ("tool", "tools", self.tools),
            ("surface", "surfaces", self.surfaces),
            ("credential", "credentials", self.credentials),
        ]
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
