//! API tokens: what there is, minting one, revoking.

use super::{once, tabs};
use crate::context::PageContext;
use crate::list;
use crate::pages::{Content, page};
use domain::asof::AsOf;
use domain::permission::Action;
use domain::text;
use domain::token::{HolderKind, Scope};
use leptos::prelude::*;
use service::tokens::{self, Holder, Token};
use ui::{ErrorSummary, Field, Tone, badge, counted, time};

#[component]
pub fn Tokens() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let (_, sheet) = list::load::<tokens::List>(&cx, read).await?;
            let sentence = match tokens::working(read).await? {
                0 => "No token opens the API.".to_owned(),
                n => format!("{} the API.", counted(n, "token opens", "tokens open")),
            };
            let shown = once(&cx, "Copy the token now", "It is stored as a digest only and cannot be shown again.");
            let body = view! {
                {tabs(&cx)}
                <div class="head"><div><h1>"Tokens"</h1><p>{sentence}" A token opens what its scopes name and your roles of the day allow; it never decides."</p></div>{list::csv(&cx)}</div>
                <ErrorSummary sent=cx.flash.clone()/>
                {shown}
                {cx.is_now().then(|| form(&cx))}
                {narrow(&cx)}
                {list::card::<tokens::List>(
                    &cx,
                    &sheet,
                    "Tokens",
                    |name, t| rich(&cx, name, t, sheet.as_of),
                    cx.is_now().then_some(("Revoke", &revoke)),
                    view! { <p>"Mint one for a pipeline, then give it as Authorization: Bearer."</p> }.into_any(),
                )}
            };
            Ok(Content::new("Tokens", Some(sheet.as_of), body))
        })
    })
}

fn narrow(cx: &PageContext) -> impl IntoView + use<> {
    view! {
        <div class="row" role="group" aria-label="Filters">
            {list::search(cx, "Name or scope")}
            {list::chip(cx, ("state", "working"), "working", &[])}
            {list::chip(cx, ("state", "ended"), "run out", &[])}
            {list::chip(cx, ("holder", HolderKind::Person.as_str()), "held by people", &[])}
            {list::chip(cx, ("holder", HolderKind::Identity.as_str()), "held by identities", &[])}
        </div>
    }
}

fn form(cx: &PageContext) -> impl IntoView + use<> {
    let admin = cx.viewer().is_ok_and(|w| w.may(Action::ManagePeople));
    let boxes = Scope::ALL
        .iter()
        .map(|s| view! { <label class="line"><input type="checkbox" name="scope" value=s.as_str()/><span><code>{s.as_str()}</code>" "{s.label()}</span></label> })
        .collect_view();
    let error = cx.flash.field_error("scopes");
    view! {
        <form class="card" method="post" action="/settings/tokens">
            <div class="pad form-grid">
                <Field sent=cx.flash.clone() name="name" label="Name" hint="What uses it, for example nightly import." required=true/>
                <Field sent=cx.flash.clone() name="days" label="Days it works" kind="number" value="90".to_owned() hint="1 to 365"/>
                <fieldset class="wide" id="field-scopes"><legend>"Scopes"</legend>{error.map(|e| view! { <span class="field-error">{e}</span> })}{boxes}</fieldset>
                {admin.then(|| view! { <Field sent=cx.flash.clone() name="identity" label="For an identity" hint="Its id (idn_…); left empty, the token is yours."/> })}
                <Field sent=cx.flash.clone() name="source" label="Source" hint="For observe:write: the one source it reports for."/>
            </div>
            <footer class="row"><button class="btn primary" type="submit">"Mint the token"</button></footer>
        </form>
    }
}

fn revoke(t: &Token) -> AnyView {
    let action = format!("/settings/tokens/{}/revoke", t.id);
    let label = format!("Revoke {}", text::capped(&t.name, 60));
    view! { <form method="post" action=action><button class="btn" type="submit" aria-label=label>"Revoke"</button></form> }.into_any()
}

fn rich(cx: &PageContext, name: &str, t: &Token, as_of: AsOf) -> Option<AnyView> {
    Some(match name {
        "name" => view! { {text::capped(&t.name, 80)}<span class="sub mono">{t.id.to_string()}</span> }.into_any(),
        "holder" => match t.holder() {
            Holder::Identity(id) => view! { <a href=cx.link(&format!("/identities/{id}"))>{id.short()}</a> }.into_any(),
            Holder::Person(id) => id.short().into_any(),
        },
        "scopes" => view! { <span class="mono-cell wrap">{t.scopes.clone()}</span> }.into_any(),
        "expires_at" => {
            let ended = (t.expires_at <= as_of.at).then(|| badge(Tone::Warn, "ended"));
            view! { {ended}" "{time(t.expires_at, as_of.at)} }.into_any()
        }
        _ => return None,
    })
}
