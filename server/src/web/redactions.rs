//! Asking for a redaction and confirming one.

use super::ledger::seq;
use super::reply::{done, refused, written};
use super::request::{Acting, Values, value};
use axum::Form;
use axum::extract::Path;
use axum::response::Response;
use service::{Act, Error, Result, Written, redactions};

const REDACTIONS: &str = "/redactions";

pub async fn ask(Acting(act): Acting, Form(values): Form<Values>) -> Response {
    let (subject, reason) = (value(&values, "subject"), value(&values, "reason"));
    match at_door(&act, redactions::ask(&act, &subject, &reason)).await {
        Ok(written) => {
            let text = format!("Erasure requested. Someone else has to confirm it. Ledger entry {}.", written.seq);
            done(REDACTIONS, &text)
        }
        Err(error) => {
            // What may be erased is shown again beside the reason; what is not there is not asked for once more.
            let there = matches!(error, Error::Invalid { field: "reason", .. });
            let to = if there { format!("{REDACTIONS}?subject={}", app::context::encode(&subject)) } else { REDACTIONS.to_owned() };
            refused(&to, &error, values)
        }
    }
}

pub async fn confirm(Acting(act): Acting, Path(wanted): Path<String>) -> Response {
    let confirmed = async { redactions::confirm(&act, seq(&wanted)?).await };
    written(REDACTIONS, at_door(&act, confirmed).await, "Text erased", Values::new())
}

/// Whoever tries one id after the other to learn what is there waits.
async fn at_door(act: &Act, attempt: impl Future<Output = Result<Written>>) -> Result<Written> {
    act.services().at_door("redaction", &act.who().accountable(), attempt).await
}
