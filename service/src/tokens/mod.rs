//! API tokens: created for oneself or, by an admin, for an identity; shown once, stored as a digest with a MAC.

mod act;
mod list;
mod read;
mod used;

pub use act::{LONGEST, Minted, Wish, mint, revoke};
pub use list::{Choices, List, Row, choices, show, working};
pub use read::caller;
pub(crate) use read::current;
pub use store::tokens::{Holder, Token};
pub(crate) use used::{Used, note_down};

use crate::Services;
use crate::sessions::mac;
use domain::token::Scope;

const PREFIX: &str = "cst_";

/// The MAC of a token row: a row that was forged in the database is void.
fn tag(services: &Services, t: &Token) -> String {
    let source = t.source_id.map(|s| s.uuid().to_string()).unwrap_or_default();
    let parts = [
        "token",
        &t.id.uuid().to_string(),
        t.holder_kind.as_str(),
        &t.holder_id.to_string(),
        &t.scopes,
        &source,
        &t.hash,
        &t.minted_by_id.uuid().to_string(),
        &t.expires_at.micros().to_string(),
    ];
    mac(&services.keys.mac, &parts)
}

fn words(scopes: &str) -> Vec<Scope> {
    scopes.split(' ').filter_map(Scope::parse).collect()
}
