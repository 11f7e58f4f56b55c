//! One change, read like the best pull request: one computed sentence, the effect, the difference, the sum, what does not
//! come back, who has to agree, what happened. Beside it the panel that decides.

use super::{direction, effect, operations, route, state, talk};
use crate::context::{PageContext, id};
use crate::pages::{Content, page};
use domain::change::State;
use domain::change::operation::Operation;
use domain::text;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use service::changes::{self, Page};
use ui::{Tone, note, number, time_words};

#[component]
pub fn Detail() -> impl IntoView {
    let wanted = use_params_map().read_untracked().get("id");
    page(|cx, read| {
        Box::pin(async move {
            let id = id::<domain::ids::noun::Change>(wanted, "change")?;
            let model = changes::show(read, id).await?;
            // What it names is written by sources and agents: the title holds the id alone.
            Ok(Content::new(format!("Change {}", id.short()), Some(model.as_of), body(&cx, &model)))
        })
    })
}

fn body(cx: &PageContext, m: &Page) -> AnyView {
    let names = &m.shown.names;
    view! {
        {head(cx, m)}
        <div class="split change">
            <div class="stack">
                {stale(m)}
                {adoption(cx, m)}
                {whole(cx, m)}
                {effect::table(cx, &m.candidate.effect, names)}
                {operations::list(&m.steps, &m.before, &m.names)}
                {effect::sum(&m.candidate.effect, m.shown.sum.as_ref())}
                {effect::comes_back(&m.candidate.effect, talk::undo_plan(m.shown.rollback.as_ref()))}
                {route::card(&m.candidate.route, &m.deciding)}
                {talk::reason(m)}
                {talk::questions(cx, &m.shown.talk)}
                {talk::timeline(cx, m)}
            </div>
            {super::decide::panel(cx, m)}
        </div>
    }
    .into_any()
}

fn head(cx: &PageContext, m: &Page) -> AnyView {
    let (back, label) = if cx.param("from") == Some("inbox") { ("/inbox", "Inbox") } else { ("/changes", "Changes") };
    view! {
        <div class="head">
            <div>
                <p class="crumb"><a href=cx.link(back)>{label}</a>{format!(" / Change of {}", m.asked_at.moment())}</p>
                <h1>{text::visible(&m.sentence)}</h1>
                <p class="badges">
                    {direction(m.candidate.effect.direction)}
                    {ui::tag(m.candidate.route.column.label())}
                    {state(m.state)}
                    {m.candidate.route.single_control.then(|| ui::tag("single control"))}
                </p>
            </div>
        </div>
    }
    .into_any()
}

/// The sentence of the whole, who asked, and what came of it.
fn whole(cx: &PageContext, m: &Page) -> AnyView {
    let drafted = (m.shown.drafted_by != m.shown.asked_by).then(|| view! { " Drafted by "{talk::who(cx, &m.shown.drafted_by)}"." });
    let applied = m.applied.as_ref().map(|(seq, before, after)| {
        let short = |digest: &str| digest.chars().take(12).collect::<String>();
        view! {
            <p class="small">
                "Applied with "{crate::said::entry(cx, *seq)}". SHA-256 of the approved state before "<code>{short(before)}</code>", after "<code>{short(after)}</code>"."
            </p>
        }
    });
    view! {
        <section class="card effect">
            <div class="pad stack tight">
                <p class="big">{sentence(m)}</p>
                <p class="small muted">"Asked by "{talk::who(cx, &m.shown.asked_by)}{format!(", {}.", time_words(m.asked_at, m.as_of.at))}{drafted}</p>
                {applied}
                {receipt(cx, m)}
            </div>
        </section>
    }
    .into_any()
}

/// What an approved change leaves the reader with: a file that needs no server to be believed.
fn receipt(cx: &PageContext, m: &Page) -> Option<AnyView> {
    changes::has_receipt(m.state).then(|| {
        let (href, name) = (cx.link(&format!("/api/v1/changes/{}/receipt", m.id)), format!("{}.receipt.json", m.id));
        view! {
            <p class="small">
                <a class="btn" href=href download=name>"Download receipt"</a>
                " Proves offline who approved exactly this."
            </p>
        }
        .into_any()
    })
}

/// What it comes to and how many must agree, of figures alone.
fn sentence(m: &Page) -> String {
    let effect = &m.candidate.effect;
    let people = match m.candidate.route.cell.people {
        0 => "Nobody has to approve it.".to_owned(),
        1 => "One independent person has to approve it.".to_owned(),
        n => format!("{} independent people have to approve it.", number(i64::from(n))),
    };
    let ends = match effect.ends_at {
        Some(at) => format!(" What it gives expires {} UTC.", at.moment()),
        None if effect.standing => " What it gives never expires.".to_owned(),
        None => String::new(),
    };
    format!("This change {}.{ends} {people}", super::gist(effect))
}

/// Of an adoption: what came after it was read, and how far it is.
fn adoption(cx: &PageContext, m: &Page) -> Option<AnyView> {
    let adopt = m.steps.iter().find_map(|step| if let Operation::Adopt(o) = &step.operation { Some(o) } else { None })?;
    let said = match m.moved_since? {
        0 => "Nothing in the source has changed since.".to_owned(),
        n if n > MOVED_MOST => format!("More than {} identities have changed since. Those changes are not in it.", number(MOVED_MOST)),
        n => format!("{} changed since. Those changes are not in it.", ui::counted(n, "identity has", "identities have")),
    };
    let running = m.progress.as_deref().filter(|text| !text.is_empty()).map(|text| {
        let text = text::sentence(text);
        view! { <p role="status"><strong>"Being applied: "</strong>{text}</p> }
    });
    let again = (m.state == State::Applying).then(|| view! { <noscript><meta http-equiv="refresh" content="5"/></noscript> });
    Some(
        view! {
            {again}
            <section class="card" id="adoption"><div class="pad stack tight">
                <p>"This adopts the source as it was with "{crate::said::entry(cx, adopt.position)}". "{said}</p>
                {running}
            </div></section>
        }
        .into_any(),
    )
}

/// More than so many are not counted.
const MOVED_MOST: i64 = 10_000;

/// The store moved since: whoever acts next decides on what it is then, if anything can be made of it.
fn stale(m: &Page) -> Option<AnyView> {
    if let Some(why) = &m.unweighed {
        let text = format!("{why} What is below is what was computed when it was proposed. It can be rejected or withdrawn, not approved.");
        return Some(note(Tone::Warn, "This change can't be computed any more", text).into_any());
    }
    m.stale.then(|| {
        let text = "Something this change rests on is no longer as it was. Its effect and routing are calculated again as soon as anyone acts on it, and you are shown what is new before it counts.";
        note(Tone::Warn, "This page is not up to date", text).into_any()
    })
}
