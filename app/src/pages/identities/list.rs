//! The list: search, filters as links, sort, keyset pages, CSV.

use crate::context::PageContext;
use crate::list;
use crate::pages::{Content, page};
use domain::identity::{Criticality, Environment, Human, Kind, Lifecycle, StatedBy};
use domain::permission::Action;
use domain::privilege::Class;
use domain::query::OrNone;
use domain::query::identities::{Filter, Platform};
use domain::text;
use leptos::prelude::*;
use service::identities::{self, Choices, Listed};
use service::listing::Sheet;
use std::collections::HashMap;
use ui::{Tone, badge, counted, mix, number};

type Counts = HashMap<String, i64>;

#[component]
pub fn List() -> impl IntoView {
    page(|cx, read| {
        Box::pin(async move {
            let (filter, sheet) = list::load::<identities::List>(&cx, read).await?;
            let counts = identities::counts(read).await?;
            let choices = identities::choices(read).await?;
            Ok(Content::new("Identities", Some(sheet.as_of), body(&cx, &sheet, &counts, &choices, &filter)))
        })
    })
}

/// What a number on this page counts: identities with those the platform manages, without people.
const COUNTED: [(&str, &str); 2] = [("people", "no"), ("platform", "1")];

/// Filters of which a list has one at most.
const OWNERS: [&str; 5] = ["no_owner", "no_backup", "owned", "orphaned", "owner"];

fn chips(cx: &PageContext, counts: &Counts, filter: &Filter) -> impl IntoView + use<> {
    let count = |measure: &str| counts.get(measure).copied().unwrap_or(0);
    let toggled = |name: &'static str, word: &'static str, label: String, here: bool, instead_of: &[&'static str]| {
        let mut changes: Vec<(&str, &str)> = instead_of.iter().map(|n| (*n, "")).collect();
        changes.extend(COUNTED.map(|(n, w)| (n, if here { "" } else { w })));
        changes.extend([("human", ""), (name, if here { "" } else { word })]);
        ui::chip(cx.with(&changes), label, here)
    };
    let kinds = Kind::ALL.iter().filter_map(|k| {
        let n = count(&format!("identities.kind.{}", k.as_str()));
        (n > 0).then(|| toggled("kind", k.as_str(), format!("{} {}", k.label(), number(n)), filter.kind == Some(*k), &[]))
    });
    let flags = [
        ("no_owner", "No owner", "identities.no_owner", filter.no_owner, &OWNERS[..]),
        ("no_backup", "No backup", "identities.no_backup", filter.no_backup, &OWNERS[..]),
        ("privileged", "Privileged", "identities.privileged", filter.privileged, &[][..]),
    ]
    .map(|(name, label, measure, here, instead_of)| toggled(name, "1", format!("{label} {}", number(count(measure))), here, instead_of));
    let platform = count("identities.platform");
    let only = filter.platform == Some(Platform::Only);
    let managed = cx.with(&[("platform", if only { "" } else { "only" })]);
    view! {
        <div class="row" role="group" aria-label="Filters">
            {ui::chip(cx.link("/identities"), format!("All {}", number(total(counts) - platform)), !filter.is_narrowed())}
            {kinds.collect_view()}
            {flags.into_iter().collect_view()}
            {(platform > 0).then(|| ui::chip(managed, format!("Platform-managed {}", number(platform)), only))}
            {taken_off(cx, filter)}
        </div>
    }
}

/// Everything known, accounts of people among it.
fn total(counts: &Counts) -> i64 {
    ["identities", "identities.human"].iter().filter_map(|m| counts.get(*m)).sum()
}

/// Filters that came from elsewhere, each with a way to take it off.
fn taken_off(cx: &PageContext, filter: &Filter) -> impl IntoView + use<> {
    let quoted = |t: &str| format!("“{}”", text::capped(t, 40));
    let all = [
        ("environment", filter.environment.map(|e| e.label().to_owned())),
        ("criticality", filter.criticality.map(|c| format!("criticality {}", c.label()))),
        ("place", filter.place.as_ref().map(|p| named(p, "no account or namespace"))),
        ("source", filter.source.as_ref().map(|s| named(s, "entered manually"))),
        ("hint", filter.hint.as_ref().map(|h| format!("tag names {}", quoted(h)))),
        ("owned", filter.owned.then(|| "owner and backup".to_owned())),
        ("orphaned", filter.orphaned.then(|| "owner has left".to_owned())),
        ("class", filter.class.map(|c| format!("class {}", c.label()))),
        ("review", filter.review.map(|r| r.label().to_owned())),
        ("standing", filter.standing.then(|| "holds standing grants".to_owned())),
        ("timed", filter.timed.then(|| "holds timed grants".to_owned())),
        ("conditional", filter.conditional.then(|| "holds conditional grants".to_owned())),
        ("denied", filter.denied.then(|| "holds denies".to_owned())),
        ("wildcard", filter.wildcard.then(|| "holds a wildcard".to_owned())),
        ("hinted", filter.hinted.then(|| "a tag names an owner".to_owned())),
        ("human", filter.human.map(|h| people(h).to_owned())),
        ("owner", filter.owner.map(|o| format!("owner {}", o.short()))),
        ("team", filter.team.map(|t| format!("team {}", t.short()))),
        ("lifecycle", filter.lifecycle.map(|l| l.label().to_owned())),
        ("people", filter.people.map(|p| p.label().to_owned())),
        ("q", filter.search.as_ref().map(|t| quoted(t.as_str()))),
    ];
    all.into_iter().filter_map(|(name, said)| Some(ui::chip(cx.with(&[(name, "")]), format!("{} ✕", said?), true))).collect_view()
}

