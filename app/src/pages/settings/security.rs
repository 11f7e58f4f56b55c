//! One's own second factors: which there are, adding and removing them, recovery codes.

use super::tabs;
use crate::context::{PageContext, id};
use crate::pages::second_step::passkey_parts;
use crate::pages::{Content, confirm, page};
use crate::said;
use domain::person::AuthenticatorKind;
use domain::text;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use service::Act;
use service::factors::{self, Factor, Offer, Page};
use ui::{Cell, ErrorSummary, Field, Head, cell, counted};

#[component]
pub fn Security() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let model = factors::page(read).await?;
            Ok(Content::new("Security", Some(model.as_of), body(&cx, &model)))
        })
    })
}

fn sentence(m: &Page) -> String {
    if !m.any_second() {
        return "You sign in with a password only. Add a passkey or an authenticator app.".to_owned();
    }
    let second = m.factors.iter().filter(|f| f.kind.is_second()).count() as i64;
    let codes = counted(m.codes as i64, "recovery code", "recovery codes");
    format!("Sign-in asks for your password and one of {}. {codes} left.", counted(second, "second factor", "second factors"))
}

fn body(cx: &PageContext, m: &Page) -> AnyView {
    let now = cx.is_now();
    let rows: Vec<Vec<Cell>> = m.factors.iter().map(|f| row(cx, f, now)).collect();
    let none = m.factors.is_empty();
    let heads = ["Name", "Kind", "Added in", "Action"].map(Head::new).to_vec();
    view! {
        {tabs(cx)}
        <div class="head">
            <div><h1>"Security"</h1><p>{sentence(m)}</p></div>
            {now.then(|| adding(m))}
        </div>
        <ErrorSummary sent=cx.flash.clone()/>
        <section class="card">
            <header><h2>"Second factors"</h2></header>
            {(!none).then(|| ui::table("Second factors", None, heads, rows))}
            {none.then(|| view! { <div class="empty"><h2>"No second factor yet"</h2><p>"Each passkey and authenticator app appears here."</p></div> })}
            <footer>"A passkey for decisions signs what you approve. It never signs you in."</footer>
        </section>
        {(now && m.any_second()).then(|| codes(m.codes))}
    }
    .into_any()
}

fn adding(m: &Page) -> AnyView {
    let passkeys = m.passkeys.then(|| {
        view! {
            <a class="btn primary" href="/settings/security/passkey">"Add passkey"</a>
            <a class="btn" href="/settings/security/decision-passkey">"Add passkey for decisions"</a>
        }
    });
    let why = (!m.passkeys).then(|| view! { <p class="small muted">"Passkeys need a server name with https, or localhost."</p> });
    view! { <div class="row">{passkeys}<a class="btn" href="/settings/security/app">"Add authenticator app"</a>{why}</div> }.into_any()
}

fn row(cx: &PageContext, f: &Factor, now: bool) -> Vec<Cell> {
    let label = format!("Remove {}", text::capped(&f.label, 60));
    let href = format!("/settings/security/{}/remove", f.id);
    let action = now.then(|| view! { <a class="btn" href=href aria-label=label>"Remove"</a> });
    vec![cell(text::capped(&f.label, 100)).class("wrap"), cell(f.kind.label()), cell(said::entry(cx, f.since)), cell(action)]
}

fn codes(left: usize) -> impl IntoView {
    let left = counted(left as i64, "recovery code", "recovery codes");
    view! {
        <section class="card">
            <header><h2>{left}</h2><a class="btn" href="/settings/security/codes">"Create new recovery codes"</a></header>
            <p class="pad small muted">"A recovery code stands in for a lost second factor. Each works once."</p>
        </section>
    }
}

/// What stands in place of a form that asks for a confirmation first.
fn confirm_first(next: &'static str) -> AnyView {
    let href = format!("/reauth?next={}", crate::context::encode(next));
    view! {
        <section class="card form-narrow"><div class="pad stack">
            <p>"Confirm who you are before you change how you sign in."</p>
            <div class="row"><a class="btn primary" href=href>"Confirm who you are"</a><a class="btn" href="/settings/security">"Cancel"</a></div>
        </div></section>
    }
    .into_any()
}

/// An authenticator app: the secret as a QR code and in letters, then a code of it.
#[component]
pub fn AddApp() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            service::only_now(cx.wanted()?)?;
            let form = if factors::is_confirmed(read).await? {
                let act = Act::new(&cx.services, cx.viewer()?);
                // A code that did not fit is tried again with the same secret: the app holds it already.
                let sealed = cx.flash.typed("sealed");
                let offer = factors::offered(&act, &sealed).or_else(|_| factors::offer(&act))?;
                app_form(&cx, offer)
            } else {
                confirm_first("/settings/security/app")
            };
            let body = view! {
                {crumb("Add authenticator app", "Scan the code with an app on your phone, then enter the six digits it shows.")}
                <ErrorSummary sent=cx.flash.clone()/>
                {form}
            };
            Ok(Content::new("Add authenticator app", None, body))
        })
    })
}

fn crumb(title: &'static str, sentence: &'static str) -> AnyView {
    view! {
        <div class="head"><div>
            <p class="crumb"><a href="/settings/security">"Security"</a></p>
            <h1>{title}</h1><p>{sentence}</p>
        </div></div>
    }
    .into_any()
}

