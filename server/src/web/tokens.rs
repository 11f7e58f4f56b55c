//! API tokens: minting one, revoking one, the list as CSV.

use super::list::{self, cell};
use super::reply::{Answer, refused, shown_once, written};
use super::request::{Acting, Reading, Values, value};
use app::pages::tokens_query;
use axum::Form;
use axum::extract::Path;
use axum::response::Response;
use domain::ids::TokenId;
use service::tokens::{self, Holder, Token, Wish};
use service::{Error, Read};
use tower_sessions::Session;

const TOKENS: &str = "/settings/tokens";

pub async fn mint(Acting(act): Acting, session: Session, Form(pairs): Form<Vec<(String, String)>>) -> Response {
    let scopes = pairs.iter().filter(|(k, _)| k == "scope").map(|(_, v)| v.clone()).collect();
    let values: Values = pairs.into_iter().filter(|(k, _)| k != "scope").collect();
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
        Err(error) => refused(&session, TOKENS, &error, values).await,
    }
}

pub async fn revoke(Acting(act): Acting, session: Session, Path(id): Path<String>) -> Response {
    let revoked = async { tokens::revoke(&act, TokenId::parse(&id).map_err(|_| Error::NotFound("token"))?).await };
    let result = revoked.await;
    written(&session, TOKENS, result, "Revoked", Values::new()).await
}

const HEADER: &str = "id,name,holder_kind,holder,scopes,minted_by,expires_at";

pub async fn csv(Reading(read, asked): Reading) -> Answer {
    let (filter, _) = tokens_query(|n| asked.get(n))?;
    let page = move |mut read: Read, before| {
        let filter = filter.clone();
        async move {
            let page = tokens::page(&mut read, &filter, before, list::STEP).await?;
            Ok((page.tokens.iter().map(line).collect(), page.next))
        }
    };
    list::csv(read, "tokens", HEADER, page).await
}

/// Who holds a token, by id.
pub fn holder(t: &Token) -> String {
    match t.holder() {
        Holder::Person(id) => id.to_string(),
        Holder::Identity(id) => id.to_string(),
    }
}

fn line(t: &Token) -> String {
    list::line(&[
        cell(&t.id.to_string()),
        cell(&t.name),
        cell(t.holder_kind.as_str()),
        cell(&holder(t)),
        cell(&t.scopes),
        cell(&t.minted_by_id.to_string()),
        t.expires_at.rfc3339(),
    ])
}
