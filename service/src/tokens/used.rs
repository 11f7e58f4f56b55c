//! When a token was used last: kept in memory and written down now and then, as the use of sessions is. It opens nothing.

use crate::{Result, Services};
use domain::ids::TokenId;
use domain::time::Timestamp;
use std::collections::HashMap;
use std::sync::Mutex;
use store::engine::db::Tx;
use store::tokens;

/// Uses since they were last written down.
pub type Used = Mutex<HashMap<TokenId, Timestamp>>;

impl Services {
    pub(super) fn token_used(&self, token: TokenId) {
        if let Ok(mut used) = self.tokens_used.lock() {
            used.insert(token, self.now());
        }
    }
}

/// When a token was used last: here, or as it was written down.
pub(super) async fn last(services: &Services, tx: &mut Tx, token: TokenId) -> Result<Option<Timestamp>> {
    let here = services.tokens_used.lock().ok().and_then(|used| used.get(&token).copied());
    Ok(here.max(tokens::last_use(tx, token).await?))
}

/// Writes down what was used since.
pub(crate) async fn note_down(services: &Services) -> Result<()> {
    let used = services.tokens_used.lock().map(|mut used| std::mem::take(&mut *used)).unwrap_or_default();
    for (token, at) in used {
        tokens::used(&services.db, token, at).await?;
    }
    Ok(())
}
