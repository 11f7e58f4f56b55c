//! Accepting what is missing from a restored store.

use super::reply::{done, refused};
use super::request::{Acting, Values};
use axum::response::Response;
use tower_sessions::Session;

/// The page, and the only one while the store is restored.
pub const PAGE: &str = "/restored";

pub async fn accept(Acting(act): Acting, session: Session) -> Response {
    match service::restored::accept(&act).await {
        Ok((written, step)) if step.ends() => {
            let text = format!("Accepted. Ledger entry {}. Changes are possible again; every token was revoked.", written.seq);
            done(&session, PAGE, &text).await
        }
        Ok((written, _)) => {
            done(&session, PAGE, &format!("Accepted. Ledger entry {}. Another person has to accept too.", written.seq)).await
        }
        Err(error) => refused(&session, PAGE, &error, Values::new()).await,
    }
}
