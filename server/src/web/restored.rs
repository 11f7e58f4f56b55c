//! Accepting what is missing from a restored store.

use super::reply::{done, refused};
use super::request::{Acting, Values};
use axum::response::Response;

/// The page, and the only one while the store is restored.
pub const PAGE: &str = "/restored";

pub async fn accept(Acting(act): Acting) -> Response {
    match service::restored::accept(&act).await {
        Ok((written, step)) if step.ends() => {
            done(PAGE, &format!("Accepted. Ledger entry {}. Changes are possible again; every token was revoked.", written.seq))
        }
        Ok((written, _)) => done(PAGE, &format!("Accepted. Ledger entry {}. Another person has to accept too.", written.seq)),
        Err(error) => refused(PAGE, &error, Values::new()),
    }
}
