//! Adopting: what a source saw becomes what people countersigned (decisions C5). A proposal names the source; what it comes
//! to is computed as of a position (`choose`). What was agreed to is applied by a job, entry by entry under a batch (`carry`):
//! the first entry holds the application, the last one brings all of it to live, after the root was checked once more.

mod carry;
mod choose;

pub(crate) use carry::carry_out;
pub use carry::{PART, progress};

use super::apply::{application, origins};
use super::around::answering_for;
use super::case::Case;
use super::load::digest;
use super::people::minter;
use super::refresh::{by_the_server, payload};
use crate::{Error, Result, Services, jobs};
use choose::{Part, Wanted};
use domain::change::State;
use domain::change::adopt::Adopt;
use domain::change::baseline::Baseline;
use domain::change::content::MatchKey;
use domain::change::operation::Operation;
use domain::change::state::{Event, Review, next};
use domain::ids::{BatchId, ChangeId, IdentityId, PersonId, SourceId, TokenId};
use domain::job::JobKind;
use domain::ledger::ActorKind;
use domain::seq::Seq;
use domain::time::{SECOND, Timestamp};
use domain::verb::Verb;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use store::changes::applications;
use store::changes::{Change, adopted};
use store::engine::db::Tx;
use store::engine::head;
use store::engine::table::Declared;
use store::engine::writer::Command;
use store::imports::Batch;
use store::sources;

/// What the job of an adoption is about.
#[derive(Serialize, Deserialize)]
struct Adopting {
    change: ChangeId,
}

/// When a change that is being applied is looked at again: a job is lost with a restore.
const AGAIN: i64 = 3_600 * SECOND;

/// What somebody asks for: everything else of the operation is computed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(rename = "op")]
    _op: String,
    source: SourceId,
    #[serde(default)]
    scope: Option<String>,
    /// As of when; left out, now.
    #[serde(default)]
    position: Option<Seq>,
    #[serde(default)]
    except: BTreeSet<MatchKey>,
    /// What stands apart instead of everything else.
    #[serde(default)]
    privileged: bool,
}

/// Reads an adoption that somebody proposes. A whole one, as an answer of the API gives it, is computed once more.
pub(super) async fn read(tx: &mut Tx, value: &Value) -> Result<Adopt> {
    let wrong = |why: String| Error::invalid("operations", format!("adopt: {}", domain::text::capped(&why, 300)));
    if value.get("root").is_some() {
        let Operation::Adopt(whole) = Operation::read(value).map_err(|e| wrong(e.to_string()))? else {
            return Err(wrong("it is no adoption.".to_owned()));
        };
        let wanted = seen(tx, Wanted::of(&whole)).await?;
        let again = choose::made(tx, wanted).await?;
        return if again == whole {
            Ok(again)
        } else {
            Err(wrong("it is not what the source saw then. Leave out what is computed.".to_owned()))
        };
    }
    let asked = Asked::deserialize(value).map_err(|e| wrong(e.to_string()))?;
    let scope = asked.scope.filter(|scope| !scope.is_empty());
    let part = if asked.privileged { Part::Apart } else { Part::Ordinary };
    let head = head::known(tx).await?.seq;
    let position = asked.position.unwrap_or(head);
    let wanted = seen(tx, Wanted { source: asked.source, scope, position, except: asked.except, part }).await?;
    choose::made(tx, wanted).await
}

/// Refuses a source that nobody knows, and a moment that is still to come.
async fn seen(tx: &mut Tx, wanted: Wanted) -> Result<Wanted> {
    if sources::by_id(tx, wanted.source, Seq::NOW).await?.is_none() {
        return Err(Error::invalid("operations", "adopt: there is no such source."));
    }
    if wanted.position > head::known(tx).await?.seq {
        return Err(Error::invalid("operations", "adopt: position: that moment is still to come. Leave it out."));
    }
    Ok(wanted)
}

