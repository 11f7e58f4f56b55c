//! The frame around a page: rail, search, as-of picker, banners.

use crate::context::{PageContext, as_of_words};
use domain::asof::{AsOf, Wanted};
use domain::permission::{Action, HeldRole};
use leptos::prelude::*;
use service::Principal;
use service::overview::Chrome;

fn mark() -> impl IntoView {
    view! {
        <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
            <rect width="20" height="20" rx="5" class="k1" stroke="none"></rect>
            <path d="M5 10.5 8.2 13.7 15 6.6" fill="none" stroke="#fff" stroke-width="1.8"></path>
            <path d="M5 6.4 8.2 9.6 11.2 6.5" fill="none" stroke="#fff" stroke-width="1.8" opacity=".55"></path>
        </svg>
    }
}

/// A page without a viewer: sign-in and set-up.
pub fn plain(chrome: &Chrome, body: AnyView) -> AnyView {
    let restored = chrome.restored.is_some().then(|| {
        view! { <p class="banner bad" role="alert">"This store was restored from an older copy. Sign in to see what is missing."</p> }
    });
    view! {
        <div role="region" aria-label="Notices">{restored} {bootstrap(chrome)}</div>
        <main class="plain" id="main">
            <div class="card">
                <div class="pad stack">
                    <p class="brand">{mark()} " Countersign"</p>
                    {body}
                </div>
            </div>
        </main>
    }
    .into_any()
}

const TABS: [(&str, &str, Action); 7] = [
    ("/", "Overview", Action::ReadOverview),
    ("/identities", "Identities", Action::ReadInventory),
    ("/resources", "Resources", Action::ReadInventory),
    ("/adoption", "Adoption", Action::ReadInventory),
    ("/imports", "Imports", Action::ReadInventory),
    ("/ledger", "Ledger", Action::ReadLedger),
    ("/settings/profile", "Settings", Action::ReadOverview),
];

fn rail(cx: &PageContext, who: &Principal, chrome: &Chrome) -> impl IntoView + use<> {
    let items = TABS
        .iter()
        .filter(|(_, _, action)| who.may(*action))
        .map(|(path, label, _)| {
            let here = match *path {
                "/" => cx.path == "/",
                settings if settings.starts_with("/settings") => cx.path.starts_with("/settings") || cx.path == "/api",
                other => cx.path.starts_with(other),
            };
            let count = (*path == "/identities").then(|| ui::number(chrome.identities));
            view! {
                <li>
                    <a href=cx.link(path) aria-current=here.then_some("page")>
                        <span>{*label}</span>
                        <span class="faint small">{count}</span>
                    </a>
                </li>
            }
        })
        .collect_view();
    let anchored = if chrome.unanchored { "Checkpoints stay on this machine." } else { "checkpoints leave this machine" };
    view! {
        <aside class="rail" aria-label="Application">
            <a class="brand" href=cx.link("/")>{mark()} " Countersign"</a>
            <nav aria-label="Main"><ul>{items}</ul></nav>
            <p class="foot">{format!("Ledger at entry {}", ui::number(chrome.head))}<br/>{anchored}</p>
        </aside>
    }
}

/// Each role once, whatever it reaches over.
fn words(roles: &[HeldRole]) -> String {
    let mut words: Vec<&str> = roles.iter().map(|h| h.role.label()).collect();
    words.dedup();
    words.join(", ")
}

/// What the as-of picker takes.
const AS_OF: &str = "now, a ledger entry (48211), or a day, a minute or a second, which mean their end (2026-11-23 06:00)";

fn top(cx: &PageContext, who: &Principal) -> impl IntoView + use<> {
    let at = cx.param("as_of").unwrap_or("now").to_owned();
    let roles = match who {
        Principal::Person { roles, .. } => words(roles),
        Principal::Token { .. } | Principal::Host { .. } => String::new(),
    };
    let others: Vec<(String, String)> = cx.query.iter().filter(|(k, _)| k != "as_of" && k != "after" && k != "before").cloned().collect();
    let keep = cx.param("as_of").map(str::to_owned);
    view! {
        <header class="top">
            <form class="search" role="search" action="/identities" method="get">
                <input name="q" aria-label="Search identities" placeholder="Search identities"/>
                {keep.map(|k| view! { <input type="hidden" name="as_of" value=k/> })}
            </form>
            <form class="asof row" action=cx.path.clone() method="get">
                <label class="asof-l small"><span class="muted">"As of"</span><input name="as_of" value=at title=AS_OF autocomplete="off"/></label>
                {others.into_iter().map(|(k, v)| view! { <input type="hidden" name=k value=v/> }).collect_view()}
                <button class="btn" type="submit">"View"</button>
            </form>
            <form class="row small out" action="/sign-out" method="post">
                <span class="muted">{who.name()}</span>
                {ui::badge(ui::Tone::Info, roles)}
                <button class="btn" type="submit">"Sign out"</button>
            </form>
        </header>
    }
}

fn banners(cx: &PageContext, chrome: &Chrome, as_of: Option<AsOf>) -> impl IntoView + use<> {
    let past = match (cx.wanted(), as_of) {
        (Ok(wanted), Some(at)) if wanted != Wanted::Now => {
            let now = cx.with(&[("as_of", "")]);
            Some(view! {
                <p class="banner past" role="status">
                    {format!("You're viewing the past: {}. Read-only. ", as_of_words(at))}
                    <a href=now>"Back to now"</a>
                </p>
            })
        }
        _ => None,
    };
    view! { <div role="region" aria-label="Notices">{bootstrap(chrome)} {past}</div> }
}

/// The one page of a restored store: nothing leads anywhere but out.
fn closed(who: &Principal, chrome: &Chrome, body: AnyView) -> AnyView {
    view! {
        <header class="top">
            <p class="brand">{mark()} " Countersign"</p>
            <form class="row small out" action="/sign-out" method="post">
                <span class="muted">{who.name()}</span>
                <button class="btn" type="submit">"Sign out"</button>
            </form>
        </header>
        <div role="region" aria-label="Notices">{bootstrap(chrome)}</div>
        <main id="main">{body}</main>
    }
    .into_any()
}

/// Until the installation is sealed, every page says so.
fn bootstrap(chrome: &Chrome) -> impl IntoView + use<> {
    chrome.bootstrap.then(|| {
        view! { <p class="banner">"Setup mode: one admin can still act alone. Everything done now is labelled so."</p> }
    })
}

/// What a printed page must say of itself: of what state it is, which page, and for whom.
fn paper(cx: &PageContext, who: &Principal, chrome: &Chrome, as_of: Option<AsOf>) -> impl IntoView + use<> {
    let state = as_of.map_or_else(|| format!("entry {}", chrome.head), as_of_words);
    let text = format!("Countersign {} as of {state}, printed by {}. Unreviewed is not approved.", cx.path, who.name());
    view! { <p class="paper">{text}</p> }
}

/// The frame with everything in it.
pub fn frame(cx: &PageContext, chrome: &Chrome, as_of: Option<AsOf>, body: AnyView) -> AnyView {
    let Ok(who) = cx.viewer() else { return plain(chrome, body) };
    if chrome.restored.is_some() {
        return closed(who, chrome, body);
    }
    view! {
        <a class="skip" href="#main">"Skip to the content"</a>
        <div class="app">
            {rail(cx, who, chrome)}
            <div>
                {top(cx, who)}
                {banners(cx, chrome, as_of)}
                <main id="main">{body}</main>
                {paper(cx, who, chrome, as_of)}
            </div>
        </div>
    }
    .into_any()
}
