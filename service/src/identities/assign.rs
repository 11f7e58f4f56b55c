//! One owner for many identities: each gets a version of its own, all of them one entry.

use super::{Projection, Said, facts_from};
use crate::{Act, Error, Result, Written};
use domain::identity::{Environment, Plane};
use domain::ids::{IdentityId, PersonId};
use domain::permission::{Action, Place};
use domain::query::identities::{Filter, Sort};
use domain::seq::Seq;
use domain::verb::Verb;
use serde_json::json;
use store::engine::db::Tx;
use store::engine::table::Declared;
use store::engine::writer::Command;
use store::identities::{self, After, Record, Reviewed};
use store::people::{self, Person};

/// Identities that one command takes.
pub const MOST: usize = 200;

/// What came of it.
#[derive(Clone, Debug)]
pub struct Assigned {
    /// None where every one had this owner already.
    pub written: Option<Written>,
    pub owner: String,
    pub assigned: usize,
    pub unchanged: usize,
    /// Left as they are: people countersigned their owners, so a change request changes them.
    pub countersigned: usize,
}

/// Makes an active person the owner of every identity named.
pub async fn assign(act: &Act, ids: &[IdentityId], owner: &str) -> Result<Assigned> {
    act.authorise(Action::WriteInventory)?;
    if ids.is_empty() {
        return Err(Error::invalid("pick", "Select at least one identity."));
    }
    if ids.len() > MOST {
        return Err(Error::invalid("pick", format!("Select at most {MOST} identities at a time.")));
    }
    let mut tx = act.snapshot().await?;
    let owner = person(&mut tx, owner).await?;
    let mut c = act.command(Verb::IdentityAssigned, "person", Some(owner.id.uuid()));
    let mut projection = Projection::default();
    let mut moved = Vec::new();
    let (mut unchanged, mut countersigned) = (0, 0);
    for id in ids {
        match one(&mut tx, act, (&mut c, &mut projection), *id, owner.id).await? {
            Moved::Assigned => moved.push(id.to_string()),
            Moved::Unchanged => unchanged += 1,
            Moved::Countersigned => countersigned += 1,
        }
    }
    tx.rollback().await?;
    let assigned = moved.len();
    let name = owner.shown();
    if moved.is_empty() {
        return Ok(Assigned { written: None, owner: name, assigned, unchanged, countersigned });
    }
    projection.finish(&mut c);
    c.requires.push(owner.clone().still());
    c.payload = act.payload(json!({ "owner": owner.id.to_string(), "identities": moved }))?;
    // Two first edits at once: neither closes a row, and the database lets one be open.
    let again = || Error::Conflict("Someone else saved first. Reload to see their change, then assign the owner again.".to_owned());
    let written = act.write(c).await.map_err(|e| e.refused_by("identity_versions_one_open", again))?;
    Ok(Assigned { written: Some(written), owner: name, assigned, unchanged, countersigned })
}

/// The same for what a filter leaves, highest privilege first: as many of them as one command takes.
pub async fn assign_all(act: &Act, filter: &Filter, owner: &str) -> Result<Assigned> {
    act.authorise(Action::WriteInventory)?;
    let mut tx = act.snapshot().await?;
    let sorted = Filter { sort: Some(Sort::Privilege), ..filter.clone() };
    let found = identities::list(&mut tx, Seq::LARGEST, true, &sorted, &After::Start, MOST as i64).await?;
    tx.rollback().await?;
    let ids: Vec<IdentityId> = found.iter().map(|l| l.identity_id).collect();
    assign(act, &ids, owner).await
}

/// An active person by id, or by the whole of a name that one alone has.
async fn person(tx: &mut Tx, text: &str) -> Result<Person> {
    let text = text.trim();
    let bad = |why: &str| Error::invalid("owner", why);
    let id = match PersonId::parse(text) {
        Ok(id) => id,
        Err(_) if text.is_empty() => return Err(bad("Choose an owner.")),
        Err(_) => {
            let all = people::all_at(tx, Seq::NOW).await?;
            let mut called = all.iter().filter(|p| p.is_active() && p.shown() == text);
            match (called.next(), called.next()) {
                (Some(one), None) => one.id,
                (None, _) => return Err(bad("No active person has this name. Choose one of the list.")),
                (Some(_), Some(_)) => return Err(bad("Two people have this name. Choose the owner on the page of the identity.")),
            }
        }
    };
    let found = people::by_id(tx, id, Seq::NOW).await?.filter(Person::is_active);
    found.ok_or_else(|| bad("Choose an owner who is active."))
}

/// Fails where the role does not reach the identity.
async fn within_reach(tx: &mut Tx, act: &Act, before: &Reviewed, environment: Option<Environment>) -> Result<()> {
    let teams = match before.team_id {
        Some(_) => crate::teams::with_ancestors(&store::teams::all_at(tx, Seq::NOW).await?, before.team_id),
        None => vec![],
    };
    act.who().authorise_at(Action::WriteInventory, &Place { teams, environment, source: before.source_id })
}

/// What came of one identity.
enum Moved {
    Assigned,
    Unchanged,
    Countersigned,
}

/// A new version of one record.
async fn one(tx: &mut Tx, act: &Act, (c, projection): (&mut Command, &mut Projection), id: IdentityId, owner: PersonId) -> Result<Moved> {
    let records = identities::records_of(tx, id, Seq::NOW).await?;
    let of = |plane: Plane| records.iter().find(|r| r.plane == plane).cloned();
    let before: Reviewed = identities::facts_of(tx, id, Seq::NOW).await?.ok_or(Error::NotFound("identity"))?.into();
    let (old, observed) = (of(Plane::Manual), of(Plane::Observed));
    let source = match before.source_id {
        Some(source) => store::sources::by_id(tx, source, Seq::NOW).await?,
        None => None,
    };
    let of_source = source.as_ref().and_then(|s| s.environment);
    let environment = old.as_ref().and_then(|m| m.environment).or(of_source);
    within_reach(tx, act, &before, environment).await?;
    if before.owner_id == Some(owner) {
        return Ok(Moved::Unchanged);
    }
    if of(Plane::Baseline).is_some() {
        return Ok(Moved::Countersigned);
    }
    let mut new = old.clone().unwrap_or_else(|| {
        let mut record = Record::new(id, Plane::Manual);
        record.name = Some(before.name.clone());
        record.kind = Some(before.kind);
        record.lifecycle = Some(before.lifecycle);
        record
    });
    new.owner_id = Some(owner);
    // Whoever takes over is no backup any more.
    new.backup_id = new.backup_id.filter(|backup| *backup != owner);
    let facts = facts_from(&Said { observed: observed.as_ref(), manual: Some(&new), baseline: of(Plane::Baseline).as_ref() }, of_source)
        .ok_or(Error::NotFound("identity"))?;
    let shown = identities::IdentityFacts { owner_id: facts.owner_id, backup_id: facts.backup_id, ..before.facts.clone() };
    let after = before.with(shown);
    c.requires.extend(source.map(Declared::still));
    c.requires.extend(observed.map(Declared::still));
    match old {
        Some(old) => c.replace(old, new),
        None => c.opens.push(new.open()),
    }
    projection.touch(c, Some(before), Some(after));
    Ok(Moved::Assigned)
}
