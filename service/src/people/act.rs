//! Adding people, adding and removing roles, deactivating a leaver and reactivating them.

use super::{Checked, check, email_key, fit_together, password, taken};
use crate::identities::hand_over;
use crate::{Act, Error, Principal, Result, Written, standing};
use domain::ids::{AssignmentId, PersonId, SourceId};
use domain::permission::{Action, HeldRole, Role, RoleScope, ScopeKind};
use domain::person::State;
use domain::seq::Seq;
use domain::verb::Verb;
use serde_json::json;
use store::engine::db::Tx;
use store::engine::require::Require;
use store::engine::table::Declared;
use store::groups::Member;
use store::people::{self, Assignment, Person};
use store::sources::Source;
use store::teams::Team;
use store::tokens::Token;

/// Adds a person. Admins do it; the host does it only while the installation is bootstrap.
pub async fn add(act: &Act, name: &str, email: &str, password: &str, roles: &[Role]) -> Result<Principal> {
    act.authorise(Action::ManagePeople)?;
    fit_together(roles)?;
    insert(act, check(name, email, password)?, roles, false).await
}

/// Writes a new person with a password; `first` only where there is nobody yet.
pub(super) async fn insert(act: &Act, new: Checked, roles: &[Role], first: bool) -> Result<Principal> {
    let services = act.services();
    let id: PersonId = act.id();
    let secret = password::hash(services, new.password).await?;
    let person = Person::new(id, &new.name, &new.email, &email_key(services, &new.email), &services.salt(), State::Active);
    let held: Vec<HeldRole> = roles.iter().copied().map(HeldRole::everywhere).collect();
    let mut c = act.command(Verb::PersonAdded, "person", Some(id.uuid()));
    c.requires.extend(governs(act));
    c.requires.extend(first.then_some(Require::NobodyYet));
    c.add(id.uuid(), person);
    c.opens.push(password::row(services, act.who().actor(), id, &secret).open());
    c.opens.extend(held.iter().map(|h| Assignment::new(act.id(), id, *h).open()));
    c.payload = act.payload(json!({ "roles": roles, "provenance": "bootstrap" }))?;
    act.write(c).await.map_err(taken)?;
    Ok(Principal::Person { id, name: new.name, email: new.email, roles: held, confirmed: None })
}

/// Whoever governs must still do so when it is written: two admins may take each other away at once.
pub(super) fn governs(act: &Act) -> Option<Require> {
    act.who().person_id().map(Require::StillAdmin)
}

/// Gives a role to somebody else: nobody widens their own rights. The reach is a kind, and an id, a word or a name.
pub async fn assign(act: &Act, person: PersonId, role: Role, (kind, of): (&str, &str)) -> Result<Written> {
    act.authorise(Action::ManagePeople)?;
    if act.who().person_id() == Some(person) {
        return Err(Error::invalid("role", "You can't change your own roles. Ask another admin."));
    }
    let mut tx = act.snapshot().await?;
    let (scope, place) = known_reach(&mut tx, kind, of.trim()).await?;
    let held = people::assignments_of(&mut tx, person, Seq::NOW).await?;
    let known = people::by_id(&mut tx, person, Seq::NOW).await?;
    tx.rollback().await?;
    let known = known.filter(|p| p.state != State::Deactivated).ok_or(Error::NotFound("active person"))?;
    let roles: Vec<Role> = held.iter().map(|a| a.role).chain([role]).collect();
    fit_together(&roles)?;
    let mut c = act.command(Verb::RoleGiven, "person", Some(person.uuid()));
    c.requires.extend(governs(act));
    c.requires.push(known.still());
    c.requires.extend(place);
    c.opens.push(Assignment::new(act.id(), person, HeldRole { role, scope }).open());
    c.payload = act.payload(json!({ "role": role, "scope": scope.kind(), "of": scope.of(), "provenance": "bootstrap" }))?;
    let excluded = || Error::invalid("role", "This role can't be combined with one they hold.");
    let same = || Error::invalid("role", "They already hold this role for this scope.");
    let written = act.write(c).await;
    written.map_err(|e| e.refused_by("role_assignments_one_open", same).refused_by("role_assignments", excluded))
}

/// A reach over something that is there, and that it still is.
async fn known_reach(tx: &mut Tx, kind: &str, of: &str) -> Result<(RoleScope, Option<Require>)> {
    let bad = || Error::invalid("scope", "Choose a scope from the list.");
    match ScopeKind::parse(kind).ok_or_else(bad)? {
        ScopeKind::Team => {
            let all = store::teams::all_at(tx, Seq::NOW).await?;
            let team = crate::teams::known(&all, of).cloned().ok_or_else(bad)?;
            Ok((RoleScope::Team(team.id), Some(Team::still(team))))
        }
        ScopeKind::Source => {
            let id = SourceId::parse(of).ok();
            let all = store::sources::all_at(tx, Seq::NOW).await?;
            let source = all.into_iter().find(|s| Some(s.id) == id || s.name == of).ok_or_else(bad)?;
            Ok((RoleScope::Source(source.id), None))
        }
        other @ (ScopeKind::Organisation | ScopeKind::Environment) => Ok((RoleScope::parse(other, of).ok_or_else(bad)?, None)),
    }
}

const LAST: &str = "This is the last admin. Add the role to someone else first.";

