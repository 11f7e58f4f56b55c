//! The ledger: browse and verify.

use super::{Content, page};
use crate::context::PageContext;
use crate::list;
use domain::permission::Action;
use domain::seq::Seq;
use domain::text;
use leptos::prelude::*;
use service::ledger::{self, Row, StoredCheckpoint, Verified};
use service::listing::Sheet;
use ui::{Head, Tone, badge, cell, counted, note, number, numeric, time_words};

#[component]
pub fn Browse() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let (_, sheet) = list::load::<ledger::List>(&cx, read).await?;
            let (verbs, checkpoint) = ledger::surroundings(read).await?;
            Ok(Content::new("Ledger", Some(sheet.as_of), body(&cx, &sheet, &verbs, checkpoint.as_ref())))
        })
    })
}

fn sentence(sheet: &Sheet<Row>) -> String {
    if sheet.as_of.seq == Seq::ZERO {
        return "No entry as of this position.".to_owned();
    }
    let newest = sheet.rows.iter().map(|r| r.stored.entry.at).max();
    let shown = newest.map_or_else(
        || "none of them fits what is asked for".to_owned(),
        |at| format!("the newest on this page {}", time_words(at, sheet.as_of.at)),
    );
    format!("{} as of here, {shown}. Each commits to the rows it opened and closed.", counted(sheet.as_of.seq.get(), "entry", "entries"))
}

fn body(cx: &PageContext, sheet: &Sheet<Row>, verbs: &[String], checkpoint: Option<&StoredCheckpoint>) -> AnyView {
    let may = |action| cx.viewer().is_ok_and(|w| w.may(action));
    let by_verb = verbs.iter().map(|v| list::chip(cx, ("verb", v), v.clone(), &["subject", "actor"])).collect_view();
    let by_actor = cx.param("actor").map(|actor| list::chip(cx, ("actor", actor), "by one actor ✕", &[]));
    let none = view! { <h2>"No entry yet"</h2><p>"The first command writes one."</p> }.into_any();
    view! {
        <div class="head">
            <div><h1>"Ledger"</h1><p>{sentence(sheet)}</p></div>
            <div class="row">
                {list::csv(cx)}
                {may(Action::ReadLedger).then(|| view! { <a class="btn" href=cx.link("/redactions")>"Redactions"</a> })}
                {may(Action::VerifyLedger).then(|| view! { <a class="btn" href=cx.link("/ledger.jsonl") download="ledger.jsonl">"Download"</a><a class="btn primary" href="/ledger/verify">"Verify"</a> })}
            </div>
        </div>
        {about(cx)}
        <div class="row" role="group" aria-label="Filter by verb">{by_verb}{by_actor}</div>
        {list::card::<ledger::List>(cx, sheet, "Ledger entries", |name, row| rich(cx, name, row), None, none)}
        {checkpoint.map(shown)}
    }
    .into_any()
}

/// What happened to one thing, by its id.
fn about(cx: &PageContext) -> impl IntoView + use<> {
    let subject = cx.param("subject").unwrap_or_default().to_owned();
    let keep: Vec<(String, String)> = cx.query.iter().filter(|(k, _)| matches!(k.as_str(), "as_of" | "sort")).cloned().collect();
    view! {
        <form class="row" role="search" action="/ledger" method="get">
            {keep.into_iter().map(|(k, v)| view! { <input type="hidden" name=k value=v/> }).collect_view()}
            <label class="line"><span class="muted">"About"</span><input name="subject" value=subject placeholder="an id, for example idn_…" autocomplete="off"/></label>
            <button class="btn" type="submit">"Show"</button>
        </form>
    }
}

fn shown(c: &StoredCheckpoint) -> impl IntoView + use<> {
    view! {
        <details class="card"><summary>{format!("Checkpoint over {} entries", number(c.seq))}</summary>
            <div class="pad"><p class="small muted">"A C2SP signed note. Keep a copy elsewhere: verify --against it shows whether the history was cut or replaced."</p><div class="quote">{c.note.clone()}</div></div>
        </details>
    }
}

/// Who did it: a name, the user of the machine, or the kind of actor.
fn who(row: &Row) -> String {
    let e = &row.stored.entry;
    let host = || serde_json::from_str::<serde_json::Value>(&e.payload).ok()?.get("host_user")?.as_str().map(str::to_owned);
    let named = row.actor_name.clone().or_else(|| host().map(|h| format!("host: {}", text::capped(&h, 40))));
    named.unwrap_or_else(|| e.actor.kind.as_str().to_owned())
}

