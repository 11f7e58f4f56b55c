//! Accounts after they are made: roles, own password and sessions, locking a leaver out and taking them back.

use super::{hash_password, password_fits, password_row};
use crate::identities::{hand_over, store_since};
use crate::{Error, Principal, Result, Services, command, payload};
use domain::asof::{AsOf, OPEN, Wanted};
use domain::identity::Environment;
use domain::permission::{Action, Held, Role, Scope};
use serde_json::json;
use store::people::{Assignment, Filter, Person};
use store::rows::Close;
use store::sessions::Session;
use store::writer::Written;
use store::{people, tables};
use uuid::Uuid;

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
    pub next: Option<(String, Uuid)>,
    /// Active people, and those of them who may decide: all, whatever the page is narrowed to.
    pub active: i64,
    pub deciding: i64,
    /// What a role may reach over: the word a form sends, and its name.
    pub scopes: Vec<(String, String)>,
}

/// The first thousand people as of a position.
pub async fn page(services: &Services, by: &Principal, wanted: Wanted) -> Result<Page> {
    list(services, by, wanted, &Filter::default(), None, 1000).await
}

/// A page of people by name, with their roles; the scope of a role by its name.
pub async fn list(
    services: &Services,
    by: &Principal,
    wanted: Wanted,
    filter: &Filter,
    after: Option<(String, Uuid)>,
    limit: i64,
) -> Result<Page> {
    by.authorise(Action::ReadPeople)?;
    let mut reader = crate::asof::open(services, wanted).await?;
    let seq = reader.as_of.seq;
    let mut roles = people::assignments_at(&mut reader.tx, seq).await?;
    let after = after.unwrap_or_default();
    let mut list = people::page(&mut reader.tx, seq, filter, (&after.0, after.1), limit + 1).await?;
    let next = (list.len() as i64 > limit).then(|| {
        list.truncate(limit as usize);
        list.last().map(|p| (p.name.clone().unwrap_or_default(), p.id))
    });
    let (active, deciding) = people::totals(&mut reader.tx, seq).await?;
    let scopes = scopes(&mut reader.tx, seq).await?;
    let as_of = reader.as_of;
    reader.close().await?;
    for role in roles.iter_mut().filter(|r| r.scope_kind != "organisation") {
        let word = format!("{}:{}", role.scope_kind, role.scope);
        scopes.iter().find(|(w, _)| *w == word).map_or("something that is gone", |(_, name)| name).clone_into(&mut role.scope);
    }
    let of = |id: Uuid| roles.iter().filter(|r| r.person_id == id).cloned().collect();
    let people = list.into_iter().map(|person| Listed { roles: of(person.id), person }).collect();
    Ok(Page { as_of, people, next: next.flatten(), active, deciding, scopes })
}

async fn scopes(tx: &mut store::db::Tx, seq: i64) -> Result<Vec<(String, String)>> {
    let word = |s: Scope| format!("{}:{}", s.kind(), s.of());
    let environments = Environment::ALL.iter().map(|e| (word(Scope::Environment(*e)), format!("environment {}", e.label())));
    let teams = store::teams::all_at(tx, seq).await?.into_iter().map(|t| (word(Scope::Team(t.id)), format!("team {}", t.name)));
    let sources = store::sources::all_at(tx, seq).await?.into_iter().map(|s| (word(Scope::Source(s.id)), format!("source {}", s.name)));
    Ok(environments.chain(teams).chain(sources).collect())
}

/// Gives a role to somebody else: nobody widens their own rights. `scope` is a kind and a word or a name.
pub async fn assign(services: &Services, by: &Principal, person: Uuid, role: Role, scope: (&str, &str)) -> Result<Written> {
    by.authorise(Action::ManagePeople)?;
    if by.person_id() == Some(person) {
        return Err(Error::invalid("role", "nobody gives a role to themselves; another admin can"));
    }
    let mut tx = services.db.snapshot().await?;
    let scope = known_scope(&mut tx, scope.0, scope.1.trim()).await?;
    let held: Vec<Role> = people::roles_of(&mut tx, person, OPEN - 1).await?.into_iter().map(|h| h.role).collect();
    let known = people::by_id(&mut tx, person, OPEN - 1).await?;
    tx.rollback().await?;
    if known.is_none_or(|p| p.state == "deactivated") {
        return Err(Error::NotFound("active person"));
    }
    super::fit_together(&[held, vec![role]].concat())?;
    let mut c = command(by, "person.role_given", "person", Some(person));
    c.opens.push(people::role_row(services.ids.next(), person, Held { role, scope }));
    c.payload = payload(by, json!({ "role": role.as_str(), "scope": scope.kind(), "of": scope.of(), "provenance": "bootstrap" }))?;
    services.write(c).await.map_err(|e| match e {
        Error::Store(store::Error::Refused(_)) => Error::invalid("role", "that role is held already"),
        other => other,
    })
}