/// Removes a role; gives whose. The last admin stays, whoever asks.
pub async fn unassign(act: &Act, assignment: AssignmentId) -> Result<(PersonId, Written)> {
    act.authorise(Action::ManagePeople)?;
    let mut tx = act.snapshot().await?;
    let gone = people::assignment(&mut tx, assignment).await?.ok_or(Error::NotFound("role"))?;
    let stays = another_admin(&mut tx, gone.person_id, Some(assignment)).await?;
    tx.rollback().await?;
    let mut c = act.command(Verb::RoleTaken, "person", Some(gone.person_id.uuid()));
    c.requires.extend(governs(act));
    if gone.is_admin() {
        if !stays {
            return Err(Error::Conflict(LAST.to_owned()));
        }
        c.requires.push(Require::AnotherAdmin { than: gone.person_id, without: Some(assignment) });
    }
    c.payload = act.payload(json!({ "role": gone.role, "scope": gone.scope_kind, "of": gone.scope }))?;
    let whose = gone.person_id;
    c.closes.push(gone.close());
    Ok((whose, act.write(c).await?))
}

/// Whether somebody active governs everybody, whatever becomes of a person or of one role of theirs.
async fn another_admin(tx: &mut Tx, person: PersonId, without: Option<AssignmentId>) -> Result<bool> {
    let all = people::assignments_at(tx, Seq::NOW).await?;
    let active = people::active(tx).await?;
    let gone = |a: &Assignment| without.map_or(a.person_id == person, |id| a.id == id);
    Ok(all.iter().any(|a| a.is_admin() && active.contains(&a.person_id) && !gone(a)))
}

/// Deactivates somebody; gives the name: the account is closed, sessions end, tokens are revoked, backups become owners, whoever has
/// them as backup has none, their sources and resources are nobody's, they leave their group. One entry. The last admin stays.
pub async fn lock_out(act: &Act, person: PersonId) -> Result<(String, Written)> {
    act.authorise(Action::ManagePeople)?;
    if act.who().person_id() == Some(person) {
        return Err(Error::Conflict("You can't deactivate yourself. Ask another admin.".to_owned()));
    }
    let mut tx = act.snapshot().await?;
    let known = people::by_id(&mut tx, person, Seq::NOW).await?.ok_or(Error::NotFound("person"))?;
    if known.state == State::Deactivated {
        return Err(Error::Conflict("This person is already deactivated.".to_owned()));
    }
    let governed = people::assignments_of(&mut tx, person, Seq::NOW).await?.iter().any(Assignment::is_admin);
    if governed && known.is_active() && !another_admin(&mut tx, person, None).await? {
        return Err(Error::Conflict(LAST.to_owned()));
    }
    let mut c = act.command(Verb::PersonLockedOut, "person", Some(person.uuid()));
    c.requires.extend(governs(act));
    c.requires.extend((governed && known.is_active()).then_some(Require::AnotherAdmin { than: person, without: None }));
    let name = known.shown();
    let out = known.in_state(State::Deactivated);
    c.replace(known, out);
    let tokens = store::tokens::of_holder_or_minter(&mut tx, person).await?;
    let revoked = tokens.len();
    c.closes.extend(tokens.into_iter().map(Token::close));
    let owned = people::owned_by(&mut tx, person).await?;
    let active = people::active(&mut tx).await?;
    let (handed_over, orphans) = hand_over(&mut tx, &mut c, person, &owned, &active).await?;
    let group = store::groups::membership_of(&mut tx, person).await?;
    c.requires.push(Require::MemberOf { person, membership: group.as_ref().map(|m| m.id) });
    c.closes.extend(group.map(Member::close));
    let sources: Vec<Source> =
        store::sources::all_at(&mut tx, Seq::NOW).await?.into_iter().filter(|s| s.owner_id == Some(person)).collect();
    let resources = crate::resources::leave(&mut tx, &mut c, person).await?;
    let sessions = store::sessions::of_person(&mut tx, person).await?.len();
    c.jobs.extend(crate::changes::examined(act.services(), &mut tx, person).await?);
    tx.rollback().await?;
    let figures = json!({ "sessions": sessions, "tokens": revoked, "handed_over": handed_over, "orphans": orphans, "sources": sources.len(), "resources": resources });
    for source in sources {
        let nobodys = source.without_owner();
        c.replace(source, nobodys);
    }
    c.payload = act.payload(figures)?;
    let written = act.write(c).await?;
    // After the entry: whoever signs in between the two is refused by the state already.
    store::sessions::end_of_person(&act.services().db, person, "").await?;
    act.services().bell.send_replace(());
    Ok((name, written))
}

/// Reactivates somebody; gives the name. They choose a new password by a link.
pub async fn take_back(act: &Act, person: PersonId) -> Result<(String, Written)> {
    act.authorise(Action::ManagePeople)?;
    let mut tx = act.snapshot().await?;
    let known = people::by_id(&mut tx, person, Seq::NOW).await?.ok_or(Error::NotFound("person"))?;
    let password = standing::password(&mut tx, person).await?;
    tx.rollback().await?;
    if known.state != State::Deactivated || known.is_redacted() {
        return Err(Error::Conflict("This person isn't deactivated, or was erased.".to_owned()));
    }
    let mut c = act.command(Verb::PersonTakenBack, "person", Some(person.uuid()));
    c.requires.extend(governs(act));
    let name = known.shown();
    let back = known.in_state(State::Invited);
    c.replace(known, back);
    c.closes.extend(password.map(Declared::close));
    Ok((name, act.write(c).await?))
}
