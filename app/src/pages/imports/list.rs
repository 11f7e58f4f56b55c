//! The list of imports: by source, by format, newest or oldest first.

use crate::context::PageContext;
use crate::list;
use crate::pages::{Content, page};
use crate::said;
use domain::permission::Action;
use domain::snapshot::Format;
use domain::text;
use leptos::prelude::*;
use service::imports::{self, Row};
use service::listing::Sheet;
use ui::{counted, time_words};

#[component]
pub fn List() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let (_, sheet) = list::load::<imports::List>(&cx, read).await?;
            let sources = imports::sources(read).await?;
            let may = cx.is_now() && cx.viewer()?.may(Action::Import);
            Ok(Content::new("Imports", Some(sheet.as_of), body(&cx, &sheet, &sources, may)))
        })
    })
}

fn sentence(sheet: &Sheet<Row>, sources: &[String]) -> String {
    let newest = sheet.rows.iter().map(|r| &r.import).max_by_key(|i| i.observed_at);
    match newest {
        Some(i) => format!(
            "{}. Last import here: {}, {}. Importing never approves anything.",
            counted(sources.len() as i64, "source", "sources"),
            text::capped(&i.source, 60),
            time_words(i.observed_at, sheet.as_of.at)
        ),
        None if sources.is_empty() => "No imports yet.".to_owned(),
        None => format!("{}. No imports match.", counted(sources.len() as i64, "source", "sources")),
    }
}

fn body(cx: &PageContext, sheet: &Sheet<Row>, sources: &[String], may: bool) -> AnyView {
    let by_source = sources.iter().map(|name| list::chip(cx, ("source", name), text::capped(name, 60), &[])).collect_view();
    let in_use = |f: &&Format| cx.param("format") == Some(f.as_str()) || sheet.rows.iter().any(|r| r.import.format == **f);
    let by_format = Format::ALL.iter().filter(in_use).map(|f| list::chip(cx, ("format", f.as_str()), f.label(), &[])).collect_view();
    let none = view! {
        <h2>"No imports yet"</h2><p>"Each import appears here with what it changed."</p>
        {may.then(|| view! { <a class="btn primary" href="/imports/new">"Import a file"</a> })}
    }
    .into_any();
    view! {
        {crate::nav::tabs(cx)}
        <div class="head">
            <div><h1>"Imports"</h1><p>{sentence(sheet, sources)}</p></div>
            <div class="row">
                {list::csv(cx)}
                {may.then(|| view! { <a class="btn primary" href="/imports/new">"Import a file"</a> })}
            </div>
        </div>
        {list::search(cx, "File or source")}
        <div class="row" role="group" aria-label="Filters">{by_source}{by_format}</div>
        {list::card::<imports::List>(cx, sheet, "Imports", |name, row| rich(cx, name, row), None, none)}
    }
    .into_any()
}

fn rich(cx: &PageContext, name: &str, row: &Row) -> Option<AnyView> {
    let i = &row.import;
    Some(match name {
        "source" => {
            let href = cx.link(&format!("/imports/{}", i.id));
            view! { <a class="name" href=href>{text::capped(&i.source, 60)}</a><span class="sub"><q>{text::capped(&i.file_name, 160)}</q></span> }
                .into_any()
        }
        "format" => i.format.label().into_any(),
        "unchanged" => (if row.outcome.unchanged { "nothing changed".to_owned() } else { row.outcome.moved() }).into_any(),
        "seq" => said::entry(cx, i.seq).into_any(),
        _ => return None,
    })
}
