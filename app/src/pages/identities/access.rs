//! What an identity can do, by source and privilege class, with a search over it.

use crate::context::PageContext;
use crate::pages::permission_sets;
use domain::access::NOT_SEEN;
use domain::asof::AsOf;
use domain::permission::Action;
use domain::privilege::{Class, RULESET};
use domain::rule::{Dialect, Effect, Via};
use domain::text;
use leptos::prelude::*;
use service::identities::{Detail as Model, ShownGrant};
use ui::{Tone, badge, counted, number, time};

/// Lines of a rule shown before the rest is folded.
const SHOWN: usize = 6;

pub fn access(cx: &PageContext, m: &Model) -> AnyView {
    let find = cx.param("find").map(|f| text::folded(f.trim())).unwrap_or_default();
    let found: Vec<&ShownGrant> = m.grants.iter().filter(|g| fits(g, &find)).collect();
    let mut groups: Vec<(String, Vec<&ShownGrant>)> = Vec::new();
    for g in &found {
        match groups.last_mut().filter(|(s, _)| *s == g.held.source) {
            Some((_, list)) => list.push(g),
            None => groups.push((g.held.source.clone(), vec![g])),
        }
    }
    let aws = m.grants.iter().any(|g| g.held.rule.dialect == Dialect::Aws);
    let as_of = m.as_of;
    let propose = (cx.is_now() && cx.viewer().is_ok_and(|w| w.may(Action::ProposeChange))).then(|| {
        let href = format!("/changes/new?identity={}&op=grant_remove", m.facts.identity_id);
        view! { <a class="small" href=href>"Propose to change this access"</a> }
    });
    view! {
        <section class="card" id="access">
            <header><h2>"Access"</h2>{propose}<span class="small muted">{format!("calculated from its grants (rules v{RULESET})")}</span></header>
            <div class="pad stack">
                <p class="legend">{totals(m)}</p>
                <p class="small muted">"Each grant counts once, under its highest class; the wildcard mark stands beside it."</p>
                <p class="small muted">{format!("{} standing · {} expiring · {} with conditions · {}", number(m.totals.standing), number(m.totals.timed), number(m.totals.conditional), counted(m.totals.denied, "deny", "denies"))}</p>
                {aws.then(|| view! { <p class="small muted">{NOT_SEEN}</p> })}
                {m.cut.then(|| left_out(cx, m))}
            </div>
            {(m.grants.len() > 1).then(|| search(cx, &find, found.len(), m.grants.len()))}
            {groups.into_iter().map(|(source, list)| group(cx, source, &list, as_of)).collect_view()}
            {super::touched::touched(cx, m)}
            {m.grants.is_empty().then(|| view! { <div class="empty"><p>"Access unknown: no source reports it. Import its policies to find out."</p></div> })}
        </section>
    }
    .into_any()
}

/// How many grants there are of each class, and how many carry the mark.
pub fn totals(m: &Model) -> impl IntoView + use<> {
    let classes = Class::ALL
        .iter()
        .filter(|c| m.totals.by_class[**c as usize] > 0)
        .map(|c| ui::class_said(*c, format!("{} {}", c.label(), number(m.totals.by_class[*c as usize]))))
        .collect_view();
    let marked = (m.totals.wildcard > 0).then(|| badge(Tone::Warn, format!("wildcard {}", number(m.totals.wildcard))));
    view! { {classes}{marked} }
}

/// What of the grants is not shown, and where it is.
fn left_out(cx: &PageContext, m: &Model) -> impl IntoView + use<> {
    let shown = counted(m.grants.len() as i64, "grant is", "grants are");
    let said = match (m.apart, m.all_privileged) {
        (false, _) => format!("The {shown} those with the highest privilege. All grants are judged and counted."),
        (true, true) => {
            format!("{shown} shown, with every privileged one among them. Each is judged by itself, without its denies and boundary.")
        }
        (true, false) => {
            format!("{shown} shown, and not every privileged one is among them. Each is judged by itself, without its denies and boundary.")
        }
    };
    let href = cx.link(&format!("/grants?identity={}", m.facts.identity_id));
    let all = counted(m.left_out, "grant is not shown here", "grants are not shown here");
    view! { <p class="small">{said}" "<a href=href>{format!("{all}: show all in the list of grants")}</a>"."</p> }
}

