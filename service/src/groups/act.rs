//! Adding groups, putting people in and taking them out.

use crate::{Act, Error, Result, Written};
use domain::ids::{GroupId, PersonId};
use domain::permission::Action;
use domain::person::State;
use domain::seq::Seq;
use domain::verb::Verb;
use serde_json::json;
use store::engine::require::Require;
use store::engine::table::Declared;
use store::groups::{self, Group, Member};
use store::people;

pub async fn add(act: &Act, name: &str) -> Result<(GroupId, Written)> {
    act.authorise(Action::ManagePeople)?;
    let name = crate::name("name", name)?;
    let id: GroupId = act.id();
    let mut c = act.command(Verb::GroupAdded, "group", Some(id.uuid()));
    c.add(id.uuid(), Group { since: Seq::ZERO, id, name: name.to_owned() });
    c.payload = act.payload(json!({ "name": name, "provenance": "bootstrap" }))?;
    let taken = || Error::invalid("name", "A group with this name already exists.");
    Ok((id, act.write(c).await.map_err(|e| e.refused_by("group_versions_one_open", taken))?))
}

/// Puts somebody else into a group, out of the one they were in.
pub async fn join(act: &Act, person: PersonId, group: GroupId) -> Result<Written> {
    act.authorise(Action::ManagePeople)?;
    not_oneself(act, person)?;
    let mut tx = act.snapshot().await?;
    let all = groups::all_at(&mut tx, Seq::NOW).await?;
    let known = people::by_id(&mut tx, person, Seq::NOW).await?;
    let before = groups::membership_of(&mut tx, person).await?;
    tx.rollback().await?;
    let Some(to) = all.into_iter().find(|g| g.id == group) else {
        return Err(Error::invalid("group", "Choose a group from the list."));
    };
    let Some(known) = known.filter(|p| p.state != State::Deactivated) else {
        return Err(Error::invalid("person", "Choose an active person from the list."));
    };
    if before.as_ref().is_some_and(|m| m.group_id == group) {
        return Err(Error::invalid("person", "This person is already in the group."));
    }
    let mut c = act.command(Verb::GroupJoined, "person", Some(person.uuid()));
    c.requires = vec![to.still(), known.still(), Require::MemberOf { person, membership: before.as_ref().map(|m| m.id) }];
    let from = before.as_ref().map(|m| m.group_id.to_string());
    c.closes.extend(before.map(Member::close));
    c.opens.push(Member { since: Seq::ZERO, id: act.id(), group_id: group, person_id: person }.open());
    c.payload = act.payload(json!({ "group": group, "from": from, "provenance": "bootstrap" }))?;
    act.write(c).await
}

/// Takes somebody else out of their group.
pub async fn leave(act: &Act, person: PersonId) -> Result<Written> {
    act.authorise(Action::ManagePeople)?;
    not_oneself(act, person)?;
    let mut tx = act.snapshot().await?;
    let before = groups::membership_of(&mut tx, person).await?;
    tx.rollback().await?;
    let member = before.ok_or(Error::NotFound("member of a group"))?;
    let mut c = act.command(Verb::GroupLeft, "person", Some(person.uuid()));
    c.payload = act.payload(json!({ "group": member.group_id }))?;
    c.closes.push(member.close());
    act.write(c).await
}

fn not_oneself(act: &Act, person: PersonId) -> Result<()> {
    if act.who().person_id() == Some(person) {
        return Err(Error::invalid("person", "You can't choose your own group. Ask another admin."));
    }
    Ok(())
}
