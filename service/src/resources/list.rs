//! The list of resources: its fields and its rows.

use crate::listing::{Listing, Sheet, cursor, parse_cursor};
use crate::{Read, Result};
use domain::identity::{Criticality, Environment};
use domain::ids::ResourceId;
use domain::listing::{Datum, Field};
use domain::locator::LocatorKind;
use domain::permission::Action;
use domain::query::resources::Filter;
use domain::resource::DataClass;
use store::resources::{self, Listed};

/// Resources, by name.
pub struct List;

type F = Field<Listed>;

impl Listing for List {
    type Row = Listed;
    type Filter = Filter;
    const NAME: &'static str = "resources";
    const NEEDS: Action = Action::ReadInventory;
    const FIELDS: &'static [F] = &[
        F::text("id", "res_…", |l| Datum::text(l.resource.id)).brief(),
        F::text("name", "as people call it", |l| Datum::text(&l.resource.name)).shown("Resource").brief(),
        F::words("kind", "how its places are written", LocatorKind::WORDS, |l| Datum::text(l.resource.kind)).brief(),
        F::text("pattern", "its places, as they were typed", |l| Datum::text(&l.resource.pattern)).shown("Location"),
        F::text("normal", "the same in the form that is compared", |l| Datum::text(&l.resource.normal)).brief(),
        F::text("owner", "the ID of its owner, per_…", |l| Datum::perhaps(l.resource.owner_id)).optional(),
        F::text("owner_name", "its owner, by name", |l| Datum::perhaps(l.owner_name.as_deref())).optional().shown("Owner").brief(),
        F::words("criticality", "how much depends on it", Criticality::WORDS, |l| Datum::text(l.resource.criticality))
            .shown("Criticality")
            .brief(),
        F::words("data_class", "what data it holds", DataClass::WORDS, |l| Datum::text(l.resource.data_class)).shown("Data"),
        F::words("environment", "where it stands", Environment::WORDS, |l| Datum::text(l.resource.environment))
            .shown("Environment")
            .brief(),
    ];

    async fn sheet<'a>(read: &'a mut Read, filter: &'a Filter, after: Option<&'a str>, limit: i64) -> Result<Sheet<Listed>> {
        read.authorise(Self::NEEDS)?;
        let (as_of, seq) = (read.as_of(), read.seq());
        let (name, id) = after.map_or(Ok((String::new(), ResourceId::nil())), parse_cursor)?;
        let rows = resources::page(read.tx(), seq, filter, (&name, id), limit + 1).await?;
        Ok(Sheet::cut(as_of, rows, limit, |l| cursor(l.resource.id, &l.resource.name)))
    }
}

/// All resources, and those of them without an owner.
pub async fn totals(read: &mut Read) -> Result<(i64, i64)> {
    read.authorise(Action::ReadInventory)?;
    let seq = read.seq();
    Ok(resources::totals(read.tx(), seq).await?)
}
