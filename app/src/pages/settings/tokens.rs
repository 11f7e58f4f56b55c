//! API tokens: what there is, creating one, revoking one.

use super::{once, tabs};
use crate::context::{PageContext, id};
use crate::list;
use crate::pages::{Content, confirm, page};
use domain::asof::AsOf;
use domain::permission::Action;
use domain::query::tokens::State;
use domain::text;
use domain::time::DAY;
use domain::token::{HolderKind, Scope};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use service::tokens::{self, Holder, Row};
use ui::{ErrorSummary, Field, Tone, badge, counted, time};

#[component]
pub fn Tokens() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let (_, sheet) = list::load::<tokens::List>(&cx, read).await?;
            let sentence = match tokens::working(read).await? {
                0 => "No token works at the moment.".to_owned(),
                n => format!("{}.", counted(n, "token works", "tokens work")),
            };
            let choices = if cx.is_now() { tokens::choices(read).await? } else { tokens::Choices::default() };
            let body = view! {
                {tabs(&cx)}
                <div class="head"><div><h1>"Tokens"</h1><p>{sentence}" Tokens can do what their scopes and your current roles allow. They can't approve changes."</p></div>{list::csv(&cx)}</div>
                <ErrorSummary sent=cx.flash.clone()/>
                {created(&cx)}
                {cx.is_now().then(|| form(&cx, &choices))}
                {narrow(&cx)}
                {list::card::<tokens::List>(
                    &cx,
                    &sheet,
                    "Tokens",
                    |name, t| rich(&cx, name, t, sheet.as_of),
                    cx.is_now().then_some(("Actions", &revoke)),
                    view! { <h2>"No tokens yet"</h2><p>"Pipelines and agents use tokens to call the API."</p> }.into_any(),
                )}
            };
            Ok(Content::new("Tokens", Some(sheet.as_of), body))
        })
    })
}

/// The new token, and a line that uses it at once.
fn created(cx: &PageContext) -> Option<AnyView> {
    let shown = once(cx, "Copy the new token now".to_owned(), "It is stored as a SHA-256 only and can't be shown again.")?;
    let (call, address) = ("curl -H \"Authorization: Bearer $TOKEN\"", cx.services.address());
    let read = format!("{call} {address}/api/v1/identities");
    let import = format!("{call} --data-binary @account.json {address}/api/v1/imports");
    Some(
        view! {
            {shown}
            <section class="card"><div class="pad stack tight">
                <h2>"Try the token"</h2>
                <p class="small muted">"Put the token in the variable TOKEN, then read:"</p>
                {ui::copied_line(read)}
                <p class="small muted">"Or, with the scope inventory:write, import a file:"</p>
                {ui::copied_line(import)}
            </div></section>
        }
        .into_any(),
    )
}

fn narrow(cx: &PageContext) -> impl IntoView + use<> {
    view! {
        {list::search(cx, "Name or scope")}
        <div class="row" role="group" aria-label="Filters">
            {list::chip(cx, ("state", State::Working.as_str()), "Working", &[])}
            {list::chip(cx, ("state", State::Ended.as_str()), "Expired", &[])}
            {list::chip(cx, ("holder", HolderKind::Person.as_str()), "Held by people", &[])}
            {list::chip(cx, ("holder", HolderKind::Identity.as_str()), "Held by identities", &[])}
        </div>
    }
}

/// The ways to a filled form.
const PRESETS: [(&str, &str); 2] = [("read", "Read only"), ("import", "Import")];

fn preset(word: Option<&str>) -> &'static [Scope] {
    match word {
        Some("read") => &[Scope::InventoryRead, Scope::LedgerRead],
        Some("import") => &[Scope::InventoryWrite],
        _ => &[],
    }
}

fn scopes(cx: &PageContext, label: &'static str, all: &[Scope]) -> impl IntoView + use<> {
    let chosen = preset(cx.param("preset"));
    let typed = cx.flash.typed("scope");
    let boxes = all.iter().map(|s| {
        let on = chosen.contains(s) || typed.split(' ').any(|t| t == s.as_str());
        view! { <label class="line"><input type="checkbox" name="scope" value=s.as_str() checked=on/><span><code>{s.as_str()}</code>" "{s.label()}</span></label> }
    });
    view! { <fieldset><legend>{label}</legend>{boxes.collect_view()}</fieldset> }
}

