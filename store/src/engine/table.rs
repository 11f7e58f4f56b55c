//! How a table is declared: once, as a struct of its columns and a `Table` beside it. From the two come the registry
//! that the writer, `verify` and the tests walk, the row that is read and written, the lists of columns in statements,
//! and the SQL of both engines (`schema`). It must hold no statement of its own.

use super::require::Require;
use super::rows::{Close, Row, key_of};
use domain::facts::{ColumnKind, Value};
use domain::seq::Seq;

/// What may happen to a table's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableKind {
    /// Opened and closed by ledger entries; covered by `facts`.
    Governed,
    /// Append-only, carries `seq`; covered by `facts`.
    Recorded,
    /// Append-only; what it holds is covered otherwise: by the tree, by checkpoints, by an anchor a minute.
    Log,
    /// May change and go; never shown as of the past.
    Operational,
}

/// One column, as its type in the row says.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub name: &'static str,
    pub kind: ColumnKind,
    pub nullable: bool,
    /// The words it is bound to.
    pub words: Option<&'static [&'static str]>,
    /// Erased by redaction, so the row digest leaves it out.
    pub redactable: bool,
    /// Added after the first schema: stands last, may be empty, and is left out of the digest while it is.
    pub later: bool,
    /// The table whose `id` it must name.
    pub target: Option<&'static str>,
}

/// An index over columns, perhaps of some rows only.
#[derive(Clone, Copy, Debug)]
pub struct Index {
    pub name: &'static str,
    pub columns: &'static [&'static str],
    pub unique: bool,
    pub rows: Rows,
}

/// Which rows an index holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    All,
    Open,
    /// Those of which a condition holds.
    Where(&'static str),
    /// The open ones of which a condition holds.
    OpenWhere(&'static str),
}

/// A rule of a table's own, beyond what its kind brings: what the database refuses, the same on both engines.
#[derive(Clone, Copy, Debug)]
pub struct Refusal {
    pub name: &'static str,
    pub on: Event,
    /// Of which rows it is asked, by their own columns: the others cost nothing. Empty: of all.
    pub only: &'static str,
    /// True of the rows that are refused; `NEW` or `OLD` is the row.
    pub when: &'static str,
    pub message: &'static str,
}

/// What is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    Insert,
    Delete,
}

/// One table.
#[derive(Debug)]
pub struct Table {
    pub name: &'static str,
    /// One sentence or two for whoever reads the schema.
    pub about: &'static str,
    /// The table of unchanging ids, where rows have versions.
    pub anchor: Option<&'static str>,
    pub kind: TableKind,
    /// Names of the primary key's columns, in order.
    pub key: &'static [&'static str],
    /// All columns but `since`, `until` and `row_digest`, in canonical order.
    pub columns: &'static [Column],
    /// Columns of which only one open row may have the same values; where rows have a batch, one of those without and
    /// one of each batch: what a dead import left must not stand in the way of the next.
    pub one_open: &'static [&'static str],
    pub indexes: &'static [Index],
    /// Conditions that every row meets.
    pub checks: &'static [&'static str],
    /// Sets of columns that no two rows share.
    pub unique: &'static [&'static [&'static str]],
    pub refusals: &'static [Refusal],
    /// For tables that take millions: PostgreSQL checks the position of inserted rows once per statement, and SQLite keeps
    /// nothing to undo a statement alone.
    pub bulk: bool,
}

impl Table {
    /// What a declaration leaves out.
    pub const PLAIN: Self = Self {
        name: "",
        about: "",
        anchor: None,
        kind: TableKind::Governed,
        key: &["id"],
        columns: &[],
        one_open: &[],
        indexes: &[],
        checks: &[],
        unique: &[],
        refusals: &[],
        bulk: false,
    };

    /// True where the row digest counts in `facts`.
    pub fn is_committed(&self) -> bool {
        matches!(self.kind, TableKind::Governed | TableKind::Recorded)
    }

    /// True where rows carry `since` and `until`; recorded rows carry `seq` as a column of their own.
    pub fn has_span(&self) -> bool {
        self.kind == TableKind::Governed
    }

    /// True where rows may belong to a batch that is not live. Rules are content: they stand once, whoever brought them.
    pub fn is_batched(&self) -> bool {
        self.has_span() && self.name != "rules" && self.position("batch").is_some()
    }

    /// The position of a column.
    pub fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.name == column)
    }
}

