//! The one list of tables: what each is, its key, and the columns its row digest covers.
//! `verify`, the writer and the tests walk this list; a column missing here is a column nobody checks,
//! so a test compares it with the live schema on both engines. It must hold no SQL.

use domain::facts::ColumnKind;

mod changes;
mod inventory;
mod ledger;
mod people;

pub use changes::*;
pub use inventory::*;
pub use ledger::*;
pub use people::*;

/// What may happen to a table's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Opened and closed by ledger entries; covered by `facts`.
    Governed,
    /// Append-only, carries `seq`; covered by `facts`.
    Recorded,
    /// Carries `since` and `until` but is computed from governed rows and can be rebuilt.
    Side,
}

/// One column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub name: &'static str,
    pub kind: ColumnKind,
    /// Erased by redaction, so the row digest leaves it out.
    pub redactable: bool,
}

/// One table.
#[derive(Debug)]
pub struct Table {
    pub name: &'static str,
    /// The table of unchanging ids, where rows have versions.
    pub anchor: Option<&'static str>,
    pub kind: Kind,
    /// Names of the primary key's columns, in order.
    pub key: &'static [&'static str],
    /// All columns but `since`, `until` and `row_digest`, in canonical order.
    pub columns: &'static [Column],
}

const fn c(name: &'static str, kind: ColumnKind) -> Column {
    Column { name, kind, redactable: false }
}

const fn erasable(name: &'static str, kind: ColumnKind) -> Column {
    Column { name, kind, redactable: true }
}

/// Every table that entries open, close or add rows in, by name: the order of the facts digest.
pub static ALL: &[&Table] = &[
    &ANCHORS,
    &APPLICATIONS,
    &AUTHENTICATORS,
    &BATCH_ENDS,
    &BATCHES,
    &BLOBS,
    &CANDIDATES,
    &CHANGE_VERSIONS,
    &COMMENTS,
    &CONSENTS,
    &COUNTS,
    &CREDENTIAL_VERSIONS,
    &DECISIONS,
    &EXTERNAL_KEYS,
    &GRANTS,
    &GROUP_MEMBERS,
    &GROUP_VERSIONS,
    &IDENTITY_FACTS,
    &IDENTITY_VERSIONS,
    &IMPORTS,
    &LOOP_VERDICTS,
    &OBSERVATIONS,
    &PERMISSION_SET_VERSIONS,
    &PERSON_VERSIONS,
    &POLICY_VERSIONS,
    &REDACTIONS,
    &RESOURCE_VERSIONS,
    &RETENTIONS,
    &ROLE_ASSIGNMENTS,
    &RULE_CLASSES,
    &RULES,
    &SET_RULES,
    &SETTING_VERSIONS,
    &SIGNALS,
    &SOURCE_VERSIONS,
    &SURFACE_VERSIONS,
    &TEAM_VERSIONS,
    &TOKENS,
    &TOOLS,
];

impl Table {
    /// Finds a table by name.
    pub fn named(name: &str) -> Option<&'static Table> {
        ALL.iter().copied().find(|t| t.name == name)
    }

    /// True where the row digest counts in `facts`.
    pub fn is_committed(&self) -> bool {
        self.kind != Kind::Side
    }

    /// True where rows carry `since` and `until`; recorded rows carry `seq` as a column of their own.
    pub fn has_span(&self) -> bool {
        self.kind != Kind::Recorded
    }

    /// The position of a column.
    pub fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.name == column)
    }
}
