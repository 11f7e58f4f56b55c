//! Who has to agree: what the route asks for and why, what is decided and what is still needed, who can and who cannot.

use domain::change::independence::{Against, Tally};
use domain::change::route::{Auth, Block, Cell, Route};
use domain::change::{ConsentAs, ConsentVerdict};
use domain::ids::PersonId;
use domain::text;
use leptos::prelude::*;
use service::changes::Deciding;
use ui::{Tone, badge, counted};

/// What a cell asks for, one fact an item.
pub fn asks(route: &Route) -> Vec<String> {
    let cell = &route.cell;
    let mut out = Vec::new();
    match cell.people {
        0 => out.push("Nobody has to approve it.".to_owned()),
        1 => out.push("One independent person approves.".to_owned()),
        n => out.push(format!("{n} independent people approve{}.", if cell.groups_distinct { ", each of another group" } else { "" })),
    }
    if cell.security {
        out.push("One of them is a security reviewer.".to_owned());
    }
    if cell.lot {
        out.push("They are drawn by lot.".to_owned());
    }
    if cell.owner {
        out.push("The owner consents. Consent is needed and never counts as an approval.".to_owned());
    }
    if cell.resource_owner {
        out.push("The owner of each resource it reaches consents.".to_owned());
    }
    if cell.auth != Auth::None {
        out.push(format!("Each approval takes {}.", cell.auth.label()));
    }
    out.extend(times(cell));
    if route.single_control {
        out.push("One person stands for several here: single control.".to_owned());
    }
    out
}

fn times(cell: &Cell) -> Vec<String> {
    let mut out = Vec::new();
    if cell.wait > 0 {
        out.push(format!("After the last approval every reviewer can object for {}.", long(cell.wait)));
    }
    if let Some(life) = cell.life {
        out.push(format!("What it gives lasts {} at most.", long(life)));
    }
    if let Some(uses) = cell.uses {
        out.push(format!("What it gives holds for {}.", counted(i64::from(uses), "use", "uses")));
    }
    if let Some(within) = cell.undo_within {
        out.push(format!("One independent person can undo it within {}.", long(within)));
    }
    out
}

/// Seconds as people say them.
pub fn long(seconds: u32) -> String {
    let s = i64::from(seconds);
    match s {
        s if s % 86_400 == 0 && s > 86_400 => counted(s / 86_400, "day", "days"),
        s if s % 3_600 == 0 => counted(s / 3_600, "hour", "hours"),
        s => counted(s / 60, "minute", "minutes"),
    }
}

/// Why it is what it is: the cell, and what raised it.
pub fn because(route: &Route) -> AnyView {
    let raises = route.raises.iter().map(|r| view! { <li>{format!("Stricter because {}.", r.label())}</li> });
    view! {
        <p class="small muted">{format!("Routing: {}, {}.", route.line.label(), route.column.label())}</p>
        {(!route.raises.is_empty()).then(|| view! { <ul class="small list">{raises.collect_view()}</ul> })}
    }
    .into_any()
}

/// What still stands in the way, each as a sentence.
pub fn blocked(blocks: &[Block]) -> AnyView {
    let items = blocks.iter().map(|b| view! { <li>{badge(Tone::Warn, "waits")}" "{text::sentence(b.label())}</li> });
    (!blocks.is_empty()).then(|| view! { <ul class="small stack tight">{items.collect_view()}</ul> }).into_any()
}

/// What an approval asks for that nobody can give here.
pub fn missing_factor(d: &Deciding) -> Option<String> {
    let auth = d.auth.filter(|auth| *auth != Auth::None && !d.auth_can_be_given)?;
    Some(format!("An approval takes {}. The address of this installation allows no passkeys, so the change waits.", auth.label()))
}

