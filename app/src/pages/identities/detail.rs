//! One identity: who answers, what it can do by source, its surfaces with their versions, its history.

use crate::context::{PageContext, id};
use crate::pages::{Content, page};
use crate::{moment, reach};
use domain::identity::{Autonomy, Plane, StatedBy};
use domain::ids::PersonId;
use domain::permission::Action;
use domain::rule::{Effect, Via};
use domain::text;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use service::identities::{self, Change, Detail as Model, Line, ShownGrant, ShownSurface, Surface, Text};
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

/// The worst it can do, whether that ends, and whose it is.
fn sentence(m: &Model) -> String {
    let t = &m.totals;
    let allows = |g: &&ShownGrant| g.held.rule.effect == Effect::Allow && g.held.via != Via::Boundary;
    let worst = m.grants.iter().filter(allows).max_by_key(|g| g.judged.order_key()).and_then(|g| reach::sentence(g, m.as_of));
    let known = if m.observed.as_ref().is_some_and(|o| o.unknown_access.is_some()) { " Part of its access is unknown." } else { "" };
    let grants = match (t.grants, t.standing) {
        (0, _) => "No grants known.".to_owned(),
        (1, 1) => "Its one grant does not expire soon.".to_owned(),
        (n, s) if n == s => format!("None of its {} grants expires soon.", number(n)),
        (n, s) => format!("{} of {} standing.", number(s), counted(n, "grant is", "grants are")),
    };
    let owner = match &m.owner_name {
        Some(name) => format!("Owner: {}.", text::capped(name, 60)),
        None => "No owner.".to_owned(),
    };
    [worst.unwrap_or_default(), grants + known, owner].join(" ").trim().to_owned()
}

/// What came and went in the last 30 days, in one line.
fn strip(m: &Model) -> AnyView {
    const DAYS: i64 = 30 * domain::time::DAY;
    let steps = m.timeline.steps.iter().filter(|s| m.as_of.at.since(s.at) <= DAYS);
    let (mut kinds, mut gained, mut lost, mut edits) = (Vec::new(), 0, 0, 0);
    for step in steps {
        for surface in &step.surfaces {
            if !kinds.contains(&surface.kind.label()) {
                kinds.push(surface.kind.label());
            }
        }
        gained += step.grants.iter().filter(|g| g.opened).count() as i64;
        lost += step.grants.iter().filter(|g| !g.opened).count() as i64;
        edits += step.records.iter().filter(|r| r.plane == Plane::Manual).count() as i64;
    }
    let mut parts: Vec<String> = kinds.iter().map(|k| format!("{k} changed")).collect();
    for (n, one, many) in [(gained, "grant gained", "grants gained"), (lost, "grant lost", "grants lost"), (edits, "edit", "edits")] {
        if n > 0 {
            parts.push(counted(n, one, many));
        }
    }
    let said = if parts.is_empty() { "no change".to_owned() } else { parts.join(", ") };
    view! { <p class="strip"><strong>"Last 30 days: "</strong><a href="#history">{said}</a></p> }.into_any()
}

fn body(cx: &PageContext, m: &Model) -> AnyView {
    let f = &m.facts;
    let edit = format!("/identities/{}/edit", f.identity_id);
    let unknown = m.observed.as_ref().and_then(|o| o.unknown_access.clone());
    let propose = cx.viewer().is_ok_and(|w| w.may(Action::ProposeChange));
    let changes = cx.link(&format!("/changes?identity={}", f.identity_id));
    view! {
        <div class="head">
            <div>
                <p class="crumb"><a href=cx.link("/identities")>"Identities"</a>" / "{text::capped(&f.name, 60)}</p>
                <h1>{text::capped(&f.name, 120)}</h1>
                <p class="badges">{badge(Tone::Info, f.kind.label())}{super::review(m.review)}</p>
                <p class="say">{sentence(m)}</p>
                {strip(m)}
            </div>
            <div class="row">
                {propose.then(|| moment::action(cx, &format!("/changes/new?identity={}", f.identity_id), "Propose a change", true))}
                {m.may_edit.then(|| moment::action(cx, &edit, "Edit identity", !propose))}
            </div>
        </div>
        <ErrorSummary sent=cx.flash.clone()/>
        <nav class="toc" aria-label="On this page">
            <a href="#access">"Access"</a><a href="#surfaces">"Surfaces"</a><a href="#credentials">"Credentials"</a><a href="#record">"Record"</a><a href="#history">"History"</a><a href=changes>"Changes"</a>
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
                <div class="row"><h3>"permissions"</h3><a href="#access">"calculated from its grants"</a>{badge(Tone::Info, "observed")}<span class="small muted">"SHA-256 "<code>{digest}</code></span></div>
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
                let caption = format!("{}. Labels are the tool's own and unverified.", counted(m.tools.len() as i64, "tool", "tools"));
                ui::table("Tools", Some(caption), ["Tool", "Label", "Description"].map(Head::new).to_vec(), tools)
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
        _ => view! { <span class="sub">"not declared; treated as destructive"</span> }.into_any(),
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
        (Text::Redacted, None) => view! { <p class="small">"The text was erased; its SHA-256 stays."</p> }.into_any(),
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
        let then = format!("{path}?as_of={}#surfaces", v.since);
        view! { <li><a href=then>"entry "{number(v.since)}</a>" · "<code>{digest}</code></li> }
    });
    view! {
        <div class="pad stack">
            <div class="row"><h3>{kind}</h3><code>{text::capped(&s.surface.locator, 200)}</code>{badge(Tone::Info, plane)}<span class="small muted">"SHA-256 "<code>{digest}</code></span></div>
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
    let backup = person(manual.and_then(|r| r.backup_id)).unwrap_or_else(|| "none".to_owned());
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
                <h2>"Facts"</h2>
                <dl class="facts left">
                    <dt>"Owner"</dt><dd>{m.owner_name.clone().map_or_else(|| "no owner".into_any(), IntoAny::into_any)}</dd>
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
                    <p class="small muted">"Not verified: shown, never used to decide."</p>
                    <dl class="facts left">{hints.into_iter().map(|(k, v)| view! { <dt>{text::capped(&k, 40)}</dt><dd class="mono-cell">{text::capped(&v, 400)}</dd> }).collect_view()}</dl>
                })}
            </div>
            <footer>{format!("As of {} UTC", m.as_of.at.moment())}</footer>
        </aside>
    }
    .into_any()
}
