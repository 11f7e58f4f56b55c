//! One resource: who reaches it, which resources it overlaps, its record and its history.

use super::history::history;
use super::{extent, or_unknown};
use crate::context::{PageContext, id};
use crate::pages::{Content, page, permission_sets};
use domain::asof::AsOf;
use domain::ids::IdentityId;
use domain::text;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use service::listing;
use service::resources::{self, Detail as Model, Holder, Path, Reached};
use ui::{Cell, ErrorSummary, Head, Tone, badge, cell, classes, counted, number, time};

/// Actions of a rule that are named before the rest is counted.
const ACTIONS: usize = 3;

#[component]
pub fn Detail() -> impl IntoView {
    let wanted = use_params_map().read_untracked().get("id");
    page(|cx, read| {
        Box::pin(async move {
            let id = id::<domain::ids::noun::Resource>(wanted, "resource")?;
            let after = cx.param("after").map(|text| IdentityId::parse(text).map_err(|_| listing::bad_cursor())).transpose()?;
            let model = resources::show(read, id).await?;
            let reached = resources::reach(read, id, after, listing::PAGE).await?;
            Ok(Content::new(format!("Resource {}", id.short()), Some(model.as_of), body(&cx, &model, &reached)))
        })
    })
}

fn sentence(m: &Model, r: &Reached) -> String {
    let n = counted(r.total as i64, "identity reaches it", "identities reach it");
    let reach = match (r.total, r.at_least) {
        (0, false) => "No imported grant reaches it.".to_owned(),
        (0, true) => "No grant compared so far reaches it.".to_owned(),
        (_, false) => format!("{n}."),
        (_, true) => format!("At least {n}."),
    };
    let owner = m.owner.as_ref().map_or_else(|| "It has no owner.".to_owned(), |o| format!("Its owner is {}.", text::capped(o, 60)));
    format!("{reach} {owner}")
}

fn body(cx: &PageContext, m: &Model, r: &Reached) -> AnyView {
    let edit = (cx.is_now() && m.may_edit).then(|| format!("/resources/{}/edit", m.resource.id));
    view! {
        <div class="head">
            <div>
                <p class="small muted"><a href=cx.link("/resources")>"Resources"</a>" / "{m.resource.id.to_string()}</p>
                <h1>{text::capped(&m.resource.name, 120)}</h1>
                <p>{sentence(m, r)}</p>
            </div>
            <div class="row">
                {badge(Tone::Info, m.resource.kind.label())}
                {edit.map(|href| view! { <a class="btn primary" href=href>"Edit the resource"</a> })}
            </div>
        </div>
        <ErrorSummary sent=cx.flash.clone()/>
        <nav class="toc" aria-label="On this page"><a href="#reach">"Who reaches it"</a><a href="#overlaps">"Overlaps"</a><a href="#record">"Record"</a><a href="#history">"History"</a></nav>
        <div class="split">
            <div class="stack">
                {reach(cx, r)}
                {overlaps(cx, m)}
                {history(cx, m)}
            </div>
            {record(m)}
        </div>
    }
    .into_any()
}

fn reach(cx: &PageContext, r: &Reached) -> AnyView {
    let base = cx.with(&[]);
    let joint = if base.contains('?') { '&' } else { '?' };
    let next = r.next.map(|id| format!("{base}{joint}after={id}#reach"));
    let first = cx.param("after").is_some().then(|| format!("{base}#reach"));
    let total = if r.at_least { format!("at least {}", number(r.total as i64)) } else { number(r.total as i64) };
    let short = match (r.every_rule, r.at_least) {
        (false, _) => {
            let rules = counted(r.compared as i64, "rule was", "rules were");
            Some(format!("The first {rules} compared, the oldest first. Others may reach it too."))
        }
        (true, true) => Some(format!(
            "The list ends after {}, the worst first. Others may reach it too.",
            counted(r.total as i64, "identity", "identities")
        )),
        (true, false) => None,
    };
    let rows = r.holders.iter().map(|h| holder(cx, h, r.as_of)).collect::<Vec<_>>();
    let heads = ["Identity", "Class", "Actions", "Held through"].map(Head::new).to_vec();
    view! {
        <section class="card" id="reach">
            <header><h2>"Who reaches it"</h2><span class="small muted">{total}</span></header>
            <div class="pad stack">
                <p class="small muted">"A grant counts when its resources overlap this location. In AWS, its actions must belong to the service of the ARN as well. Denies, boundaries and namespaces are taken off. Each row shows the worst grant that is left, and what of it reaches this location. “At most” marks a grant that a condition or a deny may narrow further. “Unknown” marks a grant that does not say what it reaches."</p>
                {short.map(|text| view! { <p class="small">{text}</p> })}
            </div>
            {(!r.holders.is_empty()).then(|| ui::table("Who reaches it", None, heads, rows))}
            {r.holders.is_empty().then(|| view! { <div class="empty"><p>"No imported grant reaches it. Sources that are not imported are unknown, not none."</p><p><a href=cx.link("/imports")>"See what is imported"</a></p></div> })}
            <footer class="pager">
                <span>{first.map(|href| view! { <a class="btn" href=href>"First page"</a> })}</span>
                {next.map(|href| view! { <a class="btn" href=href rel="next">"Next 50"</a> })}
            </footer>
        </section>
    }
    .into_any()
}

