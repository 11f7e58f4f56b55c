//! The form that proposes a change: operations one by one, what all of them come to and who has to agree before anything is
//! sent, then why. It works without a script: each button shows the form once more.

use super::{choose, direction, effect, gist, operations, route};
use crate::context::PageContext;
use crate::pages::{Content, page_behind};
use crate::proposal::{self, Values};
use domain::change::operation::Operation;
use domain::ids::IdentityId;
use domain::permission::Action;
use domain::text;
use leptos::prelude::*;
use service::changes::{self, Choices, Preview};
use service::{Act, Error};
use std::collections::BTreeMap;
use ui::{ErrorSummary, Field, Flash, TextArea, counted};

#[component]
pub fn New() -> impl IntoView {
    page_behind(
        |cx| Box::pin(async move { weighed(&cx).await }),
        |cx, read, weighed| {
            Box::pin(async move {
                cx.viewer()?.authorise(Action::ProposeChange)?;
                service::only_now(cx.wanted()?)?;
                let identity = match cx.param("identity") {
                    Some(id) => Some(IdentityId::parse(id).map_err(|_| Error::NotFound("identity"))?),
                    None => None,
                };
                let choices = changes::choices(read, identity).await?;
                Ok(Content::new("Propose a change", None, body(&cx, &choices, weighed)))
            })
        },
    )
}

/// What the operations so far come to; nothing while there is none.
type Weighed = Option<Result<Preview, Error>>;

/// Worked out ahead of the page, in a snapshot of its own.
async fn weighed(cx: &PageContext) -> Weighed {
    let who = cx.viewer().ok()?;
    if proposal::kept(&cx.flash.values).is_empty() {
        return None;
    }
    Some(changes::preview(&Act::new(&cx.services, who), &proposal::to_weigh(&cx.flash.values)).await)
}

/// What was typed, with why it cannot be weighed where that is so and nothing else was refused.
fn said(cx: &PageContext, weighed: &Weighed) -> Flash {
    let mut flash = cx.flash.clone();
    if let (None, Some(Err(error))) = (&flash.error, weighed) {
        flash.error = Some((error.field().unwrap_or_default().to_owned(), error.reason()));
        "The effect cannot be calculated".clone_into(&mut flash.failed);
    }
    flash
}

fn body(cx: &PageContext, choices: &Choices, weighed: Weighed) -> AnyView {
    let sent = said(cx, &weighed);
    let preview = weighed.and_then(Result::ok);
    let crumb = choices.identity.as_ref().map(|i| {
        let name = text::capped(&i.name, 60);
        view! { <p class="crumb"><a href=format!("/identities/{}", i.id)>{name}</a>" / Propose a change"</p> }
    });
    let identity = choices.identity.as_ref().map(|i| view! { <input type="hidden" name="identity" value=i.id.to_string()/> });
    let kept = serde_json::Value::Array(proposal::kept(&cx.flash.values)).to_string();
    view! {
        <div class="head"><div>
            {crumb}
            <h1>"Propose a change"</h1>
            <p class="say">"You ask, others decide. The effect and the people it needs are shown before you send anything."</p>
        </div></div>
        <ErrorSummary sent=sent.clone()/>
        <div class="split">
            <form class="card narrow propose" method="post" action="/changes/new">
                <button class="vh" type="submit" name="do" value="preview" tabindex="-1" aria-hidden="true">"Preview effect"</button>
                {identity}
                <input type="hidden" name="operations" value=kept/>
                {so_far(preview.as_ref(), &cx.flash.values, choices)}
                {choose::fields(cx, &sent, choices)}
                {reasons(&sent)}
                {buttons(preview.is_some())}
            </form>
            {aside(preview.as_ref())}
        </div>
    }
    .into_any()
}

/// Names for the ids that the operations of a form hold.
fn names(choices: &Choices) -> BTreeMap<String, String> {
    let identity = choices.identity.iter().map(|i| (i.id.to_string(), i.name.clone()));
    let people = choices.people.iter().map(|(id, name)| (id.to_string(), name.clone()));
    let teams = choices.teams.iter().map(|(id, name)| (id.to_string(), name.clone()));
    let sources = choices.sources.iter().map(|(id, name, _)| (id.to_string(), name.clone()));
    let gate = choices.gate.iter().flat_map(|gate| {
        let members = gate.people.iter().map(|p| (p.id.to_string(), p.name.clone()));
        members.chain(gate.groups.iter().map(|(id, name)| (id.to_string(), name.clone())))
    });
    identity.chain(people).chain(teams).chain(sources).chain(gate).collect()
}

