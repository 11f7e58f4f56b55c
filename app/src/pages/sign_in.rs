//! Sign-in and the first set-up: the two pages that stand before a session.

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
                    {first.then(|| view! { <p class="small muted">"Nobody is here yet. Open the set-up link that the server printed when it started."</p> })}
                    <ErrorSummary sent=cx.flash.clone()/>
                    <form class="stack" method="post" action="/sign-in">
                        <input type="hidden" name="next" value=next/>
                        {kept.map(|kept| view! { <input type="hidden" name="kept" value=kept/> })}
                        <Field sent=cx.flash.clone() name="email" label="E-mail" kind="email" autocomplete="username" required=true/>
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
                    <p class="small muted">"You become the first admin. Reviewers come later; an admin never decides."</p>
                    <ErrorSummary sent=cx.flash.clone()/>
                    <form class="stack" method="post" action="/setup">
                        <input type="hidden" name="token" value=token/>
                        <Field sent=cx.flash.clone() name="name" label="Your name" autocomplete="name" required=true/>
                        <Field sent=cx.flash.clone() name="email" label="E-mail" kind="email" autocomplete="username" required=true/>
                        <Field sent=cx.flash.clone() name="password" label="Password" kind="password" autocomplete="new-password" required=true
                            hint="At least 12 characters; a sentence is easy to remember."/>
                        <button class="btn primary wide" type="submit">"Create the first account"</button>
                    </form>
                }
                .into_any()
            } else {
                view! {
                <h1>"This set-up link does not work"</h1>
                <p class="small">"It is used up, has run out, or somebody is set up already. Restarting the server prints a new one while nobody is there."</p>
                <a class="btn" href="/sign-in">"Sign in"</a>
            }
            .into_any()
            };
            Ok(Content::new("Set up", None, body))
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
                    <p class="small muted">"Choose the password you will sign in with. The link works once."</p>
                    <ErrorSummary sent=cx.flash.clone()/>
                    <form class="stack" method="post" action="/welcome">
                        <input type="hidden" name="person" value=person/>
                        <input type="hidden" name="until" value=until/>
                        <input type="hidden" name="tag" value=tag/>
                        <Field sent=cx.flash.clone() name="password" label="Password" kind="password" autocomplete="new-password" required=true
                            hint="At least 12 characters; a sentence is easy to remember."/>
                        <button class="btn primary wide" type="submit">"Set the password"</button>
                    </form>
                }
                .into_any(),
                Err(service::Error::LinkGone) => view! {
                    <h1>"This link does not work"</h1>
                    <p class="small">"It is used up or has run out. Ask an admin for a new one."</p>
                    <a class="btn" href="/sign-in">"Sign in"</a>
                }
                .into_any(),
                Err(other) => return Err(other),
            };
            Ok(Content::new("Welcome", None, body))
        })
    })
}
