//! What happened to an identity: the sentences of its entries, and what each changed of it.

use crate::comparison;
use crate::context::PageContext;
use crate::said;
use domain::difference::Difference;
use domain::identity::{Autonomy, Criticality, Environment, Kind, Lifecycle, Plane};
use domain::ids::{self, PersonId};
use domain::text;
use leptos::prelude::*;
use service::identities::{Detail as Model, Moved, Record, Step, Text};
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

/// One entry of the ledger: its sentence, what it changed of this identity, and a way to see the identity as of then. What
/// came with its first entry is folded.
fn step(cx: &PageContext, m: &Model, s: &Step) -> impl IntoView + use<> {
    let then = format!("{}?as_of={}", cx.path, s.seq);
    let sentence = s.entry.as_ref().map(|row| said::sentence(cx, &row.sentence));
    let entry = match s.entry {
        Some(_) => view! { <a href=cx.link(&format!("/ledger/{}", s.seq))>{format!("Entry {}", number(s.seq))}</a> }.into_any(),
        None => format!("Entry {}", number(s.seq)).into_any(),
    };
    let change = s.entry.as_ref().and_then(|row| row.stored.entry.change_id);
    let change = change.map(|id| view! { " · "<a href=cx.link(&format!("/changes/{id}"))>"The change"</a> });
    let (came, went): (Vec<&Moved>, Vec<&Moved>) = s.grants.iter().partition(|g| g.opened);
    let first = s.records.iter().any(|v| v.plane == Plane::Observed && !m.versions.iter().any(|o| o.plane == v.plane && o.since < v.since));
    let parts = view! {
        {s.words.iter().map(|d| comparison::surface(cx, &Difference { entry: None, ..d.clone() })).collect_view()}
        <ul>
            {grants("gained", &came)}
            {grants("lost", &went)}
            {s.more_grants.then(|| view! { <li class="muted">"More grants came or went than are shown here."</li> })}
        </ul>
    };
    let parts = if first && !(s.words.is_empty() && s.grants.is_empty()) {
        let brought = [(s.grants.len(), "grant", "grants"), (s.words.len(), "surface", "surfaces")];
        let brought: Vec<String> = brought.iter().filter(|(n, ..)| *n > 0).map(|(n, one, many)| counted(*n as i64, one, many)).collect();
        view! { <details><summary>{format!("First seen with {}", brought.join(" and "))}</summary>{parts}</details> }.into_any()
    } else {
        parts.into_any()
    };
    view! {
        <li id=format!("entry-{}", s.seq)>
            <p class="small muted"><strong>{entry}</strong>" · "{time(s.at, m.as_of.at)}" · "<a href=then>"View this moment"</a>{change}</p>
            <p>{sentence}</p>
            <ul>{records(m, s).into_iter().map(|l| view! { <li>{l}</li> }).collect_view()}</ul>
            {parts}
        </li>
    }
}

/// What each version of the record changed, where the sentence of the entry does not say it.
fn records(m: &Model, s: &Step) -> Vec<String> {
    let line = |v: &Record| {
        let before = m.versions.iter().find(|o| o.plane == v.plane && o.since < v.since);
        let changed = Some(record_changes(m, before, v).join("; ")).filter(|c| !c.is_empty());
        match (v.plane, before.is_some()) {
            (Plane::Manual, _) if s.entry.is_some() => None,
            (Plane::Manual, true) => changed.map(|c| format!("Record: {c}")),
            (Plane::Manual, false) => Some("Entered manually".to_owned()),
            (Plane::Baseline, true) => changed.map(|c| format!("Countersigned record: {c}")),
            (Plane::Baseline, false) => Some("Its record was countersigned for the first time".to_owned()),
            (Plane::Observed, true) => changed.map(|c| format!("Reported by the source: {c}")),
            (Plane::Observed, false) => None,
        }
    };
    s.records.iter().filter_map(line).collect()
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
    let label = |label: Option<&'static str>| label.map(str::to_owned);
    let fields = [
        ("name", old.name.clone(), new.name.clone()),
        ("kind", label(old.kind.map(Kind::label)), label(new.kind.map(Kind::label))),
        ("state", label(old.lifecycle.map(Lifecycle::label)), label(new.lifecycle.map(Lifecycle::label))),
        ("environment", label(old.environment.map(Environment::label)), label(new.environment.map(Environment::label))),
        ("criticality", label(old.criticality.map(Criticality::label)), label(new.criticality.map(Criticality::label))),
        ("autonomy", label(old.autonomy.map(Autonomy::label)), label(new.autonomy.map(Autonomy::label))),
        ("owner", old.owner_id.map(|i| i.to_string()), new.owner_id.map(|i| i.to_string())),
        ("backup owner", old.backup_id.map(|i| i.to_string()), new.backup_id.map(|i| i.to_string())),
        ("team", old.team_id.map(|i| i.to_string()), new.team_id.map(|i| i.to_string())),
        ("purpose", old.purpose_id.map(|i| i.to_string()), new.purpose_id.map(|i| i.to_string())),
        ("unknown access", old.unknown_access.clone(), new.unknown_access.clone()),
    ];
    let shown = |v: Option<String>| v.map_or_else(|| "none".to_owned(), |t| word(m, &t));
    let fields = fields.into_iter().filter(|(_, a, b)| a != b).map(|(name, a, b)| (name.to_owned(), a, b));
    let reported = domain::comparison::reported(old.hints.as_deref(), new.hints.as_deref());
    fields.chain(reported).map(|(name, a, b)| format!("{name}: {} → {}", shown(a), shown(b))).collect()
}
