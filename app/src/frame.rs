//! The frame around a page: rail, one line of search, moment and account, banners.

use crate::context::{PageContext, as_of_words};
use crate::moment::{self, Refused};
use crate::nav;
use domain::asof::AsOf;
use leptos::prelude::*;
use service::Principal;
use service::overview::{Checked, Chrome};
use ui::{Tone, icon, number};

fn mark() -> impl IntoView {
    view! {
        <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
            <rect width="20" height="20" rx="5" class="k1" stroke="none"></rect>
            <path d="M5 10.5 8.2 13.7 15 6.6" fill="none" stroke="#fff" stroke-width="1.8"></path>
            <path d="M5 6.4 8.2 9.6 11.2 6.5" fill="none" stroke="#fff" stroke-width="1.8" opacity=".55"></path>
        </svg>
    }
}

/// A page without a viewer: sign-in and setup.
pub fn plain(chrome: &Chrome, body: AnyView) -> AnyView {
    let restored = chrome.restored.is_some().then(|| {
        view! { <p class="banner bad" role="alert">"This store was restored from an older copy. Sign in to see what is missing."</p> }
    });
    view! {
        <div role="region" aria-label="Notices">{restored} {setup(chrome, None)}</div>
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

fn rail(cx: &PageContext, who: &Principal, chrome: &Chrome) -> impl IntoView + use<> {
    view! {
        <aside class="rail" id="menu" aria-label="Application">
            <div class="row between">
                <a class="brand" href=cx.link("/")>{mark()} " Countersign"</a>
                <a class="btn close" href="#main">"Close menu"</a>
            </div>
            {nav::rail(cx, who, chrome)}
            <div class="acct-m small">{account_links(cx, who)}</div>
            {cx.is_now().then(|| foot(chrome))}
        </aside>
    }
}

/// The pattern of full control, which every chart of a page refers to.
fn hatch() -> impl IntoView {
    view! {
        <svg class="sprite" aria-hidden="true">
            <defs>
                <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                    <rect width="6" height="6" class="h-bg"></rect>
                    <line x1="0" x2="0" y1="0" y2="6" class="h-ln"></line>
                </pattern>
            </defs>
        </svg>
    }
}

/// Whether the ledger was verified, and whether its checkpoints reach another place.
fn foot(chrome: &Chrome) -> impl IntoView + use<> {
    let (tone, verified) = match &chrome.verified {
        Some(Checked { intact: true, at, .. }) => (Tone::Ok, format!("Ledger verified {}", ui::time_words(*at, chrome.now))),
        Some(Checked { intact: false, .. }) => (Tone::Bad, "Ledger not intact".to_owned()),
        None => (Tone::Unknown, "Ledger not verified since the server started".to_owned()),
    };
    let (copied, said) =
        if chrome.unanchored { (Tone::Warn, "Checkpoints stay on this machine") } else { (Tone::Ok, "Checkpoints reach another location") };
    view! {
        <p class="foot">
            <span>{icon(tone)}{verified}{format!(", entry {}", number(chrome.head))}</span>
            <span>{icon(copied)}{said}</span>
        </p>
    }
}

fn account_links(cx: &PageContext, who: &Principal) -> impl IntoView + use<> {
    let links = nav::own(who).into_iter().map(|t| view! { <li><a href=cx.link(t.path)>{t.label}</a></li> });
    view! {
        <ul>{links.collect_view()}</ul>
        <form action="/sign-out" method="post"><button class="btn" type="submit">"Sign out"</button></form>
    }
}

fn account(cx: &PageContext, who: &Principal, chrome: &Chrome) -> impl IntoView + use<> {
    let roles = chrome.roles.iter().map(|r| view! { <li>{r.clone()}</li> }).collect_view();
    view! {
        <details class="acct" name="top">
            <summary class="btn">{domain::text::capped(&who.name(), 40)}</summary>
            <div class="pop">
                <p><strong>{domain::text::capped(&who.name(), 80)}</strong></p>
                <ul class="muted" aria-label="Roles">{roles}</ul>
                {account_links(cx, who)}
            </div>
        </details>
    }
}

/// The one line above every page.
fn top(cx: &PageContext, (who, chrome): (&Principal, &Chrome), (title, as_of): (&str, Option<AsOf>), refused: Option<&Refused>) -> AnyView {
    let keep = cx.param("as_of").map(str::to_owned);
    view! {
        <header class="top">
            <a class="menu-b" href="#menu" aria-label="Menu">
                <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M1 3h14v1.8H1zm0 4.1h14v1.8H1zm0 4.1h14V13H1z"></path></svg>
            </a>
            <span class="ptitle">{title.to_owned()}</span>
            <form class="search" role="search" action="/search" method="get">
                <input name="q" type="search" aria-label="Search everything" placeholder="Search names, policies, people, #entry" autocomplete="off"/>
                <kbd aria-hidden="true">"/"</kbd>
                {keep.map(|k| view! { <input type="hidden" name="as_of" value=k/> })}
            </form>
            <a class="search-b" href=cx.link("/search") aria-label="Search everything">
                <svg viewBox="0 0 16 16" aria-hidden="true"><path fill-rule="evenodd" d="M7 1a6 6 0 1 0 3.5 10.9l3.3 3.3 1.4-1.4-3.3-3.3A6 6 0 0 0 7 1m0 1.8a4.2 4.2 0 1 1 0 8.4 4.2 4.2 0 0 1 0-8.4"></path></svg>
            </a>
            {moment::panel(cx, chrome, as_of, refused)}
            {account(cx, who, chrome)}
        </header>
    }
    .into_any()
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
        <div role="region" aria-label="Notices">{setup(chrome, None)}</div>
        <main id="main">{body}</main>
    }
    .into_any()
}

/// Until the installation is sealed, every page says so.
fn setup(chrome: &Chrome, steps: Option<String>) -> impl IntoView + use<> {
    let steps = steps.map(|href| view! { <a href=href>"Show steps"</a> });
    chrome.bootstrap.then(|| {
        view! { <p class="banner"><span>"Setup mode: one admin can still act alone."<span class="roomy">" Everything done now is labelled so."</span></span>{steps}</p> }
    })
}

/// What a printed page must say of itself: of what state it is, which page, and for whom.
fn paper(cx: &PageContext, who: &Principal, chrome: &Chrome, as_of: Option<AsOf>) -> impl IntoView + use<> {
    let state = as_of.map_or_else(|| format!("ledger entry {}", chrome.head), as_of_words);
    let text = format!("Countersign {} as of {state}, printed by {}. Unreviewed is not approved.", cx.path, who.name());
    view! { <p class="paper">{text}</p> }
}

/// The frame with everything in it.
pub fn frame(cx: &PageContext, chrome: &Chrome, content: super::pages::Content, refused: Option<&Refused>) -> AnyView {
    let super::pages::Content { title, as_of, body, .. } = content;
    let Ok(who) = cx.viewer() else { return plain(chrome, body) };
    if chrome.restored.is_some() {
        return closed(who, chrome, body);
    }
    view! {
        <a class="skip" href="#main">"Skip to content"</a>
        {hatch()}
        <div class="app" class:then=!cx.is_now()>
            {rail(cx, who, chrome)}
            <div>
                {top(cx, (who, chrome), (&title, as_of), refused)}
                <div role="region" aria-label="Notices">{setup(chrome, nav::setup(cx, who))} {refused.map(moment::refusal)} {moment::banner(cx, as_of)}</div>
                <main id="main" tabindex="-1">{body}</main>
                {paper(cx, who, chrome, as_of)}
            </div>
        </div>
    }
    .into_any()
}
