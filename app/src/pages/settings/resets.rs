//! Resets of second factors: those that wait for a second person, and the pages that ask and confirm.

use super::tabs;
use crate::context::{PageContext, id};
use crate::pages::{Content, confirm, page};
use crate::said;
use domain::permission::Action;
use domain::seq::Seq;
use domain::text;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use service::Error;
use service::factors::{self, Pending};
use service::people;
use ui::{Cell, ErrorSummary, Head, cell, counted, numeric, time, time_words};

#[component]
pub fn Resets() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let open = factors::pending_resets(read).await?;
            let (now, as_of) = (read.as_of().at, read.as_of());
            let rows: Vec<Vec<Cell>> = open.iter().map(|p| row(&cx, p, now)).collect();
            let none = rows.is_empty();
            let sentence = match open.len() as i64 {
                0 => "No reset waits for a second person.".to_owned(),
                n => format!("{} for a second person.", counted(n, "reset waits", "resets wait")),
            };
            let heads = vec![Head::new("Person"), Head::new("Requested by"), Head::numeric("When"), Head::new("Action")];
            let body = view! {
                {tabs(&cx)}
                <div class="head"><div>
                    <h1>"Resets"</h1>
                    <p>{sentence}" A reset removes all second factors of a person. It gives nobody else a way to sign in."</p>
                </div></div>
                <ErrorSummary sent=cx.flash.clone()/>
                <section class="card">
                    <header><h2>"Waiting for a second person"</h2></header>
                    {(!none).then(|| ui::table("Resets", None, heads, rows))}
                    {none.then(|| view! { <div class="empty"><h2>"No reset waits"</h2><p>"An admin asks for one on the page of a person. Someone else confirms it a day later; one of the two is a security reviewer."</p></div> })}
                </section>
            };
            Ok(Content::new("Resets", Some(as_of), body))
        })
    })
}

fn row(cx: &PageContext, p: &Pending, now: domain::time::Timestamp) -> Vec<Cell> {
    let href = format!("/settings/resets/{}/confirm", p.seq);
    let action = if p.may_carry_out {
        view! { <a class="btn" href=href>"Review and reset"</a> }.into_any()
    } else {
        // A day, so that somebody who lost nothing can sign in, which ends it.
        let waits = (p.ready_at > now).then(|| format!("waits, ready {}", time_words(p.ready_at, now)));
        view! { <span class="muted">{waits.unwrap_or_else(|| "needs someone else".to_owned())}</span> }.into_any()
    };
    let when = view! { {time(p.at, now)}<span class="sub">{said::entry(cx, p.seq)}</span> };
    vec![cell(text::capped(&p.name, 80)), cell(text::capped(&p.by_name, 80)), numeric(when), cell(action)]
}

/// What ends with a reset, before it is asked for.
#[component]
pub fn AskReset() -> impl IntoView {
    let wanted = use_params_map().read_untracked().get("id");
    page(|cx, read| {
        Box::pin(async move {
            cx.viewer()?.authorise(Action::ResetFactors)?;
            service::only_now(cx.wanted()?)?;
            let m = people::person(read, id::<domain::ids::noun::Person>(wanted, "person")?).await?;
            let name = text::capped(&m.row.person.shown(), 80);
            let back = format!("/settings/people/{}", m.row.person.id);
            let asked = confirm::Asked {
                title: format!("Ask to reset the second factors of {name}?"),
                sentence: "Nothing ends yet. Someone else has to confirm, after one day and within seven. It ends if they sign in before."
                    .to_owned(),
                consequences: lost(&name),
                action: format!("{back}/factors/reset"),
                button: "Ask for reset".to_owned(),
                back,
            };
            Ok(Content::new("Ask for reset", None, confirm::page(&cx, asked)))
        })
    })
}

fn lost(name: &str) -> Vec<AnyView> {
    vec![
        "passkeys, authenticator apps and recovery codes stop working".into_any(),
        format!("all sessions of {name} end").into_any(),
        format!("{name} signs in with the password they know and adds a new second factor").into_any(),
        "no password link can be made until then".into_any(),
        format!("{name} can't approve changes for 72 hours").into_any(),
    ]
}

/// What ends with a reset, before it is carried out.
#[component]
pub fn ConfirmReset() -> impl IntoView {
    let wanted = use_params_map().read_untracked().get("seq");
    page(|cx, read| {
        Box::pin(async move {
            service::only_now(cx.wanted()?)?;
            let seq = wanted.and_then(|t| t.parse().ok()).map(Seq).ok_or(Error::NotFound("reset request"))?;
            let open = factors::pending_resets(read).await?.into_iter().find(|p| p.seq == seq).ok_or(Error::NotFound("reset request"))?;
            if !open.may_carry_out {
                return Err(Error::Conflict(
                    "You can't confirm this reset: you requested it, it is yours, it still waits, or a security reviewer has to."
                        .to_owned(),
                ));
            }
            let name = text::capped(&open.name, 80);
            let asked = confirm::Asked {
                title: format!("Reset the second factors of {name}?"),
                sentence: format!("{} asked for it. Make sure that {name} did lose them.", text::capped(&open.by_name, 80)),
                consequences: lost(&name),
                action: format!("/settings/resets/{seq}/confirm"),
                button: "Reset second factors".to_owned(),
                back: "/settings/resets".to_owned(),
            };
            Ok(Content::new("Reset second factors", None, confirm::page(&cx, asked)))
        })
    })
}
