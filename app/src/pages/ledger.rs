//! The ledger: browse and verify.

use super::{Content, page};
use crate::context::{PageContext, word};
use crate::ui::{Tone, badge, counted, note, number, time, time_words};
use domain::permission::Action;
use domain::seq::Seq;
use domain::text;
use leptos::prelude::*;
use service::Error;
use service::ledger::{self, Filter, Order, Page, Verified};

#[component]
pub fn Browse() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let (filter, order, cursor) = query(|n| cx.param(n).map(str::to_owned))?;
            let model = ledger::page(read, (order, cursor), &filter, ledger::PAGE).await?;
            Ok(Content::new("Ledger", Some(model.as_of), body(&cx, &model, order)))
        })
    })
}

/// The query of the list, shared with its CSV. `before` goes on newest first, `after` oldest first.
pub fn query(param: impl Fn(&str) -> Option<String>) -> Result<(Filter, Order, Option<Seq>), Error> {
    let id = |name| match param(name).map(|text| (domain::ids::parse_any(&text), text)) {
        Some((Some((_, id)), _)) => Ok(Some(id)),
        Some((None, text)) => {
            Err(Error::invalid(name, format!("{:?} is no id; an id looks like idn_01h455vb4pex5vsknk084sn02q", text::capped(&text, 60))))
        }
        None => Ok(None),
    };
    let filter = match (id("subject")?, id("actor")?, param("verb")) {
        (Some(id), None, None) => Filter::Subject(id),
        (None, Some(id), None) => Filter::Actor(id),
        (None, None, Some(verb)) => Filter::Verb(verb),
        (None, None, None) => Filter::All,
        _ => return Err(Error::invalid("subject", "a page is narrowed to one subject, one actor or one verb, not to two of them")),
    };
    let order = word(&param, "sort", Order::parse)?.unwrap_or_default();
    Ok((filter, order, word(&param, order.cursor(), |c| c.parse().ok().map(Seq))?))
}

fn sentence(m: &Page) -> String {
    if m.as_of.seq == Seq::ZERO {
        return "No entry as of this position.".to_owned();
    }
    let newest = m.entries.iter().map(|s| s.entry.at).max();
    let shown = newest.map_or_else(
        || "none of them fits what is asked for".to_owned(),
        |at| format!("the newest on this page {}", time_words(at, m.as_of.at)),
    );
    format!("{} as of here, {shown}. Each commits to the rows it opened and closed.", counted(m.as_of.seq.get(), "entry", "entries"))
}

fn body(cx: &PageContext, m: &Page, order: Order) -> AnyView {
    let may_verify = cx.viewer().is_ok_and(|w| w.may(Action::VerifyLedger));
    let chosen = cx.param("verb").unwrap_or_default().to_owned();
    let verbs = m
        .verbs
        .iter()
        .map(|v| {
            let here = *v == chosen;
            let href = cx.with(&[("verb", if here { "" } else { v }), ("before", ""), ("subject", ""), ("actor", "")]);
            view! { <a class="chip" href=href aria-current=here.then_some("true")>{v.clone()}</a> }
        })
        .collect_view();
    let rows = m.entries.iter().map(|s| row(cx, s, m)).collect_view();
    let next = m.next.map(|b| match order {
        Order::NewestFirst => view! { <a class="btn" href=cx.with(&[("before", &b.to_string())]) rel="next">"Older 50"</a> }.into_any(),
        Order::OldestFirst => {
            let base = cx.with(&[]);
            let joint = if base.contains('?') { '&' } else { '?' };
            view! { <a class="btn" href=format!("{base}{joint}after={b}") rel="next">"Newer 50"</a> }.into_any()
        }
    });
    let (turned, arrow, sorted) = match order {
        Order::NewestFirst => ("oldest", " ↓", "descending"),
        Order::OldestFirst => ("", " ↑", "ascending"),
    };
    let turn = cx.with(&[("sort", turned), ("before", "")]);
    let csv = cx.with(&[("before", "")]).replacen("/ledger", "/ledger.csv", 1);
    let may_read = cx.viewer().is_ok_and(|w| w.may(Action::ReadLedger));
    let subject = cx.param("subject").unwrap_or_default().to_owned();
    let keep: Vec<(String, String)> =
        cx.query.iter().filter(|(k, _)| !matches!(k.as_str(), "subject" | "actor" | "verb" | "before" | "after")).cloned().collect();
    let checkpoint = m.checkpoint.as_ref().map(|c| {
        view! {
            <details class="card"><summary>{format!("Checkpoint over {} entries", number(c.seq))}</summary>
                <div class="pad"><p class="small muted">"A C2SP signed note. Keep a copy elsewhere: verify --against it shows whether the history was cut or replaced."</p><div class="quote">{c.note.clone()}</div></div>
            </details>
        }
    });
    view! {
        <div class="head">
            <div><h1>"Ledger"</h1><p>{sentence(m)}</p></div>
            <div class="row">
                <a class="btn" href=csv>"CSV"</a>
                {may_read.then(|| view! { <a class="btn" href=cx.link("/redactions")>"Redactions"</a> })}
                {may_verify.then(|| view! { <a class="btn" href=cx.link("/ledger.jsonl") download="ledger.jsonl">"Download"</a><a class="btn primary" href="/ledger/verify">"Verify"</a> })}
            </div>
        </div>
        <form class="row" role="search" action="/ledger" method="get">
            {keep.into_iter().map(|(k, v)| view! { <input type="hidden" name=k value=v/> }).collect_view()}
            <label class="line"><span class="muted">"About"</span><input name="subject" value=subject placeholder="an id, for example idn_…" autocomplete="off"/></label>
            <button class="btn" type="submit">"Show"</button>
        </form>
        <div class="row" role="group" aria-label="Filter by verb">{verbs}{cx.param("actor").map(|_| view! { <a class="chip" href=cx.with(&[("actor", "")]) aria-current="true">"by one actor ✕"</a> })}</div>
        <section class="card">
            <div class="scroll" tabindex="0" role="group" aria-label="Ledger entries">
                <table>
                    <thead><tr><th scope="col" class="num" aria-sort=sorted><a href=turn>"Entry"{arrow}</a></th><th scope="col">"What"</th><th scope="col">"Who"</th><th scope="col">"Subject"</th><th scope="col">"Leaf hash"</th><th scope="col" class="num">"When"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {m.entries.is_empty().then(|| view! { <div class="empty"><h2>"None fits"</h2><p><a href=cx.link("/ledger")>"Show every entry"</a></p></div> })}
            <footer class="pager"><span></span>{next}</footer>
        </section>
        {checkpoint}
    }
    .into_any()
}

