//! What there is to do: what changed, who has no owner, which sources are late, which accounts are unclassified.

use super::posture::{owner, top};
use super::{head, identities, sentence};
use crate::context::PageContext;
use crate::moment;
use domain::permission::Action;
use leptos::prelude::*;
use service::overview::Overview as Model;
use service::{Error, Read, sources};
use ui::{Tone, counted, icon, number};

/// What this view reads beside the numbers.
pub struct Work {
    sources: sources::States,
}

pub async fn load(read: &mut Read) -> Result<Work, Error> {
    Ok(Work { sources: sources::states(read).await? })
}

pub fn body(cx: &PageContext, m: &Model, w: &Work) -> AnyView {
    let may = cx.viewer().is_ok_and(|who| who.may(Action::Import));
    let action = may.then(|| moment::action(cx, "/imports/new", "Import a file", true));
    view! {
        {head(sentence(m), action)}
        {super::changed::panel(cx, &m.changed, m.as_of)}
        <div class="grid2">
            {waiting(cx, m, w)}
            {unowned(cx, m)}
        </div>
        {top(cx, m)}
    }
    .into_any()
}

/// One line of work: how much, what, and where it is done.
fn line(n: i64, href: String, said: String, why: &'static str) -> AnyView {
    let mark = if n == 0 { icon(Tone::Ok).into_any() } else { view! { <span class="o" aria-hidden="true"></span> }.into_any() };
    let label = if n == 0 { said.into_any() } else { view! { <a class="name" href=href>{said}</a> }.into_any() };
    view! { <li>{mark}<span>{label}<span class="sub">{why}</span></span><span class="num">{number(n)}</span></li> }.into_any()
}

fn waiting(cx: &PageContext, m: &Model, w: &Work) -> AnyView {
    let unclear = m.count("identities.unclear");
    let unreviewed = m.count("identities.review.unreviewed");
    let lines = [
        line(
            m.privileged_unowned().n,
            identities(cx, "privileged=1&no_owner=1&sort=privilege"),
            "Privileged without owner".to_owned(),
            "Assign an owner to each, highest privilege first.",
        ),
        line(unreviewed, identities(cx, "review=unreviewed"), "Unreviewed".to_owned(), "Imported, not yet approved by anyone."),
        line(
            unclear,
            cx.link("/identities?human=unclear&platform=1"),
            "Person or machine unknown".to_owned(),
            "These accounts are counted, but may belong to people.",
        ),
        line(
            w.sources.late,
            cx.link("/settings/sources"),
            counted(w.sources.late, "late source", "late sources"),
            "Expected, but nothing was imported.",
        ),
        line(w.sources.unowned, cx.link("/settings/sources"), "Sources without owner".to_owned(), "Nobody is asked when they fall silent."),
    ];
    view! {
        <section class="card">
            <header><h2>"Waiting"</h2></header>
            <ul class="todo">{lines.into_iter().collect_view()}</ul>
        </section>
    }
    .into_any()
}

fn unowned(cx: &PageContext, m: &Model) -> AnyView {
    let open: Vec<_> = m.top.iter().filter(|(l, _)| l.owner_name.is_none()).take(6).collect();
    let rows = open.iter().map(|(l, worst)| {
        let href = cx.link(&format!("/identities/{}", l.identity_id));
        let worst = worst.as_ref().and_then(crate::reach::can).map(|can| format!("can {can}"));
        view! {
            <li>
                <div><a class="name" href=href>{domain::text::capped(&l.name, 60)}</a><span class="sub">{worst}</span></div>
                {owner(l)}
            </li>
        }
    });
    let nothing = open.is_empty().then(|| view! { <div class="empty"><p>"Every privileged identity shown has an owner."</p></div> });
    view! {
        <section class="card">
            <header><h2>"No owner"</h2><a class="small" href=identities(cx, "no_owner=1&sort=privilege")>{number(m.count("identities.no_owner"))}" in all"</a></header>
            <ul class="lead">{rows.collect_view()}</ul>
            {nothing}
        </section>
    }
    .into_any()
}
