//! Redactions: what was asked for, what was erased, and the form to ask.

use super::{Content, page};
use crate::context::PageContext;
use crate::ui::{ErrorSummary, Field, Select, Tone, badge, counted, number, time};
use domain::redaction::{Reason, Subject};
use leptos::prelude::*;
use service::redactions::Redaction;
use service::redactions::{self, Open, Page};

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
    let open = m.open.iter().map(|o| waiting(o, who(&o.by), m)).collect_view();
    let done = m.done.iter().map(|d| erased(d, who(&d.first_person_id), who(&d.second_person_id))).collect_view();
    let reasons = Reason::ALL.iter().map(|r| (r.as_str().to_owned(), r.label().to_owned())).collect();
    let subject = cx.param("subject").unwrap_or_default().to_owned();
    let (no_open, no_done) = (m.open.is_empty(), m.done.is_empty());
    view! {
        <div class="head"><div>
            <p class="small muted"><a href=cx.link("/ledger")>"Ledger"</a></p>
            <h1>"Redactions"</h1>
            <p>{sentence(m)}</p>
        </div></div>
        <ErrorSummary cx=cx.clone()/>
        {m.may_ask.then(|| view! {
            <form class="card" method="post" action="/redactions">
                <div class="pad form-grid">
                    <Field cx=cx.clone() name="subject" label="What is to be erased" value=subject hint="The id of a text (blb_…) or of a person who can no longer sign in (per_…)." required=true/>
                    <Select cx=cx.clone() name="reason" label="Why" none="choose…" options=reasons/>
                </div>
                <footer class="row"><button class="btn primary" type="submit">"Ask for it"</button><span class="small muted">"Somebody else has to confirm within 30 days."</span></footer>
            </form>
        })}
        <section class="card">
            <header><h2>"Waiting for a second person"</h2></header>
            {(!no_open).then(|| view! {
                <div class="scroll" tabindex="0" role="group" aria-label="Requests">
                    <table>
                        <thead><tr><th scope="col">"What"</th><th scope="col">"Why"</th><th scope="col">"Asked by"</th><th scope="col" class="num">"When"</th><th scope="col">"Confirm"</th></tr></thead>
                        <tbody>{open}</tbody>
                    </table>
                </div>
            })}
            {no_open.then(|| view! { <div class="empty"><p>"Nothing waits. Texts that may be erased carry a link on the page of their identity."</p></div> })}
        </section>
        <section class="card">
            <header><h2>"Erased"</h2></header>
            {(!no_done).then(|| view! {
                <div class="scroll" tabindex="0" role="group" aria-label="Erased texts">
                    <table>
                        <thead><tr><th scope="col" class="num">"Entry"</th><th scope="col">"What"</th><th scope="col">"Why"</th><th scope="col">"Asked by"</th><th scope="col">"Confirmed by"</th></tr></thead>
                        <tbody>{done}</tbody>
                    </table>
                </div>
            })}
            {no_done.then(|| view! { <div class="empty"><p>"Nothing was erased as of here. A request stands above until a second person confirms it."</p></div> })}
        </section>
    }
    .into_any()
}

fn waiting(o: &Open, by: String, m: &Page) -> impl IntoView + use<> {
    let action = format!("/redactions/{}/confirm", o.seq);
    let label = format!("Erase {} for good", o.subject.shown());
    let confirm = if o.may_confirm {
        view! { <form method="post" action=action><button class="btn" type="submit" aria-label=label>"Erase for good"</button></form> }
            .into_any()
    } else {
        badge(Tone::Unknown, "somebody else").into_any()
    };
    view! {
        <tr>
            <td class="mono-cell">{o.subject.shown()}</td>
            <td>{o.reason.map_or("", Reason::label)}</td>
            <td>{by}</td>
            <td class="num nowrap">{time(o.at, m.as_of.at)}</td>
            <td>{confirm}</td>
        </tr>
    }
}

fn erased(d: &Redaction, first: String, second: String) -> impl IntoView + use<> {
    let kind = if d.subject_table == "blobs" { "blob" } else { "person" };
    let shown = Subject::of(kind, d.subject_id).map(Subject::shown).unwrap_or_default();
    view! {
        <tr>
            <td class="num">{number(d.seq)}</td>
            <td class="mono-cell">{shown}</td>
            <td>{d.reason.label()}</td>
            <td>{first}</td>
            <td>{second}</td>
        </tr>
    }
}
