//! What happened to an identity: its entries, and what each version of the record changed, in words.

use crate::context::PageContext;
use domain::identity::Plane;
use domain::ids::{self, PersonId};
use domain::text;
use leptos::prelude::*;
use service::identities::{Detail as Model, Moved, Record, Step, Surface, Text};
use ui::{counted, number, time};

/// Grants of one step named before the rest is counted.
const NAMED: usize = 6;

pub fn history(cx: &PageContext, m: &Model) -> AnyView {
    let steps = m.timeline.steps.iter().map(|s| step(cx, m, s)).collect_view();
    view! {
        <section class="card" id="history">
            <header><h2>"History"</h2><span class="small muted">"newest first"</span></header>
            <ol class="timeline">{steps}</ol>
            {m.timeline.cut.then(|| view! { <footer>"Older steps are not shown here. Look at the identity as of an earlier entry to see those before it."</footer> })}
        </section>
    }
    .into_any()
}

/// One position of the ledger: what it changed of this identity, and a way to see the identity as of then.
fn step(cx: &PageContext, m: &Model, s: &Step) -> impl IntoView + use<> {
    let then = format!("{}?as_of={}", cx.path, s.seq);
    let entry = s.entry.as_ref().map(|e| {
        let entry = &e.entry;
        let who =
            entry.actor.id.and_then(|i| m.people.get(&PersonId::new(i)).cloned()).unwrap_or_else(|| entry.actor.kind.as_str().to_owned());
        let href = cx.link(&format!("/ledger/{}", s.seq));
        let import = entry.subject_id.filter(|_| entry.subject_kind == "import").map(|id| {
            let href = cx.link(&format!("/imports/{}", ids::ImportId::new(id)));
            view! { <a href=href>"the import"</a>" · " }
        });
        let change = s.entry.as_ref().and_then(|e| e.entry.change_id).map(|id| view! { <a href=cx.link(&format!("/changes/{id}"))>"the change"</a>" · " });
        view! { <a href=href>{domain::verb::Verb::parse(&entry.verb).map_or("Other", domain::verb::Verb::label)}</a>" by "{text::capped(&who, 60)}" · "{import}{change} }
    });
    let payload: serde_json::Value = s.entry.as_ref().and_then(|e| serde_json::from_str(&e.entry.payload).ok()).unwrap_or_default();
    let edited = Some(changes(m, &payload)).filter(|c| !c.is_empty());
    let said: Vec<String> = edited.into_iter().chain(records(m, s)).chain(surfaces(m, s)).collect();
    let (came, went): (Vec<&Moved>, Vec<&Moved>) = s.grants.iter().partition(|g| g.opened);
    view! {
        <li id=format!("entry-{}", s.seq)>
            <p class="small muted">
                <strong>"Entry "{number(s.seq)}</strong>" · "{time(s.at, m.as_of.at)}" · "{entry}<a href=then>"View this moment"</a>
            </p>
            <ul>
                {said.into_iter().map(|l| view! { <li>{l}</li> }).collect_view()}
                {grants("gained", &came)}
                {grants("lost", &went)}
                {s.more_grants.then(|| view! { <li class="muted">"more grants came or went than stand here"</li> })}
            </ul>
        </li>
    }
}

fn records(m: &Model, s: &Step) -> Vec<String> {
    let line = |v: &Record| {
        let before = m.versions.iter().find(|o| o.plane == v.plane && o.since < v.since);
        let changed = record_changes(m, before, v).join("; ");
        match (v.plane, before.is_some()) {
            // An edit by hand says in its entry what it changed.
            (Plane::Manual, true) if s.entry.is_some() => None,
            (Plane::Manual, true) => Some(format!("Record: {changed}")),
            (Plane::Manual, false) => Some("Entered manually".to_owned()),
            (_, true) => Some(format!("The source says otherwise: {changed}")),
            (_, false) => Some("First seen".to_owned()),
        }
    };
    s.records.iter().filter_map(line).collect()
}

