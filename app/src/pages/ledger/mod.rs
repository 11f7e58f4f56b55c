//! The ledger: entries as sentences, day by day, one entry with what it commits to, and verifying.

mod entry;
mod verify;

pub use entry::Show;
pub use verify::Verify;
pub(super) use verify::verified;

use super::{Content, page};
use crate::context::PageContext;
use crate::{list, said};
use domain::permission::Action;
use domain::seq::Seq;
use domain::text;
use domain::time::{DAY, Timestamp};
use domain::verb::Area;
use leptos::prelude::*;
use service::ledger::{self, Row, StoredCheckpoint};
use service::listing::Sheet;
use ui::{counted, number};

#[component]
pub fn Browse() -> impl IntoView {
    page(|mut cx, read| {
        Box::pin(async move {
            quiet(&mut cx);
            let (_, sheet) = list::load::<ledger::List>(&cx, read).await?;
            let checkpoint = ledger::newest_checkpoint(read).await?;
            Ok(Content::new("Ledger", Some(sheet.as_of), body(&cx, &sheet, checkpoint.as_ref())))
        })
    })
}

/// Sign-ins are left out until somebody asks for them; every link of the page says so, and so does the file of it.
fn quiet(cx: &mut PageContext) {
    let asked = ["sign_ins", "verb"].iter().any(|name| cx.param(name).is_some());
    if !asked && cx.param("area") != Some(Area::SignIns.as_str()) {
        cx.query.push(("sign_ins".to_owned(), "hidden".to_owned()));
    }
}

fn sentence(sheet: &Sheet<Row>) -> String {
    if sheet.as_of.seq == Seq::ZERO {
        return "No entries yet. The first sign-in or import writes one.".to_owned();
    }
    let all = counted(sheet.as_of.seq.get(), "entry", "entries");
    format!("{all}. Nothing can be changed or removed unseen.")
}

/// The ways between the parts of the ledger.
pub(in crate::pages) fn tabs(cx: &PageContext) -> impl IntoView + use<> {
    let may = |action| cx.viewer().is_ok_and(|w| w.may(action));
    let all = [
        ("/ledger", "Entries", true),
        ("/ledger/verify", "Verify", may(Action::VerifyLedger) && cx.is_now()),
        ("/redactions", "Redactions", true),
    ];
    let links = all.into_iter().filter(|(_, _, may)| *may).map(|(path, label, _)| {
        let here = cx.path == path;
        view! { <a href=cx.link(path) aria-current=here.then_some("page")>{label}</a> }
    });
    view! { <nav class="tabs" aria-label="Ledger">{links.collect_view()}</nav> }
}

fn body(cx: &PageContext, sheet: &Sheet<Row>, checkpoint: Option<&StoredCheckpoint>) -> AnyView {
    let may = cx.viewer().is_ok_and(|w| w.may(Action::VerifyLedger));
    let areas = Area::ALL.iter().filter(|a| **a != Area::SignIns);
    let areas = areas.map(|a| list::chip(cx, ("area", a.as_str()), a.label(), &["verb", "sign_ins"])).collect_view();
    view! {
        <div class="head">
            <div><h1>"Ledger"</h1><p>{sentence(sheet)}</p></div>
            <div class="row">
                {list::csv(cx)}
                {may.then(|| view! { <a class="btn" href=cx.link("/ledger.jsonl") download="ledger.jsonl">"Ledger export (verifies offline)"</a> })}
            </div>
        </div>
        {tabs(cx)}
        {list::search(cx, "Search name, ID or entry")}
        <div class="row" role="group" aria-label="Filters">{areas}{sign_ins(cx)}{narrowed(cx)}</div>
        {log(cx, sheet)}
        {checkpoint.map(|c| shown(cx, c))}
    }
    .into_any()
}

/// Shows the sign-ins, or hides them again.
fn sign_ins(cx: &PageContext) -> Option<AnyView> {
    if cx.param("area").is_some_and(|a| a != Area::SignIns.as_str()) || cx.param("verb").is_some() {
        return None;
    }
    let hidden = cx.param("sign_ins") == Some("hidden");
    let (word, label) = if hidden { ("shown", "Show sign-ins") } else { ("hidden", "Hide sign-ins") };
    Some(ui::chip(cx.with(&[("sign_ins", word), ("area", "")]), label, false).into_any())
}

