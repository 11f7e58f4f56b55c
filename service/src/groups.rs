//! Groups: the reviewers who answer to one line of command. Two approvers of one change are of two groups, so
//! nobody chooses their own.

use crate::{Error, Principal, Result, Services, command, payload};
use domain::asof::{AsOf, OPEN, Wanted};
use domain::ids::{Noun, show};
use domain::permission::Action;
use serde_json::json;
use store::groups::{self, Group};
use store::rows::Close;
use store::writer::Written;
use store::{people, tables};
use uuid::Uuid;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Page {
    pub as_of: AsOf,
    pub groups: Vec<Listed>,
    /// Active people who are in no group, by name.
    pub without: Vec<(Uuid, String)>,
}

/// A group with who is in it, by name.
#[derive(Clone, Debug)]
pub struct Listed {
    pub group: Group,
    pub members: Vec<(Uuid, String)>,
}

/// Every group as of a position, by name.
pub async fn page(services: &Services, who: &Principal, wanted: Wanted) -> Result<Page> {
    who.authorise(Action::ReadPeople)?;
    let mut reader = crate::asof::open(services, wanted).await?;
    let seq = reader.as_of.seq;
    let groups = groups::all_at(&mut reader.tx, seq).await?;
    let members = groups::members_at(&mut reader.tx, seq).await?;
    let everybody = people::all_at(&mut reader.tx, seq).await?;
    let as_of = reader.as_of;
    reader.close().await?;
    let of = |group: Uuid| {
        let inside = |id: Uuid| members.iter().any(|m| m.group_id == group && m.person_id == id);
        everybody.iter().filter(|p| inside(p.id)).map(|p| (p.id, p.shown())).collect()
    };
    let free = |id: Uuid| !members.iter().any(|m| m.person_id == id);
    let without = everybody.iter().filter(|p| p.state == "active" && free(p.id)).map(|p| (p.id, p.shown())).collect();
    Ok(Page { as_of, groups: groups.into_iter().map(|group| Listed { members: of(group.id), group }).collect(), without })
}

pub async fn add(services: &Services, who: &Principal, name: &str) -> Result<(Uuid, Written)> {
    who.authorise(Action::ManagePeople)?;
    let name = crate::name("name", name)?;
    let mut tx = services.db.snapshot().await?;
    let all = groups::all_at(&mut tx, OPEN - 1).await?;
    tx.rollback().await?;
    if all.iter().any(|g| g.name == name) {
        return Err(Error::invalid("name", "a group of this name is there already"));
    }
    let id = services.ids.next();
    let mut c = command(who, "group.added", "group", Some(id));
    c.anchors.push((&tables::GROUP_VERSIONS, id));
    c.opens.push(groups::row(id, name));
    c.payload = payload(who, json!({ "name": name, "provenance": "bootstrap" }))?;
    Ok((id, services.write(c).await?))
}

/// Puts somebody else into a group, out of the one they were in.
pub async fn join(services: &Services, who: &Principal, person: Uuid, group: Uuid) -> Result<Written> {
    who.authorise(Action::ManagePeople)?;
    not_oneself(who, person)?;
    let mut tx = services.db.snapshot().await?;
    let all = groups::all_at(&mut tx, OPEN - 1).await?;
    let known = people::by_id(&mut tx, person, OPEN - 1).await?;
    let before = groups::membership_of(&mut tx, person).await?;
    tx.rollback().await?;
    if !all.iter().any(|g| g.id == group) {
        return Err(Error::invalid("group", "no such group"));
    }
    if known.is_none_or(|p| p.state == "deactivated") {
        return Err(Error::invalid("person", "nobody active by this id"));
    }
    if before.is_some_and(|m| m.group_id == group) {
        return Err(Error::invalid("person", "is in this group already"));
    }
    let mut c = command(who, "group.joined", "person", Some(person));
    c.closes.extend(before.map(|m| Close { table: &tables::GROUP_MEMBERS, key: vec![m.id.into()] }));
    c.opens.push(groups::member_row(services.ids.next(), group, person));
    let from = before.map(|m| show(Noun::Group, m.group_id));
    c.payload = payload(who, json!({ "group": show(Noun::Group, group), "from": from, "provenance": "bootstrap" }))?;
    services.write(c).await
}

/// Takes somebody else out of their group.
pub async fn leave(services: &Services, who: &Principal, person: Uuid) -> Result<Written> {
    who.authorise(Action::ManagePeople)?;
    not_oneself(who, person)?;
    let mut tx = services.db.snapshot().await?;
    let before = groups::membership_of(&mut tx, person).await?;
    tx.rollback().await?;
    let member = before.ok_or(Error::NotFound("member of a group"))?;
    let mut c = command(who, "group.left", "person", Some(person));
    c.closes.push(Close { table: &tables::GROUP_MEMBERS, key: vec![member.id.into()] });
    c.payload = payload(who, json!({ "group": show(Noun::Group, member.group_id) }))?;
    services.write(c).await
}

fn not_oneself(who: &Principal, person: Uuid) -> Result<()> {
    if who.person_id() == Some(person) {
        return Err(Error::invalid("person", "nobody chooses their own group; another admin can"));
    }
    Ok(())
}