fn surfaces(m: &Model, s: &Step) -> Vec<String> {
    let line = |v: &Surface| {
        let kind = v.kind.label();
        let first = m.surfaces.iter().filter(|o| o.surface.id == v.id).flat_map(|o| &o.versions).all(|o| o.since >= v.since);
        format!("{kind} at {} {}", text::capped(&v.locator, 120), if first { "appeared" } else { "changed" })
    };
    s.surfaces.iter().map(line).collect()
}

/// `gained secrets.read on vault/crm/readwrite`, and how many more.
fn grants(word: &'static str, list: &[&Moved]) -> AnyView {
    let line = |g: &&Moved| {
        let some = |all: &[String], negated: &[String]| match (all.len(), negated.len()) {
            (0, n) if n > 0 => format!("everything but {}", text::capped(&negated.join(", "), 80)),
            (n, _) if n > 3 => format!("{} and {} more", text::capped(&all[..3].join(", "), 120), n - 3),
            _ => text::capped(&all.join(", "), 120),
        };
        let rule = &g.rule;
        let effect = if rule.effect == domain::rule::Effect::Deny { "a deny of " } else { "" };
        let (what, on) = (some(&rule.actions, &rule.actions_negated), some(&rule.resources, &rule.resources_negated));
        let class = if word == "gained" { "gain" } else { "loss" };
        view! { <li class=class>{word}" "{effect}<code>{what}</code>{(!on.is_empty()).then(|| view! { " on "<code>{on}</code> })}</li> }
    };
    let more = list.len().saturating_sub(NAMED);
    let rest = (more > 0).then(|| view! { <li class="muted">{format!("{word} {} more", counted(more as i64, "grant", "grants"))}</li> });
    view! { {list.iter().take(NAMED).map(line).collect_view()} {rest} }.into_any()
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
    let person = PersonId::parse(text).ok().and_then(|id| m.people.get(&id));
    let team = || ids::TeamId::parse(text).ok().and_then(|id| m.teams.get(&id));
    if let Some(name) = person.or_else(team) {
        return text::capped(name, 80);
    }
    match ids::BlobId::parse(text).ok().and_then(|id| m.purposes.get(&id)) {
        Some(Text::Content(purpose)) => format!("“{}”", text::capped(purpose, 160)),
        Some(Text::Redacted) => "a text, redacted since".to_owned(),
        _ => text::capped(text, 80),
    }
}

/// What a version of the record changed of the one ahead of it.
fn record_changes(m: &Model, old: Option<&Record>, new: &Record) -> Vec<String> {
    let Some(old) = old else { return vec![] };
    fn said<T: ToString>(value: Option<T>) -> Option<String> {
        value.map(|v| v.to_string())
    }
    let fields = [
        ("name", old.name.clone(), new.name.clone()),
        ("kind", said(old.kind), said(new.kind)),
        ("state", said(old.lifecycle), said(new.lifecycle)),
        ("environment", said(old.environment), said(new.environment)),
        ("criticality", said(old.criticality), said(new.criticality)),
        ("autonomy", said(old.autonomy), said(new.autonomy)),
        ("owner", said(old.owner_id), said(new.owner_id)),
        ("backup", said(old.backup_id), said(new.backup_id)),
        ("team", said(old.team_id), said(new.team_id)),
        ("purpose", said(old.purpose_id), said(new.purpose_id)),
        ("unknown access", old.unknown_access.clone(), new.unknown_access.clone()),
        ("what the source says", old.hints.clone(), new.hints.clone()),
    ];
    let shown = |v: Option<String>| v.map_or_else(|| "nothing".to_owned(), |t| word(m, &t));
    fields.into_iter().filter(|(_, a, b)| a != b).map(|(name, a, b)| format!("{name}: {} → {}", shown(a), shown(b))).collect()
}
