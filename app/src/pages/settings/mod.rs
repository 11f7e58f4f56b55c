//! Settings: one's own account, tokens, teams, people, groups, sources, the routing policy, and the description of the API.

mod groups;
mod people;
mod person;
mod profile;
mod resets;
mod routing;
mod security;
mod sources;
mod teams;
mod tokens;

pub use groups::Groups;
pub use people::People;
pub use person::{Deactivate, Person, RemoveRole};
pub use profile::{EndSessions, Profile};
pub use resets::{AskReset, ConfirmReset, Resets};
pub use routing::Routing;
pub use security::{AddApp, AddDecisionPasskey, AddPasskey, Codes, RemoveFactor, Security};
pub use sources::{Source, Sources};
pub use teams::{Team, Teams};
pub use tokens::{Revoke, Tokens};

use crate::context::PageContext;
use leptos::prelude::*;

/// The pages beside this one.
pub(super) fn tabs(cx: &PageContext) -> Option<AnyView> {
    crate::nav::tabs(cx)
}

/// A secret shown once: it is in no database and cannot be shown again.
fn once(cx: &PageContext, title: String, hint: &'static str) -> Option<AnyView> {
    let id = domain::ids::SecretId::parse(cx.param("once")?).ok()?;
    let text = cx.services.take_once(cx.viewer().ok()?, id)?;
    Some(
        view! {
            <section class="note ok" role="status">
                {ui::icon(ui::Tone::Ok)}
                <div><h2>{title}</h2><p class="small">{hint}</p>{ui::copied_line(text)}</div>
            </section>
        }
        .into_any(),
    )
}