fn row(cx: &PageContext, s: &service::ledger::Stored, m: &Page) -> impl IntoView + use<> {
    let e = &s.entry;
    let host = serde_json::from_str::<serde_json::Value>(&e.payload)
        .ok()
        .and_then(|v| v.get("host_user").and_then(|h| h.as_str().map(str::to_owned)));
    let who = m
        .actor_name(s)
        .map(str::to_owned)
        .or_else(|| host.map(|h| format!("host: {}", text::capped(&h, 40))))
        .unwrap_or_else(|| e.actor.kind.as_str().to_owned());
    // A person's name leads to what they did, a subject to what happened to it.
    let link = |name: &str, value: String, text: String| {
        let href = cx.with(&[(name, &value), ("verb", ""), ("before", ""), (if name == "actor" { "subject" } else { "actor" }, "")]);
        view! { <a href=href>{text}</a> }.into_any()
    };
    let by = match e.actor.shown() {
        Some(id) => link("actor", id, who),
        None => who.into_any(),
    };
    let about = match e.subject_id {
        Some(_) => link("subject", e.subject(), e.subject()),
        None => e.subject().into_any(),
    };
    let short: String = s.leaf_hash.chars().take(12).collect();
    let payload = text::capped(&e.payload, 2000);
    view! {
        <tr>
            <td class="num">{number(e.seq)}</td>
            <td>{e.verb.clone()}{(e.payload != "{}").then(|| view! { <details><summary class="small">"payload"</summary><div class="quote">{payload}</div></details> })}</td>
            <td>{by}</td>
            <td class="mono-cell">{about}</td>
            <td class="mono-cell">{short}</td>
            <td class="num nowrap">{time(e.at, m.as_of.at)}</td>
        </tr>
    }
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
        view! { <tr><td class="mono-cell">{f.table.clone()}</td><td class="mono-cell">{text::capped(&f.id, 120)}</td><td class="num">{number(f.seq)}</td><td>{f.what.clone()}</td></tr> }
    });
    let findings = (!v.intact).then(|| {
        view! {
            <section class="card"><div class="scroll" tabindex="0" role="group" aria-label="Findings"><table>
                <thead><tr><th scope="col">"Table"</th><th scope="col">"Row"</th><th scope="col" class="num">"Entry"</th><th scope="col">"What is wrong"</th></tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table></div></section>
        }
    });
    let mark = if v.intact { badge(Tone::Ok, "intact") } else { badge(Tone::Bad, "not intact") };
    view! {
        <div class="head">
            <div><p class="small muted"><a href="/ledger">"Ledger"</a></p><h1>"Verified"</h1><p>{sentence}</p></div>
            <div class="row">{mark}<a class="btn" href="/ledger/verify">"Again"</a></div>
        </div>
        {said}
        {findings}
        {outside()}
    }
}
