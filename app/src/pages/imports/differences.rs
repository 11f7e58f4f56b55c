//! What an import moves, by name: the first of it beside its figures, all of it as a list.

use crate::context::{PageContext, encode};
use crate::pages::{Content, page};
use crate::{comparison, list};
use domain::comparison::{Changed, Figures, grouped};
use domain::difference::{Difference, FIRST, How, Thing};
use domain::text;
use leptos::prelude::*;
use service::comparison::{Page, Subject};
use service::imports::Outcome;
use service::imports::differences::{List, Row};
use service::listing::Sheet;
use ui::{Head, cell, counted, number};

/// What moved, identity by identity, and what belongs to none by name. `all` leads to the whole of it, where that is more.
pub(super) fn first(cx: &PageContext, o: &Outcome, all: Option<String>) -> impl IntoView + use<> {
    let (changed, others) = grouped(o.differences.iter().cloned());
    let rest = changed.iter().filter(|c| c.how == How::Changed).count().saturating_sub(FIRST);
    let cards: Vec<Changed> = changed.into_iter().take(FIRST).collect();
    let rows = others.iter().take(FIRST).map(|d| vec![cell(d.thing.label()), cell(became(d.how)), cell(name(d))]);
    let table = ui::table("Changes by name", None, ["Kind", "Change", "Name"].map(Head::new).to_vec(), rows);
    let cut = Thing::ALL.iter().any(|thing| o.differences.iter().filter(|d| d.thing == *thing).count() >= FIRST);
    let left = o.not_named + rest as u64;
    let said = (all.is_some() || cut || left > 0).then(|| {
        view! {
            <p class="small">
                {cut.then(|| format!("These are the first {FIRST} of each kind. "))}
                {all.map(|href| view! { <a href=href>"All changes by name"</a>" " })}
                {(left > 0).then(|| format!("{} more are counted without a name.", number(left as i64)))}
            </p>
        }
    });
    // Of a part the figures are not those of the whole.
    let sentence = if cut || left > 0 { format!("{}.", o.moved()) } else { Figures::of(&cards).sentence() };
    let title = format!("What {} in {}", if o.dry_run { "would change" } else { "changed" }, text::capped(&o.source, 80));
    (!o.differences.is_empty()).then(|| {
        view! {
            <div class="head"><div><h2>{title}</h2><p>{sentence}</p>{said}</div></div>
            {comparison::cards(cx, &cards, &|_| None)}
            {(!others.is_empty()).then(|| view! { <section class="card"><header><h2>"Other changes"</h2></header>{table}</section> })}
        }
    })
}

/// The same of an import that was made: read again from the store, with the classes of then and the words of texts.
pub(super) fn made(cx: &PageContext, o: &Outcome, made: &Page, all: Option<String>) -> impl IntoView + use<> {
    let (_, others) = grouped(o.differences.iter().cloned());
    let rows = others.iter().take(FIRST).map(|d| vec![cell(d.thing.label()), cell(became(d.how)), cell(name(d))]);
    let table = ui::table("Changes by name", None, ["Kind", "Change", "Name"].map(Head::new).to_vec(), rows);
    let whole = {
        let (from, to) = (encode(&made.sides.from.to_string()), encode(&made.sides.to.to_string()));
        let of = match &made.subject {
            Subject::Source(id, _) => format!("&of={id}"),
            Subject::Everything | Subject::Identity(..) => String::new(),
        };
        format!("/compare?against={from}&as_of={to}{of}")
    };
    let one = whole.clone();
    let of_one = move |c: &Changed| Some(format!("{}&of={}", one.split("&of=").next().unwrap_or_default(), c.identity?));
    let compared = (!made.changed.is_empty()).then(|| view! { <a href=whole>"Compare with the moment before"</a> });
    view! {
        <p class="small">{compared}{all.map(|href| view! { " · "<a href=href>"All changes by name"</a> })}</p>
        {comparison::cards(cx, &made.changed, &of_one)}
        {(!others.is_empty()).then(|| view! { <section class="card"><header><h2>"Other changes"</h2></header>{table}</section> })}
    }
}

fn became(how: How) -> impl IntoView + use<> {
    view! { <span class="tag">{how.label()}</span> }
}

/// What it is called, and where its words changed, which.
fn name(d: &Difference) -> AnyView {
    let words = d.before.as_deref().zip(d.after.as_deref());
    let words = words.map(|(before, after)| view! { <span class="sub words">{comparison::laid_over(before, after)}</span> });
    view! { {text::capped(&d.name, 300)}{words} }.into_any()
}

#[component]
pub fn Differences() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let (_, sheet) = list::load::<List>(&cx, read).await?;
            Ok(Content::new("Changes of an import", Some(sheet.as_of), body(&cx, &sheet)))
        })
    })
}

fn body(cx: &PageContext, sheet: &Sheet<Row>) -> AnyView {
    let by_thing = Thing::ALL.iter().map(|t| list::chip(cx, ("thing", t.as_str()), t.label(), &[])).collect_view();
    let by_how = How::ALL.iter().map(|h| list::chip(cx, ("how", h.as_str()), h.label(), &[])).collect_view();
    let import = sheet.rows.first().map(|r| cx.link(&format!("/imports/{}", r.import)));
    let none = view! { <h2>"Nothing changed"</h2><p>"This import changed nothing."</p> }.into_any();
    view! {
        <div class="head">
            <div>
                <p class="small muted"><a href=cx.link("/imports")>"Imports"</a></p>
                <h1>"Changes of an import"</h1>
                <p>{format!("{} on this page, by name.", counted(sheet.rows.len() as i64, "change", "changes"))}</p>
            </div>
            <div class="row">{list::csv(cx)}{import.map(|href| view! { <a class="btn" href=href>"Record of this import"</a> })}</div>
        </div>
        {list::search(cx, "Search name or identity")}
        <div class="row" role="group" aria-label="Filter by kind">{by_thing}</div>
        <div class="row" role="group" aria-label="Filter by change">{by_how}</div>
        {list::card::<List>(cx, sheet, "Changes", rich, None, none)}
    }
    .into_any()
}

fn rich(field: &str, row: &Row) -> Option<AnyView> {
    match field {
        "thing" => Some(row.difference.thing.label().into_any()),
        "how" => Some(became(row.difference.how).into_any()),
        "name" => Some(name(&row.difference)),
        _ => None,
    }
}
