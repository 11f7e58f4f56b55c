//! One identity: who answers, what it can do by source, its surfaces with their versions, its history.

use crate::context::{PageContext, id};
use crate::pages::{Content, page};
use domain::identity::{Autonomy, StatedBy};
use domain::ids::PersonId;
use domain::privilege::Class;
use domain::text;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use service::identities::{self, Change, Detail as Model, Line, ShownSurface, Surface, Text};
use ui::{Cell, ErrorSummary, Head, Tone, badge, cell, counted, note, number, time};

#[component]
pub fn Detail() -> impl IntoView {
    let wanted = use_params_map().read_untracked().get("id");
    page(|cx, read| {
        Box::pin(async move {
            let id = id::<domain::ids::noun::Identity>(wanted, "identity")?;
            let model = identities::show(read, id).await?;
            // What a source calls it is hostile text: it stands on the page, never in a title.
            let title = format!("Identity {}", id.short());
            Ok(Content::new(title, Some(model.as_of), body(&cx, &model)))
        })
    })
}

/// Characters of a text that a page quotes.
const QUOTED: usize = 20_000;

fn sentence(m: &Model) -> String {
    let t = &m.totals;
    let is_unknown = m.observed.as_ref().is_some_and(|o| o.unknown_access.is_some());
    let known = if is_unknown { " that are known; what else it can do is unknown" } else { "" };
    let mut parts = vec![format!("Holds {}{known}", counted(t.grants, "grant", "grants"))];
    let worst: Vec<String> = [
        (Class::FullControl, "full control"),
        (Class::Admin, "administration"),
        (Class::Secrets, "secrets"),
        (Class::Destructive, "destructive actions"),
    ]
    .iter()
    .filter(|(c, _)| t.by_class[*c as usize] > 0)
    .map(|(_, w)| (*w).to_owned())
    .collect();
    if !worst.is_empty() {
        parts.push(format!("reaches {}", worst.join(" and ")));
    }
    if t.grants > 0 {
        parts.push(if t.standing == t.grants { "all of it standing".to_owned() } else { format!("{} standing", number(t.standing)) });
    }
    let owner = match &m.owner_name {
        Some(name) => format!("Owned by {name}."),
        None => "No owner.".to_owned(),
    };
    format!("{}. {owner}", parts.join(", "))
}

fn body(cx: &PageContext, m: &Model) -> AnyView {
    let f = &m.facts;
    let edit = (cx.is_now() && m.may_edit).then(|| format!("/identities/{}/edit", f.identity_id));
    let unknown = m.observed.as_ref().and_then(|o| o.unknown_access.clone());
    view! {
        <div class="head">
            <div>
                <p class="small muted"><a href=cx.link("/identities")>"Identities"</a>" / "{f.identity_id.to_string()}</p>
                <h1>{text::capped(&f.name, 120)}</h1>
                <p>{sentence(m)}</p>
            </div>
            <div class="row">
                {badge(Tone::Info, f.kind.label())}
                {super::review(m.review)}
                {edit.map(|href| view! { <a class="btn primary" href=href>"Edit the record"</a> })}
            </div>
        </div>
        <ErrorSummary sent=cx.flash.clone()/>
        <nav class="toc" aria-label="On this page">
            <a href="#access">"Access"</a><a href="#surfaces">"Surfaces"</a><a href="#credentials">"Credentials"</a><a href="#record">"Record"</a><a href="#history">"History"</a>
        </nav>
        {unknown.map(|why| note(Tone::Warn, "Part of its access is unknown", text::capped(&why, 600)))}
        <div class="split">
            <div class="stack">
                {super::access::access(cx, m)}
                {surfaces(cx, m)}
                {credentials(m)}
                {super::history::history(cx, m)}
            </div>
            {record(m)}
        </div>
    }
    .into_any()
}

fn surfaces(cx: &PageContext, m: &Model) -> AnyView {
    let may_redact = m.may_redact && cx.is_now();
    let as_of = cx.link("");
    // Derived, not stored: what the grants say is what this surface says.
    let derived = m.permissions.clone().map(|digest| {
        let digest: String = digest.chars().take(12).collect();
        view! {
            <div class="pad stack">
                <div class="row"><h3>"permissions"</h3><a href="#access">"derived from its grants"</a>{badge(Tone::Info, "observed")}<span class="small muted">"digest "<code>{digest}</code></span></div>
            </div>
        }
    });
    let kinds: std::collections::HashSet<&str> =
        m.surfaces.iter().map(|s| s.surface.kind.as_str()).chain(m.permissions.as_ref().map(|_| "permissions")).collect();
    let known = kinds.len();
    let tools = m.tools.iter().map(|t| tool(&t.name, &t.annotations, &t.definition)).collect::<Vec<_>>();
    view! {
        <section class="card" id="surfaces">
            <header><h2>"Surfaces"</h2><span class="small muted">{format!("{known} of eight kinds known")}</span></header>
            {m.surfaces.iter().map(|s| surface(s, &cx.path, may_redact, &as_of)).collect_view()}
            {derived}
            {(!m.tools.is_empty()).then(|| {
                let caption = format!("{}. What a tool says of itself is its own claim.", counted(m.tools.len() as i64, "tool", "tools"));
                ui::table("Tools", Some(caption), ["Tool", "It says", "Description"].map(Head::new).to_vec(), tools)
            })}
            {(known == 0).then(|| view! { <div class="empty"><p>"No surface is known: neither instructions nor tools, memory, boundary, evaluator, approval rule or model. Import one, or enter it by hand with Edit the record."</p></div> })}
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
        _ => "".into_any(),
    };
    let description = serde_json::from_str::<serde_json::Value>(definition)
        .ok()
        .and_then(|v| v.get("description").and_then(|d| d.as_str().map(str::to_owned)))
        .unwrap_or_default();
    vec![cell(text::capped(name, 80)).class("mono-cell"), cell(says), cell(text::capped(&description, 300)).class("wrap")]
}

