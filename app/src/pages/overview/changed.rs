//! The panel of what changed: by identity, newest first, with the words that went; whether an import did it or a person.

use crate::context::PageContext;
use domain::asof::AsOf;
use domain::comparison::dropped;
use domain::difference::{Difference, How, Thing};
use domain::permission::Action;
use domain::text;
use leptos::prelude::*;
use service::comparison::Step;
use ui::{counted, time};

/// Lines of a text that are quoted, each way.
const QUOTED: usize = 2;
/// Fields of a record that are named.
const FIELDS: usize = 3;

pub fn panel(cx: &PageContext, all: &[Step], as_of: AsOf) -> AnyView {
    let rows = all.iter().map(|s| row(cx, s, as_of)).collect_view();
    let nothing = all.is_empty().then(
        || view! { <div class="empty"><p>"Nothing changed since the first import. The next import is compared with it by name."</p></div> },
    );
    let may = cx.viewer().is_ok_and(|w| w.may(Action::ReadInventory));
    let compare = may.then(|| view! { <a class="small" href=cx.link("/compare?against=30+days+ago")>"Compare with 30 days ago"</a> });
    view! {
        <section class="card wide2">
            <header><h2>"What changed"</h2>{compare}</header>
            <ul class="lead">{rows}</ul>
            {nothing}
        </section>
    }
    .into_any()
}

fn row(cx: &PageContext, s: &Step, as_of: AsOf) -> impl IntoView + use<> {
    let c = &s.changed;
    let name = text::capped(&c.name, 60);
    let gone = c.how == How::Removed;
    let name = match c.identity.filter(|_| !gone) {
        Some(id) => view! { <a class="name" href=cx.link(&format!("/identities/{id}"))>{name}</a> }.into_any(),
        None => view! { <span class="name">{name}</span> }.into_any(),
    };
    let surfaces = c.things(Thing::Surface).map(surface).collect_view();
    let access =
        [("gained", How::Added), ("lost", How::Removed)].map(|(word, how)| moved(word, &c.of(Thing::Grant, how).collect::<Vec<_>>()));
    let tools = c.things(Thing::Tool).count() as i64;
    let fields: Vec<&Difference> = c.things(Thing::Record).collect();
    let more = fields.len().saturating_sub(FIELDS) as i64;
    let when = match c.identity.filter(|_| !gone) {
        Some(id) => view! { <a href=cx.link(&format!("/identities/{id}/history#entry-{}", s.seq))>{time(s.at, as_of.at)}</a> }.into_any(),
        None => time(s.at, as_of.at).into_any(),
    };
    view! {
        <li>
            <div>
                {name}
                {gone.then(|| view! { <span class="sub">"was removed from its source"</span> })}
                {surfaces}
                {access.into_iter().collect_view()}
                {(tools > 0).then(|| view! { <span class="sub">{format!("{} changed", counted(tools, "tool", "tools"))}</span> })}
                {fields.into_iter().take(FIELDS).map(field).collect_view()}
                {(more > 0).then(|| view! { <span class="sub">{format!("{} changed", counted(more, "more field", "more fields"))}</span> })}
            </div>
            <span class="when">{when}</span>
        </li>
    }
}

/// `owner: none → Ben`
fn field(d: &Difference) -> impl IntoView + use<> {
    let both = d.before.clone().zip(d.after.clone());
    let said = match both {
        Some((before, after)) => format!("{}: {} → {}", d.name, text::capped(&before, 80), text::capped(&after, 80)),
        None => format!("{} {}", d.name, d.how.label()),
    };
    view! { <span class="sub">{said}</span> }
}

/// `removed “Never refund.” from instructions prompts/support.md`
fn surface(d: &Difference) -> impl IntoView + use<> {
    let name = text::capped(&d.name, 100);
    let (before, after) = (d.before.as_deref().unwrap_or_default(), d.after.as_deref().unwrap_or_default());
    let (removed, added) = (gone(before, after), gone(after, before));
    let quoted = |all: &[&str]| all.iter().map(|l| view! { <q>{text::capped(l, 160)}</q>" " }).collect_view();
    match (d.how, removed.is_empty(), added.is_empty()) {
        (How::Changed, false, _) => view! { <span class="sub">"removed "{quoted(&removed)}"from "{name}</span> }.into_any(),
        (How::Changed, true, false) => view! { <span class="sub">"added "{quoted(&added)}"to "{name}</span> }.into_any(),
        (How::Changed, true, true) => view! { <span class="sub">{format!("{name} changed")}</span> }.into_any(),
        (How::Added, ..) => view! { <span class="sub">{format!("{name} appeared")}</span> }.into_any(),
        (How::Removed, ..) => view! { <span class="sub">{format!("{name} is gone")}</span> }.into_any(),
    }
}

/// The first lines that are in the one text and not in the other; those that forbid or bring a person in first.
fn gone<'a>(before: &'a str, after: &str) -> Vec<&'a str> {
    let mut lines: Vec<&str> = dropped(before, after).into_iter().map(|(_, line)| line).collect();
    let others = before.lines().map(str::trim).filter(|l| !l.is_empty() && *l != "…" && !after.lines().any(|a| a.trim() == *l));
    for line in others {
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines.truncate(QUOTED);
    lines
}

/// The first of them by name, and how many more.
fn moved(word: &'static str, all: &[&Difference]) -> Option<AnyView> {
    let first = text::capped(&all.first()?.name, 160);
    let class = all.first().and_then(|d| d.class).map(|c| format!("{}: ", c.label())).unwrap_or_default();
    let more = (all.len() > 1).then(|| format!(" and {}", counted(all.len() as i64 - 1, "other grant", "other grants")));
    Some(view! { <span class="sub">{format!("{word} {class}{first}")}{more}</span> }.into_any())
}
