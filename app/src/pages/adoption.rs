//! Adoption: what waits for a first review and for an owner, by source, account and namespace; owners are assigned here,
//! many at once.

use super::{Content, page};
use crate::context::{PageContext, encode};
use domain::ids::PersonId;
use domain::permission::Action;
use domain::text;
use leptos::prelude::*;
use service::adoption::{self, Page as Model, Place};
use service::{Figure, identities};
use ui::{Cell, ErrorSummary, Head, Tone, WHETHER_PEOPLE, badge, cell, counted, number, numeric, unclear};

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
        return "No identities yet. Import a file to see what waits for a first review.".to_owned();
    }
    let waits = if unreviewed == 1 { "waits" } else { "wait" };
    format!(
        "{} of {} {waits} for a first review; {} no owner.",
        number(unreviewed),
        counted(all, "identity", "identities"),
        counted(unowned, "has", "have")
    )
}

fn body(cx: &PageContext, m: &Model) -> AnyView {
    let acting = cx.is_now() && cx.viewer().is_ok_and(|w| w.may(Action::WriteInventory));
    let columns = columns(m);
    let rows = m.places.iter().take(SHOWN).map(|p| row(cx, (m, &columns), p, acting)).collect::<Vec<_>>();
    let more = m.places.len().saturating_sub(SHOWN);
    let platform = m.sum(|p| p.platform);
    let (all, unowned) = (m.sum(|p| p.identities).n, m.sum(|p| p.unowned).n);
    let orphans = (m.orphans.n > 0).then(|| {
        let href = cx.link("/identities?orphaned=1&people=no&platform=1");
        let said = counted(m.orphans.n, "identity lost its owner", "identities lost their owner");
        let part = unclear(&href, m.orphans.unclear, WHETHER_PEOPLE);
        view! { <p class="row">{badge(Tone::Warn, "owner left")}<a href=href>{said}</a></p>{part} }
    });
    let last = acting.then(|| Head::new("Owner"));
    let figures = columns.iter().map(|c| Head::numeric(c.label));
    let heads = ["Location", "Source owner"].map(Head::new).into_iter().chain(figures).chain(last).collect();
    let managed = unclear(&cx.link("/identities?people=no&platform=only"), platform.unclear, WHETHER_PEOPLE);
    let hidden = cx.link("/identities?people=no&platform=only");
    view! {
        <div class="head"><div>
            <h1>"Adoption"</h1>
            <p>{sentence(m)}</p>
        </div></div>
        {(all > 0).then(|| progress(all - unowned, all))}
        <ErrorSummary sent=cx.flash.clone()/>
        {orphans}
        <section class="card">
            <header><h2>"By source, account and namespace"</h2></header>
            {ui::table("By source, account and namespace", None, heads, rows)}
            {m.places.is_empty().then(|| view! { <div class="empty"><p>"Identities wait here after the first import."</p></div> })}
            {(more > 0).then(|| view! { <footer>{format!("The {SHOWN} locations with most privileged identities without owner; {} more are counted above.", number(more as i64))}</footer> })}
            {(platform.n > 0).then(|| view! {
                <footer>"Hidden: "<a href=hidden>{counted(platform.n, "identity", "identities")}</a>" managed by the platform, can't be changed here."{managed}</footer>
            })}
        </section>
        {(!m.hints.is_empty()).then(|| hints(cx, m, acting))}
    }
    .into_any()
}

/// How far owners are: what is left is done from the top of the table.
fn progress(owned: i64, all: i64) -> AnyView {
    let width = format!("{:.2}", owned as f64 / all.max(1) as f64 * 100.0);
    view! {
        <section class="card"><div class="pad progress">
            <p><strong>{format!("{} of {} owned", number(owned), number(all))}</strong></p>
            <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
                <rect class="track" width="100" height="6"></rect><rect class="b1" width=width height="6"></rect>
            </svg>
            <p class="small muted">"Start with owners: assign one to each identity, highest privilege first."</p>
        </div></section>
    }
    .into_any()
}

/// A column of figures: what it counts, and what narrows the list of a location to it.
struct Column {
    label: &'static str,
    narrowed: &'static str,
    of: fn(&Place) -> Figure,
}

const COLUMNS: [Column; 4] = [
    Column { label: "Privileged, no owner", narrowed: "&privileged=1&no_owner=1", of: |p| p.privileged },
    Column { label: "No owner", narrowed: "&no_owner=1", of: |p| p.unowned },
    Column { label: "Unreviewed", narrowed: "&review=unreviewed", of: |p| p.unreviewed },
    Column { label: "Identities", narrowed: "", of: |p| p.identities },
];

/// The columns that count something anywhere.
fn columns(m: &Model) -> Vec<&'static Column> {
    COLUMNS.iter().filter(|c| m.sum(c.of).n > 0).collect()
}

