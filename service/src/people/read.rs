//! Reading people, their roles and their sessions.

use crate::sessions::{ABSOLUTE, digest};
use crate::{Principal, Read, Result, Services};
use domain::asof::AsOf;
use domain::identity::Environment;
use domain::ids::PersonId;
use domain::permission::{Action, Reach};
use domain::seq::Seq;
use domain::time::Timestamp;
use store::people::{self, Assignment, Filter, Person};
use store::sessions::Session;

/// A person with the roles they hold.
#[derive(Clone, Debug)]
pub struct Listed {
    pub person: Person,
    pub roles: Vec<Assignment>,
}

/// What the page of people shows.
#[derive(Clone, Debug)]
pub struct Page {
    pub as_of: AsOf,
    pub people: Vec<Listed>,
    /// Where the next page starts.
    pub next: Option<(String, PersonId)>,
    /// Active people, and those of them who may decide: all, whatever the page is narrowed to.
    pub active: i64,
    pub deciding: i64,
    /// What a role may reach over: the word a form sends, and its name.
    pub reaches: Vec<(String, String)>,
}

/// A page of people by name, with their roles; the reach of a role by its name.
pub async fn page(read: &mut Read, filter: &Filter, after: Option<(String, PersonId)>, limit: i64) -> Result<Page> {
    read.authorise(Action::ReadPeople)?;
    let seq = read.seq();
    let mut roles = people::assignments_at(read.tx(), seq).await?;
    let after = after.unwrap_or((String::new(), PersonId::nil()));
    let mut list = people::page(read.tx(), seq, filter, (&after.0, after.1), limit + 1).await?;
    let next = (list.len() as i64 > limit).then(|| {
        list.truncate(limit as usize);
        list.last().map(|p| (p.name.clone().unwrap_or_default(), p.id))
    });
    let (active, deciding) = people::totals(read.tx(), seq).await?;
    let reaches = reaches(read).await?;
    for role in &mut roles {
        if !role.scope.is_empty() {
            let word = format!("{}:{}", role.scope_kind, role.scope);
            reaches.iter().find(|(w, _)| *w == word).map_or("something that is gone", |(_, name)| name).clone_into(&mut role.scope);
        }
    }
    let of = |id: PersonId| roles.iter().filter(|r| r.person_id == id).cloned().collect();
    let people = list.into_iter().map(|person| Listed { roles: of(person.id), person }).collect();
    Ok(Page { as_of: read.as_of(), people, next: next.flatten(), active, deciding, reaches })
}

/// What a role may reach over, beyond the organisation.
async fn reaches(read: &mut Read) -> Result<Vec<(String, String)>> {
    let seq = read.seq();
    let word = |r: Reach| format!("{}:{}", r.kind(), r.of());
    let environments = Environment::ALL.iter().map(|e| (word(Reach::Environment(*e)), format!("environment {}", e.label())));
    let teams = store::teams::all_at(read.tx(), seq).await?;
    let teams = teams.into_iter().map(|t| (word(Reach::Team(t.id)), format!("team {}", t.name)));
    let sources = store::sources::all_at(read.tx(), seq).await?;
    let sources = sources.into_iter().map(|s| (word(Reach::Source(s.id)), format!("source {}", s.name)));
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
    let person = people::by_id(&mut tx, id, Seq::NOW).await?.filter(Person::is_active);
    let roles = people::roles_of(&mut tx, id, Seq::NOW).await?;
    tx.rollback().await?;
    Ok(person.map(|p| Principal::Person { id, name: p.shown(), email: p.email.unwrap_or_default(), roles }))
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
pub async fn my_sessions(services: &Services, who: &Principal, session: &str) -> Result<Vec<Mine>> {
    let person = who.session_person()?;
    let (here, now) = (digest(session), services.now());
    let all = store::sessions::of_person(&services.db, person).await?;
    Ok(all.into_iter().filter(|s| s.expires_at >= now).map(|s| mine(s, &here)).collect())
}
