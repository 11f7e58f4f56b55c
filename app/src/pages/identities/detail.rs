//! One identity: who owns it and the worst it can do, and the pages of its parts: access, surfaces, credentials, history.

use super::{access, history, surfaces};
use crate::context::{PageContext, id};
use crate::pages::{Content, page};
use crate::{moment, reach};
use domain::identity::{Autonomy, Plane, StatedBy};
use domain::ids::PersonId;
use domain::permission::Action;
use domain::privilege::Class;
use domain::rule::{Effect, Via};
use domain::text;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use service::identities::{self, Detail as Model, ShownGrant, Text};
use ui::{ErrorSummary, Tone, badge, counted, note, number, time};

/// The pages of an identity.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tab {
    Summary,
    Access,
    Surfaces,
    Credentials,
    History,
}

impl Tab {
    const ALL: [Self; 5] = [Self::Summary, Self::Access, Self::Surfaces, Self::Credentials, Self::History];

    /// What the address ends in, and what the tab says.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Summary => ("", "Summary"),
            Self::Access => ("/access", "Access"),
            Self::Surfaces => ("/surfaces", "Surfaces"),
            Self::Credentials => ("/credentials", "Credentials"),
            Self::History => ("/history", "History"),
        }
    }
}

#[component]
pub fn Detail() -> impl IntoView {
    tab(Tab::Summary)
}

#[component]
pub fn Access() -> impl IntoView {
    tab(Tab::Access)
}

#[component]
pub fn Surfaces() -> impl IntoView {
    tab(Tab::Surfaces)
}

#[component]
pub fn Credentials() -> impl IntoView {
    tab(Tab::Credentials)
}

#[component]
pub fn History() -> impl IntoView {
    tab(Tab::History)
}

fn tab(tab: Tab) -> impl IntoView {
    let wanted = use_params_map().read_untracked().get("id");
    page(move |cx, read| {
        Box::pin(async move {
            let id = id::<domain::ids::noun::Identity>(wanted, "identity")?;
            let mut model = identities::show(read, id).await?;
            let part = match tab {
                Tab::Summary => summary(&cx, &model),
                Tab::Access => access::access(&cx, &model),
                Tab::Surfaces => surfaces::surfaces(&cx, &model, &identities::tool_changes(read, &model).await?),
                Tab::Credentials => surfaces::credentials(&model),
                Tab::History => {
                    identities::quote_changes(read, &mut model).await?;
                    history::history(&cx, &model)
                }
            };
            // What a source calls it is hostile text: it stands on the page, never in a title.
            let title = format!("Identity {}", id.short());
            Ok(Content::new(title, Some(model.as_of), body(&cx, &model, tab, part)))
        })
    })
}

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
fn strip(cx: &PageContext, m: &Model) -> AnyView {
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
        edits += step.records.iter().filter(|r| r.plane != Plane::Observed).count() as i64;
    }
    let mut parts: Vec<String> = kinds.iter().map(|k| format!("{k} changed")).collect();
    for (n, one, many) in [(gained, "grant gained", "grants gained"), (lost, "grant lost", "grants lost"), (edits, "edit", "edits")] {
        if n > 0 {
            parts.push(counted(n, one, many));
        }
    }
    let said = if parts.is_empty() { "no change".to_owned() } else { parts.join(", ") };
    let history = cx.link(&format!("/identities/{}/history", m.facts.identity_id));
    view! { <p class="strip"><strong>"Last 30 days: "</strong><a href=history>{said}</a></p> }.into_any()
}

fn body(cx: &PageContext, m: &Model, here: Tab, part: AnyView) -> AnyView {
    let f = &m.facts;
    let propose = cx.viewer().is_ok_and(|w| w.may(Action::ProposeChange));
    let changes = cx.link(&format!("/changes?identity={}", f.identity_id));
    let path = format!("/identities/{}", f.identity_id);
    let edit = format!("{path}/edit");
    let unknown = m.observed.as_ref().and_then(|o| o.unknown_access.clone()).filter(|_| matches!(here, Tab::Summary | Tab::Access));
    let tabs = Tab::ALL.map(|tab| {
        let (end, label) = tab.words();
        view! { <a href=cx.link(&format!("{path}{end}")) aria-current=(tab == here).then_some("page")>{label}</a> }
    });
    view! {
        <div class="head">
            <div>
                <p class="crumb"><a href=cx.link("/identities")>"Identities"</a>" / "{text::capped(&f.name, 60)}</p>
                <h1>{text::capped(&f.name, 120)}</h1>
                <p class="badges">{badge(Tone::Info, f.kind.label())}{super::review(m.review)}</p>
                <p class="say">{sentence(m)}</p>
                {strip(cx, m)}
            </div>
            <div class="row">
                {propose.then(|| moment::action(cx, &format!("/changes/new?identity={}", f.identity_id), "Propose a change", true))}
                {m.may_edit.then(|| moment::action(cx, &edit, "Edit identity", !propose))}
            </div>
        </div>
        <ErrorSummary sent=cx.flash.clone()/>
        <nav class="tabs" aria-label="Parts of this identity">{tabs.into_iter().collect_view()}<a href=changes>"Changes"</a></nav>
        {unknown.map(|why| note(Tone::Warn, "Part of its access is unknown", text::capped(&why, 600)))}
        {if here == Tab::Summary { view! { <div class="split"><div class="stack">{part}</div>{record(m)}</div> }.into_any() } else { part }}
    }
    .into_any()
}