/// A folded form that gives everything a list holds one owner.
fn assign(m: &Model, narrowed: &str, n: i64, (verb, suggested): (&str, Option<PersonId>)) -> AnyView {
    let most = identities::ASSIGNED_MOST as i64;
    let label = if n > most { format!("{verb} the first {} of {}", number(most), number(n)) } else { format!("{verb} {}", number(n)) };
    let options = m.active.iter().map(|(id, name)| {
        let here = suggested == Some(*id);
        view! { <option value=id.to_string() selected=here>{text::capped(name, 60)}</option> }
    });
    view! {
        <details class="act" open=suggested.is_some()>
            <summary>{label}</summary>
            <form class="row" method="post" action="/identities/owner">
                <input type="hidden" name="where" value=narrowed.to_owned()/>
                <input type="hidden" name="back" value="/adoption"/>
                <select name="owner" required=true aria-label="Owner"><option value="">"choose…"</option>{options.collect_view()}</select>
                <button class="btn" type="submit">{if suggested.is_some() { "Confirm owner" } else { "Assign owner" }}</button>
            </form>
        </details>
    }
    .into_any()
}

fn row(cx: &PageContext, (m, columns): (&Model, &[&Column]), p: &Place, acting: bool) -> Vec<Cell> {
    let source = p.source_id.and_then(|id| m.sources.get(&id));
    let name = source.map_or_else(|| "entered manually".to_owned(), |s| text::capped(&s.name, 60));
    let dash = |t: Option<&str>| encode(t.filter(|t| !t.is_empty()).unwrap_or("-"));
    let query = format!("source={}&place={}&people=no", dash(source.map(|s| s.name.as_str())), dash(p.place.as_deref()));
    let owner = match source.map(|s| s.owner_id.map(|o| m.people.get(&o).cloned().unwrap_or_default())) {
        Some(Some(owner)) => text::capped(&owner, 60).into_any(),
        Some(None) => "no owner".into_any(),
        None => ().into_any(),
    };
    let figure = |narrowed: &str, f: Figure| {
        let href = cx.link(&format!("/identities?{query}{narrowed}"));
        let part = unclear(&href, f.unclear, WHETHER_PEOPLE);
        numeric(if f.n == 0 { number(f.n).into_any() } else { view! { <a href=href>{number(f.n)}</a>{part} }.into_any() })
    };
    let place = p.place.clone().map(|p| text::capped(&p, 80));
    let hinted = (p.hinted.n > 0).then(|| {
        let href = cx.link(&format!("/identities?{query}&no_owner=1&hinted=1"));
        let part = unclear(&href, p.hinted.unclear, WHETHER_PEOPLE);
        view! { <span class="sub"><a href=href>{format!("{} with an owner suggested by tags", number(p.hinted.n))}</a></span>{part} }
    });
    let platform = (p.platform.n > 0).then(|| {
        let href = cx.link(&format!("/identities?{query}&platform=only"));
        let part = unclear(&href, p.platform.unclear, WHETHER_PEOPLE);
        view! { <span class="sub"><a href=href>{format!("{} more managed by the platform", number(p.platform.n))}</a></span>{part} }
    });
    let may = cx.is_now() && p.unreviewed.n > 0 && cx.viewer().is_ok_and(|w| w.may(Action::ProposeChange));
    let adopt = p.source_id.filter(|_| may).map(|id| {
        view! { <span class="sub"><a href=format!("/settings/sources/{id}#adopt")>"Adopt this source"</a></span> }
    });
    let mut cells = vec![cell(view! { {name}<span class="sub">{place}</span>{platform}{hinted}{adopt} }), cell(owner)];
    cells.extend(columns.iter().map(|c| figure(c.narrowed, (c.of)(p))));
    if acting {
        let form = (p.unowned.n > 0).then(|| assign(m, &format!("{query}&no_owner=1"), p.unowned.n, ("Assign owner to", None)));
        cells.push(cell(form));
    }
    cells
}

/// Whom tags suggest. A tag makes no owner; confirming it does.
fn hints(cx: &PageContext, m: &Model, acting: bool) -> impl IntoView + use<> {
    let rows = m.hints.iter().map(|(hint, n)| {
        let query = format!("hint={}&no_owner=1&people=no", encode(hint));
        let href = cx.link(&format!("/identities?{query}"));
        let part = unclear(&href, n.unclear, WHETHER_PEOPLE);
        let known = m.active.iter().find(|(_, name)| name.to_lowercase().split(' ').any(|part| part == hint.to_lowercase()));
        let person = known.map(|(_, name)| format!("probably {}", text::capped(name, 60)));
        let mut cells = vec![
            cell(view! { {text::capped(hint, 80)}<span class="sub">{person}</span> }).class("wrap"),
            numeric(view! { <a href=href>{number(n.n)}</a>{part} }),
        ];
        if acting {
            let verb = if known.is_some() { "Confirm for" } else { "Assign owner to" };
            cells.push(cell(assign(m, &query, n.n, (verb, known.map(|(id, _)| *id)))));
        }
        cells
    });
    let heads = vec![Head::new("Owner tag"), Head::numeric("Identities without owner")];
    let heads = heads.into_iter().chain(acting.then(|| Head::new("Owner"))).collect();
    view! {
        <section class="card">
            <header><h2>"Suggested owners"</h2><span class="small muted">"top 20 from tags"</span></header>
            {ui::table("Suggested owners", None, heads, rows)}
        </section>
    }
}
