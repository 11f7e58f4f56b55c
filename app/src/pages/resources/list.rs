//! The list: search, filters as links, keyset pages.

use super::or_unknown;
use crate::context::{PageContext, encode, word};
use crate::pages::{Content, page};
use crate::ui::{ErrorSummary, counted, number};
use domain::identity::{Criticality, Environment};
use domain::ids::{PersonId, ResourceId};
use domain::locator::LocatorKind;
use domain::permission::Action;
use domain::resource::DataClass;
use domain::text;
use leptos::prelude::*;
use service::Error;
use service::resources::{self, Filter, Listed, Page};

#[component]
pub fn List() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let (filter, after) = query(|n| cx.param(n).map(str::to_owned))?;
            let model = resources::page(read, &filter, after, resources::PAGE).await?;
            let as_of = model.as_of;
            Ok(Content::new("Resources", Some(as_of), body(&cx, &model, &filter)))
        })
    })
}

/// The query of the list: `res_…~name` is where a page starts.
fn query(param: impl Fn(&str) -> Option<String>) -> Result<(Filter, Option<(String, ResourceId)>), Error> {
    let after = word(&param, "after", |a| {
        let (id, name) = a.split_once('~')?;
        Some((name.to_owned(), ResourceId::parse(id).ok()?))
    })?;
    let filter = Filter {
        kind: word(&param, "kind", LocatorKind::parse)?,
        owner: word(&param, "owner", |o| PersonId::parse(o).ok())?,
        criticality: word(&param, "criticality", Criticality::parse)?,
        data_class: word(&param, "data_class", DataClass::parse)?,
        environment: word(&param, "environment", Environment::parse)?,
        no_owner: param("no_owner").is_some(),
        search: param("q").map(|q| text::folded(q.trim())).filter(|q| !q.is_empty()),
    };
    Ok((filter, after))
}

fn sentence(m: &Page) -> String {
    let owned = match (m.unowned, m.total) {
        (0, 1) => "it has an owner".to_owned(),
        (0, _) => "every one has an owner".to_owned(),
        (n, _) => format!("{} no owner", counted(n, "has", "have")),
    };
    match m.total {
        0 => "A resource is something grants reach: a bucket, a secret, a tool, a repository.".to_owned(),
        n => format!("{}; {owned}.", counted(n, "resource", "resources")),
    }
}

fn body(cx: &PageContext, m: &Page, filter: &Filter) -> AnyView {
    let may = cx.is_now() && cx.viewer().is_ok_and(|w| w.may(Action::WriteInventory));
    let first = cx.param("after").is_some().then(|| cx.with(&[]));
    let next = m.next.as_ref().map(|(name, id)| {
        let base = cx.with(&[]);
        let joint = if base.contains('?') { '&' } else { '?' };
        format!("{base}{joint}after={}", encode(&format!("{id}~{name}")))
    });
    view! {
        <div class="head">
            <div><h1>"Resources"</h1><p>{sentence(m)}</p></div>
            {may.then(|| view! { <a class="btn primary" href="/resources/new">"Register a resource"</a> })}
        </div>
        <ErrorSummary cx=cx.clone()/>
        {(m.total > 0).then(|| narrow(cx, m, filter))}
        <section class="card">
            {table(cx, &m.rows)}
            {m.rows.is_empty().then(|| nothing(cx, m, may))}
            <footer class="pager">
                <span>{first.map(|href| view! { <a class="btn" href=href>"First page"</a> })}</span>
                {next.map(|href| view! { <a class="btn" href=href rel="next">"Next 50"</a> })}
            </footer>
        </section>
    }
    .into_any()
}

fn chip(href: String, label: String, here: bool) -> impl IntoView {
    view! { <a class="chip" href=href aria-current=here.then_some("true")>{label}</a> }
}

fn narrow(cx: &PageContext, m: &Page, filter: &Filter) -> impl IntoView + use<> {
    let kinds = LocatorKind::ALL
        .iter()
        .map(|k| {
            let here = filter.kind == Some(*k);
            chip(cx.with(&[("kind", if here { "" } else { k.as_str() })]), k.label().to_owned(), here)
        })
        .collect_view();
    let unowned = cx.with(&[("no_owner", if filter.no_owner { "" } else { "1" })]);
    let owner = filter.owner.map(|o| chip(cx.with(&[("owner", "")]), format!("owner {} ✕", o.short()), true));
    view! {
        <div class="row" role="group" aria-label="Filters">
            {chip(cx.link("/resources"), format!("All {}", number(m.total)), *filter == Filter::default())}
            {chip(unowned, format!("No owner {}", number(m.unowned)), filter.no_owner)}
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

fn table(cx: &PageContext, rows: &[Listed]) -> impl IntoView + use<> {
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label="Resources">
            <table>
                <caption>{format!("{} on this page, by name", counted(rows.len() as i64, "resource", "resources"))}</caption>
                <thead>
                    <tr>
                        <th scope="col">"Resource"</th>
                        <th scope="col">"Location"</th>
                        <th scope="col">"Owner"</th>
                        <th scope="col">"Criticality"</th>
                        <th scope="col">"Data"</th>
                        <th scope="col">"Environment"</th>
                    </tr>
                </thead>
                <tbody>{rows.iter().map(|l| row(cx, l)).collect_view()}</tbody>
            </table>
        </div>
    }
}

fn row(cx: &PageContext, l: &Listed) -> impl IntoView + use<> {
    let r = &l.resource;
    let href = cx.link(&format!("/resources/{}", r.id));
    let owner = match (r.owner_id, &l.owner_name) {
        (Some(id), name) => {
            let name = name.as_deref().map_or_else(|| "redacted person".to_owned(), |n| text::capped(n, 60));
            view! { <a href=cx.with(&[("owner", &id.to_string())])>{name}</a> }.into_any()
        }
        (None, _) => "no owner".into_any(),
    };
    view! {
        <tr>
            <td><a class="name" href=href>{text::capped(&r.name, 80)}</a><span class="sub">{r.kind.label()}</span></td>
            <td class="mono-cell wrap">{text::capped(&r.pattern, 160)}</td>
            <td>{owner}</td>
            <td>{or_unknown(r.criticality.label())}</td>
            <td>{or_unknown(r.data_class.label())}</td>
            <td>{or_unknown(r.environment.label())}</td>
        </tr>
    }
}

fn nothing(cx: &PageContext, m: &Page, may: bool) -> AnyView {
    if m.total > 0 {
        let all = cx.link("/resources");
        return view! { <div class="empty"><h2>"No resources match"</h2><p><a href=all>"Clear filters"</a></p></div> }.into_any();
    }
    let next = match (cx.is_now(), may) {
        (false, _) => view! { <p><a href=cx.with(&[("as_of", "")])>"Back to now"</a></p> }.into_any(),
        (true, true) => view! { <p><a class="btn primary" href="/resources/new">"Register the first resource"</a></p> }.into_any(),
        (true, false) => view! { <p>"An analyst or an admin can register one."</p> }.into_any(),
    };
    view! {
        <div class="empty">
            <h2>"No resources yet"</h2>
            <p>"Register what matters most, for example a secret store or a production bucket. Its page then shows every identity that reaches it."</p>
            {next}
        </div>
    }
    .into_any()
}
