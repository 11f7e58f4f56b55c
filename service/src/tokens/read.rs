//! Finding who calls with a token.

use super::{PREFIX, tag, words};
use crate::sessions::{digest, same};
use crate::{Holder, Principal, Result, Services, standing};
use domain::ids::TokenId;
use domain::permission::{Action, allows};
use store::engine::db::Tx;
use store::people::Person;
use store::tokens::{self, Token};

/// Who calls with a token; none where it is unknown, ended, forged, or its holder or minter is gone.
pub async fn caller(services: &Services, text: &str) -> Result<Option<Principal>> {
    if !text.starts_with(PREFIX) || text.len() > 200 {
        return Ok(None);
    }
    let mut tx = services.db.snapshot().await?;
    let found = tokens::by_hash(&mut tx, &digest(text)).await?;
    let principal = principal(services, &mut tx, found).await?;
    tx.rollback().await?;
    if let Some(Principal::Token { id, .. }) = &principal {
        services.token_used(*id);
    }
    Ok(principal)
}

/// Who stands behind a token that called before: the same as if it called now.
pub(crate) async fn current(services: &Services, id: TokenId) -> Result<Option<Principal>> {
    let mut tx = services.db.snapshot().await?;
    let found = tokens::by_id(&mut tx, id).await?;
    let principal = principal(services, &mut tx, found).await?;
    tx.rollback().await?;
    Ok(principal)
}

/// From the row of a token to whom it lets in; none where it has run out, is forged, or its holder or minter is gone.
/// In a restored store no token is anybody's.
async fn principal(services: &Services, tx: &mut Tx, found: Option<Token>) -> Result<Option<Principal>> {
    let moment = services.moment(tx).await?;
    moment.whole()?;
    let Some(token) = found.filter(|t| t.expires_at > moment.now) else { return Ok(None) };
    if !same(&token.mac, &tag(services, &token)) {
        tracing::error!(token = %token.id, "a token row does not verify: it was not written by this installation");
        return Ok(None);
    }
    if standing::token(tx, &token).await? { holder(tx, token).await } else { Ok(None) }
}

/// The caller behind a genuine token, with the rights of today.
async fn holder(tx: &mut Tx, token: Token) -> Result<Option<Principal>> {
    let minter = standing::person(tx, token.minted_by_id).await?;
    if !minter.is_some_and(|p| Person::is_active(&p)) {
        return Ok(None);
    }
    let holder = match token.holder() {
        tokens::Holder::Person(id) => Holder::Person(id, standing::roles(tx, id).await?),
        tokens::Holder::Identity(id) => {
            // What an admin may no longer do, a token they minted may not do for them; an identity that is set still is.
            let roles = standing::roles(tx, token.minted_by_id).await?;
            if !allows(&roles, Action::ManagePeople) || !standing::may_call(tx, id).await? {
                return Ok(None);
            }
            Holder::Identity(id)
        }
    };
    Ok(Some(Principal::Token { id: token.id, name: token.name, holder, scopes: words(&token.scopes) }))
}
