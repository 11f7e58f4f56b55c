//! Redactions: texts somebody wants erased, those that are, and the pages that ask and confirm.

use super::ledger::tabs;
use super::{Content, confirm, page};
use crate::context::PageContext;
use crate::said;
use domain::permission::Action;
use domain::redaction::{Reason, Subject};
use domain::seq::Seq;
use domain::text;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use service::Error;
use service::redactions::{self, Chosen, Open, Page, Redaction, Target};
use ui::{Cell, ErrorSummary, Head, Select, cell, counted, numeric, time};

#[component]
pub fn Redactions() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let model = redactions::page(read).await?;
            let chosen = match cx.param("subject").filter(|_| model.may_ask) {
                Some(subject) => {
                    // Whoever tries one id after the other to learn what is there waits.
                    let who = cx.viewer()?.accountable();
                    Some(cx.services.at_door("redaction", &who, redactions::chosen(read, subject)).await?)
                }
                None => None,
            };
            Ok(Content::new("Redactions", Some(model.as_of), body(&cx, &model, chosen.as_ref())))
        })
    })
}

fn sentence(m: &Page) -> String {
    let open = match m.open.len() as i64 {
        0 => "No request waits".to_owned(),
        n => format!("{} for a second person", counted(n, "request waits", "requests wait")),
    };
    format!("{open}. {} so far.", counted(m.done.len() as i64, "text erased", "texts erased"))
}

fn body(cx: &PageContext, m: &Page, chosen: Option<&Chosen>) -> AnyView {
    let who = |id: &domain::ids::PersonId| m.people.get(id).map_or_else(|| "an erased person".to_owned(), |n| text::capped(n, 60));
    let open = m.open.iter().map(|o| waiting(cx, o, who(&o.by), m)).collect::<Vec<_>>();
    let done = m.done.iter().map(|d| erased(cx, d, who(&d.first_person_id), who(&d.second_person_id), m)).collect::<Vec<_>>();
    let (no_open, no_done) = (m.open.is_empty(), m.done.is_empty());
    let how = "Open a text on the page of its identity and choose Request erasure. A second person confirms it.";
    view! {
        <div class="head"><div>
            <h1>"Redactions"</h1>
            <p>{sentence(m)}" Erasing a text leaves all proofs valid."</p>
        </div></div>
        {tabs(cx)}
        <ErrorSummary sent=cx.flash.clone()/>
        {chosen.map(|c| form(cx, c))}
        <section class="card">
            <header><h2>"Waiting for a second person"</h2></header>
            {(!no_open).then(|| {
                let heads = vec![Head::new("Text"), Head::new("Reason"), Head::new("Requested by"), Head::numeric("When"), Head::new("Action")];
                ui::table("Requests", None, heads, open)
            })}
            {no_open.then(|| view! { <div class="empty"><h2>"No request waits"</h2><p>{how}</p></div> })}
        </section>
        <section class="card">
            <header><h2>"Erased"</h2></header>
            {(!no_done).then(|| {
                let heads =
                    vec![Head::new("Text"), Head::new("Reason"), Head::new("Requested by"), Head::new("Confirmed by"), Head::numeric("Proof")];
                ui::table("Erased texts", None, heads, done)
            })}
            {no_done.then(|| view! { <div class="empty"><h2>"Nothing erased yet"</h2><p>"Each erased text appears here, with who asked and who confirmed."</p></div> })}
        </section>
    }
    .into_any()
}

/// What is to be erased, by a name.
fn target(cx: &PageContext, target: &Target) -> AnyView {
    match target {
        Target::OfIdentity { id, name, kind } => {
            let what = kind.map_or("purpose", domain::surface::SurfaceKind::label);
            let href = cx.link(&format!("/identities/{id}"));
            view! { {what}" of "<a href=href>{text::capped(name, 80)}</a> }.into_any()
        }
        Target::Person(Some(name)) => format!("name and email of {}", text::capped(name, 80)).into_any(),
        Target::Person(None) => "name and email of a person".into_any(),
        Target::Text => "a text of the past".into_any(),
    }
}

