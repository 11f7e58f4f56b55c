//! API tokens: creating one, revoking one.

use super::reply::{refused, shown_once, written};
use super::request::{Acting, Values, value};
use axum::Form;
use axum::extract::Path;
use axum::response::Response;
use domain::ids::TokenId;
use service::Error;
use service::tokens::{self, Wish};

const TOKENS: &str = "/settings/tokens";

pub async fn mint(Acting(act): Acting, Form(pairs): Form<Vec<(String, String)>>) -> Response {
    let scopes = pairs.iter().filter(|(k, _)| k == "scope").map(|(_, v)| v.clone()).collect();
    let mut values: Values = pairs.into_iter().filter(|(k, _)| k != "scope").collect();
    let wish = Wish {
        scopes,
        name: value(&values, "name"),
        days: value(&values, "days").trim().parse().unwrap_or(0),
        identity: value(&values, "identity"),
        source: value(&values, "source"),
        person: String::new(),
    };
    match tokens::mint(&act, &wish).await {
        Ok(minted) => shown_once(&act, TOKENS, minted.text),
        Err(error) => {
            values.insert("scope".to_owned(), wish.scopes.join(" "));
            refused(TOKENS, &error, values)
        }
    }
}

pub async fn revoke(Acting(act): Acting, Path(id): Path<String>) -> Response {
    let revoked = async { tokens::revoke(&act, TokenId::parse(&id).map_err(|_| Error::NotFound("token"))?).await };
    let result = revoked.await;
    written(TOKENS, result, "Token revoked", Values::new())
}
