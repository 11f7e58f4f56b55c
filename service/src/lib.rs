//! Use cases: authorise, load, decide with `domain`, one command, answer. Every door (web form, API, command line)
//! calls these functions; none can do what another forbids. It holds no SQL and no HTTP.

mod act;
pub mod adoption;
pub mod archive;
mod aside;
pub mod changes;
pub mod comparison;
mod context;
pub mod demo;
mod doors;
mod error;
pub mod exports;
pub mod factors;
mod gate;
pub mod grants;
pub mod groups;
pub mod idempotency;
pub mod identities;
pub mod imports;
pub mod jobs;
pub mod keys;
pub mod ledger;
pub mod listing;
pub mod overview;
pub mod people;
pub mod permission_sets;
mod principal;
pub mod ready;
pub mod redactions;
pub mod resources;
pub mod restored;
pub mod routing;
pub mod search;
mod seen;
pub mod sessions;
pub mod setup;
pub mod sources;
mod standing;
pub mod teams;
pub mod tokens;

pub use act::Act;
pub use context::{Keys, Read, Services};
pub use error::{Error, Meaning, Result};
pub use principal::{Confirmed, Denied, Holder, Principal, Strength};
/// Where a command came to stand.
pub use store::engine::writer::Written;
/// A number over everything but people, and how much of it is unclear whether it is people's.
pub use store::measures::Figure;

use domain::asof::Wanted;
use domain::time::Timestamp;

/// Reads the text of `as_of=`; how long ago is judged by `now`.
pub fn as_of(text: Option<&str>, now: Timestamp) -> Result<Wanted> {
    Wanted::parse(text.unwrap_or_default(), now).map_err(|e| Error::invalid("as_of", e.to_string()))
}

/// Changes are made now, never on a page of the past.
pub fn only_now(wanted: Wanted) -> Result<()> {
    if wanted == Wanted::Now { Ok(()) } else { Err(Error::NotNow) }
}

/// A name that people give: short and visible.
pub(crate) fn name<'a>(field: &'static str, text: &'a str) -> Result<&'a str> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(domain::text::is_invisible) {
        return Err(Error::invalid(field, "write a name of 1 to 100 visible characters"));
    }
    match connect::secrets::position(name) {
        Some(_) => Err(Error::invalid(field, "there seems to be a secret in it")),
        None => Ok(name),
    }
}

/// True where a text seems to hold a secret: then it is kept nowhere, not even to be typed on.
pub fn holds_a_secret(text: &str) -> bool {
    connect::secrets::position(text).is_some()
}
