//! Changes: the forms of their pages. What was decided on goes with every form, and so does what was on the page.

use super::id;
use crate::web::reply::{Answer, again, done, refused};
use crate::web::request::{Acting, Values, value};
use app::proposal::{self, Do};
use axum::extract::Path;
use axum::response::Response;
use axum::{Form, Json};
use domain::asof::Wanted;
use domain::change::Verdict;
use domain::ids::ChangeId;
use domain::permission::Action;
use serde_json::Value;
use service::changes::{self, Proof, Say};
use service::factors::Question;
use service::{Act, Error, Read, Result, Written};

/// The form of a proposal: each of its buttons shows it once more, with what it comes to, until the last one sends it.
pub async fn propose(Acting(act): Acting, Form(values): Form<Values>) -> Answer {
    act.who().authorise(Action::ProposeChange)?;
    let to = form_of(&values);
    let mut operations = proposal::kept(&values);
    Ok(match proposal::pressed(&values) {
        Do::Add(op) => match added(&act, &values, &op, operations).await {
            Ok(operations) => again(&to, proposal::keep(values, operations)),
            Err(error) => refused(&to, &error, values),
        },
        Do::Remove(at) => {
            if at < operations.len() {
                operations.remove(at);
            }
            again(&to, proposal::keep(values, operations))
        }
        Do::Preview => again(&to, values),
        Do::Propose => match changes::submit(&act, &proposal::proposal(&values)).await {
            Ok((id, written)) => done(&format!("/changes/{id}"), &format!("Change proposed. Ledger entry {}.", written.seq)),
            Err(error) => refused(&to, &error, values),
        },
    })
}

/// The page that the form stands on.
fn form_of(values: &Values) -> String {
    match value(values, "identity") {
        identity if identity.is_empty() => "/changes/new".to_owned(),
        identity => format!("/changes/new?identity={}", app::context::encode(&identity)),
    }
}

/// The operations with one more, where all of them together are a change.
async fn added(act: &Act, values: &Values, op: &str, mut operations: Vec<Value>) -> Result<Vec<Value>> {
    let made = proposal::operation(values, op, act.services().now()).map_err(|(field, why)| Error::invalid(field, why))?;
    operations.push(made);
    let with = proposal::keep(values.clone(), operations.clone());
    changes::preview(act, &proposal::to_weigh(&with)).await?;
    Ok(operations)
}

fn say(values: &Values) -> Say {
    let (ceremony, answer) = (value(values, "ceremony"), value(values, "answer"));
    let proof = (!ceremony.is_empty()).then_some(Proof { ceremony, answer });
    Say { candidate: value(values, "candidate"), shown: value(values, "shown"), text: value(values, "text"), proof }
}

/// What the caller's passkey for decisions is asked to sign.
pub async fn question(Acting(act): Acting, Path(wanted): Path<String>, Form(values): Form<Values>) -> Answer<Json<Question>> {
    let verdict = Verdict::parse(&value(&values, "verdict")).ok_or_else(|| Error::invalid("verdict", "Choose approve or reject."))?;
    Ok(Json(changes::question(&act, id(&wanted)?, &say(&values), verdict).await?))
}

/// On to what waits next, where one came from the inbox; else back to the change.
async fn said(act: &Act, change: ChangeId, values: Values, word: &str, result: Result<Written>) -> Response {
    let from_inbox = value(&values, "from") == "inbox";
    let own = format!("/changes/{change}{}", if from_inbox { "?from=inbox" } else { "" });
    let written = match result {
        Ok(written) => written,
        Err(error) => return refused(&own, &error, values),
    };
    let to = if from_inbox { next(act, change).await.unwrap_or_else(|_| "/inbox".to_owned()) } else { own };
    done(&to, &format!("{word}. Ledger entry {}.", written.seq))
}

async fn next(act: &Act, change: ChangeId) -> Result<String> {
    let mut read = Read::open(act.services(), act.who(), Wanted::Now).await?;
    let next = changes::next_of(&mut read, change).await;
    read.close().await?;
    Ok(next?.map_or_else(|| "/inbox".to_owned(), |id| format!("/changes/{id}?from=inbox")))
}

/// A form of the page of a change: its function of the service, and what is said once it went through.
macro_rules! forms {
    ($($name:ident $word:literal;)+) => {
        $(pub async fn $name(Acting(act): Acting, Path(wanted): Path<String>, Form(values): Form<Values>) -> Answer {
            let change = id(&wanted)?;
            let result = changes::$name(&act, change, &say(&values)).await;
            Ok(said(&act, change, values, $word, result).await)
        })+
    };
}

forms! {
    approve "Approval recorded";
    reject "Change rejected";
    consent "Consent recorded";
    refuse "Refusal recorded. The change is rejected";
    ask "Question sent. The review waits for the answer";
    recuse "You stepped aside";
    object "Objection recorded. The change is back in review";
}

pub async fn withdraw(Acting(act): Acting, Path(wanted): Path<String>, Form(values): Form<Values>) -> Answer {
    let change = id(&wanted)?;
    let result = changes::withdraw(&act, change).await;
    Ok(said(&act, change, values, "Change withdrawn", result).await)
}

pub async fn answer(Acting(act): Acting, Path(wanted): Path<String>, Form(values): Form<Values>) -> Answer {
    let change = id(&wanted)?;
    let result = changes::answer(&act, change, &value(&values, "text")).await;
    Ok(said(&act, change, values, "Answer sent. The review goes on", result).await)
}

/// Proposes what takes an effective change back: a change of its own, with its own route.
pub async fn undo(Acting(act): Acting, Path(wanted): Path<String>, Form(values): Form<Values>) -> Answer {
    let change = id(&wanted)?;
    Ok(match changes::undo(&act, change, &value(&values, "justification")).await {
        Ok((id, written)) => done(&format!("/changes/{id}"), &format!("Undo proposed. Ledger entry {}.", written.seq)),
        Err(error) => refused(&format!("/changes/{change}"), &error, values),
    })
}