/// A scope of something that is there.
async fn known_scope(tx: &mut store::db::Tx, kind: &str, of: &str) -> Result<Scope> {
    let scope = match kind {
        "team" => crate::teams::known(&store::teams::all_at(tx, OPEN - 1).await?, of).map(Scope::Team),
        "source" => {
            let id = domain::ids::parse(domain::ids::Noun::Source, of).ok();
            store::sources::all_at(tx, OPEN - 1).await?.iter().find(|s| Some(s.id) == id || s.name == of).map(|s| Scope::Source(s.id))
        }
        _ => Scope::parse(kind, of),
    };
    scope.ok_or_else(|| Error::invalid("scope", "the organisation, or an environment, a team or a source that is there"))
}

/// Takes a role away. The last admin stays.
pub async fn unassign(services: &Services, by: &Principal, assignment: Uuid) -> Result<Written> {
    by.authorise(Action::ManagePeople)?;
    let _one = services.governing.lock().await;
    still_governs(services, by).await?;
    let mut tx = services.db.snapshot().await?;
    let all = people::assignments_at(&mut tx, OPEN - 1).await?;
    let active = people::active(&mut tx).await?;
    tx.rollback().await?;
    let gone = all.iter().find(|a| a.id == assignment).ok_or(Error::NotFound("role of anybody"))?;
    let another_admin =
        all.iter().any(|a| a.role == "admin" && a.scope_kind == "organisation" && a.id != assignment && active.contains(&a.person_id));
    if gone.role == "admin" && gone.scope_kind == "organisation" && !another_admin {
        return Err(Error::Conflict("this is the last admin; give the role to somebody else first".to_owned()));
    }
    let mut c = command(by, "person.role_taken", "person", Some(gone.person_id));
    c.closes.push(Close { table: &tables::ROLE_ASSIGNMENTS, key: vec![assignment.into()] });
    c.payload = payload(by, json!({ "role": gone.role, "scope": gone.scope_kind, "of": gone.scope }))?;
    services.write(c).await
}

/// Whoever waited for their turn may have lost the right meanwhile.
async fn still_governs(services: &Services, by: &Principal) -> Result<()> {
    let Some(id) = by.person_id() else { return Ok(()) };
    let now = super::current(services, id).await?.ok_or(Error::Forbidden(Action::ManagePeople))?;
    now.authorise(Action::ManagePeople)
}

/// Locks somebody out: the account is closed, sessions end, tokens are revoked, backups become owners, whoever has
/// them as backup has none, their sources are nobody's, they leave their group. One entry.
pub async fn lock_out(services: &Services, by: &Principal, person: Uuid) -> Result<Written> {
    by.authorise(Action::ManagePeople)?;
    let _one = services.governing.lock().await;
    still_governs(services, by).await?;
    if by.person_id() == Some(person) {
        return Err(Error::Conflict("nobody locks themselves out; another admin can".to_owned()));
    }
    let mut tx = services.db.snapshot().await?;
    let whole = people::whole(&mut tx, person).await?.ok_or(Error::NotFound("person"))?;
    if whole.state == "deactivated" {
        return Err(Error::Conflict("this person is locked out already".to_owned()));
    }
    let mut c = command(by, "person.locked_out", "person", Some(person));
    c.closes.push(Close { table: &tables::PERSON_VERSIONS, key: vec![person.into(), store_since(whole.since)] });
    c.opens.push(whole.in_state("deactivated"));
    let tokens = store::tokens::of_holder_or_minter(&mut tx, person).await?;
    c.closes.extend(tokens.iter().map(|t| Close { table: &tables::TOKENS, key: vec![(*t).into()] }));
    let owned = people::owned_by(&mut tx, person).await?;
    let active = people::active(&mut tx).await?;
    let (handed_over, orphans) = hand_over(&mut tx, &mut c, person, &owned, &active).await?;
    let group = store::groups::membership_of(&mut tx, person).await?;
    c.closes.extend(group.map(|m| Close { table: &tables::GROUP_MEMBERS, key: vec![m.id.into()] }));
    let sources: Vec<_> = store::sources::all_at(&mut tx, OPEN - 1).await?.into_iter().filter(|s| s.owner_id == Some(person)).collect();
    tx.rollback().await?;
    for source in &sources {
        c.closes.push(Close { table: &tables::SOURCE_VERSIONS, key: vec![source.id.into(), store_since(source.since)] });
        c.opens.push(source.without_owner().row());
    }
    let figures = json!({ "tokens": tokens.len(), "handed_over": handed_over, "orphans": orphans, "sources": sources.len() });
    c.payload = payload(by, figures)?;
    let written = services.write(c).await?;
    // After the entry: whoever signs in between the two is refused by the state already.
    store::sessions::end_of_person(&services.db, person, "").await?;
    Ok(written)
}

