//! What each version of a resource changed, in words.

use crate::context::PageContext;
use crate::said;
use domain::ids::PersonId;
use domain::text;
use leptos::prelude::*;
use service::resources::{Detail as Model, Resource, Version};
use ui::{number, time};

pub fn history(cx: &PageContext, m: &Model) -> impl IntoView + use<> {
    let olders = m.versions.iter().skip(1).map(Some).chain([None]);
    let steps = m.versions.iter().zip(olders).map(|(v, older)| step(cx, m, v, older)).collect_view();
    view! {
        <section class="card" id="history">
            <header><h2>"History"</h2><span class="small muted">"newest first"</span></header>
            <ol class="timeline">{steps}</ol>
            {m.cut.then(|| view! { <footer>"Older versions are not shown here. Look at the resource as of an earlier entry to see those before it."</footer> })}
        </section>
    }
}

fn step(cx: &PageContext, m: &Model, v: &Version, older: Option<&Version>) -> impl IntoView + use<> {
    let since = v.resource.since;
    let then = format!("{}?as_of={since}", cx.path);
    let sentence = v.entry.as_ref().map(|row| said::sentence(cx, &row.sentence));
    let entry = match v.entry {
        Some(_) => view! { <a href=cx.link(&format!("/ledger/{since}"))>{format!("Entry {}", number(since))}</a> }.into_any(),
        None => format!("Entry {}", number(since)).into_any(),
    };
    // The sentence of an entry about the resource says what it changed.
    let told = v.entry.as_ref().is_some_and(|row| row.stored.entry.subject_kind == "resource");
    let said = match older {
        _ if told => vec![],
        Some(older) => changes(m, &older.resource, &v.resource),
        None if m.cut => vec![],
        None => vec!["Registered".to_owned()],
    };
    view! {
        <li id=format!("entry-{since}")>
            <p class="small muted"><strong>{entry}</strong>" · "{time(v.at, m.as_of.at)}" · "<a href=then>"View this moment"</a></p>
            <p>{sentence}</p>
            <ul>{said.into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}</ul>
        </li>
    }
}

fn changes(m: &Model, old: &Resource, new: &Resource) -> Vec<String> {
    let person = |id: Option<PersonId>| id.map(|id| m.people.get(&id).cloned().unwrap_or_else(|| id.short()));
    let word = |label: &'static str| Some(label.to_owned());
    let fields = [
        ("name", Some(old.name.clone()), Some(new.name.clone())),
        ("kind", word(old.kind.label()), word(new.kind.label())),
        ("location", Some(old.pattern.clone()), Some(new.pattern.clone())),
        ("owner", person(old.owner_id), person(new.owner_id)),
        ("criticality", word(old.criticality.label()), word(new.criticality.label())),
        ("data", word(old.data_class.label()), word(new.data_class.label())),
        ("environment", word(old.environment.label()), word(new.environment.label())),
    ];
    let shown = |v: Option<String>| v.map_or_else(|| "none".to_owned(), |t| text::capped(&t, 120));
    fields.into_iter().filter(|(_, a, b)| a != b).map(|(name, a, b)| format!("{name}: {} → {}", shown(a), shown(b))).collect()
}
