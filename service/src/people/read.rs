//! Reading people, their roles and their sessions.

use crate::sessions::{ABSOLUTE, digest};
use crate::{Principal, Read, Result, Services, standing};
use domain::identity::Environment;
use domain::ids::PersonId;
use domain::permission::{Action, RoleScope};
use domain::time::Timestamp;
use store::people::{self, Person};
use store::sessions::Session;

/// What the page of people shows beside its list.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// Active people, and those of them who may decide: all, whatever the page is narrowed to.
    pub active: i64,
    pub deciding: i64,
    /// What a role may reach over: the word a form sends, and its name.
    pub reaches: Vec<(String, String)>,
}

pub async fn surroundings(read: &mut Read) -> Result<Surroundings> {
    read.authorise(Action::ReadPeople)?;
    let seq = read.seq();
    let (active, deciding) = people::totals(read.tx(), seq).await?;
    Ok(Surroundings { active, deciding, reaches: reaches(read).await? })
}

/// What a role may reach over, beyond the organisation.
pub(crate) async fn reaches(read: &mut Read) -> Result<Vec<(String, String)>> {
    let seq = read.seq();
    let word = |r: RoleScope| format!("{}:{}", r.kind(), r.of());
    let environments = Environment::ALL.iter().map(|e| (word(RoleScope::Environment(*e)), format!("environment {}", e.label())));
    let teams = store::teams::all_at(read.tx(), seq).await?;
    let teams = teams.into_iter().map(|t| (word(RoleScope::Team(t.id)), format!("team {}", t.name)));
    let sources = store::sources::all_at(read.tx(), seq).await?;
    let sources = sources.into_iter().map(|s| (word(RoleScope::Source(s.id)), format!("source {}", s.name)));
    Ok(environments.chain(teams).chain(sources).collect())
}

/// True while nobody can sign in.
pub async fn is_empty(services: &Services) -> Result<bool> {
    let mut tx = services.db.snapshot().await?;
    let n = people::count(&mut tx).await?;
    tx.rollback().await?;
    Ok(n == 0)
}

/// The person behind a session, with today's roles; none where the person is no longer active.
pub async fn current(services: &Services, id: PersonId) -> Result<Option<Principal>> {
    let mut tx = services.db.snapshot().await?;
    let person = standing::person(&mut tx, id).await?.filter(Person::is_active);
    let roles = standing::roles(&mut tx, id).await?;
    tx.rollback().await?;
    Ok(person.map(|p| Principal::Person { id, name: p.shown(), email: p.email.unwrap_or_default(), roles, confirmed: None }))
}

/// People who may be named as owner or backup.
pub async fn active(read: &mut Read) -> Result<Vec<(PersonId, String)>> {
    read.authorise(Action::ReadInventory)?;
    let seq = read.seq();
    let all = people::all_at(read.tx(), seq).await?;
    Ok(all.into_iter().filter(Person::is_active).map(|p| (p.id, p.shown())).collect())
}

/// Key, within a session's data, of the address and the program it was begun with.
pub const BEGUN_WITH: &str = "begun_with";

/// A session as its person sees it.
#[derive(Clone, Debug)]
pub struct Mine {
    pub hash: String,
    pub begun_at: Timestamp,
    pub seen_at: Timestamp,
    pub expires_at: Timestamp,
    /// Address and program, as they said of themselves.
    pub with: String,
    /// The one in use.
    pub here: bool,
}

fn mine(s: Session, here: &str) -> Mine {
    let data: serde_json::Value = serde_json::from_str(&s.data).unwrap_or_default();
    let with = data[BEGUN_WITH].as_str().unwrap_or_default().to_owned();
    let begun_at = s.absolute_ends_at.plus(-ABSOLUTE);
    Mine { here: s.hash == here, begun_at, seen_at: s.seen_at, expires_at: s.expires_at, with, hash: s.hash }
}

/// The sessions of the caller, the one in use marked.
pub async fn my_sessions(read: &mut Read, session: &str) -> Result<Vec<Mine>> {
    let person = read.who().session_person()?;
    let (here, now) = (digest(session), read.services().now());
    let all = store::sessions::of_person(read.tx(), person).await?;
    Ok(all.into_iter().filter(|s| s.expires_at >= now).map(|s| mine(s, &here)).collect())
}
