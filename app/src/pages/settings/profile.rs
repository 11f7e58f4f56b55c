//! One's own account: password and sessions.

use super::tabs;
use crate::pages::{Content, page};
use crate::ui::{ErrorSummary, Field, Tone, badge, counted, time};
use domain::text;
use domain::time::Timestamp;
use leptos::prelude::*;
use service::people;

#[component]
pub fn Profile() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let who = cx.viewer()?;
            let sessions = people::my_sessions(&cx.services, who, &cx.session).await?;
            let now = read.as_of().at;
            let email = match who {
                service::Principal::Person { email, .. } => email.clone(),
                _ => String::new(),
            };
            let n = sessions.len() as i64;
            let rows = sessions.iter().map(|s| session_row(s, now)).collect_view();
            let sentence = format!("You are signed in as {}, {}.", who.name(), counted(n, "session is open", "sessions are open"));
            let body = view! {
                {tabs(&cx)}
                <div class="head"><div><h1>"Profile"</h1><p>{sentence}</p></div></div>
                <ErrorSummary cx=cx.clone()/>
                <form class="card" method="post" action="/settings/password">
                    <header><h2>"Change your password"</h2></header>
                    <div class="pad form-grid">
                        <input type="email" name="username" autocomplete="username" value=email hidden/>
                        <Field cx=cx.clone() name="old" label="Password of today" kind="password" autocomplete="current-password" required=true/>
                        <Field cx=cx.clone() name="password" label="New password" kind="password" autocomplete="new-password" required=true hint="At least 12 characters; a sentence is easy to remember."/>
                    </div>
                    <footer class="row"><button class="btn primary" type="submit">"Change it"</button><span class="small muted">"Your other sessions end."</span></footer>
                </form>
                <section class="card">
                    <header><h2>"Sessions"</h2><span class="small muted">"eight hours idle, a day at most"</span></header>
                    <div class="scroll" tabindex="0" role="group" aria-label="Sessions">
                        <table>
                            <thead><tr><th scope="col">"Session"</th><th scope="col">"Begun"</th><th scope="col">"Last used"</th><th scope="col">"Ends"</th><th scope="col">"End it"</th></tr></thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                </section>
            };
            Ok(Content::new("Profile", None, body))
        })
    })
}

fn session_row(s: &people::Mine, now: Timestamp) -> impl IntoView + use<> {
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
    view! {
        <tr><td class="wrap">{text::capped(&s.with, 120)}<span class="sub mono">{short}</span></td><td>{time(s.begun_at, now)}</td><td>{time(s.seen_at, now)}</td><td>{time(s.expires_at, now)}</td><td>{end}</td></tr>
    }
}
