//! Grants: the list behind every count of them.

use super::{Content, page, permission_sets};
use crate::context::PageContext;
use crate::{list, nav};
use domain::identity::Environment;
use domain::privilege::Class;
use domain::query::OrNone;
use domain::query::grants::Filter;
use domain::text;
use leptos::prelude::*;
use service::grants::{self, Row};
use service::listing::Sheet;
use ui::chart::{Part, whole};
use ui::{Tone, badge, class_word, counted, number, tag};

#[component]
pub fn Grants() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let (filter, sheet) = list::load::<grants::List>(&cx, read).await?;
            let counts = service::identities::counts(read).await?;
            let sources = service::imports::sources(read).await?;
            let count = |measure: &str| counts.get(measure).copied().unwrap_or(0);
            Ok(Content::new("Grants", Some(sheet.as_of), body(&cx, &sheet, &filter, &count, &sources)))
        })
    })
}

/// What the list holds, where it is known without walking it: a filter that is a count of its own.
fn total(filter: &Filter, count: &dyn Fn(&str) -> i64) -> Option<i64> {
    let measure = match filter.class {
        Some(class) => format!("grants.class.{}", class.as_str()),
        None if filter.wildcard => "grants.wildcard".to_owned(),
        None if filter.standing => "grants.standing".to_owned(),
        None if filter.timed => "grants.timed".to_owned(),
        None if filter.conditional => "grants.conditional".to_owned(),
        None if filter.denied => "grants.denied".to_owned(),
        None => "grants".to_owned(),
    };
    let mut rest = Filter { class: None, ..filter.clone() };
    if filter.class.is_none() {
        let first = [&mut rest.wildcard, &mut rest.standing, &mut rest.timed, &mut rest.conditional, &mut rest.denied];
        if let Some(flag) = first.into_iter().find(|f| **f) {
            *flag = false;
        }
    }
    (rest == Filter::default()).then(|| count(&measure))
}

/// What there is to do away with.
fn standing(count: &dyn Fn(&str) -> i64) -> String {
    let (n, all) = (count("grants.standing"), count("grants"));
    match (n, all) {
        (_, 0) => "No grants yet.".to_owned(),
        (0, all) => format!("None of {} is standing: each expires within a day.", counted(all, "grant", "grants")),
        (n, all) => format!(
            "{} of {} standing: no end, or more than 24 hours away. Zero standing privilege means none.",
            number(n),
            counted(all, "grant is", "grants are")
        ),
    }
}

fn sentence(sheet: &Sheet<Row>, filter: &Filter, count: &dyn Fn(&str) -> i64) -> String {
    if *filter == (Filter { standing: true, ..Filter::default() }) {
        return standing(count);
    }
    let kind = filter.class.map(|c| format!(" whose highest privilege is {}", c.label())).unwrap_or_default();
    match total(filter, count) {
        Some(0) => "No grant matches.".to_owned(),
        Some(n) => format!("{}{kind}. Each is counted once, under its highest class.", counted(n, "grant", "grants")),
        None if sheet.rows.is_empty() && sheet.next.is_none() => "No grant matches.".to_owned(),
        None if sheet.next.is_none() => format!("{}{kind} on this page.", counted(sheet.rows.len() as i64, "grant", "grants")),
        None => format!("Grants{kind}, highest privilege first."),
    }
}

fn body(cx: &PageContext, sheet: &Sheet<Row>, filter: &Filter, count: &dyn Fn(&str) -> i64, sources: &[String]) -> AnyView {
    let nothing = view! { <h2>"No grants yet"</h2><p>"Import a file to see what every identity may do."</p> }.into_any();
    let title = if filter.standing { "Standing grants" } else { "Grants" };
    let share = (filter.standing && count("grants") > 0).then(|| {
        let part = |label, class, href: &str, n| Part { label, class, href: cx.link(href), n };
        let parts = vec![
            part("standing", "b3", "/grants?standing=1", count("grants.standing")),
            part("expiring within a day", "b1", "/grants?timed=1", count("grants.timed")),
        ];
        view! { <section class="card"><header><h2>"How much is standing"</h2></header><div class="pad">{whole("Standing and expiring access", parts)}</div></section> }
    });
    view! {
        {nav::tabs(cx)}
        <div class="head">
            <div><h1>{title}</h1><p>{sentence(sheet, filter, count)}</p></div>
            <div class="row">{list::csv(cx)}</div>
        </div>
        {share}
        {list::search(cx, "Name or ARN of the identity")}
        {chips(cx, filter, count)}
        {narrow(cx, sources)}
        {list::card::<grants::List>(cx, sheet, "Grants", |name, r| rich(cx, name, r), None, nothing)}
    }
    .into_any()
}

/// A filter over every grant, with what it counts.
fn chip(cx: &PageContext, (name, word): (&'static str, &'static str), label: &str, n: i64, here: bool) -> AnyView {
    let all = cx.link("/grants");
    let joint = if all.contains('?') { '&' } else { '?' };
    let href = if here { all } else { format!("{all}{joint}{name}={word}") };
    let label = if here { format!("{label} ✕") } else { format!("{label} {}", number(n)) };
    ui::chip(href, label, here).into_any()
}

