//! The list of permission sets: its fields and its rows.

use crate::listing::{Listing, Sheet, cursor, parse_cursor};
use crate::{Read, Result};
use domain::ids::PermissionSetId;
use domain::listing::{Datum, Field};
use domain::permission::Action;
use domain::query::permission_sets::Filter;
use domain::rule::SetState;
use store::permission_sets::read::{self, Listed};

/// Permission sets, by name.
pub struct List;

type F = Field<Listed>;

impl Listing for List {
    type Row = Listed;
    type Filter = Filter;
    const NAME: &'static str = "permission-sets";
    const NEEDS: Action = Action::ReadInventory;
    const FIELDS: &'static [F] = &[
        F::text("id", "set_…", |l| Datum::text(l.set.id)).brief(),
        F::text("name", "as its source calls it", |l| Datum::text(&l.set.name)).shown("Permission set").brief(),
        F::text("kind", "what its source calls such a thing", |l| Datum::text(&l.set.kind)).shown("Kind").brief(),
        F::text("source", "the source that reports it", |l| Datum::perhaps(l.source.as_deref())).optional().shown("Source").brief(),
        F::text("key", "its name within its source that nothing else has", |l| Datum::text(&l.set.key)),
        F::text("version", "its version, where its source has one", |l| Datum::perhaps(l.set.version.as_deref())).optional(),
        F::words("state", "absent where it is only referred to: what it gives is unknown", SetState::WORDS, |l| Datum::text(l.set.state)),
        F::number("rules", "rules it holds", |l| Datum::Number(l.rules)).shown("Rules").brief(),
    ];

    async fn sheet<'a>(read: &'a mut Read, filter: &'a Filter, after: Option<&'a str>, limit: i64) -> Result<Sheet<Listed>> {
        read.authorise(Self::NEEDS)?;
        let (as_of, seq) = (read.as_of(), read.seq());
        let (name, id) = after.map_or(Ok((String::new(), PermissionSetId::nil())), parse_cursor)?;
        let rows = read::page(read.tx(), seq, filter, (&name, id), limit + 1).await?;
        Ok(Sheet::cut(as_of, rows, limit, |l| cursor(l.set.id, &l.set.name)))
    }
}

/// Sets that are counted: beyond it a number says that there are more.
pub const COUNTED_MOST: i64 = 10_000;

/// How many a filter leaves; none where something is searched for, or where that is more than is counted.
pub async fn counted(read: &mut Read, filter: &Filter) -> Result<Option<i64>> {
    read.authorise(Action::ReadInventory)?;
    if filter.search.is_some() {
        return Ok(None);
    }
    let seq = read.seq();
    let n = read::counted(read.tx(), seq, filter, COUNTED_MOST + 1).await?;
    Ok((n <= COUNTED_MOST).then_some(n))
}
