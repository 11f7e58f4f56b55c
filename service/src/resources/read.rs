//! One resource with its history and the resources it overlaps.

use crate::ledger::Row as Told;
use crate::{Error, Read, Result, Services};
use domain::asof::AsOf;
use domain::ids::{PersonId, ResourceId};
use domain::locator::{Pattern, Work};
use domain::permission::Action;
use domain::resource::{self, Relation};
use domain::seq::Seq;
use domain::time::Timestamp;
use std::collections::HashMap;
use store::engine::db::Tx;
use store::resources::{self, Listed, Resource};

/// One resource as of a position.
#[derive(Clone, Debug)]
pub struct Detail {
    pub as_of: AsOf,
    pub resource: Resource,
    pub owner: Option<String>,
    /// Other resources that share a place with it, and what each is to it.
    pub overlaps: Vec<(Resource, Relation)>,
    /// False where there are more resources of its kind than were compared.
    pub overlaps_complete: bool,
    /// Newest first.
    pub versions: Vec<Version>,
    /// True where older versions are left out.
    pub cut: bool,
    pub people: HashMap<PersonId, String>,
    /// Whether the reader's roles of today reach it.
    pub may_edit: bool,
}

/// A version with the entry that opened it.
#[derive(Clone, Debug)]
pub struct Version {
    pub resource: Resource,
    pub at: Timestamp,
    /// The entry with its sentence, for whoever may read the ledger.
    pub entry: Option<Told>,
}

/// Versions shown. `store::ledger::entries` takes as many positions.
const VERSIONS: i64 = 50;
/// Resources of one kind that another is compared with.
const COMPARED: usize = 2_000;

pub async fn show(read: &mut Read, id: ResourceId) -> Result<Detail> {
    read.authorise(Action::ReadInventory)?;
    let (as_of, may_read) = (read.as_of(), read.who().may(Action::ReadLedger));
    let found = resources::by_id(read.tx(), id, as_of.seq).await?;
    let Listed { resource, owner_name } = found.ok_or(Error::NotFound("resource"))?;
    let may_edit = read.who().may_at(Action::WriteInventory, &super::act::place(&resource));
    let people = crate::ledger::names(read.tx(), as_of.seq).await?;
    let versions = versions(read.tx(), id, as_of.seq, may_read).await?;
    let services = read.services().clone();
    let (overlaps, overlaps_complete) = overlaps(&services, read.tx(), &resource, as_of.seq).await?;
    let cut = versions.len() as i64 == VERSIONS;
    Ok(Detail { as_of, resource, owner: owner_name, overlaps, overlaps_complete, versions, cut, people, may_edit })
}

async fn versions(tx: &mut Tx, id: ResourceId, seq: Seq, may_read: bool) -> Result<Vec<Version>> {
    let versions = resources::versions_of(tx, id, seq, VERSIONS).await?;
    let positions: Vec<Seq> = versions.iter().map(|v| v.since).collect();
    let stored = store::ledger::entries(tx, &positions).await?;
    let times: HashMap<Seq, Timestamp> = stored.iter().map(|s| (s.entry.seq, s.entry.at)).collect();
    let told = if may_read { crate::ledger::told(tx, stored).await? } else { vec![] };
    let mut told: HashMap<Seq, Told> = told.into_iter().map(|row| (row.stored.entry.seq, row)).collect();
    let version = |resource: Resource| {
        let since = resource.since;
        Version { at: times.get(&since).copied().unwrap_or_default(), entry: told.remove(&since), resource }
    };
    Ok(versions.into_iter().map(version).collect())
}

/// Patterns are compared one by one: at most `COMPARED` of a kind, and it is said where not all were.
async fn overlaps(services: &Services, tx: &mut Tx, of: &Resource, seq: Seq) -> Result<(Vec<(Resource, Relation)>, bool)> {
    let Some(this) = resource::stored(of.kind, &of.pattern) else { return Ok((vec![], false)) };
    let mut others = resources::after(tx, Some(of.kind), seq, ResourceId::nil(), COMPARED as i64 + 1).await?;
    let complete = others.len() <= COMPARED;
    others.truncate(COMPARED);
    others.retain(|other| other.id != of.id);
    services.compare(move || related(&this, others, complete)).await
}

fn related(this: &Pattern, others: Vec<Resource>, complete: bool) -> (Vec<(Resource, Relation)>, bool) {
    let (mut found, mut work) = (vec![], Work::default());
    for other in others {
        let Some(pattern) = resource::stored(other.kind, &other.pattern) else { continue };
        let relation = resource::relation(this, &pattern, &mut work);
        if work.is_spent() {
            return (found, false);
        }
        found.extend(relation.map(|relation| (other, relation)));
    }
    (found, complete)
}
