//! Asking for a redaction and confirming one.

use super::ledger::seq;
use super::reply::{done, refused, written};
use super::request::{Acting, Values, value};
use axum::Form;
use axum::extract::Path;
use axum::response::Response;
use service::redactions;
use tower_sessions::Session;

const REDACTIONS: &str = "/redactions";

pub async fn ask(Acting(act): Acting, session: Session, Form(values): Form<Values>) -> Response {
    match redactions::ask(&act, &value(&values, "subject"), &value(&values, "reason")).await {
        Ok(written) => {
            let text = format!("Asked for with entry {}. Somebody else has to confirm it.", written.seq);
            done(&session, REDACTIONS, &text).await
        }
        Err(error) => refused(&session, REDACTIONS, &error, values).await,
    }
}

pub async fn confirm(Acting(act): Acting, session: Session, Path(wanted): Path<String>) -> Response {
    let confirmed = async { redactions::confirm(&act, seq(&wanted)?).await };
    let result = confirmed.await;
    written(&session, REDACTIONS, result, "Erased", Values::new()).await
}
