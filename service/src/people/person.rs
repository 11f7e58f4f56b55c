//! One person: what they may do, what they own, and what becomes of it when they leave.

use super::list::Row;
use crate::{Error, Read, Result};
use domain::asof::AsOf;
use domain::ids::{IdentityId, PersonId, ResourceId, SourceId};
use domain::permission::Action;
use domain::query::{identities as asked, resources as asked_resources};
use domain::seq::Seq;
use store::identities::After;
use store::people::Person;
use store::tokens::Token;
use store::{identities, people, resources, sources};

/// Things of one kind that the page names; that there are more is said.
pub const NAMED: usize = 50;

/// An identity that somebody owns, and who takes it over when they leave.
#[derive(Clone, Debug)]
pub struct Owned {
    pub id: IdentityId,
    pub name: String,
    pub next: Option<String>,
}

/// What the page of a person shows.
#[derive(Clone, Debug)]
pub struct Page {
    pub as_of: AsOf,
    pub row: Row,
    pub group: Option<String>,
    /// What a role may reach over: the word a form sends, and its name.
    pub reaches: Vec<(String, String)>,
    pub owned: Vec<Owned>,
    /// True where more identities are owned than are named.
    pub more_owned: bool,
    /// How many identities have them as backup owner.
    pub backs_up: usize,
    pub sources: Vec<(SourceId, String)>,
    pub resources: Vec<(ResourceId, String)>,
    /// Sessions and tokens of now; none are known of the past.
    pub sessions: usize,
    pub tokens: Vec<Token>,
}

pub async fn person(read: &mut Read, id: PersonId) -> Result<Page> {
    read.authorise(Action::ReadPeople)?;
    let (as_of, seq, now) = (read.as_of(), read.seq(), read.at_head());
    let person = people::by_id(read.tx(), id, seq).await?.ok_or(Error::NotFound("person"))?;
    let reaches = super::read::reaches(read).await?;
    let roles = people::assignments_of(read.tx(), id, seq).await?;
    let kinds = people::factor_kinds_at(read.tx(), seq).await?;
    let row = Row { roles: super::list::named(roles, &reaches), factors: super::list::kinds_of(&kinds, id), person };
    let everybody = people::all_at(read.tx(), seq).await?;
    let groups = store::groups::all_at(read.tx(), seq).await?;
    let members = store::groups::members_at(read.tx(), seq).await?;
    let group = members.iter().find(|m| m.person_id == id).and_then(|m| groups.iter().find(|g| g.id == m.group_id));
    let filter = asked::Filter { owner: Some(id), platform: Some(asked::Platform::With), ..asked::Filter::default() };
    let mut found = identities::list(read.tx(), seq, now, &filter, &After::Start, NAMED as i64 + 1).await?;
    let more_owned = found.len() > NAMED;
    found.truncate(NAMED);
    let active =
        |wanted: Option<PersonId>| everybody.iter().find(|p| Some(p.id) == wanted && p.is_active() && p.id != id).map(Person::shown);
    let owned = found.iter().map(|i| Owned { id: i.identity_id, name: i.name.clone(), next: active(i.backup_id) }).collect();
    let asked = asked_resources::Filter { owner: Some(id), ..asked_resources::Filter::default() };
    let kept = resources::page(read.tx(), seq, &asked, ("", ResourceId::nil()), NAMED as i64).await?;
    let fed = sources::all_at(read.tx(), seq).await?.into_iter().filter(|s| s.owner_id == Some(id)).map(|s| (s.id, s.name)).collect();
    let present = read.is_now();
    let backs_up = if present { people::backed_up_by(read.tx(), id).await? } else { 0 };
    let sessions = if present { store::sessions::of_person(read.tx(), id).await?.len() } else { 0 };
    let tokens = if present { store::tokens::of_holder_or_minter(read.tx(), id).await? } else { vec![] };
    Ok(Page {
        as_of,
        row,
        group: group.map(|g| g.name.clone()),
        reaches,
        owned,
        more_owned,
        backs_up: usize::try_from(backs_up).unwrap_or_default(),
        sources: fed,
        resources: kept.into_iter().map(|r| (r.resource.id, r.resource.name)).collect(),
        sessions,
        tokens: tokens.into_iter().filter(|t| t.expires_at > as_of.at).collect(),
    })
}

/// A role that somebody holds, for the page that removes it.
pub async fn held(read: &mut Read, id: domain::ids::AssignmentId) -> Result<Row> {
    read.authorise(Action::ManagePeople)?;
    let role = people::assignment(read.tx(), id).await?.ok_or(Error::NotFound("role"))?;
    let person = people::by_id(read.tx(), role.person_id, Seq::NOW).await?.ok_or(Error::NotFound("person"))?;
    let reaches = super::read::reaches(read).await?;
    Ok(Row { roles: super::list::named(vec![role], &reaches), factors: vec![], person })
}
