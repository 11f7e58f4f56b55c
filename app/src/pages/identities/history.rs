//! What happened to an identity: its entries, and what each version of the record changed, in words.

use crate::context::PageContext;
use crate::ui::{number, time};
use domain::ids::{Noun, show};
use domain::text;
use leptos::prelude::*;
use service::identities::{Detail as Model, Text};
use service::store::identities::Record;

pub fn history(cx: &PageContext, m: &Model) -> AnyView {
    let rows = m.history.iter().map(|s| {
        let who = s.entry.actor.id.and_then(|i| m.people.get(&i).cloned()).unwrap_or_else(|| s.entry.actor.kind.as_str().to_owned());
        let href = cx.link(&format!("/ledger?before={}", s.entry.seq + 1));
        let payload: serde_json::Value = serde_json::from_str(&s.entry.payload).unwrap_or_default();
        view! {
            <tr>
                <td class="num"><a href=href>{number(s.entry.seq)}</a></td>
                <td>{s.entry.verb.clone()}<span class="sub">{who}</span></td>
                <td class="wrap">{changes(m, &payload)}</td>
                <td class="num nowrap">{time(s.entry.at.micros(), m.as_of.at)}</td>
            </tr>
        }
    });
    let versions = m.versions.iter().enumerate().map(|(at, v)| {
        let before = m.versions[at + 1..].iter().find(|o| o.plane == v.plane);
        let plane = if v.plane == "manual" { "entered by hand" } else { "observed" };
        let lines = record_changes(m, before, v);
        let what = if lines.is_empty() { "first seen".to_owned() } else { lines.join("; ") };
        view! { <li>"entry "{number(v.since)}", "{plane}": "{what}</li> }
    });
    view! {
        <section class="card" id="history">
            <header><h2>"History"</h2></header>
            {(!m.history.is_empty()).then(|| view! {
                <div class="scroll" tabindex="0" role="group" aria-label="History">
                    <table>
                        <thead><tr><th scope="col" class="num">"Entry"</th><th scope="col">"What"</th><th scope="col">"Change"</th><th scope="col" class="num">"When"</th></tr></thead>
                        <tbody>{rows.collect_view()}</tbody>
                    </table>
                </div>
            })}
            <div class="pad"><ul class="small muted">{versions.collect_view()}</ul></div>
        </section>
    }
    .into_any()
}

/// `owner: nothing → Ann` for each field an edit changed.
fn changes(m: &Model, payload: &serde_json::Value) -> String {
    let Some(fields) = payload.get("fields").and_then(|f| f.as_object()) else { return String::new() };
    let word = |v: Option<&serde_json::Value>| v.and_then(|v| v.as_str()).map_or_else(|| "nothing".to_owned(), |t| word(m, t));
    let parts: Vec<String> = fields.iter().map(|(name, v)| format!("{name}: {} → {}", word(v.get("from")), word(v.get("to")))).collect();
    parts.join("; ")
}

/// An id as the name of what it names, a text as its beginning.
fn word(m: &Model, text: &str) -> String {
    let named = |noun: Noun, names: &std::collections::HashMap<uuid::Uuid, String>| {
        text.starts_with(noun.prefix()).then(|| domain::ids::parse(noun, text).ok()).flatten().and_then(|id| names.get(&id).cloned())
    };
    if let Some(name) = named(Noun::Person, &m.people).or_else(|| named(Noun::Team, &m.teams)) {
        return text::capped(&name, 80);
    }
    let blob = text.starts_with(Noun::Blob.prefix()).then(|| domain::ids::parse(Noun::Blob, text).ok()).flatten();
    match blob.and_then(|id| m.purposes.get(&id)) {
        Some(Text::Content(purpose)) => format!("“{}”", text::capped(purpose, 160)),
        Some(Text::Redacted) => "a text, redacted since".to_owned(),
        _ => text::capped(text, 80),
    }
}

/// What a version of the record changed of the one ahead of it.
fn record_changes(m: &Model, old: Option<&Record>, new: &Record) -> Vec<String> {
    let Some(old) = old else { return vec![] };
    let id = |noun, id: Option<uuid::Uuid>| id.map(|i| show(noun, i));
    let fields = [
        ("name", old.name.clone(), new.name.clone()),
        ("kind", old.kind.clone(), new.kind.clone()),
        ("state", old.lifecycle.clone(), new.lifecycle.clone()),
        ("environment", old.environment.clone(), new.environment.clone()),
        ("autonomy", old.autonomy.clone(), new.autonomy.clone()),
        ("owner", id(Noun::Person, old.owner_id), id(Noun::Person, new.owner_id)),
        ("backup", id(Noun::Person, old.backup_id), id(Noun::Person, new.backup_id)),
        ("team", id(Noun::Team, old.team_id), id(Noun::Team, new.team_id)),
        ("purpose", id(Noun::Blob, old.purpose_id), id(Noun::Blob, new.purpose_id)),
        ("unknown access", old.unknown_access.clone(), new.unknown_access.clone()),
        ("what the source says", old.hints.clone(), new.hints.clone()),
    ];
    let said = |v: Option<String>| v.map_or_else(|| "nothing".to_owned(), |t| word(m, &t));
    fields.into_iter().filter(|(_, a, b)| a != b).map(|(name, a, b)| format!("{name}: {} → {}", said(a), said(b))).collect()
}
