//! One permission set: what its rules reach, who holds it, and what it was before.

use super::kind;
use crate::context::{PageContext, id};
use crate::pages::{Content, page};
use crate::said;
use domain::asof::AsOf;
use domain::ids::IdentityId;
use domain::privilege::{Class, Judgement};
use domain::rule::{Effect, Rule, SetState};
use domain::text;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use service::listing;
use service::permission_sets::{self as sets, Detail as Model, Holder, SHOWN, Step, Way};
use ui::{Cell, Head, Tone, badge, cell, classes, counted, note, tag, time};

#[component]
pub fn Detail() -> impl IntoView {
    let wanted = use_params_map().read_untracked().get("id");
    page(|cx, read| {
        Box::pin(async move {
            let id = id::<domain::ids::noun::PermissionSet>(wanted, "permission set")?;
            let after = cx.param("after").map(|text| IdentityId::parse(text).map_err(|_| listing::bad_cursor())).transpose()?;
            let model = sets::show(read, id, after).await?;
            // What a source calls it is hostile text: it stands on the page, never in a title.
            Ok(Content::new(format!("Permission set {}", id.short()), Some(model.as_of), body(&cx, &model)))
        })
    })
}

/// The worst its rules reach, and how many hold it.
fn sentence(cx: &PageContext, m: &Model) -> String {
    let worst = m.rules.first().and_then(|(_, j)| j.classes.highest());
    let reach = match (m.listed.set.state, worst) {
        (SetState::Absent, _) => "Rules unknown: no source reports them.".to_owned(),
        (SetState::Seen, Some(class)) => format!("Highest privilege: {}.", class.label()),
        (SetState::Seen, None) if m.listed.rules == 0 => "Holds no rules.".to_owned(),
        (SetState::Seen, None) => "Allows nothing.".to_owned(),
    };
    let first = cx.param("after").is_none();
    let holders = match (m.holders.len() as i64, m.next.is_some(), first) {
        (0, _, true) => " No identity holds it.".to_owned(),
        (n, false, true) => format!(" {} it.", counted(n, "identity holds", "identities hold")),
        (n, true, true) => format!(" More than {n} identities hold it."),
        _ => String::new(),
    };
    format!("{reach}{holders}")
}

fn body(cx: &PageContext, m: &Model) -> AnyView {
    let set = &m.listed.set;
    let grants = cx.link(&format!("/grants?set={}", set.id));
    let absent = (set.state == SetState::Absent).then(|| {
        note(
            Tone::Unknown,
            "Rules unknown",
            "An identity refers to this permission set, but no imported file holds it. What it gives is unknown, not none.",
        )
    });
    view! {
        <div class="head">
            <div>
                <p class="crumb"><a href=cx.link("/permission-sets")>"Permission sets"</a></p>
                <h1>{text::capped(&set.name, 120)}</h1>
                <p class="badges">{tag(kind(&set.kind))}</p>
                <p class="say">{sentence(cx, m)}</p>
            </div>
            <div class="row"><a class="btn" href=grants>"Grants through it"</a></div>
        </div>
        <nav class="toc" aria-label="On this page"><a href="#rules">"Rules"</a><a href="#holders">"Held by"</a><a href="#history">"History"</a></nav>
        {absent}
        <div class="split">
            <div class="stack">
                {rules(m)}
                {holders(cx, m)}
                {history(cx, m)}
            </div>
            {facts(cx, m)}
        </div>
    }
    .into_any()
}

/// Actions or resources of a rule that are shown before the rest is folded.
const LINES: usize = 6;

fn lines(items: &[String], negated: &[String]) -> impl IntoView + use<> {
    let mut all: Vec<String> = items.iter().map(|i| text::capped(i, 200)).collect();
    all.extend(negated.iter().map(|n| format!("everything but {}", text::capped(n, 200))));
    let rest = all.split_off(all.len().min(LINES));
    let more = rest.len();
    let row = |l: String| view! { <div>{l}</div> };
    view! {
        {all.into_iter().map(row).collect_view()}
        {(more > 0).then(|| view! { <details><summary>{format!("{more} more")}</summary>{rest.into_iter().map(row).collect_view()}</details> })}
    }
}