fn form(cx: &PageContext, choices: &tokens::Choices) -> impl IntoView + use<> {
    let admin = cx.viewer().is_ok_and(|w| w.may(Action::ManagePeople));
    let (writing, reading): (Vec<Scope>, Vec<Scope>) = Scope::in_use().partition(|s| s.writes());
    let open = cx.flash.error.is_some() || !cx.flash.values.is_empty() || cx.param("preset").is_some();
    let presets = PRESETS.map(|(word, label)| ui::chip(cx.with(&[("preset", word)]), label, cx.param("preset") == Some(word)));
    let known =
        choices.identities.iter().map(|(id, name)| view! { <option value=id.to_string()>{text::capped(name, 80)}</option> }).collect_view();
    view! {
        <details class="card" id="create" open=open>
            <summary>"Create token"</summary>
            <form class="pad form-narrow" method="post" action="/settings/tokens">
                <Field sent=cx.flash.clone() name="name" label="Name" hint="What uses it, e.g. nightly import" required=true/>
                <div class="row small"><span class="muted">"Presets"</span>{presets.into_iter().collect_view()}</div>
                <div id="field-scopes" class="stack tight">
                    {ui::field_error(&cx.flash, "scopes")}
                    {scopes(cx, "Read", &reading)}
                    {scopes(cx, "Write", &writing)}
                </div>
                <Field sent=cx.flash.clone() name="days" label="Days until it expires" kind="number" value="30".to_owned() hint="1 to 365"/>
                {admin.then(|| view! {
                    <Field sent=cx.flash.clone() name="identity" label="Identity" optional=true list="identities" hint="Empty: a token for yourself"/>
                    <datalist id="identities">{known}</datalist>
                })}
                <div class="row"><button class="btn primary" type="submit">"Create token"</button></div>
            </form>
        </details>
    }
}

fn revoke(t: &Row) -> AnyView {
    let label = format!("Revoke {}", text::capped(&t.token.name, 60));
    view! { <a class="btn" href=format!("/settings/tokens/{}/revoke", t.token.id) aria-label=label>"Revoke"</a> }.into_any()
}

fn rich(cx: &PageContext, name: &str, t: &Row, as_of: AsOf) -> Option<AnyView> {
    let token = &t.token;
    Some(match name {
        "name" => text::capped(&token.name, 80).into_any(),
        "holder_name" => {
            let shown = t.holder_name.as_deref().map_or_else(|| "erased person".to_owned(), |n| text::capped(n, 80));
            let you = cx.viewer().ok().and_then(service::Principal::person_id);
            match token.holder() {
                Holder::Person(id) if Some(id) == you => view! { <b>"You"</b> }.into_any(),
                Holder::Identity(id) => view! { <a href=cx.link(&format!("/identities/{id}"))>{shown}</a> }.into_any(),
                Holder::Person(_) => shown.into_any(),
            }
        }
        "scopes" => {
            token.scopes.split(' ').map(|s| view! { <span class="sub"><code>{s.to_owned()}</code></span> }).collect_view().into_any()
        }
        "last_used" if t.last_used.is_none() => (if cx.is_now() { "never" } else { "" }).into_any(),
        "expires_at" => {
            let left = token.expires_at.since(as_of.at);
            let mark = match left {
                ..=0 => Some(badge(Tone::Unknown, "expired")),
                n if n < 7 * DAY => Some(badge(Tone::Warn, "expires soon")),
                _ => None,
            };
            view! { {mark}" "{time(token.expires_at, as_of.at)} }.into_any()
        }
        _ => return None,
    })
}

/// What stops when a token is revoked, before it is.
#[component]
pub fn Revoke() -> impl IntoView {
    let wanted = use_params_map().read_untracked().get("id");
    page(|cx, read| {
        Box::pin(async move {
            cx.viewer()?.authorise(Action::ManageTokens)?;
            service::only_now(cx.wanted()?)?;
            let row = tokens::show(read, id::<domain::ids::noun::Token>(wanted, "token")?).await?;
            let name = text::capped(&row.token.name, 80);
            let holder = row.holder_name.as_deref().map_or_else(|| "an erased person".to_owned(), |n| text::capped(n, 80));
            let asked = confirm::Asked {
                title: format!("Revoke token {name}?"),
                sentence: "It stops working at once and can't be restored. Create a new token to replace it.".to_owned(),
                consequences: vec![
                    format!("{holder} can't use the token any more").into_any(),
                    format!("lost scopes: {}", row.token.scopes.replace(' ', ", ")).into_any(),
                ],
                action: format!("/settings/tokens/{}/revoke", row.token.id),
                button: format!("Revoke token {name}"),
                back: "/settings/tokens".to_owned(),
            };
            Ok(Content::new(format!("Revoke token {name}"), None, confirm::page(&cx, asked)))
        })
    })
}
