//! What a door rests on: people, their roles and passwords, tokens, the life of an identity. Each is read from the row that
//! an entry committed to, and counts only as that entry wrote it and while no later one closed or replaced it: a row that
//! was changed, put in or reopened in the database opens nothing. What lists show is never asked.

use crate::Result;
use domain::identity::{Lifecycle, Plane};
use domain::ids::{IdentityId, PersonId};
use domain::permission::HeldRole;
use domain::seq::Seq;
use store::engine::db::Tx;
use store::engine::standing::{self, Claim};
use store::identities::{self, IDENTITY_VERSIONS};
use store::people::{self, Assignment, Authenticator, Person};
use store::tokens::{Holder, Token};
use uuid::Uuid;

/// True of a row that stands as it was written; loud where it does not. `about` are the subjects of the entries that may
/// have closed it.
async fn stands(tx: &mut Tx, claim: Claim, about: &[Uuid]) -> Result<bool> {
    let stands = standing::stands(tx, &claim, about).await?;
    if !stands {
        let (table, since) = claim.named();
        tracing::error!(table, %since, ?about, "a row is not as the ledger has it: it lets nobody in");
    }
    Ok(stands)
}

/// What entries that may have ended something of a person are about: the person, and changes of the gate about them.
async fn about(tx: &mut Tx, id: PersonId) -> Result<Vec<Uuid>> {
    let changes = store::changes::about_person(tx, id).await?;
    Ok([id.uuid()].into_iter().chain(changes.into_iter().map(domain::ids::ChangeId::uuid)).collect())
}

/// A person as of now.
pub(crate) async fn person(tx: &mut Tx, id: PersonId) -> Result<Option<Person>> {
    let found = people::by_id(tx, id, Seq::NOW).await?;
    standing_person(tx, found).await
}

/// The person of an address.
pub(crate) async fn person_by_email_key(tx: &mut Tx, key: &str) -> Result<Option<Person>> {
    let found = people::by_email_key(tx, key).await?;
    standing_person(tx, found).await
}

async fn standing_person(tx: &mut Tx, found: Option<Person>) -> Result<Option<Person>> {
    let Some(person) = found else { return Ok(None) };
    let about = about(tx, person.id).await?;
    let stands = stands(tx, Claim::of(person.clone()), &about).await?;
    Ok(stands.then_some(person))
}

/// The roles somebody holds, each with its reach.
pub(crate) async fn roles(tx: &mut Tx, id: PersonId) -> Result<Vec<HeldRole>> {
    let mut roles = Vec::new();
    let about = about(tx, id).await?;
    for found in people::assignments_of(tx, id, Seq::NOW).await? {
        if stands(tx, Claim::of(found.clone()), &about).await? {
            roles.extend(Assignment::held(&found));
        }
    }
    Ok(roles)
}

/// The password of a person.
pub(crate) async fn password(tx: &mut Tx, id: PersonId) -> Result<Option<Authenticator>> {
    let about = about(tx, id).await?;
    for found in people::passwords_of(tx, id).await? {
        if stands(tx, Claim::of(found.clone()), &about).await? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// True of a token that nobody has revoked: itself, or with whoever holds or minted it.
pub(crate) async fn token(tx: &mut Tx, token: &Token) -> Result<bool> {
    let mut about = vec![token.id.uuid(), token.minted_by_id.uuid()];
    if let Holder::Person(id) = token.holder() {
        about.push(id.uuid());
    }
    let claim = Claim::of(token.clone());
    // The entry of an acceptance is about no token, and ends every one of before.
    if crate::restored::any_after(tx, claim.named().1).await? {
        return Ok(false);
    }
    stands(tx, claim, &about).await
}

/// True of an identity that is listed and that nobody has set still.
pub(crate) async fn may_call(tx: &mut Tx, id: IdentityId) -> Result<bool> {
    if identities::facts_of(tx, id, Seq::NOW).await?.is_none() {
        return Ok(false);
    }
    // What is out of the live plane calls nothing, its own tokens not either.
    if !store::suspensions::of_subject(tx, &id.to_string(), Plane::Baseline, Seq::NOW).await?.is_empty() {
        return Ok(false);
    }
    let stated: Vec<_> = identities::records_of(tx, id, Seq::NOW).await?.into_iter().filter(|r| r.plane != Plane::Observed).collect();
    // What people countersigned is closed by entries about changes.
    let mut about = vec![id.uuid()];
    about.extend(store::changes::about(tx, id).await?.into_iter().map(domain::ids::ChangeId::uuid));
    for record in &stated {
        let still = record.lifecycle.is_some_and(|l| !Lifecycle::may_call(l));
        if still || !stands(tx, Claim::of(record.clone()), &about).await? {
            return Ok(false);
        }
    }
    // Nobody has ever said anything of it, or what was said is gone.
    let said = stated.iter().any(|r| r.plane == Plane::Manual);
    Ok(said || !standing::was_opened(tx, &IDENTITY_VERSIONS, &[id.into(), Plane::Manual.into()], id.uuid()).await?)
}