fn reach((rule, judged): &(Rule, Judgement)) -> AnyView {
    if rule.effect == Effect::Deny {
        return tag("denies").into_any();
    }
    let reasons: Vec<String> = judged
        .reasons
        .iter()
        .filter(|(c, _)| !matches!(c, Class::Read | Class::Write))
        .map(|(c, why)| format!("{}: {}", c.label(), text::capped(why, 160)))
        .chain(judged.wildcard.iter().map(|why| format!("wildcard: {}", text::capped(why, 160))))
        .collect();
    view! { {classes(judged.classes)}<span class="sub">{reasons.join("; ")}</span> }.into_any()
}

fn rules(m: &Model) -> AnyView {
    let rows = m.rules.iter().map(|one| {
        let rule = &one.0;
        let conditions = (!rule.conditions.is_empty()).then(|| text::capped(&rule.conditions.join("; "), 300));
        let lets_in = (!rule.principals.is_empty()).then(|| format!("lets in {}", text::capped(&rule.principals.join(", "), 300)));
        let but = (!rule.principals_negated.is_empty())
            .then(|| format!("lets in everybody but {}", text::capped(&rule.principals_negated.join(", "), 300)));
        vec![
            cell(reach(one)),
            cell(lines(&rule.actions, &rule.actions_negated)).class("mono-cell wrap"),
            cell(lines(&rule.resources, &rule.resources_negated)).class("mono-cell wrap"),
            cell(view! { {conditions}<span class="sub">{lets_in}</span><span class="sub">{but}</span> }),
        ]
    });
    let heads = ["Class", "Actions", "Resources", "Conditions"].map(Head::new).to_vec();
    let more = m.listed.rules - m.rules.len() as i64;
    view! {
        <section class="card" id="rules">
            <header><h2>"Rules"</h2><span class="small muted">{counted(m.listed.rules, "rule", "rules")}</span></header>
            {(!m.rules.is_empty()).then(|| ui::table("Rules", None, heads, rows))}
            {m.rules.is_empty().then(|| view! { <div class="empty"><p>"No rules are known."</p></div> })}
            {(!m.rules.is_empty()).then(|| view! { <footer>"What a rule reaches by itself. A holder's denies, boundary and namespace may leave less."</footer> })}
            {(more > 0).then(|| view! { <footer>{format!("The {SHOWN} worst are shown; {} more are counted.", ui::number(more))}</footer> })}
        </section>
    }
    .into_any()
}

fn holders(cx: &PageContext, m: &Model) -> AnyView {
    let base = cx.with(&[]);
    let joint = if base.contains('?') { '&' } else { '?' };
    let next = m.next.map(|id| format!("{base}{joint}after={id}#holders"));
    let first = cx.param("after").is_some().then(|| format!("{base}#holders"));
    let rows = m.holders.iter().map(|h| holder(cx, h, m.as_of)).collect::<Vec<_>>();
    let heads = ["Identity", "Highest privilege", "Owner", "How"].map(Head::new).to_vec();
    view! {
        <section class="card" id="holders">
            <header><h2>"Held by"</h2></header>
            {(!m.holders.is_empty()).then(|| ui::table("Held by", None, heads, rows))}
            {m.holders.is_empty().then(|| view! { <div class="empty"><p>"No identity holds it through a grant in force."</p></div> })}
            <footer class="pager">
                <span>{first.map(|href| view! { <a class="btn" href=href>"First page"</a> })}</span>
                {next.map(|href| view! { <a class="btn" href=href rel="next">"Next 50"</a> })}
            </footer>
        </section>
    }
    .into_any()
}

fn holder(cx: &PageContext, h: &Holder, as_of: AsOf) -> Vec<Cell> {
    let href = cx.link(&format!("/identities/{}", h.id));
    let name = h.listed.as_ref().map_or_else(|| h.id.short(), |l| text::capped(&l.name, 80));
    let kind = h.listed.as_ref().map(|l| l.kind.label());
    let worst = h.listed.as_ref().and_then(|l| l.highest_class()).map(ui::class_word);
    let owner = h.listed.as_ref().and_then(|l| l.owner_name.as_deref()).map_or_else(|| "no owner".to_owned(), |n| text::capped(n, 60));
    let ways = h.ways.iter().take(LINES).map(|w| way(w, as_of)).collect_view();
    vec![cell(view! { <a class="name" href=href>{name}</a><span class="sub">{kind}</span> }), cell(worst), cell(owner), cell(ways)]
}