/// Takes somebody back who was locked out. They choose a new password by a link.
pub async fn take_back(services: &Services, by: &Principal, person: Uuid) -> Result<Written> {
    by.authorise(Action::ManagePeople)?;
    let mut tx = services.db.snapshot().await?;
    let whole = people::whole(&mut tx, person).await?.ok_or(Error::NotFound("person"))?;
    let password = people::password_of(&mut tx, person).await?;
    tx.rollback().await?;
    if whole.state != "deactivated" || whole.is_redacted() {
        return Err(Error::Conflict("this person is not locked out, or was erased".to_owned()));
    }
    let mut c = command(by, "person.taken_back", "person", Some(person));
    c.closes.push(Close { table: &tables::PERSON_VERSIONS, key: vec![person.into(), store_since(whole.since)] });
    c.closes.extend(password.map(|(id, _, _)| Close { table: &tables::AUTHENTICATORS, key: vec![id.into()] }));
    c.opens.push(whole.in_state("invited"));
    services.write(c).await
}

/// A new password for oneself, with the old one; every other session ends.
pub async fn change_password(services: &Services, who: &Principal, session: &str, old: &str, new: &str) -> Result<Written> {
    let person = who.session_person()?;
    let checked = super::check("-", "-@-", new)?;
    // Whoever holds a session only must not find the password out here.
    let (now, attempts) = (services.clock.now().micros(), crate::sessions::digest(&format!("password:{person}")));
    let one = services.attempts.lock().await;
    let mut tx = services.db.snapshot().await?;
    let known = people::password_of(&mut tx, person).await?;
    let allowed = super::paused(&mut tx, &[(&attempts, super::FREE[0])], now).await;
    tx.rollback().await?;
    allowed?;
    store::sessions::failed(&services.db, &[&attempts], now).await?;
    drop(one);
    let (id, phc, _) = known.ok_or(Error::NotFound("password"))?;
    if old.len() > 1024 || !password_fits(services, old.to_owned(), phc).await? {
        return Err(Error::invalid("old", "this is not your password of today"));
    }
    store::sessions::forget_failures(&services.db, &attempts).await?;
    let secret = hash_password(services, checked.password).await?;
    let mut c = command(who, "person.password_changed", "person", Some(person));
    c.closes.push(Close { table: &tables::AUTHENTICATORS, key: vec![id.into()] });
    c.opens.push(password_row(services, who.actor(), person, &secret));
    let written = services.write(c).await?;
    store::sessions::end_of_person(&services.db, person, &crate::sessions::digest(session)).await?;
    Ok(written)
}

/// Key, within a session's data, of the address and the program it was begun with.
pub const BEGUN_WITH: &str = "begun_with";

/// A session as its person sees it.
#[derive(Clone, Debug)]
pub struct Mine {
    pub hash: String,
    pub begun_at: i64,
    pub seen_at: i64,
    pub expires_at: i64,
    /// Address and program, as they said of themselves.
    pub with: String,
    /// The one in use.
    pub here: bool,
}

fn mine(s: Session, here: &str) -> Mine {
    let data: serde_json::Value = serde_json::from_str(&s.data).unwrap_or_default();
    let with = data[BEGUN_WITH].as_str().unwrap_or_default().to_owned();
    let begun_at = s.absolute_ends_at - crate::sessions::ABSOLUTE;
    Mine { here: s.hash == here, begun_at, seen_at: s.seen_at, expires_at: s.expires_at, with, hash: s.hash }
}

/// The sessions of the caller, the one in use marked.
pub async fn my_sessions(services: &Services, who: &Principal, session: &str) -> Result<Vec<Mine>> {
    let person = who.session_person()?;
    let here = crate::sessions::digest(session);
    let now = services.clock.now().micros();
    let all = store::sessions::of_person(&services.db, person).await?;
    Ok(all.into_iter().filter(|s| s.expires_at >= now).map(|s| mine(s, &here)).collect())
}

/// Ends one of the caller's sessions.
pub async fn end_session(services: &Services, who: &Principal, hash: &str) -> Result<()> {
    let person = who.session_person()?;
    if !store::sessions::end_one(&services.db, person, hash).await? {
        return Err(Error::NotFound("session of yours"));
    }
    services.writer.write(command(who, "person.session_ended", "person", Some(person))).await?;
    Ok(())
}
