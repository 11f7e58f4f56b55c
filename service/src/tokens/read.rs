//! Finding who calls with a token.

use super::{PREFIX, tag, words};
use crate::sessions::{digest, same};
use crate::{Holder, Principal, Result, Services};
use domain::identity::Lifecycle;
use domain::permission::{Action, allows};
use domain::seq::Seq;
use store::engine::db::Tx;
use store::people::{self, Person};
use store::tokens::{self, Token};

/// Who calls with a token; none where it is unknown, ended, forged, or its holder or minter is gone.
pub async fn caller(services: &Services, text: &str) -> Result<Option<Principal>> {
    if !text.starts_with(PREFIX) || text.len() > 200 {
        return Ok(None);
    }
    let now = services.now();
    let mut tx = services.db.snapshot().await?;
    let found = tokens::by_hash(&mut tx, &digest(text)).await?.filter(|t| t.expires_at > now);
    let principal = match found {
        Some(token) if same(&token.mac, &tag(services, &token)) => holder(&mut tx, token).await?,
        Some(token) => {
            tracing::error!(token = %token.id, "a token row does not verify: it was not written by this installation");
            None
        }
        None => None,
    };
    tx.rollback().await?;
    Ok(principal)
}

/// The caller behind a genuine token, with the rights of today.
async fn holder(tx: &mut Tx, token: Token) -> Result<Option<Principal>> {
    let minter = people::by_id(tx, token.minted_by_id, Seq::NOW).await?;
    if !minter.is_some_and(|p| Person::is_active(&p)) {
        return Ok(None);
    }
    let holder = match token.holder() {
        tokens::Holder::Person(id) => Holder::Person(id, people::roles_of(tx, id, Seq::NOW).await?),
        tokens::Holder::Identity(id) => {
            // What an admin may no longer do, a token they minted may not do for them; an identity that is set still is.
            let roles = people::roles_of(tx, token.minted_by_id, Seq::NOW).await?;
            let lifecycle = store::identities::facts_of(tx, id, Seq::NOW).await?.map(|l| l.facts.lifecycle);
            if !allows(&roles, Action::ManagePeople) || !lifecycle.is_some_and(Lifecycle::may_call) {
                return Ok(None);
            }
            Holder::Identity(id)
        }
    };
    Ok(Some(Principal::Token { id: token.id, name: token.name, holder, scopes: words(&token.scopes) }))
}
