//! The list of imports: its fields and its rows.

use super::Outcome;
use crate::listing::{Listing, Sheet, bad_cursor};
use crate::{Read, Result};
use domain::listing::{Datum, Field, Sorted};
use domain::permission::Action;
use domain::query::imports::Filter;
use domain::seq::Seq;
use domain::snapshot::Format;
use domain::source::{Completeness, SourceKind};
use store::imports::{self, Import};

/// Imports.
pub struct List;

/// An import with what it changed.
#[derive(Clone, Debug)]
pub struct Row {
    pub import: Import,
    pub outcome: Outcome,
}

impl From<Import> for Row {
    fn from(import: Import) -> Self {
        Self { outcome: serde_json::from_str(&import.result).unwrap_or_default(), import }
    }
}

type F = Field<Row>;

impl Listing for List {
    type Row = Row;
    type Filter = Filter;
    const NAME: &'static str = "imports";
    const NEEDS: Action = Action::ReadInventory;
    const FIELDS: &'static [F] = &[
        F::text("id", "the ID, imp_…", |r| Datum::text(r.import.id)).brief(),
        F::text("source", "its source", |r| Datum::text(&r.import.source)).shown("Source").brief(),
        F::words("format", "the format of the file", Format::WORDS, |r| Datum::text(r.import.format)).shown("Format").brief(),
        F::text("file_name", "the name of the file", |r| Datum::text(&r.import.file_name)).brief(),
        F::text("file_digest", "SHA-256 of the file", |r| Datum::text(&r.import.file_digest)),
        F::words("completeness", "whether the file holds all of the source", Completeness::WORDS, |r| Datum::text(r.import.completeness)),
        F::flag("unchanged", "true when nothing changed", |r| Datum::Flag(r.outcome.unchanged)).shown("Change"),
        F::number("identities_added", "identities added", |r| Datum::count(r.outcome.identities.added)),
        F::number("identities_removed", "identities removed", |r| Datum::count(r.outcome.identities.removed)),
        F::number("identities_changed", "identities changed", |r| Datum::count(r.outcome.identities.changed)),
        F::number("grants_added", "grants added", |r| Datum::count(r.outcome.grants.added)),
        F::number("grants_removed", "grants removed", |r| Datum::count(r.outcome.grants.removed)),
        F::number("tools_added", "tools added", |r| Datum::count(r.outcome.tools.added)),
        F::number("tools_removed", "tools removed", |r| Datum::count(r.outcome.tools.removed)),
        F::number("tools_changed", "tools changed", |r| Datum::count(r.outcome.tools.changed)),
        F::number("seq", "its ledger entry", |r| Datum::number(r.import.seq))
            .shown("Entry")
            .sorted("newest", Sorted::Turning("oldest"))
            .brief(),
        F::time("observed_at", "when the file was read", |r| Datum::Time(r.import.observed_at)).shown("When").brief(),
    ];

    async fn sheet<'a>(read: &'a mut Read, filter: &'a Filter, after: Option<&'a str>, limit: i64) -> Result<Sheet<Row>> {
        read.authorise(Self::NEEDS)?;
        let (as_of, seq) = (read.as_of(), read.seq());
        let cursor = after.map(|c| c.parse().map(Seq).map_err(|_| bad_cursor())).transpose()?;
        let rows = imports::page(read.tx(), seq, cursor, limit + 1, filter).await?;
        Ok(Sheet::cut(as_of, rows, limit, |i| i.seq.to_string()).map(Row::from))
    }
}

/// Sources that files have fed, by name: what the list may be narrowed to.
pub async fn sources(read: &mut Read) -> Result<Vec<String>> {
    read.authorise(Action::ReadInventory)?;
    let seq = read.seq();
    let sources = store::sources::all_at(read.tx(), seq).await?;
    Ok(sources.into_iter().filter(|s| s.kind != SourceKind::Manual).map(|s| s.name).collect())
}