/// Whether a grant speaks of what is searched for: an action, a resource, what it is held through, a class.
fn fits(g: &ShownGrant, find: &str) -> bool {
    let rule = &g.held.rule;
    let names = [Some(&g.held.via_name), g.held.set_name.as_ref(), Some(&g.held.source)];
    let texts = [
        &rule.actions,
        &rule.actions_negated,
        &rule.resources,
        &rule.resources_negated,
        &rule.principals,
        &rule.principals_negated,
        &rule.conditions,
    ]
    .into_iter()
    .flatten();
    find.is_empty()
        || texts.chain(names.into_iter().flatten()).any(|t| text::folded(t).contains(find))
        || g.judged.classes.iter().any(|c| c.label() == find)
        || (find == "wildcard" && g.judged.classes.wildcard())
}

fn search(cx: &PageContext, find: &str, found: usize, all: usize) -> impl IntoView + use<> {
    let keep: Vec<(String, String)> = cx.query.iter().filter(|(k, _)| k != "find").cloned().collect();
    let said = (!find.is_empty()).then(|| {
        let off = cx.with(&[("find", "")]);
        view! { <span class="small" role="status">{format!("{} of {} shown. ", number(found as i64), number(all as i64))}<a href=off>"Show all"</a></span> }
    });
    view! {
        <form class="pad row" role="search" method="get" action=cx.path.clone()>
            {keep.into_iter().map(|(k, v)| view! { <input type="hidden" name=k value=v/> }).collect_view()}
            <input class="find" name="find" value=find.to_owned() aria-label="Search this access" placeholder="Action, resource, policy or class" autocomplete="off"/>
            <button class="btn" type="submit">"Search"</button>
            {said}
        </form>
    }
}

/// The weightiest class of a grant, under which it stands.
fn heading(g: &ShownGrant) -> (i64, &'static str) {
    if g.held.rule.effect == Effect::Deny {
        return (-2, "Denied");
    }
    if g.held.via == Via::Boundary {
        return (-1, "Boundary");
    }
    let classes = g.judged.classes;
    (i64::from(classes.severity()), classes.highest().map_or("Nothing left", Class::label))
}

fn group(cx: &PageContext, source: String, list: &[&ShownGrant], as_of: AsOf) -> impl IntoView + use<> {
    let mut sorted: Vec<&&ShownGrant> = list.iter().collect();
    sorted.sort_by_key(|g| std::cmp::Reverse((heading(g), g.judged.order_key())));
    let label = format!("Access from {source}");
    let by_class = sorted.chunk_by(|a, b| heading(a) == heading(b)).map(|same| {
        let (_, class) = heading(same[0]);
        let title = format!("{class}: {}", counted(same.len() as i64, "grant", "grants"));
        view! {
            <tbody>
                <tr class="group"><th scope="rowgroup" colspan="4">{title}</th></tr>
                {merged(same).iter().map(|of_rule| grant(cx, of_rule, as_of)).collect_view()}
            </tbody>
        }
    });
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label=label>
            <table>
                <caption>{format!("From {}, highest privilege first", text::capped(&source, 80))}</caption>
                <thead><tr><th scope="col">"Class"</th><th scope="col" class="widest">"Actions"</th><th scope="col">"Resources"</th><th scope="col">"Granted by"</th></tr></thead>
                {by_class.collect_view()}
            </table>
        </div>
    }
}

/// Grants of one rule that hold until the same end, with all their paths: the same access, said once.
fn merged<'a>(same: &[&&'a ShownGrant]) -> Vec<Vec<&'a ShownGrant>> {
    let mut out: Vec<Vec<&ShownGrant>> = Vec::new();
    for g in same.iter().copied().copied() {
        let of_rule = |one: &&mut Vec<&ShownGrant>| {
            one[0].held.rule == g.held.rule && one[0].held.ends_at == g.held.ends_at && one[0].judged == g.judged
        };
        match out.iter_mut().rev().find(of_rule) {
            Some(one) => one.push(g),
            None => out.push(vec![g]),
        }
    }
    out
}

/// What a rule of a cluster names, as people there say it: `secrets (core)` for `/secrets`.
fn spelled(dialect: Dialect, text: &str) -> String {
    let shown = text::capped(text, 200);
    match shown.split_once('/') {
        Some((group, resource)) if dialect == Dialect::Kubernetes && !shown.starts_with("url:") => match group {
            "" => format!("{resource} (core)"),
            "*" => shown,
            group => format!("{resource} ({group})"),
        },
        _ => shown,
    }
}

/// A text that may break behind each colon.
fn breakable(text: &str) -> impl IntoView + use<> {
    let parts: Vec<&str> = text.split_inclusive(':').collect();
    let last = parts.len().saturating_sub(1);
    parts.into_iter().enumerate().map(|(n, part)| view! { {part.to_owned()}{(n < last).then(|| view! { <wbr/> })} }).collect_view()
}