fn way(w: &Way, as_of: AsOf) -> impl IntoView + use<> {
    let ends = w.ends_at.map(|e| view! { " expires "{time(e, as_of.at)} });
    view! { <span class="sub">{w.via.label()}" "{text::capped(&w.via_name, 120)}{ends}</span> }
}

/// What a rule says, in a line.
fn said_of(rule: &Rule) -> String {
    let part = |all: &[String], negated: &[String]| {
        let first = all.first().cloned().or_else(|| negated.first().map(|n| format!("everything but {n}"))).unwrap_or_default();
        let more = (all.len() + negated.len()).saturating_sub(1);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{}{more}", text::capped(&first, 100))
    };
    let effect = if rule.effect == Effect::Deny { "deny " } else { "" };
    format!("{effect}{} on {}", part(&rule.actions, &rule.actions_negated), part(&rule.resources, &rule.resources_negated))
}

/// Rules that a step names, each way.
const NAMED: usize = 5;

fn history(cx: &PageContext, m: &Model) -> AnyView {
    let steps = m.steps.iter().map(|s| step(cx, m, s)).collect_view();
    view! {
        <section class="card" id="history">
            <header><h2>"History"</h2><span class="small muted">"newest first"</span></header>
            <ol class="timeline">{steps}</ol>
            {m.cut.then(|| view! { <footer>"Older steps are not shown here. View an earlier moment to see them."</footer> })}
        </section>
    }
    .into_any()
}

fn step(cx: &PageContext, m: &Model, s: &Step) -> impl IntoView + use<> {
    let then = format!("{}?as_of={}", cx.path, s.seq);
    let named = |all: &[Rule], class: &'static str, word: &'static str| {
        let rows =
            all.iter().take(NAMED).map(|r| view! { <li class=class>{word}<span class="mono">{said_of(r)}</span></li> }).collect_view();
        let more = all.len().saturating_sub(NAMED);
        view! { {rows}{(more > 0).then(|| view! { <li class=class>{format!("{word}{}", counted(more as i64, "more rule", "more rules"))}</li> })} }
    };
    let version = s.version.as_ref().map(|v| match (&v.version, v.state) {
        (_, SetState::Absent) => view! { <li>"Referred to, without rules"</li> }.into_any(),
        (Some(text), _) => view! { <li>{format!("Version {}", text::capped(text, 40))}</li> }.into_any(),
        (None, _) => ().into_any(),
    });
    view! {
        <li id=format!("entry-{}", s.seq)>
            <p class="small muted"><strong>{said::entry(cx, s.seq)}</strong>" · "{time(s.at, m.as_of.at)}" · "<a href=then>"See it as it was then"</a></p>
            <ul>{version}{named(&s.added, "gain", "added ")}{named(&s.removed, "loss", "removed ")}</ul>
        </li>
    }
}

fn facts(cx: &PageContext, m: &Model) -> impl IntoView + use<> {
    let set = &m.listed.set;
    let source = cx.link(&format!("/settings/sources/{}", set.source_id));
    let name = m.listed.source.as_deref().map_or_else(|| "unknown".to_owned(), |s| text::capped(s, 80));
    let state = if set.state == SetState::Absent { badge(Tone::Unknown, "rules unknown").into_any() } else { "reported whole".into_any() };
    let digest = set.document_digest.clone().map(|d| view! { <dt>"SHA-256"</dt><dd>{ui::copied(d)}</dd> });
    let version = set.version.clone().map(|v| view! { <dt>"Version"</dt><dd>{text::capped(&v, 60)}</dd> });
    view! {
        <aside class="card" id="record" aria-label="Facts">
            <div class="pad stack">
                <h2>"Facts"</h2>
                <dl class="facts left">
                    <dt>"Source"</dt><dd><a href=source>{name}</a></dd>
                    <dt>"Kind"</dt><dd>{kind(&set.kind)}</dd>
                    {version}
                    <dt>"Rules"</dt><dd>{state}</dd>
                    <dt>"Key"</dt><dd class="mono-cell">{text::capped(&set.key, 400)}</dd>
                    {digest}
                    <dt>"ID"</dt><dd>{ui::copied(set.id.to_string())}</dd>
                </dl>
            </div>
            <footer>{format!("As of {} UTC", m.as_of.at.moment())}</footer>
        </aside>
    }
}
