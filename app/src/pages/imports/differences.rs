//! What an import moves, by name: the first of it beside its figures, all of it as a list.

use crate::context::PageContext;
use crate::list;
use crate::pages::{Content, page};
use domain::difference::{Difference, FIRST, How, Thing};
use domain::text;
use leptos::prelude::*;
use service::imports::Outcome;
use service::imports::differences::{self, List, Piece, Row};
use service::listing::Sheet;
use ui::{Head, cell, counted, number};

/// What moved, by name. `all` leads to the whole of it, where that is more.
pub(super) fn first(o: &Outcome, all: Option<String>) -> impl IntoView + use<> {
    // Kind by kind, each with its first.
    let named = Thing::ALL.iter().flat_map(|thing| o.differences.iter().filter(move |d| d.thing == *thing).take(FIRST));
    let rows = named.map(|d| {
        let holder = d.of.as_deref().map(|of| text::capped(of, 80)).unwrap_or_default();
        vec![cell(d.thing.label()), cell(became(d.how)), cell(name(d)), cell(holder)]
    });
    let table = ui::table("Changes by name", None, ["Kind", "Change", "Name", "Identity"].map(Head::new).to_vec(), rows);
    let cut = Thing::ALL.iter().any(|thing| o.differences.iter().filter(|d| d.thing == *thing).count() >= FIRST);
    let left = o.not_named;
    let said = (all.is_some() || cut || left > 0).then(|| {
        view! {
            <footer>
                {cut.then(|| format!("These are the first {FIRST} of each kind. "))}
                {all.map(|href| view! { <a href=href>"All changes by name"</a>" " })}
                {(left > 0).then(|| format!("{} more are counted without a name.", number(left as i64)))}
            </footer>
        }
    });
    (!o.differences.is_empty()).then(|| {
        view! {
            <section class="card">
                <header><h2>{format!("What {} in {}", if o.dry_run { "would change" } else { "changed" }, text::capped(&o.source, 80))}</h2><span class="small muted">"Changed and removed come first. Grants of added and removed identities are counted with them."</span></header>
                {table}
                {said}
            </section>
        }
    })
}

fn became(how: How) -> impl IntoView + use<> {
    view! { <span class="tag">{how.label()}</span> }
}

/// What it is called, and where its words changed, which.
fn name(d: &Difference) -> AnyView {
    let words = d.before.as_deref().zip(d.after.as_deref()).map(|(before, after)| words(before, after));
    view! { {text::capped(&d.name, 300)}{words} }.into_any()
}

/// Both texts in one, word by word.
fn words(before: &str, after: &str) -> impl IntoView + use<> {
    let pieces = differences::words(before, after).into_iter().map(|piece| match piece {
        Piece::Removed(words) => view! { <del>{words}</del> }.into_any(),
        Piece::Added(words) => view! { <ins>{words}</ins> }.into_any(),
        Piece::Same(words) => words.into_any(),
    });
    view! { <span class="sub words">{pieces.collect_view()}</span> }
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
