//! Sign-in and the first setup: the two pages that stand before a session.

use super::{Content, open_page};
use leptos::prelude::*;
use ui::{ErrorSummary, Field};

#[component]
pub fn SignIn() -> impl IntoView {
    open_page(|cx| {
        Box::pin(async move {
            let next = cx.param("next").unwrap_or("/").to_owned();
            // What somebody typed who was signed out meanwhile: it goes back into its form.
            let kept = Some(cx.flash.typed("kept")).filter(|kept| !kept.is_empty());
            let first = service::people::is_empty(&cx.services).await?;
            Ok(Content::new(
                "Sign in",
                None,
                view! {
                    <h1>"Sign in"</h1>
                    {cx.param("ended").is_some().then(|| view! { <p class="small muted">"Your session has ended. Sign in again."</p> })}
                    {first.then(|| view! { <p class="small muted">"No accounts yet. Open the setup link the server printed when it started."</p> })}
                    <ErrorSummary sent=cx.flash.clone()/>
                    <form class="stack" method="post" action="/sign-in">
                        <input type="hidden" name="next" value=next/>
                        {kept.map(|kept| view! { <input type="hidden" name="kept" value=kept/> })}
                        <Field sent=cx.flash.clone() name="email" label="Email" kind="email" autocomplete="username" required=true/>
                        <Field sent=cx.flash.clone() name="password" label="Password" kind="password" autocomplete="current-password" required=true/>
                        <button class="btn primary wide" type="submit">"Sign in"</button>
                    </form>
                },
            ))
        })
    })
}

#[component]
pub fn SetUp() -> impl IntoView {
    open_page(|cx| {
        Box::pin(async move {
            let token = cx.param("token").unwrap_or_default().to_owned();
            let works = match cx.services.at_door("setup", &cx.place, service::people::setup_link(&cx.services, &token)).await {
                Ok(()) => true,
                Err(service::Error::LinkGone) => false,
                Err(other) => return Err(other),
            };
            let body = if works {
                view! {
                    <h1>"Set up Countersign"</h1>
                    <p class="small muted">"You'll be the first admin. Admins can't approve changes, so invite reviewers next."</p>
                    <ErrorSummary sent=cx.flash.clone()/>
                    <form class="stack" method="post" action="/setup">
                        <input type="hidden" name="token" value=token/>
                        <Field sent=cx.flash.clone() name="name" label="Your name" autocomplete="name" required=true/>
                        <Field sent=cx.flash.clone() name="email" label="Email" kind="email" autocomplete="username" required=true/>
                        <Field sent=cx.flash.clone() name="password" label="Password" kind="password" autocomplete="new-password" required=true
                            hint="At least 12 characters. A sentence is easy to remember."/>
                        <button class="btn primary wide" type="submit">"Create account"</button>
                    </form>
                }
                .into_any()
            } else {
                view! {
                    <h1>"This setup link doesn't work"</h1>
                    <p class="small">"This link was used or has expired. Restart the server for a new one if no account exists."</p>
                    <a class="btn" href="/sign-in">"Sign in"</a>
                }
                .into_any()
            };
            Ok(Content::new("Set up Countersign", None, body))
        })
    })
}

/// A password chosen by link: an invitation or a new password.
#[component]
pub fn Welcome() -> impl IntoView {
    open_page(|cx| {
        Box::pin(async move {
            let get = |name: &str| cx.param(name).unwrap_or_default().to_owned();
            let (person, until, tag) = (get("person"), get("until"), get("tag"));
            let opened = service::people::opened(&cx.services, &person, &until, &tag);
            let body = match cx.services.at_door("link", &cx.place, opened).await {
                Ok((_, name)) => view! {
                    <h1>{format!("Welcome, {}", domain::text::capped(&name, 80))}</h1>
                    <p class="small muted">"Choose the password you will sign in with. This link works once."</p>
                    <ErrorSummary sent=cx.flash.clone()/>
                    <form class="stack" method="post" action="/welcome">
                        <input type="hidden" name="person" value=person/>
                        <input type="hidden" name="until" value=until/>
                        <input type="hidden" name="tag" value=tag/>
                        <Field sent=cx.flash.clone() name="password" label="Password" kind="password" autocomplete="new-password" required=true
                            hint="At least 12 characters. A sentence is easy to remember."/>
                        <button class="btn primary wide" type="submit">"Set password"</button>
                    </form>
                }
                .into_any(),
                Err(service::Error::LinkGone) => view! {
                    <h1>"This link doesn't work"</h1>
                    <p class="small">"This link was used or has expired. Ask an admin for a new one."</p>
                    <a class="btn" href="/sign-in">"Sign in"</a>
                }
                .into_any(),
                Err(other) => return Err(other),
            };
            Ok(Content::new("Welcome", None, body))
        })
    })
}
