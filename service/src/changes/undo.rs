//! Undoing what took effect: a change like any other, computed from what stood before it, routed by what it comes to now.

use super::draft::{self, Draft};
use super::load::load;
use super::submit::{make, written};
use super::weigh::{Asker, read_candidate};
use crate::{Act, Error, Result, Written};
use domain::change::State;
use domain::change::candidate::undo as way_back;
use domain::ids::ChangeId;
use domain::permission::Action;
use domain::seq::Seq;
use store::changes::{self, applications};

/// Proposes to undo an effective change; gives the id of the change that does.
pub async fn undo(act: &Act, id: ChangeId, justification: &str) -> Result<(ChangeId, Written)> {
    act.authorise(Action::ProposeChange)?;
    let justification = draft::text("justification", justification)?;
    if justification.is_empty() {
        return Err(Error::invalid("justification", "Say why it should be undone."));
    }
    let mut tx = act.snapshot().await?;
    let change = changes::by_id(&mut tx, id, Seq::NOW).await?.ok_or(Error::NotFound("change"))?;
    let application = applications::of_change(&mut tx, id, Seq::NOW).await?;
    let Some(application) = application.filter(|_| change.state == State::Effective) else {
        return Err(Error::Conflict(format!("It is {}: only what is effective can be undone.", change.state.label())));
    };
    let row = changes::candidate(&mut tx, change.candidate_id).await?.ok_or(Error::NotFound("change"))?;
    let done = read_candidate(&row)?.operations;
    let before = load(&mut tx, &done, application.seq.plus(-1)).await?.baseline;
    let operations = way_back(&before, &done).map_err(|e| Error::Conflict(e.to_string()))?;
    let actor = act.who().actor();
    let minted_by = match act.who() {
        crate::Principal::Token { id, .. } => super::people::minter(&mut tx, *id).await?,
        crate::Principal::Person { .. } | crate::Principal::Host { .. } => None,
    };
    let asker = Asker { asked: actor, drafted: actor, minted_by };
    let draft = Draft { operations, asker, blobs: vec![], justification, ticket: None, rollback: None };
    let made = make(act, &mut tx, draft, Some(id)).await;
    tx.rollback().await?;
    written(act, made?).await
}
