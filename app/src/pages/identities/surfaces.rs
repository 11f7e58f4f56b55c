//! The surfaces of an identity: the newest text of each with what its last version changed, and the tools one by one.

use crate::comparison;
use crate::context::PageContext;
use domain::difference::Difference;
use domain::text;
use leptos::prelude::*;
use service::identities::{Change, Detail as Model, Line, ShownSurface, Surface, Text, ToolChanges};
use ui::{Cell, Head, Tone, badge, cell, counted, number, time};

/// Characters of a text that a page quotes.
const QUOTED: usize = 20_000;

pub fn surfaces(cx: &PageContext, m: &Model, moved: &ToolChanges) -> AnyView {
    let may_redact = m.may_redact && cx.is_now();
    let as_of = cx.link("");
    // Derived, not stored: what the grants say is what this surface says.
    let access = cx.link(&format!("/identities/{}/access", m.facts.identity_id));
    let derived = m.permissions.clone().map(|digest| {
        let digest: String = digest.chars().take(12).collect();
        view! {
            <div class="pad stack">
                <div class="row"><h3>"permissions"</h3><a href=access>"calculated from its grants"</a>{badge(Tone::Info, "observed")}<span class="small muted">"SHA-256 "<code>{digest}</code></span></div>
            </div>
        }
    });
    let kinds: std::collections::HashSet<&str> =
        m.surfaces.iter().map(|s| s.surface.kind.as_str()).chain(m.permissions.as_ref().map(|_| "permissions")).collect();
    let known = kinds.len();
    let tools = m.tools.iter().map(|t| tool(&t.name, &t.annotations, &t.definition)).collect::<Vec<_>>();
    view! {
        <section class="card" id="surfaces">
            <header><h2>"Surfaces"</h2><span class="small muted">{format!("The eight things that shape what it does: {known} of eight kinds known")}</span></header>
            {m.surfaces.iter().map(|s| surface(cx, s, moved.get(&s.surface.id).map(Vec::as_slice), (may_redact, &as_of))).collect_view()}
            {derived}
            {(!m.tools.is_empty()).then(|| {
                let caption = format!("{}. Labels are the tool's own and unverified.", counted(m.tools.len() as i64, "tool", "tools"));
                ui::table("Tools", Some(caption), ["Tool", "Label", "Description"].map(Head::new).to_vec(), tools)
            })}
            {(known == 0).then(|| view! { <div class="empty"><p>"No surface is known: neither instructions nor tools, memory, boundary, evaluator, approval rule or model. Import one, or enter it with Edit identity."</p></div> })}
        </section>
    }
    .into_any()
}

fn tool(name: &str, annotations: &str, definition: &str) -> Vec<Cell> {
    let hint =
        |n: &str| serde_json::from_str::<serde_json::Value>(annotations).ok().and_then(|v| v.get(n).and_then(serde_json::Value::as_bool));
    let says = match (hint("readOnlyHint"), hint("destructiveHint")) {
        (Some(true), _) => badge(Tone::Unknown, "only reads").into_any(),
        (_, Some(true)) => badge(Tone::Warn, "may destroy").into_any(),
        (Some(false), _) => badge(Tone::Info, "writes").into_any(),
        _ => view! { <span class="sub">"not declared; treated as destructive"</span> }.into_any(),
    };
    let description = serde_json::from_str::<serde_json::Value>(definition)
        .ok()
        .and_then(|v| v.get("description").and_then(|d| d.as_str().map(str::to_owned)))
        .unwrap_or_default();
    vec![cell(text::capped(name, 80)).class("mono-cell"), cell(says), cell(text::capped(&description, 300)).class("wrap")]
}