/// Grants, surfaces and steps that the summary names.
const NAMED: usize = 5;

/// What stands first: the worst it can do, its surfaces, and what happened last.
fn summary(cx: &PageContext, m: &Model) -> AnyView {
    view! { {reaches(cx, m)}{shaped(cx, m)}{latest(cx, m)} }.into_any()
}

fn link(cx: &PageContext, m: &Model, tab: Tab) -> String {
    cx.link(&format!("/identities/{}{}", m.facts.identity_id, tab.words().0))
}

fn reaches(cx: &PageContext, m: &Model) -> AnyView {
    let allows =
        |g: &&ShownGrant| g.held.rule.effect == Effect::Allow && g.held.via != Via::Boundary && g.judged.classes.highest().is_some();
    let mut worst: Vec<&ShownGrant> = m.grants.iter().filter(allows).collect();
    worst.sort_by_key(|g| std::cmp::Reverse(g.judged.order_key()));
    let mut said: Vec<(Option<Class>, String)> =
        worst.iter().filter_map(|g| Some((g.judged.classes.highest(), reach::sentence(g, m.as_of)?))).collect();
    said.dedup();
    let rows =
        said.into_iter().take(NAMED).map(|(class, said)| view! { <li><span>{said}</span><span>{class.map(ui::class_word)}</span></li> });
    let rows = rows.collect_view();
    let n = m.totals.grants;
    view! {
        <section class="card" id="reach">
            <header><h2>"What it can do"</h2><a class="small" href=link(cx, m, Tab::Access)>{format!("All access: {}", counted(n, "grant", "grants"))}</a></header>
            {(n > 0).then(|| view! { <p class="pad legend">{access::totals(m)}</p> })}
            <ul class="lead">{rows}</ul>
            {m.grants.is_empty().then(|| view! { <div class="empty"><p>"Access unknown: no source reports it. Import its policies to find out."</p></div> })}
        </section>
    }
    .into_any()
}

fn shaped(cx: &PageContext, m: &Model) -> AnyView {
    let rows = m.surfaces.iter().take(NAMED).map(|s| {
        let newest = s.versions.first().map(|v| crate::said::entry(cx, v.since));
        view! { <li><span>{s.surface.kind.label()}" "<code>{text::capped(&s.surface.locator, 120)}</code></span><span class="when">{newest}</span></li> }
    });
    let rows = rows.collect_view();
    let n = m.surfaces.len() as i64;
    view! {
        <section class="card">
            <header><h2>"Surfaces"</h2><a class="small" href=link(cx, m, Tab::Surfaces)>{counted(n, "surface", "surfaces")}</a></header>
            <ul class="lead">{rows}</ul>
            {(n == 0).then(|| view! { <div class="empty"><p>"No surface is known yet."</p></div> })}
        </section>
    }
    .into_any()
}

fn latest(cx: &PageContext, m: &Model) -> AnyView {
    let rows = m.timeline.steps.iter().filter_map(|s| Some((s, s.entry.as_ref()?))).take(NAMED).map(|(s, row)| {
        let href = format!("{}#entry-{}", link(cx, m, Tab::History), s.seq);
        view! { <li><span>{crate::said::sentence(cx, &row.sentence)}</span><a class="when" href=href>{time(s.at, m.as_of.at)}</a></li> }
    });
    let rows = rows.collect_view();
    view! {
        <section class="card">
            <header><h2>"Latest entries"</h2><a class="small" href=link(cx, m, Tab::History)>"History"</a></header>
            <ul class="lead">{rows}</ul>
        </section>
    }
    .into_any()
}

fn record(m: &Model) -> AnyView {
    let f = &m.facts;
    let person = |id: Option<PersonId>| id.and_then(|i| m.people.get(&i).cloned());
    let stated = m.stated();
    let team = stated.and_then(|r| r.team_id).and_then(|t| m.teams.get(&t)).map_or_else(|| "no team".to_owned(), |t| text::capped(t, 80));
    let backup = person(stated.and_then(|r| r.backup_id)).unwrap_or_else(|| "none".to_owned());
    let autonomy = stated.and_then(|r| r.autonomy).map_or("unknown", Autonomy::label);
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