fn named(name: &OrNone, none: &str) -> String {
    match name {
        OrNone::None => none.to_owned(),
        OrNone::Of(name) => text::capped(name, 40),
    }
}

fn people(human: Human) -> &'static str {
    match human {
        Human::Human => "people",
        Human::NonHuman => "no people",
        Human::Unclear => "may belong to people",
    }
}

/// The filters that are too many for links.
fn narrow(cx: &PageContext, m: &Choices, filter: &Filter) -> impl IntoView + use<> {
    const OWN: [&str; 12] =
        ["criticality", "source", "place", "hint", "owner", "team", "class", "review", "lifecycle", "environment", "after", "q"];
    let keep: Vec<(String, String)> = cx.query.iter().filter(|(k, _)| !OWN.contains(&k.as_str())).cloned().collect();
    let words = |all: &[(&'static str, &'static str)]| all.iter().map(|(w, l)| ((*w).to_owned(), (*l).to_owned())).collect::<Vec<_>>();
    let classes: Vec<_> = Class::ALL.iter().map(|c| (c.as_str(), c.label())).collect();
    let states: Vec<_> = Lifecycle::ALL.iter().map(|l| (l.as_str(), l.label())).collect();
    let places: Vec<_> = Environment::ALL.iter().map(|e| (e.as_str(), e.label())).collect();
    let criticalities: Vec<_> = Criticality::ALL.iter().map(|c| (c.as_str(), c.label())).collect();
    let people = m.people.iter().map(|(id, n)| (id.to_string(), text::capped(n, 60))).collect();
    let teams = m.teams.iter().map(|(id, n)| (id.to_string(), text::capped(n, 60))).collect();
    let sources = m.sources.iter().map(|s| (s.clone(), text::capped(s, 60))).collect();
    let now = |name: &str| cx.param(name).unwrap_or_default().to_owned();
    let open = filter.source.is_some()
        || filter.owner.is_some()
        || filter.team.is_some()
        || filter.class.is_some()
        || filter.review.is_some()
        || filter.lifecycle.is_some();
    let q = now("q");
    view! {
        <details class="card" open=open>
            <summary>"More filters"</summary>
            <form class="pad form-grid" action="/identities" method="get">
                {keep.into_iter().map(|(k, v)| view! { <input type="hidden" name=k value=v/> }).collect_view()}
                <label>"Name or ARN"<input name="q" value=q autocomplete="off"/></label>
                {choice("source", "Source", sources, now("source"))}
                {choice("owner", "Owner", people, now("owner"))}
                {choice("team", "Team", teams, now("team"))}
                {choice("class", "Holds a grant of highest class", words(&classes), now("class"))}
                {choice("environment", "Environment", words(&places), now("environment"))}
                {choice("criticality", "Criticality", words(&criticalities), now("criticality"))}
                {choice("review", "Review", words(&[("unreviewed", "unreviewed"), ("adopted", "adopted")]), now("review"))}
                {choice("lifecycle", "State", words(&states), now("lifecycle"))}
                <div class="row"><button class="btn primary" type="submit">"Show"</button></div>
            </form>
        </details>
    }
}

fn choice(name: &'static str, label: &'static str, options: Vec<(String, String)>, now: String) -> impl IntoView {
    view! {
        <label>
            {label}
            <select name=name>
                <option value="">"any"</option>
                {options.into_iter().map(|(word, text)| { let here = word == now; view! { <option value=word selected=here>{text}</option> } }).collect_view()}
            </select>
        </label>
    }
}