/// An index over all rows.
pub const fn index(name: &'static str, columns: &'static [&'static str]) -> Index {
    Index { name, columns, unique: false, rows: Rows::All }
}

/// An index over open rows.
pub const fn index_open(name: &'static str, columns: &'static [&'static str]) -> Index {
    Index { name, columns, unique: false, rows: Rows::Open }
}

/// An index over the rows a condition names.
pub const fn index_where(name: &'static str, columns: &'static [&'static str], rows: Rows) -> Index {
    Index { name, columns, unique: false, rows }
}

/// A row of a declared table: what a struct made by `row!` can do.
pub trait Declared: Sized {
    const TABLE: &'static Table;

    /// Where the row stands: the entry that opened or recorded it.
    fn since(&self) -> Seq;

    /// Every column's value, in order.
    fn values(self) -> Vec<Value>;

    /// The row to be opened by a command.
    fn open(self) -> Row {
        Row::new(Self::TABLE, self.values())
    }

    /// The close of this very version.
    fn close(self) -> Close {
        let since = self.since();
        Close { table: Self::TABLE, key: key_of(Self::TABLE, &self.values(), since) }
    }

    /// That this very version is still the open one: for what a command was decided on and does not close.
    fn still(self) -> Require {
        let since = self.since();
        Require::Open { table: Self::TABLE, key: key_of(Self::TABLE, &self.values(), since), since }
    }
}

/// Declares the row of a table: a struct that is read by its column names and written in their order.
///
/// `row! { $ /// doc  Name in TABLE, columns_macro { id: SourceId [-> "sources"], name: Option<String> [erasable] } }`
///
/// Governed rows have `since` before their columns, recorded ones a column `seq`. `columns_macro!("a")` is
/// the list of columns with an alias, for `concat!`.
#[macro_export]
macro_rules! row {
    ($d:tt $(#[$doc:meta])* $name:ident in $table:ident, $list:ident { since, $($(#[$cdoc:meta])* $column:ident : $type:ty $([$($option:tt)+])?,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
        pub struct $name {
            /// The entry that opened the row; nothing while it is only being made.
            pub since: domain::seq::Seq,
            $($(#[$cdoc])* pub $column: $type),+
        }
        $crate::row!(@columns $name, $table, since { $($column : $type $([$($option)+])?,)+ });
        $crate::row!(@list $d $list, since, $($column),+);
    };
    ($d:tt $(#[$doc:meta])* $name:ident in $table:ident, $list:ident { $($(#[$cdoc:meta])* $column:ident : $type:ty $([$($option:tt)+])?,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
        pub struct $name {
            $($(#[$cdoc])* pub $column: $type),+
        }
        $crate::row!(@columns $name, $table, seq { $($column : $type $([$($option)+])?,)+ });
        $crate::row!(@list $d $list, $($column),+);
    };
    (@columns $name:ident, $table:ident, $at:ident { $($column:ident : $type:ty $([$($option:tt)+])?,)+ }) => {
        impl $name {
            pub const COLUMNS: &'static [$crate::engine::table::Column] = &[$($crate::row!(@column $column, $type $(, $($option)+)?)),+];
        }
        impl $crate::engine::table::Declared for $name {
            const TABLE: &'static $crate::engine::table::Table = &$table;
            fn since(&self) -> domain::seq::Seq {
                self.$at
            }
            fn values(self) -> Vec<domain::facts::Value> {
                vec![$(self.$column.into()),+]
            }
        }
    };
    (@column $column:ident, $type:ty $(, $($option:tt)+)?) => {
        $crate::engine::table::Column {
            name: stringify!($column),
            kind: <$type as domain::facts::Field>::KIND,
            nullable: <$type as domain::facts::Field>::NULLABLE,
            words: <$type as domain::facts::Field>::WORDS,
            redactable: $crate::row!(@erasable $($($option)+)?),
            later: $crate::row!(@later $($($option)+)?),
            target: $crate::row!(@target $($($option)+)?),
        }
    };
    (@erasable erasable) => { true };
    (@erasable $($other:tt)*) => { false };
    (@later later) => { true };
    (@later $($other:tt)*) => { false };
    (@target -> $target:literal) => { Some($target) };
    (@target $($other:tt)*) => { None };
    (@list $d:tt $list:ident, $first:ident $(, $column:ident)*) => {
        #[allow(unused_macros, reason = "a table that no statement reads whole yet")]
        macro_rules! $list {
            ($d alias:literal) => {
                concat!($d alias, ".", stringify!($first) $(, ", ", $d alias, ".", stringify!($column))*)
            };
        }
        #[allow(unused_imports, reason = "a table that no statement reads whole yet")]
        pub(crate) use $list;
    };
}

/// Declares the row of a table that no entry opens or records: a log of its own, or something operational. As `row!`,
/// without what needs a position.
#[macro_export]
macro_rules! log {
    ($d:tt $(#[$doc:meta])* $name:ident in $table:ident, $list:ident { $($(#[$cdoc:meta])* $column:ident : $type:ty $([$($option:tt)+])?,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
        pub struct $name {
            $($(#[$cdoc])* pub $column: $type),+
        }
        impl $name {
            pub const COLUMNS: &'static [$crate::engine::table::Column] = &[$($crate::row!(@column $column, $type $(, $($option)+)?)),+];
        }
        $crate::row!(@list $d $list, $($column),+);
    };
}