/// A surface with what its last version changed; each version leads to the identity as of then.
fn surface(cx: &PageContext, s: &ShownSurface, moved: Option<&[Difference]>, (may_redact, as_of): (bool, &str)) -> impl IntoView + use<> {
    let path = &cx.path;
    let (kind, plane) = (s.surface.kind.label(), s.surface.plane.label());
    let versions = s.versions.len();
    let text = match (&s.text, &s.change) {
        (_, Some(Change::Lines(lines))) => changes(lines).into_any(),
        (_, Some(Change::TooLarge)) => {
            view! { <p class="small">"Too large to compare here: download both. "{downloads(s, 2, as_of)}</p> }.into_any()
        }
        (Text::Content(new), None) if new.chars().nth(QUOTED).is_some() => {
            view! { <div class="quote">{text::capped(new, QUOTED)}</div><p class="small">{downloads(s, 1, as_of)}</p> }.into_any()
        }
        (Text::Content(new), None) => view! { <div class="quote">{text::visible(new)}</div> }.into_any(),
        (Text::TooLarge, None) => view! { <p class="small">"Too large to show here. "{downloads(s, 1, as_of)}</p> }.into_any(),
        (Text::Redacted, None) => view! { <p class="small">"The text was erased; its SHA-256 stays."</p> }.into_any(),
        (Text::NotKept, None) if moved.is_some() => ().into_any(),
        (Text::NotKept, None) => view! { <p class="small muted">"Only location and SHA-256 are stored."</p> }.into_any(),
    };
    let redact =
        s.versions.first().filter(|_| may_redact && matches!(s.text, Text::Content(_) | Text::TooLarge)).and_then(|v| v.content_id).map(
            |blob| {
                let href = format!("/redactions?subject={blob}");
                view! { <a class="small" href=href>"Request erasure"</a> }
            },
        );
    let digest = s.surface.content_digest.clone().map(|d| d.chars().take(12).collect::<String>()).unwrap_or_default();
    let list = s.versions.iter().map(|v| {
        let digest: String = v.content_digest.clone().unwrap_or_default().chars().take(12).collect();
        let then = format!("{path}?as_of={}", v.since);
        view! { <li><a href=then>"entry "{number(v.since)}</a>" · "<code>{digest}</code></li> }
    });
    view! {
        <div class="pad stack">
            <div class="row"><h3>{kind}</h3><code>{text::capped(&s.surface.locator, 200)}</code>{badge(Tone::Info, plane)}<span class="small muted">"SHA-256 "<code>{digest}</code></span></div>
            {text}
            {moved.map(|all| tools_moved(cx, s, all))}
            {redact}
            {(versions > 1).then(|| view! { <details><summary>{format!("{versions} versions")}</summary><ul class="small">{list.collect_view()}</ul></details> })}
        </div>
    }
}

/// What the last version of a tools surface added, removed and changed, tool by tool, with the words that moved.
fn tools_moved(cx: &PageContext, s: &ShownSurface, all: &[Difference]) -> impl IntoView + use<> {
    let said = match s.versions.first() {
        Some(newest) => format!("Changed with entry {}: {}", number(newest.since), counted(all.len() as i64, "tool", "tools")),
        None => String::new(),
    };
    let all: Vec<&Difference> = all.iter().collect();
    view! { <div><p class="small"><strong>{said}</strong></p>{comparison::list(cx, &all)}</div> }
}

/// Links to the whole texts of the newest versions.
fn downloads(s: &ShownSurface, newest: usize, as_of: &str) -> impl IntoView + use<> {
    let link = |(n, v): (usize, &Surface)| {
        let href = format!("/identities/surfaces/{}/{}{as_of}", v.id, v.since);
        let label = format!("Download the {} (entry {})", if n == 0 { "newest text" } else { "text ahead of it" }, number(v.since));
        view! { <a href=href download="">{label}</a>" " }
    };
    s.versions.iter().take(newest).enumerate().map(link).collect_view()
}

/// What the last version changed, line by line.
fn changes(lines: &[Line]) -> impl IntoView + use<> {
    let lines = lines
        .iter()
        .map(|line| {
            let (class, text) = match line {
                Line::Added(text) => ("add", format!("+ {text}")),
                Line::Removed(text) => ("del", format!("- {text}")),
                Line::Same(text) => ("ctx", format!("  {text}")),
                Line::Left(n) => ("ctx", format!("… {} …", counted(*n as i64, "unchanged line", "unchanged lines"))),
            };
            view! { <div class=class>{text}</div> }
        })
        .collect_view();
    view! { <div class="diff scroll" tabindex="0" role="group" aria-label="What the last version changed">{lines}</div> }
}

pub fn credentials(m: &Model) -> AnyView {
    let as_of = m.as_of;
    let rows = m.credentials.iter().map(|c| {
        let expires = c.expires_at.map_or_else(|| badge(Tone::Unknown, "unknown").into_any(), |e| time(e, as_of.at).into_any());
        vec![cell(text::capped(&c.method, 60)), cell(text::capped(&c.key_id, 120)).class("mono-cell"), cell(expires)]
    });
    view! {
        <section class="card" id="credentials">
            <header><h2>"Credentials"</h2><span class="small muted">"never the secret"</span></header>
            {(!m.credentials.is_empty()).then(|| {
                ui::table("Credentials", None, ["Method", "Key or name", "Expires"].map(Head::new).to_vec(), rows)
            })}
            {m.credentials.is_empty().then(|| view! { <div class="empty"><p>"Credentials unknown: no source reports them. AWS account files and Countersign JSON can."</p></div> })}
        </section>
    }
    .into_any()
}
