//! One's own account: password and sessions.

use super::tabs;
use crate::pages::{Content, page};
use domain::text;
use domain::time::Timestamp;
use leptos::prelude::*;
use service::people;
use ui::{Cell, ErrorSummary, Field, Head, Tone, badge, cell, counted, time};

#[component]
pub fn Profile() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let who = cx.viewer()?;
            let sessions = people::my_sessions(read, &cx.session).await?;
            let now = read.as_of().at;
            let email = match who {
                service::Principal::Person { email, .. } => email.clone(),
                _ => String::new(),
            };
            let n = sessions.len() as i64;
            let rows = sessions.iter().map(|s| session_row(s, now)).collect::<Vec<_>>();
            let heads = ["Session", "Begun", "Last used", "Ends", "End it"].map(Head::new).to_vec();
            let sentence = format!("You are signed in as {}, {}.", who.name(), counted(n, "session is open", "sessions are open"));
            let body = view! {
                {tabs(&cx)}
                <div class="head"><div><h1>"Profile"</h1><p>{sentence}</p></div></div>
                <ErrorSummary sent=cx.flash.clone()/>
                <form class="card" method="post" action="/settings/password">
                    <header><h2>"Change your password"</h2></header>
                    <div class="pad form-grid">
                        <input type="email" name="username" autocomplete="username" value=email hidden/>
                        <Field sent=cx.flash.clone() name="old" label="Password of today" kind="password" autocomplete="current-password" required=true/>
                        <Field sent=cx.flash.clone() name="password" label="New password" kind="password" autocomplete="new-password" required=true hint="At least 12 characters; a sentence is easy to remember."/>
                    </div>
                    <footer class="row"><button class="btn primary" type="submit">"Change it"</button><span class="small muted">"Your other sessions end."</span></footer>
                </form>
                <section class="card">
                    <header><h2>"Sessions"</h2><span class="small muted">"eight hours idle, a day at most"</span></header>
                    {ui::table("Sessions", None, heads, rows)}
                </section>
            };
            Ok(Content::new("Profile", None, body))
        })
    })
}

fn session_row(s: &people::Mine, now: Timestamp) -> Vec<Cell> {
    let short: String = s.hash.chars().take(10).collect();
    let label = format!("End session {short}");
    let end = if s.here {
        badge(Tone::Ok, "this one").into_any()
    } else {
        view! {
            <form method="post" action="/settings/sessions/end">
                <input type="hidden" name="session" value=s.hash.clone()/>
                <button class="btn" type="submit" aria-label=label>"End"</button>
            </form>
        }
        .into_any()
    };
    vec![
        cell(view! { {text::capped(&s.with, 120)}<span class="sub mono">{short}</span> }).class("wrap"),
        cell(time(s.begun_at, now)),
        cell(time(s.seen_at, now)),
        cell(time(s.expires_at, now)),
        cell(end),
    ]
}