fn rich(cx: &PageContext, name: &str, row: &Row) -> Option<AnyView> {
    let e = &row.stored.entry;
    // A person's name leads to what they did, a subject to what happened to it.
    let link = |name: &str, value: &str, text: String| {
        let href = cx.with(&[("verb", ""), ("subject", ""), ("actor", ""), (name, value)]);
        view! { <a href=href>{text}</a> }.into_any()
    };
    Some(match name {
        "verb" => {
            let payload = text::capped(&e.payload, 2000);
            let more = (e.payload != "{}")
                .then(|| view! { <details><summary class="small">"payload"</summary><div class="quote">{payload}</div></details> });
            view! { {e.verb.clone()}{more} }.into_any()
        }
        "actor_name" => match e.actor.shown() {
            Some(id) => link("actor", &id, who(row)),
            None => who(row).into_any(),
        },
        "subject" => {
            let inside = match e.subject_id {
                Some(_) => link("subject", &e.subject(), e.subject()),
                None => e.subject().into_any(),
            };
            view! { <span class="mono-cell">{inside}</span> }.into_any()
        }
        "leaf_hash" => {
            let short: String = row.stored.leaf_hash.chars().take(12).collect();
            view! { <span class="mono-cell">{short}</span> }.into_any()
        }
        _ => return None,
    })
}

#[component]
pub fn Verify() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            cx.viewer()?.authorise(Action::VerifyLedger)?;
            service::only_now(cx.wanted()?)?;
            let sentence = format!(
                "{} will be hashed again, and every row compared with what its entry committed to.",
                counted(read.head().get(), "entry", "entries")
            );
            let body = view! {
                <div class="head">
                    <div><p class="small muted"><a href="/ledger">"Ledger"</a></p><h1>"Verify"</h1><p>{sentence}" You may leave the page meanwhile; nothing waits for it."</p></div>
                </div>
                <form method="post" action="/ledger/verify"><button class="btn primary" type="submit">"Verify now"</button></form>
                {outside()}
            };
            Ok(Content::new("Verify", None, body))
        })
    })
}

fn outside() -> impl IntoView {
    view! { <p class="small muted">"This page cannot see a store that was replaced as a whole. A checkpoint kept elsewhere can: countersign ledger verify --against FILE."</p> }
}

/// What a verification found, on the page of its job.
pub(super) fn verified(v: &Verified) -> impl IntoView + use<> {
    let sentence = format!(
        "{} hashed again and {} compared with what their entries committed to.",
        counted(v.entries.get(), "entry was", "entries were"),
        counted(v.rows as i64, "row", "rows")
    );
    let said = if v.intact {
        let root: String = v.root.chars().take(16).collect();
        let (entries, rows) = (number(v.entries), number(v.rows as i64));
        note(Tone::Ok, "Intact", format!("{entries} entries and {rows} rows agree, to the byte, with what was recorded. Root {root}…"))
    } else {
        let n = number(v.findings.len() as i64);
        let what = format!("{n} places do not agree with the ledger. Keep the database as it is and find out who could write to it.");
        note(Tone::Bad, "Not intact", what)
    };
    let rows = v.findings.iter().map(|f| {
        let row = text::capped(&f.id, 120);
        vec![cell(f.table.clone()).class("mono-cell"), cell(row).class("mono-cell"), numeric(number(f.seq)), cell(f.what.clone())]
    });
    let heads = vec![Head::new("Table"), Head::new("Row"), Head::numeric("Entry"), Head::new("What is wrong")];
    let table = ui::table("Findings", None, heads, rows);
    let findings = (!v.intact).then(|| view! { <section class="card">{table}</section> });
    let notes = v.notes.iter().map(|n| view! { <p class="small muted">{format!("Note: {n}.")}</p> }).collect_view();
    let mark = if v.intact { badge(Tone::Ok, "intact") } else { badge(Tone::Bad, "not intact") };
    view! {
        <div class="head">
            <div><p class="small muted"><a href="/ledger">"Ledger"</a></p><h1>"Verified"</h1><p>{sentence}</p></div>
            <div class="row">{mark}<a class="btn" href="/ledger/verify">"Again"</a></div>
        </div>
        {said}
        {findings}
        {notes}
        {outside()}
    }
}
