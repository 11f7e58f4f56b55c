//! Reading groups and who is in them.

use crate::{Read, Result};
use domain::asof::AsOf;
use domain::ids::{GroupId, PersonId};
use domain::permission::Action;
use store::groups::{self, Group};
use store::people;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Page {
    pub as_of: AsOf,
    pub groups: Vec<Listed>,
    /// Active people who are in no group, by name.
    pub without: Vec<(PersonId, String)>,
    /// How many groups have an active member who may approve changes.
    pub reviewing: usize,
}

/// A group with who is in it, by name.
#[derive(Clone, Debug)]
pub struct Listed {
    pub group: Group,
    pub members: Vec<(PersonId, String)>,
}

/// Every group as of a position, by name.
pub async fn page(read: &mut Read) -> Result<Page> {
    read.authorise(Action::ReadPeople)?;
    let seq = read.seq();
    let groups = groups::all_at(read.tx(), seq).await?;
    let members = groups::members_at(read.tx(), seq).await?;
    let everybody = people::all_at(read.tx(), seq).await?;
    let of = |group: GroupId| {
        let inside = |id: PersonId| members.iter().any(|m| m.group_id == group && m.person_id == id);
        everybody.iter().filter(|p| inside(p.id)).map(|p| (p.id, p.shown())).collect()
    };
    let free = |id: PersonId| !members.iter().any(|m| m.person_id == id);
    let without = everybody.iter().filter(|p| p.is_active() && free(p.id)).map(|p| (p.id, p.shown())).collect();
    let deciding: Vec<PersonId> =
        people::assignments_at(read.tx(), seq).await?.into_iter().filter(|r| r.role.is_deciding()).map(|r| r.person_id).collect();
    let active = |id: &PersonId| everybody.iter().any(|p| p.id == *id && p.is_active());
    let reviewed = |group: GroupId| members.iter().any(|m| m.group_id == group && deciding.contains(&m.person_id) && active(&m.person_id));
    let reviewing = groups.iter().filter(|g| reviewed(g.id)).count();
    let groups = groups.into_iter().map(|group| Listed { members: of(group.id), group }).collect();
    Ok(Page { as_of: read.as_of(), groups, without, reviewing })
}
