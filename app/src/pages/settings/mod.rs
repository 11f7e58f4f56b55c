//! Settings: one's own account, tokens, teams, people, groups, sources, and the description of the API.

mod groups;
mod people;
mod profile;
mod sources;
mod teams;
mod tokens;

pub use groups::Groups;
pub use people::{People, people_query};
pub use profile::Profile;
pub use sources::Sources;
pub use teams::Teams;
pub use tokens::{Tokens, tokens_query};

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
            let here = cx.path == *path;
            view! { <a href=cx.link(path) aria-current=here.then_some("page")>{*label}</a> }
        })
        .collect_view();
    view! { <nav class="tabs" aria-label="Settings">{items}</nav> }
}

/// The link to the page after this one.
fn next(cx: &PageContext, cursor: &str) -> impl IntoView + use<> {
    let base = cx.with(&[]);
    let joint = if base.contains('?') { '&' } else { '?' };
    let href = format!("{base}{joint}after={}", crate::context::encode(cursor));
    view! { <a class="btn" href=href rel="next">"Next 50"</a> }
}

/// A search over this list that keeps its other filters.
fn search(cx: &PageContext, what: &'static str) -> impl IntoView + use<> {
    let keep: Vec<(String, String)> = cx.query.iter().filter(|(k, _)| k != "q" && k != "after" && k != "once").cloned().collect();
    let now = cx.param("q").unwrap_or_default().to_owned();
    view! {
        <form class="row" role="search" method="get" action=cx.path.clone()>
            {keep.into_iter().map(|(k, v)| view! { <input type="hidden" name=k value=v/> }).collect_view()}
            <input class="find" name="q" value=now aria-label=what placeholder=what autocomplete="off"/>
            <button class="btn" type="submit">"Search"</button>
        </form>
    }
}

/// A secret shown once: it is in no database and cannot be shown again.
fn once(cx: &PageContext, title: &'static str, hint: &'static str) -> Option<AnyView> {
    let id = domain::ids::SecretId::parse(cx.param("once")?).ok()?;
    let text = cx.services.take_once(cx.viewer().ok()?, id)?;
    Some(
        view! {
            <section class="note ok" role="status">
                {crate::ui::icon(crate::ui::Tone::Ok)}
                <div><h2>{title}</h2><p class="small">{hint}</p><code class="quote">{text}</code></div>
            </section>
        }
        .into_any(),
    )
}
