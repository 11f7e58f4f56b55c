//! The list of imports: by source, newest or oldest first, keyset pages, CSV.

use super::moved;
use crate::context::{PageContext, word};
use crate::pages::{Content, page};
use crate::ui::{counted, number, time, time_words};
use domain::asof::AsOf;
use domain::permission::Action;
use domain::seq::Seq;
use domain::snapshot::Format;
use domain::text;
use leptos::prelude::*;
use service::Error;
use service::imports::{self, Filter, Import, Outcome, Page};
use service::ledger::Order;

/// The query of the list, shared with its CSV: filter, order, cursor.
pub fn query(param: impl Fn(&str) -> Option<String>) -> Result<(Filter, Order, Option<Seq>), Error> {
    let order = word(&param, "sort", Order::parse)?.unwrap_or_default();
    let filter = Filter {
        source: param("source"),
        search: param("q").map(|q| text::folded(q.trim())).filter(|q| !q.is_empty()),
        format: word(&param, "format", Format::parse)?,
    };
    Ok((filter, order, word(&param, order.cursor(), |c| c.parse().ok().map(Seq))?))
}

#[component]
pub fn List() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let (filter, order, cursor) = query(|n| cx.param(n).map(str::to_owned))?;
            let model = imports::page(read, (order, cursor), &filter, 50).await?;
            let may = cx.is_now() && cx.viewer()?.may(Action::Import);
            Ok(Content::new("Imports", Some(model.as_of), body(&cx, &model, order, may)))
        })
    })
}

fn sentence(m: &Page) -> String {
    let newest = m.imports.iter().max_by_key(|i| i.observed_at);
    let sources = counted(m.sources.len() as i64, "source", "sources");
    match newest {
        Some(i) => format!(
            "{sources} known; the newest on this page is {}, heard {}. Nothing is approved by being imported.",
            text::capped(&i.source, 60),
            time_words(i.observed_at, m.as_of.at)
        ),
        None if m.sources.is_empty() => "No source has said anything yet.".to_owned(),
        None => format!("{sources} known; no import fits what is asked for."),
    }
}

fn body(cx: &PageContext, m: &Page, order: Order, may: bool) -> AnyView {
    let chosen = cx.param("source").unwrap_or_default().to_owned();
    let chips = m.sources.iter().map(|name| {
        let here = *name == chosen;
        let href = cx.with(&[("source", if here { "" } else { name }), ("before", "")]);
        view! { <a class="chip" href=href aria-current=here.then_some("true")>{text::capped(name, 60)}</a> }
    });
    let next = m.next.map(|b| {
        let (href, label) = match order {
            Order::NewestFirst => (cx.with(&[("before", &b.to_string())]), "Older 50"),
            Order::OldestFirst => {
                let base = cx.with(&[]);
                let joint = if base.contains('?') { '&' } else { '?' };
                (format!("{base}{joint}after={b}"), "Newer 50")
            }
        };
        view! { <a class="btn" href=href rel="next">{label}</a> }
    });
    let (turned, arrow, sorted) = match order {
        Order::NewestFirst => ("oldest", " ↓", "descending"),
        Order::OldestFirst => ("", " ↑", "ascending"),
    };
    let turn = cx.with(&[("sort", turned), ("before", "")]);
    let csv = cx.with(&[("before", "")]).replacen("/imports", "/imports.csv", 1);
    let narrowed = cx.param("source").is_some() || cx.param("q").is_some() || cx.param("format").is_some();
    let all = cx.link("/imports");
    let nothing_fits = (m.imports.is_empty() && narrowed)
        .then(|| view! { <div class="empty"><h2>"None fits"</h2><p><a href=all>"Show every import"</a></p></div> });
    let none = (m.imports.is_empty() && !narrowed).then(|| view! {
        <div class="empty"><h2>"Nothing imported yet"</h2><p>"An AWS account: aws iam get-account-authorization-details > account.json"</p>
            {may.then(|| view! { <a class="btn primary" href="/imports/new">"Import a file"</a> })}</div>
    });
    view! {
        <div class="head">
            <div><h1>"Imports"</h1><p>{sentence(m)}</p></div>
            <div class="row">
                <a class="btn" href=csv>"CSV"</a>
                {may.then(|| view! { <a class="btn primary" href="/imports/new">"Import"</a> })}
            </div>
        </div>
        {search(cx)}
        <div class="row" role="group" aria-label="Filter by source">{chips.collect_view()}</div>
        <div class="row" role="group" aria-label="Filter by format">{formats(cx)}</div>
        <section class="card">
            <div class="scroll" tabindex="0" role="group" aria-label="Imports">
                <table>
                    <thead><tr><th scope="col">"Source"</th><th scope="col">"Format"</th><th scope="col">"Change"</th><th scope="col" class="num" aria-sort=sorted><a href=turn>"Entry"{arrow}</a></th><th scope="col" class="num">"When"</th></tr></thead>
                    <tbody>{m.imports.iter().map(|i| row(cx, i, m.as_of)).collect_view()}</tbody>
                </table>
            </div>
            {none}
            {nothing_fits}
            <footer class="pager"><span></span>{next}</footer>
        </section>
    }
    .into_any()
}

fn search(cx: &PageContext) -> impl IntoView + use<> {
    let keep: Vec<(String, String)> = cx.query.iter().filter(|(k, _)| !matches!(k.as_str(), "q" | "before" | "after")).cloned().collect();
    let now = cx.param("q").unwrap_or_default().to_owned();
    view! {
        <form class="row" role="search" method="get" action="/imports">
            {keep.into_iter().map(|(k, v)| view! { <input type="hidden" name=k value=v/> }).collect_view()}
            <input class="find" name="q" value=now aria-label="File or source" placeholder="File or source" autocomplete="off"/>
            <button class="btn" type="submit">"Search"</button>
        </form>
    }
}

fn formats(cx: &PageContext) -> impl IntoView + use<> {
    let chosen = cx.param("format").unwrap_or_default().to_owned();
    Format::ALL
        .iter()
        .map(|f| {
            let here = f.as_str() == chosen;
            let href = cx.with(&[("format", if here { "" } else { f.as_str() }), ("before", "")]);
            view! { <a class="chip" href=href aria-current=here.then_some("true")>{f.as_str()}</a> }
        })
        .collect_view()
}

fn row(cx: &PageContext, i: &Import, as_of: AsOf) -> impl IntoView + use<> {
    let outcome: Outcome = serde_json::from_str(&i.result).unwrap_or_default();
    let href = cx.link(&format!("/imports/{}", i.id));
    view! {
        <tr>
            <td><a class="name" href=href>{text::capped(&i.source, 60)}</a><span class="sub">{text::capped(&i.file_name, 160)}</span></td>
            <td>{i.format.label()}</td>
            <td>{if outcome.unchanged { "nothing changed".to_owned() } else { moved(&outcome) }}</td>
            <td class="num">{number(i.seq)}</td>
            <td class="num nowrap">{time(i.observed_at, as_of.at)}</td>
        </tr>
    }
}