/// The adoption that a change is; it stands in a change of its own.
pub(super) fn of(operations: &[Operation]) -> Option<&Adopt> {
    operations.iter().find_map(|o| if let Operation::Adopt(adopt) = o { Some(adopt) } else { None })
}

/// Whoever fed a source is an author of what is adopted of it: who imported, whoever created the token that did, and whoever
/// answers for an agent that did.
pub(super) async fn feeders(tx: &mut Tx, source: SourceId, then: Seq) -> Result<BTreeSet<PersonId>> {
    let mut out = BTreeSet::new();
    for (kind, id, payload) in adopted::fed(tx, source).await? {
        let said: Value = serde_json::from_str(&payload).unwrap_or_default();
        match (kind, id) {
            (ActorKind::Person, Some(id)) => drop(out.insert(PersonId::new(id))),
            (ActorKind::Agent, Some(id)) => out.extend(answering_for(tx, IdentityId::new(id), Seq::NOW, then).await?),
            _ => {}
        }
        if let Some(token) = said.get("token").and_then(Value::as_str).and_then(|id| TokenId::parse(id).ok()) {
            out.extend(minter(tx, token).await?);
        }
    }
    Ok(out)
}

/// How many identities of a source moved since what is adopted of it was seen, up to a position; 10,001 stands for more.
pub(super) async fn moved_since(tx: &mut Tx, adopt: &Adopt, to: Seq) -> Result<i64> {
    Ok(adopted::moved(tx, adopt.source, (adopt.position, to)).await?)
}

/// The command that begins an approved adoption: its application, its batch and the job that writes it.
pub(super) fn begin(services: &Services, case: &Case, adopt: &Adopt) -> Result<Command> {
    let state = next(case.change.state, Event::Begin, Review::default()).map_err(|why| Error::Conflict(why.to_string()))?;
    let origins = origins(case)?;
    let batch: BatchId = services.ids.make();
    let digests = (digest(&Baseline::default())?, adopt.root.clone());
    let application = application(services, case, &origins, digests, Some(batch));
    let mut c = by_the_server(case, Verb::ChangeBegun);
    c.payload = payload(&json!({ "candidate": case.row.digest, "state": state, "root": adopt.root }))?;
    c.jobs.push(job(services, case, case.now)?);
    c.jobs.push(super::rows::job(services, case.change.id, case.now.plus(AGAIN))?);
    // The database asks for each before the next.
    let change = Change { since: Seq::ZERO, state, due_at: Some(case.now.plus(AGAIN)), ..case.change.clone() };
    c.replace(case.change.clone(), change);
    c.opens.push(Batch::new(batch, adopt.source).open());
    c.opens.push(application.open());
    Ok(c)
}

fn job(services: &Services, case: &Case, at: Timestamp) -> Result<store::engine::jobs::NewJob> {
    jobs::of_the_server(services, JobKind::Adopt, &Adopting { change: case.change.id }, at)
}

/// Queues the job of an adoption once more, where it was lost: one that is still at it lets no other go on.
pub(super) async fn queued_again(services: &Services, case: &Case) -> Result<State> {
    let mut c = by_the_server(case, Verb::ChangeDelayed);
    let until = case.now.plus(AGAIN);
    c.payload = payload(&json!({ "candidate": case.row.digest, "until": until.rfc3339() }))?;
    c.jobs.push(job(services, case, case.now)?);
    c.jobs.push(super::rows::job(services, case.change.id, until)?);
    c.replace(case.change.clone(), Change { since: Seq::ZERO, due_at: Some(until), ..case.change.clone() });
    services.write(c).await?;
    Ok(case.change.state)
}

/// The batch of a change that is being applied.
async fn batch_of(tx: &mut Tx, case: &Case) -> Result<BatchId> {
    let application = applications::of_change(tx, case.change.id, Seq::NOW).await?;
    application.and_then(|a| a.batch).ok_or_else(|| Error::Internal(format!("{} has no batch", case.change.id)))
}
