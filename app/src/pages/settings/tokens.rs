//! API tokens: what there is, minting one, revoking.

use super::{once, tabs};
use crate::context::{PageContext, word};
use crate::pages::{Content, page};
use crate::ui::{ErrorSummary, Field, Tone, badge, counted, time};
use domain::asof::AsOf;
use domain::ids::TokenId;
use domain::permission::Action;
use domain::seq::Seq;
use domain::text;
use domain::token::{HolderKind, Scope};
use leptos::prelude::*;
use service::Error;
use service::tokens::{self, Filter, Holder, Token};

#[component]
pub fn Tokens() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let (filter, before) = tokens_query(|n| cx.param(n).map(str::to_owned))?;
            let tokens::Page { as_of, tokens: all, next, working } = tokens::page(read, &filter, before, PAGE).await?;
            let sentence = match working {
                0 => "No token opens the API.".to_owned(),
                n => format!("{} the API.", counted(n, "token opens", "tokens open")),
            };
            let narrowed = filter != Filter::default();
            let shown = once(&cx, "Copy the token now", "It is stored as a digest only and cannot be shown again.");
            let rows = all.iter().map(|t| row(&cx, t, as_of)).collect_view();
            let none = all.is_empty();
            let body = view! {
                {tabs(&cx)}
                <div class="head"><div><h1>"Tokens"</h1><p>{sentence}" A token opens what its scopes name and your roles of the day allow; it never decides."</p></div><a class="btn" href=cx.with(&[]).replacen("/settings/tokens", "/settings/tokens.csv", 1)>"CSV"</a></div>
                <ErrorSummary cx=cx.clone()/>
                {shown}
                {cx.is_now().then(|| form(&cx))}
                {narrow(&cx, &filter)}
                <section class="card">
                    <div class="scroll" tabindex="0" role="group" aria-label="Tokens">
                        <table>
                            <thead><tr><th scope="col">"Token"</th><th scope="col">"Held by"</th><th scope="col">"Scopes"</th><th scope="col" class="num">"Ends"</th><th scope="col">"Revoke"</th></tr></thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                    {(none && !narrowed).then(|| view! { <div class="empty"><p>"Mint one for a pipeline, then give it as Authorization: Bearer."</p></div> })}
                    {(none && narrowed).then(|| view! { <div class="empty"><h2>"None fits"</h2><p><a href=cx.link("/settings/tokens")>"Show every token"</a></p></div> })}
                    <footer class="pager"><span></span>{next.map(|(since, id)| super::next(&cx, &format!("{id}~{since}")))}</footer>
                </section>
            };
            Ok(Content::new("Tokens", Some(as_of), body))
        })
    })
}

/// Tokens on a page.
const PAGE: i64 = 50;

/// The query of the list, shared with its CSV: `tok_…~entry` is where a page starts.
pub fn tokens_query(param: impl Fn(&str) -> Option<String>) -> Result<(Filter, Option<(Seq, TokenId)>), Error> {
    let before = word(&param, "after", |a| {
        let (id, since) = a.split_once('~')?;
        Some((Seq(since.parse().ok()?), TokenId::parse(id).ok()?))
    })?;
    let state = word(&param, "state", |s| ["ended", "working"].into_iter().find(|w| *w == s))?;
    let filter = Filter {
        search: param("q").map(|q| text::folded(q.trim())).filter(|q| !q.is_empty()),
        holder: word(&param, "holder", HolderKind::parse)?,
        ended: state == Some("ended"),
        working: state == Some("working"),
    };
    Ok((filter, before))
}

fn narrow(cx: &PageContext, filter: &Filter) -> impl IntoView + use<> {
    let chip = |name: &'static str, word: &'static str, label: &'static str, here: bool| {
        let href = cx.with(&[(name, if here { "" } else { word })]);
        view! { <a class="chip" href=href aria-current=here.then_some("true")>{label}</a> }
    };
    let holder = filter.holder;
    view! {
        <div class="row" role="group" aria-label="Filters">
            {super::search(cx, "Name or scope")}
            {chip("state", "working", "working", filter.working)}
            {chip("state", "ended", "run out", filter.ended)}
            {chip("holder", "person", "held by people", holder == Some(HolderKind::Person))}
            {chip("holder", "identity", "held by identities", holder == Some(HolderKind::Identity))}
        </div>
    }
}

fn form(cx: &PageContext) -> impl IntoView + use<> {
    let admin = cx.viewer().is_ok_and(|w| w.may(Action::ManagePeople));
    let boxes = Scope::ALL
        .iter()
        .map(|s| view! { <label class="line"><input type="checkbox" name="scope" value=s.as_str()/><span><code>{s.as_str()}</code>" "{s.label()}</span></label> })
        .collect_view();
    let error = cx.field_error("scopes");
    view! {
        <form class="card" method="post" action="/settings/tokens">
            <div class="pad form-grid">
                <Field cx=cx.clone() name="name" label="Name" hint="What uses it, for example nightly import." required=true/>
                <Field cx=cx.clone() name="days" label="Days it works" kind="number" value="90".to_owned() hint="1 to 365"/>
                <fieldset class="wide" id="field-scopes"><legend>"Scopes"</legend>{error.map(|e| view! { <span class="field-error">{e}</span> })}{boxes}</fieldset>
                {admin.then(|| view! { <Field cx=cx.clone() name="identity" label="For an identity" hint="Its id (idn_…); left empty, the token is yours."/> })}
                <Field cx=cx.clone() name="source" label="Source" hint="For observe:write: the one source it reports for."/>
            </div>
            <footer class="row"><button class="btn primary" type="submit">"Mint the token"</button></footer>
        </form>
    }
}

fn row(cx: &PageContext, t: &Token, as_of: AsOf) -> impl IntoView + use<> {
    let holder = match t.holder() {
        Holder::Identity(id) => view! { <a href=cx.link(&format!("/identities/{id}"))>{id.short()}</a> }.into_any(),
        Holder::Person(id) => id.short().into_any(),
    };
    let ended = t.expires_at <= as_of.at;
    let action = format!("/settings/tokens/{}/revoke", t.id);
    let label = format!("Revoke {}", text::capped(&t.name, 60));
    let revoke = cx
        .is_now()
        .then(|| view! { <form method="post" action=action><button class="btn" type="submit" aria-label=label>"Revoke"</button></form> });
    view! {
        <tr>
            <td>{text::capped(&t.name, 80)}<span class="sub mono">{t.id.to_string()}</span></td>
            <td>{holder}</td>
            <td class="mono-cell wrap">{t.scopes.clone()}</td>
            <td class="num nowrap">{ended.then(|| badge(Tone::Warn, "ended"))}" "{time(t.expires_at, as_of.at)}</td>
            <td>{revoke}</td>
        </tr>
    }
}