fn chips(cx: &PageContext, filter: &Filter, count: &dyn Fn(&str) -> i64) -> impl IntoView + use<> {
    let classes = Class::ALL.iter().filter_map(|c| {
        let n = count(&format!("grants.class.{}", c.as_str()));
        (n > 0).then(|| chip(cx, ("class", c.as_str()), c.label(), n, filter.class == Some(*c)))
    });
    let flags = [
        ("standing", "Standing", "grants.standing", filter.standing),
        ("timed", "Expiring within a day", "grants.timed", filter.timed),
        ("conditional", "With conditions", "grants.conditional", filter.conditional),
        ("wildcard", "Wildcard", "grants.wildcard", filter.wildcard),
        ("denied", "Denies", "grants.denied", filter.denied),
    ]
    .into_iter()
    .filter_map(|(name, label, measure, here)| {
        let n = count(measure);
        (n > 0 || here).then(|| chip(cx, (name, "1"), label, n, here))
    });
    view! {
        <div class="row filters" role="group" aria-label="Filters">
            {ui::chip(cx.link("/grants"), format!("All {}", number(count("grants"))), *filter == Filter::default())}
            {classes.collect_view()}
            {flags.collect_view()}
            {others(cx, filter)}
        </div>
    }
}

/// Filters that came from elsewhere, each with a way to take it off.
fn others(cx: &PageContext, filter: &Filter) -> impl IntoView + use<> {
    let named = |n: &OrNone| match n {
        OrNone::None => "entered manually".to_owned(),
        OrNone::Of(name) => text::capped(name, 40),
    };
    let others = [
        ("environment", filter.environment.map(|e| e.label().to_owned())),
        ("no_owner", filter.no_owner.then(|| "no owner".to_owned())),
        ("owner", filter.owner.map(|o| format!("owner {}", o.short()))),
        ("source", filter.source.as_ref().map(named)),
        ("set", filter.set.map(|s| format!("granted by {}", s.short()))),
        ("identity", filter.identity.map(|i| format!("identity {}", i.short()))),
        ("privileged", filter.privileged.then(|| "privileged".to_owned())),
        ("human", filter.human.map(|h| h.label().to_owned())),
        ("people", filter.people.map(|p| p.label().to_owned())),
        ("q", filter.search.as_ref().map(|t| format!("“{}”", text::capped(t.as_str(), 40)))),
    ];
    others.into_iter().filter_map(|(name, said)| Some(ui::chip(cx.with(&[(name, "")]), format!("{} ✕", said?), true))).collect_view()
}

/// The filters that are too many for links.
fn narrow(cx: &PageContext, sources: &[String]) -> impl IntoView + use<> {
    const OWN: [&str; 4] = ["environment", "source", "no_owner", "after"];
    let keep: Vec<(String, String)> = cx.query.iter().filter(|(k, _)| !OWN.contains(&k.as_str())).cloned().collect();
    let environments = Environment::ALL.iter().map(|e| (e.as_str().to_owned(), e.label().to_owned())).collect();
    let sources = sources.iter().map(|s| (s.clone(), text::capped(s, 60))).collect();
    let owners = vec![("1".to_owned(), "no owner".to_owned())];
    let now = |name: &str| cx.param(name).unwrap_or_default().to_owned();
    view! {
        <details class="card filters">
            <summary>"More filters"</summary>
            <form class="pad form-grid" action="/grants" method="get">
                {keep.into_iter().map(|(k, v)| view! { <input type="hidden" name=k value=v/> }).collect_view()}
                {list::choice("environment", "Environment", environments, now("environment"))}
                {list::choice("source", "Source", sources, now("source"))}
                {list::choice("no_owner", "Owner", owners, now("no_owner"))}
                <div class="row"><button class="btn" type="submit">"Show grants"</button></div>
            </form>
        </details>
    }
}

fn rich(cx: &PageContext, name: &str, r: &Row) -> Option<AnyView> {
    let (holder, held) = (&r.holder, &r.grant.held);
    Some(match name {
        "identity_name" => {
            let href = cx.link(&format!("/identities/{}", holder.identity_id));
            view! { <a class="name" href=href>{text::capped(&holder.name, 80)}</a><span class="sub">{holder.kind.label()}</span> }
                .into_any()
        }
        "owner_name" if r.holder.owner_name.is_none() => "no owner".into_any(),
        "environment" => holder.environment.label().into_any(),
        "class" => match r.grant.judged.classes.highest() {
            Some(class) => {
                let why = r.reason().map(|why| text::capped(why, 120));
                view! { {class_word(class)}<span class="sub">{why}</span> }.into_any()
            }
            None if held.rule.effect == domain::rule::Effect::Deny => tag("denies").into_any(),
            None => badge(Tone::Ok, "nothing left").into_any(),
        },
        "actions" => lines(&held.rule.actions, &held.rule.actions_negated),
        "resources" => lines(&held.rule.resources, &held.rule.resources_negated),
        "granted_by" => {
            let via = format!("{} {}", held.via.label(), text::capped(&held.via_name, 60));
            let set = held.set_name.as_deref().map(|n| permission_sets::link(cx, held.permission_set_id, n));
            view! { {set}<span class="sub">{via.trim().to_owned()}</span> }.into_any()
        }
        "expires" if held.ends_at.is_none() => "never".into_any(),
        _ => return None,
    })
}

/// The first few of them; the identity's page has all.
fn lines(all: &[String], negated: &[String]) -> AnyView {
    const SHOWN: usize = 3;
    let but = negated.iter().map(|n| format!("everything but {n}"));
    let all: Vec<String> = all.iter().cloned().chain(but).collect();
    let more = all.len().saturating_sub(SHOWN);
    let shown = all.iter().take(SHOWN).map(|l| view! { <div>{text::capped(l, 120)}</div> }).collect_view();
    view! { <div class="mono-cell">{shown}</div>{(more > 0).then(|| view! { <span class="sub">{format!("and {more} more")}</span> })} }
        .into_any()
}