fn of(cx: &PageContext, m: &Page, subject: uuid::Uuid) -> AnyView {
    m.targets.get(&subject).map(|t| target(cx, t)).into_any()
}

fn form(cx: &PageContext, c: &Chosen) -> impl IntoView + use<> {
    let reasons = Reason::ALL.iter().map(|r| (r.as_str().to_owned(), r.label().to_owned())).collect();
    view! {
        <section class="card form-narrow">
            <header><h2>"Request erasure"</h2></header>
            <form class="pad form-narrow" method="post" action="/redactions">
                <p>{target(cx, &c.target)}</p>
                {c.text.clone().map(|t| view! { <div class="quote">{t}</div> })}
                <input type="hidden" name="subject" value=c.subject.shown()/>
                <Select sent=cx.flash.clone() name="reason" label="Reason" none="Choose a reason" options=reasons/>
                <p class="small muted">"Someone else has to confirm within 30 days. Until then nothing is erased."</p>
                <div class="row"><button class="btn primary" type="submit">"Request erasure"</button><a class="btn" href="/redactions">"Cancel"</a></div>
            </form>
        </section>
    }
}

fn waiting(cx: &PageContext, o: &Open, by: String, m: &Page) -> Vec<Cell> {
    let href = format!("/redactions/{}/confirm", o.seq);
    let action = if o.may_confirm {
        view! { <a class="btn" href=href>"Review and erase"</a> }.into_any()
    } else {
        view! { <span class="muted">"needs someone else"</span> }.into_any()
    };
    let when = view! { {time(o.at, m.as_of.at)}<span class="sub">{said::entry(cx, o.seq)}</span> };
    vec![cell(of(cx, m, o.subject.id())), cell(o.reason.map_or("", Reason::noun)), cell(by), numeric(when), cell(action)]
}

fn erased(cx: &PageContext, d: &Redaction, first: String, second: String, m: &Page) -> Vec<Cell> {
    vec![cell(of(cx, m, d.subject_id)), cell(d.reason.noun()), cell(first), cell(second), numeric(said::entry(cx, d.seq))]
}

/// What goes for good, before it goes.
#[component]
pub fn Confirm() -> impl IntoView {
    let wanted = use_params_map().read_untracked().get("seq");
    page(|cx, read| {
        Box::pin(async move {
            cx.viewer()?.authorise(Action::Redact)?;
            service::only_now(cx.wanted()?)?;
            let seq = wanted.and_then(|t| t.parse().ok()).map(Seq).ok_or(Error::NotFound("erasure request"))?;
            let (open, chosen) = redactions::waiting(read, seq).await?;
            if !open.may_confirm {
                return Err(Error::Conflict("You requested this erasure. Someone else has to confirm it.".to_owned()));
            }
            let what = match chosen.subject {
                Subject::Person(_) => "The name and email are gone for good, in every version",
                Subject::Blob(_) => "The text is gone for good, in every version that shows it",
            };
            let mut consequences = vec![target(&cx, &chosen.target), what.into_any()];
            consequences.push("The ledger keeps the SHA-256, so every proof stays valid".into_any());
            consequences.extend(chosen.text.map(|t| view! { <div class="quote">{t}</div> }.into_any()));
            let asked = confirm::Asked {
                title: "Erase this text?".to_owned(),
                sentence: format!("Requested for this reason: {}. This can't be undone.", open.reason.map_or("none", Reason::noun)),
                consequences,
                action: format!("/redactions/{seq}/confirm"),
                button: "Erase for good".to_owned(),
                back: "/redactions".to_owned(),
            };
            Ok(Content::new("Erase this text", None, confirm::page(&cx, asked)))
        })
    })
}
