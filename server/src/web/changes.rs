//! Changes: API. Nobody decides here: people do, on the page of the change.

use super::identities::Done;
use super::operation::{Body, Operation, Parameter, Shape, switch};
use super::reply::Answer;
use super::request::{Acting, Asking, Reading};
use super::sent::Sent;
use axum::Json;
use axum::extract::Path;
use axum::http::header;
use axum::response::IntoResponse;
use domain::asof::Wanted;
use domain::ids::{ChangeId, Noun};
use service::changes::{self, List};
use service::{Error, Read, Result};

mod bodies;
pub mod forms;

pub use bodies::{Answered, ComesTo, NewChange, Proposed, WholeChange};

fn id(text: &str) -> Result<ChangeId> {
    ChangeId::parse(text).map_err(|_| Error::NotFound("change"))
}

pub static LIST: Operation = Operation::list::<List>("list_changes", "Changes, newest first, 50 at a time");

const HOW: &[Parameter] = &[switch("dry_run", "Say what it comes to and who would have to agree, and save nothing")];

pub static PROPOSE: Operation = Operation::new(
    "propose_change",
    "Proposes a change. It takes effect once the people whom its route names have agreed, on its page; at once where nobody is asked",
    Body::Json(Shape::of::<Proposed>()),
)
.with(HOW)
.takes(Body::Json(Shape::of::<NewChange>()));

pub async fn propose(Acting(act): Acting, Asking(asked): Asking, Sent(sent): Sent<NewChange>) -> Answer<Json<Proposed>> {
    let proposal = sent.into();
    if asked.get("dry_run") == Some("true") {
        let preview = changes::preview(&act, &proposal).await?;
        return Ok(Json(Proposed { id: None, seq: None, comes_to: Some(ComesTo::try_from(&preview)?) }));
    }
    let (id, written) = changes::submit(&act, &proposal).await?;
    Ok(Json(Proposed { id: Some(id.into()), seq: Some(written.seq.into()), comes_to: None }))
}

pub static SHOW: Operation =
    Operation::new("show_change", "One change: what it is, where it stands, who may decide", Body::Json(Shape::of::<WholeChange>()))
        .of(Noun::Change);

pub async fn show(Reading(mut read, _): Reading, Path(wanted): Path<String>) -> Answer<Json<WholeChange>> {
    Ok(Json(WholeChange::try_from(&changes::show(&mut read, id(&wanted)?).await?)?))
}

pub static EFFECT: Operation =
    Operation::new("show_effect", "What a change comes to and who must agree to it", Body::Json(Shape::of::<ComesTo>())).of(Noun::Change);

pub async fn effect(Reading(mut read, _): Reading, Path(wanted): Path<String>) -> Answer<Json<ComesTo>> {
    Ok(Json(ComesTo::try_from(&changes::show(&mut read, id(&wanted)?).await?)?))
}

pub static RECEIPT: Operation = Operation::new(
    "show_receipt",
    "The receipt of an approved change: one file that anyone can verify offline with countersign change verify",
    Body::Other(&[RECEIPT_TYPE]),
)
.of(Noun::Change);

/// Its own bytes are the receipt: a reader that puts its members in another order has another file.
const RECEIPT_TYPE: &str = "application/vnd.countersign.receipt+json";

pub async fn receipt(Reading(mut read, _): Reading, Path(wanted): Path<String>) -> Answer {
    // What is not approved has none, and an address that has nothing to give says so.
    let found = changes::receipt(&mut read, id(&wanted)?).await.map_err(|why| match why {
        Error::Conflict(_) => Error::NotFound("receipt"),
        other => other,
    })?;
    let text = found.text().map_err(|e| Error::Internal(e.to_string()))?;
    Ok(([(header::CONTENT_TYPE, RECEIPT_TYPE)], text + "\n").into_response())
}

pub static WITHDRAW: Operation =
    Operation::new("withdraw_change", "Withdraws a change of the caller's own", Body::Json(Shape::of::<Done>())).of(Noun::Change);

pub async fn withdraw(Acting(act): Acting, Path(wanted): Path<String>) -> Answer<Json<Done>> {
    Ok(Json(changes::withdraw(&act, id(&wanted)?).await?.into()))
}

pub static ANSWER: Operation =
    Operation::new("answer_change", "Answers a reviewer's question about a change of the caller's own", Body::Json(Shape::of::<Done>()))
        .of(Noun::Change)
        .takes(Body::Json(Shape::of::<Answered>()));

pub async fn answer(Acting(act): Acting, Path(wanted): Path<String>, Sent(sent): Sent<Answered>) -> Answer<Json<Done>> {
    Ok(Json(changes::answer(&act, id(&wanted)?, &sent.text).await?.into()))
}

pub static DECIDE: Operation = Operation::new(
    "decide_change",
    "Refused, whoever asks: people decide in a session, on the page that the refusal names",
    Body::Json(Shape::of::<Done>()),
)
.of(Noun::Change);

pub async fn decide(Acting(act): Acting, Path(wanted): Path<String>) -> Answer<Json<Done>> {
    let change = id(&wanted)?;
    let mut read = Read::open(act.services(), act.who(), Wanted::Now).await?;
    let found = changes::show(&mut read, change).await;
    read.close().await?;
    found?;
    let page = format!("{}/changes/{change}", act.services().address());
    Err(Error::MayNot(format!("People decide on changes in a session, never by a token. Open {page}")).into())
}
