//! One's own account: password and sessions.

use super::tabs;
use crate::context::PageContext;
use crate::pages::{Content, confirm, page};
use domain::text;
use domain::time::Timestamp;
use leptos::prelude::*;
use service::people;
use ui::{Cell, ErrorSummary, Field, Head, Tone, badge, cell, counted, time};

#[component]
pub fn Profile() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let sessions = people::my_sessions(read, &cx.session).await?;
            let now = read.as_of().at;
            Ok(Content::new("Profile", None, body(&cx, &sessions, now)?))
        })
    })
}

fn body(cx: &PageContext, sessions: &[people::Mine], now: Timestamp) -> service::Result<AnyView> {
    let who = cx.viewer()?;
    let email = match who {
        service::Principal::Person { email, .. } => email.clone(),
        _ => String::new(),
    };
    let rows = sessions.iter().map(|s| session_row(s, now)).collect::<Vec<_>>();
    let heads = ["Browser", "Signed in", "Last used", "Expires", "Action"].map(Head::new).to_vec();
    let sentence = format!("You are signed in as {}.", who.name());
    let others = sessions.iter().any(|s| !s.here);
    let count = counted(sessions.len() as i64, "open session", "open sessions");
    let view = view! {
        {tabs(cx)}
        <div class="head"><div><h1>"Profile"</h1><p>{sentence}</p></div></div>
        <ErrorSummary sent=cx.flash.clone()/>
        <section class="card form-narrow">
            <header><h2>"Change password"</h2></header>
            <form class="pad form-narrow" method="post" action="/settings/password">
                <input type="email" name="username" autocomplete="username" value=email hidden/>
                <Field sent=cx.flash.clone() name="old" label="Current password" kind="password" autocomplete="current-password" required=true/>
                <Field sent=cx.flash.clone() name="password" label="New password" kind="password" autocomplete="new-password" required=true hint="At least 12 characters. A sentence is easy to remember."/>
                <div class="row"><button class="btn primary" type="submit">"Change password"</button><span class="small muted">"Ends your other sessions."</span></div>
            </form>
        </section>
        <p><a href=cx.link("/settings/security")>"Second factors and recovery codes"</a></p>
        <section class="card">
            <header><h2>{count}</h2>{others.then(|| view! { <a class="btn" href="/settings/sessions">"End all other sessions"</a> })}</header>
            {ui::table("Sessions", None, heads, rows)}
            <footer>"A session ends after eight hours without use, and after a day at the latest."</footer>
        </section>
    };
    Ok(view.into_any())
}

fn session_row(s: &people::Mine, now: Timestamp) -> Vec<Cell> {
    let label = format!("End the session of {}", text::capped(&s.with, 60));
    let end = if s.here {
        badge(Tone::Ok, "this session").into_any()
    } else {
        view! {
            <form method="post" action="/settings/sessions/end">
                <input type="hidden" name="session" value=s.hash.clone()/>
                <button class="btn" type="submit" aria-label=label>"End session"</button>
            </form>
        }
        .into_any()
    };
    vec![
        cell(text::capped(&s.with, 120)).class("wrap"),
        cell(time(s.begun_at, now)),
        // This very page uses the session; what is kept of its use is some minutes old.
        if s.here { cell("now") } else { cell(time(s.seen_at, now)) },
        cell(time(s.expires_at, now)),
        cell(end),
    ]
}

/// What ends with all other sessions, before they do.
#[component]
pub fn EndSessions() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            service::only_now(cx.wanted()?)?;
            let sessions = people::my_sessions(read, &cx.session).await?;
            let others = sessions.iter().filter(|s| !s.here);
            let asked = confirm::Asked {
                title: "End all other sessions?".to_owned(),
                sentence: "This browser stays signed in. Every other one has to sign in again.".to_owned(),
                consequences: others.map(|s| text::capped(&s.with, 120).into_any()).collect(),
                action: "/settings/sessions".to_owned(),
                button: "End all other sessions".to_owned(),
                back: "/settings/profile".to_owned(),
            };
            Ok(Content::new("End all other sessions", None, confirm::page(&cx, asked)))
        })
    })
}