fn holder(cx: &PageContext, h: &Holder, as_of: AsOf) -> Vec<Cell> {
    let href = cx.link(&format!("/identities/{}/access", h.id));
    let name = h.listed.as_ref().map_or_else(|| h.id.short(), |l| text::capped(&l.facts.name, 80));
    let kind = h.listed.as_ref().map(|l| l.facts.kind.label());
    let mut actions: Vec<String> = h.rule.actions.iter().take(ACTIONS).map(|a| text::capped(a, 80)).collect();
    actions.extend(h.rule.actions_negated.iter().take(ACTIONS).map(|a| format!("everything but {}", text::capped(a, 80))));
    let more = (h.rule.actions.len() + h.rule.actions_negated.len()).saturating_sub(actions.len());
    let others = (h.rules > 1).then(|| format!("and {}", counted(h.rules as i64 - 1, "other rule", "other rules")));
    let actions = view! {
        {actions.into_iter().map(|a| view! { <div>{a}</div> }).collect_view()}
        {(more > 0).then(|| view! { <span class="sub">{format!("{} more", number(more as i64))}</span> })}
    };
    vec![
        cell(view! { <a class="name" href=href>{name}</a><span class="sub">{kind}</span> }),
        cell(view! { {classes(h.classes)}{extent(h.extent, h.why)} }),
        cell(actions).class("mono-cell wrap"),
        cell(view! { {h.paths.iter().map(|p| path(cx, p, as_of)).collect_view()}<span class="sub">{others}</span> }),
    ]
}

fn path(cx: &PageContext, p: &Path, as_of: AsOf) -> impl IntoView + use<> {
    let set = p.set_name.as_ref().map(|n| permission_sets::link(cx, p.permission_set_id, n));
    let name = if p.via_name.is_empty() { String::new() } else { format!(" {}", text::capped(&p.via_name, 120)) };
    let via = format!("{}{name}, {}", p.via.label(), text::capped(&p.source, 80));
    let end = p.ends_at.map(|e| view! { <span class="sub">"expires "{time(e, as_of.at)}</span> });
    view! { <div>{set}<span class="sub">{via}</span>{end}</div> }
}

fn overlaps(cx: &PageContext, m: &Model) -> impl IntoView + use<> {
    let rows = m.overlaps.iter().map(|(r, relation)| {
        let href = cx.link(&format!("/resources/{}", r.id));
        let name = text::capped(&r.name, 80);
        vec![
            cell(view! { <a class="name" href=href>{name}</a> }),
            cell(relation.label()),
            cell(text::capped(&r.pattern, 160)).class("mono-cell wrap"),
        ]
    });
    let (none, cut) = (m.overlaps.is_empty(), !m.overlaps_complete);
    view! {
        <section class="card" id="overlaps">
            <header><h2>"Overlaps"</h2><span class="small muted">"resources that share a location with this one"</span></header>
            {(!none).then(|| ui::table("Overlaps", None, ["Resource", "It", "Location"].map(Head::new).to_vec(), rows))}
            {none.then(|| view! { <div class="empty"><p>"No other registered resource shares a location with this one."</p></div> })}
            {cut.then(|| view! { <p class="pad small">"Not every resource of this kind was compared. Others may overlap it too."</p> })}
        </section>
    }
}

fn record(m: &Model) -> impl IntoView + use<> {
    let r = &m.resource;
    let owner = m.owner.as_ref().map_or_else(|| "no owner".to_owned(), |o| text::capped(o, 80));
    let normal = (r.normal != r.pattern).then(|| view! { <dt>"Read as"</dt><dd class="mono-cell">{text::capped(&r.normal, 400)}</dd> });
    view! {
        <aside class="card" id="record" aria-label="Record">
            <div class="pad stack">
                <h2>"Record"</h2>
                <dl class="facts left">
                    <dt>"Owner"</dt><dd>{owner}</dd>
                    <dt>"Location"</dt><dd class="mono-cell">{text::capped(&r.pattern, 400)}</dd>
                    {normal}
                    <dt>"Criticality"</dt><dd>{or_unknown(r.criticality.label())}</dd>
                    <dt>"Data"</dt><dd>{or_unknown(r.data_class.label())}</dd>
                    <dt>"Environment"</dt><dd>{or_unknown(r.environment.label())}</dd>
                </dl>
            </div>
            <footer>{format!("As of {}", m.as_of.at.minute())}" UTC"</footer>
        </aside>
    }
}