fn app_form(cx: &PageContext, offer: Offer) -> AnyView {
    let view_box = format!("0 0 {} {}", offer.size, offer.size);
    view! {
        <section class="card form-narrow">
            <form class="pad stack" method="post" action="/settings/security/app">
                <svg class="qr" viewBox=view_box role="img" aria-label="QR code for the authenticator app" shape-rendering="crispEdges">
                    <rect width=offer.size.to_string() height=offer.size.to_string() fill="#fff"/>
                    <path d=offer.path fill="#000"/>
                </svg>
                <p class="small">"Or type this key into the app: "<code class="quote all">{offer.text}</code></p>
                <input type="hidden" name="sealed" value=offer.sealed/>
                <Field sent=cx.flash.clone() name="label" label="Name" required=true hint="How you will know it, e.g. Work phone."/>
                <Field sent=cx.flash.clone() name="code" label="Code the app shows" autocomplete="one-time-code" required=true hint="Six digits, e.g. 123456."/>
                <div class="row"><button class="btn primary" type="submit">"Add authenticator app"</button><a class="btn" href="/settings/security">"Cancel"</a></div>
            </form>
        </section>
    }
    .into_any()
}

#[component]
pub fn AddPasskey() -> impl IntoView {
    passkey_page(
        AuthenticatorKind::Passkey,
        "Add passkey",
        "A passkey signs you in together with your password.",
        "/settings/security/passkey",
    )
}

#[component]
pub fn AddDecisionPasskey() -> impl IntoView {
    let sentence = "This passkey signs your decisions and nothing else.";
    passkey_page(AuthenticatorKind::DecisionPasskey, "Add passkey for decisions", sentence, "/settings/security/decision-passkey")
}

fn passkey_page(kind: AuthenticatorKind, title: &'static str, sentence: &'static str, path: &'static str) -> impl IntoView {
    page(move |cx, read| {
        Box::pin(async move {
            service::only_now(cx.wanted()?)?;
            factors::site(read.services())?;
            let form = if factors::is_confirmed(read).await? {
                view! {
                    <section class="card form-narrow">
                        <form class="pad stack" method="post" action="/settings/security/passkey" data-passkey="create" data-question="/settings/security/passkey/question">
                            <input type="hidden" name="kind" value=kind.as_str()/>
                            <Field sent=cx.flash.clone() name="label" label="Name" required=true hint="How you will know it, e.g. Security key."/>
                            {passkey_parts(title)}
                            <a class="btn" href="/settings/security">"Cancel"</a>
                        </form>
                    </section>
                }
                .into_any()
            } else {
                confirm_first(path)
            };
            Ok(Content::new(title, None, view! { {crumb(title, sentence)}<ErrorSummary sent=cx.flash.clone()/>{form} }))
        })
    })
}

/// New recovery codes: what they replace, and, right after they were made, the codes.
#[component]
pub fn Codes() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            service::only_now(cx.wanted()?)?;
            let hint = "Each code works once, in place of your second factor. Keep them where you can find them without this device.";
            if let Some(shown) = super::once(&cx, "Save these recovery codes".to_owned(), hint) {
                let body = view! {
                    {crumb("Recovery codes", "They can't be shown again.")}
                    {shown}
                    <p><a class="btn primary" href="/settings/security">"Back to Security"</a></p>
                };
                return Ok(Content::new("Recovery codes", None, body));
            }
            let model = factors::page(read).await?;
            let asked = confirm::Asked {
                title: "Create new recovery codes?".to_owned(),
                sentence: "You get ten codes, shown once.".to_owned(),
                consequences: vec![format!("{} stop working", counted(model.codes as i64, "old code", "old codes")).into_any()],
                action: "/settings/security/codes".to_owned(),
                button: "Create new recovery codes".to_owned(),
                back: "/settings/security".to_owned(),
            };
            Ok(Content::new("Create new recovery codes", None, confirm::page(&cx, asked)))
        })
    })
}

/// What is asked for without a factor, before it goes.
#[component]
pub fn RemoveFactor() -> impl IntoView {
    let wanted = use_params_map().read_untracked().get("id");
    page(|cx, read| {
        Box::pin(async move {
            service::only_now(cx.wanted()?)?;
            let id = id::<domain::ids::noun::Authenticator>(wanted, "sign-in method")?;
            let (factor, another) = factors::factor(read, id).await?;
            let name = text::capped(&factor.label, 80);
            let consequences = match (factor.kind, another) {
                (AuthenticatorKind::DecisionPasskey, _) => vec!["decisions you signed stay valid", "it signs no new ones"],
                (_, true) => vec!["sign-in still asks for another second factor"],
                (_, false) => vec!["sign-in asks for the password only", "recovery codes stop working"],
            };
            let asked = confirm::Asked {
                title: format!("Remove {name}?"),
                sentence: format!("This {} can't be used with Countersign any more.", factor.kind.label()),
                consequences: consequences.into_iter().map(|c| c.into_any()).collect(),
                action: format!("/settings/security/{id}/remove"),
                button: "Remove sign-in method".to_owned(),
                back: "/settings/security".to_owned(),
            };
            Ok(Content::new("Remove sign-in method", None, confirm::page(&cx, asked)))
        })
    })
}
