//! What people said of a change: why it is asked for, questions and answers, and everything that happened to it.

use super::quoted;
use crate::context::PageContext;
use crate::said;
use domain::change::state::Event;
use domain::ledger::ActorKind;
use domain::permission::Action;
use domain::text;
use leptos::prelude::*;
use service::changes::{Page, Talk, Who, Written};
use ui::{counted, time};

/// Whoever acts, with a link to their page where the viewer may open it.
pub fn who(cx: &PageContext, who: &Who) -> AnyView {
    let name = text::capped(&who.name, 60);
    let may = |action| cx.viewer().is_ok_and(|w| w.may(action));
    match (&who.kind, &who.id) {
        (ActorKind::Person, Some(id)) if may(Action::ReadPeople) => {
            view! { <a href=cx.link(&format!("/settings/people/{id}"))>{name}</a> }.into_any()
        }
        (ActorKind::Agent, Some(id)) => view! { <a href=cx.link(&format!("/identities/{id}"))>{name}</a> }.into_any(),
        _ => view! { <b>{name}</b> }.into_any(),
    }
}

/// Quoted below the effect, never above it: whoever asks writes to persuade (threats.md 24).
pub fn reason(m: &Page) -> AnyView {
    let justification = m.shown.justification.as_ref().map(quoted);
    let ticket = m.shown.ticket.clone().map(|ticket| view! { <p class="small">"Ticket "<q>{text::capped(&ticket, 200)}</q></p> });
    let undoes =
        m.shown.undoes.map(|id| view! { <p class="small">"It undoes "<a href=format!("/changes/{id}")>"another change"</a>"."</p> });
    view! {
        <section class="card" id="reason">
            <header><h2>"Reason"</h2><span class="small muted">"as written by whoever asked, not verified"</span></header>
            <div class="pad stack tight">{justification}{ticket}{undoes}</div>
        </section>
    }
    .into_any()
}

pub fn undo_plan(plan: Option<&Written>) -> Option<AnyView> {
    plan.map(quoted)
}

pub fn questions(cx: &PageContext, talk: &[Talk]) -> Option<AnyView> {
    let items = talk.iter().map(|t| {
        let what = match t.event {
            Event::Ask => " asked",
            Event::Answer => " answered",
            _ => " objected",
        };
        view! { <li class="stack tight"><p class="small">{who(cx, &t.who)}{what}</p>{t.text.as_ref().map(quoted)}</li> }
    });
    (!talk.is_empty()).then(|| {
        view! {
            <section class="card" id="questions">
                <header><h2>"Questions and answers"</h2><span class="small muted">{counted(talk.len() as i64, "message", "messages")}</span></header>
                <ol class="pad stack">{items.collect_view()}</ol>
            </section>
        }
        .into_any()
    })
}

pub fn timeline(cx: &PageContext, m: &Page) -> AnyView {
    let items = m.timeline.iter().map(|moment| {
        let void =
            (!moment.counts).then(|| view! { <span class="sub">"It was about an earlier candidate and does not count any more."</span> });
        let reason = moment.reason.clone().map(|reason| view! { <span class="sub">{text::sentence(&text::visible(&reason))}</span> });
        view! {
            <li>
                <p>{who(cx, &moment.who)}" "{moment.what}{format!(". It was {} then.", moment.state.label())}{reason}{void}</p>
                {moment.text.as_ref().map(quoted)}
                <p class="small muted">{time(moment.at, m.as_of.at)}" · "{said::entry(cx, moment.seq)}</p>
            </li>
        }
    });
    view! {
        <section class="card" id="timeline">
            <header><h2>"Timeline"</h2><span class="small muted">"oldest first"</span></header>
            <ol class="timeline">{items.collect_view()}</ol>
        </section>
    }
    .into_any()
}