/// What the list comes to, as a person would say it.
fn sentence(counts: &Counts) -> String {
    let n = |measure: &str| counts.get(measure).copied().unwrap_or(0);
    let all = n("identities");
    if all == 0 {
        return "No identities yet.".to_owned();
    }
    let unowned = match n("identities.no_owner") {
        0 => "every one has an owner".to_owned(),
        u if u == all => "none has an owner".to_owned(),
        u => counted(u, "has no owner", "have no owner"),
    };
    let unclear = match n("identities.unclear") {
        0 => String::new(),
        u => format!(" ({} may belong to people)", number(u)),
    };
    format!(
        "{}{unclear}, {} can do more than read and write; {unowned}.",
        counted(all, "identity", "identities"),
        number(n("identities.privileged"))
    )
}

fn body(cx: &PageContext, sheet: &Sheet<Listed>, counts: &Counts, choices: &Choices, filter: &Filter) -> AnyView {
    let may_edit = cx.is_now() && cx.viewer().is_ok_and(|w| w.may(Action::WriteInventory));
    view! {
        <div class="head">
            <div><h1>"Identities"</h1><p>{sentence(counts)}</p></div>
            <div class="row">
                {list::csv(cx)}
                {may_edit.then(|| view! { <a class="btn" href="/imports/new">"Import"</a> <a class="btn primary" href="/identities/new">"Register an identity"</a> })}
            </div>
        </div>
        {chips(cx, counts, filter)}
        {narrow(cx, choices, filter)}
        {list::card::<identities::List>(cx, sheet, "Identities", |name, l| rich(cx, name, l), None, nothing(cx, total(counts) > 0))}
    }
    .into_any()
}

/// Where the list is empty though nothing narrows it: what the platform manages is not in it.
fn nothing(cx: &PageContext, some: bool) -> AnyView {
    if some {
        let managed = cx.with(&[("platform", "1")]);
        return view! { <h2>"None fits"</h2><p><a href=managed>"Show what the platform manages too"</a></p> }.into_any();
    }
    let next = if cx.is_now() {
        view! { <p>"Import a file or register one manually."</p> }.into_any()
    } else {
        view! { <p><a href=cx.with(&[("as_of", "")])>"Back to now"</a></p> }.into_any()
    };
    view! { <h2>"No identities yet"</h2>{next} }.into_any()
}

fn rich(cx: &PageContext, name: &str, l: &Listed) -> Option<AnyView> {
    let f = &l.facts;
    Some(match name {
        "name" => {
            let human = match f.human {
                Some(Human::Human) => " · a person",
                Some(Human::Unclear) => " · unclear whether a person",
                Some(Human::NonHuman) => " · non-human",
                None => "",
            };
            let href = cx.link(&format!("/identities/{}", f.identity_id));
            view! { <a class="name" href=href>{text::capped(&f.name, 80)}</a><span class="sub">{f.kind.label()}{human}</span> }.into_any()
        }
        "owner_name" => match (&l.owner_name, &f.owner_hint) {
            (Some(name), _) => text::capped(name, 80).into_any(),
            (None, Some(hint)) => {
                view! { {badge(Tone::Bad, "no owner")}<span class="sub">{format!("tag: {}", text::capped(hint, 40))}</span> }.into_any()
            }
            (None, None) => badge(Tone::Bad, "no owner").into_any(),
        },
        "environment" => match f.environment_from {
            StatedBy::Hint => view! { {f.environment.label()}<span class="sub">"from a tag"</span> }.into_any(),
            StatedBy::Nobody => badge(Tone::Unknown, "unknown").into_any(),
            StatedBy::Manual | StatedBy::Baseline => f.environment.label().into_any(),
        },
        "review" => super::review(l.review).into_any(),
        "grants" if l.unknown_access.is_some() => view! { {number(f.grants)}<span class="sub">"and unknown"</span> }.into_any(),
        "highest_class" => held(l),
        _ => return None,
    })
}

/// The share of each class and, where there are any, how many of the worse ones.
fn held(l: &Listed) -> AnyView {
    let f = &l.facts;
    let worst = [
        (f.n_full_control, "full control", Tone::Bad),
        (f.n_admin, "admin", Tone::Bad),
        (f.n_secrets, "secrets", Tone::Bad),
        (f.n_wildcard, "wildcard", Tone::Warn),
        (f.n_destructive, "destructive", Tone::Warn),
    ];
    let badges =
        worst.into_iter().filter(|(n, _, _)| *n > 0).map(|(n, word, tone)| badge(tone, format!("{word} {}", number(n)))).collect_view();
    let privileged = f.n_full_control + f.n_admin + f.n_secrets + f.n_destructive;
    // What is not known is never shown as none.
    let unknown = l.unknown_access.is_some().then(|| badge(Tone::Unknown, "unknown in part"));
    view! { {mix(f.n_read, f.n_write, privileged)}<span class="badges">{badges}{unknown}</span> }.into_any()
}