pub fn card(route: &Route, d: &Deciding) -> AnyView {
    let asks = asks(route).into_iter().map(|line| view! { <li>{line}</li> });
    view! {
        <section class="card" id="route">
            <header><h2>"Who has to agree"</h2>{d.tally.as_ref().map(|t| tallied(t, route))}</header>
            <div class="pad stack">
                <ul class="list">{asks.collect_view()}</ul>
                {because(route)}
                {missing_factor(d).map(|why| view! { <p>{badge(Tone::Unknown, "waits")}" "{why}</p> })}
                {blocked(&d.blocked_by)}
            </div>
            {d.tally.as_ref().map(|t| view! { <div class="pad rule">{needed(t, route)}</div> })}
            {consents(d)}
            {people(&d.may, &d.may_not)}
        </section>
    }
    .into_any()
}

/// `1 of 2 approvals`.
fn tallied(tally: &Tally, route: &Route) -> AnyView {
    view! { <span class="small muted">{count_words(tally.approvals, route.cell.people)}</span> }.into_any()
}

pub fn count_words(n: u8, of: u8) -> String {
    if of == 0 { "nobody has to approve".to_owned() } else { format!("{n} of {}", counted(i64::from(of), "approval", "approvals")) }
}

fn needed(tally: &Tally, route: &Route) -> AnyView {
    let left = route.cell.people.saturating_sub(tally.approvals);
    let mut out = Vec::new();
    if left > 0 {
        out.push(format!("{} still needed.", counted(i64::from(left), "approval is", "approvals are")));
    }
    if tally.security_missing {
        out.push("None of them is by a security reviewer yet.".to_owned());
    }
    for consent in &tally.consents_missing {
        out.push(format!("Consent of the {} is still needed.", consent.label()));
    }
    if out.is_empty() {
        out.push("Nothing more is needed.".to_owned());
    }
    view! { <p>{out.join(" ")}</p> }.into_any()
}

fn consents(d: &Deciding) -> Option<AnyView> {
    let items = d.consents.iter().map(|c| {
        let said = match c.answer {
            Some(ConsentVerdict::Consent) => badge(Tone::Ok, "consents").into_any(),
            Some(ConsentVerdict::Refuse) => badge(Tone::Bad, "refuses").into_any(),
            None => badge(Tone::Info, "not answered yet").into_any(),
        };
        view! { <li><span>{text::capped(&c.name, 60)}<span class="sub">{c.consent.label()}</span></span>{said}</li> }
    });
    (!d.consents.is_empty()).then(|| view! { <ul class="lead rule">{items.collect_view()}</ul> }.into_any())
}

/// Whose consent a proposal would need, before it is sent.
pub fn asked(consents: &[(ConsentAs, PersonId, String)]) -> Option<AnyView> {
    let items = consents.iter().map(|(kind, _, name)| view! { <li><span>{text::capped(name, 60)}</span><span class="muted">{format!("consents as {}", kind.label())}</span></li> });
    (!consents.is_empty()).then(|| view! { <ul class="lead">{items.collect_view()}</ul> }.into_any())
}

/// Who can, by name, and of everybody else why not.
pub fn people(may: &[(PersonId, String)], may_not: &[(PersonId, String, Vec<Against>)]) -> AnyView {
    let can = may
        .iter()
        .map(|(_, name)| view! { <tr><th scope="row">{text::capped(name, 60)}</th><td>{badge(Tone::Ok, "can approve")}</td></tr> });
    let cannot = may_not.iter().map(|(_, name, why)| {
        view! { <tr><th scope="row">{text::capped(name, 60)}</th><td class="muted">{format!("No: {}.", reasons(why))}</td></tr> }
    });
    let n = may.len() as i64;
    let label = format!("{} can approve, {} cannot", ui::number(n), ui::number(may_not.len() as i64));
    (!may.is_empty() || !may_not.is_empty())
        .then(|| {
            view! {
                <details class="rule" open=true>
                    <summary>{label}</summary>
                    <table class="who"><tbody>{can.collect_view()}{cannot.collect_view()}</tbody></table>
                </details>
            }
        })
        .into_any()
}

/// What stands against somebody, in one breath.
pub fn reasons(why: &[Against]) -> String {
    why.iter().map(|a| a.label()).collect::<Vec<_>>().join("; ")
}