/// The operations that were added, each with a way to take it out.
fn so_far(preview: Option<&Preview>, values: &Values, choices: &Choices) -> AnyView {
    let raw = proposal::kept(values);
    let names = names(choices);
    let known: Vec<Option<Operation>> = match preview {
        Some(preview) => preview.operations.iter().cloned().map(Some).collect(),
        None => raw.iter().map(|value| Operation::read(value).ok()).collect(),
    };
    let items = known.iter().enumerate().map(|(at, operation)| {
        let label = operation.as_ref().map_or("An operation that cannot be read", |o| o.op().label());
        let facts = operation.as_ref().map(|o| operations::facts(o, None, &names));
        view! {
            <li>
                <div class="row between"><h3>{format!("{}. {}", at + 1, text::sentence(label).trim_end_matches('.'))}</h3>
                <button class="btn" type="submit" name="do" value=format!("remove-{at}")>{format!("Remove {}", at + 1)}</button></div>
                {facts}
            </li>
        }
    });
    let n = raw.len() as i64;
    view! {
        <fieldset class="part" id="field-operations">
            <legend>{if n == 0 { "What should change".to_owned() } else { format!("What should change: {}", counted(n, "operation", "operations")) }}</legend>
            {(n > 0).then(|| view! { <ol class="ops">{items.collect_view()}</ol> })}
            {(n > 0).then(|| view! { <p class="small muted">"Add another operation below, or go on to the reason."</p> })}
        </fieldset>
    }
    .into_any()
}

fn reasons(sent: &Flash) -> AnyView {
    view! {
        <fieldset class="part">
            <legend>"Why, and how to undo it"</legend>
            <TextArea sent=sent.clone() name="justification" label="Reason" hint="Reviewers read it before they decide. No secrets."/>
            <Field sent=sent.clone() name="ticket" label="Ticket" hint="For example OPS-1234" optional=true/>
            <TextArea sent=sent.clone() name="rollback" label="Undo plan (optional)" hint="What to do if it goes wrong."/>
        </fieldset>
    }
    .into_any()
}

fn buttons(may_send: bool) -> AnyView {
    let send = may_send.then(|| view! { <button class="btn primary" type="submit" name="do" value="propose">"Propose change"</button> });
    let label = if may_send { "Preview effect again" } else { "Preview effect" };
    view! { <footer class="row">{send}<button class="btn" type="submit" name="do" value="preview">{label}</button></footer> }.into_any()
}

fn aside(preview: Option<&Preview>) -> AnyView {
    let Some(preview) = preview else {
        return view! {
            <aside class="stack" aria-label="Effect"><section class="card"><div class="pad stack tight">
                <h2>"Effect"</h2>
                <p class="small muted">"Add an operation to see what it comes to and who has to agree."</p>
            </div></section></aside>
        }
        .into_any();
    };
    let rows = preview.effect.rows.iter().map(|row| {
        view! {
            <li><span>{super::moves(row)}" "<code class="hostile">{text::visible(&row.what)}</code><span class="sub">{text::sentence(&text::visible(&row.why))}</span></span>
            <span>{row.class.map(ui::class_word)}</span></li>
        }
    });
    view! {
        <aside class="stack" aria-label="Effect">
            <section class="card" id="preview" tabindex="-1">
                <header><h2>"Effect"</h2>{direction(preview.effect.direction)}</header>
                <div class="pad"><p><strong>{text::sentence(&format!("this change {}", gist(&preview.effect)))}</strong></p></div>
                <ul class="lead rule">{rows.collect_view()}</ul>
            </section>
            {decided_by(preview)}
            {preview.sum.as_ref().map(|sum| effect::sum(&preview.effect, Some(sum)))}
        </aside>
    }
    .into_any()
}

fn decided_by(preview: &Preview) -> AnyView {
    let said = if preview.at_once {
        "Nobody has to approve it. It takes effect as soon as you propose it.".to_owned()
    } else {
        format!("{} can approve it.", counted(preview.may.len() as i64, "person", "people"))
    };
    let asks = (!preview.at_once).then(|| {
        let lines = route::asks(&preview.route).into_iter().map(|line| view! { <li>{line}</li> });
        view! { <ul class="list small">{lines.collect_view()}</ul> }
    });
    view! {
        <section class="card" id="who">
            <header><h2>"Who has to agree"</h2></header>
            <div class="pad stack tight">
                <p><strong>{said}</strong></p>
                {asks}
                {route::because(&preview.route)}
                {route::blocked(&preview.blocked_by)}
            </div>
            {(!preview.at_once).then(|| route::asked(&preview.consents))}
            {(!preview.at_once).then(|| route::people(&preview.may, &preview.may_not))}
            {(!preview.at_once).then(|| view! { <footer>{format!("The review ends after {} without effect if nobody decides.", route::long(preview.route.review))}</footer> })}
        </section>
    }
    .into_any()
}