/// What an address of elsewhere narrows the list to, as something to take off.
fn narrowed(cx: &PageContext) -> impl IntoView + use<> {
    let one =
        |name: &'static str, label: &'static str| cx.param(name).map(|_| ui::chip(cx.with(&[(name, "")]), format!("{label} ✕"), true));
    view! { {one("subject", "About one record")}{one("actor", "By one person or agent")}{one("verb", "One kind of entry")} }
}

/// The entries of the page, each day under its own heading.
fn log(cx: &PageContext, sheet: &Sheet<Row>) -> AnyView {
    if sheet.rows.is_empty() {
        return view! { <section class="card"><div class="empty">{nothing(cx)}</div></section> }.into_any();
    }
    let mut days: Vec<(Timestamp, Vec<&Row>)> = vec![];
    for row in &sheet.rows {
        let at = row.stored.entry.at;
        match days.last_mut() {
            Some((day, rows)) if day.date() == at.date() => rows.push(row),
            _ => days.push((at, vec![row])),
        }
    }
    let today = cx.is_now().then_some(sheet.as_of.at);
    let days = days.into_iter().map(|(at, rows)| {
        let rows = rows.into_iter().map(|row| line(cx, row)).collect_view();
        view! { <h2 class="day">{day(at, today)}</h2><ol class="log">{rows}</ol> }
    });
    let (newest, oldest) = (sheet.rows.first(), sheet.rows.last());
    let span =
        newest.zip(oldest).map(|(a, b)| format!("Entries {} to {}. Times in UTC.", number(a.stored.entry.seq), number(b.stored.entry.seq)));
    view! {
        <section class="card" aria-label="Ledger entries">
            {days.collect_view()}
            <p class="small muted pad">{span}</p>
            {list::pager(cx, sheet.next.as_deref())}
        </section>
    }
    .into_any()
}

fn line(cx: &PageContext, row: &Row) -> impl IntoView + use<> {
    let e = &row.stored.entry;
    let href = cx.link(&format!("/ledger/{}", e.seq));
    view! {
        <li>
            <time datetime=e.at.rfc3339()>{e.at.clock()}</time>
            <span>{said::sentence(cx, &row.sentence)}</span>
            <a class="en" href=href>{format!("entry {}", number(e.seq))}</a>
        </li>
    }
}

/// `Today, 26 November 2026`.
fn day(at: Timestamp, today: Option<Timestamp>) -> String {
    let date = at.day();
    match today {
        Some(now) if now.date() == at.date() => format!("Today, {date}"),
        Some(now) if now.plus(-DAY).date() == at.date() => format!("Yesterday, {date}"),
        _ => date,
    }
}

fn nothing(cx: &PageContext) -> AnyView {
    match cx.param("q") {
        Some(term) => {
            let title = format!("Nothing named \u{201c}{}\u{201d} is in the ledger", text::capped(term, 60));
            view! { <h2>{title}</h2><p>"Try a part of a name, an ID, or the number of an entry."</p><p><a href=cx.link("/ledger")>"Clear filters"</a></p> }
                .into_any()
        }
        None if cx.param("area").is_some() || cx.param("subject").is_some() || cx.param("actor").is_some() => {
            view! { <h2>"No entries match"</h2><p><a href=cx.link("/ledger")>"Clear filters"</a></p> }.into_any()
        }
        None => view! { <h2>"No entries yet"</h2><p>"Every import, sign-in and change appears here."</p> }.into_any(),
    }
}

fn shown(cx: &PageContext, c: &StoredCheckpoint) -> impl IntoView + use<> {
    view! {
        <details class="card"><summary>{format!("Checkpoint of entry {}", number(c.seq))}</summary>
            <div class="pad stack"><p class="small muted">"A signed summary of all entries so far. Keep a copy elsewhere: comparing it later shows whether the ledger was cut or replaced."</p>{ui::copied_line(c.note.clone())}<p class="small"><a class="btn" href=cx.link("/api/v1/ledger/checkpoint") download="countersign.checkpoint">"Download checkpoint"</a></p></div>
        </details>
    }
}
