//! The list of imports: by source, by format, newest or oldest first.

use super::moved;
use crate::context::PageContext;
use crate::list;
use crate::pages::{Content, page};
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
    let known = counted(sources.len() as i64, "source", "sources");
    match newest {
        Some(i) => format!(
            "{known} known; the newest on this page is {}, heard {}. Nothing is approved by being imported.",
            text::capped(&i.source, 60),
            time_words(i.observed_at, sheet.as_of.at)
        ),
        None if sources.is_empty() => "No source has said anything yet.".to_owned(),
        None => format!("{known} known; no import fits what is asked for."),
    }
}

fn body(cx: &PageContext, sheet: &Sheet<Row>, sources: &[String], may: bool) -> AnyView {
    let by_source = sources.iter().map(|name| list::chip(cx, ("source", name), text::capped(name, 60), &[])).collect_view();
    let by_format = Format::ALL.iter().map(|f| list::chip(cx, ("format", f.as_str()), f.as_str(), &[])).collect_view();
    let none = view! {
        <h2>"Nothing imported yet"</h2><p>"An AWS account: aws iam get-account-authorization-details > account.json"</p>
        {may.then(|| view! { <a class="btn primary" href="/imports/new">"Import a file"</a> })}
    }
    .into_any();
    view! {
        {crate::nav::tabs(cx)}
        <div class="head">
            <div><h1>"Imports"</h1><p>{sentence(sheet, sources)}</p></div>
            <div class="row">
                {list::csv(cx)}
                {may.then(|| view! { <a class="btn primary" href="/imports/new">"Import"</a> })}
            </div>
        </div>
        {list::search(cx, "File or source")}
        <div class="row" role="group" aria-label="Filter by source">{by_source}</div>
        <div class="row" role="group" aria-label="Filter by format">{by_format}</div>
        {list::card::<imports::List>(cx, sheet, "Imports", |name, row| rich(cx, name, row), None, none)}
    }
    .into_any()
}

fn rich(cx: &PageContext, name: &str, row: &Row) -> Option<AnyView> {
    let i = &row.import;
    Some(match name {
        "source" => {
            let href = cx.link(&format!("/imports/{}", i.id));
            view! { <a class="name" href=href>{text::capped(&i.source, 60)}</a><span class="sub">{text::capped(&i.file_name, 160)}</span> }
                .into_any()
        }
        "format" => i.format.label().into_any(),
        "unchanged" => (if row.outcome.unchanged { "nothing changed".to_owned() } else { moved(&row.outcome) }).into_any(),
        _ => return None,
    })
}
