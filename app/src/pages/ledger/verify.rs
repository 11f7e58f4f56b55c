//! Verifying the ledger, and what a verification found.

use super::tabs;
use crate::context::PageContext;
use crate::pages::{Content, page};
use domain::permission::Action;
use domain::text;
use leptos::prelude::*;
use service::ledger::Verified;
use service::overview::Checked;
use ui::{ErrorSummary, Head, Tone, badge, cell, counted, field_error, note, number, numeric, time};

#[component]
pub fn Verify() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            cx.viewer()?.authorise(Action::VerifyLedger)?;
            service::only_now(cx.wanted()?)?;
            let sentence = format!(
                "Checks {} and every record against the hashes they were written with.",
                counted(read.head().get(), "entry", "entries")
            );
            let body = view! {
                <div class="head"><div><h1>"Verify the ledger"</h1><p>{sentence}" You can leave the page meanwhile."</p></div></div>
                {tabs(&cx)}
                <ErrorSummary sent=cx.flash.clone()/>
                {last(&cx)}
                <form method="post" action="/ledger/verify"><button class="btn primary" type="submit">"Verify now"</button></form>
                {compare(&cx)}
            };
            Ok(Content::new("Verify the ledger", None, body))
        })
    })
}

/// When it was verified last, by whom, and what came of it.
fn last(cx: &PageContext) -> AnyView {
    let Some(Checked { at, intact, entries, by }) = cx.services.verified() else {
        return view! { <p class="row">{badge(Tone::Unknown, "not verified")}<span>"Nobody has verified the ledger since the server started."</span></p> }
            .into_any();
    };
    let (tone, word) = if intact { (Tone::Ok, "intact") } else { (Tone::Bad, "not intact") };
    let said = format!(", by {}, up to entry {}.", text::capped(&by, 80), number(entries));
    view! { <p class="row">{badge(tone, word)}<span>"Last verified "{time(at, cx.services.now())}{said}</span></p> }.into_any()
}

/// Against what somebody kept: the one thing that shows a database swapped for another.
fn compare(cx: &PageContext) -> impl IntoView + use<> {
    let open = cx.flash.error.is_some();
    view! {
        <details class="card" open=open>
            <summary>"Compare with a checkpoint kept elsewhere"</summary>
            <form class="pad form-narrow" method="post" action="/ledger/verify" enctype="multipart/form-data">
                <p class="small muted">"Only a checkpoint from another place can show a database swapped for another one. Ledger, Entries shows the newest to keep."</p>
                <label>"Checkpoint file"<input type="file" name="checkpoint" id="field-checkpoint" required=true aria-describedby="hint-checkpoint"/>
                    {field_error(&cx.flash, "checkpoint")}
                    <span class="hint" id="hint-checkpoint">"One checkpoint, or a file of many, at most 256 KB"</span></label>
                <div class="row"><button class="btn" type="submit">"Verify against this file"</button></div>
            </form>
        </details>
    }
}

fn outside() -> impl IntoView {
    view! {
        <p class="small muted">
            "This check can't detect a database swapped for another one. Compare with a checkpoint kept elsewhere: "
            <a href="/ledger/verify">"upload one on the page Verify"</a>", or run "<code>"countersign ledger verify --against FILE"</code>"."
        </p>
    }
}

/// What a verification found, on the page of its job.
pub(in crate::pages) fn verified(v: &Verified) -> impl IntoView + use<> {
    let (entries, records) = (number(v.entries), number(v.rows as i64));
    let sentence = if v.intact {
        format!("Verified: all {entries} entries and {records} records match the ledger.")
    } else {
        format!("{} found in {entries} entries and {records} records.", counted(v.findings.len() as i64, "problem", "problems"))
    };
    let said = (!v.intact).then(|| {
        let what = "Keep the database as it is, and find out who could write to it. Don't restore anything yet.";
        note(Tone::Bad, "The ledger was altered", what)
    });
    let rows = v.findings.iter().map(|f| {
        let row = text::capped(&f.id, 120);
        let href = format!("/ledger/{}", f.seq);
        let entry = view! { <a href=href>{number(f.seq)}</a> };
        vec![cell(f.table.clone()).class("mono-cell"), cell(row).class("mono-cell"), numeric(entry), cell(f.what.clone())]
    });
    let heads = vec![Head::new("Table"), Head::new("Record"), Head::numeric("Entry"), Head::new("Problem")];
    let table = ui::table("Problems", None, heads, rows);
    let findings = (!v.intact).then(|| view! { <section class="card">{table}</section> });
    let notes = v.notes.iter().map(|n| view! { <p class="small muted">{format!("Note: {n}.")}</p> }).collect_view();
    let title = if v.intact { "Ledger verified" } else { "Ledger not intact" };
    let mark = if v.intact { badge(Tone::Ok, "intact") } else { badge(Tone::Bad, "not intact") };
    view! {
        <div class="head">
            <div><p class="crumb"><a href="/ledger">"Ledger"</a></p><h1>{title}</h1><p>{sentence}</p></div>
            <div class="row">{mark}<a class="btn" href="/ledger/verify">"Verify again"</a></div>
        </div>
        {said}
        {findings}
        {notes}
        <section class="card"><div class="pad"><dl class="facts left"><dt>"Root hash"</dt><dd>{ui::copied(v.root.clone())}</dd></dl></div></section>
        {outside()}
    }
}
