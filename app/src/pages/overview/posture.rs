//! How things stand: four numbers, grants over time, three wholes with their parts, the most privileged.

use super::{grants, head, identities, sentence, stat};
use crate::context::PageContext;
use crate::reach;
use domain::identity::Environment;
use domain::privilege::Class;
use domain::text;
use domain::time::Timestamp;
use leptos::prelude::*;
use service::Figure;
use service::identities::{Listed, ShownGrant};
use service::overview::Overview as Model;
use std::collections::BTreeMap;
use ui::chart::{Event, Part, Series, stacked, whole};
use ui::{HELD_BY_UNCLEAR, Head, Tone, WHETHER_PEOPLE, badge, cell, class_word, counted, number, series, unclear};

pub fn body(cx: &PageContext, m: &Model) -> AnyView {
    let n = m.count("identities");
    let of_all = format!("of {}", counted(n, "identity", "identities"));
    let unowned = m.privileged_unowned();
    view! {
        {head(sentence(m), None)}
        <div class="cols-4">
            {stat(identities(cx, "privileged=1&sort=privilege"), "Privileged", m.figure("identities.privileged"), of_all.clone(), WHETHER_PEOPLE)}
            {stat(identities(cx, "privileged=1&no_owner=1&sort=privilege"), "Privileged without owner", unowned, format!("of {} privileged", number(m.count("identities.privileged"))), WHETHER_PEOPLE)}
            {stat(grants(cx, "standing=1"), "Standing grants", m.figure("grants.standing"), format!("of {}", counted(m.count("grants"), "grant", "grants")), HELD_BY_UNCLEAR)}
            {stat(identities(cx, "review=unreviewed"), "Unreviewed", m.figure("identities.review.unreviewed"), of_all, WHETHER_PEOPLE)}
        </div>
        {super::changed::panel(cx, &m.changed, m.as_of)}
        {over_time(cx, m)}
        <div class="grid2">
            {wholes(cx, m)}
            {top(cx, m)}
        </div>
        {left_out(cx, m)}
    }
    .into_any()
}

/// Sources that one event names.
const SOURCES: usize = 3;

/// First imports, gathered at the column that is the first to hold them.
fn events(m: &Model) -> Vec<Event> {
    let mut at_column: BTreeMap<usize, Vec<&(Timestamp, String)>> = BTreeMap::new();
    for one in &m.events {
        let column = m.trend.iter().position(|(point, _)| *point >= one.0);
        at_column.entry(column.unwrap_or(m.trend.len().saturating_sub(1))).or_default().push(one);
    }
    let said = |of: &[&(Timestamp, String)]| {
        let names: Vec<String> = of.iter().take(SOURCES).map(|(_, name)| text::capped(name, 40)).collect();
        let more = of.len().saturating_sub(SOURCES);
        let more = if more > 0 { format!(" and {}", counted(more as i64, "other source", "other sources")) } else { String::new() };
        let when = of.first().map(|(at, _)| at.date_words()).unwrap_or_default();
        let first = if of.len() == 1 { "first import of" } else { "first imports of" };
        format!("{when}: {first} {}{more}", names.join(", "))
    };
    at_column.into_iter().map(|(at, of)| Event { at, said: said(&of) }).collect()
}

fn over_time(cx: &PageContext, m: &Model) -> Option<AnyView> {
    let times: Vec<String> = m.trend.iter().map(|(at, _)| at.month()).collect();
    let all: Vec<Series> = Class::ALL
        .iter()
        .enumerate()
        .map(|(i, class)| Series {
            label: class.label(),
            class: series(*class),
            href: grants(cx, &format!("class={}", class.as_str())),
            values: m.trend.iter().map(|(_, held)| held[i]).collect(),
        })
        .collect();
    let chart = stacked("Grants by highest privilege", &times, &all, &events(m))?;
    let (all, wildcard) = (m.figure("grants"), m.figure("grants.wildcard"));
    Some(
        view! {
            <section class="card">
                <header><h2>"Grants by highest privilege"</h2><a class="small" href=grants(cx, "")>{counted(all.n, "grant", "grants")}</a></header>
                <div class="pad stack">{chart}</div>
                <footer>
                    "Each grant is counted once, under its highest class. Months show their first day. "
                    <a href=grants(cx, "wildcard=1")>{format!("{} a wildcard", counted(wildcard.n, "grant carries", "grants carry"))}</a>"."
                    {unclear(&grants(cx, ""), all.unclear, HELD_BY_UNCLEAR)}
                    {unclear(&grants(cx, "wildcard=1"), wildcard.unclear, "with a wildcard, held by accounts that may belong to people")}
                </footer>
            </section>
        }
        .into_any(),
    )
}

