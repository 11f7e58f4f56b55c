//! The list: search, filters as links, keyset pages.

use super::or_unknown;
use crate::context::PageContext;
use crate::list;
use crate::pages::{Content, page};
use domain::identity::{Criticality, Environment};
use domain::locator::LocatorKind;
use domain::permission::Action;
use domain::query::resources::Filter;
use domain::resource::DataClass;
use domain::text;
use leptos::prelude::*;
use service::listing::Sheet;
use service::resources::{self, Listed};
use ui::{ErrorSummary, counted, number};

#[component]
pub fn List() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let (filter, sheet) = list::load::<resources::List>(&cx, read).await?;
            let totals = resources::totals(read).await?;
            Ok(Content::new("Resources", Some(sheet.as_of), body(&cx, &sheet, totals, &filter)))
        })
    })
}

fn sentence((total, unowned): (i64, i64)) -> String {
    let owned = match (unowned, total) {
        (0, 1) => "it has an owner".to_owned(),
        (0, _) => "every one has an owner".to_owned(),
        (n, _) => format!("{} no owner", counted(n, "has", "have")),
    };
    match total {
        0 => "A resource is something grants reach: a bucket, a secret, a tool, a repository.".to_owned(),
        n => format!("{}; {owned}.", counted(n, "resource", "resources")),
    }
}

fn body(cx: &PageContext, sheet: &Sheet<Listed>, totals: (i64, i64), filter: &Filter) -> AnyView {
    let may = cx.is_now() && cx.viewer().is_ok_and(|w| w.may(Action::WriteInventory));
    view! {
        <div class="head">
            <div><h1>"Resources"</h1><p>{sentence(totals)}</p></div>
            <div class="row">
                {list::csv(cx)}
                {may.then(|| view! { <a class="btn primary" href="/resources/new">"Register a resource"</a> })}
            </div>
        </div>
        <ErrorSummary sent=cx.flash.clone()/>
        {(totals.0 > 0).then(|| narrow(cx, totals, filter))}
        {list::card::<resources::List>(cx, sheet, "Resources", |name, l| rich(cx, name, l), None, nothing(cx, may))}
    }
    .into_any()
}

fn narrow(cx: &PageContext, (total, unowned): (i64, i64), filter: &Filter) -> impl IntoView + use<> {
    let kinds = LocatorKind::ALL.iter().map(|k| list::chip(cx, ("kind", k.as_str()), k.label(), &[])).collect_view();
    let owner = filter.owner.map(|o| ui::chip(cx.with(&[("owner", "")]), format!("owner {} ✕", o.short()), true));
    view! {
        <div class="row" role="group" aria-label="Filters">
            {ui::chip(cx.link("/resources"), format!("All {}", number(total)), *filter == Filter::default())}
            {list::chip(cx, ("no_owner", "1"), format!("No owner {}", number(unowned)), &["owner"])}
            {kinds}
            {owner}
        </div>
        {search(cx)}
    }
}

/// The filters that are too many for links.
fn search(cx: &PageContext) -> impl IntoView + use<> {
    const OWN: [&str; 5] = ["q", "criticality", "data_class", "environment", "after"];
    let keep: Vec<(String, String)> = cx.query.iter().filter(|(k, _)| !OWN.contains(&k.as_str())).cloned().collect();
    let now = |name: &str| cx.param(name).unwrap_or_default().to_owned();
    let criticalities = Criticality::ALL.iter().map(|c| (c.as_str(), c.label())).collect();
    let classes = DataClass::ALL.iter().map(|c| (c.as_str(), c.label())).collect();
    let environments = Environment::ALL.iter().map(|e| (e.as_str(), e.label())).collect();
    let q = now("q");
    view! {
        <form class="row" role="search" method="get" action="/resources">
            {keep.into_iter().map(|(k, v)| view! { <input type="hidden" name=k value=v/> }).collect_view()}
            <input class="find" name="q" value=q aria-label="Name or location" placeholder="Name or location" autocomplete="off"/>
            {choice("criticality", "Criticality", criticalities, now("criticality"))}
            {choice("data_class", "Data", classes, now("data_class"))}
            {choice("environment", "Environment", environments, now("environment"))}
            <button class="btn" type="submit">"Search"</button>
        </form>
    }
}

fn choice(name: &'static str, label: &'static str, options: Vec<(&'static str, &'static str)>, now: String) -> impl IntoView {
    view! {
        <label class="line">
            <span class="muted">{label}</span>
            <select name=name>
                <option value="">"any"</option>
                {options.into_iter().map(|(word, text)| { let here = word == now; view! { <option value=word selected=here>{text}</option> } }).collect_view()}
            </select>
        </label>
    }
}

fn rich(cx: &PageContext, name: &str, l: &Listed) -> Option<AnyView> {
    let r = &l.resource;
    Some(match name {
        "name" => {
            let href = cx.link(&format!("/resources/{}", r.id));
            view! { <a class="name" href=href>{text::capped(&r.name, 80)}</a><span class="sub">{r.kind.label()}</span> }.into_any()
        }
        "pattern" => view! { <span class="mono-cell wrap">{text::capped(&r.pattern, 160)}</span> }.into_any(),
        "owner_name" => match (r.owner_id, &l.owner_name) {
            (Some(id), name) => {
                let name = name.as_deref().map_or_else(|| "redacted person".to_owned(), |n| text::capped(n, 60));
                view! { <a href=cx.with(&[("owner", &id.to_string()), ("no_owner", "")])>{name}</a> }.into_any()
            }
            (None, _) => "no owner".into_any(),
        },
        "criticality" => or_unknown(r.criticality.label()),
        "data_class" => or_unknown(r.data_class.label()),
        "environment" => or_unknown(r.environment.label()),
        _ => return None,
    })
}

fn nothing(cx: &PageContext, may: bool) -> AnyView {
    let next = match (cx.is_now(), may) {
        (false, _) => view! { <p><a href=cx.with(&[("as_of", "")])>"Return to now"</a></p> }.into_any(),
        (true, true) => view! { <p><a class="btn primary" href="/resources/new">"Register the first resource"</a></p> }.into_any(),
        (true, false) => view! { <p>"An analyst or an admin can register one."</p> }.into_any(),
    };
    view! {
            <h2>"No resources yet"</h2>
            <p>"Register what matters most, for example a secret store or a production bucket. Its page then shows every identity that reaches it."</p>
            {next}
    }
    .into_any()
}
