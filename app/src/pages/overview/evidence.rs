//! What an auditor looks at: whether the record is whole, what was done of late, and taking it away.

use super::{head, identities};
use crate::context::PageContext;
use crate::said;
use domain::permission::Action;
use leptos::prelude::*;
use service::overview::{Checked, Overview as Model};
use ui::{Tone, counted, note, number, time};

pub fn body(cx: &PageContext, m: &Model) -> AnyView {
    let who = cx.viewer().ok().filter(|w| w.may(Action::VerifyLedger) && cx.is_now());
    let export = who.map(|_| view! { <a class="btn primary" href="/ledger.jsonl">"Export evidence"</a> }.into_any());
    view! {
        {head(sentence(cx, m), export)}
        {checked(cx)}
        <div class="cols-4">
            {super::stat(identities(cx, "review=adopted"), "Approved", m.figure("identities.review.adopted"), "countersigned by two people".to_owned(), ui::WHETHER_PEOPLE)}
            {super::stat(identities(cx, "review=unreviewed"), "Unreviewed", m.figure("identities.review.unreviewed"), "imported, not yet approved".to_owned(), ui::WHETHER_PEOPLE)}
            {super::stat(identities(cx, "no_owner=1"), "No owner", m.figure("identities.no_owner"), format!("of {}", number(m.count("identities"))), ui::WHETHER_PEOPLE)}
        </div>
        {super::changed::panel(cx, &m.changed, m.as_of)}
        {latest(cx, m)}
    }
    .into_any()
}

fn sentence(cx: &PageContext, m: &Model) -> String {
    let entries = counted(m.as_of.seq.get(), "entry", "entries");
    match cx.services.verified().filter(|_| cx.is_now()) {
        Some(Checked { intact: true, at, .. }) => {
            format!("{entries}, verified {}. Nothing can be changed or removed unseen.", ui::time_words(at, m.as_of.at))
        }
        Some(_) => format!("{entries}. The last verification found that the ledger is not intact."),
        None => format!("{entries}. Each commits to the records it began and ended."),
    }
}

fn checked(cx: &PageContext) -> Option<AnyView> {
    let may = cx.is_now() && cx.viewer().is_ok_and(|w| w.may(Action::VerifyLedger));
    match cx.services.verified() {
        Some(Checked { intact: false, .. }) => Some(note(Tone::Bad, "Ledger not intact", "Open Verify for what was found.").into_any()),
        None if may => Some(
            view! { <p class="row"><a class="btn" href="/ledger/verify">"Verify ledger"</a><span class="small muted">"Not verified since the server started."</span></p> }
                .into_any(),
        ),
        _ => None,
    }
}

fn latest(cx: &PageContext, m: &Model) -> Option<AnyView> {
    let rows = m.latest.iter().map(|row| {
        let e = &row.stored.entry;
        view! { <li><div>{said::sentence(cx, &row.sentence)}<span class="sub">{said::entry(cx, e.seq)}</span></div><span class="when">{time(e.at, m.as_of.at)}</span></li> }
    });
    let rows = rows.collect_view();
    (!m.latest.is_empty()).then(|| {
        view! {
            <section class="card">
                <header><h2>"Recent activity"</h2><a class="small" href=cx.link("/ledger")>"Ledger"</a></header>
                <ul class="lead">{rows}</ul>
            </section>
        }
        .into_any()
    })
}