fn wholes(cx: &PageContext, m: &Model) -> AnyView {
    let part = |label, class, href, f: Figure| Part { label, class, href, n: f.n };
    let all = m.figure("identities");
    let (none, alone) = (m.figure("identities.no_owner"), m.figure("identities.no_backup"));
    let both = Figure { n: all.n - none.n - alone.n, unclear: all.unclear - none.unclear - alone.unclear };
    let owners = vec![
        part("owner and backup", "b1", identities(cx, "owned=1"), both),
        part("owner only", "b3", identities(cx, "no_backup=1"), alone),
        part("no owner", "b2", identities(cx, "no_owner=1"), none),
    ];
    let ends = vec![
        part("standing", "b3", grants(cx, "standing=1"), m.figure("grants.standing")),
        part("expiring", "b1", grants(cx, "timed=1"), m.figure("grants.timed")),
    ];
    let colours = ["b4", "b1", "b3", "b2"];
    let environment = |(e, class): (&Environment, &'static str)| {
        let word = e.as_str();
        part(e.label(), class, identities(cx, &format!("environment={word}")), m.figure(&format!("identities.environment.{word}")))
    };
    let environments = Environment::ALL.iter().zip(colours).map(environment).collect();
    let figures = ["grants.conditional", "grants.denied"].map(|name| m.figure(name));
    view! {
        <section class="card">
            <header><h2>"Owners, endings, environments"</h2></header>
            <div class="pad stack">
                {whole("Ownership", owners)}
                {whole("Standing and expiring access", ends)}
                {whole("Environment", environments)}
                {hints(cx, m)}
            </div>
            <footer>
                "Standing: no end, or more than 24 hours away. Denies are counted separately: "
                <a href=grants(cx, "denied=1")>{counted(figures[1].n, "deny", "denies")}</a>". "
                <a href=grants(cx, "conditional=1")>{counted(figures[0].n, "grant has a condition", "grants have conditions")}</a>"."
            </footer>
        </section>
    }
    .into_any()
}

/// Owners that tags suggest, and owners who have left.
fn hints(cx: &PageContext, m: &Model) -> impl IntoView + use<> {
    let (hinted, tagged) = (m.figure("identities.hinted"), identities(cx, "no_owner=1&hinted=1"));
    let said = counted(hinted.n, "identity without an owner has an owner tag", "identities without an owner have an owner tag");
    let href = identities(cx, "orphaned=1");
    let orphans = (m.orphans.n > 0).then(|| {
        let said = counted(m.orphans.n, "identity lost its owner", "identities lost their owner");
        let part = unclear(&href, m.orphans.unclear, WHETHER_PEOPLE);
        view! { <p class="row">{badge(Tone::Warn, "owner left")}<a href=href.clone()>{said}</a></p>{part} }
    });
    view! {
        {(hinted.n > 0).then(|| view! { <p class="small muted"><a href=tagged.clone()>{said}</a>". Confirm it to make it count."</p> })}
        {unclear(&tagged, hinted.unclear, WHETHER_PEOPLE)}
        {orphans}
    }
}

/// The most privileged that stand on the page; the link leads to all.
const SHOWN: usize = 7;

/// The most privileged, each with what makes it so.
pub fn top(cx: &PageContext, m: &Model) -> AnyView {
    let rows = m.top.iter().take(SHOWN).map(|(l, worst)| {
        let href = cx.link(&format!("/identities/{}", l.identity_id));
        let class = l.highest_class().map(|c| class_word(c).into_any());
        vec![
            cell(view! { <a class="name" href=href>{text::capped(&l.name, 60)}</a><span class="sub">{l.kind.label()}</span> }),
            cell(view! { {class}<span class="sub">{why(worst.as_ref())}</span> }),
            cell(owner(l)),
        ]
    });
    view! {
        <section class="card">
            <header><h2>"Most privileged"</h2><a class="small" href=cx.link("/identities?privileged=1&sort=privilege")>"All"</a></header>
            {ui::table("Most privileged identities", None, ["Identity", "Worst it can do", "Owner"].map(Head::new).to_vec(), rows)}
            {m.top.is_empty().then(|| view! { <div class="empty"><p>"No identity can do more than read and write."</p></div> })}
        </section>
    }
    .into_any()
}

fn why(worst: Option<&ShownGrant>) -> Option<String> {
    let worst = worst?;
    let through = reach::through(worst).map(|t| format!(" through {t}")).unwrap_or_default();
    reach::can(worst).map(|can| format!("can {can}{through}"))
}

/// No owner is a finding where the identity is privileged.
pub fn owner(l: &Listed) -> AnyView {
    match &l.owner_name {
        Some(name) => text::capped(name, 60).into_any(),
        None if l.is_privileged() => badge(Tone::Warn, "no owner").into_any(),
        None => "no owner".into_any(),
    }
}

/// Accounts of people: known, and in no number of identities.
fn left_out(cx: &PageContext, m: &Model) -> Option<impl IntoView + use<>> {
    let human = m.count("identities.human");
    let href = cx.link("/identities?human=human&platform=1");
    (human > 0).then(move || {
        view! { <p class="small muted">"Not counted above: "<a href=href>{counted(human, "person's account", "people's accounts")}</a>"."</p> }
    })
}
