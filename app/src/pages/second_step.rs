//! The second step of the sign-in, and showing anew who one is. Everything but the passkey works without JavaScript.

use super::{Content, open_page, page};
use leptos::prelude::*;
use service::Error;
use service::factors::{self, Choices};
use ui::{ErrorSummary, Field, Flash};

/// True of the pages that ask passkeys: they load the script for it.
pub(super) fn asks_passkeys(path: &str) -> bool {
    let own = ["/sign-in/factor", "/reauth", "/settings/security/passkey", "/settings/security/decision-passkey"];
    // Of a change, where its decision may be signed.
    own.contains(&path) || path.strip_prefix("/changes/").is_some_and(|id| id.starts_with("chg_"))
}

/// What a form that asks a passkey holds besides its own fields: what comes back, the button, and what is said without JavaScript.
pub(super) fn passkey_parts(button: &'static str) -> impl IntoView {
    view! {
        <button class="btn primary wide" type="submit" hidden data-passkey-needs="">{button}</button>
        {passkey_answer("Passkeys need JavaScript. Turn it on for this page, or choose another way.")}
    }
}

/// Where the answer of a passkey is put, and what is said meanwhile and without JavaScript.
pub(super) fn passkey_answer(without: &'static str) -> impl IntoView {
    view! {
        <input type="hidden" name="ceremony" value=""/>
        <input type="hidden" name="answer" value=""/>
        <noscript><p class="small">{without}</p></noscript>
        <p class="small muted" role="status" id="field-passkey" data-passkey-said=""></p>
    }
}

/// The hidden fields that every form of the second step carries on.
fn carried(sent: &Flash) -> AnyView {
    let carry = |name: &'static str| {
        let value = sent.typed(name);
        (!value.is_empty()).then(|| view! { <input type="hidden" name=name value=value/> })
    };
    view! { {carry("pending")}{carry("next")}{carry("kept")} }.into_any()
}

fn passkey(sent: &Flash) -> impl IntoView + use<> {
    view! {
        <form class="stack" method="post" action="/sign-in/factor" data-passkey="get" data-question="/sign-in/factor/question">
            {carried(sent)}
            {passkey_parts("Sign in with a passkey")}
        </form>
    }
}

fn code(sent: &Flash) -> impl IntoView + use<> {
    view! {
        <form class="stack" method="post" action="/sign-in/factor">
            {carried(sent)}
            <Field sent=sent.clone() name="code" label="Code of your authenticator app" autocomplete="one-time-code" required=true hint="Six digits, e.g. 123456."/>
            <button class="btn wide" type="submit">"Sign in with this code"</button>
        </form>
    }
}

fn recovery(sent: &Flash) -> impl IntoView + use<> {
    let open = sent.field_error("recovery").is_some();
    view! {
        <details open=open>
            <summary>"Use a recovery code"</summary>
            <form class="stack" method="post" action="/sign-in/factor">
                {carried(sent)}
                <Field sent=sent.clone() name="recovery" label="Recovery code" autocomplete="off" required=true hint="Each code works once."/>
                <button class="btn wide" type="submit">"Sign in with this recovery code"</button>
            </form>
        </details>
    }
}

fn step(sent: &Flash, choices: Choices) -> AnyView {
    let lost = "Lost everything? Ask an admin or a security reviewer to reset your second factors.";
    view! {
        <h1>"Second factor"</h1>
        <p class="small muted">"Your password is right. Show your second factor within five minutes."</p>
        <ErrorSummary sent=sent.clone()/>
        {choices.passkey.then(|| passkey(sent))}
        {choices.app.then(|| code(sent))}
        {choices.recovery.then(|| recovery(sent))}
        <p class="small muted">{lost}</p>
        <a class="btn" href="/sign-in">"Cancel"</a>
    }
    .into_any()
}

/// Between the password and the session.
#[component]
pub fn SecondStep() -> impl IntoView {
    open_page(|cx| {
        Box::pin(async move {
            let body = match factors::waits_for(&cx.services, &cx.flash.typed("pending")).await {
                Ok(choices) => step(&cx.flash, choices),
                Err(Error::StepGone) => view! {
                    <h1>"Second factor"</h1>
                    <p class="small">"Signing in took too long, or the password was changed."</p>
                    <a class="btn" href="/sign-in">"Sign in again"</a>
                }
                .into_any(),
                Err(other) => return Err(other),
            };
            Ok(Content::new("Second factor", None, body))
        })
    })
}

/// Showing anew who one is, before something that asks for it.
#[component]
pub fn Confirm() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            service::only_now(cx.wanted()?)?;
            let choices = factors::choices(read).await?;
            let next = cx.param("next").unwrap_or("/settings/security").to_owned();
            let sent = cx.flash.clone();
            let with_passkey = choices.passkey.then(|| {
                view! {
                    <section class="card form-narrow"><form class="pad stack" method="post" action="/reauth" data-passkey="get" data-question="/reauth/question">
                        <input type="hidden" name="next" value=next.clone()/>
                        {passkey_parts("Confirm with a passkey")}
                    </form></section>
                }
            });
            // Whoever has passkeys alone has nothing to type beside the password.
            let typed = choices.app || !choices.passkey;
            let with_password = typed.then(|| typing(sent.clone(), next.clone(), choices.app));
            let body = view! {
                <div class="head"><div><h1>"Confirm who you are"</h1><p>"This is asked before sign-in methods change and before some decisions. It counts for five minutes."</p></div></div>
                <ErrorSummary sent=sent/>
                {with_passkey}
                {with_password}
            };
            Ok(Content::new("Confirm who you are", None, body))
        })
    })
}

fn typing(sent: Flash, next: String, app: bool) -> impl IntoView {
    view! {
        <section class="card form-narrow"><form class="pad stack" method="post" action="/reauth">
            <input type="hidden" name="next" value=next/>
            <Field sent=sent.clone() name="password" label="Current password" kind="password" autocomplete="current-password" required=true/>
            {app.then(|| view! {
                <Field sent=sent name="code" label="Code of your authenticator app" autocomplete="one-time-code" required=true hint="Six digits, e.g. 123456."/>
            })}
            <div class="row"><button class="btn primary" type="submit">"Confirm"</button></div>
        </form></section>
    }
}
