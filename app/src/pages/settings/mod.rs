//! Settings: one's own account, tokens, teams, people, groups, sources, and the description of the API.

mod groups;
mod people;
mod person;
mod profile;
mod sources;
mod teams;
mod tokens;

pub use groups::Groups;
pub use people::People;
pub use person::{Deactivate, Person, RemoveRole};
pub use profile::{EndSessions, Profile};
pub use sources::{Source, Sources};
pub use teams::Teams;
pub use tokens::{Revoke, Tokens};

use crate::context::PageContext;
use domain::permission::Action;
use leptos::prelude::*;

const TABS: [(&str, &str, Action); 7] = [
    ("/settings/profile", "Profile", Action::ReadOverview),
    ("/settings/tokens", "Tokens", Action::ManageTokens),
    ("/settings/teams", "Teams", Action::ReadInventory),
    ("/settings/people", "People", Action::ReadPeople),
    ("/settings/groups", "Groups", Action::ReadPeople),
    ("/settings/sources", "Sources", Action::ReadInventory),
    ("/api", "API", Action::ReadOverview),
];

/// The pages of the settings that the viewer may open.
pub(super) fn tabs(cx: &PageContext) -> impl IntoView + use<> {
    let items = TABS
        .iter()
        .filter(|(_, _, action)| cx.viewer().is_ok_and(|w| w.may(*action)))
        .map(|(path, label, _)| {
            let here = cx.path == *path || cx.path.starts_with(&format!("{path}/"));
            view! { <a href=cx.link(path) aria-current=here.then_some("page")>{*label}</a> }
        })
        .collect_view();
    view! { <nav class="tabs" aria-label="Settings">{items}</nav> }
}

/// A secret shown once: it is in no database and cannot be shown again.
fn once(cx: &PageContext, title: String, hint: &'static str) -> Option<AnyView> {
    let id = domain::ids::SecretId::parse(cx.param("once")?).ok()?;
    let text = cx.services.take_once(cx.viewer().ok()?, id)?;
    Some(
        view! {
            <section class="note ok" role="status">
                {ui::icon(ui::Tone::Ok)}
                <div><h2>{title}</h2><p class="small">{hint}</p><code class="quote all">{text}</code></div>
            </section>
        }
        .into_any(),
    )
}
