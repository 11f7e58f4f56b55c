//! The list: search, filters, keyset pages, CSV.

use super::kind;
use crate::context::PageContext;
use crate::pages::{Content, page};
use crate::{list, nav};
use domain::query::permission_sets::Filter;
use domain::rule::SetState;
use domain::text;
use leptos::prelude::*;
use service::listing::Sheet;
use service::permission_sets::{self as sets, COUNTED_MOST, Listed};
use ui::{Tone, badge, counted, number};

#[component]
pub fn List() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let (filter, sheet) = list::load::<sets::List>(&cx, read).await?;
            let counts = Counts {
                shown: sets::counted(read, &filter).await?,
                all: sets::counted(read, &Filter::default()).await?,
                absent: sets::counted(read, &Filter { state: Some(SetState::Absent), ..Filter::default() }).await?,
            };
            let sources = service::imports::sources(read).await?;
            Ok(Content::new("Permission sets", Some(sheet.as_of), body(&cx, &sheet, (&filter, &counts), &sources)))
        })
    })
}

/// How many there are: under the filters, in all, and only referred to.
struct Counts {
    shown: Option<i64>,
    all: Option<i64>,
    absent: Option<i64>,
}

fn sentence(sheet: &Sheet<Listed>, filter: &Filter, counts: &Counts) -> String {
    let sets = |n| counted(n, "policy, role or group", "policies, roles and groups");
    match counts.shown {
        Some(0) if *filter == Filter::default() => "No policies, roles or groups yet.".to_owned(),
        None if filter.search.is_some() && sheet.next.is_none() => {
            counted(sheet.rows.len() as i64, "permission set matches.", "permission sets match.")
        }
        None if filter.search.is_some() => "Permission sets that match, by name.".to_owned(),
        Some(n) => format!("{} of sources, each with the rules it holds.", sets(n)),
        None => format!("More than {} policies, roles and groups of sources.", number(COUNTED_MOST)),
    }
}

fn body(cx: &PageContext, sheet: &Sheet<Listed>, (filter, counts): (&Filter, &Counts), sources: &[String]) -> AnyView {
    let nothing =
        view! { <h2>"No permission sets yet"</h2><p>"Import a file: each policy, role and group it holds appears here."</p> }.into_any();
    view! {
        {nav::tabs(cx)}
        <div class="head">
            <div><h1>"Permission sets"</h1><p>{sentence(sheet, filter, counts)}</p></div>
            <div class="row">{list::csv(cx)}</div>
        </div>
        {list::search(cx, "Name of a policy, role or group")}
        {chips(cx, filter, counts, sources)}
        {list::card::<sets::List>(cx, sheet, "Permission sets", |name, l| rich(cx, name, l), None, nothing)}
    }
    .into_any()
}

/// Sources that have a chip each; the others are chosen on their own page.
const CHIPS: usize = 12;

fn chips(cx: &PageContext, filter: &Filter, counts: &Counts, sources: &[String]) -> impl IntoView + use<> {
    let said = |label: &str, n: Option<i64>| n.map_or_else(|| label.to_owned(), |n| format!("{label} {}", number(n)));
    let here = filter.state == Some(SetState::Absent);
    let absent = (here || counts.absent.is_some_and(|n| n > 0)).then(|| {
        let label = if here { "Rules unknown ✕".to_owned() } else { said("Rules unknown", counts.absent) };
        // The number is of all sets; what else narrows the list goes.
        let href = if here { cx.with(&[("state", "")]) } else { cx.with(&[("state", "absent"), ("source", ""), ("kind", ""), ("q", "")]) };
        ui::chip(href, label, here)
    });
    let by_source = sources.iter().take(CHIPS).map(|name| list::chip(cx, ("source", name), text::capped(name, 60), &[])).collect_view();
    let of_kind = filter.kind.as_ref().map(|k| ui::chip(cx.with(&[("kind", "")]), format!("{} ✕", kind(k)), true));
    view! {
        <div class="row filters" role="group" aria-label="Filters">
            {ui::chip(cx.link("/permission-sets"), said("All", counts.all), *filter == Filter::default())}
            {absent}
            {by_source}
            {of_kind}
        </div>
    }
}

fn rich(cx: &PageContext, name: &str, l: &Listed) -> Option<AnyView> {
    let set = &l.set;
    Some(match name {
        "name" => {
            let href = cx.link(&format!("/permission-sets/{}", set.id));
            let version = set.version.as_ref().map(|v| format!("version {}", text::capped(v, 40)));
            view! { <a class="name" href=href>{text::capped(&set.name, 80)}</a><span class="sub">{version}</span> }.into_any()
        }
        "kind" => view! { <a href=cx.with(&[("kind", &set.kind)])>{kind(&set.kind)}</a> }.into_any(),
        "source" => {
            let href = cx.link(&format!("/settings/sources/{}", set.source_id));
            view! { <a href=href>{l.source.as_deref().map(|s| text::capped(s, 60))}</a> }.into_any()
        }
        "rules" if set.state == SetState::Absent => badge(Tone::Unknown, "unknown").into_any(),
        _ => return None,
    })
}