fn lines(dialect: Dialect, items: &[String], negated: &[String]) -> impl IntoView + use<> {
    let mut all: Vec<String> = items.iter().map(|i| spelled(dialect, i)).collect();
    all.extend(negated.iter().map(|n| format!("everything but {}", spelled(dialect, n))));
    let rest = all.split_off(all.len().min(SHOWN));
    let more = rest.len();
    view! {
        {all.into_iter().map(|l| view! { <div>{breakable(&l)}</div> }).collect_view()}
        {(more > 0).then(|| view! { <details><summary>{format!("{more} more")}</summary>{rest.into_iter().map(|l| view! { <div>{breakable(&l)}</div> }).collect_view()}</details> })}
    }
}

/// Why a grant has its highest class; what else it reaches is folded, each class with its reason.
fn reasons(g: &ShownGrant) -> impl IntoView + use<> {
    let highest = g.judged.classes.highest();
    let (first, others): (Vec<_>, Vec<_>) = g.judged.reasons.iter().partition(|(c, _)| Some(*c) == highest);
    let why = first.first().map(|(_, why)| why.clone()).unwrap_or_default();
    let others: Vec<String> = others
        .into_iter()
        .map(|(c, why)| format!("{}: {why}", c.label()))
        .chain(g.judged.wildcard.iter().map(|why| format!("wildcard: {why}")))
        .collect();
    let more = (!others.is_empty()).then(|| {
        let label = format!("also {}", counted(others.len() as i64, "other class", "other classes"));
        view! { <details><summary>{label}</summary>{others.into_iter().map(|o| view! { <div>{o}</div> }).collect_view()}</details> }
    });
    view! { <span class="sub">{why}</span>{more} }
}

/// What a grant is, in its first cell.
fn class_cell(g: &ShownGrant) -> AnyView {
    if g.held.rule.effect == Effect::Deny {
        return badge(Tone::Ok, "denies").into_any();
    }
    if g.held.via == Via::Boundary {
        return badge(Tone::Info, "caps").into_any();
    }
    let mark = g.judged.classes.wildcard().then(|| badge(Tone::Warn, "wildcard"));
    let word = g.judged.classes.highest().map(ui::class_word);
    let cut = g.judged.cut.map(|(gone, all)| format!("a deny or the boundary takes {gone} of {all} actions away"));
    view! { <span class="badges">{word}{mark}</span>{reasons(g)}{cut.map(|c| view! { <span class="sub">{c}</span> })} }.into_any()
}

/// By which policy, role or group a grant is held, and how the identity comes to it.
fn path(cx: &PageContext, g: &ShownGrant) -> impl IntoView + use<> {
    let set = g.held.set_name.as_deref().map(|name| {
        let kind = permission_sets::kind(g.held.set_kind.as_deref().unwrap_or_default());
        view! { {kind}" "{permission_sets::link(cx, g.held.permission_set_id, name)} }
    });
    view! { <div>{set}<span class="sub">{g.held.via.label()}" "{text::capped(&g.held.via_name, 120)}</span></div> }
}

/// A rule with every path it is held by.
fn grant(cx: &PageContext, of_rule: &[&ShownGrant], as_of: AsOf) -> impl IntoView + use<> {
    let g = of_rule[0];
    let rule = &g.held.rule;
    let end = g.held.ends_at.map(|e| {
        let past = e <= as_of.at;
        let word = if past { "expired, still present" } else { "expires" };
        view! { {badge(if past { Tone::Warn } else { Tone::Ok }, word)} " " {time(e, as_of.at)} }
    });
    view! {
        <tr>
            <td>{class_cell(g)}</td>
            <td class="mono-cell wrap">{lines(rule.dialect, &rule.actions, &rule.actions_negated)}</td>
            <td class="mono-cell wrap">{lines(rule.dialect, &rule.resources, &rule.resources_negated)}</td>
            <td>
                {of_rule.iter().map(|g| path(cx, g)).collect_view()}
                {rule.is_conditional().then(|| view! { {badge(Tone::Info, "conditional")}<span class="sub">{text::capped(&rule.conditions.join("; "), 300)}</span> })}
                {(!rule.principals.is_empty()).then(|| view! { <span class="sub">{format!("lets in {}", text::capped(&rule.principals.join(", "), 300))}</span> })}
                {(!rule.principals_negated.is_empty()).then(|| view! { <span class="sub">{format!("lets in everybody but {}", text::capped(&rule.principals_negated.join(", "), 300))}</span> })}
                {end}
            </td>
        </tr>
    }
}
