//! Adoption: what nobody has reviewed and nobody answers for, by source, account and namespace. Deciding on it
//! comes with the change requests.

use super::{Content, page};
use crate::context::{PageContext, encode};
use domain::text;
use leptos::prelude::*;
use service::Figure;
use service::adoption::{self, Page as Model, Place};
use ui::{Cell, Head, Tone, WHETHER_PEOPLE, badge, cell, counted, number, numeric, unclear};

#[component]
pub fn Adoption() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let model = adoption::page(read).await?;
            let as_of = model.as_of;
            Ok(Content::new("Adoption", Some(as_of), body(&cx, &model)))
        })
    })
}

/// Places on the page; all of them are counted.
const SHOWN: usize = 300;

fn sentence(m: &Model) -> String {
    let (all, unreviewed, unowned) = (m.sum(|p| p.identities).n, m.sum(|p| p.unreviewed).n, m.sum(|p| p.unowned).n);
    if all == 0 {
        return "No identities yet.".to_owned();
    }
    let owners = match unowned {
        0 => "all have an owner".to_owned(),
        n if n == all => "none has an owner".to_owned(),
        n => counted(n, "has no owner", "have no owner"),
    };
    format!("{} of {} await a first review, and {owners}.", number(unreviewed), counted(all, "identity", "identities"))
}

fn body(cx: &PageContext, m: &Model) -> AnyView {
    let rows = m.places.iter().take(SHOWN).map(|p| row(cx, m, p)).collect::<Vec<_>>();
    let more = m.places.len().saturating_sub(SHOWN);
    let platform = m.sum(|p| p.platform);
    let orphans = (m.orphans.n > 0).then(|| {
        let href = cx.link("/identities?orphaned=1&people=no&platform=1");
        let said = counted(m.orphans.n, "identity is orphaned: its owner has left", "identities are orphaned: their owners have left");
        let part = unclear(&href, m.orphans.unclear, WHETHER_PEOPLE);
        view! { <p class="row">{badge(Tone::Bad, "orphans")}<a href=href>{said}</a></p>{part} }
    });
    let figures = ["Identities", "Unreviewed", "No owner", "Named by a tag", "Platform-managed"].map(Head::numeric);
    let heads = ["Where", "Owner of the source"].map(Head::new).into_iter().chain(figures).collect();
    let managed = unclear(&cx.link("/identities?people=no&platform=only"), platform.unclear, WHETHER_PEOPLE);
    view! {
        <div class="head"><div><h1>"Adoption"</h1><p>{sentence(m)}</p></div></div>
        <p class="muted">
            "Start with owners: assign one to each identity, highest privilege first."
        </p>
        {orphans}
        <section class="card">
            <header><h2>"By source, account and namespace"</h2></header>
            {ui::table("By source, account and namespace", None, heads, rows)}
            {m.places.is_empty().then(|| view! { <div class="empty"><h2>"Nothing to adopt"</h2><p>"Import a file to see its identities by account and namespace."</p></div> })}
            {(more > 0).then(|| view! { <footer>{format!("The {SHOWN} places with most identities without an owner; {} more are counted above.", number(more as i64))}</footer> })}
            {(platform.n > 0).then(|| view! {
                <footer>{counted(platform.n, "identity is", "identities are")}" managed by the platform, can't be changed here, and hidden."{managed}</footer>
            })}
        </section>
        {(!m.hints.is_empty()).then(|| hints(cx, m))}
    }
    .into_any()
}

fn row(cx: &PageContext, m: &Model, p: &Place) -> Vec<Cell> {
    let source = p.source_id.and_then(|id| m.sources.get(&id));
    let name = source.map_or_else(|| "entered manually".to_owned(), |s| text::capped(&s.name, 60));
    let dash = |t: Option<&str>| encode(t.filter(|t| !t.is_empty()).unwrap_or("-"));
    let base = format!("/identities?source={}&place={}&people=no", dash(source.map(|s| s.name.as_str())), dash(p.place.as_deref()));
    let owner = match source.map(|s| s.owner_id.map(|o| m.people.get(&o).cloned().unwrap_or_default())) {
        Some(Some(owner)) => text::capped(&owner, 60).into_any(),
        Some(None) => badge(Tone::Warn, "nobody").into_any(),
        None => ().into_any(),
    };
    let figure = |narrowed: &str, f: Figure| {
        let href = cx.link(&format!("{base}{narrowed}"));
        let part = unclear(&href, f.unclear, WHETHER_PEOPLE);
        numeric(if f.n == 0 { number(f.n).into_any() } else { view! { <a href=href>{number(f.n)}</a>{part} }.into_any() })
    };
    let place = p.place.clone().map(|p| text::capped(&p, 80));
    vec![
        cell(view! { {name}<span class="sub">{place}</span> }),
        cell(owner),
        figure("", p.identities),
        figure("&review=unreviewed", p.unreviewed),
        figure("&no_owner=1", p.unowned),
        figure("&no_owner=1&hinted=1", p.hinted),
        figure("&platform=only", p.platform),
    ]
}

/// Whom tags name. A hint never makes an owner; it says whom to ask.
fn hints(cx: &PageContext, m: &Model) -> impl IntoView + use<> {
    let rows = m.hints.iter().map(|(hint, n)| {
        let href = cx.link(&format!("/identities?hint={}&no_owner=1&people=no", encode(hint)));
        let part = unclear(&href, n.unclear, WHETHER_PEOPLE);
        let known = m.people.iter().find(|(_, name)| name.to_lowercase().split(' ').any(|part| part == hint.to_lowercase()));
        let person = known.map(|(id, name)| format!("perhaps {} ({})", text::capped(name, 60), id.short()));
        vec![
            cell(view! { {text::capped(hint, 80)}<span class="sub">{person}</span> }).class("wrap"),
            numeric(view! { <a href=href>{number(n.n)}</a>{part} }),
        ]
    });
    view! {
        <section class="card">
            <header><h2>"Suggested owners"</h2><span class="small muted">"top 20 from tags"</span></header>
            {ui::table("Whom tags name", None, vec![Head::new("A tag names"), Head::numeric("Identities without an owner")], rows)}
        </section>
    }
}