/// A surface with what its last version changed; each version leads to the identity as of then.
fn surface(s: &ShownSurface, path: &str, may_redact: bool, as_of: &str) -> impl IntoView + use<> {
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
        (Text::Redacted, None) => view! { <p class="small">"The text was redacted; its digest stays."</p> }.into_any(),
        (Text::NotKept, None) => view! { <p class="small muted">"Only the place and the digest are kept."</p> }.into_any(),
    };
    let redact =
        s.versions.first().filter(|_| may_redact && matches!(s.text, Text::Content(_) | Text::TooLarge)).and_then(|v| v.content_id).map(
            |blob| {
                let href = format!("/redactions?subject={blob}");
                view! { <a class="small" href=href>"Ask to redact this text"</a> }
            },
        );
    let digest = s.surface.content_digest.clone().map(|d| d.chars().take(12).collect::<String>()).unwrap_or_default();
    let list = s.versions.iter().map(|v| {
        let digest: String = v.content_digest.clone().unwrap_or_default().chars().take(12).collect();
        let then = format!("{path}?as_of={}#surfaces", v.since);
        view! { <li><a href=then>"entry "{number(v.since)}</a>" · "<code>{digest}</code></li> }
    });
    view! {
        <div class="pad stack">
            <div class="row"><h3>{kind}</h3><code>{text::capped(&s.surface.locator, 200)}</code>{badge(Tone::Info, plane)}<span class="small muted">"digest "<code>{digest}</code></span></div>
            {text}
            {redact}
            {(versions > 1).then(|| view! { <details><summary>{format!("{versions} versions")}</summary><ul class="small">{list.collect_view()}</ul></details> })}
        </div>
    }
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

fn credentials(m: &Model) -> AnyView {
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

fn record(m: &Model) -> AnyView {
    let f = &m.facts;
    let person = |id: Option<PersonId>| id.and_then(|i| m.people.get(&i).cloned());
    let manual = m.manual.as_ref();
    let team = manual.and_then(|r| r.team_id).and_then(|t| m.teams.get(&t)).map_or_else(|| "no team".to_owned(), |t| text::capped(t, 80));
    let backup = person(manual.and_then(|r| r.backup_id)).unwrap_or_else(|| "nobody".to_owned());
    let autonomy = manual.and_then(|r| r.autonomy).map_or("unknown", Autonomy::label);
    let human = m.observed.as_ref().and_then(|o| o.human.zip(o.human_reason.clone()));
    let purpose = match &m.purpose {
        Some(Text::Content(t)) => text::capped(t, 1000),
        Some(Text::Redacted) => "redacted".to_owned(),
        _ => "not stated".to_owned(),
    };
    let hints: Vec<(String, String)> = m
        .observed
        .as_ref()
        .and_then(|o| o.hints.as_deref())
        .and_then(|h| serde_json::from_str::<std::collections::BTreeMap<String, String>>(h).ok())
        .unwrap_or_default()
        .into_iter()
        .collect();
    let keys = m.keys.iter().map(|k| view! { <dt>{k.kind.clone()}</dt><dd class="mono-cell">{text::capped(&k.key, 200)}<span class="sub">{text::capped(&k.source, 80)}</span></dd> });
    view! {
        <aside class="card" id="record" aria-label="Record">
            <div class="pad stack">
                <h2>"Record"</h2>
                <dl class="facts left">
                    <dt>"Owner"</dt><dd>{m.owner_name.clone().map_or_else(|| badge(Tone::Bad, "no owner").into_any(), IntoAny::into_any)}</dd>
                    <dt>"Backup"</dt><dd>{backup}</dd>
                    <dt>"Team"</dt><dd>{team}</dd>
                    <dt>"Environment"</dt><dd>{f.environment.label()}{(f.environment_from == StatedBy::Hint).then_some(" (from a tag)")}</dd>
                    <dt>"Criticality"</dt><dd>{f.criticality.label()}{(f.criticality_from == StatedBy::Hint).then_some(" (from a tag)")}</dd>
                    <dt>"State"</dt><dd>{f.lifecycle.label()}</dd>
                    <dt>"Autonomy"</dt><dd>{autonomy}</dd>
                    <dt>"Purpose"</dt><dd>{purpose}</dd>
                    {human.map(|(h, why)| view! { <dt>"A person?"</dt><dd>{h.label()}<span class="sub">{why}</span></dd> })}
                </dl>
                <h3>"IDs in sources"</h3>
                <dl class="facts left">{keys.collect_view()}</dl>
                {(!hints.is_empty()).then(|| view! {
                    <h3>"Reported by the source"</h3>
                    <p class="small muted">"Reported by the source, not verified."</p>
                    <dl class="facts left">{hints.into_iter().map(|(k, v)| view! { <dt>{text::capped(&k, 40)}</dt><dd class="mono-cell">{text::capped(&v, 400)}</dd> }).collect_view()}</dl>
                })}
            </div>
            <footer>{format!("As of {}", m.as_of.at.minute())}" UTC"</footer>
        </aside>
    }
    .into_any()
}
