//! Redactions: what was asked for, what was erased, and the form to ask.

use super::{Content, page};
use crate::context::PageContext;
use domain::redaction::{Reason, Subject};
use leptos::prelude::*;
use service::redactions::Redaction;
use service::redactions::{self, Open, Page};
use ui::{Cell, ErrorSummary, Field, Head, Select, Tone, badge, cell, counted, number, numeric, time};

#[component]
pub fn Redactions() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let model = redactions::page(read).await?;
            Ok(Content::new("Redactions", Some(model.as_of), body(&cx, &model)))
        })
    })
}

fn sentence(m: &Page) -> String {
    let open = match m.open.len() as i64 {
        0 => "No request waits".to_owned(),
        n => format!("{} for a second person", counted(n, "request waits", "requests wait")),
    };
    format!(
        "{open}; {} erased so far. A redaction erases the text and its salt; its digest stays, and every proof still holds.",
        counted(m.done.len() as i64, "text", "texts")
    )
}

fn body(cx: &PageContext, m: &Page) -> AnyView {
    let who = |id: &domain::ids::PersonId| m.people.get(id).cloned().unwrap_or_else(|| "somebody".to_owned());
    let open = m.open.iter().map(|o| waiting(o, who(&o.by), m)).collect::<Vec<_>>();
    let done = m.done.iter().map(|d| erased(d, who(&d.first_person_id), who(&d.second_person_id))).collect::<Vec<_>>();
    let reasons = Reason::ALL.iter().map(|r| (r.as_str().to_owned(), r.label().to_owned())).collect();
    let subject = cx.param("subject").unwrap_or_default().to_owned();
    let (no_open, no_done) = (m.open.is_empty(), m.done.is_empty());
    view! {
        <div class="head"><div>
            <p class="small muted"><a href=cx.link("/ledger")>"Ledger"</a></p>
            <h1>"Redactions"</h1>
            <p>{sentence(m)}</p>
        </div></div>
        <ErrorSummary sent=cx.flash.clone()/>
        {m.may_ask.then(|| view! {
            <form class="card" method="post" action="/redactions">
                <div class="pad form-grid">
                    <Field sent=cx.flash.clone() name="subject" label="What is to be erased" value=subject hint="The id of a text (blb_…) or of a person who can no longer sign in (per_…)." required=true/>
                    <Select sent=cx.flash.clone() name="reason" label="Why" none="choose…" options=reasons/>
                </div>
                <footer class="row"><button class="btn primary" type="submit">"Ask for it"</button><span class="small muted">"Somebody else has to confirm within 30 days."</span></footer>
            </form>
        })}
        <section class="card">
            <header><h2>"Waiting for a second person"</h2></header>
            {(!no_open).then(|| {
                let heads = vec![Head::new("What"), Head::new("Why"), Head::new("Asked by"), Head::numeric("When"), Head::new("Confirm")];
                ui::table("Requests", None, heads, open)
            })}
            {no_open.then(|| view! { <div class="empty"><p>"Nothing waits. Texts that may be erased carry a link on the page of their identity."</p></div> })}
        </section>
        <section class="card">
            <header><h2>"Erased"</h2></header>
            {(!no_done).then(|| {
                let heads =
                    vec![Head::numeric("Entry"), Head::new("What"), Head::new("Why"), Head::new("Asked by"), Head::new("Confirmed by")];
                ui::table("Erased texts", None, heads, done)
            })}
            {no_done.then(|| view! { <div class="empty"><p>"Nothing was erased as of here. A request stands above until a second person confirms it."</p></div> })}
        </section>
    }
    .into_any()
}

fn waiting(o: &Open, by: String, m: &Page) -> Vec<Cell> {
    let action = format!("/redactions/{}/confirm", o.seq);
    let label = format!("Erase {} for good", o.subject.shown());
    let confirm = if o.may_confirm {
        view! { <form method="post" action=action><button class="btn" type="submit" aria-label=label>"Erase for good"</button></form> }
            .into_any()
    } else {
        badge(Tone::Unknown, "somebody else").into_any()
    };
    vec![
        cell(o.subject.shown()).class("mono-cell"),
        cell(o.reason.map_or("", Reason::label)),
        cell(by),
        numeric(time(o.at, m.as_of.at)),
        cell(confirm),
    ]
}

fn erased(d: &Redaction, first: String, second: String) -> Vec<Cell> {
    let kind = if d.subject_table == "blobs" { "blob" } else { "person" };
    let shown = Subject::of(kind, d.subject_id).map(Subject::shown).unwrap_or_default();
    vec![numeric(number(d.seq)), cell(shown).class("mono-cell"), cell(d.reason.label()), cell(first), cell(second)]
}
